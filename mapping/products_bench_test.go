package mapping_test

import (
	"bytes"
	"encoding/csv"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/seed-128c3863/sluice/format"
	"github.com/seed-128c3863/sluice/mapping"
	"github.com/seed-128c3863/sluice/row"
)

// productsJob types a file of products as the table of a shop has them.
const productsJob = `sluice: 1
name: products
from: {files: "products.csv"}
columns:
  sku:         {type: string, from: sku, required: true, match: "^SKU[0-9]{9}$", max_length: 20}
  title:       {type: string, from: title, required: true, max_length: 200}
  description: {type: string, from: description, required: true, empty: text}
  category_id: {type: string, from: category, required: true, max_length: 50}
  author_id:   {type: int64, from: author}
  price:       {type: "decimal(10,2)", from: price, required: true, check: value >= 0}
  stock:       {type: int32, from: stock, required: true}
  published:   {type: date, from: published, formats: ["%Y-%m-%d"]}
  updated_at:  {type: timestamptz, from: updated_at, required: true, formats: ["%Y-%m-%d %H:%M:%S"], timezone: UTC}
  active:      {type: bool, from: active, required: true, "true": ["1"], "false": ["0"]}
  isbn:        {type: string, from: isbn, max_length: 13}
  weight:      {type: "decimal(8,3)", from: weight}
  tags:        {type: string, from: tags}
to: {files: "{file.stem}.parquet"}
`

// productsText returns the file of products that the environment names, or a
// small one of the same kind.
func productsText(b *testing.B) []byte {
	if name := os.Getenv("SLUICE_BENCH_PRODUCTS"); name != "" {
		return readFile(b, name)
	}
	var out bytes.Buffer
	w := csv.NewWriter(&out)
	_ = w.Write(strings.Split("sku,title,description,category,author,price,stock,published,updated_at,active,isbn,weight,tags", ","))
	words := strings.Fields(`alpha beta gamma 커피 책상 의자 zeta "quoted" comma, crème brûlée omega theta kilo lima 노트북 sigma`)
	for i := range 20_000 {
		var text []string
		for k := range 5 + i%20 {
			text = append(text, words[(i*7+k*5)%len(words)])
		}
		if i%20 == 0 {
			text = append(text, "\nsecond line")
		}
		published, isbn, weight := fmt.Sprintf("20%02d-%02d-%02d", i%20, 1+i%12, 1+i%28), fmt.Sprintf("978%010d", i*7919), fmt.Sprintf("%d.%03d", i%99, i%1000)
		if i%10 == 0 {
			published, isbn, weight = "", "", ""
		}
		_ = w.Write([]string{
			fmt.Sprintf("SKU%09d", i), fmt.Sprintf("%s %s %d", words[i%17], words[i%13], i), strings.Join(text, " "), fmt.Sprintf("cat-%03d", i%200),
			fmt.Sprint(1 + i%1000), fmt.Sprintf("%d.%02d", i%9999, i%100), fmt.Sprint(i % 5000), published,
			fmt.Sprintf("2023-%02d-%02d %02d:%02d:%02d", 1+i%12, 1+i%28, i%24, i%60, i%60), fmt.Sprint(i % 5 / 4), isbn, weight, fmt.Sprintf("tag%02d|tag%02d", i%50, i%49),
		})
	}
	w.Flush()
	return out.Bytes()
}

// BenchmarkProducts reads CSV into thirteen typed columns.
func BenchmarkProducts(b *testing.B) {
	text := productsText(b)
	p := compileJob(b, productsJob)
	o := format.CSVReadOptions{Record: true}
	for _, path := range p.Paths() {
		o.Columns = append(o.Columns, path[0].Name)
	}
	m := p.NewMapper(testRun)
	rows := 0
	b.SetBytes(int64(len(text)))
	b.ReportAllocs()
	src, dst := &row.Batch{}, row.NewBatch(p.Schema())
	for b.Loop() {
		if err := m.Begin(mapping.File{}); err != nil {
			b.Fatal(err)
		}
		r := format.CSVStream(bytes.NewReader(text), o)
		for r.Read(src) == nil {
			m.Map(src, dst)
			if len(dst.Bad) > 0 {
				b.Fatal(dst.Bad[0].Error.Error())
			}
			rows += dst.Len
		}
	}
	b.ReportMetric(float64(rows)/b.Elapsed().Seconds(), "rows/s")
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(rows), "ns/row")
}
