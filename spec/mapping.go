package spec

import (
	"fmt"
	"regexp"
	"strings"

	"github.com/goccy/go-yaml/ast"
)

// A target is what a key makes sense for.
type target uint8

const (
	bothTargets target = iota
	fileTarget
	tableTarget
)

// A key is one key of a mapping that is read into a T.
type key[T any] struct {
	name      string
	doc       string
	schema    object
	elsewhere func(target) object
	need      bool
	only      target
	read      func(r *reader, n node, t *T)
}

// at returns the key whose value is read into what get points to.
func at[T, V any](name string, get func(*T) *V, k kind[V], doc string) key[T] {
	return key[T]{
		name: name, doc: doc, schema: k.schema, elsewhere: k.elsewhere,
		read: func(r *reader, n node, t *T) { k.read(r, n, get(t)) },
	}
}

func (k key[T]) required() key[T] { k.need = true; return k }

// of says that the key makes sense for one kind of target only.
func (k key[T]) of(only target) key[T] { k.only = only; return k }

// brief returns what the key is for, in a few words.
func (k key[T]) brief() string {
	text, _, _ := strings.Cut(k.doc, ". ")
	text, _, _ = strings.Cut(text, ";")
	if text = strings.TrimSuffix(text, "."); strings.HasPrefix(text, "The ") || strings.HasPrefix(text, "Where ") {
		text = strings.ToLower(text[:1]) + text[1:]
	}
	return text
}

// mapping is a mapping of fixed keys. pos, if not nil, is where T keeps the
// place of its key.
func mapping[T any](pos func(*T) *Pos, keys ...key[T]) kind[T] {
	return kind[T]{
		schema:    mappingSchema(keys),
		elsewhere: func(is target) object { return elsewhere(keys, is) },
		read: func(r *reader, n node, t *T) {
			if n.Node == nil {
				return // said before
			}
			if pos != nil {
				*pos(t) = n.key
			}
			readMapping(r, n, keys, t)
		},
	}
}

func readMapping[T any](r *reader, n node, keys []key[T], t *T) {
	names, byName := make([]string, len(keys)), make(map[string]key[T], len(keys))
	for i, k := range keys {
		names[i], byName[k.name] = k.name, k
	}
	entries, ok := r.entries(n)
	if !ok {
		r.fail(n.pos(), "expected a mapping with "+orList(names, 5)+", found "+describe(n.Node), fmt.Sprintf("as in {%s: ...}", names[0]))
		return
	}
	there := map[string]bool{}
	for i, e := range entries {
		there[e.name] = true
		k, known := byName[e.name]
		if !r.allowed(entries, i, known, names, k.only) {
			continue
		}
		r.seen[e.key.Path] = e.key
		if cut := i+1 < len(entries) && entries[i+1].bare; !cut { // a value that is cut off is said with what follows
			k.read(r, r.resolve(e.value, e.key), t)
		}
	}
	for _, k := range keys {
		if k.need && !there[k.name] && (k.only == bothTargets || k.only == r.target) {
			r.fail(n.key, fmt.Sprintf("the key %q is missing", k.name), k.brief())
		}
	}
}

// allowed reports whether the i-th key of a mapping can stand there, and if
// not says why.
func (r *reader) allowed(entries []entry, i int, known bool, names []string, only target) bool {
	e := entries[i]
	switch {
	case e.bare && i > 0 && entries[i-1].bare:
		return false // said with the first
	case e.bare:
		msg := "unknown key"
		if known {
			msg = "the key has no value"
		}
		r.fail(e.key, msg, bareHint(entries, i))
		return false
	case !known:
		hint := Suggest(e.name, names)
		if hint == "" {
			hint = "known here: " + strings.Join(names, ", ")
		}
		r.fail(e.key, "unknown key", hint)
		return false
	case only == tableTarget && r.target == fileTarget:
		r.fail(e.key, "this is for a job that loads a table, and this one writes files", "to.database makes it one that loads a table")
		return false
	case only == fileTarget && r.target == tableTarget:
		r.fail(e.key, "this is for a job that writes files, and this one loads a table", "to.files makes it one that writes files")
		return false
	}
	return true
}

// bareHint says what {value: f(a, b)} should have been: YAML reads "b)" as a
// key of its own.
func bareHint(entries []entry, i int) string {
	if i == 0 {
		return `a key and its value, as in {key: value}; quote the whole if it is a text`
	}
	before, ok := entries[i-1].value.(ast.ScalarNode)
	if !ok || isAbsent(before) {
		return "a key and its value, as in {key: value}"
	}
	whole := scalarText(before)
	for ; i < len(entries) && entries[i].bare; i++ {
		whole += ", " + entries[i].name
	}
	return "quote a value with a comma: " + quoted(whole)
}

// orList returns the first few names as "a, b, c ...".
func orList(names []string, most int) string {
	if len(names) <= most {
		return strings.Join(names, ", ")
	}
	return strings.Join(names[:most], ", ") + " ..."
}

// named is a mapping from names of the user's own to values of one kind, in
// their order; what and hint say what a name is. set gives a value its name.
func named[V any](what string, form *regexp.Regexp, hint string, k kind[V], set func(v *V, name string, at Pos)) kind[[]V] {
	out := kind[[]V]{
		schema: object{"type": "object", "additionalProperties": k.schema, "propertyNames": object{"pattern": form.String()}},
		read: func(r *reader, n node, v *[]V) {
			if n.Node == nil {
				return
			}
			entries, ok := r.entries(n)
			if !ok {
				r.fail(n.pos(), fmt.Sprintf("expected a mapping from %s to its value, found %s", what, describe(n.Node)), "as in {name: ...}")
				return
			}
			for i, e := range entries {
				if e.bare {
					r.allowed(entries, i, true, nil, bothTargets)
					continue
				}
				if !form.MatchString(e.name) {
					r.fail(e.key, fmt.Sprintf("%q cannot be %s", e.name, what), hint)
				}
				var value V
				set(&value, e.name, e.key)
				k.read(r, r.resolve(e.value, e.key), &value)
				*v = append(*v, value)
			}
		},
	}
	if k.elsewhere != nil {
		out.elsewhere = func(is target) object {
			if inner := k.elsewhere(is); inner != nil {
				return object{"additionalProperties": inner}
			}
			return nil
		}
	}
	return out
}
