package mapping

import (
	"bytes"
	"strconv"
	"time"

	"github.com/seed-128c3863/sluice/row"
)

// A Plain reads texts as a database writes the values of a type: ISO 8601 in
// UTC, 1, t or true. What the type cannot hold is an error, such as a date that
// is infinity.
type Plain struct{ conv *converter }

// NewPlain returns what reads texts of a type that is no list.
func NewPlain(t row.Type) Plain {
	c := &converter{typ: t, zone: time.UTC, yes: []string{"1", "t", "true"}, no: []string{"0", "f", "false"}, empty: "text"}
	c.settle()
	return Plain{c}
}

// Add appends the value of a text to dst, which keeps no part of it: what it
// must keep goes to b.
func (p Plain) Add(b *row.Batch, dst *row.Column, text []byte) error {
	switch p.conv.typ.Kind {
	case row.Any, row.String, row.JSON:
		dst.AppendBytes(b.Keep(text))
		return nil
	case row.Float32, row.Float64: // NaN and the infinities, too
		f, err := strconv.ParseFloat(str(text), 64)
		if err != nil {
			return faultf("%s is not a number", quote(string(text)))
		}
		dst.AppendFloat(f)
		return nil
	case row.TimestampTZ:
		text = bytes.TrimSuffix(text, []byte("+00"))
	}
	if len(text) > 0 && p.conv.quick != nil && p.conv.quick(p.conv, dst, str(text)) {
		return nil
	}
	return p.conv.add(b, dst, cell(text))
}
