package table

import (
	"context"
	"errors"
	"io"
	"runtime"
	"sync/atomic"

	"github.com/seed-128c3863/sluice/flow"
	"github.com/seed-128c3863/sluice/mapping"
	"github.com/seed-128c3863/sluice/plan"
	"github.com/seed-128c3863/sluice/row"
	"github.com/seed-128c3863/sluice/source"
	"github.com/seed-128c3863/sluice/store"
)

// A reading goes through source files: one goroutine splits them into records,
// one file after the other, all cores map these, and they are taken in order.
type reading struct {
	*Import
	form   *source.Form
	moment mapping.Run
	cores  int
	open   store.OpenOptions
	room   *flow.Budget  // for the pieces that are under way
	bytes  *atomic.Int64 // that were read; nil: not counted
	agree  bool          // all files lack the same columns
}

// A piece is a batch of a source file, as it was read and as it is mapped, or
// the file's end.
type piece struct {
	file  *source.File
	in    source.Reader // if there are several cores, it is reading on
	src   row.Batch
	dst   *row.Batch
	first bool   // of the file
	extra string // in words, which columns of the file nothing reads; only in its first
	err   error  // the file's end, without rows: io.EOF, or what is wrong with it
	bytes int64  // of the reading's room
}

const (
	valueBytes = 64      // that a value takes of the room, beside its text
	mostKept   = 8 << 20 // bytes of a piece that is used again
)

// reading prepares to go through files; records asks for the text of each row,
// and for one core, so that pieces' readers can be asked about them.
func (r *run) reading(records bool) *reading {
	g := &reading{
		Import: r.Import, agree: true, cores: r.Job.Limits.CPUs, room: flow.NewBudget(r.Job.Limits.Memory / 8),
		moment: r.mapped,
	}
	if n := runtime.GOMAXPROCS(0); g.cores == 0 && n > 2 { // of two the database needs one
		g.cores = n
	}
	form := *r.form
	if g.form = &form; records {
		form.Records, g.cores = true, 1
	}
	return g
}

// read gives all pieces of the files to take, in order. Of each file the last
// piece, which may be the only one, is its end.
func (g *reading) read(ctx context.Context, files []*source.File, take func(context.Context, *piece) error) error {
	return flow.Ordered(ctx, g.cores, func(ctx context.Context, p *piece, send func(*piece) (*piece, error)) error {
		s := &splitting{reading: g, piece: p, send: send, mapper: g.program.NewMapper(g.moment)}
		for _, f := range files {
			if err := s.file(ctx, f); err != nil {
				return err
			}
		}
		return nil
	}, g.mapping, func(ctx context.Context, p *piece) error {
		err := take(ctx, p)
		g.room.Release(p.bytes)
		if p.bytes > mostKept {
			*p = piece{}
		}
		return err
	})
}

// one gives the pieces of one file that have rows to take, on one core, until it
// returns io.EOF.
func (g *reading) one(ctx context.Context, f *source.File, take func(*piece) error) error {
	g.cores = 1
	err := g.read(ctx, []*source.File{f}, func(_ context.Context, p *piece) error {
		if p.err != nil {
			return p.err
		}
		return take(p)
	})
	if err == io.EOF {
		return nil
	}
	return err
}

// mapping returns what maps the pieces that one core is given.
func (g *reading) mapping() func(*piece) {
	mapper := g.program.NewMapper(g.moment)
	var of *source.File
	return func(p *piece) {
		if p.err == nil && of != p.file {
			of = p.file
			p.err = mapper.Begin(of.Facts(g.Job.From.Fields())) // as it did before the file was read
		}
		if p.err != nil {
			return
		}
		if p.dst == nil {
			p.dst = row.NewBatch(g.program.Schema())
		}
		mapper.Map(&p.src, p.dst)
	}
}

// A splitting fills pieces with the records of files.
type splitting struct {
	*reading
	piece  *piece
	send   func(*piece) (*piece, error)
	mapper *mapping.Mapper // finds what is wrong with a file as a whole
}

// file sends the pieces of a file. An error is one of send.
func (s *splitting) file(ctx context.Context, f *source.File) error {
	s.piece.file, s.piece.first = f, true
	if f.ETag == "" {
		return s.end(unreadable{source.ErrAbsent})
	}
	open := s.open
	open.Direct = s.form.Columnar(f)
	in := store.Open(ctx, f.Store, store.Info{Key: f.Key, ETag: store.ETagOf(f.ETag), Size: f.Size}, open)
	defer in.Close()
	rows, plain, err := s.form.Open(f, counted{in, s.bytes})
	if err != nil {
		return s.end(s.fault(ctx, f, err))
	}
	defer plain.Close()
	if err := s.mapper.Begin(f.Facts(s.Job.From.Fields())); err != nil {
		return s.end(s.fault(ctx, f, err))
	}
	for first := true; ; first = false {
		s.piece.file, s.piece.first, s.piece.in = f, first, rows
		err := rows.Read(&s.piece.src)
		if errors.Is(err, io.EOF) {
			return s.end(io.EOF)
		}
		if err == nil {
			err = s.agrees(rows)
		}
		if err != nil {
			return s.end(s.fault(ctx, f, err))
		}
		if s.piece.extra = ""; first {
			s.piece.extra = source.Extra(rows)
		}
		if err := s.rows(ctx); err != nil {
			return err
		}
	}
}

// rows sends the piece with the rows that were read.
func (s *splitting) rows(ctx context.Context) (err error) {
	p := s.piece
	p.err, p.bytes = nil, 0
	if s.cores > 1 { // the reader goes on while they are used
		p.bytes = int64(p.src.Own() + p.src.Len*len(p.src.Cols)*valueBytes)
		if err := s.room.Acquire(ctx, p.bytes); err != nil {
			return err
		}
	}
	s.piece, err = s.send(p)
	return err
}

// end sends the piece that is a file's end.
func (s *splitting) end(why error) (err error) {
	s.piece.err, s.piece.bytes = why, 0
	s.piece, err = s.send(s.piece)
	return err
}

// An unreadable error is one of a file that is not what it should be.
type unreadable struct{ error }

func (u unreadable) Unwrap() error { return u.error }

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
	*store.Reader
	bytes *atomic.Int64
}

func (c counted) Read(p []byte) (int, error) {
	n, err := c.Reader.Read(p)
	c.count(n)
	return n, err
}

func (c counted) ReadAt(p []byte, at int64) (int, error) {
	n, err := c.Reader.ReadAt(p, at)
	c.count(n)
	return n, err
}

// Ahead counts what is to be read, whether that is waited for or not.
func (c counted) Ahead(at, n int64) func() ([]byte, error) {
	c.count(int(n))
	return c.Reader.Ahead(at, n)
}

func (c counted) count(n int) {
	if c.bytes != nil {
		c.bytes.Add(int64(n))
	}
}
