package infer

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"unicode"

	"github.com/seed-128c3863/sluice/format"
	"github.com/seed-128c3863/sluice/spec"
)

const (
	mostDepth   = 3   // steps of a path to a column
	mostColumns = 200 // beyond it objects are kept whole
)

// A column is one column of the job.
type column struct {
	name    string
	path    format.Path
	maybe   []bool // by step of path: the value before it may be null
	typ     string
	empty   bool   // an empty text is null
	comment string // "": none
	unsure  bool   // a person should look at it
	plain   bool   // it never holds a list or an object
	options string // how texts are written, as in ", decimal: x"
}

// choose makes columns of what was seen, less deep if there would be too many.
func (d *draft) choose() error {
	d.root = &seen{table: d.place.isTable()}
	for _, s := range d.samples {
		for _, r := range s.records {
			d.root.observe(r)
		}
	}
	for depth := mostDepth; depth > 0; depth-- {
		d.columns = d.columns[:0]
		d.flatten(d.root, nil, nil, depth)
		if d.root.table || len(d.columns) <= mostColumns {
			break
		}
		if depth == mostDepth {
			d.notes = append(d.notes, fmt.Sprintf("there are more than %d values in a record: objects in it are kept as json", mostColumns))
		}
	}
	if d.root.crowd {
		d.notes = append(d.notes, fmt.Sprintf("records have more than %d keys: the others have no column", mostMembers))
	}
	if err := d.settleText(); err != nil {
		return err
	}
	if d.samples[0].columnar != nil {
		d.chooseTyped()
	}
	used := map[string]bool{}
	for _, c := range d.columns {
		c.name = unusedName(nameOfPath(c.path), used)
	}
	return nil
}

// flatten makes columns of the members of an object.
func (d *draft) flatten(s *seen, path format.Path, maybe []bool, depth int) {
	absent := len(path) > 0 && s.nulls > 0 // in a record, there is always one
	for _, key := range s.keys {
		m := s.members[key]
		to := append(path[:len(path):len(path)], format.Step{Name: key})
		null := append(maybe[:len(maybe):len(maybe)], absent)
		whole := m.objects > 0 && m.objects == m.values() && len(m.keys) > 0 && !m.varies()
		if whole && depth > 1 {
			part := *m
			part.nulls += max(0, s.objects-m.n) // where the key is not there at all
			d.flatten(&part, to, null, depth-1)
			continue
		}
		c := m.column()
		c.path, c.maybe = to, null
		if m.lists > 0 && m.lists == m.values() && m.elems.objects > 0 && len(m.elems.keys) > 0 && !m.elems.varies() {
			inside := &column{path: append(to[:len(to):len(to)], format.Step{Index: 0, IsIndex: true}, format.Step{Name: m.elems.keys[0]}), maybe: append(null, false, false)}
			c.comment += ": " + inside.expression() + " is a value of the first"
		}
		d.columns = append(d.columns, c)
	}
}

// column chooses the type of a column that holds what was seen.
func (s *seen) column() *column {
	all := s.values()
	c := &column{plain: s.objects+s.lists == 0}
	switch {
	case all == 0:
		c.typ, c.comment, c.unsure = "string", "null in every record of the sample", true
	case s.objects == all:
		c.typ, c.comment = "json", s.objectComment()
	case s.lists == all:
		s.listColumn(c)
	case s.scalars() < all:
		c.typ, c.comment, c.unsure = "json", "mixed: "+s.mixture(), true
	default:
		s.scalarColumn(c)
	}
	return c
}

func (s *seen) objectComment() string {
	switch {
	case len(s.keys) == 0:
		return "objects without a key in the sample"
	case s.varies():
		return fmt.Sprintf("keys vary, such as %s", shorten(fmt.Sprintf("%q", s.keys[0]), 40))
	}
	return "an object"
}

// listColumn chooses the type of a column of lists.
func (s *seen) listColumn(c *column) {
	e := s.elems
	switch all := e.values(); {
	case all == 0:
		c.typ, c.comment, c.unsure = "json", "lists, empty in every record of the sample", true
	case e.objects == all:
		c.typ, c.comment = "json", "a list of objects"
	case e.scalars() == all:
		elem := &column{}
		if e.scalarColumn(elem); elem.unsure && elem.typ == "string" {
			c.typ, c.comment, c.unsure = "json", "lists of values that are "+elem.comment, true
			return
		} else if elem.empty {
			elem.typ = "string"
		}
		c.typ, c.comment, c.unsure = "list("+elem.typ+")", elem.comment, elem.unsure
	default:
		c.typ, c.comment = "json", "lists of "+e.mixture()
	}
}

// scalarColumn chooses the type of values that are neither lists nor objects.
func (s *seen) scalarColumn(c *column) {
	all, filled := s.values(), s.texts-s.empty
	numbers := s.numbers()
	switch {
	case s.texts == all:
		c.typ = "string"
		switch {
		case filled == 0:
		case s.dates == filled:
			c.typ = "date"
		case s.dates+s.stamps == filled:
			c.typ = "timestamp"
		case s.zoned == filled:
			c.typ = "timestamptz"
		case s.times == filled:
			c.typ = "time"
		case s.uuids == filled:
			c.typ = "uuid"
		case s.zoned > 0 && s.zoned+s.stamps+s.dates == filled:
			c.comment, c.unsure = "times with a zone and without", true
		}
		c.empty = c.typ != "string" && s.empty > 0
	case s.bools == all:
		c.typ = "bool"
	case numbers < all:
		c.typ, c.comment, c.unsure = "string", "mixed: "+s.mixture(), true
	case s.huge > 0:
		c.typ, c.comment, c.unsure = "string", "numbers too large for any type", true
	case s.floats > 0:
		c.typ = "float64"
	case s.wides > 0:
		c.typ, c.comment, c.unsure = "decimal(38,0)", "integers beyond 64 bits", true
	default:
		c.typ = "int64"
	}
}

// mixture says how many values of each kind there are.
func (s *seen) mixture() string {
	var parts []string
	for _, p := range []struct {
		n    int
		word string
	}{{s.texts, "text"}, {s.numbers(), "number"}, {s.bools, "bool"}, {s.objects, "object"}, {s.lists, "list"}} {
		if p.n > 0 {
			parts = append(parts, count(p.n, p.word))
		}
	}
	return strings.Join(parts, ", ")
}

// widen gives the column a type that holds more, and says whether there is one.
func (c *column) widen(why string) bool {
	switch {
	case c.typ == "json":
		return false
	case c.plain && c.typ != "string":
		c.typ = "string"
	default:
		c.typ = "json"
	}
	c.options = ""
	c.empty, c.comment, c.unsure = false, "not of one type: "+why, true
	return true
}

// nameOfPath joins the names of a path by _, with what databases do not take
// without quotes left out.
func nameOfPath(p format.Path) string {
	parts := make([]string, len(p))
	for i, s := range p {
		parts[i] = safe(s.Name)
	}
	name := strings.Join(parts, "_")
	if name == "" || strings.Trim(name, "_") == "" {
		return "column"
	}
	if unicode.IsDigit([]rune(name)[0]) {
		name = "_" + name
	}
	return name
}

// safe replaces what is no letter, digit or _ in a key by _, but not at its
// ends.
func safe(key string) string {
	words := strings.FieldsFunc(key, func(r rune) bool {
		return r != '_' && !unicode.IsLetter(r) && !unicode.IsDigit(r) && !unicode.IsMark(r)
	})
	return strings.Join(words, "_")
}

// unusedName makes a name unlike those used, whatever the case of letters.
func unusedName(name string, used map[string]bool) string {
	out := name
	for i := 2; used[strings.ToLower(out)]; i++ {
		out = name + "_" + strconv.Itoa(i)
	}
	used[strings.ToLower(out)] = true
	return out
}

// source returns the key of the column that says where its value is, and what
// it says.
func (c *column) source() (key, text string) {
	for _, maybe := range c.maybe {
		if maybe {
			return "value", c.expression()
		}
	}
	return "from", c.path.String()
}

var identifier = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_]*$`)

// expression returns the path as an expression, in which ?. stands where the
// value before it may be null.
func (c *column) expression() string {
	text := "row"
	for i, step := range c.path {
		simple := identifier.MatchString(step.Name) && !spec.Reserved(step.Name)
		switch {
		case step.IsIndex:
			text += fmt.Sprintf("[%d]", step.Index)
		case simple && c.maybe[i]:
			text += "?." + step.Name
		case simple:
			text += "." + step.Name
		case c.maybe[i]:
			text += "?.[" + strconv.Quote(step.Name) + "]"
		default:
			text += "[" + strconv.Quote(step.Name) + "]"
		}
	}
	return text
}
