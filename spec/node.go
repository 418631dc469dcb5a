package spec

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/token"
)

// A reader walks the YAML of one job and gathers what is wrong with it.
type reader struct {
	file    string
	lines   []string
	target  target
	seen    map[string]Pos // the keys that are there, by path
	anchors map[string]ast.Node
	merged  int // keys that merge keys brought in
	errs    Errors
}

// A node is a value of the job file and the key that it belongs to.
type node struct {
	ast.Node
	key Pos // where the key stands; the value's own place if it has none
}

// An entry is one key of a mapping with its value.
type entry struct {
	name  string
	key   Pos // Path is that of the value
	value ast.Node
	bare  bool // a key without a colon, in a flow mapping: {value: a, bare}
}

// fail reports what is wrong at a place, which is kept inside of the text.
func (r *reader) fail(at Pos, msg, hint string) {
	at.Line = min(max(1, at.Line), len(r.lines))
	at.Column = min(max(1, at.Column), len([]rune(r.lines[at.Line-1]))+1)
	r.errs = append(r.errs, &Error{File: r.file, Line: at.Line, Column: at.Column, Path: at.Path, Msg: msg, Hint: hint})
}

// failed reports whether something is wrong at the path or below it.
func (r *reader) failed(path string) bool {
	return slices.ContainsFunc(r.errs, func(e *Error) bool { return e.Path == path || strings.HasPrefix(e.Path, path+".") })
}

// pos returns where the value stands; for a value that is not there, its key.
func (n node) pos() Pos {
	start := n.Node
	if m, ok := start.(*ast.MappingNode); ok && !m.IsFlowStyle && len(m.Values) > 0 {
		start = m.Values[0].Key
	}
	if isAbsent(n.Node) {
		return n.key
	}
	at := start.GetToken().Position
	return Pos{Line: max(1, at.Line), Column: max(1, at.Column), Path: n.key.Path}
}

// isAbsent reports whether the value is one that YAML makes up for a key
// without one.
func isAbsent(n ast.Node) bool {
	if n == nil || n.GetToken() == nil {
		return true
	}
	_, null := n.(*ast.NullNode)
	return null && n.GetToken().Type == token.ImplicitNullType
}

// resolve follows aliases, anchors and tags to the value itself.
func (r *reader) resolve(n ast.Node, key Pos) node {
	for range 100 {
		switch v := n.(type) {
		case *ast.AnchorNode:
			n = v.Value
		case *ast.AliasNode:
			name := aliasName(v)
			target, ok := r.anchors[name]
			if !ok {
				at := node{v, key}.pos()
				r.fail(at, fmt.Sprintf("nothing is anchored as &%s before", name), `quote the value if the "*" is part of it`)
				return node{nil, key}
			}
			n = target
		case *ast.TagNode:
			if v.GetToken().Value != "!!str" {
				r.fail(node{v, key}.pos(), fmt.Sprintf("the tag %s is not known here", v.GetToken().Value), `quote the value if the "!" is part of it`)
				return node{nil, key}
			}
			n = v.Value
		default:
			return node{n, key}
		}
	}
	r.fail(key, "the aliases go round in a circle", "write one of the values out")
	return node{nil, key}
}

func aliasName(n *ast.AliasNode) string {
	if n.Value == nil || n.Value.GetToken() == nil {
		return ""
	}
	return n.Value.GetToken().Value
}

// Visit keeps each anchor's value. It makes reader an ast.Visitor.
func (r *reader) Visit(n ast.Node) ast.Visitor {
	if a, ok := n.(*ast.AnchorNode); ok && a.Name != nil && a.Name.GetToken() != nil {
		if _, twice := r.anchors[a.Name.GetToken().Value]; twice {
			r.fail(node{a, Pos{}}.pos(), fmt.Sprintf("the anchor &%s is there twice", a.Name.GetToken().Value), "give one of them another name")
		}
		r.anchors[a.Name.GetToken().Value] = a.Value
	}
	return r
}

// entries returns the keys of a mapping, and whether it is one. What a merge
// key brings in comes last and gives way to the keys that stand there.
func (r *reader) entries(n node) ([]entry, bool) {
	m, ok := n.Node.(*ast.MappingNode)
	if !ok {
		return nil, false
	}
	return r.mergedEntries(m, n.key, 0), true
}

func (r *reader) mergedEntries(m *ast.MappingNode, key Pos, depth int) []entry {
	var own, merged []entry
	first := map[string]Pos{}
	for _, v := range m.Values {
		if _, ok := v.Key.(*ast.MergeKeyNode); ok {
			merged = append(merged, r.merge(v.Value, key, depth)...)
			continue
		}
		e := r.entry(v, key.Path, m.IsFlowStyle)
		if at, twice := first[e.name]; twice {
			r.fail(e.key, fmt.Sprintf("the key is there twice, first at line %d, column %d", at.Line, at.Column), "leave one out")
			continue
		}
		first[e.name] = e.key
		own = append(own, e)
	}
	for _, e := range merged {
		if _, there := first[e.name]; !there {
			first[e.name] = e.key
			own = append(own, e)
		}
	}
	return own
}

// mostMerged is how many keys all merge keys together may bring in: lists of
// lists of aliases are short to write and long to read.
const mostMerged = 10_000

// merge returns the entries of the mapping, or list of mappings, that a merge
// key names.
func (r *reader) merge(value ast.Node, key Pos, depth int) []entry {
	n := r.resolve(value, key)
	switch v := n.Node.(type) {
	case *ast.MappingNode:
		if depth > 20 {
			r.fail(key, "the merge keys go round in a circle", "")
			return nil
		}
		if r.merged += len(v.Values); r.merged > mostMerged {
			if r.merged -= len(v.Values); !r.failed(key.Path) {
				r.fail(key, "the merge keys bring in too much", "write the keys out")
			}
			return nil
		}
		return r.mergedEntries(v, key, depth+1)
	case *ast.SequenceNode:
		var all []entry
		for _, item := range v.Values {
			if depth <= 20 {
				all = append(all, r.merge(item, key, depth+1)...)
			}
		}
		return all
	case nil:
		return nil
	}
	r.fail(n.pos(), "expected a mapping to merge, found "+describe(n.Node), "as in <<: *name")
	return nil
}

func (r *reader) entry(v *ast.MappingValueNode, path string, flow bool) entry {
	name, at := "", node{v.Key, Pos{}}.pos()
	keyNode := r.resolve(unwrapKey(v.Key), at).Node
	switch k := keyNode.(type) {
	case ast.ScalarNode:
		name = scalarText(k)
		at = node{k, Pos{Line: at.Line, Column: at.Column}}.pos()
	default:
		r.fail(Pos{Line: at.Line, Column: at.Column, Path: path}, "a key is a text", "quote it if the brackets are part of it")
	}
	at.Path = join(path, name)
	start := v.Start
	return entry{name: name, key: at, value: v.Value, bare: flow && isAbsent(v.Value) && (start == nil || start.Type != token.MappingValueType)}
}

func unwrapKey(n ast.Node) ast.Node {
	if k, ok := n.(*ast.MappingKeyNode); ok {
		return k.Value
	}
	return n
}

var plainKey = regexp.MustCompile(`^[\pL\pN_-]+$`)

// join returns the path of a key in what path names.
func join(path, key string) string {
	if !plainKey.MatchString(key) {
		key = fmt.Sprintf("%q", key)
	}
	if path == "" {
		return key
	}
	return path + "." + key
}

// scalarText returns the text of a scalar as it stands in the file, quotes
// and escapes undone.
func scalarText(n ast.ScalarNode) string {
	switch n := n.(type) {
	case *ast.StringNode:
		return n.Value
	case *ast.LiteralNode:
		return n.Value.Value
	}
	return strings.TrimSpace(n.GetToken().Value)
}

// describe says what a value is, for "expected x, found y".
func describe(n ast.Node) string {
	if isAbsent(n) {
		return "nothing"
	}
	switch v := n.(type) {
	case *ast.MappingNode:
		return "a mapping"
	case *ast.SequenceNode:
		return "a list"
	case *ast.StringNode, *ast.LiteralNode:
		text := scalarText(v.(ast.ScalarNode))
		if short := []rune(text); len(short) > 40 {
			text = string(short[:40]) + "…"
		}
		return fmt.Sprintf("the text %q", Redact(text))
	case *ast.IntegerNode, *ast.FloatNode:
		return "the number " + n.GetToken().Value
	case ast.ScalarNode:
		return n.GetToken().Value
	}
	return "something else"
}
