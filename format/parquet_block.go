package format

import (
	"fmt"

	"github.com/seed-128c3863/sluice/row"
)

// block reads the next rows of the columns that are leaves.
func (r *ParquetReader) block(b *row.Batch) error {
	if r.left == 0 {
		r.step = r.nextGroup
		return nil
	}
	if r.rows > 0 { // who comes back for more will want the rest
		r.ahead()
	}
	r.n, r.i = int(min(r.left, batchRows)), 0
	r.left -= int64(r.n)
	for k, c := range r.columns {
		if err := c.fill(r.n); err != nil {
			return r.inColumn(r.o.Paths[r.at[k]].Header(), err)
		}
	}
	r.step = r.take
	return r.take(b)
}

// take gives the batch rows of the block.
func (r *ParquetReader) take(b *row.Batch) error {
	to, err := r.fit()
	if err != nil {
		return err
	}
	if to, err = r.takeRecords(b, to); err != nil {
		return err
	}
	for k, c := range r.columns {
		if dst := &b.Cols[r.at[k]]; r.i == 0 && to == r.n {
			*dst, c.block = c.block, *dst
		} else {
			copyRows(dst, &c.block, r.i, to)
		}
	}
	for _, i := range r.nowhere {
		for range to - r.i {
			b.Cols[i].AppendNull()
		}
	}
	b.Len = to - r.i
	for range b.Len {
		r.rows++
		b.Row = append(b.Row, r.rows)
	}
	if r.i = to; to == r.n {
		r.step = r.block
	}
	return nil
}

// fit returns up to which row the block's texts are those of one batch.
func (r *ParquetReader) fit() (int, error) {
	size, to := 0, r.n
	for _, c := range r.columns {
		for i := r.i; i < len(c.block.Bytes); i++ {
			n := len(c.block.Bytes[i])
			if size += n; n > r.o.MaxRecord {
				return 0, fmt.Errorf("row %d: a value has %d bytes, more than %d, %w", r.rows+int64(i-r.i)+1, n, r.o.MaxRecord, ErrTooLarge)
			}
		}
	}
	if size <= 4*batchBytes {
		return to, nil
	}
	size = 0
	for i := r.i; i < r.n; i++ {
		for _, c := range r.columns {
			if i < len(c.block.Bytes) {
				size += len(c.block.Bytes[i])
			}
		}
		if size > batchBytes {
			return i + 1, nil
		}
	}
	return to, nil
}

// takeRecords reads the values that are more than leaves, row by row, up to a row
// or until there are enough texts in the batch.
func (r *ParquetReader) takeRecords(b *row.Batch, to int) (int, error) {
	if len(r.records) == 0 {
		return to, nil
	}
	size := 0
	for i := r.i; i < to; i++ {
		for _, rec := range r.records {
			n, err := rec.add(b)
			if err != nil {
				return 0, r.inColumn(rec.value.name, fmt.Errorf("row %d: %w", r.rows+int64(i-r.i)+1, err))
			}
			size += n
		}
		if size > batchBytes {
			return i + 1, nil
		}
	}
	return to, nil
}

// copyRows appends rows from to to-1 of a column to one of its type.
func copyRows(dst, src *row.Column, from, to int) {
	dst.Null = append(dst.Null, src.Null[from:to]...)
	if len(src.Ints) > 0 {
		dst.Ints = append(dst.Ints, src.Ints[from:to]...)
	}
	if len(src.Nanos) > 0 {
		dst.Nanos = append(dst.Nanos, src.Nanos[from:to]...)
	}
	if len(src.Floats) > 0 {
		dst.Floats = append(dst.Floats, src.Floats[from:to]...)
	}
	if len(src.Bytes) > 0 {
		dst.Bytes = append(dst.Bytes, src.Bytes[from:to]...)
	}
	if len(src.Broken) > 0 {
		dst.Broken = append(dst.Broken, src.Broken[from:to]...)
	}
}
