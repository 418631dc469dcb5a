package format

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"

	"github.com/seed-128c3863/sluice/row"
)

// Names returns the columns' names as the file has them, in order. It is nil
// before the first Read.
func (r *CSVReader) Names() []string { return r.names }

// Extra returns those of Names that are not wanted, and not empty.
func (r *CSVReader) Extra() []string {
	var extra []string
	for i, name := range r.names {
		if r.split.slots[i] < 0 && name != "" {
			extra = append(extra, name)
		}
	}
	return extra
}

// Absent returns the wanted names that the file does not have.
func (r *CSVReader) Absent() []string {
	var absent []string
	for _, c := range r.absent {
		absent = append(absent, r.o.Columns[c])
	}
	return absent
}

// Cells splits a record that the reader gave, good or bad, into the texts of
// its cells. It returns false for one that cannot be split.
func (r *CSVReader) Cells(record []byte) ([]string, bool) {
	s, cells := r.split, []csvCell(nil)
	s.slots, s.all, s.whole = nil, &cells, true
	if end, _, how := s.record(record); how != fileEnd || end != len(record) {
		return nil, false
	}
	texts := s.texts(record, cells)
	for n := len(r.names); r.o.Trim && len(texts) > n && texts[len(texts)-1] == ""; {
		texts = texts[:len(texts)-1]
	}
	return texts, true
}

func (s *splitter) texts(d []byte, cells []csvCell) []string {
	texts := make([]string, len(cells))
	for i, c := range cells {
		text := d[c.start:c.end]
		if c.doubled {
			text = s.literal(bytes.Clone(text))
		}
		texts[i] = string(text)
	}
	return texts
}

// start passes what is before the header.
func (r *CSVReader) start(*row.Batch) error {
	var err error
	if r.guessing, err = r.src.beginText(r.o.Encoding); err != nil {
		return err
	}
	r.split.ending = 0
	r.step = r.before
	return nil
}

// before passes a line before the header.
func (r *CSVReader) before(b *row.Batch) error {
	d := r.ahead()
	if r.line < int64(r.o.HeaderLine) {
		return r.skipLine(d)
	}
	if r.o.Comment != "" {
		if passed, err := r.comment(d); passed || err != nil {
			return err
		}
	}
	blank, err := r.blank(d)
	switch {
	case errors.Is(err, errMore):
		return err
	case err != nil && r.o.HeaderLine > 0, blank && r.o.HeaderLine > 0:
		return &row.Error{Line: int64(r.o.HeaderLine), Err: r.moved(errors.New("the line that should hold the columns' names is empty"))}
	case err != nil:
		return r.src.emptied(err)
	case blank:
		return nil
	}
	r.step = r.header
	return nil
}

// skipLine passes a line before the header, whatever is in it.
func (r *CSVReader) skipLine(d []byte) error {
	line, at := r.line, r.src.pos
	err := r.passLine(d)
	if errors.Is(err, io.EOF) {
		return &row.Error{Line: r.line, Err: fmt.Errorf("the file ends before line %d, which should hold the columns' names", r.o.HeaderLine)}
	}
	if err == nil && len(r.o.Columns) > 0 && !slices.ContainsFunc(r.o.Columns, func(name string) bool { return !bytes.Contains(d[:r.src.pos-at], []byte(name)) }) {
		r.earlier = line
	}
	return err
}

// comment passes a line that is one, if that is what d begins with.
func (r *CSVReader) comment(d []byte) (bool, error) {
	switch mark := r.o.Comment; {
	case len(d) < len(mark) && !r.split.whole && strings.HasPrefix(mark, string(d)):
		return false, errMore
	case !bytes.HasPrefix(d, []byte(mark)):
		return false, nil
	}
	err := r.passLine(d)
	if errors.Is(err, io.EOF) {
		r.src.pos += len(d)
		return true, nil
	}
	return true, err
}

// mostBehind is how many lines there may be behind the rows.
const mostBehind = 10

// footer passes a line behind the rows.
func (r *CSVReader) footer(*row.Batch) error {
	d := r.ahead()
	if blank, err := r.blank(d); blank || err != nil {
		return err
	}
	if r.behind++; r.behind > mostBehind {
		return &row.Error{Line: r.line, Err: fmt.Errorf("more than %d lines follow the one that from.footer matches: it is not the end of the rows", mostBehind-1)}
	}
	err := r.passLine(d)
	if errors.Is(err, io.EOF) {
		r.src.pos += len(d)
	}
	return err
}

// passLine passes a line, whatever is in it. It returns io.EOF for one that has
// no end.
func (r *CSVReader) passLine(d []byte) error {
	for i := 0; ; i++ {
		k := bytes.IndexAny(d[i:], "\r\n")
		if k < 0 && !r.split.whole {
			return r.beyond(d)
		}
		if k < 0 {
			return io.EOF
		}
		i += k
		n, more := r.split.lineEnd(d[i:])
		switch {
		case more:
			return r.beyond(d)
		case n > 0:
			r.src.pos += i + n
			r.line++
			return nil
		}
	}
}

// header reads the names, or how many cells there are.
func (r *CSVReader) header(*row.Batch) error {
	d := r.ahead()
	h, err := r.choose(d)
	if r.guessing && !errors.Is(err, errMore) {
		if guessed := r.guessHeader(d, h); guessed != nil || !r.guessing {
			return guessed
		}
	}
	if err != nil {
		return err
	}
	if h.end > r.src.most {
		return r.src.tooLong()
	}
	if at := notUTF8(d[:h.end]); at >= 0 && !r.o.NoHeader {
		return r.fail(at, errors.New(r.src.noCharacter(d[at:])))
	}
	r.split, r.names = h.split, h.names
	r.split.all = nil
	return r.named(d, h.next)
}

// named goes on behind the names that end at d[next]: with further ones, or the
// rows.
func (r *CSVReader) named(d []byte, next int) error {
	r.step = r.lower
	if r.o.NoHeader || r.line+r.linesOf(d[:next]) > int64(r.o.HeaderUntil) {
		if err := r.want(); err != nil {
			return err
		}
		r.step = r.record
	}
	if !r.o.NoHeader {
		r.pass(d, next)
	}
	return nil
}

// lower reads a further row of names, and joins them with those above.
func (r *CSVReader) lower(*row.Batch) error {
	d := r.ahead()
	if len(d) == 0 && r.split.whole {
		return &row.Error{Line: r.line, Err: fmt.Errorf("the file ends before line %d, which should hold the columns' names", r.o.HeaderUntil)}
	}
	h, err := r.try(d, string(r.split.delimiter))
	if r.guessing && !errors.Is(err, errMore) {
		if guessed := r.guessHeader(d, h); guessed != nil || !r.guessing {
			return guessed
		}
	}
	if err != nil {
		return err
	}
	if at := notUTF8(d[:h.end]); at >= 0 {
		return r.fail(at, errors.New(r.src.noCharacter(d[at:])))
	}
	r.split.lines, r.names = h.split.lines, joinNames(r.names, h.names)
	return r.named(d, h.next)
}

// joinNames joins the names of two rows, column by column, by a space. An upper
// name goes for the columns to its right, too, that have none: so are cells
// written that were one above several.
func joinNames(upper, lower []string) []string {
	names := make([]string, max(len(upper), len(lower)))
	above := ""
	for i := range names {
		below := ""
		if i < len(upper) && upper[i] != "" {
			above = upper[i]
		}
		if i < len(lower) {
			below = lower[i]
		}
		switch {
		case below == "" && i < len(upper):
			names[i] = upper[i]
		case below == "":
		case above == "" || above == below:
			names[i] = below
		default:
			names[i] = above + " " + below
		}
	}
	return names
}

// guessHeader finds out the encoding, if the first record says something of it.
func (r *CSVReader) guessHeader(d []byte, h *csvHeader) error {
	if h != nil && notASCII(d[:h.end]) < 0 {
		return nil
	}
	return r.guess()
}

// A csvHeader is the first record, split by one delimiter.
type csvHeader struct {
	split     splitter
	names     []string
	end, next int
	found     int // how many of the wanted names are in it
}

// choose splits the first record by the delimiter, which it finds if need be.
func (r *CSVReader) choose(d []byte) (*csvHeader, error) {
	if r.o.Delimiter != "" {
		return r.try(d, r.o.Delimiter)
	}
	var best *csvHeader
	possible, equal := []string(nil), false
	for _, delimiter := range []string{",", ";", "\t", "|"} {
		h, err := r.try(d, delimiter)
		switch {
		case errors.Is(err, errMore), errors.Is(err, ErrTooLarge):
			return nil, err
		case err != nil || len(h.names) < 2:
			continue
		}
		possible = append(possible, strconv.Quote(delimiter))
		switch {
		case best == nil || h.found > best.found:
			best, equal = h, false
		case h.found == best.found:
			equal = true
		}
	}
	switch {
	case best == nil:
		return r.try(d, ",")
	case equal:
		return nil, r.fail(0, fmt.Errorf("it is not clear which of %s stands between the columns; give the delimiter", strings.Join(possible, " and ")))
	}
	return best, nil
}

// try splits the first record by a delimiter.
func (r *CSVReader) try(d []byte, delimiter string) (*csvHeader, error) {
	h := &csvHeader{split: newSplitter(delimiter, r.o.quote(), r.o.escape())}
	var cells []csvCell
	s := &h.split
	s.ending, s.whole, s.all = r.split.ending, r.split.whole, &cells
	var how int
	h.end, h.next, how = s.record(d)
	switch {
	case how == beyond:
		r.split.open = s.open
		return nil, r.beyond(d)
	case how == unclosed:
		return nil, r.fail(h.end, errUnclosed)
	case s.why != "" && !(r.o.NoHeader && how != atFault):
		return nil, r.fail(s.at, errors.New(s.why))
	}
	if r.o.NoHeader {
		for i := range cells {
			h.names = append(h.names, strconv.Itoa(i+1))
		}
	} else {
		h.names = s.texts(d, cells)
	}
	for _, name := range r.o.Columns {
		if slices.Contains(h.names, name) {
			h.found++
		}
	}
	return h, nil
}

// want finds the wanted columns among the names.
func (r *CSVReader) want() error {
	h, err := newHeader(r.names, r.o.Columns, r.top())
	if err != nil {
		return r.fail(0, err)
	}
	r.split.slots, r.absent, r.names = h.slots, h.absent, h.names
	r.split.cells = make([]csvCell, len(r.o.Columns))
	if err := h.check(r.o.Columns, r.o.AbsentNull, r.o.RefuseExtra); err != nil {
		return r.fail(0, r.otherwise(err))
	}
	return nil
}

// top is what the names come from, for a message.
func (r *CSVReader) top() string {
	if r.o.NoHeader {
		return "the first row"
	}
	return "the header"
}

// shortNames lists names for a message, a handful of them.
func shortNames(names []string) string {
	const most = 8
	quoted := make([]string, 0, most)
	for i, name := range names {
		if i == most {
			return strings.Join(quoted, ", ") + fmt.Sprintf(" and %d more", len(names)-most)
		}
		quoted = append(quoted, shortName(name))
	}
	return strings.Join(quoted, ", ")
}

func shortName(name string) string { return shortText([]byte(strconv.Quote(name))) }
