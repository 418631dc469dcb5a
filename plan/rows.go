package plan

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"
)

// What a run does with a row that is in the table already. The other states of
// a row are New, Unchanged and Invalid.
const (
	Update State = "update"
	Delete State = "delete"
)

// RowStates is every state of a row, in the order they are shown.
var RowStates = []State{New, Update, Delete, Unchanged, Invalid}

// A Table is what a run would change in a table, the counts apart.
type Table struct {
	Name    string   `json:"name"`
	Files   []File   `json:"files"` // that the rows come from: those that are there
	Times   Times    `json:"times"`
	Several bool     `json:"-"`              // files: rows are shown with theirs
	Rows    []Row    `json:"rows,omitempty"` // the first of those that are not unchanged
	Notes   []string `json:"notes,omitempty"`
	Saved   *Saved   `json:"saved,omitempty"` // nil: it cannot be applied later
}

// A Saved says where the rows of a table's plan lie: in its database.
type Saved struct {
	ID    string    `json:"id"`
	Sum   string    `json:"sum"`   // SHA-256 of all that was kept, in hex
	Until time.Time `json:"until"` // they are dropped by a later plan or apply
}

// fault returns what cannot be so in a saved plan of a table, or "".
func (t *Table) fault(p *Plan) string {
	switch {
	case t.Saved == nil || t.Saved.ID == "" || t.Saved.Sum == "":
		return "it does not say where its rows are"
	case len(p.Files) > 0:
		return "it is one of files and of a table"
	}
	for state, n := range p.Counts {
		if n < 0 || !slices.Contains(RowStates, state) {
			return fmt.Sprintf("it counts %d rows %q", n, state)
		}
	}
	return ""
}

// A Row is the change of one row of a table.
type Row struct {
	State  State   `json:"state"`
	File   string  `json:"file,omitempty"` // that it comes from; "" for Delete
	Row    int64   `json:"row,omitempty"`  // in its file, from 1 on, the header not counted
	Line   int64   `json:"line,omitempty"`
	Byte   int64   `json:"byte,omitempty"`   // Invalid, of the row as a whole: where in the file, from 1 on
	Key    Values  `json:"key,omitempty"`    // Invalid: nil if it could not be read
	Values Changes `json:"values,omitempty"` // Update: those that differ; New: all that are loaded
	Column string  `json:"column,omitempty"` // Invalid: that is bad; "": the row as a whole
	Value  string  `json:"value,omitempty"`  // Invalid: of Column, as the source has it
	Why    string  `json:"why,omitempty"`    // Invalid
}

// A Value is what a row has in a column: nil, a bool, a json.Number, a string,
// or a list of these. Dates, times and bytes are strings as SQL writes them.
type Value struct {
	Column string
	Value  any
}

// Values as JSON are an object, in their order.
type Values []Value

// A Change is what a row had in a column, and what it gets.
type Change struct {
	Column   string
	Old, New any // as in Value
}

// Changes as JSON are an object of objects with old and new, in their order.
type Changes []Change

// String returns the values for a person, separated by blanks.
func (v Values) String() string {
	texts := make([]string, len(v))
	for i := range v {
		texts[i] = short(v[i].Value)
	}
	return strings.Join(texts, " ")
}

// MarshalJSON writes an object.
func (v Values) MarshalJSON() (b []byte, err error) {
	for i := range v {
		b = appendName(b, v[i].Column)
		if b, err = appendValue(b, v[i].Value); err != nil {
			return nil, err
		}
	}
	return object(b), nil
}

// MarshalJSON writes an object.
func (c Changes) MarshalJSON() (b []byte, err error) {
	for i := range c {
		b = append(appendName(b, c[i].Column), `{"old":`...)
		if b, err = appendValue(b, c[i].Old); err != nil {
			return nil, err
		}
		b = append(b, `,"new":`...)
		if b, err = appendValue(b, c[i].New); err != nil {
			return nil, err
		}
		b = append(b, '}')
	}
	return object(b), nil
}

// object makes one of fields that each begin with a comma.
func object(fields []byte) []byte {
	if len(fields) == 0 {
		return []byte("{}")
	}
	fields[0] = '{'
	return append(fields, '}')
}

func appendName(b []byte, name string) []byte { return append(appendText(append(b, ','), name), ':') }

// appendValue writes a Value's. A first load lists each value of each row: by
// reflection that took longer than the load.
func appendValue(b []byte, v any) ([]byte, error) {
	switch v := v.(type) {
	case nil:
		return append(b, "null"...), nil
	case string:
		return appendText(b, v), nil
	case json.Number:
		return append(b, v...), nil
	case []any:
		b = append(b, '[')
		for i, one := range v {
			if i > 0 {
				b = append(b, ',')
			}
			var err error
			if b, err = appendValue(b, one); err != nil {
				return nil, err
			}
		}
		return append(b, ']'), nil
	}
	text, err := json.Marshal(v)
	return append(b, text...), err
}

// appendText writes a text in quotes, with what JSON wants escaped.
func appendText(b []byte, s string) []byte {
	if utf8.ValidString(s) && !strings.ContainsFunc(s, func(r rune) bool { return r < ' ' || r == '"' || r == '\\' || r == '\u2028' || r == '\u2029' }) {
		return append(append(append(b, '"'), s...), '"')
	}
	var text bytes.Buffer
	e := json.NewEncoder(&text)
	e.SetEscapeHTML(false)
	_ = e.Encode(s) // a string can be
	return append(b, bytes.TrimSuffix(text.Bytes(), []byte("\n"))...)
}

// UnmarshalJSON reads an object, in its order.
func (v *Values) UnmarshalJSON(text []byte) error {
	*v = nil
	return fields(text, func(name string, d *json.Decoder) error {
		one := Value{Column: name}
		err := d.Decode(&one.Value)
		*v = append(*v, one)
		return err
	})
}

// UnmarshalJSON reads an object, in its order.
func (c *Changes) UnmarshalJSON(text []byte) error {
	*c = nil
	return fields(text, func(name string, d *json.Decoder) error {
		var one struct{ Old, New any }
		err := d.Decode(&one)
		*c = append(*c, Change{Column: name, Old: one.Old, New: one.New})
		return err
	})
}

// fields calls read for each field of an object, to decode its value.
func fields(text []byte, read func(name string, d *json.Decoder) error) error {
	if string(text) == "null" {
		return nil
	}
	d := json.NewDecoder(bytes.NewReader(text))
	d.UseNumber()
	if start, err := d.Token(); err != nil || start != json.Delim('{') {
		return errors.Join(err, errors.New("not an object"))
	}
	for d.More() {
		name, err := d.Token()
		if err != nil {
			return err
		}
		if err := read(name.(string), d); err != nil { // a name is all that can stand there
			return err
		}
	}
	return nil
}

// rowsText writes the first rows that change, a line each, then what else is to
// be known, then the counts.
func (p *Plan) rowsText(w io.Writer, limit int) error {
	rows := p.Table.Rows
	if limit > 0 && len(rows) > limit {
		rows = rows[:limit]
	}
	for i := range rows {
		fmt.Fprintln(w, "  "+rows[i].text(p.Table.Several))
	}
	if more := p.Counts.Total() - p.Counts[Unchanged] - int64(len(rows)); more > 0 {
		fmt.Fprintf(w, "  … and %d more (--json lists all)\n", more)
	}
	for _, note := range p.Table.Notes {
		fmt.Fprintln(w, note)
	}
	_, err := fmt.Fprintf(w, "%s\n", p.Summary())
	return err
}

// text is the row in one line, such as `~ row 17 SKU17: price 1.50 → 2.50`.
func (r *Row) text(file bool) string {
	s := marks[r.State]
	if file && r.File != "" {
		s += " " + r.File
	}
	if r.Row > 0 {
		s += fmt.Sprintf(" row %d", r.Row)
	}
	if r.Key != nil {
		s += " " + r.Key.String()
	}
	if r.Byte > 0 {
		s += fmt.Sprintf(" (line %d, byte %d)", r.Line, r.Byte)
	}
	if r.Column != "" {
		s += fmt.Sprintf(": column %q", r.Column)
	}
	if r.Why != "" {
		return s + ": " + r.Why
	}
	var values []string
	for _, c := range r.Values {
		switch {
		case r.State == Update:
			values = append(values, c.Column+" "+short(c.Old)+" → "+short(c.New))
		case c.New != nil:
			values = append(values, c.Column+" "+short(c.New))
		}
	}
	if len(values) > 0 {
		s += ": " + strings.Join(values, ", ")
	}
	return cut(s, mostText)
}

const (
	mostText  = 160 // characters of a line
	mostValue = 40  // characters of a value
)

// short is a value for a person: a text is quoted where it would be mistaken
// for something else.
func short(v any) string {
	switch v := v.(type) {
	case nil:
		return "null"
	case string:
		v = cut(v, mostValue)
		if v == "" || v == "null" || strings.ContainsAny(v, " ,:\"\n\r\t→") {
			return strconv.Quote(v)
		}
		return v
	case []any:
		var items []string
		for _, item := range v {
			items = append(items, short(item))
		}
		return cut("["+strings.Join(items, ", ")+"]", mostValue)
	}
	return fmt.Sprint(v)
}

func cut(s string, most int) string {
	if utf8.RuneCountInString(s) <= most {
		return s
	}
	return string([]rune(s)[:most-1]) + "…"
}
