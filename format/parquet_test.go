package format_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/parquet-go/parquet-go"

	"github.com/seed-128c3863/sluice/format"
	"github.com/seed-128c3863/sluice/row"
)

// A written file is a case of TestParquetReadByOthers.
type written struct {
	name    string
	schema  row.Schema
	options format.ParquetOptions
	rows    [][]any
	groups  []int // rows of each row group; nil: one
}

// read is what testdata/read_parquet.py says of a file.
type read struct {
	Rows      int
	Groups    []int
	CreatedBy string `json:"created_by"`
	Metadata  []string
	Codecs    []string
	Schema    []string
	Arrow     [][]any
	DuckTypes []string `json:"duck_types"`
	Duck      [][]any
	Problems  []string
}

const (
	year1    = -62_135_596_800_000_000 // 0001-01-01 00:00:00
	year9999 = 253_402_300_799_999_999 // 9999-12-31 23:59:59.999999
	year1678 = -9_214_560_000_000_000  // the first year that fits int64 nanoseconds
	year2261 = 9_214_646_400_000_000
	day      = 24 * 60 * 60 * 1_000_000
)

// everyType is a schema of every type without parameters that matter, and
// rows of their extremes. Timestamps are left to cases of their own.
func everyType(t *testing.T) (row.Schema, [][]any) {
	s := schema(t, "string", "string", "bool", "bool", "int16", "int16", "int32", "int32", "int64", "int64",
		"float32", "float32", "float64", "float64", "dec9", "decimal(9,2)", "dec18", "decimal(18,0)", "dec19", "decimal(19,4)",
		"dec38", "decimal(38,38)", "date", "date", "time", "time", "bytes", "bytes", "uuid", "uuid", "json", "json")
	nines := strings.Repeat("9", 38)
	return s, [][]any{
		{
			"", false, -32768, math.MinInt32, math.MinInt64, -math.MaxFloat32, -math.MaxFloat64, unscaled("-999999999"), unscaled("-999999999999999999"),
			unscaled("-9999999999999999999"), unscaled("-" + nines), -719162, 0,
			[]byte{},
			uuid{},
			`{"a": [1, null]}`,
		},
		make([]any, len(s)),
		{
			"가나다 \" \x00 é", true, 32767, math.MaxInt32, math.MaxInt64, float64(float32(0.1)), 0.1, unscaled("999999999"), unscaled("999999999999999999"),
			unscaled("9999999999999999999"), unscaled(nines), 2932896, day - 1,
			[]byte{0, 255, 128},
			uuid{0: 0xff, 15: 1},
			`"x"`,
		},
		{
			strings.Repeat("long ", 100), false, 0, 0, 0, 0.0, 0.0, unscaled("0"), unscaled("-1"),
			unscaled("-1"), unscaled("-1"), 0, 1, []byte("plain"),
			uuid{0: 0x7f},
			`12345678901234567890`,
		},
		{
			"b", true, -1, -1, -1, math.Inf(1), 5e-324, unscaled("-1"), unscaled("1"),
			unscaled("1"), unscaled("1"), -1, 43_200_000_000, []byte("a"),
			uuid{0: 0x80},
			`null`,
		},
	}
}

func parquetCases(t *testing.T) []written {
	var cases []written
	all, rows := everyType(t)
	for _, codec := range []string{"", "none", "snappy", "zstd", "gzip"} {
		cases = append(cases, written{name: "every type " + codec, schema: all, rows: rows, options: format.ParquetOptions{Compression: codec}})
	}
	empty := make([][]any, 3)
	for i := range empty {
		empty[i] = make([]any, len(all))
	}
	cases = append(cases,
		written{name: "only nulls", schema: all, rows: empty},
		written{name: "no rows", schema: all},
		written{name: "row groups", schema: all, rows: slices.Concat(rows, rows, empty), options: format.ParquetOptions{RowGroupRows: 4}, groups: []int{4, 4, 4, 1}},
		written{name: "required", schema: required(all), rows: slices.Delete(slices.Clone(rows), 1, 2)},
		written{name: "created by", schema: all, rows: rows, options: format.ParquetOptions{CreatedBy: "sluice version 1.2.3"}},
		written{
			name: "names", schema: schema(t, "a.b", "string", "한글 \"x\"", "bytes", "select", "list(bytes)", "A.B", "uuid"),
			rows: [][]any{{"x", []byte{255}, []any{[]byte{1}}, uuid{}}, {nil, nil, nil, nil}},
		},
		written{name: "nan", schema: schema(t, "f", "float64", "g", "float32"), rows: [][]any{{math.NaN(), math.NaN()}, {1.5, math.NaN()}, {-2.5, nil}}},
	)
	return slices.Concat(cases, timestampCases(t), listCases(t), largeCases(t))
}

func required(s row.Schema) row.Schema {
	s = slices.Clone(s)
	for i := range s {
		s[i].Required = true
	}
	return s
}

func timestampCases(t *testing.T) []written {
	s := schema(t, "local", "timestamp", "utc", "timestamptz", "list", "list(timestamp)")
	values := map[string][]moment{
		"us":       {{us: year1}, {us: year9999}, {us: -1}, {us: 0}, {us: 1_713_340_800_123_456}},
		"ms":       {{us: year1}, {us: year9999 - 999}, {us: -1000}, {us: 1_713_340_800_123_000}},
		"ns":       {{us: year1678}, {us: year2261, ns: 999}, {us: -1, ns: 1}, {us: 0, ns: 7}, {us: 1_713_340_800_123_456}},
		"int96":    {{us: year1678}, {us: year2261, ns: 999}, {us: -1, ns: 1}, {us: 0, ns: 7}, {us: 1_713_340_800_123_456}},
		"int96-us": {{us: year1}, {us: year9999}, {us: -1}, {us: 0}, {us: -day}, {us: -day - 1}, {us: 1_713_340_800_123_456}},
	}
	var cases []written
	for name, moments := range values {
		w := written{name: "timestamps " + name, schema: s, options: format.ParquetOptions{Timestamps: strings.TrimSuffix(name, "-us")}}
		for _, m := range moments {
			w.rows = append(w.rows, []any{m, m, []any{moment{us: m.us}, nil}})
		}
		w.rows = append(w.rows, []any{nil, nil, nil})
		cases = append(cases, w)
	}
	return cases
}

func listCases(t *testing.T) []written {
	all, rows := everyType(t)
	w := written{name: "lists", rows: make([][]any, 5)}
	for i, f := range all {
		elem := f.Type
		w.schema = append(w.schema, row.Field{Name: f.Name, Type: row.Type{Kind: row.List, Elem: &elem}})
		full := []any{rows[0][i], nil, rows[2][i], rows[3][i]}
		for r, v := range []any{full, nil, []any{}, []any{nil}, []any{rows[4][i]}} {
			w.rows[r] = append(w.rows[r], v)
		}
	}
	nested := written{name: "lists of lists", schema: schema(t, "l", "list(list(int64))", "m", "list(list(list(string)))")}
	nested.rows = [][]any{
		{[]any{[]any{1, 2}, nil, []any{}, []any{nil, 3}}, []any{[]any{[]any{"a", nil}, []any{}, nil}, nil, []any{}}},
		{nil, nil},
		{[]any{}, []any{}},
		{[]any{nil}, []any{[]any{[]any{"b"}}}},
	}
	req := nested
	req.name, req.schema, req.rows = "required lists of lists", required(nested.schema), [][]any{nested.rows[0], nested.rows[2], nested.rows[3]}
	groups := w
	groups.name, groups.options.RowGroupRows, groups.groups = "lists in row groups", 2, []int{2, 2, 1}
	return []written{w, nested, req, groups}
}

// largeCases are of more than one page, and of more values than a dictionary
// takes.
func largeCases(t *testing.T) []written {
	s := schema(t, "few", "string", "many", "string", "number", "int64", "fixed", "decimal(30,0)", "id", "uuid", "list", "list(string)", "late", "decimal(38,0)")
	w := written{name: "large", schema: s}
	for r := range 12_000 {
		values := []any{
			[]string{"KRW", "JPY", "USD"}[r%3], fmt.Sprintf("%0300d", r), r * 1_000_003, unscaled(fmt.Sprint(r - 6000)),
			uuid{0: byte(r >> 8), 1: byte(r)},
			[]any{fmt.Sprintf("%0100d", r), nil, "x"},
			nil,
		}
		if r > 11_000 {
			values[6] = unscaled(fmt.Sprint(-r))
		}
		w.rows = append(w.rows, values)
	}
	long := written{name: "long texts", schema: schema(t, "s", "string", "j", "json", "b", "bytes"), rows: [][]any{
		{strings.Repeat("x", 3<<19), `"` + strings.Repeat("y", 3<<19) + `"`, bytes.Repeat([]byte{255}, 3<<19)}, {"a", "1", []byte{1}},
	}}
	return []written{w, long}
}

func TestParquetReadByOthers(t *testing.T) {
	cases := parquetCases(t)
	dir := t.TempDir()
	var files []string
	for _, w := range cases {
		file := filepath.Join(dir, strings.ReplaceAll(w.name, " ", "_")+".parquet")
		if err := os.WriteFile(file, encode(t, w), 0o600); err != nil {
			t.Fatal(err)
		}
		files = append(files, file)
	}
	got := python[read](t, "read_parquet.py", files...)
	for i, w := range cases {
		t.Run(w.name, func(t *testing.T) { compare(t, w, got[i]) })
	}
}

// encode writes the rows of w in two batches.
func encode(t *testing.T, w written) []byte {
	t.Helper()
	var out bytes.Buffer
	p, err := format.NewParquet(&out, w.schema, w.options)
	if err != nil {
		t.Fatal(err)
	}
	half := len(w.rows) / 2
	writeAll(t, p, []*row.Batch{batch(w.schema, w.rows[:half]...), batch(w.schema, w.rows[half:]...)})
	return out.Bytes()
}

func compare(t *testing.T, w written, got read) {
	if got.Rows != len(w.rows) || w.groups != nil && !slices.Equal(got.Groups, w.groups) {
		t.Errorf("%d rows in groups of %v, want %d in %v", got.Rows, got.Groups, len(w.rows), w.groups)
	}
	for _, problem := range got.Problems {
		t.Error(problem)
	}
	if len(got.Metadata) != 0 && !slices.Equal(got.Metadata, []string{"ARROW:schema"}) {
		t.Errorf("metadata %q", got.Metadata)
	}
	codec := w.options.Compression
	if codec == "" {
		codec = "snappy"
	} else if codec == "none" {
		codec = "uncompressed"
	}
	if len(w.rows) > 0 && !slices.Equal(got.Codecs, []string{strings.ToUpper(codec)}) {
		t.Errorf("codecs %q, want %q", got.Codecs, codec)
	}
	if want := w.options.CreatedBy; want != "" && got.CreatedBy != want {
		t.Errorf("created by %q, want %q", got.CreatedBy, want)
	}
	for i, f := range w.schema {
		compareColumn(t, f.Name+" by pyarrow", w.rows, i, got.Arrow[i], true)
		compareColumn(t, f.Name+" by DuckDB", w.rows, i, got.Duck[i], false)
	}
}

func compareColumn(t *testing.T, what string, rows [][]any, i int, got []any, nanos bool) {
	t.Helper()
	if len(got) != len(rows) {
		t.Errorf("%s: %d values, want %d", what, len(got), len(rows))
		return
	}
	for r := range rows {
		want, _ := json.Marshal(canonical(rows[r][i], nanos))
		if have, _ := json.Marshal(got[r]); !bytes.Equal(have, want) {
			t.Errorf("%s: row %d: got %.100s, want %.100s", what, r+1, have, want)
			return
		}
	}
}

func TestParquetSchema(t *testing.T) {
	s, _ := everyType(t)
	s = append(s, schema(t, "local", "timestamp", "utc", "timestamptz", "list", "list(int64)")...)
	dir := t.TempDir()
	var files []string
	for _, unit := range []string{"ms", "us", "ns", "int96"} {
		files = append(files, filepath.Join(dir, unit+".parquet"))
		if err := os.WriteFile(files[len(files)-1], encode(t, written{schema: s, options: format.ParquetOptions{Timestamps: unit}}), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	got := python[read](t, "read_parquet.py", files...)
	want := strings.Split(strings.TrimSpace(`
string BYTE_ARRAY String string def1 rep0
bool BOOLEAN None bool def1 rep0
int16 INT32 Int(bitWidth=16, isSigned=true) int16 def1 rep0
int32 INT32 None int32 def1 rep0
int64 INT64 None int64 def1 rep0
float32 FLOAT None float def1 rep0
float64 DOUBLE None double def1 rep0
dec9 INT32 Decimal(precision=9, scale=2) decimal128(9, 2) def1 rep0
dec18 INT64 Decimal(precision=18, scale=0) decimal128(18, 0) def1 rep0
dec19 FIXED_LEN_BYTE_ARRAY Decimal(precision=19, scale=4) decimal128(19, 4) def1 rep0
dec38 FIXED_LEN_BYTE_ARRAY Decimal(precision=38, scale=38) decimal128(38, 38) def1 rep0
date INT32 Date date32[day] def1 rep0
time INT64 Time(isAdjustedToUTC=false, timeUnit=microseconds) time64[us] def1 rep0
bytes BYTE_ARRAY None binary def1 rep0
uuid FIXED_LEN_BYTE_ARRAY UUID extension<arrow.uuid> def1 rep0
json BYTE_ARRAY JSON extension<arrow.json> def1 rep0
local INT64 Timestamp(isAdjustedToUTC=false, timeUnit=microseconds, is_from_converted_type=false, force_set_converted_type=false) timestamp[us] def1 rep0
utc INT64 Timestamp(isAdjustedToUTC=true, timeUnit=microseconds, is_from_converted_type=false, force_set_converted_type=false) timestamp[us, tz=UTC] def1 rep0
list.list.element INT64 None list<element: int64> def3 rep1`), "\n")
	for i, line := range got[1].Schema {
		if line != want[i] {
			t.Errorf("us: got  %s\nwant %s", line, want[i])
		}
	}
	for i, want := range map[int]string{0: "timestamp[ms]", 2: "timestamp[ns]", 3: "local INT96 None timestamp[ns] def1 rep0"} {
		if line := got[i].Schema[16]; !strings.Contains(line, want) {
			t.Errorf("got %s, want %s", line, want)
		}
	}
}

func TestParquetRefusesWhatItWouldChange(t *testing.T) {
	for name, tc := range map[string]struct {
		typ, unit string
		good, bad any
		want      string
	}{
		"us":         {"timestamp", "us", moment{us: 1}, moment{us: 1, ns: 1}, "1970-01-01 00:00:00.000001001 cannot be held exactly by timestamps in us"},
		"ms":         {"timestamptz", "ms", moment{us: 1000}, moment{us: 1001}, "cannot be held exactly"},
		"ms nanos":   {"timestamptz", "ms", moment{us: 1000}, moment{us: 1000, ns: 1}, "cannot be held exactly"},
		"ns":         {"timestamp", "ns", moment{us: year2261, ns: 999}, moment{us: year9999}, "cannot be held exactly by timestamps in ns"},
		"ns before":  {"timestamp", "ns", moment{us: year1678}, moment{us: year1}, "cannot be held exactly by timestamps in ns"},
		"int96":      {"timestamp", "int96", moment{us: year1}, moment{us: math.MinInt64}, "cannot be held exactly"},
		"int16":      {"int16", "", 32767, 32768, `32768 does not fit type int16`},
		"int32":      {"int32", "", math.MaxInt32, math.MaxInt32 + 1, `does not fit type int32`},
		"date":       {"date", "", -1, math.MinInt32 - 1, `does not fit type date`},
		"time":       {"time", "", 0, day, `does not fit type time`},
		"decimal 5":  {"decimal(5,2)", "", unscaled("-99999"), unscaled("100000"), `100000 does not fit type decimal(5,2)`},
		"decimal 20": {"decimal(20,2)", "", unscaled("-99999999999999999999"), unscaled("-100000000000000000000"), `does not fit type decimal(20,2)`},
		"list":       {"list(int16)", "", []any{1, nil}, []any{1, 70000}, `70000 does not fit type int16`},
		"uuid":       {"uuid", "", uuid{}, []byte("short"), `5 bytes`},
	} {
		t.Run(name, func(t *testing.T) {
			s := schema(t, "before", "int64", "c", tc.typ)
			var out, want bytes.Buffer
			o := format.ParquetOptions{Timestamps: tc.unit}
			p, err := format.NewParquet(&out, s, o)
			if err != nil {
				t.Fatal(err)
			}
			good := batch(s, []any{1, tc.good}, []any{2, nil})
			refusedAtRow3(t, p.Write(batch(s, []any{1, tc.good}, []any{2, nil}, []any{3, tc.bad})), tc.want)
			writeAll(t, p, []*row.Batch{good})
			p, _ = format.NewParquet(&want, s, o)
			writeAll(t, p, []*row.Batch{good})
			if !bytes.Equal(out.Bytes(), want.Bytes()) {
				t.Error("the batch that was refused left something in the file")
			}
		})
	}
}

// refusedAtRow3 checks that err names row 3, column "c", and has the text.
func refusedAtRow3(t *testing.T, err error, want string) {
	t.Helper()
	var e *row.Error
	if !errors.As(err, &e) || e.Row != 3 || e.Column != "c" || !strings.Contains(err.Error(), want) {
		t.Errorf("got %v, want row 3, column c, and %q", err, want)
	}
}

func TestParquetRequired(t *testing.T) {
	s := required(schema(t, "before", "int64", "c", "string"))
	p, err := format.NewParquet(new(bytes.Buffer), s, format.ParquetOptions{})
	if err != nil {
		t.Fatal(err)
	}
	refusedAtRow3(t, p.Write(batch(s, []any{1, "a"}, []any{2, "b"}, []any{3, nil})), "null in a required column")
}

func TestParquetOptions(t *testing.T) {
	good := schema(t, "a", "int64")
	for want, tc := range map[string]struct {
		s row.Schema
		o format.ParquetOptions
	}{
		`unknown compression "lz4"`:           {good, format.ParquetOptions{Compression: "lz4"}},
		`unknown unit "s"`:                    {good, format.ParquetOptions{Timestamps: "s"}},
		`two columns are named "a"`:           {slices.Concat(good, good), format.ParquetOptions{}},
		`at least one column`:                 {nil, format.ParquetOptions{}},
		`column "x": type any cannot be writ`: {row.Schema{{Name: "x"}}, format.ParquetOptions{}},
	} {
		if _, err := format.NewParquet(nil, tc.s, tc.o); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want %s", err, want)
		}
	}
}

// A writer that has written other files, or given one up, writes the same
// bytes as a new one.
func TestParquetReset(t *testing.T) {
	for _, w := range parquetCases(t) {
		var out bytes.Buffer
		p, err := format.NewParquet(&out, w.schema, w.options)
		if err != nil {
			t.Fatal(err)
		}
		want := encode(t, w)
		half := len(w.rows) / 2
		batches := []*row.Batch{batch(w.schema, w.rows[:half]...), batch(w.schema, w.rows[half:]...)}
		for range 2 {
			if err := p.Write(batches[1]); err != nil {
				t.Fatal(err)
			}
			out.Reset()
			p.Reset(&out)
			writeAll(t, p, batches)
			if !bytes.Equal(out.Bytes(), want) {
				t.Errorf("%s: the bytes differ", w.name)
			}
			if err := p.Write(batches[0]); err == nil {
				t.Error("a file that is complete takes rows")
			}
			out.Reset()
			p.Reset(&out)
		}
	}
}

// The page index of every column has an entry for each page, and its bounds
// hold.
func TestParquetPageIndex(t *testing.T) {
	for _, w := range parquetCases(t) {
		data := encode(t, w)
		f, err := parquet.OpenFile(bytes.NewReader(data), int64(len(data)))
		if err != nil {
			t.Fatal(err)
		}
		for g, group := range f.RowGroups() {
			for c, chunk := range group.ColumnChunks() {
				pages := chunk.Pages()
				index := f.ColumnIndexes()[g*len(group.ColumnChunks())+c]
				n := 0
				for ; ; n++ {
					page, err := pages.ReadPage()
					if err != nil {
						break
					}
					if n < len(index.MinValues) && !index.NullPages[n] {
						checkBounds(t, w.name, chunk.Type(), page, index.MinValues[n], index.MaxValues[n])
					}
				}
				if n != len(index.MinValues) || n != len(index.MaxValues) || n != len(index.NullPages) {
					t.Errorf("%s: column %d: %d pages, but %d and %d bounds", w.name, c, n, len(index.MinValues), len(index.MaxValues))
				}
				pages.Close()
			}
		}
	}
}

func checkBounds(t *testing.T, name string, typ parquet.Type, page parquet.Page, low, high []byte) {
	values := make([]parquet.Value, page.NumValues())
	n, _ := page.Values().ReadValues(values)
	for _, v := range values[:n] {
		if v.IsNull() || v.Kind() == parquet.Double && math.IsNaN(v.Double()) || v.Kind() == parquet.Float && math.IsNaN(float64(v.Float())) {
			continue
		}
		if lt := typ.LogicalType(); lt != nil && strings.HasPrefix(lt.String(), "DECIMAL") && typ.Kind() == parquet.FixedLenByteArray {
			continue // parquet-go orders them as bytes, not as numbers
		}
		if typ.Compare(v, v.Kind().Value(low)) < 0 || typ.Compare(v, v.Kind().Value(high)) > 0 {
			t.Errorf("%s: %v is not from %v to %v", name, v, low, high)
			return
		}
	}
}
