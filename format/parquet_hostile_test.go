package format_test

import (
	"bytes"
	"encoding/binary"
	"errors"
	"io"
	"runtime"
	"strings"
	"testing"
	"time"

	pqformat "github.com/parquet-go/parquet-go/format"

	"github.com/parquet-go/parquet-go/encoding/thrift"

	"github.com/seed-128c3863/sluice/format"
	"github.com/seed-128c3863/sluice/row"
)

// parquetFile returns a file that sluice has written.
func parquetFile(t testing.TB, rows int) []byte {
	t.Helper()
	s, batches := flights(rows)
	var out bytes.Buffer
	p, err := format.NewParquet(&out, s, format.ParquetOptions{})
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
	return out.Bytes()
}

// readAll reads every column of a file, and returns how many rows there are.
func readAll(data []byte, o format.ParquetReadOptions) (rows int, err error) {
	r := format.NewParquetReader(bytes.NewReader(data), int64(len(data)), o)
	if err := r.Read(&row.Batch{}); err != nil && err != io.EOF {
		return 0, err
	}
	for _, c := range r.Columns(1) {
		if c.Why == "" {
			o.Paths = append(o.Paths, c.Path)
		}
	}
	r = format.NewParquetReader(bytes.NewReader(data), int64(len(data)), o)
	for b := (&row.Batch{}); rows < 1<<20; rows += b.Len {
		if err := r.Read(b); err != nil {
			return rows, err
		}
	}
	return rows, nil
}

// withFooter returns the file with its footer changed.
func withFooter(t testing.TB, file []byte, change func(*pqformat.FileMetaData)) []byte {
	t.Helper()
	n := int(binary.LittleEndian.Uint32(file[len(file)-8:]))
	at := len(file) - 8 - n
	var meta pqformat.FileMetaData
	if err := thrift.Unmarshal(new(thrift.CompactProtocol), bytes.Clone(file[at:at+n]), &meta); err != nil {
		t.Fatal(err)
	}
	change(&meta)
	footer, err := thrift.Marshal(new(thrift.CompactProtocol), &meta)
	if err != nil {
		t.Fatal(err)
	}
	out := append(bytes.Clone(file[:at]), footer...)
	out = binary.LittleEndian.AppendUint32(out, uint32(len(footer)))
	return append(out, "PAR1"...)
}

// withPage returns the file with its first page changed: only the column of it is
// whole.
func withPage(t testing.TB, file []byte, change func(*pqformat.PageHeader)) []byte {
	t.Helper()
	var page []byte
	return withFooter(t, withFooter(t, file, func(m *pqformat.FileMetaData) {
		c := &m.RowGroups[0].Columns[0].MetaData
		at := c.DataPageOffset
		if c.DictionaryPageOffset > 0 {
			at = c.DictionaryPageOffset
		}
		r := thrift.NewDecoder(new(thrift.CompactProtocol).NewReader(bytes.NewReader(file[at:])))
		var header pqformat.PageHeader
		if err := r.Decode(&header); err != nil {
			t.Fatal(err)
		}
		change(&header)
		var err error
		if page, err = thrift.Marshal(new(thrift.CompactProtocol), &header); err != nil {
			t.Fatal(err)
		}
		copy(file[at:], page) // over its old header and what is behind it
	}), func(*pqformat.FileMetaData) {})
}

// What a file says of itself is not believed: the error says what is wrong, in
// little time and memory.
func TestHostileParquet(t *testing.T) {
	file := func() []byte { return parquetFile(t, 300) }
	footer := func(change func(*pqformat.FileMetaData)) []byte { return withFooter(t, file(), change) }
	page := func(change func(*pqformat.PageHeader)) []byte { return withPage(t, file(), change) }
	damaged := func(at int, with string) []byte {
		f := file()
		if at < 0 {
			at += len(f)
		}
		copy(f[at:], with)
		return f
	}
	for name, tc := range map[string]struct {
		data []byte
		want string
	}{
		"empty":                 {nil, "the file is empty"},
		"text":                  {[]byte("id,name\n1,a\n2,b\n"), `it is no Parquet file: it begins with "id,n", not with "PAR1"`},
		"cut off":               {file()[:5000], "it is cut off"},
		"short":                 {[]byte("PAR1PAR1"), "it is cut off"},
		"encrypted":             {damaged(-4, "PARE"), "its footer is encrypted"},
		"footer size":           {damaged(-8, "\xff\xff\xff\xff"), "its footer should have 4294967295 bytes"},
		"footer bytes":          {damaged(-500, strings.Repeat("\xff", 200)), "its footer is damaged"},
		"rows":                  {footer(func(m *pqformat.FileMetaData) { m.RowGroups[0].NumRows = 1e12 }), "row group 1 should have 1000000000000 rows, more than"},
		"more rows than values": {footer(func(m *pqformat.FileMetaData) { m.RowGroups[0].NumRows = 400 }), "has fewer values than its row group has rows"},
		"place":                 {footer(func(m *pqformat.FileMetaData) { m.RowGroups[0].Columns[1].MetaData.TotalCompressedSize = 1 << 60 }), "it is damaged"},
		"before":                {footer(func(m *pqformat.FileMetaData) { m.RowGroups[0].Columns[1].MetaData.DataPageOffset = -5 }), "it is damaged"},
		"codec":                 {footer(func(m *pqformat.FileMetaData) { m.RowGroups[0].Columns[0].MetaData.Codec = 77 }), "a codec 77, which sluice does not know"},
		"type":                  {footer(func(m *pqformat.FileMetaData) { m.RowGroups[0].Columns[0].MetaData.Type = 3 }), "its values are of physical type 3"},
		"elsewhere":             {footer(func(m *pqformat.FileMetaData) { m.RowGroups[0].Columns[0].FilePath = "/etc/passwd" }), "in another file, which sluice does not read"},
		"columns": {footer(func(m *pqformat.FileMetaData) {
			m.Schema[0].NumChildren.Set(1_000_001)
			for range 1_000_000 {
				m.Schema = append(m.Schema, m.Schema[1])
			}
		}), "its schema has more than 100000 elements"},
		"depth": {footer(func(m *pqformat.FileMetaData) {
			for i := range 100 {
				m.Schema = append(m.Schema, m.Schema[0])
				m.Schema[i].NumChildren.Set(1)
				m.Schema[i].Type.Reset()
			}
		}), "row group 1"},
		"children":  {footer(func(m *pqformat.FileMetaData) { m.Schema[0].NumChildren.Set(1 << 30) }), "its schema is damaged"},
		"page size": {page(func(p *pqformat.PageHeader) { p.UncompressedPageSize = 1<<31 - 1 }), "more than 67108864 bytes"},
		"packed":    {page(func(p *pqformat.PageHeader) { p.CompressedPageSize = 1<<31 - 1 }), "it should have 2147483647 bytes"},
		"negative":  {page(func(p *pqformat.PageHeader) { p.UncompressedPageSize = -1 }), "a size below 0"},
	} {
		t.Run(name, func(t *testing.T) {
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			began := time.Now()
			_, err := readAll(tc.data, format.ParquetReadOptions{})
			runtime.ReadMemStats(&after)
			if took, took2 := time.Since(began), int64(after.TotalAlloc-before.TotalAlloc); took > 5*time.Second || took2 > 256<<20 {
				t.Errorf("it took %v and %d MiB", took, took2>>20)
			}
			var at *row.Error
			if !errors.As(err, &at) || !strings.Contains(err.Error(), tc.want) || strings.Contains(err.Error(), "runtime error") {
				t.Errorf("got  %v\nwant %s", err, tc.want)
			}
		})
	}
}

// A file that is cut off anywhere, or has a byte that is another, is an error or
// read, and nothing else; a page whose checksum is another is always an error.
func TestDamagedParquet(t *testing.T) {
	file := parquetFile(t, 200)
	for n := 0; n < len(file); n += 1 + len(file)/300 {
		if _, err := readAll(file[:n], format.ParquetReadOptions{}); err == io.EOF {
			t.Errorf("cut off after %d bytes, it is read", n)
		}
		other := bytes.Clone(file)
		other[n] ^= 0x55
		if _, err := readAll(other, format.ParquetReadOptions{}); err != nil && strings.Contains(err.Error(), "runtime error") {
			t.Errorf("byte %d: %v", n, err)
		}
	}
}

// FuzzParquetReader reads whatever there is. Its seeds are files that pyarrow has
// written, of every encoding and codec.
func FuzzParquetReader(f *testing.F) {
	f.Add(parquetFile(f, 20))
	f.Fuzz(func(t *testing.T, data []byte) {
		_, err := readAll(data, format.ParquetReadOptions{MaxPages: 4 << 20, MaxRecord: 1 << 20})
		if err != nil && strings.Contains(err.Error(), "runtime error") {
			t.Error(err)
		}
	})
}
