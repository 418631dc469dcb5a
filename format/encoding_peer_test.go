package format_test

import (
	"bytes"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/seed-128c3863/sluice/format"
	"github.com/seed-128c3863/sluice/row"
)

// otherwise are the characters that Python's codecs have elsewhere than the
// WHATWG's encodings, which browsers and x/text go by, or have alone.
var otherwise = map[string]string{
	"euc-jp":  "¢£¬‖−〜",
	"gb18030": "\ufffd", // which says that something was no character
	"big5":    "¢£¥‾•∼☉♁／＿＼､",
}

// TestEncodingsAgainstPython reads every character that Python's codec of an
// encoding has.
func TestEncodingsAgainstPython(t *testing.T) {
	dir := t.TempDir()
	type peer struct {
		Name  string
		Lines int
	}
	for _, p := range python[peer](t, "encodings.py", dir) {
		t.Run(p.Name, func(t *testing.T) {
			o := format.CSVReadOptions{Columns: []string{"code", "text"}, Encoding: p.Name}
			data, err := os.ReadFile(filepath.Join(dir, p.Name+".csv"))
			if err != nil {
				t.Fatal(err)
			}
			want := allCells(t, filepath.Join(dir, p.Name+".utf8.csv"))
			differ := 0
			for name, in := range map[string]io.Reader{"whole": bytes.NewReader(data), "by bytes": iotest.OneByteReader(bytes.NewReader(data))} {
				got := lineCells(t, format.CSVStream(in, o))
				for line, w := range want {
					if g := got[line]; g != w && !strings.Contains(otherwise[p.Name], strings.Trim(w, "xy")) {
						if differ++; differ < 10 {
							t.Errorf("%s: line %d: %q, want %q", name, line, g, w)
						}
					}
				}
			}
			if len(want) != p.Lines {
				t.Errorf("%d lines, want %d", len(want), p.Lines)
			}
			if differ > 0 {
				t.Errorf("%d differ", differ)
			}
		})
	}
}

func allCells(t *testing.T, file string) map[int64]string {
	t.Helper()
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return lineCells(t, format.CSVBytes(data, format.CSVReadOptions{Columns: []string{"code", "text"}}))
}

// lineCells returns the second cells by line, and what is wrong with others.
func lineCells(t *testing.T, r *format.CSVReader) map[int64]string {
	t.Helper()
	cells := map[int64]string{}
	for b := (&row.Batch{}); ; {
		err := r.Read(b)
		if err == io.EOF {
			return cells
		}
		if err != nil {
			t.Fatal(err)
		}
		for i := range b.Len {
			cells[b.Line[i]] = string(b.Cols[1].Bytes[i])
		}
		for i := range b.Bad {
			cells[b.Bad[i].Line] = b.Bad[i].Error.Error()
		}
	}
}
