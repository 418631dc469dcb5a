package format_test

import (
	"errors"
	"fmt"
	"io"
	"runtime"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/seed-128c3863/sluice/format"
	"github.com/seed-128c3863/sluice/row"
)

// A generator reads as a large file: first, then record over and over until
// about size bytes are out, each but the first after between, then last.
type generator struct {
	record, between, last string
	size                  int64
	part                  string // what is left to give of the part begun
	rows                  int
}

func (g *generator) Read(p []byte) (int, error) {
	n := 0
	for n < len(p) {
		switch {
		case g.part != "":
			k := copy(p[n:], g.part)
			g.part, n, g.size = g.part[k:], n+k, g.size-int64(k)
		case g.size > 0:
			g.part = g.between + g.record
			g.rows++
		case g.last != "":
			g.part, g.last = g.last, ""
		default:
			return n, io.EOF
		}
	}
	return n, nil
}

// TestJSONStreamMemory reads files that are far larger than the memory they
// may take.
func TestJSONStreamMemory(t *testing.T) {
	size, most := int64(256<<20), uint64(8<<20)
	if testing.Short() {
		size /= 8
	}
	record := fmt.Sprintf(`{"a":1,"b":%q,"c":[{"d":"e"}]}`, strings.Repeat("some text ", 400))
	for name, g := range map[string]*generator{
		"array": {part: "[" + record, rows: 1, record: record, between: ",", last: "]\n", size: size},
		"lines": {part: record, rows: 1, record: record, between: "\n", size: size},
		"at":    {part: `{"x":[` + record, rows: 1, record: record, between: ",", last: `],"y":1}`, size: size},
	} {
		t.Run(name, func(t *testing.T) {
			o := format.JSONOptions{Paths: jsonPaths(t, "a", "b", "c[0].d")}
			if name == "at" {
				o.At = jsonPaths(t, "x")[0]
			}
			before, peak := heap(), uint64(0)
			r := format.JSONStream(g, o)
			var b row.Batch
			rows := 0
			for n := 0; ; n++ {
				err := r.Read(&b)
				if err == io.EOF {
					break
				}
				if err != nil || len(b.Bad) > 0 {
					t.Fatal(err, b.Bad)
				}
				rows += b.Len
				if n%64 == 0 {
					peak = max(peak, heap())
				}
			}
			if rows != g.rows {
				t.Errorf("%d rows, want %d", rows, g.rows)
			}
			if peak > before+most {
				t.Errorf("%d MiB of memory, want at most %d", (peak-before)>>20, most>>20)
			}
		})
	}
}

// heap returns the bytes that are in use.
func heap() uint64 {
	var m runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}

// TestJSONStreamGrows reads one record that is larger than the buffer.
func TestJSONStreamGrows(t *testing.T) {
	long := strings.Repeat("x", 5<<20)
	for _, text := range []string{`[{"a":1},{"a":"` + long + `"},{"a":2}]`, "{\"a\":1}\n{\"a\":\"" + long + "\"}\n{\"a\":2}\n"} {
		var b row.Batch
		if n := readJSON(t, format.JSONStream(strings.NewReader(text), format.JSONOptions{Paths: jsonPaths(t, "a")}), &b); n != 3 {
			t.Errorf("%d rows", n)
		}
	}
}

// TestJSONStreamFails reads from a source that fails.
func TestJSONStreamFails(t *testing.T) {
	lost := errors.New("connection lost")
	o := format.JSONOptions{Paths: jsonPaths(t, "a")}
	for _, text := range []string{"", `[{"a":1},`, "{\"a\":1}\n", `{"x":`} {
		in := io.MultiReader(strings.NewReader(text), iotest.ErrReader(lost))
		var b row.Batch
		err := format.JSONStream(in, o).Read(&b)
		var at *row.Error
		if !errors.Is(err, lost) || !errors.As(err, &at) || at.Byte != int64(len(text)+1) {
			t.Errorf("%q: %v", text, err)
		}
	}
	var b row.Batch
	if err := format.JSONStream(stuck{}, o).Read(&b); !errors.Is(err, io.ErrNoProgress) {
		t.Errorf("a reader that gives nothing: %v", err)
	}
}

// stuck never reads anything.
type stuck struct{}

func (stuck) Read([]byte) (int, error) { return 0, nil }
