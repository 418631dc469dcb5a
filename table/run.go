package table

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"os"
	"time"

	"github.com/seed-128c3863/sluice/flow"
	"github.com/seed-128c3863/sluice/mapping"
	"github.com/seed-128c3863/sluice/plan"
	"github.com/seed-128c3863/sluice/spec"
)

// A run is one plan, apply or revert.
type run struct {
	*Import
	record   plan.Run
	began    time.Time   // this part of it, if it was taken up
	mapped   mapping.Run // that the rows were mapped in: of a saved plan the one that saved it
	progress *plan.Progress
	failFast bool            // ends reading with the first bad row
	intake   context.Context // when it is done, the run ends, unless it is writing; nil: never

	comparison comparison
	loaded     *load
	counts     plan.Counts
	times      plan.Times
	done       int64 // rows of the plan that are written, batch by batch
	resumed    bool  // it was cut off, and is taken up
}

func (im *Import) newRun(verb string, progress *plan.Progress) *run {
	if progress == nil {
		progress = &plan.Progress{}
	}
	began := time.Now().UTC()
	id := fmt.Sprintf("%s-%03d%s", began.Format("20060102T150405Z"), began.Nanosecond()/1e6, rand.Text()[:3])
	return &run{
		Import: im, progress: progress, began: began, mapped: mapping.Run{ID: id, Time: began, Params: im.Params.Values()},
		record: plan.Run{ID: id, Verb: verb, Started: began, State: "done"},
	}
}

// Plan says what Apply would do. It leaves nothing behind, unless it is to be
// kept.
func (im *Import) Plan(ctx context.Context, o plan.Options) (p *plan.Plan, err error) {
	defer im.explain(ctx, &err)
	r := im.newRun("plan", o.Progress)
	if err := r.compare(ctx); err != nil {
		return nil, err
	}
	defer r.comparison.drop(ctx)
	p, err = r.describe(ctx)
	if err == nil {
		r.noteUnfinished(ctx, p.Table)
		_, err = r.report(ctx, o.Row, o.Report, false)
	}
	if err == nil && o.Keep {
		err = r.keep(ctx, p, r.record.ID)
	}
	if err != nil {
		return nil, err
	}
	return p, nil
}

// Apply does what a plan says, in one transaction: the one that was saved, or
// one made now.
func (im *Import) Apply(ctx context.Context, o plan.ApplyOptions) (result *plan.Result, err error) {
	defer im.explain(ctx, &err)
	release, err := im.alone(ctx, o.Intake, "apply", o.Progress)
	if err != nil {
		return nil, err
	}
	defer release()
	if err := im.ready(ctx, o); err != nil {
		return nil, err
	}
	r := im.newRun("apply", o.Progress)
	r.failFast, r.intake = im.Job.Errors.Rows == "fail", o.Intake
	err = r.begin(ctx, o)
	var reject *plan.RejectError
	var invalid *plan.InvalidError
	switch {
	case errors.As(err, &reject):
		r.counts = plan.Counts{plan.Invalid: reject.Bad}
		return r.finish(ctx, &plan.Result{}, err)
	case errors.As(err, &invalid):
		return r.finish(ctx, &plan.Result{Invalid: invalid.Files}, err)
	case err != nil:
		return nil, err
	}
	defer r.comparison.drop(ctx)
	return r.apply(ctx, o)
}

// alone makes this the one run of the job until it is released. If it has to
// wait, it does so no longer than until intake ends, if that is not nil.
func (im *Import) alone(ctx, intake context.Context, verb string, progress *plan.Progress) (release func(), err error) {
	within, end := ctx, func() {}
	if intake != nil {
		within, end = flow.Until(ctx, intake)
	}
	defer end()
	release, err = im.db.hold(within, im.Job, verb, func() {
		if progress != nil {
			progress.Enter(plan.Waiting)
		}
	})
	if err != nil && within.Err() != nil {
		err = context.Cause(within)
	}
	return release, err
}

// begin takes up a run that was cut off, or a plan that was saved, or compares.
func (r *run) begin(ctx context.Context, o plan.ApplyOptions) error {
	if !o.NoRevert { // such a run cannot be recorded
		if resumed, err := r.resume(ctx, o.Plan); resumed || err != nil {
			return err
		}
	}
	if o.Plan != nil {
		return r.restore(ctx, o.Plan)
	}
	return r.compare(ctx)
}

// apply writes what was compared.
func (r *run) apply(ctx context.Context, o plan.ApplyOptions) (*plan.Result, error) {
	refused, record := r.judge(), r.recorded()
	if r.resumed {
		refused = nil // it was let pass when the run began
	}
	if record.Rows > 0 && refused == nil && o.Confirm != nil {
		if err := r.confirm(ctx, o.Confirm); err != nil {
			return nil, err
		}
	}
	out := &plan.Result{Resumed: r.resumed, Rejected: record.Rejected}
	var err error
	if !r.resumed { // else they were told of
		out.Rejected, err = r.report(ctx, o.Row, o.Report, true)
	}
	if err == nil && refused != nil {
		err = refused
	}
	if err == nil {
		err = r.stopped()
	}
	if record.Rows > 0 && err == nil {
		record.Rejected = out.Rejected
		out.NoRevert = o.NoRevert
		if o.NoRevert {
			record.ID = ""
		}
		err = r.settled(r.timed(&r.times.Apply, "writing", func() (err error) {
			out.Rows, err = r.write(ctx, record)
			return err
		}))
		out.Run = r.record.ID
	}
	if errors.Is(err, errGone) {
		err = r.gone(ctx, o.Plan)
	}
	return r.finish(ctx, out, err)
}

// settled makes a run that was committed, though nobody answered, one that is
// done, and says so.
func (r *run) settled(err error) error {
	if !errors.As(err, &committed{}) {
		return err
	}
	r.tell("the connection to the database was lost at the commit; the database says that the run is done")
	return nil
}

// confirm shows the plan and asks.
func (r *run) confirm(ctx context.Context, ask func(*plan.Plan) (bool, error)) error {
	p, err := r.describe(ctx)
	if err != nil {
		return err
	}
	return agree(p, ask)
}

// write writes the plan, and returns how many rows that were.
func (r *run) write(ctx context.Context, record plan.Run) (int64, error) {
	if r.resumed || r.Job.Transaction == "batch" {
		return r.batches(ctx, record)
	}
	return record.Rows, r.comparison.apply(ctx, record, r.counts)
}

// stopped returns why the run is to end before it writes, if it is.
func (r *run) stopped() error {
	if r.intake == nil || r.intake.Err() == nil {
		return nil
	}
	return context.Cause(r.intake)
}

// agree asks whether the plan is to be applied.
func agree[T any](p T, confirm func(T) (bool, error)) error {
	if confirm == nil {
		return nil
	}
	yes, err := confirm(p)
	if err == nil && !yes {
		err = plan.ErrDeclined
	}
	return err
}

// timed does a part of the run.
func (r *run) timed(seconds *float64, phase string, do func() error) error {
	began := time.Now()
	r.progress.Enter(phase)
	err := do()
	*seconds = time.Since(began).Seconds()
	return err
}

// finish fills in how the run ended.
func (r *run) finish(ctx context.Context, out *plan.Result, err error) (*plan.Result, error) {
	err = r.db.explain(ctx, err)
	out.Type, out.Verb, out.Counts, out.Rejects = "result", r.record.Verb, r.counts, r.counts[plan.Invalid]
	out.Seconds = time.Since(r.began).Seconds()
	if r.loaded != nil && r.record.Plan == "" { // its files were read
		out.Times, out.Rate = &r.times, float64(r.loaded.rows)/out.Seconds
		for _, f := range r.loaded.files {
			out.BytesIn += f.Size
		}
	}
	var reject *plan.RejectError
	switch {
	case errors.As(err, &reject), len(out.Invalid) > 0:
		out.Status = 3
	case errors.Is(err, context.Canceled), errors.Is(err, flow.ErrInterrupted):
		out.Status = 130
	case err != nil:
		out.Status = 1
	case out.Rejects > 0:
		out.Status = 3
	}
	var refused *plan.RefusedError
	if errors.As(err, &refused) {
		out.Refused = refused.Rows
	}
	if err != nil {
		out.Error = spec.Redact(err.Error())
		if r.done == 0 {
			out.Run, out.Rows = "", 0
		}
	}
	return out, err
}

// recorded is what the ledger keeps of the run.
func (r *run) recorded() plan.Run {
	out := r.record
	out.Host, _ = os.Hostname()
	out.Hash, out.Params, out.Version = r.hash, r.Params.Shown(), r.Version
	out.Counts, out.Rows = r.counts, r.counts.Written()
	out.Rejects = r.counts[plan.Invalid]
	return out
}

// compare reads the source files and holds their rows against the table.
func (r *run) compare(ctx context.Context) error {
	files, err := r.files.Find(ctx)
	if err != nil {
		return err
	}
	if err := r.without(ctx, files); err != nil {
		return err
	}
	size := int64(0)
	for _, f := range files {
		size += f.Size
	}
	if r.comparison, err = r.db.begin(ctx, r.target); err != nil {
		return err
	}
	r.progress.Start(int64(len(files)), size)
	err = r.timed(&r.times.Read, "reading", func() error {
		return r.comparison.fill(ctx, func(ctx context.Context, to incoming) (*load, error) { return r.load(ctx, files, to) })
	})
	if err == nil {
		err = r.timed(&r.times.Compare, "comparing", func() error { return r.classify(ctx) })
	}
	if err != nil {
		r.comparison.drop(ctx)
	}
	return err
}

// classify says what is to be done with each row.
func (r *run) classify(ctx context.Context) (err error) {
	r.loaded = r.comparison.loaded()
	if r.counts, err = r.comparison.classify(ctx); err != nil {
		return r.name(ctx, err)
	}
	err = r.comparison.bad(ctx, func(number int64, key plan.Values, column, why string) error {
		if key != nil {
			r.loaded.know(number, key)
		}
		r.loaded.refused.add(number, fault{column: column, why: why})
		return nil
	})
	r.loaded.refused.sort()
	return err
}
