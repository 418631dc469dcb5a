package spec

import "strings"

// A Pattern is a template whose names are known but for its captures. It is
// matched against what a listing of Prefix finds.
type Pattern struct {
	Prefix string // what every match begins with: the text before the first capture

	rest   []Part // from the first capture on: literals and captures
	repeat bool   // a capture stands in it twice
}

// Compile replaces the names that are no captures by their values, as Expand
// does.
func (t Template) Compile(lookup func(name string) (string, bool)) (*Pattern, error) {
	p := &Pattern{}
	seen := map[string]bool{}
	for _, part := range t.Parts {
		if part.Capture {
			p.repeat = p.repeat || seen[part.Name]
			seen[part.Name] = true
			p.rest = append(p.rest, part)
			continue
		}
		text, err := t.expandPart(part, lookup)
		if err != nil {
			return nil, err
		}
		switch n := len(p.rest); {
		case n == 0:
			p.Prefix += text
		case p.rest[n-1].Capture:
			p.rest = append(p.rest, Part{Literal: text})
		default:
			p.rest[n-1].Literal += text
		}
	}
	return p, nil
}

// HasCaptures reports whether the pattern is more than its Prefix.
func (p *Pattern) HasCaptures() bool { return len(p.rest) > 0 }

// Match returns what the captures stand for in key, which is written as the
// template is. A capture is one character or more, never a "/"; two of one
// name are equal. Where more than one way fits, the first captures are short.
func (p *Pattern) Match(key string) (map[string]string, bool) {
	rest, ok := strings.CutPrefix(key, p.Prefix)
	if !ok {
		return nil, false
	}
	return p.MatchRest(rest)
}

// MatchRest is Match for a key without the Prefix.
func (p *Pattern) MatchRest(rest string) (map[string]string, bool) {
	m := matcher{bound: map[string]string{}, repeat: p.repeat}
	if !m.match(p.rest, rest) {
		return nil, false
	}
	return m.bound, true
}

// A matcher tries the ways in which parts can fit a text.
type matcher struct {
	bound  map[string]string
	repeat bool
	// failed holds the numbers of parts and bytes left that no way fits, so
	// that the work stays small. It is nil with a repeated capture, as what
	// fits then depends on what the capture was before.
	failed map[[2]int]bool
}

func (m *matcher) match(parts []Part, s string) bool {
	if len(parts) == 0 {
		return s == ""
	}
	p := parts[0]
	fixed, bound := p.Literal, true
	if p.Capture {
		fixed, bound = m.bound[p.Name]
	}
	if bound {
		rest, ok := strings.CutPrefix(s, fixed)
		return ok && m.match(parts[1:], rest)
	}
	if m.failed[[2]int{len(parts), len(s)}] {
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
		m.bound[p.Name] = s[:n]
		if m.match(parts[1:], s[n:]) {
			return true
		}
		delete(m.bound, p.Name)
	}
	if !m.repeat {
		if m.failed == nil {
			m.failed = map[[2]int]bool{}
		}
		m.failed[[2]int{len(parts), len(s)}] = true
	}
	return false
}
