package sluice

import (
	"context"
	"errors"

	"github.com/seed-128c3863/sluice/infer"
	"github.com/seed-128c3863/sluice/spec"
	"github.com/seed-128c3863/sluice/store"
)

// Draft is a job file that was written for a source.
type Draft = infer.Draft

// InitOptions says how a job file is drafted. The zero value is a good default.
type InitOptions struct {
	// Name is the name of the job; what a name cannot hold becomes _. Default:
	// made from that of the source.
	Name string

	// Wrap is as in Options.
	Wrap func(name string, s store.Store) store.Store
}

// Init drafts a job file for a source: a file, a folder, or a prefix such as
// s3://bucket/raw/. It reads a few of the files there, and makes columns of
// what it finds in them; the job works as it stands, from a folder, a bucket or
// a host into the folder out. Nothing is written.
func Init(ctx context.Context, source string, o InitOptions) (*Draft, error) {
	draft, err := infer.Job(ctx, store.NewSet(store.Options{Wrap: o.Wrap}), source, infer.Options{Name: o.Name})
	if nothing := (*infer.NothingError)(nil); errors.As(err, &nothing) {
		return nil, &spec.UsageError{Err: err}
	}
	return draft, err
}
