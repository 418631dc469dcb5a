package infer

import (
	"bytes"
	"errors"
	"io"
	"regexp"
	"strings"

	"github.com/seed-128c3863/sluice/format"
	"github.com/seed-128c3863/sluice/row"
)

// isText says whether files of the extension are tables of text by their name.
func isText(ext string) bool { return inner(ext) == ".csv" || inner(ext) == ".tsv" }

// isTable says whether files of the extension are tables by their name, whose
// columns have names and whose rows are no objects.
func isTable(ext string) bool { return isText(ext) || isBook(inner(ext)) }

// openText reads the first rows of a table of text, of which the data are the
// beginning.
func (d *draft) openText(s *sample) error {
	o := format.CSVReadOptions{}
	if inner(d.place.ext) == ".tsv" {
		o.Delimiter = "\t"
	}
	names := format.CSVBytes(s.data, o)
	if err := names.Read(&row.Batch{}); err != nil && !errors.Is(err, io.EOF) {
		return row.At(s.url, err)
	}
	s.sheet = &sheet{names: named(names.Names())}
	o.Columns = s.sheet.names
	rows := format.CSVBytes(s.data, o)
	for n := 0; n < mostRecords; {
		b := &row.Batch{}
		err := rows.Read(b)
		if errors.Is(err, io.EOF) || err != nil && s.cut && n > 0 {
			break
		}
		if err != nil {
			return row.At(s.url, err)
		}
		s.sheet.batches = append(s.sheet.batches, b)
		n += b.Len + len(b.Bad)
	}
	return nil
}

var jsonNumber = regexp.MustCompile(`^-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?$`)

// textJSON returns the JSON that the cell of a table of text is taken for: a
// number if it is written as one, so that 007 is a text.
func textJSON(text string) []byte {
	switch {
	case jsonNumber.MatchString(text):
		return []byte(text)
	case strings.EqualFold(text, "true"), strings.EqualFold(text, "false"):
		return bytes.ToLower([]byte(text))
	}
	return quoteJSON(text)
}

// settleText is sure of the columns of a table of text that are string, for
// every cell is a text. It says so where only a few of them are no numbers.
func (d *draft) settleText() {
	if !isText(d.place.ext) {
		return
	}
	for _, c := range d.columns {
		s := d.root.members[c.path[0].Name]
		if c.typ != "string" || s == nil || s.values() == 0 {
			continue
		}
		c.unsure = c.unsure && s.numbers() > 9*s.texts
		if !c.unsure {
			c.comment = ""
		}
	}
}
