package format

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"sort"

	"github.com/parquet-go/parquet-go"

	"github.com/seed-128c3863/sluice/row"
)

// A leaf writes one column of a batch as one column of Parquet.
type leaf struct {
	index    int      // of the column
	unit     timeUnit // of timestamps
	required bool
	present  int // the definition level of a value that is not null: 1, or 0 if required
	bytes    int // Decimal of more than 18 digits: the length of a value
	size     int // bytes of values in the page being filled
}

// append adds rows from to to-1 of c to p.values.
func (l *leaf) append(p *Parquet, c *row.Column, from, to int) {
	if c.Type.Kind == row.List {
		for r := from; r < to; r++ {
			l.appendNested(p, c, r, 0, 0, 0, !l.required)
		}
		return
	}
	null := parquet.Value{}.Level(0, 0, l.index)
	values := p.values
	for r, isNull := range c.Null[from:to] {
		if isNull {
			values = append(values, null)
			continue
		}
		values = append(values, l.value(p, c, from+r).Level(0, l.present, l.index))
	}
	p.values = values
}

// appendNested adds value r of c, which lies depth lists deep. Each level of
// definition says one thing more: that the value is not null, that the list
// is not empty. The level of repetition is the depth of the list that goes on.
func (l *leaf) appendNested(p *Parquet, c *row.Column, r, repetition, definition, depth int, optional bool) {
	null := c.Null[r]
	if optional && !null {
		definition++
	}
	first, end := 0, 0
	if c.Type.Kind == row.List {
		first, end = elements(c, r)
	} else if !null {
		p.values = append(p.values, l.value(p, c, r).Level(repetition, definition, l.index))
		return
	}
	if null || first == end {
		p.values = append(p.values, parquet.Value{}.Level(repetition, definition, l.index))
		return
	}
	for i := first; i < end; i++ {
		l.appendNested(p, c.Elem, i, repetition, definition+1, depth+1, true)
		repetition = depth + 1
	}
}

// elements returns which elements of c.Elem list r is.
func elements(c *row.Column, r int) (first, end int) {
	if r > 0 {
		first = c.Ends[r-1]
	}
	return first, c.Ends[r]
}

// value returns value r of c, which is not null and has passed check.
func (l *leaf) value(p *Parquet, c *row.Column, r int) parquet.Value {
	switch c.Type.Kind {
	case row.Bool:
		return parquet.BooleanValue(c.Ints[r] != 0)
	case row.Int16, row.Int32, row.Date:
		return parquet.Int32Value(int32(c.Ints[r]))
	case row.Int64, row.Time:
		return parquet.Int64Value(c.Ints[r])
	case row.Float32:
		return parquet.FloatValue(float32(c.Floats[r]))
	case row.Float64:
		return parquet.DoubleValue(c.Floats[r])
	case row.Decimal:
		return l.decimalValue(c, r)
	case row.Timestamp, row.TimestampTZ:
		return l.timeValue(p, c, r)
	case row.UUID:
		return parquet.FixedLenByteArrayValue(c.Bytes[r])
	}
	return parquet.ByteArrayValue(c.Bytes[r])
}

func (l *leaf) decimalValue(c *row.Column, r int) parquet.Value {
	switch p := c.Type.Precision; {
	case p <= 9:
		return parquet.Int32Value(int32(c.Ints[r]))
	case p <= 18:
		return parquet.Int64Value(c.Ints[r])
	}
	return parquet.FixedLenByteArrayValue(c.Bytes[r][16-l.bytes:])
}

func (l *leaf) timeValue(p *Parquet, c *row.Column, r int) parquet.Value {
	v := c.Ints[r]
	switch l.unit {
	case millis:
		return parquet.Int64Value(v / 1000)
	case nanos:
		return parquet.Int64Value(v*1000 + nanosAt(c, r))
	case int96:
		// Int96Value would allocate each value; a value of bytes does as well.
		day, micro := floorDiv(v, microsPerDay)
		at := len(p.bytes)
		p.bytes = binary.LittleEndian.AppendUint64(p.bytes, uint64(micro*1000+nanosAt(c, r)))
		p.bytes = binary.LittleEndian.AppendUint32(p.bytes, uint32(day+julianEpoch))
		return parquet.FixedLenByteArrayValue(p.bytes[at:])
	}
	return parquet.Int64Value(v)
}

const (
	microsPerDay = 24 * 60 * 60 * 1_000_000
	julianEpoch  = 2_440_588 // the Julian day of 1970-01-01
)

func nanosAt(c *row.Column, r int) int64 {
	if c.Nanos == nil {
		return 0
	}
	return int64(c.Nanos[r])
}

// check returns the first of the n values of c that the file cannot hold
// exactly, and why.
func (l *leaf) check(c *row.Column, n int) (r int, err error) {
	if l.required {
		for r := range n {
			if c.Null[r] {
				return r, errors.New("null in a required column")
			}
		}
	}
	return l.checkValues(c, n)
}

func (l *leaf) checkValues(c *row.Column, n int) (r int, err error) {
	switch c.Type.Kind {
	case row.List:
		if n == 0 {
			return 0, nil
		}
		i, err := l.checkValues(c.Elem, c.Ends[n-1])
		return sort.SearchInts(c.Ends[:n], i+1), err
	case row.Int16:
		return checkRange(c, n, math.MinInt16, math.MaxInt16)
	case row.Int32, row.Date:
		return checkRange(c, n, math.MinInt32, math.MaxInt32)
	case row.Time:
		return checkRange(c, n, 0, microsPerDay-1)
	case row.Decimal:
		return checkDecimals(c, n)
	case row.Timestamp, row.TimestampTZ:
		return l.checkTimes(c, n)
	case row.UUID:
		for r := range n {
			if !c.Null[r] && len(c.Bytes[r]) != 16 {
				return r, fmt.Errorf("a uuid of %d bytes", len(c.Bytes[r]))
			}
		}
	}
	return 0, nil
}

func checkRange(c *row.Column, n int, low, high int64) (int, error) {
	for r, v := range c.Ints[:n] {
		if v < low || v > high {
			return r, fmt.Errorf("%d does not fit type %s", v, c.Type)
		}
	}
	return 0, nil
}

// checkTimes looks for a time that l.unit would cut or wrap.
func (l *leaf) checkTimes(c *row.Column, n int) (int, error) {
	for r, v := range c.Ints[:n] {
		if l.holds(v, nanosAt(c, r)) {
			continue
		}
		text, err := csvForm.appendTimestamp(nil, c, r)
		if err != nil {
			text = fmt.Appendf(nil, "the time %d microseconds after 1970-01-01", v)
		}
		return r, fmt.Errorf("%s cannot be held exactly by timestamps in %s; try another of ms, us, ns, int96", text, l.unit)
	}
	return 0, nil
}

// holds reports whether a time, in microseconds and nanoseconds beyond them,
// is the same after it was stored.
func (l *leaf) holds(us, ns int64) bool {
	switch l.unit {
	case millis:
		return ns == 0 && us%1000 == 0
	case nanos:
		return us > math.MinInt64/1000 && us < math.MaxInt64/1000
	case int96:
		day, _ := floorDiv(us, microsPerDay)
		return day >= -julianEpoch && day <= math.MaxInt32-julianEpoch
	}
	return ns == 0
}

// floorDiv divides rounding down, so that the remainder is never negative.
func floorDiv(a, b int64) (quotient, remainder int64) {
	quotient, remainder = a/b, a%b
	if remainder < 0 {
		quotient--
		remainder += b
	}
	return quotient, remainder
}
