package stage

import (
	"bytes"
	"context"
	"encoding/csv"
	"fmt"
	"strconv"
	"sync"

	"github.com/seed-128c3863/sluice/row"
	"github.com/seed-128c3863/sluice/store"
)

// A rejects is the file that a run's bad rows go to. It is begun with the
// first of them.
type rejects struct {
	open func() (*store.Writer, error)
	url  string

	mu  sync.Mutex // guards the rest
	out *store.Writer
}

// newRejects prepares the run's rejects file.
func (r *run) newRejects(ctx context.Context) *rejects {
	x := &rejects{}
	url, err := r.expand(r.job.Errors.Rejects, func(name string) (string, bool) {
		switch name {
		case "job":
			return r.job.Name, true
		case "run":
			return r.id, true
		}
		return "", false
	})
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

var rejectsHeader = []string{"file", "row", "line", "column", "value", "reason", "record"}

// rejectText adds a source file's bad rows, as the rejects file has them, to
// text.
func rejectText(text *bytes.Buffer, source string, bad []row.Reject) {
	w := csv.NewWriter(text) // to memory: it cannot fail
	for i := range bad {
		b := &bad[i]
		_ = w.Write([]string{source, position(b.Row), position(b.Line), b.Column, b.Value, b.Err.Error(), string(b.Record)})
	}
	w.Flush()
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
		var header bytes.Buffer
		w := csv.NewWriter(&header)
		_ = w.Write(rejectsHeader)
		w.Flush()
		if _, err := x.out.Write(header.Bytes()); err != nil {
			return fmt.Errorf("rejects file %s: %w", x.url, err)
		}
	}
	if _, err := text.WriteTo(x.out); err != nil {
		return fmt.Errorf("rejects file %s: %w", x.url, err)
	}
	return nil
}

func position(n int64) string {
	if n == 0 {
		return ""
	}
	return strconv.FormatInt(n, 10)
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
