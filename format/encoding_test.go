package format_test

import (
	"bytes"
	"fmt"
	"io"
	"strings"
	"testing"
	"testing/iotest"

	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/japanese"
	"golang.org/x/text/encoding/korean"
	"golang.org/x/text/encoding/simplifiedchinese"
	"golang.org/x/text/encoding/unicode"

	"github.com/seed-128c3863/sluice/format"
	"github.com/seed-128c3863/sluice/row"
)

// encoded returns a text in an encoding.
func encoded(t testing.TB, e encoding.Encoding, text string) string {
	t.Helper()
	out, err := e.NewEncoder().String(text)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

var (
	cp949   = encoding.Encoding(korean.EUCKR)
	utf16le = unicode.UTF16(unicode.LittleEndian, unicode.IgnoreBOM)
	utf16be = unicode.UTF16(unicode.BigEndian, unicode.IgnoreBOM)
	goodsKR = "품명,단가,수량\n의자,\"1,395\",3\n책상,\"12,000\",10\n"
)

func TestCSVEncodings(t *testing.T) {
	goods := func(encoding string) format.CSVReadOptions {
		return format.CSVReadOptions{Columns: []string{"품명", "단가"}, Encoding: encoding}
	}
	ab := func(encoding string) format.CSVReadOptions {
		return format.CSVReadOptions{Columns: []string{"a", "b"}, Encoding: encoding}
	}
	for name, tc := range map[string]struct {
		text string
		o    format.CSVReadOptions
		want string
	}{
		"cp949":               {encoded(t, cp949, goodsKR), goods("cp949"), lines(`1 2 16 "의자" "1,395"`, `2 3 31 "책상" "12,000"`)},
		"cp949 by itself":     {encoded(t, cp949, goodsKR), goods("auto"), lines(`1 2 16 "의자" "1,395"`, `2 3 31 "책상" "12,000"`)},
		"mark of UTF-8":       {"\ufeff" + goodsKR, goods("cp949"), lines(`1 2 25 "의자" "1,395"`, `2 3 42 "책상" "12,000"`)},
		"mark of UTF-16":      {"\xff\xfe" + encoded(t, utf16le, goodsKR), goods("cp949"), lines(`1 2 21 "의자" "1,395"`, `2 3 47 "책상" "12,000"`)},
		"mark of UTF-16BE":    {"\xfe\xff" + encoded(t, utf16be, goodsKR), goods("auto"), lines(`1 2 21 "의자" "1,395"`, `2 3 47 "책상" "12,000"`)},
		"UTF-16 by its NULs":  {encoded(t, utf16le, goodsKR), goods("auto"), lines(`1 2 19 "의자" "1,395"`, `2 3 45 "책상" "12,000"`)},
		"UTF-16BE by its own": {encoded(t, utf16be, goodsKR), goods("utf-16"), lines(`1 2 19 "의자" "1,395"`, `2 3 45 "책상" "12,000"`)},
		"no UTF-16":           {"a,b\n1,2\n", ab("utf-16"), lines("error: byte 1: the file has no byte-order mark of UTF-16, and does not look like it; encoding: utf-16le or utf-16be says which it is")},
		"half of a pair":      {encoded(t, utf16le, "a,b\n1,") + "\x00\xd8" + encoded(t, utf16le, "\n2,😀\n"), ab("utf-16le"), lines(`row 1: line 2: byte 13: 0xd800 is half of a character of UTF-16 ("1,\xed\xa0\x80")`, `2 3 17 "2" "😀"`)},
		"an odd byte":         {encoded(t, utf16le, "a,b\n1,2") + "x", ab("utf-16le"), lines(`row 1: line 2: byte 15: the file ends within a character of UTF-16 ("1,2\xff")`)},
		"latin-1":             {"a,b\n\xe9,2\n\x80,3\n", ab("latin-1"), lines(`1 2 5 "é" "2"`, `row 2: line 3: byte 9: the byte 0x80 is no character of latin-1 here (see from.encoding) ("\xff\x80,3")`)},
		"windows-1252":        {"a,b\n\x80,2\n", ab("windows-1252"), lines(`1 2 5 "€" "2"`)},
		"shift-jis":           {"a,b\n" + encoded(t, japanese.ShiftJIS, "ｱ表,ソ|\n1,2\n"), ab("shift-jis"), lines(`1 2 5 "ｱ表" "ソ|"`, `2 3 13 "1" "2"`)},
		"gb18030":             {"a,b\n" + encoded(t, simplifiedchinese.GB18030, "ǹ中😀,x\n1,2\n"), ab("gb18030"), lines(`1 2 5 "ǹ中😀" "x"`, `2 3 16 "1" "2"`)},
		"bad bytes":           {encoded(t, cp949, "a,b\n가,나\n다,") + "\xc9\xfe\n" + encoded(t, cp949, "라,마\n바,") + "\xb0\n1,2\n", ab("cp949"), lines(`1 2 5 "가" "나"`, `row 2: line 3: byte 14: the bytes 0xc9 0xfe are no characters of cp949 (see from.encoding) ("다,\xff\xc9\xff\xfe")`, `3 4 17 "라" "마"`, `row 4: line 5: byte 26: the byte 0xb0 is no character of cp949 here (see from.encoding) ("바,\xff\xb0")`, `5 6 28 "1" "2"`)},
		"no first byte":       {encoded(t, cp949, "a,b\n다,") + "\xff" + encoded(t, cp949, "라\n1,2\n"), ab("cp949"), lines(`row 1: line 2: byte 8: the byte 0xff is no character of cp949 here (see from.encoding) ("다,\xff\xff라")`, `2 3 12 "1" "2"`)},
		"bad name":            {encoded(t, cp949, "가,") + "\xff\n", ab("cp949"), lines(`error: line 1: byte 4: the byte 0xff is no character of cp949 here (see from.encoding)`)},
		"unclear":             {"a,b\n1,2\nCr\xe8me,3\n", ab("auto"), lines(`1 2 5 "1" "2"`, `error: line 3: byte 11: the byte 0xe8 is not UTF-8, and which encoding it is of is not certain: perhaps windows-1252 or windows-1250 or windows-1257 or windows-1258; say it in the job, as in encoding: windows-1252`)},
		"Chinese":             {"a,b\n" + encoded(t, simplifiedchinese.GBK, "产品,价格\n名称,数量\n"), ab("auto"), lines(`error: line 2: byte 5: the byte 0xb2 is not UTF-8, and which encoding it is of is not certain: perhaps gb18030 or windows-1251 or windows-1253; say it in the job, as in encoding: gb18030`)},
		"damaged UTF-8":       {"a,b\n" + strings.Repeat("가,나\n", 10) + "다\xff,1\n", ab("auto"), utf8Rows(10) + lines(`row 11: line 12: byte 88: the byte 0xff is not UTF-8 here ("다\xff,1")`)},
		"damaged CP949":       {"a,b\n" + strings.Repeat(encoded(t, cp949, "한국,서울\n"), 100) + "\xb0\n1,2\n3,4\n", ab("auto"), lines(`error: line 2: byte 5: the byte 0xc7 is not UTF-8, and which encoding it is of is not certain: perhaps cp949 or windows-1251; say it in the job, as in encoding: cp949`)},
		"late":                {"a,b\n1,2\n3,\"\n" + encoded(t, cp949, "한글 이름\"\n품목,단가\n"), ab("auto"), lines(`1 2 5 "1" "2"`, `2 3 9 "3" "\n한글 이름"`, `3 5 24 "품목" "단가"`)},
		"UTF-16 by now":       {"a\x00,\x00b\x00\n\x001\x00,\x002\x00\n\x00", ab("cp949"), lines(`error: byte 1: the text is utf-16le here, and the job says that its encoding is cp949; if that has changed, so must from.encoding`)},
		"a workbook by now":   {"PK\x03\x04....", ab("cp949"), lines(`error: byte 1: this is no table of text but a workbook or another ZIP archive: from.format: xlsx or ods reads those`)},
		"a page by now":       {"\n<!DOCTYPE html>\n<table>", ab("cp949"), lines(`error: byte 1: this is no table of text but a page of HTML: from.format: html reads its tables`)},
		"UTF-8 by now":        {"a,b\n가,나\n다,라\n", ab("cp949"), lines(`error: byte 1: the text is UTF-8 here, and the job says that its encoding is cp949; if that has changed, so must from.encoding`)},
		"CP949 by now":        {"a,b\n1,2\n" + encoded(t, cp949, "한국,서울\n"), ab("utf-8"), lines(`1 2 5 "1" "2"`, `error: line 3: byte 9: the text is likely cp949 here, and the job says that its encoding is utf-8; if that has changed, so must from.encoding`)},
		"another delimiter":   {"a;b\n1;2\n", format.CSVReadOptions{Columns: []string{"a", "b"}, Delimiter: ","}, lines(`error: line 1: byte 1: the header has no "a", "b"; it has "a;b" (absent_columns: "null" gives nulls); ";" seems to stand between the names, and the delimiter is ","`)},
		"unknown":             {"a,b\n", ab("ebcdic"), lines(`error: the encoding "ebcdic" is not known; known are auto, ` + strings.Join(format.Encodings(), ", "))},
	} {
		t.Run(name, func(t *testing.T) {
			for how, r := range map[string]*format.CSVReader{
				"bytes": format.CSVBytes([]byte(tc.text), tc.o), "stream": format.CSVStream(iotest.OneByteReader(strings.NewReader(tc.text)), tc.o),
				"small": format.CSVStreamOf(strings.NewReader(tc.text), tc.o, 16),
			} {
				if got := csvRead(r); got != tc.want {
					t.Errorf("%s:\n%swant:\n%s", how, got, tc.want)
				}
			}
		})
	}
}

func utf8Rows(n int) string {
	var rows []string
	for i := range n {
		rows = append(rows, fmt.Sprintf(`%d %d %d "가" "나"`, i+1, i+2, 5+8*i))
	}
	return lines(rows...)
}

// Rows are numbered, and their bytes counted, through any size of file.
func TestCSVEncodingKeepsPositions(t *testing.T) {
	var text bytes.Buffer
	text.WriteString("a,b\n")
	var at []int64
	for i := range 50_000 {
		at = append(at, int64(text.Len())+1)
		text.WriteString(encoded(t, japanese.ShiftJIS, fmt.Sprintf("椅子ｶﾅ%d,表\n", i)))
	}
	r := format.CSVStream(bytes.NewReader(text.Bytes()), format.CSVReadOptions{Columns: []string{"a"}, Encoding: "shift-jis"})
	n := 0
	for b := (&row.Batch{}); r.Read(b) == nil; {
		for i := range b.Len {
			if b.Byte[i] != at[n] {
				t.Fatalf("row %d begins at byte %d, want %d", n+1, b.Byte[i], at[n])
			}
			n++
		}
	}
	if n != len(at) {
		t.Errorf("%d rows of %d", n, len(at))
	}
}

// A rejects file is read by the job that made it, and opened by Excel.
func TestRejectsOfEncodings(t *testing.T) {
	for name, tc := range map[string]struct {
		text, encoding string
		mark           bool
	}{
		"cp949":        {encoded(t, cp949, goodsKR), "cp949", true},
		"found":        {encoded(t, cp949, goodsKR), "auto", true},
		"UTF-8":        {goodsKR, "auto", false},
		"UTF-8 said":   {goodsKR, "utf-8", false},
		"UTF-8 marked": {"\ufeff" + goodsKR, "auto", true},
	} {
		o := format.CSVReadOptions{Columns: []string{"품명"}, Encoding: tc.encoding, Record: true}
		in, b := format.CSVBytes([]byte(tc.text), o), &row.Batch{}
		if err := in.Read(b); err != nil {
			t.Fatal(err)
		}
		x := format.NewRejects(in, o, false)
		bad := []row.Reject{{Error: row.Error{Row: 1, Err: io.EOF}, Record: b.Record[0]}}
		text := x.Append(x.Header(), "in.csv", in, bad)
		if bytes.HasPrefix(text, []byte("\ufeff")) != tc.mark {
			t.Errorf("%s: begins with %q", name, text[:4])
		}
		if got := csvRead(format.CSVBytes(text, o)); !strings.Contains(got, `"의자"`) {
			t.Errorf("%s: read back as %s", name, got)
		}
	}
}

// A rejects file has names and escapes where the job looks for them.
func TestRejectsOfSeveralLinesOfNames(t *testing.T) {
	o := format.CSVReadOptions{Columns: []string{"매출 수량", "b"}, HeaderLine: 2, HeaderUntil: 3, Escape: "\\", Footer: "^합계", Trim: true, Record: true}
	in, b := format.CSVBytes([]byte("title\n매출,\n수량,b\n1,\"x\\\\,y\\\"\",\n합계,\n"), o), &row.Batch{}
	o.Columns = []string{"매출 수량", "매출 b"}
	if err := in.Read(b); err == nil {
		t.Fatal("the second name is below the first's group")
	}
	in = format.CSVBytes([]byte("title\n매출,\n수량,b\n1,\"x\\\\,y\\\"\",\n합계,\n"), o)
	if err := in.Read(b); err != nil {
		t.Fatal(err)
	}
	x := format.NewRejects(in, o, false)
	text := x.Append(x.Header(), "in.csv", in, []row.Reject{{Error: row.Error{Row: 1, Err: io.EOF}, Record: b.Record[0]}})
	if got, want := csvRead(format.CSVBytes(text, o)), `"1" "x\\,y\""`; !strings.Contains(got, want) {
		t.Errorf("%s read back as %s", text, got)
	}
}

// FuzzEncodings holds what a file is read as to what it is by x/text, however it
// is cut in parts.
func FuzzEncodings(f *testing.F) {
	for i := range len(format.Encodings()) {
		f.Add([]byte("a,b\n\xb0\xa1,\xff\n\x81\x30\x81\x30\x8f\xb0\xa1"), uint8(i), uint8(3))
	}
	f.Add([]byte(encoded(f, charmap.Windows1251, "а,б\n")), uint8(14), uint8(1))
	f.Fuzz(func(t *testing.T, text []byte, which, size uint8) {
		name := format.Encodings()[int(which)%len(format.Encodings())]
		o := format.CSVReadOptions{NoHeader: true, Columns: []string{"1"}, Encoding: name, Pad: true}
		whole := csvRead(format.CSVBytes(text, o))
		if got := csvRead(format.CSVStreamOf(iotest.HalfReader(bytes.NewReader(text)), o, int(size)+4)); got != whole {
			t.Fatalf("%s, in parts:\n%swhole:\n%s", name, got, whole)
		}
		plain, at := format.DecodeAll(name, text)
		if at != int64(len(text)) {
			t.Fatalf("%s: its end is at %d of %d", name, at, len(text))
		}
		if e := format.Library(name); e != nil && !bytes.Contains(plain, []byte{0xff}) {
			want, err := e.NewDecoder().Bytes(text)
			if err != nil || !bytes.Equal(plain, want) {
				t.Fatalf("%s: %q, want %q (%v)", name, plain, want, err)
			}
		}
		_ = format.GuessEncoding(text, true)
	})
}
