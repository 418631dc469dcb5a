package store

import (
	"context"
	"errors"
	"io"
	"iter"
	"sync"

	"github.com/seed-128c3863/sluice/flow"
)

// rangeBytes is how much of a streamed object one request reads: one connection
// of AWS gives some 85 MB/s, and half a second of that hides its latency.
const rangeBytes = 8 << 20

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
	asked sync.Mutex                     // guards begun
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
