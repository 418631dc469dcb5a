package format_test

import (
	"bytes"
	"errors"
	"io"
	"strings"
	"testing"

	"github.com/seed-128c3863/sluice/format"
	"github.com/seed-128c3863/sluice/row"
)

// numbersFile is a Parquet file of the numbers from 0 on, so many in a row group.
func numbersFile(t *testing.T, rows, inGroup int) []byte {
	t.Helper()
	s := row.Schema{{Name: "n", Type: row.Type{Kind: row.Int64}}}
	var data bytes.Buffer
	p, err := format.NewParquet(&data, s, format.ParquetOptions{RowGroupRows: inGroup, Compression: "none"})
	if err != nil {
		t.Fatal(err)
	}
	b := row.NewBatch(s)
	for i := range rows {
		b.Cols[0].AppendInt(int64(i))
		b.Len++
	}
	if err := p.Write(b); err != nil {
		t.Fatal(err)
	}
	if err := p.Close(); err != nil {
		t.Fatal(err)
	}
	return data.Bytes()
}

func TestParquetSplit(t *testing.T) {
	const rows, inGroup, groups = 10_000, 3_000, 4
	data := numbersFile(t, rows, inGroup)
	for name, tc := range map[string]struct {
		most, room           int
		wantParts, wantOnces int
	}{
		"as many as there are": {9, 1 << 20, groups, groups},
		"two at once":          {2, 1 << 20, groups, 2},
		"one":                  {1, 1 << 20, 1, 1},
		"room for three":       {9, 300 << 10, groups, 3},
		"no room":              {9, 150 << 10, 1, 1},
	} {
		t.Run(name, func(t *testing.T) {
			in := format.NewParquetReader(bytes.NewReader(data), int64(len(data)), format.ParquetReadOptions{Paths: []format.Path{{{Name: "n"}}}, MaxPages: tc.room})
			parts, atOnce, err := in.Split(tc.most)
			if err != nil || len(parts) != tc.wantParts || atOnce != tc.wantOnces {
				t.Fatalf("%d parts, %d at once, %v; want %d, %d", len(parts), atOnce, err, tc.wantParts, tc.wantOnces)
			}
			next := int64(0)
			for _, part := range parts {
				b := &row.Batch{}
				for {
					err := part.Read(b)
					if errors.Is(err, io.EOF) {
						break
					}
					if err != nil {
						t.Fatal(err)
					}
					for r := range b.Len {
						if b.Cols[0].Ints[r] != next || b.Row[r] != next+1 {
							t.Fatalf("row %d has %d, want row %d", b.Row[r], b.Cols[0].Ints[r], next+1)
						}
						next++
					}
				}
			}
			if next != rows {
				t.Errorf("%d rows, want %d", next, rows)
			}
		})
	}
	_, _, err := format.NewParquetReader(strings.NewReader("no Parquet file"), 15, format.ParquetReadOptions{}).Split(2)
	var at *row.Error
	if !errors.As(err, &at) || !strings.Contains(err.Error(), "it is no Parquet file") {
		t.Errorf("a text: %v", err)
	}
}
