package infer

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/seed-128c3863/sluice/spec"
	"github.com/seed-128c3863/sluice/store"
)

// A level is one folder of the files' names.
type level struct {
	text    string // of a template, with the capture
	output  string // the same in the output's name
	capture string // "": a folder that all files are in
	hive    bool   // name=value, as tables in folders have it
}

// template makes the template of the chosen files, whose keys all begin with
// the prefix: what is the same for all of them at first is the source, and
// what differs is captured.
func (p *place) template(prefix string) {
	folder := prefix[:strings.LastIndexByte(prefix, '/')+1]
	begin := prefix[len(folder):]
	paths := p.below(folder, len(begin))
	if len(paths) == 0 { // the prefix is the whole name but for its extension
		p.take(p.files[0])
		return
	}
	t := names{taken: slices.Concat(spec.FileFields[:], []string{"source", "out"})}
	for i := range len(paths[0]) - 1 {
		values := make([]string, len(paths))
		for j := range paths {
			values[j] = paths[j][i]
		}
		l := t.level(values, begin)
		if l.capture == "" && len(p.levels) == 0 {
			folder += values[0] + "/"
		} else {
			p.levels = append(p.levels, l)
		}
		begin = ""
	}
	p.source = strings.TrimSuffix(p.root+folder, "/")
	if p.source == "" && folder == "" {
		p.source = "." // a path that begins with a slash is another one
	}
	p.write(escape(begin) + "{*" + t.unused("base") + "}" + escape(p.ext))
}

// below returns the paths of the files below a folder, folder by folder. Files
// of whose name a prefix and the extension leave nothing to capture are not
// taken, unless that is none.
func (p *place) below(folder string, prefix int) [][]string {
	var paths [][]string
	var files []store.Info
	for _, f := range p.files {
		path := strings.Split(f.Key[len(folder):], "/")
		if len(path) > 1 || len(path[0]) > prefix+len(p.ext) {
			paths, files = append(paths, path), append(files, f)
		}
	}
	if len(files) > 0 {
		p.files = files
	}
	return paths
}

// write writes the templates of the names of files and outputs.
func (p *place) write(base string) {
	p.names, p.output = "/", ""
	for _, l := range p.levels {
		p.names += l.text + "/"
		p.output += l.output + "/"
	}
	p.names += base
	if inner(p.ext) == "" {
		p.output += "{file.name}.parquet"
	} else {
		p.output += "{file.stem}.parquet"
	}
}

// names gives captures their names, each its own.
type names struct {
	taken []string
	last  string // the capture before
}

func (n *names) unused(name string) string {
	for i := 2; slices.Contains(n.taken, name); i++ {
		name = strings.TrimRight(name, "0123456789") + strconv.Itoa(i)
	}
	n.taken = append(n.taken, name)
	return name
}

var hiveFolder = regexp.MustCompile(`^([A-Za-z_][A-Za-z0-9_]*)=.`)

// level makes one of the names of a folder, one for each file. begin is what
// they all begin with.
func (n *names) level(values []string, begin string) level {
	distinct := slices.Compact(slices.Sorted(slices.Values(values)))
	if begin == "" {
		if key, ok := hiveKey(distinct); ok {
			name := n.unused(key)
			return level{escape(key) + "={*" + name + "}", escape(key) + "={" + name + "}", name, true}
		}
		if name := n.calendar(distinct); name != "" {
			name = n.unused(name)
			return level{"{*" + name + "}", "{" + name + "}", name, false}
		}
	}
	if len(distinct) == 1 && !strings.Contains(distinct[0], "*") {
		return level{text: escape(distinct[0]), output: escape(distinct[0])}
	}
	if slices.Contains(distinct, begin) {
		begin = "" // a capture is not empty
	}
	name := n.unused("folder")
	return level{escape(begin) + "{*" + name + "}", escape(begin) + "{" + name + "}", name, false}
}

func hiveKey(values []string) (string, bool) {
	key := ""
	for _, v := range values {
		m := hiveFolder.FindStringSubmatch(v)
		if m == nil || key != "" && m[1] != key {
			return "", false
		}
		key = m[1]
	}
	return key, true
}

// calendar returns the name of a part of a date that all values are, which
// depends on the folder before it; "" if they are none.
func (n *names) calendar(values []string) string {
	all := func(is func(string) bool) bool {
		return !slices.ContainsFunc(values, func(v string) bool { return !is(v) })
	}
	between := func(digits, low, high int) func(string) bool {
		return func(v string) bool {
			i, err := strconv.Atoi(v)
			return err == nil && len(v) == digits && i >= low && i <= high
		}
	}
	name := ""
	switch {
	case all(isDate):
		name = "date"
	case all(between(4, 1970, 2100)):
		name = "year"
	case n.last == "year" && all(between(2, 1, 12)):
		name = "month"
	case n.last == "month" && all(between(2, 1, 31)):
		name = "day"
	case (n.last == "day" || n.last == "date") && all(between(2, 0, 23)):
		name = "hour"
	}
	n.last = name
	return name
}

func isDate(text string) bool {
	_, err := time.Parse(time.DateOnly, text)
	return err == nil
}

// escape makes a text stand for itself in a template.
func escape(text string) string {
	return strings.NewReplacer("{", "{{", "}", "}}").Replace(text)
}

// folderNote says how columns are made of what the names of folders say.
func (p *place) folderNote() []string {
	var notes []string
	for _, l := range p.levels {
		switch {
		case l.hive:
			notes = append(notes, fmt.Sprintf("%s stands in the names of the outputs' folders, where readers of tables in folders look for it.", l.capture))
		case l.capture != "":
			notes = append(notes, fmt.Sprintf("For a column of the folder's name: {type: string, value: file.%s}.", l.capture))
		}
	}
	return notes
}
