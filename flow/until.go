package flow

import "context"

// Until returns a context that ends with ctx, or with other if that comes first,
// and has its cause. end must be called when it is no longer needed.
func Until(ctx, other context.Context) (both context.Context, end func()) {
	both, cancel := context.WithCancelCause(ctx)
	stop := context.AfterFunc(other, func() { cancel(context.Cause(other)) })
	return both, func() {
		stop()
		cancel(nil)
	}
}
