package format_test

import (
	"bytes"
	"hash/fnv"
	"io"
	"testing"

	"github.com/seed-128c3863/sluice/format"
	"github.com/seed-128c3863/sluice/row"
)

// An eager file is one that is fetched ahead of its use.
type eager struct {
	*bytes.Reader
	begun, waiting, most int // requests: all, those that nobody has waited for, the most of these
	bytes                int64
}

func (e *eager) Ahead(at, n int64) func() ([]byte, error) {
	e.begun++
	e.waiting++
	e.most = max(e.most, e.waiting)
	e.bytes += n
	return func() ([]byte, error) {
		e.waiting--
		text := make([]byte, n)
		_, err := e.ReadAt(text, at)
		return text, err
	}
}

// sum reads a file, up to so many rows, and returns how many there are and a hash
// of their texts and numbers.
func sum(t *testing.T, in io.ReaderAt, size int64, o format.ParquetReadOptions, most int) (rows int, hash uint64) {
	t.Helper()
	r, h := format.NewParquetReader(in, size, o), fnv.New64a()
	for b := (&row.Batch{}); rows < most; rows += b.Len {
		err := r.Read(b)
		if err == io.EOF {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		for c := range b.Cols {
			for i := range b.Len {
				text := ""
				if v := textOf(t, &b.Cols[c], i); v != nil {
					text = *v
				}
				h.Write([]byte(text + "\n"))
			}
		}
	}
	return rows, h.Sum64()
}

// Columns are fetched at once, in parts if there is little room, and what comes
// next while rows are read; who reads the beginning alone is not given the rest.
func TestParquetAhead(t *testing.T) {
	const rows, groups = 40_000, 4
	s, batches := flights(rows)
	var out bytes.Buffer
	p, err := format.NewParquet(&out, s, format.ParquetOptions{RowGroupRows: rows / groups, Compression: "none"})
	if err != nil {
		t.Fatal(err)
	}
	for _, b := range batches {
		if err := p.Write(b); err != nil {
			t.Fatal(err)
		}
	}
	if err := p.Close(); err != nil {
		t.Fatal(err)
	}
	var paths []format.Path
	for _, f := range s {
		paths = append(paths, format.Path{{Name: f.Name}})
	}
	data, size := out.Bytes(), int64(out.Len())
	_, want := sum(t, bytes.NewReader(data), size, format.ParquetReadOptions{Paths: paths}, rows)
	for name, tc := range map[string]struct {
		room           int
		fewest, atOnce int // requests: of all, and the most that were begun and not waited for
		first          int // the most bytes of the file for one batch
	}{
		"room":   {room: 256 << 20, fewest: groups, atOnce: 1, first: out.Len()/groups + 1<<20},
		"parts":  {room: 16 << 20, fewest: 3 * groups, atOnce: 2, first: 4 << 20},
		"little": {room: 12 << 20, fewest: 4 * groups, atOnce: 2, first: 3 << 20},
	} {
		o := format.ParquetReadOptions{Paths: paths, MaxPages: tc.room}
		in := &eager{Reader: bytes.NewReader(data)}
		if n, got := sum(t, in, size, o, rows); n != rows || got != want {
			t.Errorf("%s: %d rows, or they differ", name, n)
		}
		t.Logf("%s: %d bytes of %d by %d requests, %d at once", name, in.bytes, size, in.begun, in.most)
		if in.begun < tc.fewest || in.most < tc.atOnce || in.waiting != 0 {
			t.Errorf("%s: %d requests, %d at once, %d that nobody waited for", name, in.begun, in.most, in.waiting)
		}
		if in.bytes > size+size/20 {
			t.Errorf("%s: %d bytes are fetched of %d", name, in.bytes, size)
		}
		if n, got := sum(t, bytes.NewReader(data), size, o, rows); n != rows || got != want {
			t.Errorf("%s, as it is read: %d rows, or they differ", name, n)
		}
		in = &eager{Reader: bytes.NewReader(data)}
		if sum(t, in, size, o, 1); in.bytes > int64(tc.first) {
			t.Errorf("%s: %d bytes for the first rows", name, in.bytes)
		}
	}
}
