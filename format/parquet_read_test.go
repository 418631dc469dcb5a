package format_test

import (
	"bytes"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/parquet-go/parquet-go"
	"github.com/parquet-go/parquet-go/deprecated"
	pqformat "github.com/parquet-go/parquet-go/format"

	"github.com/seed-128c3863/sluice/format"
	"github.com/seed-128c3863/sluice/row"
)

// What sluice writes it reads, value by value.
func TestParquetComesBack(t *testing.T) {
	s, batches := flights(3000)
	file := filepath.Join(t.TempDir(), "flights.parquet")
	if err := os.WriteFile(file, parquetFile(t, 3000), 0o600); err != nil {
		t.Fatal(err)
	}
	var paths []format.Path
	for _, f := range s {
		paths = append(paths, format.Path{{Name: f.Name}})
	}
	got := readParquet(t, file, format.ParquetReadOptions{Paths: paths})
	for _, b := range batches {
		for r := range b.Len {
			for c := range s {
				if b.Cols[c].Type.Kind == row.List {
					continue // it has no text
				}
				if want := textOf(t, &b.Cols[c], r); !sameValue(got[r][c], want) {
					t.Fatalf("row %d: %s: got %s, want %s", r+1, s[c].Name, show(got[r][c]), show(want))
				}
			}
		}
		got = got[b.Len:]
	}
	if len(got) != 0 {
		t.Errorf("%d rows more", len(got))
	}
}

// A legacy is a record as programs wrote it before lists had a form.
type legacy struct {
	ID      int64
	Bare    []int32 // repeated, in nothing
	Numbers struct{ Array []int64 }
	Pairs   struct {
		Item []struct {
			A int64
			B *string
		}
	}
	Inner *struct{ W *int64 }
	Word  string `parquet:"word,enum"`
	Map   map[string]int32
}

// Lists of two levels, and such as are not marked, are lists; paths lead into all
// that there is, and say where they cannot.
func TestParquetPaths(t *testing.T) {
	x, w := "x", int64(7)
	var out bytes.Buffer
	in := []legacy{{ID: 1, Bare: []int32{1, 2}, Word: "on", Map: map[string]int32{"k": 5}}, {ID: 2}}
	in[0].Numbers.Array = []int64{3, 4}
	in[0].Pairs.Item = append(in[0].Pairs.Item, struct {
		A int64
		B *string
	}{1, &x}, struct {
		A int64
		B *string
	}{2, nil})
	in[0].Inner = &struct{ W *int64 }{&w}
	if err := parquet.Write(&out, in); err != nil {
		t.Fatal(err)
	}
	data := withFooter(t, out.Bytes(), func(m *pqformat.FileMetaData) {
		for i := range m.Schema {
			if name := m.Schema[i].Name; name == "Numbers" || name == "Pairs" {
				m.Schema[i].ConvertedType.Set(deprecated.List)
			}
		}
	})
	file := filepath.Join(t.TempDir(), "legacy.parquet")
	if err := os.WriteFile(file, data, 0o600); err != nil {
		t.Fatal(err)
	}
	for path, want := range map[string][2]string{
		"ID":           {"1", "2"},
		"Bare":         {"[1,2]", "[]"},
		"Bare[1]":      {"2", "broken at 1: 4 "},
		"Numbers":      {"[3,4]", "[]"},
		"Pairs":        {`[{"A":1,"B":"x"},{"A":2,"B":null}]`, "[]"},
		"Pairs[0].B":   {`"x"`, "broken at 1: 4 "},
		"Pairs[1].B.c": {"broken at 3: 1 ", "broken at 1: 4 "},
		"Inner":        {`{"W":7}`, "null"},
		"Inner.W":      {"7", "broken at 1: 1 "},
		"Inner[0]":     {"broken at 1: 3 ", "broken at 1: 1 "},
		"ID.x":         {"broken at 1: 2 ", "broken at 1: 2 "},
		"word":         {"on", ""},
		"Map.k":        {"5", "null"},
	} {
		p, err := format.ParsePath(path)
		if err != nil {
			t.Fatal(err)
		}
		got := readParquet(t, file, format.ParquetReadOptions{Paths: []format.Path{p}})
		for r := range got {
			if show(got[r][0]) != want[r] {
				t.Errorf("%s of row %d: got %s, want %s", path, r+1, show(got[r][0]), want[r])
			}
		}
	}
	whole := readParquet(t, file, format.ParquetReadOptions{Paths: []format.Path{nil}})
	if got, want := show(whole[1][0]), `{"ID":2,"Bare":[],"Numbers":[],"Pairs":[],"Inner":null,"word":"","Map":{}}`; got != want {
		t.Errorf("the record: got %s, want %s", got, want)
	}
}

// What is read of a file is said before its first row, and what is not there.
func TestParquetColumns(t *testing.T) {
	data := parquetFile(t, 10)
	read := func(o format.ParquetReadOptions) (*format.ParquetReader, error) {
		r := format.NewParquetReader(bytes.NewReader(data), int64(len(data)), o)
		b := &row.Batch{}
		err := r.Read(b)
		if err == nil && b.Recorded != nil {
			cells, ok := r.Cells(b.RecordAt(0))
			if !ok || len(cells) != len(o.Paths) {
				t.Errorf("the record of row 1: %q", cells)
			}
		}
		return r, err
	}
	some := []format.Path{{{Name: "id"}}, {{Name: "none"}}}
	if _, err := read(format.ParquetReadOptions{Paths: some}); err == nil || !strings.Contains(err.Error(), `the file has no "none"; it has "id"`) {
		t.Errorf("absent: %v", err)
	}
	r, err := read(format.ParquetReadOptions{Paths: some, AbsentNull: true, Record: true})
	if err != nil || len(r.Absent()) != 1 || r.Absent()[0] != "none" || len(r.Extra()) == 0 {
		t.Errorf("absent: %v, %v, %v", r.Absent(), r.Extra(), err)
	}
	if _, err := read(format.ParquetReadOptions{Paths: some[:1], RefuseExtra: true}); err == nil || !strings.Contains(err.Error(), "nothing reads") {
		t.Errorf("extra: %v", err)
	}
	if _, err := read(format.ParquetReadOptions{}); err != nil && err != io.EOF {
		t.Errorf("no columns: %v", err)
	}
}
