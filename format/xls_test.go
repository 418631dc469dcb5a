package format_test

import (
	"bytes"
	"encoding/binary"
	"math"
	"os"
	"strings"
	"testing"
	"unicode/utf16"

	"github.com/seed-128c3863/sluice/format"
)

// biff is a record of an old workbook: integers of 8, 16 and 32 bits, floats and
// texts one behind the other.
func biff(typ uint16, parts ...any) string {
	var data []byte
	for _, p := range parts {
		switch p := p.(type) {
		case uint8:
			data = append(data, p)
		case uint16:
			data = binary.LittleEndian.AppendUint16(data, p)
		case uint32:
			data = binary.LittleEndian.AppendUint32(data, p)
		case float64:
			data = binary.LittleEndian.AppendUint64(data, math.Float64bits(p))
		case string:
			data = append(data, p...)
		}
	}
	head := binary.LittleEndian.AppendUint16(nil, typ)
	return string(binary.LittleEndian.AppendUint16(head, uint16(len(data)))) + string(data)
}

func wideText(s string) string {
	var data []byte
	for _, u := range utf16.Encode([]rune(s)) {
		data = binary.LittleEndian.AppendUint16(data, u)
	}
	return string(data)
}

const u0, u1 = uint16(0), uint16(1)

var biffBegin, biffEnd = biff(0x809, uint16(0x600), uint16(5)), biff(0x0a)

// newXLS is a workbook of a sheet of the records, and of records for all of it.
func newXLS(globals, cells string) []byte {
	sheet := func(at int) string { return biff(0x85, uint32(at), uint8(0), uint8(0), uint8(1), uint8(0), "S") }
	head := biffBegin + globals + biff(0xe0, u0, u0) + biff(0xe0, u0, uint16(14)) + sheet(0) + biffEnd
	head = strings.Replace(head, sheet(0), sheet(len(head)), 1)
	return compound("Workbook", head+biffBegin+cells+biffEnd)
}

// compound is a compound file of one stream.
func compound(name, stream string) []byte {
	const sector = 512
	stream += strings.Repeat("\x00", max(4096, (len(stream)+sector-1)/sector*sector)-len(stream))
	n := len(stream) / sector
	tables := (n + 2 + 127) / 127
	u32 := func(v ...uint32) (b []byte) {
		for _, x := range v {
			b = binary.LittleEndian.AppendUint32(b, x)
		}
		return b
	}
	head := append([]byte("\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"), make([]byte, 68)...)
	copy(head[24:], "\x3e\x00\x03\x00\xfe\xff\x09\x00\x06\x00")
	copy(head[44:], u32(uint32(tables), uint32(tables), 0, 4096, 0xfffffffe, 0, 0xfffffffe, 0))
	for i := range 109 {
		if i < tables {
			head = append(head, u32(uint32(i))...)
		} else {
			head = append(head, u32(0xffffffff)...)
		}
	}
	var fat []byte
	for range tables {
		fat = append(fat, u32(0xfffffffd)...)
	}
	fat = append(fat, u32(0xfffffffe)...)
	for i := range n {
		next := uint32(tables + 1 + i + 1)
		if i == n-1 {
			next = 0xfffffffe
		}
		fat = append(fat, u32(next)...)
	}
	fat = append(fat, bytes.Repeat([]byte{0xff}, tables*sector-len(fat))...)
	directory := make([]byte, sector)
	entry := func(i int, name string, kind byte, start, size uint32) {
		copy(directory[i*128:], wideText(name))
		directory[i*128+64], directory[i*128+66] = byte(2*len(name)+2), kind
		copy(directory[i*128+116:], u32(start, size))
	}
	entry(0, "Root Entry", 5, 0xfffffffe, 0)
	entry(1, name, 2, uint32(tables+1), uint32(len(stream)))
	return bytes.Join([][]byte{head, fat, directory, []byte(stream)}, nil)
}

func readXLS(data []byte, o format.SheetReadOptions) string {
	return xlsxRead(format.NewSheetReader("xls", bytes.NewReader(data), int64(len(data)), o))
}

func xlsLabel(line, column uint16, text string) string {
	return biff(0x204, line, column, u0, uint16(len(text)), uint8(0), text)
}

var xlsAB = xlsLabel(0, 0, "a") + xlsLabel(0, 1, "b")

func TestXLSCells(t *testing.T) {
	const wide = uint8(1)
	formula := func(result string) string { return biff(0x06, u1, u0, u0, result, u0, uint32(0), u0) }
	shared := biff(0xfc, uint32(3), uint32(3), u1, uint8(0), "x", uint16(3), uint8(9), u1, wideText("한글😀")[:2]) +
		biff(0x3c, wide, wideText("글"), "") + biff(0x3c, uint8(0), "z", uint32(0)) + biff(0x3c, uint16(2), uint8(5), uint32(2), wideText("말씀"), "..")
	for name, tc := range map[string]struct{ cell, want string }{
		"a number":             {biff(0x203, u1, u0, u0, 1395.5), `n"1395.5"`},
		"below zero":           {biff(0x203, u1, u0, u0, -0.25), `n"-0.25"`},
		"zero":                 {biff(0x203, u1, u0, u0, math.Copysign(0, -1)), `n"0"`},
		"none":                 {biff(0x203, u1, u0, u0, math.Inf(1)), `!cell A2 holds no number that there is ("")`},
		"a short integer":      {biff(0x27e, u1, u0, u0, uint32(12345<<2|2)), `n"12345"`},
		"one below zero":       {biff(0x27e, u1, u0, u0, uint32(0xfffffffe)), `n"-1"`},
		"hundredths":           {biff(0x27e, u1, u0, u0, uint32(139550<<2|3)), `n"1395.5"`},
		"a short float":        {biff(0x27e, u1, u0, u0, uint32(math.Float64bits(0.5)>>32)), `n"0.5"`},
		"a day":                {biff(0x203, u1, u0, u1, 45399.0), `d"2024-04-17"`},
		"no day":               {biff(0x203, u1, u0, u1, -1.0), `!cell A2 is a date or time by its format, and holds -1: it is negative, which is no date ("-1")`},
		"a text of its own":    {xlsLabel(1, 0, "caf\xe9"), `"café"`},
		"one with runs":        {biff(0xd6, u1, u0, u0, uint16(2), wide, wideText("한글"), uint16(0)), `"한글"`},
		"a shared text":        {biff(0xfd, u1, u0, u0, uint32(0)), `"x"`},
		"one in three records": {biff(0xfd, u1, u0, u0, uint32(1)), `"한글z"`},
		"one that is spoken":   {biff(0xfd, u1, u0, u0, uint32(2)), `"말씀"`},
		"true":                 {biff(0x205, u1, u0, u0, uint8(1), uint8(0)), `b"TRUE"`},
		"an error":             {biff(0x205, u1, u0, u0, uint8(0x2a), uint8(1)), `!cell A2 holds the error #N/A ("#N/A")`},
		"a formula":            {biff(0x06, u1, u0, u0, 2.0, u0, uint32(0), u0), `n"2"`},
		"one of a text":        {formula("\x00\x00\x00\x00\x00\x00\xff\xff") + biff(0x4bc, "shared") + biff(0x207, u1, uint8(0), "t"), `"t"`},
		"one of a boolean":     {formula("\x01\x00\x01\x00\x00\x00\xff\xff"), `b"TRUE"`},
		"one that failed":      {formula("\x02\x00\x07\x00\x00\x00\xff\xff"), `!cell A2 holds the error #DIV/0! ("#DIV/0!")`},
		"of an empty text":     {formula("\x03\x00\x00\x00\x00\x00\xff\xff") + xlsLabel(1, 1, "x"), `""`},
		"numbers side by side": {biff(0xbd, u1, u0, u0, uint32(7<<2|2), u0, uint32(8<<2|2), u1), `n"7"`},
		"behind a chart":       {biffBegin + xlsLabel(9, 0, "no") + biffEnd + xlsLabel(1, 0, "x"), `"x"`},
		"columns out of order": {xlsLabel(1, 1, "y") + xlsLabel(1, 0, "x"), `"x"`},
	} {
		got := readXLS(newXLS(shared, xlsAB+tc.cell), format.SheetReadOptions{Columns: []string{"a"}})
		if want := "1 2 " + tc.want + "\n"; got != want {
			t.Errorf("%s: got %s want %s", name, got, want)
		}
	}
}

func TestXLSFiles(t *testing.T) {
	a := format.SheetReadOptions{Columns: []string{"a"}}
	good := newXLS("", xlsAB+xlsLabel(1, 0, "x"))
	for name, tc := range map[string]struct {
		data []byte
		want string
	}{
		"1904":              {newXLS(biff(0x22, u1), xlsAB+biff(0x203, u1, u0, u1, 0.0)), "1 2 d\"1904-01-01\"\n"},
		"rows out of order": {newXLS("", xlsAB+xlsLabel(5, 0, "x")+xlsLabel(3, 0, "y")), "error: line 1: cells of row 4 stand behind those of row 6"},
		"a password":        {newXLS(biff(0x2f, u0), xlsAB), "error: the workbook is encrypted"},
		"Excel 95":          {compound("Book", biffBegin), "error: this is a workbook of Excel 95 or older, which is not read: open it"},
		"encrypted":         {compound("EncryptedPackage", "x"), "error: the workbook is encrypted"},
		"Word":              {compound("WordDocument", "x"), "error: this is no workbook but another document of Office\n"},
		"Excel 4":           {[]byte("\x09\x04\x06\x00\x00\x00\x10\x00"), "error: this is a workbook of Excel 95 or older"},
		"a page":            {[]byte("\ufeff<html><table><tr><td>a<tr><td>x</table>"), "1 2 \"x\"\n"},
		"today's":           {newBook(abHeader + `<row r="2"><c r="A2"><v>1</v></c></row>`).bytes(t), "1 2 n\"1\"\n"},
		"XML of Excel 2003": {[]byte(`<?xml version="1.0"?><Workbook xmlns="urn:schemas-microsoft-com:office:spreadsheet">`), "error: this is no workbook of Excel (.xls) but one of XML, as Excel 2003 writes it"},
		"a text":            {[]byte("a\tb\n1\t2\n"), "error: this is no workbook of Excel (.xls) but a text: if that is a table, from.format: csv reads it\n"},
		"nothing":           {nil, "error: is empty (0 bytes)\n"},
		"cut off":           {good[:len(good)-2048], "error: the workbook is cut off or damaged"},
		"cut off earlier":   {good[:600], "error: the workbook is cut off or damaged"},
		"records cut off":   {compound("Workbook", biffBegin+biff(0xfc, uint32(9), uint32(9), uint16(50_000))), "error: the workbook is cut off or damaged: its records end before they should"},
		"a text not there":  {newXLS("", xlsAB+biff(0xfd, u1, u0, u0, uint32(9))), "error: line 2: cell A2: it names the shared text \"9\", and there are 0\n"},
	} {
		if got := readXLS(tc.data, a); !strings.HasPrefix(got, tc.want) {
			t.Errorf("%s: got %s want %s", name, got, tc.want)
		}
	}
}

// What would take memory or time without end is refused within limits of both.
func TestXLSHostile(t *testing.T) {
	loop := newXLS("", xlsAB)
	binary.LittleEndian.PutUint32(loop[512+4*2:], 2)                                                 // a sector that follows itself
	binary.LittleEndian.PutUint32(loop[bytes.Index(loop, []byte(wideText("Workbook")))+120:], 1<<20) // of a stream that is longer than the file
	tables := newXLS("", xlsAB)
	binary.LittleEndian.PutUint32(tables[68:], 0) // tables of tables in a circle
	binary.LittleEndian.PutUint32(tables[512+508:], 0)
	many := strings.Repeat(biff(0x3c, uint16(8000), uint8(0), strings.Repeat("x", 8000)), 600)
	for name, tc := range map[string]struct {
		data []byte
		want string
	}{
		"sectors in a circle":      {loop, "the workbook is cut off or damaged"},
		"tables in a circle":       {tables, "the workbook is cut off or damaged"},
		"shared texts without end": {newXLS(biff(0xfc, uint32(1<<30), uint32(1<<30))+many, xlsAB), "the texts that its cells share have more than 4194304 bytes"},
		"empty ones":               {newXLS(biff(0xfc, uint32(1<<30), uint32(1<<30))+strings.Repeat(biff(0x3c, strings.Repeat("\x00", 8190)), 500), xlsAB), "the texts that its cells share have more than 4194304 bytes"},
		"a row of large texts":     {newXLS("", xlsAB+strings.Repeat(biff(0x204, u1, u0, u0, uint16(8000), uint8(0), strings.Repeat("x", 8000)), 200)), "row 2 has more than 1048576 bytes"},
		"cells without end":        {newXLS("", xlsAB+strings.Repeat(biff(0xbd, u1, u0, strings.Repeat("\x00", 8190)), 20)), "row 2 has more than the 256 cells of a sheet"},
		"sheets without end":       {newXLS(strings.Repeat(biff(0x85, uint32(0), u0, uint8(1), uint8(0), "S"), 20_000), ""), "it has more than the 10000 sheets that a workbook may have"},
		"styles without end":       {newXLS(strings.Repeat(biff(0xe0, u0, u0), 100_000), ""), "it has more styles than a workbook may have"},
	} {
		t.Run(name, func(t *testing.T) {
			o := format.SheetReadOptions{Columns: []string{"a"}, MaxRecord: 1 << 20, MaxTexts: 4 << 20, Record: true}
			refusedInBounds(t, format.NewSheetReader("xls", bytes.NewReader(tc.data), int64(len(tc.data)), o), tc.want)
		})
	}
}

// FuzzXLS checks that no file makes the reader panic, or take longer than it may.
func FuzzXLS(f *testing.F) {
	data, err := os.ReadFile("testdata/sheets/libreoffice.xls")
	if err != nil {
		f.Fatal(err)
	}
	f.Add(data)
	f.Add([]byte{})
	f.Add(newXLS(biff(0xfc, uint32(1), uint32(1), u1, uint8(0), "x"), xlsAB+biff(0xfd, u1, u0, u0, uint32(0))))
	f.Fuzz(func(_ *testing.T, data []byte) {
		readXLS(data, format.SheetReadOptions{Columns: []string{"a"}, AbsentNull: true, Record: true, MaxRecord: 1 << 16, MaxTexts: 1 << 16})
	})
}

// FuzzXLSRecords checks the same of records.
func FuzzXLSRecords(f *testing.F) {
	f.Add(biff(0xfc, uint32(2), uint32(2), u1, uint8(0), "x", uint16(2), uint8(1), "ab")+biff(0x3c, uint8(0), "c"), xlsAB+biff(0xfd, u1, u0, u0, uint32(1)))
	f.Add(biff(0x22, u1)+biff(0x41e, uint16(164), uint16(4), uint8(0), "yyyy"), xlsAB+biff(0xbd, u1, u0, u0, uint32(7), u0, uint32(8), u1))
	f.Add("", xlsAB+biff(0x06, u1, u0, u0, "\x00\x00\x00\x00\x00\x00\xff\xff", u0, uint32(0), u0)+biff(0x207, u1, uint8(0), "t")+biff(0x205, u1, u1, u0, uint8(7), uint8(1)))
	f.Fuzz(func(_ *testing.T, globals, cells string) {
		readXLS(newXLS(globals, cells), format.SheetReadOptions{Columns: []string{"a"}, AbsentNull: true, Record: true, MaxRecord: 1 << 16, MaxTexts: 1 << 16})
	})
}

func BenchmarkXLSReader(b *testing.B) {
	const rows = 20_000
	var out strings.Builder
	names := []string{"id", "sku", "name", "brand", "price", "cost", "qty", "day", "active", "category", "ean", "note"}
	for c, name := range names {
		out.WriteString(xlsLabel(0, uint16(c), name))
	}
	texts := biff(0xfc, uint32(200), uint32(200), strings.Repeat("\x0b\x00\x01"+wideText("제품 number x"), 200))
	for i := range rows {
		line := uint16(i + 1)
		for c := range uint16(12) {
			switch c {
			case 1, 2, 3, 9:
				out.WriteString(biff(0xfd, line, c, u0, uint32(i%200)))
			case 7:
				out.WriteString(biff(0x27e, line, c, u1, uint32((45000+i%700)<<2|2)))
			case 8:
				out.WriteString(biff(0x205, line, c, u0, uint8(1), uint8(0)))
			case 11:
			default:
				out.WriteString(biff(0x203, line, c, u0, float64(i)+0.25))
			}
		}
	}
	benchSheet(b, "xls", newXLS(texts, out.String()), rows)
}
