package store

import (
	"context"
	"crypto/rand"
	"errors"
	"io"
	"iter"

	"github.com/seed-128c3863/sluice/flow"
)

const (
	// rangeBytes is how much of a streamed object one request reads: one
	// connection of AWS gives some 85 MB/s, and half a second of that hides
	// its latency.
	rangeBytes = 8 << 20

	// partBytes is how much of a big object one request writes. S3 takes no
	// less than 5 MiB, and no more than 10,000 parts.
	partBytes = 8 << 20

	// partsPerSize is after how many parts their size doubles, so that the
	// parts of any object that S3 takes can be counted.
	partsPerSize = 1000
)

// OpenOptions say how an object is streamed. The zero value is a good default.
type OpenOptions struct {
	Range int64 // bytes of one request; default 8 MiB
	Ahead int   // requests under way or ready before they are read; default 2

	// Direct lets ReadAt ask for just the bytes it is to read, and hold none.
	Direct bool
}

// Open returns the bytes of the object that info describes. Read reads them by
// requests for one range after the other, and holds (Ahead + 1) x Range bytes;
// ReadAt asks for the ranges that it needs, and holds two; what Ahead reads is the
// caller's. If the object is no longer the one of info.ETag, all return an error
// of kind Changed. Of a web host that gives no parts, or no size, a copy on the
// local disk is read. The caller closes it, which ends the requests under way.
func Open(ctx context.Context, s Store, info Info, o OpenOptions) *Reader {
	if o.Range <= 0 {
		o.Range = rangeBytes
	}
	if o.Ahead <= 0 {
		o.Ahead = 2
	}
	if z, ok := s.(*archive); ok {
		return z.open(ctx, info, o)
	}
	w := &whole{of: s, info: info}
	size, failed := info.Size, error(nil)
	if size < 0 { // a web host that does not say
		var all *Spool
		size = 1 // so that an error is seen
		if all, failed = w.spool(ctx); failed == nil {
			size = all.Size()
		}
	}
	n := int((size + o.Range - 1) / o.Range)
	get := func(ctx context.Context, at, n int64) ([]byte, error) {
		if failed != nil {
			return nil, failed
		}
		return w.read(ctx, Range{at, n})
	}
	fetch := func(ctx context.Context, i int) ([]byte, error) {
		at := int64(i) * o.Range
		return get(ctx, at, min(o.Range, size-at))
	}
	next, stop := iter.Pull2(flow.Ahead(ctx, n, o.Ahead, fetch))
	parts := &parts{size: size, each: o.Range, fetch: func(i int) ([]byte, error) { return fetch(ctx, i) }}
	if o.Direct && failed == nil {
		parts.direct = func(at, n int64) ([]byte, error) { return get(ctx, at, n) }
	}
	return &Reader{parts: parts, ctx: ctx, get: get, next: next, err: failed, stop: func() { stop(); w.close() }}
}

// A Reader reads an object that is open: from its beginning to its end, or, by
// ReadAt and Ahead, anywhere.
type Reader struct {
	*parts
	ctx   context.Context // of its requests
	get   func(ctx context.Context, at, n int64) ([]byte, error)
	begun map[*flow.Pending[[]byte]]bool // by Ahead, and not waited for
	next  func() ([]byte, error, bool)
	stop  func()
	rest  []byte
	err   error // of every Read to come
}

// Read reads on from where the Read before it ended.
func (r *Reader) Read(p []byte) (int, error) {
	for len(r.rest) == 0 && r.err == nil {
		body, err, ok := r.next()
		switch {
		case !ok:
			r.err = io.EOF
		case err != nil:
			r.err = err
		default:
			r.rest = body
		}
	}
	if len(r.rest) == 0 {
		return 0, r.err
	}
	n := copy(p, r.rest)
	r.rest = r.rest[n:]
	return n, nil
}

// Close ends the requests under way and waits for them.
func (r *Reader) Close() error {
	for p := range r.begun {
		p.Drop()
	}
	clear(r.begun)
	r.stop()
	r.drop()
	r.rest, r.err = nil, errClosed
	return nil
}

var errClosed = errors.New("store: read or write after the end")

// A Writer writes one object of any size. What is written is held up to a part
// of 8 MiB; an object that is bigger becomes a multipart upload. Nothing is to
// be seen of it before Commit.
type Writer struct {
	ctx    context.Context
	store  Store
	key    string
	cond   Condition
	token  string
	buf    []byte
	size   int64 // written in parts
	upload string
	parts  []Part
	err    error // of everything to come
}

// Create returns a Writer of the object, for which the condition must hold
// when it is committed. Either Commit or Abort must be called in the end; ctx
// is that of the requests which Write makes.
func Create(ctx context.Context, s Store, key string, c Condition) *Writer {
	return &Writer{ctx: ctx, store: s, key: key, cond: c, token: rand.Text()}
}

// Write adds p to the object. It sends a part when there is enough for one.
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
func (w *Writer) partSize() int { return partBytes << (len(w.parts) / partsPerSize) }

// send makes a part of what is held.
func (w *Writer) send(ctx context.Context) error {
	if w.upload == "" {
		a, err := w.store.Do(ctx, Request{Op: OpBegin, Key: w.key, Token: w.token})
		if err != nil {
			return err
		}
		w.upload = a.Upload
	}
	a, err := w.store.Do(ctx, Request{Op: OpPart, Key: w.key, Upload: w.upload, Number: len(w.parts) + 1, Range: Range{Offset: w.size}, Body: w.buf})
	if err != nil {
		return err
	}
	w.parts = append(w.parts, a.Part)
	w.size += int64(len(w.buf))
	w.buf = w.buf[:0]
	return nil
}

// Commit makes the object of all that was written. After an error there is
// nothing to be seen of it, unless the error is Retryable: then it is unknown.
func (w *Writer) Commit(ctx context.Context) (Info, error) {
	if w.err != nil {
		return Info{}, w.err
	}
	info, err := w.commit(ctx)
	if w.err = err; err == nil {
		w.err = errClosed
		w.upload, w.buf = "", nil
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
	a, err := w.store.Do(ctx, Request{Op: OpComplete, Key: w.key, Upload: w.upload, Parts: w.parts, If: w.cond, Token: w.token})
	return a.Info, err
}

// Abort drops what was written. After Commit was done it does nothing.
func (w *Writer) Abort(ctx context.Context) error {
	upload := w.upload
	w.upload, w.buf, w.err = "", nil, errClosed
	if upload == "" {
		return nil
	}
	_, err := w.store.Do(ctx, Request{Op: OpAbort, Key: w.key, Upload: upload})
	return err
}
