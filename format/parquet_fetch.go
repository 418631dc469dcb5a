package format

import (
	"cmp"
	"slices"
)

const (
	// fetchBytes is how much of a row group's wanted columns is fetched at once
	// at most, and an eighth of what may be held: as much again is fetched while
	// that is read.
	fetchBytes = 16 << 20
	fetchShare = 8

	// requestBytes is the most that columns that lie next to each other are
	// fetched in one piece of.
	requestBytes = 8 << 20

	// A part of a column that is fetched at once is no smaller than mostLeast,
	// or, if there are so many columns that these were too much, leastFetch.
	leastFetch = 16 << 10
	mostLeast  = 256 << 10

	// gapBytes is what may lie between two columns that are fetched in one piece:
	// it takes less time than another request.
	gapBytes = 64 << 10
)

// leaves returns what reads the wanted columns of a row group.
func (r *ParquetReader) leaves() (leaves []*pqLeaf) {
	for _, c := range r.columns {
		leaves = append(leaves, c.leaf)
	}
	for _, rec := range r.records {
		for _, c := range rec.cursors {
			leaves = append(leaves, c.leaf)
		}
	}
	return leaves
}

// A pqFetch is the first part of each wanted column of a row group, or all of it
// if that is not too much.
type pqFetch struct {
	group int // from 1
	each  []int64
	spans []*pqSpan
}

// plan says what is fetched first of a row group: of all columns the same share,
// so that they run out together.
func (r *ParquetReader) plan(group int, leaves []*pqLeaf) (*pqFetch, error) {
	f := &pqFetch{group: group, each: make([]int64, len(leaves))}
	g := &r.footer.groups[group-1]
	total := int64(0)
	for _, l := range leaves {
		c := &g.chunks[l.index]
		if err := c.check(r.size); err != nil {
			return nil, r.inColumn(r.nameOf(l), err)
		}
		total += c.size
	}
	most := int64(min(fetchBytes, r.o.MaxPages/fetchShare))
	parts := (total + most - 1) / most
	least := min(mostLeast, max(leastFetch, most/int64(4*len(leaves))))
	for i, l := range leaves {
		c := &g.chunks[l.index]
		if f.each[i] = c.size; parts > 1 {
			f.each[i] = min(c.size, max(least, (c.size+parts-1)/parts))
		}
		f.spans = append(f.spans, &pqSpan{start: c.start, end: c.start + f.each[i]})
	}
	f.spans = joined(f.spans)
	return f, nil
}

// fetch goes on to the row group, of which the first part is fetched if it was
// not before.
func (r *ParquetReader) fetch() error {
	leaves := r.leaves()
	if len(leaves) == 0 {
		return nil
	}
	for _, l := range leaves { // what they had is given back before there is more
		l.end()
	}
	f := r.begun
	if r.begun = nil; f == nil {
		var err error
		if f, err = r.plan(r.group, leaves); err != nil {
			return err
		}
		for _, s := range f.spans {
			if err := r.file.begin(s); err != nil {
				return err
			}
		}
	}
	g := &r.footer.groups[r.group-1]
	for i, l := range leaves {
		c := &g.chunks[l.index]
		if err := l.begin(&r.file, c, spanOf(f.spans, c.start, f.each[i]), f.each[i]); err != nil {
			return r.inColumn(r.nameOf(l), err)
		}
	}
	return nil
}

// ahead begins to fetch what comes next of each column, or once that is all of
// the row group, the first part of the next one. What there is no room for is
// fetched when it is read.
func (r *ParquetReader) ahead() {
	if !r.file.eager || r.begun != nil {
		return
	}
	leaves, all := r.leaves(), true
	for _, l := range leaves {
		all = l.window.ahead() && all
	}
	next := r.group + 1
	for next <= r.last && r.footer.groups[next-1].rows == 0 {
		next++
	}
	if !all || len(leaves) == 0 || next > r.last {
		return
	}
	f, err := r.plan(next, leaves)
	if err != nil { // it is said when its turn comes
		return
	}
	size := int64(0)
	for _, s := range f.spans {
		size += s.end - s.start
	}
	if !r.room.spare(size) {
		return
	}
	for _, s := range f.spans {
		if r.file.begin(s) != nil {
			return
		}
	}
	r.begun = f
}

// nameOf returns the name of the wanted column that a leaf is read for.
func (r *ParquetReader) nameOf(l *pqLeaf) string {
	for k, c := range r.columns {
		if c.leaf == l {
			return r.o.Paths[r.at[k]].Header()
		}
	}
	for _, rec := range r.records {
		for _, c := range rec.cursors {
			if c.leaf == l {
				return rec.value.name
			}
		}
	}
	return ""
}

// joined makes one span of those that lie next to each other.
func joined(spans []*pqSpan) (out []*pqSpan) {
	slices.SortFunc(spans, func(a, b *pqSpan) int { return cmp.Compare(a.start, b.start) })
	for _, s := range spans {
		if last := len(out) - 1; last >= 0 && s.start <= out[last].end+gapBytes && (s.end-out[last].start <= requestBytes || s.end <= out[last].end) {
			out[last].end = max(out[last].end, s.end)
			continue
		}
		out = append(out, s)
	}
	return out
}

// spanOf returns the span that has n bytes of the file from a place on, for one
// more who reads it.
func spanOf(spans []*pqSpan, at, n int64) *pqSpan {
	for _, s := range spans {
		if at >= s.start && at+n <= s.end {
			s.readers++
			return s
		}
	}
	return nil
}
