package mapping_test

import (
	"math"
	"strings"
	"testing"

	"github.com/seed-128c3863/sluice/format"
	"github.com/seed-128c3863/sluice/mapping"
	"github.com/seed-128c3863/sluice/row"
	"github.com/seed-128c3863/sluice/spec"
)

// A column of a source that is typed goes to columns of its own type as it is,
// and to others as a value of an expression does.
func TestFromTyped(t *testing.T) {
	typed := func(text string, add func(c *row.Column)) row.Column {
		typ, err := row.ParseType(text)
		if err != nil {
			t.Fatal(err)
		}
		c := row.NewColumn(typ)
		c.Typed = true
		add(&c)
		return c
	}
	integer := func(n int64) func(c *row.Column) { return func(c *row.Column) { c.AppendInt(n) } }
	text := func(s string) func(c *row.Column) { return func(c *row.Column) { c.AppendBytes([]byte(s)) } }
	float := func(f float64) func(c *row.Column) { return func(c *row.Column) { c.AppendFloat(f) } }
	null := func(c *row.Column) { c.AppendNull() }
	for _, tc := range []struct {
		from string
		add  func(c *row.Column)
		to   string
		want string // a text after ! is why not
	}{
		{"int64", integer(7), "int16", "7"},
		{"int64", integer(70000), "int16", "!70000 is beyond int16"},
		{"int64", integer(7), "string", "7"},
		{"int64", integer(7), "decimal(3,2)", "7.00"},
		{"int64", null, "int64, required: true", "!null where a value is required"},
		{"decimal(9,2)", integer(150), "decimal(9,2)", "1.50"},
		{"decimal(9,2)", integer(150), "decimal(12,2)", "1.50"},
		{"decimal(9,2)", integer(150), "decimal(9,1)", "1.5"},
		{"decimal(9,2)", integer(155), "decimal(9,1)", "!1.55 has more than 1 digits after the point"},
		{"decimal(9,2)", integer(-100000), "decimal(4,2)", "!-1000.00 has more than 2 digits before the point"},
		{"string", text("7"), "int64", `!"7" is a text, not an integer`},
		{"string", text(""), "string", ""},
		{"string", text("a"), "string, max_length: 0", "a"},
		{"string", text("abc"), "string, match: ^b", `!"abc" does not match`},
		{"string", text("-"), `string, "null": ["-"]`, "null"},
		{"bool", integer(1), "bool", "true"},
		{"date", integer(0), "date", "1970-01-01"},
		{"date", integer(0), "string", "!1970-01-01 (a date) is not a text"},
		{"timestamp", integer(0), "timestamptz, timezone: Asia/Seoul", "1969-12-31 15:00:00+00:00"},
		{"timestamp", integer(0), "timestamptz", "!1970-01-01T00:00:00 has no zone"},
		{"timestamptz", integer(0), "timestamptz", "1970-01-01 00:00:00+00:00"},
		{"timestamptz", integer(0), "timestamp", "!1970-01-01T00:00:00Z has a zone"},
		{"float64", float(0.5), "float32", "0.5"},
		{"float32", float(0.5), "float64", "0.5"},
		{"float64", float(math.NaN()), "float64", "NaN"},
		{"float64", float(math.NaN()), "float32", "NaN"},
		{"float64", float(math.NaN()), "int64", "!NaN is not an integer (null: [NaN] makes it null)"},
		{"float64", float(math.NaN()), "decimal(9,2)", "!NaN is not a number (null: [NaN] makes it null)"},
		{"float64", float(math.Inf(1)), "json", "!+Inf is not JSON (null: [+Inf] makes it null)"},
		{"float64", float(math.NaN()), `int64, "null": [NaN]`, "null"},
		{"bytes", text("\xff"), "bytes", "/w=="},
		{"bytes", text("a"), "string", "!bytes is not a text"},
		{"uuid", text("0123456789abcdef"), "uuid", "30313233-3435-3637-3839-616263646566"},
		{"uuid", text("0123456789abcdef"), "string", "30313233-3435-3637-3839-616263646566"},
		{"json", text(`{"a":1}`), "json", `{"a":1}`},
		{"time", func(c *row.Column) { c.AppendBroken(row.Break{Why: row.Faulty, Cell: "too fine", Value: "05:30"}) }, "time", "!too fine"},
	} {
		if got := mapTyped(t, typed(tc.from, tc.add), tc.to); got != tc.want && (!strings.HasPrefix(tc.want, "!") || !strings.HasPrefix(got, tc.want)) {
			t.Errorf("%s to %s: got %s, want %s", tc.from, tc.to, got, tc.want)
		}
	}
}

// mapTyped returns the value that a column of a job makes of one of the source.
func mapTyped(t *testing.T, src row.Column, typ string) string {
	t.Helper()
	typ, options, _ := strings.Cut(typ, ", ")
	if options != "" {
		options = ", " + options
	}
	job, err := spec.Parse("job.yaml", []byte("sluice: 1\nname: x\nfrom: {files: a.parquet}\ncolumns:\n  x: {type: \""+typ+"\", from: x"+strings.ReplaceAll(options, ", max_length: 0", "")+"}\nto: {files: b.csv}\n"))
	if err != nil {
		t.Fatal(err)
	}
	program, err := mapping.Compile(job)
	if err != nil {
		t.Fatal(err)
	}
	m := program.NewMapper(mapping.Run{})
	if err := m.Begin(mapping.File{}); err != nil {
		t.Fatal(err)
	}
	b, dst := &row.Batch{Len: 1, Row: []int64{1}, Cols: []row.Column{src}}, row.NewBatch(program.Schema())
	m.Map(b, dst)
	if len(dst.Bad) > 0 {
		return "!" + dst.Bad[0].Err.Error()
	}
	if dst.Cols[0].Null[0] {
		return "null"
	}
	text, err := format.AppendText(nil, &dst.Cols[0], 0)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}
