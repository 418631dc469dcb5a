package format

import (
	"encoding/binary"
	"fmt"
	"io"
	"math"
	"slices"

	"github.com/seed-128c3863/sluice/row"
)

func (x *xlsRows) row() (int64, error) {
	x.cells, x.text, x.next, x.line = x.cells[:0], x.text[:0], 0, max(x.line, 0)
	before := x.line
	for x.depth > 0 {
		if err := x.r.next(); err != nil {
			return 0, err
		}
		switch x.r.typ {
		case biffBegin:
			x.depth++
			continue
		case biffEnd:
			x.depth--
			continue
		}
		if x.depth > 1 || !cellRecord(x.r.typ) || len(x.r.data) < 6 {
			continue
		}
		line := int64(binary.LittleEndian.Uint16(x.r.data)) + 1
		switch {
		case line < x.line || line == before:
			return 0, fmt.Errorf("cells of row %d stand behind those of row %d: open the workbook in Excel or LibreOffice and save it", line, x.line)
		case line > x.line && len(x.cells) > 0:
			x.r.back = true
			return x.sorted()
		}
		x.line = line
		if err := x.take(); err != nil {
			return 0, err
		}
		if len(x.text) > x.r.most {
			return 0, fmt.Errorf("row %d has more than %d bytes, %w", line, x.r.most, ErrTooLarge)
		}
	}
	if len(x.cells) > 0 {
		return x.sorted()
	}
	return 0, io.EOF
}

// cellRecord says whether records of the type are cells that hold something.
func cellRecord(typ uint16) bool {
	switch typ {
	case biffFormula, biffMulRK, biffRich, biffShared, biffNumber, biffLabel, biffBoolErr, biffRK:
		return true
	}
	return false
}

// sorted is the row when it is whole.
func (x *xlsRows) sorted() (int64, error) {
	byColumn := func(a, b xlsCell) int { return a.column - b.column }
	if !slices.IsSortedFunc(x.cells, byColumn) {
		slices.SortStableFunc(x.cells, byColumn)
	}
	for i := 1; i < len(x.cells); i++ {
		if x.cells[i].column == x.cells[i-1].column {
			return 0, fmt.Errorf("cell %s is there twice", cellName(x.cells[i].column, x.line))
		}
	}
	return x.line, nil
}

// take takes the cells of the record.
func (x *xlsRows) take() error {
	d := x.r.data
	c := xlsCell{column: int(binary.LittleEndian.Uint16(d[2:])), style: int(binary.LittleEndian.Uint16(d[4:]))}
	rest := d[6:]
	if x.r.typ == biffMulRK {
		return x.many(c.column, d[4:])
	}
	if len(rest) < cellBytes(x.r.typ) {
		return errCutBook
	}
	switch x.r.typ {
	case biffNumber:
		c.number = math.Float64frombits(binary.LittleEndian.Uint64(rest))
	case biffRK:
		c.number = rkNumber(binary.LittleEndian.Uint32(rest))
	case biffShared:
		c.typ, c.shared = sharedCell, binary.LittleEndian.Uint32(rest)
	case biffBoolErr:
		c.typ, c.shared = boolCell, uint32(rest[0])
		if rest[1] != 0 {
			c.typ = errorCell
		}
	case biffLabel, biffRich:
		x.r.data = rest
		if err := x.own(&c); err != nil {
			return err
		}
	case biffFormula:
		if err := x.formula(&c, rest); err != nil {
			return err
		}
	}
	return x.add(c)
}

// cellBytes is how many bytes a record has behind the place and style of its cell.
func cellBytes(typ uint16) int {
	switch typ {
	case biffFormula:
		return 14
	case biffNumber:
		return 8
	case biffShared, biffRK:
		return 4
	}
	return 2
}

// The most cells that a row of an old workbook has, more than which no record can
// say.
const xlsColumns = 256

func (x *xlsRows) add(c xlsCell) error {
	if x.cells = append(x.cells, c); c.column >= sheetColumns || len(x.cells) > sheetColumns {
		return fmt.Errorf("row %d has more than the %d cells of a sheet", x.line, xlsColumns)
	}
	return nil
}

// many takes numbers beside each other.
func (x *xlsRows) many(column int, d []byte) error {
	for ; len(d) >= 8; d = d[6:] {
		c := xlsCell{column: column, style: int(binary.LittleEndian.Uint16(d)), number: rkNumber(binary.LittleEndian.Uint32(d[2:]))}
		if err := x.add(c); err != nil {
			return err
		}
		column++
	}
	return nil
}

// rkNumber is a number in 32 bits: an integer, or the upper part of a float,
// perhaps of a hundredth.
func rkNumber(bits uint32) float64 {
	f := math.Float64frombits(uint64(bits&^3) << 32)
	if bits&2 != 0 {
		f = float64(int32(bits) >> 2)
	}
	if bits&1 != 0 {
		f /= 100
	}
	return f
}

// own reads a text that is not shared.
func (x *xlsRows) own(c *xlsCell) (err error) {
	begin := len(x.text)
	c.typ = stringCell
	x.text, err = x.r.text(x.text, 2)
	c.text = x.text[begin:len(x.text):len(x.text)]
	return err
}

// formula takes what a formula came to.
func (x *xlsRows) formula(c *xlsCell, result []byte) error {
	if result[6] != 0xff || result[7] != 0xff {
		c.number = math.Float64frombits(binary.LittleEndian.Uint64(result))
		return nil
	}
	switch c.shared = uint32(result[2]); result[0] {
	case 1:
		c.typ = boolCell
		return nil
	case 2:
		c.typ = errorCell
		return nil
	case 3:
		c.typ = stringCell
		return nil
	}
	const tries = 4 // records of shared formulas may stand between
	for range tries {
		if err := x.r.next(); err != nil {
			return err
		}
		if x.r.typ == biffString {
			return x.own(c)
		}
		if cellRecord(x.r.typ) || x.r.typ == biffEnd {
			break
		}
	}
	return fmt.Errorf("the text that the formula in cell %s came to is not there", cellName(c.column, x.line))
}

func (x *xlsRows) cell() (int, error) {
	if x.next == len(x.cells) {
		return -1, nil
	}
	x.next++
	return x.cells[x.next-1].column, nil
}

func (x *xlsRows) void() bool {
	switch c := &x.cells[x.next-1]; c.typ {
	case sharedCell:
		text, err := x.book.shared.nth(c.shared)
		return err == nil && len(text) == 0
	case stringCell:
		return len(c.text) == 0
	}
	return false
}

// biffErrors are the errors of formulas by their numbers.
var biffErrors = map[uint32]string{0x00: "#NULL!", 0x07: "#DIV/0!", 0x0f: "#VALUE!", 0x17: "#REF!", 0x1d: "#NAME?", 0x24: "#NUM!", 0x2a: "#N/A"}

func (x *xlsRows) value(b *row.Batch) (sheetCell, error) {
	c := &x.cells[x.next-1]
	switch c.typ {
	case sharedCell:
		text, err := x.book.shared.nth(c.shared)
		return textCell(text, c.column, x.line), err
	case stringCell:
		return textCell(b.Keep(c.text), c.column, x.line), nil
	case boolCell:
		if c.shared != 0 {
			return sheetCell{kind: row.Bool, text: []byte("TRUE")}, nil
		}
		return sheetCell{kind: row.Bool, text: []byte("FALSE")}, nil
	case errorCell:
		text := biffErrors[c.shared]
		if text == "" {
			text = fmt.Sprintf("#%d", c.shared)
		}
		return faultyCell([]byte(text), "cell "+cellName(c.column, x.line)+" holds the error "+text), nil
	}
	if math.IsNaN(c.number) || math.IsInf(c.number, 0) {
		return faultyCell(nil, "cell "+cellName(c.column, x.line)+" holds no number that there is"), nil
	}
	if c.number == 0 {
		c.number = 0 // without a sign
	}
	x.scratch = appendFloat(x.scratch[:0], c.number, 64)
	return x.book.numeric(b, x.scratch, &c.number, c.style, c.column, x.line)
}
