package infer

import (
	"bytes"
	"encoding/json"
	"math"
	"regexp"
	"strconv"
	"strings"
	"time"
)

// A seen is what the sampled records hold at one place.
type seen struct {
	n       int // values, null among them
	nulls   int
	bools   int
	ints    int // within 64 bits
	floats  int // with a point or an exponent, and finite
	wides   int // integers beyond 64 bits, of at most 38 digits
	huge    int // other numbers
	texts   int
	objects int
	lists   int

	// Of the texts: how many are of a form.
	empty, dates, stamps, zoned, times, uuids int

	table   bool     // the objects are rows of a table, whose columns are all kept
	keys    []string // of the objects, in the order in which they are first met
	members map[string]*seen
	crowd   bool // more keys than are kept
	idKeys  int  // keys that look like ids
	elems   *seen
}

// mostMembers is how many keys of an object are kept.
const mostMembers = 500

// observe takes a record, a valid JSON text, into account.
func (s *seen) observe(record []byte) {
	d := json.NewDecoder(bytes.NewReader(record))
	d.UseNumber()
	s.next(d)
}

// next takes the next value into account.
func (s *seen) next(d *json.Decoder) {
	t, err := d.Token()
	if err != nil {
		return // the reader has checked it before
	}
	s.n++
	switch t := t.(type) {
	case nil:
		s.nulls++
	case bool:
		s.bools++
	case json.Number:
		s.number(string(t))
	case string:
		s.text(t)
	case json.Delim:
		if t == '{' {
			s.object(d)
		} else {
			s.list(d)
		}
	}
}

func (s *seen) number(text string) {
	if strings.ContainsAny(text, ".eE") {
		if f, err := strconv.ParseFloat(text, 64); err != nil || math.IsInf(f, 0) {
			s.huge++
			return
		}
		s.floats++
		return
	}
	if _, err := strconv.ParseInt(text, 10, 64); err == nil {
		s.ints++
	} else if len(strings.TrimPrefix(text, "-")) <= 38 {
		s.wides++
	} else {
		s.huge++
	}
}

var uuid = regexp.MustCompile(`^[0-9A-Fa-f]{8}-[0-9A-Fa-f]{4}-[0-9A-Fa-f]{4}-[0-9A-Fa-f]{4}-[0-9A-Fa-f]{12}$`)

func (s *seen) text(text string) {
	s.texts++
	switch {
	case text == "":
		s.empty++
	case isDate(text):
		s.dates++
	case isStamp(text, ""):
		s.stamps++
	case isStamp(text, "Z07:00"), isStamp(text, "Z0700"):
		s.zoned++
	case clock.MatchString(text):
		s.times++
	case uuid.MatchString(text):
		s.uuids++
	}
}

// clock is a time of day with its seconds; without these it may be anything.
var clock = regexp.MustCompile(`^(?:[01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9](?:\.[0-9]{1,6})?$`)

// isStamp says whether a text is a date and a time of day of ISO 8601 with a
// zone as Go's layouts write it, or without.
func isStamp(text, zone string) bool {
	if len(text) < len("2024-04-17T05:30") || text[4] != '-' || strings.Contains(text, ",") {
		return false
	}
	for _, clock := range []string{"15:04:05", "15:04"} {
		if _, err := time.Parse("2006-01-02"+text[10:11]+clock+zone, text); err == nil && (text[10] == 'T' || text[10] == ' ') {
			return true
		}
	}
	return false
}

func (s *seen) object(d *json.Decoder) {
	s.objects++
	if s.members == nil {
		s.members = map[string]*seen{}
	}
	for d.More() {
		t, err := d.Token()
		if err != nil {
			return
		}
		key := t.(string)
		m := s.members[key]
		if m == nil {
			m = &seen{}
			if s.table || len(s.keys) < mostMembers {
				s.members[key] = m
				s.keys = append(s.keys, key)
				if idLike(key) {
					s.idKeys++
				}
			} else {
				s.crowd = true
			}
		}
		m.next(d)
	}
	_, _ = d.Token() // the closing brace
}

func (s *seen) list(d *json.Decoder) {
	s.lists++
	if s.elems == nil {
		s.elems = &seen{}
	}
	for d.More() {
		s.elems.next(d)
	}
	_, _ = d.Token() // the closing bracket
}

var ids = regexp.MustCompile(`^(?:-?[0-9]+|[0-9A-Fa-f]{16,}|[0-9]{4}-[0-9]{2}-[0-9]{2}.*)$`)

// idLike says whether a key looks like an id or a date rather than a name.
func idLike(key string) bool { return ids.MatchString(key) || uuid.MatchString(key) }

// varies says whether the keys of the objects differ from one to the next, as
// ids do, or are too many to be columns.
func (s *seen) varies() bool {
	if s.crowd || s.idKeys > 0 || len(s.keys) > 100 {
		return true
	}
	there := 0
	for _, m := range s.members {
		there += m.n
	}
	return len(s.keys) > 6 && float64(there) < 0.4*float64(s.objects*len(s.keys))
}

// values is how many there are that are not null.
func (s *seen) values() int { return s.n - s.nulls }

// scalars is how many values are neither objects nor lists.
func (s *seen) scalars() int { return s.values() - s.objects - s.lists }

func (s *seen) numbers() int { return s.ints + s.floats + s.wides + s.huge }
