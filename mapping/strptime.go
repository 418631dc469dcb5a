package mapping

import (
	"fmt"
	"strings"
	"unicode/utf8"
)

// A timeFormat is a format of strptime and strftime, compiled. The directives
// are Python's, with two differences when reading: numbers that touch each
// other must have all their digits (so that "%H%M" does not read "123"), and
// %f takes up to nine.
type timeFormat struct {
	text  string
	items []timeItem
	k     kind // of what it reads: dateKind, clockKind, stampKind or instantKind
	width int  // of a text that fixed reads; 0: it reads none
}

// A timeItem is one directive, or a literal if code is 0.
type timeItem struct {
	code     byte
	literal  string
	min, max int // digits, of numbers
}

// timeDigits is the most digits of each directive that is a number.
var timeDigits = map[byte]int{'Y': 4, 'm': 2, 'd': 2, 'H': 2, 'M': 2, 'S': 2, 'f': 9, 'y': 2, 'I': 2, 'j': 3}

// timeCodes lists the directives for the message about one that is not known.
const timeCodes = "%Y %m %d %H %M %S %f %y %b %B %p %I %j %z %a %A %%"

// parseTimeFormat compiles a format.
func parseTimeFormat(text string) (*timeFormat, error) {
	f := &timeFormat{text: text}
	for rest := text; rest != ""; {
		literal, after, found := strings.Cut(rest, "%")
		f.addLiteral(literal)
		if !found {
			break
		}
		if after == "" {
			return nil, faultf("%q ends with a lone %%", text)
		}
		code := after[0]
		rest = after[1:]
		if code == '%' {
			f.addLiteral("%")
			continue
		}
		if timeDigits[code] == 0 && !strings.ContainsRune("bBpzaA", rune(code)) {
			r, _ := utf8.DecodeRuneInString(after)
			return nil, faultf("%q: there is no %%%c here; known are %s", text, r, timeCodes)
		}
		f.items = append(f.items, timeItem{code: code, min: 1, max: timeDigits[code]})
	}
	f.settleDigits()
	f.settleWidth()
	return f, f.settleKind()
}

func (f *timeFormat) addLiteral(s string) {
	if n := len(f.items); n > 0 && f.items[n-1].code == 0 {
		f.items[n-1].literal += s
	} else if s != "" {
		f.items = append(f.items, timeItem{literal: s})
	}
}

// settleDigits says how few digits each number may have.
func (f *timeFormat) settleDigits() {
	number := func(i int) bool { return i >= 0 && i < len(f.items) && f.items[i].max > 0 }
	for i := range f.items {
		it := &f.items[i]
		fixed := it.code == 'Y' || it.code == 'y' || it.code != 'f' && (number(i-1) || number(i+1))
		if it.max > 0 && fixed {
			it.min = it.max
		}
	}
}

// settleKind finds what the format reads, and refuses one that reads nothing
// definite.
func (f *timeFormat) settleKind() error {
	has := func(codes string) bool {
		for _, it := range f.items {
			if it.code != 0 && strings.IndexByte(codes, it.code) >= 0 {
				return true
			}
		}
		return false
	}
	date, clock := has("YymdbBjaA"), has("HIMSfp")
	switch {
	case !date && !clock:
		return faultf("%q has no date and no time in it", f.text)
	case has("I") != has("p"):
		return faultf("%q: %%I (hours to 12) and %%p (AM or PM) go together", f.text)
	case has("z") && !date:
		return faultf("%q has a zone but no date", f.text)
	case has("z"):
		f.k = instantKind
	case date && clock:
		f.k = stampKind
	case date:
		f.k = dateKind
	default:
		f.k = clockKind
	}
	return nil
}

// TimeForm returns what says whether a text matches a format of dates or times
// in full, which is none if the format is no such.
func TimeForm(format string) func(text string) bool {
	f, err := parseTimeFormat(format)
	return func(text string) bool {
		if err != nil {
			return false
		}
		_, bad := f.parse(text)
		return bad == nil
	}
}

// reads says why the format cannot be used to read: a date needs its year.
func (f *timeFormat) reads() error {
	for _, it := range f.items {
		if it.code == 'Y' || it.code == 'y' {
			return nil
		}
	}
	if f.k == clockKind {
		return nil
	}
	return faultf("%q has no year (%%Y or %%y)", f.text)
}

// parse reads s, which must match in full.
func (f *timeFormat) parse(s string) (value, error) {
	r := timeReader{rest: s, c: civil{year: 1970, month: 1, day: 1}, weekday: -1}
	for i := range f.items {
		if !r.item(&f.items[i]) {
			return value{}, f.mismatch(s, r.why)
		}
	}
	if r.rest != "" {
		return value{}, f.mismatch(s, fmt.Sprintf("%s is left over", quote(r.rest)))
	}
	if why := r.settle(); why != "" {
		return value{}, f.mismatch(s, why)
	}
	if r.weekday >= 0 && weekday(r.c.days()) != r.weekday {
		return value{}, f.mismatch(s, "that date is a "+weekdays[weekday(r.c.days())])
	}
	switch f.k {
	case dateKind:
		return value{k: dateKind, n: r.c.days()}, nil
	case clockKind:
		if r.c.nano%1000 != 0 {
			return value{}, f.mismatch(s, "a time of day holds six digits of a second")
		}
		return value{k: clockKind, n: r.c.clock()}, nil
	}
	return r.c.stamp(), nil
}

func (f *timeFormat) mismatch(s, why string) error {
	if why != "" {
		why = ": " + why
	}
	return &fault{msg: fmt.Sprintf("%s does not match %q%s", quote(s), f.text, why), value: s}
}

// A timeReader is a text being read by a timeFormat.
type timeReader struct {
	rest    string
	c       civil
	why     string
	pm, am  bool
	weekday int // Monday is 0; -1: not said
	yearDay int // if hasYearDay

	hasYearDay bool
}

func (r *timeReader) item(it *timeItem) bool {
	switch {
	case it.code == 0:
		rest, ok := strings.CutPrefix(r.rest, it.literal)
		r.rest = rest
		return ok
	case it.max > 0:
		return r.number(it)
	case it.code == 'z':
		return r.zone()
	case it.code == 'p':
		n := r.name("AM", "PM", "오전", "오후")
		r.am, r.pm = n&1 == 0, n&1 == 1
		return n >= 0
	case it.code == 'a' || it.code == 'A':
		r.weekday = r.nameOf(weekdays[:], it.code == 'a')
		return r.weekday >= 0
	}
	n := r.nameOf(months[:], it.code == 'b')
	r.c.month = n + 1
	return n >= 0
}

// number reads the digits of a number, as many as there are.
func (r *timeReader) number(it *timeItem) bool {
	n, i := 0, 0
	for i < it.max && i < len(r.rest) && r.rest[i]-'0' <= 9 {
		n = n*10 + int(r.rest[i]-'0')
		i++
	}
	if i < it.min {
		return false
	}
	r.rest = r.rest[i:]
	for ; it.code == 'f' && i < 9; i++ {
		n *= 10
	}
	return r.set(it.code, n)
}

// set takes the number of an item.
func (r *timeReader) set(code byte, n int) bool {
	switch code {
	case 'Y':
		r.c.year = n
	case 'y':
		r.c.year = 1900 + n
		if n < 69 {
			r.c.year = 2000 + n
		}
	case 'm':
		r.c.month = n
	case 'd':
		r.c.day = n
	case 'H':
		r.c.hour = n
	case 'M':
		r.c.minute = n
	case 'S':
		r.c.second = n
	case 'f':
		r.c.nano = n
	case 'I':
		if r.c.hour = n; n < 1 || n > 12 {
			r.why = fmt.Sprintf("there is no hour %d of 12", n)
			return false
		}
	case 'j':
		r.yearDay, r.hasYearDay = n, true
	}
	return true
}

// zone reads Z, +hhmm, +hh:mm, and seconds after them.
func (r *timeReader) zone() bool {
	if rest, ok := strings.CutPrefix(r.rest, "Z"); ok {
		r.rest, r.c.zoned = rest, true
		return true
	}
	if r.rest == "" || r.rest[0] != '+' && r.rest[0] != '-' {
		return false
	}
	minus, rest := r.rest[0] == '-', r.rest[1:]
	hours, rest, ok := twoDigits(rest)
	if !ok {
		return false
	}
	rest, colon := strings.CutPrefix(rest, ":")
	minutes, rest, ok := twoDigits(rest)
	if !ok || minutes > 59 {
		return false
	}
	seconds := 0
	after := rest
	if colon {
		after = strings.TrimPrefix(rest, ":")
	}
	if n, end, ok := twoDigits(after); ok && n < 60 && (!colon || after != rest) {
		seconds, rest = n, end
	}
	r.rest, r.c.zoned = rest, true
	r.c.offset = hours*3600 + minutes*60 + seconds
	if minus {
		r.c.offset = -r.c.offset
	}
	return true
}

func twoDigits(s string) (n int, rest string, ok bool) {
	if len(s) < 2 || s[0]-'0' > 9 || s[1]-'0' > 9 {
		return 0, s, false
	}
	return int(s[0]-'0')*10 + int(s[1]-'0'), s[2:], true
}

// name reads one of the words in any case, and returns which; -1 for none.
func (r *timeReader) name(words ...string) int {
	for i, w := range words {
		if len(r.rest) >= len(w) && strings.EqualFold(r.rest[:len(w)], w) {
			r.rest = r.rest[len(w):]
			return i
		}
	}
	return -1
}

// nameOf is name with the words cut to three letters if short.
func (r *timeReader) nameOf(words []string, short bool) int {
	for i, w := range words {
		if short {
			w = w[:3]
		}
		if r.name(w) == 0 {
			return i
		}
	}
	return -1
}

// settle works out what depends on several directives, and says in words what
// is wrong with the whole; "" if nothing is.
func (r *timeReader) settle() string {
	if r.pm && r.c.hour < 12 {
		r.c.hour += 12
	} else if r.am && r.c.hour == 12 {
		r.c.hour = 0
	}
	why := r.c.valid()
	if !r.hasYearDay || why != "" {
		return why
	}
	if last := 365 + daysIn(r.c.year, 2) - 28; r.yearDay < 1 || r.yearDay > last {
		return fmt.Sprintf("%d has no day %d", r.c.year, r.yearDay)
	}
	_, r.c.month, r.c.day = dateOf(daysOf(r.c.year, 1, 1) + int64(r.yearDay) - 1)
	return ""
}

var (
	weekdays = [...]string{"Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"}
	months   = [...]string{"January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November", "December"}
)

// weekday returns the day of the week of a date, Monday is 0.
func weekday(days int64) int { return int(((days+3)%7 + 7) % 7) }
