package store

import (
	"context"
	"io"
	"sync"
)

// A whole is an object that its store gives in parts or, if it cannot, as a
// whole: then it is copied to the local disk.
type whole struct {
	of   Store
	info Info

	mu     sync.Mutex // guards the rest
	copy   *Spool     // nil: there is none
	closed bool
}

// read returns a part of the object.
func (w *whole) read(ctx context.Context, r Range) ([]byte, error) {
	w.mu.Lock()
	s := w.copy
	w.mu.Unlock()
	if s == nil {
		body, _, err := GetRange(ctx, w.of, w.info.Key, w.info.ETag, r)
		if KindOf(err) != Unsupported {
			return body, err
		}
		if s, err = w.spool(ctx); err != nil {
			return nil, err
		}
	}
	body := make([]byte, max(0, min(r.Length, s.size-r.Offset)))
	if _, err := s.ReadAt(body, r.Offset); err != nil && err != io.EOF {
		return nil, err
	}
	return body, nil
}

// spool copies the object, once.
func (w *whole) spool(ctx context.Context) (*Spool, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	switch {
	case w.closed:
		return nil, errClosed
	case w.copy != nil:
		return w.copy, nil
	}
	s, err := NewSpool(bare(w.info.Key), mostSpooled)
	if err != nil {
		return nil, err
	}
	a, err := w.of.Do(ctx, Request{Op: OpGet, Key: w.info.Key, If: Condition{Match: w.info.ETag}, To: s})
	if err == nil && len(a.Body) > 0 { // of a store that does not know To
		_, err = s.Write(a.Body)
	}
	if err != nil {
		_ = s.Close()
		return nil, err
	}
	w.copy = s
	return s, nil
}

func (w *whole) close() {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.closed = true; w.copy != nil {
		_ = w.copy.Close()
		w.copy = nil
	}
}
