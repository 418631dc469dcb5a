package table

import (
	"context"
	"database/sql/driver"
	"fmt"
	"slices"
	"strings"
)

// refersBack reports whether a foreign key refers to a column that is restored.
func (u *sqliteUndo) refersBack(fk ForeignKey) bool {
	return fk.RefColumns != nil && slices.ContainsFunc(fk.RefColumns, func(name string) bool { return u.loadedAt(name) >= 0 && !slices.Contains(u.keys, name) })
}

// changing is the condition that of a row of temp.sluice_will one of some columns
// changes.
func (u *sqliteUndo) changing(alias string, columns []string) string {
	conditions := []string{"false"}
	for _, name := range columns {
		if at := u.loadedAt(name); at >= 0 {
			conditions = append(conditions, fmt.Sprintf("instr(%s.sluice_changes, ',%d,') > 0", alias, at))
		}
	}
	return "(" + strings.Join(conditions, " OR ") + ")"
}

// staying is the condition that a row k of the target which refers to another one
// neither goes nor, if that is in time, is restored to refer to another.
func (u *sqliteUndo) staying(fk *ForeignKey, inTime bool) string {
	ids, list := strings.Join(of("k", u.ids), ", "), u.idColumns("%c")
	skipped := func(op string) string {
		return fmt.Sprintf("(%s) IN (SELECT %s FROM temp.sluice_skip WHERE op = '%s')", ids, list, op)
	}
	stays := fmt.Sprintf("((%s) NOT IN (SELECT %s FROM temp.sluice_mine WHERE op = 'new') OR %s)", ids, list, skipped("new"))
	if inTime {
		stays += fmt.Sprintf(" AND ((%s) NOT IN (SELECT %s FROM temp.sluice_will AS w WHERE %s) OR %s)", ids, list, u.changing("w", fk.Columns), skipped("update"))
	}
	return stays
}

// followed finds rows whose columns are restored that other rows refer to as they
// are now: these would be left, or would follow.
func (u *sqliteUndo) followed(ctx context.Context) error {
	for i := range u.Referrers {
		fk := &u.Referrers[i]
		if !u.refersBack(*fk) {
			continue
		}
		own := make([]string, len(u.ids))
		for i, id := range u.ids {
			own[i] = fmt.Sprintf("t.%s = s.sluice_i%d", id, i)
		}
		where := []string{u.changing("s", fk.RefColumns)}
		if fk.Table == u.Name {
			where = append(where, u.staying(fk, fk.OnUpdate == NoAction))
		}
		if l := slices.IndexFunc(u.links, func(c *binding) bool { return c.link.Name == fk.Table }); l >= 0 { // if they change, all of them are the run's
			where = append(where, fmt.Sprintf("instr(s.sluice_changes, ',%d,') = 0", len(u.columns)+l))
		}
		if again := u.givenAgain(fk); !fk.follows() && again != "" {
			where = append(where, again)
		}
		err := u.find(ctx, "update", "a row of "+fk.Table+" refers to it", strings.Split(u.idColumns("s.%c"), ", "), rowQuery{
			from:  fmt.Sprintf("temp.sluice_will AS s CROSS JOIN %s AS t ON %s CROSS JOIN %s", u.sqlName(), strings.Join(own, " AND "), fk.join("k", "t")),
			where: " WHERE " + strings.Join(where, " AND "),
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// givenAgain is the condition that no other row is restored to what a row k refers
// to; "": that is not known.
func (u *sqliteUndo) givenAgain(fk *ForeignKey) string {
	on := make([]string, len(fk.Columns))
	for i, name := range fk.RefColumns {
		if u.loadedAt(name) < 0 {
			return ""
		}
		on[i] = fmt.Sprintf("w.%s = k.%s", quoteName(name), quoteName(fk.Columns[i]))
	}
	return fmt.Sprintf("NOT EXISTS (SELECT 1 FROM temp.sluice_will AS w WHERE %s AND %s AND (%s) NOT IN (SELECT %s FROM temp.sluice_skip WHERE op = 'update'))",
		strings.Join(on, " AND "), u.changing("w", fk.RefColumns), u.idColumns("w.%c"), u.idColumns("%c"))
}

// addedReferred finds rows with links that go, to which rows of another table
// refer.
func (u *sqliteUndo) addedReferred(ctx context.Context, p *journalPart) error {
	l := slices.IndexFunc(u.links, func(c *binding) bool { return c.link.Name == p.tbl })
	if l < 0 || len(u.links[l].link.Referrers) == 0 {
		return nil
	}
	t := u.links[l].link.Table
	entries, owners, _, err := u.owners(ctx, p, t)
	if err == nil {
		err = u.giveFields(ctx, "ids", len(t.rowIDs()), entries)
	}
	if err != nil {
		return err
	}
	for _, fk := range t.Referrers {
		if fk.RefColumns == nil {
			continue
		}
		var found []conflict
		err := u.scan(ctx, selectValues([]string{"s.rowid"}, rowQuery{from: idsJoin(t) + " CROSS JOIN " + fk.join("c", "k")}), 1, func(v []driver.Value) error {
			found = append(found, conflict{owners[v[0].(int64)-1], "a row of " + fk.Table + " refers to its " + u.lists[l]})
			return nil
		})
		if err == nil {
			err = u.skip(ctx, "update", found)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// byColumn reports whether a link refers to the target by another column than its
// ID.
func (u *sqliteUndo) byColumn(c *binding) bool {
	return len(u.ids) != 1 || u.ids[0] != quoteName(c.link.ownID.Name)
}

// ownTouched appends what links refer to a row of the target by, as it is now and
// as it was.
func (u *sqliteUndo) ownTouched(owned [][]byte, r *touchedRow, fields []byte) [][]byte {
	for l, c := range u.links {
		at := u.loadedAt(c.link.ownID.Name)
		if !u.byColumn(c) || at < 0 {
			continue
		}
		owned = append(owned, append(append(putInt(nil, int64(l)), fieldAt(fields, at)...), r.ids...))
		if r.mask == nil || r.mask[at/8]&(1<<(at%8)) == 0 {
			continue
		}
		was := r.was
		for n := range at {
			if r.mask[n/8]&(1<<(n%8)) != 0 {
				_, was = cutStored(was, 1)
			}
		}
		was, _ = cutStored(was, 1)
		owned = append(owned, append(append(putInt(nil, int64(l)), was...), r.ids...))
	}
	return owned
}

// ownDeleted notes what links refer to deleted rows by.
func (u *sqliteUndo) ownDeleted(ctx context.Context, p *journalPart) error {
	var owned [][]byte
	for l, c := range u.links {
		at := slices.Index(u.whole(), quoteName(c.link.ownID.Name))
		if !u.byColumn(c) || at < 0 {
			continue
		}
		for _, record := range u.wholeRows(p, u.Table) {
			owned = append(owned, append(append(putInt(nil, int64(l)), fieldAt(record, at)...), u.idsOf(record)...))
		}
	}
	return u.own(ctx, owned)
}

// own notes whose links are those that refer to a value.
func (u *sqliteUndo) own(ctx context.Context, owned [][]byte) error {
	if owned == nil {
		return nil
	}
	if err := u.giveFields(ctx, "own", 2+len(u.ids), owned); err != nil {
		return err
	}
	_, err := u.exec(ctx, "INSERT OR IGNORE INTO temp.sluice_owned SELECT * FROM temp.sluice_own")
	return err
}

// ownersOf returns the IDs of the rows of the target that links refer to by these
// values.
func (u *sqliteUndo) ownersOf(ctx context.Context, l int, values [][]byte) (owners [][]byte, err error) {
	if !u.byColumn(u.links[l]) {
		return values, nil
	}
	owners = slices.Repeat([][]byte{slices.Repeat([]byte{storedNull}, len(u.ids))}, len(values))
	if err := u.giveFields(ctx, "value", 1, values); err != nil {
		return nil, err
	}
	columns := append([]string{"s.rowid"}, strings.Split(u.idColumns("o.%c"), ", ")...)
	q := rowQuery{from: fmt.Sprintf("temp.sluice_value AS s CROSS JOIN temp.sluice_owned AS o ON o.link = %d AND o.own = s.sluice_i0", l)}
	return owners, u.scan(ctx, selectValues(columns, q), len(columns), func(v []driver.Value) error {
		owners[v[0].(int64)-1] = putValues(nil, v[1:])
		return nil
	})
}
