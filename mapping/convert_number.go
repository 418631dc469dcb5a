package mapping

import (
	"encoding/binary"
	"math"
	"strconv"
	"strings"

	"github.com/seed-128c3863/sluice/row"
)

func itoa(n int) string { return strconv.Itoa(n) }

// number returns the text of a number that is to be converted, with a point
// and without thousands marks. A text is one only in a table of text, or if
// the column says how numbers are written.
func (c *converter) number(v value, want string) (string, error) {
	switch {
	case v.k == floatKind && v.s == "" && !v.isFinite():
		return "", refuse(v, want, "null: ["+v.text()+"] makes it null")
	case v.isNumber() || v.k == bigKind:
		return v.text(), nil
	case v.k != textKind:
		return "", refuse(v, want, "")
	case !v.isCell() && !c.numbersAs():
		return "", refuse(v, want, "write int(...) or number(...) where it holds one")
	}
	text, ok := c.bare(v.s)
	if !ok {
		return "", faultOf(v, "%s is not %s with a percent sign", v.show(), want)
	}
	if c.thousand != "" {
		if text, ok = ungroup(text, c.thousand, c.point); !ok {
			return "", faultOf(v, "%s is not %s with %q between thousands", v.show(), want, c.thousand)
		}
	}
	if c.point != "" && c.point != "." {
		if strings.Contains(text, ".") {
			return "", faultOf(v, "%s has a point, and the decimal mark is %q", v.show(), c.point)
		}
		text = strings.Replace(text, c.point, ".", 1)
	}
	if _, ok := parseDecimal(text); !ok || c.percent && strings.ContainsAny(text, "eE") {
		return "", faultOf(v, "%s is not %s", v.show(), want)
	}
	if c.percent {
		text += "e-2"
	}
	return text, nil
}

// numbersAs tells whether the column says how texts are written that are
// numbers.
func (c *converter) numbersAs() bool {
	return c.point != "" || c.thousand != "" || c.currency != nil || c.percent || c.brackets
}

// bare takes from a number's text what the column says may stand around it. It
// returns false for one without the percent sign that it should have. What is
// left is the number, with its sign, if the text was one.
func (c *converter) bare(text string) (string, bool) {
	sign := ""
	if c.brackets && strings.HasPrefix(text, "(") && strings.HasSuffix(text, ")") {
		sign, text = "-", text[1:len(text)-1]
	}
	if c.currency != nil {
		if sign == "" && text != "" && (text[0] == '-' || text[0] == '+') {
			sign, text = text[:1], text[1:]
		}
		text = c.withoutCurrency(text)
	}
	if c.percent {
		number, ok := strings.CutSuffix(text, "%")
		if !ok {
			return "", false
		}
		text = strings.TrimSuffix(number, " ")
	}
	return sign + text, true // a sign that is there twice makes it no number
}

// withoutCurrency takes one of the signs off one end of a number, and a space
// between them.
func (c *converter) withoutCurrency(text string) string {
	for _, sign := range c.currency {
		if sign == "" {
			continue
		}
		if number, ok := strings.CutPrefix(text, sign); ok {
			return strings.TrimPrefix(number, " ")
		}
		if number, ok := strings.CutSuffix(text, sign); ok {
			return strings.TrimSuffix(number, " ")
		}
	}
	return text
}

// ungroup takes the thousands marks out, which must stand at every third digit
// if at all.
func ungroup(text, mark, point string) (string, bool) {
	if !strings.Contains(text, mark) {
		return text, true
	}
	if point == "" {
		point = "."
	}
	whole, frac, hasFrac := strings.Cut(text, point)
	if strings.Contains(frac, mark) {
		return "", false
	}
	groups := strings.Split(whole, mark)
	for i, g := range groups {
		digits := g
		if i == 0 {
			digits = strings.TrimLeft(g, "+-")
		}
		if len(digits) > 3 || len(digits) == 0 || i > 0 && len(digits) != 3 || !allDigits(digits) {
			return "", false
		}
	}
	whole = strings.Join(groups, "")
	if hasFrac {
		whole += point + frac
	}
	return whole, true
}

// intLimits are the smallest and largest integer of each kind.
var intLimits = map[row.Kind][2]int64{
	row.Int16: {math.MinInt16, math.MaxInt16},
	row.Int32: {math.MinInt32, math.MaxInt32},
	row.Int64: {math.MinInt64, math.MaxInt64},
}

func putInt(c *converter, b *row.Batch, dst *row.Column, v value) error {
	n := v.n
	if v.k != intKind {
		var err error
		if n, err = c.integer(v); err != nil {
			return err
		}
	}
	if c.typ.Kind == row.Int32 && n != int64(int32(n)) || c.typ.Kind == row.Int16 && n != int64(int16(n)) {
		limits := intLimits[c.typ.Kind]
		return faultOf(v, "%s is beyond %s (%d to %d)", v.show(), c.typ, limits[0], limits[1])
	}
	dst.AppendInt(n)
	return nil
}

// integer returns a whole number. A number with a fraction of zero is whole
// (1.0, 1e2); a text must be digits alone.
func (c *converter) integer(v value) (int64, error) {
	text, err := c.number(v, "an integer")
	if err != nil {
		return 0, err
	}
	if n, state := parseInt(text); state == isInt {
		return n, nil
	} else if v.k == textKind && state == notInt {
		return 0, faultOf(v, "%s is not an integer", v.show())
	}
	d, _ := parseDecimal(text)
	n, ok := d.int64()
	switch {
	case !d.integral():
		return 0, faultOf(v, "%s is not an integer (round it where that is meant: round_half_even(...))", v.show())
	case !ok:
		return 0, faultOf(v, "%s is beyond %s", v.show(), c.typ)
	}
	return n, nil
}

func putFloat(c *converter, b *row.Batch, dst *row.Column, v value) error {
	width := 64
	if c.typ.Kind == row.Float32 {
		width = 32
	}
	if v.k == floatKind && v.s == "" && (width == 64 || math.Abs(v.float()) <= math.MaxFloat32 || !v.isFinite()) {
		f := v.float()
		if width == 32 {
			f = float64(float32(f))
		}
		dst.AppendFloat(f)
		return nil
	}
	text, err := c.number(v, "a number")
	if err != nil {
		return err
	}
	f, why := toFloat(text, width)
	if why != "" {
		return faultOf(v, "%s %s", v.show(), why)
	}
	dst.AppendFloat(f)
	return nil
}

func putDecimal(c *converter, b *row.Batch, dst *row.Column, v value) error {
	text, err := c.number(v, "a number")
	if err != nil {
		return err
	}
	d, _ := parseDecimal(text)
	if c.typ.Precision == 0 {
		return putDigits(b, dst, v, text, d)
	}
	digits, unscaled, ok := d.unscaled(c.typ.Scale)
	switch {
	case d.digits != "" && d.exp+c.typ.Scale < 0:
		return faultOf(v, "%s has more than %d digits after the point, as %s holds", v.show(), c.typ.Scale, c.typ)
	case !ok || digits > c.typ.Precision:
		return faultOf(v, "%s has more than %d digits before the point, as %s holds", v.show(), c.typ.Precision-c.typ.Scale, c.typ)
	}
	if c.typ.Precision <= 18 {
		n := int64(unscaled.lo)
		if d.neg {
			n = -n
		}
		dst.AppendInt(n)
		return nil
	}
	if d.neg {
		unscaled.hi, unscaled.lo = ^unscaled.hi, -unscaled.lo
		if unscaled.lo == 0 {
			unscaled.hi++
		}
	}
	var wide [16]byte
	binary.BigEndian.PutUint64(wide[:8], unscaled.hi)
	binary.BigEndian.PutUint64(wide[8:], unscaled.lo)
	dst.AppendBytes(b.Keep(wide[:]))
	return nil
}

// mostDigits is how many digits a decimal has that may have any number.
const mostDigits = 1000

// putDigits appends a decimal of any number of digits as text: as it is
// written, if that is digits with a point at most.
func putDigits(b *row.Batch, dst *row.Column, v value, text string, d decimal) error {
	if len(text) > mostDigits || d.exp > mostDigits || d.exp < -mostDigits {
		return faultOf(v, "%s has more than %d digits", v.show(), mostDigits)
	}
	text = strings.TrimPrefix(text, "+")
	if strings.ContainsAny(text, "eE") || strings.HasPrefix(text, ".") || strings.HasPrefix(text, "-.") {
		text = d.plain()
	}
	dst.AppendBytes(b.Keep(raw(text)))
	return nil
}
