package format

import (
	"errors"
	"fmt"
	"io"
	"strconv"
)

// The most that a sheet has.
const (
	sheetColumns = 16_384
	sheetRows    = 1_048_576
)

// A sheetScan goes through the rows and cells of a sheet as XML has them. What
// the sheet says of its own size is not looked at.
type sheetScan struct {
	x      *xmlReader
	most   int   // bytes of what one cell holds
	line   int64 // of the row
	column int   // of the last cell of the row, -1 before the first
	data   bool  // among the rows
	value  []byte
	inside []byte
}

func newSheet(in io.Reader, most int) *sheetScan {
	return &sheetScan{x: newXML(in, most), most: most}
}

// row goes on to the next row; after the last it returns io.EOF, when the part
// is read to its end.
func (s *sheetScan) row() error {
	for {
		token, err := s.x.next()
		if err != nil {
			return err
		}
		switch depth := s.x.depth(); {
		case token == xmlOpen && depth == 1 && string(s.x.name) != "worksheet":
			return errors.New("it is no sheet of cells")
		case token == xmlOpen && depth == 2:
			s.data = string(s.x.name) == "sheetData"
		case token == xmlClose && depth == 1:
			s.data = false
		case token == xmlOpen && depth == 3 && s.data && string(s.x.name) == "row":
			return s.begin()
		}
	}
}

// begin takes the number of a row. One that does not say it is the next.
func (s *sheetScan) begin() error {
	before := s.line
	s.line, s.column = before+1, -1
	for a := s.x.attrs; ; {
		name, value, rest := nextAttr(a)
		if name == nil {
			break
		}
		if string(name) == "r" {
			n, err := strconv.ParseInt(string(value), 10, 64)
			if err != nil || n < 1 {
				return fmt.Errorf("it has a row of the number %q", shortText(value))
			}
			s.line = n
		}
		a = rest
	}
	switch {
	case s.line <= before:
		return fmt.Errorf("row %d stands behind row %d", s.line, before)
	case s.line > sheetRows:
		return fmt.Errorf("it has a row %d, and %d is the last of a sheet", s.line, sheetRows)
	}
	return nil
}

// cell scans the next cell of the row, and says whether there is one.
func (s *sheetScan) cell(c *rawCell) (bool, error) {
	for {
		token, err := s.x.next()
		if err != nil {
			return false, cutOff(err)
		}
		switch depth := s.x.depth(); {
		case token == xmlClose && depth < 3:
			return false, nil
		case token == xmlOpen && depth == 4 && string(s.x.name) == "c":
			if err := s.start(c); err != nil {
				return false, err
			}
			return true, s.content(c)
		}
	}
}

func cutOff(err error) error {
	if err == io.EOF {
		return errCutXML
	}
	return err
}

// start takes the attributes of a cell. One that does not say where it is
// follows the one before it.
func (s *sheetScan) start(c *rawCell) error {
	*c = rawCell{column: s.column + 1}
	for a := s.x.attrs; ; {
		name, value, rest := nextAttr(a)
		if name == nil {
			break
		}
		switch string(name) {
		case "r":
			column, line := cellAt(value)
			switch {
			case column < 0:
				return fmt.Errorf("it has a cell at %q, which is no place", shortText(value))
			case line != s.line:
				return fmt.Errorf("it has the cell %s in row %d", value, s.line)
			}
			c.column = column
		case "s":
			n, err := strconv.ParseUint(string(value), 10, 31)
			if err != nil {
				return fmt.Errorf("cell %s has the style %q", cellName(c.column, s.line), shortText(value))
			}
			c.style = int(n)
		case "t":
			typ, ok := cellTypes[string(value)]
			if !ok {
				return fmt.Errorf("cell %s has the type %q, which is not known", cellName(c.column, s.line), shortText(value))
			}
			c.typ = typ
		}
		a = rest
	}
	switch {
	case c.column >= sheetColumns:
		return fmt.Errorf("row %d has more than the %d cells of a sheet", s.line, sheetColumns)
	case c.column <= s.column:
		return fmt.Errorf("cell %s stands behind cell %s", cellName(c.column, s.line), cellName(s.column, s.line))
	}
	s.column = c.column
	return nil
}

// cellAt reads a place such as B17; the column is -1 if it is none.
func cellAt(ref []byte) (column int, line int64) {
	i := 0
	for ; i < len(ref) && i < 4; i++ {
		c := ref[i] &^ 0x20
		if c < 'A' || c > 'Z' {
			break
		}
		column = column*26 + int(c-'A') + 1
	}
	digits := ref[i:]
	if i == 0 || i > 3 || len(digits) == 0 || len(digits) > 7 || !onlyDigits(digits) {
		return -1, 0
	}
	for _, d := range digits {
		line = line*10 + int64(d-'0')
	}
	return column - 1, line
}

// content scans what is in a cell, to its end.
func (s *sheetScan) content(c *rawCell) error {
	s.value, s.inside = s.value[:0], s.inside[:0]
	in := false // a value
	for {
		token, err := s.x.next()
		if err != nil {
			return cutOff(err)
		}
		depth := s.x.depth()
		switch token {
		case xmlClose:
			in = false
			if depth < 4 {
				c.value, c.inside = s.value, s.inside
				return nil
			}
		case xmlText:
			if !in {
				continue
			}
			if s.value = append(s.value, s.x.text...); len(s.value) > s.most {
				return fmt.Errorf("cell %s has more than %d bytes, %w", cellName(c.column, s.line), s.most, ErrTooLarge)
			}
		case xmlOpen:
			if depth != 5 {
				continue
			}
			switch string(s.x.name) {
			case "v":
				in, c.valued = true, true
			case "f":
				c.formula = true
			case "is":
				c.valued = true
				if s.inside, err = s.x.rich(s.inside[:0], s.most); err != nil {
					return err
				}
			}
		}
	}
}
