package infer

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"regexp"
	"slices"
	"strings"

	"github.com/seed-128c3863/sluice/format"
	"github.com/seed-128c3863/sluice/plan"
	"github.com/seed-128c3863/sluice/row"
	"github.com/seed-128c3863/sluice/spec"
	"github.com/seed-128c3863/sluice/store"
)

// openText reads the first rows of a table of text, of which the data are the
// beginning.
func (d *draft) openText(ctx context.Context, s *sample) error {
	t, err := d.dialectOf(ctx, s)
	if err != nil {
		return row.At(s.url, err)
	}
	o := t.o
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
		if len(b.Bad) > 0 && s.sheet.faults == 0 {
			s.sheet.first = b.Bad[0].Error.Error()
		}
		s.sheet.faults += len(b.Bad)
		b.Bad = nil
		s.sheet.batches = append(s.sheet.batches, b)
		n += b.Len
	}
	return nil
}

// dialectOf is how the first file is written that is looked at, and so all.
func (d *draft) dialectOf(ctx context.Context, s *sample) (*dialect, error) {
	if d.dialect != nil {
		d.dialect.alsoEncoded(s)
		return d.dialect, nil
	}
	var tail []byte
	if s.cut && s.file.Size > mostBytes && !s.packed {
		raw, _, err := store.GetRange(ctx, d.place.store, s.file.Key, s.file.ETag, store.Range{Offset: s.file.Size - tailBytes, Length: tailBytes})
		if err != nil {
			return nil, err
		}
		tail = raw
	}
	t, err := findDialect(s.data, tail, s.cut, d.place.form, d.ask)
	if err == nil {
		d.dialect = t
	}
	return t, err
}

// tailBytes is how much of a large file's end is looked at.
const tailBytes = 64 << 10

// writeDialect writes how the table of text is written, and how sure that is.
func (d *draft) writeDialect(b *strings.Builder) {
	fmt.Fprintf(b, "  format: %s\n", d.place.form)
	width := 0
	for _, f := range d.dialect.findings {
		width = max(width, plan.Wide(f.line()))
	}
	for _, f := range d.dialect.findings {
		if f.key != "" {
			fmt.Fprintf(b, "%s  # %s; %s\n", pad(f.line(), min(width, 26)), inComment(f.why), percent(f.sure))
		}
	}
}

// line is a finding as the job has it.
func (f finding) line() string {
	if f.key == "" {
		return ""
	}
	if f.key == "header" || f.key == "encoding" {
		return "  " + f.key + ": " + f.value // no quotes are needed
	}
	return "  " + f.key + ": " + scalar(f.value)
}

// subject is the key that a finding is of, which the job may not have.
func (f finding) subject() string {
	if f.key != "" {
		return f.key
	}
	key, _, _ := strings.Cut(f.why, ":")
	return key
}

// usual says whether a finding is what a table of text is taken for anyway.
func (f finding) usual() bool {
	return f.sure >= 0.95 && (f.key == "" || f.key == "encoding" && f.value == "utf-8" || f.key == "delimiter" && f.value == ",")
}

func percent(share float64) string { return fmt.Sprintf("%.0f%%", 100*min(share, 1)) }

// explainDialect notes what was found, and what is in doubt.
func (d *draft) explainDialect() {
	if d.dialect == nil {
		return
	}
	for _, f := range d.dialect.findings {
		if f.usual() {
			continue
		}
		note := f.why
		if f.key != "" {
			note = strings.TrimSpace(f.line()) + ", because " + f.why
			if f.why == asSaid {
				note = strings.TrimSpace(f.line()) + ", " + f.why
			}
		}
		look := ""
		if f.sure < doubt {
			look = "; in doubt: look at the preview, and change from." + f.subject() + " if it is wrong"
		}
		d.notes = append(d.notes, note+"; "+percent(f.sure)+look)
	}
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

// settleText is sure of the columns of a table whose cells are texts. It says so
// where only a few of them are no numbers, or no dates.
func (d *draft) settleText() error {
	if !d.place.isTable() {
		return nil
	}
	grouped := false
	for _, c := range d.columns {
		texts, all := d.textsOf(c.path[0].Name)
		if !all && c.typ == "string" {
			d.settleNumbers(c)
		}
		if !all || len(texts) == 0 {
			continue
		}
		if st := styleOf(texts); st != nil {
			if err := d.askForm(c, st, texts); err != nil {
				return err
			}
			c.typ, c.options, c.comment, c.unsure, c.empty = st.typ, st.options(), st.why, st.unsure, false
			grouped = grouped || st.Thousand == ","
			continue
		}
		if c.typ == "string" {
			c.settleWords(texts)
		}
	}
	for _, c := range d.columns {
		if grouped && c.typ == "int64" && c.options == "" && d.place.isText() {
			c.options, c.comment = `, thousands: ","`, "with thousands, as other columns have them"
		}
	}
	return nil
}

// askForm asks which days dates are that could be others.
func (d *draft) askForm(c *column, st *style, texts []string) error {
	if st.also == nil || d.table {
		return nil
	}
	q := Question{Text: fmt.Sprintf("which day is %s, in column %q?", quoted(texts[0]), c.header())}
	forms := append([]string{st.Formats[0].S}, st.also...)
	for _, form := range forms {
		q.Choices = append(q.Choices, form+": "+inWords.Replace(orderOf(form)))
	}
	at, asked, err := d.ask.answer(q)
	if asked && err == nil {
		st.Formats, st.unsure = []spec.Text{{S: forms[at]}}, false
		st.why = fmt.Sprintf("as %s, by %s as you said", quoted(texts[0]), forms[at])
	}
	return err
}

// inWords says the order of the parts of a date.
var inWords = strings.NewReplacer("dmy", "day, month, year", "mdy", "month, day, year", "ymd", "year, month, day")

// settleNumbers takes a column of a workbook for one of numbers if some are, and
// the others are texts that are numbers, as Excel marks them by a green corner.
func (d *draft) settleNumbers(c *column) {
	typ := "int64"
	for _, s := range d.samples {
		at := slices.Index(s.sheet.names, c.path[0].Name)
		if at < 0 {
			continue
		}
		for _, b := range s.sheet.batches {
			for r := range b.Len {
				text, kind := string(b.Cols[at].Bytes[r]), kindAt(&b.Cols[at], r)
				switch {
				case b.Cols[at].Null[r] || text == "":
				case kind != row.Float64 && (kind != row.String || !jsonNumber.MatchString(text)):
					return
				case strings.ContainsAny(format.ShownNumber(text), ".eE"):
					typ = "float64"
				}
			}
		}
	}
	c.typ, c.comment, c.unsure = typ, "numbers, some of which are texts", true
}

// settleWords is sure of a column of texts that are no numbers and no dates.
func (c *column) settleWords(texts []string) {
	c.comment = nearly(texts)
	if c.unsure = c.comment != ""; !c.unsure && mostlyPadded(texts) {
		c.options, c.comment = ", trim: true", "with white space around"
	}
}

// mostlyPadded says whether most texts have white space at an end.
func mostlyPadded(texts []string) bool {
	n, all := 0, 0
	for _, text := range texts {
		if text != "" {
			all++
		}
		if strings.TrimSpace(text) != text {
			n++
		}
	}
	return n > 0 && 2*n >= all
}

// textsOf returns the cells of a column in the samples that are not null, and
// whether all are texts, not numbers or dates of a workbook.
func (d *draft) textsOf(name string) (texts []string, all bool) {
	for _, s := range d.samples {
		c := slices.Index(s.sheet.names, name)
		if c < 0 {
			continue
		}
		for _, b := range s.sheet.batches {
			for r := range b.Len {
				switch {
				case b.Cols[c].Null[r] || len(b.Cols[c].Bytes[r]) == 0:
				case kindAt(&b.Cols[c], r) != row.String:
					return nil, false
				default:
					texts = append(texts, string(b.Cols[c].Bytes[r]))
				}
			}
		}
	}
	return texts, true
}
