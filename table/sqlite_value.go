package table

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"regexp"
	"strconv"
	"time"

	"github.com/seed-128c3863/sluice/format"
	"github.com/seed-128c3863/sluice/row"
)

// A storeField appends value r of a column in stored form, or says why SQLite
// cannot hold it.
type storeField func(b []byte, c *row.Column, r int) ([]byte, error)

// storeFieldOf returns how values of a type are stored in a column.
func storeFieldOf(t row.Type, to *Column) (storeField, error) {
	store := storeKinds[t.Kind]
	if store == nil {
		return nil, fmt.Errorf("column %s is %s: SQLite has no such values", to.Name, t)
	}
	text := to.Affinity == "TEXT"
	switch {
	case t.Kind == row.Decimal && (text || to.Affinity == "BLOB"), text && t.Kind >= row.Int16 && t.Kind <= row.Float64:
		store = storeText
	case text && t.Kind == row.Bool:
		store = func(b []byte, c *row.Column, r int) ([]byte, error) {
			return putText(b, strconv.FormatInt(c.Ints[r], 10)), nil
		}
	case t.Kind == row.UUID && to.MaxLength == 32:
		store = storeHex
	}
	numeric, check := !text && to.Affinity != "BLOB", checkOf(t, to)
	return func(b []byte, c *row.Column, r int) ([]byte, error) {
		if c.Null[r] {
			return append(b, storedNull), nil
		}
		if check != nil {
			if err := check(c, r); err != nil {
				return b, err
			}
		}
		at := len(b)
		b, err := store(b, c, r)
		if err == nil && numeric && b[at] == storedText {
			return numericText(b, at, t.Kind, to)
		}
		return b, err
	}, nil
}

var storeKinds = map[row.Kind]storeField{
	row.String: storeText, row.JSON: storeText, row.UUID: storeText, row.Date: storeText,
	row.Bool: storeInt, row.Int16: storeInt, row.Int32: storeInt, row.Int64: storeInt,
	row.Float32: storeFloat, row.Float64: storeFloat, row.Decimal: storeDecimal,
	row.Time: storeTime, row.Timestamp: storeMoment, row.TimestampTZ: storeMoment,
	row.Bytes: func(b []byte, c *row.Column, r int) ([]byte, error) { return putBlob(b, c.Bytes[r]), nil },
}

func storeInt(b []byte, c *row.Column, r int) ([]byte, error) { return putInt(b, c.Ints[r]), nil }

func storeFloat(b []byte, c *row.Column, r int) ([]byte, error) {
	if math.IsNaN(c.Floats[r]) {
		return b, errors.New("SQLite keeps no NaN")
	}
	return putReal(b, c.Floats[r]), nil
}

func storeText(b []byte, c *row.Column, r int) ([]byte, error) {
	if c.Type.Kind == row.String || c.Type.Kind == row.JSON {
		return putText(b, c.Bytes[r]), nil
	}
	var buf [64]byte
	text, err := format.AppendText(buf[:0], c, r)
	return putText(b, text), err
}

func storeHex(b []byte, c *row.Column, r int) ([]byte, error) {
	return putText(b, fmt.Sprintf("%x", c.Bytes[r])), nil
}

// Dates and times are written as Django and Python's sqlite3 do: six digits of
// a second, or none.
func storeTime(b []byte, c *row.Column, r int) ([]byte, error) {
	return putMoment(b, c.Ints[r], "15:04:05"), nil
}

func storeMoment(b []byte, c *row.Column, r int) ([]byte, error) {
	return putMoment(b, c.Ints[r], "2006-01-02 15:04:05"), nil
}

func putMoment(b []byte, micros int64, layout string) []byte {
	if micros%1e6 != 0 {
		layout += ".000000"
	}
	var buf [32]byte
	return putText(b, time.UnixMicro(micros).UTC().AppendFormat(buf[:0], layout))
}

var powers = [...]float64{1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22}

// storeDecimal stores a decimal as an integer or a float: SQLite has no other
// numbers, and one with more digits than a float keeps is refused.
func storeDecimal(b []byte, c *row.Column, r int) ([]byte, error) {
	if p := c.Type.Precision; p > 0 && p <= 18 {
		const exact = 1e15 // any float of as many digits is written as it was read
		if m := c.Ints[r]; -exact < m && m < exact && c.Type.Scale < len(powers) {
			return putReal(b, float64(m)/powers[c.Type.Scale]), nil
		}
	}
	var buf [64]byte
	text, err := format.AppendText(buf[:0], c, r)
	if err != nil {
		return b, err
	}
	if f, ok := plainDecimal(text); ok {
		return putReal(b, f), nil
	}
	return putNumber(b, string(text))
}

// plainDecimal returns a decimal of at most 15 digits, as a float: it is the
// nearest, and is written as it was read.
func plainDecimal(text []byte) (f float64, ok bool) {
	digits, negative := text, len(text) > 0 && text[0] == '-'
	if negative {
		digits = text[1:]
	}
	if len(digits) == 0 || len(digits) > 16 {
		return 0, false
	}
	m, scale, point := 0.0, 0, -1
	for i, c := range digits {
		switch {
		case c == '.' && point < 0:
			point = i
		case '0' <= c && c <= '9':
			m = 10*m + float64(c-'0')
		default:
			return 0, false
		}
	}
	if point >= 0 {
		scale = len(digits) - 1 - point
	} else if len(digits) > 15 {
		return 0, false
	}
	if f = m / powers[scale]; negative {
		f = -f
	}
	return f, true
}

// putNumber stores the number that a text is, if SQLite keeps all its digits.
func putNumber(b []byte, text string) ([]byte, error) {
	if n, err := strconv.ParseInt(text, 10, 64); err == nil {
		return putInt(b, n), nil
	}
	f, err := strconv.ParseFloat(text, 64)
	if err != nil {
		return b, fmt.Errorf("%s is beyond the numbers that SQLite keeps", text)
	}
	if !sameNumber(text, strconv.FormatFloat(f, 'e', -1, 64)) {
		return b, fmt.Errorf("%s has more digits than SQLite keeps of a number: it would be %s", text, strconv.FormatFloat(f, 'f', -1, 64))
	}
	return putReal(b, f), nil
}

// numberText is what SQLite takes for a number.
var numberText = regexp.MustCompile(`^[ \t\n\v\f\r]*[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?[ \t\n\v\f\r]*$`)

// numericText looks at a text for a column of a numeric affinity: where SQLite
// would make a number of it, it does not stay what it is. A number of JSON does.
func numericText(b []byte, at int, kind row.Kind, to *Column) ([]byte, error) {
	if kind == row.Date || kind == row.Time || kind == row.Timestamp || kind == row.TimestampTZ {
		return b, nil
	}
	text := contentStored(b[at:])
	if len(bytes.Trim(text, "0123456789+-.eE \t\n\v\f\r")) > 0 || !numberText.Match(text) {
		return b, nil
	}
	if kind == row.JSON {
		return putNumber(b[:at], string(text))
	}
	declared := to.Declared
	if declared == "" {
		declared = "without a type"
	}
	return b, fmt.Errorf("%q would become a number: the column is declared %s, which SQLite takes for numeric", text, declared)
}

// shown is what a plan shows of a field of a type.
func shown(kind row.Kind, scale int, field []byte) any {
	switch v := valueStored(field).(type) {
	case int64:
		switch {
		case kind == row.Bool:
			return v != 0
		case kind == row.Decimal && scale > 0:
			return json.Number(strconv.FormatFloat(float64(v), 'f', scale, 64))
		}
		return json.Number(strconv.FormatInt(v, 10))
	case float64:
		if kind == row.Decimal && scale > 0 {
			return json.Number(strconv.FormatFloat(v, 'f', scale, 64))
		}
		return json.Number(strconv.FormatFloat(v, 'f', -1, 64))
	case string:
		return string(contentStored(field))
	case []byte:
		return fmt.Sprintf(`\x%x`, v)
	}
	return nil
}
