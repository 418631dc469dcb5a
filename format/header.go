package format

import (
	"fmt"
	"strings"
)

// A header is the names of a table's columns, and which of them are wanted.
type header struct {
	names  []string
	slots  []int  // by name: the wanted column that it is, -1 for none
	absent []int  // wanted columns that there are not
	top    string // what the names come from, for a message
}

// newHeader finds the wanted columns among the names.
func newHeader(names, wanted []string, top string) (*header, error) {
	h := &header{names: numbered(names), slots: make([]int, len(names)), top: top}
	at := make(map[string]int, len(names))
	for i, name := range h.names {
		h.slots[i] = -1
		if before, twice := at[name]; twice && name != "" {
			return nil, fmt.Errorf("columns %d and %d have the same name %s", before+1, i+1, shortName(name))
		}
		at[name] = i
	}
	for c, name := range wanted {
		if i, ok := at[name]; ok {
			h.slots[i] = c
		} else {
			h.absent = append(h.absent, c)
		}
	}
	return h, nil
}

// numbered tells names apart that are there more than once: a (1), a (2).
func numbered(names []string) []string {
	count := make(map[string]int, len(names))
	for _, name := range names {
		count[name]++
	}
	if len(count) == len(names) {
		return names
	}
	told, seen := make([]string, len(names)), map[string]int{}
	for i, name := range names {
		told[i] = name
		if seen[name]++; name != "" && count[name] > 1 {
			told[i] = fmt.Sprintf("%s (%d)", name, seen[name])
		}
	}
	return told
}

// check says which columns are wanted and not there, and which are there and not
// wanted, where that is not fine.
func (h *header) check(wanted []string, absentNull, refuseExtra bool) error {
	switch extra := h.extra(); {
	case len(h.absent) > 0 && !absentNull:
		return h.absence(wanted)
	case len(extra) > 0 && refuseExtra:
		return fmt.Errorf("nothing reads %s (extra_columns: ignore leaves it out)", shortNames(extra))
	}
	return nil
}

// extra returns the names that are not wanted, and not empty.
func (h *header) extra() []string {
	var extra []string
	for i, name := range h.names {
		if h.slots[i] < 0 && name != "" {
			extra = append(extra, name)
		}
	}
	return extra
}

// absence says that columns are not there, and what is.
func (h *header) absence(wanted []string) error {
	var absent []string
	for _, c := range h.absent {
		absent = append(absent, wanted[c])
	}
	there := shortNames(h.names)
	for _, name := range h.names {
		if name == absent[0]+" (1)" {
			return fmt.Errorf("%s has %s more than once: say which of them, as %s for the first", h.top, shortName(absent[0]), shortName(name))
		}
		if strings.EqualFold(strings.TrimSpace(name), strings.TrimSpace(absent[0])) {
			there = shortName(name)
		}
	}
	return fmt.Errorf(`%s has no %s; it has %s (absent_columns: "null" gives nulls)`, h.top, shortNames(absent), there)
}
