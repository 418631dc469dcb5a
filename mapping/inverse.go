package mapping

import (
	"bytes"
	"errors"
	"fmt"
	"math"
	"slices"
	"strconv"
	"time"
	"unicode/utf8"

	"github.com/seed-128c3863/sluice/format"
	"github.com/seed-128c3863/sluice/row"
)

// An Inverse writes typed values as the columns of a job read them: a Mapper
// the other way round. What may not come back as it was is read back at once.
// It is for one goroutine.
type Inverse struct {
	cells   bool
	columns []inverse
	back    *row.Batch // keeps what is read back
}

// An inverse is that of one column.
type inverse struct {
	conv    *converter
	null    []byte // the text that is null; nil: none
	sure    bool   // texts that are not empty come back as they were
	scratch row.Column
}

// Inverse returns what writes cells of a table of text, or else what JSON has.
func (p *Program) Inverse(cells bool) *Inverse {
	x := &Inverse{cells: cells, back: row.NewBatch(nil)}
	for _, c := range p.columns {
		conv := *c.conv // without the limits: whether a row is good is not asked
		conv.match, conv.oneOf, conv.most, conv.required = nil, nil, 0, false
		conv.settle()
		x.columns = append(x.columns, inverse{conv: &conv, null: nullText(&conv), sure: conv.sure(), scratch: row.NewColumn(conv.typ)})
	}
	return x
}

// nullText returns the cell that a column reads as null, nil if there is none.
func nullText(c *converter) []byte {
	b, dst := row.NewBatch(nil), row.NewColumn(c.typ)
	for _, text := range append([]string{""}, c.nulls...) {
		dst.Truncate(0)
		if c.add(b, &dst, cell(append([]byte{}, text...))) == nil && dst.Null[0] {
			return append([]byte{}, text...)
		}
	}
	return nil
}

// sure says whether the column's options leave texts and numbers as they are.
func (c *converter) sure() bool {
	switch k := c.typ.Kind; {
	case c.nulls != nil || c.trim:
		return false
	case k == row.String || k == row.UUID:
		return true
	case k >= row.Int16 && k <= row.Decimal:
		return !c.numbersAs()
	}
	return false
}

// Text says whether values of column i are written as texts, by Append; else
// they stay what they are.
func (x *Inverse) Text(i int) bool {
	c := x.columns[i].conv
	return x.cells || c.formats != nil && c.typ.Kind != row.List
}

// Null returns the text for a null of column i, nil for the null itself, or says
// why there is none.
func (x *Inverse) Null(i int) ([]byte, error) {
	switch c := &x.columns[i]; {
	case !x.cells || c.null != nil && len(c.null) == 0:
		return nil, nil
	case c.null == nil:
		return nil, errors.New(`it is null, and the column reads no cell as null (give it a word for that, as in null: ["NULL"])`)
	default:
		return c.null, nil
	}
}

// Append appends the text that column i reads value r of v, which is not null,
// from, or says why there is none.
func (x *Inverse) Append(dst []byte, i int, v *row.Column, r int) ([]byte, error) {
	c := &x.columns[i]
	at := len(dst)
	var first error
	for form := range c.conv.forms() {
		out, err := x.write(dst[:at], c.conv, v, r, form)
		if err == nil {
			err = x.verify(c, out[at:], v, r)
		}
		if err == nil {
			return out, nil
		}
		if first == nil {
			first = err
		}
	}
	return dst[:at], first
}

// Check says why value r of v, which is written as it is, would not come back.
func (x *Inverse) Check(i int, v *row.Column, r int) error {
	c := &x.columns[i]
	k := c.conv.typ.Kind
	float := k == row.Float32 || k == row.Float64
	if c.sure && (k != row.String || len(v.Bytes[r]) > 0) && !float || k == row.Bytes || k == row.List {
		return nil
	}
	if !float {
		native, err := columnValue(v, r)
		if err != nil {
			return err
		}
		return x.compare(c, native, v, r)
	}
	if c.sure && math.Abs(v.Floats[r]) < 1<<24 {
		return nil
	}
	text, err := format.AppendText(nil, v, r)
	if err != nil {
		return err
	}
	return x.compare(c, ofNumber(string(text)), v, r)
}

// verify reads a text back.
func (x *Inverse) verify(c *inverse, text []byte, v *row.Column, r int) error {
	if c.conv.typ.Kind == row.String && (bytes.IndexByte(text, 0) >= 0 || !utf8.Valid(text)) {
		return fmt.Errorf("%s is no text of UTF-8 without NUL", quote(string(text)))
	}
	if c.sure && len(text) > 0 {
		return nil
	}
	if x.cells {
		return x.compare(c, cell(text), v, r)
	}
	return x.compare(c, ofText(str(text)), v, r)
}

func (x *Inverse) compare(c *inverse, written value, v *row.Column, r int) error {
	x.back.Reset()
	c.scratch.Truncate(0)
	if err := c.conv.add(x.back, &c.scratch, written); err != nil {
		return fmt.Errorf("the job would not read it: %w", err)
	}
	if sameAs(&c.scratch, 0, v, r) {
		return nil
	}
	hint := ""
	if written.k == textKind && written.s == "" {
		hint = ` (give the column empty: text and a word for null, as in null: ["NULL"])`
	}
	return fmt.Errorf("it would be %s, which the job reads as something else%s", written.show(), hint)
}

// sameAs compares two values of one type.
func sameAs(a *row.Column, i int, b *row.Column, j int) bool {
	if a.Null[i] || b.Null[j] {
		return a.Null[i] == b.Null[j]
	}
	switch k := a.Type.Kind; {
	case k == row.List:
		first, second := listOf(a, i), listOf(b, j)
		for n := range first.n {
			if first.n != second.n || !sameAs(a.Elem, first.at+n, b.Elem, second.at+n) {
				return false
			}
		}
		return first.n == second.n
	case k == row.Decimal && a.Type.Precision == 0:
		x, _ := parseDecimal(str(a.Bytes[i]))
		y, _ := parseDecimal(str(b.Bytes[j]))
		return x.plain() == y.plain()
	case k == row.Float32 || k == row.Float64:
		return a.Floats[i] == b.Floats[j]
	case k == row.Timestamp || k == row.TimestampTZ:
		return momentValue(a, i) == momentValue(b, j)
	case k == row.JSON: // whose texts may differ
		return true
	case a.Bytes != nil:
		return bytes.Equal(a.Bytes[i], b.Bytes[j])
	}
	return a.Ints[i] == b.Ints[j]
}

// An extent is where the elements of a list are.
type extent struct{ at, n int }

func listOf(c *row.Column, r int) extent {
	start := 0
	if r > 0 {
		start = c.Ends[r-1]
	}
	return extent{start, c.Ends[r] - start}
}

// forms is in how many ways a value can be written.
func (c *converter) forms() int {
	if c.typ.Kind == row.TimestampTZ && c.formats == nil && c.zone != nil && c.zone != time.UTC {
		return 2
	}
	return max(len(c.formats), 1)
}

// write appends a value, which is not null, in one of the forms.
func (x *Inverse) write(dst []byte, c *converter, v *row.Column, r, form int) ([]byte, error) {
	switch k := c.typ.Kind; {
	case k == row.List:
		return x.writeList(dst, c, v, r)
	case k == row.Bool && v.Ints[r] != 0 && c.yes != nil:
		return append(dst, c.yes[0]...), nil
	case k == row.Bool && v.Ints[r] == 0 && c.no != nil:
		return append(dst, c.no[0]...), nil
	case c.formats != nil || k == row.TimestampTZ && form < c.forms()-1:
		return c.writeTime(dst, v, r, form)
	case (k == row.Float32 || k == row.Float64) && math.Abs(v.Floats[r]) >= 1<<24 && math.Abs(v.Floats[r]) < 1e21:
		return c.mark(strconv.AppendFloat(dst, v.Floats[r], 'f', wholeDigits(v.Floats[r]), 64), len(dst)), nil
	case k >= row.Int16 && k <= row.Int64 && c.percent:
		return c.mark(strconv.AppendInt(dst, v.Ints[r], 10), len(dst)), nil
	case k >= row.Float32 && k <= row.Decimal:
		text, err := format.AppendText(dst, v, r)
		return c.mark(text, len(dst)), err
	}
	return format.AppendText(dst, v, r)
}

// wholeDigits is how many digits after the point a large float is written with:
// none of one that is an integer, of which all digits before it are then there.
func wholeDigits(f float64) int {
	if f == math.Trunc(f) {
		return 0
	}
	return -1
}

// mark puts the column's decimal mark into the number at text[from:], and makes
// it hundredths where the column has such.
func (c *converter) mark(text []byte, from int) []byte {
	if c.percent {
		if d, ok := parseDecimal(string(text[from:])); ok {
			d.exp += 2
			text = append(append(text[:from], d.plain()...), '%')
		}
	}
	point := bytes.IndexByte(text[from:], '.')
	if point < 0 || c.point == "" || c.point == "." {
		return text
	}
	return slices.Replace(text, from+point, from+point+1, []byte(c.point)...)
}

// writeList joins the elements by what they are split by.
func (x *Inverse) writeList(dst []byte, c *converter, v *row.Column, r int) (out []byte, err error) {
	if c.split == "" {
		return dst, errors.New("a list has no cell without split")
	}
	in := listOf(v, r)
	for e := in.at; e < in.at+in.n; e++ {
		if e > in.at {
			dst = append(dst, c.split...)
		}
		if v.Elem.Null[e] {
			dst = append(dst, nullText(c.elem)...)
		} else if dst, err = x.write(dst, c.elem, v.Elem, e, 0); err != nil {
			return dst, err
		}
	}
	return dst, nil
}

// writeTime appends a date or time by a format, or as a clock in the column's
// zone shows it.
func (c *converter) writeTime(dst []byte, v *row.Column, r, form int) ([]byte, error) {
	t, err := columnValue(v, r)
	if err != nil {
		return dst, err
	}
	if c.formats == nil {
		return appendTime(dst, inZone(t, c.zone)), nil
	}
	f := c.formats[form]
	switch {
	case f.k == instantKind && t.k == stampKind && c.zone != nil:
		if t, err = fromZone(t, c.zone); err != nil {
			return dst, err
		}
	case f.k != instantKind && t.k == instantKind && c.zone != nil:
		t = inZone(t, c.zone)
	}
	text, err := f.format(t)
	return append(dst, text...), err
}
