package mapping

import (
	"slices"

	"github.com/seed-128c3863/sluice/format"
	"github.com/seed-128c3863/sluice/row"
)

// The cell of a workbook is a text of which it is known what it is: a number, a
// date. Where that is what a column wants, it is taken as such, whatever the
// column says of how texts are written; everywhere else, as in expressions, it is
// the text, as the cell of any table. A text is as in every table of text.

// inCell returns the value of row r of a column of cells, for a column of the
// job, or for an expression, when c is nil.
func (c *converter) inCell(col *row.Column, r int) (value, error) {
	text := col.Bytes[r]
	if r >= len(col.Kinds) {
		return cell(text), nil
	}
	switch k := col.Kinds[r]; {
	case k == row.Any:
		if c != nil && slices.Contains(c.nulls, str(text)) {
			return null, nil
		}
		return null, &fault{msg: col.BreakAt(r).Cell, value: string(text)}
	case k == row.Float64 && c.isFloat():
		return ofNumber(str(text)), nil
	case k == row.Float64:
		shown := format.ShownNumber(str(text))
		if c.isNumber() {
			return ofNumber(shown), nil
		}
		return cell(raw(shown)), nil
	case k == row.Bool && c.is(row.Bool, row.JSON):
		return ofBool(string(text) == "TRUE"), nil
	case (k == row.Date || k == row.Time || k == row.Timestamp) && c.is(row.Date, row.Time, row.Timestamp, row.TimestampTZ, row.JSON):
		return (&converter{typ: row.Type{Kind: k}}).readISO(cell(text))
	}
	return cell(text), nil
}

func (c *converter) is(kinds ...row.Kind) bool { return c != nil && slices.Contains(kinds, c.typ.Kind) }

func (c *converter) isFloat() bool { return c.is(row.Float32, row.Float64) }

func (c *converter) isNumber() bool {
	return c.is(row.Int16, row.Int32, row.Int64, row.Decimal, row.JSON) || c.isFloat()
}

// plainly returns the text of a cell that means the same as it stands there and
// as what it is. There is none of one that is broken, or that the column takes
// otherwise than a text.
func (c *converter) plainly(col *row.Column, r int) (string, bool) {
	text := str(col.Bytes[r])
	if r >= len(col.Kinds) {
		return text, true
	}
	switch k := col.Kinds[r]; {
	case k == row.String:
		return text, true
	case k == row.Float64 && !c.isFloat():
		return format.ShownNumber(text), true
	case k == row.Float64, k != row.Any && c.typ.Kind == row.String:
		return text, true
	}
	return "", false
}
