package plan

import (
	"cmp"
	"fmt"
	"io"
	"slices"
	"strings"
)

// Text writes the plan for a person: a line a change, as many as limit (0:
// all), then the counts. A file that a run would do is marked + (new) or ~
// (changed), one that it leaves alone but that needs a look with ! or -. If not
// all can be shown, those that are not new come first. The folder that several
// files share is written once, above them.
func (p *Plan) Text(w io.Writer, limit int) error {
	if p.Table != nil {
		return p.rowsText(w, limit)
	}
	files := p.Files
	if limit > 0 && len(files) > limit {
		files = slices.Clone(files)
		slices.SortStableFunc(files, func(a, b File) int { return cmp.Compare(urgency[a.State], urgency[b.State]) })
		files = files[:limit]
	}
	from, to := "", ""
	if len(files) > 2 {
		from, to = folder(files, func(f *File) string { return f.Source }), folder(files, (*File).made)
	}
	if from == "" || to == "" {
		from, to = "", ""
	} else {
		fmt.Fprintln(w, arrow(from, to))
	}
	for i := range files {
		f := &files[i]
		s := fmt.Sprintf("  %s %s", marks[f.State], arrow(strings.TrimPrefix(f.Source, from), strings.TrimPrefix(f.made(), to)))
		if f.Why != "" {
			s += " (" + f.Why + ")"
		}
		fmt.Fprintln(w, s)
	}
	if more := len(p.Files) - len(files); more > 0 {
		fmt.Fprintf(w, "  … and %d more (--json lists all)\n", more)
	}
	_, err := fmt.Fprintf(w, "%s\n", p.Summary())
	return err
}

var (
	marks   = map[State]string{New: "+", Changed: "~", Update: "~", Unchanged: " ", Gone: "-", Delete: "-", Missing: "!", Invalid: "!"}
	urgency = map[State]int{Invalid: 0, Missing: 1, Gone: 2, Changed: 3, New: 4}
)

// made is the output that a run would write, "" if it writes none.
func (f *File) made() string {
	if f.State == New || f.State == Changed {
		return f.Output
	}
	return ""
}

func arrow(from, to string) string {
	if to == "" {
		return from
	}
	return from + " → " + to
}

// folder returns what the names that there are begin with, up to a slash.
func folder(files []File, name func(*File) string) string {
	common, first := "", true
	for i := range files {
		n := name(&files[i])
		if n == "" {
			continue
		}
		if first {
			common, first = n, false
		}
		for !strings.HasPrefix(n, common) {
			common = common[:len(common)-1]
		}
		common = common[:strings.LastIndexByte(common, '/')+1]
	}
	if strings.HasSuffix(common, "://") {
		return ""
	}
	return common
}

// Summary returns the counts in one line, such as
// "12 files: 2 new, 1 changed, 9 unchanged".
func (p *Plan) Summary() string {
	word, states := "file", States
	if p.Table != nil {
		word, states = "row", RowStates
	}
	s := fmt.Sprintf("%d %s:", p.Counts.Total(), plural(p.Counts.Total(), word))
	sep := " "
	for _, state := range states {
		if n := p.Counts[state]; n > 0 {
			s += fmt.Sprintf("%s%d %s", sep, n, state)
			sep = ", "
		}
	}
	if sep == " " {
		s = "no " + word + "s"
	}
	return s
}

func plural(n int64, word string) string {
	if n == 1 {
		return word
	}
	return word + "s"
}
