package mapping

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/expr-lang/expr/ast"

	"github.com/seed-128c3863/sluice/spec"
)

// A Run is what is the same for every file of a run.
type Run struct {
	ID     string
	Time   time.Time      // when it began
	Params map[string]any // by name: of the types that a job's params have
}

// A File is what expressions and templates know of a source file.
type File struct {
	URL, Key string
	Name     string // the last part of Key
	Stem     string // Name without its extensions
	Size     int64  // bytes
	Modified time.Time

	// Fields are the entry's values of from.each, or the captures: text,
	// numbers, booleans, nil, or what encoding/json makes of lists and objects.
	Fields map[string]any
}

// builtin returns a fact that every file has (spec.FileFields).
func (f *File) builtin(name string) (value, bool) {
	switch name {
	case "key":
		return ofText(f.Key), true
	case "name":
		return ofText(f.Name), true
	case "stem":
		return ofText(f.Stem), true
	case "size":
		return ofInt(f.Size), true
	case "modified":
		return ofTime(f.Modified), true
	}
	return value{}, false
}

// builtinKinds are the facts that every file has, and what they are.
var builtinKinds = map[string]kind{"key": textKind, "name": textKind, "stem": textKind, "size": intKind, "modified": instantKind}

// field returns a fact or a field of the file.
func (f *File) field(name string) (value, error) {
	if v, ok := f.builtin(name); ok {
		return v, nil
	}
	if v, ok := f.Fields[name]; ok {
		return ofGo(v)
	}
	return value{}, faultf("the file has no field %q", name)
}

// Text returns the text that a template's name stands for: {file.stem}, or an
// entry's field or capture as {file.depAirportCode} or {depAirportCode}. A
// text is taken as it is, a number and true or false as JSON writes them, a
// time as ISO 8601. A list, an object and null have no such text.
func (f *File) Text(name string) (string, error) {
	short, isFile := strings.CutPrefix(name, "file.")
	if _, ok := f.Fields[short]; !ok && !isFile {
		return "", fmt.Errorf("the file has no field %q", name)
	}
	v, err := f.field(short)
	if err != nil {
		return "", err
	}
	if v.k == nullKind || v.k == listKind || v.k == objectKind {
		return "", fmt.Errorf("field %q is %s, which has no text", short, v.k)
	}
	return v.text(), nil
}

// fileField compiles file.name.
func (c *compiler) fileField(n *ast.StringNode) (*node, error) {
	k := builtinKinds[n.Value]
	if k == anyKind && !slices.Contains(c.fields, n.Value) {
		all := append(slices.Sorted(maps.Keys(builtinKinds)), c.fields...)
		hint := spec.Suggest(n.Value, all)
		if hint == "" {
			hint = "there are " + strings.Join(all, ", ")
		}
		return nil, mistakeHint(n, hint, "the file has no field %q", n.Value)
	}
	slot := slices.Index(c.prog.fields, n.Value)
	if slot < 0 {
		slot = len(c.prog.fields)
		c.prog.fields = append(c.prog.fields, n.Value)
	}
	return &node{k: k, deps: onFile, eval: func(m *Mapper) (value, error) { return m.fields[slot].v, m.fields[slot].err }}, nil
}

// FileNames returns the names that expressions use as file.X, without those
// that every file has: fields of from.each or captures. Compile has seen that
// the job has them; whether an entry gives them is known when it is read.
func (p *Program) FileNames() []string {
	return slices.DeleteFunc(slices.Clone(p.fields), func(name string) bool { return slices.Contains(spec.FileFields[:], name) })
}
