package table

import (
	"bytes"
	"context"
	"database/sql/driver"
	"fmt"
	"slices"
	"strings"
)

// update writes the columns of rows that differ, and then their links.
func (w *sqliteWriter) update(ctx context.Context) error {
	u := &updates{sqliteWriter: w, statements: map[string]driver.Stmt{}}
	defer u.close()
	err := w.eachIn(w.part.updates, false, func(c *rowChange) error {
		if err := u.one(ctx, c); err != nil {
			return err
		}
		if len(u.entries) == chunkRows {
			return u.finish(ctx)
		}
		return nil
	})
	if err != nil {
		return err
	}
	return u.finish(ctx)
}

// updates are some updates under way.
type updates struct {
	*sqliteWriter
	statements map[string]driver.Stmt // by mask
	entries    [][]byte               // of the journal, as far as the IDs
	rests      [][]byte               // and what is behind their hashes
	gone, come [][][]byte             // by link: pairs
	buf        []byte
}

func (u *updates) close() {
	for _, st := range u.statements {
		_ = st.Close()
	}
}

// one updates a row.
func (u *updates) one(ctx context.Context, c *rowChange) error {
	_, fields, err := u.in.record(c.i, u.buf)
	if err != nil {
		return err
	}
	u.buf, fields = fields, u.resolve(fields)
	values, sets := takeValues(nil, fields, len(u.columns))
	var set []driver.Value
	mask, was := make([]byte, len(c.mask)), []byte(nil)
	for n := range u.columns {
		if c.was[n] != nil {
			mask[n/8] |= 1 << (n % 8)
			set, was = append(set, values[n]), append(was, c.was[n]...)
		}
	}
	for n := len(u.columns); n < len(c.was); n++ {
		if c.was[n] != nil {
			mask[n/8] |= 1 << (n % 8)
		}
	}
	if set != nil {
		set, _ = takeValues(set, c.ids, len(u.ids))
		if err := u.write(ctx, mask, set); err != nil {
			return err
		}
	}
	u.entries, u.rests = append(u.entries, c.ids), append(u.rests, append(mask, was...))
	u.relink(c, fields, sets)
	u.updated++
	return nil
}

// placeOf returns the file and the row that an incoming row is of.
func (s *sqliteImport) placeOf(i int) (file string, r int64, err error) {
	number, _, err := s.in.record(i, nil)
	if err != nil {
		return "", 0, err
	}
	file, r = s.load.place(number)
	return file, r, nil
}

// write sets the columns of a mask of one row.
func (u *updates) write(ctx context.Context, mask []byte, values []driver.Value) error {
	n, err := u.setRow(ctx, u.sqliteTarget, u.statements, mask, values)
	if err == nil && n != 1 {
		err = fmt.Errorf("%d rows of table %s were updated, and 1 was planned: a trigger of the table may have done it", n, u.Name)
	}
	return err
}

// setRow sets the columns of a mask of one row, by the statement of that mask,
// and returns how many rows that touched.
func (d *sqlite) setRow(ctx context.Context, t *sqliteTarget, statements map[string]driver.Stmt, mask []byte, values []driver.Value) (int64, error) {
	st := statements[string(mask)]
	if st == nil {
		var err error
		if st, err = d.raw.PrepareContext(ctx, d.updateSQL(t, mask)); err != nil {
			return 0, err
		}
		statements[string(mask)] = st
	}
	r, err := st.(driver.StmtExecContext).ExecContext(ctx, ordinals(values))
	if err != nil {
		return 0, err
	}
	return r.RowsAffected()
}

// updateSQL sets the columns of a mask of the row that its IDs tell.
func (d *sqlite) updateSQL(t *sqliteTarget, mask []byte) string {
	var set []string
	for n, c := range t.columns {
		if mask[n/8]&(1<<(n%8)) != 0 {
			set = append(set, quoteName(c.to.Name)+" = ?")
		}
	}
	return fmt.Sprintf("UPDATE%s %s SET %s WHERE (%s) = (%s)", t.orAbort(), t.sqlName(), strings.Join(set, ", "), t.idList("%c"), t.idList("?"))
}

// orAbort makes an error of a conflict, whatever the table's constraints say:
// IGNORE, or REPLACE, which takes other rows. Triggers would follow it, too, in
// what they write, so that a table with triggers is left to its constraints: but
// not where these would take rows in silence.
func (t *Table) orAbort() string {
	if len(t.Triggers) > 0 && !t.Replaces {
		return ""
	}
	return " OR ABORT"
}

// relink notes which links of a row go, and which come.
func (u *updates) relink(c *rowChange, fields, sets []byte) {
	if u.gone == nil {
		u.gone, u.come = make([][][]byte, len(u.links)), make([][][]byte, len(u.links))
	}
	for l := range u.links {
		var is [][]byte
		is, sets = takeSet(nil, sets)
		if c.was[len(u.columns)+l] == nil {
			continue
		}
		own := c.ids
		if at := u.ownAt[l]; at >= 0 {
			own = fieldAt(fields, at)
		}
		was, _ := takeSet(nil, c.was[len(u.columns)+l])
		u.gone[l] = append(u.gone[l], without(u.ownBefore(c, l, fields), was, is)...)
		u.come[l] = append(u.come[l], without(own, is, was)...)
	}
}

// ownBefore is what the links of a row that changes refer to.
func (s *sqliteImport) ownBefore(c *rowChange, l int, fields []byte) []byte {
	switch at := s.ownAt[l]; {
	case at < 0:
		return c.ids
	case c.was[at] != nil:
		return c.was[at]
	default:
		return fieldAt(fields, at)
	}
}

// without returns the pairs of a row and what is in a set, but not in another.
func without(own []byte, set, other [][]byte) (pairs [][]byte) {
	for _, id := range set {
		if !slices.ContainsFunc(other, func(o []byte) bool { return bytes.Equal(o, id) }) {
			pairs = append(pairs, slices.Concat(own, id))
		}
	}
	return pairs
}

// finish writes the links and the journal of some updates.
func (u *updates) finish(ctx context.Context) error {
	for l, c := range u.links {
		if u.gone == nil {
			break
		}
		if err := u.exchange(ctx, c, u.gone[l], u.come[l]); err != nil {
			return err
		}
		u.gone[l], u.come[l] = u.gone[l][:0], u.come[l][:0]
	}
	if err := u.readBack(ctx, u.sqliteTarget, u.entries); err != nil {
		return err
	}
	for i, entry := range u.entries {
		if err := u.journal.add(ctx, "update", u.Table, append(entry, u.rests[i]...)); err != nil {
			return err
		}
	}
	u.entries, u.rests = u.entries[:0], u.rests[:0]
	return nil
}

// bare is the target without its links.
func (t *sqliteTarget) bare() *sqliteTarget {
	copied := *t.target
	copied.links = nil
	bare := *t
	bare.target = &copied
	return &bare
}

// exchange removes links and adds others.
func (u *updates) exchange(ctx context.Context, c *binding, gone, come [][]byte) error {
	join := fmt.Sprintf("temp.sluice_pairs AS s CROSS JOIN %s AS k ON k.%s = s.sluice_i0 AND k.%s = s.sluice_i1", c.link.sqlName(), quoteName(c.link.own.Name), quoteName(c.link.other.Name))
	if len(gone) > 0 {
		if err := u.giveFields(ctx, "pairs", 2, gone); err != nil {
			return err
		}
		if err := u.journal.remove(ctx, "remove", c.link.Table, join); err != nil {
			return err
		}
	}
	if len(come) == 0 {
		return nil
	}
	if err := u.addLinks(ctx, c, come); err != nil {
		return err
	}
	values := append(of("k", c.link.rowIDs()), "k."+quoteName(c.link.own.Name), "k."+quoteName(c.link.other.Name))
	var entries [][]byte
	err := u.scan(ctx, selectValues(values, rowQuery{from: join}), len(values), func(v []driver.Value) error {
		ids := len(v) - 2
		entries = append(entries, putHash(putValues(nil, v[:ids]), putValues(nil, v[ids:])))
		return nil
	})
	for _, entry := range entries {
		if err == nil {
			err = u.journal.add(ctx, "add", c.link.Table, entry)
		}
	}
	return err
}
