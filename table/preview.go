package table

import (
	"bytes"
	"context"
	"errors"
	"io"
	"slices"

	"github.com/seed-128c3863/sluice/format"
	"github.com/seed-128c3863/sluice/plan"
	"github.com/seed-128c3863/sluice/row"
	"github.com/seed-128c3863/sluice/source"
)

// Preview returns the first n rows that would be held against the table, of
// look-ups the natural keys, and what would be rejected while they are read. It
// reads as little as it needs for that.
func (im *Import) Preview(ctx context.Context, n int) (*plan.Preview, error) {
	files, err := im.files.Find(ctx)
	if err != nil {
		return nil, err
	}
	r := im.newRun("preview", nil)
	if err := r.without(ctx, files); err != nil {
		return nil, err
	}
	v := &viewer{reading: r.reading(false), n: n, out: &plan.Preview{Sources: len(files)}}
	v.open = atFirst
	var shown row.Schema
	for i, f := range r.program.Schema() {
		if slices.ContainsFunc(slices.Concat(r.target.columns, r.target.links), func(b *binding) bool { return b.at == i }) {
			v.at, shown = append(v.at, i), append(shown, f)
			v.out.Columns = append(v.out.Columns, plan.PreviewColumn{Name: f.Name, Type: f.Type.String()})
		}
	}
	if v.lines, err = format.NewNDJSON(&v.text, shown); err != nil {
		return nil, err
	}
	for _, f := range files {
		if v.done() {
			break
		}
		if err := v.file(ctx, r, f); err != nil {
			return nil, err
		}
	}
	return v.out, nil
}

// A viewer reads the rows of a preview.
type viewer struct {
	*reading
	n       int
	at      []int          // the columns of typed batches that are shown
	records int            // passed
	lines   *format.NDJSON // the rows as they are shown
	text    bytes.Buffer   // of lines
	out     *plan.Preview
}

func (v *viewer) done() bool {
	return len(v.out.Rows) >= v.n || v.out.Files >= plan.PreviewFiles || v.records >= plan.PreviewRecords
}

// file reads what is wanted of one file.
func (v *viewer) file(ctx context.Context, r *run, f *source.File) error {
	if f.ETag == "" {
		if v.Job.From.Missing == "skip" {
			r.note(f, "there is no such file")
			return nil
		}
		v.out.Invalid = append(v.out.Invalid, plan.Problem{File: f.Source, Why: source.ErrAbsent.Error()})
		return nil
	}
	v.out.Files++
	before, passed := len(v.out.Rows), v.records
	err := v.one(ctx, f, func(p *piece) error {
		if err := v.take(f, p.dst); err != nil || !v.done() {
			return err
		}
		return io.EOF
	})
	if err == nil && v.records == passed && v.Job.From.Empty == "fail" {
		err = unreadable{source.ErrEmpty}
	}
	var bad unreadable
	switch {
	case errors.As(err, &bad):
		v.out.Rows = v.out.Rows[:before] // nothing of it would be loaded
		v.out.Invalid = append(v.out.Invalid, plan.Problem{File: f.Source, Why: bad.Error()})
	case err != nil:
		return err
	}
	return nil
}

// take adds the rows that are wanted of the batch, and the rejects before them.
func (v *viewer) take(f *source.File, b *row.Batch) error {
	shown := row.Batch{Len: b.Len, Row: b.Row}
	for _, i := range v.at {
		shown.Cols = append(shown.Cols, b.Cols[i])
	}
	v.text.Reset()
	v.lines.Reset(&v.text)
	if err := errors.Join(v.lines.Write(&shown), v.lines.Close()); err != nil {
		return err
	}
	v.records += b.Len + len(b.Bad)
	last := int64(-1)
	for r, line := range bytes.Split(v.text.Bytes(), []byte("\n"))[:b.Len] {
		if len(v.out.Rows) == v.n {
			break
		}
		if at := v.target.verdict; at >= 0 && (b.Cols[at].Null[r] || b.Cols[at].Ints[r] == 1) {
			continue // it is bad, or deletes the row that has its key
		}
		v.out.Rows = append(v.out.Rows, plan.PreviewRow{File: f.Source, Row: b.Row[r], Values: bytes.Clone(line)})
		last = b.Row[r]
	}
	for _, bad := range b.Bad {
		if len(v.out.Rows) < v.n || bad.Row < last {
			bad.File, bad.Record = f.Source, nil
			v.out.Rejects = append(v.out.Rejects, bad)
		}
	}
	return nil
}
