package format_test

import (
	"bytes"
	stdcsv "encoding/csv"
	"io"
	"strconv"
	"strings"
	"testing"
	"testing/iotest"
	"unicode/utf8"

	"github.com/seed-128c3863/sluice/format"
	"github.com/seed-128c3863/sluice/row"
)

var csvSeeds = []string{
	"", "a", "a,b\n1,2\n", "a,b\r\n\"1\",\"2\"\r\n", "a\n\n\nb\n", "\"a\"\"b\",c\n,\n", "a,b\n1\n", "\"a", "a\"b", "\"a\"b,c", "a,\"b\nc\r\nd\"\ne,f",
	"a\r", "a\r\n\r\n", "a\rb\rc", "\"\"", "\"\"\"\"", ",,,\n,,,", "가,나\n다,라", "a,b\r\"c\rd\",e\r", "1;2\n3;4", "\xef\xbb\xbfa,b\n", "a\x00b\n", "\xff,\xfe\n",
	"a,\"\r\"\n\"\n\",b\r\n", "\"0\"ۍ", "abcdefgh,abcdefgh\n12345678,\"123456\"\"78\"\n", "\"12345678\"\n\"1234567\"\n\"123456\"\n",
}

// cells are what the reader makes of text without names, and whether all of it
// was fine.
func csvCells(r *format.CSVReader, columns int) (cells [][]string, ok bool) {
	b := &row.Batch{}
	for {
		switch err := r.Read(b); {
		case err == io.EOF:
			return cells, true
		case err != nil || len(b.Bad) > 0:
			return cells, false
		}
		for i := range b.Len {
			record := make([]string, columns)
			for c := range record {
				record[c] = string(b.Cols[c].Bytes[i])
			}
			cells = append(cells, record)
		}
	}
}

// FuzzCSVAgainstEncodingCSV holds the reader to the library's: what one takes,
// the other takes, with the same cells. They differ in what is left out: NUL
// and text that is not UTF-8, which the reader refuses, lines that end in \r,
// and a byte-order mark.
func FuzzCSVAgainstEncodingCSV(f *testing.F) {
	for _, text := range csvSeeds {
		f.Add(text, ",")
		f.Add(text, ";")
	}
	f.Fuzz(func(t *testing.T, text, delimiter string) {
		comma, n := utf8.DecodeRuneInString(delimiter)
		bare := strings.Count(text, "\r") != strings.Count(text, "\r\n")
		if n != len(delimiter) || !utf8.ValidString(text+delimiter) || bare || strings.Contains(text, "\x00") || strings.HasPrefix(text, "\ufeff") {
			t.Skip()
		}
		std := stdcsv.NewReader(strings.NewReader(text))
		std.Comma = comma
		want, err := std.ReadAll()
		if err != nil && strings.Contains(err.Error(), "delimiter") {
			t.Skip()
		}
		o := format.CSVReadOptions{Delimiter: delimiter, NoHeader: true}
		if len(want) > 0 {
			for i := range want[0] {
				o.Columns = append(o.Columns, strconv.Itoa(i+1))
			}
		}
		got, ok := csvCells(format.CSVBytes([]byte(text), o), len(o.Columns))
		if len(want) == 0 && err == nil {
			if len(got) > 0 {
				t.Fatalf("%q: %q, want nothing", text, got)
			}
			return // no record at all is an error here
		}
		if ok != (err == nil) {
			t.Fatalf("%q: fine is %v, want %v", text, ok, err)
		}
		if !ok {
			return
		}
		for i, record := range got {
			for c, cell := range record {
				// The library takes the \r out of line breaks inside of quotes.
				if cell = strings.ReplaceAll(cell, "\r\n", "\n"); i >= len(want) || cell != want[i][c] {
					t.Fatalf("%q: %q, want %q", text, got, want)
				}
			}
		}
		if len(got) != len(want) {
			t.Fatalf("%q: %d records, want %d", text, len(got), len(want))
		}
	})
}

// FuzzCSVChunks reads texts of any bytes by any options whole, byte by byte and
// in pieces, all with the same result; and what it takes as a row can be split
// again.
func FuzzCSVChunks(f *testing.F) {
	for i, text := range csvSeeds {
		f.Add([]byte(text), "", "", uint8(i))
		f.Add([]byte(text), ",", "", uint8(i))
		f.Add([]byte(text), "||", "'", uint8(i))
		f.Add([]byte(text), "§", "none", uint8(i))
		f.Add([]byte("#c\n"+text+"\nz\n"), ",", "", uint8(i)|0xf0)
	}
	f.Fuzz(func(t *testing.T, text []byte, delimiter, quote string, flags uint8) {
		o := format.CSVReadOptions{
			Columns: []string{"a", "2"}, Delimiter: delimiter, Quote: quote, NoHeader: flags&1 > 0, HeaderLine: int(flags >> 1 & 3),
			Pad: flags&8 > 0, AbsentNull: true, Record: true, MaxRecord: 1 << 10, Trim: flags&32 > 0,
		}
		if flags&16 > 0 {
			o.Escape = `\`
		}
		if flags&32 > 0 && o.HeaderLine > 0 {
			o.HeaderUntil = o.HeaderLine + 1
		}
		if flags&64 > 0 {
			o.Comment, o.Footer = "#c", "^z"
		}
		if flags&128 > 0 {
			o.Encoding = "auto"
		}
		want := csvRead(format.CSVBytes(text, o))
		for name, in := range map[string]io.Reader{
			"stream": bytes.NewReader(text), "bytes": iotest.OneByteReader(bytes.NewReader(text)), "halves": iotest.HalfReader(bytes.NewReader(text)),
		} {
			if got := csvRead(format.CSVStream(in, o)); got != want {
				t.Fatalf("%s of %q:\n%swant:\n%s", name, text, got, want)
			}
		}
		for _, size := range []int{1, 2, 3, 7, 8, 9, 64} {
			if got := csvRead(format.CSVStreamOf(bytes.NewReader(text), o, size)); got != want {
				t.Fatalf("%d at a time of %q:\n%swant:\n%s", size, text, got, want)
			}
		}
		splitsAgain(t, text, o)
	})
}

// splitsAgain checks that Cells gives of each record what its row has.
func splitsAgain(t *testing.T, text []byte, o format.CSVReadOptions) {
	r, b := format.CSVBytes(text, o), &row.Batch{}
	for r.Read(b) == nil {
		for i := range b.Len {
			cells, ok := r.Cells(b.Record[i])
			if !ok {
				t.Fatalf("%q cannot be split again", b.Record[i])
			}
			for c, name := range o.Columns {
				for k := range cells {
					if k < len(r.Names()) && r.Names()[k] == name && cells[k] != string(b.Cols[c].Bytes[i]) {
						t.Fatalf("%q: %q, want %q", b.Record[i], cells[k], b.Cols[c].Bytes[i])
					}
				}
			}
		}
	}
}
