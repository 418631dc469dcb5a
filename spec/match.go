package spec

import (
	"slices"
	"strings"
)

// A Matcher is a template whose names are known but for its captures.
type Matcher struct {
	prefix string
	rest   []Part // from the first capture on: literals and captures
	repeat bool   // a capture stands in it twice
}

// Matcher replaces the names that are no captures by their values, as Expand
// does.
func (t Template) Matcher(lookup func(name string) (string, bool)) (*Matcher, error) {
	m := &Matcher{}
	seen := map[string]bool{}
	for _, part := range t.Parts {
		if part.Capture {
			m.repeat = m.repeat || seen[part.Name]
			seen[part.Name] = true
			m.rest = append(m.rest, part)
			continue
		}
		text, err := t.expandPart(part, lookup)
		if err != nil {
			return nil, err
		}
		switch n := len(m.rest); {
		case n == 0:
			m.prefix += text
		case m.rest[n-1].Capture:
			m.rest = append(m.rest, Part{Literal: text})
		default:
			m.rest[n-1].Literal += text
		}
	}
	return m, nil
}

// Prefix returns the text before the first capture, which every match begins
// with: what to list.
func (m *Matcher) Prefix() string { return m.prefix }

// Archive returns the Matcher of the archives whose files m matches, which are
// found by listing: a capture stands before the # behind their names, or, if
// they are taken as a whole, before the end. isArchive says what is one.
func (m *Matcher) Archive(isArchive func(url string) bool) (*Matcher, bool) {
	for i, p := range m.rest {
		for at := range len(p.Literal) + 1 {
			end := i == len(m.rest)-1 && at == len(p.Literal)
			if p.Capture || !end && p.Literal[min(at, len(p.Literal)-1)] != '#' || !isArchive("x"+p.Literal[:at]) {
				continue
			}
			rest := append(slices.Clone(m.rest[:i]), Part{Literal: p.Literal[:at]})
			return &Matcher{prefix: m.prefix, rest: rest, repeat: m.repeat}, true
		}
	}
	return nil, false
}

// Captures reports whether there are captures; if not, Prefix is the one match.
func (m *Matcher) Captures() bool { return len(m.rest) > 0 }

// Match returns what the captures stand for in a URL or path that is written
// as the template is. A capture is one character or more, never a "/"; two of
// one name are equal. Where more than one way fits, the first are short.
func (m *Matcher) Match(key string) (map[string]string, bool) {
	rest, ok := strings.CutPrefix(key, m.prefix)
	if !ok {
		return nil, false
	}
	a := attempt{bound: map[string]string{}, repeat: m.repeat}
	if !a.match(m.rest, rest) {
		return nil, false
	}
	return a.bound, true
}

// An attempt tries the ways in which parts can fit a text.
type attempt struct {
	bound  map[string]string
	repeat bool
	// failed holds the numbers of parts and bytes left that no way fits, so
	// that the work stays small. It is nil with a repeated capture, as what
	// fits then depends on what the capture was before.
	failed map[[2]int]bool
}

func (a *attempt) match(parts []Part, s string) bool {
	if len(parts) == 0 {
		return s == ""
	}
	p := parts[0]
	fixed, bound := p.Literal, true
	if p.Capture {
		fixed, bound = a.bound[p.Name]
	}
	if bound {
		rest, ok := strings.CutPrefix(s, fixed)
		return ok && a.match(parts[1:], rest)
	}
	if a.failed[[2]int{len(parts), len(s)}] {
		return false
	}
	end := strings.IndexByte(s, '/')
	if end < 0 {
		end = len(s)
	}
	for n := 1; n <= end; n++ {
		if len(parts) == 1 {
			n = end
		}
		a.bound[p.Name] = s[:n]
		if a.match(parts[1:], s[n:]) {
			return true
		}
		delete(a.bound, p.Name)
	}
	if !a.repeat {
		if a.failed == nil {
			a.failed = map[[2]int]bool{}
		}
		a.failed[[2]int{len(parts), len(s)}] = true
	}
	return false
}
