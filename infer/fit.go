package infer

import (
	"fmt"
	"slices"
	"strings"

	"github.com/seed-128c3863/sluice/row"
	"github.com/seed-128c3863/sluice/spec"
	"github.com/seed-128c3863/sluice/table"
)

// A fit is how the texts of a column are read as values of a column of a table.
type fit struct {
	spec.Column
	note string // how the texts are written; "": as they always are

	rows    int
	rejects int
	first   string // of the rejects, in words
	also    []fit  // other ways that read as much
}

// share is the part of the rows that it reads.
func (f *fit) share() float64 {
	if f.rows == 0 {
		return 1
	}
	return 1 - float64(f.rejects)/float64(f.rows)
}

// fit finds the way to read a column of the files as one of a table that takes
// most of the sample. Of several the first is taken.
func (p *prober) fit(c *column, texts *reading, to *table.Column) (*fit, error) {
	var best *fit
	for _, f := range ways(texts, to) {
		f.ofTable(c, to)
		r, err := p.read(c, f.Column)
		if err != nil {
			continue // there is no such way for the type
		}
		f.rows, f.rejects, f.first = r.rows, r.rejects, r.first
		if words := nullWords(r, to); words != nil {
			f.Null, f.rejects = words, 0
			f.note = join(f.note, "null is "+quotedList(words))
		}
		switch {
		case best == nil || f.rejects < best.rejects:
			best = &f
		case f.rejects == best.rejects && f.Formats != nil && best.Formats != nil:
			best.also = append(best.also, f)
		}
		if best.rejects == 0 && best.note == "" {
			break
		}
	}
	if best == nil {
		return nil, fmt.Errorf("column %s cannot be read as %s", c.name, to.Declared)
	}
	return best, nil
}

// ofTable adds what the table says of the column.
func (f *fit) ofTable(c *column, to *table.Column) {
	t := to.Type
	if t.Kind == row.Any {
		t = row.Type{Kind: row.String}
		if given, err := row.ParseType(c.typ); err == nil && given.Kind != row.List {
			t = given
		}
	}
	f.Type, f.OneOf, f.MaxLen = &t, to.Enum, 0
	if t.Kind == row.String {
		f.MaxLen = to.MaxLength
	}
	if f.Required = to.NotNull; to.NotNull && t.Kind == row.String {
		f.Empty = "text"
	}
}

// ways are the ways in which values of the column of a table are written, those
// first that need to be told least.
func ways(texts *reading, to *table.Column) []fit {
	all := []fit{{}}
	switch k := to.Type.Kind; {
	case k == row.Bool:
		all = append(all, boolWays(texts)...)
	case k == row.Date || k == row.Timestamp || k == row.TimestampTZ:
		all = append(all, timeWays(texts, k)...)
	case k >= row.Int16 && k <= row.Int64, k == row.Float32, k == row.Float64, k == row.Decimal:
		all = append(all,
			fit{Column: spec.Column{Thousand: ","}, note: `numbers are written as 1,234.5`},
			fit{Column: spec.Column{Decimal: ","}, note: `numbers are written as 1234,5`},
			fit{Column: spec.Column{Decimal: ",", Thousand: "."}, note: `numbers are written as 1.234,5`},
			fit{Column: spec.Column{Decimal: ",", Thousand: " "}, note: `numbers are written as 1 234,5`})
	}
	if s := styleOf(texts.distinct()); s != nil && (s.Currency != nil || s.Percent || s.Brackets) {
		s.Null, s.Trim = nil, false
		all = append(all, fit{Column: s.Column, note: "numbers are written " + s.why})
	}
	if !padded(texts.distinct()) {
		return all
	}
	for _, f := range slices.Clone(all) {
		f.Trim, f.note = true, join(f.note, "white space around values is cut off")
		all = append(all, f)
	}
	return all
}

// boolWords are pairs of words for true and false.
var boolWords = [][2]string{
	{"true", "false"},
	{"1", "0"},
	{"y", "n"},
	{"yes", "no"},
	{"t", "f"},
	{"on", "off"},
	{"예", "아니오"},
	{"예", "아니요"},
	{"네", "아니오"},
	{"네", "아니요"},
	{"o", "x"},
	{"참", "거짓"},
	{"유", "무"},
	{"사용", "미사용"},
	{"판매", "품절"},
	{"판매중", "품절"},
	{"active", "inactive"},
	{"enabled", "disabled"},
}

// boolWays are the pairs that all words of the sample are of, in their case.
func boolWays(texts *reading) (all []fit) {
	values := texts.distinct()
	if len(values) == 0 || len(values) > 8 {
		return nil
	}
	for _, pair := range boolWords {
		var f fit
		rest := false
		for _, value := range values {
			switch word := strings.TrimSpace(value); {
			case strings.EqualFold(word, pair[0]):
				f.True = add(f.True, word)
			case strings.EqualFold(word, pair[1]):
				f.False = add(f.False, word)
			case !isNullWord(word):
				rest = true
			}
		}
		if rest || f.True == nil && f.False == nil {
			continue
		}
		if f.True == nil {
			f.True = []string{pair[0]}
		}
		if f.False == nil {
			f.False = []string{pair[1]}
		}
		f.note = quotedList(f.True) + " is true, " + quotedList(f.False) + " is false"
		all = append(all, f)
	}
	return all
}

// dateForms are the forms of dates beside ISO 8601. Where two read the same
// texts, the first is more usual.
var dateForms = []string{
	"%Y-%m-%d", "%Y.%m.%d", "%Y. %m. %d", "%Y. %m. %d.", "%Y.%m.%d.", "%Y/%m/%d", "%Y%m%d", "%Y년 %m월 %d일", "%Y년%m월%d일", "%Y年%m月%d日",
	"%d/%m/%Y", "%m/%d/%Y", "%d.%m.%Y", "%d-%m-%Y", "%m-%d-%Y", "%d %b %Y", "%d %B %Y", "%b %d, %Y", "%B %d, %Y", "%d-%b-%Y",
	"%y.%m.%d", "%y/%m/%d", "%y-%m-%d", "%d/%m/%y", "%m/%d/%y", "%y%m%d",
}

var clockForms = []string{"", " %H:%M:%S", " %H:%M", " %H:%M:%S.%f", "T%H:%M:%S", " %p %I:%M:%S", " %p %I:%M", " %I:%M %p", " %I:%M:%S %p"}

// timeWays are the forms that dates have, with a time of day if the first value
// has one. Times without a zone are of UTC in a column of instants.
func timeWays(texts *reading, k row.Kind) (all []fit) {
	values := texts.distinct()
	values = slices.DeleteFunc(values, isNullWord)
	if len(values) == 0 {
		return nil
	}
	add := func(forms ...string) {
		f := fit{Column: spec.Column{}}
		for _, form := range forms {
			f.Formats = append(f.Formats, spec.Text{S: form})
		}
		if len(forms) > 0 {
			f.note = "written as " + forms[0]
		}
		if k == row.TimestampTZ && (len(forms) == 0 || !strings.Contains(forms[0], "%z")) {
			f.Timezone = "UTC"
			f.note = join(f.note, "times without a zone are taken as of UTC")
		}
		all = append(all, f)
	}
	switch k {
	case row.TimestampTZ:
		add()
	case row.Timestamp:
		all = append(all, fit{Column: spec.Column{Timezone: "UTC"}, note: "times with a zone are shown in UTC"})
	}
	clocks := strings.Contains(values[0], ":")
	for _, date := range dateForms {
		for _, clock := range clockForms {
			if clocks == (clock != "") && (clock == "" || k != row.Date) {
				add(date + clock)
			}
		}
	}
	return all
}

var knownNulls = []string{"-", "--", "n/a", "na", "#n/a", "null", "none", "nil", "nan", `\n`, "없음", "미정", "해당없음", "해당 없음", "?", "."}

func isNullWord(text string) bool {
	return text == "" || slices.Contains(knownNulls, strings.ToLower(strings.TrimSpace(text)))
}

// nullWords are the values that are rejects, if all of them are words for
// nothing and the table takes null.
func nullWords(r *reading, to *table.Column) (words []string) {
	if to.NotNull || r.rejects == 0 || r.rejects == r.rows {
		return nil
	}
	for value := range r.bad {
		if value == "" || !isNullWord(value) {
			return nil
		}
		words = append(words, value)
	}
	slices.Sort(words)
	return words
}

// join joins two notes.
func join(a, b string) string {
	if a == "" || b == "" {
		return a + b
	}
	return a + "; " + b
}

func add(words []string, word string) []string {
	if slices.Contains(words, word) {
		return words
	}
	return append(words, word)
}

func quotedList(words []string) string {
	quoted := make([]string, len(words))
	for i, word := range words {
		quoted[i] = fmt.Sprintf("%q", word)
	}
	return strings.Join(quoted, ", ")
}
