package format_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/seed-128c3863/sluice/format"
	"github.com/seed-128c3863/sluice/row"
)

// texts are values of every type and what they are in a CSV and an NDJSON
// file.
var texts = []struct {
	typ       string
	value     any
	csv, json string
}{
	{"string", "plain", `plain`, `"plain"`},
	{"string", "", `""`, `""`},
	{"string", "007", `007`, `"007"`},
	{"string", `a,b`, `"a,b"`, `"a,b"`},
	{"string", `say "hi"`, `"say ""hi"""`, `"say \"hi\""`},
	{"string", `"`, `""""`, `"\""`},
	{"string", "two\nlines", "\"two\nlines\"", `"two\nlines"`},
	{"string", "\r", "\"\r\"", `"\r"`},
	{"string", " space ", `" space "`, `" space "`},
	{"string", "tab\there", "tab\there", `"tab\there"`},
	{"string", "\x00\x1f\\", "\x00\x1f\\", `"\u0000\u001f\\"`},
	{"string", "가나다 é <&>", "가나다 é <&>", `"가나다 é <&>"`},
	{"bool", true, `true`, `true`},
	{"bool", false, `false`, `false`},
	{"int16", -32768, `-32768`, `-32768`},
	{"int32", 7, `7`, `7`},
	{"int64", math.MaxInt64, `9223372036854775807`, `9223372036854775807`},
	{"int64", math.MinInt64, `-9223372036854775808`, `-9223372036854775808`},
	{"float32", float64(float32(0.1)), `0.1`, `0.1`},
	{"float64", 0.1, `0.1`, `0.1`},
	{"float64", 100.0, `100`, `100`},
	{"float64", 1e20, `100000000000000000000`, `100000000000000000000`},
	{"float64", 1e21, `1e+21`, `1e+21`},
	{"float64", 5e-324, `5e-324`, `5e-324`},
	{"float64", math.Copysign(0, -1), `-0`, `-0`},
	{"decimal(5,2)", unscaled("-1"), `-0.01`, `-0.01`},
	{"decimal(5,2)", unscaled("12345"), `123.45`, `123.45`},
	{"decimal(5,2)", unscaled("100"), `1.00`, `1.00`},
	{"decimal(5,5)", unscaled("0"), `0.00000`, `0.00000`},
	{"decimal(18,0)", unscaled("-999999999999999999"), `-999999999999999999`, `-999999999999999999`},
	{"decimal(38,0)", unscaled("-99999999999999999999999999999999999999"), `-99999999999999999999999999999999999999`, `-99999999999999999999999999999999999999`},
	{"decimal(38,38)", unscaled("-1"), `-0.00000000000000000000000000000000000001`, `-0.00000000000000000000000000000000000001`},
	{"decimal(20,2)", unscaled("5"), `0.05`, `0.05`},
	{"date", 0, `1970-01-01`, `"1970-01-01"`},
	{"date", -719162, `0001-01-01`, `"0001-01-01"`},
	{"date", 2932896, `9999-12-31`, `"9999-12-31"`},
	{"date", 11016, `2000-02-29`, `"2000-02-29"`},
	{"date", -25509, `1900-02-28`, `"1900-02-28"`},
	{"date", -25508, `1900-03-01`, `"1900-03-01"`},
	{"time", 0, `00:00:00`, `"00:00:00"`},
	{"time", day - 1, `23:59:59.999999`, `"23:59:59.999999"`},
	{"time", 43_200_500_000, `12:00:00.500`, `"12:00:00.500"`},
	{"timestamp", moment{us: 1_713_320_700_000_000}, `2024-04-17 02:25:00`, `"2024-04-17T02:25:00"`},
	{"timestamp", moment{us: -1, ns: 7}, `1969-12-31 23:59:59.999999007`, `"1969-12-31T23:59:59.999999007"`},
	{"timestamp", moment{us: year1}, `0001-01-01 00:00:00`, `"0001-01-01T00:00:00"`},
	{"timestamp", moment{us: year9999}, `9999-12-31 23:59:59.999999`, `"9999-12-31T23:59:59.999999"`},
	{"timestamptz", moment{us: 1_713_320_700_000_000}, `2024-04-17 02:25:00+00:00`, `"2024-04-17T02:25:00Z"`},
	{"timestamptz", moment{us: 1_000, ns: 0}, `1970-01-01 00:00:00.001+00:00`, `"1970-01-01T00:00:00.001Z"`},
	{"bytes", []byte{0, 255, 62}, `AP8+`, `"AP8+"`},
	{"bytes", []byte{}, `""`, `""`},
	{"uuid", uuid{0: 0x12, 5: 0xab, 15: 0xff}, `12000000-00ab-0000-0000-0000000000ff`, `"12000000-00ab-0000-0000-0000000000ff"`},
	{"json", "{\"a\":\r\n 1}", "\"{\"\"a\"\":\r\n 1}\"", `{"a":   1}`},
	{"json", `12345678901234567890`, `12345678901234567890`, `12345678901234567890`},
	{"list(string)", []any{"a", nil, `"`, ""}, `"[""a"",null,""\"""",""""]"`, `["a",null,"\"",""]`},
	{"list(int64)", []any{}, `[]`, `[]`},
	{"list(int64)", []any{1}, `[1]`, `[1]`},
	{"list(list(date))", []any{[]any{0}, nil, []any{}}, `"[[""1970-01-01""],null,[]]"`, `[["1970-01-01"],null,[]]`},
	{"list(decimal(20,1))", []any{unscaled("15")}, `[1.5]`, `[1.5]`},
}

func TestTexts(t *testing.T) {
	for _, tc := range texts {
		s := schema(t, "a", tc.typ, "n", tc.typ)
		b := batch(s, []any{tc.value, nil})
		if got, want := csv(t, s, format.CSVOptions{}, b), "a,n\n"+tc.csv+",\n"; got != want {
			t.Errorf("%s: CSV: got %q, want %q", tc.typ, got, want)
		}
		if got, want := ndjson(t, s, b), `{"a":`+tc.json+`,"n":null}`+"\n"; got != want {
			t.Errorf("%s: NDJSON: got %q, want %q", tc.typ, got, want)
		}
		if !json.Valid([]byte(tc.json)) {
			t.Errorf("%s is not JSON", tc.json)
		}
	}
}

func csv(t *testing.T, s row.Schema, o format.CSVOptions, batches ...*row.Batch) string {
	t.Helper()
	var out bytes.Buffer
	c, err := format.NewCSV(&out, s, o)
	if err != nil {
		t.Fatal(err)
	}
	writeAll(t, c, batches)
	return out.String()
}

func ndjson(t *testing.T, s row.Schema, batches ...*row.Batch) string {
	t.Helper()
	var out bytes.Buffer
	n, err := format.NewNDJSON(&out, s)
	if err != nil {
		t.Fatal(err)
	}
	writeAll(t, n, batches)
	return out.String()
}

func TestCSVOptions(t *testing.T) {
	two, one := schema(t, "a b", "string", `q"`, "int64"), schema(t, "a", "string")
	rows := [][]any{{"x,y;z", 1}, {"", nil}, {nil, 2}, {"NULL", 3}}
	for name, tc := range map[string]struct {
		schema row.Schema
		o      format.CSVOptions
		rows   [][]any
		want   string
	}{
		"none":           {two, format.CSVOptions{}, rows, "a b,\"q\"\"\"\n\"x,y;z\",1\n\"\",\n,2\nNULL,3\n"},
		"semicolon":      {two, format.CSVOptions{Delimiter: ";"}, rows, "a b;\"q\"\"\"\n\"x,y;z\";1\n\"\";\n;2\nNULL;3\n"},
		"tab, no header": {two, format.CSVOptions{Delimiter: "\t", NoHeader: true}, rows, "x,y;z\t1\n\"\"\t\n\t2\nNULL\t3\n"},
		"wide delimiter": {two, format.CSVOptions{Delimiter: "§", NoHeader: true}, [][]any{{"a§b", 1}}, "\"a§b\"§1\n"},
		"null":           {two, format.CSVOptions{Null: "NULL", NoHeader: true}, rows, "\"x,y;z\",1\n\"\",NULL\nNULL,2\n\"NULL\",3\n"},
		"one column":     {one, format.CSVOptions{}, [][]any{{nil}, {"x"}, {""}}, "a\n\"\"\nx\n\"\"\n"},
		"no rows":        {two, format.CSVOptions{}, nil, "a b,\"q\"\"\"\n"},
	} {
		t.Run(name, func(t *testing.T) {
			if got := csv(t, tc.schema, tc.o, batch(tc.schema, tc.rows...)); got != tc.want {
				t.Errorf("got  %q\nwant %q", got, tc.want)
			}
		})
	}
	for want, o := range map[string]format.CSVOptions{
		`delimiter "ab" of CSV`: {Delimiter: "ab"},
		`delimiter "\"" of CSV`: {Delimiter: `"`},
		`null "a,b" of CSV`:     {Null: "a,b"},
	} {
		if _, err := format.NewCSV(nil, one, o); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want %s", err, want)
		}
	}
}

// A value that has no text is an error that says where it is, and leaves
// nothing of its batch in the file.
func TestTextRefusals(t *testing.T) {
	for _, tc := range []struct {
		typ       string
		good, bad any
		onlyJSON  bool
	}{
		{"float64", 1.0, math.NaN(), true},
		{"float32", 1.0, math.Inf(-1), true},
		{"list(float64)", []any{1.0}, []any{nil, math.Inf(1)}, false},
		{"date", 0, 2932897, false},
		{"timestamp", moment{}, moment{us: year9999 + 1}, false},
		{"timestamptz", moment{}, moment{us: year1 - 1}, false},
	} {
		s := schema(t, "before", "int64", "c", tc.typ)
		good, bad := batch(s, []any{1, tc.good}), batch(s, []any{1, tc.good}, []any{2, tc.good}, []any{3, tc.bad})
		var out bytes.Buffer
		n, _ := format.NewNDJSON(&out, s)
		refusedAtRow3(t, n.Write(bad), "")
		writeAll(t, n, []*row.Batch{good})
		if out.String() != ndjson(t, s, good) {
			t.Errorf("%s: NDJSON holds %q", tc.typ, &out)
		}
		out.Reset()
		c, _ := format.NewCSV(&out, s, format.CSVOptions{})
		if tc.onlyJSON {
			continue
		}
		refusedAtRow3(t, c.Write(bad), "")
		writeAll(t, c, []*row.Batch{good})
		if out.String() != csv(t, s, format.CSVOptions{}, good) {
			t.Errorf("%s: CSV holds %q", tc.typ, &out)
		}
	}
	s := schema(t, "f", "float64")
	if got := csv(t, s, format.CSVOptions{}, batch(s, []any{math.NaN()}, []any{math.Inf(1)}, []any{math.Inf(-1)})); got != "f\nNaN\nInfinity\n-Infinity\n" {
		t.Errorf("got %q", got)
	}
}

// readText is what testdata/read_text.py says of a CSV and an NDJSON file.
type readText struct {
	CSV    [][]string // by Python's csv, with the header
	Duck   [][]any    // the CSV by DuckDB, all as text
	NDJSON []map[string]any
}

func TestTextReadByOthers(t *testing.T) {
	var s row.Schema
	var values []any
	for i, tc := range texts {
		s = append(s, row.Field{Name: fmt.Sprint(i), Type: typ(t, tc.typ)})
		values = append(values, tc.value)
	}
	b := batch(s, values, make([]any, len(s)), values)
	dir := t.TempDir()
	files := []string{filepath.Join(dir, "a.csv"), filepath.Join(dir, "a.ndjson")}
	for i, text := range []string{csv(t, s, format.CSVOptions{}, b), ndjson(t, s, b)} {
		if err := os.WriteFile(files[i], []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	got := python[readText](t, "read_text.py", files...)[0]
	if len(got.CSV) != 4 || len(got.Duck) != 3 || len(got.NDJSON) != 3 {
		t.Fatalf("%d, %d and %d rows", len(got.CSV), len(got.Duck), len(got.NDJSON))
	}
	for i, tc := range texts {
		want := tc.csv
		if strings.HasPrefix(want, `"`) {
			want = strings.ReplaceAll(want[1:len(want)-1], `""`, `"`)
		}
		if got.CSV[1][i] != want || got.CSV[2][i] != "" {
			t.Errorf("%s: Python's csv: got %q and %q, want %q", tc.csv, got.CSV[1][i], got.CSV[2][i], want)
		}
		if got.Duck[0][i] != want || got.Duck[1][i] != nil {
			t.Errorf("%s: DuckDB: got %q and %v, want %q and null", tc.csv, got.Duck[0][i], got.Duck[1][i], want)
		}
		if name := fmt.Sprint(i); got.NDJSON[0][name] != pythonText(tc.json) || got.NDJSON[1][name] != "None" {
			t.Errorf("%s: Python's json: got %q, want %q", tc.json, got.NDJSON[0][name], pythonText(tc.json))
		}
	}
}

// pythonText is a JSON text as read_text.py prints it: numbers with the
// digits that they have, the rest as compact JSON.
func pythonText(text string) string {
	var v any
	d := json.NewDecoder(strings.NewReader(text))
	d.UseNumber()
	if err := d.Decode(&v); err != nil {
		panic(err)
	}
	if s, ok := v.(string); ok {
		return s
	}
	var out bytes.Buffer
	e := json.NewEncoder(&out)
	e.SetEscapeHTML(false)
	if err := e.Encode(v); err != nil {
		panic(err)
	}
	return strings.TrimSpace(out.String())
}

// A writer that fails at its n-th call gives its error from Write or Close,
// whichever n it is.
func TestWriteFaults(t *testing.T) {
	s, batches := flights(3000)
	for name, open := range map[string]func(w io.Writer) (encoder, error){
		"parquet": func(w io.Writer) (encoder, error) {
			return format.NewParquet(w, s, format.ParquetOptions{RowGroupRows: 1500})
		},
		"csv":    func(w io.Writer) (encoder, error) { return format.NewCSV(w, s, format.CSVOptions{}) },
		"ndjson": func(w io.Writer) (encoder, error) { return format.NewNDJSON(w, s) },
	} {
		t.Run(name, func(t *testing.T) {
			var good bytes.Buffer
			e, err := open(&good)
			if err != nil {
				t.Fatal(err)
			}
			writeAll(t, e, batches)
			n := 1
			for ; ; n++ {
				w := &failing{after: n}
				e.Reset(w)
				err := write(e, batches)
				if w.calls < n {
					if err != nil {
						t.Fatal(err)
					}
					break
				}
				if !errors.Is(err, errFault) {
					t.Fatalf("fault at call %d: got %v", n, err)
				}
				if err := e.Close(); !errors.Is(err, errFault) {
					t.Fatalf("Close after a fault at call %d: got %v", n, err)
				}
			}
			if n < 3 {
				t.Errorf("only %d calls", n-1)
			}
			var again bytes.Buffer
			e.Reset(&again)
			writeAll(t, e, batches)
			if !bytes.Equal(again.Bytes(), good.Bytes()) {
				t.Error("after faults the bytes differ")
			}
		})
	}
}

type encoder interface {
	Write(b *row.Batch) error
	Close() error
	Reset(w io.Writer)
}

func write(e encoder, batches []*row.Batch) error {
	for _, b := range batches {
		if err := e.Write(b); err != nil {
			return err
		}
	}
	return e.Close()
}

var errFault = errors.New("disk full")

// failing fails at call after, having taken half of what it was given.
type failing struct{ calls, after int }

func (f *failing) Write(p []byte) (int, error) {
	f.calls++
	if f.calls == f.after {
		return len(p) / 2, errFault
	}
	return len(p), nil
}

func BenchmarkText(b *testing.B) {
	s, batches := flights(21_500)
	for name, open := range map[string]func(w io.Writer) (encoder, error){
		"csv":    func(w io.Writer) (encoder, error) { return format.NewCSV(w, s, format.CSVOptions{}) },
		"ndjson": func(w io.Writer) (encoder, error) { return format.NewNDJSON(w, s) },
	} {
		b.Run(name, func(b *testing.B) {
			var out bytes.Buffer
			e, err := open(&out)
			if err != nil {
				b.Fatal(err)
			}
			b.ReportAllocs()
			for b.Loop() {
				out.Reset()
				e.Reset(&out)
				writeAll(b, e, batches)
			}
			b.SetBytes(int64(out.Len()))
			b.ReportMetric(float64(21_500*b.N)/b.Elapsed().Seconds(), "rows/s")
		})
	}
}
