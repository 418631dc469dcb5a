package format_test

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"io"
	"runtime"
	"runtime/metrics"
	"strings"
	"testing"
	"time"

	"github.com/klauspost/compress/zstd"

	"github.com/seed-128c3863/sluice/format"
	"github.com/seed-128c3863/sluice/row"
)

// Files of a gigabyte and more that are made to do harm, of the formats that are
// read as they come. Those of the other formats are beside their tests: see
// TestXLSXHostile, TestODSHostile, TestXLSHostile, TestHTMLHostile,
// TestHostileParquet, TestYAMLHostile, and for archives TestZipRefuses.

const gigabyte = 1 << 30

// endless is a file of a gigabyte: a beginning, and then a text again and again.
func endless(begin, again string) io.Reader {
	return io.MultiReader(strings.NewReader(begin), &repeated{text: again, left: gigabyte})
}

// An endlessAt is the same for formats that are read here and there.
type endlessAt struct{ begin, again string }

func (e endlessAt) ReadAt(p []byte, at int64) (n int, err error) {
	if at >= gigabyte {
		return 0, io.EOF
	}
	if at < int64(len(e.begin)) {
		n = copy(p, e.begin[at:])
	}
	for n < len(p) {
		n += copy(p[n:], e.again[(at+int64(n)-int64(len(e.begin)))%int64(len(e.again)):])
	}
	return n, nil
}

// names are so many names of columns.
func names(n int, form, between string) string {
	var s strings.Builder
	for i := range n {
		if i > 0 {
			s.WriteString(between)
		}
		fmt.Fprintf(&s, form, i)
	}
	return s.String()
}

// unpacked is what a compressed file of a text without end holds.
func unpacked(t testing.TB, data []byte) io.Reader {
	t.Helper()
	in, err := format.Decompress(bytes.NewReader(data), "auto")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = in.Close() })
	return in
}

// bomb is a compressed file of a text without end.
func bomb(t testing.TB, how, text string) []byte {
	t.Helper()
	var out bytes.Buffer
	var w io.WriteCloser = gzip.NewWriter(&out)
	if how == "zstd" {
		w, _ = zstd.NewWriter(&out)
	}
	if _, err := io.Copy(w, &repeated{text: text, left: 280 << 20}); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func TestHostile(t *testing.T) {
	csv := func(in io.Reader) batches {
		return format.CSVStream(in, format.CSVReadOptions{Columns: []string{"a"}, Encoding: "auto", MaxRecord: 1 << 20, Record: true})
	}
	json := func(in io.Reader) batches {
		return format.JSONStream(in, format.JSONOptions{Paths: []format.Path{{{Name: "a"}}}, MaxRecord: 1 << 20, Record: true})
	}
	at := func(in io.Reader) batches {
		return format.JSONStream(in, format.JSONOptions{At: format.Path{{Name: "rows"}}, Paths: []format.Path{nil}, MaxRecord: 1 << 20})
	}
	columns := func(in io.Reader) batches {
		return format.JSONStream(in, format.JSONOptions{Shape: format.Columns, Paths: []format.Path{{{Name: "a"}}}, MaxRecord: 1 << 20})
	}
	fixed := func(again string) batches {
		return format.NewSheetReader("fixed", endlessAt{"0001apple\n", strings.Repeat(again, 64<<10)}, gigabyte, format.SheetReadOptions{Fixed: fixedColumns, Columns: []string{"code"}, NoHeader: true, MaxRecord: 1 << 20, Encoding: "auto"})
	}
	page := func(begin, again string) batches {
		return format.NewSheetReader("html", endlessAt{begin, strings.Repeat(again, 64<<10)}, gigabyte, format.SheetReadOptions{Columns: []string{"a"}, MaxRecord: 1 << 20, Encoding: "utf-8"})
	}
	const held = "the most that is held"
	for name, tc := range map[string]struct {
		in   batches
		want string
	}{
		"CSV: a cell":                     {csv(endless("a,b\n1,", "x")), held},
		"CSV: a cell in quotes":           {csv(endless("a,b\n1,\"", "x\n")), held},
		"CSV: a cell of another encoding": {csv(endless("a,b\n1,", "\xb0\xa1")), held},
		"CSV: a cell of UTF-16":           {csv(endless("\xff\xfea\x00,\x00b\x00\n\x00", "x\x00")), held},
		"CSV: a line of names":            {csv(endless("a,", "b,")), held},
		"CSV: blank lines":                {csv(io.MultiReader(&repeated{text: "\n", left: 64 << 20}, strings.NewReader("b\n"))), `the header has no "a"`},
		"CSV: 100,000 columns":            {csv(strings.NewReader("a," + names(100_000, "%d", ",") + "\n")), "EOF"},
		"CSV: a million columns":          {csv(strings.NewReader("a," + names(1_000_000, "%d", ",") + "\n")), held},
		"JSON: a text":                    {json(endless(`[{"a": "`, "x")), held},
		"JSON: a text in a line":          {json(endless("{\"a\": 1}\n{\"a\": \"", "x")), held},
		"JSON: a number":                  {json(endless(`[{"a": `, "1")), held},
		"JSON: a key":                     {json(endless(`[{"`, "a")), held},
		"JSON: white space":               {json(io.MultiReader(&repeated{text: " ", left: 64 << 20}, strings.NewReader("x"))), "the file is not JSON"},
		"JSON: a million columns":         {json(strings.NewReader(`[{` + names(1_000_000, `"k%d":1`, ",") + `}]`)), held},
		"JSON: lists in one another":      {json(endless("[", "[")), "deep"},
		"JSON: what stands before at":     {at(endless(`{"x": "`, "x")), held},
		"JSON: an object of columns":      {columns(endless(`{"a": [1`, ",1")), held},
		"fixed: a line":                   {fixed("x"), held},
		"HTML: a cell":                    {page("<table><tr><td>a<tr><td>", "x"), "the most that is held"},
		"HTML: a comment":                 {page("<table><tr><td>a<!--", "x"), "the most that is held"},
		"HTML: what stands before it":     {page("<p>", "<"), "bytes"},
	} {
		t.Run(name, func(t *testing.T) { refusedInBounds(t, tc.in, tc.want) })
	}
	long := strings.Repeat("x", 10_000)
	for how, read := range map[string]batches{
		"gzip": csv(unpacked(t, bomb(t, "gzip", "a,"+long+"\n"))),
		"zstd": json(unpacked(t, bomb(t, "zstd", `{"a":1,"b":"`+long+"\"}\n"))),
	} {
		t.Run(how+" without end", func(t *testing.T) {
			refusedInBounds(t, read, "it unfolds to more than 500 times its size, as only a file does that is made to do harm")
		})
	}
}

// batches is what a file is read by.
type batches interface{ Read(*row.Batch) error }

// refusedInBounds reads a file to its error, which must come within limits of
// memory, at any moment, and time.
func refusedInBounds(t *testing.T, r batches, want string) {
	t.Helper()
	runtime.GC()
	before, done, peak := objects(), make(chan bool), make(chan uint64)
	go func() {
		var most uint64
		for {
			select {
			case <-done:
				peak <- most
				return
			case <-time.After(time.Millisecond):
				most = max(most, objects())
			}
		}
	}()
	began := time.Now()
	b := &row.Batch{}
	var err error
	for err == nil {
		err = r.Read(b)
	}
	took := time.Since(began)
	done <- true
	taken := int64(<-peak) - int64(before)
	if !strings.Contains(err.Error(), want) {
		t.Errorf("got %v, want %s", err, want)
	}
	if taken > 128<<20 {
		t.Errorf("it took %d MiB", taken>>20)
	}
	if took > 20*time.Second {
		t.Errorf("it took %v", took)
	}
	t.Logf("%v, %d MiB", took.Round(time.Millisecond), taken>>20)
}

// objects is how many bytes all objects take, those with them that are not yet collected.
func objects() uint64 {
	sample := []metrics.Sample{{Name: "/memory/classes/heap/objects:bytes"}}
	metrics.Read(sample)
	return sample[0].Value.Uint64()
}
