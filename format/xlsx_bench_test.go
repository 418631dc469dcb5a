package format_test

import (
	"bytes"
	"fmt"
	"io"
	"strconv"
	"strings"
	"testing"

	"github.com/seed-128c3863/sluice/format"
	"github.com/seed-128c3863/sluice/row"
)

// xlsxProducts is a workbook of rows of 12 columns as Excel writes it: texts
// shared, numbers, a date and a boolean.
func xlsxProducts(b *testing.B, rows int) ([]byte, []string) {
	names := []string{"id", "sku", "name", "brand", "price", "cost", "qty", "day", "active", "category", "ean", "note"}
	var sheet, shared strings.Builder
	texts := 0
	text := func(s string) int {
		fmt.Fprintf(&shared, "<si><t>%s</t></si>", s)
		texts++
		return texts - 1
	}
	for i := range 200 {
		text("brand or category " + strconv.Itoa(i))
	}
	sheet.WriteString(`<row r="1">`)
	for c, name := range names {
		fmt.Fprintf(&sheet, `<c r="%c1" t="s"><v>%d</v></c>`, 'A'+c, text(name))
	}
	sheet.WriteString("</row>")
	for i := 2; i < rows+2; i++ {
		fmt.Fprintf(&sheet, `<row r="%d" spans="1:12"><c r="A%d"><v>%d</v></c><c r="B%d" t="s"><v>%d</v></c><c r="C%d" t="s"><v>%d</v></c><c r="D%d" t="s"><v>%d</v></c>`,
			i, i, i, i, text("SKU"+strconv.Itoa(i)), i, text("Product 제품 number "+strconv.Itoa(i)), i, i%100)
		fmt.Fprintf(&sheet, `<c r="E%d"><v>%d.%02d</v></c><c r="F%d"><v>%d.10000000000002</v></c><c r="G%d"><v>%d</v></c><c r="H%d" s="1"><v>%d</v></c><c r="I%d" t="b"><v>%d</v></c><c r="J%d" t="s"><v>%d</v></c><c r="K%d"><v>%d</v></c><c r="L%d" s="2"/></row>`,
			i, i%1000, i%100, i, i%500, i, i%77, i, 45000+i%700, i, i%2, i, 100+i%100, i, 8800000000000+i, i)
	}
	k := newBook(sheet.String())
	return k.with("xl/sharedStrings.xml", "<sst>"+shared.String()+"</sst>").bytes(b), names
}

func BenchmarkXLSXReader(b *testing.B) {
	const rows = 20_000
	data, names := xlsxProducts(b, rows)
	b.SetBytes(int64(len(data)))
	b.ReportAllocs()
	for b.Loop() {
		r, n := format.NewXLSXReader(bytes.NewReader(data), int64(len(data)), format.SheetReadOptions{Columns: names}), 0
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
