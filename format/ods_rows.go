package format

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strconv"
	"unicode/utf8"
)

// sheetAgain is how many cells a sheet may have that it only says are repeated.
// A few bytes could say more of them than anybody waits for.
const sheetAgain = 50_000_000

// odsRows are the rows of a sheet of a spreadsheet. A row is held as it is in the
// file: what is repeated is there once.
type odsRows struct {
	x     *xmlReader
	most  int   // bytes of a row's texts
	table int   // elements that the sheet is in, with it
	line  int64 // of the row
	more  int64 // how many times the row is there once more
	again int   // cells that were given again

	cells   []odsCell // of the row, those that are not empty
	width   int       // columns of all of them
	text    []byte    // what they hold
	next    int       // of cells
	times   int       // how many times the last one was given
	scratch []byte
}

// An odsCell is a cell of a row, or several beside each other that are the same.
// What it holds are parts of the row's text.
type odsCell struct {
	column, times int // from 0
	typ           odsType
	failed        bool // it says that its formula did
	formula       bool
	value, shown  textSpan
}

type textSpan struct{ from, to int }

func (s textSpan) empty() bool { return s.from == s.to }

func (s textSpan) of(text []byte) []byte { return text[s.from:s.to:s.to] }

// An odsType is what the attribute value-type says.
type odsType uint8

const (
	odsNone odsType = iota
	odsNumber
	odsString
	odsDate
	odsTime
	odsBool
)

var odsTypes = map[string]odsType{"float": odsNumber, "percentage": odsNumber, "currency": odsNumber, "string": odsString, "date": odsDate, "time": odsTime, "boolean": odsBool}

func (r *odsRows) row() (int64, error) {
	if r.more > 0 {
		r.more--
		if r.again += r.width; r.again > sheetAgain {
			return 0, fmt.Errorf("more than %d cells of the sheet are repeated ones, as only a file has that is made to do harm", sheetAgain)
		}
		return r.begun(r.line + 1)
	}
	for {
		token, err := r.x.next()
		switch {
		case err == io.EOF:
			return 0, partFault(odsPart, errCutXML)
		case err != nil:
			return 0, partFault(odsPart, err)
		case token == xmlClose && r.x.depth() < r.table:
			return 0, r.rest()
		case token != xmlOpen || string(r.x.name) != "table-row":
			continue
		}
		times, err := r.repeated("number-rows-repeated")
		if err == nil {
			err = r.read()
		}
		if err != nil {
			return 0, partFault(odsPart, err)
		}
		if len(r.cells) == 0 {
			r.line += times
			continue
		}
		r.more = times - 1
		return r.begun(r.line + 1)
	}
}

// rest goes to the end of the file, so that one that is damaged is not taken for
// whole.
func (r *odsRows) rest() error {
	for {
		if _, err := r.x.next(); err != nil {
			if err != io.EOF {
				err = partFault(odsPart, err)
			}
			return err
		}
	}
}

func (r *odsRows) begun(line int64) (int64, error) {
	if r.line, r.next, r.times = line, 0, 0; line > sheetRows {
		return 0, fmt.Errorf("the sheet has a row %d, and %d is the last that a sheet has", line, sheetRows)
	}
	return line, nil
}

// repeated reads how many times the element is there.
func (r *odsRows) repeated(name string) (int64, error) {
	const most = 1 << 30
	for a := r.x.attrs; ; {
		full, value, rest := nextAttr(a)
		if full == nil {
			return 1, nil
		}
		if string(local(full)) == name {
			n, err := strconv.ParseInt(string(value), 10, 64)
			if err != nil || n < 1 || n > most {
				return 0, fmt.Errorf("behind row %d something is said to be there %q times", r.line, shortText(value))
			}
			return n, nil
		}
		a = rest
	}
}

// local is a name without its prefix.
func local(name []byte) []byte { return name[bytes.IndexByte(name, ':')+1:] }

// read reads the cells of the row whose tag was read, to its end.
func (r *odsRows) read() error {
	r.cells, r.text, r.width = r.cells[:0], r.text[:0], 0
	depth := r.x.depth()
	for column := 0; ; {
		token, err := r.x.next()
		if err != nil {
			return cutOff(err)
		}
		if token == xmlClose && r.x.depth() < depth {
			return nil
		}
		if token != xmlOpen || r.x.depth() != depth+1 {
			continue
		}
		if name := string(r.x.name); name != "table-cell" && name != "covered-table-cell" {
			continue
		}
		times, err := r.repeated("number-columns-repeated")
		if err != nil {
			return err
		}
		c := odsCell{column: column, times: int(times)}
		if err := r.content(&c); err != nil {
			return fmt.Errorf("cell %s: %w", cellName(column, r.line+1), err)
		}
		if column += int(times); c.empty() {
			column = min(column, sheetColumns+1)
			continue
		}
		if column > sheetColumns {
			return fmt.Errorf("row %d has more than the %d cells of a sheet", r.line+1, sheetColumns)
		}
		r.cells = append(r.cells, c)
		r.width += c.times
	}
}

// content reads the attributes of a cell, and what is in it, to its end.
func (r *odsRows) content(c *odsCell) error {
	begin := len(r.text)
	for a := r.x.attrs; ; {
		full, value, rest := nextAttr(a)
		if full == nil {
			break
		}
		var err error
		switch name := local(full); string(name) {
		case "value-type":
			if bytes.HasPrefix(full, []byte("calcext:")) {
				c.failed = string(value) == "error"
			} else {
				c.typ = odsTypes[string(value)]
			}
		case "formula":
			c.formula = true
		case "value", "date-value", "time-value", "boolean-value", "string-value":
			r.text, err = unescapeXML(r.text[:begin], value)
			c.value = textSpan{begin, len(r.text)}
		}
		if err != nil {
			return err
		}
		a = rest
	}
	begin = len(r.text)
	if err := r.paragraphs(begin); err != nil {
		return err
	}
	if len(r.text) > r.most {
		return fmt.Errorf("with it the row has more than %d bytes, %w", r.most, ErrTooLarge)
	}
	if c.shown = (textSpan{begin, len(r.text)}); begin < len(r.text) && c.typ == odsNone {
		c.typ = odsString // as some programs leave it out
	}
	if c.typ == odsString && c.shown.empty() {
		c.shown = c.value
	}
	return nil
}

// empty says whether a cell holds nothing, as one does whose formula came to no
// text.
func (c *odsCell) empty() bool {
	return c.typ == odsNone && !c.formula || c.typ == odsString && c.shown.empty() && !c.failed
}

// paragraphs appends the texts in the cell to the row's, with a line break
// between two of them. Notes and drawings are left out.
func (r *odsRows) paragraphs(begin int) error {
	depth, inside, first := r.x.depth(), 0, true
	for {
		token, err := r.x.next()
		if err != nil {
			return cutOff(err)
		}
		at := r.x.depth()
		switch token {
		case xmlClose:
			if at < depth {
				return r.valid(begin)
			}
			if at == depth {
				inside = 0
			}
		case xmlOpen:
			switch name := string(r.x.name); {
			case at == depth+1 && (name == "p" || name == "h"):
				if !first {
					r.text = append(r.text, '\n')
				}
				inside, first = len(r.text)+1, false
			case at == depth+1:
			case inside == 0:
			case name == "s":
				n, err := r.spaces()
				if err != nil {
					return err
				}
				r.text = append(r.text, bytes.Repeat([]byte(" "), n)...)
			case name == "tab":
				r.text = append(r.text, '\t')
			case name == "line-break":
				r.text = append(r.text, '\n')
			case name == "annotation", name == "note", name == "ruby-text", name == "frame":
				if err := r.pass(); err != nil {
					return err
				}
			}
		case xmlText:
			if inside > 0 {
				if err := r.take(inside - 1); err != nil {
					return err
				}
			}
		}
		if len(r.text) > r.most {
			return fmt.Errorf("with it the row has more than %d bytes, %w", r.most, ErrTooLarge)
		}
	}
}

// spaces is how many of them an element stands for.
func (r *odsRows) spaces() (int, error) {
	text, err := r.x.attr("c")
	if err != nil || text == "" {
		return 1, err
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < 0 || n > r.most {
		return 0, fmt.Errorf("it has %q spaces", shortText([]byte(text)))
	}
	return n, nil
}

// pass goes on to the end of the element that was opened.
func (r *odsRows) pass() error {
	depth := r.x.depth()
	for {
		token, err := r.x.next()
		if err != nil {
			return cutOff(err)
		}
		if token == xmlClose && r.x.depth() < depth {
			return nil
		}
	}
}

// take appends a text of a paragraph that begins at begin. White space between
// two words is one space, and none at the beginning, as the format has it.
func (r *odsRows) take(begin int) (err error) {
	if r.scratch, err = unescapeXML(r.scratch[:0], r.x.text); err != nil {
		return err
	}
	for _, c := range r.scratch {
		if !isSpace(c) {
			r.text = append(r.text, c)
			continue
		}
		if n := len(r.text); n > begin && r.text[n-1] != ' ' {
			r.text = append(r.text, ' ')
		}
	}
	return nil
}

// valid checks what was appended from begin on.
func (r *odsRows) valid(begin int) error {
	if !utf8.Valid(r.text[begin:]) {
		return errors.New("a text in it is not UTF-8")
	}
	return nil
}

func (r *odsRows) cell() (int, error) {
	if r.next > 0 {
		if c := &r.cells[r.next-1]; r.times < c.times {
			r.times++
			return c.column + r.times - 1, nil
		}
	}
	if r.next == len(r.cells) {
		return -1, nil
	}
	r.next++
	r.times = 1
	return r.cells[r.next-1].column, nil
}

func (r *odsRows) void() bool { return false }
