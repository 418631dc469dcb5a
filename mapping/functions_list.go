package mapping

import (
	"encoding/json"
	"errors"
	"slices"

	"github.com/expr-lang/expr/ast"

	"github.com/seed-128c3863/sluice/format"
	"github.com/seed-128c3863/sluice/row"
)

func castFunctions() []*function {
	some := []kinds{someArg}
	cast := []kinds{bigArg | textArg}
	return []*function{
		{name: "int", signature: "int(value)", doc: `The integer that a number is or a text writes; neither 3.9 nor "3.9" is one.`, args: cast, least: 1, out: intKind, call: toInt},
		{name: "float", signature: "float(value)", doc: "The number, as a float.", args: cast, least: 1, out: floatKind, call: toFloatValue},
		{name: "number", signature: "number(value)", doc: "The number that a text writes, with all its digits.", args: cast, least: 1, call: toNumber},
		{
			name: "string", signature: "string(value)", doc: "The text of a value: numbers as they are written, times as ISO 8601, lists and objects as JSON.", args: some, least: 1, out: textKind,
			call: func(_ *Mapper, a []value) (value, error) { return ofText(a[0].text()), nil },
		},
		{name: "bool", signature: "bool(value)", doc: `True or false, or the texts "true" and "false".`, args: []kinds{textArg | 1<<boolKind}, least: 1, out: boolKind, call: toBool},
		{
			name: "type", signature: "type(value)", doc: "What the value is, in words: \"a text\".", args: []kinds{anyArg}, least: 1, out: textKind,
			call: func(_ *Mapper, a []value) (value, error) { return ofText(a[0].k.String()), nil },
		},
		{
			name: "to_json", signature: "to_json(value)", doc: "The value as a JSON text.", args: []kinds{anyArg}, least: 1, out: textKind,
			call: func(_ *Mapper, a []value) (value, error) { return ofText(string(appendJSON(nil, a[0]))), nil },
		},
		{name: "parse_json", signature: "parse_json(text)", doc: "The value that a JSON text writes.", args: []kinds{textArg}, least: 1, call: parseJSON},
	}
}

func toBool(_ *Mapper, a []value) (value, error) {
	switch {
	case a[0].k == boolKind:
		return a[0], nil
	case a[0].s == "true" || a[0].s == "false":
		return ofBool(a[0].s == "true"), nil
	}
	return a[0], faultOf(a[0], "bool: %s is neither \"true\" nor \"false\"", a[0].show())
}

func parseJSON(_ *Mapper, a []value) (value, error) {
	if !json.Valid(raw(a[0].s)) {
		return a[0], faultOf(a[0], "parse_json: %s is not JSON", a[0].show())
	}
	s := a[0].s[skipSpace(a[0].s, 0):]
	return ofJSON(raw(s[:skipValue(s, 0)]))
}

func listFunctions() []*function {
	list := []kinds{listArg}
	return []*function{
		{name: "len", signature: "len(value)", doc: "The characters of a text, the elements of a list, the members of an object.", args: []kinds{textArg | listArg | 1<<objectKind}, least: 1, out: intKind, call: length},
		{name: "get", signature: "get(value, key)", doc: "The member or element, or null if there is none or the value is null.", args: []kinds{1<<nullKind | listArg | 1<<objectKind, textArg | intArg}, least: 2, call: get, path: (*compiler).getPath},
		{name: "first", signature: "first(list)", doc: "The first element; an empty list is a reject.", args: list, least: 1, call: end("first")},
		{name: "last", signature: "last(list)", doc: "The last element; an empty list is a reject.", args: list, least: 1, call: end("last")},
		{name: "keys", signature: "keys(object)", doc: "The names of the members.", args: []kinds{1 << objectKind}, least: 1, out: listKind, call: parts(true)},
		{name: "values", signature: "values(object)", doc: "The values of the members.", args: []kinds{1 << objectKind}, least: 1, out: listKind, call: parts(false)},
		{name: "coalesce", signature: "coalesce(a, b, ...)", doc: "The first of the values that is not null; null if all are.", args: []kinds{anyArg}, least: 1, variadic: true, call: coalesce},
		{name: "sort", signature: "sort(list)", doc: "The elements, least first.", args: list, least: 1, out: listKind, call: sortList},
		{name: "reverse", signature: "reverse(list)", doc: "The elements, last first.", args: list, least: 1, out: listKind, call: reverse},
		{name: "unique", signature: "unique(list)", doc: "The elements, each once (1 and 1.0 are two), in the order they come.", args: list, least: 1, out: listKind, call: unique},
	}
}

func length(m *Mapper, a []value) (value, error) {
	n := int64(0)
	var err error
	switch a[0].k {
	case textKind:
		n = position64(a[0].s, len(a[0].s)).n
	case listKind:
		err = elements(a[0], func(value) error { n++; return nil })
	default:
		err = members(a[0], func(string, value) error { n++; return nil })
	}
	return ofInt(n), err
}

func get(_ *Mapper, a []value) (value, error) {
	if a[1].k == intKind && a[1].n < 0 {
		return value{}, faultf("get counts elements from 0, and there is none at %d", a[1].n)
	}
	step := format.Step{Name: a[1].s}
	if a[1].k == intKind {
		step = format.Step{Index: int(a[1].n), IsIndex: true}
	}
	p, why, _ := take(a[0], step)
	switch why {
	case row.Whole:
		return p.get()
	case row.OfNull, row.OutOfRange:
		return null, nil
	}
	return value{}, faultOf(a[1], "get: %s has no %s", a[0].k, a[1].show())
}

func end(name string) func(*Mapper, []value) (value, error) {
	return func(m *Mapper, a []value) (value, error) {
		items, err := m.items(a[0])
		switch {
		case err != nil:
			return value{}, err
		case len(items) == 0:
			return value{}, &fault{msg: name + ": the list is empty", absent: true}
		case name == "first":
			return items[0], nil
		}
		return items[len(items)-1], nil
	}
}

func parts(keys bool) func(*Mapper, []value) (value, error) {
	return func(m *Mapper, a []value) (value, error) {
		var out []value
		err := members(a[0], func(key string, v value) error {
			if keys {
				v = ofText(key)
			}
			out = append(out, v)
			return nil
		})
		return m.listOf(out), err
	}
}

func coalesce(_ *Mapper, a []value) (value, error) {
	for _, v := range a {
		if v.k != nullKind {
			return v, nil
		}
	}
	return null, nil
}

func sortList(m *Mapper, a []value) (value, error) {
	items, err := m.items(a[0])
	if err != nil {
		return value{}, err
	}
	out := slices.Clone(items)
	err = sortBy(out, out)
	return m.listOf(out), err
}

// sortBy sorts items by their keys, which may be the items themselves.
func sortBy(items, keys []value) error {
	order := make([]int, len(items))
	for i := range order {
		order[i] = i
	}
	var failed error
	slices.SortStableFunc(order, func(i, j int) int {
		n, err := compare(keys[i], keys[j])
		failed = errors.Join(failed, err)
		return n
	})
	if failed != nil {
		return faultf("cannot sort a list of values that have no order")
	}
	sorted := make([]value, len(items))
	for at, i := range order {
		sorted[at] = items[i]
	}
	copy(items, sorted)
	return nil
}

func reverse(m *Mapper, a []value) (value, error) {
	items, err := m.items(a[0])
	out := slices.Clone(items)
	slices.Reverse(out)
	return m.listOf(out), err
}

func unique(m *Mapper, a []value) (value, error) {
	seen := map[string]bool{}
	var out []value
	err := elements(a[0], func(v value) error {
		text := string(appendJSON(nil, v))
		if !seen[text] {
			seen[text] = true
			out = append(out, v)
		}
		return nil
	})
	return m.listOf(out), err
}

// getPath compiles get(path, "name") and get(path, 0) as a part of the path; nil
// if it is none.
func (c *compiler) getPath(args []ast.Node) *node {
	base, err := c.open(args[0])
	if err != nil || !base.isOpen() {
		return nil
	}
	key, err := c.expr(args[1])
	if err != nil {
		return nil
	}
	step, ok := stepOf(key)
	if !ok || step.Index < 0 {
		return nil
	}
	path := base.path.closed()
	return &node{deps: onRow, path: path.with(step, len(path.steps)+1)}
}
