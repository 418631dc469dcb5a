package format_test

import (
	"bytes"
	"errors"
	"io"
	"os"
	"testing"

	"github.com/seed-128c3863/sluice/format"
	"github.com/seed-128c3863/sluice/row"
)

// BenchmarkParquetReader reads the file that the environment names, all of its
// columns, or a small one that is written here.
func BenchmarkParquetReader(b *testing.B) {
	var data []byte
	if name := os.Getenv("SLUICE_BENCH_PARQUET"); name != "" {
		var err error
		if data, err = os.ReadFile(name); err != nil {
			b.Fatal(err)
		}
	} else {
		s, batches := flights(50_000)
		var out bytes.Buffer
		p, err := format.NewParquet(&out, s, format.ParquetOptions{})
		for _, batch := range batches {
			err = errors.Join(err, p.Write(batch))
		}
		if err = errors.Join(err, p.Close()); err != nil {
			b.Fatal(err)
		}
		data = out.Bytes()
	}
	names := format.NewParquetReader(bytes.NewReader(data), int64(len(data)), format.ParquetReadOptions{})
	if err := names.Read(&row.Batch{}); err != nil && err != io.EOF {
		b.Fatal(err)
	}
	var paths []format.Path
	for _, name := range names.Extra() {
		paths = append(paths, format.Path{{Name: name}})
	}
	b.SetBytes(int64(len(data)))
	b.ReportAllocs()
	rows := 0
	for b.Loop() {
		r := format.NewParquetReader(bytes.NewReader(data), int64(len(data)), format.ParquetReadOptions{Paths: paths})
		rows = 0
		batch := &row.Batch{}
		for {
			err := r.Read(batch)
			if err == io.EOF {
				break
			}
			if err != nil {
				b.Fatal(err)
			}
			rows += batch.Len
		}
	}
	b.ReportMetric(float64(rows)*float64(b.N)/b.Elapsed().Seconds(), "rows/s")
}
