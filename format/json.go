package format

import (
	"bytes"
	"fmt"
	"io"
	"unicode/utf8"

	"github.com/seed-128c3863/sluice/row"
)

// A Shape says how rows lie in a JSON document.
type Shape uint8

// The shapes.
const (
	// Records: an array of objects, or objects one after another (NDJSON), told
	// apart by the first byte.
	//
	// Of objects one after another, the first says which of two it is. If it
	// ends with its line, every line that is not blank is a record, and a line
	// that is none is a bad row. Otherwise objects may take several lines, or
	// share one, and the first fault ends the file, because nothing says where
	// the next object begins.
	Records Shape = iota

	// Columns: pandas' object of columns, each of them an object of values by
	// index (orient="columns") or a list (orient="list"). The rows are the
	// indexes of all columns in the order in which they are first met; where a
	// column has none of an index, the row lacks that key.
	Columns
)

// JSONOptions says what to read from a JSON file.
type JSONOptions struct {
	Shape Shape

	// At leads from the document to the rows. Empty: the document is the rows.
	At Path

	// Paths lead from a record to the wanted values, one for each column of the
	// batches. The empty Path is the record as a whole.
	Paths []Path

	// Record asks for the text of each row in Batch.Record.
	Record bool

	// MaxRecord is the most bytes that one record may have, or one value around
	// the rows that At leads to. A stream's buffer grows to twice that at most.
	// Default: 64 MiB; for Columns, where the document counts, 1 GiB.
	MaxRecord int
}

// A JSONReader reads the wanted values of a JSON file, batch by batch, and
// checks the rest of it as strictly: its text must be RFC 8259 to the last
// byte, in UTF-8, with a byte-order mark or without, and at most 1,000 levels
// deep. A key that stands twice in an object is an error of the row if the job
// reads it; other keys are not compared.
type JSONReader struct {
	feed
	o    JSONOptions
	walk *walker
	line int64    // of src.pos, in a file of lines
	cols *columns // shape Columns
}

// JSONBytes returns a reader of a file that is in memory. The values of its
// batches are parts of data, which must not change.
func JSONBytes(data []byte, o JSONOptions) *JSONReader {
	r := newJSON(o)
	r.src.open(data, nil)
	return r
}

// JSONStream returns a reader of a file of any size. It holds a part of the
// file, grown to the largest record, or with Columns the whole.
func JSONStream(in io.Reader, o JSONOptions) *JSONReader {
	r := newJSON(o)
	r.src.open(nil, in)
	return r
}

func newJSON(o JSONOptions) *JSONReader {
	if o.MaxRecord <= 0 {
		o.MaxRecord = 64 << 20
		if o.Shape == Columns {
			o.MaxRecord = 1 << 30
		}
	}
	r := &JSONReader{o: o, walk: newWalker(o.Paths), line: 1}
	r.src.most = max(o.MaxRecord, utf8.UTFMax) // which peek reads
	r.src.keep = o.Shape == Columns
	r.step = r.start
	return r
}

// Read replaces what b holds by the next rows: at most 1,024, and about 1 MiB
// of wanted values. Its columns are of kind row.Any, one for each of Paths, and
// hold the exact JSON text of each value; null, and a key that is not there,
// are a null, and a path that cannot be followed is a row.Break as well.
//
// A row that is none while those after it can be read goes to b.Bad: a line of
// a file of lines that is no JSON object, an element of an array that is no
// object, a wanted key twice. Any other fault is an *row.Error, and final; the
// rows before it are returned first. After the last row Read returns io.EOF
// and an empty batch.
//
// Values are valid until the next Read.
func (r *JSONReader) Read(b *row.Batch) error {
	prepare(b, len(r.o.Paths), row.Any)
	return r.batch(b)
}

// start finds the rows.
func (r *JSONReader) start(*row.Batch) error {
	if err := r.src.mark("JSON is read as UTF-8 only"); err != nil {
		return err
	}
	if err := r.firstLine(); err != nil {
		return err
	}
	first, err := r.peek("a document")
	if err != nil {
		return r.src.emptied(err)
	}
	for k := range r.o.At {
		if err := r.descend(k); err != nil {
			return err
		}
	}
	if len(r.o.At) > 0 {
		if first, err = r.peek("a document"); err != nil {
			return err
		}
	}
	return r.begin(first)
}

// firstLine passes blank lines before the document.
func (r *JSONReader) firstLine() error {
	s := &r.src
	for {
		blank := space(s.buf, s.pos)
		r.line += int64(bytes.Count(s.buf[s.pos:blank], []byte("\n")))
		s.pos = blank
		if s.pos < len(s.buf) || s.whole {
			return nil
		}
		if err := s.fill(); err != nil {
			return err
		}
	}
}

// begin chooses how to read the rows by the first byte of where they are.
func (r *JSONReader) begin(first byte) error {
	inside := len(r.o.At) > 0
	switch {
	case inside && first == 'n':
		if err := r.value(); err != nil {
			return err
		}
		r.step = r.finish
	case r.o.Shape == Columns && first == '{':
		return r.beginColumns()
	case r.o.Shape == Columns:
		return r.wrong(first, "an object of columns")
	case first == '[':
		r.src.pos++
		r.step = r.firstElement
	case inside:
		return r.wrong(first, "an array of records")
	case first == '{':
		return r.beginObjects()
	default:
		return r.wrong(first, `JSON that begins with "[" or "{"`)
	}
	return nil
}

// wrong is the error for rows that begin with the byte first.
func (r *JSONReader) wrong(first byte, want string) error {
	where, hint := "the file", ""
	if len(r.o.At) > 0 {
		where = fmt.Sprintf("what is at %q", r.o.At)
	}
	if first == '{' {
		hint = "; for an object of columns, as pandas writes it, say so by the shape columns"
	}
	if bytes.HasPrefix(r.src.rest(), []byte("PAR1")) {
		hint = "; it is Parquet, which sluice does not read yet"
	}
	if first == '[' && r.o.Shape == Columns {
		hint = "; for an array of records leave the shape out"
	}
	return r.fail(r.src.pos, fmt.Errorf("%s is not %s: it begins with %s%s", where, want, describe(r.src.rest()), hint))
}

// fail returns err at index i of the buffer.
func (r *JSONReader) fail(i int, err error) error {
	return &row.Error{Byte: r.src.position(i), Err: err}
}
