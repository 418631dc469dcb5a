package source

import (
	"bytes"
	"context"
	"fmt"
	"sync"

	"github.com/seed-128c3863/sluice/format"
	"github.com/seed-128c3863/sluice/mapping"
	"github.com/seed-128c3863/sluice/row"
	"github.com/seed-128c3863/sluice/spec"
	"github.com/seed-128c3863/sluice/store"
)

// A Rejects is the file that a run's bad rows go to, in the form of its
// sources, so that it can be one of them when it is corrected. It is begun with
// the first of them. Its methods may be called by several goroutines at once.
type Rejects struct {
	open    func() (*store.Writer, error)
	url     string
	options format.CSVReadOptions // that tables of text are read by

	mu   sync.Mutex // guards the rest
	out  *store.Writer
	form *format.Rejects // nil: there are none yet; then it stays as it is
}

// NewRejects prepares the rejects file of a run.
func NewRejects(ctx context.Context, job *spec.Job, params *spec.Values, stores *store.Set, program *mapping.Program, run string) *Rejects {
	x := &Rejects{options: mapping.CSVOptions(&job.From, job.From.Format)}
	x.options.Columns = program.Headers()
	url, err := job.Errors.Rejects.Expand(params.Or(func(name string) (string, bool) {
		switch name {
		case "job":
			return job.Name, true
		case "run":
			return run, true
		}
		return "", false
	}))
	x.url = url
	x.open = func() (*store.Writer, error) {
		if err != nil {
			return nil, err
		}
		st, key, err := stores.Open(ctx, url)
		if err != nil {
			return nil, err
		}
		return store.Create(ctx, st, key, store.Condition{}, store.CreateOptions{}), nil
	}
	return x
}

// Append adds a source's bad rows, as the file has them, to text. The first to
// come say which columns the file has.
func (x *Rejects) Append(text *bytes.Buffer, source string, in Reader, bad []row.Reject) {
	x.mu.Lock()
	if x.form == nil {
		x.form = format.NewRejects(in, x.options, format.JSONRejects(x.url))
	}
	x.mu.Unlock()
	text.Write(x.form.Append(text.AvailableBuffer(), source, in, bad))
}

// Add writes what Append has made, and empties text, which may be nil.
func (x *Rejects) Add(text *bytes.Buffer) error {
	if text == nil || text.Len() == 0 {
		return nil
	}
	x.mu.Lock()
	defer x.mu.Unlock()
	if err := x.add(text); err != nil {
		return fmt.Errorf("rejects file %s: %w", x.url, err)
	}
	return nil
}

func (x *Rejects) add(text *bytes.Buffer) error {
	if x.out == nil {
		out, err := x.open()
		if err != nil {
			return err
		}
		x.out = out
		if _, err := x.out.Write(x.form.Header()); err != nil {
			return err
		}
	}
	_, err := text.WriteTo(x.out)
	return err
}

// Commit makes the file visible, and returns its URL, or "" if there were no
// rejects.
func (x *Rejects) Commit(ctx context.Context) (string, error) {
	if x == nil || x.out == nil {
		return "", nil
	}
	if _, err := x.out.Commit(ctx); err != nil {
		return "", fmt.Errorf("rejects file %s: %w", x.url, err)
	}
	return x.url, nil
}

// Drop leaves the file unwritten; after Commit it does nothing.
func (x *Rejects) Drop(ctx context.Context) error {
	if x.out == nil {
		return nil
	}
	return x.out.Abort(ctx)
}
