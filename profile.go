package sluice

import (
	"context"
	"errors"

	"github.com/seed-128c3863/sluice/infer"
	"github.com/seed-128c3863/sluice/profile"
	"github.com/seed-128c3863/sluice/spec"
	"github.com/seed-128c3863/sluice/store"
	"github.com/seed-128c3863/sluice/table"
)

// FileProfile is what files hold, column by column.
type FileProfile = profile.Profile

// ProfileOptions says how files are profiled. The zero value is a good default.
type ProfileOptions struct {
	// Progress counts rows and bytes as they are read. Default: nobody looks.
	Progress *Progress

	// Wrap is as in Options.
	Wrap func(name string, s store.Store) store.Store
}

// Profile reads a file, a folder or a prefix and says what each of its columns
// holds, with the types that Init infers: from a sample, so that values further
// on may not have them. If ctx ends before all is read, it returns what was seen
// so far, as partial, and the cause.
func Profile(ctx context.Context, source string, o ProfileOptions) (*FileProfile, error) {
	stores := store.NewSet(store.Options{Wrap: o.Wrap})
	draft, err := infer.Job(ctx, stores, source, infer.Options{})
	if nothing := (*infer.NothingError)(nil); errors.As(err, &nothing) {
		return nil, &spec.UsageError{Err: err}
	}
	if err != nil {
		return nil, err
	}
	job, err := spec.Parse(draft.Name+".yaml", draft.Text)
	if err != nil {
		return nil, err
	}
	job.From.AbsentColumns = "null" // files of a folder may have different columns
	params, err := job.Bind(map[string]string{"source": draft.Source}, nil)
	if err != nil {
		return nil, err
	}
	return profile.Of(ctx, profile.Options{Job: job, Params: params, Stores: stores, Source: spec.Redact(source), Notes: draft.Notes[1:], Progress: o.Progress})
}

// Profile reads all source files of the job and says what each of its columns
// would hold. Of a job that loads a table they have the types of the table, and
// look-ups are as the files have them. Nothing is written.
func (j *Job) Profile(ctx context.Context, o ProfileOptions) (*FileProfile, error) {
	job := j.spec
	if im, ok := j.target.(*table.Import); ok {
		job = im.Typed()
	}
	return profile.Of(ctx, profile.Options{Job: job, Params: j.params, Stores: j.stores, Stdin: j.stdin, Source: "job " + job.Name, Progress: o.Progress})
}
