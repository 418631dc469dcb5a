package format_test

import (
	"bytes"
	"fmt"
	"testing"

	"github.com/seed-128c3863/sluice/format"
	"github.com/seed-128c3863/sluice/row"
)

// flights returns n rows of the 12 columns of a flight search: few carriers,
// a long link of its own in each row.
func flights(n int) (row.Schema, []*row.Batch) {
	text, moment := row.Type{Kind: row.String}, row.Type{Kind: row.Timestamp}
	schema := row.Schema{
		{Name: "id", Type: text},
		{Name: "depAirportCode", Type: text},
		{Name: "depCountryCode", Type: text},
		{Name: "currencyCode", Type: text},
		{Name: "arrAirportCode", Type: text},
		{Name: "carrierName", Type: text},
		{Name: "depTime", Type: moment},
		{Name: "arrTime", Type: moment},
		{Name: "price", Type: row.Type{Kind: row.Int64}},
		{Name: "url", Type: text},
		{Name: "extractedDate", Type: moment},
		{Name: "isExpired", Type: row.Type{Kind: row.Bool}},
	}
	carriers := []string{"ANA (All Nippon Airways)", "Asiana Airlines", "Peach", "에어서울", "Jin Air"}
	const day = 24 * 60 * 60 * 1_000_000
	seed := uint64(1)
	random := func() uint64 {
		seed ^= seed << 13
		seed ^= seed >> 7
		seed ^= seed << 17
		return seed
	}
	var batches []*row.Batch
	for r := 0; r < n; {
		b := row.NewBatch(schema)
		for ; b.Len < 1024 && r < n; r++ {
			dep := int64(19830*day) + int64(random()%2880)*60_000_000
			carrier := carriers[random()%5]
			for i, v := range []string{fmt.Sprintf("10000-%d--%d-0-12409-%d", dep, 30000+random()%9, r), "NRT", "JP", "JPY", "ICN", carrier} {
				b.Cols[i].AppendBytes([]byte(v))
			}
			b.Cols[6].AppendTime(dep, 0)
			b.Cols[7].AppendTime(dep+9_600_000_000, 0)
			b.Cols[8].AppendInt(int64(79 + random()%2400))
			b.Cols[9].AppendBytes(fmt.Appendf(nil, "/transport_deeplink/4.0/KR/en-GB/JPY/gtor/1/10000.12409.2024-04-17/air/airli/flights?itinerary=flight|-30189|%d|10000-12409-2404170225-2404170535--30189&carriers=-30189&operators=-30189&passengers=1&channel=website&cabin_class=economy&facilitated=false&fps_session_id=%016x%016x&ticket_price=%d.59&is_npt=false&is_multipart=false&client_id=skyscanner_website&request_id=%016x%016x&q_ids=H4sIAAAA%016x%016x%016x%016x%016x%016x%016x%016x&pqid=true&redirect_delay_millis=0",
				r, random(), random(), random()%2400, random(), random(), random(), random(), random(), random(), random(), random(), random(), random()))
			b.Cols[10].AppendTime(19830*day, 0)
			b.Cols[11].AppendInt(0)
			b.Row = append(b.Row, int64(r+1))
			b.Len++
		}
		batches = append(batches, b)
	}
	return schema, batches
}

// BenchmarkParquet writes files one after the other with one writer.
func BenchmarkParquet(b *testing.B) {
	for _, rows := range []int{74, 215_000} {
		for _, codec := range []string{"snappy", "zstd"} {
			schema, batches := flights(rows)
			b.Run(fmt.Sprintf("rows=%d/%s", rows, codec), func(b *testing.B) {
				var out bytes.Buffer
				p, err := format.NewParquet(&out, schema, format.ParquetOptions{Timestamps: "int96", Compression: codec})
				if err != nil {
					b.Fatal(err)
				}
				b.ReportAllocs()
				for b.Loop() {
					out.Reset()
					p.Reset(&out)
					writeAll(b, p, batches)
				}
				b.ReportMetric(float64(out.Len()), "bytes/file")
				b.ReportMetric(float64(rows*b.N)/b.Elapsed().Seconds(), "rows/s")
			})
		}
	}
}

func writeAll(t testing.TB, w interface {
	Write(*row.Batch) error
	Close() error
}, batches []*row.Batch,
) {
	t.Helper()
	for _, b := range batches {
		if err := w.Write(b); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
}
