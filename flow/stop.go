package flow

import (
	"context"
	"errors"
	"fmt"
	"os"
	"sync"
	"time"
)

// ErrInterrupted is the cause, or within the cause, of contexts that a signal
// ended.
var ErrInterrupted = errors.New("interrupted")

// A Stop ends a run in two phases. Its contexts carry causes that wrap
// [ErrInterrupted] and say what happened.
type Stop struct {
	// Intake ends at the first signal: from then on nothing new is begun.
	Intake context.Context

	// Work ends at the second signal, or when the grace time after the first
	// is over: what is still in flight is given up. Intake ends with it.
	Work context.Context
}

// NewStop listens to signals until the returned function is called, which ends
// both contexts and the listening. Without a signal both contexts live as long
// as ctx. A grace of 0 or less ends Work with the first signal. The caller does
// not close signals before.
func NewStop(ctx context.Context, signals <-chan os.Signal, grace time.Duration) (*Stop, func()) {
	work, endWork := context.WithCancelCause(ctx)
	intake, endIntake := context.WithCancelCause(work)

	var wg sync.WaitGroup
	wg.Go(func() {
		sig, ok := next(work, signals, nil)
		if !ok {
			return
		}
		endIntake(fmt.Errorf("%w by signal: %v", ErrInterrupted, sig))
		timer := time.NewTimer(max(0, grace))
		defer timer.Stop()
		if sig, ok = next(work, signals, timer.C); ok {
			endWork(fmt.Errorf("%w by a second signal: %v", ErrInterrupted, sig))
			return
		}
		endWork(fmt.Errorf("%w, and not finished %v later", ErrInterrupted, grace))
	})
	return &Stop{Intake: intake, Work: work}, func() {
		endWork(nil)
		wg.Wait()
		endIntake(nil)
	}
}

// next returns the next signal, or false when ctx ended or the time is over.
func next(ctx context.Context, signals <-chan os.Signal, over <-chan time.Time) (os.Signal, bool) {
	select {
	case <-ctx.Done():
	case <-over:
	case sig, ok := <-signals:
		return sig, ok
	}
	return nil, false
}
