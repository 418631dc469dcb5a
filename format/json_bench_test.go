package format_test

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"testing"

	"github.com/seed-128c3863/sluice/format"
	"github.com/seed-128c3863/sluice/row"
)

// jsonPaths parses paths that a test is sure of.
func jsonPaths(t testing.TB, texts ...string) []format.Path {
	t.Helper()
	var list []format.Path
	for _, text := range texts {
		p, err := format.ParsePath(text)
		if err != nil {
			t.Fatal(err)
		}
		list = append(list, p)
	}
	return list
}

// jsonFlights returns files of flight searches: those in the folder that the
// environment names, or else 300 copies of a small one.
func jsonFlights(b *testing.B) (files [][]byte, size int64) {
	if dir := os.Getenv("SLUICE_BENCH_FLIGHTS"); dir != "" {
		names, err := filepath.Glob(filepath.Join(dir, "*.json"))
		if err != nil || len(names) == 0 {
			b.Fatalf("%s: no files, %v", dir, err)
		}
		for _, name := range names {
			text, err := os.ReadFile(name)
			if err != nil {
				b.Fatal(err)
			}
			files = append(files, text)
			size += int64(len(text))
		}
		return files, size
	}
	text, err := os.ReadFile("testdata/json/flights.json")
	if err != nil {
		b.Fatal(err)
	}
	records := bytes.TrimSuffix(bytes.TrimPrefix(bytes.TrimSpace(text), []byte("[")), []byte("]"))
	file := append([]byte("["), records...)
	for range 24 {
		file = append(append(file, ", "...), records...)
	}
	file = append(file, ']')
	for range 300 {
		copied := bytes.Clone(file) // each in memory of its own, as files are
		files = append(files, copied)
		size += int64(len(copied))
	}
	return files, size
}

// BenchmarkJSON reads the columns of a job out of files in memory. The floor
// is what reading the same bytes once costs.
func BenchmarkJSON(b *testing.B) {
	files, size := jsonFlights(b)
	wanted := jsonPaths(b, "id", "_carriers", "pricing_options[0].items[0].price.amount", "pricing_options[0].items[0].url")
	b.Run("floor", func(b *testing.B) {
		b.SetBytes(size)
		for b.Loop() {
			n := 0
			for _, file := range files {
				n += bytes.Count(file, []byte("}"))
			}
			if n == 0 {
				b.Fatal("no records")
			}
		}
	})
	for name, open := range map[string]func([]byte, format.JSONOptions) *format.JSONReader{
		"bytes": format.JSONBytes,
		"stream": func(d []byte, o format.JSONOptions) *format.JSONReader {
			return format.JSONStream(bytes.NewReader(d), o)
		},
	} {
		b.Run(name, func(b *testing.B) {
			b.SetBytes(size)
			b.ReportAllocs()
			rows := 0
			var batch row.Batch
			for b.Loop() {
				for _, file := range files {
					rows += readJSON(b, open(file, format.JSONOptions{Paths: wanted}), &batch)
				}
			}
			b.ReportMetric(float64(rows)/b.Elapsed().Seconds(), "rows/s")
		})
	}
}

// BenchmarkJSONLines reads short records, of which nearly all is wanted.
func BenchmarkJSONLines(b *testing.B) {
	var text []byte
	const rows = 100_000
	for i := range rows {
		text = fmt.Appendf(text, `{"id":%d,"name":"name %d","price":%d.25,"tags":["a","b"],"ok":true,"none":null}`+"\n", i, i, i)
	}
	o := format.JSONOptions{Paths: jsonPaths(b, "id", "name", "price", "tags[0]", "ok")}
	b.SetBytes(int64(len(text)))
	b.ReportAllocs()
	var batch row.Batch
	for b.Loop() {
		if n := readJSON(b, format.JSONBytes(text, o), &batch); n != rows {
			b.Fatalf("%d rows", n)
		}
	}
	b.ReportMetric(float64(rows*b.N)/b.Elapsed().Seconds(), "rows/s")
}

// BenchmarkJSONSmall reads a file of one short record: what a reader costs.
func BenchmarkJSONSmall(b *testing.B) {
	text := []byte(`[{"id":1,"name":"a name","price":1.25,"tags":["a","b"],"ok":true,"none":null}]`)
	o := format.JSONOptions{Paths: jsonPaths(b, "id", "name", "price", "tags[0]", "ok")}
	b.ReportAllocs()
	var batch row.Batch
	for b.Loop() {
		readJSON(b, format.JSONBytes(text, o), &batch)
	}
}

// BenchmarkJSONColumns reads an object of columns, as pandas writes it.
func BenchmarkJSONColumns(b *testing.B) {
	var cols [3][]byte
	const rows = 100_000
	for i := range rows {
		cols[0] = fmt.Appendf(cols[0], `,"%d":%d`, i, i)
		cols[1] = fmt.Appendf(cols[1], `,"%d":"name %d"`, i, i)
		cols[2] = fmt.Appendf(cols[2], `,"%d":%d.25`, i, i)
	}
	text := fmt.Appendf(nil, `{"id":{%s},"name":{%s},"price":{%s}}`, cols[0][1:], cols[1][1:], cols[2][1:])
	o := format.JSONOptions{Shape: format.Columns, Paths: jsonPaths(b, "id", "price")}
	b.SetBytes(int64(len(text)))
	b.ReportAllocs()
	var batch row.Batch
	for b.Loop() {
		if n := readJSON(b, format.JSONBytes(text, o), &batch); n != rows {
			b.Fatalf("%d rows", n)
		}
	}
}

// BenchmarkDecode decodes a record with all that is in it.
func BenchmarkDecode(b *testing.B) {
	text := []byte(`{"id":12345,"name":"a name","price":1.25,"tags":["a","b"],"ok":true,"none":null,"more":{"x":[1,2,3],"y":"é"}}`)
	b.SetBytes(int64(len(text)))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := format.Decode(text); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkLookup finds the last of some members.
func BenchmarkLookup(b *testing.B) {
	var text []byte
	for i := range 10 {
		text = fmt.Appendf(text, `,"-%d":{"id":"-%d","name":"carrier %d","code":"XX"}`, 31000+i, 31000+i, i)
	}
	text[0] = '{'
	text = append(text, '}')
	step := format.Step{Name: "-31009"}
	b.SetBytes(int64(len(text)))
	b.ReportAllocs()
	for b.Loop() {
		if v, _, _ := format.Lookup(text, step); v == nil {
			b.Fatal("not found")
		}
	}
}

// readJSON reads to the end and returns the number of rows, all of them good.
func readJSON(t testing.TB, r *format.JSONReader, b *row.Batch) int {
	t.Helper()
	rows := 0
	for {
		err := r.Read(b)
		if err == io.EOF {
			return rows
		}
		if err != nil || len(b.Bad) > 0 {
			t.Fatalf("after %d rows: %v, bad %v", rows, err, b.Bad)
		}
		rows += b.Len
	}
}
