package table

import (
	"context"
	"crypto/rand"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"github.com/seed-128c3863/sluice/mapping"
	"github.com/seed-128c3863/sluice/plan"
	"github.com/seed-128c3863/sluice/source"
	"github.com/seed-128c3863/sluice/spec"
	"github.com/seed-128c3863/sluice/store"
)

// Options says what an Import is made of. Job, Params and Stores are needed.
type Options struct {
	Job    *spec.Job
	Params *spec.Values
	Stores *store.Set

	// Stdin is what the job file calls "-". Default: nothing is there.
	Stdin io.Reader

	// Version is sluice's own, for the ledger.
	Version string

	// Notify is told of each thing that happens, one at a time.
	// Default: nobody is told.
	Notify func(plan.Event)
}

// An Import is a job bound to its params and to the table that it loads. It has
// connections open until it is closed.
type Import struct {
	Options
	db      database
	target  *target
	program *mapping.Program
	form    *source.Form
	files   *source.Finder
	hash    string // of the job and the params that it uses
}

// A database is one that holds the table, and sluice's own tables beside it.
type database interface {
	inspect(ctx context.Context, name string) (*Table, error)
	begin(ctx context.Context, t *target) (comparison, error)
	runs(ctx context.Context, job string) ([]plan.Run, error) // oldest first
	undo(ctx context.Context, t *target, job, id string) (undo, error)
	close(ctx context.Context)
}

// A comparison is one plan of an import, and perhaps its apply: fill, classify,
// bad, rows, apply, in this order, then drop.
type comparison interface {
	fill(ctx context.Context, read func(context.Context, incoming) (*load, error)) error
	loaded() *load // what fill has read
	classify(ctx context.Context) (plan.Counts, error)

	// bad yields what classify found to be wrong with rows, in their order:
	// the row's number, the job's column and the reason.
	bad(ctx context.Context, yield func(number int64, column, why string) error) error

	// rows yields the rows that change, in their order: the first of them, up
	// to limit, if that is not 0. all yields the unchanged ones, too, of which
	// only the key is told.
	rows(ctx context.Context, limit int, all bool, yield func(*plan.Row) error) error

	apply(ctx context.Context, run plan.Run, counts plan.Counts) error // all of it, or nothing
	drop(ctx context.Context)
}

// An undo takes one run back.
type undo interface {
	reversal(ctx context.Context) (*plan.Reversal, error)
	apply(ctx context.Context, run plan.Run) error // all of it, or nothing
}

// Open connects to the database, and checks all that can be checked without
// reading a source file.
func Open(ctx context.Context, o Options) (*Import, error) {
	im := &Import{Options: o, hash: o.Job.Fingerprint(o.Params)}
	url, err := o.Job.To.Database.Expand(o.Params.Text)
	if err != nil {
		return nil, &spec.UsageError{Err: fmt.Errorf("to.database: %w", err)}
	}
	if im.db, err = openDatabase(ctx, url, o.Job); err != nil {
		return nil, err
	}
	if err := im.lay(ctx); err != nil {
		im.db.close(ctx)
		return nil, err
	}
	return im, nil
}

func openDatabase(ctx context.Context, url string, job *spec.Job) (database, error) {
	scheme, _, _ := strings.Cut(url, "://")
	switch scheme {
	case "postgres", "postgresql":
		return openPostgres(ctx, url, job)
	}
	return nil, job.ErrorAt(job.To.Database.Text, 0, fmt.Sprintf("this version of sluice does not load %s", scheme), "postgres:// it does")
}

// lay lays the job onto its table.
func (im *Import) lay(ctx context.Context) (err error) {
	job := *im.Job
	if name, err := job.From.Files[0].Expand(im.Params.Text); err == nil {
		job.From.Format = mapping.FormatOf(&job.From, name)
	}
	if im.target, err = bind(ctx, &job, im.db.inspect); err != nil {
		return err
	}
	if im.program, err = mapping.Compile(im.target.job); err != nil {
		return err
	}
	if im.form, err = source.NewForm(im.target.job, im.program); err != nil {
		return err
	}
	im.files = source.New(source.Options{Job: im.Job, Params: im.Params, Stores: im.Stores, Stdin: im.Stdin, Uses: im.program.FileNames()})
	return nil
}

// Close ends the connections.
func (im *Import) Close() { im.db.close(context.Background()) }

// Plan says what Apply would do. It leaves nothing behind. Each row that is not
// unchanged is given to o.Row, if that is not nil: those that are invalid, then
// the others in the order of the files.
func (im *Import) Plan(ctx context.Context, o plan.Options) (*plan.Plan, error) {
	s, counts, err := im.compare(ctx, newRun("plan"))
	if err != nil {
		return nil, err
	}
	defer s.drop(ctx)
	return im.describe(ctx, s, counts, o.Row)
}

// Apply does what a plan made now says, in one transaction.
func (im *Import) Apply(ctx context.Context, o plan.ApplyOptions) (*plan.Result, error) {
	r := newRun("apply")
	s, counts, err := im.compare(ctx, r)
	if err != nil {
		return nil, err
	}
	defer s.drop(ctx)
	p, err := im.describe(ctx, s, counts, nil)
	if err != nil {
		return nil, err
	}
	out := &plan.Result{Type: "result", Verb: "apply", Counts: counts, Rejects: counts[plan.Invalid]}
	if p.Changes() > 0 {
		if err := agree(p, o.Confirm); err != nil {
			return nil, err
		}
		out.Run = r.ID
		record := im.record(r, counts)
		out.Rows = record.Rows
		err = s.apply(ctx, record, counts)
	}
	return finish(r, out, err), err
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

// finish fills in how the run ended.
func finish(r plan.Run, out *plan.Result, err error) *plan.Result {
	out.Seconds = time.Since(r.Started).Seconds()
	switch {
	case err != nil:
		out.Status, out.Error, out.Run = 1, err.Error(), ""
	case out.Rejects > 0:
		out.Status = 3
	}
	return out
}

// compare reads the source files and holds their rows against the table.
func (im *Import) compare(ctx context.Context, run plan.Run) (comparison, plan.Counts, error) {
	files, err := im.files.Find(ctx)
	if err != nil {
		return nil, nil, err
	}
	s, err := im.db.begin(ctx, im.target)
	if err != nil {
		return nil, nil, err
	}
	err = s.fill(ctx, func(ctx context.Context, to incoming) (*load, error) { return im.read(ctx, run, files, to) })
	var counts plan.Counts
	if err == nil {
		counts, err = s.classify(ctx)
	}
	if err != nil {
		s.drop(ctx)
		return nil, nil, err
	}
	return s, counts, nil
}

// describe makes the plan of what was compared.
func (im *Import) describe(ctx context.Context, s comparison, counts plan.Counts, each func(*plan.Row) error) (*plan.Plan, error) {
	p := &plan.Plan{
		Sluice: plan.Version, Job: im.Job.Name, JobFile: im.Job.File, Hash: im.hash, Params: im.Params.Shown(),
		Created: time.Now().UTC().Truncate(time.Second), Counts: counts, Files: []plan.File{},
		Table: &plan.Table{Name: im.target.Name, Several: len(s.loaded().files) > 1},
	}
	for _, f := range s.loaded().files {
		p.Table.Files = append(p.Table.Files, f.File.File)
	}
	limit := mostShown
	if each != nil {
		limit = 0
	}
	show := func(r *plan.Row) error {
		if len(p.Table.Rows) < mostShown {
			p.Table.Rows = append(p.Table.Rows, *r)
		}
		if each == nil {
			return nil
		}
		return each(r)
	}
	if err := im.badRows(ctx, s, show); err != nil {
		return p, err
	}
	return p, s.rows(ctx, limit, false, show)
}

// badRows yields the rows that were refused while they were read, as many as are
// held, and those that only the database found to be bad.
func (im *Import) badRows(ctx context.Context, s comparison, yield func(*plan.Row) error) error {
	l := s.loaded()
	for i := range l.bad {
		if err := yield(&l.bad[i]); err != nil {
			return err
		}
	}
	return s.bad(ctx, func(number int64, column, why string) error {
		r := &plan.Row{State: plan.Invalid, Why: fmt.Sprintf("column %q: %s", column, why)}
		r.File, r.Row = l.place(number)
		return yield(r)
	})
}

// mostShown is how many rows of a table's plan are kept to be shown.
const mostShown = 50

// newRun begins the record of a run.
func newRun(verb string) plan.Run {
	began := time.Now().UTC()
	return plan.Run{ID: fmt.Sprintf("%s-%03d%s", began.Format("20060102T150405Z"), began.Nanosecond()/1e6, rand.Text()[:3]), Verb: verb, Started: began, State: "done"}
}

// record completes what the ledger keeps of a run.
func (im *Import) record(r plan.Run, counts plan.Counts) plan.Run {
	r.Host, _ = os.Hostname()
	r.Hash, r.Params, r.Version, r.Counts = im.hash, im.Params.Shown(), im.Version, counts
	r.Rows = counts[plan.New] + counts[plan.Update] + counts[plan.Delete]
	r.Rejects = counts[plan.Invalid]
	return r
}

// Runs returns the runs of the job, oldest first.
func (im *Import) Runs(ctx context.Context) ([]plan.Run, error) { return im.db.runs(ctx, im.Job.Name) }

// PlanRevert says what Revert would do. It changes nothing.
func (im *Import) PlanRevert(ctx context.Context, id string) (*plan.Reversal, error) {
	u, err := im.db.undo(ctx, im.target, im.Job.Name, id)
	if err != nil {
		return nil, err
	}
	return u.reversal(ctx)
}

// Revert takes back what a run did, in one transaction: the rows that it made
// are removed, those that it replaced are as they were. It refuses if one of
// them was changed since.
func (im *Import) Revert(ctx context.Context, id string, o plan.RevertOptions) (*plan.Result, error) {
	u, err := im.db.undo(ctx, im.target, im.Job.Name, id)
	if err != nil {
		return nil, err
	}
	rev, err := u.reversal(ctx)
	if err != nil {
		return nil, err
	}
	if len(rev.Conflicts) > 0 {
		return nil, &plan.ConflictError{Reversal: rev}
	}
	if err := agree(rev, o.Confirm); err != nil {
		return nil, err
	}
	r := newRun("revert")
	r.Of = rev.Run
	out := &plan.Result{Type: "result", Verb: "revert", Run: r.ID, Counts: rev.Counts}
	record := im.record(r, rev.Counts)
	out.Rows = record.Rows
	err = u.apply(ctx, record)
	return finish(r, out, err), err
}
