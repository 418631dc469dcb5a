package format

import (
	"errors"
	"fmt"
	"io"
	"math"

	"github.com/seed-128c3863/sluice/row"
)

// An NDJSON writes batches as JSON objects, one a line.
//
// Each object has every column, in order; a null is null. Integers and
// decimals are numbers with all their digits, floats the shortest that read
// back the same; dates and times are texts of ISO 8601 (2006-01-02T15:04:05,
// a timestamptz with Z), bytes are base64, lists are arrays, and a json value
// stands as it is, on one line.
type NDJSON struct {
	out   textWriter
	names []string
	keys  []string // {"a": for the first column, ,"b": for the others
}

var jsonForm = textForm{between: 'T', utc: "Z"}

// NewNDJSON returns a writer of NDJSON to w. The file is complete once Close
// has returned nil.
func NewNDJSON(w io.Writer, s row.Schema) (*NDJSON, error) {
	if len(s) == 0 {
		return nil, errors.New("a JSON object needs at least one column")
	}
	n := &NDJSON{out: textWriter{w: w}}
	before := byte('{')
	for _, f := range s {
		n.names = append(n.names, f.Name)
		n.keys = append(n.keys, string(append(appendQuoted([]byte{before}, []byte(f.Name)), ':')))
		before = ','
	}
	return n, nil
}

// Write adds the rows of b. A value that JSON cannot hold is a *row.Error,
// and then nothing of b has been written; any other error is of the output
// and final. Write keeps no part of b.
func (n *NDJSON) Write(b *row.Batch) error {
	return n.out.batch(func(dst []byte) ([]byte, error) {
		var err error
		for r := range b.Len {
			for i := range b.Cols {
				dst = append(dst, n.keys[i]...)
				if dst, err = appendJSON(dst, &b.Cols[i], r); err != nil {
					return dst, valueError(b, r, n.names[i], err)
				}
			}
			dst = append(dst, "}\n"...)
		}
		return dst, nil
	})
}

// Close completes the file. It does not close what the file is written to.
func (n *NDJSON) Close() error { return n.out.close() }

// Reset begins another file, written to w, and keeps schema and memory.
func (n *NDJSON) Reset(w io.Writer) { n.out.reset(w) }

// appendJSON adds value r of c.
func appendJSON(dst []byte, c *row.Column, r int) ([]byte, error) {
	if c.Null[r] {
		return append(dst, "null"...), nil
	}
	switch c.Type.Kind {
	case row.String:
		return appendQuoted(dst, c.Bytes[r]), nil
	case row.JSON, row.Any:
		return appendLine(dst, c.Bytes[r]), nil
	case row.List:
		return appendJSONList(dst, c, r)
	case row.Float32, row.Float64:
		if v := c.Floats[r]; math.IsNaN(v) || math.IsInf(v, 0) {
			return dst, fmt.Errorf("%v is no number of JSON", v)
		}
	case row.Date, row.Time, row.Timestamp, row.TimestampTZ, row.Bytes, row.UUID:
		dst, err := jsonForm.appendText(append(dst, '"'), c, r)
		return append(dst, '"'), err
	}
	return jsonForm.appendText(dst, c, r)
}

func appendJSONList(dst []byte, c *row.Column, r int) ([]byte, error) {
	dst = append(dst, '[')
	first, end := elements(c, r)
	for i := first; i < end; i++ {
		if i > first {
			dst = append(dst, ',')
		}
		var err error
		if dst, err = appendJSON(dst, c.Elem, i); err != nil {
			return dst, err
		}
	}
	return append(dst, ']'), nil
}

// appendLine adds a JSON text on one line. Line breaks can only stand between
// its tokens, as those within texts are escaped.
func appendLine(dst, text []byte) []byte {
	at := len(dst)
	dst = append(dst, text...)
	for i, b := range dst[at:] {
		if b == '\n' || b == '\r' {
			dst[at+i] = ' '
		}
	}
	return dst
}

// appendQuoted adds UTF-8 as a JSON text.
func appendQuoted(dst, text []byte) []byte {
	const digits = "0123456789abcdef"
	dst = append(dst, '"')
	from := 0
	for i, b := range text {
		if b >= ' ' && b != '"' && b != '\\' {
			continue
		}
		dst = append(dst, text[from:i]...)
		from = i + 1
		switch b {
		case '"', '\\':
			dst = append(dst, '\\', b)
		case '\n':
			dst = append(dst, '\\', 'n')
		case '\r':
			dst = append(dst, '\\', 'r')
		case '\t':
			dst = append(dst, '\\', 't')
		default:
			dst = append(dst, '\\', 'u', '0', '0', digits[b>>4], digits[b&15])
		}
	}
	return append(append(dst, text[from:]...), '"')
}
