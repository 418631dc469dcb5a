package store

import (
	"fmt"
	"io"
	"slices"
	"sync"
)

// mostParts is how many parts of an object ReadAt holds: that which is read from
// its beginning to its end, and that of a list which says where things are.
const mostParts = 2

// parts are the ranges of an object, of which the last used are held.
type parts struct {
	size, each int64 // bytes: of the object, of a part
	fetch      func(i int) ([]byte, error)
	direct     func(at, n int64) ([]byte, error) // nil: ReadAt goes by parts

	mu     sync.Mutex // guards the rest
	held   []heldPart // the last used is the last
	closed bool
}

type heldPart struct {
	number int
	bytes  []byte
}

// Size returns how many bytes the object has.
func (p *parts) Size() int64 { return p.size }

// ReadAt reads from a place in the object.
func (p *parts) ReadAt(to []byte, at int64) (n int, err error) {
	if at < 0 {
		return 0, fmt.Errorf("store: read at %d", at)
	}
	if p.direct != nil {
		return p.readDirect(to, at)
	}
	for n < len(to) {
		if at >= p.size {
			return n, io.EOF
		}
		body, err := p.part(int(at / p.each))
		if err != nil {
			return n, err
		}
		got := copy(to[n:], body[min(at%p.each, int64(len(body))):])
		if got == 0 {
			return n, io.ErrUnexpectedEOF
		}
		n += got
		at += int64(got)
	}
	return n, nil
}

// readDirect reads by a request for just what is asked for.
func (p *parts) readDirect(to []byte, at int64) (int, error) {
	n := min(int64(len(to)), p.size-at)
	if n <= 0 {
		return 0, io.EOF
	}
	body, err := p.direct(at, n)
	switch got := copy(to, body); {
	case err != nil:
		return 0, err
	case int64(got) < n:
		return got, io.ErrUnexpectedEOF
	case got < len(to):
		return got, io.EOF
	default:
		return got, nil
	}
}

// part returns a part, which is fetched if it is not held.
func (p *parts) part(number int) ([]byte, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.closed {
		return nil, errClosed
	}
	i := slices.IndexFunc(p.held, func(h heldPart) bool { return h.number == number })
	if i >= 0 {
		h := p.held[i]
		p.held = append(slices.Delete(p.held, i, i+1), h)
		return h.bytes, nil
	}
	if len(p.held) == mostParts {
		p.held = slices.Delete(p.held, 0, 1)
	}
	body, err := p.fetch(number)
	if err == nil {
		p.held = append(p.held, heldPart{number, body})
	}
	return body, err
}

// drop ends all reading.
func (p *parts) drop() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.held, p.closed = nil, true
}
