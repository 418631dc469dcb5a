package mapping

import (
	"cmp"
	"maps"
	"slices"
	"strings"
)

// equalWhy says why values of two kinds are never compared; "" if they are.
func equalWhy(a, b kind) string {
	if a == nullKind || b == nullKind || a == b {
		return ""
	}
	return orderWhy(a, b)
}

// compareWhy says why values of two kinds have no order; "" if they have.
func compareWhy(a, b kind) string {
	switch a {
	case nullKind, boolKind, listKind, objectKind, bytesKind:
		return a.String() + " comes neither before nor after anything"
	}
	return orderWhy(a, b)
}

func orderWhy(a, b kind) string {
	number := func(k kind) bool { return k == intKind || k == floatKind || k == bigKind }
	wall := func(k kind) bool { return k == dateKind || k == stampKind }
	if a == b || number(a) && number(b) || wall(a) && wall(b) {
		return ""
	}
	return "cannot compare " + a.String() + " with " + b.String()
}

// equal tells whether two values are the same. Null equals null alone; values
// of different kinds are a mistake.
func equal(a, b value) (bool, error) {
	if a.k == nullKind || b.k == nullKind {
		return a.k == b.k, nil
	}
	switch {
	case a.k == textKind && b.k == textKind, a.k == bytesKind && b.k == bytesKind:
		return a.s == b.s, nil
	case a.k == boolKind && b.k == boolKind:
		return a.n == b.n, nil
	case a.k == listKind && b.k == listKind:
		return equalLists(a, b)
	case a.k == objectKind && b.k == objectKind:
		return equalObjects(a, b)
	}
	n, err := compare(a, b)
	return n == 0, err
}

// equalLists compares the elements in order.
func equalLists(a, b value) (bool, error) {
	var theirs []value
	err := elements(b, func(v value) error {
		theirs = append(theirs, v)
		return nil
	})
	same, i := true, 0
	if err == nil {
		err = elements(a, func(v value) error {
			if same = same && i < len(theirs); same {
				var err error
				if same, err = equal(v, theirs[i]); err != nil {
					return err
				}
			}
			i++
			return nil
		})
	}
	return same && i == len(theirs), err
}

// equalObjects compares the members, in whatever order they stand. Of a key
// that stands twice, the last counts.
func equalObjects(a, b value) (bool, error) {
	ours, err := memberMap(a)
	if err != nil {
		return false, err
	}
	theirs, err := memberMap(b)
	if err != nil || len(ours) != len(theirs) {
		return false, err
	}
	for _, key := range slices.Sorted(maps.Keys(ours)) {
		v := ours[key]
		w, ok := theirs[key]
		if !ok {
			return false, nil
		}
		if same, err := equal(v, w); err != nil || !same {
			return false, err
		}
	}
	return true, nil
}

func memberMap(v value) (map[string]value, error) {
	out := map[string]value{}
	err := members(v, func(key string, v value) error {
		out[key] = v
		return nil
	})
	return out, err
}

// compare returns how a and b are ordered.
func compare(a, b value) (int, error) {
	if why := compareWhy(a.k, b.k); why != "" {
		return 0, faultOf(a, "cannot compare %s with %s", a.show(), b.show())
	}
	switch {
	case a.k == textKind:
		return strings.Compare(a.s, b.s), nil
	case a.k == intKind && b.k == intKind:
		return cmp.Compare(a.n, b.n), nil
	case a.isNumber() || a.k == bigKind:
		return compareNumbers(a, b)
	}
	a, b = midnight(a), midnight(b)
	return cmp.Or(cmp.Compare(a.n, b.n), cmp.Compare(a.nano, b.nano)), nil
}

// compareNumbers compares exactly, as they were written.
func compareNumbers(a, b value) (int, error) {
	if a.k == floatKind && b.k == floatKind && a.s == "" && b.s == "" {
		return cmp.Compare(a.float(), b.float()), nil
	}
	if a.k != bigKind && b.k != bigKind && a.rounded() != b.rounded() {
		return cmp.Compare(a.rounded(), b.rounded()), nil // rounding does not turn an order round
	}
	x, ok1 := parseDecimal(a.text())
	y, ok2 := parseDecimal(b.text())
	if !ok1 || !ok2 {
		return 0, faultf("cannot compare %s with %s", a.show(), b.show())
	}
	return x.compare(y), nil
}

// rounded returns the float nearest to a number.
func (v value) rounded() float64 {
	if v.k == intKind {
		return float64(v.n)
	}
	return v.float()
}

// compare orders two decimals.
func (d decimal) compare(e decimal) int {
	switch {
	case d.digits == "" || e.digits == "":
		return d.sign() - e.sign()
	case d.neg != e.neg:
		return d.sign()
	}
	order := cmp.Or(cmp.Compare(len(d.digits)+d.exp, len(e.digits)+e.exp), strings.Compare(d.digits, e.digits))
	return order * d.sign()
}

func (d decimal) sign() int {
	switch {
	case d.digits == "":
		return 0
	case d.neg:
		return -1
	}
	return 1
}
