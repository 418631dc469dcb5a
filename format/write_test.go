package format_test

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"math"
	"math/big"
	"os"
	"os/exec"
	"testing"

	"github.com/seed-128c3863/sluice/row"
)

// What tests write as a value of a row: nil, bool, int, float64, string (of
// kinds of text), []byte, uuid, moment (of timestamps), unscaled (of
// decimals), []any (of lists).
type (
	moment struct {
		us int64
		ns int16
	}
	unscaled string
	uuid     [16]byte
)

func typ(t testing.TB, text string) row.Type {
	t.Helper()
	typ, err := row.ParseType(text)
	if err != nil {
		t.Fatal(err)
	}
	return typ
}

// schema makes columns of "name type" pairs.
func schema(t testing.TB, namesAndTypes ...string) row.Schema {
	t.Helper()
	var s row.Schema
	for i := 0; i < len(namesAndTypes); i += 2 {
		s = append(s, row.Field{Name: namesAndTypes[i], Type: typ(t, namesAndTypes[i+1])})
	}
	return s
}

// batch makes a batch of rows; row numbers begin at 1.
func batch(s row.Schema, rows ...[]any) *row.Batch {
	b := row.NewBatch(s)
	for r, values := range rows {
		for i, v := range values {
			put(&b.Cols[i], v)
		}
		b.Row = append(b.Row, int64(r+1))
		b.Len++
	}
	return b
}

func put(c *row.Column, v any) {
	switch v := v.(type) {
	case nil:
		c.AppendNull()
	case bool:
		n := int64(0)
		if v {
			n = 1
		}
		c.AppendInt(n)
	case int:
		c.AppendInt(int64(v))
	case float64:
		c.AppendFloat(v)
	case string:
		c.AppendBytes([]byte(v))
	case []byte:
		c.AppendBytes(v)
	case uuid:
		c.AppendBytes(v[:])
	case moment:
		c.AppendTime(v.us, v.ns)
	case unscaled:
		putDecimal(c, string(v))
	case []any:
		for _, e := range v {
			put(c.Elem, e)
		}
		c.AppendList()
	default:
		panic(fmt.Sprintf("a value of type %T", v))
	}
}

func putDecimal(c *row.Column, digits string) {
	n, ok := new(big.Int).SetString(digits, 10)
	if !ok {
		panic(digits)
	}
	if c.Type.Precision <= 18 {
		c.AppendInt(n.Int64())
		return
	}
	if n.Sign() < 0 {
		n.Add(n, new(big.Int).Lsh(big.NewInt(1), 128))
	}
	c.AppendBytes(n.FillBytes(make([]byte, 16)))
}

// canonical is v as testdata/read_parquet.py prints it; nanos says whether
// timestamps are in nanoseconds.
func canonical(v any, nanos bool) any {
	switch v := v.(type) {
	case nil:
		return nil
	case float64:
		if math.IsNaN(v) {
			return "nan"
		}
		return fmt.Sprintf("%016x", math.Float64bits(v))
	case []byte:
		return hex.EncodeToString(v)
	case uuid:
		return hex.EncodeToString(v[:])
	case moment:
		if !nanos {
			return fmt.Sprint(v.us)
		}
		n := new(big.Int).Mul(big.NewInt(v.us), big.NewInt(1000))
		return n.Add(n, big.NewInt(int64(v.ns))).String()
	case []any:
		list := make([]any, len(v))
		for i, e := range v {
			list[i] = canonical(e, nanos)
		}
		return list
	}
	return fmt.Sprint(v)
}

// python runs a script of testdata and decodes the JSON lines it prints.
func python[T any](t *testing.T, script string, args ...string) []T {
	t.Helper()
	program := os.Getenv("SLUICE_TEST_PYTHON")
	if program == "" {
		if os.Getenv("CI") != "" {
			t.Fatal("SLUICE_TEST_PYTHON is not set: it names a Python with pyarrow, pandas and duckdb")
		}
		t.Skip("SLUICE_TEST_PYTHON is not set: it names a Python with pyarrow, pandas and duckdb")
	}
	var stderr bytes.Buffer
	cmd := exec.CommandContext(t.Context(), program, append([]string{"testdata/" + script}, args...)...)
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("%s: %v\n%s", script, err, &stderr)
	}
	var all []T
	for d := json.NewDecoder(bytes.NewReader(out)); ; {
		var v T
		if err := d.Decode(&v); err == io.EOF {
			return all
		} else if err != nil {
			t.Fatalf("%s: %v", script, err)
		}
		all = append(all, v)
	}
}
