package mapping

import (
	"errors"
	"fmt"
	"regexp"
	"slices"

	"github.com/expr-lang/expr/ast"

	"github.com/seed-128c3863/sluice/format"
	"github.com/seed-128c3863/sluice/row"
)

// A chain is a path from row whose every step is known when the job is
// compiled, so that the reader follows it and no expression has to.
type chain struct {
	steps format.Path
	// until[i] is 0 for a step that must be there. For one written with ?. or
	// get, it is the number of steps of the chain that are null with it.
	until []int
	col   int // of the source batch, once settled
}

// openEnd stands in until while the chain of a ?. still grows.
const openEnd = -1

// with returns the chain and a step more; until as in chain.
func (ch *chain) with(s format.Step, until int) *chain {
	return &chain{steps: append(slices.Clip(ch.steps), s), until: append(slices.Clip(ch.until), until)}
}

// closed returns the chain with every open end set.
func (ch *chain) closed() *chain {
	out := &chain{steps: ch.steps, until: slices.Clone(ch.until)}
	for i, u := range out.until {
		if u == openEnd {
			out.until[i] = len(out.steps)
		}
	}
	return out
}

// text returns the first n steps as an expression writes them.
func (ch *chain) text(n int) string {
	switch {
	case n == 0:
		return "row"
	case ch.steps[0].IsIndex:
		return "row" + ch.steps.Upto(n)
	}
	first := ch.steps[:1].String()
	if first[0] == '[' {
		return "row" + ch.steps.Upto(n)
	}
	return "row." + ch.steps.Upto(n)
}

// broken returns why the value of the chain is not to be had, or nil if it is
// null: because a step that may be missing is.
func (ch *chain) broken(b row.Break) error {
	at, why := b.Step, b.Why
	for at < len(ch.steps) && (why == row.OfNull || why == row.OutOfRange) && ch.until[at] != 0 {
		// The steps up to there are null; the next of them is one of null.
		at, why = ch.until[at], row.OfNull
	}
	if at >= len(ch.steps) {
		return nil
	}
	return stepFault(ch.text(at), ch.steps[at], why, b.Len)
}

// plainName is what can stand after a point.
var plainName = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_]*$`)

// stepFault says why a step from what is called base could not be taken.
func stepFault(base string, s format.Step, why row.Why, length int64) *fault {
	f := &fault{}
	switch {
	case why == row.OfNull && s.IsIndex:
		f.absent = true
		f.msg = fmt.Sprintf("%s is null, so it has no element %d (write ?.[%d] where null is fine)", base, s.Index, s.Index)
	case why == row.OfNull:
		f.absent = true
		name := s.Name
		if !plainName.MatchString(name) {
			name = "[" + quote(name) + "]"
		}
		f.msg = fmt.Sprintf("%s is null, so it has no member %s (write ?.%s where null is fine)", base, quote(s.Name), name)
	case why == row.NotAnObject:
		f.msg = fmt.Sprintf("%s is not an object, so it has no member %s", base, quote(s.Name))
	case why == row.NotAnArray:
		f.msg = fmt.Sprintf("%s is not a list, so it has no element %d", base, s.Index)
	case length == 0:
		f.absent = true
		f.msg = fmt.Sprintf("%s[%d]: the list is empty", base, s.Index)
	default:
		f.absent = true
		f.msg = fmt.Sprintf("%s[%d]: the list has %d %s, counted from 0", base, s.Index, length, plural(length, "element"))
	}
	return f
}

func plural(n int64, word string) string {
	if n == 1 {
		return word
	}
	return word + "s"
}

// settle gives a node its eval: a chain becomes a column of the source.
func (c *compiler) settle(n *node) *node {
	if n.isOpen() {
		ch := n.path.closed()
		ch.col = c.prog.column(ch.steps)
		n = &node{deps: onRow, path: ch, name: func(*Mapper) string { return ch.text(len(ch.steps)) }}
		n.eval = func(m *Mapper) (value, error) { return m.fetch(ch, m.r, nil) }
	}
	if n.skips {
		inner := n.eval
		closed := *n
		closed.skips = false
		closed.eval = func(m *Mapper) (value, error) {
			v, err := inner(m)
			if err == errSkip {
				return null, nil
			}
			return v, err
		}
		return &closed
	}
	return n
}

// errSkip passes through the members of a chain after a ?. that found null.
var errSkip = errors.New("null at an optional step")

// chain compiles a whole chain with a ?. in it.
func (c *compiler) chain(n *ast.ChainNode) (*node, error) {
	out, err := c.open(n.Node)
	if err != nil {
		return nil, err
	}
	if out.isOpen() {
		return &node{deps: out.deps, path: out.path.closed()}, nil
	}
	return c.settle(out), nil
}

// member compiles base.name, base[key] and both after a question mark.
func (c *compiler) member(n *ast.MemberNode) (*node, error) {
	if id, ok := n.Node.(*ast.IdentifierNode); ok && (id.Value == "param" || id.Value == "file" || id.Value == "run") {
		return c.space(id.Value, n)
	}
	inner := n.Node
	if ch, ok := inner.(*ast.ChainNode); ok {
		inner = ch.Node // row.a?.b[0]: the index belongs to the chain too
	}
	base, err := c.open(inner)
	if err != nil {
		return nil, err
	}
	key, err := c.expr(n.Property)
	if err != nil {
		return nil, err
	}
	if err := checkKey(n, base, key); err != nil {
		return nil, err
	}
	if step, ok := stepOf(key); ok && base.isOpen() {
		until := 0
		if n.Optional {
			until = openEnd
		}
		return &node{deps: base.deps, path: base.path.with(step, until)}, nil
	}
	if base.isOpen() {
		base = c.settle(base)
	}
	return dynamicMember(base, key, n.Optional), nil
}

// checkKey refuses keys that can never be one.
func checkKey(n *ast.MemberNode, base, key *node) error {
	if v, ok := constantOf(key, intKind); ok && v.n < 0 {
		return mistakeHint(n.Property, "last(list) is the last element", "elements are counted from 0, and there is none at %d", v.n)
	}
	switch base.k {
	case anyKind, objectKind, listKind:
	default:
		return mistakef(n, "%s has no members", base.k)
	}
	if key.k != anyKind && key.k != textKind && key.k != intKind {
		return mistakef(leftmost(n.Property), "a member has a name and an element a whole number, and this is %s", key.k)
	}
	return nil
}

// dynamicMember looks a key up that is known only when a row is read, or in a
// value that is.
func dynamicMember(base, key *node, optional bool) *node {
	n := &node{deps: base.deps | key.deps, skips: base.skips || optional, name: memberName(base, key)}
	n.eval = func(m *Mapper) (value, error) {
		from, err := base.eval(m)
		if err != nil {
			return from, err
		}
		if from.k == nullKind && optional {
			return null, errSkip
		}
		k, err := key.eval(m)
		if err != nil {
			return k, err
		}
		step, err := stepFor(from, k, base, m)
		if err != nil {
			return value{}, err
		}
		v, why, length := take(from, step)
		if why == row.Whole {
			return v.get()
		}
		if why == row.OutOfRange && optional {
			return null, errSkip
		}
		f := stepFault(base.name(m), step, why, length)
		if key.deps != nothing {
			f.value = k.text()
		}
		return value{}, f
	}
	return n
}

// memberName is how a message calls the member or element of a key.
func memberName(base, key *node) func(m *Mapper) string {
	return func(m *Mapper) string {
		in := "..."
		if v, err := key.eval(m); err == nil {
			if in = v.text(); v.k == textKind {
				in = quote(v.s)
			}
		}
		return base.name(m) + "[" + in + "]"
	}
}

// stepFor returns the key as a step.
func stepFor(from, key value, base *node, m *Mapper) (format.Step, error) {
	switch {
	case key.k == textKind:
		return format.Step{Name: key.s}, nil
	case key.k == intKind && key.n >= 0:
		return format.Step{Index: int(key.n), IsIndex: true}, nil
	case key.k == intKind:
		return format.Step{}, faultOf(key, "%s[%d]: elements are counted from 0", base.name(m), key.n)
	}
	return format.Step{}, faultOf(key, "%s: a member has a name and an element a whole number, not %s", base.name(m), key.show())
}

// A part is a member or element: worked out, or the JSON text of it.
type part struct {
	v    value
	text []byte
}

func (p part) get() (value, error) {
	if p.v.k != anyKind {
		return p.v, nil
	}
	return ofJSON(p.text)
}

// take returns one member or element, or why there is none.
func take(from value, s format.Step) (part, row.Why, int64) {
	switch {
	case from.k == nullKind:
		return part{}, row.OfNull, 0
	case !s.IsIndex && from.k != objectKind:
		return part{}, row.NotAnObject, 0
	case s.IsIndex && from.k != listKind:
		return part{}, row.NotAnArray, 0
	case from.x == nil:
		text, why, length := format.Lookup(raw(from.s), s)
		return part{text: text}, why, length
	case s.IsIndex && s.Index >= len(from.x.items):
		return part{}, row.OutOfRange, int64(len(from.x.items))
	case s.IsIndex:
		return part{v: from.x.items[s.Index]}, row.Whole, 0
	}
	for i := len(from.x.keys) - 1; i >= 0; i-- {
		if from.x.keys[i] == s.Name {
			return part{v: from.x.items[i]}, row.Whole, 0
		}
	}
	return part{v: null}, row.Whole, 0
}

// isOpen tells whether n is a chain that can still grow.
func (n *node) isOpen() bool { return n.path != nil && n.eval == nil }

// stepOf returns a constant text or whole number as a step of a path.
func stepOf(n *node) (format.Step, bool) {
	if v, ok := constantOf(n, textKind); ok {
		return format.Step{Name: v.s}, true
	}
	v, ok := constantOf(n, intKind)
	return format.Step{Index: int(v.n), IsIndex: true}, ok
}
