package format

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"math"
	"unicode/utf8"

	"github.com/seed-128c3863/sluice/row"
)

// The ids of logical and converted types that are told apart.
const (
	logicalString    = 1
	logicalMap       = 2
	logicalList      = 3
	logicalEnum      = 4
	logicalDecimal   = 5
	logicalDate      = 6
	logicalTime      = 7
	logicalTimestamp = 8
	logicalInteger   = 10
	logicalNull      = 11
	logicalJSON      = 12
	logicalUUID      = 14
	logicalFloat16   = 15
	logicalVariant   = 16

	convertedString      = 0
	convertedMap         = 1
	convertedMapKeyValue = 2
	convertedList        = 3
	convertedEnum        = 4
	convertedDecimal     = 5
	convertedDate        = 6
	convertedTimeMillis  = 7
	convertedTimeMicros  = 8
	convertedMillis      = 9
	convertedMicros      = 10
	convertedUint8       = 11
	convertedUint64      = 14
	convertedJSON        = 19
	convertedInterval    = 21
)

// The physical types.
const (
	physicalBool   = 0
	physicalInt32  = 1
	physicalInt64  = 2
	physicalInt96  = 3
	physicalFloat  = 4
	physicalDouble = 5
	physicalBytes  = 6
	physicalFixed  = 7
)

// A scalar is how the values of a leaf become those of a column.
type scalar struct {
	physical int32
	width    int // bytes of a value, 0 where they differ
	typ      row.Type
	most     int64  // of an integer, how many numbers its type has above 0, and 0; 0: not known
	refused  string // what it is that is not read; "": it is

	// One of these appends a value: a number as it is stored, with its bits for
	// a float; or its bytes.
	word func(c *row.Column, v int64)
	text func(c *row.Column, v []byte)
}

func (e *pqElement) is(logical int16, converted int32) bool {
	return e.logical.id == logical || e.logical.id == 0 && e.converted == converted
}

// scalar returns how the values of a leaf are read.
func (e *pqElement) scalar() scalar {
	s := scalar{physical: e.physical}
	switch e.physical {
	case physicalBool:
		s.of(row.Bool, addInt)
	case physicalInt32, physicalInt64:
		s.width = 4 * int(e.physical)
		e.integer(&s)
	case physicalInt96:
		s.width = 12
		s.ofText(row.Timestamp, addInt96)
	case physicalFloat:
		s.width = 4
		s.of(row.Float32, func(c *row.Column, v int64) { c.AppendFloat(float64(math.Float32frombits(uint32(v)))) })
	case physicalDouble:
		s.width = 8
		s.of(row.Float64, func(c *row.Column, v int64) { c.AppendFloat(math.Float64frombits(uint64(v))) })
	case physicalBytes, physicalFixed:
		if e.physical == physicalFixed {
			s.width = int(e.length)
		}
		e.bytes(&s)
	default:
		s.refused = fmt.Sprintf("of a physical type %d", e.physical)
	}
	if e.physical == physicalFixed && (e.length <= 0 || e.length > 1<<20) {
		s.refused = fmt.Sprintf("of values of %d bytes", e.length)
	}
	if e.logical.id == logicalNull && s.word != nil {
		s.of(row.Any, func(c *row.Column, _ int64) { c.AppendNull() })
	} else if e.logical.id == logicalNull {
		s.ofText(row.Any, func(c *row.Column, _ []byte) { c.AppendNull() })
	}
	return s
}

func (s *scalar) of(k row.Kind, add func(*row.Column, int64)) {
	s.typ, s.word = row.Type{Kind: k}, add
}

func (s *scalar) ofText(k row.Kind, add func(*row.Column, []byte)) {
	s.typ, s.text = row.Type{Kind: k}, add
}

func addInt(c *row.Column, v int64) { c.AppendInt(v) }

func addBytes(c *row.Column, v []byte) { c.AppendBytes(v) }

// integer says how whole numbers are read: what they count, if anything.
func (e *pqElement) integer(s *scalar) {
	s.of(row.Int64, addInt)
	s.most = e.span()
	l, wide := e.logical, e.physical == physicalInt64
	unsigned := l.id == logicalInteger && !l.signed || l.id == 0 && e.converted >= convertedUint8 && e.converted <= convertedUint64
	switch {
	case e.is(logicalDecimal, convertedDecimal):
		e.decimal(s)
	case e.is(logicalDate, convertedDate) && !wide:
		s.of(row.Date, addDay)
	case l.id == logicalTime || l.id == 0 && (e.converted == convertedTimeMillis || e.converted == convertedTimeMicros):
		s.of(row.Time, addTime(e.perSecond(convertedTimeMillis)))
	case (l.id == logicalTimestamp || l.id == 0 && (e.converted == convertedMillis || e.converted == convertedMicros)) && wide:
		k := row.TimestampTZ // as the converted types are, always
		if l.id == logicalTimestamp && !l.utc {
			k = row.Timestamp
		}
		s.of(k, addStamp(e.perSecond(convertedMillis)))
	case unsigned && wide:
		s.typ = row.Type{Kind: row.Decimal, Precision: 20}
		s.word = addUnsigned
	case unsigned:
		s.of(row.Int64, func(c *row.Column, v int64) { c.AppendInt(int64(uint32(v))) })
	}
}

// span returns how many whole numbers from 0 on the type has; 0 if they have 64
// bits.
func (e *pqElement) span() int64 {
	bits, signed := 0, true
	switch l := e.logical; {
	case l.id == logicalInteger:
		bits, signed = int(l.bits), l.signed
	case l.id == 0 && e.converted >= convertedUint8 && e.converted <= convertedUint64+4:
		at := int(e.converted - convertedUint8)
		bits, signed = 8<<(at%4), at >= 4
	default:
		bits = 32 * int(e.physical)
	}
	if bits >= 64 || bits < 8 {
		return 0
	}
	if signed {
		bits--
	}
	return 1 << bits
}

// perSecond returns how many units of a time are in a second.
func (e *pqElement) perSecond(millis int32) int64 {
	switch {
	case e.logical.unit == 1 || e.logical.id == 0 && e.converted == millis:
		return 1000
	case e.logical.unit == 3:
		return 1_000_000_000
	}
	return 1_000_000
}

// bytes says how texts and other bytes are read.
func (e *pqElement) bytes(s *scalar) {
	s.ofText(row.Bytes, addBytes)
	switch l := e.logical.id; {
	case e.is(logicalDecimal, convertedDecimal):
		e.decimal(s)
	case e.is(logicalString, convertedString), e.is(logicalEnum, convertedEnum):
		s.ofText(row.String, addText)
	case e.is(logicalJSON, convertedJSON):
		s.ofText(row.JSON, addJSON)
	case l == logicalUUID && e.length == 16:
		s.ofText(row.UUID, addBytes)
	case l == logicalFloat16 && e.length == 2:
		s.ofText(row.Float32, func(c *row.Column, v []byte) { c.AppendFloat(float16(binary.LittleEndian.Uint16(v))) })
	case l == 0 && e.converted == convertedInterval:
		s.refused = "an interval of months, days and milliseconds"
	}
}

// decimal says how decimals are read: those of more digits than a column has
// room for as the digits that they are.
func (e *pqElement) decimal(s *scalar) {
	p, scale := int(e.precision), int(e.scale)
	if e.logical.id == logicalDecimal {
		p, scale = int(e.logical.precision), int(e.logical.scale)
	}
	if p < 1 || scale < 0 || scale > p || p > 1000 {
		s.refused = fmt.Sprintf("a decimal of %d digits, %d of them after the point", p, scale)
		return
	}
	if s.typ = (row.Type{Kind: row.Decimal, Precision: p, Scale: scale}); p > row.MaxPrecision {
		s.typ.Precision = 0 // any number, as text
	}
	switch wide := p > 18; {
	case s.word != nil && !wide:
		s.word = addInt
	case s.word != nil:
		s.word = func(c *row.Column, v int64) { c.AppendBytes(widened(binary.BigEndian.AppendUint64(nil, uint64(v)))) }
	case p > row.MaxPrecision:
		s.text = func(c *row.Column, v []byte) { addDigits(c, v, scale) }
	case wide:
		s.text = addWide
	default:
		s.text = addNarrow
	}
}

// addDay appends a date.
func addDay(c *row.Column, v int64) {
	if v < earliestDay || v > latestDay {
		c.AppendBroken(row.Break{Why: row.Faulty, Cell: fmt.Sprintf("day %d after 1970-01-01 is not in the years 1 to 9999", v)})
		return
	}
	c.AppendInt(v)
}

const (
	earliestDay = -719_162
	latestDay   = 2_932_896
)

// addTime returns what appends a time of day.
func addTime(perSecond int64) func(*row.Column, int64) {
	return func(c *row.Column, v int64) {
		micros, rest := v, int64(0)
		switch perSecond {
		case 1000:
			micros = v * 1000
		case 1_000_000_000:
			micros, rest = floorDiv(v, 1000)
		}
		if v < 0 || v >= 86_400*perSecond {
			c.AppendBroken(row.Break{Why: row.Faulty, Cell: fmt.Sprintf("%d of %d a second after midnight is no time of day", v, perSecond)})
			return
		}
		if rest != 0 {
			text := string(appendTimeOfDay(nil, v))
			c.AppendBroken(row.Break{Why: row.Faulty, Cell: text + " has more than six digits after the point, which a time cannot hold", Value: text})
			return
		}
		c.AppendInt(micros)
	}
}

// addStamp returns what appends a timestamp.
func addStamp(perSecond int64) func(*row.Column, int64) {
	return func(c *row.Column, v int64) {
		micros, nanos := v, int64(0)
		switch perSecond {
		case 1000:
			if micros = v * 1000; micros/1000 != v {
				micros = math.MaxInt64
			}
		case 1_000_000_000:
			micros, nanos = floorDiv(v, 1000)
		}
		if !addMoment(c, micros, int16(nanos)) {
			c.AppendBroken(row.Break{Why: row.Faulty, Cell: fmt.Sprintf("%d of %d a second after 1970-01-01 is not in the years 1 to 9999", v, perSecond)})
		}
	}
}

// addMoment appends a timestamp that is in the years 1 to 9999.
func addMoment(c *row.Column, micros int64, nanos int16) bool {
	if micros < earliestDay*microsPerDay || micros >= (latestDay+1)*microsPerDay {
		return false
	}
	c.AppendTime(micros, nanos)
	return true
}

// addInt96 appends nanoseconds of a day, and the day by Julian count.
func addInt96(c *row.Column, v []byte) {
	const epoch = 2_440_588 // 1970-01-01
	nanos, day := int64(binary.LittleEndian.Uint64(v)), int64(int32(binary.LittleEndian.Uint32(v[8:])))
	micros, rest := floorDiv(nanos, 1000)
	since := min(max(day-epoch, earliestDay-1_000_000), latestDay+1_000_000) // so that nothing overflows
	if nanos < 0 || nanos > 86_400_000_000_000 || !addMoment(c, since*microsPerDay+micros, int16(rest)) {
		c.AppendBroken(row.Break{Why: row.Faulty, Cell: fmt.Sprintf("day %d by Julian count and %d ns is not in the years 1 to 9999", day, nanos)})
	}
}

// addUnsigned appends a number of 64 bits without a sign.
func addUnsigned(c *row.Column, v int64) {
	wide := make([]byte, 16)
	binary.BigEndian.PutUint64(wide[8:], uint64(v))
	c.AppendBytes(wide)
}

// addText appends UTF-8.
func addText(c *row.Column, v []byte) {
	if !utf8.Valid(v) {
		shown := fmt.Sprintf("%q", v[:min(len(v), 80)])
		c.AppendBroken(row.Break{Why: row.Faulty, Cell: shown + " is not UTF-8", Value: shown})
		return
	}
	c.AppendBytes(v)
}

// addJSON appends a JSON text.
func addJSON(c *row.Column, v []byte) {
	if v = bytes.TrimSpace(v); !json.Valid(v) {
		shown := fmt.Sprintf("%q", v[:min(len(v), 80)])
		c.AppendBroken(row.Break{Why: row.Faulty, Cell: shown + " is not JSON", Value: shown})
		return
	}
	c.AppendBytes(v)
}

// float16 returns a number of 16 bits: a sign, 5 bits of exponent, 10 of fraction.
func float16(v uint16) float64 {
	sign, exponent, fraction := 1.0, int(v>>10&31), float64(v&1023)
	if v>>15 != 0 {
		sign = -1
	}
	switch {
	case exponent == 31 && fraction != 0:
		return math.NaN()
	case exponent == 31:
		return math.Inf(int(sign))
	case exponent == 0:
		return sign * math.Ldexp(fraction, -24)
	}
	return sign * math.Ldexp(1024+fraction, exponent-25)
}
