package mapping

import (
	"fmt"
	"strings"

	"github.com/seed-128c3863/sluice/row"
)

// putTime appends to a column of dates, times of day or timestamps.
func putTime(c *converter, b *row.Batch, dst *row.Column, v value) error {
	t := v
	var err error
	if v.k == textKind {
		if t, err = c.readTime(v); err != nil {
			return err
		}
	}
	if t, err = c.fitTime(t); err != nil {
		return withValue(err, v)
	}
	switch c.typ.Kind {
	case row.Timestamp, row.TimestampTZ:
		dst.AppendTime(t.n, t.nano)
	default:
		dst.AppendInt(t.n)
	}
	return nil
}

// withValue makes v the value at fault.
func withValue(err error, v value) error {
	if f, ok := err.(*fault); ok {
		f.value = v.text()
	}
	return err
}

// readTime reads a text by the column's formats, or as ISO 8601.
func (c *converter) readTime(v value) (value, error) {
	var first error
	for _, f := range c.formats {
		t, err := f.parse(v.s)
		if err == nil {
			return t, nil
		}
		if first == nil {
			first = err
		}
	}
	switch len(c.formats) {
	case 0:
		return c.readISO(v)
	case 1:
		return value{}, first
	}
	texts := make([]string, len(c.formats))
	for i, f := range c.formats {
		texts[i] = f.text
	}
	return value{}, faultOf(v, "%s matches none of %s", v.show(), wordList(texts))
}

var isoWords = map[row.Kind]string{
	row.Date: "a date such as 2024-04-17", row.Time: "a time of day such as 05:30:00",
	row.Timestamp: "a timestamp such as 2024-04-17T05:30:00", row.TimestampTZ: "a timestamp such as 2024-04-17T05:30:00Z",
}

// readISO reads 2024-04-17, 05:30[:00[.123456789]], or both with T or a space
// between them, perhaps with a zone; as much of it as the column's type has.
func (c *converter) readISO(v value) (value, error) {
	r := timeReader{rest: v.s, c: civil{year: 1970, month: 1, day: 1}}
	k := c.typ.Kind
	ok := k == row.Time && r.clock() || k != row.Time && r.date()
	out := dateKind
	if ok && (k == row.Timestamp || k == row.TimestampTZ) && r.rest != "" {
		out = stampKind
		ok = (r.rest[0] == 'T' || r.rest[0] == ' ') && r.after(1) && r.clock() && (r.rest == "" || r.zone())
	}
	if !ok || r.rest != "" {
		return value{}, faultOf(v, "%s is not %s (give its formats where it is written otherwise)", v.show(), isoWords[k])
	}
	if why := r.c.valid(); why != "" {
		return value{}, faultOf(v, "%s is not %s: %s", v.show(), isoWords[k], why)
	}
	switch {
	case k == row.Time:
		return value{k: clockKind, n: r.c.clock()}, r.wholeMicros(v)
	case out == dateKind:
		return value{k: dateKind, n: r.c.days()}, nil
	}
	return r.c.stamp(), nil
}

// wholeMicros refuses the nanoseconds that a time of day cannot hold.
func (r *timeReader) wholeMicros(v value) error {
	if r.c.nano%1000 != 0 {
		return faultOf(v, "%s has more than six digits after the point, which a time cannot hold", v.show())
	}
	return nil
}

func (r *timeReader) after(n int) bool {
	r.rest = r.rest[n:]
	return true
}

// date reads YYYY-MM-DD.
func (r *timeReader) date() bool {
	return r.number(&timeItem{code: 'Y', min: 4, max: 4}) && r.dash() && r.number(&timeItem{code: 'm', min: 2, max: 2}) &&
		r.dash() && r.number(&timeItem{code: 'd', min: 2, max: 2})
}

func (r *timeReader) dash() bool { return strings.HasPrefix(r.rest, "-") && r.after(1) }

// clock reads HH:MM[:SS[.f]].
func (r *timeReader) clock() bool {
	if !r.number(&timeItem{code: 'H', min: 2, max: 2}) || !r.colon() || !r.number(&timeItem{code: 'M', min: 2, max: 2}) {
		return false
	}
	if !r.colon() {
		return true
	}
	if !r.number(&timeItem{code: 'S', min: 2, max: 2}) {
		return false
	}
	return !strings.HasPrefix(r.rest, ".") || r.after(1) && r.number(&timeItem{code: 'f', min: 1, max: 9})
}

func (r *timeReader) colon() bool { return strings.HasPrefix(r.rest, ":") && r.after(1) }

// fitTime returns t as what the column holds. Nothing is cut off: a timestamp
// is a date only at midnight, and a zone neither comes from nowhere nor goes.
func (c *converter) fitTime(t value) (value, error) {
	if t.k == instantKind && c.zone != nil && c.typ.Kind != row.TimestampTZ {
		t = inZone(t, c.zone)
	}
	switch {
	case c.typ.Kind == row.Date:
		return fitDate(t)
	case c.typ.Kind == row.Time && t.k == clockKind:
		return t, nil
	case c.typ.Kind == row.Timestamp && t.k == stampKind, c.typ.Kind == row.TimestampTZ && t.k == instantKind:
		return t, nil
	case c.typ.Kind == row.Timestamp && t.k == dateKind:
		return midnight(t), nil
	case c.typ.Kind == row.Timestamp && t.k == instantKind:
		return t, faultf("%s has a zone, and the column has none (give it a timezone to show the time of, or type timestamptz)", t.text())
	case c.typ.Kind == row.TimestampTZ && (t.k == stampKind || t.k == dateKind):
		if c.zone == nil {
			return t, faultf("%s has no zone, so the instant is not known (give the column a timezone)", t.text())
		}
		return fromZone(midnight(t), c.zone)
	}
	hint := ""
	if t.isNumber() && c.typ.Kind != row.Time {
		hint = "write from_unix(...) or from_unix_ms(...)"
	}
	return t, refuse(t, wordsOf(c.typ), hint)
}

func fitDate(t value) (value, error) {
	switch t.k {
	case dateKind:
		return t, nil
	case stampKind:
		day := floorDiv(t.n, dayMicros)
		if day*dayMicros == t.n && t.nano == 0 {
			return value{k: dateKind, n: day}, nil
		}
		return t, faultf("%s has a time of day, which a date cannot hold (write date(...) to leave it out)", t.text())
	case instantKind:
		return t, faultf("%s has a zone, so the date depends on where (give the column a timezone)", t.text())
	}
	return t, refuse(t, "a date", "")
}

// midnight returns the stamp that a date begins with; any other value as it is.
func midnight(t value) value {
	if t.k == dateKind {
		return value{k: stampKind, n: t.n * dayMicros}
	}
	return t
}

// wordsOf names what a column of the type holds.
func wordsOf(t row.Type) string {
	switch t.Kind {
	case row.Decimal:
		return "a number"
	case row.UUID:
		return "a UUID"
	case row.JSON:
		return "JSON"
	}
	return kindOf(t).String()
}

// formatFits says why a format cannot be one of a column of the type; "" if it can.
func formatFits(f *timeFormat, t row.Type) string {
	if err := f.reads(); err != nil {
		return err.Error()
	}
	clockOnly := f.k == clockKind
	switch {
	case t.Kind == row.Time && !clockOnly:
		return fmt.Sprintf("%q has a date, which a time cannot hold", f.text)
	case t.Kind != row.Time && clockOnly:
		return fmt.Sprintf("%q has no date, which %s needs", f.text, t)
	}
	return ""
}
