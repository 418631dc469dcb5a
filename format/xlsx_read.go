package format

import (
	"fmt"
	"io"

	"github.com/seed-128c3863/sluice/row"
)

// XLSXReadOptions says what to read from a workbook.
type XLSXReadOptions struct {
	// Columns are the names of the wanted columns, one for each column of the
	// batches.
	Columns []string

	// Sheet is the name of the sheet, or its number among those that are not
	// hidden. Default: the first of them.
	Sheet string

	// NoHeader says that no row holds names. The columns' names are then their
	// numbers, "1" for A and so on.
	NoHeader bool

	// HeaderLine is the number of the sheet's row that holds the names; those
	// before it are passed over. Default: the first that is not empty.
	HeaderLine int

	// AbsentNull gives nulls for wanted columns that the sheet does not have.
	// It is an error otherwise.
	AbsentNull bool

	// RefuseExtra makes columns that are not wanted an error.
	RefuseExtra bool

	// Record asks for each row in Batch.Record, in a form that Cells reads.
	Record bool

	// MaxRecord is the most bytes that one cell, or what is wanted of one row,
	// may have. Default: 64 MiB.
	MaxRecord int

	// MaxTexts is the most bytes that the texts which cells share may take in
	// memory. Default: 64 MiB.
	MaxTexts int
}

// A XLSXReader reads the wanted columns of a sheet of a workbook of Excel
// (.xlsx, .xlsm), batch by batch: what Excel, LibreOffice, Google Sheets and the
// libraries write, also in its strict form.
//
// Cells come as texts, and in row.Column.Kinds what they are:
//
//	text       as it is, all its runs, without how it is spoken
//	number     the digits that are there, without a zero that says nothing (see ShownNumber)
//	date       2006-01-02, by the number format of the cell
//	date+time  2006-01-02T15:04:05, with milliseconds if there are any
//	time       15:04:05, with milliseconds if there are any
//	duration   a time of day if it is less than a day, else a text such as 36:30:00
//	boolean    TRUE, FALSE
//
// A formula is the value that it had when the workbook was saved. Of merged cells
// the first has the value, and hidden rows and columns are read like others.
//
// A cell that holds an error such as #N/A, a formula without a value, or a number
// that is no date and shown as one, is null, with a row.Break that names it; its
// text stays. A row without a cell that holds something is no record. Line is the
// number of the row in the sheet.
//
// It holds the texts that cells share, and otherwise a row; see the limits of
// its options. Files that unfold without end, that have entities or that lie
// about what is in them are refused.
type XLSXReader struct {
	o    XLSXReadOptions
	in   io.ReaderAt
	size int64

	book   *xlsxBook
	sheet  *sheetScan
	line   int64
	header *header
	cells  []xlsxCell // of the row, by column
	filled []int      // columns of cells that are in use
	places []int      // of the wanted columns; -1: there is none
	beyond string     // the first column without a name that holds something

	step    func(*row.Batch) error
	rows    int64
	text    int // bytes of the batch
	scratch []byte
	moment  []byte
	record  []byte
	err     error
}

// NewXLSXReader returns a reader of the workbook that the size bytes of in are.
// It reads from in when it is read.
func NewXLSXReader(in io.ReaderAt, size int64, o XLSXReadOptions) *XLSXReader {
	if o.MaxRecord <= 0 {
		o.MaxRecord = 64 << 20
	}
	if o.MaxTexts <= 0 {
		o.MaxTexts = 64 << 20
	}
	r := &XLSXReader{o: o, in: in, size: size}
	r.step = r.start
	return r
}

// Read replaces what b holds by the next rows: at most 1,024, and about 1 MiB of
// text. Its columns are of kind row.String, one for each of Columns.
//
// An error is an *row.Error, and final; the rows before it are returned first.
// After the last row Read returns io.EOF and an empty batch.
func (r *XLSXReader) Read(b *row.Batch) error {
	prepare(b, len(r.o.Columns), row.String)
	r.text = 0
	for r.err == nil && b.Len < batchRows && r.text < batchBytes {
		if err := r.step(b); err != nil && err != io.EOF {
			r.err = &row.Error{Line: r.line, Err: err}
		} else {
			r.err = err
		}
	}
	if b.Len > 0 {
		return nil
	}
	return r.err
}

// Names returns the columns' names as the sheet has them, in order. It is nil
// before the first Read.
func (r *XLSXReader) Names() []string {
	if r.header == nil {
		return nil
	}
	return r.header.names
}

// Absent returns the wanted names that the sheet does not have.
func (r *XLSXReader) Absent() []string {
	var absent []string
	for _, c := range r.header.absent {
		absent = append(absent, r.o.Columns[c])
	}
	return absent
}

// Extra returns those of Names that are not wanted, and not empty, and what
// stands in a column without a name, as far as it was seen.
func (r *XLSXReader) Extra() []string {
	extra := r.header.extra()
	if r.beyond != "" {
		extra = append(extra, r.beyond)
	}
	return extra
}

// start opens the workbook.
func (r *XLSXReader) start(*row.Batch) (err error) {
	if r.book, err = openBook(r.in, r.size, r.o.Sheet, r.o.MaxTexts); err != nil {
		return err
	}
	in, err := r.book.zip.open(r.book.sheet)
	if err != nil {
		return err
	}
	r.sheet = newSheet(in, r.o.MaxRecord)
	r.step = r.top
	if r.o.NoHeader {
		return r.numbered()
	}
	return nil
}

// at names the sheet that an error is of.
func (r *XLSXReader) at(err error) error { return partFault(r.book.sheet, err) }

// inCell names the cell that an error is of.
func (r *XLSXReader) inCell(c *rawCell, err error) error {
	return fmt.Errorf("cell %s: %w", cellName(c.column, r.line), err)
}

// next reads a row.
func (r *XLSXReader) next(b *row.Batch) error {
	if err := r.sheet.row(); err != nil {
		if err == io.EOF {
			return err
		}
		return r.at(err)
	}
	r.line = r.sheet.line
	for _, i := range r.filled {
		r.cells[i] = xlsxCell{}
	}
	r.filled = r.filled[:0]
	empty, size := true, 0
	for {
		var c rawCell
		more, err := r.sheet.cell(&c)
		if err != nil {
			return r.at(err)
		}
		if !more {
			break
		}
		value, err := r.take(b, &c)
		if err != nil {
			return err
		}
		empty = empty && !value
		if value && c.column < len(r.cells) {
			size += len(r.cells[c.column].text)
		}
		if size > r.o.MaxRecord {
			return fmt.Errorf("the row has more than %d bytes, %w", r.o.MaxRecord, ErrTooLarge)
		}
	}
	if !empty {
		r.add(b, size)
	}
	return nil
}

// take reads a cell if it is wanted, and says whether it is a part of the row.
func (r *XLSXReader) take(b *row.Batch, c *rawCell) (bool, error) {
	switch {
	case c.column >= len(r.cells) || r.header.names[c.column] == "":
		return false, r.nameless(c)
	case r.header.slots[c.column] < 0 && !r.o.Record:
		return !r.void(c), nil
	}
	value, err := r.cell(b, c)
	if err != nil {
		return false, r.inCell(c, err)
	}
	r.cells[c.column] = value
	r.filled = append(r.filled, c.column)
	return len(value.text) > 0 || value.fault != "", nil
}

// nameless notes a cell in a column without a name, which is no part of the
// table.
func (r *XLSXReader) nameless(c *rawCell) error {
	if r.beyond != "" && !r.o.RefuseExtra || r.void(c) {
		return nil
	}
	letters := columnLetters(c.column)
	if r.o.RefuseExtra {
		return fmt.Errorf("nothing reads column %s, in which cell %s holds something (extra_columns: ignore leaves it out)", letters, cellName(c.column, r.line))
	}
	if !r.o.NoHeader {
		r.beyond = "column " + letters + ", which has no name"
	}
	return nil
}

// add takes the row.
func (r *XLSXReader) add(b *row.Batch, size int) {
	r.rows++
	r.text += size
	b.Row = append(b.Row, r.rows)
	b.Line = append(b.Line, r.line)
	for c, i := range r.places {
		dst := &b.Cols[c]
		if i < 0 {
			dst.AppendNull()
			dst.Kinds = append(dst.Kinds, row.String)
			continue
		}
		value := &r.cells[i]
		if value.fault != "" {
			dst.AppendBroken(row.Break{Why: row.Faulty, Cell: value.fault})
			dst.Bytes[b.Len] = value.text
			dst.Kinds = append(dst.Kinds, row.Any)
			continue
		}
		if value.text == nil {
			value.kind = row.String
		}
		dst.AppendBytes(value.text)
		dst.Kinds = append(dst.Kinds, value.kind)
	}
	if r.o.Record {
		b.Record = append(b.Record, b.Keep(r.recorded()))
	}
	b.Len++
}
