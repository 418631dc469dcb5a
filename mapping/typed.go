package mapping

import "github.com/seed-128c3863/sluice/row"

// A sameFunc appends value r of a column of the source, which is not null, if that
// is what the column holds as it stands. What it does not take is left to
// converter.add.
type sameFunc func(c *converter, dst, src *row.Column, r int) bool

// sameOf returns the short way from a typed column of the source to a column of
// the job; nil if there is none.
func sameOf(c *converter, src *row.Column) sameFunc {
	if c.trim || c.nulls != nil || c.empty != "" || c.match != nil || c.oneOf != nil || c.most > 0 || isCells(src) {
		return nil
	}
	from, to := src.Type, c.typ
	whole := func(k row.Kind) bool { return k == row.Int16 || k == row.Int32 || k == row.Int64 }
	switch {
	case whole(from.Kind) && whole(to.Kind):
		return sameInt
	case from.Kind == row.Decimal && to.Kind == row.Decimal:
		if from.Scale == to.Scale && from.Precision > 0 && to.Precision <= 18 && from.Precision <= 18 {
			return sameNumber
		}
		return nil
	case from.Kind != to.Kind:
		return nil
	}
	switch to.Kind {
	case row.Bool, row.Date, row.Time:
		return sameNumber
	case row.Timestamp, row.TimestampTZ:
		return sameMoment
	case row.Float64, row.Float32:
		return sameFloat
	case row.String, row.Bytes, row.UUID:
		return sameBytes
	}
	return nil
}

// same works a column out of one that is typed as the job's is.
func (m *Mapper) same(i int, col *column, src, dst *row.Column, same sameFunc) {
	for r := range m.src.Len {
		if src.Null[r] || !same(col.conv, dst, src, r) {
			m.value(i, col, dst, r)
		}
	}
}

func sameInt(c *converter, dst, src *row.Column, r int) bool {
	n := src.Ints[r]
	if c.typ.Kind == row.Int32 && n != int64(int32(n)) || c.typ.Kind == row.Int16 && n != int64(int16(n)) {
		return false
	}
	dst.AppendInt(n)
	return true
}

// sameNumber takes a decimal, too, of no more digits than its type says.
func sameNumber(c *converter, dst, src *row.Column, r int) bool {
	n := src.Ints[r]
	if most := c.typ.Precision; most > 0 && (n <= -tens[most] || n >= tens[most]) {
		return false
	}
	dst.AppendInt(n)
	return true
}

func sameMoment(_ *converter, dst, src *row.Column, r int) bool {
	nanos := int16(0)
	if src.Nanos != nil {
		nanos = src.Nanos[r]
	}
	dst.AppendTime(src.Ints[r], nanos)
	return true
}

func sameFloat(_ *converter, dst, src *row.Column, r int) bool {
	dst.AppendFloat(src.Floats[r])
	return true
}

func sameBytes(_ *converter, dst, src *row.Column, r int) bool {
	dst.AppendBytes(src.Bytes[r])
	return true
}
