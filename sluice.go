package sluice

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"

	"github.com/seed-128c3863/sluice/mapping"
	"github.com/seed-128c3863/sluice/plan"
	"github.com/seed-128c3863/sluice/source"
	"github.com/seed-128c3863/sluice/spec"
	"github.com/seed-128c3863/sluice/stage"
	"github.com/seed-128c3863/sluice/store"
	"github.com/seed-128c3863/sluice/table"
)

// What plans and runs are made of.
type (
	// Plan is what an apply would change.
	Plan = plan.Plan
	// PlanOptions says what a plan is of; its zero value is a good default.
	PlanOptions = plan.Options
	// ApplyOptions says how a run goes; its zero value is a good default.
	ApplyOptions = plan.ApplyOptions
	// RevertOptions says how a revert goes; its zero value is a good default.
	RevertOptions = plan.RevertOptions
	// Reversal is what a revert would do.
	Reversal = plan.Reversal
	// Result is how an apply or a revert ended.
	Result = plan.Result
	// Run is one apply or revert, as the ledger keeps it.
	Run = plan.Run
	// Event is one thing that happened in a run.
	Event = plan.Event
	// Progress counts what a run has done so far.
	Progress = plan.Progress
	// UsageError is one that the job or the call must be mended for.
	UsageError = spec.UsageError
	// DriftError says what moved between a plan and its apply.
	DriftError = plan.DriftError
	// RejectError says that too many rows are bad for any to be loaded.
	RejectError = plan.RejectError
	// InvalidError says which files cannot be loaded, so that none was.
	InvalidError = plan.InvalidError
	// Row is the change of one row of a table.
	Row = plan.Row
	// ConflictError says which outputs are no longer what the run made that is
	// to be taken back.
	ConflictError = plan.ConflictError
	// UnsettledError says that it is not known whether a run was committed.
	UnsettledError = plan.UnsettledError
)

var (
	// ErrDeclined is returned when Confirm said no.
	ErrDeclined = plan.ErrDeclined
	// ErrLocked means that another run of the job is going on.
	ErrLocked = plan.ErrLocked
)

// Options says what a job file is opened with. The zero value is a good
// default for a job whose params all have one.
type Options struct {
	// Params are the values of the job's params, by name. One that is not
	// given is taken from SLUICE_PARAM_NAME in the environment, else from its
	// default in the job file.
	Params map[string]string

	// Shard is the part of the source files that is loaded: "2/8" is the second
	// of eight, by a hash of their names. Shards of one job may run at once. A
	// job that loads a table has none. Default: all.
	Shard string

	// Stdin is what the job calls "-". Default: nothing is there.
	Stdin io.Reader

	// Getenv looks names of the environment up. Default: os.LookupEnv.
	Getenv func(string) (string, bool)

	// Wrap, if it is not nil, wraps each store that is opened, below the
	// limits and retries: for counting, tracing, or injecting faults.
	Wrap func(name string, s store.Store) store.Store

	// Unread says that no source file will be read. A job that loads a table then
	// needs no params but those of to.database for Runs, PlanRevert, Revert and
	// Export; all else is an error if it needs one that is missing.
	Unread bool

	// FailFast ends an apply with the first bad row or file, whatever the job
	// says of errors: then nothing is loaded of the table, or of that file.
	FailFast bool

	// Version is recorded with each run. Default: "devel".
	Version string

	// Notify is told of each thing that happens in a run, one at a time, and
	// holds the run up until it returns. Default: nobody is told.
	Notify func(Event)
}

// A Job is a job file bound to its params. One that loads a table is connected
// to its database until it is closed.
type Job struct {
	spec   *spec.Job
	params *spec.Values
	target target
	stores *store.Set
	stdin  io.Reader
}

// A target is what a job writes: files (a *stage.Stage) or a table (a
// *table.Import).
type target interface {
	Plan(ctx context.Context, o plan.Options) (*plan.Plan, error)
	Apply(ctx context.Context, o plan.ApplyOptions) (*plan.Result, error)
	PlanRevert(ctx context.Context, run string) (*plan.Reversal, error)
	Revert(ctx context.Context, run string, o plan.RevertOptions) (*plan.Result, error)
	Runs(ctx context.Context) ([]plan.Run, error)
	Preview(ctx context.Context, n int) (*plan.Preview, error)
}

// Check reads a job file and returns what is wrong with it, as spec.Errors.
// Params need not be given; nothing but the file is read.
func Check(file string) (*spec.Job, error) {
	text, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	job, err := spec.Parse(file, text)
	if err != nil {
		return nil, err
	}
	if err := source.Ready(job); err != nil {
		return nil, err
	}
	if job.Table() { // its columns have the types of the table
		return job, nil
	}
	_, err = mapping.Compile(job)
	return job, err
}

// CheckTable connects to the database of a job that loads a table. What does
// not fit the table is an error, as spec.Errors; what else may stand in the
// job's way is returned in words. Of the params those of to.database alone are
// needed; asked is false, and nothing was done, if they have but their defaults.
func CheckTable(ctx context.Context, job *spec.Job, o Options) (notes []string, asked bool, err error) {
	if o.Getenv == nil {
		o.Getenv = os.LookupEnv
	}
	params, byDefault, err := job.BindFor(job.To.Database, o.Params, o.Getenv)
	if byDefault {
		return nil, false, nil
	}
	if err == nil {
		notes, err = table.Fit(ctx, table.Options{Job: job, Params: params})
	}
	return notes, true, err
}

// SetupSQL returns the statements that make what is missing in the database of a
// job that loads a table: the tables of journals and ledger, and the rights that
// a role needs to apply the job, each statement for itself. The role is that of
// the connection if none is named. Of the params those of to.database alone are
// needed.
func SetupSQL(ctx context.Context, job *spec.Job, role string, o Options) ([]string, error) {
	return setup(ctx, job, role, o, table.SetupSQL)
}

// Setup runs the statements of SetupSQL, all of them or none, and returns them.
func Setup(ctx context.Context, job *spec.Job, role string, o Options) ([]string, error) {
	return setup(ctx, job, role, o, table.Setup)
}

func setup(ctx context.Context, job *spec.Job, role string, o Options, do func(context.Context, table.Options, string) ([]string, error)) ([]string, error) {
	if !job.Table() {
		return nil, &spec.UsageError{Err: errors.New("the job writes files, whose ledger needs no setup; setup is for jobs that load a table")}
	}
	if o.Getenv == nil {
		o.Getenv = os.LookupEnv
	}
	params, _, err := job.BindFor(job.To.Database, o.Params, o.Getenv)
	if err != nil {
		return nil, err
	}
	return do(ctx, table.Options{Job: job, Params: params}, role)
}

// Open reads a job file, binds its params and checks all that can be checked
// before a source file is read. What is wrong with these is spec.Errors.
func Open(ctx context.Context, file string, o Options) (*Job, error) {
	job, err := Check(file)
	if err != nil {
		return nil, err
	}
	if o.FailFast {
		job.Errors.Rows, job.Errors.Files = "fail", "stop"
	}
	if o.Getenv == nil {
		o.Getenv = os.LookupEnv
	}
	if o.Version == "" {
		o.Version = "devel"
	}
	params, err := job.Bind(o.Params, o.Getenv)
	if o.Unread && job.Table() {
		params, _, err = job.BindFor(job.To.Database, o.Params, o.Getenv)
	}
	if err != nil {
		return nil, err
	}
	shard, err := shardOf(job, o.Shard)
	if err != nil {
		return nil, err
	}
	settings, err := storeSettings(job, params)
	if err != nil {
		return nil, err
	}
	stores := store.NewSet(store.Options{
		Stores: settings, MaxRequests: job.Limits.MaxRequests, Fixed: job.Limits.Requests, Rate: job.Limits.Rate, Wrap: o.Wrap,
	})
	j := &Job{spec: job, params: params, stores: stores, stdin: o.Stdin}
	if job.Table() {
		j.target, err = table.Open(ctx, table.Options{Job: job, Params: params, Stores: stores, Unread: o.Unread, Stdin: o.Stdin, Version: o.Version, Notify: o.Notify})
	} else {
		j.target, err = stage.Open(ctx, stage.Options{
			Job: job, Params: params, Stores: stores, Shard: shard, Stdin: o.Stdin, Version: o.Version, Notify: o.Notify,
		})
	}
	if err != nil {
		return nil, err
	}
	return j, nil
}

// shardOf is the part of the files that is asked for.
func shardOf(job *spec.Job, text string) (shard source.Shard, err error) {
	switch {
	case text == "":
		return shard, nil
	case job.Table():
		err = fmt.Errorf("shard %s: one run loads table %s from all files of the job, in one plan; leave the shard out, or name fewer files in from.files, by a param", text, job.To.Table.S)
	default:
		shard, err = source.ParseShard(text)
	}
	if err != nil {
		err = &spec.UsageError{Err: err}
	}
	return shard, err
}

// Close ends the connections to a database.
func (j *Job) Close() {
	if im, ok := j.target.(*table.Import); ok {
		im.Close()
	}
}

// storeSettings is how the job file says that its stores are reached.
func storeSettings(job *spec.Job, params *spec.Values) (map[string]store.Settings, error) {
	settings := make(map[string]store.Settings, len(job.Stores))
	for name, s := range job.Stores {
		endpoint, err := s.Endpoint.Expand(params.Text)
		if err != nil {
			return nil, &spec.UsageError{Err: fmt.Errorf("stores.%s.endpoint: %w", name, err)}
		}
		settings[name] = store.Settings{Endpoint: endpoint, Region: s.Region, Profile: s.Profile, PathStyle: s.PathStyle}
	}
	return settings, nil
}

// Spec returns the job file as it was read.
func (j *Job) Spec() *spec.Job { return j.spec }

// Stores returns the stores that the job has opened, for their statistics.
func (j *Job) Stores() *store.Set { return j.stores }

// Plan says what Apply would do, and leaves nothing behind. Of files it lists
// both sides and compares them with the ledger; no source file is read. For a
// table it reads the source files and holds their rows against the table's.
func (j *Job) Plan(ctx context.Context, o PlanOptions) (*Plan, error) {
	if err := j.hasFiles(o.Again, false); err != nil {
		return nil, err
	}
	return j.target.Plan(ctx, o)
}

// Apply does what the plan says: o.Plan, or one made now. The Result is there
// even if an error is returned, unless nothing was begun. Bad rows and files
// are in the Result and no error. Where a run was cut off, Apply goes on.
func (j *Job) Apply(ctx context.Context, o ApplyOptions) (*Result, error) {
	if o.NoRevert && !j.spec.Table() {
		return nil, &spec.UsageError{Err: errors.New("the job writes files, whose ledger says what is done; only a job that loads a table can be applied without")}
	}
	if err := j.hasFiles(o.Again, o.Takeover); err != nil {
		return nil, err
	}
	return j.target.Apply(ctx, o)
}

// PlanRevert says what Revert would do. It writes nothing.
func (j *Job) PlanRevert(ctx context.Context, run string) (*Reversal, error) {
	return j.target.PlanRevert(ctx, run)
}

// Revert takes back what a run did: it restores the outputs that the run
// replaced and removes those that it made. It refuses, with a
// plan.ConflictError, if one was changed since, unless o says to leave those.
// The run may be named by the start of its ID. A revert is a run itself.
func (j *Job) Revert(ctx context.Context, run string, o RevertOptions) (*Result, error) {
	if err := j.hasFiles(false, o.Takeover); err != nil {
		return nil, err
	}
	return j.target.Revert(ctx, run, o)
}

// hasFiles refuses what means nothing to a job that loads a table.
func (j *Job) hasFiles(again, takeover bool) (err error) {
	switch {
	case !j.spec.Table():
		return nil
	case again:
		err = errors.New("again: every run holds all rows of the files against the table, and writes those that differ; leave it out")
	case takeover:
		err = errors.New("takeover: the lock of a run that loads a table ends with its process, or its session of the database, so none is left to take over; leave it out")
	default:
		return nil
	}
	return &spec.UsageError{Err: err}
}

// Runs returns the job's runs that the ledger knows, oldest first.
func (j *Job) Runs(ctx context.Context) ([]Run, error) {
	runs, err := j.target.Runs(ctx)
	return slices.Clone(runs), err
}
