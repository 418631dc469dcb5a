package table

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/seed-128c3863/sluice/flow"
	"github.com/seed-128c3863/sluice/plan"
)

// With transaction: batch a run writes its plan in parts, each in a transaction
// of its own. The plan is kept in the database, like a saved one, and the ledger
// has the run from its first part on as one that is running. Only one run of a
// job is alive at once: so who finds such a run, as the one that is, goes on with
// it, if nothing that its plan was made of has moved, or else ends it as cut off.

// mostBatch is how many rows of the plan a batch has, unless a test says.
const mostBatch = 10_000

// The state of a run that writes batches, until it ends.
const running = "running"

// unfinished returns the run of the job that was cut off between batches; nil if
// there is none.
func (im *Import) unfinished(ctx context.Context) (*plan.Run, error) {
	runs, err := im.db.runs(ctx, im.Job.Name)
	i := slices.IndexFunc(runs, func(r plan.Run) bool { return r.State == running })
	if i < 0 {
		return nil, err
	}
	return &runs[i], err
}

// noteUnfinished notes in a plan what an apply would do first, if who plans may
// read the ledger.
func (r *run) noteUnfinished(ctx context.Context, t *plan.Table) {
	was, err := r.unfinished(ctx)
	if err != nil || was == nil || was.Hash != r.hash {
		return
	}
	note := fmt.Sprintf("run %s has written %d of %s, ", was.ID, was.Rows, count(was.Counts.Written(), "row"))
	if _, err := r.db.keptText(ctx, r.Job.Name, was.Plan); errors.Is(err, errGone) {
		note += "and was cut off; " + lapsed + ": apply would begin anew"
	} else {
		note += "and goes on or was cut off: apply would take it up first"
	}
	t.Notes = append(t.Notes, note)
}

// lapsed says that the rows of a run that was cut off are gone.
const lapsed = "its plan was kept for 7 days"

// cutOff ends a run that was cut off, if there is one.
func (im *Import) cutOff(ctx context.Context) error {
	run, err := im.unfinished(ctx)
	if run == nil || err != nil {
		return err
	}
	run.State, run.Ended = "cut off", time.Now().UTC()
	return im.db.end(ctx, *run)
}

// resume takes up a run that was cut off, of the saved plan p if that is not
// nil. One that cannot be taken up is ended, and that is said.
func (r *run) resume(ctx context.Context, p *plan.Plan) (resumed bool, err error) {
	was, err := r.unfinished(ctx)
	if err == nil {
		err = r.clear(ctx, was)
	}
	if was == nil || err != nil {
		return false, err
	}
	why := "the job or its params have changed, or another plan is applied"
	if was.Hash == r.hash && (p == nil || p.Table != nil && p.Table.Saved != nil && p.Table.Saved.ID == was.Plan) {
		err = r.takeUp(ctx, was, p)
		var drift *plan.DriftError
		switch {
		case errors.Is(err, errGone):
			why = lapsed
		case errors.Is(err, errOther):
			why = "its plan is not as it was kept"
		case errors.As(err, &drift):
			why = drift.Moved[0].File + ": " + drift.Moved[0].Why
		default:
			return err == nil, err
		}
	}
	if err = r.cutOff(ctx); err == nil {
		r.tell(fmt.Sprintf("run %s was cut off after %d of %s and is not taken up: %s; what it has written stays until it is reverted", was.ID, was.Rows, count(was.Counts.Written(), "row"), why))
	}
	return false, err
}

func (r *run) takeUp(ctx context.Context, was *plan.Run, p *plan.Plan) error {
	text, err := r.db.keptText(ctx, r.Job.Name, was.Plan)
	if err != nil {
		return err
	}
	k, err := readKept(text)
	if err == nil && p != nil {
		err = k.same(p)
	}
	if err != nil {
		return err
	}
	files, err := r.unmoved(ctx, k.plan.Table.Files)
	if err != nil {
		return err
	}
	whole := r.Import
	if err = r.without(ctx, files); err == nil {
		err = k.unaltered(r.target)
	}
	if err == nil {
		r.comparison, _, err = r.db.kept(ctx, r.target, plan.Saved{ID: was.Plan}, was.Rows)
	}
	if err != nil {
		r.Import = whole
		return err
	}
	r.counts, r.record, r.done, r.resumed = k.plan.Counts, *was, was.Rows, true
	r.found(files)
	return nil
}

// left are the counts of what is yet to be written: the updates are the first, so
// that nothing refers any more to rows that are then deleted.
func (r *run) left() plan.Counts {
	left, done := plan.Counts{}, r.done
	for _, state := range []plan.State{plan.Update, plan.Delete, plan.New} {
		n := min(done, r.counts[state])
		done -= n
		if left[state] = r.counts[state] - n; left[state] == 0 && state == plan.Delete {
			delete(left, state)
		}
	}
	return left
}

// batches writes what is left of the plan, and returns how many rows were written
// now. What goes wrong after the first batch is a plan.PartError.
func (r *run) batches(ctx context.Context, record plan.Run) (written int64, err error) {
	if record.Plan == "" { // it was made now
		if err := r.keepFor(ctx, &record); err != nil {
			return 0, err
		}
	}
	all, size, first := r.counts.Written(), cmp.Or(r.batch, mostBatch), r.done
	for r.done < all && err == nil {
		if err = r.stopped(); err != nil {
			break
		}
		next := record
		next.Rows, next.State = min(r.done+size, all), running
		if next.Rows == all {
			next.State = "done"
		}
		err = r.comparison.batch(ctx, next, r.done, next.Rows)
		if err == nil || errors.As(err, &committed{}) { // but then the connection is lost
			record, r.done = next, next.Rows
			r.progress.Rows.Store(r.done)
		}
	}
	if err != nil && r.done < all {
		err = r.ended(ctx, record, err)
	}
	return r.done - first, err
}

// batchPlan is what the ID of a plan begins with that a run keeps for itself.
const batchPlan = "batches-"

// keepFor keeps the plan for its run.
func (r *run) keepFor(ctx context.Context, record *plan.Run) error {
	record.Plan = batchPlan + record.ID
	p, err := r.describe(ctx)
	if err == nil {
		err = r.keep(ctx, p, record.Plan)
	}
	return err
}

// clear drops the plans of runs that ended, by kill -9 or with their machine, when
// they had kept it and written nothing. was is a run that was cut off, if not nil.
func (r *run) clear(ctx context.Context, was *plan.Run) error {
	kept, err := r.db.plans(ctx, r.Job.Name)
	for _, id := range kept {
		if strings.HasPrefix(id, batchPlan) && (was == nil || was.Plan != id) {
			_ = r.db.end(ctx, plan.Run{ID: id, Plan: id}) // or it lapses, as one of another user does
		}
	}
	return err
}

// ended says of a run that did not write all how far it came. It can be taken up
// unless it would end again for the same reason.
func (r *run) ended(ctx context.Context, record plan.Run, why error) error {
	passing := errors.Is(why, context.Canceled) || errors.Is(why, flow.ErrInterrupted) || ctx.Err() != nil || isLocked(why)
	if own := strings.HasPrefix(record.Plan, batchPlan); r.done > 0 && !passing || r.done == 0 && own {
		record.State, record.Error, record.Ended = "failed", why.Error(), time.Now().UTC()
		if err := r.db.end(context.WithoutCancel(ctx), record); err != nil {
			passing = true // as it is when the server is gone
		}
	}
	var lost committed
	if errors.As(why, &lost) {
		why = lost.error // the batch is done, and nothing after it
	}
	why = r.db.explain(ctx, why)
	if r.done == 0 {
		return why
	}
	return &plan.PartError{Written: r.done, Rows: r.counts.Written(), Resumable: passing, Err: why}
}

// isLocked reports whether an error is that somebody else held a lock too long.
func isLocked(err error) bool {
	return errors.Is(err, plan.ErrLocked) || codeOf(err) == lockNotAvailable || sqliteCode(err)&0xff == sqliteBusy || mysqlCode(err) == mysqlLockWait
}
