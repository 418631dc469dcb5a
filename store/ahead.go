package store

import (
	"context"
	"io"

	"github.com/seed-128c3863/sluice/flow"
)

// aheadBytes is how much one request of Ahead asks for: what is wanted soon is
// there sooner by several requests at once.
const aheadBytes = 2 << 20

// Ahead begins to read n bytes from a place in the object on, by requests for
// 2 MiB at once, and returns what waits for them, for one call. Close ends those
// that nobody has waited for. Several goroutines may ask for it at once.
func (r *Reader) Ahead(at, n int64) (wait func() ([]byte, error)) {
	if at < 0 || n < 0 || n > r.size-at {
		return func() ([]byte, error) { return nil, io.ErrUnexpectedEOF }
	}
	p := flow.Begin(r.ctx, func(ctx context.Context) ([]byte, error) { return r.ranges(ctx, at, n) })
	r.asked.Lock()
	defer r.asked.Unlock()
	if r.begun == nil {
		r.begun = map[*flow.Pending[[]byte]]bool{}
	}
	r.begun[p] = true
	return func() ([]byte, error) {
		r.asked.Lock()
		delete(r.begun, p)
		r.asked.Unlock()
		return p.Wait(r.ctx)
	}
}

// ranges reads n bytes from a place on.
func (r *Reader) ranges(ctx context.Context, at, n int64) ([]byte, error) {
	if n <= aheadBytes {
		body, err := r.get(ctx, at, n)
		return body, short(err, body, n)
	}
	body := make([]byte, n)
	var all []func(context.Context) error
	for begin := int64(0); begin < n; begin += aheadBytes {
		part := body[begin:min(begin+aheadBytes, n)]
		all = append(all, func(ctx context.Context) error {
			got, err := r.get(ctx, at+begin, int64(len(part)))
			copy(part, got)
			return short(err, got, int64(len(part)))
		})
	}
	return body, flow.Together(ctx, all...)
}

// short returns err, or an error if body has less than n bytes.
func short(err error, body []byte, n int64) error {
	if err == nil && int64(len(body)) < n {
		return io.ErrUnexpectedEOF
	}
	return err
}
