package mapping

import (
	"errors"
	"slices"
	"strings"

	"github.com/seed-128c3863/sluice/row"
)

// A rowFault is what is wrong with one column of a row.
type rowFault struct {
	r   int
	col *column
	err error
}

func (m *Mapper) fault(r int, col *column, err error) {
	m.faults = append(m.faults, rowFault{r, col, err})
}

// reject takes the rows at fault out of dst and makes rejects of them: one a
// row, of the first column at fault, with the reasons of the others after it.
func (m *Mapper) reject() {
	dst, src := m.dst, m.src
	if len(m.faults) == 0 {
		dst.Bad = append(dst.Bad, src.Bad...)
		return
	}
	slices.SortStableFunc(m.faults, func(a, b rowFault) int { return a.r - b.r })
	bad := make([]bool, src.Len)
	var rejects []row.Reject
	for i := 0; i < len(m.faults); {
		end := i + 1
		for end < len(m.faults) && m.faults[end].r == m.faults[i].r {
			end++
		}
		r := m.faults[i].r
		kept, good := m.kept(r, m.faults[i:end])
		bad[r] = !kept
		if !good {
			rejects = append(rejects, m.rejectOf(m.faults[i:end]))
		}
		i = end
	}
	dst.Bad = merge(dst.Bad, src.Bad, rejects)
	remove(dst, bad)
}

// kept says whether a row at fault stays in the batch, and whether it is good
// all the same: see Program.Keep.
func (m *Mapper) kept(r int, faults []rowFault) (kept, good bool) {
	p := m.prog
	if p.keep == nil {
		return false, false
	}
	for _, f := range faults {
		if i := slices.Index(p.columns, f.col); p.keep[i] {
			return false, false
		}
	}
	verdict := &m.dst.Cols[p.verdict]
	if !verdict.Null[r] && verdict.Ints[r] == 1 {
		return true, true
	}
	verdict.Null[r], verdict.Ints[r] = true, 0
	return true, false
}

// rejectOf returns the reject of a row, whose faults are in order of columns.
func (m *Mapper) rejectOf(faults []rowFault) row.Reject {
	first := faults[0]
	out := row.Reject{Error: row.Error{Row: at(m.src.Row, first.r), Line: at(m.src.Line, first.r), Byte: at(m.src.Byte, first.r), Column: first.col.name}}
	if f, ok := first.err.(*fault); ok {
		out.Value = strings.Clone(f.value)
	}
	out.Record = m.src.RecordAt(first.r)
	reason := first.err.Error()
	said := map[string]bool{reason: true}
	for _, f := range faults[1:] {
		if msg := f.err.Error(); !said[msg] {
			said[msg] = true
			reason += "; " + f.col.name + ": " + msg
		}
	}
	out.Err = errors.New(reason)
	out.Key = m.key(faults)
	return out
}

// key returns the key of a row at fault, nil if that is at fault.
func (m *Mapper) key(faults []rowFault) (key []row.Column) {
	for _, i := range m.prog.key {
		if slices.ContainsFunc(faults, func(f rowFault) bool { return f.col == m.prog.columns[i] }) {
			return nil
		}
		key = append(key, m.dst.Cols[i].One(faults[0].r))
	}
	return key
}

func at(numbers []int64, r int) int64 {
	if r < len(numbers) {
		return numbers[r]
	}
	return 0
}

// merge appends two lists of rejects, each in order of rows, in order.
func merge(dst, a, b []row.Reject) []row.Reject {
	for len(a) > 0 && len(b) > 0 {
		if a[0].Row <= b[0].Row {
			dst, a = append(dst, a[0]), a[1:]
		} else {
			dst, b = append(dst, b[0]), b[1:]
		}
	}
	return append(append(dst, a...), b...)
}

// remove takes the bad rows out of a batch.
func remove(b *row.Batch, bad []bool) {
	for i := range b.Cols {
		removeRows(&b.Cols[i], bad)
	}
	b.Row, b.Line, b.Byte, b.Record = without(b.Row, bad), without(b.Line, bad), without(b.Byte, bad), without(b.Record, bad)
	for _, is := range bad {
		if is {
			b.Len--
		}
	}
}

func removeRows(c *row.Column, bad []bool) {
	if c.Elem != nil {
		lost, start := make([]bool, c.Elem.Len()), 0
		removed := 0
		for r, end := range c.Ends {
			if bad[r] {
				for e := start; e < end; e++ {
					lost[e] = true
				}
				removed += end - start
			}
			c.Ends[r] -= removed
			start = end
		}
		c.Ends = without(c.Ends, bad)
		removeRows(c.Elem, lost)
	}
	c.Null, c.Ints, c.Nanos = without(c.Null, bad), without(c.Ints, bad), without(c.Nanos, bad)
	c.Floats, c.Bytes = without(c.Floats, bad), without(c.Bytes, bad)
}

// without returns s without the bad elements; a slice that is not in use stays
// as it is.
func without[T any](s []T, bad []bool) []T {
	if len(s) == 0 {
		return s
	}
	kept := s[:0]
	for i, v := range s {
		if !bad[i] {
			kept = append(kept, v)
		}
	}
	clear(s[len(kept):])
	return kept
}
