package row

import "slices"

// A Batch is Len rows of one schema, stored column by column.
//
//   - len(Cols) is the number of fields; each column holds Len values.
//   - Row[r] is the 1-based number of row r in its file, header not counted.
//   - Line[r] is the 1-based line that row r begins at, for formats of lines;
//     nil for others.
//   - Byte[r] is the 1-based position of row r's first byte in the file, as
//     decompressed; nil where a format has none.
//   - Record[r] is row r as the source wrote it; nil where it was not asked for,
//     or where Recorded makes it of the columns when it is.
//   - Bad holds the rows that did not fit, in file order. They are not among
//     the Len.
//
// A Batch is owned by who made it and reused: Bytes and Record of its columns
// may point into buffers of whoever filled it, and are valid until the Batch
// is next filled.
type Batch struct {
	Len    int
	Cols   []Column
	Row    []int64
	Line   []int64
	Byte   []int64
	Record [][]byte
	Bad    []Reject

	Recorded func(b *Batch, r int) []byte // see RecordAt; nil: there is Record, or none

	arena []byte
	own   []byte // what Own has copied
}

// NewBatch returns an empty Batch of the schema.
func NewBatch(s Schema) *Batch {
	b := &Batch{Cols: make([]Column, len(s))}
	for i, f := range s {
		b.Cols[i] = NewColumn(f.Type)
	}
	return b
}

// Reset empties the batch and keeps its memory.
func (b *Batch) Reset() {
	for i := range b.Cols {
		b.Cols[i].Truncate(0)
	}
	b.Len, b.Row, b.Line, b.Byte, b.Record = 0, b.Row[:0], b.Line[:0], b.Byte[:0], b.Record[:0]
	clear(b.Bad)
	b.Bad = b.Bad[:0]
	b.arena = b.arena[:0]
}

// Truncate cuts the batch to its first n rows. Bad stays.
func (b *Batch) Truncate(n int) {
	for i := range b.Cols {
		b.Cols[i].Truncate(n)
	}
	b.Len = n
	b.Row = b.Row[:min(n, len(b.Row))]
	b.Line = b.Line[:min(n, len(b.Line))]
	b.Byte = b.Byte[:min(n, len(b.Byte))]
	b.Record = b.Record[:min(n, len(b.Record))]
}

// RecordAt returns row r as the source wrote it, in memory of its own; nil if it
// was not asked for.
func (b *Batch) RecordAt(r int) []byte {
	switch {
	case b.Recorded != nil:
		return b.Recorded(b, r)
	case r < len(b.Record):
		return slices.Clone(b.Record[r])
	}
	return nil
}

// Keep copies v into memory that the batch owns until its next Reset.
func (b *Batch) Keep(v []byte) []byte {
	if len(b.arena)+len(v) > cap(b.arena) {
		// The old arena stays alive for as long as a column points into it.
		b.arena = make([]byte, 0, max(2*cap(b.arena), len(v), 4096))
	}
	at := len(b.arena)
	b.arena = append(b.arena, v...)
	return b.arena[at:len(b.arena):len(b.arena)]
}

// Own copies what b points to into memory of its own, so that it is valid until
// it is filled again, whatever becomes of the buffers of who filled it. It returns
// how many bytes that are.
func (b *Batch) Own() int {
	text := b.own[:0]
	for i := range b.Cols {
		text = b.Cols[i].own(text)
	}
	text = owned(text, b.Record)
	for i := range b.Bad {
		record := [][]byte{b.Bad[i].Record}
		text = owned(text, record)
		b.Bad[i].Record = record[0]
	}
	b.own = text
	return len(text)
}

func (c *Column) own(text []byte) []byte {
	text = owned(text, c.Bytes)
	if c.Elem != nil {
		text = c.Elem.own(text)
	}
	return text
}

// owned appends the values to text, and makes them point there.
func owned(text []byte, values [][]byte) []byte {
	for i, v := range values {
		if v != nil {
			at := len(text)
			text = append(text, v...)
			values[i] = text[at:len(text):len(text)]
		}
	}
	return text
}

// A Column is the values of one column. Which slice holds them follows from
// Type.Kind (see the kinds); a null has a zero value there, so that every
// slice in use has the same length as Null. The others are nil.
type Column struct {
	Type   Type
	Null   []bool
	Ints   []int64
	Nanos  []int16 // Timestamp, TimestampTZ: 0 to 999 ns beyond Ints; nil if every value has 0
	Floats []float64
	Bytes  [][]byte
	Ends   []int // List: row r is Elem[Ends[r-1]:Ends[r]], from 0 for row 0
	Elem   *Column
	Broken []Break // Any, String: why there is no value, such as a path that could not be followed; nil if there are all
	Typed  bool    // String: each is a text as such, as in JSON; else the cells of a table of text
	Kinds  []Kind  // String, of a workbook: what the cell of each text is: String, Float64, Bool, Date, Time or Timestamp, or Any if it is broken; nil if all are texts
}

// A Break says where the path to a value could not be followed, or why a cell
// has none. A broken value is null as well. The zero Break is none.
type Break struct {
	Why  Why
	Step int    // the index in the path of the step that could not be taken
	Len  int64  // OutOfRange: the number of elements that there are
	Cell string // Faulty: what is wrong with the cell, which it names

	// Value is what a value that is Faulty holds, where Bytes does not have it.
	Value string
}

// Why says why a step of a path could not be taken, or a value not be told.
type Why uint8

// The reasons. That the last step names a key that is not there is no Break:
// the value is null.
const (
	Whole       Why = iota // it could
	OfNull                 // the value before the step is null or not there
	NotAnObject            // a name, but the value before it is no object
	NotAnArray             // an index, but the value before it is no array
	OutOfRange             // an index past the end
	Faulty                 // the cell holds an error, or what is no value
)

// NewColumn returns an empty column of the type.
func NewColumn(t Type) Column {
	c := Column{Type: t}
	if t.Kind == List {
		elem := NewColumn(*t.Elem)
		c.Elem = &elem
	}
	return c
}

// Len returns the number of values.
func (c *Column) Len() int { return len(c.Null) }

// Truncate cuts the column to its first n values.
func (c *Column) Truncate(n int) {
	c.Null = c.Null[:n]
	c.Ints = c.Ints[:min(n, len(c.Ints))]
	c.Floats = c.Floats[:min(n, len(c.Floats))]
	c.Bytes = c.Bytes[:min(n, len(c.Bytes))]
	if n == 0 {
		c.Nanos, c.Broken = nil, nil
	}
	c.Nanos = c.Nanos[:min(n, len(c.Nanos))]
	c.Broken = c.Broken[:min(n, len(c.Broken))]
	c.Kinds = c.Kinds[:min(n, len(c.Kinds))]
	if c.Elem != nil {
		c.Ends = c.Ends[:n]
		end := 0
		if n > 0 {
			end = c.Ends[n-1]
		}
		c.Elem.Truncate(end)
	}
}

// AppendNull adds a null.
func (c *Column) AppendNull() {
	c.add(true)
	switch c.Type.Kind {
	case Float32, Float64:
		c.Floats = append(c.Floats, 0)
	case Any, String, Bytes, UUID, JSON:
		c.Bytes = append(c.Bytes, nil)
	case Decimal:
		if p := c.Type.Precision; p > 18 || p == 0 {
			c.Bytes = append(c.Bytes, nil)
		} else {
			c.Ints = append(c.Ints, 0)
		}
	case List:
		c.Ends = append(c.Ends, c.Elem.Len())
	default:
		c.Ints = append(c.Ints, 0)
	}
}

// AppendBroken adds a null that is one because there is no value to be told.
func (c *Column) AppendBroken(b Break) {
	c.AppendNull()
	for len(c.Broken) < len(c.Null) {
		c.Broken = append(c.Broken, Break{})
	}
	c.Broken[len(c.Broken)-1] = b
}

// AppendInt adds a value of a kind held in Ints.
func (c *Column) AppendInt(v int64) {
	c.add(false)
	c.Ints = append(c.Ints, v)
}

// AppendTime adds a Timestamp or TimestampTZ: microseconds, and 0 to 999
// nanoseconds beyond them.
func (c *Column) AppendTime(micros int64, nanos int16) {
	if nanos != 0 && c.Nanos == nil {
		c.Nanos = make([]int16, len(c.Null), len(c.Null)+1)
	}
	c.add(false)
	c.Ints = append(c.Ints, micros)
	if c.Nanos != nil {
		c.Nanos[len(c.Null)-1] = nanos
	}
}

// AppendFloat adds a value of a kind held in Floats.
func (c *Column) AppendFloat(v float64) {
	c.add(false)
	c.Floats = append(c.Floats, v)
}

// AppendBytes adds a value of a kind held in Bytes. The column keeps v.
func (c *Column) AppendBytes(v []byte) {
	c.add(false)
	c.Bytes = append(c.Bytes, v)
}

// AppendList adds a list of the elements that were appended to Elem since the
// value before it.
func (c *Column) AppendList() {
	c.add(false)
	c.Ends = append(c.Ends, c.Elem.Len())
}

// add grows what every kind has.
func (c *Column) add(null bool) {
	c.Null = append(c.Null, null)
	if c.Nanos != nil {
		c.Nanos = append(c.Nanos, 0)
	}
	if c.Broken != nil {
		c.Broken = append(c.Broken, Break{})
	}
}

// One returns value r as a column of it alone, which owns it. It is no list.
func (c *Column) One(r int) Column {
	one := Column{Type: c.Type, Null: []bool{c.Null[r]}}
	if r < len(c.Ints) {
		one.Ints = []int64{c.Ints[r]}
	}
	if r < len(c.Nanos) {
		one.Nanos = []int16{c.Nanos[r]}
	}
	if r < len(c.Floats) {
		one.Floats = []float64{c.Floats[r]}
	}
	if r < len(c.Bytes) {
		one.Bytes = [][]byte{slices.Clone(c.Bytes[r])}
	}
	return one
}

// BreakAt returns why the path to value r could not be followed.
func (c *Column) BreakAt(r int) Break {
	if r < len(c.Broken) {
		return c.Broken[r]
	}
	return Break{}
}
