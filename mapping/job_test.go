package mapping_test

import (
	"fmt"
	"io"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/seed-128c3863/sluice/format"
	"github.com/seed-128c3863/sluice/mapping"
	"github.com/seed-128c3863/sluice/row"
	"github.com/seed-128c3863/sluice/spec"
)

// mustParse reads a job that must be right.
func mustParse(t testing.TB, text string) *spec.Job {
	t.Helper()
	job, err := spec.Parse("job.yaml", []byte(text))
	if err != nil {
		t.Fatalf("%v\n%s", err, text)
	}
	return job
}

// compileJob compiles a job that must be right.
func compileJob(t testing.TB, text string) *mapping.Program {
	t.Helper()
	p, err := mapping.Compile(mustParse(t, text))
	if err != nil {
		t.Fatalf("%v\n%s", err, text)
	}
	return p
}

// jobOf returns a job file with the lets and columns, lines of YAML.
func jobOf(lets, columns string) string {
	s := "sluice: 1\nname: test\n" +
		"params:\n  day: {type: date, default: 2024-04-17}\n  n: {type: int64, default: 7}\n  word: {type: string, default: seven}\n" +
		"from: {files: \"in/{*area}_{*kind}.json\"}\n"
	if lets != "" {
		s += "let:\n" + indent(lets)
	}
	return s + "columns:\n" + indent(columns) + "to: {files: \"out/{area}_{kind}.parquet\"}\n"
}

func indent(lines string) string {
	var b strings.Builder
	for line := range strings.Lines(strings.TrimRight(lines, "\n") + "\n") {
		b.WriteString("  " + line)
	}
	return b.String()
}

var testRun = mapping.Run{ID: "r1", Time: time.Date(2024, 4, 18, 1, 2, 3, 4567, time.UTC), Params: map[string]any{
	"day": time.Date(2024, 4, 17, 0, 0, 0, 0, time.UTC), "n": 7, "word": "seven",
}}

var testFile = mapping.File{
	URL: "in/a_b.json", Key: "in/a_b.json", Name: "a_b.json", Stem: "a_b", Size: 42,
	Modified: time.Date(2024, 4, 17, 12, 0, 0, 0, time.UTC), Fields: map[string]any{"area": "a", "kind": "b"},
}

// read returns the records, one batch of them, as a reader gives them.
func read(t testing.TB, p *mapping.Program, records string) *row.Batch {
	t.Helper()
	r := format.JSONBytes([]byte(records), format.JSONOptions{Paths: p.Paths(), Record: true})
	src := &row.Batch{}
	if err := r.Read(src); err != nil && err != io.EOF {
		t.Fatalf("%v\n%s", err, records)
	}
	return src
}

// run maps records by a job that must be right.
func run(t testing.TB, job, records string) *row.Batch {
	t.Helper()
	p := compileJob(t, job)
	m := p.NewMapper(testRun)
	if err := m.Begin(testFile); err != nil {
		t.Fatal(err)
	}
	dst := row.NewBatch(p.Schema())
	m.Map(read(t, p, records), dst)
	checkShape(t, dst)
	return dst
}

// checkShape checks that every column has as many values as there are rows.
func checkShape(t testing.TB, b *row.Batch) {
	t.Helper()
	if len(b.Row) != b.Len {
		t.Errorf("%d rows have %d numbers", b.Len, len(b.Row))
	}
	for i := range b.Cols {
		c := &b.Cols[i]
		lens := []int{len(c.Null)}
		switch c.Type.Kind {
		case row.String, row.Bytes, row.UUID, row.JSON:
			lens = append(lens, len(c.Bytes))
		case row.Float32, row.Float64:
			lens = append(lens, len(c.Floats))
		case row.List:
			lens = append(lens, len(c.Ends))
			if n := len(c.Ends); n > 0 && c.Ends[n-1] != c.Elem.Len() {
				t.Errorf("column %d: the last list ends at %d of %d elements", i, c.Ends[n-1], c.Elem.Len())
			}
		}
		for _, n := range lens {
			if n != b.Len {
				t.Errorf("column %d has %d values, and there are %d rows", i, n, b.Len)
			}
		}
	}
}

// show writes value r of a column for comparing.
func show(c *row.Column, r int) string {
	if c.Null[r] {
		return "null"
	}
	day := time.Unix(0, 0).UTC()
	switch c.Type.Kind {
	case row.Bool:
		return fmt.Sprint(c.Ints[r] != 0)
	case row.Date:
		return day.AddDate(0, 0, int(c.Ints[r])).Format(time.DateOnly)
	case row.Time:
		return day.Add(time.Duration(c.Ints[r]) * time.Microsecond).Format("15:04:05.999999")
	case row.Timestamp, row.TimestampTZ:
		at := time.UnixMicro(c.Ints[r]).UTC()
		if c.Nanos != nil {
			at = at.Add(time.Duration(c.Nanos[r]))
		}
		return at.Format("2006-01-02T15:04:05.999999999")
	case row.Float32, row.Float64:
		return fmt.Sprint(c.Floats[r])
	case row.UUID, row.Bytes:
		return fmt.Sprintf("%x", c.Bytes[r])
	case row.List:
		start := 0
		if r > 0 {
			start = c.Ends[r-1]
		}
		parts := []string{}
		for e := start; e < c.Ends[r]; e++ {
			parts = append(parts, show(c.Elem, e))
		}
		return "[" + strings.Join(parts, " ") + "]"
	case row.Decimal:
		if c.Type.Precision > 18 {
			return fmt.Sprintf("%x", c.Bytes[r])
		}
	case row.String, row.JSON:
		return string(c.Bytes[r])
	}
	return fmt.Sprint(c.Ints[r])
}

// The reference job on two records as sites give them, and on bad ones.
func TestRawToStage(t *testing.T) {
	text, err := os.ReadFile("testdata/raw_to_stage.yaml")
	if err != nil {
		t.Fatal(err)
	}
	p := compileJob(t, string(text))
	for i, want := range []string{"id", "_carriers", "pricing_options[0].items[0].price.amount", "pricing_options[0].items[0].url"} {
		if got := p.Paths()[i].String(); got != want {
			t.Errorf("path %d is %s, want %s", i, got, want)
		}
	}
	records, err := os.ReadFile("testdata/flights.json")
	if err != nil {
		t.Fatal(err)
	}
	m := p.NewMapper(mapping.Run{Params: map[string]any{"current_date": time.Date(2024, 4, 17, 0, 0, 0, 0, time.UTC)}})
	f := mapping.File{URL: "f.json", Fields: map[string]any{"depAirportCode": "NRT", "depCountryCode": "JP", "currencyCode": "JPY", "nowSearchDate": "2024-04-17", "datasetId": json0}}
	if err := m.Begin(f); err != nil {
		t.Fatal(err)
	}
	dst := row.NewBatch(p.Schema())
	m.Map(read(t, p, string(records)), dst)
	checkShape(t, dst)
	var got strings.Builder
	for r := range dst.Len {
		for i := range dst.Cols {
			fmt.Fprintf(&got, "%d %s: %s\n", dst.Row[r], p.Schema()[i].Name, show(&dst.Cols[i], r))
		}
	}
	for _, bad := range dst.Bad {
		fmt.Fprintf(&got, "reject of row %d: %s\n  value %q\n", bad.Row, &bad.Error, bad.Value)
	}
	want, _ := os.ReadFile("testdata/flights.want")
	if got.String() != string(want) {
		t.Errorf("got\n%s\nwant\n%s", got.String(), want)
	}
}

// json0 is a field as a list of JSON gives it.
const json0 = "000000"
