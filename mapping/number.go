package mapping

import (
	"fmt"
	"math"
	"math/bits"
	"strconv"
	"strings"
)

// How parseInt answers.
type intState uint8

const (
	notInt    intState = iota // no integer's text: a fraction, an exponent, or no number
	isInt                     // an integer of 64 bits
	beyondInt                 // an integer of more
)

// parseInt reads an integer's text: digits, perhaps after a sign.
func parseInt(s string) (int64, intState) {
	digits := s
	if digits != "" && (digits[0] == '-' || digits[0] == '+') {
		digits = digits[1:]
	}
	if digits == "" {
		return 0, notInt
	}
	if len(digits) > 18 {
		return parseLongInt(s, digits)
	}
	n := int64(0)
	for i := range len(digits) {
		d := digits[i] - '0'
		if d > 9 {
			return 0, notInt
		}
		n = n*10 + int64(d)
	}
	if s[0] == '-' {
		n = -n
	}
	return n, isInt
}

func parseLongInt(s, digits string) (int64, intState) {
	for i := range len(digits) {
		if digits[i]-'0' > 9 {
			return 0, notInt
		}
	}
	n, err := strconv.ParseInt(s, 10, 64)
	if err != nil {
		return 0, beyondInt
	}
	return n, isInt
}

// A decimal is a number exactly as it was written: digits * 10^exp.
type decimal struct {
	neg    bool
	digits string // 0 to 9 only, no zeros at either end; "" is zero
	exp    int
}

// maxExponent bounds the exponents that parseDecimal takes, so that arithmetic
// on them cannot overflow. Nothing that a column can hold comes near it.
const maxExponent = 1 << 30

// parseDecimal reads a number's text: sign, digits with perhaps a point among
// or before them, exponent. It takes what JSON takes, and +5, 05, .5 as well.
func parseDecimal(s string) (decimal, bool) {
	var d decimal
	if s != "" && (s[0] == '-' || s[0] == '+') {
		d.neg = s[0] == '-'
		s = s[1:]
	}
	mantissa, exponent := s, ""
	if i := strings.IndexAny(s, "eE"); i >= 0 {
		mantissa, exponent = s[:i], s[i+1:]
		if !d.setExponent(exponent) {
			return d, false
		}
	}
	whole, frac, point := strings.Cut(mantissa, ".")
	if whole == "" && !point || point && frac == "" || !allDigits(whole) || !allDigits(frac) {
		return d, false
	}
	d.exp -= len(frac)
	digits := whole
	if frac != "" {
		digits = whole + frac
	}
	digits = strings.TrimLeft(digits, "0")
	d.digits = strings.TrimRight(digits, "0")
	d.exp += len(digits) - len(d.digits)
	return d, true
}

func (d *decimal) setExponent(s string) bool {
	n, state := parseInt(s)
	if state == notInt {
		return false
	}
	if state == beyondInt {
		n = maxExponent
		if s[0] == '-' {
			n = -n
		}
	}
	d.exp = int(max(-maxExponent, min(n, maxExponent)))
	return true
}

func allDigits(s string) bool {
	for i := range len(s) {
		if s[i]-'0' > 9 {
			return false
		}
	}
	return true
}

// integral tells whether the number is whole.
func (d decimal) integral() bool { return d.digits == "" || d.exp >= 0 }

// int64 returns a whole number, or false if it is beyond 64 bits.
func (d decimal) int64() (int64, bool) {
	_, lo, ok := d.unscaled(0)
	hi, low := lo.hi, lo.lo
	switch {
	case !ok || hi != 0:
		return 0, false
	case d.neg && low <= 1<<63:
		return -int64(low), true
	}
	return int64(low), low <= math.MaxInt64
}

// A u128 is an integer of 128 bits without sign.
type u128 struct{ hi, lo uint64 }

// unscaled returns the magnitude times 10^scale and the number of its digits.
// ok is false if it is not whole or has more than 38 digits, the most that
// surely fit 128 bits.
func (d decimal) unscaled(scale int) (digits int, v u128, ok bool) {
	if d.digits == "" {
		return 0, u128{}, true
	}
	zeros := d.exp + scale
	digits = len(d.digits) + zeros
	if zeros < 0 || digits > 38 {
		return digits, u128{}, false
	}
	for i := range digits {
		digit := byte('0')
		if i < len(d.digits) {
			digit = d.digits[i]
		}
		hi, lo := bits.Mul64(v.lo, 10)
		lo, carry := bits.Add64(lo, uint64(digit-'0'), 0)
		v = u128{v.hi*10 + hi + carry, lo}
	}
	return digits, v, true
}

// roundHalfEven returns the number rounded to places digits after the point;
// a half goes to the even neighbour.
func (d decimal) roundHalfEven(places int) decimal {
	return d.round(places, func(kept, lost string) bool {
		odd := kept != "" && (kept[len(kept)-1]-'0')%2 == 1
		return lost > "5" || lost == "5" && odd
	})
}

// roundHalfAway is the same with a half going away from zero.
func (d decimal) roundHalfAway(places int) decimal {
	return d.round(places, func(_, lost string) bool { return lost >= "5" })
}

// round cuts after places digits. up says whether the digits that are kept go
// up by one for those that are lost, a fraction of theirs.
func (d decimal) round(places int, up func(kept, lost string) bool) decimal {
	drop := -(d.exp + places) // digits to lose
	if drop <= 0 || d.digits == "" {
		return d
	}
	keep := len(d.digits) - drop
	kept, lost := "", "0"
	if keep >= 0 {
		kept, lost = d.digits[:keep], d.digits[keep:]
	}
	if up(kept, lost) {
		kept = increment(kept)
	}
	out := decimal{neg: d.neg, exp: -places}
	out.digits = strings.TrimRight(kept, "0")
	out.exp += len(kept) - len(out.digits)
	if out.digits == "" {
		return decimal{}
	}
	return out
}

// increment adds one to a text of digits.
func increment(digits string) string {
	b := []byte(digits)
	for i := len(b) - 1; i >= 0; i-- {
		if b[i] != '9' {
			b[i]++
			return string(b)
		}
		b[i] = '0'
	}
	return "1" + string(b)
}

// text writes the number without an exponent where that is not absurdly long.
func (d decimal) text() string {
	if d.digits == "" || d.exp <= 40 && d.exp >= -400 {
		return d.plain()
	}
	sign := ""
	if d.neg {
		sign = "-"
	}
	return sign + d.digits + "e" + strconv.Itoa(d.exp)
}

// plain writes the number without an exponent.
func (d decimal) plain() string {
	var b []byte
	if d.neg {
		b = append(b, '-')
	}
	n := len(d.digits)
	switch {
	case n == 0:
		return "0"
	case d.exp >= 0:
		b = append(b, d.digits...)
		return string(b) + strings.Repeat("0", d.exp)
	case -d.exp < n:
		b = append(b, d.digits[:n+d.exp]...)
		b = append(b, '.')
		return string(append(b, d.digits[n+d.exp:]...))
	}
	b = append(b, "0."...)
	b = append(b, strings.Repeat("0", -d.exp-n)...)
	return string(append(b, d.digits...))
}

// toFloat returns the number nearest to the text, and says in words why there
// is none. Fractions are rounded, as floats do everywhere; an integer that the
// float cannot hold exactly is refused.
func toFloat(text string, width int) (float64, string) {
	f, err := strconv.ParseFloat(text, width)
	if err != nil {
		return 0, fmt.Sprintf("is beyond what a float%d holds", width)
	}
	n, state := parseInt(text)
	switch {
	case state == notInt && f == 0 && strings.Trim(text, "+-.0") != "" && !isZero(text):
		return 0, fmt.Sprintf("is closer to zero than a float%d holds", width)
	case state == isInt && (math.Abs(f) >= 1<<63 || int64(f) != n), state == beyondInt && !sameDigits(f, text):
		return 0, fmt.Sprintf("is an integer that a float%d cannot hold exactly", width)
	}
	return f, ""
}

func isZero(text string) bool {
	d, ok := parseDecimal(text)
	return ok && d.digits == ""
}

// sameDigits tells whether f is exactly the integer that text writes.
func sameDigits(f float64, text string) bool {
	return strconv.FormatFloat(math.Abs(f), 'f', 0, 64) == strings.TrimLeft(text, "+-0")
}
