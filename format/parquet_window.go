package format

import "io"

// An eager input begins to read what is soon wanted of it.
type eager interface {
	// Ahead begins to read n bytes from a place on, and returns what waits for
	// them, which is called once at most.
	Ahead(at, n int64) (wait func() ([]byte, error))
}

// A pqFile is the file that parts are fetched of.
type pqFile struct {
	in    io.ReaderAt
	ahead func(at, n int64) (wait func() ([]byte, error))
	eager bool // what is begun goes on by itself
	room  *pqRoom
}

func newFile(in io.ReaderAt, room *pqRoom) pqFile {
	if e, ok := in.(eager); ok {
		return pqFile{in: in, ahead: e.Ahead, eager: true, room: room}
	}
	return pqFile{in: in, room: room, ahead: func(at, n int64) func() ([]byte, error) {
		return func() ([]byte, error) {
			text := make([]byte, n)
			return text, readFull(in, text, at)
		}
	}}
}

// begin begins to fetch a span.
func (f *pqFile) begin(s *pqSpan) error {
	if err := f.room.take(uint64(s.end - s.start)); err != nil {
		return err
	}
	s.wait = f.ahead(s.start, s.end-s.start)
	return nil
}

// A pqSpan is a part of the file that is fetched.
type pqSpan struct {
	start, end int64
	wait       func() ([]byte, error)
	text       []byte // once it was waited for
	err        error
	readers    int // windows that it has bytes for
}

// from returns its bytes from a place on to another, or to its end.
func (s *pqSpan) from(at, end int64) ([]byte, error) {
	if s.wait != nil {
		s.text, s.err = s.wait()
		s.wait = nil
	}
	if s.err != nil {
		return nil, s.err
	}
	return s.text[at-s.start : min(end, s.end)-s.start], nil
}

// done says that a window has read it. After the last its bytes are given back.
func (s *pqSpan) done(room *pqRoom) {
	if s == nil {
		return
	}
	if s.readers--; s.readers == 0 {
		room.give(int(s.end - s.start))
		s.text = nil
	}
}

// A pqWindow is what was fetched of a chunk and not yet read.
type pqWindow struct {
	file *pqFile
	at   int64   // in the file, of what comes next
	end  int64   // of the chunk
	text []byte  // what is there from at on
	in   *pqSpan // that text lies in, if it is not in buf
	buf  []byte
	next *pqSpan // what comes behind text; nil: it is not begun
	each int64   // bytes of a fetch
}

// peek returns n bytes at least, or all that the chunk has.
func (w *pqWindow) peek(n int64) ([]byte, error) {
	n = min(n, w.end-w.at)
	for n > int64(len(w.text)) {
		if w.next == nil {
			if err := w.begin(n - int64(len(w.text))); err != nil {
				return nil, err
			}
		}
		if err := w.join(); err != nil {
			return nil, err
		}
	}
	return w.text, nil
}

// begin begins to fetch what comes behind text, of n bytes at least.
func (w *pqWindow) begin(n int64) error {
	from := w.at + int64(len(w.text))
	s := &pqSpan{start: from, end: from + min(max(n, w.each), w.end-from), readers: 1}
	if err := w.file.begin(s); err != nil {
		return err
	}
	w.next = s
	return nil
}

// join adds to text what comes behind it, as soon as that is there.
func (w *pqWindow) join() error {
	s := w.next
	more, err := s.from(w.at+int64(len(w.text)), w.end)
	if err != nil {
		return err
	}
	if w.next = nil; len(w.text) == 0 {
		w.in.done(w.file.room)
		w.text, w.in = more, s
		return nil
	}
	have, size := len(w.text), len(w.text)+len(more)
	buf := w.buf
	if cap(buf) < size {
		if err := w.file.room.take(uint64(size)); err != nil {
			return err
		}
		w.file.room.give(cap(buf))
		buf = make([]byte, size)
	}
	buf = buf[:size]
	copy(buf, w.text)
	copy(buf[have:], more)
	s.done(w.file.room)
	w.in.done(w.file.room)
	w.in, w.buf, w.text = nil, buf, buf
	return nil
}

// ahead begins to fetch what comes behind text if there is room for it, and says
// whether all of the chunk is begun.
func (w *pqWindow) ahead() bool {
	if w.next != nil {
		return w.next.end >= w.end
	}
	from := w.at + int64(len(w.text))
	if from < w.end && w.file.room.spare(min(w.each, w.end-from)) && w.begin(0) != nil {
		return false
	}
	return from >= w.end || w.next != nil && w.next.end >= w.end
}

// skip goes by n bytes of the chunk, fetched or not.
func (w *pqWindow) skip(n int64) {
	there := min(n, int64(len(w.text)))
	w.text, w.at = w.text[there:], w.at+n
	if w.next != nil && w.at >= w.next.end {
		w.next.done(w.file.room)
		w.next = nil
	}
}

// close gives back what it holds.
func (w *pqWindow) close() {
	if w.file == nil {
		return
	}
	w.in.done(w.file.room)
	w.next.done(w.file.room)
	w.file.room.give(cap(w.buf))
	*w = pqWindow{}
}
