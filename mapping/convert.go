package mapping

import (
	"errors"
	"regexp"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/seed-128c3863/sluice/row"
)

// A converter turns values into those of one column, strictly: what the type
// cannot hold exactly as it was written is a fault.
//
// Where values come from a table of text, numbers, true and false are written
// as text (such a text has n set, see cell); from JSON and from expressions a
// text is a text, unless the column's options say how numbers, booleans are
// written in it.
type converter struct {
	typ      row.Type
	required bool
	nulls    []string // words that mean null
	empty    string   // "null", "text", "reject" or "": what the empty text is
	trim     bool
	match    *regexp.Regexp
	oneOf    []string
	most     int // characters; 0: no limit
	yes, no  []string
	point    string // the decimal mark, "" is "."
	thousand string
	currency []string
	percent  bool
	brackets bool
	zone     *time.Location // nil: none given
	formats  []*timeFormat
	split    string     // list: what stands between elements in a text
	elem     *converter // list
	put      putFunc
	quick    quickFunc // of cells; nil: there is none
}

// A putFunc appends a value, which is not null, to dst or returns a fault and
// leaves dst as it was. What it must keep goes to b.
type putFunc func(c *converter, b *row.Batch, dst *row.Column, v value) error

var puts = [...]putFunc{
	row.String: putString, row.Bool: putBool,
	row.Int16: putInt, row.Int32: putInt, row.Int64: putInt,
	row.Float32: putFloat, row.Float64: putFloat, row.Decimal: putDecimal,
	row.Date: putTime, row.Time: putTime, row.Timestamp: putTime, row.TimestampTZ: putTime,
	row.Bytes: putBytes, row.UUID: putUUID, row.JSON: putJSON, row.List: putList,
}

// cell returns the value of a cell of a table of text.
func cell(b []byte) value { return value{k: textKind, s: str(b), n: 1} }

func (v value) isCell() bool { return v.k == textKind && v.n == 1 }

// add appends v to dst. After a fault dst is as it was.
func (c *converter) add(b *row.Batch, dst *row.Column, v value) error {
	if v.k == textKind && c.trim {
		v.s = strings.TrimSpace(v.s)
	}
	if v.k != nullKind && c.nulls != nil && slices.Contains(c.nulls, v.text()) {
		v = null
	}
	if v.k == textKind && v.s == "" {
		var err error
		if v, err = c.whenEmpty(v); err != nil {
			return err
		}
	}
	if v.k == nullKind {
		if c.required {
			return faultf("null where a value is required")
		}
		dst.AppendNull()
		return nil
	}
	if err := c.allowed(v); err != nil {
		return err
	}
	return c.put(c, b, dst, v)
}

// whenEmpty says what the empty text is. An empty cell is null if nothing else
// was said: a table of text has no other way to write it.
func (c *converter) whenEmpty(v value) (value, error) {
	switch {
	case c.empty == "reject" || c.empty == "" && v.isCell() && c.required:
		return v, faultf("empty where a value is required")
	case c.empty == "null" || c.empty == "" && v.isCell():
		return null, nil
	}
	return v, nil
}

// allowed checks what the column says of the text of its values.
func (c *converter) allowed(v value) error {
	if c.elem != nil || c.match == nil && c.oneOf == nil && c.most == 0 {
		return nil
	}
	text := v.text()
	if c.match != nil && !c.match.MatchString(text) {
		return faultOf(v, "%s does not match %q", quote(text), c.match)
	}
	if c.oneOf != nil && !slices.Contains(c.oneOf, text) {
		return faultOf(v, "%s is not one of %s", quote(text), wordList(c.oneOf))
	}
	if c.most > 0 && len(text) > c.most {
		if n := utf8.RuneCountInString(text); n > c.most {
			return faultOf(v, "%s has %d characters, and %d is the most", quote(text), n, c.most)
		}
	}
	return nil
}

// wordList returns the words quoted, a handful of them.
func wordList(words []string) string {
	const most = 8
	var quoted []string
	for i, w := range words {
		if i == most {
			quoted = append(quoted, "...")
			break
		}
		quoted = append(quoted, quote(w))
	}
	return strings.Join(quoted, ", ")
}

// refuse is the fault of a value of the wrong kind.
func refuse(v value, want, hint string) error {
	if hint != "" {
		hint = " (" + hint + ")"
	}
	if v.k == textKind {
		return faultOf(v, "%s is a text, not %s%s", v.show(), want, hint)
	}
	return faultOf(v, "%s is not %s%s", v.show(), want, hint)
}

func putString(c *converter, b *row.Batch, dst *row.Column, v value) error {
	switch v.k {
	case textKind:
		dst.AppendBytes(raw(v.s))
		return nil
	case boolKind, intKind, floatKind, bigKind:
		dst.AppendBytes(b.Keep(raw(v.text())))
		return nil
	case dateKind, clockKind, stampKind, instantKind:
		return refuse(v, "a text", `write strftime(..., "%Y-%m-%d") or string(...)`)
	}
	hint := ""
	if v.k == listKind || v.k == objectKind {
		hint = "type json keeps lists and objects"
	}
	return refuse(v, "a text", hint)
}

func putBool(c *converter, b *row.Batch, dst *row.Column, v value) error {
	if v.k == boolKind {
		dst.AppendInt(v.n)
		return nil
	}
	text := v.text()
	yes, no := slices.Contains(c.yes, text), slices.Contains(c.no, text)
	if !yes && !no && v.isCell() {
		// Both words are what the programs write that write tables of text.
		yes = text == "true" || text == "True" || text == "TRUE"
		no = text == "false" || text == "False" || text == "FALSE"
	}
	switch {
	case yes:
		dst.AppendInt(1)
	case no:
		dst.AppendInt(0)
	case c.yes != nil || c.no != nil:
		return faultOf(v, "%s is not among the words for true (%s) and false (%s)", v.show(), wordList(c.yes), wordList(c.no))
	default:
		return faultOf(v, "%s is not true or false (list words for them with \"true\" and \"false\")", v.show())
	}
	return nil
}

// putList appends a list of JSON or of an expression, or a text that is split.
func putList(c *converter, b *row.Batch, dst *row.Column, v value) error {
	n := dst.Elem.Len()
	var err error
	switch {
	case v.k == listKind:
		err = elements(v, func(e value) error { return c.elem.add(b, dst.Elem, e) })
	case v.k == textKind && c.split != "":
		for part := range strings.SplitSeq(v.s, c.split) {
			if err = c.elem.add(b, dst.Elem, value{k: textKind, s: part, n: 1}); err != nil {
				break
			}
		}
	default:
		return refuse(v, "a list", "")
	}
	if err == nil {
		dst.AppendList()
		return nil
	}
	at := dst.Elem.Len() - n
	dst.Elem.Truncate(n)
	var f *fault
	if errors.As(err, &f) {
		return &fault{msg: "element " + itoa(at) + ": " + f.msg, value: f.value}
	}
	return err
}
