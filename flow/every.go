package flow

import (
	"context"
	"sync"
	"time"
)

// Every calls fn each d, the first time after d, until ctx ends or stop is
// called. Calls never overlap: one that takes longer than d delays the next.
// stop waits for a call that is under way, which it does not cancel: a
// heartbeat that is being written is written. It may be called more than once,
// but not by fn.
func Every(ctx context.Context, d time.Duration, fn func(context.Context)) (stop func()) {
	end := make(chan struct{})
	var wg sync.WaitGroup
	wg.Go(func() {
		tick := time.NewTicker(d)
		defer tick.Stop()
		for {
			select {
			case <-end:
				return
			case <-ctx.Done():
				return
			case <-tick.C:
			}
			select {
			case <-end: // both were ready: no call after stop
				return
			default:
				fn(ctx)
			}
		}
	})
	var once sync.Once
	return func() {
		once.Do(func() { close(end) })
		wg.Wait()
	}
}
