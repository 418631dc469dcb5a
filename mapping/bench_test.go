package mapping_test

import (
	"bytes"
	"io"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/seed-128c3863/sluice/format"
	"github.com/seed-128c3863/sluice/mapping"
	"github.com/seed-128c3863/sluice/row"
)

// BenchmarkRawToStage maps the twelve columns of the reference job.
func BenchmarkRawToStage(b *testing.B) {
	text, err := os.ReadFile("testdata/raw_to_stage.yaml")
	if err != nil {
		b.Fatal(err)
	}
	record, _, _ := bytes.Cut(readFile(b, "testdata/flights.json")[2:], []byte(",\n"))
	url := strings.Repeat("carriers%3D-31685%26operators%3D-31685&", 12)
	record = bytes.Replace(record, []byte("?q=a|b"), []byte("?q=a|b"+url), 1)
	benchmark(b, string(text), string(record), mapping.File{Fields: map[string]any{"depAirportCode": "NRT", "depCountryCode": "JP", "currencyCode": "JPY"}})
}

// BenchmarkColumns maps one column of each way to make one.
func BenchmarkColumns(b *testing.B) {
	record := `{"s": "some text", "n": 12345, "f": 12.75, "t": "2024-04-17T05:30:00", "d": "17/04/2024", "l": [1, 2, 3], "o": [{"k": 1, "v": 2}, {"k": 3, "v": 4}]}`
	for name, column := range map[string]string{
		"string":    "{type: string, value: row.s}",
		"int64":     "{type: int64, value: row.n}",
		"float64":   "{type: float64, value: row.f}",
		"decimal":   `{type: "decimal(12,2)", value: row.f}`,
		"decimal38": `{type: "decimal(38,2)", value: row.f}`,
		"timestamp": "{type: timestamp, value: row.t}",
		"formats":   `{type: date, value: row.d, formats: ["%d/%m/%Y"]}`,
		"list":      `{type: list(int64), value: row.l}`,
		"constant":  "{type: int64, value: 5}",
		"file":      "{type: string, value: file.area}",
		"compare":   "{type: bool, value: row.n > 5 and row.s == \"some text\"}",
		"concat":    "{type: string, value: 'row.s + \"!\"'}",
		"filter":    "{type: int64, value: 'sum(filter(row.o, .k > 1), .v)'}",
		"check":     "{type: int64, value: row.n, check: value > 0}",
	} {
		b.Run(name, func(b *testing.B) { benchmark(b, jobOf("", "c: "+column), record, testFile) })
	}
}

func readFile(tb testing.TB, name string) []byte {
	text, err := os.ReadFile(name)
	if err != nil {
		tb.Fatal(err)
	}
	return text
}

func benchmark(b *testing.B, job, record string, f mapping.File) {
	const rows = 500
	p := compileJob(b, job)
	r := format.JSONBytes([]byte(strings.Repeat(record+"\n", rows)), format.JSONOptions{Paths: p.Paths()})
	src, dst := &row.Batch{}, row.NewBatch(p.Schema())
	if err := r.Read(src); err != nil && err != io.EOF {
		b.Fatal(err)
	}
	run := testRun
	run.Params = map[string]any{"current_date": time.Date(2024, 4, 17, 0, 0, 0, 0, time.UTC)}
	m := p.NewMapper(run)
	if err := m.Begin(f); err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		m.Map(src, dst)
		if dst.Len != src.Len {
			b.Fatalf("%d rows of %d: %v", dst.Len, src.Len, dst.Bad[0].Error.Error())
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*src.Len), "ns/row")
}
