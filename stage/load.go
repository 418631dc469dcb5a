package stage

import (
	"bytes"
	"context"
	"io"

	"github.com/seed-128c3863/sluice/flow"
	"github.com/seed-128c3863/sluice/source"
	"github.com/seed-128c3863/sluice/store"
)

// A loading is one file on its way from its source to its output.
type loading struct {
	*run
	t       *task
	charged claim                                 // what was known before it was fetched
	room    claim                                 // what shows while it is converted
	large   bool                                  // its output is written while it is made
	open    func() (source.Reader, func(), error) // its rows, and what ends their reading
}

// load reads, converts and writes one file.
func (r *run) load(ctx context.Context, t *task) (change, error) {
	l := &loading{run: r, t: t, charged: claim{budget: r.budget}, room: claim{budget: r.room}}
	defer l.charged.release()
	defer l.room.release()
	if r.streamed(t) {
		return l.stream(ctx)
	}
	return l.whole(ctx)
}

// stream does it for a file that is too large to be held.
func (l *loading) stream(ctx context.Context) (change, error) {
	if err := l.charged.change(ctx, streamCost); err != nil {
		return change{}, err
	}
	info := store.Info{Key: l.t.Key, ETag: store.ETagOf(l.t.ETag), Size: l.t.Size}
	in := store.Open(ctx, l.t.Store, info, store.OpenOptions{Range: rangeBytes, Ahead: rangesAhead, Direct: l.form.Columnar(l.t.File)})
	defer in.Close()
	l.large = true
	l.open = func() (source.Reader, func(), error) {
		if err := l.room.change(ctx, l.beside(l.t)); err != nil {
			return nil, nil, err
		}
		rows, closer, err := l.form.Open(l.t.File, in)
		return rows, func() { closer.Close() }, err
	}
	return l.do(ctx)
}

// whole does it for a file that is held in memory.
func (l *loading) whole(ctx context.Context) (change, error) {
	in, err := l.text(ctx)
	if err != nil {
		return change{}, err
	}
	l.delivers()
	l.open = func() (source.Reader, func(), error) {
		return l.form.Bytes(l.t.File, in), func() { l.buffers.put(in) }, nil
	}
	switch {
	case l.form.Packed(l.t.File, in):
		l.large = len(in) > blockBytes
		l.open = func() (source.Reader, func(), error) { return l.unpack(ctx, in) }
	case l.beside(l.t) > 0:
		l.large = len(in) > blockBytes
		l.open = func() (source.Reader, func(), error) {
			return l.form.Bytes(l.t.File, in), func() { l.buffers.put(in) }, l.room.change(ctx, l.beside(l.t))
		}
	}
	return l.do(ctx)
}

// text returns the file's bytes.
func (l *loading) text(ctx context.Context) ([]byte, error) {
	if early := l.t.early; early != nil { // and charged
		l.t.early, l.charged.bytes = nil, l.cost(l.t.Size)
		return early.Wait(ctx)
	}
	if err := l.charged.change(ctx, l.cost(l.t.Size)); err != nil {
		return nil, err
	}
	in, _, err := store.GetInto(ctx, l.t.Store, l.t.Key, store.ETagOf(l.t.ETag), l.buffers.get(l.t.Size))
	return in, err
}

// unpack opens a file that is held compressed.
func (l *loading) unpack(ctx context.Context, in []byte) (source.Reader, func(), error) {
	if err := l.room.change(ctx, perFile+4*int64(len(in))); err != nil {
		return nil, nil, err
	}
	plain, err := l.form.Unpack(bytes.NewReader(in))
	if err != nil {
		return nil, nil, err
	}
	return l.form.Stream(l.t.File, &unfolding{ctx: ctx, in: plain, room: &l.room}), func() { plain.Close() }, nil
}

// do makes the output and puts it in place of the old one.
func (l *loading) do(ctx context.Context) (change, error) {
	out := store.Create(ctx, l.target, l.base+l.t.output, l.condition(l.t), store.CreateOptions{Part: partBytes, Room: l.run.room})
	defer func() { _ = out.Abort(context.WithoutCancel(ctx)) }() // after Commit there is nothing to drop
	done, err := l.make(ctx, out)
	if err != nil {
		return change{}, err
	}
	return l.deliver(ctx, l.t, done, out.Commit)
}

// make converts the file to out, on a core.
func (l *loading) make(ctx context.Context, out io.Writer) (done converted, err error) {
	if !l.large {
		err = l.workers.Do(ctx, func() error {
			done, err = l.convert(ctx, out)
			return err
		})
		return done, err
	}
	err = flow.Carry(ctx, blockBytes, func(ctx context.Context, belt io.Writer) error {
		return l.workers.Do(ctx, func() (err error) {
			done, err = l.convert(ctx, belt)
			return err
		})
	}, func(_ context.Context, belt io.Reader) error {
		_, err := io.Copy(out, belt)
		return err
	})
	return done, err
}

// convert reads, maps and writes every row. From then on the file takes no more
// than what is held of its output.
func (l *loading) convert(ctx context.Context, out io.Writer) (done converted, err error) {
	in, end, err := l.open()
	if err != nil {
		return done, err
	}
	n := &counted{out: out}
	done, err = l.rows(ctx, in, n)
	end()
	if err != nil {
		return done, err
	}
	done.bytes = n.bytes
	held := perFile + min(n.bytes, partBytes)
	if l.t.bad != nil {
		held += int64(l.t.bad.Cap())
	}
	if held <= l.charged.bytes {
		l.room.release()
		return done, l.charged.change(ctx, held)
	}
	return done, l.room.change(ctx, held-l.charged.bytes)
}
