package format

import "github.com/seed-128c3863/sluice/row"

// Split returns a reader for each row group of the file, in order, and how many of
// them may be read at once, at most so many: as many as have room in MaxPages
// together, which is shared out to them. If that is one, the one reader is r. Rows
// are numbered as in the file.
//
// It is for a reader of which nothing was read; of that no more is read if there
// are others. An error is as one of Read.
func (r *ParquetReader) Split(most int) (parts []*ParquetReader, atOnce int, err error) {
	if err := r.guarded(&row.Batch{}); err != nil {
		return nil, 0, err
	}
	atOnce = min(most, len(r.footer.groups))
	if need := r.mostNeeded(); need > 0 {
		atOnce = int(min(int64(atOnce), int64(r.o.MaxPages)/need))
	}
	if atOnce < 2 {
		return []*ParquetReader{r}, 1, nil
	}
	rows := int64(0)
	for i, g := range r.footer.groups {
		o := r.o
		o.MaxPages /= atOnce
		part := NewParquetReader(r.file.in, r.size, o)
		part.footer, part.root, part.group, part.last, part.rows = r.footer, r.root, i, i+1, rows
		parts = append(parts, part)
		rows += g.rows
	}
	return parts, atOnce, nil
}

// mostNeeded returns how many bytes the wanted columns of a row group may take
// when they are read, of that in which these are the most.
func (r *ParquetReader) mostNeeded() (most int64) {
	for i := range r.footer.groups {
		need := int64(0)
		for _, l := range r.leaves() {
			c := &r.footer.groups[i].chunks[l.index]
			need += max(c.size, 0) + 2*max(c.plain, 0)
		}
		most = max(most, need)
	}
	return most
}
