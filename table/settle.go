package table

import (
	"context"
	"time"

	"github.com/seed-128c3863/sluice/plan"
)

// A committed error says that a run was committed, though the connection that
// did it was lost.
type committed struct{ error }

func (c committed) Unwrap() error { return c.error }

// settlePoll is how often it is tried to find out how a commit ended.
const settlePoll = 100 * time.Millisecond

// settle finds out whether a run is committed whose connection is lost: there says
// so once its transaction has ended, and is asked again while it cannot. What
// settle returns is a committed error, or why if the run is not committed, or a
// plan.UnsettledError if that is not known when its patience ends.
func settle(ctx context.Context, patience time.Duration, run plan.Run, why error, there func(context.Context) (bool, error)) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), patience)
	defer cancel()
	for {
		done, err := there(ctx)
		switch {
		case err == nil && done:
			return committed{why}
		case err == nil:
			return why
		}
		select {
		case <-ctx.Done():
			return &plan.UnsettledError{Run: run.ID, Err: why}
		case <-time.After(settlePoll):
		}
	}
}
