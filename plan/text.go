package plan

import (
	"fmt"
	"io"
)

// Text writes the plan for a person: a line a change, as many as limit (0:
// all), then the counts. A file that a run would do is marked + (new) or ~
// (changed), one that it leaves alone but that needs a look with !.
func (p *Plan) Text(w io.Writer, limit int) error {
	shown := 0
	for i := range p.Files {
		if limit > 0 && shown == limit {
			fmt.Fprintf(w, "  … and %d more (--json lists all)\n", len(p.Files)-shown)
			break
		}
		fmt.Fprintln(w, p.Files[i].line())
		shown++
	}
	_, err := fmt.Fprintf(w, "%s\n", p.Summary())
	return err
}

var marks = map[State]string{New: "+", Changed: "~", Unchanged: " ", Gone: "-", Missing: "!", Invalid: "!"}

func (f *File) line() string {
	s := fmt.Sprintf("  %s %s", marks[f.State], f.Source)
	if f.Output != "" && (f.State == New || f.State == Changed) {
		s += " → " + f.Output
	}
	if f.Why != "" {
		s += " (" + f.Why + ")"
	}
	return s
}

// Summary returns the counts in one line, such as
// "12 files: 2 new, 1 changed, 9 unchanged".
func (p *Plan) Summary() string {
	s := fmt.Sprintf("%d %s:", p.Counts.Total(), plural(p.Counts.Total(), "file"))
	sep := " "
	for _, state := range States {
		if n := p.Counts[state]; n > 0 {
			s += fmt.Sprintf("%s%d %s", sep, n, state)
			sep = ", "
		}
	}
	if sep == " " {
		s = "no files"
	}
	return s
}

func plural(n int64, word string) string {
	if n == 1 {
		return word
	}
	return word + "s"
}
