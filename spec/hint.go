package spec

import (
	"regexp"
	"slices"
	"strings"
)

// plainSyntax puts a message of the YAML parser into words, with a hint where
// the remedy is not to quote a value.
func plainSyntax(msg string) (plain, hint string) {
	for _, known := range []struct{ part, plain, hint string }{
		{"cannot start any token", "a tab cannot indent", "use spaces"},
		{"could not find end character of double-quoted text", `the text has no closing "`, "add the quote"},
		{"could not find end character of single-quoted text", "the text has no closing '", "add the quote; a ' in it is written ''"},
		{"sequence end token ']' not found", `the list has no closing "]"`, ""},
		{"',' or '}' must be specified", `expected "," or "}"`, ""},
		{"',' or ']' must be specified", `expected "," or "]"`, ""},
		{"could not find flow map content", `expected "," or "}"`, ""},
		{"could not find flow mapping end token", `the mapping has no closing "}"`, ""},
		{"mapping value is not allowed in this context", `a second ": " in one line`, ""},
		{"value is not allowed in this context. map key-value is pre-defined", "a text after the value's end", ""},
		{"value is not allowed in this context", "nothing can stand here", ""},
		{"unexpected directive value", `a text cannot begin with "%"`, ""},
		{"found unknown escape character", `unknown escape after "\"`, `write "\\", or use single quotes`},
		{"is a reserved character", "a text cannot begin with this character", ""},
	} {
		if strings.Contains(msg, known.part) {
			return known.plain, known.hint
		}
	}
	return strings.TrimSpace(strings.SplitN(msg, "\n", 2)[0]), ""
}

// syntaxHint says what to try where YAML cannot be read.
func (r *reader) syntaxHint(at Pos) string {
	if hint := r.quoteHint(at); hint != "" {
		return hint
	}
	return "look at the indentation, quotes and brackets of this line and those before it"
}

// bare returns the line without what stands in quotes and without its comment.
func bare(line string) string {
	return comment.ReplaceAllString(quotedText.ReplaceAllString(line, `""`), "")
}

// unclosed returns the line before the place that has a quote or bracket which
// is not closed by then, and the quote or bracket; "" if there is none.
func (r *reader) unclosed(at Pos) (line int, mark string) {
	open := 0
	for i, text := range r.lines[:at.Line-1] {
		if m := openQuote.FindStringSubmatch(text); m != nil {
			return i + 1, m[1][:1]
		}
		before := open
		if open, _ = nesting(text, open); open > before && before == 0 {
			text = bare(text)
			line, mark = i+1, text[strings.IndexAny(text, "[{"):][:1]
		}
	}
	if open == 0 {
		return 0, ""
	}
	return line, mark
}

var (
	quotedText = regexp.MustCompile(`"(?:[^"\\]|\\.)*"|'[^']*'`)
	openQuote  = regexp.MustCompile(`^[^#"']*(?::|-)\s+("[^"]*|'[^']*)$`)
	flowKey    = regexp.MustCompile(`[{,]\s*(?:[\pL\pN_.-]+|"[^"]*"|'[^']*'):\s+`)
	blockKey   = regexp.MustCompile(`^\s*(?:- +)*(?:[^\s"'{\[#][^:{\["']*|"[^"]*"|'[^']*'):\s+`)
	listItem   = regexp.MustCompile(`^\s*(?:- +)+`)
	userInfo   = regexp.MustCompile(`://[^/?#@:]*:.*@`) // of a URL, in which a password may be
	comment    = regexp.MustCompile(`(?:^|\s+)#.*$`)
)

// quoteHint says how to quote the value around a place of the file that YAML
// has read as something else, or "" if there is no value there.
func (r *reader) quoteHint(at Pos) string {
	if at.Line > len(r.lines) {
		return ""
	}
	line := r.lines[at.Line-1]
	column := len(string([]rune(line)[:min(at.Column-1, len([]rune(line)))]))
	value := strings.TrimSpace(valueAround(line, column))
	if value == "" || strings.Contains("|>", value[:1]) {
		return ""
	}
	if len(value) > 200 || userInfo.MatchString(value) {
		return "quote the value"
	}
	return "quote the value: " + quoted(value)
}

var keyLine = regexp.MustCompile(`^((?:[ \t]|- )*)([\pL\pN_.-]+|"[^"]*"|'[^']*') *:(?:\s|$)`)

// pathAt returns the path of the key that a place seems to belong to, for a
// text that is no YAML: by the indentation of the lines before, and by the
// brackets of its own.
func (r *reader) pathAt(at Pos) string {
	line := []rune(r.lines[at.Line-1])
	before := string(line[:min(at.Column-1, len(line))])
	keys := flowKeys(before) // outermost first
	indent := len(before) + 1
	for i := at.Line - 1; i >= 0; i-- {
		m := keyLine.FindStringSubmatch(r.lines[i])
		if m == nil || len(m[1]) >= indent && i != at.Line-1 {
			continue
		}
		indent = len(m[1])
		keys = append([]string{m[2]}, keys...)
	}
	path := ""
	for _, k := range keys {
		path = join(path, strings.Trim(k, `"'`))
	}
	return path
}

// flowKeys returns the keys of the mappings in braces that are open at the end
// of the text.
func flowKeys(text string) []string {
	var open []string
	for i, c := range text {
		switch c {
		case '{', ',':
			if c == '{' {
				open = append(open, "")
			}
			if key := flowKey.FindString(text[i:]); len(open) > 0 && strings.HasPrefix(text[i:], key) && key != "" {
				open[len(open)-1] = strings.TrimSpace(strings.TrimRight(strings.TrimSpace(key[1:]), ":"))
			}
		case '}':
			open = open[:max(0, len(open)-1)]
		}
	}
	return slices.DeleteFunc(open, func(key string) bool { return key == "" })
}

// valueAround returns the value that the byte of the line belongs to, or "".
func valueAround(line string, column int) string {
	if keys := flowKey.FindAllStringIndex(line[:column], -1); len(keys) > 0 {
		return flowValue(line[keys[len(keys)-1][1]:])
	}
	for _, start := range []*regexp.Regexp{blockKey, listItem} {
		if key := start.FindString(line); key != "" && len(key) <= column {
			return comment.ReplaceAllString(line[len(key):], "")
		}
	}
	return ""
}

// flowValue returns the value that s begins with, in a flow mapping: up to a
// comma or closing brace that no bracket or quote holds.
func flowValue(s string) string {
	depth, quote := 0, rune(0)
	for i, c := range s {
		switch {
		case quote != 0:
			if c == quote {
				quote = 0
			}
		case c == '"' || c == '\'':
			quote = c
		case strings.ContainsRune("([{", c):
			depth++
		case depth > 0 && strings.ContainsRune(")]}", c):
			depth--
		case depth == 0 && (c == ',' || c == '}'):
			return s[:i]
		}
	}
	return s
}

// quoted returns the text as YAML quotes it.
func quoted(s string) string {
	s = Redact(s)
	if strings.ContainsAny(s, `"\`) {
		return "'" + strings.ReplaceAll(s, "'", "''") + "'"
	}
	return `"` + s + `"`
}
