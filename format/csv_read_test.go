package format_test

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/seed-128c3863/sluice/format"
	"github.com/seed-128c3863/sluice/row"
)

// csvRead is all that a reader gives, a line for each row, reject or error:
// its number, line and byte, then its cells, or what is wrong. ∅ is null.
func csvRead(r *format.CSVReader) string {
	var out strings.Builder
	b := &row.Batch{}
	for {
		err := r.Read(b)
		for i, bad := 0, b.Bad; i < b.Len || len(bad) > 0; {
			if len(bad) > 0 && (i == b.Len || bad[0].Row < b.Row[i]) {
				fmt.Fprintf(&out, "%s (%q)\n", bad[0].Error.Error(), bad[0].Record)
				bad = bad[1:]
				continue
			}
			fmt.Fprintf(&out, "%d %d %d", b.Row[i], b.Line[i], b.Byte[i])
			for _, c := range b.Cols {
				if c.Null[i] {
					out.WriteString(" ∅")
				} else {
					fmt.Fprintf(&out, " %q", c.Bytes[i])
				}
			}
			if b.Record != nil {
				fmt.Fprintf(&out, " (%q)", b.Record[i])
			}
			out.WriteByte('\n')
			i++
		}
		switch {
		case errors.Is(err, io.EOF):
			return out.String()
		case err != nil:
			return out.String() + "error: " + err.Error() + "\n"
		}
	}
}

func lines(text ...string) string { return strings.Join(text, "\n") + "\n" }

func TestCSVReader(t *testing.T) {
	ab := format.CSVReadOptions{Columns: []string{"a", "b"}}
	with := func(change func(*format.CSVReadOptions)) format.CSVReadOptions {
		o := ab
		change(&o)
		return o
	}
	for name, tc := range map[string]struct {
		text string
		o    format.CSVReadOptions
		want string
	}{
		"plain":      {"a,b\n1,2\n3,4\n", ab, lines(`1 2 5 "1" "2"`, `2 3 9 "3" "4"`)},
		"no end":     {"a,b\n1,2", ab, lines(`1 2 5 "1" "2"`)},
		"crlf":       {"a,b\r\n1,2\r\n3,4", ab, lines(`1 2 6 "1" "2"`, `2 3 11 "3" "4"`)},
		"cr":         {"a,b\r1,2\r3,4\r", ab, lines(`1 2 5 "1" "2"`, `2 3 9 "3" "4"`)},
		"mark":       {"\xef\xbb\xbfa,b\n1,2\n", ab, lines(`1 2 8 "1" "2"`)},
		"order":      {"b,x,a\n1,2,3\n", ab, lines(`1 2 7 "3" "1"`)},
		"blank":      {"\n\r\na,b\n\n1,2\n\n\n3,4\n\n", ab, lines(`1 5 9 "1" "2"`, `2 8 15 "3" "4"`)},
		"empty":      {"a,b\n,\n\"\",\n", ab, lines(`1 2 5 "" ""`, `2 3 7 "" ""`)},
		"quotes":     {"a,b\n\"x, \"\"y\"\"\",\"\"\"\"\n", ab, lines(`1 2 5 "x, \"y\"" "\""`)},
		"long cell":  {"a,b\n\"1\n2\r\n3\",x\n4,5\n", ab, lines(`1 2 5 "1\n2\r\n3" "x"`, `2 5 16 "4" "5"`)},
		"cr in lf":   {"a,b\n\"1\r2\",x\n4,5\n", ab, lines(`1 2 5 "1\r2" "x"`, `2 3 13 "4" "5"`)},
		"cr cells":   {"a,b\r\"1\r2\",x\r4,5\r", ab, lines(`1 2 5 "1\r2" "x"`, `2 4 13 "4" "5"`)},
		"quoted":     {"\"a\",\"b\"\n\"1\",\"2\"\n", ab, lines(`1 2 9 "1" "2"`)},
		"spaces":     {"a,b\n 1 ,2\t\n", ab, lines(`1 2 5 " 1 " "2\t"`)},
		"record":     {"a,b\n\"1\",2\n1\n", with(func(o *format.CSVReadOptions) { o.Record = true }), lines(`1 2 5 "1" "2" ("\"1\",2")`, `row 2: line 3: byte 11: the row has 1 cell, and the header has 2 ("1")`)},
		"short long": {"a,b\n1\n1,2,3\n1,2\n", ab, lines(`row 1: line 2: byte 5: the row has 1 cell, and the header has 2 ("1")`, `row 2: line 3: byte 7: the row has 3 cells, and the header has 2 ("1,2,3")`, `3 4 13 "1" "2"`)},
		"pad":        {"a,b\n1,2\n3\n1,2,3\n4,5\n", with(func(o *format.CSVReadOptions) { o.Pad = true }), lines(`1 2 5 "1" "2"`, `2 3 9 "3" ∅`, `row 3: line 4: byte 11: the row has 3 cells, and the header has 2 ("1,2,3")`, `4 5 17 "4" "5"`)},
		"trim":       {"a,b\n1,2,\n3,4,,\n1,2,,3\n4\n", with(func(o *format.CSVReadOptions) { o.Trim = true }), lines(`1 2 5 "1" "2"`, `2 3 10 "3" "4"`, `row 3: line 4: byte 16: the row has 4 cells, and the header has 2 ("1,2,,3")`, `row 4: line 5: byte 23: the row has 1 cell, and the header has 2 ("4")`)},
		"escape":     {"a,b\n\\\\1\\,x,\"\\\"q\\\\\"\n\"a\"\"b\",c\\\nd\n1,2\n", with(func(o *format.CSVReadOptions) { o.Escape = "\\" }), lines(`1 2 5 "\\1,x" "\"q\\"`, `2 3 20 "a\"b" "c\nd"`, `3 5 32 "1" "2"`)},
		"escape end": {"a,b\n1,2\\", with(func(o *format.CSVReadOptions) { o.Escape = "\\" }), lines(`row 1: line 2: byte 8: nothing follows the escape character, with which the file ends ("1,2\\")`)},
		"comment":    {"# made by hand\n# \"\na,b\n1,2\n#3,4\n5,6\n#", with(func(o *format.CSVReadOptions) { o.Comment = "#" }), lines(`1 4 24 "1" "2"`, `2 6 33 "5" "6"`)},
		"footer":     {"a,b\n1,2\n합계,2\n\n\"note\n", with(func(o *format.CSVReadOptions) { o.Footer = "^합계" }), lines(`1 2 5 "1" "2"`)},
		"no footer":  {"a,b\n1,2\n3,4", with(func(o *format.CSVReadOptions) { o.Footer = "^합계" }), lines(`1 2 5 "1" "2"`, `2 3 9 "3" "4"`)},
		"subtotal":   {"a,b\n1,2\n합계,2\n" + strings.Repeat("x,y\n", 11), with(func(o *format.CSVReadOptions) { o.Footer = "^합계" }), lines(`1 2 5 "1" "2"`, `error: line 13: more than 9 lines follow the one that from.footer matches: it is not the end of the rows`)},
		"two rows": {"title\n품명,매출,,비고\n,수량,\"금\n액\",\n1,2,3,4\n", with(func(o *format.CSVReadOptions) {
			o.Columns, o.HeaderLine, o.HeaderUntil = []string{"품명", "매출 수량", "매출 금\n액", "비고"}, 2, 3
		}), lines(`1 5 48 "1" "2" "3" "4"`)},
		"moved down": {"x\n\n\"a\",b\n1,2\n", with(func(o *format.CSVReadOptions) { o.HeaderLine = 1 }), lines(`error: line 1: byte 1: the header has no "a", "b"; it has "x" (absent_columns: "null" gives nulls); line 3 has all that the job reads: from.header: 3 reads it`)},
		"moved":      {"a,b\n1,2\n3,4\n", with(func(o *format.CSVReadOptions) { o.HeaderLine = 2 }), lines(`error: line 2: byte 5: the header has no "a", "b"; it has "1", "2" (absent_columns: "null" gives nulls); line 1, which from.header passes over, has all that the job reads`)},
		"no second":  {"a,b\n", with(func(o *format.CSVReadOptions) { o.HeaderLine, o.HeaderUntil = 1, 2 }), lines(`error: line 2: the file ends before line 2, which should hold the columns' names`)},
		"pad past":   {"a,b,c\nlong,cells,here\n1\n", with(func(o *format.CSVReadOptions) { o.Columns, o.Pad = []string{"c", "a"}, true }), lines(`1 2 7 "here" "long"`, `2 3 23 ∅ "1"`)},
		"nul":        {"a,b\n1,\x00\n\"\x00\n\",2\n3,4\n", ab, lines(`row 1: line 2: byte 7: the byte 0x00 is no character of a text ("1,\x00")`, `row 2: line 3: byte 10: the byte 0x00 is no character of a text ("\"\x00\n\",2")`, `3 5 16 "3" "4"`)},
		"not utf-8":  {"a,b,c\n1,2,\xff\n가,é,😀\n", ab, lines(`row 1: line 2: byte 11: the byte 0xff is not UTF-8 here ("1,2,\xff")`, `2 3 13 "가" "é"`)},
		"bare quote": {"a,b\n1,5\" pipe\n2,x\n", ab, lines(`row 1: line 2: byte 8: '"' stands in a cell that does not begin with one; a cell that holds one is written in quotes, with the one inside of it twice ("1,5\" pipe")`, `2 3 15 "2" "x"`)},
		"after":      {"a,b\r\n1,\"x\"y\r\n2,x\r\n", ab, lines(`row 1: line 2: byte 11: 'y' follows the closing quote of a cell; a quote inside of one is written twice ("1,\"x\"y")`, `2 3 14 "2" "x"`)},
		"unclosed":   {"a,b\n1,2\n3,\"x\n4,5\n", ab, lines(`1 2 5 "1" "2"`, `error: line 3: byte 11: the quote that stands here is not closed before the file ends`)},
		"bare cr":    {"a,b\n1\r,2\n3\r\r\n4,5\n", ab, lines(`row 1: line 2: byte 6: the byte 0x0d stands outside of quotes and is not how lines end in this file ("1\r,2")`, `row 2: line 3: byte 11: the byte 0x0d stands outside of quotes and is not how lines end in this file ("3\r")`, `3 4 14 "4" "5"`)},
		"bare lf":    {"a,b\r1\n,2\r\n,3\r4,5\r", ab, lines(`row 1: line 2: byte 6: the byte 0x0a stands outside of quotes and is not how lines end in this file ("1\n,2")`, `row 2: line 3: byte 10: the byte 0x0a stands outside of quotes and is not how lines end in this file ("\n,3")`, `3 4 14 "4" "5"`)},
		"delimiter":  {"a;b\n1;2,5\n", with(func(o *format.CSVReadOptions) { o.Delimiter = ";" }), lines(`1 2 5 "1" "2,5"`)},
		"two":        {"a||b\n1||2|5\n|||", with(func(o *format.CSVReadOptions) { o.Delimiter = "||" }), lines(`1 2 6 "1" "2|5"`, `2 3 13 "" "|"`)},
		"wide":       {"a§b\n1§\"é\"\n£§é\n", with(func(o *format.CSVReadOptions) { o.Delimiter = "§" }), lines(`1 2 6 "1" "é"`, `2 3 14 "£" "é"`)},
		"tab":        {"a\tb\n1\t2,5\n", with(func(o *format.CSVReadOptions) { o.Delimiter = "\t" }), lines(`1 2 5 "1" "2,5"`)},
		"apostrophe": {"a,b\n'1,''',\"\n", with(func(o *format.CSVReadOptions) { o.Quote = "'" }), lines(`1 2 5 "1,'" "\""`)},
		"no quotes":  {"a,b\n\"1\",5\" x\n", with(func(o *format.CSVReadOptions) { o.Quote = "none" }), lines(`1 2 5 "\"1\"" "5\" x"`)},
		"found ;":    {"a;b;c, d\n1;2;3\n", ab, lines(`1 2 10 "1" "2"`)},
		"found tab":  {"a\tb\n1\t2\n", ab, lines(`1 2 5 "1" "2"`)},
		"found |":    {"a|\"b\"\n1|2\n", ab, lines(`1 2 7 "1" "2"`)},
		"one column": {"a\n1\n\n\"\"\n", format.CSVReadOptions{Columns: []string{"a"}}, lines(`1 2 3 "1"`, `2 4 6 ""`)},
		"not clear":  {"x;y,z\n1;2,3\n", ab, lines(`error: line 1: byte 1: it is not clear which of "," and ";" stands between the columns; give the delimiter`)},
		"other":      {"a^b\n", ab, lines(`error: line 1: byte 1: the header has no "a", "b"; it has "a^b" (absent_columns: "null" gives nulls)`)},
		"zero bytes": {"", ab, lines(`error: is empty (0 bytes)`)},
		"white":      {"\n\n", ab, lines(`error: holds nothing but white space (2 bytes)`)},
		"header":     {"a,b", ab, ""},
		"utf-16":     {"\xff\xfea\x00", ab, lines(`error: line 1: byte 3: the header has no "b"; it has "a" (absent_columns: "null" gives nulls)`)},
		"twice":      {"a,b,x,a\n", ab, lines(`error: line 1: byte 1: the header has "a" more than once: say which of them, as "a (1)" for the first`)},
		"of two":     {"a,b,a\n1,2,3\n", format.CSVReadOptions{Columns: []string{"a (2)", "b"}}, lines(`1 2 7 "3" "2"`)},
		"not unlike": {"a,b,a (1),a\n1,2,3,4\n", ab, lines(`error: line 1: byte 1: columns 1 and 3 have the same name "a (1)"`)},
		"unnamed":    {"a,b,,\n1,2,3,4\n", ab, lines(`1 2 7 "1" "2"`)},
		"absent":     {"a, B\n1,2\n", ab, lines(`error: line 1: byte 1: the header has no "b"; it has " B" (absent_columns: "null" gives nulls)`)},
		"null":       {"a,c\n1,2\n", with(func(o *format.CSVReadOptions) { o.AbsentNull = true }), lines(`1 2 5 "1" ∅`)},
		"extra":      {"a,b,c,d\n1,2,3,4\n", with(func(o *format.CSVReadOptions) { o.RefuseExtra = true }), lines(`error: line 1: byte 1: nothing reads "c", "d" (extra_columns: ignore leaves it out)`)},
		"bad header": {"a,b\x00\n", ab, lines(`error: line 1: byte 4: the byte 0x00 is no character of a text`)},
		"header 3":   {"report, of\n\na,b\n1,2\n", with(func(o *format.CSVReadOptions) { o.HeaderLine = 3 }), lines(`1 4 17 "1" "2"`)},
		"header 2":   {"report\n\na,b\n", with(func(o *format.CSVReadOptions) { o.HeaderLine = 2 }), lines(`error: line 2: the line that should hold the columns' names is empty; line 3 has all that the job reads: from.header: 3 reads it`)},
		"header 9":   {"a,b\n1,2\n", with(func(o *format.CSVReadOptions) { o.HeaderLine = 9 }), lines(`error: line 3: the file ends before line 9, which should hold the columns' names`)},
		"no header":  {"\n1,2\n3,4,5\n", format.CSVReadOptions{Columns: []string{"2"}, NoHeader: true}, lines(`1 2 2 "2"`, `row 2: line 3: byte 6: the row has 3 cells, and the first row has 2 ("3,4,5")`)},
		"no third":   {"1,2\n", format.CSVReadOptions{Columns: []string{"3"}, NoHeader: true}, lines(`error: line 1: byte 1: the first row has no "3"; it has "1", "2" (absent_columns: "null" gives nulls)`)},
		"bad option": {"a", format.CSVReadOptions{Delimiter: `"`}, lines(`error: the delimiter "\"" has the quote in it`)},
		"too long":   {"a,b\n1,2\n" + strings.Repeat("x", 200) + ",2\n", with(func(o *format.CSVReadOptions) { o.MaxRecord = 100 }), lines(`1 2 5 "1" "2"`, `error: line 3: byte 9: the record or value that begins here has more than 100 bytes, the most that is held`)},
	} {
		t.Run(name, func(t *testing.T) {
			want := tc.want
			if got := csvRead(format.CSVBytes([]byte(tc.text), tc.o)); got != want {
				t.Errorf("bytes:\n%swant:\n%s", got, want)
			}
			if got := csvRead(format.CSVStream(iotest.OneByteReader(strings.NewReader(tc.text)), tc.o)); got != want {
				t.Errorf("stream:\n%swant:\n%s", got, want)
			}
		})
	}
}

// A quote that is not closed says so when it makes a record too long.
func TestCSVReaderNamesTheOpenQuote(t *testing.T) {
	text := "a,b\n1,\"" + strings.Repeat("x\n", 1<<20)
	got := csvRead(format.CSVStream(strings.NewReader(text), format.CSVReadOptions{Columns: []string{"a"}, MaxRecord: 1 << 20}))
	if want := lines(`error: line 2: byte 5: the record or value that begins here has more than 1048576 bytes, the most that is held; the quote at byte 7 is not closed so far`); got != want {
		t.Errorf("got  %swant %s", got, want)
	}
}

func TestCSVReaderHoldsCellsOfManyMegabytes(t *testing.T) {
	cell := strings.Repeat("a line, a \"quote\", 의자\n", 1<<20)
	text := "a,b\n1,\"" + strings.ReplaceAll(cell, `"`, `""`) + "\"\n2,x\n"
	r := format.CSVStream(strings.NewReader(text), format.CSVReadOptions{Columns: []string{"b"}})
	b := &row.Batch{}
	if err := r.Read(b); err != nil || string(b.Cols[0].Bytes[0]) != cell {
		t.Fatalf("%v, %d bytes", err, len(b.Cols[0].Bytes[0]))
	}
	if b.Len == 1 {
		if err := r.Read(b); err != nil {
			t.Fatal(err)
		}
	}
	if got := b.Line[b.Len-1]; got != 2+1<<20+1 {
		t.Errorf("line %d", got)
	}
}

func TestCSVReaderTellsNamesAndCells(t *testing.T) {
	r := format.CSVBytes([]byte("a,\"b\"\"\",,c\n1,\"2\n\"\"\",3,4\n1,2\n\"1\"x,2\n"), format.CSVReadOptions{Columns: []string{"c"}, Record: true})
	b := &row.Batch{}
	if err := r.Read(b); err != nil {
		t.Fatal(err)
	}
	if got := fmt.Sprintf("%q %q", r.Names(), r.Extra()); got != `["a" "b\"" "" "c"] ["a" "b\""]` {
		t.Error(got)
	}
	for record, want := range map[string]string{
		string(b.Record[0]):     `["1" "2\n\"" "3" "4"] true`,
		string(b.Bad[0].Record): `["1" "2"] true`,
		string(b.Bad[1].Record): `[] false`,
	} {
		cells, ok := r.Cells([]byte(record))
		if got := fmt.Sprintf("%q %v", cells, ok); got != want {
			t.Errorf("%q: %s, want %s", record, got, want)
		}
	}
}

// A batch that held other columns is used as well as a new one.
func TestCSVReaderTakesAnyBatch(t *testing.T) {
	o := format.CSVReadOptions{Columns: []string{"a", "b"}, AbsentNull: true}
	b := &row.Batch{}
	for text, want := range map[string]string{"b\n1\n": "true 1", "a,b\n2,3\n4,5\n": "false 3"} {
		if err := format.CSVBytes([]byte(text), o).Read(b); err != nil {
			t.Fatal(err)
		}
		if got := fmt.Sprintf("%v %s", b.Cols[0].Null[0], b.Cols[1].Bytes[0]); got != want || len(b.Cols[0].Null) != b.Len {
			t.Errorf("%q: %s", text, got)
		}
	}
	if err := format.JSONBytes([]byte(`[{"a":1}]`), format.JSONOptions{Paths: jsonPaths(t, "a", "b")}).Read(b); err != nil || b.Cols[0].Type.Kind != row.Any {
		t.Errorf("%v, %v", err, b.Cols[0].Type)
	}
}

// What the writer writes, the reader reads.
func TestCSVReadsWhatIsWritten(t *testing.T) {
	s := schema(t, "a", "string", `b "q"`, "string")
	b := row.NewBatch(s)
	texts := []string{"plain", "", " x ", "a,b", "\"", "\"\"", "two\nlines", "\r\n", "é의", "x\ty"}
	for i, text := range texts {
		b.Cols[0].AppendBytes([]byte(text))
		b.Cols[1].AppendBytes([]byte(texts[len(texts)-1-i]))
		b.Len++
	}
	for _, delimiter := range []string{",", ";", "\t", "|"} {
		text := csv(t, s, format.CSVOptions{Delimiter: delimiter}, b)
		got := &row.Batch{}
		if err := format.CSVStream(strings.NewReader(text), format.CSVReadOptions{Columns: []string{"a", `b "q"`}}).Read(got); err != nil {
			t.Fatal(err)
		}
		for c := range b.Cols {
			for r := range b.Len {
				if !bytes.Equal(got.Cols[c].Bytes[r], b.Cols[c].Bytes[r]) {
					t.Errorf("%q: %q, want %q", delimiter, got.Cols[c].Bytes[r], b.Cols[c].Bytes[r])
				}
			}
		}
	}
}
