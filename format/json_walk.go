package format

import (
	"bytes"
	"fmt"
	"strconv"

	"github.com/seed-128c3863/sluice/row"
)

// A cell is what a record has for one column: the value data[start:end], or if
// end is 0 nothing, and why.
type cell struct {
	start, end int
	broken     row.Break
}

// A walker finds the wanted values of one record after another.
type walker struct {
	scanner
	root  *node
	cells []cell // of the record last walked, one for each column
	mark  uint64 // counts the records
	twice int    // index of a wanted key that stands twice in its object, or -1
}

func newWalker(paths []Path) *walker {
	return &walker{root: newTree(paths), cells: make([]cell, len(paths))}
}

// record walks the record at i and returns the index after it, or -1.
func (w *walker) record(d []byte, i int) int {
	w.begin()
	return w.value(d, i, w.root)
}

// begin forgets the record before.
func (w *walker) begin() {
	w.outer = 0
	w.mark++
	w.twice = -1
}

// value walks the value at i, which is that of node n.
func (w *walker) value(d []byte, i int, n *node) int {
	if uint(i) >= uint(len(d)) {
		return w.short(d, n.outside())
	}
	n.found = w.mark
	start := i
	switch {
	case len(n.below) == 0:
		if i = w.pass(d, i, n.depth); i < 0 {
			return i
		}
	case d[i] == '{':
		i = w.object(d, i+1, n)
	case d[i] == '[':
		i = w.array(d, i+1, n)
	default:
		i = w.pass(d, i, n.depth)
		why := [2]row.Why{row.NotAnObject, row.NotAnArray}
		if d[start] == 'n' {
			why = [2]row.Why{row.OfNull, row.OfNull}
		}
		w.breakAll(n.members, row.Break{Why: why[0], Step: n.depth})
		w.breakAll(n.items, row.Break{Why: why[1], Step: n.depth})
	}
	for _, c := range n.columns {
		w.cells[c] = cell{start: start, end: i}
		if d[start] == 'n' {
			w.cells[c].end = 0
		}
	}
	return i
}

// pass skips the value at i, which stands inside that many containers.
func (w *walker) pass(d []byte, i, outer int) int {
	switch d[i] {
	case '"':
		return w.str(d, i+1)
	case '{', '[':
		w.outer = outer
		return w.skip(d, i)
	}
	return w.scalar(d, i)
}

// object walks the members from i, the index after the opening brace.
//
// In most files the wanted keys come in one order. So each node remembers what
// came after it, and a key that is as guessed need not be scanned.
func (w *walker) object(d []byte, i int, n *node) int {
	i = space(d, i)
	if uint(i) < uint(len(d)) && d[i] == '}' {
		return w.endObject(i+1, n)
	}
	guess := &n.first
	for more := true; more; {
		start, child := i, *guess
		if child != nil && i < len(d) && bytes.HasPrefix(d[i:], child.quoted) {
			i += len(child.quoted)
		} else if i, child = w.key(d, i, n); i < 0 {
			return i
		} else if child != nil && child.quoted != nil {
			*guess = child
		}
		if i = w.colon(d, i); i < 0 {
			return i
		}
		if i >= len(d) {
			return w.short(d, "an object")
		}
		switch {
		case child == nil:
			i = w.pass(d, i, n.depth+1)
		case child.found == w.mark:
			w.again(start)
			i = w.pass(d, i, n.depth+1)
		default:
			guess = &child.after
			i = w.value(d, i, child)
		}
		if i < 0 {
			return i
		}
		if i, more = w.next(d, i, '}'); i < 0 {
			return i
		}
	}
	return w.endObject(i, n)
}

// again notes that a wanted key stands at i for the second time.
func (w *walker) again(i int) {
	if w.twice < 0 {
		w.twice = i
	}
}

// endObject notes what the object of n, which ends before i, has not.
func (w *walker) endObject(i int, n *node) int {
	for _, child := range n.members {
		if child.found != w.mark {
			w.absent(child)
		}
	}
	if len(n.items) > 0 {
		w.breakAll(n.items, row.Break{Why: row.NotAnArray, Step: n.depth})
	}
	return i
}

// key passes a key and returns the child of n that it names, or nil.
func (w *walker) key(d []byte, i int, n *node) (int, *node) {
	if uint(i) >= uint(len(d)) {
		return w.short(d, "an object"), nil
	}
	if d[i] != '"' {
		return w.unexpected(d, i, "a key in quotes"), nil
	}
	start := i + 1
	w.escaped = false
	if i = w.str(d, start); i < 0 {
		return i, nil
	}
	return i, n.member(d[start:i-1], w.escaped)
}

// array walks the elements from i, the index after the opening bracket.
func (w *walker) array(d []byte, i int, n *node) int {
	i = space(d, i)
	count := 0
	if uint(i) < uint(len(d)) && d[i] == ']' {
		i++
	} else {
		for more := true; more; count++ {
			child := n.item(count)
			switch {
			case child != nil:
				i = w.value(d, i, child)
			case i >= len(d):
				i = w.short(d, "an array")
			default:
				i = w.pass(d, i, n.depth+1)
			}
			if i < 0 {
				return i
			}
			if i, more = w.next(d, i, ']'); i < 0 {
				return i
			}
		}
	}
	for _, child := range n.items {
		if child.step.Index >= count {
			w.breakAll([]*node{child}, row.Break{Why: row.OutOfRange, Step: n.depth, Len: int64(count)})
		}
	}
	w.breakAll(n.members, row.Break{Why: row.NotAnObject, Step: n.depth})
	return i
}

// next passes what stands between two members or elements, or the end of their
// container, and says whether there are more.
func (w *walker) next(d []byte, i int, end byte) (int, bool) {
	if i = space(d, i); uint(i) < uint(len(d)) {
		switch d[i] {
		case ',':
			return space(d, i+1), true
		case end:
			return i + 1, false
		}
	}
	what, want := "an object", `"," or "}" after a member`
	if end == ']' {
		what, want = "an array", `"," or "]" after an element`
	}
	if i >= len(d) {
		return w.short(d, what), false
	}
	return w.unexpected(d, i, want), false
}

// absent notes that the value of n, a member, is not there.
func (w *walker) absent(n *node) {
	for _, c := range n.columns {
		w.cells[c] = cell{}
	}
	for _, c := range n.below {
		w.cells[c] = cell{broken: row.Break{Why: row.OfNull, Step: n.depth}}
	}
}

// breakAll notes that the way to the nodes is broken.
func (w *walker) breakAll(nodes []*node, b row.Break) {
	for _, n := range nodes {
		for _, c := range n.columns {
			w.cells[c] = cell{broken: b}
		}
		for _, c := range n.below {
			w.cells[c] = cell{broken: b}
		}
	}
}

// duplicate says which key stands twice.
func (w *walker) duplicate(d []byte) error {
	end := w.str(d, w.twice+1)
	return fmt.Errorf("the key %s stands twice in its object, and is read by this job: which value is meant cannot be told", shortText(d[w.twice:end]))
}

// shortText cuts a text for a message.
func shortText(text []byte) string {
	const most = 60
	if len(text) <= most {
		return string(text)
	}
	return string(text[:most]) + "… (" + strconv.Itoa(len(text)) + " bytes)"
}
