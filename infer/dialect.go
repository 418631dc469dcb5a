package infer

import (
	"bytes"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/seed-128c3863/sluice/format"
)

// A finding is what was found out of how a table of text is written, and why.
type finding struct {
	key, value string // of from; key "" says something only
	why        string
	sure       float64 // from 0 to 1
}

// A dialect is how a table of text is written.
type dialect struct {
	o        format.CSVReadOptions
	findings []finding
	records  []format.CSVRecord
	width    int // cells that most records have

	ask   asker   // what is in doubt
	sheet string  // of a workbook; "": the first
	sure  float64 // that the delimiter is none of the others
	cells int     // that most records have by it; 0: one
}

const (
	dialectRows  = 2000      // records that a dialect is found by
	dialectBytes = 512 << 10 // of the beginning, that they are in at most
)

// findDialect finds out how a table of text is written that begins with data,
// is csv or tsv by its name, and ends with tail if it is cut off.
func findDialect(data, tail []byte, cut bool, form string, ask asker) (*dialect, error) {
	if len(data) > dialectBytes {
		data, cut = data[:dialectBytes], true
	}
	t := &dialect{ask: ask}
	text, err := t.findEncoding(data, cut)
	if err != nil {
		return nil, err
	}
	if err := t.findDelimiter(text, cut, form); err != nil {
		return nil, err
	}
	t.findComment()
	last := t.records
	if cut {
		last = t.lastRecords(tail)
	}
	if err := t.findHeader(); err != nil {
		return nil, err
	}
	t.findFooter(last, cut)
	t.rateDelimiter()
	t.findRagged()
	return t, nil
}

func (t *dialect) found(key, value string, sure float64, why string, args ...any) {
	t.findings = append(t.findings, finding{key, value, fmt.Sprintf(why, args...), sure})
}

// findEncoding returns the text in UTF-8.
func (t *dialect) findEncoding(data []byte, cut bool) ([]byte, error) {
	part, whole := data, !cut
	at := slices.IndexFunc(data, func(b byte) bool { return b >= 0x80 })
	best := format.GuessEncoding(part, whole)
	if at >= 0 && best[0].Sure < 1 && !strings.HasPrefix(best[0].Encoding, "utf-16") {
		part = data[at:min(len(data), at+128<<10)]
		best = format.GuessEncoding(part, whole && at+len(part) == len(data))
	}
	asked := false
	if at >= 0 && len(best) > 1 && best[0].Sure < doubt {
		chosen, told, err := t.askEncoding(data, at, best)
		if err != nil {
			return nil, err
		}
		best[0], asked = best[chosen], told
	}
	g := best[0]
	t.o.Encoding = g.Encoding
	switch {
	case asked:
		t.found("encoding", g.Encoding, 1, asSaid)
	case at < 0:
		t.o.Encoding = "auto"
		t.found("", "", 1, "encoding: every byte that was looked at is ASCII, so it is left to be found (auto)")
	case len(best) > 1 && g.Sure < doubt:
		t.found("encoding", g.Encoding, g.Sure, "%s; it may also be %s", g.Why, best[1].Encoding)
	default:
		t.found("encoding", g.Encoding, g.Sure, "%s", g.Why)
	}
	return format.ToUTF8(data, g.Encoding)
}

// alsoEncoded leaves the encoding to be found where files differ in it and each
// is certain.
func (t *dialect) alsoEncoded(s *sample) {
	var other dialect
	if _, err := other.findEncoding(s.data[:min(len(s.data), dialectBytes)], s.cut || len(s.data) > dialectBytes); err != nil {
		return
	}
	i := slices.IndexFunc(t.findings, func(f finding) bool { return f.key == "encoding" })
	if i < 0 || other.o.Encoding == "auto" || other.o.Encoding == t.o.Encoding || other.findings[0].sure < format.Certain || t.findings[i].sure < format.Certain {
		return
	}
	t.findings[i] = finding{"encoding", "auto", fmt.Sprintf("files differ: %s and %s", t.o.Encoding, other.o.Encoding), 0.9}
	t.o.Encoding = "auto"
}

// An attempt is a delimiter, a quote and an escape that are tried.
type attempt struct {
	o       format.CSVReadOptions
	records []format.CSVRecord
	width   int
	share   float64 // of the records that have width cells
	score   float64
}

// findDelimiter tries delimiters, quotes and escapes, and takes those by which
// records are most alike, and their cells numbers, dates and plain words.
func (t *dialect) findDelimiter(text []byte, cut bool, form string) error {
	var best, second *attempt
	for _, o := range dialects(text, form) {
		a := &attempt{o: o}
		var err error
		if a.records, err = format.SplitCSV(text, o, cut, dialectRows); err != nil {
			return err
		}
		a.rate()
		switch {
		case best == nil || a.score > best.score+1e-9:
			if best != nil && best.o.Delimiter != a.o.Delimiter {
				second = best
			}
			best = a
		case a.o.Delimiter != best.o.Delimiter && (second == nil || a.score > second.score):
			second = a
		}
	}
	if best == nil || len(best.records) == 0 {
		return nothing("there are no rows in it")
	}
	sure := 0.99
	if second != nil && second.width > 1 {
		much := math.Pow(second.score/max(best.score, 1e-9), 3)
		sure = 1 - much/(1+much)
	}
	if sure < doubt {
		var err error
		if best, sure, err = t.askDelimiter(best, second, sure); err != nil {
			return err
		}
	}
	t.records, t.width = best.records, best.width
	t.o.Delimiter, t.o.Quote, t.o.Escape = best.o.Delimiter, best.o.Quote, best.o.Escape
	t.explainDelimiter(best, sure)
	return nil
}

// explainDelimiter says what was found, and how sure it is that it is the delimiter.
func (t *dialect) explainDelimiter(best *attempt, sure float64) {
	if t.found("delimiter", best.o.Delimiter, 0.6, "no delimiter makes two columns: it is a table of one"); best.width > 1 {
		t.sure, t.cells = sure, best.width
		t.rateDelimiter()
	}
	switch best.o.Quote {
	case "":
	case "none":
		t.found("quote", "none", 0.9, "quotes stand inside of cells, so they are a part of the text")
	default:
		t.found("quote", best.o.Quote, 0.9, "cells stand in it")
	}
	if best.o.Escape != "" {
		t.found("escape", best.o.Escape, 0.9, "it stands before quotes")
	}
}

// rateDelimiter says how many of the records that are left have as many cells as
// most.
func (t *dialect) rateDelimiter() {
	n := 0
	for _, r := range t.records {
		if len(r.Cells) == t.cells {
			n++
		}
	}
	at := slices.IndexFunc(t.findings, func(f finding) bool { return f.key == "delimiter" })
	if at < 0 || t.cells == 0 || len(t.records) == 0 {
		return
	}
	share := float64(n) / float64(len(t.records))
	t.findings[at].sure = t.sure * (0.5 + share/2)
	t.findings[at].why = fmt.Sprintf("%.0f%% of the rows have %d cells by it", 100*share, t.cells)
}

// dialects are the forms to be tried for a text, the commonest first.
func dialects(text []byte, form string) (list []format.CSVReadOptions) {
	for _, delimiter := range delimiters(text, form) {
		o := format.CSVReadOptions{Delimiter: delimiter}
		list = append(list, o)
		if bytes.Contains(text, []byte(`\"`)) {
			list = append(list, format.CSVReadOptions{Delimiter: delimiter, Escape: `\`})
		}
		if bytes.Count(text, []byte(delimiter+"'"))+bytes.Count(text, []byte("\n'")) > 2 {
			list = append(list, format.CSVReadOptions{Delimiter: delimiter, Quote: "'"})
		}
		if bytes.Contains(text, []byte(`"`)) {
			list = append(list, format.CSVReadOptions{Delimiter: delimiter, Quote: "none"})
		}
	}
	return list
}

// delimiters are those to be tried: the usual ones, and rare ones that stand in
// most lines.
func delimiters(text []byte, form string) []string {
	list := []string{",", ";", "\t", "|"}
	if form == "tsv" {
		list = []string{"\t", ",", ";", "|"}
	}
	lines := max(bytes.Count(text, []byte("\n")), bytes.Count(text, []byte("\r")))
	if pairs := bytes.Count(text, []byte("||")); pairs >= max(lines, 1) && bytes.Count(text, []byte("|")) == 2*pairs {
		list[slices.Index(list, "|")] = "||"
	}
	for _, rare := range []string{"^", "~", "\x1f", "\x01", "¦"} {
		if bytes.Count(text, []byte(rare)) >= max(lines, 1) {
			list = append(list, rare)
		}
	}
	return list
}

// isComment says whether a record may be one.
func isComment(r format.CSVRecord) bool { return strings.HasPrefix(r.Text, "#") }

// rate says how much the records are those of a table. What may be a comment says
// nothing of it.
func (a *attempt) rate() {
	rows := slices.DeleteFunc(slices.Clone(a.records), isComment)
	if len(rows) == 0 {
		rows = a.records
	}
	counts, faults := map[int]int{}, 0
	for _, r := range rows {
		if r.Fault {
			faults++
			continue
		}
		counts[len(r.Cells)]++
	}
	for width, n := range counts {
		if n*width > counts[a.width]*a.width || n*width == counts[a.width]*a.width && width > a.width {
			a.width = width
		}
	}
	if len(rows) == 0 || a.width == 0 {
		return
	}
	cells, good := 0, 0.0
	for _, r := range rows {
		for _, cell := range r.Cells {
			cells++
			good += a.fine(cell)
		}
	}
	a.share = float64(counts[a.width]) / float64(len(rows))
	a.score = a.share * (1 - 0.6/float64(a.width)) * good / float64(max(cells, 1)) * (1 - float64(faults)/float64(len(rows)))
	if a.o.Quote != "" || a.o.Escape != "" {
		a.score *= 0.97
	}
}

// fine is how much a cell looks like one, from 0 to 1.
func (a *attempt) fine(cell string) float64 {
	text := strings.TrimSpace(cell)
	switch {
	case text == "", kindOfText(text) != words:
		return 1
	case strings.ContainsAny(text, ";|\t") && !strings.Contains(text, a.o.Delimiter):
		return 0.4
	case strings.HasPrefix(text, `"`) || strings.HasSuffix(text, `"`) || strings.HasPrefix(text, "'") && strings.HasSuffix(text, "'"):
		return 0.4
	case strings.ContainsAny(text, `\`):
		return 0.7
	}
	return 0.95
}

// findComment finds lines that are comments: they begin with #, and no row of
// the table does.
func (t *dialect) findComment() {
	n := 0
	for _, r := range t.records {
		if isComment(r) {
			if len(r.Cells) == t.width && t.width > 1 {
				return
			}
			n++
		}
	}
	if n == 0 {
		return
	}
	t.o.Comment = "#"
	t.records = slices.DeleteFunc(t.records, isComment)
	t.found("comment", "#", 0.9, "%s with it, and no row does", plural2(n, "line begins", "lines begin"))
}

// lastRecords are those of the end of a file that is cut off.
func (t *dialect) lastRecords(tail []byte) []format.CSVRecord {
	if i := bytes.IndexByte(tail, '\n'); i >= 0 && !strings.HasPrefix(t.o.Encoding, "utf-16") {
		tail = tail[i+1:]
	} else {
		return nil
	}
	encoding := t.o.Encoding
	if encoding == "auto" {
		encoding = "utf-8"
	}
	text, err := format.ToUTF8(tail, encoding)
	if err != nil {
		return nil
	}
	records, err := format.SplitCSV(text, t.o, false, len(text))
	if err != nil {
		return nil
	}
	return records
}

// findRagged says whether rows have fewer or more cells than there are names.
func (t *dialect) findRagged() {
	fewer, more := 0, 0
	for _, r := range t.records {
		cells := r.Cells
		for len(cells) > t.width && cells[len(cells)-1] == "" {
			cells = cells[:len(cells)-1]
		}
		switch {
		case r.Fault:
		case len(r.Cells) < t.width:
			fewer++
		case len(cells) == t.width && len(r.Cells) > t.width:
			more++
		}
	}
	switch {
	case fewer > 0 && more > 0:
		t.o.Pad, t.o.Trim = true, true
		t.found("ragged", "fit", 0.8, "%s fewer cells than there are names, %s more that are empty", plural2(fewer, "row has", "rows have"), strconv.Itoa(more))
	case more > 0:
		t.o.Trim = true
		t.found("ragged", "trim", 0.9, "%s delimiters behind the last cell", plural2(more, "row has", "rows have"))
	case fewer > 0:
		t.o.Pad = true
		t.found("ragged", "pad", 0.8, "%s fewer cells than there are names; what is missing is null", plural2(fewer, "row has", "rows have"))
	}
}

// plural2 is a number with one of two words.
func plural2(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return strconv.Itoa(n) + " " + many
}
