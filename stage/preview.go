package stage

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/seed-128c3863/sluice/format"
	"github.com/seed-128c3863/sluice/mapping"
	"github.com/seed-128c3863/sluice/plan"
	"github.com/seed-128c3863/sluice/row"
	"github.com/seed-128c3863/sluice/source"
	"github.com/seed-128c3863/sluice/store"
)

// Preview returns the first n rows that the job makes of its source files. It
// reads as little as it needs for that, and writes nothing.
func (s *Stage) Preview(ctx context.Context, n int) (*plan.Preview, error) {
	files, err := s.sources.Find(ctx)
	if err != nil {
		return nil, err
	}
	v := &viewer{converter: converter{Stage: s}, n: n, out: &plan.Preview{Sources: len(files)}}
	v.moment = mapping.Run{ID: "preview", Time: time.Now().UTC(), Params: s.params.Values()}
	for _, f := range s.program.Schema() {
		v.out.Columns = append(v.out.Columns, plan.PreviewColumn{Name: f.Name, Type: f.Type.String()})
	}
	if v.lines, err = format.NewNDJSON(&v.text, s.program.Schema()); err != nil {
		return nil, err
	}
	if v.with, err = v.kit(); err != nil {
		return nil, err
	}
	for _, f := range files {
		if v.done() {
			break
		}
		if err := v.file(ctx, &task{File: f}); err != nil {
			return nil, err
		}
	}
	return v.out, nil
}

// A viewer reads the rows of a preview.
type viewer struct {
	converter
	n       int
	with    *kit
	records int            // passed
	lines   *format.NDJSON // the rows as they are shown
	text    bytes.Buffer   // of lines
	out     *plan.Preview
}

func (v *viewer) done() bool {
	return len(v.out.Rows) >= v.n || v.out.Files >= plan.PreviewFiles || v.records >= plan.PreviewRecords
}

// file reads what is wanted of one file.
func (v *viewer) file(ctx context.Context, t *task) error {
	if t.ETag == "" {
		if v.job.From.Missing == "skip" {
			v.notify(plan.Event{Type: "notice", File: t.Source, Text: absent})
			return nil
		}
		v.out.Invalid = append(v.out.Invalid, plan.Problem{File: t.Source, Why: source.ErrAbsent.Error()})
		return nil
	}
	v.out.Files++
	before := len(v.out.Rows)
	in, err := v.open(ctx, t)
	if err == nil {
		defer in.Close()
		err = v.view(t, in)
	}
	var unread *store.Error
	switch {
	case err == nil:
		return nil
	case ctx.Err() != nil:
		return context.Cause(ctx)
	case errors.As(err, &unread) && !store.IsNotExist(err):
		return err
	}
	v.out.Rows = v.out.Rows[:before] // nothing of it would be written
	at := row.At(t.Source, err)
	at.File = ""
	v.out.Invalid = append(v.out.Invalid, plan.Problem{File: t.Source, Why: at.Error()})
	return nil
}

// open returns the bytes of a source: of a large one, as far as they are read.
func (v *viewer) open(ctx context.Context, t *task) (input, error) {
	if t.Size > plan.PreviewRange {
		info := store.Info{Key: t.Key, ETag: store.ETagOf(t.ETag), Size: t.Size}
		return store.Open(ctx, t.Store, info, store.OpenOptions{Range: plan.PreviewRange, Ahead: 1, Direct: v.form.Columnar(t.File)}), nil
	}
	body, _, err := store.Get(ctx, t.Store, t.Key, store.ETagOf(t.ETag))
	return inMemory{bytes.NewReader(body)}, err
}

// An input is the bytes of a source until it is closed.
type input interface {
	source.Input
	io.Closer
}

// An inMemory input needs no closing.
type inMemory struct{ *bytes.Reader }

func (inMemory) Close() error { return nil }

// view maps rows until there are enough, or the file ends.
func (v *viewer) view(t *task, in source.Input) error {
	rows, closer, err := v.form.Open(t.File, in)
	if err != nil {
		return err
	}
	defer closer.Close()
	k := v.with
	k.encoder.Reset(io.Discard)
	if err := k.mapper.Begin(t.Facts(v.fields)); err != nil {
		return err
	}
	for passed := v.records; !v.done(); {
		err := rows.Read(k.src)
		if err == io.EOF {
			if passed == v.records && v.job.From.Empty == "fail" {
				return source.ErrEmpty
			}
			return nil
		}
		if err != nil {
			return err
		}
		k.mapper.Map(k.src, k.piece.rows)
		if err := k.encoder.Write(k.piece.rows); err != nil {
			return err // it is of the right type, but the output cannot hold it
		}
		if err := v.take(t, k.piece.rows); err != nil {
			return err
		}
	}
	return nil
}

// take adds the rows that are wanted of a batch, and the rejects before them.
func (v *viewer) take(t *task, b *row.Batch) error {
	v.records += b.Len + len(b.Bad)
	wanted := v.n - len(v.out.Rows)
	last := int64(-1)
	if b.Len >= wanted {
		b.Truncate(wanted)
		last = b.Row[wanted-1]
	}
	for _, bad := range b.Bad {
		if last < 0 || bad.Row < last {
			bad.File, bad.Record = t.Source, nil
			v.out.Rejects = append(v.out.Rejects, bad)
		}
	}
	v.text.Reset()
	v.lines.Reset(&v.text)
	if err := v.lines.Write(b); err != nil {
		return err
	}
	if err := v.lines.Close(); err != nil {
		return err
	}
	lines := bytes.Split(bytes.TrimSuffix(v.text.Bytes(), []byte("\n")), []byte("\n"))
	if b.Len > 0 && len(lines) != b.Len {
		return fmt.Errorf("%d rows became %d lines", b.Len, len(lines))
	}
	for r := range b.Len {
		v.out.Rows = append(v.out.Rows, plan.PreviewRow{File: t.Source, Row: b.Row[r], Values: bytes.Clone(lines[r])})
	}
	return nil
}
