package mapping

import (
	"fmt"
	"time"
)

const (
	secondMicros = 1_000_000
	dayMicros    = 24 * 60 * 60 * secondMicros
)

// A civil is a date and a time of day, as a clock on the wall shows them.
type civil struct {
	year, month, day     int
	hour, minute, second int
	nano                 int // 0 to 999,999,999
	offset               int // seconds east of UTC; used if zoned
	zoned                bool
}

var monthDays = [...]int{31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31}

func daysIn(year, month int) int {
	if month == 2 && (year%4 == 0 && year%100 != 0 || year%400 == 0) {
		return 29
	}
	return monthDays[month-1]
}

// daysOf returns the days since 1970-01-01 of a date of the Gregorian
// calendar, year 0 on.
func daysOf(year, month, day int) int64 {
	if month <= 2 {
		year--
		month += 12
	}
	era := year / 400
	if year < 0 {
		era = (year - 399) / 400
	}
	ofEra := year - era*400
	ofYear := (153*(month-3)+2)/5 + day - 1
	return int64(era*146097+ofEra*365+ofEra/4-ofEra/100+ofYear) - 719468
}

// dateOf is the inverse of daysOf.
func dateOf(days int64) (year, month, day int) {
	days += 719468
	era := floorDiv(days, 146097)
	ofEra := int(days - era*146097)
	yearOfEra := (ofEra - ofEra/1460 + ofEra/36524 - ofEra/146096) / 365
	ofYear := ofEra - (365*yearOfEra + yearOfEra/4 - yearOfEra/100)
	m := (5*ofYear + 2) / 153
	day = ofYear - (153*m+2)/5 + 1
	year = yearOfEra + int(era)*400
	if m < 10 {
		return year, m + 3, day
	}
	return year + 1, m - 9, day
}

func floorDiv(a, b int64) int64 {
	q := a / b
	if a%b < 0 {
		q--
	}
	return q
}

// valid says in words what is wrong with the date or time; "" if nothing is.
func (c *civil) valid() string {
	switch {
	case c.year < 1 || c.year > 9999:
		return fmt.Sprintf("there is no year %d here: 1 to 9999", c.year)
	case c.month < 1 || c.month > 12:
		return fmt.Sprintf("there is no month %d", c.month)
	case c.day < 1 || c.day > daysIn(c.year, c.month):
		return fmt.Sprintf("month %d of %d has no day %d", c.month, c.year, c.day)
	case c.hour > 23:
		return fmt.Sprintf("there is no hour %d", c.hour)
	case c.minute > 59:
		return fmt.Sprintf("there is no minute %d", c.minute)
	case c.second > 59:
		return fmt.Sprintf("there is no second %d", c.second)
	case c.offset < -18*3600 || c.offset > 18*3600:
		return "no zone is that far from UTC"
	}
	return ""
}

func (c *civil) days() int64 { return daysOf(c.year, c.month, c.day) }

// clock returns microseconds since midnight.
func (c *civil) clock() int64 {
	return int64(c.hour*3600+c.minute*60+c.second)*secondMicros + int64(c.nano/1000)
}

// stamp returns the value of date and time: an instant if a zone was given.
func (c *civil) stamp() value {
	micros := c.days()*dayMicros + c.clock()
	v := value{k: stampKind, n: micros, nano: int16(c.nano % 1000)}
	if c.zoned {
		v.k = instantKind
		v.n -= int64(c.offset) * secondMicros
	}
	return v
}

// civilOf is what a clock shows at a stamp or date, or in UTC at an instant.
func civilOf(v value) civil {
	var c civil
	micros := v.n
	switch v.k {
	case dateKind:
		c.year, c.month, c.day = dateOf(v.n)
		return c
	case clockKind:
		c.year, c.month, c.day = 1970, 1, 1
	default:
		day := floorDiv(micros, dayMicros)
		c.year, c.month, c.day = dateOf(day)
		micros -= day * dayMicros
	}
	seconds := int(micros / secondMicros)
	c.hour, c.minute, c.second = seconds/3600, seconds/60%60, seconds%60
	c.nano = int(micros%secondMicros)*1000 + int(v.nano)
	c.zoned = v.k == instantKind
	return c
}

// appendTime writes a date, time of day or timestamp as ISO 8601 does:
// 2024-04-17, 05:00:00, 2024-04-17T05:00:00.5, 2024-04-17T05:00:00Z.
func appendTime(b []byte, v value) []byte {
	c := civilOf(v)
	if v.k != clockKind {
		b = fmt.Appendf(b, "%04d-%02d-%02d", c.year, c.month, c.day)
	}
	if v.k == dateKind {
		return b
	}
	if v.k != clockKind {
		b = append(b, 'T')
	}
	b = fmt.Appendf(b, "%02d:%02d:%02d", c.hour, c.minute, c.second)
	if c.nano != 0 {
		b = fmt.Appendf(b, ".%09d", c.nano)
		for b[len(b)-1] == '0' {
			b = b[:len(b)-1]
		}
	}
	if v.k == instantKind {
		b = append(b, 'Z')
	}
	return b
}

func durationText(nanos int64) string { return time.Duration(nanos).String() }

// ofTime returns the instant of a time.Time.
func ofTime(t time.Time) value {
	nanos := t.Nanosecond()
	return value{k: instantKind, n: t.Unix()*secondMicros + int64(nanos/1000), nano: int16(nanos % 1000)}
}

// inZone returns the stamp that a clock in the zone shows at an instant.
func inZone(v value, zone *time.Location) value {
	_, offset := time.UnixMicro(v.n).In(zone).Zone()
	return value{k: stampKind, n: v.n + int64(offset)*secondMicros, nano: v.nano}
}

// fromZone returns the instant at which clocks in the zone show the stamp. A
// stamp that they skip, or show twice, has none.
func fromZone(v value, zone *time.Location) (value, error) {
	found, n := value{}, 0
	// Offsets change by at most hours, so those of a day before and after are all there can be.
	_, before := time.UnixMicro(v.n - dayMicros).In(zone).Zone()
	_, after := time.UnixMicro(v.n + dayMicros).In(zone).Zone()
	for i, offset := range [...]int{before, after} {
		if i == 1 && after == before {
			break
		}
		at := value{k: instantKind, n: v.n - int64(offset)*secondMicros, nano: v.nano}
		if inZone(at, zone).n == v.n {
			found = at
			n++
		}
	}
	switch n {
	case 0:
		return value{}, faultOf(v, "clocks in %s skip %s", zone, v.text())
	case 2:
		return value{}, faultOf(v, "clocks in %s show %s twice, so the instant is not known", zone, v.text())
	}
	return found, nil
}
