package stage

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"sync"
	"time"

	"github.com/seed-128c3863/sluice/flow"
	"github.com/seed-128c3863/sluice/plan"
	"github.com/seed-128c3863/sluice/source"
)

// errStopped ends a run at its first bad file, as errors.files: stop asks.
var errStopped = errors.New("stopped at the first bad file (errors.files: stop)")

// A run is one apply under way.
type run struct {
	converter
	o        plan.ApplyOptions
	id       string
	of       string // the run that a revert takes back
	resumed  bool
	began    time.Time
	lock     *lock
	litter   []string // keys of what runs that ended have left
	stale    []string // keys of what the ledger no longer needs
	ledger   *ledger
	plan     *plan.Plan
	tasks    []*task
	early    []*task // whose sources were begun to be got before all that was known
	journal  *journal
	progress *plan.Progress

	intended  chan struct{} // closed when the intents are written: outputs may be
	intendErr error
	halted    error // why not every task is begun, nil if it is

	mu        sync.Mutex // guards the rest
	result    *plan.Result
	delivered bool           // a source was read
	denied    []plan.Problem // files, while none was read
}

// Apply does what the plan says, and records it in the ledger. The Result is
// there even if an error is returned, unless nothing was begun.
func (s *Stage) Apply(ctx context.Context, o plan.ApplyOptions) (*plan.Result, error) {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	r := s.newRun("apply", o)
	defer r.dropEarly(nil)
	c, err := s.compare(ctx, o.Again,
		func(ctx context.Context) (*ledger, []*remains, error) { return r.open(ctx, cancel) },
		func(tasks []*task) { r.beginEarly(ctx, tasks) })
	if r.lock != nil {
		defer r.lock.stop()
	}
	if err == nil {
		err = r.review(c)
	}
	if err == nil {
		err = r.stopped()
	}
	r.dropEarly(r.tasks)
	if err != nil || len(r.tasks) == 0 && len(c.dead) == 0 {
		return r.nothing(ctx, err)
	}
	err = r.do(ctx)
	return r.result, r.finish(ctx, c.dead, cause(ctx, err))
}

func (s *Stage) newRun(verb string, o plan.ApplyOptions) *run {
	r := &run{converter: newConverter(s), o: o, began: time.Now().UTC(), intended: make(chan struct{}), progress: o.Progress}
	if r.progress == nil {
		r.progress = &plan.Progress{}
	}
	r.id = newRunID(r.began, s.Shard)
	r.result = &plan.Result{Type: "result", Verb: verb, Counts: plan.Counts{}}
	return r
}

// cause is why a run ended: the reason that its context was cancelled for, if
// that is what ended it.
func cause(ctx context.Context, err error) error {
	if err != nil && ctx.Err() != nil {
		return context.Cause(ctx)
	}
	return err
}

// newRunID returns a name that sorts by time, to the millisecond.
func newRunID(t time.Time, shard source.Shard) string {
	return fmt.Sprintf("%s-%03d%s%s", t.Format("20060102T150405Z"), t.Nanosecond()/1e6, token()[:3], shard.Suffix())
}

// review turns a comparison into the run's tasks, and asks.
func (r *run) review(c *comparison) error {
	r.plan, r.tasks = c.Plan, c.tasks
	r.result.Rejects = c.Rejects
	for state, n := range c.Counts {
		if state != plan.New && state != plan.Changed { // these count when they are done
			r.result.Counts[state] = n
		}
	}
	if r.o.Plan != nil {
		if err := r.hold(c, r.o.Plan); err != nil {
			return err
		}
	}
	for _, d := range c.dead {
		if d.id != r.id {
			continue
		}
		for _, t := range r.tasks {
			if p, ok := d.intents[t.output]; ok {
				t.prior = p
			}
		}
	}
	if r.o.Confirm != nil && len(r.tasks) > 0 {
		yes, err := r.o.Confirm(r.plan)
		if err != nil {
			return err
		}
		if !yes {
			return plan.ErrDeclined
		}
	}
	return nil
}

// hold compares a reviewed plan with one made now, and leaves only its tasks.
func (r *run) hold(c *comparison, reviewed *plan.Plan) error {
	if reviewed.Hash != r.hash {
		return &plan.DriftError{Moved: []plan.Problem{{File: reviewed.JobFile, Why: "the job or its params have changed"}}}
	}
	now := make(map[string]*task, len(c.tasks))
	for _, t := range c.tasks {
		now[t.Source] = t
	}
	var moved []plan.Problem
	r.tasks = r.tasks[:0]
	for _, f := range reviewed.Files {
		if f.State != plan.New && f.State != plan.Changed {
			continue
		}
		t := now[f.Source]
		if t == nil {
			moved = append(moved, plan.Problem{File: f.Source, Why: "it is gone, or was done since"})
			continue
		}
		if why := plan.Drift(f, t.File.File); why != "" {
			moved = append(moved, plan.Problem{File: f.Source, Why: why})
		}
		r.tasks = append(r.tasks, t)
	}
	if len(moved) > 0 {
		return &plan.DriftError{Moved: moved}
	}
	return nil
}

// nothing ends a run that has nothing to do, or cannot begin.
func (r *run) nothing(ctx context.Context, err error) (*plan.Result, error) {
	if r.lock != nil {
		end := context.WithoutCancel(ctx)
		r.tidy(end, r.litter)
		if err2 := r.lock.release(end); err == nil {
			err = err2
		}
	}
	if err != nil {
		return nil, cause(ctx, err)
	}
	if r.plan != nil {
		r.reportPlanned()
	}
	r.result.Status = r.status(nil)
	r.result.Seconds = time.Since(r.began).Seconds()
	return r.result, nil
}

// do reads, converts and writes every task.
func (r *run) do(ctx context.Context) error {
	r.notify(plan.Event{Type: "run", Run: r.id, Text: r.beginning()})
	r.result.Run, r.result.Resumed = r.id, r.resumed
	r.reportPlanned()
	r.journal = &journal{store: r.target, prefix: r.ledger.dir + livePrefix + r.id + "~"}
	r.init(ctx, r)
	var bytes int64
	for _, t := range r.tasks {
		bytes += t.Size
	}
	r.progress.Start(int64(len(r.tasks)), bytes)
	stop := r.journal.start(ctx)
	defer stop()
	return flow.Together(ctx, func(ctx context.Context) error {
		defer close(r.intended)
		intents := make([]intent, len(r.tasks))
		for i, t := range r.tasks {
			intents[i] = intent{Source: t.ID, Output: t.output, Prior: t.prior}
		}
		// A run that is not alone sees its intents written all the same: those of
		// a request given up might come after they were cleared away.
		r.intendErr = flow.Together(ctx, r.alone, func(context.Context) error { return r.journal.intend(ctx, "plan-", intents) })
		return r.intendErr
	}, r.tidyUp, func(ctx context.Context) error {
		err := eachTask(ctx, r, r.tasks, r.file)
		if err == nil {
			r.delivers() // all the same: what was denied has failed
		}
		return err
	})
}

// eachTask does the items, as many at once as there can be, until the run is
// stopped: what is begun then goes on to its end.
func eachTask[T any](ctx context.Context, r *run, items []T, do func(context.Context, T) error) error {
	if err := flow.Each(ctx, r.atOnce(), intake(items, r.stopped), do); err != nil {
		return err
	}
	return r.halted
}

func (r *run) beginning() string {
	if r.resumed {
		return "goes on with run " + r.id + ", which was cut off"
	}
	return "run " + r.id
}

// reportPlanned tells of the files that need no work but are not as they
// should be.
func (r *run) reportPlanned() {
	for i := range r.plan.Files {
		f := &r.plan.Files[i]
		switch f.State {
		case plan.Missing, plan.Gone:
			r.notify(plan.Event{Type: "notice", File: f.Source, Text: f.Why})
		case plan.Invalid:
			r.result.Invalid = append(r.result.Invalid, plan.Problem{File: f.Source, Why: f.Why})
			r.notify(plan.Event{Type: "file", File: f.Source, State: plan.Invalid, Why: f.Why})
		}
	}
}

// intake yields the items until the run is stopped, if stopped is given: then
// what is begun goes on to its end.
func intake[T any](items []T, stopped func() error) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		for _, item := range items {
			if stopped != nil && stopped() != nil || !yield(item, nil) {
				return
			}
		}
	}
}

// stopped says why the run is to begin nothing more, nil if it may. It is
// asked before each file, and is then what the run ends with.
func (r *run) stopped() error {
	if r.o.Intake != nil && r.halted == nil {
		r.halted = context.Cause(r.o.Intake)
	}
	return r.halted
}

// atOnce is the most files that are under way: as many as the store's slots
// and the cores can have. Memory is bounded by the budget, not by this.
func (r *run) atOnce() int {
	n := r.job.Limits.Requests
	if n == 0 {
		n = r.job.Limits.MaxRequests
	}
	return n + 2*r.cpus
}

// status is the run's exit status: what it tells is the state of the outputs,
// not the work that was done.
func (r *run) status(err error) int {
	switch {
	case errors.Is(err, flow.ErrInterrupted) || errors.Is(err, context.Canceled):
		return 130
	case err != nil && !errors.Is(err, errStopped):
		return 1
	case len(r.result.Failed) > 0:
		return 1
	case len(r.result.Invalid) > 0 || r.result.Rejects > 0 || errors.Is(err, errStopped):
		return 3
	}
	return 0
}
