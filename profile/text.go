package profile

import (
	"fmt"
	"io"
	"math"
	"strconv"
	"strings"

	"github.com/seed-128c3863/sluice/plan"
)

// Text writes a profile for a person, in lines of at most 80 characters where
// values are not longer. On a terminal what is less important is dimmed.
func (p *Profile) Text(w io.Writer, terminal bool) error {
	t := &text{dim: terminal}
	t.line(p.head())
	if p.Partial {
		t.line("interrupted: this is a part of it")
	}
	for _, note := range p.Notes {
		t.line(note)
	}
	for _, bad := range p.Invalid {
		t.line(fmt.Sprintf("invalid: %s: %s", bad.File, bad.Why))
	}
	t.rejects("rows that cannot be read", p.Broken)
	most := 0
	for _, c := range p.Columns {
		most = max(most, min(plan.Wide(plan.Printable(c.Name)), 24))
	}
	for i := range p.Columns {
		t.line("")
		t.column(&p.Columns[i], p.Rows, most)
	}
	_, err := io.WriteString(w, t.out.String())
	return err
}

// head is the first line, such as "a.csv: 300 rows, 13 columns, 78.0 KiB".
func (p *Profile) head() string {
	files := ""
	if p.Files > 1 {
		files = fmt.Sprintf(" of %d files", p.Files)
	}
	return fmt.Sprintf("%s: %s%s, %s, %s", p.Source, many(p.Rows, "row"), files, many(int64(len(p.Columns)), "column"), size(p.Bytes))
}

// A text is what is written of a profile.
type text struct {
	out strings.Builder
	dim bool
}

func (t *text) line(text string) { t.out.WriteString(plan.Printable(text) + "\n") }

// label writes what a line is about, and the line.
func (t *text) label(label, text string) {
	if text == "" {
		return
	}
	label = fmt.Sprintf("  %-9s", label)
	if t.dim {
		label = "\x1b[2m" + label + "\x1b[0m"
	}
	t.out.WriteString(label + " " + plan.Printable(text) + "\n")
}

// column writes what is known of a column.
func (t *text) column(c *Column, rows int64, most int) {
	name := plan.Printable(c.Name)
	space := strings.Repeat(" ", max(0, most-plan.Wide(name)))
	if t.dim {
		name = "\x1b[1m" + name + "\x1b[0m"
	}
	fmt.Fprintf(&t.out, "%s%s  %s  %s\n", name, space, c.Type, strings.Join(c.facts(rows), ", "))
	if c.From != c.Name {
		t.label("from", c.From)
	}
	t.label("range", c.bounds())
	t.label("middle", c.middle())
	t.label("length", c.lengths())
	t.label("often", fit(c.often(), 68))
	if len(c.Top) < 3 {
		var examples []string
		for _, example := range c.Examples {
			examples = append(examples, item(plan.CutWide(example, 60)))
		}
		t.label("such as", fit(examples, 68))
	}
	t.rejects("rejects", c.Rejects)
}

// facts are counts of the column's values.
func (c *Column) facts(rows int64) (facts []string) {
	switch {
	case c.Values == 0:
		facts = append(facts, "no values")
	case !c.DistinctExact:
		facts = append(facts, fmt.Sprintf("~%s different (±%.1f%%)", digits(c.Distinct), 100*c.DistinctError))
	case c.Distinct == 1:
		facts = append(facts, "one value")
	case c.Distinct == c.Values:
		facts = append(facts, "all different")
	default:
		facts = append(facts, digits(c.Distinct)+" different")
	}
	if c.Nulls > 0 {
		facts = append(facts, digits(c.Nulls)+" null ("+percent(c.Nulls, rows)+")")
	}
	if c.Empty > 0 && c.Empty != c.Nulls {
		facts = append(facts, digits(c.Empty)+" empty")
	}
	if n := c.Rejects.Count; n > 0 {
		facts = append(facts, digits(n)+" rejected")
	}
	return facts
}

func (c *Column) bounds() string {
	switch {
	case c.Min == "" && c.Max == "":
		return ""
	case c.Min == c.Max:
		return plan.CutWide(c.Min, 60) + ", always"
	}
	return plan.CutWide(c.Min, 30) + " to " + plan.CutWide(c.Max, 30)
}

func (c *Column) middle() string {
	var parts []string
	if len(c.Quartiles) == 3 && c.Min != c.Max {
		about := ""
		if c.Sampled < c.Values {
			about = "~"
		}
		parts = append(parts, fmt.Sprintf("%[1]s%[2]s | %[1]s%[3]s | %[1]s%[4]s (quartiles)", about, c.Quartiles[0], c.Quartiles[1], c.Quartiles[2]))
	}
	if c.Mean != nil && c.Min != c.Max {
		parts = append(parts, "mean "+number(*c.Mean))
	}
	if c.Std != nil && c.Min != c.Max {
		parts = append(parts, "std "+number(*c.Std))
	}
	return strings.Join(parts, ", ")
}

func (c *Column) lengths() string {
	if c.Longest == 0 {
		return ""
	}
	return fmt.Sprintf("%s at most, %.1f on average", many(int64(c.Longest), "character"), c.MeanLength)
}

// often are the most frequent values with their counts.
func (c *Column) often() (all []string) {
	for _, top := range c.Top {
		least := ""
		if !c.TopExact {
			least = "≥"
		}
		all = append(all, fmt.Sprintf("%s (%s%s)", item(plan.CutWide(top.Value, 24)), least, digits(top.Count)))
	}
	return all
}

func (t *text) rejects(label string, r Rejects) {
	for i, one := range r.First {
		if i > 0 {
			label = ""
		}
		where := fmt.Sprintf("row %d", one.Row)
		if one.Line > 0 {
			where = fmt.Sprintf("line %d", one.Line)
		}
		t.label(label, where+": "+one.Why)
	}
	if more := r.Count - int64(len(r.First)); more > 0 && len(r.First) > 0 {
		t.label("", fmt.Sprintf("and %s more", digits(more)))
	}
}

// item is a text as one of a list: in quotes if it could be taken for several, or
// its ends not be seen.
func item(text string) string {
	if strings.Contains(text, ",") || strings.TrimSpace(text) != text {
		return strconv.Quote(text)
	}
	return text
}

// fit joins as many of the texts as have a place in so many characters.
func fit(texts []string, most int) string {
	line := ""
	for i, text := range texts {
		if i > 0 {
			if plan.Wide(line)+2+plan.Wide(text) > most {
				break
			}
			line += ", "
		}
		line += plan.CutWide(text, most)
	}
	return line
}

// digits writes a number with commas between thousands.
func digits(n int64) string {
	text := strconv.FormatInt(n, 10)
	for i := len(text) - 3; i > 0; i -= 3 {
		text = text[:i] + "," + text[i:]
	}
	return text
}

func many(n int64, word string) string {
	if n != 1 {
		word += "s"
	}
	return digits(n) + " " + word
}

func percent(n, of int64) string {
	share := 100 * float64(n) / float64(max(of, 1))
	switch {
	case n > 0 && share < .1:
		return "<0.1%"
	case n < of && share > 99.9:
		return ">99.9%"
	case share < 10:
		return fmt.Sprintf("%.1f%%", share)
	}
	return fmt.Sprintf("%.0f%%", share)
}

// number writes a number with as many digits as are worth reading.
func number(v float64) string {
	if a := math.Abs(v); a >= 1e15 || a != 0 && a < 1e-4 {
		return strconv.FormatFloat(v, 'g', 5, 64)
	}
	if math.Abs(v) >= 1000 {
		return strconv.FormatFloat(v, 'f', 1, 64)
	}
	return strconv.FormatFloat(v, 'g', 5, 64)
}

func size(bytes int64) string {
	v, unit := float64(bytes), 0
	for ; v >= 1024 && unit < 4; unit++ {
		v /= 1024
	}
	if unit == 0 {
		return fmt.Sprintf("%d B", bytes)
	}
	return fmt.Sprintf("%.1f %s", v, []string{"", "KiB", "MiB", "GiB", "TiB"}[unit])
}
