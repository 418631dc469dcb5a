package flow

import (
	"context"
	"runtime"
)

// Workers bounds CPU work: so many functions run at once as there are cores.
// More would not be faster, and each holds its buffers. It starts nothing:
// the work is done by the goroutine that asks.
type Workers struct {
	places chan struct{}
}

// NewWorkers returns workers for n functions at once. For n below 1 that is
// GOMAXPROCS.
func NewWorkers(n int) *Workers {
	if n < 1 {
		n = runtime.GOMAXPROCS(0)
	}
	return &Workers{places: make(chan struct{}, n)}
}

// Do waits for a place, runs fn and returns its error. If ctx ends first, fn
// is not run and the cause is returned.
func (w *Workers) Do(ctx context.Context, fn func() error) error {
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	select {
	case w.places <- struct{}{}:
	case <-ctx.Done():
		return context.Cause(ctx)
	}
	defer func() { <-w.places }()
	return fn()
}

// Spare takes up to n places that are free, for work beside that of a function
// that Do runs, and returns how many. Return must be called in the end.
func (w *Workers) Spare(n int) (taken int) {
	for ; taken < n; taken++ {
		select {
		case w.places <- struct{}{}:
		default:
			return taken
		}
	}
	return taken
}

// Return gives n of the places back that Spare took.
func (w *Workers) Return(n int) {
	for range n {
		<-w.places
	}
}
