package format

import (
	"errors"
	"fmt"
	"slices"

	"github.com/go-json-experiment/json/jsontext"
	"go.yaml.in/yaml/v4"
)

// mostYAMLDeep is how many levels deep values may be, as in JSON.
const mostYAMLDeep = 1000

// yamlRatio is how many values aliases may stand for in a file, for each of its
// bytes, beyond the first freeYAML.
const (
	yamlRatio = 20
	freeYAML  = 1 << 20
)

// A badYAML is what is wrong with one record.
type badYAML struct {
	node *yaml.Node
	msg  string
}

func (e *badYAML) Error() string {
	return fmt.Sprintf("%s (character %d)", e.msg, e.node.Column)
}

// yamlValues writes values as JSON.
type yamlValues struct {
	text    []byte // of the records of a batch
	most    int    // bytes of one record
	start   int    // of the record that is being written, in text
	read    int64  // bytes of the file
	copied  int64  // values that aliases stood for
	lenient bool   // items of lists that are at fault are left out
	aliases int    // aliases that lead to the value that is being written
	open    []*yaml.Node
}

// record returns a record as JSON.
func (v *yamlValues) record(n *yaml.Node) ([]byte, error) {
	v.start, v.aliases, v.open = len(v.text), 0, v.open[:0]
	if err := v.value(n); err != nil {
		v.text = v.text[:v.start]
		return nil, err
	}
	text := v.text[v.start:len(v.text):len(v.text)]
	if root := target(n); root.Kind != yaml.MappingNode {
		return text, &badYAML{n, fmt.Sprintf("the record is %s, not a mapping", kindOfYAML(root, text))}
	}
	return text, nil
}

// kindOfYAML names what a value is that was written as text.
func kindOfYAML(n *yaml.Node, text []byte) string {
	if n.Kind == yaml.SequenceNode {
		return "a list"
	}
	return kindOf(text[0])
}

// target returns what an alias stands for, and any other node itself.
func target(n *yaml.Node) *yaml.Node {
	for n != nil && n.Kind == yaml.AliasNode {
		n = n.Alias
	}
	return n
}

func (v *yamlValues) value(n *yaml.Node) error {
	if n.Kind == yaml.AliasNode {
		v.aliases++
		err := v.value(n.Alias)
		v.aliases--
		return err
	}
	switch {
	case v.aliases > 0 && v.copy():
		return errAliases
	case len(v.text)-v.start > v.most:
		return fmt.Errorf("the record has more than %d bytes with its aliases written out, %w", v.most, ErrTooLarge)
	case n.Kind == yaml.ScalarNode:
		return v.scalar(n)
	case slices.Contains(v.open, n):
		return &badYAML{n, "the value contains itself by an alias"}
	case len(v.open) >= mostYAMLDeep:
		return &badYAML{n, fmt.Sprintf("nested deeper than %d levels", mostYAMLDeep)}
	}
	v.open = append(v.open, n)
	var err error
	if n.Kind == yaml.SequenceNode {
		err = v.list(n)
	} else {
		err = v.mapping(n)
	}
	v.open = v.open[:len(v.open)-1]
	return err
}

// errAliases says that a file means to be larger than it is.
var errAliases = fmt.Errorf("aliases stand for more than %d values for each byte of the file: it grows without end, or is better written without them", yamlRatio)

// copy counts a value that an alias stands for, and says whether there are too
// many.
func (v *yamlValues) copy() bool {
	v.copied++
	return v.copied > freeYAML+yamlRatio*v.read
}

func (v *yamlValues) list(n *yaml.Node) error {
	if !known(n, "!!seq", "!!omap", "!!pairs") {
		return unknownTag(n)
	}
	v.text = append(v.text, '[')
	for i, item := range n.Content {
		before, open, aliases := len(v.text), len(v.open), v.aliases
		if i > 0 && v.text[before-1] != '[' {
			v.text = append(v.text, ',')
		}
		err := v.value(item)
		if bad := (*badYAML)(nil); v.lenient && errors.As(err, &bad) {
			v.text, v.open, v.aliases = v.text[:before], v.open[:open], aliases
			continue
		}
		if err != nil {
			return err
		}
	}
	v.text = append(v.text, ']')
	return nil
}

func (v *yamlValues) mapping(n *yaml.Node) error {
	if !known(n, "!!map", "!!set") {
		return unknownTag(n)
	}
	entries, err := v.entries(n)
	if err != nil {
		return err
	}
	v.text = append(v.text, '{')
	for i, e := range entries {
		if i > 0 {
			v.text = append(v.text, ',')
		}
		if v.text, err = jsontext.AppendQuote(v.text, e.key); err != nil {
			return &badYAML{n, err.Error()}
		}
		v.text = append(v.text, ':')
		v.aliases += e.merged
		err := v.value(e.value)
		v.aliases -= e.merged
		if err != nil {
			return err
		}
	}
	v.text = append(v.text, '}')
	return nil
}

// A yamlEntry is a key of a mapping and its value.
type yamlEntry struct {
	key    string
	value  *yaml.Node
	merged int // 1 if a merge key brought it in
}

// manyYAMLKeys is from how many keys on a map finds one sooner than trying each.
const manyYAMLKeys = 16

// entries returns the entries of a mapping, and after them those that its merge
// keys bring in.
func (v *yamlValues) entries(n *yaml.Node) (entries []yamlEntry, err error) {
	entries = make([]yamlEntry, 0, len(n.Content)/2)
	var merges []*yaml.Node
	var seen map[string]bool
	has := func(key string) bool {
		if len(entries) < manyYAMLKeys {
			return slices.ContainsFunc(entries, func(e yamlEntry) bool { return e.key == key })
		}
		if seen == nil {
			seen = map[string]bool{}
			for _, e := range entries {
				seen[e.key] = true
			}
		}
		was := seen[key]
		seen[key] = true
		return was
	}
	for i := 0; i+1 < len(n.Content); i += 2 {
		key := target(n.Content[i])
		switch {
		case isMerge(key):
			merges = append(merges, n.Content[i+1])
			continue
		case key.Kind != yaml.ScalarNode:
			return nil, &badYAML{n.Content[i], "a key is a list or a mapping, which no column can be named by"}
		case has(key.Value):
			return nil, &badYAML{n.Content[i], fmt.Sprintf("the key %s stands twice: which value is meant cannot be told", shortName(key.Value))}
		}
		entries = append(entries, yamlEntry{key: key.Value, value: n.Content[i+1]})
	}
	if len(merges) > 1 {
		return nil, &badYAML{n, "the merge key << stands twice: which values are meant cannot be told"}
	}
	for _, from := range merges {
		merged, err := v.merged(from)
		if err != nil {
			return nil, err
		}
		for _, e := range merged {
			if !has(e.key) {
				entries = append(entries, e)
			}
		}
	}
	return entries, nil
}

// merged returns the entries that a merge key brings in: those of a mapping, or of
// several, of which the first that has a key counts.
func (v *yamlValues) merged(from *yaml.Node) (all []yamlEntry, err error) {
	of := target(from)
	list := []*yaml.Node{of}
	if of.Kind == yaml.SequenceNode {
		list = of.Content
	}
	for _, n := range list {
		n := target(n)
		switch {
		case n.Kind != yaml.MappingNode:
			return nil, &badYAML{from, "the merge key << stands for a mapping or a list of such"}
		case slices.Contains(v.open, n):
			return nil, &badYAML{from, "the value contains itself by an alias"}
		case len(v.open) >= mostYAMLDeep:
			return nil, &badYAML{from, fmt.Sprintf("nested deeper than %d levels", mostYAMLDeep)}
		}
		if v.copy() {
			return nil, errAliases
		}
		v.open = append(v.open, n)
		entries, err := v.entries(n)
		v.open = v.open[:len(v.open)-1]
		if err != nil {
			return nil, err
		}
		for _, e := range entries {
			if v.copy() {
				return nil, errAliases
			}
			e.merged = 1
			all = append(all, e)
		}
	}
	return all, nil
}

// isMerge says whether a key is the merge key: one in quotes is a text.
func isMerge(key *yaml.Node) bool {
	return key.Kind == yaml.ScalarNode && key.Value == "<<" && (key.Tag == "!!merge" || key.Tag == "" && isPlain(key))
}

// yamlChild returns what step leads to from n, or why there is nothing.
func yamlChild(n *yaml.Node, step Step) (*yaml.Node, string) {
	switch n = target(n); {
	case step.IsIndex && n.Kind == yaml.SequenceNode:
		if step.Index < len(n.Content) {
			return n.Content[step.Index], ""
		}
		return nil, fmt.Sprintf("has no element %d", step.Index)
	case step.IsIndex:
		return nil, "is no list"
	case n.Kind != yaml.MappingNode:
		return nil, "is no mapping"
	}
	v := yamlValues{most: 1 << 30}
	entries, err := v.entries(n)
	if err != nil {
		return nil, "cannot be told: " + err.Error()
	}
	for _, e := range entries {
		if e.key == step.Name {
			return e.value, ""
		}
	}
	return nil, fmt.Sprintf("has no key %q", step.Name)
}
