package format

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"

	"go.yaml.in/yaml/v4"

	"github.com/seed-128c3863/sluice/row"
)

// A file of many records is split at its lines into parts that are parsed one
// after the other. In block style that is sure: all that belongs to an item, or
// to an entry of a mapping, is indented deeper than it.

// yamlPart is about how many bytes of a list are parsed at once.
const yamlPart = 32 << 10

// mostYAMLPart is from how many bytes on a part that is no YAML is not tried once
// more with what follows.
const mostYAMLPart = 1 << 20

// A yamlLine is what is told of a line by how it begins.
type yamlLine struct {
	next    int    // index after the line
	indent  int    // spaces that it begins with
	text    []byte // the rest of it
	blank   bool   // there is nothing, or a comment
	marker  byte   // '-' of one that begins a document, '.' of one that ends it
	bare    bool   // nothing stands after the marker
	dash    bool   // it begins an item of a list
	closing bool   // it begins with a closing bracket
}

// lineOf reads the line of d at i. It needs all of it.
func lineOf(d []byte, i int, whole bool) (l yamlLine, err error) {
	n := bytes.IndexByte(d[i:], '\n')
	if n < 0 {
		if !whole {
			return l, errMore
		}
		n = len(d) - i - 1
	}
	l.next = i + n + 1
	line := bytes.TrimRight(d[i:l.next], "\r\n")
	l.text = bytes.TrimLeft(line, " ")
	l.indent = len(line) - len(l.text)
	begins := func(mark string) bool {
		return bytes.HasPrefix(l.text, []byte(mark)) && (len(l.text) == len(mark) || strings.IndexByte(" \t", l.text[len(mark)]) >= 0)
	}
	switch {
	case isRest(l.text):
		l.blank = true
	case l.indent == 0 && (begins("---") || begins("...")):
		l.marker, l.bare = l.text[0], isRest(l.text[3:])
	case begins("-"):
		l.dash = true
	default:
		l.closing = l.text[0] == ']' || l.text[0] == '}'
	}
	return l, nil
}

// isRest says whether there is nothing more on a line, or a comment.
func isRest(text []byte) bool {
	rest := bytes.TrimLeft(text, " \t")
	return len(rest) == 0 || rest[0] == '#'
}

// isKey says whether a line may be one of a mapping in block style, whose keys
// are plain or in quotes.
func (l yamlLine) isKey() bool {
	return !l.dash && !l.blank && l.marker == 0 && bytes.IndexByte([]byte("[]{}&*!|>%@`?,"), l.text[0]) < 0 && bytes.IndexByte(l.text, ':') > 0
}

// isVersion says whether a line names a version of YAML, which all are read as the
// same.
func (l yamlLine) isVersion() bool {
	return l.indent == 0 && bytes.HasPrefix(l.text, []byte("%YAML 1."))
}

// names returns what follows a key on its line, if the key is name.
func (l yamlLine) names(name string) (rest []byte, ok bool) {
	for _, key := range []string{name, `"` + name + `"`, "'" + name + "'"} {
		if rest, ok = bytes.CutPrefix(l.text, []byte(key)); ok {
			if rest, ok = bytes.CutPrefix(bytes.TrimLeft(rest, " \t"), []byte(":")); ok && (len(rest) == 0 || rest[0] == ' ' || rest[0] == '\t') {
				return rest, true
			}
		}
	}
	return nil, false
}

// content passes lines without content and returns the next, which stays.
func (r *YAMLReader) content() (yamlLine, error) {
	for {
		d := r.src.rest()
		if len(d) == 0 && r.src.whole {
			return yamlLine{}, io.EOF
		}
		l, err := lineOf(d, 0, r.src.whole)
		if err != nil || !l.blank {
			return l, err
		}
		r.consume(l.next)
	}
}

// consume passes n bytes.
func (r *YAMLReader) consume(n int) {
	r.line += int64(bytes.Count(r.src.rest()[:n], []byte("\n")))
	r.src.pos += n
}

// A verdict says whether a part ends before a line.
type verdict int

const (
	goesOn verdict = iota
	mayEnd         // if it is long enough
	ends
)

// extent returns how many bytes from the source's position on are a part, and
// whether something else follows.
func (r *YAMLReader) extent(of func(l yamlLine, first bool) verdict) (n int, last bool, err error) {
	d := r.src.rest()
	for i := 0; i < len(d); {
		l, err := lineOf(d, i, r.src.whole)
		if err != nil {
			return 0, false, err
		}
		if !l.blank {
			switch v := of(l, i == 0); {
			case v == ends, v == mayEnd && i >= max(r.part, r.least):
				return i, v == ends, nil
			}
		}
		i = l.next
	}
	if !r.src.whole {
		return 0, false, errMore
	}
	return len(d), true, nil
}

// entry reads the next entry of the mapping that leads to the rows.
func (r *YAMLReader) entry(*row.Batch) error {
	l, err := r.content()
	if err == nil && l.marker == 0 {
		for top := len(r.levels) - 1; top > 0 && l.indent < r.levels[top] && r.passed; top-- {
			r.levels = r.levels[:top]
		}
	}
	k := len(r.levels) - 1
	switch {
	case errors.Is(err, io.EOF), err == nil && (l.marker != 0 || l.indent < r.levels[k]):
		if !r.passed {
			return r.noWay(k, r.line, fmt.Sprintf("has no key %q", r.o.At[k].Name))
		}
		r.step = r.document
		if err == nil && l.marker == 0 {
			return r.fault(r.line, "this is not indented as any of the lines before it are")
		}
		return nil
	case err != nil:
		return err
	}
	if into, err := r.descend(l, k); into || err != nil {
		return err
	}
	return r.other(k)
}

// descend goes into the value of an entry if that leads to the rows and is in
// block style.
func (r *YAMLReader) descend(l yamlLine, k int) (into bool, err error) {
	rest, ok := l.names(r.o.At[k].Name)
	if !ok || !isRest(rest) || r.passed || l.indent != r.levels[k] {
		return false, nil
	}
	d := r.src.rest()
	below, i := yamlLine{blank: true}, l.next
	for i < len(d) && below.blank {
		if below, err = lineOf(d, i, r.src.whole); err != nil {
			return false, err
		}
		i = below.next
	}
	switch {
	case below.blank && !r.src.whole:
		return false, errMore
	case below.blank || below.marker != 0:
	case k+1 == len(r.o.At) && below.dash && below.indent >= l.indent:
		r.consume(l.next)
		if _, err := r.content(); err != nil {
			return false, err
		}
		r.rowsAt, r.step = below.indent, r.items
		return true, nil
	case k+1 < len(r.o.At) && !r.o.At[k+1].IsIndex && below.indent > l.indent && below.isKey():
		r.consume(l.next)
		r.levels = append(r.levels, below.indent)
		return true, nil
	}
	return false, nil
}

// other reads an entry that is parsed at once: it leads to the rows, or stands
// beside them.
func (r *YAMLReader) other(k int) error {
	n, _, err := r.extent(func(l yamlLine, first bool) verdict {
		if !first && (l.marker != 0 || l.indent <= r.levels[k] && !(l.indent == r.levels[k] && l.dash) && !l.closing) {
			return ends
		}
		return goesOn
	})
	if err != nil {
		return err
	}
	line := r.line
	root, err := r.parse(n)
	if err != nil {
		return err
	}
	if root == nil || root.Kind != yaml.MappingNode {
		return r.fault(line, "this is no entry of a mapping as the lines before it are")
	}
	for i := 0; i+1 < len(root.Content); i += 2 {
		if key := target(root.Content[i]); key == nil || key.Value != r.o.At[k].Name {
			continue
		}
		if r.passed {
			return r.fault(line, fmt.Sprintf("the key %q, in which the rows are, stands twice", r.o.At[k].Name))
		}
		r.after = r.entry
		return r.found(root, k)
	}
	return nil
}
