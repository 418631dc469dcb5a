package spec

import (
	"fmt"
	"math"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/goccy/go-yaml/ast"

	"github.com/seed-128c3863/sluice/row"
)

var constant = regexp.MustCompile(`^-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?$`)

// expression is the text of an expression. A number, true, false or null is a
// constant.
func expression() kind[Text] {
	return kind[Text]{
		schema: object{"type": []string{"string", "number", "boolean", "null"}, "minLength": 1},
		read: func(r *reader, n node, v *Text) {
			if null, ok := n.Node.(*ast.NullNode); ok && null.GetToken().Value == "null" && !isAbsent(null) {
				*v = Text{S: "null", Pos: n.pos()}
				return
			}
			t, ok := r.scalar(n, "an expression")
			if !ok {
				return
			}
			switch n.Node.(type) {
			case *ast.BoolNode:
				t.S = strings.ToLower(t.S)
			case *ast.IntegerNode, *ast.FloatNode, *ast.InfinityNode, *ast.NanNode:
				if !constant.MatchString(t.S) {
					r.fail(t.Pos, fmt.Sprintf("%s is not written as a number is", t.S), fmt.Sprintf(`quote the text: '"%s"'`, t.S))
					return
				}
			}
			if strings.TrimSpace(t.S) == "" {
				r.fail(t.Pos, "the expression is empty", `the empty text is '""'`)
				return
			}
			*v = t
		},
	}
}

var wholeNumber = regexp.MustCompile(`^-?(?:0|[1-9][0-9]*)$`)

// whole is a whole number, at least least.
func whole(least int) kind[int] {
	want := "a whole number"
	schema := object{"type": "integer", "minimum": least}
	return kind[int]{schema: schema, read: func(r *reader, n node, v *int) {
		t, ok := r.scalar(n, want)
		if !ok {
			return
		}
		i, err := strconv.Atoi(t.S)
		_, isInt := n.Node.(*ast.IntegerNode)
		switch {
		case wholeNumber.MatchString(t.S) && err != nil:
			r.fail(t.Pos, t.S+" is too large", fmt.Sprintf("at most %d", math.MaxInt))
		case !isInt && wholeNumber.MatchString(t.S):
			r.fail(t.Pos, fmt.Sprintf("expected %s, found %s", want, describe(n.Node)), "without the quotes")
		case !isInt || !wholeNumber.MatchString(t.S):
			r.fail(t.Pos, fmt.Sprintf("expected %s, found %s", want, describe(n.Node)), "digits alone, as in 20")
		case i < least:
			r.fail(t.Pos, fmt.Sprintf("expected at least %d, found %d", least, i), "as in 20")
		default:
			*v = i
		}
	}}
}

// positive is a number above 0.
func positive() kind[float64] {
	return kind[float64]{schema: object{"type": "number", "exclusiveMinimum": 0}, read: func(r *reader, n node, v *float64) {
		t, ok := r.scalar(n, "a number")
		if !ok {
			return
		}
		f, err := strconv.ParseFloat(t.S, 64)
		if err != nil || !constant.MatchString(t.S) || f <= 0 {
			r.fail(t.Pos, "expected a number above 0, found "+describe(n.Node), "as in 50 or 0.5")
			return
		}
		*v = f
	}}
}

// autoOr is "auto", which leaves the value as it is, or what k reads.
func autoOr[V any](k kind[V]) kind[V] {
	isAuto := func(n ast.Node) bool {
		s, ok := n.(*ast.StringNode)
		return ok && s.Value == "auto"
	}
	other := kind[V]{schema: k.schema, read: func(r *reader, n node, v *V) {
		before := len(r.errs)
		k.read(r, n, v)
		for _, e := range r.errs[before:] {
			e.Hint += ", or auto"
		}
	}}
	return either(isAuto, kind[V]{schema: object{"const": "auto"}, read: func(*reader, node, *V) {}}, other)
}

var size = regexp.MustCompile(`^([1-9][0-9]*)(?:\.([0-9]))? ?(B|[kKMGT]i?B)$`)

// bytesOf is a number of bytes, with its unit.
func bytesOf(least int64) kind[int64] {
	schema := object{"type": "string", "pattern": size.String()}
	return parsed(schema, "a size", func(t Text) (int64, *fault) {
		m := size.FindStringSubmatch(t.S)
		if m == nil {
			return 0, &fault{0, fmt.Sprintf("expected a size, found %q", t.S), `with its unit, as in "256 MiB" or "1 GB"`}
		}
		unit := 1.0
		if power := strings.IndexByte("BKMGT", strings.ToUpper(m[3])[0]); power > 0 {
			base := 1000.0
			if strings.Contains(m[3], "i") {
				base = 1024
			}
			for range power {
				unit *= base
			}
		}
		n, err := strconv.ParseFloat(m[1]+"."+m[2]+"0", 64)
		if n *= unit; err != nil || n > 1<<60 {
			return 0, &fault{0, t.S + " is too large", `as in "256 MiB"`}
		}
		if int64(n) < least {
			return 0, &fault{0, fmt.Sprintf("%s is too little", t.S), fmt.Sprintf(`at least "%d MiB"`, least>>20)}
		}
		return int64(n), nil
	})
}

var share = regexp.MustCompile(`^(?:0|[1-9][0-9]*)(?:\.[0-9]+)? ?%$`)

// allowance is a number of rows or a share of them.
func allowance() kind[Allow] {
	schema := object{"anyOf": []object{{"type": "integer", "minimum": 0}, {"type": "string", "pattern": share.String()}}}
	return parsed(schema, "a number of rows or a share", func(t Text) (Allow, *fault) {
		if number, ok := strings.CutSuffix(t.S, "%"); ok && share.MatchString(t.S) {
			f, err := strconv.ParseFloat(strings.TrimSpace(number), 64)
			if err != nil || f > 100 {
				return Allow{}, &fault{0, t.S + " is more than all of them", "at most 100%"}
			}
			return Allow{Set: true, IsShare: true, Share: f / 100}, nil
		}
		n, err := strconv.ParseInt(t.S, 10, 64)
		if err != nil || !wholeNumber.MatchString(t.S) || n < 0 {
			return Allow{}, &fault{0, fmt.Sprintf("expected a number of rows or a share, found %q", t.S), "as in 100 or 2%"}
		}
		return Allow{Set: true, Rows: n}, nil
	})
}

// duration is a length of time, with its unit.
func duration() kind[time.Duration] {
	form := `^[1-9][0-9]*(?:ms|s|m|h)$`
	return parsed(object{"type": "string", "pattern": form}, "a length of time", func(t Text) (time.Duration, *fault) {
		d, err := time.ParseDuration(t.S)
		if ok, _ := regexp.MatchString(form, t.S); err != nil || !ok {
			return 0, &fault{0, fmt.Sprintf("expected a length of time, found %q", t.S), "as in 500ms, 30s or 5m"}
		}
		return d, nil
	})
}

// typeName is a type, as row.ParseType reads it.
func typeName() kind[row.Type] {
	form := `^(list\( *)*(decimal\( *[0-9]+ *, *[0-9]+ *\)|` + strings.Join(simpleTypes(), "|") + `)( *\))*$`
	return parsed(object{"type": "string", "pattern": form}, "a type", func(t Text) (row.Type, *fault) {
		typ, err := row.ParseType(t.S)
		if err != nil {
			return row.Type{}, &fault{0, err.Error(), typeHint(t.S)}
		}
		return typ, nil
	})
}

// simpleTypes returns the names of the types that take no arguments.
func simpleTypes() []string {
	var names []string
	for _, name := range row.Names() {
		if !strings.Contains(name, "(") {
			names = append(names, name)
		}
	}
	return names
}

// typeHint says which type was probably meant by one that is not known.
func typeHint(name string) string {
	name = strings.ToLower(strings.TrimSpace(name))
	for strings.HasPrefix(name, "list(") && !strings.HasPrefix(name, "list()") {
		name = strings.TrimSpace(name[len("list("):])
	}
	name, _, _ = strings.Cut(strings.TrimRight(name, ") "), "(")
	meant := map[string]string{
		"int": "int64", "integer": "int64", "bigint": "int64", "long": "int64", "smallint": "int16", "short": "int16",
		"float": "float64", "double": "float64", "real": "float32", "number": "float64", "numeric": "decimal(p,s)",
		"str": "string", "text": "string", "varchar": "string", "char": "string", "boolean": "bool",
		"datetime": "timestamp", "binary": "bytes", "array": "list(type)", "object": "json",
	}
	if m, ok := meant[name]; ok {
		return fmt.Sprintf("did you mean %q?", m)
	}
	if name == "decimal" {
		return `as in "decimal(12,2)"`
	}
	if name == "list" {
		return "as in list(string)"
	}
	if hint := Suggest(name, row.Names()); hint != "" {
		return hint
	}
	return "known are " + strings.Join(row.Names(), ", ")
}

// regular is a regular expression.
func regular() kind[Text] {
	return parsed(object{"type": "string", "minLength": 1, "format": "regex"}, "a regular expression", func(t Text) (Text, *fault) {
		if t.S == "" {
			return Text{}, &fault{0, "the regular expression is empty", "leave the key out if there is none"}
		}
		if _, err := regexp.Compile(t.S); err != nil {
			return Text{}, &fault{0, strings.TrimPrefix(err.Error(), "error parsing regexp: "), "the syntax is RE2's"}
		}
		return t, nil
	})
}

// character is a text of one character, and none of those that are something
// else there.
func character(others, are string) kind[string] {
	schema := object{"type": "string", "minLength": 1, "maxLength": 1}
	if others != "" {
		schema["pattern"] = "^[^" + others + "]$"
	}
	return parsed(schema, "one character", func(t Text) (string, *fault) {
		switch {
		case utf8.RuneCountInString(t.S) != 1:
			return "", &fault{0, fmt.Sprintf("expected one character, found %q", t.S), `as in ","`}
		case strings.Contains(others, t.S):
			return "", &fault{0, fmt.Sprintf("%q is %s", t.S, are), `as in ","`}
		}
		return t.S, nil
	})
}

// mark is a character that stands within numbers and is no part of them.
func mark() kind[string] { return character("0123456789+-", "part of numbers") }

// needQuotes are the characters that a CSV file can hold in quotes alone.
const needQuotes = "\"\r\n"

// bareWord is a text that stands in a CSV file without quotes.
func bareWord() kind[string] {
	schema := object{"type": anyScalar["type"], "pattern": "^[^" + needQuotes + "]*$"}
	return parsed(schema, "a text", func(t Text) (string, *fault) {
		if strings.ContainsAny(t.S, needQuotes) {
			return "", &fault{0, fmt.Sprintf("%q cannot stand without quotes", t.S), "as in NULL"}
		}
		return t.S, nil
	})
}

// zone is the name of a time zone.
func zone() kind[string] {
	return parsed(object{"type": "string", "minLength": 1}, "a time zone", func(t Text) (string, *fault) {
		if _, err := time.LoadLocation(t.S); err != nil || t.S == "" || t.S == "Local" {
			return "", &fault{0, fmt.Sprintf("unknown time zone %q", t.S), "as in UTC or Asia/Seoul"}
		}
		return t.S, nil
	})
}

var scheme = regexp.MustCompile(`^([A-Za-z][A-Za-z0-9+.-]*)://`)

// template is a template of a path, or of a URL of one of the schemes.
func template(schemes ...string) kind[Template] { return templateOf(true, schemes) }

// urlTemplate is a template of a URL of one of the schemes.
func urlTemplate(schemes ...string) kind[Template] { return templateOf(false, schemes) }

func templateOf(paths bool, schemes []string) kind[Template] {
	want := "a URL"
	if paths {
		want = "a URL or path"
	}
	return parsed(templateSchema(paths, schemes), want, func(t Text) (Template, *fault) {
		if strings.TrimSpace(t.S) == "" {
			return Template{}, &fault{0, "the text is empty", "leave the key out if there is none"}
		}
		parts, fault := parseParts(t.S)
		if fault != nil {
			return Template{}, fault
		}
		if fault := schemeFault(t.S, paths, schemes); fault != nil && parts[0].Name == "" {
			return Template{}, fault
		}
		return Template{Text: t, Parts: parts}, nil
	})
}

func schemeFault(url string, paths bool, known []string) *fault {
	hint := "known here: " + strings.Join(known, "://, ") + "://"
	if paths {
		hint += " and paths"
	}
	m := scheme.FindStringSubmatch(url)
	switch {
	case m == nil && paths:
		return nil
	case m == nil:
		return &fault{0, fmt.Sprintf("expected a URL, found %q", Redact(url)), hint}
	case slices.Contains(known, m[1]):
		return nil
	}
	return &fault{0, m[1] + ":// is not known here", hint}
}
