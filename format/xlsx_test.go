package format_test

import (
	"archive/zip"
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"

	"github.com/seed-128c3863/sluice/format"
	"github.com/seed-128c3863/sluice/row"
)

// A book is a workbook as its parts, made by hand: what no library writes.
type book map[string]string

const (
	bookNS  = `xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main" xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships"`
	relsNS  = `<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">`
	relType = `http://schemas.openxmlformats.org/officeDocument/2006/relationships/`
)

// newBook is one of a sheet whose sheetData holds rows, of styles whose number
// formats are 0 to 4: General, a date, a date and time, a time and a duration.
func newBook(rows string) book {
	return book{
		"[Content_Types].xml":      `<Types/>`,
		"_rels/.rels":              relsNS + `<Relationship Id="a" Type="` + relType + `officeDocument" Target="xl/workbook.xml"/></Relationships>`,
		"xl/workbook.xml":          `<?xml version="1.0" encoding="UTF-8"?><workbook ` + bookNS + `><workbookPr/><sheets><sheet name="One" sheetId="1" r:id="r1"/></sheets></workbook>`,
		"xl/worksheets/sheet1.xml": `<worksheet ` + bookNS + `><dimension ref="A1:B2"/><sheetData>` + rows + `</sheetData></worksheet>`,
		"xl/styles.xml": `<styleSheet ` + bookNS + `><numFmts><numFmt numFmtId="170" formatCode="yyyy&quot;년&quot;\ m&quot;월&quot;\ d&quot;일&quot;"/></numFmts>` +
			`<cellStyleXfs><xf numFmtId="14"/></cellStyleXfs><cellXfs><xf numFmtId="0"/><xf numFmtId="170"/><xf numFmtId="22"/><xf numFmtId="21"/><xf numFmtId="46"/><xf numFmtId="35"/></cellXfs></styleSheet>`,
		"xl/_rels/workbook.xml.rels": relsNS + `<Relationship Id="r1" Type="` + relType + `worksheet" Target="worksheets/sheet1.xml"/>` +
			`<Relationship Id="r2" Type="` + relType + `styles" Target="/xl/styles.xml"/><Relationship Id="r3" Type="` + relType + `sharedStrings" Target="sharedStrings.xml"/></Relationships>`,
	}
}

// with replaces a part.
func (k book) with(name, text string) book {
	k[name] = text
	return k
}

// bytes are the workbook's.
func (k book) bytes(t testing.TB) []byte {
	t.Helper()
	var out bytes.Buffer
	w := zip.NewWriter(&out)
	for name, text := range k {
		part, err := w.Create(name)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := part.Write([]byte(text)); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// xlsxRead is all that a reader gives, a line for each row or error: its number,
// its line, then its cells. n, d, t, s and b stand before numbers, dates, times,
// timestamps and booleans, ! before what is wrong with a cell; ∅ is null.
func xlsxRead(r *format.SheetReader) string {
	var out strings.Builder
	marks := map[row.Kind]string{row.String: "", row.Float64: "n", row.Date: "d", row.Time: "t", row.Timestamp: "s", row.Bool: "b"}
	b := &row.Batch{}
	for {
		err := r.Read(b)
		for i := range b.Len {
			fmt.Fprintf(&out, "%d %d", b.Row[i], b.Line[i])
			for c := range b.Cols {
				col := &b.Cols[c]
				switch {
				case col.BreakAt(i).Why == row.Faulty:
					fmt.Fprintf(&out, " !%s (%q)", col.BreakAt(i).Cell, col.Bytes[i])
				case col.Null[i]:
					out.WriteString(" ∅")
				default:
					fmt.Fprintf(&out, " %s%q", marks[col.Kinds[i]], col.Bytes[i])
				}
			}
			if b.Record != nil {
				cells, ok := r.Cells(b.Record[i])
				fmt.Fprintf(&out, " %q %v", cells, ok)
			}
			out.WriteByte('\n')
		}
		switch {
		case errors.Is(err, io.EOF):
			return out.String()
		case err != nil:
			return out.String() + "error: " + err.Error() + "\n"
		}
	}
}

func readBook(t testing.TB, k book, o format.SheetReadOptions) string {
	t.Helper()
	data := k.bytes(t)
	return xlsxRead(format.NewXLSXReader(bytes.NewReader(data), int64(len(data)), o))
}

const abHeader = `<row r="1"><c r="A1" t="inlineStr"><is><t>a</t></is></c><c r="B1" t="inlineStr"><is><t>b</t></is></c></row>`

func TestXLSXCells(t *testing.T) {
	cell := func(attrs, inside string) string { return `<row r="2"><c r="A2"` + attrs + `>` + inside + `</c></row>` }
	number := func(text string) string { return cell("", "<v>"+text+"</v>") }
	styled := func(s int, text string) string { return cell(fmt.Sprintf(` s="%d"`, s), "<v>"+text+"</v>") }
	for name, tc := range map[string]struct{ row, want string }{
		"an integer":                {number("12345"), `n"12345"`},
		"zeros that say nothing":    {number("12345.00"), `n"12345"`},
		"a code of 17 digits":       {number("12345678901234567"), `n"12345678901234567"`},
		"0.1":                       {number("0.1"), `n"0.1"`},
		"0.1 as Excel writes it":    {number("0.10000000000000001"), `n"0.1"`},
		"1.1 as Excel writes it":    {number("1.1000000000000001"), `n"1.1"`},
		"a float that was computed": {number("0.30000000000000004"), `n"0.30000000000000004"`},
		"scientific":                {number("1.5E+3"), `n"1500"`},
		"large":                     {number("1.2345678901234499E+16"), `n"12345678901234500"`},
		"very large":                {number("1E300"), `n"1e+300"`},
		"small":                     {number("-1.5E-9"), `n"-1.5e-09"`},
		"minus nothing":             {number("-0.0"), `n"0"`},
		"leading zeros":             {number("007"), `n"7"`},
		"white space":               {number(" 7\n"), `n"7"`},
		"no number":                 {number("seven"), `error: line 2: cell A2: "seven" is not a number`},
		"infinity":                  {number("1e999"), `error: line 2: cell A2: "1e999" is beyond the numbers of a workbook`},
		"not a number":              {number("NaN"), `error: line 2: cell A2: "NaN" is not a number`},
		"true":                      {cell(` t="b"`, "<v>1</v>"), `b"TRUE"`},
		"neither":                   {cell(` t="b"`, "<v>2</v>"), `error: line 2: cell A2: "2" is neither true nor false`},
		"an error":                  {cell(` t="e"`, "<v>#N/A</v>"), `!cell A2 holds the error #N/A ("#N/A")`},
		"a formula":                 {cell("", "<f>1+1</f><v>2</v>"), `n"2"`},
		"a formula's text":          {cell(` t="str"`, "<f>A</f><v>x &amp; _x000D_</v>"), `"x & \r"`},
		"a formula of nothing":      {cell(` t="str"`, "<f>A</f><v></v>") + `<row r="3"><c r="A3"><v>1</v></c></row>`, "n\"1\""},
		"a formula without a value": {cell("", "<f>1+1</f><v/>"), `!the formula in cell A2 has no value: open the workbook in Excel or LibreOffice and save it ("")`},
		"a text and its runs":       {cell(` t="inlineStr"`, "<is><r><rPr><b/></rPr><t>東</t></r><r><t xml:space=\"preserve\"> 京</t></r><rPh sb=\"0\" eb=\"1\"><t>トウ</t></rPh><phoneticPr fontId=\"1\"/></is>"), `"東 京"`},
		"CDATA and comments":        {cell(` t="inlineStr"`, "<is><t>a<!-- <t> --><![CDATA[<&amp;>]]></t></is>"), `"a<&amp;>"`},
		"line breaks":               {cell(` t="inlineStr"`, "<is><t>a\r\nb\rc&#10;d&#xD;e_x000D_f_x005F_x0041_</t></is>"), `"a\nb\nc\nd\re\rf_x0041_"`},
		"NUL":                       {cell(` t="inlineStr"`, "<is><t>_x0000_</t></is>"), `!the text in cell A2 has a character NUL in it ("")`},
		"not UTF-8":                 {cell(` t="inlineStr"`, "<is><t>\xff</t></is>"), "error: line 2: part xl/worksheets/sheet1.xml of the workbook: a text in it is not UTF-8"},
		"an entity":                 {cell(` t="inlineStr"`, "<is><t>&lol;</t></is>"), `error: line 2: part xl/worksheets/sheet1.xml of the workbook: "&lol;" is no entity of XML's own`},
		"no such shared text":       {cell(` t="s"`, "<v>3</v>"), `error: line 2: cell A2: it names the shared text "3", and there are 0`},
		"no such type":              {cell(` t="x"`, "<v>3</v>"), `cell A2 has the type "x", which is not known`},

		"a date":                        {styled(1, "45399"), `d"2024-04-17"`},
		"a date with a time of day":     {styled(1, "45399.5"), `s"2024-04-17T12:00:00"`},
		"the first day":                 {styled(1, "1"), `d"1900-01-01"`},
		"before the day that never was": {styled(1, "59"), `d"1900-02-28"`},
		"the day that never was":        {styled(1, "60"), `!cell A2 is a date or time by its format, and holds 60: it is 1900-02-29, a day that never was ("60")`},
		"after it":                      {styled(1, "61"), `d"1900-03-01"`},
		"no day":                        {styled(1, "0"), `which Excel shows as 1900-01-00 ("0")`},
		"negative":                      {styled(1, "-1"), `it is negative, which is no date ("-1")`},
		"the last day":                  {styled(1, "2958465"), `d"9999-12-31"`},
		"after the last day":            {styled(1, "2958466"), `it is no day that Excel has ("2958466")`},
		"beyond all days":               {styled(1, "1e300"), `it is no day that Excel has ("1e+300")`},
		"a timestamp at midnight":       {styled(2, "45399"), `s"2024-04-17T00:00:00"`},
		"a timestamp":                   {styled(2, "45399.229166666664"), `s"2024-04-17T05:30:00"`},
		"milliseconds":                  {styled(2, "45399.229168090278"), `s"2024-04-17T05:30:00.123"`},
		"a time":                        {styled(3, "0.22916666666666666"), `t"05:30:00"`},
		"midnight":                      {styled(3, "0"), `t"00:00:00"`},
		"a time of a day":               {styled(3, "45399.25"), `s"2024-04-17T06:00:00"`},
		"a short duration":              {styled(4, "0.5"), `t"12:00:00"`},
		"a duration":                    {styled(4, "1.5208333333333333"), `"36:30:00"`},
		"a long one":                    {styled(4, "100.00001157407408"), `"2400:00:01"`},
		"one that is negative":          {styled(4, "-0.0625"), `"-01:30:00"`},
		"by language, a date":           {styled(5, "45399"), `d"2024-04-17"`},
		"by language, a time":           {styled(5, "0.25"), `t"06:00:00"`},
		"ISO, a date":                   {cell(` t="d" s="1"`, "<v>2024-04-17T00:00:00</v>"), `d"2024-04-17"`},
		"ISO, a timestamp":              {cell(` t="d"`, "<v>2024-04-17T05:30:00.5</v>"), `s"2024-04-17T05:30:00.5"`},
		"ISO, a time":                   {cell(` t="d"`, "<v>05:30:00</v>"), `t"05:30:00"`},
		"ISO, with a zone":              {cell(` t="d"`, "<v>2024-04-17T05:30:00Z</v>"), `"2024-04-17T05:30:00Z"`},
		"no date":                       {cell(` t="d"`, "<v>today</v>"), `"today" is no date or time`},
		"a style that is not there":     {styled(99, "1"), `n"1"`},
	} {
		got := readBook(t, newBook(abHeader+tc.row), format.SheetReadOptions{Columns: []string{"a"}})
		if got = strings.TrimPrefix(strings.TrimPrefix(got, "1 2 "), "1 3 "); !strings.Contains(got, tc.want) || !strings.HasPrefix(tc.want, "error") && strings.HasPrefix(got, "error") && !strings.Contains(got, tc.want) {
			t.Errorf("%s: got %swant %s", name, got, tc.want)
		}
	}
}

func TestXLSXFrom1904(t *testing.T) {
	k := newBook(abHeader + `<row r="2"><c r="A2" s="1"><v>0</v></c><c r="B2" s="2"><v>43937.229166666664</v></c></row>`)
	k["xl/workbook.xml"] = strings.Replace(k["xl/workbook.xml"], "<workbookPr/>", `<workbookPr date1904="1"/>`, 1)
	if got, want := readBook(t, k, format.SheetReadOptions{Columns: []string{"a", "b"}}), "1 2 d\"1904-01-01\" s\"2024-04-17T05:30:00\"\n"; got != want {
		t.Errorf("got %swant %s", got, want)
	}
}

func TestXLSXRows(t *testing.T) {
	const note = `<row r="1"><c r="A1" t="inlineStr"><is><t>Prices of May</t></is></c></row><row r="2"/>`
	ab := []string{"a", "b"}
	for name, tc := range map[string]struct {
		rows string
		o    format.SheetReadOptions
		want string
	}{
		"empty rows are no records": {
			`<row r="1"/><row r="3"><c r="B3" t="str"><v>a</v></c><c r="C3" t="str"><v>b</v></c></row><row r="4"><c r="A4" s="3"/></row><row r="7" hidden="1"><c r="C7"><v>1</v></c></row><row r="9"><c r="B9" t="inlineStr"><is><t></t></is></c></row>`,
			format.SheetReadOptions{Columns: ab},
			"1 7 \"\" n\"1\"\n",
		},
		"rows and cells need not say where they are": {
			`<row><c t="str"><v>a</v></c><c t="str"><v>b</v></c></row><row><c><v>1</v></c><c><v>2</v></c></row>`,
			format.SheetReadOptions{Columns: ab},
			"1 2 n\"1\" n\"2\"\n",
		},
		"names further down": {
			note + `<row r="3"><c r="A3" t="str"><v>a</v></c><c r="B3"><v>2024</v></c></row><row r="4"><c r="A4"><v>1</v></c></row>`,
			format.SheetReadOptions{Columns: []string{"a", "2024"}, HeaderLine: 3},
			"1 4 n\"1\" \"\"\n",
		},
		"names in an empty line":          {note + `<row r="3"/>`, format.SheetReadOptions{Columns: ab, HeaderLine: 2}, "error: line 2: the line that should hold the columns' names is empty\n"},
		"names in a line that is not":     {abHeader + `<row r="7"/>`, format.SheetReadOptions{Columns: ab, HeaderLine: 5}, "error: line 5: the line that should hold the columns' names is empty\n"},
		"names behind the end":            {abHeader, format.SheetReadOptions{Columns: ab, HeaderLine: 5}, "error: line 1: the sheet ends before line 5, which should hold the columns' names\n"},
		"nothing":                         {"", format.SheetReadOptions{Columns: ab}, "error: there is nothing in the sheet\n"},
		"names alone":                     {abHeader, format.SheetReadOptions{Columns: ab}, ""},
		"a name that is an error":         {`<row r="1"><c r="A1" t="e"><v>#REF!</v></c></row>`, format.SheetReadOptions{Columns: ab}, "error: line 1: in the line of the columns' names cell A1 holds the error #REF!\n"},
		"a name twice":                    {strings.Replace(abHeader, "<t>b<", "<t>a<", 1), format.SheetReadOptions{Columns: ab}, "error: line 1: the header has \"a\" more than once: say which of them, as \"a (1)\" for the first\n"},
		"a column that is not there":      {abHeader, format.SheetReadOptions{Columns: []string{"c"}}, "error: line 1: the header has no \"c\"; it has \"a\", \"b\" (absent_columns: \"null\" gives nulls)\n"},
		"a column that may be absent":     {abHeader + `<row r="2"><c r="A2"><v>1</v></c></row>`, format.SheetReadOptions{Columns: []string{"c", "a"}, AbsentNull: true}, "1 2 ∅ n\"1\"\n"},
		"a column too many":               {abHeader, format.SheetReadOptions{Columns: []string{"a"}, RefuseExtra: true}, "error: line 1: nothing reads \"b\" (extra_columns: ignore leaves it out)\n"},
		"a cell in a column without name": {abHeader + `<row r="2"><c r="A2"><v>1</v></c><c r="D2"><v>9</v></c></row><row r="3"><c r="D3"><v>9</v></c></row>`, format.SheetReadOptions{Columns: ab}, "1 2 n\"1\" \"\"\n"},
		"one that is refused": {
			abHeader + `<row r="2"><c r="A2"><v>1</v></c><c r="AB2"><v>9</v></c></row>`,
			format.SheetReadOptions{Columns: ab, RefuseExtra: true},
			"error: line 2: nothing reads column AB, in which cell AB2 holds something (extra_columns: ignore leaves it out)\n",
		},
		"no names": {
			`<row r="2"><c r="A2"><v>1</v></c></row><row r="3"><c r="C3"><v>3</v></c></row>`,
			format.SheetReadOptions{Columns: []string{"3", "1"}, NoHeader: true},
			"1 2 \"\" n\"1\"\n2 3 n\"3\" \"\"\n",
		},
		"a name where there are numbers": {`<row r="2"/>`, format.SheetReadOptions{Columns: []string{"b", "2"}, NoHeader: true}, "error: a sheet without names has no \"b\"; it has \"1\", \"2\" (absent_columns: \"null\" gives nulls)\n"},
		"records": {
			abHeader + `<row r="2"><c r="B2" s="1"><v>45399</v></c></row><row r="3"><c r="A3"><v>0.30000000000000004</v></c><c r="B3" t="e"><v>#N/A</v></c></row>`,
			format.SheetReadOptions{Columns: []string{"a"}, Record: true},
			"1 2 \"\" [\"\" \"2024-04-17\"] true\n2 3 n\"0.30000000000000004\" [\"0.3\" \"#N/A\"] true\n",
		},
		"rows out of order":     {abHeader + `<row r="5"/><row r="5"/>`, format.SheetReadOptions{Columns: ab}, "error: line 5: part xl/worksheets/sheet1.xml of the workbook: row 5 stands behind row 5\n"},
		"cells out of order":    {abHeader + `<row r="5"><c r="B5"/><c r="A5"/></row>`, format.SheetReadOptions{Columns: ab}, "error: line 5: part xl/worksheets/sheet1.xml of the workbook: cell A5 stands behind cell B5\n"},
		"a cell of another row": {abHeader + `<row r="5"><c r="B6"/></row>`, format.SheetReadOptions{Columns: ab}, "error: line 5: part xl/worksheets/sheet1.xml of the workbook: it has the cell B6 in row 5\n"},
		"a cell nowhere":        {abHeader + `<row r="5"><c r="ABCD5"/></row>`, format.SheetReadOptions{Columns: ab}, "error: line 5: part xl/worksheets/sheet1.xml of the workbook: it has a cell at \"ABCD5\", which is no place\n"},
		"a row beyond the last": {abHeader + `<row r="1048577"/>`, format.SheetReadOptions{Columns: ab}, "error: line 1: part xl/worksheets/sheet1.xml of the workbook: it has a row 1048577, and 1048576 is the last of a sheet\n"},
	} {
		if got := readBook(t, newBook(tc.rows), tc.o); got != tc.want {
			t.Errorf("%s:\ngot  %swant %s", name, got, tc.want)
		}
	}
}

// What a workbook may look like, and what it is told by where it is none.
func TestXLSXBooks(t *testing.T) {
	cells := abHeader + `<row r="2"><c r="A2" t="s"><v>1</v></c></row>`
	shared := `<sst ` + bookNS + `><si><t>zero</t></si><si><r><t>o</t></r><r><t>ne</t></r></si></sst>`
	sheets := func(k book, text string) book {
		k["xl/workbook.xml"] = `<workbook ` + bookNS + `><sheets>` + text + `</sheets></workbook>`
		k["xl/_rels/workbook.xml.rels"] = strings.Replace(k["xl/_rels/workbook.xml.rels"], "</Relationships>",
			`<Relationship Id="r8" Type="`+relType+`chartsheet" Target="chartsheets/sheet1.xml"/><Relationship Id="r9" Type="`+relType+`worksheet" Target="worksheets/other.xml"/></Relationships>`, 1)
		return k.with("xl/worksheets/other.xml", "<worksheet/>").with("xl/sharedStrings.xml", shared)
	}
	prefixed := func(k book) book {
		for name, text := range k {
			text = strings.NewReplacer("</", "</x:", "<", "<x:", "<?", "<?").Replace(text)
			k[name] = strings.NewReplacer("<x:/x:", "</x:", "<x:/", "</x:", "<x:?", "<?").Replace(text)
		}
		return k
	}
	for name, tc := range map[string]struct {
		book  book
		sheet string
		want  string
	}{
		"shared texts":                  {newBook(cells).with("xl/sharedStrings.xml", shared), "", "1 2 \"one\"\n"},
		"with a prefix, as OpenXML has": {prefixed(newBook(cells).with("xl/sharedStrings.xml", shared)), "", "1 2 \"one\"\n"},
		"strict": {newBook(cells).with("xl/sharedStrings.xml", strings.Replace(shared, "http://schemas.openxmlformats.org/spreadsheetml/2006/main", "http://purl.oclc.org/ooxml/spreadsheetml/main", 1)).
			with("_rels/.rels", relsNS+`<Relationship Id="a" Type="http://purl.oclc.org/ooxml/officeDocument/relationships/officeDocument" Target="/xl/workbook.xml"/></Relationships>`), "", "1 2 \"one\"\n"},
		"no styles, no links to it":   {book{"xl/workbook.xml": newBook("")["xl/workbook.xml"], "xl/_rels/workbook.xml.rels": newBook("")["xl/_rels/workbook.xml.rels"], "xl/sharedStrings.xml": shared, "xl/worksheets/sheet1.xml": newBook(cells)["xl/worksheets/sheet1.xml"]}, "", "1 2 \"one\"\n"},
		"names in other cases":        {newBook(cells).with("XL\\SharedStrings.xml", shared), "", "1 2 \"one\"\n"},
		"the first that is seen":      {sheets(newBook(cells), `<sheet name="Chart" r:id="r8"/><sheet name="Hidden" state="hidden" r:id="r9"/><sheet name="One" r:id="r1"/>`), "", "1 2 \"one\"\n"},
		"by name":                     {sheets(newBook(cells), `<sheet name="Other" r:id="r9"/><sheet name="가격 &amp; &quot;" r:id="r1"/>`), `가격 & "`, "1 2 \"one\"\n"},
		"by name, in another case":    {sheets(newBook(cells), `<sheet name="Other" r:id="r9"/><sheet name="Prices" r:id="r1"/>`), "PRICES", "1 2 \"one\"\n"},
		"by number":                   {sheets(newBook(cells), `<sheet name="H" state="veryHidden" r:id="r9"/><sheet name="Other" r:id="r9"/><sheet name="P" r:id="r1"/>`), "2", "1 2 \"one\"\n"},
		"a hidden one by name":        {sheets(newBook(cells), `<sheet name="Other" r:id="r9"/><sheet name="P" state="hidden" r:id="r1"/>`), "P", "1 2 \"one\"\n"},
		"a name that is a number":     {sheets(newBook(cells), `<sheet name="2" r:id="r1"/><sheet name="Other" r:id="r9"/>`), "2", "1 2 \"one\"\n"},
		"no such name":                {sheets(newBook(cells), `<sheet name="A" r:id="r1"/><sheet name="B" r:id="r9"/>`), "C", "error: the workbook has no sheet \"C\"; it has \"A\", \"B\"\n"},
		"no such number":              {sheets(newBook(cells), `<sheet name="A" r:id="r1"/><sheet name="B" state="hidden" r:id="r9"/>`), "2", "error: the workbook has no sheet 2: there are 1 that are not hidden, \"A\"\n"},
		"a chart":                     {sheets(newBook(cells), `<sheet name="A" r:id="r8"/>`), "A", "error: the sheet \"A\" has no cells: it is a chart or a dialog\n"},
		"no sheet of cells":           {sheets(newBook(cells), `<sheet name="A" r:id="r8"/>`), "", "error: the workbook has no sheet of cells that is not hidden; from.sheet names one: \"A\"\n"},
		"a binary workbook":           {book{"xl/workbook.bin": ""}, "", "error: this is a binary workbook (.xlsb): open it in Excel or LibreOffice and save it as .xlsx\n"},
		"LibreOffice's own":           {book{"mimetype": "", "content.xml": ""}, "", "error: this is no workbook of Excel (.xlsx) but a document of LibreOffice: if it is a spreadsheet, from.format: ods reads it\n"},
		"another archive":             {book{"a.txt": ""}, "", "error: this is no workbook of Excel (.xlsx) but a ZIP archive of something else\n"},
		"a part that is not there":    {newBook(cells).with("xl/_rels/workbook.xml.rels", relsNS+`<Relationship Id="r1" Type="`+relType+`worksheet" Target="../../../etc/passwd"/></Relationships>`), "", "error: the workbook has no part \"etc/passwd\"\n"},
		"another encoding":            {newBook(cells).with("xl/worksheets/sheet1.xml", `<?xml version="1.0" encoding="EUC-KR"?><worksheet/>`), "", "error: part xl/worksheets/sheet1.xml of the workbook: its XML is not UTF-8: open the workbook in Excel or LibreOffice and save it\n"},
		"UTF-16":                      {newBook(cells).with("xl/worksheets/sheet1.xml", "\xff\xfe<\x00w\x00"), "", "error: part xl/worksheets/sheet1.xml of the workbook: its XML is not UTF-8: open the workbook in Excel or LibreOffice and save it\n"},
		"a document type":             {newBook(cells).with("xl/sharedStrings.xml", `<!DOCTYPE sst [<!ENTITY lol "lol">]><sst/>`), "", "error: part xl/sharedStrings.xml of the workbook: it declares a document type, which no workbook has\n"},
		"XML that is cut off":         {newBook(cells).with("xl/worksheets/sheet1.xml", `<worksheet><sheetData>`+abHeader), "", "error: line 1: part xl/worksheets/sheet1.xml of the workbook: its XML is cut off\n"},
		"elements that do not match":  {newBook(cells).with("xl/worksheets/sheet1.xml", `<worksheet><sheetData></worksheet>`), "", "error: part xl/worksheets/sheet1.xml of the workbook: its XML ends an element \"worksheet\" that is not the last begun\n"},
		"elements within one another": {newBook(cells).with("xl/worksheets/sheet1.xml", strings.Repeat("<a>", 201)), "", "error: part xl/worksheets/sheet1.xml of the workbook: it is no sheet of cells\n"},
		"no XML":                      {newBook(cells).with("xl/worksheets/sheet1.xml", "{}"), "", "error: part xl/worksheets/sheet1.xml of the workbook: it is not XML\n"},
	} {
		if got := readBook(t, tc.book, format.SheetReadOptions{Columns: []string{"a"}, Sheet: tc.sheet}); got != tc.want {
			t.Errorf("%s:\ngot  %swant %s", name, got, tc.want)
		}
	}
}

func TestXLSXFormats(t *testing.T) {
	for code, want := range map[string]string{
		"General": "number", "0": "number", "0.00E+00": "number", "#,##0;[Red]-#,##0": "number", `"₩"#,##0`: "number", `[$₩-412]#,##0`: "number", "@": "number",
		`0"d"`: "number", `0\d`: "number", "# ?/?": "number", "0%": "number", `General"원"`: "number", "G/표준": "number", `_-* #,##0.00_-;\-* #,##0.00_-`: "number", "": "number",
		"yyyy-mm-dd": "date", "YYYY/MM/DD": "date", `yyyy"년" m"월" d"일"`: "date", `yyyy"년"\ m"월"\ d"일";@`: "date", "[$-412]yyyy\"년\" m\"월\" d\"일\";@": "date", "d-mmm-yy": "date",
		"mmm": "date", "dddd": "date", "[$-F800]dddd, mmmm dd, yyyy": "date", `ggge"年"m"月"d"日"`: "date", "yyyy年m月d日": "date", "[Red]yyyy": "date", "bbbb-mm-dd": "date",
		"h:mm": "time", "hh:mm:ss": "time", "mm:ss": "time", "mm:ss.0": "time", "h:mm:ss AM/PM": "time", "[$-F400]h:mm:ss AM/PM": "time", `h"시" mm"분"`: "time", `오전/오후 h"시" mm"분"`: "time", "上午/下午h时mm分": "time",
		"yyyy-mm-dd hh:mm:ss": "stamp", "m/d/yy h:mm": "stamp", "yyyy-mm-dd hh:mm:ss.000": "stamp", "d.m.yyyy h:mm AM/PM": "stamp",
		"[h]:mm": "duration", "[hh]:mm:ss": "duration", "[mm]:ss": "duration", "[s]": "duration", "[Magenta]0": "number", "[m": "number", `"`: "number", `\`: "number", "[": "number",
	} {
		if got := format.FormatCode(code); got != want {
			t.Errorf("%s: %s, want %s", code, got, want)
		}
	}
	for id, want := range map[int]string{0: "number", 9: "number", 14: "date", 22: "stamp", 18: "time", 45: "time", 46: "duration", 49: "number", 31: "date", 58: "date", 35: "calendar", 164: "number"} {
		if got := format.BuiltinFormat(id); got != want {
			t.Errorf("%d: %s, want %s", id, got, want)
		}
	}
}

func TestShownNumber(t *testing.T) {
	for text, want := range map[string]string{
		"0.1": "0.1", "0.30000000000000004": "0.3", "3.3000000000000003": "3.3", "19.989999999999998": "19.99", "12345678901234567": "12345678901234567",
		"123456789.12345678": "123456789.123457", "1e+300": "1e+300", "1.2345678901234567e+300": "1.23456789012346e+300", "-0.00012345678901234567": "-0.000123456789012346",
	} {
		if got := format.ShownNumber(text); got != want {
			t.Errorf("%s: %s, want %s", text, got, want)
		}
	}
}

// What is wanted and not there is told by its name.
func TestXLSXAbsent(t *testing.T) {
	data := newBook(abHeader + `<row r="2"><c r="A2"><v>1</v></c></row>`).bytes(t)
	r := format.NewXLSXReader(bytes.NewReader(data), int64(len(data)), format.SheetReadOptions{Columns: []string{"c", "a"}, AbsentNull: true})
	if err := r.Read(&row.Batch{}); err != nil {
		t.Fatal(err)
	}
	if got := r.Absent(); len(got) != 1 || got[0] != "c" {
		t.Errorf("%q", got)
	}
}
