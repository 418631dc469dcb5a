package mapping

import (
	"fmt"
	"math"
	"strconv"
	"unicode/utf8"
	"unsafe"

	"github.com/seed-128c3863/sluice/row"
)

// A kind is what a value is, or, of a compiled expression, what is known of
// its values beforehand.
type kind uint8

const (
	anyKind      kind = iota // not known beforehand; no value is of this kind
	nullKind                 // nothing in it
	boolKind                 // n: 0 or 1
	intKind                  // n
	floatKind                // n: the float's bits; s: the number as written, "" if it was worked out
	bigKind                  // s: an integer beyond 64 bits, as written
	textKind                 // s: UTF-8
	bytesKind                // s
	dateKind                 // n: days since 1970-01-01
	clockKind                // n: microseconds since midnight
	stampKind                // n: microseconds since 1970-01-01 00:00 of an unnamed zone; nano
	instantKind              // n: microseconds since 1970-01-01 00:00 UTC; nano
	durationKind             // n: nanoseconds
	listKind                 // x.items, or s: the text of a JSON array
	objectKind               // x.items by x.keys, or s: the text of a JSON object
)

var kindWords = [...]string{
	anyKind: "any value", nullKind: "null", boolKind: "true or false", intKind: "an integer", floatKind: "a number", bigKind: "an integer beyond 64 bits",
	textKind: "a text", bytesKind: "bytes", dateKind: "a date", clockKind: "a time of day", stampKind: "a timestamp",
	instantKind: "a timestamp with zone", durationKind: "a duration", listKind: "a list", objectKind: "an object",
}

// String returns the kind in words for a message: "a text".
func (k kind) String() string { return kindWords[k] }

// A value is one value while an expression is worked out. Its s may point into
// the source batch. The zero value is no value; null is {k: nullKind}.
type value struct {
	k    kind
	nano int16
	n    int64
	s    string
	x    *compound
}

// A compound holds the parts of a list or an object that was worked out.
type compound struct {
	items []value
	keys  []string // object: as many as items
}

var null = value{k: nullKind}

func ofBool(b bool) value {
	if b {
		return value{k: boolKind, n: 1}
	}
	return value{k: boolKind}
}

func ofInt(n int64) value      { return value{k: intKind, n: n} }
func ofText(s string) value    { return value{k: textKind, s: s} }
func ofList(v []value) value   { return value{k: listKind, x: &compound{items: v}} }
func (v value) float() float64 { return math.Float64frombits(uint64(v.n)) }
func (v value) isFinite() bool { return !math.IsInf(v.float(), 0) && !math.IsNaN(v.float()) }
func (v value) isNumber() bool { return v.k == intKind || v.k == floatKind }

// ofFloat returns the result of a calculation, which must be finite.
func ofFloat(f float64) (value, error) {
	if math.IsInf(f, 0) || math.IsNaN(f) {
		return value{}, faultf("the result is beyond what a float holds")
	}
	return value{k: floatKind, n: int64(math.Float64bits(f))}, nil
}

// ofNumber returns the number that text is in JSON's grammar, and keeps the
// text, so that it stays exact.
func ofNumber(text string) value {
	n, state := parseInt(text)
	switch state {
	case isInt:
		return ofInt(n)
	case beyondInt:
		return value{k: bigKind, s: text}
	}
	// Out of range is Inf, which every use of it refuses by its text.
	f, _ := strconv.ParseFloat(text, 64)
	return value{k: floatKind, n: int64(math.Float64bits(f)), s: text}
}

// str returns b as a string without a copy. It lives as long as b is not
// written to: for a source batch, until it is filled again.
func str(b []byte) string { return unsafe.String(unsafe.SliceData(b), len(b)) }

// raw is the other way round; what it returns must not be written to.
func raw(s string) []byte { return unsafe.Slice(unsafe.StringData(s), len(s)) }

// text returns the value as text: what string() gives, what a reject shows.
// Text is not quoted; lists and objects are JSON.
func (v value) text() string {
	switch v.k {
	case nullKind, anyKind:
		return "null"
	case boolKind:
		return strconv.FormatBool(v.n != 0)
	case intKind:
		return strconv.FormatInt(v.n, 10)
	case floatKind:
		if v.s == "" {
			return floatText(v.float())
		}
		return v.s
	case dateKind, clockKind, stampKind, instantKind:
		return string(appendTime(nil, v))
	case durationKind:
		return durationText(v.n)
	case bytesKind:
		return encodeBytes(v.s)
	case listKind, objectKind:
		if v.x == nil {
			return v.s
		}
		return string(appendJSON(nil, v))
	}
	return v.s
}

// floatText returns the shortest text that reads back as f; of an integer that
// has more digits than floats keep, all of them: integers and decimals are made
// of it.
func floatText(f float64) string {
	switch a := math.Abs(f); {
	case a != 0 && (a < 1e-6 || a >= 1e38):
		return strconv.FormatFloat(f, 'e', -1, 64)
	case a >= 1<<53:
		return strconv.FormatFloat(f, 'f', 0, 64)
	}
	return strconv.FormatFloat(f, 'f', -1, 64)
}

// show returns the value for a message: text quoted, long ones cut.
func (v value) show() string {
	switch v.k {
	case textKind:
		return quote(v.s)
	case listKind, objectKind, bytesKind:
		return v.k.String()
	case bigKind, intKind, floatKind, nullKind, boolKind:
		return cut(v.text())
	}
	return fmt.Sprintf("%s (%s)", v.text(), v.k)
}

func quote(s string) string { return strconv.Quote(cut(s)) }

// cut returns s, or its first 80 bytes or so and dots.
func cut(s string) string {
	const most = 80
	if len(s) <= most {
		return s
	}
	n := most
	for n > most-utf8.UTFMax && !utf8.RuneStart(s[n]) {
		n--
	}
	return s[:n] + "..."
}

// kindOf returns what a value of the type is in an expression.
func kindOf(t row.Type) kind {
	switch t.Kind {
	case row.String, row.UUID:
		return textKind
	case row.Bool:
		return boolKind
	case row.Int16, row.Int32, row.Int64:
		return intKind
	case row.Float32, row.Float64:
		return floatKind
	case row.Date:
		return dateKind
	case row.Time:
		return clockKind
	case row.Timestamp:
		return stampKind
	case row.TimestampTZ:
		return instantKind
	case row.Bytes:
		return bytesKind
	case row.List:
		return listKind
	}
	return anyKind
}

// A fault is why a value could not be worked out or converted.
type fault struct {
	msg    string
	value  string // the value at fault as the source wrote it; "" if it is none
	absent bool   // a member or element of something that is not there: what ?? forgives
}

func (f *fault) Error() string { return f.msg }

func faultf(format string, args ...any) error {
	return &fault{msg: fmt.Sprintf(format, args...)}
}

// faultOf is faultf for a fault of the value v.
func faultOf(v value, format string, args ...any) error {
	return &fault{msg: fmt.Sprintf(format, args...), value: v.text()}
}

// inside returns the fault of an operand or argument: that something is absent
// there is not what a ?? around the whole forgives.
func inside(err error) error {
	if f, ok := err.(*fault); ok && f.absent {
		settled := *f
		settled.absent = false
		return &settled
	}
	return err
}
