package format

import (
	"bytes"
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
	r      io.Reader    // nil: buf is the whole file
	buf    []byte       // read and not yet dropped
	pos    int          // in buf, of the first byte not yet used
	base   int64        // position of buf[0] in the file, from 0
	whole  bool         // r has no more
	keep   bool         // never drop: the whole file is wanted in memory
	most   int          // bytes that one record may have
	usual  int          // size of buf from the second filling on, if it is not larger
	text   *textDecoder // what buf comes from; nil: the file itself
	marked bool         // the file begins with a byte-order mark, or is none of UTF-8
}

// open sets the window on a file that is in memory, or on a stream of one.
func (s *window) open(data []byte, in io.Reader) {
	if in == nil {
		s.buf, s.whole = data, true
		return
	}
	s.r, s.buf, s.usual = in, make([]byte, 0, firstBytes), streamBytes
}

// rest returns what is not yet used.
func (s *window) rest() []byte { return s.buf[s.pos:] }

// position returns that of buf[i] in the file, from 1.
func (s *window) position(i int) int64 {
	if s.text != nil {
		return s.text.source(s.buf, s.base, i) + 1
	}
	return s.base + int64(i) + 1
}

// decode goes on with what is not yet used as text of an encoding.
func (s *window) decode(set *charset) {
	from, in := s.position(s.pos)-1, io.Reader(bytes.NewReader(s.rest()))
	if !s.whole {
		in = io.MultiReader(in, s.r)
	}
	s.text = newTextDecoder(in, set, from)
	s.base, s.pos, s.whole = 0, 0, false
	s.open(nil, s.text)
}

// mark reads the beginning, or with keep all, and passes a byte-order mark.
// hint follows the error for one of UTF-16.
func (s *window) mark(hint string) error {
	for !s.whole && (s.keep || len(s.buf) < utf8.UTFMax) {
		if err := s.fill(); err != nil {
			return err
		}
	}
	switch d := s.rest(); {
	case s.keep && len(d) > s.most:
		return s.tooLong()
	case bytes.HasPrefix(d, []byte("\xef\xbb\xbf")):
		s.pos += 3
	case bytes.HasPrefix(d, []byte("\xff\xfe")), bytes.HasPrefix(d, []byte("\xfe\xff")):
		return &row.Error{Byte: 1, Err: errors.New("the file is UTF-16; " + hint)}
	}
	return nil
}

// noCharacter says what is no character at the beginning of text, a part of buf.
func (s *window) noCharacter(text []byte) string {
	if s.text == nil {
		return (*charset)(nil).fault(text)
	}
	return s.text.set.fault(text)
}

// emptied replaces the error for a file that ends before it begins.
func (s *window) emptied(err error) error {
	size := s.position(len(s.buf)) - 1
	switch {
	case !s.whole || s.pos < len(s.buf):
		return err
	case size == 0:
		return &row.Error{Err: errors.New("is empty (0 bytes)")}
	}
	return &row.Error{Err: fmt.Errorf("holds nothing but white space (%d bytes)", size)}
}

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
		if s.text != nil {
			s.text.forget(s.buf, s.base, s.pos)
		}
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
// needed as a whole, of more than MaxRecord bytes of the reader's options.
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
