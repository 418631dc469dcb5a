package format_test

import (
	"bytes"
	"os"
	"strings"
	"testing"

	"github.com/seed-128c3863/sluice/format"
)

// newODS is a spreadsheet of a sheet with the rows.
func newODS(rows string) book {
	return book{
		"mimetype":    "application/vnd.oasis.opendocument.spreadsheet",
		"content.xml": odsHead + odsSheet("Sheet1", "ta1", rows) + odsTail,
	}
}

const (
	odsHead = `<?xml version="1.0" encoding="UTF-8"?><office:document-content><office:automatic-styles>` +
		`<style:style style:name="ta1" style:family="table"><style:table-properties table:display="true"/></style:style>` +
		`<style:style style:name="ta2" style:family="table"><style:table-properties table:display="false"/></style:style>` +
		`</office:automatic-styles><office:body><office:spreadsheet>`
	odsTail = `</office:spreadsheet></office:body></office:document-content>`
	odsAB   = `<table:table-row><table:table-cell office:value-type="string"><text:p>a</text:p></table:table-cell><table:table-cell office:value-type="string"><text:p>b</text:p></table:table-cell></table:table-row>`
)

func odsSheet(name, style, rows string) string {
	return `<table:table table:name="` + name + `" table:style-name="` + style + `"><table:table-column table:number-columns-repeated="16384"/>` + rows + `</table:table>`
}

func odsRow(cells string) string { return `<table:table-row>` + cells + `</table:table-row>` }

func readODS(t testing.TB, k book, o format.SheetReadOptions) string {
	t.Helper()
	data := k.bytes(t)
	return xlsxRead(format.NewODSReader(bytes.NewReader(data), int64(len(data)), o))
}

func TestODSCells(t *testing.T) {
	cell := func(attrs, inside string) string {
		return `<table:table-cell ` + attrs + `>` + inside + `</table:table-cell>`
	}
	number := func(n string) string {
		return cell(`office:value-type="float" office:value="`+n+`"`, "<text:p>shown</text:p>")
	}
	text := func(p string) string { return cell(`office:value-type="string"`, p) }
	date := func(d string) string { return cell(`office:value-type="date" office:date-value="`+d+`"`, "") }
	clock := func(d string) string { return cell(`office:value-type="time" office:time-value="`+d+`"`, "") }
	for name, tc := range map[string]struct{ cell, want string }{
		"a number":                 {number("1395.50"), `n"1395.5"`},
		"an integer":               {number("12345"), `n"12345"`},
		"a float":                  {number("3.3000000000000003"), `n"3.3000000000000003"`},
		"scientific":               {number("1.5E3"), `n"1500"`},
		"none":                     {number("abc"), `!cell A2 holds "abc", which is not a number ("shown")`},
		"a percentage":             {cell(`office:value-type="percentage" office:value="0.5"`, ""), `n"0.5"`},
		"a currency":               {cell(`office:value-type="currency" office:currency="KRW" office:value="1395"`, ""), `n"1395"`},
		"a day":                    {date("2024-04-17"), `d"2024-04-17"`},
		"a moment":                 {date("2024-04-17T05:30:00"), `s"2024-04-17T05:30:00"`},
		"one with a fraction":      {date("2024-04-17T05:30:15.25"), `s"2024-04-17T05:30:15.250"`},
		"one with a float's noise": {date("2024-04-17T05:29:59.999999999"), `s"2024-04-17T05:30:00"`},
		"a day before 1970":        {date("1899-12-30T23:00:00"), `s"1899-12-30T23:00:00"`},
		"no day":                   {date("2024-02-30"), `!cell A2 holds "2024-02-30", which is no date or time ("")`},
		"a time":                   {clock("PT05H30M00S"), `t"05:30:00"`},
		"one with its fraction":    {clock("PT05H30M00.250000000S"), `t"05:30:00.250"`},
		"a duration":               {clock("PT36H30M00S"), `"36:30:00"`},
		"one with days":            {clock("P1DT1M"), `"24:01:00"`},
		"one below zero":           {clock("-PT1H30M"), `"-01:30:00"`},
		"no time":                  {clock("PT1S2H"), `!cell A2 holds "PT1S2H", which is no time ("")`},
		"true":                     {cell(`office:value-type="boolean" office:boolean-value="true"`, ""), `b"TRUE"`},
		"false":                    {cell(`office:value-type="boolean" office:boolean-value="false"`, ""), `b"FALSE"`},
		"a text":                   {text("<text:p>김치 &amp; <text:span>라<text:a>면</text:a></text:span></text:p>"), `"김치 & 라면"`},
		"paragraphs":               {text("<text:p>a</text:p><text:p/><text:p>b</text:p>"), `"a\n\nb"`},
		"spaces, tabs, line ends":  {text("<text:p><text:s/>a <text:s text:c='2'/>b<text:tab/>c<text:line-break/>d</text:p>"), `" a   b\tc\nd"`},
		"a text in lines":          {text("<text:p>\n  a\n  b</text:p>"), `"a b"`},
		"a comment":                {text("<office:annotation><text:p>no</text:p></office:annotation><text:p>yes<text:note><text:p>no</text:p></text:note></text:p>"), `"yes"`},
		"a text as a value":        {cell(`office:value-type="string" office:string-value="a&lt;b"`, ""), `"a<b"`},
		"a text without a type":    {cell("", "<text:p>a</text:p>"), `"a"`},
		"a formula":                {cell(`table:formula="of:=1+1" office:value-type="float" office:value="2"`, "<text:p>2</text:p>"), `n"2"`},
		"one of an empty text":     {cell(`table:formula='of:=""' office:value-type="string" office:string-value=""`, "<text:p/>") + text("<text:p>x</text:p>"), `""`},
		"one that failed":          {cell(`table:formula="of:=NA()" office:value-type="string" office:string-value="" calcext:value-type="error"`, "<text:p>#N/A</text:p>"), `!cell A2 holds the error #N/A ("#N/A")`},
		"one that failed in Excel": {cell(`table:formula="of:=1/0" office:value-type="string"`, "<text:p>#DIV/0!</text:p>"), `!cell A2 holds the error #DIV/0! ("#DIV/0!")`},
		"one without a value":      {cell(`table:formula="of:=1+1"`, ""), `!the formula in cell A2 has no value: open the spreadsheet in LibreOffice and save it ("")`},
		"a text like an error":     {text("<text:p>#N/A</text:p>"), `"#N/A"`},
	} {
		got := readODS(t, newODS(odsAB+odsRow(tc.cell)), format.SheetReadOptions{Columns: []string{"a"}})
		if want := "1 2 " + tc.want + "\n"; got != want {
			t.Errorf("%s: got %s want %s", name, got, want)
		}
	}
}

func TestODSRows(t *testing.T) {
	one := `<table:table-cell office:value-type="float" office:value="1"/>`
	again := func(attrs, cells string) string {
		return "<table:table-row " + attrs + ">" + cells + "</table:table-row>"
	}
	ab := []string{"a", "b"}
	for name, tc := range map[string]struct {
		rows string
		o    format.SheetReadOptions
		want string
	}{
		"rows that are repeated":  {odsAB + again(`table:number-rows-repeated="2"`, one), format.SheetReadOptions{Columns: ab}, "1 2 n\"1\" \"\"\n2 3 n\"1\" \"\"\n"},
		"cells that are repeated": {odsAB + odsRow(`<table:table-cell table:number-columns-repeated="2" office:value-type="float" office:value="7"/>`), format.SheetReadOptions{Columns: ab}, "1 2 n\"7\" n\"7\"\n"},
		"a million empty ones": {
			odsAB + again(`table:number-rows-repeated="1000000"`, `<table:table-cell table:number-columns-repeated="16384"/>`) + odsRow(one) + again(`table:number-rows-repeated="1048576"`, `<table:table-cell table:number-columns-repeated="1024"/>`),
			format.SheetReadOptions{Columns: ab},
			"1 1000002 n\"1\" \"\"\n",
		},
		"rows in groups":           {"<table:table-header-rows>" + odsAB + "</table:table-header-rows><table:table-row-group><table:table-rows>" + again(`table:visibility="collapse"`, one) + "</table:table-rows></table:table-row-group>", format.SheetReadOptions{Columns: ab}, "1 2 n\"1\" \"\"\n"},
		"cells that are covered":   {odsAB + odsRow(`<table:covered-table-cell/>`+one), format.SheetReadOptions{Columns: ab}, "1 2 \"\" n\"1\"\n"},
		"names further down":       {odsRow(one) + odsRow("") + odsAB + odsRow(one), format.SheetReadOptions{Columns: ab, HeaderLine: 3}, "1 4 n\"1\" \"\"\n"},
		"no names":                 {odsRow(one), format.SheetReadOptions{Columns: []string{"1"}, NoHeader: true}, "1 1 n\"1\"\n"},
		"records":                  {odsAB + odsRow(one), format.SheetReadOptions{Columns: []string{"b"}, Record: true}, "1 2 \"\" [\"1\" \"\"] true\n"},
		"nothing":                  {"", format.SheetReadOptions{Columns: ab}, "error: there is nothing in the sheet\n"},
		"repeated without a sense": {odsAB + again(`table:number-rows-repeated="-1"`, one), format.SheetReadOptions{Columns: ab}, "error: line 1: part content.xml of the workbook: behind row 1 something is said to be there \"-1\" times\n"},
		"beyond the last row":      {odsAB + again(`table:number-rows-repeated="1048575"`, "") + odsRow(one), format.SheetReadOptions{Columns: ab}, "error: line 1: the sheet has a row 1048577, and 1048576 is the last that a sheet has\n"},
		"beyond the last column":   {odsAB + odsRow(`<table:table-cell table:number-columns-repeated="16384"/>`+one), format.SheetReadOptions{Columns: ab}, "error: line 1: part content.xml of the workbook: row 2 has more than the 16384 cells of a sheet\n"},
	} {
		if got := readODS(t, newODS(tc.rows), tc.o); got != tc.want {
			t.Errorf("%s: got %s want %s", name, got, tc.want)
		}
	}
}

func TestODSSheets(t *testing.T) {
	row := func(n string) string {
		return odsAB + odsRow(`<table:table-cell office:value-type="float" office:value="`+n+`"/>`)
	}
	k := newODS("")
	k["content.xml"] = odsHead + odsSheet("hid", "ta2", row("0")) + odsSheet("first", "ta1", row("1")) + odsSheet("둘째", "ta1", row("2")) + odsTail
	encrypted := newODS("").with("META-INF/manifest.xml", `<manifest:manifest><manifest:file-entry><manifest:encryption-data/></manifest:file-entry></manifest:manifest>`)
	for name, tc := range map[string]struct {
		book        book
		sheet, want string
	}{
		"the first":   {k, "", "1 2 n\"1\"\n"},
		"by number":   {k, "2", "1 2 n\"2\"\n"},
		"by name":     {k, "둘째", "1 2 n\"2\"\n"},
		"in any case": {k, "FIRST", "1 2 n\"1\"\n"},
		"hidden":      {k, "hid", "1 2 n\"0\"\n"},
		"none":        {k, "third", "error: the workbook has no sheet \"third\"; it has \"hid\", \"first\", \"둘째\"\n"},
		"no number":   {k, "3", "error: the workbook has no sheet 3: there are 2 that are not hidden, \"first\", \"둘째\"\n"},
		"encrypted":   {encrypted, "", "error: the spreadsheet is encrypted: open it in LibreOffice and save it without a password\n"},
		"Excel's":     {newBook(""), "", "error: this is no spreadsheet of OpenDocument (.ods) but a workbook of Excel: from.format: xlsx reads it\n"},
		"a text":      {book{"mimetype": "", "content.xml": "<office:document-content><office:body><office:text/></office:body></office:document-content>"}, "", "error: part content.xml of the workbook: this is no spreadsheet of OpenDocument (.ods) but another document of LibreOffice\n"},
	} {
		if got := readODS(t, tc.book, format.SheetReadOptions{Columns: []string{"a"}, Sheet: tc.sheet}); got != tc.want {
			t.Errorf("%s: got %s want %s", name, got, tc.want)
		}
	}
}

// What LibreOffice itself wrote: see testdata/sheets/README.md.
func TestSheetsOfLibreOffice(t *testing.T) {
	const want = `1 2 "007" "김치 라면" n"1395.5" n"3" d"2024-04-17" s"2024-04-17T05:30:00" t"05:30:00" "36:30:00" n"1" "a\nb"
2 3 "008" "a  b   c & <d>" n"0.1" n"-1" d"1999-12-31" s"2024-04-17T05:30:15.250" t"23:59:59" t"01:30:00" n"0" " padded "
3 5 "009" n"2" !cell C5 holds the error #DIV/0! ("#DIV/0!") !cell D5 holds the error #N/A ("#N/A") d"2024-04-17" "" "" "" n"1" n"3.3"
4 6 "009" "merged" "" n"9007199254740991" "" "" "" "" "" "end"
5 7 "010" "same" n"1" n"1" n"1" n"1" n"1" n"1" "" "x"
6 8 "011" "same" n"7" n"7" "" "" "" "" "" "x"
7 9 "011" "same" n"7" n"7" "" "" "" "" "" "x"
8 10 "011" "same" n"7" n"7" "" "" "" "" "" "x"
`
	for _, form := range []string{"ods", "xls"} {
		data, err := os.ReadFile("testdata/sheets/libreoffice." + form)
		if err != nil {
			t.Fatal(err)
		}
		o := format.SheetReadOptions{Columns: []string{"code", "name", "price", "qty", "day", "moment", "clock", "span", "ok", "note"}}
		want := want
		if form == "xls" { // which keeps that they are booleans, and all digits
			want = strings.NewReplacer(`"36:30:00" n"1"`, `"36:30:00" b"TRUE"`, `"01:30:00" n"0"`, `"01:30:00" b"FALSE"`, `"" n"1" n"3.3"`, `"" b"TRUE" n"3.3000000000000003"`).Replace(want)
		}
		if got := xlsxRead(format.NewSheetReader(form, bytes.NewReader(data), int64(len(data)), o)); got != want {
			t.Errorf("%s: got %s\nwant %s", form, got, want)
		}
		o = format.SheetReadOptions{Columns: []string{"a", "b"}, Sheet: "둘째"}
		if got := xlsxRead(format.NewSheetReader(form, bytes.NewReader(data), int64(len(data)), o)); got != "1 2 n\"1\" n\"2\"\n" {
			t.Errorf("%s: the other sheet: %s", form, got)
		}
	}
}

// What would take memory or time without end is refused within limits of both.
func TestODSHostile(t *testing.T) {
	const part = "content.xml"
	open, end := odsHead+`<table:table table:name="s">`+odsAB, "</table:table>"+odsTail
	cell := `<table:table-cell table:number-columns-repeated="16384" office:value-type="string"><text:p>x</text:p></table:table-cell>`
	many := func(rows string) func() []byte { return func() []byte { return newODS(rows).bytes(t) } }
	for name, tc := range map[string]struct {
		data func() []byte
		want string
	}{
		"a sheet of repeated cells":     {many(odsAB + `<table:table-row table:number-rows-repeated="1000000">` + cell + `</table:table-row>`), "more than 50000000 cells of the sheet are repeated ones"},
		"a large text that is repeated": {many(odsAB + odsRow(`<table:table-cell table:number-columns-repeated="2" office:value-type="string"><text:p>`+strings.Repeat("y", 900_000)+`</text:p></table:table-cell>`)), "the row has more than 1048576 bytes, the most that is held"},
		"spaces without end":            {many(odsAB + odsRow(`<table:table-cell><text:p>`+strings.Repeat(`<text:s text:c="900000"/>`, 2000)+`</text:p></table:table-cell>`)), "with it the row has more than 1048576 bytes, the most that is held"},
		"an attribute without end": {func() []byte {
			return largeIn(t, newODS(""), part, open+`<table:table-row a="`, "x", `"/>`+end, 20<<20)
		}, "a text or tag in it has more than 1048576 bytes"},
		"a cell without end": {func() []byte {
			return largeIn(t, newODS(""), part, open+`<table:table-row><table:table-cell>`, "<text:p>x</text:p>", `</table:table-cell></table:table-row>`+end, 20<<20)
		}, "with it the row has more than 1048576 bytes"},
		"ten million cells": {func() []byte {
			return largeIn(t, newODS(""), part, open+`<table:table-row>`, `<table:table-cell office:value-type="float" office:value="1"/>`, `</table:table-row>`+end, 40<<20)
		}, "row 2 has more than the 16384 cells of a sheet"},
		"rows without end": {func() []byte {
			return largeIn(t, newODS(""), part, open, odsRow(`<table:table-cell office:value-type="float" office:value="1"/>`), end, 120<<20)
		}, "the sheet has a row 1048577, and 1048576 is the last that a sheet has"},
		"elements in one another":       {func() []byte { return largeIn(t, newODS(""), part, open, "<a>", "", 1<<20) }, "its elements are more than 200 deep"},
		"entities":                      {func() []byte { return newODS("").with(part, `<!DOCTYPE a [<!ENTITY b "c">]>`+odsHead).bytes(t) }, "it declares a document type"},
		"a file that is cut off":        {func() []byte { d := newODS(odsAB).bytes(t); return d[:len(d)-30] }, "the workbook is cut off or damaged"},
		"content that is":               {func() []byte { return newODS("").with(part, open).bytes(t) }, "its XML is cut off"},
		"styles and sheets without end": {func() []byte { return largeIn(t, newODS(""), part, odsHead, odsSheet("s", "ta1", ""), odsTail, 20<<20) }, "it has more than the 10000 sheets that a spreadsheet may have"},
	} {
		t.Run(name, func(t *testing.T) {
			data := tc.data()
			o := format.SheetReadOptions{Columns: []string{"a"}, MaxRecord: 1 << 20, Record: true}
			if strings.HasPrefix(name, "styles") {
				o.Sheet = "none"
			}
			refusedInBounds(t, format.NewODSReader(bytes.NewReader(data), int64(len(data)), o), tc.want)
		})
	}
}
