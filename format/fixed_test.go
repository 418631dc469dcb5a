package format_test

import (
	"bytes"
	"fmt"
	"strings"
	"testing"

	"golang.org/x/text/encoding/korean"

	"github.com/seed-128c3863/sluice/format"
)

var fixedColumns = []format.FixedColumn{{Name: "code", From: 1, To: 4}, {Name: "name", From: 5, To: 14}, {Name: "price", From: 16}}

func readFixed(text string, o format.SheetReadOptions) string {
	if o.Fixed == nil {
		o.Fixed = fixedColumns
	}
	if o.Columns == nil {
		o.Columns = []string{"code", "name", "price"}
	}
	return xlsxRead(format.NewSheetReader("fixed", strings.NewReader(text), int64(len(text)), o))
}

func TestFixed(t *testing.T) {
	cp949 := func(text string) string {
		b, err := korean.EUCKR.NewEncoder().String(text)
		if err != nil {
			t.Fatal(err)
		}
		return b
	}
	rows := format.SheetReadOptions{NoHeader: true}
	inBytes := format.SheetReadOptions{NoHeader: true, InBytes: true, Encoding: "cp949"}
	for name, tc := range map[string]struct {
		text string
		o    format.SheetReadOptions
		want string
	}{
		"rows":                   {"0001apple     |  1395\n0002pear      |   10 \n", rows, "1 1 \"0001\" \"apple\" \"1395\"\n2 2 \"0002\" \"pear\" \"10\"\n"},
		"characters of Korean":   {"0001김치 라면      1395\r\n\r\n0002배                20", rows, "1 1 \"0001\" \"김치 라면\" \"1395\"\n2 3 \"0002\" \"배\" \"20\"\n"},
		"in CP949":               {cp949("0001김치 라면      1395\n"), format.SheetReadOptions{NoHeader: true, Encoding: "auto"}, "1 1 \"0001\" \"김치 라면\" \"1395\"\n"},
		"bytes of Korean":        {cp949("0001김치 라면 | 1395\n0002배        |   20\n"), inBytes, "1 1 \"0001\" \"김치 라면\" \"1395\"\n2 2 \"0002\" \"배\" \"20\"\n"},
		"a character in two":     {cp949("000김 b"), inBytes, "1 1 !the text has bytes that are no character (\"\") !the text has bytes that are no character (\"\") \"\"\n"},
		"bytes that are none":    {"0001\xff\xfe\n", format.SheetReadOptions{NoHeader: true, Encoding: "utf-8"}, "1 1 \"0001\" !the text has bytes that are no character (\"\") \"\"\n"},
		"short lines":            {"0001app\n00\n      x\n", rows, "1 1 \"0001\" \"app\" \"\"\n2 2 \"00\" \"\" \"\"\n3 3 \"\" \"x\" \"\"\n"},
		"a line of names":        {"code name\n0001apple\n", format.SheetReadOptions{}, "1 2 \"0001\" \"apple\" \"\"\n"},
		"lines before the rows":  {"x\n\ny\n0001apple\n", format.SheetReadOptions{HeaderLine: 3}, "1 4 \"0001\" \"apple\" \"\"\n"},
		"too few of them":        {"x\n", format.SheetReadOptions{HeaderLine: 3}, "error: the file ends before line 3, behind which the rows should begin\n"},
		"an old end":             {"0001apple\n\x1a", rows, "1 1 \"0001\" \"apple\" \"\"\n"},
		"wanted columns":         {"0001apple      5\n", format.SheetReadOptions{NoHeader: true, Columns: []string{"price"}, Record: true}, "1 1 \"5\" [\"0001\" \"apple\" \"5\"] true\n"},
		"a column that is not":   {"0001\n", format.SheetReadOptions{NoHeader: true, Columns: []string{"x"}}, "error: the header has no \"x\"; it has \"code\", \"name\", \"price\" (absent_columns: \"null\" gives nulls)\n"},
		"nothing":                {"", rows, "error: is empty (0 bytes)\n"},
		"what is compressed":     {"\x1f\x8b\x08\x00", rows, "error: this is no text of columns at fixed positions but a file that is compressed by gzip: unpack it\n"},
		"binary data":            {"PK\x03\x04\x00\x00\x00\x01", rows, "error: this is no text of columns at fixed positions but binary data\n"},
		"a line without end":     {strings.Repeat("x", 3<<20), format.SheetReadOptions{NoHeader: true, MaxRecord: 1 << 20}, "error: line 1 has more than 1048576 bytes, the most that is held\n"},
		"positions of one place": {"ab\n", format.SheetReadOptions{NoHeader: true, Fixed: []format.FixedColumn{{Name: "b", From: 2, To: 2}}, Columns: []string{"b"}}, "1 1 \"b\"\n"},
	} {
		if got := readFixed(tc.text, tc.o); got != tc.want {
			t.Errorf("%s: got %s want %s", name, got, tc.want)
		}
	}
}

// FuzzFixed checks that no text makes the reader panic, or take longer than it may.
func FuzzFixed(f *testing.F) {
	f.Add([]byte("0001apple     |  1395\n"), 1, 4, false)
	f.Add([]byte("0001\xb0\xa1\xb3\xaa\r\n\r\n\x1a"), 2, 0, true)
	f.Add([]byte("\xff\xfea\x00\n\x00"), 1, 1, false)
	f.Fuzz(func(_ *testing.T, text []byte, from, to int, inBytes bool) {
		o := format.SheetReadOptions{Fixed: []format.FixedColumn{{Name: "a", From: from, To: to}}, Columns: []string{"a"}, NoHeader: true, InBytes: inBytes, Record: true, MaxRecord: 1 << 16, Encoding: "auto"}
		if from < 1 || format.CheckFixed(o.Fixed) != nil {
			return
		}
		xlsxRead(format.NewSheetReader("fixed", bytes.NewReader(text), int64(len(text)), o))
		o.Encoding = "cp949"
		xlsxRead(format.NewSheetReader("fixed", bytes.NewReader(text), int64(len(text)), o))
	})
}

func BenchmarkFixedReader(b *testing.B) {
	const rows = 20_000
	var out strings.Builder
	for i := range rows {
		fmt.Fprintf(&out, "%8d%-10s%-30s%-12s%10.2f%10.2f%5d%-10sY%-14s%013d%-20s\n", i, fmt.Sprintf("SKU%d", i), fmt.Sprintf("Product 제품 number %d", i), "brand", float64(i), float64(i)/3, i%77, "2024-04-17", "category", 8800000000000+i, "")
	}
	var o []format.FixedColumn
	from := 1
	for i, width := range []int{8, 10, 30, 12, 10, 10, 5, 10, 1, 14, 13, 20} {
		o = append(o, format.FixedColumn{Name: benchNames[i], From: from, To: from + width - 1})
		from += width
	}
	benchSheetBy(b, "fixed", []byte(out.String()), rows, format.SheetReadOptions{Fixed: o, NoHeader: true})
}
