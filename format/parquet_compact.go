package format

import (
	"encoding/binary"
	"errors"
)

// The types of Thrift's compact protocol that a struct of Parquet has.
const (
	compactStop   = 0
	compactTrue   = 1
	compactFalse  = 2
	compactByte   = 3
	compactDouble = 7
	compactBytes  = 8
	compactList   = 9
	compactSet    = 10
	compactMap    = 11
	compactStruct = 12
)

// A compact reads Thrift's compact protocol, in which Parquet has its footer and
// the headers of its pages. It makes no room by what the text says of itself, so
// that a text takes no more memory than what is made of its bytes.
type compact struct {
	text  []byte
	at    int
	depth int
	err   error // the first; from then on everything is zero
}

var (
	errCompactEnd  = errors.New("it ends too early")
	errCompactForm = errors.New("it is not written as Parquet is")
)

func (t *compact) fail(err error) {
	if t.err == nil {
		t.err = err
	}
	t.at = len(t.text)
}

func (t *compact) byte() byte {
	if t.at >= len(t.text) {
		t.fail(errCompactEnd)
		return 0
	}
	t.at++
	return t.text[t.at-1]
}

func (t *compact) uvarint() uint64 {
	v, n := binary.Uvarint(t.text[t.at:])
	switch {
	case n > 0:
		t.at += n
		return v
	case n < 0:
		t.fail(errCompactForm)
	default:
		t.fail(errCompactEnd)
	}
	return 0
}

// int reads an integer of any width.
func (t *compact) int() int64 {
	v := t.uvarint()
	return int64(v>>1) ^ -int64(v&1)
}

// int32 reads an integer that has 32 bits.
func (t *compact) int32() int32 {
	v := t.int()
	if v != int64(int32(v)) {
		t.fail(errCompactForm)
		return 0
	}
	return int32(v)
}

// bytes reads a text, which lies in t.text.
func (t *compact) bytes() []byte {
	n := t.uvarint()
	if n > uint64(len(t.text)-t.at) {
		t.fail(errCompactEnd)
		return nil
	}
	t.at += int(n)
	return t.text[t.at-int(n) : t.at]
}

// deepest is how many structs and lists lie in one another at most.
const deepest = 32

// fields reads a struct: each is called for its fields in turn, and reads the
// value or skips it.
func (t *compact) fields(each func(id int16, kind byte)) {
	if t.depth++; t.depth > deepest {
		t.fail(errCompactForm)
	}
	id := int16(0)
	for t.err == nil {
		head := t.byte()
		if head == compactStop {
			break
		}
		if step := head >> 4; step != 0 {
			id += int16(step)
		} else {
			id = int16(t.int32())
		}
		each(id, head&15)
	}
	t.depth--
}

// list reads a list: each is called for every element, and reads it.
func (t *compact) list(each func(kind byte)) {
	head := t.byte()
	n := uint64(head >> 4)
	if n == 15 {
		n = t.uvarint()
	}
	if t.depth++; t.depth > deepest {
		t.fail(errCompactForm)
	}
	for i := uint64(0); i < n && t.err == nil; i++ {
		each(head & 15)
	}
	t.depth--
}

// structs reads a list of structs.
func (t *compact) structs(each func()) {
	t.list(func(kind byte) {
		if kind != compactStruct {
			t.fail(errCompactForm)
			return
		}
		each()
	})
}

// skip passes a field's value.
func (t *compact) skip(kind byte) {
	if kind != compactTrue && kind != compactFalse {
		t.skipElement(kind)
	}
}

// skipElement passes a value in a list, where true and false are a byte.
func (t *compact) skipElement(kind byte) {
	switch kind {
	case compactTrue, compactFalse, compactByte:
		t.byte()
	case 4, 5, 6: // integers
		t.uvarint()
	case compactDouble:
		for range 8 {
			t.byte()
		}
	case compactBytes:
		t.bytes()
	case compactList, compactSet:
		t.list(t.skipElement)
	case compactMap:
		t.skipMap()
	case compactStruct:
		t.fields(func(_ int16, kind byte) { t.skip(kind) })
	default:
		t.fail(errCompactForm)
	}
}

func (t *compact) skipMap() {
	n := t.uvarint()
	if n == 0 {
		return
	}
	kinds := t.byte()
	if t.depth++; t.depth > deepest {
		t.fail(errCompactForm)
	}
	for i := uint64(0); i < n && t.err == nil; i++ {
		t.skipElement(kinds >> 4)
		t.skipElement(kinds & 15)
	}
	t.depth--
}
