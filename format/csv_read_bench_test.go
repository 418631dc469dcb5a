package format_test

import (
	"bytes"
	stdcsv "encoding/csv"
	"io"
	"os"
	"strconv"
	"strings"
	"testing"

	"github.com/seed-128c3863/sluice/format"
	"github.com/seed-128c3863/sluice/row"
)

// csvProducts returns a file of products: the one that the environment names,
// or else a small one.
func csvProducts(b *testing.B) (text []byte, rows int) {
	if name := os.Getenv("SLUICE_BENCH_PRODUCTS"); name != "" {
		text, err := os.ReadFile(name)
		if err != nil {
			b.Fatal(err)
		}
		return text, countRows(b, text)
	}
	var file bytes.Buffer
	w := stdcsv.NewWriter(&file)
	_ = w.Write([]string{"sku", "title", "description", "category", "author", "price", "stock", "published", "updated_at", "active", "isbn", "weight", "tags"})
	for i := range 20_000 {
		n := strconv.Itoa(i)
		_ = w.Write([]string{
			"SKU" + n, "chair 의자 " + n, "beta zeta \"quoted\" comma, crème brûlée 노트북 theta upsilon alpha 책상 beta beta kilo omega theta",
			"cat-053", n, "1013.20", n, "2021-12-09", "2022-06-22 13:08:18", "1", "9787375426427", "", "tag06|tag31",
		})
	}
	w.Flush()
	return file.Bytes(), 20_000
}

func countRows(b *testing.B, text []byte) (n int) {
	r := stdcsv.NewReader(bytes.NewReader(text))
	r.ReuseRecord = true
	for {
		_, err := r.Read()
		if err == io.EOF {
			return n - 1
		}
		if err != nil {
			b.Fatal(err)
		}
		n++
	}
}

var productColumns = []string{"sku", "title", "description", "category", "author", "price", "stock", "published", "updated_at", "active", "isbn", "weight", "tags"}

// BenchmarkCSV reads every column of a file of products. The floor is what
// reading the same bytes once costs.
func BenchmarkCSV(b *testing.B) {
	text, rows := csvProducts(b)
	perSecond := func(b *testing.B) {
		b.ReportMetric(float64(b.N*rows)/b.Elapsed().Seconds(), "rows/s")
	}
	b.Run("floor", func(b *testing.B) {
		b.SetBytes(int64(len(text)))
		for b.Loop() {
			if bytes.Count(text, []byte("\n")) == 0 {
				b.Fatal("no rows")
			}
		}
	})
	b.Run("encoding/csv", func(b *testing.B) {
		b.SetBytes(int64(len(text)))
		b.ReportAllocs()
		for b.Loop() {
			countRows(b, text)
		}
		perSecond(b)
	})
	o := format.CSVReadOptions{Columns: productColumns, Record: true, Encoding: "auto"}
	korean, said := []byte(encoded(b, cp949, strings.NewReplacer("è", "e", "é", "e", "û", "u").Replace(string(text)))), o
	said.Encoding = "cp949"
	for name, open := range map[string]func() *format.CSVReader{
		"bytes":  func() *format.CSVReader { return format.CSVBytes(text, o) },
		"stream": func() *format.CSVReader { return format.CSVStream(bytes.NewReader(text), o) },
		"cp949":  func() *format.CSVReader { return format.CSVStream(bytes.NewReader(korean), said) },
	} {
		b.Run(name, func(b *testing.B) {
			b.SetBytes(int64(len(text)))
			b.ReportAllocs()
			for b.Loop() {
				n := 0
				r, batch := open(), &row.Batch{}
				for r.Read(batch) == nil {
					n += batch.Len
				}
				if n != rows {
					b.Fatalf("%d rows of %d", n, rows)
				}
			}
			perSecond(b)
		})
	}
}
