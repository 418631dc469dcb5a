package stage

import (
	"context"
	"errors"
	"fmt"

	"github.com/seed-128c3863/sluice/plan"
	"github.com/seed-128c3863/sluice/row"
	"github.com/seed-128c3863/sluice/store"
)

// file does one task, from its source to its ledger entry. It returns an error
// only if the run cannot go on.
func (r *run) file(ctx context.Context, t *task) error {
	ch, err := r.load(ctx, t)
	for tries := 0; store.IsChanged(err) && r.o.Plan == nil && tries < 3; tries++ {
		// The source was written anew since it was listed.
		if err = t.Look(ctx); err == nil {
			ch, err = r.load(ctx, t)
		}
	}
	if err != nil {
		return r.fault(ctx, t, err)
	}
	return r.record(ctx, t, ch)
}

// condition is what must hold for an output to be written: that it is what it
// was when the run was planned.
func (r *run) condition(t *task) store.Condition {
	if t.Prior == "" {
		return store.Condition{None: true}
	}
	return store.Condition{Match: store.ETagOf(t.Prior)}
}

// deliver puts the output in place of the old one, which it keeps.
func (r *run) deliver(ctx context.Context, t *task, done converted, put func(context.Context) (store.Info, error)) (change, error) {
	ch := r.change(t, done)
	if err := r.ready(ctx); err != nil {
		return ch, err
	}
	var err error
	if ch.Kept, err = r.keep(ctx, t); err != nil {
		return ch, err
	}
	if done.rows == 0 {
		if t.Prior != "" {
			err = store.Delete(ctx, r.target, r.base+t.output)
		}
		return ch, err
	}
	info, err := put(ctx)
	if store.IsChanged(err) {
		return ch, fmt.Errorf("its output %s was changed by someone else while the run went on; apply again", t.Output)
	}
	ch.OETag, ch.bytes = info.Mark(), done.bytes
	return ch, err
}

// change is the entry of a file that was done.
func (r *run) change(t *task, done converted) change {
	e := entry{Source: t.ID, ETag: t.ETag, Size: t.Size, Version: t.version, Output: t.output, Rows: done.rows, Rejects: done.rejects, Run: r.id, State: stateDone}
	if done.rows == 0 {
		e.State, e.Output = stateEmpty, ""
	}
	return change{entry: e, Prior: t.prior}
}

// ready waits until the run's intents are written.
func (r *run) ready(ctx context.Context) error {
	select {
	case <-r.intended:
		return r.intendErr
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// keep copies the output that is about to be replaced to where a revert finds
// it, unless a run that this one goes on with has done so.
func (r *run) keep(ctx context.Context, t *task) (bool, error) {
	if t.prior.ETag == "" || r.job.To.Keep == 0 {
		return false, nil
	}
	if t.Prior != t.prior.ETag {
		return true, nil
	}
	_, err := store.Copy(ctx, r.target, r.base+t.output, r.ledger.keptKey(r.id, t.output), store.Condition{})
	return err == nil, err
}

// delivers notes that a source could be read: denials are then about files.
func (r *run) delivers() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.delivered = true
	for _, p := range r.denied {
		r.fail(p)
	}
	r.denied = nil
}

// fail counts a file that a store did not give or take. r.mu is held.
func (r *run) fail(p plan.Problem) {
	r.result.Failed = append(r.result.Failed, p)
	r.notify(plan.Event{Type: "file", File: p.File, State: plan.Invalid, Why: p.Why})
	r.progress.FilesDone.Add(1)
}

// fault decides what an error of one file means for the run.
func (r *run) fault(ctx context.Context, t *task, err error) error {
	var bad *store.Error
	switch {
	case ctx.Err() != nil:
		return context.Cause(ctx)
	case !errors.As(err, &bad):
		r.delivers()
		return r.invalid(ctx, t, err)
	case store.IsNotExist(err) && t.prior.Entry == nil && r.job.From.Missing == "skip":
		r.notify(plan.Event{Type: "notice", File: t.Source, Text: "it was deleted since it was listed"})
		return nil
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	p := plan.Problem{File: t.Source, Why: err.Error()}
	switch {
	case store.IsFatal(err):
		return err
	case store.IsDenied(err) && !r.delivered: // perhaps every file will be
		if r.denied = append(r.denied, p); len(r.denied) == min(mostFailed, len(r.tasks)) {
			return err
		}
		return nil
	}
	r.fail(p)
	if n := len(r.result.Failed); n >= mostFailed && int64(n) > r.result.Written {
		return fmt.Errorf("%d files failed, more than were written; the last: %w", n, err)
	}
	return nil
}

// mostFailed is how many files a store may fail to give or take before a run
// that gets little else done is ended.
const mostFailed = 10

// invalid records a file that cannot be read as what it should be.
func (r *run) invalid(ctx context.Context, t *task, err error) error {
	err = row.At(t.Source, err)
	var at *row.Error
	errors.As(err, &at)
	plain := *at
	plain.File = ""
	e := entry{Source: t.ID, ETag: t.ETag, Size: t.Size, Version: t.version, Run: r.id, State: stateInvalid, Why: plain.Error()}
	if old := t.prior.Entry; old != nil {
		e.Output, e.OETag, e.Rows = old.Output, old.OETag, old.Rows
	}
	if err := r.rejects.Add(t.bad); err != nil {
		return err
	}
	t.bad = nil
	if err := r.journal.record(ctx, change{entry: e, Prior: t.prior}); err != nil {
		return err
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.result.Counts[plan.Invalid]++
	r.result.Invalid = append(r.result.Invalid, plan.Problem{File: t.Source, Why: e.Why})
	r.progress.Invalid.Add(1)
	r.progress.FilesDone.Add(1)
	r.progress.BytesDone.Add(t.Size)
	r.notify(plan.Event{Type: "file", File: t.Source, State: plan.Invalid, Why: e.Why})
	if r.job.Errors.Files == "stop" {
		return errStopped
	}
	return nil
}

// record counts a file that was done, and tells of it.
func (r *run) record(ctx context.Context, t *task, ch change) error {
	r.delivers()
	if err := r.rejects.Add(t.bad); err != nil {
		return err
	}
	t.bad = nil
	if err := r.journal.record(ctx, ch); err != nil {
		return err
	}
	r.progress.FilesDone.Add(1)
	r.progress.BytesDone.Add(t.Size)
	r.progress.Rows.Add(ch.Rows)
	r.progress.Rejects.Add(ch.Rejects)
	r.mu.Lock()
	defer r.mu.Unlock()
	r.result.Counts[t.State]++
	r.result.Rows += ch.Rows
	r.result.Rejects += ch.Rejects
	r.result.BytesIn += t.Size
	r.result.BytesOut += ch.bytes
	e := plan.Event{Type: "file", File: t.Source, State: t.State, Output: t.Output, Rows: ch.Rows, Rejects: ch.Rejects}
	if ch.State == stateEmpty {
		r.result.Empty++
		e.Output = ""
		r.notify(plan.Event{Type: "notice", File: t.Source, Text: "there are no records in it: no output"})
	} else {
		r.result.Written++
	}
	r.notify(e)
	return nil
}
