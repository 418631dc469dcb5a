package format

import (
	"bytes"
	"math"
	"strconv"
	"strings"
	"time"

	"github.com/seed-128c3863/sluice/row"
)

// value returns what the cell holds. An error is one of the file.
func (r *odsRows) value(b *row.Batch) (sheetCell, error) {
	c := &r.cells[r.next-1]
	name := func() string { return cellName(c.column+r.times-1, r.line) }
	shown, value := c.shown.of(r.text), c.value.of(r.text)
	switch {
	case c.failed, c.formula && c.typ == odsString && isODSError(string(shown)):
		return faultyCell(b.Keep(shown), "cell "+name()+" holds the error "+shortText(shown)), nil
	case c.typ == odsNone:
		return faultyCell(nil, "the formula in cell "+name()+" has no value: open the spreadsheet in LibreOffice and save it"), nil
	case c.typ == odsString:
		return textCell(b.Keep(shown), c.column+r.times-1, r.line), nil
	}
	kind, text, why := r.typed(c.typ, value)
	if why != "" {
		return faultyCell(b.Keep(shown), "cell "+name()+" holds "+strconv.Quote(shortText(value))+", which is "+why), nil
	}
	return sheetCell{kind: kind, text: b.Keep(text)}, nil
}

// typed reads a value that is no text, or says why it is none. The text is valid
// until the next call.
func (r *odsRows) typed(typ odsType, value []byte) (kind row.Kind, text []byte, why string) {
	switch typ {
	case odsBool:
		if s := string(value); s == "true" || s == "false" {
			return row.Bool, []byte(strings.ToUpper(s)), ""
		}
		return 0, nil, "neither true nor false"
	case odsDate:
		return r.date(value)
	case odsTime:
		return r.clock(value)
	}
	text, _, err := cellNumber(r.scratch[:0], value)
	if r.scratch = text; err != nil {
		return 0, nil, "not a number"
	}
	return row.Float64, text, ""
}

// date reads a day, or a day with a time, of no more than milliseconds: what
// there is beyond them is the noise of a float.
func (r *odsRows) date(value []byte) (row.Kind, []byte, string) {
	form, kind := time.DateOnly, row.Date
	if bytes.IndexByte(value, 'T') > 0 {
		form, kind = "2006-01-02T15:04:05", row.Timestamp
	}
	at, err := time.Parse(form, string(value))
	if err != nil || at.Year() < 1 {
		return 0, nil, "no date or time"
	}
	at = at.Round(time.Millisecond)
	days := floorDays(at.Unix())
	text, err := appendDate(r.scratch[:0], days)
	if err != nil {
		return 0, nil, "no date or time"
	}
	if kind == row.Timestamp {
		text = appendTimeOfDay(append(text, 'T'), at.UnixNano()-days*dayMillis*1e6)
	}
	r.scratch = text
	return kind, text, ""
}

func floorDays(seconds int64) int64 {
	days, _ := floorDiv(seconds, 86_400)
	return days
}

// clock reads a duration as ISO 8601 writes it, PT05H30M00S: a time of day if it
// is less than a day.
func (r *odsRows) clock(value []byte) (row.Kind, []byte, string) {
	const why = "no time"
	text := string(value)
	negative := strings.HasPrefix(text, "-")
	text, ok := strings.CutPrefix(strings.TrimPrefix(text, "-"), "P")
	if !ok {
		return 0, nil, why
	}
	millis, units, time := 0.0, "DTHMS", false
	for text != "" {
		if text[0] == 'T' && !time {
			text, time = text[1:], true
			continue
		}
		i := strings.IndexAny(text, "DHMS")
		if i <= 0 || strings.Trim(text[:i], "0123456789.") != "" || (text[i] == 'D') == time {
			return 0, nil, why
		}
		n, err := strconv.ParseFloat(text[:i], 64)
		at := strings.IndexByte(units, text[i])
		if err != nil || at < 0 {
			return 0, nil, why
		}
		millis += n * map[byte]float64{'D': dayMillis, 'H': 3_600_000, 'M': 60_000, 'S': 1000}[text[i]]
		text, units = text[i+1:], units[at+1:]
	}
	if millis = math.Round(millis); millis > 1e15 {
		return 0, nil, why
	}
	total := int64(millis)
	if negative {
		total = -total
	}
	if total >= 0 && total < dayMillis {
		r.scratch = appendTimeOfDay(r.scratch[:0], total*1e6)
		return row.Time, r.scratch, ""
	}
	day, rest := floorDiv(total, dayMillis)
	r.scratch = appendDuration(r.scratch[:0], day, rest)
	return row.String, r.scratch, ""
}
