package stage

import (
	"context"
	"errors"
	"maps"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/seed-128c3863/sluice/flow"
	"github.com/seed-128c3863/sluice/plan"
	"github.com/seed-128c3863/sluice/store"
)

// endWithin is how long a run that was told to stop may take to write down
// what it did.
const endWithin = 30 * time.Second

// finish writes down what the run did, however it ended. That also gives the
// lock back; what comes after it only clears away.
func (r *run) finish(ctx context.Context, dead []*remains, err error) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), endWithin)
	defer cancel()
	if !errors.Is(err, errLostLock) {
		if err2 := r.settle(ctx, dead, err); err == nil {
			err = err2
		}
	}
	r.result.Seconds = time.Since(r.began).Seconds()
	r.result.Status = r.status(err)
	if err != nil {
		r.result.Error = err.Error()
	}
	return err
}

// settle makes what the run did a new generation of the ledger.
func (r *run) settle(ctx context.Context, dead []*remains, ended error) error {
	changes := r.journal.all()
	if r.vain(dead, changes, ended) {
		r.result.Run = ""
		r.tidy(ctx, r.journal.keys)
		return errors.Join(r.rejects.Drop(ctx), r.lock.release(ctx))
	}
	rejected, err := r.rejects.Commit(ctx)
	if err != nil {
		return err
	}
	r.result.Rejected = rejected
	var old []*remains
	for _, d := range dead {
		if d.id == r.id {
			changes = merge(d.changes, changes)
		} else {
			old = append(old, d)
		}
	}
	rec := r.recorded(ended)
	if err := r.ledger.write(ctx, rec, changes, old, max(r.job.To.Keep, 1)); err != nil {
		return err
	}
	r.prune(ctx, changes)
	return nil
}

// vain says whether the run changed nothing: each of its changes is a file that
// is as invalid as it was. Such a run is not kept: a schedule that tries a bad
// file again and again would push out the runs that can be taken back.
func (r *run) vain(dead []*remains, changes []change, ended error) bool {
	if errors.Is(ended, plan.ErrLocked) {
		return true // by one that was seen when nothing was written yet
	}
	if r.result.Verb != "apply" || len(dead) > 0 || ended != nil && !errors.Is(ended, errStopped) {
		return false
	}
	return !slices.ContainsFunc(changes, func(c change) bool {
		old := c.Prior.Entry
		return c.State != stateInvalid || old == nil || old.State != stateInvalid ||
			old.ETag != c.ETag || old.Size != c.Size || old.Version != c.Version || old.Why != c.Why
	})
}

// merge puts the changes of a run that was cut off before those that went on
// with it: the last change of a source counts.
func merge(before, after []change) []change {
	again := make(map[string]bool, len(after))
	for i := range after {
		again[after[i].Source] = true
	}
	first := make(map[string]int, len(before))
	for i := range before {
		first[before[i].Source] = i
	}
	var all []change
	for i, c := range before {
		if !again[c.Source] && first[c.Source] == i {
			all = append(all, c)
		}
	}
	return append(all, after...)
}

// recorded is the run as the ledger keeps it.
func (r *run) recorded(ended error) plan.Run {
	host, _ := os.Hostname()
	rec := plan.Run{
		ID: r.id, Verb: r.result.Verb, Of: r.of, Started: r.began, Ended: time.Now().UTC(), State: "done", Hash: r.hash, Params: r.params.Shown(), Shard: r.Shard.String(),
		Host: host, Version: r.Version, Counts: r.result.Counts, Rows: r.result.Rows, Rejects: r.result.Rejects, Rejected: r.result.Rejected,
		Written: r.result.Written, Removed: r.result.Removed,
	}
	if r.resumed {
		rec.Holder = r.lock.me.Run
	}
	switch {
	case errors.Is(ended, flow.ErrInterrupted) || errors.Is(ended, context.Canceled):
		rec.State = "interrupted"
	case ended != nil:
		rec.State, rec.Error = "failed", ended.Error()
	}
	return rec
}

// write commits a generation with one more run, and with those that were cut
// off and that nobody goes on with.
func (l *ledger) write(ctx context.Context, rec plan.Run, changes []change, old []*remains, keep int) error {
	records, segments := make([]plan.Run, 0, len(old)+1), make([][]byte, 0, len(old)+1)
	add := func(r plan.Run, changes []change) error {
		if len(changes) > 0 {
			r.Segment = r.ID
		}
		packed, err := pack(changes)
		records, segments = append(records, r), append(segments, packed)
		return err
	}
	for _, d := range old {
		if err := add(plan.Run{ID: d.id, Verb: d.verb(), State: "cut off", Started: runTime(d.id), Shard: d.shard()}, d.changes); err != nil {
			return err
		}
	}
	if err := add(rec, changes); err != nil {
		return err
	}
	return l.commit(ctx, func(g *generation) error {
		for i, r := range records {
			g.Runs = append(g.Runs, r)
			if r.Segment == "" {
				continue
			}
			if err := l.addSegment(ctx, g, r.Segment, segments[i]); err != nil {
				return err
			}
		}
		return l.compact(ctx, g, keep)
	})
}

// prune removes the outputs that are kept no longer. The run has ended: what is
// left over does no harm.
func (r *run) prune(ctx context.Context, changes []change) {
	if !slices.ContainsFunc(changes, func(c change) bool { return c.Kept }) {
		return
	}
	keys, err := r.ledger.outdated(ctx, r.job.To.Keep)
	if err != nil {
		r.untidy(err)
	}
	r.tidy(ctx, keys)
}

// outdated returns the keys of the outputs that are kept of runs before the
// last keep.
func (l *ledger) outdated(ctx context.Context, keep int) (keys []string, err error) {
	runs, err := l.keptRuns(ctx)
	for _, id := range runs[:max(0, len(runs)-keep)] {
		old, err := l.kept(ctx, id)
		if err != nil {
			return keys, err
		}
		keys = slices.AppendSeq(keys, maps.Keys(old))
	}
	return keys, err
}

// tidyUp clears away what runs before this one have left, while it works.
func (r *run) tidyUp(ctx context.Context) error {
	r.tidy(ctx, slices.Concat(r.litter, r.stale))
	return nil
}

// tidy deletes what nobody needs. What is left does no harm, and the next run
// tries again.
func (r *run) tidy(ctx context.Context, keys []string) {
	if err := deleteAll(ctx, r.target, keys); err != nil && ctx.Err() == nil {
		r.untidy(err)
	}
}

func (r *run) untidy(err error) {
	r.notify(plan.Event{Type: "notice", Text: "could not clear away all that is no longer needed: " + err.Error()})
}

// keptRuns returns the runs of which replaced outputs are kept, oldest first.
func (l *ledger) keptRuns(ctx context.Context) ([]string, error) {
	var ids []string
	dir, after := l.dir+"kept/", ""
	for {
		id := ""
		for info, err := range store.List(ctx, l.store, dir, after) {
			if err != nil {
				return nil, err
			}
			id, _, _ = strings.Cut(strings.TrimPrefix(info.Key, dir), "/")
			break
		}
		if id == "" {
			slices.Sort(ids)
			return ids, nil
		}
		ids = append(ids, id)
		after = dir + id + "0" // "0" follows "/": past all of the run's
	}
}

func deleteAll(ctx context.Context, s store.Store, keys []string) error {
	return flow.Each(ctx, 32, intake(keys, nil), func(ctx context.Context, key string) error { return store.Delete(ctx, s, key) })
}

// runTime is when a run began, by its ID.
func runTime(id string) time.Time {
	t, _, _ := strings.Cut(id, "-")
	began, _ := time.Parse("20060102T150405Z", t)
	return began
}
