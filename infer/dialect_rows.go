package infer

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/seed-128c3863/sluice/format"
)

// findHeader finds out where the names are, and leaves the rows in records.
func (t *dialect) findHeader() error {
	kinds := t.columnKinds()
	first := t.firstRow(kinds)
	typed := slices.ContainsFunc(kinds, func(k textKind) bool { return k != words })
	switch {
	case !typed:
		return t.headerByForm()
	case first == 0:
		t.o.NoHeader = true
		t.found("header", "false", 0.8, "the first row has values where the others have them: %s", shorten(t.records[0].Text, 60))
		t.width = max(t.width, len(t.records[0].Cells))
		return nil
	}
	for first > 1 && repeats(t.records[first-1].Cells) && !t.isUpper(first-2, first-1) {
		first-- // it is a row, of words only
	}
	top := first - 1
	for top > 0 && t.isUpper(top-1, top) {
		top--
	}
	t.setHeader(top, first-1, 0.97, "the rows below it have numbers or dates where it has words")
	return nil
}

// repeats says whether two cells hold the same text, so that they are no names.
func repeats(cells []string) bool {
	seen := map[string]bool{}
	for _, c := range cells {
		if c != "" && seen[c] {
			return true
		}
		seen[c] = true
	}
	return false
}

// setHeader says that the names are in these records.
func (t *dialect) setHeader(top, last int, sure float64, why string) {
	line, until := t.records[top].Line, t.records[last].Line
	switch {
	case last > top:
		t.o.HeaderLine, t.o.HeaderUntil = line, until
		t.found("header", fmt.Sprintf("%d-%d", line, until), min(sure, 0.9), "%s, and a name above several stands in the first of them", why)
	case top > 0 || line > 1 && t.o.Comment == "":
		t.o.HeaderLine = line
		t.found("header", fmt.Sprint(line), min(sure, 0.95), "%s; before it stands %q", why, shorten(t.records[0].Text, 40))
	default:
		t.found("", "", sure, "header: the first line, as %s", why)
	}
	t.width = len(t.records[last].Cells)
	for _, r := range t.records[top : last+1] {
		t.width = max(t.width, filledTo(r.Cells))
	}
	t.records = t.records[last+1:]
}

// filledTo is the number of cells up to the last that is not empty.
func filledTo(cells []string) int {
	n := len(cells)
	for n > 0 && strings.TrimSpace(cells[n-1]) == "" {
		n--
	}
	return n
}

func filled(cells []string) (n int) {
	for _, c := range cells {
		if strings.TrimSpace(c) != "" {
			n++
		}
	}
	return n
}

// headerByForm takes the first record of many cells that all differ as names.
func (t *dialect) headerByForm() error {
	for i, r := range t.records {
		if filled(r.Cells)*2 < t.width+1 {
			continue
		}
		names := slices.Clone(r.Cells)
		slices.Sort(names)
		if len(slices.Compact(names)) < len(r.Cells)-1 {
			break
		}
		row, asked, err := t.askHeader(r)
		switch {
		case err != nil:
			return err
		case row:
			t.o.NoHeader = true
			t.found("header", "false", 1, "the first line is a row, as you said")
		case asked:
			t.setHeader(i, i, 1, "you said so")
		default:
			t.setHeader(i, i, 0.7, "its cells all differ; all columns are texts, so that it could be a row")
		}
		return nil
	}
	t.o.NoHeader = true
	t.found("header", "false", 0.5, "no line has a name for each column")
	return nil
}

// columnKinds are what the cells of each column mostly are.
func (t *dialect) columnKinds() []textKind {
	kinds := make([]textKind, t.width)
	for c := range kinds {
		n, all := map[textKind]int{}, 0
		for _, r := range t.records {
			if c < len(r.Cells) && strings.TrimSpace(r.Cells[c]) != "" {
				n[kindOfText(strings.TrimSpace(r.Cells[c]))]++
				all++
			}
		}
		for kind, count := range n {
			if kind != words && 2*count >= all {
				kinds[c] = kind
			}
		}
	}
	return kinds
}

// firstRow is the first record that has values of the kinds of its columns.
func (t *dialect) firstRow(kinds []textKind) int {
	for i, r := range t.records {
		typed := typedOf(kinds, len(r.Cells))
		if i+1 < len(t.records) && ofYears(r.Cells) && !ofYears(t.records[i+1].Cells) {
			continue
		}
		fit, there := 0, 0
		for c, k := range kinds {
			if k == words || c >= len(r.Cells) || strings.TrimSpace(r.Cells[c]) == "" {
				continue
			}
			if there++; kindOfText(strings.TrimSpace(r.Cells[c])) == k {
				fit++
			}
		}
		if fit > 0 && 2*fit >= there && (2*fit >= typed || 2*there >= typed && i > 0) && filled(r.Cells) >= min(2, t.width) {
			return i
		}
	}
	return len(t.records) - 1
}

// typedOf counts the columns that have a kind, of a record of so many cells: of
// all columns, if it has less than half of them.
func typedOf(kinds []textKind, cells int) (n int) {
	if 2*cells >= len(kinds) {
		kinds = kinds[:min(cells, len(kinds))]
	}
	for _, k := range kinds {
		if k != words {
			n++
		}
	}
	return n
}

var year = regexp.MustCompile(`^(?:19|20)[0-9]{2}$`)

// ofYears says whether cells are words and years that all differ, which are
// names.
func ofYears(cells []string) bool {
	seen := map[string]bool{}
	other := 0
	for _, c := range cells {
		switch text := strings.TrimSpace(c); {
		case !year.MatchString(text) && kindOfText(text) != words, seen[text]:
			return false
		case year.MatchString(text):
			seen[text] = true
		default:
			other++
		}
	}
	return len(seen) > 1 && other > 0
}

// isUpper says whether a record holds names for several columns of the next one,
// which has not a name for each, or the same twice.
func (t *dialect) isUpper(above, below int) bool {
	a, b := t.records[above], t.records[below]
	if b.Line != a.Line+1+strings.Count(a.Text, "\n") || filled(a.Cells) < 2 || len(a.Cells) != len(b.Cells) || filled(a.Cells) == len(a.Cells) {
		return false
	}
	for _, c := range a.Cells {
		if text := strings.TrimSpace(c); text != "" && kindOfText(text) != words && !year.MatchString(text) {
			return false
		}
	}
	seen := map[string]bool{}
	for _, name := range b.Cells[:filledTo(b.Cells)] {
		if name == "" || seen[name] {
			return true
		}
		seen[name] = true
	}
	return filledTo(b.Cells) < filledTo(a.Cells)
}

var (
	// totalWords are words before totals, by language.
	totalWords = []string{`합\s*계|총\s*계|총\s*합\s*계|누\s*계|계`, `평\s*균`, `(?i:(?:grand )?totals?|sum)`, `(?i:average|avg)`, `(?i:summe|gesamt)`, `合計|総計`, `合计|总计`}
	digits     = regexp.MustCompile(`[0-9]+`)
)

// findFooter finds the line that ends the rows: one of totals, or one that is no
// row, among the last.
func (t *dialect) findFooter(last []format.CSVRecord, cut bool) {
	const most = 10
	defer t.noteSubtotals()
	if !cut {
		last = t.records
	}
	for i := max(0, len(last)-most); i < len(last); i++ {
		pattern, why := t.footerOf(last[i])
		if pattern == "" || i == 0 && !cut || !t.isBehind(last[i+1:]) {
			continue
		}
		if form := regexp.MustCompile(pattern); slices.ContainsFunc(t.records[:t.upTo(i, cut)], func(r format.CSVRecord) bool { return form.MatchString(r.Text) }) {
			t.found("", "", 0.5, "line %d looks like the end of the rows, but rows before it do, too: %s", last[i].Line, shorten(last[i].Text, 60))
			return
		}
		t.o.Footer = pattern
		t.found("footer", pattern, 0.9, "%s: %q; it and what follows is no row", why, shorten(last[i].Text, 60))
		if !cut {
			t.records = t.records[:i]
		}
		return
	}
}

// isBehind says whether records may all stand behind the rows: none is like one.
func (t *dialect) isBehind(records []format.CSVRecord) bool {
	return !slices.ContainsFunc(records, func(r format.CSVRecord) bool {
		pattern, _ := t.footerOf(r)
		return pattern == "" && 2*filled(r.Cells) > t.width
	})
}

var subtotal = regexp.MustCompile(`(?i)^(?:소\s*계|sub-?totals?|小計|小计)$`)

// noteSubtotals says that rows look like subtotals.
func (t *dialect) noteSubtotals() {
	for _, r := range t.records {
		if at := slices.IndexFunc(r.Cells, func(c string) bool { return c != "" }); at >= 0 && subtotal.MatchString(strings.TrimSpace(r.Cells[at])) {
			t.found("", "", 0.9, "rows: line %d looks like a subtotal, and is read as a row like any other", r.Line)
			return
		}
	}
}

// upTo is how many of the records stand before the i-th of the last.
func (t *dialect) upTo(i int, cut bool) int {
	if cut {
		return len(t.records)
	}
	return i
}

// footerOf returns what a line that ends the rows would be known by, "" for a
// row.
func (t *dialect) footerOf(r format.CSVRecord) (pattern, why string) {
	at := slices.IndexFunc(r.Cells, func(c string) bool { return strings.TrimSpace(c) != "" })
	if at < 0 || t.width < 2 {
		return "", ""
	}
	word := strings.TrimSpace(r.Cells[at])
	switch n := filled(r.Cells); {
	case totalOf(word) != "":
		return t.lineOf(at, totalOf(word), true), "a line of totals"
	case n == 1 && t.width > 2 && kindOfText(word) == words && (len([]rune(word)) > 3 || strings.ContainsAny(word, "※*:()")) && at == 0 && t.firstIsFull():
		return t.lineOf(at, word, false), "a line of one cell"
	}
	return "", ""
}

// totalOf is a regular expression for words before totals that a cell is one of,
// perhaps with more in brackets or behind a colon.
func totalOf(cell string) string {
	const more = `\s*[:：(（].*?`
	for _, form := range totalWords {
		if regexp.MustCompile(`^(?:` + form + `)$`).MatchString(cell) {
			return form
		}
		if regexp.MustCompile(`^(?:` + form + `)` + more + `$`).MatchString(cell) {
			return "(?:" + form + ")" + more
		}
	}
	return ""
}

// firstIsFull says whether most rows have more than their first cell; what stands
// at the end is none.
func (t *dialect) firstIsFull() bool {
	n, end := 0, len(t.records)
	for end > 0 && filled(t.records[end-1].Cells) < 2 {
		end--
	}
	for _, r := range t.records[:end] {
		if filled(r.Cells) > 1 {
			n++
		}
	}
	return n*4 > end*3
}

// lineOf is a regular expression for lines whose first cell that is not empty is
// of the form of a word, or begins with the word.
func (t *dialect) lineOf(at int, word string, whole bool) string {
	d, quote := regexp.QuoteMeta(t.o.Delimiter), `"?`
	if t.o.Delimiter == "\t" {
		d = `\t`
	}
	switch t.o.Quote {
	case "":
	case "none":
		quote = ""
	default:
		quote = regexp.QuoteMeta(t.o.Quote) + "?"
	}
	if whole {
		return "^" + strings.Repeat(d, at) + quote + "(?:" + word + ")" + quote + "(?:" + d + "|$)"
	}
	if runes := []rune(word); len(runes) > 12 {
		word = string(runes[:12])
	}
	if i := strings.IndexAny(word, ":="); i > 0 {
		word = word[:i+1]
	}
	return "^" + quote + digits.ReplaceAllString(regexp.QuoteMeta(word), "[0-9]+")
}
