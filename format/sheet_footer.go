package format

import (
	"bytes"
	"fmt"

	"github.com/seed-128c3863/sluice/row"
)

// shownCell is the text of a cell in one line.
func shownCell(c sheetCell) []byte {
	if c.kind == row.Float64 {
		return []byte(ShownNumber(string(c.text)))
	}
	return bytes.ReplaceAll(c.text, []byte("\n"), []byte(" "))
}

// footer passes a row behind the rows.
func (r *SheetReader) footer(*row.Batch) error {
	line, err := r.sheet.row()
	if err != nil {
		return err
	}
	r.line = line
	for {
		column, err := r.sheet.cell()
		if err != nil || column < 0 {
			return err
		}
		if r.sheet.void() {
			continue
		}
		if r.behind++; r.behind > mostBehind {
			return fmt.Errorf("more than %d lines follow the one that from.footer matches: it is not the end of the rows", mostBehind-1)
		}
		return r.restOfRow()
	}
}

// restOfRow passes the cells that are left of the row.
func (r *SheetReader) restOfRow() error {
	for {
		if column, err := r.sheet.cell(); err != nil || column < 0 {
			return err
		}
	}
}
