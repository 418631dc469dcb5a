package spec

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"
)

// Parse reads a job file. name is what errors call it. An error is an Errors
// that holds all that is wrong, in the order of the file; only a text that is
// no YAML, or of another version, is reported alone.
func Parse(name string, text []byte) (*Job, error) {
	text = bytes.ReplaceAll(bytes.TrimPrefix(text, []byte("\ufeff")), []byte("\r\n"), []byte("\n"))
	text = bytes.ReplaceAll(text, []byte("\r"), []byte("\n"))
	r := &reader{file: name, seen: map[string]Pos{}, anchors: map[string]ast.Node{}, lines: strings.Split(string(text), "\n")}
	root := r.document(text)
	if root.Node == nil || !r.version(root) {
		return nil, r.errs.Sorted()
	}
	r.target = r.findTarget(root)
	j := newJob(name, r.lines)
	jobKind().read(r, root, j)
	c := checker{reader: r, job: j}
	c.check()
	if err := r.errs.Sorted(); err != nil {
		return nil, err
	}
	return j, nil
}

// newJob returns a job of nothing but defaults.
func newJob(name string, lines []string) *Job {
	rejects := "rejects/{job}-{run}.csv"
	parts, _ := parseParts(rejects)
	return &Job{
		File:        name,
		From:        From{Shape: "records", Missing: "fail", Empty: "skip", Header: "true", Ragged: "reject", ExtraColumns: "ignore", AbsentColumns: "fail"},
		To:          To{Keep: 3, Parquet: Parquet{Compression: "snappy", Timestamps: "us"}, CSV: CSV{Delimiter: ",", Header: true}},
		Errors:      ErrorPolicy{Rows: "reject", Files: "continue", Rejects: Template{Text: Text{S: rejects}, Parts: parts}},
		Limits:      Limits{MaxRequests: 512, Memory: 256 << 20},
		Transaction: "all",
		Report:      "changes",
		lines:       lines,
	}
}

// document returns the mapping that the text is, or reports why it is none.
func (r *reader) document(text []byte) node {
	none, start := node{}, Pos{Line: 1, Column: 1}
	if at, bad := badCharacter(text); bad == 0 || bad == utf8.RuneError {
		r.fail(at, "the file is not UTF-8 text", "save it as UTF-8")
		return none
	} else if bad > 0 {
		r.fail(at, fmt.Sprintf("the control character %U cannot stand in YAML", bad), `take it out, or write "\x..." in double quotes`)
		return none
	}
	if at, msg, hint := r.excess(text); msg != "" {
		r.fail(at, msg, hint)
		return none
	}
	file, err := parseYAML(text)
	if err != nil {
		r.syntax(err)
		return none
	}
	var root ast.Node
	for _, doc := range file.Docs {
		if _, directive := doc.Body.(*ast.DirectiveNode); directive || doc.Body == nil {
			continue
		}
		if root != nil {
			r.fail(node{doc.Body, start}.pos(), "a job file holds one document, and a second one begins here", `"---" separates documents`)
			return none
		}
		root = doc.Body
	}
	if root == nil {
		r.fail(start, "the file is empty", `"sluice init" writes a job`)
		return none
	}
	ast.Walk(r, root)
	n := r.resolve(root, start)
	if _, ok := n.Node.(*ast.MappingNode); !ok && n.Node != nil {
		r.fail(n.pos(), "expected a mapping with sluice, name, from ..., found "+describe(n.Node), "begin with sluice: 1")
		return none
	}
	return n
}

const (
	mostBytes = 1 << 20 // of a job file; the YAML parser's time grows with the square
	mostDeep  = 100     // levels of indentation and brackets
)

// excess says where the text is more than a job file ever is, which the YAML
// parser would take minutes for.
func (r *reader) excess(text []byte) (at Pos, msg, hint string) {
	if len(text) > mostBytes {
		return Pos{Line: 1, Column: 1}, fmt.Sprintf("the file is larger than %d MiB", mostBytes>>20), "from.each.file reads a long list of entries from a file of its own"
	}
	var indents []int
	brackets := 0
	for i, line := range r.lines {
		indent := len(line) - len(strings.TrimLeft(line, " "))
		if indent == len(line) {
			continue
		}
		for len(indents) > 0 && indents[len(indents)-1] >= indent {
			indents = indents[:len(indents)-1]
		}
		indents = append(indents, indent)
		most := 0
		brackets, most = nesting(line, brackets)
		if len(indents)+most > mostDeep {
			return Pos{Line: i + 1, Column: indent + 1}, fmt.Sprintf("nested deeper than %d levels", mostDeep), "a job file has a few"
		}
	}
	return Pos{}, "", ""
}

// nesting returns how many brackets are open after the line, and how many of
// them, or of the dashes of lists in lists, at most within it.
func nesting(line string, open int) (after, most int) {
	most = open
	dashes := 0 // one after the other
	line = bare(line) + " "
	for i, c := range line {
		switch c {
		case '[', '{':
			open++
		case ']', '}':
			open = max(0, open-1)
		case ' ':
		default:
			dashes = 0
		case '-':
			if dashes++; line[i+1] != ' ' {
				dashes = 0
			}
		}
		most = max(most, open, dashes)
	}
	return open, most
}

// parseYAML is the parser of goccy/go-yaml; what it panics at is an error.
func parseYAML(text []byte) (file *ast.File, err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("the YAML cannot be read: %v", p)
		}
	}()
	return parser.ParseBytes(text, 0, parser.AllowDuplicateMapKey())
}

// badCharacter returns the first character that is no UTF-8 (RuneError) or a
// control character that YAML does not allow, and its place; -1 if all are good.
func badCharacter(text []byte) (Pos, rune) {
	at := Pos{Line: 1, Column: 1}
	for i := 0; i < len(text); {
		c, size := utf8.DecodeRune(text[i:])
		switch {
		case c == utf8.RuneError && size == 1, c < ' ' && c != '\t' && c != '\n' && c != '\r', c == 0x7f:
			return at, c
		case c == '\n':
			at.Line, at.Column = at.Line+1, 1
		default:
			at.Column++
		}
		i += size
	}
	return Pos{}, -1
}

// version reports whether the job is of the version that is read here.
func (r *reader) version(root node) bool {
	entries, _ := r.entriesQuietly(root)
	for _, e := range entries {
		if e.name != "sluice" {
			continue
		}
		n := r.resolve(e.value, e.key)
		i, ok := n.Node.(*ast.IntegerNode)
		switch {
		case ok && i.GetToken().Value == "1":
			return true
		case ok:
			r.fail(n.pos(), fmt.Sprintf("version %s of the job file is not known", i.GetToken().Value), "this program reads version 1")
		case n.Node != nil:
			r.fail(n.pos(), "expected the version 1, found "+describe(n.Node), "write sluice: 1")
		}
		return false
	}
	return true // that it is missing is said with the rest
}

// findTarget returns what the job writes, as far as its keys tell.
func (r *reader) findTarget(root node) target {
	entries, _ := r.entriesQuietly(root)
	for _, e := range entries {
		if e.name != "to" {
			continue
		}
		has := map[string]bool{}
		keys, _ := r.entriesQuietly(r.resolve(e.value, e.key))
		for _, k := range keys {
			has[k.name] = true
		}
		switch {
		case has["files"] && !has["database"]:
			return fileTarget
		case has["database"] && !has["files"]:
			return tableTarget
		}
	}
	return bothTargets
}

// entriesQuietly is entries without its reports, for a look ahead.
func (r *reader) entriesQuietly(n node) ([]entry, bool) {
	before := len(r.errs)
	entries, ok := r.entries(n)
	r.errs = r.errs[:before]
	return entries, ok
}

// syntax reports what the YAML parser found.
func (r *reader) syntax(err error) {
	at, msg := Pos{Line: 1, Column: 1}, err.Error()
	var s *yaml.SyntaxError
	if errors.As(err, &s) {
		msg = s.Message
		if s.Token != nil && s.Token.Position != nil {
			at.Line = min(max(1, s.Token.Position.Line), len(r.lines))
			at.Column = max(1, s.Token.Position.Column)
		}
	}
	plain, hint := plainSyntax(msg)
	at.Path = r.pathAt(at)
	if line, mark := r.unclosed(at); hint == "" && mark != "" {
		at.Path = r.pathAt(Pos{Line: line, Column: len(r.lines[line-1])})
		hint = fmt.Sprintf("perhaps the %s in line %d is not closed", mark, line)
		if strings.Contains("[{", mark) && comment.MatchString(r.lines[line-1]) {
			hint = fmt.Sprintf("the # in line %d begins a comment: quote a value that it is part of", line)
		}
	}
	if hint == "" {
		hint = r.syntaxHint(at)
	}
	r.fail(at, plain, hint)
}
