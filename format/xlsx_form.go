package format

import (
	"math"
	"strconv"
	"strings"

	"github.com/seed-128c3863/sluice/row"
)

// A cellForm says what the number of a cell is by the cell's number format. How
// else it is shown, with how many digits or which currency, does not count.
type cellForm uint8

const (
	numberForm   cellForm = iota
	dateForm              // days
	clockForm             // a time of day
	stampForm             // both
	calendarForm          // one of the three, which differ between languages: the number tells
	durationForm          // [h]:mm
)

// builtinForm is the form of a number format that workbooks do not write out.
func builtinForm(id int) cellForm {
	switch {
	case id >= 14 && id <= 17, id == 27, id == 28, id == 29, id == 30, id == 31, id == 36,
		id >= 50 && id <= 54, id == 57, id == 58, id >= 71 && id <= 74:
		return dateForm
	case id >= 18 && id <= 21, id == 32, id == 33, id == 45, id == 47, id >= 75 && id <= 77, id == 79, id == 80:
		return clockForm
	case id == 22, id == 81:
		return stampForm
	case id == 34, id == 35, id == 55, id == 56:
		return calendarForm
	case id == 46, id == 78:
		return durationForm
	}
	return numberForm
}

// formOf reads the code of a number format, of which the first section counts:
// yyyy"년" m"월" d"일" is a date, 0"d" a number.
func formOf(code string) cellForm {
	const most = 1000 // bytes; Excel takes 255 characters
	code = code[:min(len(code), most)]
	var date, clock, digits bool
	before := byte(0) // the letter of the last part: an m behind h is minutes
	for len(code) > 0 && code[0] != ';' {
		c := code[0] | 0x20
		switch {
		case strings.HasPrefix(strings.ToLower(code), "general"):
			code = code[len("general"):]
			continue
		case strings.HasPrefix(code, "G/"): // General, as Excel calls it in Asia
			code = strings.TrimLeftFunc(code[2:], func(r rune) bool { return r > 0x7f })
			continue
		case ampm(code) > 0:
			clock, code = true, code[ampm(code):]
			continue
		case elapsed(code):
			return durationForm
		case code[0] == '0' || code[0] == '#' || code[0] == '?':
			digits = digits || before != 's'
		case c == 'y' || c == 'd' || c == 'b' && strings.HasPrefix(strings.ToLower(code), "bb"):
			date, before = true, c
		case c == 'e' && !strings.HasPrefix(code[1:], "+") && !strings.HasPrefix(code[1:], "-"):
			date, before = true, c // a year of an era
		case c == 'h' || c == 's':
			clock, before = true, c
		case c == 'm':
			if before == 'h' || secondsNext(code) {
				clock = true
			} else {
				date = true
			}
			before = c
		}
		code = code[partLen(code):]
	}
	switch {
	case digits || !date && !clock:
		return numberForm
	case date && clock:
		return stampForm
	case date:
		return dateForm
	}
	return clockForm
}

// elapsed says whether a format begins with hours, minutes or seconds that do not
// end with the day: [h], [mm].
func elapsed(code string) bool {
	inside, _, ok := strings.Cut(strings.TrimPrefix(code, "["), "]")
	return ok && code[0] == '[' && inside != "" && strings.Trim(strings.ToLower(inside), strings.ToLower(inside[:1])) == "" && strings.ContainsAny(inside[:1], "hmsHMS")
}

// ampm is how long a part is that stands for the half of the day, 0 for none.
func ampm(code string) int {
	for _, word := range []string{"AM/PM", "A/P", "上午/下午", "午前/午後", "오전/오후"} {
		if len(code) >= len(word) && strings.EqualFold(code[:len(word)], word) {
			return len(word)
		}
	}
	return 0
}

// secondsNext says whether the next part after that which code begins with, but
// for what stands between them, is one of seconds.
func secondsNext(code string) bool {
	for code = code[partLen(code):]; len(code) > 0; code = code[partLen(code):] {
		switch code[0] | 0x20 {
		case 's':
			return true
		case 'y', 'd', 'h', 'm':
			return false
		}
		if code[0] == ';' {
			return false
		}
	}
	return false
}

// partLen is how long the part of a format is that code begins with: a text in
// quotes, what is in brackets, an escaped character, a letter that is repeated.
func partLen(code string) int {
	switch c := code[0]; c {
	case '"':
		return closed(code, '"')
	case '[':
		return closed(code, ']')
	case '\\', '_', '*':
		var n int
		for n = min(2, len(code)); n < len(code) && code[n]&0xc0 == 0x80; n++ {
			continue
		}
		return n
	default:
		n := 1
		for n < len(code) && code[n] == c {
			n++
		}
		return n
	}
}

// closed is how long a part is that ends with a character, or with the code.
func closed(code string, end byte) int {
	if i := strings.IndexByte(code[1:], end); i >= 0 {
		return i + 2
	}
	return len(code)
}

// The days of the calendar that workbooks count in, of which one never was.
const (
	daysTo1900 = 25569 // from the first day of the calendar to 1970-01-01
	daysTo1904 = 24107
	leapDay    = 60 // 1900-02-29
	lastDay    = 2_958_465
	dayMillis  = 86_400_000
)

// A moment is a number of days as a date, a time of day or both, in ISO 8601, or
// why it is none.
type moment struct {
	kind row.Kind // String: a duration of a day or more
	text []byte
	why  string
}

// momentOf reads a number of days by the form of its cell. It is of no more than
// milliseconds, as a float has no more to be relied on.
func (b *xlsxBook) momentOf(dst []byte, days float64, form cellForm) moment {
	if math.Abs(days) > 3*lastDay {
		return moment{why: "it is no day that Excel has"}
	}
	whole := math.Floor(days)
	millis := int64(math.Round((days - whole) * dayMillis))
	day := int64(whole) + millis/dayMillis
	millis %= dayMillis
	switch {
	case form == durationForm && (day != 0):
		return moment{kind: row.String, text: appendDuration(dst, day, millis)}
	case form == durationForm, form == clockForm && day == 0, form == calendarForm && day == 0 && millis > 0:
		return moment{kind: row.Time, text: appendTimeOfDay(dst, millis*1e6)}
	}
	since, why := b.since1970(day)
	if why != "" {
		return moment{why: why}
	}
	text, err := appendDate(dst, since)
	if err != nil {
		return moment{why: "it is no day that Excel has"}
	}
	if millis == 0 && (form == dateForm || form == calendarForm) {
		return moment{kind: row.Date, text: text}
	}
	return moment{kind: row.Timestamp, text: appendTimeOfDay(append(text, 'T'), millis*1e6)}
}

// since1970 returns the day in days since 1970-01-01.
func (b *xlsxBook) since1970(day int64) (since int64, why string) {
	switch {
	case b.from04 && day >= 0:
		return day - daysTo1904, ""
	case b.from04 || day < 0:
		return 0, "it is negative, which is no date"
	case day == 0:
		return 0, "it is the day before 1900-01-01, which Excel shows as 1900-01-00"
	case day == leapDay:
		return 0, "it is 1900-02-29, a day that never was"
	case day < leapDay:
		return day - daysTo1900 + 1, ""
	}
	return day - daysTo1900, ""
}

// appendDuration adds a duration as hours, minutes and seconds.
func appendDuration(dst []byte, day, millis int64) []byte {
	if total := day*dayMillis + millis; total < 0 {
		dst, day, millis = append(dst, '-'), -total/dayMillis, -total%dayMillis
	}
	clock := appendTimeOfDay(nil, millis*1e6)
	hours := day*24 + millis/3_600_000
	if hours < 100 {
		dst = appendTwo(dst, hours)
	} else {
		dst = strconv.AppendInt(dst, hours, 10)
	}
	return append(dst, clock[2:]...)
}
