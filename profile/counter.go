package profile

import (
	"bytes"
	"math"
	"unicode/utf8"

	"github.com/seed-128c3863/sluice/format"
	"github.com/seed-128c3863/sluice/row"
)

// A counter counts the values of one column.
type counter struct {
	out  Column
	kind row.Kind

	tally    *tally
	distinct *registers  // nil: the tally is exact
	least    *row.Column // each of one value
	greatest *row.Column
	mean     float64
	squares  float64 // of the distances from the mean
	sample   sample
	letters  int64
	examples map[uint64]bool
	text     []byte
}

// newCounter returns a counter that holds so many different values, and so many at
// random.
func newCounter(out Column, t row.Type, most, sampled int) *counter {
	return &counter{out: out, kind: t.Kind, tally: newTally(most), sample: sample{most: sampled}, examples: map[uint64]bool{}}
}

// add adds the typed values of a batch.
func (c *counter) add(col *row.Column) {
	low, high := -1, -1 // the rows of the least and the greatest
	for r, null := range col.Null {
		if null {
			c.out.Nulls++
			continue
		}
		c.out.Values++
		hash := c.hash(col, r)
		c.differs(hash)
		if e := c.tally.add(hash); e != nil {
			e.text = shown(c.show(col, r))
		}
		if len(c.examples) < mostExamples && !c.examples[hash] {
			c.examples[hash] = true
			c.out.Examples = append(c.out.Examples, shown(c.show(col, r)))
		}
		if !c.measure(col, r) {
			continue
		}
		if low < 0 || less(col, r, col, low) {
			low = r
		}
		if high < 0 || less(col, high, col, r) {
			high = r
		}
	}
	c.bound(col, low, high)
}

// differs takes into account a value that is about to be tallied: when the tally
// is full for the first time, it goes over to an estimate.
func (c *counter) differs(hash uint64) {
	if c.distinct == nil && c.tally.full() {
		c.distinct = &registers{}
		for _, e := range c.tally.entries {
			c.distinct.add(e.hash)
		}
	}
	if c.distinct != nil {
		c.distinct.add(hash)
	}
}

// mostExamples is how many different values are told as examples: the first.
const mostExamples = 3

// shown is the text of a value that is never "", which a tally has for one that
// it does not know.
func shown(text []byte) string {
	if len(text) == 0 {
		return `""`
	}
	return cut(string(text))
}

// hash is the same for the same values.
func (c *counter) hash(col *row.Column, r int) uint64 {
	switch {
	case c.kind == row.List:
		return hashText(c.show(col, r))
	case c.kind == row.Float32 || c.kind == row.Float64:
		return hashInt(math.Float64bits(col.Floats[r] + 0)) // -0 is 0
	case len(col.Bytes) > 0:
		return hashText(col.Bytes[r])
	case len(col.Nanos) > 0 && col.Nanos[r] != 0:
		return hashInt(uint64(col.Ints[r]) + hashInt(uint64(col.Nanos[r])))
	}
	return hashInt(uint64(col.Ints[r]))
}

// show returns a value as text, valid until it is called again.
func (c *counter) show(col *row.Column, r int) []byte {
	c.text = appendShown(c.text[:0], col, r)
	return c.text
}

func appendShown(dst []byte, col *row.Column, r int) []byte {
	if col.Type.Kind != row.List {
		text, err := format.AppendText(dst, col, r)
		if err != nil { // a time that no text can say
			return append(dst, err.Error()...)
		}
		return text
	}
	dst = append(dst, '[')
	first := 0
	if r > 0 {
		first = col.Ends[r-1]
	}
	for i := first; i < col.Ends[r] && len(dst) < mostText; i++ {
		if i > first {
			dst = append(dst, ", "...)
		}
		if col.Elem.Null[i] {
			dst = append(dst, "null"...)
		} else {
			dst = appendShown(dst, col.Elem, i)
		}
	}
	return append(dst, ']')
}

// measure takes into account what values of the kind are measured by, and says
// whether they have an order.
func (c *counter) measure(col *row.Column, r int) (ordered bool) {
	switch c.kind {
	case row.Bool, row.List, row.Bytes:
		return false
	case row.String, row.JSON:
		if n := utf8.RuneCount(col.Bytes[r]); n > 0 {
			if c.letters += int64(n); n > c.out.Longest {
				c.out.Longest, c.out.LongestText = n, cut(string(col.Bytes[r]))
			}
		}
		return c.kind == row.String
	case row.UUID:
		return true
	}
	v := position(col, r)
	if math.IsNaN(v) {
		return false
	}
	if c.sample.add(v); c.number() {
		before := v - c.mean
		c.mean += before / float64(c.sample.seen)
		c.squares += before * (v - c.mean)
	}
	return true
}

// number says whether values are numbers.
func (c *counter) number() bool {
	return c.kind >= row.Int16 && c.kind <= row.Decimal
}

// position is where a value stands among others of its kind.
func position(col *row.Column, r int) float64 {
	switch t := col.Type; {
	case len(col.Floats) > 0:
		return col.Floats[r]
	case t.Kind == row.Decimal && len(col.Bytes) > 0:
		return decimal(col, r)
	case t.Kind == row.Decimal:
		return float64(col.Ints[r]) / math.Pow10(t.Scale)
	}
	return float64(col.Ints[r])
}

// bound keeps the least and the greatest value, of which these may be one; -1:
// there is none.
func (c *counter) bound(col *row.Column, low, high int) {
	if low >= 0 && (c.least == nil || less(col, low, c.least, 0)) {
		one := col.One(low)
		c.least = &one
	}
	if high >= 0 && (c.greatest == nil || less(c.greatest, 0, col, high)) {
		one := col.One(high)
		c.greatest = &one
	}
}

// less says whether a value of a column is less than one of another of its type.
func less(a *row.Column, i int, b *row.Column, j int) bool {
	switch {
	case len(a.Floats) > 0:
		return a.Floats[i] < b.Floats[j]
	case len(a.Bytes) > 0 && a.Type.Kind == row.Decimal:
		return lessDecimal(a, i, b, j)
	case len(a.Bytes) > 0:
		return bytes.Compare(a.Bytes[i], b.Bytes[j]) < 0
	case a.Ints[i] != b.Ints[j]:
		return a.Ints[i] < b.Ints[j]
	}
	return nanos(a, i) < nanos(b, j)
}

func nanos(c *row.Column, r int) int16 {
	if r < len(c.Nanos) {
		return c.Nanos[r]
	}
	return 0
}
