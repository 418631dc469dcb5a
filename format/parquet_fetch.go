package format

import (
	"cmp"
	"slices"
)

const (
	// fetchBytes is how much of a row group's wanted columns is fetched at once
	// at most: what there is beyond is fetched column by column, as it is read.
	fetchBytes = 16 << 20

	// requestBytes is the most that one request asks for.
	requestBytes = 8 << 20

	// leastFetch is how much of a column is fetched at once at least.
	leastFetch = 16 << 10

	// gapBytes is what may lie between two columns that one request asks for: it
	// takes less time than another request.
	gapBytes = 64 << 10
)

// A pqSpan is a part of the file that is fetched.
type pqSpan struct {
	start, end int64
	text       []byte
}

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

// fetch gets the first part of each wanted column of a row group, or all of it if
// that is not too much, in as few requests as makes sense.
func (r *ParquetReader) fetch(g *pqGroup) error {
	leaves := r.leaves()
	if len(leaves) == 0 {
		return nil
	}
	most := int64(min(fetchBytes, r.o.MaxPages/4))
	each := max(most/int64(len(leaves)), leastFetch)
	total := int64(0)
	for _, l := range leaves {
		c := &g.chunks[l.index]
		if err := c.check(r.size); err != nil {
			return r.inColumn(r.nameOf(l), err)
		}
		total += c.size
	}
	if total <= most {
		each = requestBytes
	}
	var spans []*pqSpan
	for _, l := range leaves {
		c := &g.chunks[l.index]
		spans = append(spans, &pqSpan{start: c.start, end: c.start + min(c.size, each)})
	}
	spans = joined(spans)
	for _, l := range leaves { // what they had is given back before there is more
		l.window.close()
	}
	if err := r.get(spans); err != nil {
		return err
	}
	for _, l := range leaves {
		c := &g.chunks[l.index]
		if err := l.begin(c, r.in, textAt(spans, c.start, min(c.size, each)), int(each)); err != nil {
			return r.inColumn(r.nameOf(l), err)
		}
	}
	return nil
}

// get reads the spans, in place of those of the row group before.
func (r *ParquetReader) get(spans []*pqSpan) error {
	r.room.give(r.spans)
	r.spans = 0
	for _, s := range spans {
		if err := r.room.take(uint64(s.end - s.start)); err != nil {
			return err
		}
		r.spans += int(s.end - s.start)
		s.text = make([]byte, s.end-s.start)
		if err := readFull(r.in, s.text, s.start); err != nil {
			return err
		}
	}
	return nil
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

// textAt returns n bytes of the file from a place that is in one of the spans.
func textAt(spans []*pqSpan, at, n int64) []byte {
	for _, s := range spans {
		if at >= s.start && at+n <= s.end {
			return s.text[at-s.start : at-s.start+n]
		}
	}
	return nil
}
