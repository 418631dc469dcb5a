package format

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"
	"unicode/utf8"

	"github.com/seed-128c3863/sluice/row"
)

// CSVOptions says how CSV files are written. The zero value is a good default.
type CSVOptions struct {
	Delimiter string // one character; default ","
	NoHeader  bool   // leave out the line of column names
	Null      string // what stands for null, never quoted; default "", an empty field
	Mark      bool   // begin with a byte-order mark of UTF-8
}

// A CSV writes batches as a CSV file: RFC 4180, with lines that end in \n.
//
// A field is quoted only if it must be: it holds the delimiter, a quote or a
// line break, begins or ends with a space, is empty, or reads as the word for
// null. So what is not quoted and is that word is null, and an empty text is
// "". (In a file of one column a null that is nothing is written as "", as
// readers pass over empty lines.)
//
//	bool         true, false
//	integers     every digit
//	floats       the shortest text that reads back as the same float; NaN, Infinity, -Infinity
//	decimal      every digit of its scale
//	date         2006-01-02
//	time         15:04:05, with 3 or 6 digits after the point if needed
//	timestamp    2006-01-02 15:04:05, with 3, 6 or 9 digits after the point if needed
//	timestamptz  the same in UTC, and +00:00
//	bytes        base64
//	uuid         of 36 characters, lower case
//	json         as it is
//	list         as a JSON array
//
// Numbers, dates and times are in forms that pandas, DuckDB, Athena and
// PostgreSQL read.
type CSV struct {
	out       textWriter
	names     []string
	header    []byte
	delimiter []byte
	null      []byte
	special   string // each of its characters asks for quotes
}

var csvForm = textForm{between: ' ', utc: "+00:00"}

// NewCSV returns a writer of a CSV file to w. The file is complete once Close
// has returned nil.
func NewCSV(w io.Writer, s row.Schema, o CSVOptions) (*CSV, error) {
	if o.Delimiter == "" {
		o.Delimiter = ","
	}
	if utf8.RuneCountInString(o.Delimiter) != 1 || strings.Contains("\"\r\n", o.Delimiter) {
		return nil, fmt.Errorf("delimiter %q of CSV: it is one character, and no quote or line break", o.Delimiter)
	}
	c := &CSV{
		delimiter: []byte(o.Delimiter),
		null:      []byte(o.Null),
		special:   o.Delimiter + "\"\r\n",
	}
	if strings.ContainsAny(o.Null, c.special) {
		return nil, fmt.Errorf("null %q of CSV: it stands without quotes, so it can have no delimiter, quote or line break", o.Null)
	}
	if len(s) == 0 {
		return nil, errors.New("a CSV file needs at least one column")
	}
	for i, f := range s {
		c.names = append(c.names, f.Name)
		if i > 0 {
			c.header = append(c.header, c.delimiter...)
		}
		c.header = c.quote(append(c.header, f.Name...), len(c.header))
	}
	c.header = append(c.header, '\n')
	if o.NoHeader {
		c.header = nil
	}
	if o.Mark {
		c.header = append([]byte("\xef\xbb\xbf"), c.header...)
	}
	c.Reset(w)
	return c, nil
}

// Write adds the rows of b. A value that has no text is a *row.Error, and
// then nothing of b has been written; any other error is of the output and
// final. Write keeps no part of b.
func (c *CSV) Write(b *row.Batch) error {
	return c.out.batch(func(dst []byte) ([]byte, error) {
		var err error
		for r := range b.Len {
			for i := range b.Cols {
				if i > 0 {
					dst = append(dst, c.delimiter...)
				}
				if dst, err = c.field(dst, &b.Cols[i], r); err != nil {
					return dst, valueError(b, r, c.names[i], err)
				}
			}
			dst = append(dst, '\n')
		}
		return dst, nil
	})
}

// Close completes the file. It does not close what the file is written to.
func (c *CSV) Close() error { return c.out.close() }

// Reset begins another file, written to w, and keeps schema, options and
// memory.
func (c *CSV) Reset(w io.Writer) {
	c.out.reset(w)
	c.out.buf = append(c.out.buf, c.header...)
}

// field adds value r of col.
func (c *CSV) field(dst []byte, col *row.Column, r int) ([]byte, error) {
	if col.Null[r] {
		if len(c.null) == 0 && len(c.names) == 1 {
			return append(dst, `""`...), nil
		}
		return append(dst, c.null...), nil
	}
	at := len(dst)
	var err error
	if col.Type.Kind == row.List {
		dst, err = appendJSONList(dst, col, r)
	} else {
		dst, err = csvForm.appendText(dst, col, r)
	}
	return c.quote(dst, at), err
}

// quote puts quotes around the field that dst[at:] is, if it needs them.
func (c *CSV) quote(dst []byte, at int) []byte {
	text := dst[at:]
	if len(text) > 0 && text[0] != ' ' && text[len(text)-1] != ' ' &&
		!bytes.ContainsAny(text, c.special) && !bytes.Equal(text, c.null) {
		return dst
	}
	quotes := bytes.Count(text, []byte{'"'})
	end := len(dst) + quotes + 2
	dst = append(dst, make([]byte, quotes+2)...)
	// From the end, as every byte moves up.
	dst[end-1] = '"'
	to := end - 2
	for from := len(text) - 1; from >= 0; from-- {
		b := dst[at+from]
		dst[to] = b
		to--
		if b == '"' {
			dst[to] = '"'
			to--
		}
	}
	dst[at] = '"'
	return dst
}
