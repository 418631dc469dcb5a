package mapping

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/expr-lang/expr/ast"

	"github.com/seed-128c3863/sluice/spec"
)

// identifier compiles a name that stands alone.
func (c *compiler) identifier(n *ast.IdentifierNode) (*node, error) {
	if slot := slices.Index(c.locals, n.Value); slot >= 0 {
		return &node{deps: onRow, eval: func(m *Mapper) (value, error) { return m.locals[slot], nil }}, nil
	}
	switch n.Value {
	case "null":
		return constant(null), nil
	case "row":
		return &node{deps: onRow, path: &chain{}}, nil
	case "param", "file", "run":
		return nil, mistakef(n, "%s is used with a name, as in %s.%s", n.Value, n.Value, spaceExamples[n.Value])
	case "value":
		if c.value != nil {
			return c.value, nil
		}
	}
	if let, ok := c.lets[n.Value]; ok {
		if let == nil {
			return nil, mistakeHint(n, "move it up", "%s is not known yet here: lets are worked out in order", n.Value)
		}
		copied := *let
		return &copied, nil
	}
	return nil, c.unknown(n)
}

var spaceExamples = map[string]string{"param": "current_date", "file": "stem", "run": "time"}

// unknown is the mistake of a name that means nothing.
func (c *compiler) unknown(n *ast.IdentifierNode) error {
	if c.functions[n.Value] != nil {
		return mistakef(n, "%s is a function: write %s", n.Value, c.functions[n.Value].signature)
	}
	known := append([]string{"row", "param", "file", "run", "null", "true", "false"}, c.locals...)
	for name := range c.lets {
		known = append(known, name)
	}
	slices.Sort(known)
	hint := spec.Suggest(n.Value, known)
	if hint == "" {
		hint = fmt.Sprintf("row.%s is the record's, \"%s\" in quotes is a text", n.Value, n.Value)
	}
	return mistakeHint(n, hint, "unknown name %q", n.Value)
}

// variable compiles let x = ...; ... inside an expression.
func (c *compiler) variable(n *ast.VariableDeclaratorNode) (*node, error) {
	init, err := c.expr(n.Value)
	if err != nil {
		return nil, err
	}
	_, isLet := c.lets[n.Name]
	if slices.Contains([]string{"row", "param", "file", "run", "null", "value"}, n.Name) || slices.Contains(c.locals, n.Name) || isLet {
		return nil, mistakeHint(n, "choose another name", "the name %s is taken", n.Name)
	}
	slot := len(c.locals)
	c.locals = append(c.locals, n.Name)
	body, err := c.expr(n.Expr)
	c.locals = c.locals[:slot]
	if err != nil {
		return nil, err
	}
	return &node{k: body.k, deps: init.deps | body.deps, eval: func(m *Mapper) (value, error) {
		v, err := init.eval(m)
		if err != nil {
			return v, err
		}
		for len(m.locals) <= slot {
			m.locals = append(m.locals, null)
		}
		m.locals[slot] = v
		return body.eval(m)
	}}, nil
}

// space compiles param.name, file.name and run.name, whose names are known.
func (c *compiler) space(space string, n *ast.MemberNode) (*node, error) {
	name, ok := n.Property.(*ast.StringNode)
	if !ok {
		return nil, mistakef(leftmost(n.Property), "the name after %s is written out, as in %s.%s", space, space, spaceExamples[space])
	}
	switch space {
	case "param":
		for i, p := range c.job.Params {
			if p.Name == name.Value {
				return &node{k: kindOf(p.Type), deps: onRun, eval: func(m *Mapper) (value, error) { return m.param(i) }}, nil
			}
		}
		var known []string
		for _, p := range c.job.Params {
			known = append(known, p.Name)
		}
		hint := spec.Suggest(name.Value, known)
		if hint == "" {
			hint = "params declares them: " + cmp.Or(strings.Join(known, ", "), "none so far")
		}
		return nil, mistakeHint(name, hint, "there is no param %q", name.Value)
	case "run":
		switch name.Value {
		case "time":
			return &node{k: instantKind, deps: onRun, eval: func(m *Mapper) (value, error) { return ofTime(m.run.Time), nil }}, nil
		case "id":
			return &node{k: textKind, deps: onRun, eval: func(m *Mapper) (value, error) { return ofText(m.run.ID), nil }}, nil
		}
		return nil, mistakeHint(name, spec.Suggest(name.Value, []string{"time", "id"}), "a run has run.time and run.id, not %q", name.Value)
	}
	return c.fileField(name)
}
