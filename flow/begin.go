package flow

import "context"

// A Pending is what a function will return that runs aside.
type Pending[T any] struct {
	cancel context.CancelFunc
	done   chan struct{}
	value  T
	err    error
}

// Begin runs fn aside. Wait or Drop must be called in the end.
func Begin[T any](ctx context.Context, fn func(context.Context) (T, error)) *Pending[T] {
	ctx, cancel := context.WithCancel(ctx)
	p := &Pending[T]{cancel: cancel, done: make(chan struct{})}
	go func() {
		defer close(p.done)
		p.value, p.err = fn(ctx)
	}()
	return p
}

// Wait returns what fn returned. If ctx ends before, fn is cancelled.
func (p *Pending[T]) Wait(ctx context.Context) (T, error) {
	defer p.cancel()
	select {
	case <-p.done:
	case <-ctx.Done():
		p.cancel()
		<-p.done
	}
	return p.value, p.err
}

// Ended says whether fn has returned.
func (p *Pending[T]) Ended() bool {
	select {
	case <-p.done:
		return true
	default:
		return false
	}
}

// Drop cancels fn and waits for its end.
func (p *Pending[T]) Drop() {
	p.cancel()
	<-p.done
}
