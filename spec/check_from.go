package spec

import (
	"fmt"
	"slices"
	"strings"
)

// names are the names that a template may have.
type names struct {
	known    []string
	captures bool
	what     string // in words
}

// checkNames reports the names of a template that are not known there.
func (c *checker) checkNames(t Template, n names) {
	for _, p := range t.Parts {
		at := p.Column - 1
		switch {
		case p.Name == "" || p.Env:
		case p.Capture && n.captures:
		case p.Capture:
			hint := "captures stand in from.files only"
			if slices.Contains(n.known, p.Name) {
				hint = fmt.Sprintf("write {%s}", p.Name)
			}
			c.failAt(t.Text, &fault{at, fmt.Sprintf("{*%s} cannot be captured here", p.Name), hint})
		case !slices.Contains(n.known, p.Name):
			c.failAt(t.Text, &fault{at, fmt.Sprintf("{%s} is not known here", p.Name), unknownName(p.Name, n)})
		}
	}
}

func unknownName(name string, n names) string {
	if hint := Suggest(name, n.known); hint != "" {
		return hint
	}
	if n.captures {
		return fmt.Sprintf("{*%s} captures it from the keys found by listing", name)
	}
	switch {
	case len(n.known) == 0:
		return "known here: " + n.what + ", of which there are none"
	case len(n.known) <= 8:
		return "known here: " + strings.Join(n.known, ", ")
	}
	return "known here: " + n.what
}

// checkBucket reports a bucket or host that is not known before the files are.
func (c *checker) checkBucket(t Template) {
	for _, p := range t.Parts {
		if p.Name == "" || p.Env || !p.Capture && slices.Contains(c.params, p.Name) {
			continue
		}
		before := t.S[:p.Column-1]
		if m := scheme.FindString(before); m != "" && m != "file://" && !strings.Contains(before[len(m):], "/") {
			c.failAt(t.Text, &fault{p.Column - 1, "the bucket must be known before the files are", "use a param"})
		}
		return
	}
}

func (c *checker) checkFrom() {
	from := &c.job.From
	eachFailed := c.failed("from.each")
	c.checkEach(from)
	c.checkFormat(from)
	for _, t := range from.Files {
		c.checkBucket(t)
		c.checkWildcards(t)
		if t.S == "-" && len(from.Files) > 1 {
			c.failAt(t.Text, &fault{0, "standard input is one file by itself", "leave the others out"})
		}
		switch {
		case from.Each == nil:
			c.checkCaptures(t, from.Fields())
		case !eachFailed:
			c.checkNames(t, names{known: slices.Concat(c.params, from.Fields()), what: "params and the fields of each"})
		}
	}
}

// checkCaptures checks the names of a template of files that are found by
// listing, of which all have the captures given.
func (c *checker) checkCaptures(t Template, all []string) {
	c.checkNames(t, names{known: slices.Concat(c.params, all), captures: true, what: "params and captures"})
	for _, p := range t.Parts {
		if p.Capture {
			c.checkField(Text{S: p.Name, Pos: place(c.lines, t.Text, p.Column-1)})
		}
	}
}

// checkField checks the name of a field or capture.
func (c *checker) checkField(name Text) {
	if fault := fieldFault(name.S); fault != nil {
		c.fail(name.Pos, fault.msg, fault.hint)
	}
	if slices.Contains(c.params, name.S) {
		c.fail(name.Pos, fmt.Sprintf("{%s} is a param as well", name.S), "give one of them another name")
	}
}

// checkWildcards reports what a capture is for.
func (c *checker) checkWildcards(t Template) {
	for _, p := range t.Parts {
		if star := strings.IndexByte(p.Literal, '*'); p.Name == "" && star >= 0 {
			c.failAt(t.Text, &fault{p.Column - 1 + star, `"*" is no wildcard`, "a capture is one, as in {*day}"})
			return
		}
	}
	if strings.HasPrefix(t.S, "https://") && len(t.Captures()) > 0 {
		c.failAt(t.Text, &fault{0, "https:// has no listing to capture from", "name the files, or list them with each"})
	}
}

func (c *checker) checkEach(from *From) {
	each := from.Each
	if each == nil {
		return
	}
	failed := c.failed("from.each")
	if each.File != nil {
		c.checkNames(*each.File, names{known: c.params, what: "params"})
	}
	if failed {
		return // its fields may not be known
	}
	for i, f := range each.Fields {
		c.checkField(f)
		if slices.ContainsFunc(each.Fields[:i], func(other Text) bool { return other.S == f.S }) {
			c.fail(f.Pos, fmt.Sprintf("the field %q is there twice", f.S), "leave one out")
		}
	}
	fields := from.Fields()
	for _, t := range from.Files {
		uses := slices.ContainsFunc(t.Parts, func(p Part) bool { return slices.Contains(fields, p.Name) || p.Capture })
		if !uses && len(fields) > 0 {
			c.failAt(t.Text, &fault{0, "each is there, but every entry names the same file", fmt.Sprintf("use a field of the entry, such as {%s}", fields[0])})
		}
	}
}

// checkFormat reports the keys that the format, if it is given, has no use for.
func (c *checker) checkFormat(from *From) {
	if _, given := c.there("from", "header"); !given && len(from.Positions) > 0 {
		from.Header = "" // no names stand above columns at positions
	}
	form := from.Format
	if form == "" && len(from.Files) > 0 && ending(from.Files[0]) == ".parquet" {
		form = "parquet" // which no file of another format is called
	}
	if form == "" {
		return
	}
	for _, k := range ofFormats {
		if !slices.Contains(k.formats, form) {
			c.failKey("from", k.key, fmt.Sprintf("format: %s has no use for this", form), "it is for "+strings.Join(k.formats, ", "))
		}
	}
	if from.Format == "fixed" && strings.Contains(from.Header, "-") {
		c.failKey("from", "header", "the names are those of positions", "header says behind which line the rows begin, as in header: 2")
	}
	if slices.Contains(jsonFormats, from.Format) && from.Encoding != "" && from.Encoding != "utf-8" {
		c.failKey("from", "encoding", "JSON is UTF-8 always", "leave it out")
	}
}

func listed(names []string) string {
	if len(names) == 0 {
		return "none"
	}
	return strings.Join(names, ", ")
}
