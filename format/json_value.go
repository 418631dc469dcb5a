package format

import (
	"errors"
	"fmt"
	"math"
	"strconv"

	"github.com/seed-128c3863/sluice/row"
)

// Lookup returns the member or element of a JSON text that step leads to: for
// keys that are known only when a record is read. The text is one that a
// JSONReader gave.
//
// A name that is not there gives nil and row.Whole, and null is given as null.
// A step that cannot be taken gives nil and why; with row.OutOfRange the number
// is that of the elements. Of a key that stands twice, the last counts.
func Lookup(value []byte, step Step) ([]byte, row.Why, int64) {
	if len(value) == 0 {
		return nil, row.OfNull, 0
	}
	switch {
	case value[0] == 'n':
		return nil, row.OfNull, 0
	case step.IsIndex && value[0] == '[':
		return element(value, step.Index)
	case step.IsIndex:
		return nil, row.NotAnArray, 0
	case value[0] == '{':
		return member(value, step.Name), row.Whole, 0
	}
	return nil, row.NotAnObject, 0
}

// member returns the value of the last member of that name.
func member(d []byte, name string) []byte {
	var s scanner
	var found []byte
	for i := space(d, 1); i < len(d) && d[i] == '"'; {
		start := i + 1
		s.escaped = false
		if i = s.str(d, start); i < 0 {
			return nil
		}
		same := sameName(d[start:i-1], s.escaped, name)
		if i = s.colon(d, i); i < 0 {
			return nil
		}
		start = i
		if i = s.valueAt(d, i); i < 0 {
			return nil
		}
		if same {
			found = d[start:i:i]
		}
		if i = space(d, i); i >= len(d) || d[i] != ',' {
			break
		}
		i = space(d, i+1)
	}
	return found
}

// element returns an element, or how many there are.
func element(d []byte, index int) ([]byte, row.Why, int64) {
	var s scanner
	count := 0
	for i := space(d, 1); i < len(d) && d[i] != ']'; count++ {
		start := i
		if i = s.skip(d, i); i < 0 {
			return nil, row.NotAnArray, 0
		}
		if count == index {
			return d[start:i:i], row.Whole, 0
		}
		if i = space(d, i); i < len(d) && d[i] == ',' {
			i = space(d, i+1)
		}
	}
	return nil, row.OutOfRange, int64(count)
}

// Decode turns a JSON text into nil, bool, int, float64, string, []any or
// map[string]any. A number without point and exponent is an int, and an error
// if it does not fit 64 bits; any other is a float64, and an error if it is
// too large for one. So is a key that stands twice, and half a surrogate pair.
func Decode(value []byte) (any, error) {
	d := decoder{text: value}
	i := space(value, 0)
	if i == len(value) {
		return nil, errors.New("is no JSON value, but empty")
	}
	end := d.skip(value, i)
	if end < 0 {
		return nil, errors.New(d.fault("text"))
	}
	if after := space(value, end); after < len(value) {
		return nil, fmt.Errorf("%s stands after the end of the value", describe(value[after:]))
	}
	v, _, err := d.value(i)
	return v, err
}

// A decoder decodes a text that is known to be well formed.
type decoder struct {
	scanner
	text    []byte
	scratch []byte
}

// value decodes the value at i, and returns the index after it.
func (d *decoder) value(i int) (any, int, error) {
	switch d.text[i] {
	case '{':
		return d.object(i + 1)
	case '[':
		return d.array(i + 1)
	case '"':
		return d.string(i)
	case 't':
		return true, i + 4, nil
	case 'f':
		return false, i + 5, nil
	case 'n':
		return nil, i + 4, nil
	}
	end := d.number(d.text, i)
	v, err := decodeNumber(d.text[i:end])
	return v, end, err
}

func (d *decoder) object(i int) (any, int, error) {
	m := map[string]any{}
	for i = space(d.text, i); d.text[i] != '}'; {
		key, end, err := d.string(i)
		if err != nil {
			return nil, 0, err
		}
		if _, twice := m[key]; twice {
			return nil, 0, fmt.Errorf("the key %q stands twice in its object", key)
		}
		v, end, err := d.value(d.colon(d.text, end))
		if err != nil {
			return nil, 0, err
		}
		m[key] = v
		i = d.after(end)
	}
	return m, i + 1, nil
}

func (d *decoder) array(i int) (any, int, error) {
	list := []any{}
	for i = space(d.text, i); d.text[i] != ']'; {
		v, end, err := d.value(i)
		if err != nil {
			return nil, 0, err
		}
		list = append(list, v)
		i = d.after(end)
	}
	return list, i + 1, nil
}

// after passes a comma, if one follows.
func (d *decoder) after(i int) int {
	if i = space(d.text, i); d.text[i] == ',' {
		i = space(d.text, i+1)
	}
	return i
}

func (d *decoder) string(i int) (string, int, error) {
	d.escaped = false
	end := d.str(d.text, i+1)
	text := d.text[i+1 : end-1]
	if d.escaped {
		var err error
		if d.scratch, err = unescape(text, d.scratch[:0]); err != nil {
			return "", 0, err
		}
		text = d.scratch
	}
	return string(text), end, nil
}

// decodeNumber decodes a number that is known to be well formed.
func decodeNumber(text []byte) (any, error) {
	whole := true
	for _, c := range text {
		whole = whole && (c == '-' || c-'0' <= 9)
	}
	if whole {
		n, err := strconv.ParseInt(string(text), 10, 64)
		if err != nil {
			return nil, fmt.Errorf("%s is an integer beyond 64 bits, %d to %d", shortText(text), math.MinInt64, math.MaxInt64)
		}
		return int(n), nil
	}
	f, err := strconv.ParseFloat(string(text), 64)
	if err != nil {
		return nil, fmt.Errorf("%s is a number too large for 64 bits", shortText(text))
	}
	return f, nil
}
