package spec

import (
	"fmt"
	"regexp"
	"strings"
)

// A Template is a URL or path with names in braces: {name} is a value known
// before, {*name} a capture, matched in the keys that a listing finds.
// ${NAME} is an environment variable; {{ and }} are the braces themselves.
type Template struct {
	Text
	Parts []Part
}

// A Part is a literal or a name of a Template.
type Part struct {
	Literal string
	Name    string // "file.stem", "current_date"; "" for a literal
	Capture bool
	Env     bool
	Column  int // 1-based, in bytes of the template's text
}

// A fault is what is wrong at one place of a text.
type fault struct {
	offset    int // in bytes
	msg, hint string
}

func (f *fault) Error() string {
	if f.hint == "" {
		return f.msg
	}
	return f.msg + " (" + f.hint + ")"
}

// ParseTemplate reads a template. Whether its names are known is for the
// caller to say.
func ParseTemplate(s string) (Template, error) {
	parts, fault := parseParts(s)
	if fault != nil {
		return Template{}, fmt.Errorf("template %q: %w", Redact(s), fault)
	}
	return Template{Text: Text{S: s}, Parts: parts}, nil
}

var templateName = regexp.MustCompile(`^(?:\$\{[A-Za-z_][A-Za-z0-9_]*\}|\{\*?[A-Za-z_][A-Za-z0-9_]*(?:\.[A-Za-z_][A-Za-z0-9_]*)?\})`)

// parseParts splits a template into literals and names.
func parseParts(s string) ([]Part, *fault) {
	var parts []Part
	literal := func(text string, at int) {
		if n := len(parts); n > 0 && parts[n-1].Name == "" {
			parts[n-1].Literal += text
			return
		}
		parts = append(parts, Part{Literal: text, Column: at + 1})
	}
	for i := 0; i < len(s); {
		next := strings.IndexAny(s[i:], "${}")
		if next < 0 {
			literal(s[i:], i)
			break
		}
		if next > 0 {
			literal(s[i:i+next], i)
			i += next
		}
		name := templateName.FindString(s[i:])
		switch {
		case name != "":
			part := partOf(name, i)
			if n := len(parts); part.Capture && n > 0 && parts[n-1].Capture {
				return nil, &fault{i, "two captures side by side: nothing says where the first ends", "put a text between them"}
			}
			parts = append(parts, part)
			i += len(name)
		case strings.HasPrefix(s[i:], "{{"), strings.HasPrefix(s[i:], "}}"):
			literal(s[i:i+1], i)
			i += 2
		case s[i] == '$' && !strings.HasPrefix(s[i:], "${"), strings.HasPrefix(s[i:], "${{"):
			literal("$", i)
			i++
		default:
			return nil, badName(s, i)
		}
	}
	return parts, nil
}

// partOf returns the part that a name in its braces stands for.
func partOf(name string, at int) Part {
	part := Part{Column: at + 1, Env: name[0] == '$'}
	name = strings.Trim(name, "${}")
	part.Name, part.Capture = strings.CutPrefix(name, "*")
	return part
}

// badName says what is wrong with the brace at s[i:].
func badName(s string, i int) *fault {
	end := strings.IndexByte(s[i:], '}')
	switch {
	case s[i] == '}':
		return &fault{i, `"}" without a "{" before it`, `write "}}" for the character itself`}
	case end < 0:
		return &fault{i, `"{" without a "}" after it`, `write "{{" for the character itself`}
	case s[i] == '$':
		return &fault{i, fmt.Sprintf("%q names no environment variable", s[i:i+end+1]), "as in ${PGPASSWORD}"}
	case s[i:i+end+1] == "{*}":
		return &fault{i, "a capture needs a name", "as in {*day}"}
	}
	return &fault{i, fmt.Sprintf("%q is no name", s[i:i+end+1]), `a name is letters, digits and "_"; write "{{" for the character itself`}
}

// String returns the template for people to read: names as they are, secrets
// left out.
func (t Template) String() string { return Redact(t.S) }

// Captures returns the names of the captures, each once, in order.
func (t Template) Captures() []string {
	var names []string
	seen := map[string]bool{}
	for _, p := range t.Parts {
		if p.Capture && !seen[p.Name] {
			seen[p.Name] = true
			names = append(names, p.Name)
		}
	}
	return names
}

// Expand returns the text with every name replaced by its value. An
// environment variable is looked up as "${NAME}". A capture, or a name that
// lookup does not know, is an error that names it.
func (t Template) Expand(lookup func(name string) (string, bool)) (string, error) {
	var s strings.Builder
	for _, p := range t.Parts {
		if p.Capture {
			return "", fmt.Errorf("template %q: the capture {*%s} has no value", t, p.Name)
		}
		text, err := t.expandPart(p, lookup)
		if err != nil {
			return "", err
		}
		s.WriteString(text)
	}
	return s.String(), nil
}

func (t Template) expandPart(p Part, lookup func(name string) (string, bool)) (string, error) {
	if p.Name == "" {
		return p.Literal, nil
	}
	name := p.Name
	if p.Env {
		name = "${" + p.Name + "}"
	}
	text, ok := lookup(name)
	switch {
	case ok:
		return text, nil
	case p.Env:
		return "", fmt.Errorf("template %q: the environment variable %s is not set", t, p.Name)
	}
	return "", fmt.Errorf("template %q: %q has no value", t, p.Name)
}

// Fixed returns the part of the template before its first name that is not
// known: what all that it expands to begins with.
func (t Template) Fixed(known func(name string) bool) Template {
	for i, p := range t.Parts {
		if p.Name != "" && !p.Env && (p.Capture || !known(p.Name)) {
			return Template{Text: t.Text, Parts: t.Parts[:i]}
		}
	}
	return t
}
