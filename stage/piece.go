package stage

import (
	"bytes"
	"context"
	"errors"
	"io"

	"github.com/seed-128c3863/sluice/flow"
	"github.com/seed-128c3863/sluice/row"
	"github.com/seed-128c3863/sluice/source"
)

// A piece is a batch of a source file as it is mapped.
type piece struct {
	rows  *row.Batch
	bad   bytes.Buffer // its bad rows, as the rejects file has them
	first bool         // of its part of the file
	extra string       // in words, which columns of the file nothing reads; only in a first
}

// valueBytes is what a value takes of the room, beside its text.
const valueBytes = 64

// own gives the piece memory of its own, and returns how many bytes it takes.
func (p *piece) own() int64 {
	return int64(p.rows.Own() + p.rows.Len*len(p.rows.Cols)*valueBytes + p.bad.Len())
}

// pieces gives the pieces of a file to take, in order. Those of a large one are
// made on the cores that are free, beside the one that takes them.
func (l *loading) pieces(ctx context.Context, in source.Reader, k *kit, take func(*piece) error) error {
	free := 0
	if l.large {
		free = l.workers.Spare(l.cpus)
		defer func() { l.workers.Return(free) }()
	}
	if free == 0 {
		return l.batches(in, k, &k.piece, func(p *piece) (*piece, error) { return p, take(p) })
	}
	parts, atOnce, err := l.form.Split(in, free)
	if err != nil {
		return l.form.Explain(err)
	}
	l.workers.Return(free - atOnce)
	free = atOnce
	room := l.room.budget.Size() / lanesShare
	if err := l.room.change(ctx, l.room.bytes*int64(atOnce)+room); err != nil {
		return err
	}
	return flow.Lanes(ctx, atOnce, len(parts), room/int64(atOnce), func(_ context.Context, part int, p *piece, send func(*piece, int64) (*piece, error)) error {
		k, err := l.kit()
		if err != nil {
			return err
		}
		defer l.kits.Put(k)
		return l.batches(parts[part], k, p, func(p *piece) (*piece, error) { return send(p, p.own()) })
	}, func(_ context.Context, p *piece) error { return take(p) })
}

// batches reads and maps a part of the file, and sends it piece by piece.
func (l *loading) batches(in source.Reader, k *kit, p *piece, send func(*piece) (*piece, error)) error {
	if err := k.mapper.Begin(l.t.Facts(l.fields)); err != nil {
		return err
	}
	for first := true; ; first = false {
		err := in.Read(k.src)
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return l.form.Explain(err)
		}
		if p.rows == nil {
			p.rows = row.NewBatch(l.program.Schema())
		}
		p.first, p.extra = first, ""
		if first {
			p.extra = source.Extra(in)
		}
		k.mapper.Map(k.src, p.rows)
		if p.bad.Reset(); len(p.rows.Bad) > 0 {
			l.rejects.Append(&p.bad, l.t.Source, in, p.rows.Bad)
		}
		if p, err = send(p); err != nil {
			return err
		}
	}
}
