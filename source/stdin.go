package source

import (
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/seed-128c3863/sluice/plan"
	"github.com/seed-128c3863/sluice/spec"
	"github.com/seed-128c3863/sluice/store"
)

// Stdin is what a job calls standard input.
const Stdin = "-"

// stdin returns standard input as a file, whose version is a hash of it. It is
// copied to the local disk the first time: rows are read again for the rejects
// file, and a plan has to know the same input again.
func (f *Finder) stdin(ctx context.Context) (*File, error) {
	switch {
	case !f.Job.Table():
		return nil, &spec.UsageError{Err: errors.New("from.files: standard input has no name that an output could be known by again: write it to a file first")}
	case f.Stdin == nil:
		return nil, errNoStdin
	}
	if f.spool == nil {
		spool, err := store.NewSpool("standard input", 0)
		if err != nil {
			return nil, err
		}
		if _, err := io.Copy(spool, f.Stdin); err != nil {
			_ = spool.Close()
			if store.KindOf(err) == store.Other && ctx.Err() == nil {
				err = fmt.Errorf("standard input: %w", err)
			}
			return nil, err
		}
		f.spool = spool
	}
	file := &File{File: plan.File{Source: Stdin, Fields: make([]any, len(f.fields))}, Store: f.spool, Key: Stdin, ID: Stdin}
	file.know(f.spool.Info())
	return file, nil
}

var errNoStdin = &spec.UsageError{Err: errors.New("standard input is not there to be read")}

// Close gives back what the files take of the local disk.
func (f *Finder) Close() error {
	if f.spool == nil {
		return nil
	}
	return f.spool.Close()
}
