package format

import (
	"bytes"
	"fmt"
	"io"
	"regexp"
	"strconv"

	"github.com/seed-128c3863/sluice/row"
)

// SheetReadOptions says what to read from a sheet.
type SheetReadOptions struct {
	// Columns are the names of the wanted columns, one for each column of the
	// batches.
	Columns []string

	// Sheet is the name of the sheet, or its number among those that are not
	// hidden. Default: the first of them.
	Sheet string

	// Encoding is that of a page of HTML or a text: one of Encodings, or auto: what the page
	// names, or surely is. Default: auto. A byte-order mark goes before it.
	Encoding string

	// Fixed are all columns of a text in which they stand at fixed positions, which
	// are characters, or, if InBytes, bytes. HeaderLine lines of it are passed over,
	// or one, if not NoHeader.
	Fixed   []FixedColumn
	InBytes bool

	// NoHeader says that no row holds names. The columns' names are then their
	// numbers, "1" for A and so on.
	NoHeader bool

	// HeaderLine is the number of the sheet's row that holds the names; those
	// before it are passed over. Default: the first that is not empty.
	HeaderLine int

	// HeaderUntil is the number of the last row of names, if they stand in
	// several, from HeaderLine on. They are joined as those of a CSVReader.
	HeaderUntil int

	// Footer is a regular expression. The first row after the names whose cells,
	// with tabs between, it matches ends the rows; a few may follow. Default:
	// there is none.
	Footer string

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

// A SheetReader reads the wanted columns of a sheet, batch by batch: of a workbook,
// or of what has tables as a workbook has sheets.
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
// It holds a row, and the texts that cells share where the file has such; see the
// limits of its options. Files that unfold without end, that have entities or that
// lie about what is in them are refused.
type SheetReader struct {
	o    SheetReadOptions
	in   io.ReaderAt
	size int64

	open    func(r *SheetReader) (cellRows, error)
	sheet   cellRows
	line    int64
	header  *header
	cells   []sheetCell // of the row, by column
	filled  []int       // columns of cells that are in use
	places  []int       // of the wanted columns; -1: there is none
	beyond  string      // the first column without a name that holds something
	sheets  []string    // the names of those that are not hidden, where they are known
	earlier int64       // a row before that of the names that has all that are wanted; 0: none
	upper   []string    // names of rows above the last row of names

	ends   *regexp.Regexp // what ends the rows; nil: nothing does
	whole  []byte         // the row's cells with tabs between, if ends is there
	behind int            // rows behind them

	step   func(*row.Batch) error
	rows   int64
	text   int // bytes of the batch
	record []byte
	err    error
}

// cellRows goes through the rows of a sheet and their cells, each in its order.
type cellRows interface {
	// row goes on to the next row that the file has, and returns its number, from
	// 1; after the last it returns io.EOF.
	row() (int64, error)

	// cell goes on to the next cell of the row, and returns its column, from 0;
	// after the last it returns -1.
	cell() (int, error)

	// void says whether the cell holds nothing.
	void() bool

	// value returns what the cell holds. An error is one of the file.
	value(b *row.Batch) (sheetCell, error)
}

// A sheetCell is what a cell holds.
type sheetCell struct {
	kind  row.Kind // Any: it is at fault
	text  []byte   // nil: it is empty
	fault string
}

// faultyCell is a cell without a value that can be told.
func faultyCell(text []byte, reason string) sheetCell {
	if text == nil {
		text = []byte{}
	}
	return sheetCell{kind: row.Any, text: text, fault: reason}
}

// textCell is a cell of text.
func textCell(text []byte, column int, line int64) sheetCell {
	if bytes.IndexByte(text, 0) >= 0 {
		return faultyCell(nil, "the text in cell "+cellName(column, line)+" has a character NUL in it")
	}
	return sheetCell{kind: row.String, text: text}
}

// cellName is the name of a cell, such as B17.
func cellName(column int, line int64) string {
	return columnLetters(column) + strconv.FormatInt(line, 10)
}

// columnLetters names a column, counted from 0: A, Z, AA.
func columnLetters(column int) string {
	name := ""
	for column++; column > 0; column = (column - 1) / 26 {
		name = string(rune('A'+(column-1)%26)) + name
	}
	return name
}

// sheetFormats are the formats of files that have sheets, and how they are opened.
var sheetFormats = map[string]func(*SheetReader) (cellRows, error){"xlsx": openXLSX, "ods": openODS, "xls": openXLS, "html": openHTML, "fixed": openFixed}

// HasSheets says whether files of the format have sheets, which a SheetReader
// reads.
func HasSheets(form string) bool { return sheetFormats[form] != nil }

// NewSheetReader returns a reader of the size bytes of in, which are of a format
// that HasSheets. It reads from in when it is read.
func NewSheetReader(form string, in io.ReaderAt, size int64, o SheetReadOptions) *SheetReader {
	return newSheetReader(in, size, o, sheetFormats[form])
}

// newSheetReader returns a reader of the size bytes of in, which open opens when
// it is read.
func newSheetReader(in io.ReaderAt, size int64, o SheetReadOptions, open func(*SheetReader) (cellRows, error)) *SheetReader {
	if o.MaxRecord <= 0 {
		o.MaxRecord = 64 << 20
	}
	if o.MaxTexts <= 0 {
		o.MaxTexts = 64 << 20
	}
	r := &SheetReader{o: o, in: in, size: size, open: open}
	r.step = r.start
	if o.Footer != "" {
		r.ends, r.err = regexp.Compile(o.Footer)
	}
	return r
}

// Read replaces what b holds by the next rows: at most 1,024, and about 1 MiB of
// text. Its columns are of kind row.String, one for each of Columns.
//
// An error is an *row.Error, and final; the rows before it are returned first.
// After the last row Read returns io.EOF and an empty batch.
func (r *SheetReader) Read(b *row.Batch) error {
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
func (r *SheetReader) Names() []string {
	if r.header == nil {
		return nil
	}
	return r.header.names
}

// Sheets returns the names of the workbook's sheets that are not hidden, in their
// order, where the file says them; nil before the first Read.
func (r *SheetReader) Sheets() []string { return r.sheets }

// Absent returns the wanted names that the sheet does not have.
func (r *SheetReader) Absent() []string {
	var absent []string
	for _, c := range r.header.absent {
		absent = append(absent, r.o.Columns[c])
	}
	return absent
}

// Extra returns those of Names that are not wanted, and not empty, and what
// stands in a column without a name, as far as it was seen.
func (r *SheetReader) Extra() []string {
	extra := r.header.extra()
	if r.beyond != "" {
		extra = append(extra, r.beyond)
	}
	return extra
}

// start opens the file.
func (r *SheetReader) start(*row.Batch) (err error) {
	if r.sheet, err = r.open(r); err != nil {
		return err
	}
	r.step = r.top
	if r.o.NoHeader {
		return r.numbered()
	}
	return nil
}

// inCell names the cell that an error is of.
func (r *SheetReader) inCell(column int, err error) error {
	return fmt.Errorf("cell %s: %w", cellName(column, r.line), err)
}

// next goes on to a row, and reads it.
func (r *SheetReader) next(b *row.Batch) error {
	line, err := r.sheet.row()
	if err != nil {
		return err
	}
	r.line = line
	return r.row(b)
}

// row reads the row.
func (r *SheetReader) row(b *row.Batch) error {
	for _, i := range r.filled {
		r.cells[i] = sheetCell{}
	}
	r.filled, r.whole = r.filled[:0], r.whole[:0]
	empty, size, tabs := true, 0, 0
	for {
		column, err := r.sheet.cell()
		if err != nil {
			return err
		}
		if column < 0 {
			break
		}
		for ; r.ends != nil && tabs < column; tabs++ {
			r.whole = append(r.whole, '\t')
		}
		value, err := r.take(b, column)
		if err != nil {
			return err
		}
		empty = empty && !value
		if value && column < len(r.cells) {
			size += len(r.cells[column].text)
		}
		if max(size, len(r.whole)) > r.o.MaxRecord {
			return fmt.Errorf("the row has more than %d bytes, %w", r.o.MaxRecord, ErrTooLarge)
		}
	}
	switch {
	case r.ends != nil && len(r.whole) > tabs && r.ends.Match(r.whole):
		r.behind, r.step = 1, r.footer
	case !empty:
		r.add(b, size)
	}
	return nil
}

// take reads a cell if it is wanted, and says whether it is a part of the row.
func (r *SheetReader) take(b *row.Batch, column int) (bool, error) {
	named := column < len(r.cells) && r.header.names[column] != ""
	if !named {
		if err := r.nameless(column); err != nil {
			return false, err
		}
	}
	wanted := named && (r.header.slots[column] >= 0 || r.o.Record)
	holds := !wanted && named && !r.sheet.void()
	if !wanted && r.ends == nil {
		return holds, nil
	}
	value, err := r.sheet.value(b)
	if err != nil {
		return false, r.inCell(column, err)
	}
	if r.ends != nil {
		r.whole = append(r.whole, shownCell(value)...)
	}
	if !wanted {
		return holds, nil
	}
	r.cells[column] = value
	r.filled = append(r.filled, column)
	return len(value.text) > 0 || value.fault != "", nil
}

// nameless notes a cell in a column without a name, which is no part of the
// table.
func (r *SheetReader) nameless(column int) error {
	if r.beyond != "" && !r.o.RefuseExtra || r.sheet.void() {
		return nil
	}
	letters := columnLetters(column)
	if r.o.RefuseExtra {
		return fmt.Errorf("nothing reads column %s, in which cell %s holds something (extra_columns: ignore leaves it out)", letters, cellName(column, r.line))
	}
	if !r.o.NoHeader {
		r.beyond = "column " + letters + ", which has no name"
	}
	return nil
}

// add takes the row.
func (r *SheetReader) add(b *row.Batch, size int) {
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
