package table

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"unicode/utf16"

	"github.com/seed-128c3863/sluice/row"
)

// A checkValue says why a column of the database cannot keep value r, which is not
// null, as it is.
type checkValue func(c *row.Column, r int) error

// checkOf returns what is looked at in values of a type before they go to a
// column; nil: nothing is.
func checkOf(t row.Type, to *Column) checkValue {
	digits := to.Fraction
	if to.Type.Kind == row.Any {
		digits = 6
	}
	switch {
	case t.Kind == row.Date:
		return func(c *row.Column, r int) error { return inYears(c.Ints[r], 1) }
	case t.Kind == row.Time:
		return func(c *row.Column, r int) error { return fraction(c, r, digits) }
	case t.Kind == row.Timestamp, t.Kind == row.TimestampTZ:
		return func(c *row.Column, r int) error {
			if err := inYears(c.Ints[r], 86400*1e6); err != nil {
				return err
			}
			return fraction(c, r, digits)
		}
	case t.Kind == row.JSON && to.Base == "jsonb":
		return func(c *row.Column, r int) error { return checkJSONB(c.Bytes[r]) }
	}
	return nil
}

// The days of 0001-01-01 and 9999-12-31 after 1970-01-01: a text of another year
// is no date to most programs.
const (
	firstDay = -719162
	lastDay  = 2932896
)

// inYears looks at a moment after 1970-01-01, of so many units in a day.
func inYears(moment, day int64) error {
	if moment < firstDay*day || moment >= (lastDay+1)*day {
		return errors.New("the day is not in the years 1 to 9999, in UTC where there is a zone")
	}
	return nil
}

// fraction looks whether a time has no more digits of a second than are kept.
func fraction(c *row.Column, r, digits int) error {
	unit := int64(1)
	for range 6 - digits {
		unit *= 10
	}
	if c.Ints[r]%unit == 0 && (r >= len(c.Nanos) || c.Nanos[r] == 0) {
		return nil
	}
	return fmt.Errorf("it has more digits of a second than the %d that the column keeps", digits)
}

// checkJSONB looks whether PostgreSQL can keep a valid JSON text as jsonb: its
// texts are texts of the database, its numbers are numeric.
func checkJSONB(text []byte) error {
	for i := 0; i < len(text); i++ {
		switch c := text[i]; {
		case c == '"':
			end, err := checkString(text, i+1)
			if err != nil {
				return err
			}
			i = end
		case c == '-' || '0' <= c && c <= '9':
			end := i + 1
			for end < len(text) && strings.IndexByte("0123456789.eE+-", text[end]) >= 0 {
				end++
			}
			if err := checkNumeric(string(text[i:end])); err != nil {
				return err
			}
			i = end - 1
		}
	}
	return nil
}

// checkString looks at a JSON string from behind its quote on, and returns where it
// ends.
func checkString(text []byte, i int) (end int, err error) {
	for ; text[i] != '"'; i++ {
		if text[i] != '\\' {
			continue
		}
		if i++; text[i] != 'u' {
			continue
		}
		u := unicodeAt(text, i+1)
		i += 4
		switch {
		case u == 0:
			return 0, errors.New(`it holds \u0000, which jsonb cannot keep`)
		case utf16.IsSurrogate(u):
			if text[i+1] != '\\' || text[i+2] != 'u' || utf16.DecodeRune(u, unicodeAt(text, i+3)) == '\uFFFD' {
				return 0, fmt.Errorf(`it holds \u%04x, the half of a character, which jsonb cannot keep`, u)
			}
			i += 6
		}
	}
	return i, nil
}

// unicodeAt reads the four digits of an escape.
func unicodeAt(text []byte, i int) rune {
	u, err := strconv.ParseUint(string(text[i:min(i+4, len(text))]), 16, 16)
	if err != nil {
		return '\uFFFD'
	}
	return rune(u)
}

// The digits that a numeric has at most before and behind the point.
const (
	mostWhole = 131072
	mostScale = 16383
)

// checkNumeric looks whether a number of JSON is one that numeric holds.
func checkNumeric(text string) error {
	number, exponent, _ := strings.Cut(strings.ToLower(strings.TrimPrefix(text, "-")), "e")
	e := 0
	if exponent != "" {
		var err error
		if e, err = strconv.Atoi(exponent); err != nil || e > 1<<20 || e < -1<<20 {
			return tooLarge(text)
		}
	}
	whole, behind, _ := strings.Cut(number, ".")
	digits := strings.TrimLeft(whole+behind, "0")
	if len(behind)-e > mostScale || digits != "" && len(digits)-len(behind)+e > mostWhole {
		return tooLarge(text)
	}
	return nil
}

func tooLarge(text string) error {
	return fmt.Errorf("it holds the number %.20s, which has more digits than jsonb keeps", text)
}
