package mapping

import (
	"fmt"
	"math"
	"strings"

	"github.com/expr-lang/expr/ast"
	"github.com/expr-lang/expr/file"
	"github.com/expr-lang/expr/parser"

	"github.com/seed-128c3863/sluice/spec"
)

// An eval works out a value for the row the mapper is at.
type eval func(m *Mapper) (value, error)

// Deps says what a value depends on.
type deps uint8

const (
	onRow   deps = 1 << iota // or on a variable inside the expression
	onFile                   // the file's fields
	onRun                    // params and the run
	nothing deps = 0         // a constant
)

// A node is a compiled expression. While a chain of members that begins at row
// is being compiled, path holds it and eval is nil (see settle).
type node struct {
	k     kind // what is known of its values
	deps  deps
	path  *chain
	eval  eval
	name  func(m *Mapper) string // how a message calls it
	skips bool                   // eval may answer errSkip: the rest of an optional chain is null
}

// A compiler compiles the expressions of one job.
type compiler struct {
	job       *spec.Job
	prog      *Program
	functions map[string]*function
	lets      map[string]*node // nil: one that is still to come
	value     *node            // what value means, in a check; nil elsewhere
	fields    []string         // of the files, beside those that every file has

	// Of the expression that is being compiled:
	text   spec.Text
	locals []string // variables in scope, by slot
	depth  int      // of predicates
}

// A mistake is an error of an expression that is found when it is compiled.
type mistake struct {
	at        int // in characters of the text
	msg, hint string
}

func (m *mistake) Error() string { return m.msg }

// leftmost returns the part of n that stands first in the text: the place of
// an operator or a member is not where its expression begins.
func leftmost(n ast.Node) ast.Node {
	for {
		var next ast.Node
		switch n := n.(type) {
		case *ast.MemberNode:
			next = n.Node
		case *ast.ChainNode:
			next = n.Node
		case *ast.SliceNode:
			next = n.Node
		case *ast.BinaryNode:
			next = n.Left
		case *ast.ConditionalNode:
			next = n.Cond
		case *ast.SequenceNode:
			next = n.Nodes[0]
		}
		if next == nil {
			return n
		}
		n = next
	}
}

func mistakef(n ast.Node, format string, args ...any) error {
	return &mistake{at: n.Location().From, msg: fmt.Sprintf(format, args...)}
}

func mistakeHint(n ast.Node, hint, format string, args ...any) error {
	return &mistake{at: n.Location().From, msg: fmt.Sprintf(format, args...), hint: hint}
}

// compile compiles the text of an expression and reports what is wrong with it
// at its place in the job file.
func (c *compiler) compile(t spec.Text) (*node, *spec.Error) {
	n, err := c.compileOpen(t)
	if err != nil {
		return nil, err
	}
	return c.settle(n), nil
}

// compileOpen is compile without settling a chain.
func (c *compiler) compileOpen(t spec.Text) (*node, *spec.Error) {
	c.text, c.locals, c.depth = t, nil, 0
	tree, err := parse(t.S)
	if err == nil {
		var n *node
		if n, err = c.open(tree); err == nil {
			return n, nil
		}
	}
	return nil, c.errorAt(t, err)
}

// errorAt places a mistake, or any other error at the start of the text.
func (c *compiler) errorAt(t spec.Text, err error) *spec.Error {
	m, ok := err.(*mistake)
	if !ok {
		return c.job.ErrorAt(t, 0, err.Error(), "")
	}
	offset, characters := len(t.S), 0
	for i := range t.S {
		if characters == m.at {
			offset = i
			break
		}
		characters++
	}
	return c.job.ErrorAt(t, offset, m.msg, m.hint)
}

// parse reads an expression. That the text is one is expr's business, what it
// means is ours (see the package comment).
func parse(text string) (root ast.Node, err error) {
	defer func() {
		if recover() != nil {
			err = &mistake{msg: "this is no expression", hint: parseHint}
		}
	}()
	tree, err := parser.Parse(text)
	if err == nil {
		return tree.Node, nil
	}
	if e, ok := err.(*file.Error); ok {
		return nil, &mistake{at: e.From, msg: parserWords(e.Message), hint: parseHint}
	}
	return nil, err
}

const parseHint = `an operator, a comma or a closing bracket may be missing; a text stands in quotes`

// parserWords puts the parser's commonest messages in words.
func parserWords(msg string) string {
	msg = strings.Replace(msg, "unexpected token EOF", "the expression ends too early", 1)
	if _, number, ok := strings.Cut(msg, "parsing "); ok {
		number, why, _ := strings.Cut(number, ": ")
		if strings.Contains(why, "range") {
			return strings.Trim(number, `"`) + " is beyond what a number here holds"
		}
		return strings.Trim(number, `"`) + " is no number"
	}
	if r, ok := strings.CutPrefix(msg, "unexpected token "); ok {
		kind, text, _ := strings.Cut(r, "(")
		return fmt.Sprintf("unexpected %s %s", strings.ToLower(kind), strings.TrimSuffix(text, ")"))
	}
	return msg
}

// expr compiles n into a node that is settled: its eval is there.
func (c *compiler) expr(n ast.Node) (*node, error) {
	out, err := c.open(n)
	if err != nil {
		return nil, err
	}
	return c.settle(out), nil
}

// open compiles n; a chain from row is left open, to be made longer.
func (c *compiler) open(n ast.Node) (*node, error) {
	out, err := c.dispatch(n)
	if err == nil && out.name == nil {
		text := n.String()
		out.name = func(*Mapper) string { return text }
	}
	return out, err
}

func (c *compiler) dispatch(n ast.Node) (*node, error) {
	if v, ok := c.literal(n); ok {
		return constant(v), nil
	}
	switch n := n.(type) {
	case *ast.IdentifierNode:
		return c.identifier(n)
	case *ast.ChainNode:
		return c.chain(n)
	case *ast.MemberNode:
		return c.member(n)
	case *ast.UnaryNode:
		return c.unary(n)
	case *ast.BinaryNode:
		return c.binary(n)
	case *ast.ConditionalNode:
		return c.conditional(n)
	case *ast.SliceNode:
		return c.slice(n)
	case *ast.CallNode:
		id, ok := n.Callee.(*ast.IdentifierNode)
		if !ok {
			return nil, mistakef(n, "there are no methods: write f(x), not x.f()")
		}
		return c.call(n, id.Value, n.Arguments)
	case *ast.BuiltinNode:
		return c.call(n, n.Name, n.Arguments)
	case *ast.PointerNode:
		return c.pointer(n)
	case *ast.VariableDeclaratorNode:
		return c.variable(n)
	case *ast.ArrayNode:
		return c.array(n)
	case *ast.MapNode:
		return c.object(n)
	}
	return nil, mistakef(leftmost(n), "this cannot stand in an expression")
}

// literal returns the value that is written out, if it is one.
func (c *compiler) literal(n ast.Node) (value, bool) {
	switch n := n.(type) {
	case *ast.NilNode:
		return null, true
	case *ast.BoolNode:
		return ofBool(n.Value), true
	case *ast.IntegerNode:
		return ofInt(int64(n.Value)), true
	case *ast.FloatNode:
		return c.float(n), true
	case *ast.StringNode:
		return ofText(n.Value), true
	case *ast.BytesNode:
		return value{k: bytesKind, s: string(n.Value)}, true
	}
	return value{}, false
}

// float returns a number with the digits it was written with, which the parser
// does not keep.
func (c *compiler) float(n *ast.FloatNode) value {
	v := value{k: floatKind, n: int64(math.Float64bits(n.Value))}
	text := []rune(c.text.S)
	if at := n.Location(); at.From < at.To && at.To <= len(text) {
		written := strings.ReplaceAll(string(text[at.From:at.To]), "_", "")
		if d, ok := parseDecimal(written); ok {
			v.s = d.text()
		}
	}
	return v
}

func constant(v value) *node {
	return &node{k: v.k, eval: func(*Mapper) (value, error) { return v, nil }}
}

// conditional compiles a ? b : c and if a {b} else {c}.
func (c *compiler) conditional(n *ast.ConditionalNode) (*node, error) {
	cond, err := c.condition(n.Cond)
	if err != nil {
		return nil, err
	}
	yes, err := c.expr(n.Exp1)
	if err != nil {
		return nil, err
	}
	no, err := c.expr(n.Exp2)
	if err != nil {
		return nil, err
	}
	return &node{k: either(yes.k, no.k), deps: cond.deps | yes.deps | no.deps, eval: func(m *Mapper) (value, error) {
		v, err := cond.eval(m)
		switch {
		case err != nil:
			return v, err
		case v.n != 0:
			return yes.eval(m)
		}
		return no.eval(m)
	}}, nil
}

// either is what is known of a value that is of one of two kinds.
func either(a, b kind) kind {
	switch {
	case a == b:
		return a
	case a == intKind && b == floatKind || a == floatKind && b == intKind:
		return floatKind
	}
	return anyKind
}

// condition compiles what must be true or false: null and numbers are neither.
func (c *compiler) condition(n ast.Node) (*node, error) {
	out, err := c.expr(n)
	if err != nil {
		return nil, err
	}
	if out.k == boolKind {
		return out, nil
	}
	if out.k != anyKind {
		return nil, mistakef(leftmost(n), "a condition is true or false, and this is %s", out.k)
	}
	eval, name := out.eval, out.name
	return &node{k: boolKind, deps: out.deps, name: name, eval: func(m *Mapper) (value, error) {
		v, err := eval(m)
		if err == nil && v.k != boolKind {
			err = faultOf(v, "%s is %s, and a condition is true or false", name(m), v.show())
		}
		return v, err
	}}, nil
}

func (c *compiler) array(n *ast.ArrayNode) (*node, error) {
	items, all, err := c.all(n.Nodes)
	if err != nil {
		return nil, err
	}
	return &node{k: listKind, deps: all, eval: func(m *Mapper) (value, error) {
		list, err := m.values(items)
		return m.listOf(list), err
	}}, nil
}

func (c *compiler) object(n *ast.MapNode) (*node, error) {
	var keyNodes, valueNodes []ast.Node
	for _, p := range n.Pairs {
		pair := p.(*ast.PairNode)
		keyNodes, valueNodes = append(keyNodes, pair.Key), append(valueNodes, pair.Value)
	}
	keys, deps1, err := c.all(keyNodes)
	if err != nil {
		return nil, err
	}
	values, deps2, err := c.all(valueNodes)
	if err != nil {
		return nil, err
	}
	return &node{k: objectKind, deps: deps1 | deps2, eval: func(m *Mapper) (value, error) {
		x := &compound{}
		for i := range keys {
			key, err := keys[i].eval(m)
			if err == nil && key.k != textKind {
				err = faultOf(key, "the key of an object is a text, not %s", key.show())
			}
			if err != nil {
				return value{}, err
			}
			x.keys = append(x.keys, key.s)
		}
		var err error
		x.items, err = m.values(values)
		return value{k: objectKind, x: x}, err
	}}, nil
}

// all compiles nodes.
func (c *compiler) all(nodes []ast.Node) ([]*node, deps, error) {
	var all deps
	out := make([]*node, len(nodes))
	for i, n := range nodes {
		var err error
		if out[i], err = c.expr(n); err != nil {
			return nil, 0, err
		}
		all |= out[i].deps
	}
	return out, all, nil
}

// constantOf returns the value of a node that depends on nothing.
func constantOf(n *node, k kind) (value, bool) {
	if n.deps != nothing || n.path != nil || n.eval == nil {
		return value{}, false
	}
	v, err := n.eval(&Mapper{})
	return v, err == nil && v.k == k
}
