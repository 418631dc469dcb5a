package format

import (
	"bytes"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/seed-128c3863/sluice/row"
)

// A rawCell is a cell before it is known what it holds. Its parts are valid
// until the next one.
type rawCell struct {
	column  int // from 0
	style   int
	typ     cellType
	value   []byte // as XML has it
	inside  []byte // of an inline text
	formula bool
	valued  bool // there is a value, which may be empty
}

// A cellType is what the attribute t says.
type cellType uint8

const (
	numberCell cellType = iota
	sharedCell
	inlineCell
	stringCell // of a formula
	boolCell
	errorCell
	isoCell
)

var cellTypes = map[string]cellType{"n": numberCell, "s": sharedCell, "inlineStr": inlineCell, "str": stringCell, "b": boolCell, "e": errorCell, "d": isoCell}

// void says whether the cell is empty, without reading what it holds.
func (r *xlsxRows) void() bool {
	switch c := &r.raw; {
	case c.formula && !c.valued:
		return false
	case c.typ == inlineCell:
		return len(c.inside) == 0
	case c.typ == sharedCell && len(c.value) > 0:
		text, err := r.book.shared.get(c.value)
		return err == nil && len(text) == 0
	}
	return len(r.raw.value) == 0 && !(r.raw.formula && r.raw.typ != stringCell)
}

// value returns what the cell holds. An error is one of the file.
func (r *xlsxRows) value(b *row.Batch) (sheetCell, error) {
	c := &r.raw
	if r.void() {
		return sheetCell{}, nil
	}
	if c.formula && (!c.valued || len(c.value) == 0 && c.typ != stringCell) {
		return r.faulty(c, nil, "the formula in cell %s has no value: open the workbook in Excel or LibreOffice and save it"), nil
	}
	switch c.typ {
	case sharedCell:
		text, err := r.book.shared.get(c.value)
		return r.texted(c, text), err
	case inlineCell:
		return r.texted(c, b.Keep(c.inside)), nil
	case stringCell:
		text, err := unescapeXML(r.scratch[:0], c.value)
		if err == nil {
			text, err = unescapeCell(text, 0)
		}
		r.scratch = text
		return r.texted(c, b.Keep(text)), err
	case boolCell:
		switch string(c.value) {
		case "1", "true":
			return sheetCell{kind: row.Bool, text: []byte("TRUE")}, nil
		case "0", "false":
			return sheetCell{kind: row.Bool, text: []byte("FALSE")}, nil
		}
		return sheetCell{}, fmt.Errorf("%q is neither true nor false", shortText(c.value))
	case errorCell:
		return r.faulty(c, b.Keep(c.value), "cell %s holds the error "+shortText(c.value)), nil
	case isoCell:
		return r.iso(b, c)
	}
	return r.number(b, c)
}

// texted is a cell of text.
func (r *xlsxRows) texted(c *rawCell, text []byte) sheetCell {
	return textCell(text, c.column, r.sheet.line)
}

// faulty is a cell without a value that can be told. In the reason %s is its
// name.
func (r *xlsxRows) faulty(c *rawCell, text []byte, reason string) sheetCell {
	return faultyCell(text, fmt.Sprintf(reason, cellName(c.column, r.sheet.line)))
}

// number reads a number, which may be a date by the style of its cell.
func (r *xlsxRows) number(b *row.Batch, c *rawCell) (sheetCell, error) {
	text, f, err := cellNumber(r.scratch[:0], c.value)
	r.scratch = text
	if err != nil {
		return sheetCell{}, err
	}
	return r.book.numeric(b, text, f, c.style, c.column, r.sheet.line)
}

// numeric is a cell of a number, which is a date or time by the style of its cell.
// f is the number if it is known.
func (k *xlsxBook) numeric(b *row.Batch, text []byte, f *float64, style, column int, line int64) (sheetCell, error) {
	form := numberForm
	if style < len(k.forms) {
		form = k.forms[style]
	}
	if form == numberForm {
		return sheetCell{kind: row.Float64, text: b.Keep(text)}, nil
	}
	if f == nil {
		v, err := strconv.ParseFloat(string(text), 64)
		if err != nil {
			return sheetCell{}, err
		}
		f = &v
	}
	m := k.momentOf(k.moment[:0], *f, form)
	if m.why != "" {
		return faultyCell(b.Keep(text), "cell "+cellName(column, line)+" is a date or time by its format, and holds "+string(text)+": "+m.why), nil
	}
	k.moment = m.text
	return sheetCell{kind: m.kind, text: b.Keep(m.text)}, nil
}

// mostExact is how many digits of a number Excel shows and holds to.
const mostExact = 15

// cellNumber appends a number as a person writes it: the digits that are there,
// without a zero that says nothing. Of what is more exact than that, or has an
// exponent, it is the shortest text that is the same float, which is returned as
// well; an integer of digits alone keeps all of them.
func cellNumber(dst, text []byte) ([]byte, *float64, error) {
	text = trimSpace(text)
	digits := bytes.TrimPrefix(text, []byte("-"))
	whole, frac, point := bytes.Cut(digits, []byte("."))
	if len(whole) == 0 || point && len(frac) == 0 || !onlyDigits(whole) || !onlyDigits(frac) || point && len(whole)+len(frac) > mostExact {
		return floatNumber(dst, text)
	}
	for len(whole) > 1 && whole[0] == '0' {
		whole = whole[1:]
	}
	for len(frac) > 0 && frac[len(frac)-1] == '0' {
		frac = frac[:len(frac)-1]
	}
	if len(digits) < len(text) && (len(frac) > 0 || string(whole) != "0") {
		dst = append(dst, '-')
	}
	if dst = append(dst, whole...); len(frac) > 0 {
		dst = append(append(dst, '.'), frac...)
	}
	return dst, nil, nil
}

func onlyDigits(text []byte) bool {
	for _, c := range text {
		if c < '0' || c > '9' {
			return false
		}
	}
	return true
}

func floatNumber(dst, text []byte) ([]byte, *float64, error) {
	if len(bytes.Trim(text, "+-.0123456789eE")) > 0 {
		return dst, nil, fmt.Errorf("%q is not a number", shortText(text))
	}
	f, err := strconv.ParseFloat(string(text), 64)
	switch {
	case errors.Is(err, strconv.ErrRange):
		return dst, nil, fmt.Errorf("%q is beyond the numbers of a workbook", shortText(text))
	case err != nil:
		return dst, nil, fmt.Errorf("%q is not a number", shortText(text))
	case f == 0:
		f = 0 // without a sign
	}
	return appendFloat(dst, f, 64), &f, nil
}

// ShownNumber returns the text of a cell's number as Excel shows it in a cell
// that is wide enough: of a fraction, or of a float too large for its digits, the
// first 15. What is beyond them is noise, such as that of 1.1 * 3.
func ShownNumber(text string) string {
	if len(text) <= mostExact || !strings.ContainsAny(text, ".e") {
		return text
	}
	digits := strings.TrimLeft(strings.Map(func(r rune) rune {
		if r >= '0' && r <= '9' {
			return r
		}
		return -1
	}, text[:strings.IndexByte(text+"e", 'e')]), "0")
	if len(digits) <= mostExact {
		return text
	}
	f, err := strconv.ParseFloat(text, 64)
	if err != nil {
		return text
	}
	if f, err = strconv.ParseFloat(strconv.FormatFloat(f, 'e', mostExact-1, 64), 64); err != nil {
		return text
	}
	return string(appendFloat(nil, f, 64))
}

// iso reads a date or time that is written as such, as strict workbooks have it.
func (r *xlsxRows) iso(b *row.Batch, c *rawCell) (sheetCell, error) {
	text := bytes.TrimPrefix(trimSpace(c.value), []byte("T"))
	date, clock, both := bytes.Cut(text, []byte("T"))
	kind := row.Timestamp
	switch form := numberForm; {
	case !both && bytes.IndexByte(date, ':') > 0:
		kind = row.Time
	case !both:
		kind = row.Date
	case bytes.HasSuffix(clock, []byte("Z")), bytes.IndexByte(clock, '+') > 0:
		kind = row.String
	default:
		if c.style < len(r.book.forms) {
			form = r.book.forms[c.style]
		}
		if form == dateForm && len(bytes.Trim(clock, "0:.")) == 0 {
			kind, text = row.Date, date
		}
	}
	if len(bytes.Trim(text, "0123456789-:.TZ+")) > 0 {
		return sheetCell{}, fmt.Errorf("%q is no date or time", shortText(text))
	}
	return sheetCell{kind: kind, text: b.Keep(text)}, nil
}
