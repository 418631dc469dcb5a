package format

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/seed-128c3863/sluice/row"
)

// CSVReadOptions says what to read from a CSV file, and how it is written.
type CSVReadOptions struct {
	// Columns are the names of the wanted columns, one for each column of the
	// batches.
	Columns []string

	// Delimiter stands between cells. Default: found by the names, see
	// CSVReader.
	Delimiter string

	// Encoding is one of Encodings, or auto: then it is found where the first
	// byte stands that is not ASCII, see GuessEncoding, and what is not certain
	// is an error. Default: utf-8. A byte-order mark goes before it.
	Encoding string

	// Quote is the quoting character, of ASCII, or "none". Default: ".
	Quote string

	// Escape is a character of ASCII behind which the next one stands for
	// itself, inside of quotes and outside. Default: none.
	Escape string

	// Comment is what lines begin with that are no rows. Default: nothing.
	Comment string

	// NoHeader says that there is no line of names. The columns' names are
	// then their numbers, "1" and so on, and the first row says how many there
	// are.
	NoHeader bool

	// HeaderLine is the number of the line that holds the names; those before
	// it are passed over. Default: the first that is not blank.
	HeaderLine int

	// HeaderUntil is the number of the last line of names, if they stand in
	// several, from HeaderLine on. They are joined by a space; the cell above
	// several columns stands in the first of them.
	HeaderUntil int

	// Footer is a regular expression. The first line after the names that it
	// matches ends the rows; a few lines may follow. Default: there is none.
	Footer string

	// Pad reads rows with fewer cells than there are names: the cells that are
	// not there are null. Such a row is a bad one otherwise.
	Pad bool

	// Trim reads rows with more cells than there are names if those beyond
	// them are empty.
	Trim bool

	// AbsentNull gives nulls for wanted columns that the file does not have.
	// It is an error otherwise.
	AbsentNull bool

	// RefuseExtra makes columns that are not wanted an error.
	RefuseExtra bool

	// Record asks for the text of each row in Batch.Record.
	Record bool

	// MaxRecord is the most bytes that one record may have. A stream's buffer
	// grows to twice that at most. Default: 64 MiB.
	MaxRecord int
}

// Check says what is wrong with the options.
func (o *CSVReadOptions) Check() error {
	switch {
	case strings.ContainsAny(o.Delimiter, "\r\n\x00"):
		return fmt.Errorf("the delimiter %q has a line break or NUL in it", o.Delimiter)
	case !utf8.ValidString(o.Delimiter):
		return fmt.Errorf("the delimiter %q is not UTF-8", o.Delimiter)
	case o.Quote != "" && o.Quote != "none" && (len(o.Quote) > 1 || o.Quote[0] < ' ' || o.Quote[0] > '~'):
		return fmt.Errorf("the quote %q is not one printable character of ASCII", o.Quote)
	case o.quote() >= 0 && strings.IndexByte(o.Delimiter, byte(o.quote())) >= 0:
		return fmt.Errorf("the delimiter %q has the quote in it", o.Delimiter)
	case len(o.Escape) > 1 || o.Escape != "" && (o.Escape[0] <= ' ' || o.Escape[0] > '~'):
		return fmt.Errorf("the escape %q is not one printable character of ASCII", o.Escape)
	case o.Escape != "" && (o.escape() == o.quote() || strings.Contains(o.Delimiter, o.Escape)):
		return fmt.Errorf("the escape %q is the quote or in the delimiter; a quote that is written twice needs no escape", o.Escape)
	case o.HeaderUntil > 0 && o.HeaderUntil < o.HeaderLine:
		return fmt.Errorf("the header ends in line %d, before it begins in line %d", o.HeaderUntil, o.HeaderLine)
	}
	if _, err := regexp.Compile(o.Footer); err != nil {
		return fmt.Errorf("the footer: %w", err)
	}
	return checkEncoding(o.Encoding)
}

// escape returns the escaping character, -1 if there is none.
func (o *CSVReadOptions) escape() int {
	if o.Escape == "" {
		return -1
	}
	return int(o.Escape[0])
}

// quote returns the quoting character, -1 if there is none.
func (o *CSVReadOptions) quote() int {
	switch o.Quote {
	case "":
		return '"'
	case "none":
		return -1
	}
	return int(o.Quote[0])
}

// A CSVReader reads the wanted columns of a CSV file, batch by batch: RFC 4180
// and what is commonly written beside it. What it returns is UTF-8, whatever the
// file's encoding.
//
// Lines end in \n or \r\n, or all of them in \r: the first one says which. The
// last needs no end, and blank lines are no records. A cell in quotes may hold
// delimiters, line breaks, which stay as they are, and quotes, written twice.
//
// Names are not trimmed, nor made equal in case, and no two are the same; any
// number may be empty. A delimiter that is not given is the one of , ; tab | by
// which the header has two names or more: of several, the one by which it has
// the most of the wanted names. If that does not tell, it is an error.
//
// A bad row is one with another number of cells than there are names, one with
// a NUL or bytes that are no character, and, up to the end of its line, one with a
// quote where none may stand: after a closing one, or in a cell that does not
// begin with it. A carriage return outside of quotes that ends no line is the
// same. A quote that is never closed is an error of the file, as is all that is
// wrong with its header.
//
// All of this is stricter than encoding/csv, or the same, where that is not
// told to be lazy.
type CSVReader struct {
	feed
	o      CSVReadOptions
	split  splitter
	names  []string
	absent []int // those of the wanted columns that the file does not have
	line   int64 // of src.pos

	ends     *regexp.Regexp // what ends the rows; nil: nothing does
	behind   int            // lines behind them
	earlier  int64          // a line before that of the names that has all that are wanted; 0: none
	guessing bool           // the encoding is not known, as all was ASCII so far
}

// CSVBytes returns a reader of a file that is in memory. The values of its
// batches are parts of data, which must not change.
func CSVBytes(data []byte, o CSVReadOptions) *CSVReader {
	r := newCSVReader(o)
	r.src.open(data, nil)
	return r
}

// CSVStream returns a reader of a file of any size. It holds a part of the
// file, grown to the largest record.
func CSVStream(in io.Reader, o CSVReadOptions) *CSVReader {
	r := newCSVReader(o)
	r.src.open(nil, in)
	return r
}

func newCSVReader(o CSVReadOptions) *CSVReader {
	if o.MaxRecord <= 0 {
		o.MaxRecord = 64 << 20
	}
	r := &CSVReader{o: o, line: 1}
	r.src.most = max(o.MaxRecord, utf8.UTFMax) // which mark reads
	r.step = r.start
	if r.err = o.Check(); r.err == nil && o.Footer != "" {
		r.ends = regexp.MustCompile(o.Footer)
	}
	return r
}

// Read replaces what b holds by the next rows: at most 1,024, and about 1 MiB
// of text. Its columns are of kind row.String, one for each of Columns, and
// hold each cell's text; null is only what AbsentNull and Pad give.
//
// A row that does not fit goes to b.Bad. An error is an *row.Error, and final;
// the rows before it are returned first. After the last row Read returns io.EOF
// and an empty batch.
//
// Values are valid until the next Read.
func (r *CSVReader) Read(b *row.Batch) error {
	r.prepare(b)
	err := r.batch(b)
	r.settle(b)
	return r.explain(err)
}

// prepare empties b, and makes room in its columns for every row.
func (r *CSVReader) prepare(b *row.Batch) {
	prepare(b, len(r.o.Columns), row.String)
	most := rowsOf(len(b.Cols))
	for i := range b.Cols {
		c := &b.Cols[i]
		c.Null = slices.Grow(c.Null, most)[:most]
		c.Bytes = slices.Grow(c.Bytes, most)[:most]
		clear(c.Null)
	}
}

// settle cuts the columns to the rows that there are.
func (r *CSVReader) settle(b *row.Batch) {
	for i := range b.Cols {
		c := &b.Cols[i]
		c.Null, c.Bytes = c.Null[:b.Len], c.Bytes[:b.Len]
	}
}

// explain adds to the error for a record that is too long what may be why.
func (r *CSVReader) explain(err error) error {
	var at *row.Error
	if !errors.Is(err, ErrTooLarge) || !errors.As(err, &at) || at.Line > 0 {
		return err
	}
	more := *at
	more.Line = r.line
	if r.split.open >= 0 {
		more.Err = fmt.Errorf("%w; the quote at byte %d is not closed so far", at.Err, r.src.position(r.src.pos+r.split.open))
	}
	r.err = &more
	return r.err
}

// record reads the next record as a row or a bad row.
func (r *CSVReader) record(b *row.Batch) error {
	s, d := &r.split, r.ahead()
	if blank, err := r.blank(d); blank || err != nil {
		return err
	}
	if r.o.Comment != "" {
		if passed, err := r.comment(d); passed || err != nil {
			return err
		}
	}
	end, next, how := s.record(d)
	switch how {
	case beyond:
		return r.beyond(d)
	case unclosed:
		return r.fail(end, errUnclosed)
	case atFault:
		if end, next, how = s.resume(d); how == beyond {
			return r.beyond(d)
		}
	default:
		r.check(d[:end])
	}
	if r.guessing && (s.high&highs != 0 || s.why != "") && notASCII(d[:end]) >= 0 {
		if err := r.guess(); err != nil || !r.guessing {
			return err // the record is read again
		}
	}
	if end > r.src.most {
		return r.src.tooLong()
	}
	if r.ends != nil && r.ends.Match(d[:end]) {
		r.step = r.footer
		return nil
	}
	if s.why == "" {
		r.add(b, d, end)
	} else {
		r.bad(b, d[:end:end], s.at, errors.New(s.why))
		b.Bad[len(b.Bad)-1].Line = r.line
	}
	r.pass(d, next)
	return nil
}

// ahead returns what is not yet used, as much of it as a record may have and
// a few bytes, so that the same is found however the file is read.
func (r *CSVReader) ahead() []byte {
	d := r.src.rest()
	most := r.src.most + utf8.UTFMax + 1
	r.split.whole = r.src.whole && len(d) <= most
	return d[:min(len(d), most)]
}

// beyond is the error for a record that does not end in d, which is ahead.
func (r *CSVReader) beyond(d []byte) error {
	if len(d) > r.src.most+utf8.UTFMax {
		return r.src.tooLong()
	}
	return errMore
}

// blank passes a line with nothing on it, if that is what d begins with.
func (r *CSVReader) blank(d []byte) (bool, error) {
	switch {
	case len(d) == 0 && r.split.whole:
		return false, io.EOF
	case len(d) == 0:
		return false, errMore
	case d[0] != '\n' && d[0] != '\r':
		return false, nil
	}
	n, more := r.split.lineEnd(d)
	if more {
		return false, errMore
	}
	if n > 0 {
		r.src.pos += n
		r.line++
	}
	return n > 0, nil
}

// check sees whether the record, which is well formed, fits.
func (r *CSVReader) check(record []byte) {
	s := &r.split
	switch n := len(r.names); {
	case s.why != "":
	case s.n > n && (s.over || !r.o.Trim), s.n < n && !r.o.Pad:
		s.at, s.why = 0, fmt.Sprintf("the row has %d %s, and %s has %d", s.n, cellsWord(s.n), r.top(), n)
	case s.high&highs != 0:
		if at := notUTF8(record); at >= 0 {
			s.at, s.why = at, r.src.noCharacter(record[at:])
		}
	}
}

func cellsWord(n int) string {
	if n == 1 {
		return "cell"
	}
	return "cells"
}

// add takes the record d[:end] as a row.
func (r *CSVReader) add(b *row.Batch, d []byte, end int) {
	s, n := &r.split, b.Len
	r.rows++
	r.text += end
	b.Row = append(b.Row, r.rows)
	b.Line = append(b.Line, r.line)
	b.Byte = append(b.Byte, r.src.position(r.src.pos))
	if r.o.Record {
		b.Record = append(b.Record, d[:end:end])
	}
	short := s.slots[min(s.n, len(s.slots)):]
	for _, c := range short {
		if c >= 0 {
			s.cells[c] = csvCell{}
		}
	}
	for c := range s.cells {
		cell := &s.cells[c]
		text := d[cell.start:cell.end:cell.end]
		if cell.doubled {
			text = s.literal(b.Keep(text))
		}
		b.Cols[c].Bytes[n] = text
	}
	for _, c := range r.absent {
		b.Cols[c].Null[n], b.Cols[c].Bytes[n] = true, nil
	}
	for _, c := range short {
		if c >= 0 {
			b.Cols[c].Null[n], b.Cols[c].Bytes[n] = true, nil
		}
	}
	b.Len++
}

// pass takes the reader to d[next], behind a record.
func (r *CSVReader) pass(d []byte, next int) {
	r.line += r.linesOf(d[:next])
	r.src.pos += next
}

// linesOf returns how many lines a record has, its end with it.
func (r *CSVReader) linesOf(record []byte) int64 {
	if r.split.lines {
		return int64(bytes.Count(record, []byte{r.split.ending}))
	}
	return 1
}

func (r *CSVReader) fail(i int, err error) error {
	return &row.Error{Line: r.line, Byte: r.src.position(r.src.pos + i), Err: err}
}

var errUnclosed = errors.New("the quote that stands here is not closed before the file ends")
