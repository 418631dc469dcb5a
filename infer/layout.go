package infer

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/seed-128c3863/sluice/format"
)

// A layout is how records lie in a file.
type layout struct {
	shape format.Shape
	at    format.Path
	also  []format.Path // where records might be as well

	beside []string // keys of the document that at passes by
}

func (l layout) String() string {
	if l.shape == format.Columns {
		return "columns"
	}
	return l.at.String()
}

// guess finds out how records lie in the samples: as most of those say that
// are one object. Other files leave no doubt.
func (d *draft) guess(samples []*sample) layout {
	votes := map[string]int{}
	var best layout
	for _, s := range samples {
		l := guessOne(s, d.place.form == "ndjson")
		if l.shape == format.Columns && d.place.form == "yaml" {
			l = layout{}
		}
		best.also = append(best.also, l.also...)
		if l.shape == format.Records && l.at == nil {
			continue
		}
		votes[l.String()]++
		if also := best.also; votes[l.String()] > votes[best.String()] || best.String() == "" {
			best = l
			best.also = also
		}
	}
	return best
}

// guessOne finds out how records lie in one sample.
func guessOne(s *sample, lines bool) layout {
	data := bytes.TrimSpace(bytes.TrimPrefix(s.data, []byte("\xef\xbb\xbf")))
	if len(data) == 0 || data[0] != '{' || lines {
		return layout{}
	}
	records, bad, err := readRecords(s, layout{}, 2)
	switch {
	case len(records) == 0 && s.cut:
		return layout{at: firstList(data)}
	case len(records) != 1 || len(bad) > 0 || err != nil:
		return layout{}
	}
	if isColumns(records[0]) {
		return layout{shape: format.Columns}
	}
	level := []format.Path{nil}
	for depth := 1; depth <= mostDepth && len(level) > 0; depth++ {
		lists, objects := membersAt(records[0], level)
		if len(lists) == 1 {
			return layout{at: lists[0], beside: beside(records[0], lists[0])}
		}
		if len(lists) > 1 {
			return layout{also: lists}
		}
		level = objects
	}
	return layout{}
}

// beside returns the keys of a document but for that which a path goes by.
func beside(document []byte, p format.Path) []string {
	var keys []string
	members(document, func(key string, _ []byte) {
		if key != p[0].Name {
			keys = append(keys, key)
		}
	})
	return keys
}

// members calls each for the members of an object, in order. It reports
// whether text is an object.
func members(text []byte, each func(key string, value []byte)) bool {
	d := json.NewDecoder(bytes.NewReader(text))
	if t, err := d.Token(); err != nil || t != json.Delim('{') {
		return false
	}
	for d.More() {
		key, err := d.Token()
		if err != nil {
			return false
		}
		var value json.RawMessage
		if d.Decode(&value) != nil {
			return false
		}
		each(key.(string), value)
	}
	return true
}

// membersAt returns the paths one step beyond those given that lead to lists
// of objects, and to objects.
func membersAt(record []byte, from []format.Path) (lists, objects []format.Path) {
	for _, path := range from {
		value := record
		for _, step := range path {
			value, _, _ = format.Lookup(value, step)
		}
		members(value, func(key string, v []byte) {
			next := append(slices.Clone(path), format.Step{Name: key})
			switch {
			case isListOfObjects(v):
				lists = append(lists, next)
			case len(v) > 0 && v[0] == '{' && !idLike(key):
				objects = append(objects, next)
			}
		})
	}
	return lists, objects
}

func isListOfObjects(text []byte) bool {
	if len(text) == 0 || text[0] != '[' {
		return false
	}
	var list []json.RawMessage
	if json.Unmarshal(text, &list) != nil || len(list) == 0 {
		return false
	}
	return !slices.ContainsFunc(list, func(v json.RawMessage) bool { return v[0] != '{' })
}

// isColumns says whether a document is pandas' object of columns: objects of
// values that all have the same numbers as keys, or lists of scalars that are
// equally long.
func isColumns(text []byte) bool {
	var index []string
	n, length, is := 0, 0, true
	members(text, func(_ string, v []byte) {
		n++
		if !is {
			return
		}
		switch v[0] {
		case '{':
			var keys []string
			members(v, func(key string, _ []byte) { keys = append(keys, key) })
			if n == 1 {
				index = keys
			}
			is = length == 0 && len(keys) > 0 && allDigits(keys) && slices.Equal(index, keys)
		case '[':
			var list []json.RawMessage
			_ = json.Unmarshal(v, &list) // it is valid JSON
			if n == 1 {
				length = len(list)
			}
			is = index == nil && length == len(list) && length > 0 && !slices.ContainsFunc(list, func(e json.RawMessage) bool { return e[0] == '{' || e[0] == '[' })
		default:
			is = false
		}
	})
	return is && n > 0 && (index != nil || n > 1)
}

func allDigits(texts []string) bool {
	return !slices.ContainsFunc(texts, func(s string) bool { return s == "" || strings.Trim(s, "0123456789") != "" })
}

// firstList returns the path to the first list of objects in a document that
// is cut off; nil if there is none.
func firstList(data []byte) format.Path {
	return descend(json.NewDecoder(bytes.NewReader(data)), data, nil)
}

// descend passes one value of data, and returns the path to a list of objects
// in it.
func descend(d *json.Decoder, data []byte, path format.Path) format.Path {
	t, err := d.Token()
	if err != nil || t != json.Delim('{') {
		return nil
	}
	for d.More() {
		key, err := d.Token()
		if err != nil {
			return nil
		}
		rest := bytes.TrimLeft(data[d.InputOffset():], ": \t\r\n")
		next := append(slices.Clone(path), format.Step{Name: key.(string)})
		switch {
		case bytes.HasPrefix(rest, []byte("[")) && bytes.HasPrefix(bytes.TrimLeft(rest[1:], " \t\r\n"), []byte("{")):
			return next
		case bytes.HasPrefix(rest, []byte("{")) && len(next) < mostDepth:
			if found := descend(d, data, next); found != nil {
				return found
			}
		default:
			var skipped json.RawMessage
			if d.Decode(&skipped) != nil {
				return nil
			}
		}
	}
	_, _ = d.Token() // the closing brace: what is wrong with it shows at the next
	return nil
}

// explainLayout notes what could also be otherwise.
func (d *draft) explainLayout() {
	switch {
	case d.layout.shape == format.Columns:
		d.notes = append(d.notes, "each file is an object of columns, as pandas writes it (shape: columns)")
	case d.layout.at != nil:
		note := fmt.Sprintf("each file is one object, and its records are taken to be those at %s", d.layout.at)
		if keys := d.layout.beside; len(keys) > 0 {
			note += fmt.Sprintf("; what is beside them is not read (%s)", some(keys))
		}
		d.notes = append(d.notes, note)
	case len(d.layout.also) > 0:
		var paths []string
		for _, p := range d.layout.also {
			if text := p.String(); !slices.Contains(paths, text) {
				paths = append(paths, text)
			}
		}
		d.notes = append(d.notes, fmt.Sprintf("each file is taken as one record; if its records are those of a list in it, say so by at: %s", strings.Join(paths, " or ")))
	}
}
