package stage

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"slices"
	"time"

	"github.com/seed-128c3863/sluice/flow"
	"github.com/seed-128c3863/sluice/plan"
	"github.com/seed-128c3863/sluice/source"
	"github.com/seed-128c3863/sluice/spec"
	"github.com/seed-128c3863/sluice/store"
)

// A comparison is the source files held against the ledger.
type comparison struct {
	*plan.Plan
	ledger *ledger
	dead   []*remains // of runs that were cut off
	tasks  []*task    // those to be done, in the order they are read
}

// Plan says what Apply would do. It writes nothing.
func (s *Stage) Plan(ctx context.Context, o plan.Options) (*plan.Plan, error) {
	c, err := s.compare(ctx, o.Again, func(ctx context.Context) (*ledger, []*remains, error) {
		l, seen, err := openLedger(ctx, s.target, s.base, s.job.Name)
		if err != nil {
			return nil, nil, err
		}
		dead, err := l.dead(ctx, seen.left, nil)
		return l, dead, err
	}, func([]*task) {})
	if err != nil {
		return nil, err
	}
	return c.Plan, nil
}

// compare finds the sources and what the ledger knows of them. While the ledger
// is opened, found is told of the sources.
func (s *Stage) compare(ctx context.Context, again bool, open func(context.Context) (*ledger, []*remains, error), found func([]*task)) (*comparison, error) {
	c := &comparison{}
	var tasks []*task
	err := flow.Together(ctx, func(ctx context.Context) (err error) {
		c.ledger, c.dead, err = open(ctx)
		return err
	}, func(ctx context.Context) (err error) {
		if tasks, err = s.pairs(ctx); err == nil {
			found(tasks)
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	for _, d := range c.dead {
		for _, ch := range d.changes {
			c.ledger.set(ch.entry)
		}
	}
	s.classify(c, tasks, again)
	return c, nil
}

// pairs finds the sources and their outputs: both at once, unless the name of
// an output tells what only a look at its source does.
func (s *Stage) pairs(ctx context.Context) ([]*task, error) {
	var files []*source.File
	var sources, outputs *store.Page
	err := flow.Together(ctx, func(ctx context.Context) (err error) {
		files, err = s.sources.Candidates(ctx)
		return err
	}, func(ctx context.Context) error {
		if each := s.job.From.Each; each != nil && each.File != nil { // which takes a request to read
			sources = s.sources.Peek(ctx, s.job.From.Files[0])
		}
		return nil
	}, func(ctx context.Context) error {
		outputs = s.sources.Peek(ctx, s.job.To.Files)
		return nil
	})
	if err != nil {
		return nil, err
	}
	looked := slices.ContainsFunc(s.job.To.Files.Parts, func(p spec.Part) bool { return p.Name == "file.size" || p.Name == "file.modified" })
	if looked {
		if err := s.sources.Locate(ctx, sources, files); err != nil {
			return nil, err
		}
	}
	tasks, err := s.name(files)
	if err != nil {
		return nil, err
	}
	return tasks, flow.Together(ctx, func(ctx context.Context) error {
		if looked {
			return nil
		}
		return s.sources.Locate(ctx, sources, files)
	}, func(ctx context.Context) error { return s.locateOutputs(ctx, outputs, tasks) })
}

// locateOutputs fills in which outputs there are already.
func (s *Stage) locateOutputs(ctx context.Context, seen *store.Page, tasks []*task) error {
	keys := make(map[string]*task, len(tasks))
	for _, t := range tasks {
		keys[s.base+t.output] = t
	}
	return store.Locate(ctx, s.target, seen, keys, func(t *task, info store.Info) { t.Prior = info.Mark() })
}

// classify gives each file its state, and the plan its counts.
func (s *Stage) classify(c *comparison, tasks []*task, again bool) {
	c.Plan = &plan.Plan{
		Sluice: plan.Version, Job: s.job.Name, JobFile: s.job.File, Hash: s.hash, Params: s.params.Shown(), Shard: s.Shard.String(),
		Created: time.Now().UTC().Truncate(time.Second), Counts: plan.Counts{}, FieldNames: s.fields, Files: []plan.File{},
	}
	lost := lostRejects(c.dead)
	there := make(map[string]bool, len(tasks))
	for _, t := range tasks {
		there[t.ID] = true
		t.version = s.version(t)
		e, known := c.ledger.files[t.ID]
		if known {
			t.prior.Entry = &e
		}
		t.prior.ETag = t.Prior
		t.State, t.Why = s.state(t, e, known)
		switch {
		case t.State == plan.Unchanged && lost[t.ID]:
			t.State, t.Why = plan.Changed, "its rejects were lost when a run was cut off"
		case t.State == plan.Unchanged && again:
			t.State, t.Why = plan.Changed, "once more"
		case t.State == plan.Unchanged || t.State == plan.Gone:
			c.Rejects += e.Rejects
		}
		c.add(t)
	}
	for _, t := range s.gone(c.ledger, there) {
		c.Rejects += t.prior.Entry.Rejects
		c.add(t)
	}
}

func (c *comparison) add(t *task) {
	c.Counts[t.State]++
	if t.State == plan.Unchanged {
		return
	}
	c.Files = append(c.Files, t.File.File)
	if t.State == plan.New || t.State == plan.Changed {
		c.tasks = append(c.tasks, t)
	}
}

// What is said of a source that is not there, where that is fine: one that was,
// and one that may never have been.
const (
	lapsed = "the source is no longer there; its output stays"
	absent = "there is no such file"
)

// state compares a source with its entry.
func (s *Stage) state(t *task, e entry, known bool) (plan.State, string) {
	switch {
	case t.ETag == "" && known && e.Output != "":
		return plan.Gone, lapsed
	case t.ETag == "" && s.job.From.Missing == "skip":
		return plan.Missing, absent
	case t.ETag == "":
		return plan.Invalid, source.ErrAbsent.Error()
	case !known && t.Prior != "":
		return plan.New, "replaces an output that is not in the ledger"
	case !known:
		return plan.New, ""
	case e.State == stateInvalid && e.Output == "":
		return plan.New, "was invalid"
	case e.State == stateInvalid:
		return plan.Changed, "was invalid"
	case e.ETag != t.ETag || e.Size != t.Size:
		return plan.Changed, "the source has changed"
	case e.Version != t.version:
		return plan.Changed, "the job has changed"
	case e.Output != "" && t.Prior == "":
		return plan.Changed, "its output is gone"
	case e.OETag != t.Prior:
		return plan.Changed, "its output was changed by someone else"
	}
	return plan.Unchanged, ""
}

// version is that of the job for one file: the job's own, and the values that
// it takes from the file's entry.
func (s *Stage) version(t *task) string {
	if len(s.used) == 0 {
		return s.hash
	}
	values := make([]any, 0, len(s.used))
	for i, name := range s.fields {
		if slices.Contains(s.used, name) {
			values = append(values, t.Fields[i])
		}
	}
	text, _ := json.Marshal(values)
	sum := sha256.Sum256(text)
	return s.hash + "-" + hex.EncodeToString(sum[:6])
}

// gone returns the ledger's sources that a listing no longer finds.
func (s *Stage) gone(l *ledger, there map[string]bool) []*task {
	ids := func(yield func(string) bool) {
		for id, e := range l.files {
			if !there[id] && e.Output != "" && !yield(id) {
				return
			}
		}
	}
	var tasks []*task
	for _, f := range s.sources.Gone(ids) {
		e := l.files[f.ID]
		f.State, f.Why = plan.Gone, lapsed
		tasks = append(tasks, &task{File: f, prior: prior{Entry: &e}})
	}
	return tasks
}
