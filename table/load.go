package table

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"

	"github.com/seed-128c3863/sluice/mapping"
	"github.com/seed-128c3863/sluice/plan"
	"github.com/seed-128c3863/sluice/row"
	"github.com/seed-128c3863/sluice/source"
	"github.com/seed-128c3863/sluice/store"
)

// An incoming takes rows on their way into the table.
type incoming interface {
	// add takes the rows of a typed batch; numbers are those of the run. It
	// returns those that it refuses.
	add(ctx context.Context, b *row.Batch, numbers []int64) ([]row.Reject, error)
}

// A load is what was read of the source files. Rows are numbered through all of
// them: row r of a file has the number before + r.
type load struct {
	files   []part
	rows    int64
	rejects int64
	bad     []plan.Row // the first of the rejects
}

// A part is one source file of a load.
type part struct {
	*source.File
	before int64 // rows of the files before it
	rows   int64
}

// mostBad is how many rejects a plan holds.
const mostBad = 1000

// place returns the file and the row in it that a number is of.
func (l *load) place(number int64) (file string, r int64) {
	i, _ := slices.BinarySearchFunc(l.files, number, func(p part, n int64) int {
		if p.before < n {
			return -1
		}
		return 1
	})
	p := l.files[i-1]
	return p.Source, number - p.before
}

// read reads every row of the source files into the incoming rows.
func (im *Import) read(ctx context.Context, run plan.Run, files []*source.File, to incoming) (*load, error) {
	l := &load{}
	mapper := im.program.NewMapper(mapping.Run{ID: run.ID, Time: run.Started, Params: im.Params.Values()})
	for _, f := range files {
		if f.ETag == "" {
			if im.Job.From.Missing == "skip" {
				continue
			}
			return nil, &row.Error{File: f.Source, Err: errors.New("there is no such file (from.missing: skip would pass over it)")}
		}
		l.files = append(l.files, part{File: f, before: l.rows})
		if err := im.readFile(ctx, l, mapper, to); err != nil {
			return nil, row.At(f.Source, err)
		}
		p := &l.files[len(l.files)-1]
		p.rows = l.rows - p.before
	}
	return l, nil
}

// readFile reads the load's last file.
func (im *Import) readFile(ctx context.Context, l *load, mapper *mapping.Mapper, to incoming) error {
	p := l.files[len(l.files)-1]
	rows, closer, err := im.open(ctx, im.form, p.File)
	if err != nil {
		return err
	}
	defer closer.Close()
	if err := mapper.Begin(p.Facts(im.Job.From.Fields())); err != nil {
		return err
	}
	src, dst := &row.Batch{}, row.NewBatch(im.program.Schema())
	var numbers []int64
	for {
		switch err := rows.Read(src); {
		case errors.Is(err, io.EOF):
			return nil
		case err != nil:
			return err
		}
		mapper.Map(src, dst)
		numbers = numbers[:0]
		for _, r := range dst.Row {
			numbers = append(numbers, p.before+r)
			l.rows = max(l.rows, p.before+r)
		}
		refused, err := to.add(ctx, dst, numbers)
		if err != nil {
			return err
		}
		if err := im.judge(l, p, append(dst.Bad, refused...)); err != nil {
			return err
		}
	}
}

// judge counts bad rows, and ends the load if there are more than the job lets
// pass.
func (im *Import) judge(l *load, p part, bad []row.Reject) error {
	for i := range bad {
		b := &bad[i]
		l.rejects++
		l.rows = max(l.rows, p.before+b.Row)
		if len(l.bad) < mostBad {
			l.bad = append(l.bad, plan.Row{State: plan.Invalid, File: p.Source, Row: b.Row, Line: b.Line, Why: reason(b)})
		}
		switch allow := im.Job.Errors.Allow; {
		case im.Job.Errors.Rows == "fail":
			return &row.Error{Row: b.Row, Line: b.Line, Column: b.Column, Err: fmt.Errorf("%w (errors.rows: fail)", b.Err)}
		case allow.Set && !allow.IsShare && l.rejects > allow.Rows:
			return &row.Error{Row: b.Row, Line: b.Line, Column: b.Column, Err: fmt.Errorf("%w: this is bad row %d, and errors.allow lets %d pass", b.Err, l.rejects, allow.Rows)}
		}
	}
	return nil
}

// reason is what is wrong with a row, without its place.
func reason(b *row.Reject) string {
	if b.Column == "" {
		return b.Err.Error()
	}
	return fmt.Sprintf("column %q: %s", b.Column, b.Err)
}

// open opens a source file as rows.
func (im *Import) open(ctx context.Context, form *source.Form, f *source.File) (source.Reader, io.Closer, error) {
	in := store.Open(ctx, f.Store, store.Info{Key: f.Key, ETag: store.ETagOf(f.ETag), Size: f.Size}, store.OpenOptions{})
	rows, plain, err := form.Open(f, in)
	if err != nil {
		in.Close()
		return nil, nil, err
	}
	return rows, closers{plain, in}, nil
}

type closers []io.Closer

func (c closers) Close() (err error) {
	for _, one := range c {
		err = errors.Join(err, one.Close())
	}
	return err
}
