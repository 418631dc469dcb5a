package table

import (
	"encoding/hex"
	"errors"
	"fmt"
	"math"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/seed-128c3863/sluice/format"
	"github.com/seed-128c3863/sluice/row"
)

// A textField appends value r of a column, which is not null, as the text that
// MySQL reads as that value, or says why the column cannot hold it.
type textField func(b []byte, c *row.Column, r int) ([]byte, error)

// textFieldOf returns how values of a type are written for a column.
func textFieldOf(t row.Type, to *Column) (textField, error) {
	write := textField(format.AppendText)
	switch t.Kind {
	case row.List:
		return nil, fmt.Errorf("column %s is %s, which holds no lists", to.Name, to.Declared)
	case row.String, row.JSON:
		write = textOfText(to)
	case row.Bytes:
		write = textOfBytes(to)
	case row.Bool, row.Int16, row.Int32, row.Int64:
		write = textOfInt(to)
	case row.Float32, row.Float64:
		write = textOfFloat
	case row.Time:
		write = func(b []byte, c *row.Column, r int) ([]byte, error) {
			return time.UnixMicro(c.Ints[r]).UTC().AppendFormat(b, "15:04:05.000000"), nil
		}
	case row.Timestamp, row.TimestampTZ:
		write = textOfMoment(to)
	case row.Decimal:
		if strings.Contains(to.Declared, "unsigned") {
			write = func(b []byte, c *row.Column, r int) ([]byte, error) {
				at := len(b)
				b, err := format.AppendText(b, c, r)
				if err == nil && b[at] == '-' {
					err = outOf(to)
				}
				return b, err
			}
		}
	}
	check := checkOf(t, to)
	if check == nil {
		return write, nil
	}
	return func(b []byte, c *row.Column, r int) ([]byte, error) {
		if err := check(c, r); err != nil {
			return b, err
		}
		return write(b, c, r)
	}, nil
}

func outOf(to *Column) error {
	return fmt.Errorf("the column is %s, which does not hold it", to.Declared)
}

// mysqlRanges are the least and the highest number of a type, with and without a
// sign.
var mysqlRanges = map[string][2][2]int64{
	"tinyint":   {{math.MinInt8, math.MaxInt8}, {0, math.MaxUint8}},
	"smallint":  {{math.MinInt16, math.MaxInt16}, {0, math.MaxUint16}},
	"mediumint": {{-1 << 23, 1<<23 - 1}, {0, 1<<24 - 1}},
	"int":       {{math.MinInt32, math.MaxInt32}, {0, math.MaxUint32}},
	"bigint":    {{math.MinInt64, math.MaxInt64}, {0, math.MaxInt64}},
	"bit":       {{0, 1}, {0, 1}},
	"year":      {{1901, 2155}, {1901, 2155}},
}

func textOfInt(to *Column) textField {
	name, _ := splitType(to.Declared)
	name, rest, _ := strings.Cut(name, " ")
	most := mysqlRanges[name][0]
	if strings.Contains(rest, "unsigned") {
		most = mysqlRanges[name][1]
	}
	return func(b []byte, c *row.Column, r int) ([]byte, error) {
		v := c.Ints[r]
		if v < most[0] || v > most[1] {
			return b, outOf(to)
		}
		return fmt.Append(b, v), nil
	}
}

func textOfFloat(b []byte, c *row.Column, r int) ([]byte, error) {
	if v := c.Floats[r]; math.IsNaN(v) || math.IsInf(v, 0) {
		return b, errors.New("MySQL keeps no NaN and no infinity")
	}
	return format.AppendText(b, c, r)
}

// The seconds that a TIMESTAMP holds at most, after 1970.
const lastTimestamp = math.MaxInt32

func textOfMoment(to *Column) textField {
	stamp := strings.HasPrefix(to.Declared, "timestamp")
	return func(b []byte, c *row.Column, r int) ([]byte, error) {
		if v := c.Ints[r]; stamp && (v < 1e6 || v >= (lastTimestamp+1)*1e6) {
			return b, errors.New("a timestamp of MySQL is between 1970-01-01 00:00:01 and 2038-01-19 03:14:07 UTC")
		}
		return time.UnixMicro(c.Ints[r]).UTC().AppendFormat(b, "2006-01-02 15:04:05.000000"), nil
	}
}

// mysqlBytes is how many bytes the types hold that have no length.
var mysqlBytes = map[string]int{"tinytext": 255, "tinyblob": 255, "text": 1<<16 - 1, "blob": 1<<16 - 1, "mediumtext": 1<<24 - 1, "mediumblob": 1<<24 - 1}

func textOfBytes(to *Column) textField {
	name, args := splitType(to.Declared)
	most := mysqlBytes[name]
	if args != nil {
		most = args[0]
	}
	return func(b []byte, c *row.Column, r int) ([]byte, error) {
		if most > 0 && len(c.Bytes[r]) > most {
			return b, fmt.Errorf("it has %d bytes, and the column holds %d", len(c.Bytes[r]), most)
		}
		return hex.AppendEncode(b, c.Bytes[r]), nil
	}
}

// textOfText looks whether a text fits the character set of its column.
func textOfText(to *Column) textField {
	name, _ := splitType(to.Declared)
	most := mysqlBytes[name]
	fits := mysqlCharsets[to.Charset]
	return func(b []byte, c *row.Column, r int) ([]byte, error) {
		text := c.Bytes[r]
		size := len(text)
		for i := 0; fits != nil && i < len(text); {
			char, n := utf8.DecodeRune(text[i:])
			if i += n; !fits(char) {
				return b, fmt.Errorf("%q is no character of %s, in which the column keeps texts", char, to.Charset)
			}
			if to.Charset == "latin1" {
				size -= n - 1
			}
		}
		if most > 0 && size > most {
			return b, fmt.Errorf("it has %d bytes, and the column holds %d", size, most)
		}
		return append(b, text...), nil
	}
}

// mysqlCharsets says which characters a set has, if that is not all of them.
// What MySQL calls latin1 is Windows-1252, with the five that this lacks.
var mysqlCharsets = map[string]func(rune) bool{
	"utf8mb3": func(c rune) bool { return c <= 0xFFFF },
	"utf8":    func(c rune) bool { return c <= 0xFFFF },
	"ucs2":    func(c rune) bool { return c <= 0xFFFF },
	"ascii":   func(c rune) bool { return c < 0x80 },
	"latin1": func(c rune) bool {
		return c < 0x80 || c >= 0xA0 && c <= 0xFF || strings.ContainsRune("\u0081\u008d\u008f\u0090\u009d€‚ƒ„…†‡ˆ‰Š‹ŒŽ‘’“”•–—˜™š›œžŸ", c)
	},
}

// asTyped is the SQL of the value of a column, of the text that a textField
// writes.
func (c *Column) asTyped(text string) string {
	switch {
	case c.Type.Kind == row.Bytes:
		return "unhex(" + text + ")"
	case strings.HasPrefix(c.Declared, "bit"):
		return "cast(" + text + " AS UNSIGNED)"
	}
	return text
}

// appendLoaded appends a text as a field of LOAD DATA.
func appendLoaded(b, text []byte) []byte {
	for _, c := range text {
		switch c {
		case '\\', '\t', '\n':
			b = append(b, '\\')
		}
		b = append(b, c)
	}
	return b
}

// appendQuoted appends a text as SQL writes it.
func appendQuoted(b, text []byte) []byte {
	b = append(b, '\'')
	for _, c := range text {
		if c == '\'' {
			b = append(b, c)
		}
		b = append(b, c)
	}
	return append(b, '\'')
}
