package infer

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"sync"

	"github.com/seed-128c3863/sluice/mapping"
	"github.com/seed-128c3863/sluice/spec"
)

// A textKind is what the text of a cell looks like.
type textKind uint8

const (
	words textKind = iota
	numeric
	dated
)

func formatTexts(formats []spec.Text) (texts []string) {
	for _, f := range formats {
		texts = append(texts, f.S)
	}
	return texts
}

var (
	dateForm  = regexp.MustCompile(`^(?:[0-9]{4} ?[-./년年] ?[0-9]{1,2} ?[-./월月] ?[0-9]{1,2}[.일日]?|[0-9]{1,2}[-./][0-9]{1,2}[-./](?:[0-9]{4}|[0-9]{2})|[0-9]{1,2}[- ][A-Za-z]{3,9}[- ][0-9]{4}|[A-Za-z]{3,9} [0-9]{1,2}, [0-9]{4})(?:[T ].*)?$`)
	clockForm = regexp.MustCompile(`^(?:(?:오전|오후|[AaPp][Mm]) )?[0-9]{1,2}:[0-9]{2}(?::[0-9]{2})?(?: [AaPp][Mm])?$`)
	bareForm  = regexp.MustCompile(`^(?:19|20)[0-9]{6}$`) // a date only beside others
	plainForm = regexp.MustCompile(`^[0-9]+(?:[., '’][0-9]+)*$`)
)

func kindOfText(text string) textKind {
	switch {
	case dateForm.MatchString(text), clockForm.MatchString(text):
		return dated
	default:
		if _, ok := readNumber(text); ok {
			return numeric
		}
	}
	return words
}

// currencies are the signs that may stand beside a number.
var currencies = []string{"₩", "￦", "원", "$", "US$", "€", "£", "¥", "￥", "円", "元", "KRW", "USD", "EUR", "JPY"}

// A numberText is what stands around a number, and its digits with their marks.
type numberText struct {
	body              string
	currency          string
	percent, brackets bool
}

func readNumber(text string) (n numberText, ok bool) {
	if inside, is := strings.CutPrefix(text, "("); is && strings.HasSuffix(inside, ")") {
		text, n.brackets = strings.TrimSuffix(inside, ")"), true
	}
	text = withoutSign(text)
	if !plainForm.MatchString(text) {
		for _, sign := range currencies {
			before, isBefore := strings.CutPrefix(text, sign)
			after, isAfter := strings.CutSuffix(text, sign)
			if isBefore && plainForm.MatchString(withoutSign(strings.TrimPrefix(before, " "))) {
				n.currency, text = sign, withoutSign(strings.TrimPrefix(before, " "))
				break
			} else if isAfter && plainForm.MatchString(strings.TrimSuffix(after, " ")) {
				n.currency, text = sign, strings.TrimSuffix(after, " ")
				break
			}
		}
		if before, is := strings.CutSuffix(text, "%"); is && n.currency == "" {
			n.percent, text = true, strings.TrimSuffix(before, " ")
		}
	}
	n.body = text
	return n, plainForm.MatchString(text) && len(text) < 30
}

func withoutSign(text string) string {
	return strings.TrimPrefix(strings.TrimPrefix(text, "-"), "+")
}

// A style is how the values of a column are written.
type style struct {
	spec.Column // what it has of options
	typ         string
	why         string
	unsure      bool
	also        []string // forms of dates that read as much, and mean other days
}

// styleOf finds out how texts are written that are numbers or dates throughout,
// nil if they are not, or as JSON has them.
func styleOf(texts []string) *style {
	s := &style{}
	var rest []string
	for _, text := range texts {
		plain := strings.TrimSpace(text)
		s.Trim = s.Trim || plain != text
		switch {
		case plain == "":
		case isNullWord(plain):
			s.Null = add(s.Null, plain)
		default:
			rest = append(rest, plain)
		}
	}
	if len(rest) == 0 || !s.number(rest) && !s.date(rest) && !s.time(rest) {
		return nil
	}
	if s.Null != nil {
		slices.Sort(s.Null)
		s.why += ", null as " + quotedList(s.Null)
	}
	if s.Trim {
		s.why += ", with white space around"
	}
	if s.options() == "" {
		return nil
	}
	return s
}

// options are what the job says of a column that is written so.
func (s *style) options() (text string) {
	for _, o := range optionsOf(&s.Column) {
		text += ", " + o
	}
	return text
}

// optionsOf are the members of a column that say how its texts are written.
func optionsOf(c *spec.Column) (parts []string) {
	put := func(key, text string) {
		if text != "" {
			parts = append(parts, key+": "+text)
		}
	}
	if c.Trim {
		put("trim", "true")
	}
	put("null", listText(c.Null))
	if len(c.Formats) == 1 {
		put("formats", quoted(c.Formats[0].S))
	} else {
		put("formats", listText(formatTexts(c.Formats)))
	}
	put("timezone", c.Timezone)
	put(`"true"`, listText(c.True))
	put(`"false"`, listText(c.False))
	put("decimal", quotedOrNone(c.Decimal))
	put("thousands", quotedOrNone(c.Thousand))
	put("currency", listText(c.Currency))
	if c.Percent {
		put("percent", "true")
	}
	if c.Brackets {
		put("brackets", "true")
	}
	return parts
}

// marksOf are the decimal and thousands marks that numbers have, the commonest
// first.
var marksOf = []marksPair{{".", ""}, {".", ","}, {",", ""}, {",", "."}, {".", "'"}, {".", "’"}, {",", " "}, {".", " "}}

type marksPair struct{ decimal, thousands string }

// number takes texts as numbers.
func (s *style) number(texts []string) bool {
	bodies, signs, percents, brackets := []string(nil), []string(nil), 0, false
	for _, text := range texts {
		n, ok := readNumber(text)
		if !ok {
			return false
		}
		if n.currency != "" && !slices.Contains(signs, n.currency) {
			signs = append(signs, n.currency)
		}
		if n.percent {
			percents++
		}
		brackets = brackets || n.brackets
		bodies = append(bodies, n.body)
	}
	if percents > 0 && percents < len(texts) || len(signs) > 1 && len(texts) < 2*len(signs) {
		return false
	}
	for _, m := range marksOf {
		form := regexp.MustCompile(`^(?:0|[1-9][0-9]*)(?:` + regexp.QuoteMeta(m.decimal) + `[0-9]+)?$`)
		if m.thousands != "" {
			form = regexp.MustCompile(`^(?:0|[1-9][0-9]*|[1-9][0-9]{0,2}(?:` + m.groups() + `)+)(?:` + regexp.QuoteMeta(m.decimal) + `[0-9]+)?$`)
		}
		if slices.ContainsFunc(bodies, func(b string) bool { return !form.MatchString(b) }) {
			continue
		}
		s.write(bodies, m.decimal, m.thousands, signs, percents > 0, brackets)
		s.why = "as " + quoted(longest(texts))
		return true
	}
	return false
}

// groups is three digits behind a mark.
func (m marksPair) groups() string { return regexp.QuoteMeta(m.thousands) + `[0-9]{3}` }

func longest(texts []string) string {
	return slices.MaxFunc(texts, func(a, b string) int { return len(a) - len(b) })
}

// write says the type and the options of a column of such numbers.
func (s *style) write(bodies []string, decimal, thousands string, signs []string, percent, brackets bool) {
	places, whole := 0, 0
	for _, b := range bodies {
		before, after, _ := strings.Cut(b, decimal)
		places, whole = max(places, len(after)), max(whole, len(before))
	}
	switch {
	case percent || places > 0 && signs == nil:
		s.typ = "float64"
	case places > 0:
		s.typ = fmt.Sprintf("decimal(18,%d)", max(2, places))
	case whole > 18:
		s.typ = "decimal(38,0)"
	default:
		s.typ = "int64"
	}
	if s.Thousand, s.Currency, s.Percent, s.Brackets = thousands, signs, percent, brackets; decimal == "," {
		s.Decimal = decimal
		s.unsure = thousands == "" && !slices.ContainsFunc(bodies, func(b string) bool { i := strings.Index(b, ","); return i >= 0 && len(b)-i-1 != 3 })
	}
}

// date takes texts as dates or timestamps of one form, or of a few.
func (s *style) date(texts []string) bool {
	for _, text := range texts {
		if !dateForm.MatchString(text) && !bareForm.MatchString(text) {
			return false
		}
	}
	var forms, also []string // also: those by which they are other days
	for _, f := range timeForms() {
		form := f.form
		switch {
		case slices.ContainsFunc(texts, func(t string) bool { return !f.reads(t) }):
		case forms == nil:
			forms = append(forms, form)
		case orderOf(form) != orderOf(forms[0]) && !slices.ContainsFunc(also, func(f string) bool { return orderOf(f) == orderOf(form) }):
			also = append(also, form)
		}
	}
	if forms == nil {
		return s.dates(texts)
	}
	s.typ = typeOfForm(forms[0])
	s.why = "as " + quoted(texts[0])
	s.unsure = also != nil
	switch {
	case len(also) == 1 && also[0] == swapped(forms[0]):
		s.why += "; or is the month before the day? Then it is " + also[0]
	case also != nil:
		s.why += "; it could be " + strings.Join(also, " or ") + ", too"
	}
	if s.also = also; !iso(texts) || strings.Contains(forms[0], "%p") {
		s.Formats = []spec.Text{{S: forms[0]}}
	}
	return true
}

// A timeForm is a form of dates or times, and whether it reads a text.
type timeForm struct {
	form  string
	reads func(text string) bool
}

// timeForms are the forms that are tried, the commonest first.
var timeForms = sync.OnceValue(func() (forms []timeForm) {
	for _, day := range dateForms {
		for _, clock := range clockForms {
			forms = append(forms, timeForm{day + clock, mapping.TimeForm(day + clock)})
		}
	}
	return forms
})

// typeOfForm is the type of what is written in a form.
func typeOfForm(form string) string {
	if strings.Contains(form, "%M") {
		return "timestamp"
	}
	return "date"
}

// orderOf is the order of year, month and day in a form, as in "ymd".
func orderOf(form string) string {
	order := ""
	for i := 0; i+1 < len(form); i++ {
		if form[i] != '%' {
			continue
		}
		switch form[i+1] {
		case 'y', 'Y':
			order += "y"
		case 'm', 'b', 'B':
			order += "m"
		case 'd':
			order += "d"
		}
	}
	return order
}

// dates takes texts as dates of a few forms that begin with the year, so that
// none can be taken for another.
func (s *style) dates(texts []string) bool {
	const most = 6
	s.typ = "date"
	for _, text := range texts {
		i := slices.IndexFunc(timeForms(), func(f timeForm) bool { return strings.HasPrefix(f.form, "%Y") && f.reads(text) })
		if i < 0 || len(s.Formats) > most {
			return false
		}
		form := timeForms()[i].form
		if !slices.Contains(formatTexts(s.Formats), form) {
			s.Formats = append(s.Formats, spec.Text{S: form})
		}
		if typeOfForm(form) == "timestamp" {
			s.typ = "timestamp"
		}
	}
	s.why = "in several forms"
	return len(s.Formats) <= most
}

// time takes texts as times of day before or after noon.
func (s *style) time(texts []string) bool {
	for _, form := range []string{"%p %I:%M", "%p %I:%M:%S", "%I:%M %p", "%I:%M:%S %p"} {
		if reads := mapping.TimeForm(form); slices.ContainsFunc(texts, reads) {
			s.Formats = append(s.Formats, spec.Text{S: form})
		}
	}
	reads := func(text string) bool {
		return slices.ContainsFunc(s.Formats, func(f spec.Text) bool { return mapping.TimeForm(f.S)(text) })
	}
	if s.typ, s.why = "time", "as "+quoted(texts[0]); slices.ContainsFunc(texts, func(t string) bool { return !reads(t) }) {
		s.Formats = nil
	}
	return s.Formats != nil
}

// iso says whether texts are dates as they are read without being told so.
func iso(texts []string) bool {
	return !slices.ContainsFunc(texts, func(t string) bool { return len(t) < 10 || !isDate(t[:10]) })
}

// swapped is a format of a day and a month with the month first.
func swapped(format string) string {
	return strings.NewReplacer("%d/%m", "%m/%d", "%d-%m", "%m-%d").Replace(format)
}
