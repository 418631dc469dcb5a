package row_test

import (
	"slices"
	"strconv"
	"testing"

	"github.com/seed-128c3863/sluice/row"
)

func TestError(t *testing.T) {
	for name, tc := range map[string]struct {
		err  row.Error
		want string
	}{
		"file":  {row.Error{File: "a.csv"}, `a.csv: invalid syntax`},
		"value": {row.Error{File: "a.csv", Row: 7, Line: 9, Column: "id"}, `a.csv: row 7: line 9: column "id": invalid syntax`},
		"byte":  {row.Error{File: "a.json", Byte: 12}, `a.json: byte 12: invalid syntax`},
	} {
		t.Run(name, func(t *testing.T) {
			tc.err.Err = strconv.ErrSyntax
			if got := tc.err.Error(); got != tc.want {
				t.Errorf("got  %s\nwant %s", got, tc.want)
			}
		})
	}
}

func TestAtKeepsThePosition(t *testing.T) {
	inner := &row.Error{Row: 3, Byte: 40, Err: strconv.ErrRange}
	if got, want := row.At("a.json", inner).Error(), "a.json: row 3: byte 40: value out of range"; got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	if got, want := row.At("a.json", strconv.ErrRange).Error(), "a.json: value out of range"; got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	if inner.File != "" {
		t.Error("At changed the error it was given")
	}
}

func TestParseType(t *testing.T) {
	for text, want := range map[string]string{
		"int64": "int64", "decimal(12, 2)": "decimal(12,2)", "list(decimal(3,1))": "list(decimal(3,1))", "list(list(uuid))": "list(list(uuid))",
		"decimal(38,38)": "decimal(38,38)", "decimal(1,0)": "decimal(1,0)",
	} {
		got, err := row.ParseType(text)
		if err != nil || got.String() != want {
			t.Errorf("%s: got %v, %v; want %s", text, got, err, want)
		}
	}
	for _, text := range []string{"", "any", "int", "decimal", "decimal(2,3)", "decimal(39,0)", "list", "list()", "string(3)", "list(int64"} {
		if got, err := row.ParseType(text); err == nil {
			t.Errorf("%q: got %v, want an error", text, got)
		}
	}
}

func TestBatch(t *testing.T) {
	list := row.Type{Kind: row.List, Elem: &row.Type{Kind: row.Int64}}
	b := row.NewBatch(row.Schema{{Name: "t", Type: row.Type{Kind: row.Timestamp}}, {Name: "l", Type: list}, {Name: "p", Type: row.Type{Kind: row.Any}}})
	for r := range 3 {
		b.Cols[0].AppendTime(int64(r), int16(7*(r%2)))
		for i := range r {
			b.Cols[1].Elem.AppendInt(int64(i))
		}
		b.Cols[1].AppendList()
		if r == 1 {
			b.Cols[2].AppendBroken(row.Break{Why: row.OfNull, Step: 1})
		} else {
			b.Cols[2].AppendBytes(b.Keep([]byte("1")))
		}
		b.Len++
	}
	if n := b.Cols[0].Nanos; len(n) != 3 || n[0] != 0 || n[1] != 7 || n[2] != 0 {
		t.Errorf("nanos: %v", n)
	}
	if got := b.Cols[2].BreakAt(1); got.Why != row.OfNull || b.Cols[2].BreakAt(2).Why != row.Whole {
		t.Errorf("broken: %v", b.Cols[2].Broken)
	}
	b.Truncate(2)
	if b.Len != 2 || b.Cols[1].Elem.Len() != 1 || b.Cols[1].Len() != 2 {
		t.Errorf("truncated: %d rows, %d elements", b.Len, b.Cols[1].Elem.Len())
	}
	b.Reset()
	if b.Len != 0 || b.Cols[1].Elem.Len() != 0 {
		t.Error("Reset left rows")
	}
}

func TestEachBreakStandsAtItsOwnRow(t *testing.T) {
	c := row.NewColumn(row.Type{Kind: row.Any})
	c.AppendBytes([]byte("1"))
	for step := range 3 {
		c.AppendBroken(row.Break{Why: row.OfNull, Step: step})
		c.AppendNull()
	}
	for step := range 3 {
		if got := c.BreakAt(1 + 2*step); got.Step != step || got.Why != row.OfNull || c.BreakAt(2+2*step).Why != row.Whole {
			t.Errorf("break %d: %v", step, c.Broken)
		}
	}
}

// Whatever kind a column is of, its slices have one length, and null is null.
func TestColumn(t *testing.T) {
	for _, text := range []string{"string", "bool", "int64", "float32", "decimal(18,2)", "decimal(19,2)", "time", "timestamp", "bytes", "uuid", "json", "list(float64)"} {
		typ, err := row.ParseType(text)
		if err != nil {
			t.Fatal(err)
		}
		c := row.NewColumn(typ)
		c.AppendNull()
		switch {
		case typ.Kind == row.List:
			c.Elem.AppendFloat(1.5)
			c.AppendList()
		case typ.Kind == row.Timestamp:
			c.AppendTime(1, 999)
		case typ.Kind == row.Float32:
			c.AppendFloat(0.5)
		case typ.Kind == row.Bool, typ.Kind == row.Int64, typ.Kind == row.Time, typ.Precision == 18:
			c.AppendInt(1)
		default:
			c.AppendBytes([]byte("x"))
		}
		c.AppendNull()
		if want := []bool{true, false, true}; !slices.Equal(c.Null, want) {
			t.Errorf("%s: null %v", text, c.Null)
		}
		for _, n := range []int{len(c.Ints), len(c.Floats), len(c.Bytes), len(c.Ends), len(c.Nanos)} {
			if n != 0 && n != 3 {
				t.Errorf("%s: a slice of %d values: %+v", text, n, c)
			}
		}
		c.Truncate(2)
		if c.Len() != 2 || typ.Kind == row.Timestamp && (len(c.Nanos) != 2 || c.Nanos[1] != 999) {
			t.Errorf("%s: truncated to %+v", text, c)
		}
		if c.Truncate(0); c.Len() != 0 || c.Nanos != nil {
			t.Errorf("%s: emptied to %+v", text, c)
		}
	}
}

// Bytes that a batch keeps stay as they are, however much comes after.
func TestKeep(t *testing.T) {
	b := row.NewBatch(nil)
	var kept [][]byte
	for n := range 3000 {
		kept = append(kept, b.Keep([]byte(strconv.Itoa(n))))
	}
	for n, v := range kept {
		if string(v) != strconv.Itoa(n) || cap(v) != len(v) {
			t.Fatalf("value %d is %q with room for %d", n, v, cap(v))
		}
	}
}
