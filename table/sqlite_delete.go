package table

import (
	"bytes"
	"context"
	"database/sql/driver"
	"encoding/binary"
	"fmt"
	"slices"

	"github.com/seed-128c3863/sluice/plan"
	"github.com/seed-128c3863/sluice/row"
)

// addKey keeps a row by its key alone: others of its columns are not read.
func (s *sqliteImport) addKey(b *row.Batch, r int, number int64, state rowState) *row.Reject {
	s.buf = s.buf[:0]
	for i, c := range s.columns {
		if !s.inKey[i] {
			s.buf = append(s.buf, storedNull)
		} else if bad := s.addField(b, i, c, r); bad != nil {
			return bad
		}
	}
	for range s.links {
		s.buf = putSet(s.buf, nil)
	}
	if err := s.in.add(number, s.buf); err != nil {
		return &row.Reject{Error: row.Error{Err: err}}
	}
	*s.in.state(s.in.n - 1) = state
	return nil
}

// judged adds a row of which the job says whether it is deleted, or that is bad.
func (s *sqliteImport) judged(b *row.Batch, r int, number int64) (bad *row.Reject, done bool) {
	v := &b.Cols[s.verdict]
	switch {
	case v.Null[r]:
		s.unkeyed-- // it is in b.Bad
		s.protect(b, r, number)
		return nil, true
	case v.Ints[r] == 1:
		if bad = s.addKey(b, r, number, rowDrop); bad != nil {
			s.unkeyed++
		}
		return bad, true
	}
	return nil, false
}

// protect keeps the key of a bad row, so that its row of the table is not missing.
func (s *sqliteImport) protect(b *row.Batch, r int, number int64) {
	if s.addKey(b, r, number, rowKept) != nil {
		s.unkeyed++
	}
}

// delete notes that a row of the table is deleted; i is the incoming row that
// says so, or -1.
func (w *changeWriter) delete(i int, ids, record []byte) error {
	at := uint64(w.in.n)
	if i >= 0 {
		at = uint64(i)
		*w.in.state(i) = rowGone
		*w.in.value(i) = uint64(w.size + int64(len(w.out)))
	}
	w.deleted++
	return w.note(at, ids, make([]byte, w.maskSize()), record)
}

// missing notes the rows of a chunk that the files lack, if they mirror them.
func (w *changeWriter) missing(ctx context.Context, k *rowChunk, rows []int) error {
	if len(rows) == 0 {
		return nil
	}
	if w.job.To.Within.S != "" {
		var records [][]byte
		for _, i := range rows {
			ids, _ := k.row(i)
			records = append(records, ids)
		}
		var inside []int
		if err := w.giveFields(ctx, "ids", len(w.ids), records); err != nil {
			return err
		}
		q := w.at()
		q.where = " WHERE " + w.within()
		err := w.scan(ctx, selectValues([]string{"s.rowid"}, q), 1, func(v []driver.Value) error {
			inside = append(inside, rows[v[0].(int64)-1])
			return nil
		})
		if err != nil {
			return w.faultOfWithin(err)
		}
		rows = inside
	}
	for _, i := range rows {
		ids, record := k.row(i)
		if err := w.delete(-1, ids, record); err != nil {
			return err
		}
	}
	return nil
}

// eachChange gives the entries of what changes that hold.
func (s *sqliteImport) eachChange(each func(c *rowChange) error) error {
	for at := int64(0); ; {
		c, next, err := s.changeFrom(at)
		if err != nil || c == nil {
			return err
		}
		if err := each(c); err != nil {
			return err
		}
		at = next
	}
}

// deletes reports whether an entry is of a row that is deleted.
func (c *rowChange) deletes() bool { return bytes.Count(c.mask, []byte{0}) == len(c.mask) }

// guard refuses a plan that deletes too much, or what other rows refer to.
func (s *sqliteImport) guard(ctx context.Context) error {
	if err := s.followers(ctx); err != nil {
		return err
	}
	if s.deleted == 0 {
		return s.children(ctx)
	}
	all, err := s.number(ctx, "SELECT count(*) FROM "+s.sqlName())
	if err != nil {
		return err
	}
	if err := s.tooMany(s.deleted, all); err != nil {
		return err
	}
	return s.children(ctx)
}

// changing returns the IDs of the entries of some changes.
func (s *sqliteImport) changing(which func(c *rowChange) bool) (ids [][]byte, err error) {
	err = s.eachChange(func(c *rowChange) error {
		if which(c) {
			ids = append(ids, c.ids)
		}
		return nil
	})
	return ids, err
}

// remove deletes rows, after their links: all are in the journal before the first
// is gone, which may take or change others with it that refer to it.
func (w *sqliteWriter) remove(ctx context.Context) error {
	if w.deleted == 0 {
		return nil
	}
	for _, do := range []func(context.Context, *sqliteTarget, [][]byte) error{w.journal.keepRows, w.journal.dropRows} {
		var ids [][]byte
		w.removed = 0
		flush := func() error {
			if len(ids) == 0 {
				return nil
			}
			err := do(ctx, w.sqliteTarget, ids)
			w.removed += int64(len(ids))
			ids = ids[:0]
			return err
		}
		err := w.eachIn(w.part.deletes, true, func(c *rowChange) error {
			if ids = append(ids, c.ids); len(ids) == chunkRows {
				return flush()
			}
			return nil
		})
		if err == nil {
			err = flush()
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// keepRows journals rows of a target that are deleted, and deletes their links.
func (j *journal) keepRows(ctx context.Context, t *sqliteTarget, ids [][]byte) error {
	if err := j.giveFields(ctx, "ids", len(t.ids), ids); err != nil {
		return err
	}
	for _, c := range t.links {
		join := t.at().from + fmt.Sprintf(" CROSS JOIN %s AS k ON k.%s = t.%s", c.link.sqlName(), quoteName(c.link.own.Name), quoteName(c.link.ownID.Name))
		if err := j.remove(ctx, "unlink", c.link.Table, join); err != nil {
			return err
		}
	}
	n, err := j.keep(ctx, "delete", t.Table, idsJoin(t.Table))
	if err == nil && n != int64(len(ids)) {
		err = fmt.Errorf("%d rows of table %s are there, and %d were to be deleted", n, t.Name, len(ids))
	}
	return err
}

// dropRows deletes rows of a target.
func (j *journal) dropRows(ctx context.Context, t *sqliteTarget, ids [][]byte) error {
	if err := j.giveFields(ctx, "ids", len(t.ids), ids); err != nil {
		return err
	}
	return j.drop(ctx, t.Table, idsJoin(t.Table))
}

// gone yields the rows that are deleted and that no incoming row tells of.
func (s *sqliteImport) gone(ctx context.Context, yield func(*plan.Row) error) error {
	return s.eachChange(func(c *rowChange) error {
		if c.i < s.in.n {
			return nil
		}
		r := &plan.Row{State: plan.Delete}
		if err := s.tellDeleted(ctx, c, r); err != nil {
			return err
		}
		return yield(r)
	})
}

// tellDeleted puts the values of a deleted row into its change.
func (s *sqliteImport) tellDeleted(ctx context.Context, c *rowChange, r *plan.Row) error {
	fields := c.record
	for n, b := range slices.Concat(s.columns, s.links) {
		var was []byte
		was, fields = s.cut(fields, n)
		old, err := s.shown(ctx, b, was)
		if err != nil {
			return err
		}
		if slices.Contains(s.key, b) {
			r.Key = append(r.Key, plan.Value{Column: b.col.Name, Value: old})
		} else {
			r.Values = append(r.Values, plan.Change{Column: b.col.Name, Old: old})
		}
	}
	return nil
}

// note writes an entry.
func (w *changeWriter) note(at uint64, ids, mask, before []byte) (err error) {
	w.entry = append(append(append(binary.AppendUvarint(w.entry[:0], at), ids...), mask...), before...)
	w.out = append(binary.AppendUvarint(w.out, uint64(len(w.entry))), w.entry...)
	if len(w.out) >= blockBytes {
		w.size += int64(len(w.out))
		_, err = w.changes.Write(w.out)
		w.out = w.out[:0]
	}
	return err
}
