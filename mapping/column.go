package mapping

import (
	"encoding/binary"
	"math/bits"
	"strings"

	"github.com/seed-128c3863/sluice/row"
)

// columnValue returns value r of a typed column.
func columnValue(c *row.Column, r int) (value, error) {
	if c.Null[r] {
		return null, nil
	}
	switch c.Type.Kind {
	case row.String:
		return ofText(str(c.Bytes[r])), nil
	case row.Bool:
		return ofBool(c.Ints[r] != 0), nil
	case row.Int16, row.Int32, row.Int64:
		return ofInt(c.Ints[r]), nil
	case row.Float32, row.Float64:
		return ofFloat(c.Floats[r])
	case row.Decimal:
		return ofNumber(decimalText(c, r)), nil
	case row.Date:
		return value{k: dateKind, n: c.Ints[r]}, nil
	case row.Time:
		return value{k: clockKind, n: c.Ints[r]}, nil
	case row.Timestamp, row.TimestampTZ:
		return momentValue(c, r), nil
	case row.Bytes:
		return value{k: bytesKind, s: str(c.Bytes[r])}, nil
	case row.UUID:
		return ofText(formatUUID(c.Bytes[r])), nil
	case row.List:
		return listValue(c, r)
	}
	return ofJSON(c.Bytes[r])
}

func momentValue(c *row.Column, r int) value {
	v := value{k: stampKind, n: c.Ints[r]}
	if c.Type.Kind == row.TimestampTZ {
		v.k = instantKind
	}
	if c.Nanos != nil {
		v.nano = c.Nanos[r]
	}
	return v
}

func listValue(c *row.Column, r int) (value, error) {
	start := 0
	if r > 0 {
		start = c.Ends[r-1]
	}
	var items []value
	for e := start; e < c.Ends[r]; e++ {
		v, err := columnValue(c.Elem, e)
		if err != nil {
			return v, err
		}
		items = append(items, v)
	}
	return ofList(items), nil
}

// decimalText writes a decimal with all the digits of its scale.
func decimalText(c *row.Column, r int) string {
	if c.Type.Precision == 0 {
		return str(c.Bytes[r])
	}
	var v u128
	neg := false
	if c.Type.Precision <= 18 {
		neg = c.Ints[r] < 0
		v.lo = magnitude(c.Ints[r])
	} else {
		v = u128{binary.BigEndian.Uint64(c.Bytes[r]), binary.BigEndian.Uint64(c.Bytes[r][8:])}
		if neg = v.hi>>63 != 0; neg {
			v.hi, v.lo = ^v.hi, -v.lo
			if v.lo == 0 {
				v.hi++
			}
		}
	}
	digits := v.String()
	if missing := c.Type.Scale + 1 - len(digits); missing > 0 {
		digits = strings.Repeat("0", missing) + digits
	}
	if point := len(digits) - c.Type.Scale; c.Type.Scale > 0 {
		digits = digits[:point] + "." + digits[point:]
	}
	if neg {
		return "-" + digits
	}
	return digits
}

// String writes the digits.
func (v u128) String() string {
	if v == (u128{}) {
		return "0"
	}
	var b [40]byte
	i := len(b)
	for v != (u128{}) {
		var rest uint64
		v.hi, rest = v.hi/10, v.hi%10
		v.lo, rest = bits.Div64(rest, v.lo, 10)
		i--
		b[i] = '0' + byte(rest)
	}
	return string(b[i:])
}

// appendSame appends to dst the one value of a column of its type.
func appendSame(dst, one *row.Column) {
	switch {
	case one.Null[0]:
		dst.AppendNull()
	case one.Elem != nil:
		for e := range one.Elem.Len() {
			elem := oneOfColumn(one.Elem, e)
			appendSame(dst.Elem, &elem)
		}
		dst.AppendList()
	case len(one.Bytes) > 0:
		dst.AppendBytes(one.Bytes[0])
	case len(one.Floats) > 0:
		dst.AppendFloat(one.Floats[0])
	case len(one.Nanos) > 0:
		dst.AppendTime(one.Ints[0], one.Nanos[0])
	default:
		dst.AppendInt(one.Ints[0])
	}
}

// oneOfColumn returns value e of a column as a column of it alone.
func oneOfColumn(c *row.Column, e int) row.Column {
	out := row.Column{Type: c.Type, Null: c.Null[e : e+1]}
	if len(c.Bytes) > 0 {
		out.Bytes = c.Bytes[e : e+1]
	}
	if len(c.Floats) > 0 {
		out.Floats = c.Floats[e : e+1]
	}
	if len(c.Ints) > 0 {
		out.Ints = c.Ints[e : e+1]
	}
	if len(c.Nanos) > 0 {
		out.Nanos = c.Nanos[e : e+1]
	}
	if c.Elem != nil {
		start := 0
		if e > 0 {
			start = c.Ends[e-1]
		}
		elem := row.NewColumn(c.Elem.Type)
		for i := start; i < c.Ends[e]; i++ {
			one := oneOfColumn(c.Elem, i)
			appendSame(&elem, &one)
		}
		out.Elem = &elem
		out.Ends = []int{elem.Len()}
	}
	return out
}
