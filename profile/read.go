package profile

import (
	"context"
	"errors"
	"io"
	"runtime"
	"slices"
	"sync/atomic"
	"time"

	"github.com/seed-128c3863/sluice/flow"
	"github.com/seed-128c3863/sluice/mapping"
	"github.com/seed-128c3863/sluice/plan"
	"github.com/seed-128c3863/sluice/row"
	"github.com/seed-128c3863/sluice/source"
	"github.com/seed-128c3863/sluice/spec"
	"github.com/seed-128c3863/sluice/store"
)

// Options says what is profiled. Job, Params and Stores are needed.
type Options struct {
	// Job says which files are read, how, and which columns are made of them.
	// Each has a type.
	Job    *spec.Job
	Params *spec.Values
	Stores *store.Set

	// Stdin is what the job file calls "-". Default: nothing is there.
	Stdin io.Reader

	// Source is what a person calls the files.
	Source string

	// Notes say how the files are taken, a sentence each.
	Notes []string

	// Progress counts rows and bytes as they are read. Default: nobody looks.
	Progress *plan.Progress
}

// Of profiles the source files of a job. If ctx ends before it is done, it
// returns what was seen so far, as partial, and the cause.
func Of(ctx context.Context, o Options) (*Profile, error) {
	p, err := newProfiler(o)
	if err != nil {
		return nil, err
	}
	began := time.Now()
	p.progress.Began.Store(began.UnixNano())
	files, err := p.finder.Find(ctx)
	if err != nil {
		return nil, err
	}
	for _, f := range files {
		p.progress.Files.Add(1)
		p.progress.Bytes.Add(max(0, f.Size))
	}
	err = p.read(ctx, files)
	if err != nil && ctx.Err() == nil {
		return nil, err
	}
	p.out.Partial = err != nil
	for _, c := range p.counters {
		p.out.Columns = append(p.out.Columns, c.result())
	}
	p.out.Seconds = time.Since(began).Seconds()
	return &p.out, err
}

// A profiler goes through the files of a job.
type profiler struct {
	Options
	out      Profile
	progress *plan.Progress
	finder   *source.Finder
	form     *source.Form
	all      *mapping.Program // of all columns: what is read of a record
	columns  []part
	counters []*counter
	cores    int
	room     *flow.Budget // for batches that are under way
}

// A part is one column of the job as a program of its own.
type part struct {
	*mapping.Program
	at    []int // its paths among those of the whole program
	plain bool  // it is a value of the source as it is
}

// How much memory is used, in bytes: by batches under way, by all tallies and by
// one of their entries about, by all random samples.
const (
	batchBytes  = 64 << 20
	tallyBytes  = 64 << 20
	entryBytes  = 100
	sampleBytes = 16 << 20
)

// What a column has at most, and at least, if there are many.
const (
	mostTallied, leastTallied = 50_000, 64
	mostSampled, leastSampled = 10_000, 500
)

// wide is how many columns are too many for several batches under way.
const wide = 1000

func newProfiler(o Options) (*profiler, error) {
	p := &profiler{Options: o, progress: o.Progress, room: flow.NewBudget(batchBytes), cores: min(runtime.GOMAXPROCS(0), 4)}
	if p.progress == nil {
		p.progress = &plan.Progress{}
	}
	p.out.Source, p.out.Notes = o.Source, o.Notes
	var err error
	if p.all, err = mapping.Compile(o.Job); err != nil {
		return nil, err
	}
	if p.form, err = source.NewForm(o.Job, p.all); err != nil {
		return nil, err
	}
	p.finder = source.New(source.Options{Job: o.Job, Params: o.Params, Stores: o.Stores, Stdin: o.Stdin, Uses: p.all.FileNames()})
	at := map[string]int{}
	for i, path := range p.all.Paths() {
		at[path.String()] = i
	}
	if len(o.Job.Cols) > wide {
		p.cores = 1
	}
	for i := range o.Job.Cols {
		if err := p.column(&o.Job.Cols[i], at); err != nil {
			return nil, err
		}
	}
	return p, nil
}

// column prepares to count one column.
func (p *profiler) column(col *spec.Column, at map[string]int) error {
	job := *p.Job
	job.Cols = []spec.Column{*col}
	program, err := mapping.Compile(&job)
	if err != nil {
		return err
	}
	one := part{Program: program, plain: col.Value.S == ""}
	for _, path := range program.Paths() {
		one.at = append(one.at, at[path.String()])
	}
	p.columns = append(p.columns, one)
	from := col.From.S
	if from == "" {
		from = col.Value.S
	}
	n := len(p.Job.Cols)
	p.counters = append(p.counters, newCounter(Column{Name: col.Name, Type: col.Type.String(), From: from}, *col.Type,
		min(max(tallyBytes/entryBytes/n, leastTallied), mostTallied), min(max(sampleBytes/8/n, leastSampled), mostSampled)))
	return nil
}

// A piece is a batch of a file, and each column of it as it is typed, or the
// file's end.
type piece struct {
	file  *source.File
	src   row.Batch
	typed []*row.Batch
	err   error
	bytes int64 // of room
}

// valueBytes is what a value takes of the room, beside its text.
const valueBytes = 64

// read goes through the files.
func (p *profiler) read(ctx context.Context, files []*source.File) error {
	return flow.Ordered(ctx, p.cores, func(ctx context.Context, next *piece, send func(*piece) (*piece, error)) error {
		for _, f := range files {
			var err error
			if next, err = p.file(ctx, f, next, send); err != nil {
				return err
			}
		}
		return nil
	}, p.typing, func(ctx context.Context, x *piece) error {
		err := p.take(ctx, x)
		p.room.Release(x.bytes)
		return err
	})
}

// file sends the batches of a file.
func (p *profiler) file(ctx context.Context, f *source.File, next *piece, send func(*piece) (*piece, error)) (*piece, error) {
	err := source.ErrAbsent
	if f.ETag != "" {
		in := store.Open(ctx, f.Store, store.Info{Key: f.Key, ETag: store.ETagOf(f.ETag), Size: f.Size}, store.OpenOptions{})
		defer in.Close()
		next, err = p.batches(ctx, f, in, next, send)
		var unread *store.Error
		if ctx.Err() != nil || errors.As(err, &unread) {
			return next, err
		}
	}
	next.file, next.err, next.bytes = f, err, 0
	return send(next)
}

// batches sends what is in a file; io.EOF is its end.
func (p *profiler) batches(ctx context.Context, f *source.File, in source.Input, next *piece, send func(*piece) (*piece, error)) (*piece, error) {
	rows, plain, err := p.form.Open(f, in)
	if err != nil {
		return next, err
	}
	defer plain.Close()
	for {
		if err := rows.Read(&next.src); err != nil {
			return next, p.form.Explain(err)
		}
		next.file, next.err, next.bytes = f, nil, 0
		if p.cores > 1 { // the reader goes on while the batch is used
			next.bytes = int64(next.src.Own() + next.src.Len*len(next.src.Cols)*valueBytes)
			if err := p.room.Acquire(ctx, next.bytes); err != nil {
				return next, err
			}
		}
		if next, err = send(next); err != nil {
			return next, err
		}
	}
}

// typing returns what types the columns of pieces on one core.
func (p *profiler) typing() func(*piece) {
	var of *source.File
	mappers := make([]*mapping.Mapper, len(p.columns))
	var cols []row.Column // of one of them, used again
	for i, c := range p.columns {
		mappers[i] = c.NewMapper(mapping.Run{ID: "profile", Time: time.Now().UTC(), Params: p.Params.Values()})
	}
	return func(x *piece) {
		if x.err != nil {
			return
		}
		for i, c := range p.columns {
			if of != x.file {
				if x.err = mappers[i].Begin(x.file.Facts(p.Job.From.Fields())); x.err != nil {
					return
				}
			}
			if len(x.typed) == i {
				x.typed = append(x.typed, row.NewBatch(c.Schema()))
			}
			src := x.src
			src.Cols, src.Bad = cols[:0], nil
			for _, at := range c.at {
				src.Cols = append(src.Cols, x.src.Cols[at])
			}
			mappers[i].Map(&src, x.typed[i])
			cols = src.Cols
		}
		of = x.file
	}
}

// take counts a piece, its columns side by side.
func (p *profiler) take(ctx context.Context, x *piece) error {
	switch {
	case errors.Is(x.err, io.EOF):
		p.out.Files++
		p.out.Bytes += max(0, x.file.Size)
		p.progress.FilesDone.Add(1)
		p.progress.BytesDone.Add(max(0, x.file.Size))
		return nil
	case x.err != nil:
		at := row.At(x.file.Source, x.err)
		at.File = ""
		p.out.Invalid = append(p.out.Invalid, Problem{File: x.file.Source, Why: at.Error()})
		return nil
	}
	p.out.Rows += int64(x.src.Len + len(x.src.Bad))
	p.progress.Rows.Add(int64(x.src.Len + len(x.src.Bad)))
	for i := range x.src.Bad {
		p.out.Broken.add(reject(x.file, &x.src.Bad[i]))
	}
	var next atomic.Int64 // column that nobody counts yet
	count := func(context.Context) error {
		for i := next.Add(1) - 1; i < int64(len(p.counters)); i = next.Add(1) - 1 {
			p.count(x, int(i))
		}
		return nil
	}
	if p.cores < 2 {
		return count(ctx)
	}
	return flow.Together(ctx, slices.Repeat([]func(context.Context) error{count}, p.cores)...)
}

// count counts a column of a piece.
func (p *profiler) count(x *piece, i int) {
	c, b := p.counters[i], x.typed[i]
	c.add(&b.Cols[0])
	for j := range b.Bad {
		c.out.Rejects.add(reject(x.file, &b.Bad[j]))
	}
	if part := p.columns[i]; part.plain && len(part.at) == 1 {
		c.out.Empty += empty(&x.src.Cols[part.at[0]])
	}
}

func reject(f *source.File, bad *row.Reject) Reject {
	return Reject{File: f.Source, Row: bad.Row, Line: bad.Line, Value: bad.Value, Why: bad.Err.Error()}
}

// empty counts the texts without a character.
func empty(c *row.Column) (n int64) {
	for r, text := range c.Bytes {
		if !c.Null[r] && (len(text) == 0 || c.Type.Kind == row.Any && string(text) == `""`) {
			n++
		}
	}
	return n
}

// Column returns the column of a name, nil if there is none.
func (p *Profile) Column(name string) *Column {
	if i := slices.IndexFunc(p.Columns, func(c Column) bool { return c.Name == name }); i >= 0 {
		return &p.Columns[i]
	}
	return nil
}
