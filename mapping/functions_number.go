package mapping

import (
	"math"
)

func numberFunctions() []*function {
	n := []kinds{numberArg}
	rounding := []kinds{bigArg, intArg}
	return []*function{
		{name: "round_half_even", signature: "round_half_even(number[, digits])", doc: "The number, as it is written, rounded to an integer, or to digits after the point; a half goes to the even neighbour.", args: rounding, least: 1, call: rounder("round_half_even", decimal.roundHalfEven)},
		{name: "round", signature: "round(number[, digits])", doc: "The same with a half going away from zero.", args: rounding, least: 1, call: rounder("round", decimal.roundHalfAway)},
		{name: "floor", signature: "floor(number)", doc: "The integer below the number, or the number if it is one.", args: []kinds{bigArg}, least: 1, out: intKind, call: rounder("floor", floor)},
		{name: "ceil", signature: "ceil(number)", doc: "The integer above the number, or the number if it is one.", args: []kinds{bigArg}, least: 1, out: intKind, call: rounder("ceil", ceil)},
		{name: "abs", signature: "abs(number)", doc: "The number without its sign.", args: n, least: 1, call: abs},
		{name: "min", signature: "min(a, b, ...) or min(list)", doc: "The least of the values.", args: []kinds{someArg}, least: 1, variadic: true, call: extreme("min", -1)},
		{name: "max", signature: "max(a, b, ...) or max(list)", doc: "The greatest of the values.", args: []kinds{someArg}, least: 1, variadic: true, call: extreme("max", 1)},
	}
}

// rounder rounds a number as it is written: 2.675 to two digits is 2.68, and
// not what the float nearest to it would give. Without digits the result is an
// integer.
func rounder(name string, do func(d decimal, places int) decimal) func(*Mapper, []value) (value, error) {
	return func(_ *Mapper, a []value) (value, error) {
		v, places := a[0], 0
		if len(a) == 2 {
			if a[1].n < -400 || a[1].n > 400 {
				return v, faultf("%s takes -400 to 400 digits, not %d", name, a[1].n)
			}
			places = int(a[1].n)
		}
		if v.k == intKind && places >= 0 {
			return v, nil
		}
		d, ok := parseDecimal(v.text())
		if !ok {
			return v, faultOf(v, "%s takes a number, not %s", name, v.show())
		}
		d = do(d, places)
		if len(a) == 2 && places > 0 {
			return ofNumber(d.text()), nil
		}
		n, ok := d.int64()
		if !ok {
			return v, faultOf(v, "%s: %s is beyond 64 bits", name, v.show())
		}
		return ofInt(n), nil
	}
}

func floor(d decimal, _ int) decimal {
	return d.round(0, func(_, _ string) bool { return d.neg })
}

func ceil(d decimal, _ int) decimal {
	return d.round(0, func(_, _ string) bool { return !d.neg })
}

func abs(_ *Mapper, a []value) (value, error) {
	v := a[0]
	if v.k == intKind && v.n < 0 || v.k == floatKind && v.float() < 0 {
		return negate(v)
	}
	return v, nil
}

// extreme returns the least (sign -1) or greatest (sign 1) of the arguments,
// or of the elements of a list.
func extreme(name string, sign int) func(*Mapper, []value) (value, error) {
	return func(m *Mapper, a []value) (value, error) {
		if len(a) == 1 && a[0].k == listKind {
			var err error
			if a, err = m.items(a[0]); err != nil {
				return value{}, err
			}
			if len(a) == 0 {
				return value{}, faultf("%s: the list is empty", name)
			}
		}
		best := a[0]
		if why := compareWhy(best.k, best.k); why != "" {
			return best, faultOf(best, "%s: %s has no order", name, best.show())
		}
		for _, v := range a[1:] {
			n, err := compare(v, best)
			if err != nil {
				return v, err
			}
			if n*sign > 0 {
				best = v
			}
		}
		return best, nil
	}
}

// sum adds numbers up: integers exactly, or all of them as floats.
func sum(m *Mapper, total, v value) (value, error) {
	if !v.isNumber() {
		return v, faultOf(v, "sum adds numbers, not %s", v.show())
	}
	return add(m, total, v)
}

// toInt is int(x), strictly: a text is digits, a number has no fraction.
func toInt(_ *Mapper, a []value) (value, error) {
	v := a[0]
	switch v.k {
	case intKind:
		return v, nil
	case textKind:
		n, state := parseInt(v.s)
		switch state {
		case isInt:
			return ofInt(n), nil
		case beyondInt:
			return v, faultOf(v, "int: %s is beyond 64 bits", v.show())
		}
		return v, faultOf(v, "int: %s is not an integer", v.show())
	}
	d, ok := parseDecimal(v.text())
	if !ok || !d.integral() {
		return v, faultOf(v, "int: %s is not an integer (round_half_even(...) or floor(...) makes it one)", v.show())
	}
	n, ok := d.int64()
	if !ok {
		return v, faultOf(v, "int: %s is beyond 64 bits", v.show())
	}
	return ofInt(n), nil
}

// toFloatValue is float(x).
func toFloatValue(_ *Mapper, a []value) (value, error) {
	v := a[0]
	if v.k == textKind {
		if _, ok := parseDecimal(v.s); !ok {
			return v, faultOf(v, "float: %s is not a number", v.show())
		}
	}
	if v.k == floatKind && v.s == "" {
		return v, nil
	}
	f, why := toFloat(v.text(), 64)
	if why != "" {
		return v, faultOf(v, "float: %s %s", v.show(), why)
	}
	return value{k: floatKind, n: int64(math.Float64bits(f))}, nil
}

// toNumber is number(x): the number a text writes, exactly.
func toNumber(_ *Mapper, a []value) (value, error) {
	v := a[0]
	if v.k != textKind {
		return v, nil
	}
	d, ok := parseDecimal(v.s)
	if !ok {
		return v, faultOf(v, "number: %s is not a number", v.show())
	}
	return ofNumber(d.text()), nil
}
