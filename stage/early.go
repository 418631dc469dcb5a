package stage

import (
	"context"

	"github.com/seed-128c3863/sluice/flow"
	"github.com/seed-128c3863/sluice/store"
)

// beginEarly gets the first sources whose outputs are not there while the lock
// is still being taken and the ledger read: reading disturbs nobody, and nearly
// all of these will be wanted. With the output in the same store the ledger's
// requests come first.
func (r *run) beginEarly(ctx context.Context, tasks []*task) {
	if r.o.Plan != nil || r.o.Confirm != nil {
		return
	}
	room := r.budget.Size() / 4 * 3
	for _, t := range tasks {
		if t.Prior != "" || t.ETag == "" || t.Store == r.target || r.streamed(t) {
			continue
		}
		n := r.cost(t.Size)
		if room -= n; room < 0 || r.budget.Acquire(ctx, n) != nil {
			return
		}
		t.early = flow.Begin(ctx, func(ctx context.Context) ([]byte, error) {
			in, _, err := store.GetInto(ctx, t.Store, t.Key, store.ETagOf(t.ETag), r.buffers.get(t.Size))
			return in, err
		})
		r.early = append(r.early, t)
	}
}

// dropEarly ends what was begun early and is not among the tasks to be done.
func (r *run) dropEarly(wanted []*task) {
	vain := make(map[*task]bool, len(r.early))
	for _, t := range r.early {
		if t.early != nil {
			vain[t] = true
		}
	}
	for _, t := range wanted {
		delete(vain, t)
	}
	for t := range vain {
		t.early.Drop()
		t.early = nil
		r.budget.Release(r.cost(t.Size))
	}
}
