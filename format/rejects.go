package format

import (
	"bytes"
	"slices"
	"strconv"
	"strings"

	"github.com/seed-128c3863/sluice/row"
)

// own are the columns that a rejects file has before those of the source.
var own = []string{"file", "row", "line", "column", "value", "reason"}

// A Rejects is how a file of rejects is written: in the form of its sources, so
// that it can be one of them as it stands. It is CSV, unless it is said to be
// JSON.
type Rejects struct {
	json      bool // for sources of JSON; the rest is of CSV
	delimiter string
	quote     string   // "none": there is none
	escape    string   // "": there is none
	names     []string // of the columns after its own
	above     int      // empty lines before that of the names
	upper     int      // lines of names without any, before that with them
	mark      bool     // it begins with a byte-order mark of UTF-8
}

// A table is a reader of tables, whose columns have names.
type table interface {
	Names() []string
	Cells(record []byte) ([]string, bool)
}

// NewRejects returns the form of a file whose first rejects come from the
// reader in. For one of tables it has the columns of that source and the wanted
// ones that are not among them; what only other sources have is left out. For
// any other reader the last column is the record; or the file is JSON, if that is
// wanted.
//
// The options are those that the sources are read by; what they do not say is
// as usual. The file is UTF-8: where sources are not, or begin with the mark of
// it, it begins with that, too, which goes before the encoding in the options.
func NewRejects(in any, o CSVReadOptions, json bool) *Rejects {
	x := &Rejects{delimiter: ",", quote: `"`, names: []string{"record"}}
	file, ok := in.(table)
	if !ok {
		x.json = json
		return x
	}
	if o.Delimiter != "" {
		x.delimiter = o.Delimiter
	}
	if o.Quote != "" {
		x.quote = o.Quote
	}
	if text, ok := in.(*CSVReader); ok {
		x.mark = text.src.marked
	}
	if o.Encoding != "" && o.Encoding != "auto" && o.Encoding != "utf-8" {
		x.mark = true
	}
	x.escape = o.Escape
	x.above = max(o.HeaderLine-1, 0)
	x.upper = max(o.HeaderUntil-o.HeaderLine, 0)
	x.names = slices.Clone(file.Names())
	for _, name := range o.Columns {
		if !slices.Contains(x.names, name) {
			x.names = append(x.names, name)
		}
	}
	return x
}

// Header returns the line of names, where the sources have it: as many lines
// before it are empty. What is not the source's is named so where it
// has a column of the name. JSON has none.
func (x *Rejects) Header() []byte {
	if x.json {
		return nil
	}
	var names []string
	for _, name := range own {
		for slices.Contains(x.names, name) {
			name = "sluice_" + name
		}
		names = append(names, name)
	}
	var text []byte
	if x.mark {
		text = append(text, "\xef\xbb\xbf"...)
	}
	text = append(text, bytes.Repeat([]byte("\n"), x.above)...)
	for range x.upper {
		text = x.record(text, make([]string, len(names)+len(x.names)))
	}
	return x.record(text, append(names, x.names...))
}

// Append appends the bad rows of a source, which in has read, to text. A row
// that could be split has its cells in their columns; if there are too few or
// too many of them, that is so here too. One that could not is one cell.
func (x *Rejects) Append(text []byte, source string, in any, bad []row.Reject) []byte {
	for i := range bad {
		b := &bad[i]
		if x.json {
			text = appendMarked(text, markReject(source, b), b.Record)
			continue
		}
		cells := []string{source, number(b.Row), number(b.Line), b.Column, b.Value, b.Err.Error()}
		text = x.record(text, append(cells, x.cells(in, b.Record)...))
	}
	return text
}

// number returns a position as text, nothing for one that is not known.
func number(n int64) string {
	if n == 0 {
		return ""
	}
	return strconv.FormatInt(n, 10)
}

// cells returns a record as cells of the file's columns.
func (x *Rejects) cells(in any, record []byte) []string {
	file, ok := in.(table)
	if !ok {
		return []string{string(record)}
	}
	names := file.Names()
	cells, ok := file.Cells(record)
	switch {
	case ok && slices.Equal(names, x.names):
		return cells
	case !ok || len(cells) != len(names):
		return []string{string(record)}
	}
	placed := make([]string, len(x.names))
	for i, name := range names {
		if at := slices.Index(x.names, name); at >= 0 {
			placed[at] = cells[i]
		}
	}
	return placed
}

// record appends a line of cells.
func (x *Rejects) record(text []byte, cells []string) []byte {
	for i, cell := range cells {
		if i > 0 {
			text = append(text, x.delimiter...)
		}
		if x.escape != "" {
			cell = strings.ReplaceAll(cell, x.escape, x.escape+x.escape)
		}
		special := strings.ContainsAny(cell, "\r\n") || strings.Contains(cell, x.delimiter)
		switch {
		case x.quote == "none" && special:
			cell = strings.NewReplacer("\r\n", " ", "\r", " ", "\n", " ", x.delimiter, " ").Replace(cell)
			text = append(text, cell...)
		case x.quote != "none" && (special || strings.Contains(cell, x.quote) || strings.HasPrefix(cell, " ") || strings.HasSuffix(cell, " ")):
			text = append(text, x.quote...)
			text = append(text, strings.ReplaceAll(cell, x.quote, x.quote+x.quote)...)
			text = append(text, x.quote...)
		default:
			text = append(text, cell...)
		}
	}
	return append(text, '\n')
}
