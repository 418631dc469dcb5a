package format

import (
	"bytes"
	"errors"
	"strings"
)

// A CSVRecord is a record of a table of text by itself, with whatever number of
// cells.
type CSVRecord struct {
	Line  int // from 1
	Text  string
	Cells []string
	Fault bool // a quote stands where none may, or is not closed
}

// SplitCSV splits a text of UTF-8 into records, as far as most of them. Of the
// options only Delimiter, Quote, Escape and Comment count; the first is needed.
// Of a text that is cut off, the last record is left out.
func SplitCSV(text []byte, o CSVReadOptions, cut bool, most int) ([]CSVRecord, error) {
	if err := o.Check(); err != nil {
		return nil, err
	}
	if o.Delimiter == "" {
		return nil, errors.New("there is no delimiter")
	}
	s := newSplitter(o.Delimiter, o.quote(), o.escape())
	s.whole = true
	var records []CSVRecord
	line := 1
	for len(text) > 0 && len(records) < most {
		if n, _ := s.lineEnd(text); n > 0 {
			text = text[n:]
			line++
			continue
		}
		r := CSVRecord{Line: line}
		end, next := s.next(text, &r, o.Comment)
		if cut && next == len(text) {
			break
		}
		if r.Text = string(text[:end]); o.Comment == "" || !strings.HasPrefix(r.Text, o.Comment) {
			records = append(records, r)
		}
		line += max(1, bytes.Count(text[:next], []byte{s.ending}))
		text = text[next:]
	}
	return records, nil
}

// next splits the record that text begins with, if it is no comment.
func (s *splitter) next(text []byte, r *CSVRecord, comment string) (end, next int) {
	var cells []csvCell
	s.all = &cells
	end, next, how := s.record(text)
	if how == atFault || how == unclosed || comment != "" && bytes.HasPrefix(text, []byte(comment)) {
		s.at, r.Fault = 0, true
		end, next, _ = s.resume(text)
		return end, next
	}
	r.Cells = s.texts(text, cells)
	return end, next
}

// ToUTF8 returns a text of one of Encodings in UTF-8. Bytes that are no
// character are left as bytes that are not UTF-8. A byte-order mark is dropped.
func ToUTF8(text []byte, encoding string) ([]byte, error) {
	for _, m := range marks {
		text = bytes.TrimPrefix(text, []byte(m.begin))
	}
	set := charsetOf(encoding)
	if set == nil {
		return text, nil
	}
	d := newTextDecoder(bytes.NewReader(text), set, 0)
	d.fits = true
	var out bytes.Buffer
	_, err := out.ReadFrom(d)
	return out.Bytes(), err
}
