package flow

import "context"

// Leave returns what fn returns, or the cause of the end of ctx if that comes
// first: fn is then left to itself, and what it returns is dropped. It is for
// what cannot be cancelled, such as a read of a terminal.
func Leave[T any](ctx context.Context, fn func() (T, error)) (T, error) {
	type outcome struct {
		value T
		err   error
	}
	done := make(chan outcome, 1)
	go func() {
		value, err := fn()
		done <- outcome{value, err}
	}()
	select {
	case o := <-done:
		return o.value, o.err
	case <-ctx.Done():
		var none T
		return none, context.Cause(ctx)
	}
}
