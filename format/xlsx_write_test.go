package format_test

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/seed-128c3863/sluice/format"
	"github.com/seed-128c3863/sluice/row"
)

// A cellText is what a cell of a workbook that is written is given as.
type cellText struct {
	kind row.Kind
	text string
}

func (c cellText) String() string { return fmt.Sprintf("%s %q", c.kind, c.text) }

// writeBook writes rows of cells as a workbook.
func writeBook(t testing.TB, s row.Schema, o format.XLSXOptions, rows ...[]cellText) ([]byte, error) {
	t.Helper()
	var out bytes.Buffer
	x, err := format.NewXLSX(&out, s, o)
	if err != nil {
		return nil, err
	}
	texts := make(row.Schema, len(s))
	for i := range s {
		texts[i] = row.Field{Name: s[i].Name, Type: row.Type{Kind: row.String}}
	}
	b := row.NewBatch(texts)
	for r, cells := range rows {
		for c := range s {
			if c >= len(cells) {
				b.Cols[c].AppendNull()
			} else {
				b.Cols[c].AppendBytes([]byte(cells[c].text))
			}
			kind := row.String
			if c < len(cells) {
				kind = cells[c].kind
			}
			b.Cols[c].Kinds = append(b.Cols[c].Kinds, kind)
		}
		b.Row = append(b.Row, int64(r+1))
		b.Len++
	}
	if err := x.Write(b); err != nil {
		return nil, err
	}
	err = x.Close()
	return out.Bytes(), err
}

var bookTexts = []string{
	"plain", "=1+1", "+1", "-1", "@SUM(A1)", "\ttab", "\rreturn", " padded ", "a\nb\r\nc", `<&">'`, "_x0041_", "_x005F_", "_x", "\x01\x1f", "한글 텍스트", "😀", "007", "1e5", "2024-04-17", "TRUE", "#N/A", "\ufffe\uffff\ufffd", strings.Repeat("x", 32767),
}

// What is written is what the reader reads, and of the same kind.
func TestXLSXWriteAndRead(t *testing.T) {
	s := schema(t, "a", "string", "b", "decimal(12,2)")
	var rows [][]cellText
	for _, text := range bookTexts {
		rows = append(rows, []cellText{{row.String, text}, {row.Float64, "-79.5"}})
	}
	for _, c := range []cellText{
		{row.Float64, "0"},
		{row.Float64, "999999999999999"},
		{row.Float64, "0.1"},
		{row.Float64, "0.30000000000000004"},
		{row.Float64, "1e+300"},
		{row.Bool, "TRUE"},
		{row.Bool, "FALSE"},
		{row.Date, "1900-03-01"},
		{row.Date, "2024-02-29"},
		{row.Date, "9999-12-31"},
		{row.Time, "00:00:00"},
		{row.Time, "23:59:59.999"},
		{row.Time, "05:30:00"},
		{row.Timestamp, "2024-04-17T05:30:00"},
		{row.Timestamp, "9999-12-31T23:59:59.999"},
		{row.Timestamp, "1900-03-01T00:00:00.001"},
		{row.Timestamp, "2024-04-17T00:00:00"},
	} {
		rows = append(rows, []cellText{c, {row.Float64, "1"}})
	}
	data, err := writeBook(t, s, format.XLSXOptions{Sheet: "Prices & <more>", HeaderLine: 3}, rows...)
	if err != nil {
		t.Fatal(err)
	}
	r := format.NewXLSXReader(bytes.NewReader(data), int64(len(data)), format.SheetReadOptions{Columns: []string{"a", "b"}, Sheet: "Prices & <more>", HeaderLine: 3})
	var got []string
	for b := (&row.Batch{}); ; {
		err := r.Read(b)
		if err == io.EOF {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		for i := range b.Len {
			got = append(got, cellText{b.Cols[0].Kinds[i], string(b.Cols[0].Bytes[i])}.String())
		}
	}
	var want []string
	for _, cells := range rows {
		want = append(want, cells[0].String())
	}
	if !slices.Equal(got, want) {
		for i := range min(len(got), len(want)) {
			if got[i] != want[i] {
				t.Errorf("got %.200s, want %.200s", got[i], want[i])
			}
		}
		t.Errorf("%d rows, want %d", len(got), len(want))
	}
}

// What other programs make of a workbook that was written.
func TestXLSXReadByOthers(t *testing.T) {
	data, err := writeBook(t, schema(t, "name", "string", "price", "decimal(12,2)", "day", "date", "seen", "timestamp", "clock", "time", "ok", "bool", "제품 이름", "string"), format.XLSXOptions{},
		[]cellText{{row.String, "=1+1"}, {row.Float64, "79.00"}, {row.Date, "2024-04-17"}, {row.Timestamp, "2024-04-17T05:30:00.25"}, {row.Time, "05:30:00"}, {row.Bool, "TRUE"}, {row.String, "한글 이름이 긴 제품"}},
		[]cellText{{row.String, "007"}, {row.String, "12345678901234567890"}, {row.String, "1899-01-01"}},
	)
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "a.xlsx")
	if err := os.WriteFile(file, data, 0o600); err != nil {
		t.Fatal(err)
	}
	type seen struct {
		Sheet, Frozen string
		Cells         [][][]any
		Widths        []float64
		Bold          bool
		Rows          int
	}
	got := python[seen](t, "xlsx_read.py", file)[0]
	if got.Sheet != "Sheet1" || got.Frozen != "A2" || !got.Bold || got.Rows != 3 {
		t.Errorf("%+v", got)
	}
	if want := "[8 21 11 23 9 8 20]"; fmt.Sprint(got.Widths) != want {
		t.Errorf("widths %v, want %s", got.Widths, want)
	}
	for i, want := range []string{
		"[str =1+1 @ s true]", `[float 79.0 0.00 n false]`, `[datetime 2024-04-17 00:00:00 yyyy\-mm\-dd d false]`, `[datetime 2024-04-17 05:30:00.250000 yyyy\-mm\-dd\ hh:mm:ss d false]`,
		"[time 05:30:00 hh:mm:ss d false]", "[bool True General b false]", "[str 한글 이름이 긴 제품 @ s false]",
	} {
		if text := fmt.Sprint(got.Cells[1][i]); text != want {
			t.Errorf("cell %d: %s, want %s", i+1, text, want)
		}
	}
	if text := fmt.Sprint(got.Cells[2][:2]); text != "[[str 007 @ s false] [str 12345678901234567890 @ s false]]" {
		t.Error(text)
	}
}

func TestXLSXWriteRefuses(t *testing.T) {
	a := schema(t, "a", "string")
	wide := make(row.Schema, 16385)
	one := []cellText{{row.String, "x"}}
	for name, tc := range map[string]struct {
		s    row.Schema
		o    format.XLSXOptions
		rows [][]cellText
		want string
	}{
		"rows":       {a, format.XLSXOptions{HeaderLine: 1048575}, [][]cellText{one, one}, "row 2: a sheet ends with row 1048576: export to csv, or less by --query"},
		"columns":    {wide, format.XLSXOptions{}, nil, "there are 16385 columns, and a sheet has 16384"},
		"no columns": {nil, format.XLSXOptions{}, nil, "a workbook needs at least one column"},
		"a sheet":    {a, format.XLSXOptions{Sheet: "a/b"}, nil, "none of []:*?/\\"},
		"a text":     {a, format.XLSXOptions{}, [][]cellText{{{row.String, strings.Repeat("😀", 16384)}}}, `row 1: column "a": the text has 32768 characters, and a cell 32767 at most: export to csv`},
		"no UTF-8":   {a, format.XLSXOptions{}, [][]cellText{{{row.String, "\xff"}}}, "it is no text of UTF-8"},
	} {
		if _, err := writeBook(t, tc.s, tc.o, tc.rows...); err == nil || !strings.Contains(err.Error(), tc.want) {
			t.Errorf("%s: %v, want %s", name, err, tc.want)
		}
	}
	if data, err := writeBook(t, a, format.XLSXOptions{}); err != nil || xlsxRead(format.NewXLSXReader(bytes.NewReader(data), int64(len(data)), format.SheetReadOptions{Columns: []string{"a"}})) != "" {
		t.Errorf("no rows: %v", err)
	}
}

func TestCellKind(t *testing.T) {
	day := int64(24 * 60 * 60 * 1_000_000)
	for _, tc := range []struct {
		typ  string
		add  func(c *row.Column)
		want row.Kind
	}{
		{"int64", func(c *row.Column) { c.AppendInt(999_999_999_999_999) }, row.Float64},
		{"int64", func(c *row.Column) { c.AppendInt(-1_000_000_000_000_000) }, row.String},
		{"float64", func(c *row.Column) { c.AppendFloat(0.1 + 0.2) }, row.Float64},
		{"decimal(18,2)", func(c *row.Column) { c.AppendInt(100) }, row.Float64},
		{"decimal(18,2)", func(c *row.Column) { c.AppendInt(123_456_789_012_345) }, row.Float64},
		{"decimal(18,2)", func(c *row.Column) { c.AppendInt(1_234_567_890_123_456) }, row.String},
		{"decimal(18,2)", func(c *row.Column) { c.AppendInt(1_234_567_890_123_450) }, row.Float64},
		{"bool", func(c *row.Column) { c.AppendInt(1) }, row.Bool},
		{"date", func(c *row.Column) { c.AppendInt(-25508) }, row.Date},
		{"date", func(c *row.Column) { c.AppendInt(-25509) }, row.String},
		{"date", func(c *row.Column) { c.AppendInt(2932896) }, row.Date},
		{"time", func(c *row.Column) { c.AppendInt(1000) }, row.Time},
		{"time", func(c *row.Column) { c.AppendInt(1001) }, row.String},
		{"timestamp", func(c *row.Column) { c.AppendTime(-25508*day, 0) }, row.Timestamp},
		{"timestamp", func(c *row.Column) { c.AppendTime(-25508*day-1, 0) }, row.String},
		{"timestamp", func(c *row.Column) { c.AppendTime(1, 0) }, row.String},
		{"timestamp", func(c *row.Column) { c.AppendTime(0, 1) }, row.String},
		{"timestamptz", func(c *row.Column) { c.AppendTime(0, 0) }, row.String},
		{"string", func(c *row.Column) { c.AppendBytes([]byte("1")) }, row.String},
	} {
		typ, err := row.ParseType(tc.typ)
		if err != nil {
			t.Fatal(err)
		}
		c := row.NewColumn(typ)
		if tc.add(&c); format.CellKind(&c, 0) != tc.want {
			t.Errorf("%s %v: %s, want %s", tc.typ, c.Ints, format.CellKind(&c, 0), tc.want)
		}
	}
}
