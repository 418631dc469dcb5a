package format

import (
	"fmt"
	"io"
	"math/bits"

	"github.com/seed-128c3863/sluice/row"
)

// A pqLeaf reads the values of a leaf of the schema, page by page: a row group's
// after the other.
type pqLeaf struct {
	scalar
	index              int // among the leaves
	maxRep, maxDef     int
	repWidth, defWidth uint
	room               *pqRoom
	unpacker           *unpacker

	// Of the chunk:
	chunk     *pqChunk
	window    pqWindow
	seen      int64 // values, nulls among them, of pages that were begun
	pages     int
	dictWords []int64
	dictTexts [][]byte
	dictBuf   []byte // that dictTexts point into

	// Of the page:
	left       int // values, nulls among them
	reps, defs hybrid
	words      wordReader
	texts      textReader
	buf        []byte
	beside     int      // bytes of room that the page has beside it
	used       [][]byte // buffers of pages that values may still point into
	spare      [][]byte

	// Of the values that were read last:
	rep, def []uint32
	ints     []int64
	bytes    [][]byte
}

func newLeaf(v *pqValue, room *pqRoom, u *unpacker) *pqLeaf {
	l := &pqLeaf{scalar: v.scalar, index: v.leaves[0], maxRep: v.rep, maxDef: v.there, room: room, unpacker: u}
	l.repWidth, l.defWidth = uint(bits.Len(uint(l.maxRep))), uint(bits.Len(uint(l.maxDef)))
	return l
}

// begin goes on to the chunk of the next row group, whose first part is in a span.
func (l *pqLeaf) begin(file *pqFile, c *pqChunk, first *pqSpan, each int64) error {
	l.end()
	l.window = pqWindow{file: file, at: c.start, end: c.start + c.size, next: first, each: each}
	if c.physical != l.physical {
		return fmt.Errorf("its values are of physical type %d, and the schema says %d", c.physical, l.physical)
	}
	l.chunk = c
	return nil
}

// end gives back what the chunk had, but for the buffers of pages, which are used
// again.
func (l *pqLeaf) end() {
	l.window.close()
	l.room.give(24*len(l.dictTexts) + 8*len(l.dictWords) + cap(l.dictBuf) + l.beside)
	l.seen, l.pages, l.left, l.beside = 0, 0, 0, 0
	l.dictWords, l.dictTexts, l.dictBuf = nil, nil, nil
}

// recycle says that no value that was read is used any more.
func (l *pqLeaf) recycle() {
	for _, buf := range l.used {
		if len(l.spare) < 2 {
			l.spare = append(l.spare, buf)
		} else {
			l.room.give(cap(buf))
		}
	}
	l.used = l.used[:0]
}

// buffer returns n bytes for a page.
func (l *pqLeaf) buffer(n int) ([]byte, error) {
	if l.buf != nil {
		l.used = append(l.used, l.buf)
		l.buf = nil
	}
	for len(l.spare) > 0 {
		buf := l.spare[len(l.spare)-1]
		l.spare = l.spare[:len(l.spare)-1]
		if cap(buf) >= n {
			l.buf = buf[:n]
			return l.buf, nil
		}
		l.room.give(cap(buf))
	}
	if err := l.room.take(uint64(n)); err != nil {
		return nil, err
	}
	l.buf = make([]byte, n)
	return l.buf, nil
}

// next begins the next page that has values, or returns io.EOF.
func (l *pqLeaf) next() error {
	for l.left == 0 {
		if l.seen >= l.chunk.values {
			return io.EOF
		}
		if l.window.at >= l.window.end {
			return fmt.Errorf("its pages have %d values, and the footer says %d", l.seen, l.chunk.values)
		}
		l.pages++
		if err := l.page(); err != nil {
			return fmt.Errorf("page %d: %w", l.pages, err)
		}
	}
	return nil
}

// page reads a page, of whatever kind it is.
func (l *pqLeaf) page() error {
	p, err := l.window.header()
	if err != nil {
		return err
	}
	if p.kind != pageData && p.kind != pageDictionary && p.kind != pageDataV2 {
		l.window.skip(int64(p.packed))
		return nil
	}
	text, err := l.window.body(&p)
	if err != nil {
		return err
	}
	if p.kind == pageDictionary {
		err = l.readDictionary(&p, text)
	} else {
		err = l.dataPage(&p, text)
	}
	l.window.skip(int64(len(text)))
	return err
}

// read reads up to n values, nulls among them, of one page, and returns how many:
// with their levels in rep and def, and those that are there in ints or bytes.
func (l *pqLeaf) read(n int) (int, error) {
	if err := l.next(); err != nil {
		return 0, err
	}
	n = min(n, l.left)
	l.left -= n
	there, err := l.levels(n)
	if err == nil {
		err = l.values(there)
	}
	if err != nil {
		return 0, fmt.Errorf("page %d: %w", l.pages, err)
	}
	return n, nil
}

// levels reads the levels of n values, and returns how many of these are there.
func (l *pqLeaf) levels(n int) (int, error) {
	if l.maxRep > 0 {
		l.rep = grown(l.rep, n)
		if err := l.reps.read(l.rep); err != nil {
			return 0, err
		}
		for _, v := range l.rep {
			if int(v) > l.maxRep {
				return 0, errPageForm
			}
		}
	}
	if l.maxDef == 0 {
		return n, nil
	}
	l.def = grown(l.def, n)
	if err := l.defs.read(l.def); err != nil {
		return 0, err
	}
	there, most := 0, uint32(l.maxDef)
	for _, v := range l.def {
		if v == most {
			there++
		} else if v > most {
			return 0, errPageForm
		}
	}
	return there, nil
}

// values reads the next n values that are there.
func (l *pqLeaf) values(n int) error {
	if l.word != nil {
		l.ints = grown(l.ints, n)
		return l.words.words(l.ints)
	}
	l.bytes = grown(l.bytes, n)
	return l.texts.texts(l.bytes)
}

// append appends value k of those that are there.
func (l *pqLeaf) append(c *row.Column, k int) {
	if l.word != nil {
		l.word(c, l.ints[k])
	} else {
		l.text(c, l.bytes[k])
	}
}

// A pqColumn is a wanted column that is a leaf, once in each row.
type pqColumn struct {
	leaf  *pqLeaf
	above []int // by step of its path: the definition level from which on there is what the step is taken of
	block row.Column
}

// fill reads the next n rows.
func (c *pqColumn) fill(n int) error {
	c.leaf.recycle()
	c.block.Truncate(0)
	for c.block.Len() < n {
		got, err := c.leaf.read(n - c.block.Len())
		if err == io.EOF {
			return fmt.Errorf("it has fewer values than its row group has rows")
		}
		if err != nil {
			return err
		}
		c.take(got)
	}
	return nil
}

// take appends n values that were read.
func (c *pqColumn) take(n int) {
	l := c.leaf
	if l.maxDef == 0 {
		for k := range n {
			l.append(&c.block, k)
		}
		return
	}
	k, most := 0, uint32(l.maxDef)
	for _, def := range l.def[:n] {
		if def == most {
			l.append(&c.block, k)
			k++
		} else {
			appendAbsent(&c.block, c.above, int(def))
		}
	}
}

// appendAbsent appends a null, and that the path to it cannot be followed if what
// a step is taken of is not there.
func appendAbsent(c *row.Column, above []int, def int) {
	for i, there := range above {
		if def < there {
			c.AppendBroken(row.Break{Why: row.OfNull, Step: i})
			return
		}
	}
	c.AppendNull()
}
