package format

import (
	"errors"
	"fmt"
	"io"
	"unicode/utf8"

	"go.yaml.in/yaml/v4"

	"github.com/seed-128c3863/sluice/row"
)

// YAMLOptions says what to read from a YAML file.
type YAMLOptions struct {
	// At leads from each document to the rows. Empty: the document is the rows.
	At Path

	// Paths lead from a record to the wanted values, one for each column of the
	// batches. The empty Path is the record as a whole.
	Paths []Path

	// Record asks for each row as JSON in Batch.Record.
	Record bool

	// MaxRecord is the most bytes that one record may have, as it stands and as
	// JSON, with its aliases written out. The values of what is parsed at once
	// take twice that at most. Default: 64 MiB.
	MaxRecord int
}

// A YAMLReader reads the wanted values of a YAML file, batch by batch, as a
// JSONReader does those of JSON. Each document, or what At leads to in it, is a
// list of records or one record. Values have the types of YAML 1.2's core schema;
// dates and times are texts, and so is a number that begins with needless zeros.
// Anchors, aliases and merge keys are followed.
//
// A list in block style is read a part at a time; other documents are held as a
// whole while they are read.
type YAMLReader struct {
	feed
	o       YAMLOptions
	walk    *walker
	line    int64 // of src.pos
	part    int   // bytes of a list that are parsed at once; 0: all of each document
	anchors *anchors
	values  yamlValues

	levels []int // indents of the mappings that were entered on the way along At
	rowsAt int   // indent of the list of rows
	least  int   // bytes of its next part, which was too small because of cause
	cause  error
	passed bool // the rows of this document were found

	pending []*yaml.Node             // records that were parsed and not yet read
	after   func(b *row.Batch) error // the step when they are read
}

// YAMLBytes returns a reader of a file that is in memory.
func YAMLBytes(data []byte, o YAMLOptions) *YAMLReader {
	r := newYAML(o)
	r.src.open(data, nil)
	return r
}

// YAMLStream returns a reader of a file of any size. It holds a part of the file,
// grown to the largest record, or to a document that is no list in block style.
func YAMLStream(in io.Reader, o YAMLOptions) *YAMLReader {
	r := newYAML(o)
	r.src.open(nil, in)
	return r
}

func newYAML(o YAMLOptions) *YAMLReader {
	if o.MaxRecord <= 0 {
		o.MaxRecord = 64 << 20
	}
	r := &YAMLReader{o: o, walk: newWalker(o.Paths), line: 1, part: min(yamlPart, o.MaxRecord/256+1), anchors: &anchors{most: 2 * o.MaxRecord, byName: map[string]*yaml.Node{}}}
	r.values.most = o.MaxRecord
	r.src.most = max(o.MaxRecord, utf8.UTFMax)
	r.step = r.start
	return r
}

// Read replaces what b holds by the next rows, as that of a JSONReader does:
// values are JSON texts. Line is that of the record. They are valid until the
// next Read.
//
// A record that is no mapping, has a key twice or a tag that is not known is a bad
// row. What is no YAML is final.
func (r *YAMLReader) Read(b *row.Batch) error {
	prepare(b, len(r.o.Paths), row.Any)
	r.values.text = r.values.text[:0]
	return r.batch(b)
}

func (r *YAMLReader) start(*row.Batch) error {
	if err := r.src.mark("YAML is read as UTF-8 only"); err != nil {
		return err
	}
	if r.src.whole && len(r.src.rest()) == 0 {
		return r.src.emptied(io.EOF)
	}
	r.step = r.document
	return nil
}

// document begins the next document.
func (r *YAMLReader) document(*row.Batch) error {
	l, err := r.content()
	if err != nil {
		return err // io.EOF: there is no more
	}
	r.anchors.forget()
	r.levels, r.passed = r.levels[:0], false
	if l.marker == '.' || l.isVersion() {
		r.consume(l.next)
		return nil
	}
	if l.marker == '-' && l.bare {
		r.consume(l.next)
		if l, err = r.content(); errors.Is(err, io.EOF) || err == nil && l.marker != 0 {
			return nil // an empty document
		} else if err != nil {
			return r.again(r.body, err)
		}
	}
	return r.body(nil)
}

// again has the step taken when more is read.
func (r *YAMLReader) again(step func(*row.Batch) error, err error) error {
	r.step = step
	return err
}

// body chooses how to read a document by its first line.
func (r *YAMLReader) body(*row.Batch) error {
	l, err := r.content()
	switch {
	case errors.Is(err, io.EOF) || err == nil && l.marker == '.':
		r.step = r.document
		return nil
	case err != nil:
		return r.again(r.body, err)
	}
	switch {
	case r.part == 0:
		r.step = r.whole
	case l.marker == 0 && l.dash && len(r.o.At) == 0:
		r.rowsAt, r.step, r.after = l.indent, r.items, r.document
	case l.marker == 0 && len(r.o.At) > 0 && !r.o.At[0].IsIndex && l.isKey():
		r.levels = append(r.levels, l.indent)
		r.step = r.entry
	default:
		r.step = r.whole
	}
	return nil
}

// whole reads a document that is parsed at once.
func (r *YAMLReader) whole(*row.Batch) error {
	n, _, err := r.extent(wholeDocument())
	if err != nil {
		return err
	}
	root, err := r.parse(n)
	if err != nil {
		return err
	}
	r.after = r.document
	return r.found(root, 0)
}

// items reads some of the items of a list in block style.
func (r *YAMLReader) items(*row.Batch) error {
	n, last, err := r.extent(func(l yamlLine, first bool) verdict {
		switch {
		case first:
			return goesOn
		case l.marker != 0, len(r.levels) > 0 && (l.indent < r.rowsAt || l.indent == r.rowsAt && !l.dash) && !l.closing:
			return ends
		case l.indent == r.rowsAt && l.dash:
			return mayEnd
		}
		return goesOn
	})
	if err != nil {
		return err
	}
	line := r.line
	root, err := r.parse(n)
	large := errors.Is(err, ErrManyValues)
	switch {
	case large && r.least > 0:
		return r.cause
	case err != nil && !large && !last && n < mostYAMLPart:
		r.least, r.cause = 2*n, err // lines of a text in quotes may look like items
		return nil
	}
	r.least = 0
	switch {
	case err != nil:
		return err
	case root == nil || root.Kind != yaml.SequenceNode:
		return r.fault(line, "this is no list, as the lines before it are")
	}
	r.passed = true
	r.after = r.items
	if last {
		r.after = r.document
	}
	if last && len(r.levels) > 0 {
		r.after = r.entry
	}
	r.emit(root.Content)
	return nil
}

// wholeDocument is the verdict on lines up to the next document.
func wholeDocument() func(l yamlLine, first bool) verdict {
	head := false // lines were directives up to here
	return func(l yamlLine, first bool) verdict {
		directive := l.indent == 0 && l.text[0] == '%'
		if !first && l.marker != 0 && !(head && l.marker == '-') {
			return ends
		}
		head = directive && (first || head)
		return goesOn
	}
}

// found reads what root, at step k of At, leads to.
func (r *YAMLReader) found(root *yaml.Node, k int) error {
	for ; k < len(r.o.At) && root != nil; k++ {
		next, why := yamlChild(root, r.o.At[k])
		if next == nil {
			return r.noWay(k, int64(root.Line), why)
		}
		root = next
	}
	r.passed = true
	root = target(root)
	switch {
	case root == nil || isNull(root):
		r.emit(nil)
	case root.Kind == yaml.SequenceNode:
		r.emit(root.Content)
	case root.Kind == yaml.MappingNode:
		r.emit([]*yaml.Node{root})
	default:
		return r.fault(int64(root.Line), fmt.Sprintf("%s is text, and neither a record nor a list of records", r.where()))
	}
	return nil
}

func (r *YAMLReader) where() string {
	if len(r.o.At) > 0 {
		return fmt.Sprintf("what is at %q", r.o.At)
	}
	return "the document"
}

// noWay is the error for step k of At that cannot be taken.
func (r *YAMLReader) noWay(k int, line int64, why string) error {
	where := "the document"
	if k > 0 {
		where = fmt.Sprintf("the value at %q", r.o.At.Upto(k))
	}
	return r.fault(line, fmt.Sprintf("there is nothing at %q: %s %s", r.o.At, where, why))
}

// fault is an error at a line.
func (r *YAMLReader) fault(line int64, msg string) error {
	return &row.Error{Line: line, Err: errors.New(msg)}
}

// emit has the records read, and then the step after taken.
func (r *YAMLReader) emit(records []*yaml.Node) {
	r.pending, r.step = records, r.next
}

// next reads the next of the records that were parsed.
func (r *YAMLReader) next(b *row.Batch) error {
	if len(r.pending) == 0 {
		r.pending, r.step = nil, r.after
		return nil
	}
	n := r.pending[0]
	r.pending = r.pending[1:]
	return r.record(b, n)
}

// record takes a record as a row or a bad row.
func (r *YAMLReader) record(b *row.Batch, n *yaml.Node) error {
	line := int64(n.Line)
	d, err := r.values.record(n)
	var bad *badYAML
	switch {
	case errors.As(err, &bad):
		r.rows++
		at := row.Error{Row: r.rows, Line: int64(bad.node.Line), Err: bad}
		b.Bad = append(b.Bad, row.Reject{Error: at, Record: d})
		return nil
	case err != nil:
		return &row.Error{Row: r.rows + 1, Line: line, Err: err}
	}
	if end := r.walk.record(d, 0); end != len(d) {
		return &row.Error{Row: r.rows + 1, Line: line, Err: errors.New(r.walk.fault("record"))}
	}
	r.rows++
	b.Row, b.Line = append(b.Row, r.rows), append(b.Line, line)
	if r.o.Record {
		b.Record = append(b.Record, d)
		r.text += len(d)
	}
	r.text += r.walk.store(b, d)
	b.Len++
	return nil
}
