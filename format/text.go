package format

import (
	"encoding/base64"
	"fmt"
	"math"
	"strconv"

	"github.com/seed-128c3863/sluice/row"
)

// A textForm is what the text forms of values differ in between formats.
type textForm struct {
	between byte   // stands between date and time of day
	utc     string // follows a timestamptz
}

// AppendText adds value r of c, which is not null, to dst as CSV has it, without
// quotes. Lists have no such form.
func AppendText(dst []byte, c *row.Column, r int) ([]byte, error) {
	return csvForm.appendText(dst, c, r)
}

// appendText adds value r of c, which is not null, as text without quotes, in
// the forms that CSV documents. Lists have none.
func (f textForm) appendText(dst []byte, c *row.Column, r int) ([]byte, error) {
	switch c.Type.Kind {
	case row.Any, row.String, row.JSON:
		return append(dst, c.Bytes[r]...), nil
	case row.Bool:
		return strconv.AppendBool(dst, c.Ints[r] != 0), nil
	case row.Int16, row.Int32, row.Int64:
		return strconv.AppendInt(dst, c.Ints[r], 10), nil
	case row.Float32:
		return appendFloat(dst, c.Floats[r], 32), nil
	case row.Float64:
		return appendFloat(dst, c.Floats[r], 64), nil
	case row.Decimal:
		return appendDecimal(dst, c, r), nil
	case row.Date:
		return appendDate(dst, c.Ints[r])
	case row.Time:
		return appendTimeOfDay(dst, c.Ints[r]*1000), nil
	case row.Timestamp, row.TimestampTZ:
		return f.appendTimestamp(dst, c, r)
	case row.Bytes:
		return base64.StdEncoding.AppendEncode(dst, c.Bytes[r]), nil
	case row.UUID:
		return appendUUID(dst, c.Bytes[r]), nil
	}
	return dst, fmt.Errorf("type %s cannot be written as text", c.Type)
}

// appendFloat keeps to digits for numbers of an everyday size and goes over
// to an exponent for others.
func appendFloat(dst []byte, v float64, bits int) []byte {
	switch {
	case math.IsInf(v, 1):
		return append(dst, "Infinity"...)
	case math.IsInf(v, -1):
		return append(dst, "-Infinity"...)
	}
	form := byte('f')
	if a := math.Abs(v); a != 0 && (a < 1e-6 || a >= 1e21) {
		form = 'e'
	}
	return strconv.AppendFloat(dst, v, form, -1, bits)
}

func appendDecimal(dst []byte, c *row.Column, r int) []byte {
	var digits []byte
	if c.Type.Precision == 0 {
		return append(dst, c.Bytes[r]...)
	}
	if c.Type.Precision <= 18 {
		digits = strconv.AppendInt(make([]byte, 0, 24), c.Ints[r], 10)
	} else {
		digits = bigUnscaled(c.Bytes[r]).Append(make([]byte, 0, 48), 10)
	}
	if digits[0] == '-' {
		dst, digits = append(dst, '-'), digits[1:]
	}
	scale := c.Type.Scale
	whole := max(0, len(digits)-scale)
	if whole == 0 {
		dst = append(dst, '0')
	}
	dst = append(dst, digits[:whole]...)
	if scale == 0 {
		return dst
	}
	dst = append(dst, '.')
	for range scale - len(digits) {
		dst = append(dst, '0')
	}
	return append(dst, digits[whole:]...)
}

// appendTimestamp adds date and time of day.
func (f textForm) appendTimestamp(dst []byte, c *row.Column, r int) ([]byte, error) {
	day, micro := floorDiv(c.Ints[r], microsPerDay)
	dst, err := appendDate(dst, day)
	if err != nil {
		return dst, err
	}
	dst = appendTimeOfDay(append(dst, f.between), micro*1000+nanosAt(c, r))
	if c.Type.Kind == row.TimestampTZ {
		dst = append(dst, f.utc...)
	}
	return dst, nil
}

// appendDate adds the day so many days after 1970-01-01.
func appendDate(dst []byte, days int64) ([]byte, error) {
	if days < -719_162 || days > 2_932_896 {
		return dst, fmt.Errorf("day %d after 1970-01-01 is not in the years 1 to 9999", days)
	}
	year, month, day := civil(days)
	dst = append(dst, byte('0'+year/1000), byte('0'+year/100%10))
	dst = append(appendTwo(dst, year%100), '-')
	return appendTwo(append(appendTwo(dst, month), '-'), day), nil
}

// civil returns the date so many days after 1970-01-01, by counting years
// from March on, so that the leap day comes last.
func civil(days int64) (year, month, day int64) {
	const daysIn400Years = 146_097
	era, d := floorDiv(days+719_468, daysIn400Years)
	y := (d - d/1460 + d/36_524 - d/146_096) / 365
	d -= 365*y + y/4 - y/100
	m := (5*d + 2) / 153
	day = d - (153*m+2)/5 + 1
	year = 400*era + y
	if m >= 10 {
		return year + 1, m - 9, day
	}
	return year, m + 3, day
}

// appendTimeOfDay adds so many nanoseconds after midnight.
func appendTimeOfDay(dst []byte, ns int64) []byte {
	seconds, fraction := ns/1e9, ns%1e9
	dst = append(appendTwo(dst, seconds/3600), ':')
	dst = append(appendTwo(dst, seconds/60%60), ':')
	dst = appendTwo(dst, seconds%60)
	if fraction == 0 {
		return dst
	}
	digits := 9
	for digits > 3 && fraction%1000 == 0 {
		fraction /= 1000
		digits -= 3
	}
	dst = append(dst, ".000000000"[:digits+1]...)
	for i := len(dst) - 1; fraction > 0; i-- {
		dst[i] = byte('0' + fraction%10)
		fraction /= 10
	}
	return dst
}

func appendTwo(dst []byte, v int64) []byte {
	return append(dst, byte('0'+v/10), byte('0'+v%10))
}

func appendUUID(dst, v []byte) []byte {
	const digits = "0123456789abcdef"
	for i, b := range v {
		if i == 4 || i == 6 || i == 8 || i == 10 {
			dst = append(dst, '-')
		}
		dst = append(dst, digits[b>>4], digits[b&15])
	}
	return dst
}
