package format

import (
	"bytes"
	"errors"
	"fmt"
	"io"

	"go.yaml.in/yaml/v4"

	"github.com/seed-128c3863/sluice/row"
)

// yamlNode is about what one value takes as it is parsed, in bytes.
const yamlNode = 200

// ErrManyValues is the cause of the error for YAML of which more values would be
// held at once than twice MaxRecord has room for.
var ErrManyValues = errors.New("more than is held")

// parse passes the next n bytes and returns what they hold, nil for nothing.
func (r *YAMLReader) parse(n int) (*yaml.Node, error) {
	text := r.src.rest()[:n]
	if most := 2 * r.o.MaxRecord; yamlCost(text) > most {
		return nil, &row.Error{Line: r.line, Err: fmt.Errorf("the document or record that begins here has too many values: as they are parsed they take more than %d MiB, %w", most>>20, ErrManyValues)}
	}
	root, err := r.load(text)
	if err != nil {
		return nil, err
	}
	if root != nil {
		moveDown(root, int(r.line)-1)
	}
	r.values.read += int64(n)
	if err := r.anchors.weigh(); err != nil {
		return nil, &row.Error{Line: r.line, Err: err}
	}
	r.consume(n)
	return root, nil
}

// moveDown makes the lines of a part those of the file.
func moveDown(n *yaml.Node, lines int) {
	n.Line += lines
	for _, child := range n.Content {
		moveDown(child, lines)
	}
}

// yamlCost is the most that the values in a text take: each of them needs one of
// the marks of YAML, and some make several.
func yamlCost(text []byte) int {
	nodes := 1
	for mark, n := range map[string]int{",": 2, ":": 3, "- ": 2, "-\n": 2, "[": 1, "{": 1, "? ": 2, "?\n": 2} {
		nodes += n * bytes.Count(text, []byte(mark))
	}
	return nodes * yamlNode
}

// load parses a text. What the parser panics at is an error.
func (r *YAMLReader) load(text []byte) (root *yaml.Node, err error) {
	defer func() {
		if p := recover(); p != nil {
			root, err = nil, r.fault(r.line, fmt.Sprintf("the YAML cannot be read: %v", p))
		}
	}()
	loader, err := yaml.NewLoader(bytes.NewReader(text), yaml.WithPlugin(r.anchors))
	if err != nil {
		return nil, err
	}
	var document, more yaml.Node
	if err := loader.Load(&document); errors.Is(err, io.EOF) {
		return nil, nil
	} else if err != nil {
		return nil, r.noYAML(err)
	}
	if len(document.Content) > 0 {
		root = document.Content[0]
	}
	if err := loader.Load(&more); err == nil {
		return nil, r.fault(r.line-1+int64(max(more.Line, 1)), `another document begins here without "---" before it`)
	} else if !errors.Is(err, io.EOF) {
		return nil, r.noYAML(err)
	}
	return root, nil
}

// noYAML is the error for what the parser refuses, in words of this reader.
func (r *YAMLReader) noYAML(err error) error {
	var at *yaml.LoadError
	if !errors.As(err, &at) {
		return r.fault(r.line, "this is no YAML: "+err.Error())
	}
	msg := at.Message
	if at.ContextMsg != "" {
		msg = at.ContextMsg + ", " + msg
	}
	if at.Mark.Line < 1 {
		return r.fault(r.line, "this is no YAML: "+msg)
	}
	return r.fault(r.line-1+int64(at.Mark.Line), fmt.Sprintf("this is no YAML: %s (character %d)", msg, max(at.Mark.Column, 1)))
}

// anchors are the values that have a name in the document that is being read. As
// a plugin of the parser it keeps them from one part of it to the next.
type anchors struct {
	byName map[string]*yaml.Node
	fresh  []*yaml.Node // of the part last parsed
	nodes  int          // in all of them
	most   int          // bytes
}

// NewAliasDataContext is the parser's way to ask for them.
func (a *anchors) NewAliasDataContext(yaml.AliasDataServices) (yaml.AliasDataContext, error) {
	return a, nil
}

// BeginDocument is a part's beginning, of the same document.
func (a *anchors) BeginDocument() error { return nil }

// EndDocument is a part's end.
func (a *anchors) EndDocument() error { return nil }

// DefineAnchor notes a value by its name.
func (a *anchors) DefineAnchor(name string, node *yaml.Node) error {
	a.byName[name] = node
	a.fresh = append(a.fresh, node)
	return nil
}

// ResolveAlias returns the value of a name.
func (a *anchors) ResolveAlias(name string) (*yaml.Node, bool, error) {
	node, ok := a.byName[name]
	return node, ok, nil
}

// CheckDepth is asked by the parser as values nest.
func (a *anchors) CheckDepth(depth int, _ *yaml.DepthContext) error {
	if depth > mostYAMLDeep {
		return fmt.Errorf("nested deeper than %d levels", mostYAMLDeep)
	}
	return nil
}

// CheckAlias lets pass what yamlValues counts.
func (a *anchors) CheckAlias(int, int) error { return nil }

// forget begins another document.
func (a *anchors) forget() { a.byName, a.fresh, a.nodes = map[string]*yaml.Node{}, nil, 0 }

// weigh counts what the anchors of a part hold on to.
func (a *anchors) weigh() error {
	for _, n := range a.fresh {
		a.nodes += nodesOf(n)
	}
	a.fresh = a.fresh[:0]
	if a.nodes*yamlNode > a.most {
		return fmt.Errorf("the anchors of the document hold more than %d MiB, %w; write it without them", a.most>>20, ErrManyValues)
	}
	return nil
}

// nodesOf counts the values in a node, its texts by their length.
func nodesOf(n *yaml.Node) int {
	nodes := 1 + len(n.Value)/yamlNode
	for _, child := range n.Content {
		nodes += nodesOf(child)
	}
	return nodes
}
