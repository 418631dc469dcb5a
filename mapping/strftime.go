package mapping

import (
	"fmt"
	"strings"
)

// format writes v as the format says, or says why it cannot: a time of day has
// no year.
func (f *timeFormat) format(v value) (string, error) {
	c := civilOf(v)
	var b []byte
	for i := range f.items {
		it := &f.items[i]
		if !shows(v.k, it.code) {
			return "", faultOf(v, "%s has no %%%c, which %q asks for", v.k, it.code, f.text)
		}
		b = appendItem(b, it, &c)
	}
	return string(b), nil
}

// shows tells whether values of the kind have what a directive writes.
func shows(k kind, code byte) bool {
	switch {
	case code == 0:
		return true
	case code == 'z':
		return k == instantKind
	case strings.IndexByte("YymdbBjaA", code) >= 0:
		return k != clockKind
	}
	return true // a date is midnight
}

func appendItem(b []byte, it *timeItem, c *civil) []byte {
	switch it.code {
	case 0:
		return append(b, it.literal...)
	case 'Y':
		return fmt.Appendf(b, "%04d", c.year)
	case 'y':
		return appendTwo(b, c.year%100)
	case 'm':
		return appendTwo(b, c.month)
	case 'd':
		return appendTwo(b, c.day)
	case 'H':
		return appendTwo(b, c.hour)
	case 'I':
		return appendTwo(b, (c.hour+11)%12+1)
	case 'M':
		return appendTwo(b, c.minute)
	case 'S':
		return appendTwo(b, c.second)
	case 'f':
		return fmt.Appendf(b, "%06d", c.nano/1000)
	case 'j':
		return fmt.Appendf(b, "%03d", c.days()-daysOf(c.year, 1, 1)+1)
	}
	return append(b, itemWord(it.code, c)...)
}

func appendTwo(b []byte, n int) []byte { return append(b, '0'+byte(n/10), '0'+byte(n%10)) }

func itemWord(code byte, c *civil) string {
	switch code {
	case 'b':
		return months[c.month-1][:3]
	case 'B':
		return months[c.month-1]
	case 'a':
		return weekdays[weekday(c.days())][:3]
	case 'A':
		return weekdays[weekday(c.days())]
	case 'z':
		return "+0000"
	case 'p':
		if c.hour >= 12 {
			return "PM"
		}
	}
	return "AM"
}
