package table

import (
	"context"
	"database/sql/driver"
	"fmt"
	"slices"
	"strings"
)

// dependent finds the rows of a part that cannot be taken back because of others,
// or of rows that are skipped.
func (u *sqliteUndo) dependent(ctx context.Context, p *journalPart) error {
	switch p.op {
	case "new":
		return u.referred(ctx, p)
	case "update", "delete":
		return u.blocked(ctx, p)
	case "remove", "unlink":
		return u.unlinked(ctx, p)
	case "add":
		return u.addedReferred(ctx, p)
	}
	return nil
}

// stays is the condition that a row of the target stays as it is now.
func (u *sqliteUndo) stays(table string) string {
	ids := strings.Join(of(table, u.ids), ", ")
	return fmt.Sprintf("((%[1]s) NOT IN (SELECT %[2]s FROM temp.sluice_mine) OR (%[1]s) IN (SELECT %[2]s FROM temp.sluice_skip WHERE op <> 'delete'))", ids, u.idColumns("%c"))
}

// find skips the rows whose IDs a query gives.
func (u *sqliteUndo) find(ctx context.Context, op, why string, ids []string, q rowQuery) error {
	var found []conflict
	err := u.scan(ctx, selectValues(ids, q), len(ids), func(v []driver.Value) error {
		var id []byte
		for _, one := range v {
			id = putValue(id, one)
		}
		found = append(found, conflict{id, why})
		return nil
	})
	if err != nil {
		return err
	}
	return u.skip(ctx, op, found)
}

// referred finds new rows that rows refer to which stay: these cannot go.
func (u *sqliteUndo) referred(ctx context.Context, p *journalPart) error {
	if err := u.giveTouched(ctx, u.touched(p)); err != nil {
		return err
	}
	for _, fk := range u.Referrers {
		if fk.RefColumns == nil || u.linked(fk.Table) {
			continue
		}
		q := u.at()
		q.from += " CROSS JOIN " + fk.join("k", "t")
		if fk.Table == u.Name {
			q.where = " WHERE " + u.staying(&fk, fk.OnDelete == NoAction)
		}
		if err := u.find(ctx, p.op, "a row of "+fk.Table+" refers to it", of("t", u.ids), q); err != nil {
			return err
		}
	}
	for l, c := range u.links {
		for _, fk := range c.link.Referrers {
			if fk.RefColumns == nil {
				continue
			}
			q := u.at()
			q.from += fmt.Sprintf(" CROSS JOIN %s AS l ON l.%s = t.%s CROSS JOIN %s", c.link.sqlName(), quoteName(c.link.own.Name), quoteName(c.link.ownID.Name), fk.join("k", "l"))
			if err := u.find(ctx, p.op, "a row of "+fk.Table+" refers to its "+u.lists[l], of("t", u.ids), q); err != nil {
				return err
			}
		}
	}
	return nil
}

// blocked finds rows that are restored or put back where another has their place,
// or whose foreign keys refer to nothing.
func (u *sqliteUndo) blocked(ctx context.Context, p *journalPart) error {
	names, err := u.giveBack(ctx, p)
	if err != nil {
		return err
	}
	ids := strings.Split(u.idColumns("s.%c"), ", ")
	if p.op == "delete" {
		same := u.at()
		same.from, same.where = strings.ReplaceAll(same.from, "sluice_ids", "sluice_back"), " WHERE "+u.stays("t")
		if err := u.find(ctx, p.op, "there is such a row again", ids, same); err != nil {
			return err
		}
	}
	for i := range u.Uniques {
		if err := u.taken(ctx, p.op, &u.Uniques[i], names, ids); err != nil {
			return err
		}
	}
	for i := range u.ForeignKeys {
		if err := u.dangling(ctx, p.op, &u.ForeignKeys[i], names, ids); err != nil {
			return err
		}
	}
	return nil
}

// giveBack makes temp.sluice_back: the rows of a part as they will be, their IDs
// and columns, and of updated ones the numbers of what changes. It returns which these are, quoted.
func (u *sqliteUndo) giveBack(ctx context.Context, p *journalPart) (names []string, err error) {
	var records [][]byte
	var more []string
	if p.op == "delete" {
		names = u.whole()
		for _, record := range u.wholeRows(p, u.Table) {
			records = append(records, append(u.idsOf(record), record...))
		}
	} else {
		for _, c := range u.columns {
			names = append(names, quoteName(c.to.Name))
		}
		more = []string{"sluice_changes"}
		t, k := u.bare(), &rowChunk{}
		for part := range slices.Chunk(u.touched(p), chunkRows) {
			if err := u.giveTouched(ctx, part); err != nil {
				return nil, err
			}
			if err := u.read(ctx, t, t.at(), k); err != nil {
				return nil, err
			}
			records = append(records, u.restored(part, k)...)
		}
	}
	columns := strings.Split(u.idColumns("%c"), ", ")
	for _, name := range names {
		columns = append(columns, name+" "+u.affinity(name))
	}
	columns = append(columns, more...)
	return names, u.give(ctx, "back", strings.Join(columns, ", "), feedOf(records, len(columns)))
}

// affinity is that of a column of a quoted name; "" of the number of rows.
func (u *sqliteUndo) affinity(name string) string {
	for i := range u.Columns {
		if quoteName(u.Columns[i].Name) == name {
			return u.Columns[i].Affinity
		}
	}
	return ""
}

// idsOf returns the IDs of a whole row.
func (u *sqliteUndo) idsOf(record []byte) (ids []byte) {
	for _, at := range wholeIDs(u.Table) {
		ids = append(ids, fieldAt(record, at)...)
	}
	return ids
}

// restored are the rows of a chunk, IDs and columns, as they were before the run.
func (u *sqliteUndo) restored(part []touchedRow, k *rowChunk) (records [][]byte) {
	at := 0
	for i := range part {
		if at == len(k.rows) {
			break
		}
		ids, fields := k.row(at)
		if string(ids) != string(part[i].ids) {
			continue // it is gone
		}
		at++
		record, was := slices.Clone(ids), part[i].was
		for n := range u.columns {
			var is []byte
			is, fields = cutStored(fields, 1)
			if part[i].mask[n/8]&(1<<(n%8)) != 0 {
				is, was = cutStored(was, 1)
			}
			record = append(record, is...)
		}
		changes := ","
		for n := range len(u.columns) + len(u.links) {
			if part[i].mask[n/8]&(1<<(n%8)) != 0 {
				changes += fmt.Sprint(n, ",")
			}
		}
		records = append(records, putText(record, changes))
	}
	return records
}

// taken finds rows of temp.sluice_back whose place in a unique a row has that
// stays.
func (u *sqliteUndo) taken(ctx context.Context, op string, one *Unique, names, ids []string) error {
	values, reads, ok := one.values(u.Table)
	if !ok || slices.ContainsFunc(reads, func(name string) bool { return !slices.Contains(names, quoteName(name)) }) {
		return nil
	}
	other := make([]string, len(u.ids))
	for i, id := range u.ids {
		other[i] = fmt.Sprintf("t.%s IS NOT s.sluice_i%d", id, i)
	}
	why := "there is a row with the same " + strings.Join(one.shown(), ", ")
	if sameNames(one.shown(), u.keys) {
		why = "there is a row with its key"
	}
	columns, placed, same := one.compared(values)
	return u.find(ctx, op, why, ids, rowQuery{
		from: fmt.Sprintf("(SELECT *, %[1]s FROM temp.sluice_back WHERE %[2]s) AS s CROSS JOIN (SELECT %[3]s, %[1]s FROM %[4]s WHERE %[2]s) AS t ON %[5]s",
			columns, placed, strings.Join(u.ids, ", "), u.sqlName(), same),
		where: " WHERE (" + strings.Join(other, " OR ") + ") AND " + u.stays("t"),
	})
}

// dangling finds rows of temp.sluice_back that would refer to a row which is gone
// then, and which this does not make again.
func (u *sqliteUndo) dangling(ctx context.Context, op string, fk *ForeignKey, names, ids []string) error {
	if fk.RefColumns == nil {
		return nil
	}
	var given, there []string
	for i, name := range fk.Columns {
		if !slices.Contains(names, quoteName(name)) {
			return nil
		}
		given = append(given, "s."+quoteName(name)+" IS NOT NULL")
		there = append(there, "r."+quoteName(fk.RefColumns[i])+" = s."+quoteName(name))
	}
	if remade, err := u.remade(ctx, fk.RefTable); err != nil || remade {
		return err
	}
	found := strings.Join(there, " AND ")
	where := fmt.Sprintf(" WHERE %s AND NOT EXISTS (SELECT 1 FROM main.%s AS r WHERE %s", strings.Join(given, " AND "), quoteName(fk.RefTable), found)
	if fk.RefTable == u.Name {
		own, list := strings.Join(of("r", u.ids), ", "), u.idColumns("%c")
		where += fmt.Sprintf(" AND ((%[1]s) NOT IN (SELECT %[2]s FROM temp.sluice_mine WHERE op = 'new') OR (%[1]s) IN (SELECT %[2]s FROM temp.sluice_skip WHERE op = 'new'))"+
			") AND NOT EXISTS (SELECT 1 FROM temp.sluice_put AS r WHERE %[3]s AND (%[4]s) NOT IN (SELECT %[2]s FROM temp.sluice_skip WHERE op = 'delete')",
			own, list, found, u.idColumns("r.%c"))
	}
	return u.find(ctx, op, "it refers to a row of "+fk.RefTable+" that is gone", ids, rowQuery{from: "temp.sluice_back AS s", where: where + ")"})
}

// remade reports whether rows of another table are made again.
func (u *sqliteUndo) remade(ctx context.Context, table string) (bool, error) {
	n, err := u.number(ctx, "SELECT count(*) FROM main.sluice_journal WHERE run = ? AND op = 'remove' AND tbl = ?", u.n, table)
	return n > 0, err
}

// unlinked finds rows whose links would be put back to a row that is gone.
func (u *sqliteUndo) unlinked(ctx context.Context, p *journalPart) error {
	l := slices.IndexFunc(u.links, func(c *binding) bool { return c.link.Name == p.tbl })
	if l < 0 {
		return nil
	}
	t, err := u.inspect(ctx, jobName(p.tbl))
	if err != nil {
		return err
	}
	fk := t.reference(u.links[l].link.other.Name)
	if fk == nil || fk.RefColumns == nil {
		return nil
	}
	if remade, err := u.remade(ctx, fk.RefTable); err != nil || remade {
		return err
	}
	_, owners, _, err := u.owners(ctx, p, t)
	if err != nil {
		return err
	}
	columns := t.whole()
	if err := u.give(ctx, "linked", strings.Join(columns, ", "), feedOf(u.wholeRows(p, t), len(columns))); err != nil {
		return err
	}
	op, why := map[string]string{"remove": "update", "unlink": "delete"}[p.op], "its "+u.lists[l]+" have a row of "+fk.RefTable+" that is gone"
	var found []conflict
	err = u.scan(ctx, fmt.Sprintf("SELECT s.rowid AS v0 FROM temp.sluice_linked AS s WHERE NOT EXISTS (SELECT 1 FROM main.%s AS r WHERE r.%s = s.%s)", quoteName(fk.RefTable), quoteName(fk.RefColumns[0]), quoteName(fk.Columns[0])), 1, func(v []driver.Value) error {
		found = append(found, conflict{owners[v[0].(int64)-1], why})
		return nil
	})
	if err != nil {
		return err
	}
	return u.skip(ctx, op, found)
}
