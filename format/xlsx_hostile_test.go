package format_test

import (
	"archive/zip"
	"bytes"
	"encoding/binary"
	"fmt"
	"io"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/seed-128c3863/sluice/format"
	"github.com/seed-128c3863/sluice/row"
)

// A repeated reader gives a text again and again, up to so many bytes.
type repeated struct {
	text string
	left int
	at   int // in text
}

func (r *repeated) Read(p []byte) (n int, err error) {
	for n < len(p) && (r.left > 0 || r.at > 0) {
		k := copy(p[n:], r.text[r.at:])
		n += k
		r.left -= k
		r.at = (r.at + k) % len(r.text)
	}
	if n == 0 {
		return 0, io.EOF
	}
	return n, nil
}

// large is a workbook of which a part begins and ends with texts, and has another
// so often between them that it is size bytes.
func large(t testing.TB, part, begin, text, end string, size int) []byte {
	t.Helper()
	return largeIn(t, newBook(abHeader), part, begin, text, end, size)
}

// largeIn is the same of a book.
func largeIn(t testing.TB, k book, part, begin, text, end string, size int) []byte {
	t.Helper()
	var out bytes.Buffer
	w := zip.NewWriter(&out)
	for name, body := range k.with(part, "") {
		to, err := w.Create(name)
		if err != nil {
			t.Fatal(err)
		}
		in := io.Reader(strings.NewReader(body))
		if name == part {
			in = io.MultiReader(strings.NewReader(begin), &repeated{text: text, left: size}, strings.NewReader(end))
		}
		if _, err := io.Copy(to, in); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// What would take memory or time without end is refused within limits of both.
func TestXLSXHostile(t *testing.T) {
	const sheet, shared = "xl/worksheets/sheet1.xml", "xl/sharedStrings.xml"
	const open, end = "<worksheet><sheetData>", "</sheetData></worksheet>"
	for name, tc := range map[string]struct {
		data func() []byte
		want string
	}{
		"a sheet that unfolds without end": {
			func() []byte {
				return large(t, sheet, open+abHeader+"</sheetData><x>", strings.Repeat("<row/>", 1000), "</x></worksheet>", 80<<20)
			},
			"it unfolds to more than 250 times its size, as only a file does that is made to do harm",
		},
		"a cell that does": {
			func() []byte {
				return large(t, sheet, open+abHeader+`<row r="2"><c r="A2" t="inlineStr"><is><t>`, "x", "</t></is></c></row>"+end, 20<<20)
			},
			"has more than 1048576 bytes, the most that is held",
		},
		"a value that does": {
			func() []byte {
				return large(t, sheet, open+abHeader+`<row r="2"><c r="A2"><v>`, "1<!-- -->", "</v></c></row>"+end, 20<<20)
			},
			"cell A2 has more than 1048576 bytes, the most that is held",
		},
		"a tag that does":     {func() []byte { return large(t, sheet, "<worksheet ", `a="" `, "/>", 20<<20) }, "a text or tag in it has more than 1048576 bytes"},
		"a comment that does": {func() []byte { return large(t, sheet, "<!--", "x", "-->", 20<<20) }, "a text or tag in it has more than 1048576 bytes"},
		"ten million cells in a row": {
			func() []byte { return large(t, sheet, open+`<row r="1">`, `<c/>`, "</row>"+end, 40<<20) },
			"row 1 has more than the 16384 cells of a sheet",
		},
		"a row that names a large text in every cell": {
			func() []byte {
				k := newBook(abHeader + `<row>` + strings.Repeat(`<c t="s"><v>0</v></c>`, 2) + `</row>`)
				return k.with(shared, `<sst><si><t>`+strings.Repeat("y", 900_000)+`</t></si></sst>`).bytes(t)
			},
			"line 2: the row has more than 1048576 bytes, the most that is held",
		},
		"rows without end": {func() []byte {
			return large(t, sheet, open, `<row><c t="str"><v>a</v></c><c t="str"><v>b</v></c></row>`, end, 60<<20)
		}, "it has a row 1048577"},
		"elements in one another": {func() []byte { return large(t, sheet, "<worksheet>", "<a>", "", 1<<20) }, "its elements are more than 200 deep"},
		"shared texts without end": {
			func() []byte {
				return large(t, shared, "<sst>", "<si><t>a text that is shared</t></si>", "</sst>", 20<<20)
			},
			"the texts that its cells share have more than 4194304 bytes, the most that is held of them",
		},
		"empty ones": {func() []byte { return large(t, shared, "<sst>", "<si/>", "</sst>", 20<<20) }, "the texts that its cells share have more than 4194304 bytes"},
		"styles without end": {func() []byte {
			return large(t, "xl/styles.xml", "<styleSheet><cellXfs>", `<xf numFmtId="14"/>`, "</cellXfs></styleSheet>", 40<<20)
		}, "it has more than 32 MiB, which no such part needs"},
	} {
		t.Run(name, func(t *testing.T) {
			data := tc.data()
			var before, after runtime.MemStats
			runtime.GC()
			runtime.ReadMemStats(&before)
			began := time.Now()
			r := format.NewXLSXReader(bytes.NewReader(data), int64(len(data)), format.SheetReadOptions{Columns: []string{"a"}, MaxRecord: 1 << 20, MaxTexts: 4 << 20, Record: true})
			b := &row.Batch{}
			var err error
			for err == nil {
				err = r.Read(b)
			}
			runtime.ReadMemStats(&after)
			if !strings.Contains(err.Error(), tc.want) {
				t.Errorf("got %v, want %s", err, tc.want)
			}
			if taken := int64(after.HeapInuse) - int64(before.HeapInuse); taken > 64<<20 {
				t.Errorf("it took %d MiB", taken>>20)
			}
			if d := time.Since(began); d > 20*time.Second {
				t.Errorf("it took %v", d)
			}
		})
	}
}

// The list of the parts is held, so it has a limit of its own.
func TestXLSXManyParts(t *testing.T) {
	var out bytes.Buffer
	w := zip.NewWriter(&out)
	for i := range 100_000 {
		if _, err := w.CreateHeader(&zip.FileHeader{Name: fmt.Sprintf("xl/worksheets/sheet%d.xml", i)}); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	got := xlsxRead(format.NewXLSXReader(bytes.NewReader(out.Bytes()), int64(out.Len()), format.SheetReadOptions{}))
	if want := "error: the list of the workbook's parts has more than 4 MiB, so it is none that is read\n"; got != want {
		t.Errorf("got %s", got)
	}
}

// A file that ends anywhere, or has a byte that is another, is an error or what it
// was: never other cells, and never a panic.
func TestXLSXDamaged(t *testing.T) {
	k := newBook(abHeader + `<row r="2"><c r="A2"><v>1</v></c><c r="B2" t="s"><v>0</v></c></row>`)
	data := k.with("xl/sharedStrings.xml", `<sst><si><t>text</t></si></sst>`).bytes(t)
	o := format.SheetReadOptions{Columns: []string{"a", "b"}}
	read := func(data []byte) string {
		return xlsxRead(format.NewXLSXReader(bytes.NewReader(data), int64(len(data)), o))
	}
	want := read(data)
	if want != "1 2 n\"1\" \"text\"\n" {
		t.Fatal(want)
	}
	for n := range data {
		if got := read(data[:n]); !strings.Contains(got, "error: ") {
			t.Errorf("cut off at %d: %s", n, got)
		}
		damaged := bytes.Clone(data)
		damaged[n] ^= []byte{1, 0x80}[n%2]
		// Names and dates of the archive have no checksum.
		if got := read(damaged); got != want && !strings.Contains(got, "error: ") {
			t.Errorf("with another byte at %d: %s", n, got)
		}
	}
}

// What is no workbook is told what it is, and what to do.
func TestXLSXForeign(t *testing.T) {
	ole := make([]byte, 4096)
	copy(ole, "\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1")
	binary.LittleEndian.PutUint16(ole[30:], 9)
	binary.LittleEndian.PutUint32(ole[48:], 1)
	encrypted := bytes.Clone(ole)
	for i, c := range []byte("EncryptedPackage") {
		encrypted[1024+128+2*i] = c
	}
	twice := func() []byte {
		var out bytes.Buffer
		w := zip.NewWriter(&out)
		for range 2 {
			for name, text := range newBook(abHeader) {
				part, _ := w.Create(name)
				_, _ = part.Write([]byte(text))
			}
		}
		_ = w.Close()
		return out.Bytes()
	}
	locked := func(method uint16, flags uint16) []byte {
		var out bytes.Buffer
		w := zip.NewWriter(&out)
		for name := range newBook(abHeader) {
			_, _ = w.CreateRaw(&zip.FileHeader{Name: name, Method: method, Flags: flags})
		}
		_ = w.Close()
		return out.Bytes()
	}
	for name, tc := range map[string]struct {
		data []byte
		want string
	}{
		"nothing":           {nil, "is empty (0 bytes)"},
		"the old form":      {ole, "this is a workbook of the old form .xls, whatever its name: from.format: xls reads it"},
		"an older one":      {[]byte("\x09\x08\x10\x00\x00\x06"), "old form .xls"},
		"encrypted":         {encrypted, "the workbook is encrypted: open it in Excel, take its password off (File, Info, Protect Workbook) and save it"},
		"encrypted by ZIP":  {locked(zip.Deflate, 1), "the workbook is encrypted"},
		"other compression": {locked(9, 0), "the workbook is compressed by method 9, which is not read"},
		"cut off at once":   {ole[:100], "the file is cut off"},
		"HTML":              {[]byte("\ufeff <table>"), "a page of HTML or XML, as some programs name it: from.format: html reads the tables of a page"},
		"CSV":               {[]byte("a,b\n1,2\n"), "but a text: if that is a table, from.format: csv reads it"},
		"Parquet":           {[]byte("PAR1\x00"), "but a Parquet file"},
		"gzip":              {[]byte("\x1f\x8b\x08\x00"), "the workbook is compressed once more, by gzip: unpack it"},
		"bytes":             {[]byte("\x00\x01"), "this is no workbook of Excel (.xlsx)"},
		"parts twice":       {twice(), "the workbook has two parts \""},
	} {
		got := xlsxRead(format.NewXLSXReader(bytes.NewReader(tc.data), int64(len(tc.data)), format.SheetReadOptions{Columns: []string{"a"}}))
		if !strings.Contains(got, tc.want) {
			t.Errorf("%s: %s, want %s", name, got, tc.want)
		}
	}
}
