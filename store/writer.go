package store

import (
	"cmp"
	"context"
	"crypto/rand"

	"github.com/seed-128c3863/sluice/flow"
)

const (
	// partBytes is how much of a big object one request writes. S3 takes no
	// less than 5 MiB, and no more than 10,000 parts.
	partBytes = 8 << 20

	// partsPerSize is after how many parts their size doubles, so that the
	// parts of any object that S3 takes can be counted.
	partsPerSize = 1000

	// partsAtOnce is how many parts of an object are under way: they hide the
	// latency of each other, and one core makes no output faster than that.
	partsAtOnce = 4
)

// CreateOptions say how an object is written. The zero value is a good default.
type CreateOptions struct {
	Part int // bytes of one request; default 8 MiB

	// Room gives the memory of parts that are sent while the next one is
	// filled; they never wait for it. Default: none, and parts are sent one
	// after the other.
	Room *flow.Budget
}

// A Writer writes one object of any size. What is written is held up to a part;
// an object that is bigger becomes a multipart upload, of which some parts are
// sent at once, as far as there is room. Nothing is to be seen of it before
// Commit.
type Writer struct {
	CreateOptions
	ctx    context.Context
	store  Store
	key    string
	cond   Condition
	token  string
	buf    []byte // the next part
	begun  int    // parts
	size   int64  // of these, in bytes
	upload string
	sent   []*flow.Pending[Part] // under way, in their order
	parts  []Part                // those before them
	err    error                 // of everything to come

	// Of the parts under way; the first error of one ends the others.
	sending context.Context
	fail    context.CancelCauseFunc
}

// Create returns a Writer of the object, for which the condition must hold
// when it is committed. Either Commit or Abort must be called in the end; ctx
// is that of the requests which Write makes.
func Create(ctx context.Context, s Store, key string, c Condition, o CreateOptions) *Writer {
	if o.Part <= 0 {
		o.Part = partBytes
	}
	if o.Room == nil {
		o.Room = flow.NewBudget(0)
	}
	return &Writer{CreateOptions: o, ctx: ctx, store: s, key: key, cond: c, token: rand.Text()}
}

// Write adds p to the object. It sends a part when there is enough for one. An
// error may be that of a part sent before.
func (w *Writer) Write(p []byte) (int, error) {
	written := 0
	for w.err == nil {
		room := w.partSize() - len(w.buf)
		if len(p) <= room {
			w.buf = append(w.buf, p...)
			return written + len(p), nil
		}
		w.buf = append(w.buf, p[:room]...)
		p = p[room:]
		written += room
		w.err = w.send(w.ctx)
	}
	return written, w.err
}

// partSize returns how many bytes the next part is to have.
func (w *Writer) partSize() int { return w.Part << (w.begun / partsPerSize) }

// send makes a part of what is held, and sends it aside if there is room.
func (w *Writer) send(ctx context.Context) error {
	if w.upload == "" {
		a, err := w.store.Do(ctx, Request{Op: OpBegin, Key: w.key, Token: w.token})
		if err != nil {
			return err
		}
		w.upload = a.Upload
		w.sending, w.fail = context.WithCancelCause(w.ctx)
	}
	aside, err := w.place(ctx, int64(len(w.buf)))
	if err != nil {
		return err
	}
	req := w.part()
	if !aside {
		a, err := w.store.Do(ctx, req)
		w.parts = append(w.parts, a.Part)
		w.buf = w.buf[:0]
		return err
	}
	w.aside(req)
	w.buf = make([]byte, 0, w.partSize())
	return nil
}

// aside sends a part beside what comes. Its room is given back when it is there,
// whether or not the Writer is at work.
func (w *Writer) aside(req Request) {
	w.sent = append(w.sent, flow.Begin(w.sending, func(ctx context.Context) (Part, error) {
		defer w.Room.Release(int64(len(req.Body)))
		a, err := w.store.Do(ctx, req)
		if err != nil {
			w.fail(err)
		}
		return a.Part, err
	}))
}

// part returns the request for what is held.
func (w *Writer) part() Request {
	at := w.size
	w.begun++
	w.size += int64(len(w.buf))
	return Request{Op: OpPart, Key: w.key, Upload: w.upload, Number: w.begun, Range: Range{Offset: at}, Body: w.buf}
}

// place takes room for n bytes to be sent aside, if need be that of parts which
// it waits for. There may be none even without these.
func (w *Writer) place(ctx context.Context, n int64) (aside bool, err error) {
	for len(w.sent) > 0 && w.sent[0].Ended() {
		if err := w.settle(ctx); err != nil {
			return false, err
		}
	}
	for len(w.sent) == partsAtOnce || !w.Room.Take(n) {
		if len(w.sent) == 0 {
			return false, nil
		}
		if err := w.settle(ctx); err != nil {
			return false, err
		}
	}
	return true, nil
}

// settle waits for the first of the parts under way.
func (w *Writer) settle(ctx context.Context) error {
	first := w.sent[0]
	part, err := first.Wait(ctx)
	if err != nil {
		return w.first(ctx, err)
	}
	w.sent, w.parts = w.sent[1:], append(w.parts, part)
	return nil
}

// first returns the error that ended the parts under way, of which err is one.
func (w *Writer) first(ctx context.Context, err error) error {
	switch {
	case w.ctx.Err() != nil:
		return err
	case ctx.Err() != nil:
		return outside(ctx, Request{Op: OpPart, Key: w.key}, context.Cause(ctx))
	}
	return w.cause(err)
}

// cause is why the parts under way were given up, or else err.
func (w *Writer) cause(err error) error { return cmp.Or(context.Cause(w.sending), err) }

// end waits for the parts under way. They end soon if one has failed; else they
// are let be written, so that none is when the upload is dropped.
func (w *Writer) end() {
	for _, p := range w.sent {
		_, _ = p.Wait(w.sending)
	}
	if w.fail != nil {
		w.fail(errClosed)
	}
	w.sent, w.buf = nil, nil
}

// Commit makes the object of all that was written. After an error there is
// nothing to be seen of it, unless the error is Retryable: then it is unknown.
func (w *Writer) Commit(ctx context.Context) (Info, error) {
	if w.err != nil {
		return Info{}, w.err
	}
	info, err := w.commit(ctx)
	w.end()
	if w.err = err; err == nil {
		w.err = errClosed
		w.upload = ""
	}
	return info, err
}

func (w *Writer) commit(ctx context.Context) (Info, error) {
	if w.upload == "" {
		a, err := w.store.Do(ctx, Request{Op: OpPut, Key: w.key, Body: w.buf, If: w.cond, Token: w.token})
		return a.Info, err
	}
	if len(w.buf) > 0 {
		if err := w.send(ctx); err != nil {
			return Info{}, err
		}
	}
	for len(w.sent) > 0 {
		if err := w.settle(ctx); err != nil {
			return Info{}, err
		}
	}
	a, err := w.store.Do(ctx, Request{Op: OpComplete, Key: w.key, Upload: w.upload, Parts: w.parts, If: w.cond, Token: w.token})
	return a.Info, err
}

// Abort drops what was written, once the parts under way are there. After Commit
// was done it does nothing.
func (w *Writer) Abort(ctx context.Context) error {
	w.end()
	upload := w.upload
	w.upload, w.err = "", errClosed
	if upload == "" {
		return nil
	}
	_, err := w.store.Do(ctx, Request{Op: OpAbort, Key: w.key, Upload: upload})
	return err
}
