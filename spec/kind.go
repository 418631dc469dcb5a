package spec

import (
	"cmp"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/goccy/go-yaml/ast"
)

// An object is a JSON Schema, or a part of one.
type object = map[string]any

// A kind is a kind of value in the job file: how it is read into a V, and the
// same as JSON Schema. read reports what is wrong with the value and then
// leaves v as it is.
type kind[V any] struct {
	schema object
	// elsewhere is a schema that refuses the keys which make sense for the
	// other target only; nil: there are none.
	elsewhere func(target) object
	read      func(r *reader, n node, v *V)
}

var anyScalar = object{"type": []string{"string", "number", "boolean"}}

// text is a string that is not empty. A number, true or false counts as the
// characters it is written with.
func text() kind[Text] {
	return kind[Text]{
		schema: object{"type": []string{"string", "number", "boolean"}, "minLength": 1},
		read: func(r *reader, n node, v *Text) {
			if t, ok := r.scalar(n, "a text"); !ok {
				return
			} else if t.S == "" {
				r.fail(t.Pos, "the text is empty", "leave the key out if there is none")
			} else {
				*v = t
			}
		},
	}
}

// scalar returns the text of a value that should be one.
func (r *reader) scalar(n node, want string) (Text, bool) {
	if n.Node == nil {
		return Text{}, false // said before
	}
	s, ok := n.Node.(ast.ScalarNode)
	if _, null := n.Node.(*ast.NullNode); ok && !null {
		return Text{S: scalarText(s), Pos: n.pos()}, true
	}
	hint := ""
	if ok && !isAbsent(n.Node) {
		hint = "quote the value: " + quoted(n.GetToken().Value)
	} else if !isAbsent(n.Node) {
		hint = cmp.Or(r.quoteHint(n.pos()), "one value, no list and no mapping")
	} else {
		hint = "leave the key out if there is no value"
	}
	r.fail(n.pos(), fmt.Sprintf("expected %s, found %s", want, describe(n.Node)), hint)
	return Text{}, false
}

// word is the string of a text that may be empty.
func word() kind[string] {
	return kind[string]{schema: anyScalar, read: func(r *reader, n node, v *string) {
		if t, ok := r.scalar(n, "a text"); ok {
			*v = t.S
		}
	}}
}

// parsed is a text that parse makes a V of; its error is a fault or a plain
// text.
func parsed[V any](schema object, want string, parse func(t Text) (V, *fault)) kind[V] {
	return kind[V]{schema: schema, read: func(r *reader, n node, v *V) {
		t, ok := r.scalar(n, want)
		if !ok {
			return
		}
		value, fault := parse(t)
		if fault != nil {
			r.failAt(t, fault)
			return
		}
		*v = value
	}}
}

func (r *reader) failAt(t Text, f *fault) {
	at := place(r.lines, t, f.offset)
	r.fail(Pos{Line: at.Line, Column: at.Column, Path: t.Pos.Path}, f.msg, f.hint)
}

// oneOf is one of the words.
func oneOf(words ...string) kind[string] {
	return parsed(object{"enum": words}, quotedList(words), func(t Text) (string, *fault) {
		if !slices.Contains(words, t.S) {
			hint := cmp.Or(Suggest(t.S, words), "as in "+words[0])
			return "", &fault{0, fmt.Sprintf("expected %s, found %q", quotedList(words), t.S), hint}
		}
		return t.S, nil
	})
}

// quotedList returns `"a", "b" or "c"`.
func quotedList(words []string) string {
	var s strings.Builder
	for i, w := range words {
		switch {
		case i > 0 && i == len(words)-1:
			s.WriteString(" or ")
		case i > 0:
			s.WriteString(", ")
		}
		fmt.Fprintf(&s, "%q", w)
	}
	return s.String()
}

// flag is true or false.
func flag() kind[bool] {
	return kind[bool]{schema: object{"type": "boolean"}, read: func(r *reader, n node, v *bool) {
		if b, ok := n.Node.(*ast.BoolNode); ok {
			*v = b.Value
			return
		}
		t, ok := r.scalar(n, "true or false")
		if !ok {
			return
		}
		hint := map[string]string{"yes": "write true", "on": "write true", "no": "write false", "off": "write false", "true": "without the quotes", "false": "without the quotes"}
		r.fail(t.Pos, "expected true or false, found "+describe(n.Node), cmp.Or(hint[strings.ToLower(t.S)], "write true or false"))
	}}
}

// pointer is a value that may be left out.
func pointer[V any](k kind[V]) kind[*V] {
	return kind[*V]{schema: k.schema, elsewhere: k.elsewhere, read: func(r *reader, n node, v **V) {
		value, before := new(V), len(r.errs)
		if k.read(r, n, value); len(r.errs) == before {
			*v = value
		}
	}}
}

// matching is a text of a form; want and hint say which.
func matching(form *regexp.Regexp, want, hint string) kind[string] {
	return parsed(object{"type": "string", "pattern": form.String()}, want, func(t Text) (string, *fault) {
		if !form.MatchString(t.S) {
			return "", &fault{0, fmt.Sprintf("expected %s, found %q", want, t.S), hint}
		}
		return t.S, nil
	})
}

// either is a value that the first kind reads if is reports true, and else the
// second.
func either[V any](is func(ast.Node) bool, a, b kind[V]) kind[V] {
	return kind[V]{schema: object{"anyOf": []object{a.schema, b.schema}}, read: func(r *reader, n node, v *V) {
		if is(n.Node) {
			a.read(r, n, v)
		} else {
			b.read(r, n, v)
		}
	}}
}

func isList(n ast.Node) bool {
	_, ok := n.(*ast.SequenceNode)
	return ok
}

// listOf is a list with at least one value.
func listOf[V any](k kind[V]) kind[[]V] {
	return kind[[]V]{schema: object{"type": "array", "items": k.schema, "minItems": 1}, read: func(r *reader, n node, v *[]V) {
		list, ok := n.Node.(*ast.SequenceNode)
		switch {
		case n.Node == nil:
		case !ok:
			r.fail(n.pos(), "expected a list, found "+describe(n.Node), cmp.Or(listHint(n.Node), "as in [a, b]"))
		case len(list.Values) == 0:
			r.fail(n.pos(), "the list is empty", "leave the key out if there is none")
		default:
			for _, item := range list.Values {
				at := Pos{Path: n.key.Path, Line: n.key.Line, Column: n.key.Column}
				var value V
				before := len(r.errs)
				if k.read(r, r.resolve(item, at), &value); len(r.errs) == before {
					*v = append(*v, value)
				}
			}
		}
	}}
}

func listHint(n ast.Node) string {
	if s, ok := n.(ast.ScalarNode); ok && !isAbsent(n) && !strings.ContainsAny(scalarText(s), "\n\"'") {
		return fmt.Sprintf("as in [%q]", Redact(scalarText(s)))
	}
	return ""
}

// listOrOne is a list, or one value that stands for a list of it.
func listOrOne[V any](k kind[V]) kind[[]V] {
	one := kind[[]V]{schema: k.schema, read: func(r *reader, n node, v *[]V) {
		var value V
		before := len(r.errs)
		if k.read(r, n, &value); len(r.errs) == before {
			*v = []V{value}
		}
	}}
	return either(isList, listOf(k), one)
}

// part is a T of which k reads the part that get points to.
func part[T, V any](k kind[V], get func(*T) *V) kind[T] {
	return kind[T]{schema: k.schema, elsewhere: k.elsewhere, read: func(r *reader, n node, t *T) { k.read(r, n, get(t)) }}
}

// anyText is a text that may be empty.
func anyText() kind[Text] {
	return parsed(anyScalar, "a text", func(t Text) (Text, *fault) { return t, nil })
}
