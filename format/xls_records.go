package format

import (
	"bufio"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"unicode/utf16"
	"unicode/utf8"
)

// The records of an old workbook (BIFF8) that are read.
const (
	biffFormula  = 0x0006
	biffEnd      = 0x000a
	biff1904     = 0x0022
	biffPassword = 0x002f
	biffContinue = 0x003c
	biffSheet    = 0x0085
	biffMulRK    = 0x00bd
	biffRich     = 0x00d6
	biffXF       = 0x00e0
	biffTexts    = 0x00fc
	biffShared   = 0x00fd
	biffNumber   = 0x0203
	biffLabel    = 0x0204
	biffBoolErr  = 0x0205
	biffString   = 0x0207
	biffRK       = 0x027e
	biffFormat   = 0x041e
	biffBegin    = 0x0809
)

// A biffReader goes through the records of a workbook's stream.
type biffReader struct {
	in   *compoundStream
	buf  *bufio.Reader
	typ  uint16
	data []byte // of the record, what is not yet used of it
	keep []byte
	back bool // the record is to be given once more
	most int  // bytes of a text

	units []uint16
}

// seek goes on with the record at a position of the stream.
func (r *biffReader) seek(at int64) {
	r.buf = bufio.NewReaderSize(io.NewSectionReader(r.in, at, r.in.size-at), 64<<10)
	r.back = false
}

// next reads a record.
func (r *biffReader) next() error {
	if r.back {
		r.back = false
		return nil
	}
	var head [4]byte
	if _, err := io.ReadFull(r.buf, head[:]); err != nil {
		return cutBook(err)
	}
	r.typ = binary.LittleEndian.Uint16(head[:])
	n := int(binary.LittleEndian.Uint16(head[2:]))
	if cap(r.keep) < n {
		r.keep = make([]byte, n, 1<<16)
	}
	r.data = r.keep[:n]
	if _, err := io.ReadFull(r.buf, r.data); err != nil {
		return cutBook(err)
	}
	return nil
}

var errCutBook = errors.New("the workbook is cut off or damaged: its records end before they should; get the file anew")

func cutBook(err error) error {
	if err == io.EOF || err == io.ErrUnexpectedEOF {
		return errCutBook
	}
	return err
}

// more goes on with the record that continues this one.
func (r *biffReader) more() error {
	if err := r.next(); err != nil {
		return err
	}
	if r.typ != biffContinue || len(r.data) == 0 {
		return errCutBook
	}
	return nil
}

// take returns the next bytes, which may go on in another record.
func (r *biffReader) take(n int) ([]byte, error) {
	if len(r.data) >= n {
		text := r.data[:n]
		r.data = r.data[n:]
		return text, nil
	}
	text := make([]byte, 0, n)
	for {
		k := min(n-len(text), len(r.data))
		text = append(text, r.data[:k]...)
		if r.data = r.data[k:]; len(text) == n {
			return text, nil
		}
		if err := r.more(); err != nil {
			return nil, err
		}
	}
}

// skip passes bytes, which may be in many records.
func (r *biffReader) skip(n int64) error {
	for n > int64(len(r.data)) {
		n -= int64(len(r.data))
		if err := r.more(); err != nil {
			return err
		}
	}
	r.data = r.data[n:]
	return nil
}

// text appends a text: its length of so many bytes, its flags, its characters, and
// what they look like, which is passed.
func (r *biffReader) text(dst []byte, length int) ([]byte, error) {
	head, err := r.take(length)
	if err != nil {
		return dst, err
	}
	n := int(head[0])
	if length == 2 {
		n = int(binary.LittleEndian.Uint16(head))
	}
	if len(r.data) == 0 && n == 0 {
		return dst, nil // as some programs write the empty text
	}
	flags, err := r.take(1)
	if err != nil {
		return dst, err
	}
	wide, rich, spoken := flags[0]&1 != 0, flags[0]&8 != 0, flags[0]&4 != 0
	var after int64
	if rich {
		runs, err := r.take(2)
		if err != nil {
			return dst, err
		}
		after = 4 * int64(binary.LittleEndian.Uint16(runs))
	}
	if spoken {
		size, err := r.take(4)
		if err != nil {
			return dst, err
		}
		after += int64(binary.LittleEndian.Uint32(size))
	}
	if dst, err = r.chars(dst, n, wide); err != nil {
		return dst, err
	}
	return dst, r.skip(after)
}

// chars appends characters. Where they go on in another record, that says anew how
// wide they are.
func (r *biffReader) chars(dst []byte, n int, wide bool) ([]byte, error) {
	begin := len(dst)
	r.units = r.units[:0]
	for {
		if wide {
			for ; n > 0 && len(r.data) > 1; n-- {
				r.units = append(r.units, binary.LittleEndian.Uint16(r.data))
				r.data = r.data[2:]
			}
		} else {
			for ; n > 0 && len(r.data) > 0; n-- {
				r.units = append(r.units, uint16(r.data[0]))
				r.data = r.data[1:]
			}
		}
		if n == 0 {
			break
		}
		if err := r.more(); err != nil {
			return dst, err
		}
		wide = r.data[0]&1 != 0
		r.data = r.data[1:]
	}
	for i := 0; i < len(r.units); i++ {
		c := rune(r.units[i])
		if utf16.IsSurrogate(c) && i+1 < len(r.units) {
			if c = utf16.DecodeRune(c, rune(r.units[i+1])); c != utf8.RuneError {
				i++
			}
		}
		dst = utf8.AppendRune(dst, c)
	}
	if len(dst)-begin > r.most {
		return dst, fmt.Errorf("a text in it has more than %d bytes, %w", r.most, ErrTooLarge)
	}
	return dst, nil
}
