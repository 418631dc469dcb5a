package mapping

import (
	"regexp"
	"strings"
	"unicode/utf8"

	"github.com/expr-lang/expr/ast"
)

// A binaryFunc works an operator out. It must take operands of any kind.
type binaryFunc func(m *Mapper, a, b value) (value, error)

var binaries = map[string]binaryFunc{
	"+": add, "-": subtract, "*": multiply, "/": divide, "%": modulo, "**": power, "^": power,
	"==": func(_ *Mapper, a, b value) (value, error) { ok, err := equal(a, b); return ofBool(ok), err },
	"!=": func(_ *Mapper, a, b value) (value, error) { ok, err := equal(a, b); return ofBool(!ok), err },
	"<":  func(_ *Mapper, a, b value) (value, error) { n, err := compare(a, b); return ofBool(n < 0), err },
	"<=": func(_ *Mapper, a, b value) (value, error) { n, err := compare(a, b); return ofBool(n <= 0), err },
	">":  func(_ *Mapper, a, b value) (value, error) { n, err := compare(a, b); return ofBool(n > 0), err },
	">=": func(_ *Mapper, a, b value) (value, error) { n, err := compare(a, b); return ofBool(n >= 0), err },
	"..": span, "in": in,
	"contains":   texts("contains", strings.Contains),
	"startsWith": texts("startsWith", strings.HasPrefix),
	"endsWith":   texts("endsWith", strings.HasSuffix),
	"matches":    matches,
}

// binary compiles an operator between two operands.
func (c *compiler) binary(n *ast.BinaryNode) (*node, error) {
	switch n.Operator {
	case "and", "&&":
		return c.logical(n, 0)
	case "or", "||":
		return c.logical(n, 1)
	case "??":
		return c.otherwise(n)
	}
	a, err := c.expr(n.Left)
	if err != nil {
		return nil, err
	}
	b, err := c.expr(n.Right)
	if err != nil {
		return nil, err
	}
	k, why := resultKind(n.Operator, a.k, b.k)
	if why != "" {
		return nil, mistakef(n, "%s", why)
	}
	do, err := operation(n, b)
	if err != nil {
		return nil, err
	}
	return &node{k: k, deps: a.deps | b.deps, eval: func(m *Mapper) (value, error) {
		x, err := a.eval(m)
		if err != nil {
			return x, inside(err)
		}
		y, err := b.eval(m)
		if err != nil {
			return y, inside(err)
		}
		return do(m, x, y)
	}}, nil
}

// operation returns what an operator does; a pattern that is known beforehand
// is compiled once.
func operation(n *ast.BinaryNode, right *node) (func(*Mapper, value, value) (value, error), error) {
	if v, ok := constantOf(right, textKind); ok && n.Operator == "matches" {
		pattern, err := regexp.Compile(v.s)
		if err != nil {
			return nil, mistakef(n.Right, "%s", patternWords(err))
		}
		return func(_ *Mapper, a, _ value) (value, error) { return match(a, pattern) }, nil
	}
	if do := binaries[n.Operator]; do != nil {
		return do, nil
	}
	return nil, mistakef(n, "there is no operator %s", n.Operator)
}

// resultKind is what an operator makes of two kinds, or why it cannot.
func resultKind(op string, a, b kind) (kind, string) {
	probe := func(do func(a, b kind) string) string {
		if a == anyKind || b == anyKind {
			return ""
		}
		return do(a, b)
	}
	switch op {
	case "==", "!=":
		return boolKind, probe(equalWhy)
	case "<", "<=", ">", ">=":
		return boolKind, probe(compareWhy)
	case "in":
		return boolKind, ""
	case "contains", "startsWith", "endsWith", "matches":
		for _, k := range [...]kind{a, b} {
			if k != anyKind && k != textKind {
				return boolKind, op + " takes texts, not " + k.String()
			}
		}
		return boolKind, ""
	case "..":
		return listKind, ""
	}
	return arithmeticKind(op, a, b)
}

// logical compiles and (until 0) and or (until 1): the right side is looked at
// only if the left does not settle it.
func (c *compiler) logical(n *ast.BinaryNode, until int64) (*node, error) {
	a, err := c.condition(n.Left)
	if err != nil {
		return nil, err
	}
	b, err := c.condition(n.Right)
	if err != nil {
		return nil, err
	}
	return &node{k: boolKind, deps: a.deps | b.deps, eval: func(m *Mapper) (value, error) {
		v, err := a.eval(m)
		if err != nil || v.n == until {
			return v, err
		}
		return b.eval(m)
	}}, nil
}

// otherwise compiles a ?? b: b where a is null, or is a member or element of
// what is not there.
func (c *compiler) otherwise(n *ast.BinaryNode) (*node, error) {
	a, err := c.expr(n.Left)
	if err != nil {
		return nil, err
	}
	b, err := c.expr(n.Right)
	if err != nil {
		return nil, err
	}
	k := either(a.k, b.k)
	return &node{k: k, deps: a.deps | b.deps, eval: func(m *Mapper) (value, error) {
		v, err := a.eval(m)
		if f, ok := err.(*fault); ok && f.absent || err == nil && v.k == nullKind {
			return b.eval(m)
		}
		return v, err
	}}, nil
}

// unary compiles not, ! and signs.
func (c *compiler) unary(n *ast.UnaryNode) (*node, error) {
	if n.Operator == "not" || n.Operator == "!" {
		a, err := c.condition(n.Node)
		if err != nil {
			return nil, err
		}
		return &node{k: boolKind, deps: a.deps, eval: func(m *Mapper) (value, error) {
			v, err := a.eval(m)
			v.n ^= 1
			return v, err
		}}, nil
	}
	a, err := c.expr(n.Node)
	if err != nil {
		return nil, err
	}
	switch a.k {
	case anyKind, intKind, floatKind, durationKind:
	default:
		return nil, mistakef(n, "a sign stands before a number, and this is %s", a.k)
	}
	minus := n.Operator == "-"
	return &node{k: a.k, deps: a.deps, eval: func(m *Mapper) (value, error) {
		v, err := a.eval(m)
		switch {
		case err != nil:
			return v, err
		case v.k != intKind && v.k != floatKind && v.k != durationKind:
			return v, faultOf(v, "a sign stands before a number, not %s", v.show())
		case !minus:
			return v, nil
		}
		return negate(v)
	}}, nil
}

// slice compiles x[from:to] of a text, in characters, or of a list.
func (c *compiler) slice(n *ast.SliceNode) (*node, error) {
	parts := []ast.Node{n.Node, n.From, n.To}
	nodes := make([]*node, 3)
	var all deps
	for i, p := range parts {
		nodes[i] = constant(null)
		if p != nil {
			var err error
			if nodes[i], err = c.expr(p); err != nil {
				return nil, err
			}
			all |= nodes[i].deps
		}
	}
	base := nodes[0]
	if base.k != anyKind && base.k != textKind && base.k != listKind {
		return nil, mistakef(n, "[from:to] takes a part of a text or a list, not of %s", base.k)
	}
	for i, end := range nodes[1:] {
		if v, ok := constantOf(end, intKind); ok && v.n < 0 {
			return nil, mistakeHint(parts[i+1], "right(text, n) takes the end of a text", "positions are counted from 0, and there is none at %d", v.n)
		}
	}
	return &node{k: base.k, deps: all, eval: func(m *Mapper) (value, error) {
		var v [3]value
		for i, n := range nodes {
			var err error
			if v[i], err = n.eval(m); err != nil {
				return v[i], err
			}
		}
		return cutOut(m, v[0], v[1], v[2], base)
	}}, nil
}

func cutOut(m *Mapper, v, from, to value, base *node) (value, error) {
	var items []value
	length := 0
	switch v.k {
	case textKind:
		length = utf8.RuneCountInString(v.s)
	case listKind:
		var err error
		if items, err = m.items(v); err != nil {
			return v, err
		}
		length = len(items)
	default:
		return v, faultOf(v, "%s is %s, and [from:to] takes a part of a text or a list", base.name(m), v.show())
	}
	i, j := 0, length
	if from.k != nullKind {
		i = int(from.n)
	}
	if to.k != nullKind {
		j = int(to.n)
	}
	if i < 0 || j > length || i > j || from.k != nullKind && from.k != intKind || to.k != nullKind && to.k != intKind {
		return v, faultOf(v, "%s has no part [%s:%s]: its length is %d (left(text, n) and right(text, n) take what there is)", base.name(m), bound(from), bound(to), length)
	}
	if v.k == listKind {
		return m.listOf(items[i:j]), nil
	}
	v.s = v.s[runeOffset(v.s, i):runeOffset(v.s, j)]
	return v, nil
}

func bound(v value) string {
	if v.k == nullKind {
		return ""
	}
	return v.text()
}

// runeOffset returns where character n of s begins, or its end if there are
// fewer.
func runeOffset(s string, n int) int {
	for i := range s {
		if n == 0 {
			return i
		}
		n--
	}
	return len(s)
}

func texts(op string, do func(a, b string) bool) binaryFunc {
	return func(_ *Mapper, a, b value) (value, error) {
		for _, v := range [...]value{a, b} {
			if v.k != textKind {
				return v, faultOf(v, "%s takes texts, not %s", op, v.show())
			}
		}
		return ofBool(do(a.s, b.s)), nil
	}
}

func matches(m *Mapper, a, b value) (value, error) {
	pattern, err := m.pattern(b)
	if err != nil {
		return value{}, err
	}
	return match(a, pattern)
}

func match(a value, pattern *regexp.Regexp) (value, error) {
	if a.k != textKind {
		return a, faultOf(a, "matches takes texts, not %s", a.show())
	}
	return ofBool(pattern.MatchString(a.s)), nil
}

func patternWords(err error) string {
	return "this is no regular expression: " + strings.TrimPrefix(err.Error(), "error parsing regexp: ")
}

// in tells whether a is an element of a list, or a key of an object.
func in(_ *Mapper, a, b value) (value, error) {
	found := false
	switch {
	case b.k == listKind:
		err := elements(b, func(e value) error {
			same, err := equal(a, e)
			found = found || err == nil && same
			return nil
		})
		return ofBool(found), err
	case b.k == objectKind && a.k == textKind:
		err := members(b, func(key string, _ value) error {
			found = found || key == a.s
			return nil
		})
		return ofBool(found), err
	case b.k == objectKind:
		return a, faultOf(a, "a key is a text, not %s", a.show())
	}
	return b, faultOf(b, "in looks into a list or an object, not %s", b.show())
}

// maxSpan is the most elements that a..b may have.
const maxSpan = 1_000_000

func span(m *Mapper, a, b value) (value, error) {
	if a.k != intKind || b.k != intKind {
		return a, faultf("a..b goes from one integer to another, not from %s to %s", a.show(), b.show())
	}
	if b.n < a.n {
		return m.listOf(nil), nil
	}
	if uint64(b.n-a.n) >= maxSpan {
		return a, faultf("%d..%d has more than %d elements", a.n, b.n, maxSpan)
	}
	list := make([]value, 0, b.n-a.n+1)
	for n := a.n; n <= b.n; n++ {
		list = append(list, ofInt(n))
	}
	return m.listOf(list), nil
}
