package table

import (
	"bytes"
	"context"
	"database/sql/driver"
	"encoding/binary"
	"fmt"
	"slices"
	"strings"

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

// own are the conditions that rows k of the target, which refer to deleted ones,
// are neither deleted nor about to refer to others.
func (s *sqliteImport) own(ctx context.Context, fk *ForeignKey) (string, error) {
	ids, err := s.changing(func(c *rowChange) bool {
		return c.deletes() || slices.ContainsFunc(fk.Columns, func(name string) bool {
			at := s.loadedAt(name)
			return at >= 0 && c.was[at] != nil
		})
	})
	if err != nil {
		return "", err
	}
	given := make([]string, len(s.ids))
	for i := range given {
		given[i] = fmt.Sprintf("i%d", i)
	}
	return fmt.Sprintf(" WHERE (%s) NOT IN (SELECT %s FROM temp.sluice_freed)", s.idList("k.%c"), strings.Join(given, ", ")), s.giveFields(ctx, "freed", len(s.ids), ids)
}

// giveGone makes temp.sluice_gone: the IDs of the rows that are deleted.
func (s *sqliteImport) giveGone(ctx context.Context) error {
	gone, err := s.changing(func(c *rowChange) bool { return c.deletes() })
	if err != nil {
		return err
	}
	return s.giveFields(ctx, "gone", len(s.ids), gone)
}

// children refuses to delete rows, or links, that others refer to.
func (s *sqliteImport) children(ctx context.Context) error {
	if err := s.giveGone(ctx); err != nil {
		return err
	}
	if err := s.linkChildren(ctx); err != nil || s.deleted == 0 {
		return err
	}
	return s.unreferred((*ForeignKey).left, func(fk *ForeignKey) (int64, error) {
		if fk.RefColumns == nil || s.linked(fk) {
			return 0, nil
		}
		sql := s.referrers(fk)
		if fk.Table == s.Name {
			but, err := s.own(ctx, fk)
			if err != nil {
				return 0, err
			}
			sql += but
		}
		return s.number(ctx, sql)
	})
}

// linkChildren refuses to remove links that rows refer to: those of the rows in
// temp.sluice_gone, and those that updated rows lose.
func (s *sqliteImport) linkChildren(ctx context.Context) error {
	for l, c := range s.links {
		if len(c.link.Referrers) == 0 {
			continue
		}
		lost, err := s.lostLinks(l)
		if err == nil {
			err = s.giveFields(ctx, "lost", 2, lost)
		}
		if err != nil {
			return err
		}
		own, other := quoteName(c.link.own.Name), quoteName(c.link.other.Name)
		gone := strings.ReplaceAll(s.at().from, "temp.sluice_ids", "temp.sluice_gone") + fmt.Sprintf(" CROSS JOIN %s AS l ON l.%s = t.%s", c.link.sqlName(), own, quoteName(c.link.ownID.Name))
		pairs := fmt.Sprintf("temp.sluice_lost AS s CROSS JOIN %s AS l ON l.%s = s.i0 AND l.%s = s.i1", c.link.sqlName(), own, other)
		err = c.link.unreferred((*ForeignKey).left, func(fk *ForeignKey) (int64, error) {
			if fk.RefColumns == nil {
				return 0, nil
			}
			return s.number(ctx, fmt.Sprintf("SELECT (SELECT count(*) FROM %[1]s CROSS JOIN %[3]s) + (SELECT count(*) FROM %[2]s CROSS JOIN %[3]s)", gone, pairs, fk.join("k", "l")))
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// lostLinks returns the links that updated rows lose, as pairs.
func (s *sqliteImport) lostLinks(l int) (pairs [][]byte, err error) {
	at := len(s.columns) + l
	err = s.eachChange(func(c *rowChange) error {
		if c.deletes() || c.was[at] == nil {
			return nil
		}
		_, fields, err := s.in.record(c.i, nil)
		if err != nil {
			return err
		}
		_, sets := cutStored(fields, len(s.columns))
		var is [][]byte
		for range l + 1 {
			is, sets = takeSet(nil, sets)
		}
		was, _ := takeSet(nil, c.was[at])
		pairs = append(pairs, without(s.ownBefore(c, l, fields), was, is)...)
		return nil
	})
	return pairs, err
}

// join is that of the rows of an alias that refer to those of another.
func (fk *ForeignKey) join(alias, to string) string {
	on := make([]string, len(fk.Columns))
	for i, name := range fk.Columns {
		on[i] = fmt.Sprintf("%s.%s = %s.%s", alias, quoteName(name), to, quoteName(fk.RefColumns[i]))
	}
	return fmt.Sprintf("main.%s AS %s ON %s", quoteName(fk.Table), alias, strings.Join(on, " AND "))
}

// followers refuses to change what other rows follow.
func (s *sqliteImport) followers(ctx context.Context) error {
	return s.unreferred((*ForeignKey).moved, func(fk *ForeignKey) (int64, error) {
		if fk.RefColumns == nil || !fk.follows() {
			return 0, nil
		}
		var ids [][]byte
		err := s.eachIn(s.part.updates, false, func(c *rowChange) error {
			if slices.ContainsFunc(fk.RefColumns, func(name string) bool {
				at := s.loadedAt(name)
				return at >= 0 && c.was[at] != nil
			}) {
				ids = append(ids, c.ids)
			}
			return nil
		})
		if err == nil {
			err = s.giveFields(ctx, "gone", len(s.ids), ids)
		}
		if err != nil {
			return 0, err
		}
		return s.number(ctx, s.referrers(fk))
	})
}

// referrers counts the rows k that refer by a foreign key to those whose IDs are
// in temp.sluice_gone.
func (s *sqliteImport) referrers(fk *ForeignKey) string {
	return strings.ReplaceAll("SELECT count(*) FROM "+s.at().from, "temp.sluice_ids", "temp.sluice_gone") + " CROSS JOIN " + fk.join("k", "t")
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
