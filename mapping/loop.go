package mapping

import (
	"github.com/expr-lang/expr/ast"
)

// A scope is one element that a loop is at.
type scope struct {
	v     value // #
	index int   // #index
	acc   value // #acc, of reduce
}

// A looper works a loop out over items; each gives the body's result for one of
// them, rest are the arguments after the body.
type looper func(m *Mapper, items []value, each func(i int) (value, error), rest []value) (value, error)

func loopFunctions() []*function {
	const over = "; # is the element, .name its member, #index its number from 0."
	all := func(name, doc string, out kind, test bool, do looper) *function {
		return &function{name: name, signature: name + "(list, condition)", doc: doc + over, args: []kinds{listArg, anyArg}, least: 2, out: out, loop: loop(test, do)}
	}
	fns := []*function{
		all("all", "Whether the condition holds for every element", boolKind, true, quantifier(func(yes, n int) bool { return yes == n })),
		all("any", "Whether it holds for one element or more", boolKind, true, quantifier(func(yes, n int) bool { return yes > 0 })),
		all("none", "Whether it holds for no element", boolKind, true, quantifier(func(yes, n int) bool { return yes == 0 })),
		all("one", "Whether it holds for exactly one element", boolKind, true, quantifier(func(yes, n int) bool { return yes == 1 })),
		all("filter", "The elements that it holds for", listKind, true, filter),
		all("find", "The first element that it holds for; null if there is none", anyKind, true, find),
		all("findLast", "The last element that it holds for; null if there is none", anyKind, true, findLast),
		all("findIndex", "The number of that first element; null if there is none", anyKind, true, findIndex),
		all("count", "How many elements it holds for", intKind, true, count),
		all("map", "The list of the results", listKind, false, mapList),
		all("sum", "The sum of the results, or of the elements", anyKind, false, sumList),
		all("sortBy", "The elements by the results, least first", listKind, false, sortByLoop),
		all("reduce", "The last result; #acc is the one before, at first the initial value, or else the first element", anyKind, false, reduce),
	}
	for _, f := range fns {
		switch f.name {
		case "map", "sortBy":
			f.signature = f.name + "(list, expression)"
		case "sum":
			f.signature, f.least = "sum(list[, expression])", 1
		case "count":
			f.signature, f.least = "count(list[, condition])", 1
		case "reduce":
			f.signature, f.args = "reduce(list, expression[, initial])", []kinds{listArg, anyArg, anyArg}
		}
	}
	return fns
}

// loop compiles a call whose second argument is worked out for each element of
// the first. If it is a test, it must be true or false.
func loop(test bool, do looper) func(c *compiler, f *function, args []ast.Node) (*node, error) {
	return func(c *compiler, f *function, args []ast.Node) (*node, error) {
		list, err := c.expr(args[0])
		if err != nil {
			return nil, err
		}
		if list.k != anyKind && list.k != listKind {
			return nil, mistakef(leftmost(args[0]), "%s takes a list, not %s", f.name, list.k)
		}
		body, err := c.body(args, test)
		if err != nil {
			return nil, err
		}
		rest, all, err := c.all(args[min(2, len(args)):])
		if err != nil {
			return nil, err
		}
		return &node{k: f.out, deps: list.deps | body.deps | all, eval: func(m *Mapper) (value, error) {
			return m.loop(f.name, list, body, rest, do)
		}}, nil
	}
}

// body compiles what is worked out for each element: the element itself if
// nothing is said.
func (c *compiler) body(args []ast.Node, test bool) (*node, error) {
	var n ast.Node = &ast.PointerNode{}
	if len(args) > 1 {
		n = args[1]
		if p, ok := n.(*ast.PredicateNode); ok {
			n = p.Node
		}
	}
	c.depth++
	defer func() { c.depth-- }()
	if test {
		return c.condition(n)
	}
	return c.expr(n)
}

// pointer compiles #, #index and #acc.
func (c *compiler) pointer(n *ast.PointerNode) (*node, error) {
	if c.depth == 0 {
		return nil, mistakef(n, "# stands for an element inside filter, map and the like")
	}
	var of func(s *scope) value
	switch n.Name {
	case "":
		of = func(s *scope) value { return s.v }
	case "index":
		of = func(s *scope) value { return ofInt(int64(s.index)) }
	case "acc":
		of = func(s *scope) value { return s.acc }
	default:
		return nil, mistakef(n, "there are #, #index and #acc, not #%s", n.Name)
	}
	return &node{deps: onRow, eval: func(m *Mapper) (value, error) { return of(&m.scopes[len(m.scopes)-1]), nil }}, nil
}

// loop works a loop out for the row the mapper is at.
func (m *Mapper) loop(name string, list, body *node, rest []*node, do looper) (value, error) {
	v, err := list.eval(m)
	if err != nil {
		return v, inside(err)
	}
	if v.k != listKind {
		return v, wrongArg(name, 0, listArg, v)
	}
	items, err := m.items(v)
	if err != nil {
		return v, err
	}
	others, err := m.values(rest)
	if err != nil {
		return v, err
	}
	at := len(m.scopes)
	m.scopes = append(m.scopes, scope{})
	defer func() { m.scopes = m.scopes[:at] }()
	each := func(i int) (value, error) {
		m.scopes[at].v, m.scopes[at].index = items[i], i
		v, err := body.eval(m)
		return v, inside(err)
	}
	return do(m, items, each, others)
}

// tested calls yes for the elements whose test is true, until it says stop.
func tested(items []value, each func(int) (value, error), yes func(i int) bool) error {
	for i := range items {
		v, err := each(i)
		if err != nil {
			return err
		}
		if v.n != 0 && !yes(i) {
			return nil
		}
	}
	return nil
}

func quantifier(holds func(yes, n int) bool) looper {
	return func(_ *Mapper, items []value, each func(int) (value, error), _ []value) (value, error) {
		n := 0
		err := tested(items, each, func(int) bool { n++; return true })
		return ofBool(holds(n, len(items))), err
	}
}

func filter(m *Mapper, items []value, each func(int) (value, error), _ []value) (value, error) {
	out := m.list(len(items))[:0]
	err := tested(items, each, func(i int) bool { out = append(out, items[i]); return true })
	return m.listOf(out), err
}

func find(_ *Mapper, items []value, each func(int) (value, error), _ []value) (value, error) {
	out := null
	err := tested(items, each, func(i int) bool { out = items[i]; return false })
	return out, err
}

func findLast(_ *Mapper, items []value, each func(int) (value, error), _ []value) (value, error) {
	out := null
	err := tested(items, each, func(i int) bool { out = items[i]; return true })
	return out, err
}

func findIndex(_ *Mapper, items []value, each func(int) (value, error), _ []value) (value, error) {
	out := null
	err := tested(items, each, func(i int) bool { out = ofInt(int64(i)); return false })
	return out, err
}

func count(_ *Mapper, items []value, each func(int) (value, error), _ []value) (value, error) {
	n := 0
	err := tested(items, each, func(int) bool { n++; return true })
	return ofInt(int64(n)), err
}

// results returns what each element gives.
func results(m *Mapper, items []value, each func(int) (value, error)) ([]value, error) {
	out := m.list(len(items))
	for i := range items {
		var err error
		if out[i], err = each(i); err != nil {
			return nil, err
		}
	}
	return out, nil
}

func mapList(m *Mapper, items []value, each func(int) (value, error), _ []value) (value, error) {
	out, err := results(m, items, each)
	return m.listOf(out), err
}

func sumList(m *Mapper, items []value, each func(int) (value, error), _ []value) (value, error) {
	total := ofInt(0)
	for i := range items {
		v, err := each(i)
		if err == nil {
			total, err = sum(m, total, v)
		}
		if err != nil {
			return v, err
		}
	}
	return total, nil
}

func sortByLoop(m *Mapper, items []value, each func(int) (value, error), _ []value) (value, error) {
	keys, err := results(m, items, each)
	if err != nil {
		return value{}, err
	}
	out := append(m.list(len(items))[:0], items...)
	err = sortBy(out, keys)
	return m.listOf(out), err
}

func reduce(m *Mapper, items []value, each func(int) (value, error), rest []value) (value, error) {
	at, from := len(m.scopes)-1, 0
	var acc value
	switch {
	case len(rest) > 0:
		acc = rest[0]
	case len(items) == 0:
		return value{}, faultf("reduce: the list is empty, and there is no initial value")
	default:
		acc, from = items[0], 1
	}
	for i := from; i < len(items); i++ {
		m.scopes[at].acc = acc
		var err error
		if acc, err = each(i); err != nil {
			return acc, err
		}
	}
	return acc, nil
}
