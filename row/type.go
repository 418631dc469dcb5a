package row

import (
	"fmt"
	"strconv"
	"strings"
)

// A Kind is the kind of a Type, without its parameters.
type Kind uint8

// The kinds, with what a Column of the kind holds for each row.
const (
	Any         Kind = iota // Bytes: one value as the source wrote it, not yet typed; JSON text from JSON files
	String                  // Bytes: UTF-8
	Bool                    // Ints: 0 or 1
	Int16                   // Ints
	Int32                   // Ints
	Int64                   // Ints
	Float32                 // Floats, rounded to float32
	Float64                 // Floats
	Decimal                 // Ints: unscaled, if Precision <= 18; else Bytes: unscaled, 16 bytes, big-endian two's complement; Precision 0: Bytes: its digits as text
	Date                    // Ints: days since 1970-01-01
	Time                    // Ints: microseconds since midnight
	Timestamp               // Ints: microseconds since 1970-01-01 00:00 of an unnamed zone; Nanos
	TimestampTZ             // Ints: microseconds since 1970-01-01 00:00 UTC; Nanos
	Bytes                   // Bytes
	UUID                    // Bytes: 16
	JSON                    // Bytes: one valid JSON text
	List                    // Ends into Elem
)

var kindNames = [...]string{
	Any: "any", String: "string", Bool: "bool", Int16: "int16", Int32: "int32", Int64: "int64",
	Float32: "float32", Float64: "float64", Decimal: "decimal", Date: "date", Time: "time",
	Timestamp: "timestamp", TimestampTZ: "timestamptz", Bytes: "bytes", UUID: "uuid", JSON: "json", List: "list",
}

// String returns the kind's name in a job file.
func (k Kind) String() string { return kindNames[k] }

// Names returns the names of the types a job file may give a column, in the
// order they are documented. Two take arguments: decimal(p,s) and list(type).
func Names() []string {
	names := append([]string(nil), kindNames[String:]...)
	for i, name := range names {
		switch name {
		case "decimal":
			names[i] = "decimal(p,s)"
		case "list":
			names[i] = "list(type)"
		}
	}
	return names
}

// MaxPrecision is the most digits a decimal may have.
const MaxPrecision = 38

// A Type is the type of a column. The zero Type is Any.
type Type struct {
	Kind      Kind
	Precision int   // Decimal: digits in all, 1 to MaxPrecision; 0: any number, as some columns of databases hold
	Scale     int   // Decimal: digits after the point, 0 to Precision
	Elem      *Type // List: of what; nil for every other kind
}

// ParseType reads a type as a job file writes it: "int64", "decimal(12,2)",
// "list(string)".
func ParseType(text string) (Type, error) {
	name, args, hasArgs := strings.Cut(strings.TrimSpace(text), "(")
	if hasArgs {
		var closed bool
		if args, closed = strings.CutSuffix(args, ")"); !closed {
			return Type{}, fmt.Errorf("type %q lacks its closing parenthesis", text)
		}
	}
	for k := String; k <= List; k++ {
		if kindNames[k] == name {
			return parseArgs(k, args, hasArgs)
		}
	}
	return Type{}, fmt.Errorf("unknown type %q", text)
}

func parseArgs(k Kind, args string, hasArgs bool) (Type, error) {
	switch {
	case k == Decimal:
		return parseDecimal(args)
	case k == List:
		elem, err := ParseType(args)
		switch {
		case args == "":
			return Type{}, fmt.Errorf("a list names the type of its elements")
		case err != nil:
			return Type{}, err
		}
		return Type{Kind: List, Elem: &elem}, nil
	case hasArgs:
		return Type{}, fmt.Errorf("type %s takes no arguments", k)
	}
	return Type{Kind: k}, nil
}

func parseDecimal(args string) (Type, error) {
	p, s, _ := strings.Cut(args, ",")
	precision, err1 := strconv.Atoi(strings.TrimSpace(p))
	scale, err2 := strconv.Atoi(strings.TrimSpace(s))
	if err1 != nil || err2 != nil {
		return Type{}, fmt.Errorf("a decimal names its digits in all and after the point")
	}
	if precision < 1 || precision > MaxPrecision || scale < 0 || scale > precision {
		return Type{}, fmt.Errorf("decimal(%d,%d): 1 to %d digits in all, and no more than those after the point", precision, scale, MaxPrecision)
	}
	return Type{Kind: Decimal, Precision: precision, Scale: scale}, nil
}

// String returns the type as a job file writes it.
func (t Type) String() string {
	switch t.Kind {
	case Decimal:
		if t.Precision == 0 {
			return "decimal"
		}
		return fmt.Sprintf("decimal(%d,%d)", t.Precision, t.Scale)
	case List:
		return "list(" + t.Elem.String() + ")"
	}
	return t.Kind.String()
}

// A Field is a named, typed column of a Schema.
type Field struct {
	Name     string
	Type     Type
	Required bool // null is not allowed
}

// A Schema is the columns of a Batch, in order.
type Schema []Field
