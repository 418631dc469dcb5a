package table

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

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

	// Unread says that no source file will be read: of the params only those of
	// to.database are needed.
	Unread bool

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
	hash    string   // of the job and the params that it uses
	batch   int64    // rows; 0: mostBatch
	absent  []string // columns of the sources that a run does without: see absent.go
}

// A database is one that holds the table, and sluice's own tables beside it.
type database interface {
	inspect(ctx context.Context, name string) (*Table, error)
	exporter // see export.go

	// found returns how many of the values, texts of its type, a column holds.
	found(ctx context.Context, t *Table, c *Column, values []string) (int, error)

	// ready returns an error if what sluice keeps of a run is not there, or not
	// for this user, who may not make it either.
	ready(ctx context.Context) error

	// setup returns the statements that make what is missing of what sluice keeps,
	// and of what a role needs to apply; "": the role of the connection.
	setup(ctx context.Context, t *target, role string) ([]string, error)
	execute(ctx context.Context, statements []string) error // all of them, or none, if the database can

	// hold makes this the one run of the job until release is called or the
	// process ends. It waits for another no longer than the job says, and
	// calls waiting, perhaps again and again, when it does.
	hold(ctx context.Context, job *spec.Job, verb string, waiting func()) (release func(), err error)

	begin(ctx context.Context, t *target) (comparison, error)

	// plans returns the IDs of the plans of a job that are kept.
	plans(ctx context.Context, job string) ([]string, error)

	// keptText returns the text of a plan that keep has kept: else errGone.
	keptText(ctx context.Context, job, id string) ([]byte, error)

	// kept returns what keep has kept, as a comparison that is classified, if
	// it still is what it was: else errGone or errOther. The first rows, as
	// batch writes them, are done. Without a checksum none is compared.
	kept(ctx context.Context, t *target, of plan.Saved, done int64) (comparison, *keptPlan, error)
	runs(ctx context.Context, job string) ([]plan.Run, error) // oldest first

	// end records how a run ended that wrote batches, if it wrote one, and
	// drops what was kept of its plan.
	end(ctx context.Context, run plan.Run) error

	undo(ctx context.Context, t *target, of plan.Run) (undo, error)
	explain(ctx context.Context, err error) error // in words, once
	close(ctx context.Context)
}

// A told error is one of the database that has been put into words.
type told struct {
	text string
	err  error
}

func (t told) Error() string { return t.text }
func (t told) Unwrap() error { return t.err }

// explain puts an error of the database into words.
func (im *Import) explain(ctx context.Context, err *error) { *err = im.db.explain(ctx, *err) }

// A comparison is one plan of an import, and perhaps its apply: fill, classify,
// bad, rows, keep, apply, in this order, then drop.
type comparison interface {
	fill(ctx context.Context, read func(context.Context, incoming) (*load, error)) error
	loaded() *load // what fill has read
	classify(ctx context.Context) (plan.Counts, error)

	// bad yields what classify found to be wrong with rows, in their order:
	// the row's number, the job's column and the reason; of the first mostShown
	// rows the key, too.
	bad(ctx context.Context, yield func(number int64, key plan.Values, column, why string) error) error

	// rows yields the rows that change, in their order: the first of them, up
	// to limit, if that is not 0. all yields the unchanged ones, too, of which
	// only the key is told.
	rows(ctx context.Context, limit int, all bool, yield func(*plan.Row) error) error

	// keep keeps the rows of the plan in the database, with k, until k lapses,
	// and returns the checksum of it all. It drops what has lapsed.
	keep(ctx context.Context, k *keptPlan) (sum string, err error)

	// apply does all of it, or nothing. Of a run without an ID it keeps nothing:
	// neither journal nor record. Of a plan that was kept it drops the
	// rows in the same transaction, or returns errGone if they are no longer
	// there.
	apply(ctx context.Context, run plan.Run, counts plan.Counts) error

	// batch does a part of a plan that was kept, or nothing of it: its rows
	// after from up to to, the updates first, then the deletes, then the new
	// rows. Before the first part it makes the rows of look-ups; with each it
	// records the run, and with the last, of a run that is then "done", drops
	// what was kept.
	batch(ctx context.Context, run plan.Run, from, to int64) error
	drop(ctx context.Context)
}

// An undo takes one run back.
type undo interface {
	// reversal says what apply would do, if it skipped what is in conflict.
	reversal(ctx context.Context) (*plan.Reversal, error)

	// apply does that, all of it or nothing, and returns what it did. What is in
	// conflict then is a plan.ConflictError, unless it is to be skipped. It
	// records the run with what it did, or none if there was nothing to do.
	apply(ctx context.Context, run plan.Run, skip bool) (*plan.Reversal, error)
}

// Open connects to the database, and checks all that can be checked without
// reading a source file.
func Open(ctx context.Context, o Options) (*Import, error) {
	im, err := connected(ctx, o)
	if err != nil {
		return nil, err
	}
	im.hash = o.Job.Fingerprint(o.Params)
	im.files = source.New(source.Options{Job: o.Job, Params: o.Params, Stores: o.Stores, Stdin: o.Stdin, Uses: im.program.FileNames()})
	return im, nil
}

func connected(ctx context.Context, o Options) (*Import, error) {
	im := &Import{Options: o}
	url, err := o.Job.To.Database.Expand(o.Params.Text)
	if err != nil {
		return nil, &spec.UsageError{Err: fmt.Errorf("to.database: %w", err)}
	}
	if im.db, err = openDatabase(ctx, url, o.Job); err != nil {
		return nil, err
	}
	if err := im.lay(ctx); err != nil {
		err = im.db.explain(ctx, err)
		im.db.close(ctx)
		return nil, err
	}
	return im, nil
}

func openDatabase(ctx context.Context, url string, job *spec.Job) (database, error) {
	scheme, _, is := strings.Cut(url, "://")
	switch scheme {
	case "sqlite":
		return openSQLite(ctx, url, job)
	case "postgres", "postgresql":
		return openPostgres(ctx, url, job)
	case "mysql", "mariadb":
		return openMySQL(ctx, url, job)
	}
	if !is || strings.ContainsAny(scheme, ":@ ") { // which may have a password in it
		return nil, job.ErrorAt(job.To.Database.Text, 0, "the database is no URL", "it begins with sqlite://, postgres:// or mysql://")
	}
	return nil, job.ErrorAt(job.To.Database.Text, 0, fmt.Sprintf("this version of sluice does not load %s", scheme), "sqlite://, postgres:// and mysql:// it does")
}

// lay lays the job onto its table.
func (im *Import) lay(ctx context.Context) (err error) {
	job := *im.Job
	switch name, err := job.From.Files[0].Expand(im.Params.Text); {
	case err == nil && name == source.Stdin && job.From.Format == "" && !im.Unread:
		return job.ErrorAt(job.From.Files[0].Text, 0, "standard input has no name that tells its format", "say it, as in from.format: csv")
	case err == nil && store.IsArchive(name) && job.From.Format == "" && !im.Unread:
		return job.ErrorAt(job.From.Files[0].Text, 0, "the name of an archive does not tell the format of its files", "name them, as in orders.zip#{*name}.csv, or say from.format")
	case err == nil:
		job.From.Format = mapping.FormatOf(&job.From, name)
	case im.Unread && job.From.Format == "":
		job.From.Format = "csv" // of which any name is one
	}
	var failed error // of the database, and not of the job
	im.target, err = bind(ctx, &job, func(ctx context.Context, name string) (*Table, error) {
		t, err := im.db.inspect(ctx, name)
		if err = im.db.explain(ctx, err); failed == nil && errors.As(err, &told{}) {
			failed = err
		}
		return t, err
	})
	if failed != nil {
		return failed
	}
	if err != nil {
		return err
	}
	if im.program, err = mapping.Compile(im.target.job); err != nil {
		return err
	}
	im.target.keep(im.program)
	im.form, err = source.NewForm(im.target.job, im.program)
	return err
}

// Close ends the connections, and gives back what was copied to the local disk.
func (im *Import) Close() {
	im.db.close(context.Background())
	if im.files != nil {
		_ = im.files.Close() // nothing is read of it any more
	}
}

// Runs returns the runs of the job, oldest first.
func (im *Import) Runs(ctx context.Context) (runs []plan.Run, err error) {
	defer im.explain(ctx, &err)
	return im.db.runs(ctx, im.Job.Name)
}

// PlanRevert says what Revert would do. It changes nothing.
func (im *Import) PlanRevert(ctx context.Context, id string) (rev *plan.Reversal, err error) {
	defer im.explain(ctx, &err)
	of, _, err := im.find(ctx, id)
	if err != nil {
		return nil, err
	}
	u, err := im.db.undo(ctx, im.target, of)
	if err != nil {
		return nil, err
	}
	return u.reversal(ctx)
}

// Revert takes back what a run did, in one transaction: the rows that it made
// are removed, those that it replaced are as they were. It refuses if one of
// them was changed since, unless it is to skip these.
func (im *Import) Revert(ctx context.Context, id string, o plan.RevertOptions) (result *plan.Result, err error) {
	defer im.explain(ctx, &err)
	release, err := im.alone(ctx, o.Intake, "revert", o.Progress)
	if err != nil {
		return nil, err
	}
	defer release()
	if err := im.cutOff(ctx); err != nil {
		return nil, err
	}
	of, back, err := im.find(ctx, id)
	if back || err != nil {
		return im.newRun("revert", o.Progress).finish(ctx, &plan.Result{}, err)
	}
	u, err := im.db.undo(ctx, im.target, of)
	if err != nil {
		return nil, err
	}
	rev, err := u.reversal(ctx)
	if err != nil {
		return nil, err
	}
	if len(rev.Conflicts) > 0 && !o.SkipConflicts {
		return nil, &plan.ConflictError{Reversal: rev}
	}
	r := im.newRun("revert", o.Progress)
	r.record.Of = rev.Run
	if rev.Counts.Written() > 0 {
		if err := agree(rev, o.Confirm); err != nil {
			return nil, err
		}
		var done *plan.Reversal
		if done, err = u.apply(ctx, r.recorded(), o.SkipConflicts); done != nil {
			rev = done
		}
		err = r.settled(err)
	}
	return r.reverted(ctx, rev, err)
}

// reverted is how a revert ended.
func (r *run) reverted(ctx context.Context, rev *plan.Reversal, err error) (*plan.Result, error) {
	out := &plan.Result{}
	if r.counts = rev.Counts; err == nil {
		out.Skipped = slices.Concat(rev.Conflicts, rev.Left)
		if out.Rows = rev.Counts.Written(); out.Rows > 0 {
			out.Run = r.record.ID
		}
	}
	return r.finish(ctx, out, err)
}

// find returns a run, and whether it was taken back and that not taken back
// again.
func (im *Import) find(ctx context.Context, id string) (of plan.Run, back bool, err error) {
	runs, err := im.db.runs(ctx, im.Job.Name)
	if err != nil {
		return of, false, err
	}
	of, err = plan.FindRun(runs, id, "")
	return of, err == nil && lifted(runs, of.ID), err
}

// undone returns a run that is a revert, with what it does.
func undone(run plan.Run, rev *plan.Reversal) plan.Run {
	run.Counts, run.Rows = rev.Counts, rev.Counts.Written()
	return run
}

// lifted says whether a run has been taken back by one that has not.
func lifted(runs []plan.Run, id string) bool {
	return slices.ContainsFunc(runs, func(r plan.Run) bool { return r.Of == id && !lifted(runs, r.ID) })
}
