package format

import (
	"errors"
	"fmt"
	"io"
	"math"

	"github.com/seed-128c3863/sluice/row"
)

// A pqRecord makes JSON of a value that is more than a leaf, or in a list: the
// leaves in it go through their values side by side.
type pqRecord struct {
	value   *pqValue
	cursors []*pqCursor // by leaf, from the first of value on
	most    int         // bytes of a text
	wanted  []pqPart
	text    []byte
	fault   row.Break // of the row
}

// A pqPart is a wanted column that is made of the value of a record.
type pqPart struct {
	column int // of the batch
	above  []int
	taken  int  // steps to the value
	rest   Path // from there on
}

// A pqCursor is where a leaf is.
type pqCursor struct {
	leaf *pqLeaf
	n, i int        // values that were read, nulls among them; the next of them
	col  row.Column // those that are there
	next int        // of these
	end  bool
}

const cursorValues = 256 // read at once

func newRecord(v *pqValue, room *pqRoom, u *unpacker, most int) *pqRecord {
	r := &pqRecord{value: v, most: most}
	r.cursor(v, room, u)
	return r
}

func (r *pqRecord) cursor(v *pqValue, room *pqRoom, u *unpacker) {
	if v.shape == pqScalar {
		r.cursors = append(r.cursors, &pqCursor{leaf: newLeaf(v, room, u), col: row.NewColumn(v.typ)})
	}
	for _, part := range v.parts {
		r.cursor(part, room, u)
	}
}

// load reads on if all that was read is used.
func (c *pqCursor) load() error {
	if c.i < c.n || c.end {
		return nil
	}
	c.leaf.recycle()
	n, err := c.leaf.read(cursorValues)
	if err == io.EOF {
		c.end = true
		return nil
	}
	if err != nil {
		return err
	}
	c.n, c.i, c.next = n, 0, 0
	c.col.Truncate(0)
	there := len(c.leaf.ints)
	if c.leaf.word == nil {
		there = len(c.leaf.bytes)
	}
	for k := range there {
		c.leaf.append(&c.col, k)
	}
	return nil
}

// def returns the definition level of the next value.
func (c *pqCursor) def() int {
	if c.leaf.maxDef == 0 {
		return 0
	}
	return int(c.leaf.def[c.i])
}

// rep returns the repetition level of the next value: 0 begins a row.
func (c *pqCursor) rep() int {
	if c.end || c.leaf.maxRep == 0 {
		return 0
	}
	return int(c.leaf.rep[c.i])
}

// step goes on to the next value.
func (c *pqCursor) step() error {
	if c.def() == c.leaf.maxDef {
		c.next++
	}
	c.i++
	return c.load()
}

var errLevels = errors.New("the levels of its leaves do not fit each other")

// first returns the cursor that tells for all of a value's leaves how often it is
// there.
func (r *pqRecord) first(v *pqValue) (*pqCursor, error) {
	c := r.cursors[v.leaves[0]-r.value.leaves[0]]
	if c.end {
		return c, errLevels
	}
	return c, nil
}

// begin goes on to the next row group, once the leaves have.
func (r *pqRecord) begin() error {
	for _, c := range r.cursors {
		c.end, c.n, c.i = false, 0, 0
		if err := c.load(); err != nil {
			return err
		}
	}
	return nil
}

// row reads the value of the next row as JSON; nil if it is null.
func (r *pqRecord) row() (text []byte, def int, err error) {
	for _, c := range r.cursors {
		if c.rep() != 0 || c.end {
			return nil, 0, errLevels
		}
	}
	r.text, r.fault = r.text[:0], row.Break{}
	def = r.cursors[0].def()
	if err := r.append(r.value); err != nil {
		return nil, 0, err
	}
	for _, c := range r.cursors {
		if c.rep() != 0 {
			return nil, 0, errLevels
		}
	}
	return r.text, def, nil
}

// append adds a value as JSON.
func (r *pqRecord) append(v *pqValue) error {
	c, err := r.first(v)
	if err != nil {
		return err
	}
	if len(r.text) > r.most {
		return fmt.Errorf("a value has more than %d bytes, %w", r.most, ErrTooLarge)
	}
	switch {
	case v.shape == pqScalar:
		return r.scalar(c)
	case c.def() < v.there:
		return r.absent(v, "null")
	case v.shape == pqObject:
		return r.object(v)
	case c.def() < v.some && v.shape == pqList:
		return r.absent(v, "[]")
	case c.def() < v.some:
		return r.absent(v, "{}")
	}
	return r.list(v, c)
}

// absent adds a text for a value of which nothing is there.
func (r *pqRecord) absent(v *pqValue, text string) error {
	r.text = append(r.text, text...)
	for _, leaf := range v.leaves {
		c := r.cursors[leaf-r.value.leaves[0]]
		if c.end {
			return errLevels
		}
		if err := c.step(); err != nil {
			return err
		}
	}
	return nil
}

func (r *pqRecord) object(v *pqValue) error {
	r.text = append(r.text, '{')
	for i, part := range v.parts {
		if i > 0 {
			r.text = append(r.text, ',')
		}
		r.text = append(appendQuoted(r.text, []byte(part.name)), ':')
		if err := r.append(part); err != nil {
			return err
		}
	}
	r.text = append(r.text, '}')
	return nil
}

// list adds a list or a map that has elements.
func (r *pqRecord) list(v *pqValue, c *pqCursor) error {
	marks := "[]"
	if v.shape == pqMap {
		marks = "{}"
	}
	r.text = append(r.text, marks[0])
	for first := true; first || c.rep() == v.rep; first = false {
		if !first {
			r.text = append(r.text, ',')
		}
		if err := r.element(v); err != nil {
			return err
		}
	}
	if c.rep() > v.rep {
		return errLevels
	}
	r.text = append(r.text, marks[1])
	return nil
}

// element adds an element of a list, or a key of a map and its value.
func (r *pqRecord) element(v *pqValue) error {
	if v.shape == pqList {
		return r.append(v.parts[0])
	}
	at := len(r.text)
	if err := r.append(v.parts[0]); err != nil {
		return err
	}
	if key := string(r.text[at:]); key[0] != '"' {
		r.text = append(append(append(r.text[:at], '"'), key...), '"')
	}
	r.text = append(r.text, ':')
	if len(v.parts) == 1 {
		r.text = append(r.text, "null"...)
		return nil
	}
	return r.append(v.parts[1])
}

// scalar adds the next value of a leaf.
func (r *pqRecord) scalar(c *pqCursor) error {
	if c.def() < c.leaf.maxDef {
		r.text = append(r.text, "null"...)
		return c.step()
	}
	if b := c.col.BreakAt(c.next); b.Why != row.Whole {
		r.fault = b
	}
	var err error
	if r.text, err = appendPlain(r.text, &c.col, c.next); err != nil {
		return err
	}
	return c.step()
}

// appendPlain adds a value as JSON, which has no numbers that are none.
func appendPlain(text []byte, c *row.Column, i int) ([]byte, error) {
	if len(c.Floats) > 0 && !c.Null[i] {
		if v := c.Floats[i]; math.IsNaN(v) || math.IsInf(v, 0) {
			return append(appendFloat(append(text, '"'), v, 64), '"'), nil
		}
	}
	if c.Type.Kind == row.Decimal && c.Type.Precision == 0 && !c.Null[i] {
		return append(text, c.Bytes[i]...), nil
	}
	return appendJSON(text, c, i)
}

// add appends the row to the wanted columns of a batch.
func (r *pqRecord) add(b *row.Batch) (int, error) {
	text, def, err := r.row()
	if err != nil {
		return 0, err
	}
	kept := b.Keep(text)
	for i := range r.wanted {
		p := &r.wanted[i]
		p.add(&b.Cols[p.column], kept, def, r.fault)
	}
	return len(kept), nil
}

// add appends what the part's path leads to.
func (p *pqPart) add(c *row.Column, text []byte, def int, fault row.Break) {
	if fault.Why != row.Whole {
		c.AppendBroken(fault)
		return
	}
	for i, there := range p.above {
		if def < there {
			c.AppendBroken(row.Break{Why: row.OfNull, Step: i})
			return
		}
	}
	for i, step := range p.rest {
		var why row.Why
		var length int64
		if text, why, length = Lookup(text, step); why != row.Whole {
			c.AppendBroken(row.Break{Why: why, Step: p.taken + i, Len: length})
			return
		}
	}
	if len(text) == 0 || text[0] == 'n' {
		c.AppendNull()
	} else {
		c.AppendBytes(text)
	}
}
