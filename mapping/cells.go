package mapping

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/seed-128c3863/sluice/row"
)

// A quickFunc appends a cell of a table of text, which is not empty, if it is
// written as most are. What it does not take is left to converter.add, which
// takes it or says why not: the two never differ in what a cell means.
type quickFunc func(c *converter, dst *row.Column, s string) bool

// quickOf returns the quick way for a column, nil if there is none.
func quickOf(c *converter) quickFunc {
	if c.trim || c.nulls != nil {
		return nil
	}
	numbers := !c.numbersAs()
	switch k := c.typ.Kind; {
	case k == row.String:
		return quickString
	case k == row.Bool:
		return quickBool
	case (k == row.Int16 || k == row.Int32 || k == row.Int64) && numbers:
		return quickInt
	case k == row.Decimal && c.typ.Precision > 0 && c.typ.Precision <= 18 && numbers:
		return quickDecimal
	case (k == row.Float32 || k == row.Float64) && numbers:
		return quickFloat
	case k == row.Date || k == row.Timestamp || k == row.TimestampTZ:
		return quickTime
	}
	return nil
}

// cells works a column out of cells of text.
func (m *Mapper) cells(i int, col *column, src, dst *row.Column) {
	c := col.conv
	limited := c.match != nil || c.oneOf != nil || c.most > 0
	for r := range m.src.Len {
		s, plain := c.plainly(src, r)
		switch {
		case s == "", !plain, limited && c.allowed(ofText(s)) != nil, !c.quick(c, dst, s):
			m.value(i, col, dst, r)
		case col.check != nil:
			m.r = r
			m.verify(col, dst, r, cell(src.Bytes[r]))
		}
	}
}

func quickString(_ *converter, dst *row.Column, s string) bool {
	dst.AppendBytes(raw(s))
	return true
}

func quickBool(c *converter, dst *row.Column, s string) bool {
	switch {
	case slices.Contains(c.yes, s):
		dst.AppendInt(1)
	case slices.Contains(c.no, s):
		dst.AppendInt(0)
	default:
		return false
	}
	return true
}

func quickInt(c *converter, dst *row.Column, s string) bool {
	n, state := parseInt(s)
	if state != isInt || c.typ.Kind == row.Int32 && n != int64(int32(n)) || c.typ.Kind == row.Int16 && n != int64(int16(n)) {
		return false
	}
	dst.AppendInt(n)
	return true
}

// tens are the powers of ten that an int64 holds.
var tens = func() (t [19]int64) {
	t[0] = 1
	for i := range t[1:] {
		t[i+1] = 10 * t[i]
	}
	return t
}()

// quickDecimal takes digits, perhaps after a sign and with a point among them,
// no more of them than the column holds.
func quickDecimal(c *converter, dst *row.Column, s string) bool {
	digits := s
	if s[0] == '-' || s[0] == '+' {
		digits = s[1:]
	}
	n, point := int64(0), len(digits)
	for i := range len(digits) {
		switch d := digits[i] - '0'; {
		case d <= 9:
			n = n*10 + int64(d)
		case digits[i] == '.' && point == len(digits):
			point = i
		default:
			return false
		}
	}
	frac := max(0, len(digits)-point-1)
	missing := c.typ.Scale - frac
	if len(digits) == 0 || len(digits) > 18 || point == len(digits)-1 || missing < 0 || n >= tens[c.typ.Precision-missing] {
		return false
	}
	n *= tens[missing]
	if s[0] == '-' {
		n = -n
	}
	dst.AppendInt(n)
	return true
}

// quickFloat takes digits, perhaps after a sign and with a point among them.
func quickFloat(c *converter, dst *row.Column, s string) bool {
	whole, frac, point := strings.Cut(strings.TrimPrefix(s, "-"), ".")
	if whole == "" || point && frac == "" || !allDigits(whole) || !allDigits(frac) {
		return false
	}
	width := 64
	if c.typ.Kind == row.Float32 {
		width = 32
	}
	f, why := toFloat(s, width)
	if why != "" {
		return false
	}
	dst.AppendFloat(f)
	return true
}

// appendFixed writes n with its last digits, as many as scale, after a point.
func appendFixed(b []byte, n int64, scale int) []byte {
	if n < 0 {
		b = append(b, '-')
	}
	v := magnitude(n)
	b = append(strconv.AppendUint(b, v/uint64(tens[scale]), 10), '.')
	at := len(b)
	b = append(b, zeros[:scale]...)
	for v %= uint64(tens[scale]); v > 0; v /= 10 {
		scale--
		b[at+scale] = '0' + byte(v%10)
	}
	return b
}

const zeros = "000000000000000000"

// The forms of ISO 8601 in which dates and times are mostly written.
var isoFormats = func() (formats []*timeFormat) {
	for _, text := range []string{"%Y-%m-%d", "%Y-%m-%dT%H:%M:%S", "%Y-%m-%d %H:%M:%S"} {
		f, err := parseTimeFormat(text)
		if err != nil {
			panic(err)
		}
		formats = append(formats, f)
	}
	return formats
}()

// quickTime takes what has all the digits of the column's first format.
func quickTime(c *converter, dst *row.Column, s string) bool {
	formats := isoFormats
	if len(c.formats) > 0 {
		formats = c.formats[:1]
	}
	for _, f := range formats {
		if len(s) != f.width {
			continue
		}
		t, ok := f.fixed(s)
		if !ok {
			continue
		}
		switch k := c.typ.Kind; {
		case k == row.Date && f.k == dateKind:
			dst.AppendInt(t.days())
			return true
		case k == row.Timestamp && f.k == stampKind, k == row.TimestampTZ && f.k == stampKind && c.zone == time.UTC:
			dst.AppendTime(t.days()*dayMicros+t.clock(), 0)
			return true
		}
	}
	return false
}

// settleWidth finds how long a text is in which every number of the format has
// all its digits: 0 if there are directives other than such numbers.
func (f *timeFormat) settleWidth() {
	for _, it := range f.items {
		if it.code != 0 && !strings.ContainsRune("YmdHMS", rune(it.code)) {
			f.width = 0
			return
		}
		f.width += max(it.max, len(it.literal))
	}
}

// fixed reads a text of the format's width, of which every number has all its
// digits.
func (f *timeFormat) fixed(s string) (civil, bool) {
	r := timeReader{c: civil{year: 1970, month: 1, day: 1}}
	for k := range f.items {
		it := &f.items[k]
		if n := len(it.literal); n > 0 {
			if s[0] != it.literal[0] || n > 1 && s[:n] != it.literal {
				return r.c, false
			}
			s = s[n:]
			continue
		}
		n := 0
		for _, c := range []byte(s[:it.max]) {
			if c -= '0'; c > 9 {
				return r.c, false
			}
			n = n*10 + int(c)
		}
		r.set(it.code, n)
		s = s[it.max:]
	}
	return r.c, r.c.valid() == ""
}
