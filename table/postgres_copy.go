package table

import (
	"encoding/binary"
	"fmt"
	"math"
	"strings"

	"github.com/seed-128c3863/sluice/format"
	"github.com/seed-128c3863/sluice/row"
)

// A copyField appends value r of a column as a field of binary COPY: its length
// in bytes, then the bytes, as the type's receive function takes them. Or it says
// why PostgreSQL would not take it, or not keep all of it.
type copyField func(b []byte, c *row.Column, r int) ([]byte, error)

// A copyValue appends one that is not null, and that PostgreSQL keeps.
type copyValue func(b []byte, c *row.Column, r int) []byte

// The frame of binary COPY ("File Formats" under COPY in PostgreSQL's manual).
var (
	copyHeader  = []byte("PGCOPY\n\xff\r\n\x00\x00\x00\x00\x00\x00\x00\x00\x00")
	copyTrailer = []byte{0xff, 0xff}
)

// postgresEpoch is 2000-01-01 after 1970-01-01.
const (
	postgresEpochDays   = 10957
	postgresEpochMicros = postgresEpochDays * 86400 * 1e6
)

func appendInt16(b []byte, v int) []byte   { return binary.BigEndian.AppendUint16(b, uint16(v)) }
func appendInt32(b []byte, v int) []byte   { return binary.BigEndian.AppendUint32(b, uint32(v)) }
func appendInt64(b []byte, v int64) []byte { return binary.BigEndian.AppendUint64(b, uint64(v)) }

func appendNull(b []byte) []byte { return appendInt32(b, -1) }

func appendBytes(b, v []byte) []byte { return append(appendInt32(b, len(v)), v...) }

// copyFieldOf returns how values of a type are written for a column of a type
// of the database.
func copyFieldOf(t row.Type, to *Column) (copyField, error) {
	name, _ := splitType(to.Base)
	write := copyValues[name]
	switch {
	case t.Kind == row.Decimal && name == "numeric":
		write = copyNumeric
	case write == nil && t.Kind == row.String: // an enum, citext
		write = copyBytes
	case write == nil:
		return nil, fmt.Errorf("column %s is %s, which sluice does not write", to.Name, to.Declared)
	}
	check := checkOf(t, to)
	return func(b []byte, c *row.Column, r int) ([]byte, error) {
		if c.Null[r] {
			return appendNull(b), nil
		}
		if check != nil {
			if err := check(c, r); err != nil {
				return b, err
			}
		}
		return write(b, c, r), nil
	}, nil
}

// copyValues writes values by the type of the database.
var copyValues = map[string]copyValue{
	"smallint":                    copyInt16,
	"integer":                     copyInt32,
	"bigint":                      copyInt64,
	"real":                        copyFloat32,
	"double precision":            copyFloat64,
	"boolean":                     copyBool,
	"date":                        copyDate,
	"time without time zone":      copyInt64,
	"timestamp without time zone": copyMoment,
	"timestamp with time zone":    copyMoment,
	"text":                        copyBytes,
	"character varying":           copyBytes,
	"character":                   copyBytes,
	"bpchar":                      copyBytes,
	"bytea":                       copyBytes,
	"uuid":                        copyBytes,
	"json":                        copyBytes,
	"jsonb":                       copyJSONB,
}

func copyInt16(b []byte, c *row.Column, r int) []byte {
	return appendInt16(appendInt32(b, 2), int(c.Ints[r]))
}

func copyInt32(b []byte, c *row.Column, r int) []byte {
	return appendInt32(appendInt32(b, 4), int(c.Ints[r]))
}

func copyInt64(b []byte, c *row.Column, r int) []byte {
	return appendInt64(appendInt32(b, 8), c.Ints[r])
}

func copyFloat32(b []byte, c *row.Column, r int) []byte {
	return binary.BigEndian.AppendUint32(appendInt32(b, 4), math.Float32bits(float32(c.Floats[r])))
}

func copyFloat64(b []byte, c *row.Column, r int) []byte {
	return binary.BigEndian.AppendUint64(appendInt32(b, 8), math.Float64bits(c.Floats[r]))
}

func copyBool(b []byte, c *row.Column, r int) []byte {
	return append(appendInt32(b, 1), byte(c.Ints[r]))
}

func copyDate(b []byte, c *row.Column, r int) []byte {
	return appendInt32(appendInt32(b, 4), int(c.Ints[r])-postgresEpochDays)
}

func copyMoment(b []byte, c *row.Column, r int) []byte {
	return appendInt64(appendInt32(b, 8), c.Ints[r]-postgresEpochMicros)
}

func copyBytes(b []byte, c *row.Column, r int) []byte { return appendBytes(b, c.Bytes[r]) }

// copyJSONB writes the version of jsonb's binary form, which is 1, and the text.
func copyJSONB(b []byte, c *row.Column, r int) []byte {
	b = append(appendInt32(b, len(c.Bytes[r])+1), 1)
	return append(b, c.Bytes[r]...)
}

// copyNumeric writes numeric_recv's form: the number of digits to the base of
// 10,000, the weight of the first, the sign, the scale, and the digits.
func copyNumeric(b []byte, c *row.Column, r int) []byte {
	var digits [64]uint16
	var n int
	scale := c.Type.Scale
	neg := false
	switch p := c.Type.Precision; {
	case p > 0 && p <= 18:
		v := c.Ints[r]
		neg = v < 0
		n = smallDigits(digits[:], magnitude(v), scale)
	default:
		text, _ := format.AppendText(nil, c, r) // a decimal always has one
		return appendDigits(b, string(text))
	}
	return appendNumeric(b, digits[:n], wholeDigits(digits[:n], scale), neg, scale)
}

func magnitude(v int64) uint64 {
	if v < 0 {
		return -uint64(v)
	}
	return uint64(v)
}

// smallDigits fills d with the digits to the base of 10,000 of v / 10^scale,
// aligned at the point, least first, and returns how many there are.
func smallDigits(d []uint16, v uint64, scale int) int {
	n := 0
	if rest := scale % 4; rest > 0 { // fill the last digit after the point up
		low := v % pow10[rest]
		d[0] = uint16(low * pow10[4-rest])
		v /= pow10[rest]
		n = 1
	}
	for ; v > 0; n++ {
		d[n] = uint16(v % 10000)
		v /= 10000
	}
	return n
}

var pow10 = [...]uint64{1, 10, 100, 1000, 10000}

// wholeDigits returns how many of the digits stand before the point.
func wholeDigits(d []uint16, scale int) int { return len(d) - (scale+3)/4 }

// appendNumeric writes digits that come least first, of which whole stand
// before the point (negative: so many zeros after it come first).
func appendNumeric(b []byte, d []uint16, whole int, neg bool, scale int) []byte {
	for len(d) > 0 && d[len(d)-1] == 0 {
		d, whole = d[:len(d)-1], whole-1
	}
	for len(d) > 0 && d[0] == 0 {
		d = d[1:]
	}
	weight, sign := whole-1, 0
	if len(d) == 0 {
		weight, neg = 0, false
	}
	if neg {
		sign = 0x4000
	}
	b = appendInt32(b, 8+2*len(d))
	b = appendInt16(appendInt16(b, len(d)), weight)
	b = appendInt16(appendInt16(b, sign), scale)
	for i := len(d) - 1; i >= 0; i-- {
		b = appendInt16(b, int(d[i]))
	}
	return b
}

// appendDigits writes a number of any length, given as a sign, digits and
// perhaps a point among them.
func appendDigits(b []byte, text string) []byte {
	text, neg := strings.CutPrefix(text, "-")
	whole, frac, _ := strings.Cut(text, ".")
	scale := len(frac)
	whole = strings.TrimLeft(whole, "0")
	whole = strings.Repeat("0", (4-len(whole)%4)%4) + whole
	frac += strings.Repeat("0", (4-len(frac)%4)%4)
	all := whole + frac
	d := make([]uint16, len(all)/4)
	for i := range d { // least first
		at := len(all) - 4*(i+1)
		d[i] = uint16(all[at]-'0')*1000 + uint16(all[at+1]-'0')*100 + uint16(all[at+2]-'0')*10 + uint16(all[at+3]-'0')
	}
	return appendNumeric(b, d, len(whole)/4, neg, scale)
}
