package infer

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"

	"github.com/seed-128c3863/sluice/format"
	"github.com/seed-128c3863/sluice/row"
	"github.com/seed-128c3863/sluice/spec"
	"github.com/seed-128c3863/sluice/store"
)

// A sheet is the first rows of a workbook's sheet, or of a table of text.
type sheet struct {
	names   []string // of the columns that have one
	batches []*row.Batch
	sheets  []string // of a workbook, those that are not hidden, where it says them
	extra   []string // columns that have no name
	texts   bool     // cells are texts whatever they hold, as those of a page are
	faults  int      // cells without a value that can be told, which are null here
	first   string   // what is wrong with the first of them
}

// openBook reads the first rows of a workbook.
func (d *draft) openBook(ctx context.Context, f store.Info) (*sample, error) {
	s := &sample{url: d.place.url(f), file: f}
	in := store.Open(ctx, d.place.store, f, store.OpenOptions{})
	defer in.Close()
	if d.dialect == nil {
		t, err := d.findSheet(in, f.Size)
		if err != nil {
			return nil, bookFault(s.url, err)
		}
		d.dialect = t
	}
	o := d.dialect.sheetOptions()
	names := columnNumbers(d.dialect.width)
	if !o.NoHeader {
		top := format.NewSheetReader(d.place.form, in, f.Size, o)
		if err := top.Read(&row.Batch{}); err != nil && !errors.Is(err, io.EOF) {
			return nil, bookFault(s.url, err)
		}
		names = named(top.Names())
	}
	o.Columns = names
	s.sheet = &sheet{names: names}
	rows := format.NewSheetReader(d.place.form, in, f.Size, o)
	for n := 0; n < mostRecords; {
		b := &row.Batch{}
		err := rows.Read(b)
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, bookFault(s.url, err)
		}
		s.sheet.add(b)
		n += b.Len
	}
	s.sheet.texts = d.place.form == "html" || d.place.form == "xls" && s.sheet.onlyTexts()
	s.sheet.sheets, s.sheet.extra = rows.Sheets(), rows.Extra()
	return s, nil
}

// onlyTexts says whether no cell is more than a text, as on a page that is named
// xls.
func (s *sheet) onlyTexts() bool {
	return !slices.ContainsFunc(s.batches, func(b *row.Batch) bool {
		return slices.ContainsFunc(b.Cols, func(c row.Column) bool {
			return slices.ContainsFunc(c.Kinds, func(k row.Kind) bool { return k != row.String })
		})
	})
}

// add adds rows. What is at fault in them says nothing of a column's type.
func (s *sheet) add(b *row.Batch) {
	s.batches = append(s.batches, b)
	for i := range b.Cols {
		c := &b.Cols[i]
		for r := range c.Broken {
			if c.Broken[r].Why != row.Faulty {
				continue
			}
			if s.faults++; s.faults == 1 {
				s.first = c.Broken[r].Cell
			}
			c.Kinds[r], c.Bytes[r] = row.String, nil
		}
		c.Broken = nil
	}
}

// bookFault keeps an error of the store what it is.
func bookFault(url string, err error) error {
	var unread *store.Error
	if errors.As(err, &unread) {
		return err
	}
	return row.At(url, err)
}

// named returns the names that are not empty.
func named(names []string) (some []string) {
	for _, name := range names {
		if name != "" {
			some = append(some, name)
		}
	}
	return some
}

// records returns the first rows as JSON, in which dates are texts.
func (s *sheet) records(most int) (records [][]byte) {
	keys := make([][]byte, len(s.names))
	for c, name := range s.names {
		keys[c] = quoteJSON(name)
	}
	for _, b := range s.batches {
		for r := range b.Len {
			if len(records) == most {
				return records
			}
			text := []byte{'{'}
			for c := range b.Cols {
				if c > 0 {
					text = append(text, ',')
				}
				text = append(append(append(text, keys[c]...), ':'), s.cellJSON(&b.Cols[c], r)...)
			}
			records = append(records, append(text, '}'))
		}
	}
	return records
}

// cellJSON returns a cell as JSON; one that is empty or at fault is null.
func (s *sheet) cellJSON(c *row.Column, r int) []byte {
	text := string(c.Bytes[r])
	switch kind := kindAt(c, r); {
	case c.Null[r] || text == "":
		return []byte("null")
	case len(c.Kinds) == 0, s.texts:
		return textJSON(text)
	case kind == row.Float64:
		return []byte(format.ShownNumber(text))
	case kind == row.Bool:
		return strconv.AppendBool(nil, text == "TRUE")
	default:
		return quoteJSON(text)
	}
}

// kindAt is what a cell is; of a table of text it is a text.
func kindAt(c *row.Column, r int) row.Kind {
	if r < len(c.Kinds) {
		return c.Kinds[r]
	}
	return row.String
}

func quoteJSON(text string) []byte {
	quoted, _ := json.Marshal(text) // a text always has its JSON
	return quoted
}

// A sheetReader gives the rows of a sheet again, for the columns of a job.
type sheetReader struct {
	*sheet
	places []int // of the columns of the job in the sheet; -1: it has none of that name
}

func newSheetReader(s *sheet, columns []string) *sheetReader {
	at := make(map[string]int, len(s.names))
	for i, name := range s.names {
		at[name] = i
	}
	r := &sheetReader{sheet: s}
	for _, column := range columns {
		if place, ok := at[column]; ok {
			r.places = append(r.places, place)
		} else {
			r.places = append(r.places, -1)
		}
	}
	return r
}

func (s *sheetReader) Read(b *row.Batch) error {
	if len(s.batches) == 0 {
		return io.EOF
	}
	next := s.batches[0]
	s.sheet = &sheet{names: s.names, batches: s.batches[1:]}
	*b = row.Batch{Len: next.Len, Row: next.Row, Line: next.Line}
	for _, c := range s.places {
		if c >= 0 {
			b.Cols = append(b.Cols, next.Cols[c])
			continue
		}
		absent := row.NewColumn(row.Type{Kind: row.String})
		for range next.Len {
			absent.AppendNull()
		}
		b.Cols = append(b.Cols, absent)
	}
	return nil
}

// A reader reads the rows of a sample.
type reader interface{ Read(b *row.Batch) error }

// rows reads a sample's rows for the program of a trial.
func (t *trial) rows(s *sample, l layout) reader {
	if s.sheet != nil {
		return newSheetReader(s.sheet, t.program.Headers())
	}
	if s.columnar != nil {
		return s.reader(t.program.Paths())
	}
	return format.JSONBytes(s.data, format.JSONOptions{Shape: l.shape, At: l.at, Paths: t.program.Paths()})
}

// explainTable notes what a person may want otherwise.
func (d *draft) explainTable() {
	if !d.place.isTable() {
		return
	}
	if first := d.samples[0].sheet; len(first.sheets) > 1 {
		read := cmp.Or(d.dialect.sheet, first.sheets[0])
		others := slices.DeleteFunc(slices.Clone(first.sheets), func(name string) bool { return name == read })
		d.notes = append(d.notes, fmt.Sprintf("sheet %q is read; from.sheet reads another: %s", read, quotedList(others[:min(len(others), 10)])))
	}
	for _, s := range d.samples {
		for _, extra := range s.sheet.extra {
			d.notes = append(d.notes, spec.Redact(s.url)+": "+extra+", is not read")
		}
		if s.sheet.faults > 0 {
			d.notes = append(d.notes, fmt.Sprintf("%s: rows of %s will be rejected, the first as %s", spec.Redact(s.url), count(s.sheet.faults, "cell"), s.sheet.first))
		}
		if !slices.Equal(s.sheet.names, d.samples[0].sheet.names) {
			d.notes = append(d.notes, spec.Redact(s.url)+" has other columns than "+spec.Redact(d.samples[0].url)+`: absent_columns: "null" reads both`)
		}
	}
}
