package stage

import (
	"context"
	"fmt"
	"time"

	"github.com/seed-128c3863/sluice/flow"
	"github.com/seed-128c3863/sluice/plan"
	"github.com/seed-128c3863/sluice/store"
)

// A step takes back one change.
type step struct {
	change
	now string // ETag of the output as it is
}

// PlanRevert says what Revert would do. It writes nothing.
func (s *Stage) PlanRevert(ctx context.Context, id string) (*plan.Reversal, error) {
	l, _, err := openLedger(ctx, s.target, s.base, s.job.Name)
	if err != nil {
		return nil, err
	}
	r := &run{converter: converter{Stage: s}, ledger: l}
	_, rev, err := r.steps(ctx, id)
	return rev, err
}

// Revert takes back what a run did: the outputs that it replaced are restored,
// those that it made are removed, and the ledger is as it was before.
func (s *Stage) Revert(ctx context.Context, id string, o plan.RevertOptions) (*plan.Result, error) {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	r := s.newRun("revert", plan.ApplyOptions{Takeover: o.Takeover, Intake: o.Intake, Progress: o.Progress})
	_, dead, err := r.open(ctx, cancel)
	if r.lock != nil {
		defer r.lock.stop()
	}
	if err == nil {
		err = r.alone(ctx)
	}
	var steps []step
	if err == nil && len(dead) > 0 {
		err = r.bury(ctx, dead)
	}
	if err == nil {
		steps, err = r.agree(ctx, id, o)
	}
	if err != nil || len(steps) == 0 {
		return r.nothing(ctx, err)
	}
	err = r.undoAll(ctx, steps)
	return r.result, r.finish(ctx, nil, cause(ctx, err))
}

// bury ends runs that were cut off, so that they can be taken back like any
// other: what they wrote but did not get to record is found by its ETag.
func (r *run) bury(ctx context.Context, dead []*remains) error {
	for _, d := range dead {
		done := map[string]bool{}
		for _, c := range d.changes {
			done[c.Output] = true
		}
		open := map[string]prior{}
		for output, p := range d.intents {
			if !done[output] {
				open[r.base+output] = p
			}
		}
		err := store.Locate(ctx, r.target, nil, open, func(p prior, info store.Info) {
			if info.Mark() == p.ETag {
				return
			}
			output := info.Key[len(r.base):]
			e := entry{Source: d.sources[output], Output: output, OETag: info.Mark(), Run: d.id, State: stateDone}
			d.changes = append(d.changes, change{entry: e, Prior: p, Kept: p.ETag != ""})
		})
		if err != nil {
			return err
		}
	}
	last := dead[len(dead)-1]
	rec := plan.Run{ID: last.id, Verb: last.verb(), State: "cut off", Started: runTime(last.id), Shard: last.shard()}
	if err := r.ledger.write(ctx, rec, last.changes, dead[:len(dead)-1], max(r.job.To.Keep, 1)); err != nil {
		return err
	}
	for _, d := range dead {
		for _, c := range d.changes {
			r.ledger.set(c.entry)
		}
		r.litter = append(r.litter, d.keys...)
	}
	return nil
}

// agree finds the steps, and asks.
func (r *run) agree(ctx context.Context, id string, o plan.RevertOptions) ([]step, error) {
	steps, rev, err := r.steps(ctx, id)
	if err != nil {
		return nil, err
	}
	if len(rev.Conflicts) > 0 && !o.SkipConflicts {
		return nil, &plan.ConflictError{Reversal: rev}
	}
	r.result.Skipped = rev.Conflicts
	r.of = rev.Run
	if o.Confirm != nil && len(steps) > 0 {
		yes, err := o.Confirm(rev)
		if err != nil {
			return nil, err
		}
		if !yes {
			return nil, plan.ErrDeclined
		}
	}
	return steps, nil
}

// steps compares what a run made with what is there now.
func (r *run) steps(ctx context.Context, id string) ([]step, *plan.Reversal, error) {
	rec, err := r.ledger.run(id)
	if err != nil {
		return nil, nil, err
	}
	rev := &plan.Reversal{Run: rec.ID, Restore: []string{}, Remove: []string{}}
	if rec.Segment == "" {
		if rec.Counts[plan.New]+rec.Counts[plan.Changed] > 0 || rec.Verb == "revert" {
			return nil, nil, fmt.Errorf("run %s is too old to be taken back: what it replaced is no longer known (to.keep: %d runs)", rec.ID, r.job.To.Keep)
		}
		return nil, rev, nil
	}
	var changes []change
	if err := r.ledger.segment(ctx, &r.ledger.gen, rec.Segment, func(c change) { changes = append(changes, c) }); err != nil {
		return nil, nil, err
	}
	now, err := r.outputsNow(ctx, changes)
	if err != nil {
		return nil, nil, err
	}
	kept, err := r.ledger.kept(ctx, rec.ID)
	if err != nil {
		return nil, nil, err
	}
	var steps []step
	for _, c := range changes {
		out := c.output()
		c.Kept = c.Kept && kept[r.ledger.keptKey(rec.ID, out)]
		if r.already(c, now[out]) {
			continue
		}
		if why := r.conflict(c, now[out]); why != "" {
			rev.Conflicts = append(rev.Conflicts, plan.Problem{File: r.baseURL + out, Why: why})
			continue
		}
		switch {
		case c.Kept:
			rev.Restore = append(rev.Restore, r.baseURL+out)
		case c.OETag != "" && c.State == stateDone:
			rev.Remove = append(rev.Remove, r.baseURL+out)
		}
		steps = append(steps, step{change: c, now: now[out]})
	}
	return steps, rev, nil
}

// outputsNow returns the ETags of the outputs that are there of those changed.
func (r *run) outputsNow(ctx context.Context, changes []change) (map[string]string, error) {
	now, keys := map[string]string{}, map[string]string{}
	for _, c := range changes {
		if out := c.output(); out != "" {
			keys[r.base+out] = out
		}
	}
	err := store.Locate(ctx, r.target, nil, keys, func(out string, info store.Info) { now[out] = info.Mark() })
	return now, err
}

// kept returns the keys of the outputs that a run replaced and that are kept.
func (l *ledger) kept(ctx context.Context, run string) (map[string]bool, error) {
	keys := map[string]bool{}
	for info, err := range store.List(ctx, l.store, l.dir+"kept/"+run+"/", "") {
		if err != nil {
			return nil, err
		}
		keys[info.Key] = true
	}
	return keys, nil
}

// output is the output that a change touched, "" if none.
func (c *change) output() string {
	if c.Output == "" && c.Prior.Entry != nil {
		return c.Prior.Entry.Output
	}
	return c.Output
}

// already says whether a change was taken back before.
func (r *run) already(c change, now string) bool {
	e, known := r.ledger.files[c.Source]
	before := c.Prior.Entry
	if before == nil {
		return !known && now == c.Prior.ETag
	}
	return known && e.Run == before.Run && e.Version == before.Version && e.ETag == before.ETag && e.OETag == now
}

// conflict says why a change cannot be taken back, "" if it can.
func (r *run) conflict(c change, now string) string {
	e, known := r.ledger.files[c.Source]
	made := c.OETag
	if known && e.Run == c.Run { // taken back, and that taken back: the same bytes, but perhaps another ETag
		made = e.OETag
	}
	switch {
	case c.State == stateInvalid:
		return "" // it left the output alone
	case now != made && now == "":
		return "it was removed since"
	case now != made:
		if known && e.OETag == now && e.Run != c.Run {
			return fmt.Sprintf("run %s has replaced it since: revert that first", e.Run)
		}
		return "it was changed since by someone else"
	case c.Prior.ETag != "" && !c.Kept:
		return fmt.Sprintf("what it replaced is not kept any more (to.keep: %d runs)", r.job.To.Keep)
	}
	return ""
}

// undoAll takes every step.
func (r *run) undoAll(ctx context.Context, steps []step) error {
	r.result.Run = r.id
	r.notify(plan.Event{Type: "run", Run: r.id, Text: "run " + r.id + " reverts run " + r.of})
	r.journal = &journal{store: r.target, prefix: r.ledger.dir + livePrefix + r.id + "~"}
	r.progress.Start(int64(len(steps)), 0)
	intents := make([]intent, len(steps))
	for i := range steps {
		intents[i] = r.undoing(&steps[i])
	}
	err := flow.Together(ctx, r.tidyUp, func(ctx context.Context) error { return r.journal.intend(ctx, "undo-", intents) })
	if err != nil {
		return err
	}
	stop := r.journal.start(ctx)
	defer stop()
	return eachTask(ctx, r, steps, r.undo)
}

// undoing is what the revert itself replaces.
func (r *run) undoing(st *step) intent {
	i := intent{Source: st.Source, Output: st.output(), Prior: prior{ETag: st.now}}
	if e, ok := r.ledger.files[st.Source]; ok {
		i.Prior.Entry = &e
	}
	return i
}

// undo takes one step: what is there is kept, so that the revert can itself be
// taken back.
func (r *run) undo(ctx context.Context, st step) error {
	out := st.output()
	key := r.base + out
	done := change{Prior: r.undoing(&st).Prior}
	done.entry = entry{Source: st.Source, State: stateNone, Run: r.id}
	if before := st.Prior.Entry; before != nil {
		done.entry = *before
	}
	done.Output = out
	if st.State != stateInvalid {
		if st.now != "" && r.job.To.Keep > 0 {
			if _, err := store.Copy(ctx, r.target, key, r.ledger.keptKey(r.id, out), store.Condition{}); err != nil {
				return err
			}
			done.Kept = true
		}
		etag, err := r.restore(ctx, st, key)
		if err != nil {
			return fmt.Errorf("%s: %w", r.baseURL+out, err)
		}
		done.OETag = etag
	}
	if err := r.journal.record(ctx, done); err != nil {
		return err
	}
	r.progress.FilesDone.Add(1)
	r.notify(plan.Event{Type: "file", Output: r.baseURL + out, State: plan.Changed})
	return nil
}

// restore puts back what was there before, and returns its ETag now.
func (r *run) restore(ctx context.Context, st step, key string) (string, error) {
	if !st.Kept {
		if st.now == "" {
			return "", nil
		}
		r.count(&r.result.Removed)
		return "", store.Delete(ctx, r.target, key)
	}
	c := store.Condition{Match: store.ETagOf(st.now)}
	if st.now == "" {
		c = store.Condition{None: true}
	}
	info, err := store.Copy(ctx, r.target, r.ledger.keptKey(r.of, st.output()), key, c)
	if err == nil {
		r.count(&r.result.Written)
	}
	return info.Mark(), err
}

func (r *run) count(n *int64) {
	r.mu.Lock()
	defer r.mu.Unlock()
	*n++
}

// Runs returns the runs of the job, oldest first. Runs that go on, or were cut
// off, are among them.
func (s *Stage) Runs(ctx context.Context) ([]plan.Run, error) {
	l := &ledger{store: s.target, base: s.base, dir: ledgerDir(s.base, s.job.Name)}
	seen, err := look(ctx, s.target, l.dir)
	if err != nil || seen.newest == "" && len(seen.left) == 0 {
		return nil, err
	}
	if seen.newest != "" {
		if err := l.read(ctx, seen.newest); err != nil {
			return nil, err
		}
	}
	runs := l.gen.Runs
	for _, d := range seen.left {
		if l.ended(d.id) {
			continue
		}
		runs = append(runs, plan.Run{ID: d.id, Verb: d.verb(), State: "going on, or cut off", Started: runTime(d.id), Shard: d.shard(), Ended: time.Time{}})
	}
	return runs, nil
}
