package format

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
	quoted  []byte           // the name as a key without escapes; nil if it needs some
	first   *node            // the member that came first the last time
	after   *node            // the wanted member that came after this one the last time
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
	child.quoted = plainKey(step.Name)
	*children = append(*children, child)
	return child
}

// plainKey returns the name as a key without escapes, or nil if it needs some.
func plainKey(name string) []byte {
	key := []byte(`"` + name + `"`)
	var s scanner
	if s.str(key, 1) != len(key) || s.escaped {
		return nil
	}
	return key
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
