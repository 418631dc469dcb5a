package table

import (
	"context"
	"database/sql/driver"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/seed-128c3863/sluice/plan"
)

// Rows in conflict are in temp.sluice_skip: their IDs, the op of the journal, and
// why. They stay as they are, and all that is theirs with them. The rows that the
// run made or updated are in temp.sluice_mine, if others depend on them, those that
// it deleted in temp.sluice_put, if they may refer to each other, and the updated
// ones as they will be in temp.sluice_will, if others refer to them by that, with
// the numbers of what changes. temp.sluice_owned tells whose links are those that
// refer to the target by another column than its ID: number, value, IDs.

// conflicts finds the rows that cannot be taken back, and says what is left.
func (u *sqliteUndo) conflicts(ctx context.Context) (rev *plan.Reversal, err error) {
	if u.version, err = u.number(ctx, "PRAGMA data_version"); err != nil {
		return nil, err
	}
	ids := u.idColumns("%c")
	u.skipped = 0
	var loaded []string
	for _, c := range u.columns {
		loaded = append(loaded, quoteName(c.to.Name))
	}
	_, err = u.exec(ctx, fmt.Sprintf(`DROP TABLE IF EXISTS temp.sluice_skip; DROP TABLE IF EXISTS temp.sluice_mine; DROP TABLE IF EXISTS temp.sluice_put; DROP TABLE IF EXISTS temp.sluice_will; DROP TABLE IF EXISTS temp.sluice_owned;
		CREATE TABLE temp.sluice_will (%[1]s, %[3]s, sluice_changes, PRIMARY KEY (%[1]s)) WITHOUT ROWID; CREATE TABLE temp.sluice_owned (link, own, %[1]s, PRIMARY KEY (link, own)) WITHOUT ROWID; CREATE TABLE temp.sluice_skip (%[1]s, op, why, PRIMARY KEY (%[1]s, op)) WITHOUT ROWID; CREATE TABLE temp.sluice_mine (%[1]s, op, PRIMARY KEY (%[1]s)) WITHOUT ROWID; CREATE TABLE temp.sluice_put (%[1]s, %[2]s)`,
		ids, strings.Join(u.whole(), ", "), strings.Join(loaded, ", ")))
	if err != nil {
		return nil, err
	}
	if err := u.parts(ctx, u.moved); err != nil {
		return nil, err
	}
	for before := int64(-1); before < u.skipped; {
		before = u.skipped
		if err := u.parts(ctx, u.dependent); err != nil {
			return nil, err
		}
		if err := u.followed(ctx); err != nil {
			return nil, err
		}
	}
	return u.reckon(ctx)
}

// idColumns joins what a pattern gives for the columns sluice_i0, ... of IDs.
func (u *sqliteUndo) idColumns(pattern string) string {
	parts := make([]string, len(u.ids))
	for i := range parts {
		parts[i] = strings.ReplaceAll(pattern, "%c", fmt.Sprintf("sluice_i%d", i))
	}
	return strings.Join(parts, ", ")
}

// skip notes rows of the journal that are in conflict.
func (u *sqliteUndo) skip(ctx context.Context, op string, found []conflict) error {
	if found == nil {
		return nil
	}
	records := make([][]byte, len(found))
	for i, c := range found {
		records[i] = putText(putText(slices.Clone(c.ids), op), c.why)
	}
	if err := u.giveFields(ctx, "found", len(u.ids)+2, records); err != nil {
		return err
	}
	n, err := u.exec(ctx, "INSERT OR IGNORE INTO temp.sluice_skip SELECT * FROM temp.sluice_found")
	u.skipped += n
	return err
}

// A conflict is a row that cannot be taken back.
type conflict struct {
	ids []byte
	why string
}

// moved finds the rows of a part that are no longer as the run left them.
func (u *sqliteUndo) moved(ctx context.Context, p *journalPart) error {
	into := map[string]string{}
	if u.self() {
		into["delete"], into["update"] = "put", "will"
	}
	if slices.ContainsFunc(u.Referrers, u.refersBack) {
		into["update"] = "will"
	}
	if table := into[p.op]; table != "" {
		if _, err := u.giveBack(ctx, p); err != nil {
			return err
		}
		if _, err := u.exec(ctx, "INSERT INTO temp.sluice_"+table+" SELECT * FROM temp.sluice_back"); err != nil {
			return err
		}
	}
	if p.op == "delete" {
		return u.ownDeleted(ctx, p)
	}
	if p.op != "new" && p.op != "update" {
		return nil
	}
	rows := u.touched(p)
	if u.related() {
		if err := u.giveTouched(ctx, rows); err != nil {
			return err
		}
		if _, err := u.exec(ctx, "INSERT OR IGNORE INTO temp.sluice_mine SELECT *, '"+p.op+"' FROM temp.sluice_ids"); err != nil {
			return err
		}
	}
	var found []conflict
	var owned [][]byte
	k := &rowChunk{}
	for part := range slices.Chunk(rows, chunkRows) {
		if err := u.giveTouched(ctx, part); err != nil {
			return err
		}
		if err := u.read(ctx, u.sqliteTarget, u.at(), k); err != nil {
			return err
		}
		at := 0
		for i := range part {
			if at == len(k.rows) {
				found = append(found, conflict{part[i].ids, "it was removed since"})
				continue
			}
			ids, fields := k.row(at)
			if string(ids) != string(part[i].ids) {
				found = append(found, conflict{part[i].ids, "it was removed since"})
				continue
			}
			if why := u.changed(&part[i], fields); why != "" {
				found = append(found, conflict{part[i].ids, why})
			}
			owned = u.ownTouched(owned, &part[i], fields)
			at++
		}
	}
	if err := u.own(ctx, owned); err != nil {
		return err
	}
	return u.skip(ctx, p.op, found)
}

// changed says in what way a row is not as the run left it; "": it is.
func (u *sqliteUndo) changed(r *touchedRow, fields []byte) string {
	now := u.rowHash(nil, fields)
	if string(now[:8]) != string(r.hash[:8]) {
		return "it was changed since"
	}
	_, sets := cutStored(fields, len(u.columns))
	for l, c := range u.links {
		var set []byte
		set, sets = u.cut(sets, len(u.columns)+l)
		n, at := len(u.columns)+l, 8+8*l
		switch {
		case string(now[at:at+8]) == string(r.hash[at:at+8]):
		case r.mask == nil && set[0] > 0: // what is left of the run's own links goes with the row
			return "a row of " + c.link.Name + " refers to it"
		case r.mask != nil && r.mask[n/8]&(1<<(n%8)) != 0:
			return "its " + u.lists[l] + " were changed since"
		}
	}
	return ""
}

// self reports whether the target refers to itself.
func (u *sqliteUndo) self() bool {
	return slices.ContainsFunc(u.ForeignKeys, func(fk ForeignKey) bool { return fk.RefTable == u.Name })
}

// related reports whether it matters to some rows what becomes of others.
func (u *sqliteUndo) related() bool {
	return u.counts[plan.Update] > 0 || u.counts[plan.New] > 0 || u.self()
}

// reckon counts what is left to be taken back, and names what is not.
func (u *sqliteUndo) reckon(ctx context.Context) (*plan.Reversal, error) {
	rev := &plan.Reversal{Run: u.of.ID, Restore: []string{}, Remove: []string{}, Counts: maps.Clone(u.counts)}
	if u.skipped == 0 {
		return rev, nil
	}
	rev.Counts[plan.Unchanged] = u.skipped
	err := u.scan(ctx, "SELECT op AS v0, count(*) AS v1 FROM temp.sluice_skip GROUP BY op", 2, func(v []driver.Value) error {
		rev.Counts[undoes[v[0].(string)]] -= v[1].(int64)
		return nil
	})
	if err != nil {
		return nil, err
	}
	columns := append(strings.Split(u.idColumns("%c"), ", "), "why")
	q := rowQuery{from: "temp.sluice_skip", order: " ORDER BY " + u.idColumns("%c") + ", op"}
	return rev, u.scanSome(ctx, selectValues(columns, q), mostConflicts, len(columns), func(v []driver.Value) error {
		var id []byte
		for _, one := range v[:len(u.ids)] {
			id = putValue(id, one)
		}
		rev.Conflicts = append(rev.Conflicts, plan.Problem{File: u.Name + " " + textsStored(id, len(u.ids)), Why: strings.Clone(v[len(u.ids)].(string))})
		return nil
	})
}

// rest is what is left of a part without what is skipped.
func (u *sqliteUndo) rest(ctx context.Context, p *journalPart, t *Table) (*journalPart, error) {
	if u.skipped == 0 {
		return p, nil
	}
	entries, owners, ops, err := u.owners(ctx, p, t)
	if err != nil || owners == nil {
		return p, err
	}
	if err := u.giveFields(ctx, "ids", len(u.ids), owners); err != nil {
		return nil, err
	}
	on := make([]string, len(u.ids))
	for i := range on {
		on[i] = fmt.Sprintf("x.sluice_i%d = s.sluice_i%d", i, i)
	}
	skipped := make([]bool, len(entries))
	err = u.scan(ctx, selectValues([]string{"s.rowid"}, rowQuery{from: "temp.sluice_ids AS s CROSS JOIN temp.sluice_skip AS x ON " + strings.Join(on, " AND ") + " AND x.op IN (" + ops + ")"}), 1, func(v []driver.Value) error {
		skipped[v[0].(int64)-1] = true
		return nil
	})
	out := &journalPart{seq: p.seq, op: p.op, tbl: p.tbl}
	for i, entry := range entries {
		if !skipped[i] {
			out.rows++
			out.data = append(out.data, entry...)
		}
	}
	return out, err
}

// owners parts a part of the journal into its entries, and tells which row of the
// target each is of, and the ops of that; nil: none.
func (u *sqliteUndo) owners(ctx context.Context, p *journalPart, t *Table) (entries, owners [][]byte, ops string, err error) {
	switch p.op {
	case "new", "update":
		rest := p.data
		for _, r := range u.touched(p) {
			size := len(r.ids) + len(r.hash) + len(r.mask) + len(r.was)
			entries, owners, rest = append(entries, rest[:size]), append(owners, r.ids), rest[size:]
		}
		return entries, owners, quoteText(p.op), nil
	case "delete":
		entries = u.wholeRows(p, u.Table)
		for _, record := range entries {
			owners = append(owners, u.idsOf(record))
		}
		return entries, owners, "'delete'", nil
	}
	i := slices.IndexFunc(u.links, func(c *binding) bool { return c.link.Name == p.tbl })
	if i < 0 {
		return nil, nil, "", nil
	}
	l := u.links[i].link
	ops = "'new', 'update', 'delete'"
	if p.op != "add" {
		at := slices.Index(t.whole(), quoteName(l.own.Name))
		entries = u.wholeRows(p, t)
		for _, record := range entries {
			owners = append(owners, fieldAt(record, at))
		}
		owners, err = u.ownersOf(ctx, i, owners)
		return entries, owners, ops, err
	}
	entries = p.ids(len(t.rowIDs()), 8)
	owners = slices.Repeat([][]byte{{storedNull}}, len(entries))
	if err := u.giveFields(ctx, "ids", len(t.rowIDs()), entries); err != nil {
		return nil, nil, "", err
	}
	err = u.scan(ctx, selectValues([]string{"s.rowid", "k." + quoteName(l.own.Name)}, rowQuery{from: idsJoin(t)}), 2, func(v []driver.Value) error {
		owners[v[0].(int64)-1] = putValue(nil, v[1])
		return nil
	})
	if err != nil {
		return nil, nil, "", err
	}
	if t.numbered() { // what is not there has gone with its row, which is skipped
		for at := len(owners) - 1; at >= 0; at-- {
			if owners[at][0] == storedNull {
				entries, owners = slices.Delete(entries, at, at+1), slices.Delete(owners, at, at+1)
			}
		}
	}
	owners, err = u.ownersOf(ctx, i, owners)
	return entries, owners, ops, err
}

// ids reads entries of n fields and some bytes more.
func (p *journalPart) ids(n, more int) [][]byte {
	records := make([][]byte, p.rows)
	rest := p.data
	for i := range records {
		fields, _ := cutStored(rest, n)
		size := len(fields) + more
		records[i], rest = rest[:size:size], rest[size:]
	}
	return records
}
