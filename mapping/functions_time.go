package mapping

import (
	"math"
	"time"

	"github.com/expr-lang/expr/ast"
)

func timeFunctions() []*function {
	tt := []kinds{textArg, textArg}
	moment := []kinds{momentArg}
	return []*function{
		{name: "strptime", signature: "strptime(text, format)", doc: "The date, time of day or timestamp that a text writes, by Python's directives: " + timeCodes + ".", args: tt, least: 2, call: strptime, prepare: prepareStrptime},
		{name: "strftime", signature: "strftime(time, format)", doc: "The text of a date, time of day or timestamp (one with zone in UTC), by the same directives.", args: []kinds{momentArg | 1<<clockKind, textArg}, least: 2, out: textKind, call: strftime, prepare: prepareStrftime},
		{name: "date", signature: "date(time)", doc: "The date of a timestamp (one with zone: in UTC).", args: moment, least: 1, out: dateKind, call: dateFunction},
		{name: "from_unix", signature: "from_unix(seconds)", doc: "The instant a number of seconds after 1970-01-01 00:00 UTC.", args: []kinds{numberArg}, least: 1, out: instantKind, call: fromUnix("from_unix", 6)},
		{name: "from_unix_ms", signature: "from_unix_ms(milliseconds)", doc: "The same in milliseconds.", args: []kinds{numberArg}, least: 1, out: instantKind, call: fromUnix("from_unix_ms", 3)},
		{
			name: "unix", signature: "unix(instant)", doc: "The seconds since 1970-01-01 00:00 UTC, whole ones.", args: []kinds{1 << instantKind}, least: 1, out: intKind,
			call: func(_ *Mapper, a []value) (value, error) { return ofInt(floorDiv(a[0].n, secondMicros)), nil },
		},
		{name: "in_zone", signature: `in_zone(instant, "Asia/Seoul")`, doc: "The timestamp that clocks in the zone show at an instant.", args: []kinds{1 << instantKind, textArg}, least: 2, out: stampKind, call: inZoneFunction},
		{name: "from_zone", signature: `from_zone(timestamp, "Asia/Seoul")`, doc: "The instant at which clocks in the zone show the timestamp.", args: []kinds{1<<stampKind | 1<<dateKind, textArg}, least: 2, out: instantKind, call: fromZoneFunction},
		{name: "year", signature: "year(time)", doc: "The year of a date or timestamp.", args: moment, least: 1, out: intKind, call: field(func(c civil) int { return c.year })},
		{name: "month", signature: "month(time)", doc: "The month, 1 to 12.", args: moment, least: 1, out: intKind, call: field(func(c civil) int { return c.month })},
		{name: "day", signature: "day(time)", doc: "The day of the month, 1 to 31.", args: moment, least: 1, out: intKind, call: field(func(c civil) int { return c.day })},
		{name: "hour", signature: "hour(time)", doc: "The hour, 0 to 23.", args: []kinds{momentArg | 1<<clockKind}, least: 1, out: intKind, call: field(func(c civil) int { return c.hour })},
		{name: "days", signature: "days(n)", doc: "A duration of n times 24 hours, to add to a time.", args: []kinds{intArg}, least: 1, out: durationKind, call: durationOf("days", 24*time.Hour)},
		{name: "hours", signature: "hours(n)", doc: "A duration of n hours.", args: []kinds{intArg}, least: 1, out: durationKind, call: durationOf("hours", time.Hour)},
		{name: "minutes", signature: "minutes(n)", doc: "A duration of n minutes.", args: []kinds{intArg}, least: 1, out: durationKind, call: durationOf("minutes", time.Minute)},
		{name: "seconds", signature: "seconds(n)", doc: "A duration of n seconds.", args: []kinds{intArg}, least: 1, out: durationKind, call: durationOf("seconds", time.Second)},
		{name: "total_seconds", signature: "total_seconds(duration)", doc: "The seconds of a duration, such as of the difference of two times.", args: []kinds{durationArg}, least: 1, call: totalSeconds},
	}
}

func prepareStrptime(nodes []ast.Node, args []*node) (*node, error) {
	f, err := constantFormat(nodes[1], args[1])
	if f == nil || err != nil {
		return nil, err
	}
	if err := f.reads(); err != nil {
		return nil, mistakef(nodes[1], "%s", err)
	}
	return one("strptime", f.k, textArg, args[0], func(_ *Mapper, v value) (value, error) { return f.parse(v.s) }), nil
}

func prepareStrftime(nodes []ast.Node, args []*node) (*node, error) {
	f, err := constantFormat(nodes[1], args[1])
	if f == nil || err != nil {
		return nil, err
	}
	return one("strftime", textKind, momentArg|1<<clockKind, args[0], func(_ *Mapper, v value) (value, error) {
		s, err := f.format(v)
		return ofText(s), err
	}), nil
}

// constantFormat compiles a format that is the same for every row; nil if it
// is not.
func constantFormat(n ast.Node, arg *node) (*timeFormat, error) {
	v, ok := constantOf(arg, textKind)
	if !ok {
		return nil, nil
	}
	f, err := parseTimeFormat(v.s)
	if err != nil {
		return nil, mistakef(n, "%s", err)
	}
	return f, nil
}

func strptime(m *Mapper, a []value) (value, error) {
	f, err := m.timeFormat(a[1].s)
	if err != nil {
		return value{}, err
	}
	if err := f.reads(); err != nil {
		return value{}, err
	}
	return f.parse(a[0].s)
}

func strftime(m *Mapper, a []value) (value, error) {
	f, err := m.timeFormat(a[1].s)
	if err != nil {
		return value{}, err
	}
	s, err := f.format(a[0])
	return ofText(s), err
}

func dateFunction(_ *Mapper, a []value) (value, error) {
	if a[0].k == dateKind {
		return a[0], nil
	}
	return value{k: dateKind, n: floorDiv(a[0].n, dayMicros)}, nil
}

// fromUnix reads a number of seconds, or of a smaller unit, that are worth
// 10^exponent microseconds each. A fraction counts as it is written.
func fromUnix(name string, exponent int) func(*Mapper, []value) (value, error) {
	return func(_ *Mapper, a []value) (value, error) {
		d, ok := parseDecimal(a[0].text())
		d.exp += exponent + 3
		nanos, inRange := d.roundHalfEven(0).int64()
		if !ok || !d.integral() {
			return value{}, faultOf(a[0], "%s: %s is finer than nanoseconds", name, a[0].show())
		}
		micros := floorDiv(nanos, 1000)
		if !inRange {
			// Nanoseconds in 64 bits end in the year 2262, microseconds do not.
			d.exp -= 3
			micros, inRange = d.int64()
			nanos = micros * 1000
			inRange = inRange && d.integral()
		}
		if !inRange || micros < minMoment || micros > maxMoment {
			return value{}, faultOf(a[0], "%s: %s is beyond the years 1 to 9999", name, a[0].show())
		}
		return value{k: instantKind, n: micros, nano: int16(nanos - micros*1000)}, nil
	}
}

func inZoneFunction(m *Mapper, a []value) (value, error) {
	zone, err := m.zone(a[1].s)
	if err != nil {
		return value{}, err
	}
	return inZone(a[0], zone), nil
}

func fromZoneFunction(m *Mapper, a []value) (value, error) {
	zone, err := m.zone(a[1].s)
	if err != nil {
		return value{}, err
	}
	return fromZone(midnight(a[0]), zone)
}

func field(of func(civil) int) func(*Mapper, []value) (value, error) {
	return func(_ *Mapper, a []value) (value, error) { return ofInt(int64(of(civilOf(a[0])))), nil }
}

func durationOf(name string, unit time.Duration) func(*Mapper, []value) (value, error) {
	return func(_ *Mapper, a []value) (value, error) {
		n, ok := times(a[0].n, int64(unit))
		if !ok {
			return value{}, faultOf(a[0], "%s: %s is longer than 292 years, the most a duration holds", name, a[0].show())
		}
		return value{k: durationKind, n: n}, nil
	}
}

// totalSeconds returns an integer where the duration is whole seconds.
func totalSeconds(_ *Mapper, a []value) (value, error) {
	if a[0].n%int64(time.Second) == 0 {
		return ofInt(a[0].n / int64(time.Second)), nil
	}
	return value{k: floatKind, n: int64(math.Float64bits(float64(a[0].n) / float64(time.Second)))}, nil
}
