package sluice

import (
	"context"
	"errors"

	"github.com/seed-128c3863/sluice/infer"
	"github.com/seed-128c3863/sluice/spec"
	"github.com/seed-128c3863/sluice/store"
)

type (
	// Draft is a job file that was written for a source.
	Draft = infer.Draft
	// Decision says where the values of one column of the files go, and why.
	Decision = infer.Decision
	// Question is something about a draft that a person may know better.
	Question = infer.Question
)

// InitOptions says how a job file is drafted. The zero value is a good default.
type InitOptions struct {
	// Name is the name of the job; what a name cannot hold becomes _. Default:
	// made from that of the source.
	Name string

	// Database and Table, both or none, ask for a job that loads the table: its
	// database's URL and its name, as they stand in a job. Default: the job
	// writes files.
	Database, Table string

	// Ask is asked what is in doubt, and returns the index of a choice. Default:
	// the best is taken.
	Ask func(Question) (int, error)

	// Wrap is as in Options.
	Wrap func(name string, s store.Store) store.Store
}

// Init drafts a job file for a source: a file, a folder, or a prefix such as
// s3://bucket/raw/. It reads a few of the files there, and makes columns of
// what it finds in them; the job works as it stands, from a folder, a bucket or
// a host into the folder out. Nothing is written.
//
// Of a job that loads a table the columns are matched with the table's, by their
// names and by what they hold; of the database it is asked which values it has.
func Init(ctx context.Context, source string, o InitOptions) (draft *Draft, err error) {
	stores, options := store.NewSet(store.Options{Wrap: o.Wrap}), infer.Options{Name: o.Name, Ask: o.Ask}
	switch {
	case (o.Database == "") != (o.Table == ""):
		return nil, &spec.UsageError{Err: errors.New("a job that loads a table needs both the database and the table")}
	case o.Table == "":
		draft, err = infer.Job(ctx, stores, source, options)
	default:
		if err := checkDatabase(o.Database); err != nil {
			return nil, err
		}
		draft, err = infer.Table(ctx, stores, source, infer.TableOptions{Options: options, Database: o.Database, Table: o.Table})
	}
	if nothing := (*infer.NothingError)(nil); errors.As(err, &nothing) {
		return nil, &spec.UsageError{Err: err}
	}
	return draft, err
}
