package format_test

import (
	"encoding/json"
	"fmt"
	"io"
	"math"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/seed-128c3863/sluice/format"
	"github.com/seed-128c3863/sluice/row"
)

// A peerFile is what pyarrow says of a Parquet file.
type peerFile struct {
	Name           string
	Columns, Kinds []string
	Rows           [][]*string
}

// TestParquetAgainstPeers reads files that pyarrow, pandas and DuckDB have
// written, in every type, encoding and codec that they know, and holds every
// value to what pyarrow reads.
func TestParquetAgainstPeers(t *testing.T) {
	dir := t.TempDir()
	peers := python[peerFile](t, "parquet_cases.py", dir)
	if len(peers) < 30 {
		t.Fatalf("only %d files", len(peers))
	}
	for _, peer := range peers {
		t.Run(peer.Name, func(t *testing.T) {
			var paths []format.Path
			for _, name := range peer.Columns {
				paths = append(paths, format.Path{{Name: name}})
			}
			got := readParquet(t, filepath.Join(dir, peer.Name), format.ParquetReadOptions{Paths: paths})
			if len(got) != len(peer.Rows) {
				t.Fatalf("%d rows, want %d", len(got), len(peer.Rows))
			}
			for r, want := range peer.Rows {
				for c := range want {
					if !sameValue(got[r][c], want[c]) {
						t.Fatalf("row %d: column %s (%s): got %s, want %s", r+1, peer.Columns[c], peer.Kinds[c], show(got[r][c]), show(want[c]))
					}
				}
			}
		})
	}
}

func show(s *string) string {
	if s == nil {
		return "null"
	}
	return *s
}

func sameValue(got, want *string) bool {
	if got == nil || want == nil || *got == *want {
		return (got == nil) == (want == nil)
	}
	var a, b any
	if !strings.ContainsAny((*want)[:1], "[{") || json.Unmarshal([]byte(*got), &a) != nil || json.Unmarshal([]byte(*want), &b) != nil {
		return false
	}
	return reflect.DeepEqual(a, b)
}

// readParquet returns all values as texts; nil for a null.
func readParquet(t *testing.T, file string, o format.ParquetReadOptions) (rows [][]*string) {
	t.Helper()
	f, err := os.Open(file)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		t.Fatal(err)
	}
	r := format.NewParquetReader(f, info.Size(), o)
	for b := (&row.Batch{}); ; {
		err := r.Read(b)
		if err == io.EOF {
			return rows
		}
		if err != nil {
			t.Fatal(err)
		}
		for i := range b.Len {
			if b.Row[i] != int64(len(rows)+1) {
				t.Fatalf("row %d has the number %d", len(rows)+1, b.Row[i])
			}
			values := make([]*string, len(b.Cols))
			for c := range b.Cols {
				values[c] = textOf(t, &b.Cols[c], i)
			}
			rows = append(rows, values)
		}
	}
}

func textOf(t *testing.T, c *row.Column, i int) *string {
	t.Helper()
	text := ""
	switch broken := c.BreakAt(i); {
	case broken.Why != row.Whole:
		text = fmt.Sprintf("broken at %d: %d %s", broken.Step, broken.Why, broken.Cell)
	case c.Null[i]:
		return nil
	case c.Type.Kind == row.Float32 && !math.IsNaN(c.Floats[i]) && !math.IsInf(c.Floats[i], 0):
		text = fmt.Sprintf("f%08x", math.Float32bits(float32(c.Floats[i])))
	case c.Type.Kind == row.Float64 && !math.IsNaN(c.Floats[i]) && !math.IsInf(c.Floats[i], 0):
		text = fmt.Sprintf("f%016x", math.Float64bits(c.Floats[i]))
	default:
		b, err := format.AppendText(nil, c, i)
		if err != nil {
			t.Fatal(err)
		}
		text = string(b)
	}
	return &text
}
