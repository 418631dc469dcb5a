package format

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
)

// A pqFooter is what a file's footer says of it.
type pqFooter struct {
	elements []pqElement // of the schema, a group before what is in it
	leaves   int         // of the elements, those that hold values
	rows     int64
	groups   []pqGroup
}

// A pqElement is an element of the schema as it is written.
type pqElement struct {
	name       string
	physical   int32 // -1: a group
	length     int32
	repetition int32
	children   int32
	converted  int32 // -1: none
	scale      int32
	precision  int32
	logical    pqLogical
}

// A pqLogical is a logical type: its id, 0 for none, and what there is to it.
type pqLogical struct {
	id               int16
	scale, precision int32
	utc, signed      bool
	unit             int16 // 1 ms, 2 us, 3 ns
	bits             int8
}

// A pqGroup is a row group.
type pqGroup struct {
	rows   int64
	chunks []pqChunk // by leaf
}

// A pqChunk is where the pages of a column of a row group are.
type pqChunk struct {
	physical, codec int32
	values          int64
	start, size     int64 // bytes of the file
	plain           int64 // bytes that its pages unfold to
	elsewhere       bool  // in another file, or encrypted
}

const (
	pqMagic     = "PAR1"
	pqEncrypted = "PARE"

	// tailBytes is how much is read of a file's end at first, which mostly has
	// the footer in it.
	tailBytes = 64 << 10

	// mostElements is how many elements a schema has at most.
	mostElements = 100_000
)

// readFooter reads the footer of a file of size bytes, which has most at most.
func readFooter(in io.ReaderAt, size int64, most int) (*pqFooter, error) {
	tail := make([]byte, min(size, tailBytes))
	if err := readFull(in, tail, size-int64(len(tail))); err != nil {
		return nil, err
	}
	if err := checkMagic(in, tail, size); err != nil {
		return nil, err
	}
	n := int64(binary.LittleEndian.Uint32(tail[len(tail)-8:]))
	switch {
	case n > size-12:
		return nil, fmt.Errorf("its footer should have %d bytes, and the file has %d: it is damaged", n, size)
	case n > int64(most):
		return nil, fmt.Errorf("its footer has %d bytes, more than %d, %w", n, most, ErrTooLarge)
	case n > int64(len(tail)-8):
		tail = make([]byte, n+8)
		if err := readFull(in, tail, size-n-8); err != nil {
			return nil, err
		}
	}
	f := &pqFooter{}
	t := &compact{text: tail[int64(len(tail))-8-n : len(tail)-8]}
	f.read(t)
	if t.err != nil {
		return nil, fmt.Errorf("its footer is damaged: %w", t.err)
	}
	return f, f.check(size)
}

// readFull fills p from a place in the file.
func readFull(in io.ReaderAt, p []byte, at int64) error {
	if len(p) == 0 {
		return nil
	}
	n, err := in.ReadAt(p, at)
	switch {
	case n == len(p):
		return nil
	case err == nil || errors.Is(err, io.EOF):
		return io.ErrUnexpectedEOF
	}
	return err
}

// checkMagic says what is wrong with the marks that a file begins and ends with.
func checkMagic(in io.ReaderAt, tail []byte, size int64) error {
	if size >= 12 {
		switch string(tail[len(tail)-4:]) {
		case pqMagic:
			return nil
		case pqEncrypted:
			return errors.New("its footer is encrypted, and sluice reads no such files")
		}
	}
	head := make([]byte, min(size, 4))
	if err := readFull(in, head, 0); err != nil {
		return err
	}
	switch {
	case size == 0:
		return errors.New("the file is empty, and no Parquet file (from.empty says what a file without a record does)")
	case string(head) == pqMagic:
		return fmt.Errorf("it begins as a Parquet file, and does not end as one after %d bytes: it is cut off", size)
	}
	return fmt.Errorf("it is no Parquet file: it begins with %q, not with %q", head, pqMagic)
}

// read reads the footer's struct.
func (f *pqFooter) read(t *compact) {
	t.fields(func(id int16, kind byte) {
		switch {
		case id == 2 && kind == compactList:
			t.structs(func() { f.element(t) })
		case id == 3:
			f.rows = t.int()
		case id == 4 && kind == compactList:
			t.structs(func() { f.group(t) })
		default:
			t.skip(kind)
		}
	})
}

// element reads an element of the schema.
func (f *pqFooter) element(t *compact) {
	e := pqElement{physical: -1, converted: -1}
	t.fields(func(id int16, kind byte) {
		switch id {
		case 1:
			e.physical = t.int32()
		case 2:
			e.length = t.int32()
		case 3:
			e.repetition = t.int32()
		case 4:
			e.name = string(t.bytes())
		case 5:
			e.children = t.int32()
		case 6:
			e.converted = t.int32()
		case 7:
			e.scale = t.int32()
		case 8:
			e.precision = t.int32()
		case 10:
			e.logical.read(t)
		default:
			t.skip(kind)
		}
	})
	if e.physical >= 0 {
		f.leaves++
	}
	if f.elements = append(f.elements, e); len(f.elements) > mostElements {
		t.fail(fmt.Errorf("its schema has more than %d elements", mostElements))
	}
}

// read reads a union, of which each member is a struct.
func (l *pqLogical) read(t *compact) {
	t.fields(func(id int16, kind byte) {
		if kind != compactStruct {
			t.skip(kind)
			return
		}
		l.id = id
		t.fields(func(field int16, kind byte) { l.field(t, field, kind) })
	})
}

// field reads what a decimal, a time, a timestamp or an integer says.
func (l *pqLogical) field(t *compact, field int16, kind byte) {
	switch of := l.id; {
	case of == logicalDecimal && field == 1:
		l.scale = t.int32()
	case of == logicalDecimal && field == 2:
		l.precision = t.int32()
	case (of == logicalTime || of == logicalTimestamp) && field == 1:
		l.utc = kind == compactTrue
	case (of == logicalTime || of == logicalTimestamp) && field == 2 && kind == compactStruct:
		t.fields(func(unit int16, kind byte) {
			l.unit = unit
			t.skip(kind)
		})
	case of == logicalInteger && field == 1 && kind == compactByte:
		l.bits = int8(t.byte())
	case of == logicalInteger && field == 2:
		l.signed = kind == compactTrue
	default:
		t.skip(kind)
	}
}

// group reads a row group. The schema stands before it.
func (f *pqFooter) group(t *compact) {
	var g pqGroup
	t.fields(func(id int16, kind byte) {
		switch {
		case id == 1 && kind == compactList:
			t.structs(func() {
				if len(g.chunks) == f.leaves {
					t.fail(fmt.Errorf("row group %d has more columns than the schema", len(f.groups)+1))
				}
				g.chunks = append(g.chunks, readChunk(t))
			})
		case id == 3:
			g.rows = t.int()
		default:
			t.skip(kind)
		}
	})
	if t.err == nil && len(g.chunks) != f.leaves {
		t.fail(fmt.Errorf("row group %d has %d columns, and the schema %d", len(f.groups)+1, len(g.chunks), f.leaves))
	}
	f.groups = append(f.groups, g)
}

// readChunk reads where a column's pages are.
func readChunk(t *compact) (c pqChunk) {
	dictionary, data := int64(0), int64(0)
	meta := func(id int16, kind byte) {
		switch id {
		case 1:
			c.physical = t.int32()
		case 4:
			c.codec = t.int32()
		case 5:
			c.values = t.int()
		case 6:
			c.plain = t.int()
		case 7:
			c.size = t.int()
		case 9:
			data = t.int()
		case 11:
			dictionary = t.int()
		default:
			t.skip(kind)
		}
	}
	t.fields(func(id int16, kind byte) {
		switch {
		case id == 1:
			c.elsewhere = len(t.bytes()) > 0
		case id == 3 && kind == compactStruct:
			t.fields(meta)
		case id == 8 || id == 9:
			c.elsewhere = true
			t.skip(kind)
		default:
			t.skip(kind)
		}
	})
	c.start = data
	if dictionary > 0 && dictionary < data {
		c.start = dictionary
	}
	return c
}
