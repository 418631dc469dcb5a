package format_test

import (
	"bytes"
	"testing"

	"github.com/seed-128c3863/sluice/format"
)

// FuzzXLSXSheet checks that no sheet makes the reader panic, and that it does not
// matter where the buffer ends.
func FuzzXLSXSheet(f *testing.F) {
	for _, rows := range []string{
		"", abHeader, abHeader + `<row r="2"><c r="A2" t="s"><v>0</v></c><c r="B2" s="1"><v>45399.5</v></c></row>`,
		`<row><c t="str"><v>a&amp;&#10;b</v></c></row><row><c><f>1</f><v>2</v></c></row>`,
		abHeader + `<!-- c --><row r="9" hidden='1'><x:c r="A9" t="inlineStr"><is><r><t>a</t></r><rPh><t>b</t></rPh><t><![CDATA[<]]></t></is></x:c></row>`,
		abHeader + `<row r="2"><c r="A2" t="e"><v>#N/A</v></c><c r="B2" t="d"><v>2024-04-17T00:00:00</v></c></row>`,
		abHeader + `<row r="2"><c r="A2" s="4"><v>1.5e0</v></c><c r="C2" t="b"><v>1</v></c></row>`,
	} {
		f.Add("<worksheet><sheetData>"+rows+"</sheetData></worksheet>", "a", uint8(0))
	}
	f.Fuzz(func(t *testing.T, sheet, column string, line uint8) {
		o := format.SheetReadOptions{Columns: []string{column, "2"}, HeaderLine: int(line), NoHeader: line == 255, AbsentNull: true, Record: true, MaxRecord: 1 << 16}
		data := newBook("").with("xl/worksheets/sheet1.xml", sheet).with("xl/sharedStrings.xml", "<sst><si><t>shared</t></si></sst>").bytes(t)
		want := xlsxRead(format.NewXLSXReader(bytes.NewReader(data), int64(len(data)), o))
		if got := xlsxRead(format.XLSXReaderOf(bytes.NewReader(data), int64(len(data)), o, 4)); got != want {
			t.Errorf("by a small buffer:\n%swhole:\n%s", got, want)
		}
	})
}

// FuzzXLSX checks that no file makes the reader panic, or take longer than it may.
func FuzzXLSX(f *testing.F) {
	f.Add([]byte{})
	f.Add(newBook(abHeader + `<row r="2"><c r="A2"><v>1</v></c></row>`).bytes(f))
	f.Add([]byte("\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"))
	f.Fuzz(func(_ *testing.T, data []byte) {
		xlsxRead(format.NewXLSXReader(bytes.NewReader(data), int64(len(data)), format.SheetReadOptions{Columns: []string{"a"}, MaxRecord: 1 << 16, MaxTexts: 1 << 16}))
	})
}

// FuzzXLSXFormat checks that no code of a number format makes its reading panic.
func FuzzXLSXFormat(f *testing.F) {
	for _, code := range []string{"General", `yyyy"년" m"월" d"일"`, "[h]:mm", "0.00E+00", `\`, `"`, "[", "G/표준"} {
		f.Add(code)
	}
	f.Fuzz(func(_ *testing.T, code string) { format.FormatCode(code) })
}
