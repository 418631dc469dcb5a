package format_test

import (
	"bytes"
	"fmt"
	"os"
	"strings"
	"testing"

	"golang.org/x/text/encoding/korean"

	"github.com/seed-128c3863/sluice/format"
)

func readHTML(page string, o format.SheetReadOptions) string {
	return xlsxRead(format.NewSheetReader("html", strings.NewReader(page), int64(len(page)), o))
}

const htmlAB = "<table><tr><th>a<th>b</tr>"

func TestHTMLCells(t *testing.T) {
	for name, tc := range map[string]struct{ cell, want string }{
		"a text":             {"<td>김치 라면</td>", `"김치 라면"`},
		"white space":        {"<td>\n  a \t b\n </td>", `"a b"`},
		"tags in it":         {"<td><b>a</b>b<span> c</span></td>", `"ab c"`},
		"lines":              {"<td>a<br>b <br/> c<p>d</p><div>e</div></td>", `"a\nb\nc\nd\ne"`},
		"entities":           {"<td>a &amp; b &lt;c&gt; &eacute;&#xAC00;&copy</td>", `"a & b <c> é가©"`},
		"a script":           {"<td><script>var a = '</td>';</script><style>td {}</style>x</td>", `"x"`},
		"a comment":          {"<td>a<!-- </td> -->b</td>", `"ab"`},
		"a space that holds": {"<td>&nbsp;1,395&nbsp;</td>", `"1,395"`},
		"one alone":          {"<td>&nbsp;</td><td>x", `""`},
		"a table in it":      {"<td>x<table><tr><td>y</td></tr></table>z</td>", `"xz"`},
		"no character":       {"<td>\xff\xfe</td>", `!the text in cell A2 has bytes that are no character ("")`},
		"NUL":                {strings.Repeat(" ", 5000) + "<td>a\x00</td>", `!the text in cell A2 has a character NUL in it ("")`},
	} {
		got := readHTML("<meta charset=utf-8>"+htmlAB+"<tr>"+tc.cell+"</tr></table>", format.SheetReadOptions{Columns: []string{"a"}})
		if want := "1 2 " + tc.want + "\n"; got != want {
			t.Errorf("%s: got %s want %s", name, got, want)
		}
	}
}

func TestHTMLTables(t *testing.T) {
	ab := format.SheetReadOptions{Columns: []string{"a", "b"}}
	numbered := format.SheetReadOptions{Columns: []string{"1", "2", "3"}, NoHeader: true}
	two := "<table id=x><tr><td>0</table><table id=prices><caption> The <i>prices</i> </caption><tr><td>a</table>"
	for name, tc := range map[string]struct {
		page string
		o    format.SheetReadOptions
		want string
	}{
		"tags left out":          {"<TABLE><TR><TD>a<TD>b<TR><TD>1<TD>2<TR><TD>3</TABLE>", ab, "1 2 \"1\" \"2\"\n2 3 \"3\" \"\"\n"},
		"sections":               {"<table><thead><tr><th>a</th><th>b</th></tr></thead><tbody><tr><td>1</td><td>2</td></tr></tbody><tfoot><tr><td>3</td></tr></tfoot></table>", ab, "1 2 \"1\" \"2\"\n2 3 \"3\" \"\"\n"},
		"columns spanned":        {"<table><tr><td colspan=2>x<td>y</table>", numbered, "1 1 \"x\" \"x\" \"y\"\n"},
		"rows spanned":           {"<table><tr><td rowspan=2>x<td>y<tr><td>z<tr><td>w</table>", numbered, "1 1 \"x\" \"y\" \"\"\n2 2 \"x\" \"z\" \"\"\n3 3 \"w\" \"\" \"\"\n"},
		"both, at the end":       {"<table><tr><td>x<td colspan=2 rowspan=2>y<tr><td>z</table>", numbered, "1 1 \"x\" \"y\" \"y\"\n2 2 \"z\" \"y\" \"y\"\n"},
		"all rows of a section":  {"<table><tbody><tr><td rowspan=0>x<tr><td>y<tbody><tr><td>z</table>", numbered, "1 1 \"x\" \"\" \"\"\n2 2 \"x\" \"y\" \"\"\n3 3 \"z\" \"\" \"\"\n"},
		"names in two rows":      {"<table><tr><th rowspan=2>a<th colspan=2>x<tr><th>b<th>c<tr><td>1<td>2<td>3</table>", format.SheetReadOptions{Columns: []string{"a", "c"}, HeaderLine: 2}, "1 3 \"1\" \"3\"\n"},
		"empty rows":             {htmlAB + "<tr></tr><tr><td></td><td> </td></tr><tr><td>1</td></tr></table>", ab, "1 4 \"1\" \"\"\n"},
		"the second":             {two, format.SheetReadOptions{Columns: []string{"1"}, NoHeader: true, Sheet: "2"}, "1 1 \"a\"\n"},
		"by id":                  {two, format.SheetReadOptions{Columns: []string{"1"}, NoHeader: true, Sheet: "prices"}, "1 1 \"a\"\n"},
		"by caption":             {two, format.SheetReadOptions{Columns: []string{"1"}, NoHeader: true, Sheet: "The prices"}, "1 1 \"a\"\n"},
		"inside of another":      {"<table><tr><td><table><tr><td>x</table></table>", format.SheetReadOptions{Columns: []string{"1"}, NoHeader: true, Sheet: "2"}, "1 1 \"x\"\n"},
		"not there":              {two, format.SheetReadOptions{Columns: []string{"a"}, Sheet: "3"}, "error: the page has no table \"3\": there are 2, and from.sheet is the number, the id or the caption of one; ids are \"x\", \"prices\"\n"},
		"no table":               {"<p>x</p>", ab, "error: the page has no table: one that a script makes in the browser is not in the file\n"},
		"frames":                 {"<frameset><frame src=sheet001.htm></frameset>", ab, "error: the page has no table, but frames: its sheets are files of their own, in the folder beside it\n"},
		"records":                {htmlAB + "<tr><td>1<td>2</table>", format.SheetReadOptions{Columns: []string{"b"}, Record: true}, "1 2 \"2\" [\"1\" \"2\"] true\n"},
		"cut off":                {htmlAB + "<tr><td>1<td>2</tr>", ab, "1 2 \"1\" \"2\"\nerror: line 2: the page is cut off: it ends within the table\n"},
		"a text":                 {"a,b\n1,2\n", ab, "error: this is no page of HTML but a text: if that is a table, from.format: csv reads it\n"},
		"nothing":                {"", ab, "error: is empty (0 bytes)\n"},
		"a workbook":             {string(newBook("").bytes(t)), ab, "error: this is no page of HTML but a workbook or another ZIP archive: from.format: xlsx or ods reads those\n"},
		"a name twice":           {"<table><tr><th colspan=2>a</table>", ab, "error: line 1: the header has \"a\" more than once: say which of them, as \"a (1)\" for the first\n"},
		"a column not there":     {htmlAB + "</table>", format.SheetReadOptions{Columns: []string{"c"}}, "error: line 1: the header has no \"c\"; it has \"a\", \"b\" (absent_columns: \"null\" gives nulls)\n"},
		"more columns than most": {htmlAB + "<tr>" + strings.Repeat("<td colspan=1000>", 17) + "</table>", ab, "error: line 1: row 2 of the table has more than 16384 cells\n"},
	} {
		if got := readHTML(tc.page, tc.o); got != tc.want {
			t.Errorf("%s: got %s want %s", name, got, tc.want)
		}
	}
}

func TestHTMLEncodings(t *testing.T) {
	cp949 := func(text string) string {
		b, err := korean.EUCKR.NewEncoder().String(text)
		if err != nil {
			t.Fatal(err)
		}
		return b
	}
	page := htmlAB + "<tr><td>김치 라면과 상품 가격</td></tr></table>"
	const want = "1 2 \"김치 라면과 상품 가격\"\n"
	for name, tc := range map[string]struct{ page, encoding, want string }{
		"as the page says":    {"<meta http-equiv=Content-Type content='text/html; charset=euc-kr'>" + cp949(page), "", want},
		"as HTML5 says it":    {"<meta charset=ks_c_5601-1987>" + cp949(page), "auto", want},
		"UTF-8 without a tag": {page, "", want},
		"CP949 without a tag": {cp949(page), "", want},
		"as the job says":     {"<meta charset=utf-8>" + cp949(page), "cp949", want},
		"a mark":              {"\ufeff<meta charset=euc-kr>" + page, "cp949", want},
		"not certain":         {"<table><tr><td>a<tr><td>caf\xe9</table>", "", "error: the byte 0xe9 is not UTF-8, and which encoding it is of is not certain: "},
		"not known":           {"<meta charset=koi8-r><table>", "", "error: the page is in koi8-r, which is not read: save it as UTF-8\n"},
	} {
		if got := readHTML(tc.page, format.SheetReadOptions{Columns: []string{"a"}, Encoding: tc.encoding}); !strings.HasPrefix(got, tc.want) {
			t.Errorf("%s: got %s want %s", name, got, tc.want)
		}
	}
}

// What LibreOffice itself wrote: see testdata/sheets/README.md.
func TestHTMLOfLibreOffice(t *testing.T) {
	data, err := os.ReadFile("testdata/sheets/libreoffice.html")
	if err != nil {
		t.Fatal(err)
	}
	got := readHTML(string(data), format.SheetReadOptions{Columns: []string{"code", "name", "price", "day", "note"}})
	want := `1 2 "007" "김치 라면" "₩1,396" "2024년 4월 17일" "a\nb"
2 4 "009" "2" "#DIV/0!" "2024-04-17" "3.3"
`
	if !strings.HasPrefix(got, want) {
		t.Errorf("got %s\nwant %s", got, want)
	}
}

// What would take memory or time without end is refused within limits of both.
func TestHTMLHostile(t *testing.T) {
	wide := "<tr>" + strings.Repeat("<td colspan=1000 rowspan=65534>x", 16)
	for name, tc := range map[string]struct{ page, want string }{
		"cells that span all":     {"<table>" + wide + strings.Repeat("<tr>", 100_000), "more than 50000000 cells of the table are there because others span them"},
		"a large text in columns": {"<table><tr><td colspan=1000>" + strings.Repeat("y", 100_000), "the page is cut off"},
		"one in many columns":     {"<table><tr><td colspan=1000>" + strings.Repeat("y", 100_000) + "</table>", "the row has more than 1048576 bytes"},
		"one in many rows":        {"<table><tr><td colspan=1000 rowspan=9>" + strings.Repeat("y", 100_000) + "</table>", "cells that span several rows have more than 1048576 bytes"},
		"a tag without end":       {"<table " + strings.Repeat("a ", 4<<20), "a text or tag of the page has more than 1048576 bytes"},
		"a text without end":      {"<table><tr><td>" + strings.Repeat("a", 4<<20), "a text or tag of the page has more than 1048576 bytes"},
		"a cell without end":      {"<table><tr><td>" + strings.Repeat("<b>a", 4<<20), "row 1 of the table has more than 1048576 bytes"},
		"cells without end":       {"<table><tr>" + strings.Repeat("<td>a", 1<<20), "row 1 of the table has more than 16384 cells"},
		"rows without end":        {"<table>" + strings.Repeat("<tr><td>a", 1_100_000), "the table has more than the 1048576 rows of a sheet"},
		"tables in one another":   {"<table><tr><td>" + strings.Repeat("<table>", 1<<20), "the page is cut off"},
		"tables without end":      {strings.Repeat("<table id=a>", 1<<20), "the page has no table \"none\": there are 1048576"},
	} {
		t.Run(name, func(t *testing.T) {
			o := format.SheetReadOptions{Columns: []string{"1", "20"}, NoHeader: true, MaxRecord: 1 << 20, Record: true}
			if strings.Contains(tc.want, "none") {
				o.Sheet = "none"
			}
			refusedInBounds(t, format.NewSheetReader("html", bytes.NewReader([]byte(tc.page)), int64(len(tc.page)), o), tc.want)
		})
	}
}

// FuzzHTML checks that no page makes the reader panic, or take longer than it may.
func FuzzHTML(f *testing.F) {
	for _, page := range []string{
		"", htmlAB + "<tr><td>1<td>2</table>", "<table><tr><td rowspan=2 colspan=3>x<td>y<tr><td>z<tfoot><tr><td rowspan=0>w</table>",
		"<meta charset=euc-kr><table id=a><caption>c</caption><tr><td>\xb0\xa1</table>", "<table><script></table></script><td>&amp;&#0;<br><table></table></table>",
		"\xff\xfe<\x00t\x00a\x00b\x00l\x00e\x00>\x00", "<table><tr><td>caf\xe9</table>",
	} {
		f.Add([]byte(page), "a", uint8(0))
	}
	f.Fuzz(func(_ *testing.T, page []byte, name string, line uint8) {
		o := format.SheetReadOptions{Columns: []string{name, "2"}, Sheet: name, HeaderLine: int(line), NoHeader: line == 255, AbsentNull: true, Record: true, MaxRecord: 1 << 16}
		xlsxRead(format.NewSheetReader("html", bytes.NewReader(page), int64(len(page)), o))
		o.Sheet = ""
		xlsxRead(format.NewSheetReader("html", bytes.NewReader(page), int64(len(page)), o))
	})
}

func BenchmarkHTMLReader(b *testing.B) {
	const rows = 20_000
	var out strings.Builder
	out.WriteString("<html><head><meta charset=utf-8></head><body><table border=1><tr><th>id</th><th>sku</th><th>name</th><th>brand</th><th>price</th><th>cost</th><th>qty</th><th>day</th><th>active</th><th>category</th><th>ean</th><th>note</th></tr>\n")
	for i := range rows {
		fmt.Fprintf(&out, "<tr><td>%d</td><td>SKU%d</td><td class=\"name\">Product 제품 &amp; number %d</td><td>brand %d</td><td align=\"right\">%d.%02d</td><td>%d.1</td><td>%d</td><td>2024-04-%02d</td><td>Y</td><td>category %d</td><td>%d</td><td>&nbsp;</td></tr>\n",
			i, i, i, i%100, i%1000, i%100, i%500, i%77, i%28+1, i%100, 8800000000000+i)
	}
	out.WriteString("</table></body></html>")
	benchSheet(b, "html", []byte(out.String()), rows)
}
