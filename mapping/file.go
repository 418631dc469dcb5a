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

// field returns a fact or a field of the file. An entry's own field goes
// before a fact of the same name.
func (f *File) field(name string) (value, error) {
	if v, ok := f.Fields[name]; ok {
		return ofGo(v)
	}
	if v, ok := f.builtin(name); ok {
		return v, nil
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

// fileNames are the names used as file.X beyond the facts of every file.
type fileNames struct {
	known []string // nil: known only when the entries are read
	used  []fileName
}

type fileName struct {
	name string
	err  *spec.Error // what is said if it is not there
}

// knownFields returns the fields that the job's files have; nil if only the
// entries themselves say.
func knownFields(job *spec.Job) []string {
	if each := job.From.Each; each != nil && len(each.Fields) == 0 && each.Inline == nil {
		return nil
	}
	known := append([]string{}, job.From.Fields()...)
	if each := job.From.Each; each != nil {
		for _, entry := range each.Inline {
			for name := range entry {
				if !slices.Contains(known, name) {
					known = append(known, name)
				}
			}
		}
	}
	return known
}

// fileField compiles file.name.
func (c *compiler) fileField(n *ast.StringNode) (*node, error) {
	name := n.Value
	k := builtinKinds[name]
	if k == anyKind || slices.Contains(c.files.known, name) {
		k = anyKind
		m := unknownField(n, c.files.known)
		if c.files.known != nil && !slices.Contains(c.files.known, name) {
			return nil, m
		}
		if !slices.ContainsFunc(c.files.used, func(f fileName) bool { return f.name == name }) {
			c.files.used = append(c.files.used, fileName{name, c.errorAt(c.text, m)})
		}
	}
	slot := slices.Index(c.prog.fields, name)
	if slot < 0 {
		slot = len(c.prog.fields)
		c.prog.fields = append(c.prog.fields, name)
	}
	return &node{k: k, deps: onFile, eval: func(m *Mapper) (value, error) { return m.fields[slot].v, m.fields[slot].err }}, nil
}

func unknownField(n ast.Node, known []string) error {
	name := n.(*ast.StringNode).Value
	return mistakeHint(n, fieldHint(name, known), "the file has no field %q", name)
}

func fieldHint(name string, known []string) string {
	all := append(slices.Sorted(maps.Keys(builtinKinds)), known...)
	if hint := spec.Suggest(name, all); hint != "" {
		return hint
	}
	return "there are " + strings.Join(all, ", ")
}

// FileNames returns the names that expressions use as file.X, without those
// that every file has: fields of from.each or captures. Where the job file
// itself lists those, Compile has checked the names.
func (p *Program) FileNames() []string {
	names := make([]string, len(p.used))
	for i, f := range p.used {
		names[i] = f.name
	}
	return names
}

// CheckFields reports the names that expressions use as file.X and that are
// not among the fields of an entry, as spec.Errors with their places.
func (p *Program) CheckFields(known []string) error {
	var errs spec.Errors
	for _, f := range p.used {
		if !slices.Contains(known, f.name) {
			err := *f.err
			err.Hint = fieldHint(f.name, known)
			errs = append(errs, &err)
		}
	}
	return errs.Sorted()
}
