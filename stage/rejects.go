package stage

import (
	"bytes"
	"context"
	"fmt"
	"sync"

	"github.com/seed-128c3863/sluice/format"
	"github.com/seed-128c3863/sluice/mapping"
	"github.com/seed-128c3863/sluice/row"
	"github.com/seed-128c3863/sluice/store"
)

// A rejects is the file that a run's bad rows go to. It is begun with the
// first of them.
type rejects struct {
	open func() (*store.Writer, error)
	url  string

	options format.CSVReadOptions // that tables of text are read by

	mu   sync.Mutex // guards the rest
	out  *store.Writer
	form *format.Rejects // nil: there are none yet; then it stays as it is
}

// newRejects prepares the run's rejects file.
func (r *run) newRejects(ctx context.Context) *rejects {
	x := &rejects{options: mapping.CSVOptions(&r.job.From, r.job.From.Format)}
	x.options.Columns = r.program.Headers()
	url, err := r.job.Errors.Rejects.Expand(r.params.Or(func(name string) (string, bool) {
		switch name {
		case "job":
			return r.job.Name, true
		case "run":
			return r.id, true
		}
		return "", false
	}))
	x.url = url
	x.open = func() (*store.Writer, error) {
		if err != nil {
			return nil, err
		}
		st, key, err := r.stores.Open(ctx, url)
		if err != nil {
			return nil, err
		}
		return store.Create(ctx, st, key, store.Condition{}), nil
	}
	return x
}

// write adds a source's bad rows, as the rejects file has them, to text. The
// first to come say which columns the file has.
func (x *rejects) write(text *bytes.Buffer, source string, in reader, bad []row.Reject) {
	x.mu.Lock()
	if x.form == nil {
		x.form = format.NewRejects(in, x.options)
	}
	x.mu.Unlock()
	text.Write(x.form.Append(text.AvailableBuffer(), source, in, bad))
}

// add writes bad rows of one file, and empties text, which may be nil.
func (x *rejects) add(text *bytes.Buffer) error {
	if text == nil || text.Len() == 0 {
		return nil
	}
	x.mu.Lock()
	defer x.mu.Unlock()
	if x.out == nil {
		out, err := x.open()
		if err != nil {
			return fmt.Errorf("rejects file %s: %w", x.url, err)
		}
		x.out = out
		if _, err := x.out.Write(x.form.Header()); err != nil {
			return fmt.Errorf("rejects file %s: %w", x.url, err)
		}
	}
	if _, err := text.WriteTo(x.out); err != nil {
		return fmt.Errorf("rejects file %s: %w", x.url, err)
	}
	return nil
}

// commit makes the file visible, and returns its URL, or "" if there were no
// rejects.
func (x *rejects) commit(ctx context.Context) (string, error) {
	if x == nil || x.out == nil {
		return "", nil
	}
	if _, err := x.out.Commit(ctx); err != nil {
		return "", fmt.Errorf("rejects file %s: %w", x.url, err)
	}
	return x.url, nil
}

// drop leaves the file unwritten.
func (x *rejects) drop(ctx context.Context) error {
	if x.out == nil {
		return nil
	}
	return x.out.Abort(ctx)
}
