package format

import (
	"fmt"
	"strconv"

	"github.com/seed-128c3863/sluice/row"
)

// A node is a value in a record that is wanted, or has something wanted inside.
// The nodes of all wanted paths make a tree, whose root is the record.
type node struct {
	step    Step // from the node above; unset for the root
	depth   int  // steps from the root
	columns []int
	below   []int // columns of all nodes below
	members []*node
	items   []*node
	byName  map[string]*node // members, if there are many
	filter  uint64           // nameBit of every member
	found   uint64           // mark of the last record in which it was found
}

// manyMembers is from how many names on a map finds one sooner than trying each.
const manyMembers = 8

// newTree makes the tree of the paths. Column c is the value at paths[c].
func newTree(paths []Path) *node {
	root := &node{}
	for c, path := range paths {
		n := root
		for _, step := range path {
			n.below = append(n.below, c)
			n = n.child(step)
		}
		n.columns = append(n.columns, c)
	}
	root.index()
	return root
}

// child returns the node that step leads to, making it if need be.
func (n *node) child(step Step) *node {
	children := &n.members
	if step.IsIndex {
		children = &n.items
	}
	for _, child := range *children {
		if child.step == step {
			return child
		}
	}
	child := &node{step: step, depth: n.depth + 1}
	*children = append(*children, child)
	return child
}

// index prepares the look-up of members by name.
func (n *node) index() {
	if len(n.members) > manyMembers {
		n.byName = make(map[string]*node, len(n.members))
	}
	for _, child := range n.members {
		n.filter |= nameBit([]byte(child.step.Name))
		if n.byName != nil {
			n.byName[child.step.Name] = child
		}
		child.index()
	}
	for _, child := range n.items {
		child.index()
	}
}

// nameBit is one of 64 bits, by the length and two bytes of a name: most keys
// that nobody wants are told by it.
func nameBit(name []byte) uint64 {
	h := uint(len(name))
	if h > 0 {
		h += 7*uint(name[0]) + 13*uint(name[h-1])
	}
	return 1 << (h & 63)
}

// member returns the child for a key, the text between its quotes, or nil.
func (n *node) member(key []byte, escaped bool) *node {
	if escaped {
		text, err := unescape(key, nil)
		if err != nil {
			return nil
		}
		key = text
	}
	if n.filter&nameBit(key) == 0 {
		return nil
	}
	if n.byName != nil {
		return n.byName[string(key)]
	}
	for _, child := range n.members {
		if string(key) == child.step.Name {
			return child
		}
	}
	return nil
}

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
		i = w.pass(d, i, n.depth)
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

// pass skips a value that stands inside that many containers.
func (w *walker) pass(d []byte, i, outer int) int {
	w.outer = outer
	return w.skip(d, i)
}

// object walks the members from i, the index after the opening brace.
func (w *walker) object(d []byte, i int, n *node) int {
	i = space(d, i)
	if uint(i) < uint(len(d)) && d[i] == '}' {
		i++
	} else {
		for more := true; more; {
			if i = w.key(d, i, n); i < 0 {
				return i
			}
			if i, more = w.next(d, i, '}'); i < 0 {
				return i
			}
		}
	}
	for _, child := range n.members {
		if child.found != w.mark {
			w.absent(child)
		}
	}
	w.breakAll(n.items, row.Break{Why: row.NotAnArray, Step: n.depth})
	return i
}

// key walks one member of n from its key on.
func (w *walker) key(d []byte, i int, n *node) int {
	if uint(i) >= uint(len(d)) {
		return w.short(d, "an object")
	}
	if d[i] != '"' {
		return w.unexpected(d, i, "a key in quotes")
	}
	start := i + 1
	w.escaped = false
	if i = w.str(d, start); i < 0 {
		return i
	}
	child := n.member(d[start:i-1], w.escaped)
	if i = w.colon(d, i); i < 0 {
		return i
	}
	if i >= len(d) {
		return w.short(d, "an object")
	}
	if child == nil {
		return w.pass(d, i, n.depth+1)
	}
	if child.found == w.mark {
		if w.twice < 0 {
			w.twice = start - 1
		}
		return w.pass(d, i, n.depth+1)
	}
	return w.value(d, i, child)
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

// outside names what the value of n stands in, for a text that ends there.
func (n *node) outside() string {
	if n.step.IsIndex {
		return "an array"
	}
	return "an object"
}

// item returns the child for an index, or nil.
func (n *node) item(index int) *node {
	for _, child := range n.items {
		if child.step.Index == index {
			return child
		}
	}
	return nil
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
