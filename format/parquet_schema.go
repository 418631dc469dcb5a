package format

import (
	"errors"
	"fmt"

	"github.com/parquet-go/parquet-go"
	"github.com/parquet-go/parquet-go/deprecated"
	"github.com/parquet-go/parquet-go/format"

	"github.com/seed-128c3863/sluice/row"
)

// A timeUnit is how timestamps are stored.
type timeUnit string

const (
	micros timeUnit = "us"
	millis timeUnit = "ms"
	nanos  timeUnit = "ns"
	int96  timeUnit = "int96"
)

func parquetUnit(name string) (timeUnit, error) {
	switch unit := timeUnit(name); unit {
	case "":
		return micros, nil
	case micros, millis, nanos, int96:
		return unit, nil
	}
	return "", fmt.Errorf("unknown unit %q of Parquet timestamps; known are us, ms, ns, int96", name)
}

// A group is a node of named fields that keep their order. (parquet.Group
// sorts them by name.)
type group struct {
	parquet.Group
	fields []parquet.Field
}

func (g group) Fields() []parquet.Field { return g.fields }

// parquetSchema returns the schema of the file and what writes each column.
func parquetSchema(s row.Schema, unit timeUnit) (parquet.Node, []leaf, error) {
	if len(s) == 0 {
		return nil, nil, errors.New("a Parquet file needs at least one column")
	}
	root := group{Group: parquet.Group{}}
	leaves := make([]leaf, len(s))
	for i, f := range s {
		if _, twice := root.Group[f.Name]; twice {
			return nil, nil, fmt.Errorf("two columns are named %q", f.Name)
		}
		l := leaf{index: i, unit: unit, required: f.Required}
		node, err := l.node(f.Type)
		if err != nil {
			return nil, nil, fmt.Errorf("column %q: %w", f.Name, err)
		}
		if f.Required {
			node = parquet.Required(node)
		} else {
			node = parquet.Optional(node)
			l.present = 1
		}
		root.Group[f.Name] = node
		root.fields = append(root.fields, parquet.Group{f.Name: node}.Fields()...)
		leaves[i] = l
	}
	return root, leaves, nil
}

// node returns the type as a node that is neither optional nor required yet.
func (l *leaf) node(t row.Type) (parquet.Node, error) {
	if t.Kind != row.List {
		node := l.scalar(t)
		if node == nil {
			return nil, fmt.Errorf("type %s cannot be written", t)
		}
		return node, nil
	}
	elem, err := l.node(*t.Elem)
	if err != nil {
		return nil, err
	}
	return parquet.List(parquet.Optional(elem)), nil
}

// scalar returns the node of a type that is no list; nil if there is none.
func (l *leaf) scalar(t row.Type) parquet.Node {
	switch t.Kind {
	case row.String:
		return dictionary(parquet.String())
	case row.Bool:
		return plain(parquet.Leaf(parquet.BooleanType))
	case row.Int16:
		return dictionary(parquet.Int(16))
	case row.Int32:
		return dictionary(parquet.Leaf(bareType{parquet.Int32Type}))
	case row.Int64:
		return dictionary(parquet.Leaf(bareType{parquet.Int64Type}))
	case row.Float32:
		// The bounds of a dictionary with a NaN would be NaN.
		return plain(parquet.Leaf(parquet.FloatType))
	case row.Float64:
		return plain(parquet.Leaf(parquet.DoubleType))
	case row.Decimal:
		if t.Precision == 0 {
			return nil
		}
		return l.decimal(t)
	case row.Date:
		return dictionary(parquet.Date())
	case row.Time:
		return dictionary(parquet.TimeAdjusted(parquet.Microsecond, false))
	case row.Timestamp, row.TimestampTZ:
		return l.timestamp(t.Kind == row.TimestampTZ)
	case row.Bytes:
		return plain(parquet.Leaf(parquet.ByteArrayType))
	case row.UUID:
		return plain(parquet.Leaf(newUUIDType()))
	case row.JSON:
		return plain(parquet.JSON())
	}
	return nil
}

func (l *leaf) timestamp(utc bool) parquet.Node {
	switch l.unit {
	case millis:
		return dictionary(parquet.TimestampAdjusted(parquet.Millisecond, utc))
	case nanos:
		return dictionary(parquet.TimestampAdjusted(parquet.Nanosecond, utc))
	case int96:
		// A dictionary would cost a fifth of the time of a small file.
		return plain(parquet.Leaf(parquet.Int96Type))
	}
	return dictionary(parquet.TimestampAdjusted(parquet.Microsecond, utc))
}

// decimal stores up to 9 digits in INT32, up to 18 in INT64, more in the
// fewest bytes that hold them: what Spark writes and every reader reads.
func (l *leaf) decimal(t row.Type) parquet.Node {
	switch {
	case t.Precision <= 9:
		return dictionary(parquet.Decimal(t.Scale, t.Precision, parquet.Int32Type))
	case t.Precision <= 18:
		return dictionary(parquet.Decimal(t.Scale, t.Precision, parquet.Int64Type))
	}
	l.bytes = decimalBytes(t.Precision)
	return plain(parquet.Leaf(newDecimalType(t.Precision, t.Scale, l.bytes)))
}

// decimalBytes returns how many bytes hold any number of so many digits, and
// a sign.
func decimalBytes(precision int) int {
	return maxUnscaled(precision).BitLen()/8 + 1
}

// A bareType is a physical type that says nothing more, as other writers have
// it for the integers of 32 and 64 bits.
type bareType struct{ parquet.Type }

func (bareType) LogicalType() *format.LogicalType         { return nil }
func (bareType) ConvertedType() *deprecated.ConvertedType { return nil }

// dictionary stores each value once and refers to it by number, for as long
// as there are few enough of them.
func dictionary(n parquet.Node) parquet.Node { return parquet.Encoded(n, &parquet.RLEDictionary) }

func plain(n parquet.Node) parquet.Node { return parquet.Encoded(n, &parquet.Plain) }
