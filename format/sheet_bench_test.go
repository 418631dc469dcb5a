package format_test

import (
	"bytes"
	"fmt"
	"io"
	"strings"
	"testing"

	"github.com/seed-128c3863/sluice/format"
	"github.com/seed-128c3863/sluice/row"
)

// benchSheet reads a file of products of 12 columns.
func benchSheet(b *testing.B, form string, data []byte, rows int) {
	benchSheetBy(b, form, data, rows, format.SheetReadOptions{})
}

var benchNames = []string{"id", "sku", "name", "brand", "price", "cost", "qty", "day", "active", "category", "ean", "note"}

func benchSheetBy(b *testing.B, form string, data []byte, rows int, o format.SheetReadOptions) {
	o.Columns = benchNames
	b.SetBytes(int64(len(data)))
	b.ReportAllocs()
	for b.Loop() {
		r, n := format.NewSheetReader(form, bytes.NewReader(data), int64(len(data)), o), 0
		for batch := (&row.Batch{}); ; n += batch.Len {
			err := r.Read(batch)
			if err == io.EOF {
				break
			}
			if err != nil {
				b.Fatal(err)
			}
		}
		if n != rows {
			b.Fatalf("%d rows, want %d", n, rows)
		}
	}
	b.ReportMetric(float64(rows*b.N)/b.Elapsed().Seconds(), "rows/s")
}

func BenchmarkODSReader(b *testing.B) {
	const rows = 20_000
	var out strings.Builder
	cell := func(typ, attr, value, shown string) {
		fmt.Fprintf(&out, `<table:table-cell table:style-name="ce1" office:value-type="%s"`, typ)
		if attr != "" {
			fmt.Fprintf(&out, ` office:%s="%s"`, attr, value)
		}
		fmt.Fprintf(&out, ` calcext:value-type="%s"><text:p>%s</text:p></table:table-cell>`, typ, shown)
	}
	text := func(s string) { cell("string", "", "", s) }
	number := func(s string) { cell("float", "value", s, s) }
	out.WriteString("<table:table-row>")
	for _, name := range benchNames {
		text(name)
	}
	out.WriteString("</table:table-row>")
	for i := range rows {
		out.WriteString(`<table:table-row table:style-name="ro1">`)
		number(fmt.Sprint(i))
		text(fmt.Sprintf("SKU%d", i))
		text(fmt.Sprintf("Product 제품 number %d", i))
		text(fmt.Sprintf("brand %d", i%100))
		number(fmt.Sprintf("%d.%02d", i%1000, i%100))
		number(fmt.Sprintf("%d.10000000000002", i%500))
		number(fmt.Sprint(i % 77))
		cell("date", "date-value", fmt.Sprintf("2024-04-%02d", i%28+1), "17/04/24")
		cell("boolean", "boolean-value", "true", "TRUE")
		text(fmt.Sprintf("category %d", i%100))
		number(fmt.Sprint(8800000000000 + i))
		out.WriteString(`<table:table-cell table:number-columns-repeated="16373"/></table:table-row>`)
	}
	benchSheet(b, "ods", newODS(out.String()).bytes(b), rows)
}
