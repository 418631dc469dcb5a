package format

import (
	"errors"
	"fmt"
	"io"
	"unicode/utf8"

	"github.com/seed-128c3863/sluice/row"
)

// The sizes of a stream's buffer, in bytes: at first, for the many files that
// are no larger, and from then on as long as no record needs more. It should
// fit the second-level cache.
const (
	firstBytes  = 32 << 10
	streamBytes = 512 << 10
)

// errMore says that the buffer ends before the value does, and that there is
// more to read.
var errMore = errors.New("the value goes on beyond the buffer")

// A window is what its reader holds of a file: all of it, or a buffer that
// moves on.
type window struct {
	r     io.Reader // nil: buf is the whole file
	buf   []byte    // read and not yet dropped
	pos   int       // in buf, of the first byte not yet used
	base  int64     // position of buf[0] in the file, from 0
	whole bool      // r has no more
	keep  bool      // never drop: the whole file is wanted in memory
	most  int       // bytes that one record may have
	usual int       // size of buf from the second filling on, if it is not larger
}

// rest returns what is not yet used.
func (s *window) rest() []byte { return s.buf[s.pos:] }

// position returns that of buf[i], from 1.
func (s *window) position(i int) int64 { return s.base + int64(i) + 1 }

// fill reads on: until the buffer is full or the file ends. It drops what is
// used; a slice of buf holds other bytes afterwards.
func (s *window) fill() error {
	if s.whole {
		return nil
	}
	if len(s.rest()) > s.most+utf8.UTFMax { // a fault may show only by the whole character
		return s.tooLong()
	}
	if s.pos > 0 && !s.keep {
		n := copy(s.buf, s.rest())
		s.base += int64(s.pos)
		s.buf, s.pos = s.buf[:n], 0
	}
	s.grow()
	return s.read()
}

// grow makes room in buf for the bytes to come.
func (s *window) grow() {
	size := cap(s.buf)
	if len(s.buf) > size/2 {
		size *= 2
	}
	if s.base > 0 || len(s.buf) > 0 {
		size = max(size, s.usual)
	}
	if size > cap(s.buf) {
		grown := make([]byte, len(s.buf), size)
		copy(grown, s.buf)
		s.buf = grown
	}
}

// read reads until buf is full or the file ends.
func (s *window) read() error {
	for stalls := 0; len(s.buf) < cap(s.buf); {
		n, err := s.r.Read(s.buf[len(s.buf):cap(s.buf)])
		s.buf = s.buf[:len(s.buf)+n]
		if err == io.EOF {
			s.whole = true
			return nil
		}
		if stalls++; n > 0 {
			stalls = 0
		}
		if err == nil && stalls > 100 {
			err = io.ErrNoProgress
		}
		if err != nil {
			return &row.Error{Byte: s.position(len(s.buf)), Err: err}
		}
	}
	return nil
}

// tooLong says that the record at pos is, or another value that was to be
// passed.
func (s *window) tooLong() error {
	what := "the record or value that begins here"
	if s.keep {
		what = "the document, which is needed in memory as a whole,"
	}
	return &row.Error{Byte: s.position(s.pos), Err: fmt.Errorf("%s has more than %d bytes, %w", what, s.most, ErrTooLarge)}
}

// ErrTooLarge is the cause of the error for a record, or a document that is
// needed as a whole, of more than JSONOptions.MaxRecord bytes.
var ErrTooLarge = errors.New("the most that is held")

// undecided is the error for a record whose bytes do not say what it is.
func (s *window) undecided() error {
	if len(s.rest()) > s.most {
		return s.tooLong()
	}
	return errMore
}

// fault returns the error for what sc found at fault in rest().
func (s *window) fault(sc *scanner) error {
	switch {
	case sc.cut && !s.whole:
		return errMore
	case sc.at > s.most:
		return s.tooLong()
	}
	return &row.Error{Byte: s.position(s.pos + sc.at), Err: errors.New(sc.fault("file"))}
}
