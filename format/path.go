package format

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
)

// A Step leads from a value to one of its members or elements.
type Step struct {
	Name    string // of the member, if not IsIndex
	Index   int    // of the element, from 0, if IsIndex
	IsIndex bool
}

// A Path leads from a record, or a document, to a value inside it. The empty
// Path is the record itself.
type Path []Step

// ParsePath reads a path such as a.b[0].c. A name that is empty or holds one
// of . [ ] " is written as a quoted Go string in brackets: a["b.c"][0].
func ParsePath(text string) (Path, error) {
	if text == "" {
		return nil, errors.New("a path names at least one key or index, as in a.b[0].c")
	}
	var p Path
	for rest := text; rest != ""; {
		step, n, err := parseStep(rest, len(p) == 0)
		if err != nil {
			return nil, fmt.Errorf("path %q: at %q: %w", text, rest, err)
		}
		p = append(p, step)
		rest = rest[n:]
	}
	return p, nil
}

// parseStep reads the first step of text and returns its length. A name is
// led by a point, but not at the start of a path.
func parseStep(text string, first bool) (Step, int, error) {
	if text[0] == '[' {
		return parseBracket(text)
	}
	name := text
	if !first {
		if text[0] != '.' {
			return Step{}, 0, errors.New("want a point or [ here")
		}
		name = text[1:]
	}
	if end := strings.IndexAny(name, `.[]"`); end >= 0 {
		name = name[:end]
	}
	if name == "" {
		return Step{}, 0, errors.New(`a name is missing; one with a point, a bracket or a quote in it is written ["like.this"]`)
	}
	n := len(name)
	if !first {
		n++
	}
	return Step{Name: name}, n, nil
}

// parseBracket reads [0] or ["name"].
func parseBracket(text string) (Step, int, error) {
	if quoted, err := strconv.QuotedPrefix(text[1:]); err == nil && quoted[0] == '"' {
		n := 1 + len(quoted)
		if n == len(text) || text[n] != ']' {
			return Step{}, 0, errors.New("the bracket is not closed")
		}
		name, err := strconv.Unquote(quoted)
		return Step{Name: name}, n + 1, err
	}
	inside, _, closed := strings.Cut(text[1:], "]")
	if !closed {
		return Step{}, 0, errors.New("the bracket is not closed")
	}
	index, err := strconv.ParseUint(inside, 10, 31)
	if err != nil {
		return Step{}, 0, fmt.Errorf(`%q is no index: want a number from 0, or a name in quotes`, inside)
	}
	return Step{Index: int(index), IsIndex: true}, len(inside) + 2, nil
}

// String returns the path as ParsePath reads it; "" for the empty path.
func (p Path) String() string { return p.Upto(len(p)) }

// Header returns the path as the column of a table of text is named: a name alone
// as it is.
func (p Path) Header() string {
	if len(p) == 1 && !p[0].IsIndex {
		return p[0].Name
	}
	return p.String()
}

// Upto returns the text of the first n steps, for messages.
func (p Path) Upto(n int) string {
	var s strings.Builder
	for i, step := range p[:n] {
		switch {
		case step.IsIndex:
			fmt.Fprintf(&s, "[%d]", step.Index)
		case step.Name == "" || strings.ContainsAny(step.Name, `.[]"`):
			fmt.Fprintf(&s, "[%s]", strconv.Quote(step.Name))
		default:
			if i > 0 {
				s.WriteByte('.')
			}
			s.WriteString(step.Name)
		}
	}
	return s.String()
}
