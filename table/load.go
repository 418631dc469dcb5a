package table

import (
	"context"
	"errors"
	"io"
	"slices"
	"sync/atomic"

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
	rejects int64                 // that were found while reading
	first   []badRow              // of those that need no database to be found
	refused refusals              // the others, and what classify found: all of them
	keys    map[int64]plan.Values // of the first of refused, by number
	invalid []plan.Problem        // files
	notes   map[string]bool       // that were given: of columns that nothing reads
	remarks []string              // on the plan, for a person
}

// remark adds to what a person is told of the plan.
func (l *load) remark(text string) {
	if text != "" {
		l.remarks = append(l.remarks, text)
	}
}

// A part is one source file of a load.
type part struct {
	*source.File
	before int64 // rows of the files before it
}

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

// A reading goes through source files, a batch at a time.
type reading struct {
	*Import
	form     *source.Form
	mapper   *mapping.Mapper
	src, dst *row.Batch
	open     store.OpenOptions
	bytes    *atomic.Int64 // that were read; nil: not counted
	agree    bool          // all files lack the same columns
}

func (r *run) reading(records bool) *reading {
	form := *r.form
	form.Records = records
	return &reading{
		Import: r.Import, form: &form, agree: true, src: &row.Batch{}, dst: row.NewBatch(r.program.Schema()),
		mapper: r.program.NewMapper(r.mapped),
	}
}

// An unreadable error is one of a file that is not what it should be.
type unreadable struct{ error }

func (u unreadable) Unwrap() error { return u.error }

// batches reads a file and calls do for each of its batches, when src and dst
// hold it as it was read and as it is mapped.
func (g *reading) batches(ctx context.Context, f *source.File, do func(source.Reader) error) error {
	in := store.Open(ctx, f.Store, store.Info{Key: f.Key, ETag: store.ETagOf(f.ETag), Size: f.Size}, g.open)
	defer in.Close()
	rows, plain, err := g.form.Open(f, counted{in, g.bytes})
	if err != nil {
		return g.fault(ctx, f, err)
	}
	defer plain.Close()
	if err := g.mapper.Begin(f.Facts(g.Job.From.Fields())); err != nil {
		return g.fault(ctx, f, err)
	}
	for {
		err := rows.Read(g.src)
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err == nil {
			err = g.agrees(rows)
		}
		if err != nil {
			return g.fault(ctx, f, err)
		}
		g.mapper.Map(g.src, g.dst)
		if err := do(rows); err != nil {
			return err
		}
	}
}

// fault tells errors of a file from those of its store.
func (g *reading) fault(ctx context.Context, f *source.File, err error) error {
	var bad *store.Error
	switch {
	case ctx.Err() != nil:
		return context.Cause(ctx)
	case store.IsChanged(err):
		return &plan.DriftError{Moved: []plan.Problem{{File: f.Source, Why: "it was written anew while it was read"}}}
	case errors.As(err, &bad):
		return err
	}
	at := row.At(f.Source, g.form.Explain(err))
	at.File = ""
	return unreadable{at}
}

// A counted input counts what is read.
type counted struct {
	source.Input
	bytes *atomic.Int64
}

func (c counted) Read(p []byte) (int, error) {
	n, err := c.Input.Read(p)
	c.count(n)
	return n, err
}

func (c counted) ReadAt(p []byte, at int64) (int, error) {
	n, err := c.Input.ReadAt(p, at)
	c.count(n)
	return n, err
}

func (c counted) count(n int) {
	if c.bytes != nil {
		c.bytes.Add(int64(n))
	}
}

// load reads every row of the source files into the incoming rows. Files that
// cannot be read are all named before the load ends for them.
func (r *run) load(ctx context.Context, files []*source.File, to incoming) (*load, error) {
	l := &load{notes: map[string]bool{}}
	g := r.reading(false)
	g.bytes = &r.progress.BytesDone
	for _, f := range files {
		var err error
		switch {
		case f.ETag != "":
			err = r.loadFile(ctx, g, l, f, to)
		case r.Job.From.Missing == "skip":
			r.note(f, "there is no such file")
		default:
			err = unreadable{source.ErrAbsent}
		}
		var bad unreadable
		if errors.As(err, &bad) {
			l.invalid = append(l.invalid, plan.Problem{File: f.Source, Why: bad.Error()})
			r.progress.Invalid.Add(1)
			if err = nil; r.Job.Errors.Files == "stop" {
				break
			}
		}
		if err != nil {
			return nil, err
		}
		r.progress.FilesDone.Add(1)
	}
	if len(l.invalid) > 0 {
		return nil, &plan.InvalidError{Files: l.invalid}
	}
	return l, nil
}

func (r *run) note(f *source.File, text string) {
	if r.Notify != nil {
		r.Notify(plan.Event{Type: "notice", File: f.Source, Text: text})
	}
}

func (r *run) loadFile(ctx context.Context, g *reading, l *load, f *source.File, to incoming) error {
	p := part{File: f, before: l.rows}
	l.files = append(l.files, p)
	var numbers []int64
	err := g.batches(ctx, f, func(in source.Reader) error {
		if text := source.Extra(in); text != "" && !l.notes[text] {
			l.notes[text] = true
			r.note(f, text)
		}
		numbers = numbers[:0]
		for _, n := range g.dst.Row {
			numbers = append(numbers, p.before+n)
			l.rows = max(l.rows, p.before+n)
		}
		l.found(r.target, p, g.dst.Bad)
		refused, err := to.add(ctx, g.dst, numbers)
		if err != nil {
			return err
		}
		l.refuse(r.target, p, g.dst, refused)
		r.progress.Rows.Add(int64(g.dst.Len - len(refused)))
		r.progress.Rejects.Add(int64(len(g.dst.Bad) + len(refused)))
		if err := r.stopped(); err != nil {
			return err
		}
		return r.fast(l)
	})
	switch {
	case err != nil || l.rows > p.before:
		return err
	case r.Job.From.Empty == "fail":
		return unreadable{source.ErrEmpty}
	}
	r.note(f, "there are no records in it")
	return nil
}
