package infer

import (
	"strings"
	"testing"

	"github.com/seed-128c3863/sluice/format"
)

// FuzzDialect finds how any bytes are written, and reads them so: without a
// panic, and with no more rows than there are lines.
func FuzzDialect(f *testing.F) {
	for _, text := range []string{
		"", "a", "a,b\n1,2\n", "title\n\na;b\n1,5;2\n합계;7\n", "# x\na\tb\n1\t2\t\n", "\xb0\xa1,\xb3\xaa\n1,2\n", "\xff\xfea\x00,\x00b\x00\n\x00",
		"'a','b'\n'1','2'\n'3','4'\n", "\"a\\\"b\",c\n1,2\n", "a,,b\n,c,\n1,2,3\n", "1,2\n3,4\n", "\"", "a\r\rb\r", ",,,\n,,\n", "₩1,2%\n(3),-\n",
	} {
		f.Add([]byte(text), []byte(text), false)
		f.Add([]byte(text), []byte(text), true)
	}
	f.Fuzz(func(t *testing.T, data, tail []byte, cut bool) {
		d, err := findDialect(data, tail, cut, "csv", nil)
		if err != nil {
			return
		}
		if err := d.o.Check(); err != nil {
			t.Fatalf("%q: %v", data, err)
		}
		for _, finding := range d.findings {
			if finding.sure < 0 || finding.sure > 1 || strings.Contains(finding.why, "%!") {
				t.Fatalf("%q: %+v", data, finding)
			}
		}
		for c := range d.width {
			var texts []string
			for _, r := range d.records {
				if c < len(r.Cells) {
					texts = append(texts, r.Cells[c])
				}
			}
			styleOf(texts)
		}
	})
}

func TestStyles(t *testing.T) {
	for texts, want := range map[string]string{
		"1|2|30":                "",
		"007|008":               "",
		"1,395|12,000|900":      `int64, thousands: ","`,
		"1,39|12,00":            `float64, decimal: ","`,
		"1.395,50|12,00":        `float64, decimal: ",", thousands: "."`,
		"1.234.567|1.000":       `int64, decimal: ",", thousands: "."`,
		"1 234,5|2,5":           `float64, decimal: ",", thousands: " "`,
		"1'234.50|2.50":         `float64, thousands: "'"`,
		"₩1,395|₩900":           `int64, thousands: ",", currency: ["₩"]`,
		"1,395원|900":            `int64, thousands: ",", currency: ["원"]`,
		"$1.50|$2.25":           `decimal(18,2), currency: ["$"]`,
		"-$1.50|$2.25":          `decimal(18,2), currency: ["$"]`,
		"12.5%|8 %|-3%":         `float64, percent: true`,
		"12.5%|8":               "",
		"(1)|2":                 `int64, brackets: true`,
		"1|-|3|N/A":             `int64, null: ["-", "N/A"]`,
		" 1 |2":                 `int64, trim: true`,
		"2024.04.17|2024.4.8":   `date, formats: "%Y.%m.%d"`,
		"2024년 4월 17일":          `date, formats: "%Y년 %m월 %d일"`,
		"17/04/2024|01/02/2024": `date, formats: "%d/%m/%Y"`,
		"04/17/2024|01/02/2024": `date, formats: "%m/%d/%Y"`,
		"03/04/2024|01/02/2024": `date, formats: "%d/%m/%Y" in doubt`,
		"2024-04-17|2024-04-18": "",
		"2024-04-17|-":          `date, null: ["-"]`,
		"2024-04-17 오후 1:05":    `timestamp, formats: "%Y-%m-%d %p %I:%M"`,
		"2024.04.17|17.04.2024": "",
		"2024-04-17|2024.5.1":   `date, formats: ["%Y-%m-%d", "%Y.%m.%d"]`,
		"a|1,000":               "",
		"-":                     "",
	} {
		got := ""
		if s := styleOf(strings.Split(texts, "|")); s != nil {
			if got = s.typ + s.options(); s.unsure {
				got += " in doubt"
			}
		}
		if got != want {
			t.Errorf("%s: %s, want %s", texts, got, want)
		}
	}
}

// The end of a large file is looked at by itself.
func TestDialectOfLargeFiles(t *testing.T) {
	data := "품명,단가\n" + strings.Repeat("의자,\"1,395\"\n", 100_000)
	d, err := findDialect([]byte(data), []byte(data[len(data)-1000:]+"합계,\"139,500,000\"\n"), true, "csv", nil)
	if err != nil {
		t.Fatal(err)
	}
	if want := `^"?(?:합\s*계|총\s*계|총\s*합\s*계|누\s*계|계)"?(?:,|$)`; d.o.Footer != want {
		t.Errorf("footer %q, want %q", d.o.Footer, want)
	}
	records, err := format.SplitCSV([]byte(data), d.o, true, 10)
	if err != nil || len(records) != 10 || records[9].Line != 10 {
		t.Errorf("%v, %v", records, err)
	}
}

// Where files of a folder are written in two encodings, both of which are
// certain, none is written down.
func TestDialectOfSeveralFiles(t *testing.T) {
	korean, unicode, ascii := "\xc7\xb0\xb8\xed,\xb4\xdc\xb0\xa1\n\xc0\xc7\xc0\xda,1\n", "품명,단가\n의자,1\n", "a,b\nc,1\n"
	for _, tc := range []struct{ first, then, want string }{
		{korean, unicode, "auto"},
		{unicode, korean, "auto"},
		{korean, korean, "cp949"},
		{korean, ascii, "cp949"},
		{ascii, korean, "auto"},
	} {
		d, err := findDialect([]byte(tc.first), nil, false, "csv", nil)
		if err != nil {
			t.Fatal(err)
		}
		if d.alsoEncoded(&sample{data: []byte(tc.then)}); d.o.Encoding != tc.want {
			t.Errorf("%q, then %q: %s, want %s", tc.first, tc.then, d.o.Encoding, tc.want)
		}
	}
}
