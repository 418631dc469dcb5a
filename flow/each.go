package flow

import (
	"context"
	"iter"
	"sync"
	"sync/atomic"
)

// Each runs do for every item, at most n at once, and waits for all of them.
// An item is pulled when there is room for it, never earlier, from the
// goroutine of the caller. The first error, of items or of do, cancels the
// others, with that error as the cause, and is returned. If ctx ends before
// the work is done its cause is returned.
func Each[T any](ctx context.Context, n int, items iter.Seq2[T, error], do func(context.Context, T) error) error {
	g := newGroup(ctx)
	places := make(chan struct{}, max(1, n))
	enter := func() bool {
		select {
		case places <- struct{}{}:
			return g.ctx.Err() == nil
		case <-g.ctx.Done():
			return false
		}
	}
	if !enter() {
		return g.wait(false)
	}
	for item, err := range items {
		if err != nil {
			g.cancel(err)
			return g.wait(false)
		}
		g.run(func(ctx context.Context) error {
			defer func() { <-places }()
			return do(ctx, item)
		})
		if !enter() {
			return g.wait(false)
		}
	}
	return g.wait(true)
}

// Together runs all fns at once and waits for them. The first error cancels
// the others, with that error as the cause, and is returned.
func Together(ctx context.Context, fns ...func(context.Context) error) error {
	g := newGroup(ctx)
	for _, fn := range fns {
		g.run(fn)
	}
	return g.wait(true)
}

// A group is functions that run side by side and stop at the first error.
type group struct {
	ctx    context.Context
	cancel context.CancelCauseFunc
	wg     sync.WaitGroup
	failed atomic.Bool
}

func newGroup(ctx context.Context) *group {
	g := &group{}
	g.ctx, g.cancel = context.WithCancelCause(ctx)
	return g
}

func (g *group) run(fn func(context.Context) error) {
	g.wg.Go(func() {
		if err := fn(g.ctx); err != nil {
			g.failed.Store(true)
			g.cancel(err)
		}
	})
}

// wait waits for all and returns what ended the group first: an error or the
// end of the context outside. A group that is whole, with all it had to run
// begun and without an error, has none, even if ctx ended meanwhile.
func (g *group) wait(whole bool) error {
	g.wg.Wait()
	defer g.cancel(nil)
	if whole && !g.failed.Load() {
		return nil
	}
	return context.Cause(g.ctx)
}
