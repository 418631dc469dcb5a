package mapping

import (
	"math"
	"math/big"
	"math/bits"
)

var verbs = map[string]string{"+": "add", "-": "subtract", "*": "multiply", "/": "divide", "%": "divide", "**": "raise", "^": "raise"}

// arithmeticKind is what an operator makes of two kinds, or why it cannot.
func arithmeticKind(op string, a, b kind) (kind, string) {
	number := func(k kind) bool { return k == intKind || k == floatKind }
	moment := func(k kind) bool { return k == dateKind || k == stampKind || k == instantKind }
	switch {
	case a == anyKind || b == anyKind:
		if a == nullKind || b == nullKind || a == boolKind || b == boolKind {
			return anyKind, arithmeticWhy(op, a, b)
		}
		return anyKind, ""
	case op == "%" && (a != intKind || b != intKind):
		return anyKind, "% takes integers, not " + a.String() + " and " + b.String()
	case a == intKind && b == intKind && op != "/" && op != "**" && op != "^":
		return intKind, ""
	case number(a) && number(b):
		return floatKind, ""
	case op == "+" && a == textKind && b == textKind:
		return textKind, ""
	case (op == "+" || op == "-") && moment(a) && b == durationKind:
		return max(a, stampKind), ""
	case op == "+" && a == durationKind && moment(b):
		return max(b, stampKind), ""
	case (op == "+" || op == "-") && a == durationKind && b == durationKind,
		op == "-" && moment(a) && moment(b) && (a == instantKind) == (b == instantKind):
		return durationKind, ""
	}
	return anyKind, arithmeticWhy(op, a, b)
}

func arithmeticWhy(op string, a, b kind) string {
	if a == anyKind {
		a = b
	}
	why := "cannot " + verbs[op] + " " + a.String() + " and " + b.String()
	if op == "+" && (a == textKind || b == textKind) {
		why += ": write string(...) or int(...)"
	}
	return why
}

// cannot is the fault of operands that an operator does not take.
func cannot(op string, a, b value) error {
	why := "cannot " + verbs[op] + " " + a.show() + " and " + b.show()
	if op == "+" && (a.k == textKind || b.k == textKind) {
		why += " (write string(...) or int(...))"
	}
	return &fault{msg: why, value: a.text()}
}

func add(m *Mapper, a, b value) (value, error) {
	switch {
	case a.k == textKind && b.k == textKind:
		return ofText(m.concat(a.s, b.s)), nil
	case a.k == intKind && b.k == intKind:
		sum := a.n + b.n
		if (sum > a.n) != (b.n > 0) {
			return overflow("+", a, b)
		}
		return ofInt(sum), nil
	case a.isNumber() && b.isNumber():
		return floats("+", a, b, func(x, y float64) float64 { return x + y })
	case b.k == durationKind:
		return shift(a, b.n, "+", a, b)
	case a.k == durationKind:
		return shift(b, a.n, "+", a, b)
	}
	return value{}, cannot("+", a, b)
}

func subtract(_ *Mapper, a, b value) (value, error) {
	switch {
	case a.k == intKind && b.k == intKind:
		diff := a.n - b.n
		if (diff < a.n) != (b.n > 0) {
			return overflow("-", a, b)
		}
		return ofInt(diff), nil
	case a.isNumber() && b.isNumber():
		return floats("-", a, b, func(x, y float64) float64 { return x - y })
	case b.k == durationKind && b.n != math.MinInt64:
		return shift(a, -b.n, "-", a, b)
	}
	x, y := midnight(a), midnight(b)
	if x.k == y.k && (x.k == stampKind || x.k == instantKind) {
		micros := x.n - y.n
		nanos := new(big.Int).Mul(big.NewInt(micros), big.NewInt(1000))
		nanos.Add(nanos, big.NewInt(int64(x.nano)-int64(y.nano)))
		if !nanos.IsInt64() {
			return overflow("-", a, b)
		}
		return value{k: durationKind, n: nanos.Int64()}, nil
	}
	return value{}, cannot("-", a, b)
}

// shift moves a moment, or lengthens a duration, by nanoseconds.
func shift(v value, nanos int64, op string, a, b value) (value, error) {
	v = midnight(v)
	switch v.k {
	case durationKind:
		sum := v.n + nanos
		if (sum > v.n) != (nanos > 0) && nanos != 0 {
			return overflow(op, a, b)
		}
		v.n = sum
		return v, nil
	case stampKind, instantKind:
		rest := int64(v.nano) + nanos%1000
		v.n += nanos/1000 + floorDiv(rest, 1000)
		v.nano = int16(rest - floorDiv(rest, 1000)*1000)
		if v.n < minMoment || v.n > maxMoment {
			return value{}, faultOf(a, "%s %s %s is beyond the years 1 to 9999", a.show(), op, b.show())
		}
		return v, nil
	}
	return value{}, cannot(op, a, b)
}

// The moments that there are: the years 1 to 9999.
var (
	minMoment = daysOf(1, 1, 1) * dayMicros
	maxMoment = (daysOf(9999, 12, 31)+1)*dayMicros - 1
)

func multiply(_ *Mapper, a, b value) (value, error) {
	switch {
	case a.k == intKind && b.k == intKind:
		n, ok := times(a.n, b.n)
		if !ok {
			return overflow("*", a, b)
		}
		return ofInt(n), nil
	case a.isNumber() && b.isNumber():
		return floats("*", a, b, func(x, y float64) float64 { return x * y })
	}
	return value{}, cannot("*", a, b)
}

// times multiplies, or says that the product is beyond 64 bits.
func times(a, b int64) (int64, bool) {
	hi, lo := bits.Mul64(magnitude(a), magnitude(b))
	neg := (a < 0) != (b < 0)
	if hi != 0 || lo > 1<<63 || lo == 1<<63 && !neg {
		return 0, false
	}
	if neg {
		return -int64(lo), true
	}
	return int64(lo), true
}

func magnitude(n int64) uint64 {
	if n < 0 {
		return -uint64(n)
	}
	return uint64(n)
}

// divide gives an integer where the division of integers leaves nothing over,
// so that no digits go through a float in vain.
func divide(_ *Mapper, a, b value) (value, error) {
	if !a.isNumber() || !b.isNumber() {
		return value{}, cannot("/", a, b)
	}
	if b.k == intKind && b.n == 0 || b.k == floatKind && b.float() == 0 {
		return value{}, faultOf(a, "%s / 0: cannot divide by zero", a.show())
	}
	if a.k == intKind && b.k == intKind && a.n%b.n == 0 && !(a.n == math.MinInt64 && b.n == -1) {
		return ofInt(a.n / b.n), nil
	}
	return floats("/", a, b, func(x, y float64) float64 { return x / y })
}

// modulo is what an integer division leaves over, with the sign of a.
func modulo(_ *Mapper, a, b value) (value, error) {
	switch {
	case a.k != intKind || b.k != intKind:
		return value{}, cannot("%", a, b)
	case b.n == 0:
		return value{}, faultOf(a, "%s %% 0: cannot divide by zero", a.show())
	case b.n == -1:
		return ofInt(0), nil
	}
	return ofInt(a.n % b.n), nil
}

func power(_ *Mapper, a, b value) (value, error) {
	if !a.isNumber() || !b.isNumber() {
		return value{}, cannot("**", a, b)
	}
	if a.k != intKind || b.k != intKind || b.n < 0 {
		return floats("**", a, b, math.Pow)
	}
	n, base := int64(1), a.n
	for e := b.n; e > 0 && n != 0 && base != 1; e-- {
		if base == -1 {
			e %= 2
			if e == 0 {
				break
			}
		}
		if base == 0 {
			return ofInt(0), nil
		}
		product, ok := times(n, base)
		if !ok {
			return overflow("**", a, b)
		}
		n = product
	}
	return ofInt(n), nil
}

func negate(v value) (value, error) {
	switch {
	case v.k == floatKind && v.s != "":
		if v.s[0] == '-' {
			return ofNumber(v.s[1:]), nil
		}
		return ofNumber("-" + v.s), nil
	case v.k == floatKind:
		return ofFloat(-v.float())
	case v.n == math.MinInt64:
		return v, faultf("-(%s) is beyond 64 bits", v.text())
	}
	v.n = -v.n
	return v, nil
}

func overflow(op string, a, b value) (value, error) {
	return value{}, faultOf(a, "%s %s %s is beyond 64 bits", a.show(), op, b.show())
}

// floats works an operator out in floats. An integer that a float cannot hold
// is refused rather than rounded, and so is a result that is no number.
func floats(op string, a, b value, do func(x, y float64) float64) (value, error) {
	x, err := asFloat(a)
	if err != nil {
		return value{}, err
	}
	y, err := asFloat(b)
	if err != nil {
		return value{}, err
	}
	v, err := ofFloat(do(x, y))
	if err != nil {
		return v, faultOf(a, "%s %s %s is beyond what a float holds", a.show(), op, b.show())
	}
	return v, nil
}

func asFloat(v value) (float64, error) {
	switch {
	case v.k == intKind && int64(float64(v.n)) == v.n && magnitude(v.n) < 1<<63:
		return float64(v.n), nil
	case v.k == intKind:
		return 0, faultOf(v, "%d is an integer that a float cannot hold exactly", v.n)
	case math.IsInf(v.float(), 0):
		return 0, faultOf(v, "%s is beyond what a float holds", v.show())
	}
	return v.float(), nil
}
