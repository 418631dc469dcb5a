package format

import (
	"archive/zip"
	"bytes"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/klauspost/compress/flate"

	"github.com/seed-128c3863/sluice/row"
)

// XLSXOptions says how a workbook is written. The zero value is a good default.
type XLSXOptions struct {
	Sheet      string // its name; default "Sheet1"
	HeaderLine int    // the row of the names, those before it being empty; default 1
}

// A XLSX writes batches as a workbook of Excel: one sheet, whose row of names
// stays in sight, with columns as wide as their names and first values.
//
// It takes texts and what they are, as SheetReader gives them: CellKind says what
// a value can be. Numbers, dates, times and booleans are cells of their kind. A
// text is never a formula: it is an inline string in a cell of format Text, and
// what begins as a formula does (= + - @, a tab, a carriage return) is marked as
// text besides, so that it stays one when it is edited.
//
// Rows are written as they come; no more is held than a batch.
type XLSX struct {
	zip    *zip.Writer
	sheet  io.Writer
	o      XLSXOptions
	schema row.Schema // of what the texts are
	styles []int      // by column: of its numbers
	buf    []byte
	line   int
	err    error
}

// The styles of cells; behind them those of decimals.
const (
	plainStyle = iota
	headStyle
	textStyle
	quotedStyle
	dateStyle
	stampStyle
	clockStyle
	decimalStyle // and so many digits, less one, more
)

// mostPlaces is the most digits after the point that a cell shows.
const mostPlaces = 30

// NewXLSX returns a writer of a workbook to w, whose columns hold values of the
// schema. The file is complete once Close has returned nil.
func NewXLSX(w io.Writer, s row.Schema, o XLSXOptions) (*XLSX, error) {
	if o.Sheet == "" {
		o.Sheet = "Sheet1"
	}
	o.HeaderLine = max(o.HeaderLine, 1)
	switch {
	case utf8.RuneCountInString(o.Sheet) > 31 || strings.ContainsAny(o.Sheet, `[]:*?/\`) || strings.Trim(o.Sheet, "'") != o.Sheet:
		return nil, fmt.Errorf("sheet %s: a name has 31 characters at most, and none of []:*?/\\", shortName(o.Sheet))
	case len(s) == 0:
		return nil, errors.New("a workbook needs at least one column")
	case len(s) > sheetColumns:
		return nil, fmt.Errorf("there are %d columns, and a sheet has %d", len(s), sheetColumns)
	}
	x := &XLSX{zip: zip.NewWriter(w), o: o, schema: s, line: o.HeaderLine}
	x.zip.RegisterCompressor(zip.Deflate, func(w io.Writer) (io.WriteCloser, error) { return flate.NewWriter(w, 5) })
	for _, f := range s {
		style := plainStyle
		if f.Type.Kind == row.Decimal && f.Type.Scale > 0 {
			style = decimalStyle + min(f.Type.Scale, mostPlaces) - 1
		}
		x.styles = append(x.styles, style)
	}
	return x, nil
}

// Write adds the rows of b. A value that no cell holds, or a row too many, is an
// *row.Error. Write keeps no part of b.
func (x *XLSX) Write(b *row.Batch) error {
	if x.sheet == nil && x.err == nil {
		x.err = x.begin(b)
	}
	for r := 0; r < b.Len && x.err == nil; r++ {
		if x.line++; x.line > sheetRows {
			x.err = valueError(b, r, "", fmt.Errorf("a sheet ends with row %d: export to csv, or less by --query", sheetRows))
			break
		}
		x.buf = append(strconv.AppendInt(append(x.buf, `<row r="`...), int64(x.line), 10), `">`...)
		for c := range b.Cols {
			col := &b.Cols[c]
			if col.Null[r] || len(col.Bytes[r]) == 0 {
				continue
			}
			if err := x.cell(c, col.Kinds[r], col.Bytes[r]); err != nil {
				x.err = valueError(b, r, x.schema[c].Name, err)
				return x.err
			}
		}
		x.buf = append(x.buf, "</row>"...)
		if len(x.buf) >= textBytes {
			x.flush()
		}
	}
	return x.err
}

// Close completes the file. It does not close what the file is written to.
func (x *XLSX) Close() error {
	if x.sheet == nil && x.err == nil {
		x.err = x.begin(&row.Batch{Cols: make([]row.Column, len(x.schema))})
	}
	x.buf = append(x.buf, "</sheetData></worksheet>"...)
	x.flush()
	if x.err != nil {
		return x.err
	}
	if x.err = x.zip.Close(); x.err != nil {
		return x.err
	}
	x.err = errClosed
	return nil
}

func (x *XLSX) flush() {
	if x.err == nil {
		_, x.err = x.sheet.Write(x.buf)
	}
	x.buf = x.buf[:0]
}

// part begins a part of the workbook.
func (x *XLSX) part(name string) (io.Writer, error) {
	return x.zip.CreateHeader(&zip.FileHeader{Name: name, Method: zip.Deflate, Modified: time.Date(1980, 1, 1, 0, 0, 0, 0, time.UTC)})
}

// begin writes what stands before the rows. The widths are those of the first.
func (x *XLSX) begin(b *row.Batch) (err error) {
	for _, p := range []struct{ name, text string }{
		{"[Content_Types].xml", xlsxTypes},
		{"_rels/.rels", xlsxRels},
		{"xl/workbook.xml", fmt.Sprintf(xlsxWorkbook, appendCellText(nil, []byte(x.o.Sheet)))},
		{"xl/_rels/workbook.xml.rels", xlsxBookRels},
		{"xl/styles.xml", xlsxStyles()},
	} {
		part, err := x.part(p.name)
		if err != nil {
			return err
		}
		if _, err := io.WriteString(part, xlsxHead+p.text); err != nil {
			return err
		}
	}
	if x.sheet, err = x.part("xl/worksheets/sheet1.xml"); err != nil {
		return err
	}
	x.buf = fmt.Appendf(x.buf, xlsxHead+xlsxSheet, x.o.HeaderLine, x.o.HeaderLine+1)
	for c := range x.schema {
		x.buf = fmt.Appendf(x.buf, `<col min="%d" max="%d" width="%d" customWidth="1"/>`, c+1, c+1, x.width(b, c))
	}
	x.buf = fmt.Appendf(x.buf, `</cols><sheetData><row r="%d">`, x.line)
	for c, f := range x.schema {
		if x.buf, err = x.text(x.buf, c, headStyle, []byte(f.Name)); err != nil {
			return err
		}
	}
	x.buf = append(x.buf, "</row>"...)
	return nil
}

// width is how many characters wide a column is.
func (x *XLSX) width(b *row.Batch, c int) int {
	const least, most = 8, 60
	width := func(text []byte) (n int) {
		for _, r := range string(text[:min(len(text), 4*most)]) {
			if n++; r >= 0x1100 { // Korean and other wide ones
				n++
			}
		}
		return n
	}
	widest := width([]byte(x.schema[c].Name)) + 2
	for r := range b.Len {
		widest = max(widest, width(b.Cols[c].Bytes[r])+1)
	}
	return min(max(widest, least), most)
}

// cell adds a cell that is not empty.
func (x *XLSX) cell(c int, kind row.Kind, text []byte) (err error) {
	switch kind {
	case row.Float64:
		x.buf = append(append(x.open(x.buf, c, x.styles[c]), `><v>`...), text...)
	case row.Bool:
		value := byte('0')
		if text[0] == 't' || text[0] == 'T' {
			value = '1'
		}
		x.buf = append(append(x.open(x.buf, c, plainStyle), ` t="b"><v>`...), value)
	case row.Date, row.Time, row.Timestamp:
		days, ok := serial(kind, text)
		if !ok {
			return fmt.Errorf("%q is no date or time", shortText(text))
		}
		style := map[row.Kind]int{row.Date: dateStyle, row.Time: clockStyle, row.Timestamp: stampStyle}[kind]
		x.buf = strconv.AppendFloat(append(x.open(x.buf, c, style), `><v>`...), days, 'f', -1, 64)
	default:
		style := textStyle
		if strings.IndexByte("=+-@\t\r", text[0]) >= 0 {
			style = quotedStyle
		}
		x.buf, err = x.text(x.buf, c, style, text)
		return err
	}
	x.buf = append(x.buf, `</v></c>`...)
	return nil
}

// open adds the begin of a cell's tag.
func (x *XLSX) open(dst []byte, c, style int) []byte {
	dst = append(append(dst, `<c r="`...), columnLetters(c)...)
	dst = append(strconv.AppendInt(dst, int64(x.line), 10), `" s="`...)
	return append(strconv.AppendInt(dst, int64(style), 10), '"')
}

// text adds a cell of text.
func (x *XLSX) text(dst []byte, c, style int, text []byte) ([]byte, error) {
	const most = 32_767
	switch {
	case !utf8.Valid(text):
		return dst, errors.New("it is no text of UTF-8")
	case len(text) > most && utf16Len(text) > most:
		return dst, fmt.Errorf("the text has %d characters, and a cell %d at most: export to csv", utf16Len(text), most)
	}
	dst = append(x.open(dst, c, style), ` t="inlineStr"><is><t xml:space="preserve">`...)
	return append(appendCellText(dst, text), "</t></is></c>"...), nil
}

// utf16Len is how many characters Excel takes a text for.
func utf16Len(text []byte) (n int) {
	for _, r := range string(text) {
		if n++; r > 0xffff {
			n++
		}
	}
	return n
}

// appendCellText adds a text as XML, in which what XML cannot hold stands as
// _x000D_, and what reads like that is escaped so.
func appendCellText(dst, text []byte) []byte {
	for i := 0; i < len(text); i++ {
		switch c := text[i]; {
		case c == '<':
			dst = append(dst, "&lt;"...)
		case c == '>':
			dst = append(dst, "&gt;"...)
		case c == '&':
			dst = append(dst, "&amp;"...)
		case c == '"':
			dst = append(dst, "&quot;"...)
		case c < ' ' && c != '\t' && c != '\n':
			dst = fmt.Appendf(dst, "_x%04X_", c)
		case c == '_' && isEscape(text[i:]):
			dst = append(dst, "_x005F_"...)
		case c == 0xef && bytes.HasPrefix(text[i:], []byte("\ufffe")):
			dst = append(dst, "_xFFFE_"...)
			i += 2
		case c == 0xef && bytes.HasPrefix(text[i:], []byte("\uffff")):
			dst = append(dst, "_xFFFF_"...)
			i += 2
		default:
			dst = append(dst, c)
		}
	}
	return dst
}

func isEscape(text []byte) bool {
	if len(text) < 7 || text[1] != 'x' {
		return false
	}
	_, ok := escaped(text)
	return ok
}

// serial is the day of a date or time, as SheetReader writes it, in the calendar
// of workbooks.
func serial(kind row.Kind, text []byte) (float64, bool) {
	layout := map[row.Kind]string{row.Date: time.DateOnly, row.Time: "15:04:05", row.Timestamp: "2006-01-02T15:04:05"}[kind]
	if kind == row.Timestamp && len(text) > 10 && text[10] == ' ' {
		layout = time.DateTime
	}
	t, err := time.Parse(layout, string(text)) // takes a fraction as well
	if err != nil {
		return 0, false
	}
	if kind == row.Time {
		since := t.Sub(time.Date(0, 1, 1, 0, 0, 0, 0, time.UTC))
		return float64(since.Milliseconds()) / dayMillis, true
	}
	millis := t.UnixMilli() + daysTo1900*dayMillis
	return float64(millis) / dayMillis, true
}

// CellKind is what a cell holds value r of c as, so that nothing of it is lost,
// when AppendText writes it: a number, a date and so on, or String, for all that
// only a text holds. These are numbers of more than 15 digits, dates before
// 1900-03-01, times more exact than milliseconds, and what has a zone.
func CellKind(c *row.Column, r int) row.Kind {
	const firstDay = -25508 // 1900-03-01: before it Excel's days are in doubt
	switch c.Type.Kind {
	case row.Bool:
		return row.Bool
	case row.Int16, row.Int32, row.Int64:
		if v := c.Ints[r]; v > -1e15 && v < 1e15 {
			return row.Float64
		}
	case row.Float32, row.Float64:
		if v := c.Floats[r]; v-v == 0 { // finite
			return row.Float64
		}
	case row.Decimal:
		if shortDecimal(appendDecimal(nil, c, r)) {
			return row.Float64
		}
	case row.Date:
		if c.Ints[r] >= firstDay && c.Ints[r] <= lastDay-daysTo1900 {
			return row.Date
		}
	case row.Time:
		if c.Ints[r]%1000 == 0 {
			return row.Time
		}
	case row.Timestamp:
		day, micro := floorDiv(c.Ints[r], microsPerDay)
		if day >= firstDay && day <= lastDay-daysTo1900 && micro%1000 == 0 && nanosAt(c, r) == 0 {
			return row.Timestamp
		}
	}
	return row.String
}

// shortDecimal says whether a cell holds all digits of a number.
func shortDecimal(text []byte) bool {
	digits := 0
	s := strings.TrimLeft(string(text), "-0.")
	if strings.Contains(s, ".") || strings.Contains(string(text), ".") {
		s = strings.TrimRight(s, "0")
	}
	for _, c := range s {
		if c >= '0' && c <= '9' {
			digits++
		} else if c != '.' {
			return false
		}
	}
	return digits <= mostExact
}
