package format

import (
	"errors"
	"fmt"
	"strconv"

	"github.com/seed-128c3863/sluice/row"
)

// columns is an object of columns, found but not yet read: where each value
// lies in the document.
type columns struct {
	names  []string       // keys as the document writes them, with their quotes
	cells  [][]span       // by column of names, then by row; nil for one that is not wanted
	child  []*node        // by column of names: what is wanted of it, or nil
	lists  bool           // orient="list"; else "columns"
	first  []int          // by row: where its first value begins
	index  []span         // by row: its index, with quotes; nil for lists
	rows   map[string]int // by index; nil as long as they are the numbers from 0 on
	last   []int          // by row: the column that has a value for it last, from 1
	next   int            // the row to read next
	column int            // the column being found, from 1
}

// noNode wants nothing.
var noNode = &node{}

// A span is data[start:end]; nothing if end is 0.
type span struct{ start, end int }

// beginColumns finds the columns of the object at the source's position.
func (r *JSONReader) beginColumns() error {
	r.cols = &columns{}
	d := r.src.buf
	end, err := r.findColumns(d, r.src.pos+1)
	if err != nil {
		return err
	}
	r.src.pos = end
	r.step = r.readColumns
	return nil
}

// findColumns passes the members from i, the index after the opening brace.
func (r *JSONReader) findColumns(d []byte, i int) (int, error) {
	w := r.walk
	w.begin()
	i = space(d, i)
	if i < len(d) && d[i] == '}' {
		return i + 1, nil
	}
	for more := true; more; {
		var err error
		if i, err = r.findColumn(d, i); err != nil {
			return 0, err
		}
		if i, more = w.next(d, i, '}'); i < 0 {
			return 0, r.faultInColumns()
		}
	}
	return i, nil
}

// faultInColumns is the error for what the walker found in the buffer.
func (r *JSONReader) faultInColumns() error {
	return r.fail(r.walk.at, errors.New(r.walk.fault("file")))
}

// findColumn passes one column from its key on.
func (r *JSONReader) findColumn(d []byte, i int) (int, error) {
	w := r.walk
	start := i
	i, child := w.key(d, i, w.root)
	if i < 0 {
		return 0, r.faultInColumns()
	}
	name := d[start:i]
	if child != nil && child.found == w.mark {
		return 0, r.fail(start, fmt.Errorf("column %s stands twice", shortText(name)))
	}
	if child != nil {
		child.found = w.mark
	}
	if i = w.colon(d, i); i < 0 {
		return 0, r.faultInColumns()
	}
	if i >= len(d) {
		w.short(d, "an object")
		return 0, r.faultInColumns()
	}
	if err := r.addColumn(name, child, d[i]); err != nil {
		return 0, r.fail(i, err)
	}
	return r.findValues(d, i)
}

// addColumn begins a column whose value begins with the byte first.
func (r *JSONReader) addColumn(name []byte, child *node, first byte) error {
	c := r.cols
	lists := first == '['
	switch {
	case first != '{' && first != '[':
		return fmt.Errorf("column %s is %s, not an object of values by index or a list", shortText(name), kindOf(first))
	case len(c.names) > 0 && lists != c.lists:
		return fmt.Errorf("column %s is %s, those before it are not", shortText(name), kindOf(first))
	}
	c.lists = lists
	c.names = append(c.names, string(name))
	c.child = append(c.child, child)
	c.column++
	var cells []span
	if child != nil || r.o.Record || len(r.walk.root.columns) > 0 {
		cells = make([]span, 0, len(c.first)+1) // nearly always as many as in the columns before
	}
	c.cells = append(c.cells, cells)
	return nil
}

// findValues passes the values of the last of the columns, a list or an object
// at i.
func (r *JSONReader) findValues(d []byte, i int) (int, error) {
	w, c := r.walk, r.cols
	open, end := i, d[i]+2 // "]" after "[", "}" after "{"
	i = space(d, i+1)
	n, rows := 0, len(c.first)
	if i < len(d) && d[i] == end {
		i++
	} else {
		for more := true; more; n++ {
			at := n
			if !c.lists {
				var err error
				if at, i, err = r.findIndex(d, i, n); err != nil {
					return 0, err
				}
			}
			start := i
			if i = w.valueAt(d, i); i < 0 {
				return 0, r.faultInColumns()
			}
			c.put(at, span{start, i})
			if i, more = w.next(d, i, end); i < 0 {
				return 0, r.faultInColumns()
			}
		}
	}
	if c.lists && c.column > 1 && n != rows {
		return 0, r.fail(open, fmt.Errorf("column %s has %d values, column %s has %d: lists must be of one length", shortText([]byte(c.names[c.column-1])), n, shortText([]byte(c.names[0])), rows))
	}
	return i, nil
}

// put notes the value of the column being found for row at, which is there or
// the next new one.
func (c *columns) put(at int, v span) {
	if at == len(c.first) {
		c.first = append(c.first, v.start)
		c.last = append(c.last, 0)
	}
	c.last[at] = c.column
	cells := &c.cells[c.column-1]
	if *cells == nil {
		return
	}
	for len(*cells) <= at {
		*cells = append(*cells, span{})
	}
	(*cells)[at] = v
}

// findIndex passes the index at i, the n-th of its column, and its colon. It
// returns the row that it stands for.
func (r *JSONReader) findIndex(d []byte, i, n int) (int, int, error) {
	w, c := r.walk, r.cols
	start := i
	if i, _ = w.key(d, i, noNode); i < 0 {
		return 0, 0, r.faultInColumns()
	}
	at := c.rowOf(d, span{start, i}, n, w.escaped)
	if at < len(c.last) && c.last[at] == c.column {
		return 0, 0, r.fail(start, fmt.Errorf("index %s stands twice in column %s", shortText(d[start:i]), shortText([]byte(c.names[c.column-1]))))
	}
	if i = w.colon(d, i); i < 0 {
		return 0, 0, r.faultInColumns()
	}
	return at, i, nil
}

// rowOf returns the row of an index, the n-th of its column: in general the
// columns have the same ones in the same order.
func (c *columns) rowOf(d []byte, key span, n int, escaped bool) int {
	if n < len(c.index) {
		if same := c.index[n]; string(d[same.start:same.end]) == string(d[key.start:key.end]) {
			return n
		}
	}
	name := indexName(d, key, escaped)
	at, known := c.known(d, name)
	if !known {
		at = len(c.index)
		c.index = append(c.index, key)
		if c.rows != nil {
			c.rows[string(name)] = at
		}
	}
	return at
}

// known returns the row of an index that was met before. As long as all are
// the numbers from 0 on, as in a table without an index of its own, the number
// tells the row, and no map is needed.
func (c *columns) known(d []byte, name []byte) (int, bool) {
	if c.rows == nil {
		if at := count(name); at >= 0 && at <= len(c.index) {
			return at, at < len(c.index)
		}
		c.rows = make(map[string]int, len(c.index))
		for at, key := range c.index {
			c.rows[string(indexName(d, key, true))] = at
		}
	}
	at, known := c.rows[string(name)]
	return at, known
}

// count returns the number that name is, as it is usually written, or -1.
func count(name []byte) int {
	if len(name) == 0 || name[0] < '0' || name[0] > '9' || name[0] == '0' && len(name) > 1 {
		return -1
	}
	n, err := strconv.Atoi(string(name))
	if err != nil {
		return -1
	}
	return n
}

// indexName is the text of an index.
func indexName(d []byte, key span, escaped bool) []byte {
	inside := d[key.start+1 : key.end-1]
	if escaped {
		if text, err := unescape(inside, nil); err == nil {
			return text
		}
	}
	return inside
}

// valueAt passes the value at i, if one is there.
func (s *scanner) valueAt(d []byte, i int) int {
	if i >= len(d) {
		return s.short(d, "a column")
	}
	return s.skip(d, i)
}

// readColumns reads the next row out of the columns.
func (r *JSONReader) readColumns(b *row.Batch) error {
	w, c, d := r.walk, r.cols, r.src.buf
	if c.next == len(c.first) {
		r.step = r.finish
		return nil
	}
	at := c.next
	c.next++
	w.begin()
	for k, child := range c.child {
		if child == nil {
			continue
		}
		if v := c.cell(k, at); v.end > 0 {
			w.value(d, v.start, child)
		} else {
			child.found = w.mark
			w.absent(child)
		}
	}
	for _, child := range w.root.members {
		if child.found != w.mark {
			w.absent(child)
		}
	}
	w.breakAll(w.root.items, row.Break{Why: row.NotAnArray})
	var text []byte
	if r.o.Record || len(w.root.columns) > 0 {
		text = b.Keep(c.record(d, at))
	}
	pos := r.src.pos
	r.src.pos = 0
	r.addColumns(b, text, c.first[at])
	r.src.pos = pos
	return nil
}

// addColumns takes the row that the walker has just passed into b.
func (r *JSONReader) addColumns(b *row.Batch, text []byte, first int) {
	if r.walk.twice >= 0 {
		r.bad(b, text, r.walk.twice, r.walk.duplicate(r.src.buf))
		return
	}
	r.rows++
	b.Row = append(b.Row, r.rows)
	b.Byte = append(b.Byte, r.src.position(first))
	if r.o.Record {
		b.Record = append(b.Record, text)
	}
	for _, c := range r.walk.root.columns {
		r.walk.cells[c] = cell{}
	}
	r.text += len(text) + r.walk.store(b, r.src.buf)
	for _, c := range r.walk.root.columns {
		b.Cols[c].Null[b.Len], b.Cols[c].Bytes[b.Len] = false, text
	}
	b.Len++
}

// cell returns where the value of a column for a row is.
func (c *columns) cell(column, at int) span {
	if cells := c.cells[column]; at < len(cells) {
		return cells[at]
	}
	return span{}
}

// record writes a row as an object.
func (c *columns) record(d []byte, at int) []byte {
	text := []byte{'{'}
	for k, name := range c.names {
		v := c.cell(k, at)
		if v.end == 0 {
			continue
		}
		if len(text) > 1 {
			text = append(text, ',')
		}
		text = append(append(text, name...), ':')
		text = append(text, d[v.start:v.end]...)
	}
	return append(text, '}')
}
