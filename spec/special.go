package spec

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"

	"github.com/goccy/go-yaml/ast"

	"github.com/seed-128c3863/sluice/row"
)

// The kinds of value that one key each has.

// version is the version of the job file's form. Parse has checked it before.
func version() kind[int] {
	return kind[int]{schema: object{"const": 1}, read: func(*reader, node, *int) {}}
}

// storesKind is the stores by their names.
func storesKind() kind[map[string]Store] {
	type entry struct {
		name string
		Store
	}
	entries := named("a bucket or host", storeName, "without a scheme or path", part(storeKind(), func(e *entry) *Store { return &e.Store }),
		func(e *entry, name string, _ Pos) { e.name = name })
	return kind[map[string]Store]{schema: entries.schema, read: func(r *reader, n node, v *map[string]Store) {
		var list []entry
		entries.read(r, n, &list)
		*v = map[string]Store{}
		for _, e := range list {
			(*v)[e.name] = e.Store
		}
	}}
}

// letKind is the expressions by their names.
func letKind() kind[[]Let] {
	k := named("a name", identifier, identifierHint, part(expression(), func(l *Let) *Text { return &l.Expr }),
		func(l *Let, name string, at Pos) { l.Name, l.Pos = name, at })
	k.schema["propertyNames"] = object{"pattern": identifier.String(), "not": object{"enum": reserved}}
	return k
}

var paramKinds = []row.Kind{
	row.String, row.Bool, row.Int16, row.Int32, row.Int64, row.Float32, row.Float64, row.Decimal,
	row.Date, row.Time, row.Timestamp, row.TimestampTZ,
}

// paramType is a type that a param may have.
func paramType() kind[row.Type] {
	types := typeName()
	var names []string
	for _, k := range paramKinds {
		names = append(names, k.String())
	}
	form := strings.ReplaceAll(strings.Join(names, "|"), "decimal", `decimal\( *[0-9]+ *, *[0-9]+ *\)`)
	schema := object{"type": "string", "pattern": "^(" + form + ")$"}
	return kind[row.Type]{schema: schema, read: func(r *reader, n node, v *row.Type) {
		before := len(r.errs)
		if types.read(r, n, v); len(r.errs) == before && !slices.Contains(paramKinds, v.Kind) {
			r.fail(n.pos(), fmt.Sprintf("a param cannot be of type %s", v), "as in type: string")
		}
	}}
}

// notEmpty is the string of a text that is not empty.
func notEmpty() kind[string] {
	k := text()
	return kind[string]{schema: k.schema, read: func(r *reader, n node, v *string) {
		var t Text
		k.read(r, n, &t)
		*v = t.S
	}}
}

func isNone(n ast.Node) bool {
	s, ok := n.(*ast.StringNode)
	return ok && s.Value == "none"
}

var header = regexp.MustCompile(`^(?:true|false|[1-9][0-9]*(?:-[1-9][0-9]*)?)$`)

// headerKind is true, false, the number of a line, or those of the first and the
// last of several, as text.
func headerKind() kind[string] {
	schema := object{"anyOf": []object{{"type": "boolean"}, {"type": "integer", "minimum": 1}, {"type": "string", "pattern": "^[1-9][0-9]*-[1-9][0-9]*$"}}}
	return parsed(schema, "true, false or the number of a line", func(t Text) (string, *fault) {
		if !header.MatchString(t.S) {
			return "", &fault{0, fmt.Sprintf("expected true, false or the number of a line, found %q", t.S), "lines are counted from 1"}
		}
		return t.S, nil
	})
}

var position = regexp.MustCompile(`^[1-9][0-9]{0,6}(?:-(?:[1-9][0-9]{0,6})?)?$`)

// positions are the first and the last position of a column.
func positions() kind[string] {
	schema := object{"anyOf": []object{{"type": "integer", "minimum": 1}, {"type": "string", "pattern": position.String()}}}
	return parsed(schema, "positions", func(t Text) (string, *fault) {
		if !position.MatchString(t.S) {
			return "", &fault{0, fmt.Sprintf("expected the first and the last position, found %q", t.S), "as in 9-28; they are counted from 1"}
		}
		return t.S, nil
	})
}

var tableColumn = regexp.MustCompile(`^(?:[^."\s]+|"(?:[^"]|"")+")(?:\.(?:[^."\s]+|"(?:[^"]|"")+")){1,2}$`)

// tableDotColumn is table.column, perhaps with the schema before it. What has a
// blank or a point in it stands in quotes.
func tableDotColumn() kind[Text] {
	schema := object{"type": "string", "pattern": tableColumn.String()}
	return parsed(schema, "a table.column", func(t Text) (Text, *fault) {
		if !tableColumn.MatchString(t.S) {
			return Text{}, &fault{0, fmt.Sprintf("expected a table.column, found %q", t.S), `as in shop_category.slug, or "Shop Category".slug`}
		}
		return t, nil
	})
}

// eachKind is a list of entries, or the file that they are read from.
func eachKind() kind[*Each] {
	fromFile := mapping(nil,
		at("file", func(e *Each) **Template { return &e.File }, pointer(never(template("s3", "https", "file"), `\{\*`)),
			"URL or path of the entries, JSON or CSV; - is standard input.").required(),
		at("at", func(e *Each) *Text { return &e.At }, text(),
			"Of JSON: the path of the list in the document."),
		at("fields", func(e *Each) *[]Text { return &e.Fields }, listOf(fieldName()),
			"The names of an entry's values: in order for entries that are lists, by name for others.").required(),
	)
	entries := listOf(entryKind())
	return kind[*Each]{
		schema: object{"anyOf": []object{entries.schema, fromFile.schema}},
		read: func(r *reader, n node, v **Each) {
			each := &Each{Pos: n.key}
			*v = each
			if !isList(n.Node) {
				fromFile.read(r, n, each)
				return
			}
			entries.read(r, n, &each.Inline)
			if len(each.Inline) > 0 {
				each.Fields = entryFields(r, each.Inline)
			}
		},
	}
}

// fieldName is the name of a field of an entry.
func fieldName() kind[Text] {
	schema := object{"type": "string", "pattern": identifier.String(), "not": object{"enum": FileFields}}
	return parsed(schema, "the name of a field", func(t Text) (Text, *fault) { return t, nil })
}

func fieldFault(name string) *fault {
	switch {
	case !identifier.MatchString(name):
		return &fault{0, fmt.Sprintf("%q cannot be the name of a field", name), identifierHint}
	case slices.Contains(FileFields[:], name):
		return &fault{0, fmt.Sprintf("file.%s is there for every file already", name), "choose another name"}
	}
	return nil
}

// entryKind is one entry of an inline list: values by the names of fields.
func entryKind() kind[map[string]Text] {
	type value struct {
		name Text
		Text
	}
	values := named("the name of a field", identifier, identifierHint, part(anyText(), func(v *value) *Text { return &v.Text }),
		func(v *value, name string, at Pos) { v.name = Text{S: name, Pos: at} })
	values.schema["minProperties"] = 1
	return kind[map[string]Text]{schema: values.schema, read: func(r *reader, n node, v *map[string]Text) {
		var list []value
		values.read(r, n, &list)
		*v = map[string]Text{}
		for _, e := range list {
			if e.Pos.Line == 0 {
				e.Pos = e.name.Pos // the value was refused
			}
			(*v)[e.name.S] = e.Text
		}
	}}
}

// entryFields returns the names of the fields of entries, which must all have
// the same, in the order of the first's place in the file.
func entryFields(r *reader, entries []map[string]Text) []Text {
	var fields []Text
	for name, value := range entries[0] {
		fields = append(fields, Text{S: name, Pos: value.Pos})
	}
	slices.SortFunc(fields, func(a, b Text) int {
		if d := a.Pos.Line - b.Pos.Line; d != 0 {
			return d
		}
		return a.Pos.Column - b.Pos.Column
	})
	names := slices.Sorted(maps.Keys(entries[0]))
	for _, e := range entries[1:] {
		if has := slices.Sorted(maps.Keys(e)); len(has) > 0 && !slices.Equal(has, names) {
			first := e[has[0]]
			r.fail(first.Pos, fmt.Sprintf("the entry has the fields %s, the first entry %s", strings.Join(has, ", "), strings.Join(names, ", ")), "every entry has the same")
		}
	}
	return fields
}
