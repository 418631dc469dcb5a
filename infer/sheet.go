package infer

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"

	"github.com/seed-128c3863/sluice/format"
	"github.com/seed-128c3863/sluice/row"
)

const (
	sheetWidth = 200     // columns of a sheet that its names are looked for in
	sheetRows  = 200_000 // rows that its end is looked for in
	sheetTries = 5       // sheets that a table is looked for in
)

// findSheet finds out which sheet of a workbook holds a table, and in which rows
// its names are and its end.
func (d *draft) findSheet(in io.ReaderAt, size int64) (*dialect, error) {
	t, sheets, err := d.sheetDialect(in, size, "", nil)
	if err != nil {
		return nil, err
	}
	sheet, why := "", finding{}
	for i := 1; !t.isTable() && i < min(len(sheets), sheetTries); i++ {
		if other, _, err := d.sheetDialect(in, size, sheets[i], nil); err == nil && other.isTable() {
			t, sheet = other, sheets[i]
			why = finding{"sheet", sheet, fmt.Sprintf("%q before it has no table", sheets[0]), doubt}
		}
	}
	if len(sheets) > 1 && why.key == "" {
		at, asked, err := d.ask.answer(Question{Text: "which sheet is read?", Choices: sheets})
		if err != nil {
			return nil, err
		}
		if asked {
			sheet = sheets[at]
			why = finding{"sheet", sheet, asSaid, 1}
		}
	}
	if d.ask != nil {
		if t, _, err = d.sheetDialect(in, size, sheet, d.ask); err != nil {
			return nil, err
		}
	}
	if t.sheet = sheet; sheet != "" {
		t.findings = append([]finding{why}, t.findings...)
	}
	return t, nil
}

// isTable says whether there are rows of several columns.
func (t *dialect) isTable() bool { return t.width > 1 && len(t.records) > 0 }

// sheetDialect finds out where the names and the end of a sheet's rows are. It
// returns the names of the workbook's sheets, too.
func (d *draft) sheetDialect(in io.ReaderAt, size int64, sheet string, ask asker) (t *dialect, sheets []string, err error) {
	o := format.SheetReadOptions{NoHeader: true, Sheet: sheet, Columns: columnNumbers(sheetWidth)}
	r := format.NewSheetReader(d.place.form, in, size, o)
	t = &dialect{ask: ask, o: format.CSVReadOptions{Delimiter: "\t", Quote: "none"}}
	b := &row.Batch{}
	if err := r.Read(b); err != nil {
		if errors.Is(err, io.EOF) {
			err = nothing("there are no rows in it")
		}
		return nil, nil, err
	}
	t.records = sheetRecords(b)
	t.width = usualWidth(t.records)
	last, cut := []format.CSVRecord(nil), false
	if len(t.records) >= b.Len && b.Len > mostBehind {
		o.Columns = columnNumbers(t.width)
		if last, cut, err = lastOfSheet(format.NewSheetReader(d.place.form, in, size, o), len(t.records)); err != nil {
			return nil, nil, err
		}
	}
	if err := t.findHeader(); err != nil {
		return nil, nil, err
	}
	t.findFooter(last, cut)
	return t, r.Sheets(), nil
}

// mostBehind is how many rows at the end are looked at.
const mostBehind = 10

// lastOfSheet returns the last rows, and whether there are more than so many. They
// are none if the sheet has too many to be looked through.
func lastOfSheet(r *format.SheetReader, most int) (last []format.CSVRecord, more bool, err error) {
	b := &row.Batch{}
	for n := 0; n < sheetRows; n += b.Len {
		err := r.Read(b)
		if errors.Is(err, io.EOF) {
			return last, n > most, nil
		}
		if err != nil {
			return nil, false, err
		}
		last = append(last, sheetRecords(b)...)
		last = slices.Clone(last[max(0, len(last)-mostBehind):])
	}
	return nil, true, nil
}

// columnNumbers are the names of columns that have none.
func columnNumbers(n int) (names []string) {
	for i := range n {
		names = append(names, strconv.Itoa(i+1))
	}
	return names
}

// sheetRecords returns rows of a sheet as records of text.
func sheetRecords(b *row.Batch) (records []format.CSVRecord) {
	for r := range b.Len {
		var cells []string
		for c := range b.Cols {
			text := b.Cols[c].Bytes[r]
			shown := string(bytes.ReplaceAll(text, []byte("\n"), []byte(" ")))
			if kindAt(&b.Cols[c], r) == row.Float64 {
				shown = format.ShownNumber(shown)
			}
			cells = append(cells, shown)
		}
		cells = cells[:filledTo(cells)]
		records = append(records, format.CSVRecord{Line: int(b.Line[r]), Text: strings.Join(cells, "\t"), Cells: cells})
	}
	width := usualWidth(records)
	for i := range records {
		for len(records[i].Cells) < width {
			records[i].Cells = append(records[i].Cells, "")
		}
	}
	return records
}

// usualWidth is how many cells most records have, of those that have many.
func usualWidth(records []format.CSVRecord) (width int) {
	counts := map[int]int{}
	for _, r := range records {
		counts[filledTo(r.Cells)]++
	}
	for w, n := range counts {
		if n*w > counts[width]*width || n*w == counts[width]*width && w > width {
			width = w
		}
	}
	return width
}

// sheetOptions are how sheets are read, as the job says it.
func (t *dialect) sheetOptions() format.SheetReadOptions {
	return format.SheetReadOptions{Sheet: t.sheet, NoHeader: t.o.NoHeader, HeaderLine: t.o.HeaderLine, HeaderUntil: t.o.HeaderUntil, Footer: t.o.Footer}
}
