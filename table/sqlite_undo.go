package table

import (
	"context"
	"database/sql/driver"
	"fmt"
	"iter"
	"slices"
	"strings"

	"github.com/seed-128c3863/sluice/plan"
)

// apply takes the run back, as a run of its own.
func (u *sqliteUndo) apply(ctx context.Context, run plan.Run, skip bool) (rev *plan.Reversal, err error) {
	err = u.transaction(ctx, beginRows, func() error {
		version, err := u.number(ctx, "PRAGMA data_version")
		if err == nil && version == u.version {
			rev, err = u.reckon(ctx)
		} else if err == nil {
			rev, err = u.conflicts(ctx)
		}
		switch {
		case err != nil:
			return err
		case len(rev.Conflicts) > 0 && !skip:
			return &plan.ConflictError{Reversal: rev}
		case rev.Counts.Written() == 0:
			return nil
		}
		rev.Left, err = u.takeBack(ctx, undone(run, rev))
		return err
	})
	return rev, err
}

// takeBack returns the rows of look-ups that stay.
func (u *sqliteUndo) takeBack(ctx context.Context, run plan.Run) (left []plan.Problem, err error) {
	j, err := u.beginRun(ctx, run, u.job, u.shape)
	if err != nil {
		return nil, err
	}
	r := &sqliteReverter{sqliteUndo: u, journal: j, statements: map[string]driver.Stmt{}, tables: map[string]*Table{u.Name: u.Table}}
	defer r.close()
	if _, err := r.exec(ctx, "DROP TABLE IF EXISTS temp.sluice_rests; CREATE TABLE temp.sluice_rests (seq, first, data)"); err != nil {
		return nil, err
	}
	for _, pass := range r.passes() {
		err := u.parts(ctx, func(ctx context.Context, p *journalPart) error {
			t, err := r.table(ctx, p.tbl)
			if err == nil {
				p, err = u.rest(ctx, p, t)
			}
			if err != nil || p.rows == 0 {
				return err
			}
			return pass.do(ctx, p, t)
		}, pass.ops...)
		if err != nil {
			return nil, err
		}
	}
	return r.left, j.flush(ctx)
}

// A sqliteReverter is a revert under way.
type sqliteReverter struct {
	*sqliteUndo
	journal    *journal
	statements map[string]driver.Stmt // by mask
	tables     map[string]*Table
	left       []plan.Problem
}

func (r *sqliteReverter) close() {
	for _, st := range r.statements {
		_ = st.Close()
	}
}

// table returns a table of the journal, as it is now.
func (r *sqliteReverter) table(ctx context.Context, name string) (t *Table, err error) {
	if t = r.tables[name]; t == nil {
		t, err = r.inspect(ctx, jobName(name))
		r.tables[name] = t
	}
	return t, err
}

// A pass takes back one row of the journal after the other, of some ops.
type pass struct {
	ops []string
	do  func(ctx context.Context, p *journalPart, t *Table) error
}

// passes are in an order in which no row is in the way of another: first goes what
// the run has made, then the updated rows are restored, then comes back what it
// removed. Journaled is what is as it will be, links and all.
func (r *sqliteReverter) passes() []pass {
	passes := []pass{
		{[]string{"new"}, r.keepNew},
		{[]string{"add"}, r.removeAdded},
		{[]string{"new"}, r.dropNew},
		{[]string{"update"}, r.restore},
		{[]string{"delete", "unlink", "remove"}, r.insert},
		{[]string{"update"}, r.updated},
		{[]string{"delete"}, r.remade},
		{[]string{"make"}, r.unmake},
	}
	if r.triggered() {
		passes = append(passes, pass{[]string{"update", "delete", "unlink", "remove"}, r.asItWas})
	}
	return passes
}

// keepNew journals rows that the run made, before the first of them goes, and
// deletes their links.
func (r *sqliteReverter) keepNew(ctx context.Context, p *journalPart, _ *Table) error {
	return r.journal.keepRows(ctx, r.sqliteTarget, idsTouched(r.touched(p)))
}

// dropNew deletes them.
func (r *sqliteReverter) dropNew(ctx context.Context, p *journalPart, _ *Table) error {
	return r.journal.dropRows(ctx, r.sqliteTarget, idsTouched(r.touched(p)))
}

// idsJoin finds the rows k of the IDs in temp.sluice_ids.
func idsJoin(t *Table) string {
	on := make([]string, len(t.rowIDs()))
	for i, id := range t.rowIDs() {
		on[i] = fmt.Sprintf("k.%s = s.sluice_i%d", id, i)
	}
	return "temp.sluice_ids AS s CROSS JOIN " + t.sqlName() + " AS k ON " + strings.Join(on, " AND ")
}

// removeAdded deletes links.
func (r *sqliteReverter) removeAdded(ctx context.Context, p *journalPart, t *Table) error {
	n, there := len(t.rowIDs()), int64(0)
	entries := p.ids(n, 8)
	if err := r.giveFields(ctx, "ids", n, entries); err != nil {
		return err
	}
	l := r.links[slices.IndexFunc(r.links, func(c *binding) bool { return c.link.Name == t.Name })].link
	err := r.scan(ctx, selectValues([]string{"s.rowid", "k." + quoteName(l.own.Name), "k." + quoteName(l.other.Name)}, rowQuery{from: idsJoin(t)}), 3, func(v []driver.Value) error {
		_, hash := cutStored(entries[v[0].(int64)-1], n)
		if string(putHash(nil, putValues(nil, v[1:]))) == string(hash) {
			there++
		}
		return nil
	})
	switch {
	case err != nil:
		return err
	case there != p.rows:
		return fmt.Errorf("%d rows of table %s that the run made are there, and %d were: the table has no number of its own for its rows, and the database was vacuumed, or read in from a dump", there, t.Name, p.rows)
	}
	return r.journal.remove(ctx, "remove", t, idsJoin(t))
}

// unmake deletes rows of look-ups, but for those that others refer to by now, or
// have changed.
func (r *sqliteReverter) unmake(ctx context.Context, p *journalPart, t *Table) error {
	n := len(t.rowIDs())
	entries := p.ids(n, 8)
	if err := r.giveFields(ctx, "ids", n, entries); err != nil {
		return err
	}
	used := slices.Clone(r.uses[t.Name])
	for _, fk := range t.Referrers {
		var on []string
		for i, c := range fk.Columns {
			if fk.RefColumns != nil {
				on = append(on, fmt.Sprintf("o.%s = k.%s", quoteName(c), quoteName(fk.RefColumns[i])))
			}
		}
		if on != nil {
			used = append(used, fmt.Sprintf("EXISTS (SELECT 1 FROM main.%s AS o WHERE %s)", quoteName(fk.Table), strings.Join(on, " AND ")))
		}
	}
	name := t.rowIDs()[0]
	if by := r.by[t.Name]; by != "" {
		name = quoteName(by)
	}
	values := append([]string{"s.rowid", "k." + name, strings.Join(append(used, "0"), " OR ")}, of("k", t.whole())...)
	var gone [][]byte
	err := r.scan(ctx, selectValues(values, rowQuery{from: idsJoin(t)}), len(values), func(v []driver.Value) error {
		entry, why := entries[v[0].(int64)-1], ""
		switch ids, _ := cutStored(entry, n); {
		case string(putHash(nil, putWhole(nil, v[3:]))) != string(entry[len(ids):]):
			why = "it stays: it was changed since"
		case v[2].(int64) != 0:
			why = "it stays: rows refer to it"
		default:
			gone = append(gone, ids)
			return nil
		}
		if len(r.left) < mostConflicts {
			r.left = append(r.left, plan.Problem{File: t.Name + " " + textStored(putValue(nil, v[1])), Why: why})
		}
		return nil
	})
	if err != nil || gone == nil {
		return err
	}
	if err := r.giveFields(ctx, "ids", n, gone); err != nil {
		return err
	}
	return r.journal.remove(ctx, "remove", t, idsJoin(t))
}

// insert makes whole rows again that the run deleted.
func (r *sqliteReverter) insert(ctx context.Context, p *journalPart, t *Table) error {
	columns := t.whole()
	records := r.wholeRows(p, t)
	if err := r.giveFields(ctx, "whole", len(columns), records); err != nil {
		return err
	}
	n, err := r.exec(ctx, fmt.Sprintf("INSERT%s INTO %s (%s) SELECT * FROM temp.sluice_whole", t.orAbort(), t.sqlName(), strings.Join(columns, ", ")))
	if err != nil {
		return err
	}
	if n != p.rows {
		return fmt.Errorf("%d rows of table %s were inserted, and %d were to be: a trigger of the table may have done it", n, t.Name, p.rows)
	}
	if p.op != "remove" {
		return nil // remade journals the rows of the target; their links go with them
	}
	at := wholeIDs(t)
	for _, record := range records {
		var ids []byte
		for _, i := range at {
			ids = append(ids, fieldAt(record, i)...)
		}
		op, of := "make", record
		if l := slices.IndexFunc(r.links, func(c *binding) bool { return c.link.Name == t.Name }); l >= 0 {
			op, of = "add", nil
			for _, name := range []string{r.links[l].link.own.Name, r.links[l].link.other.Name} {
				of = append(of, fieldAt(record, slices.Index(columns, quoteName(name)))...)
			}
		}
		if err := r.journal.add(ctx, op, t, putHash(ids, of)); err != nil {
			return err
		}
	}
	return nil
}

// remade journals the rows that were made again.
func (r *sqliteReverter) remade(ctx context.Context, p *journalPart, _ *Table) error {
	at := wholeIDs(r.Table)
	var entries [][]byte
	for _, record := range r.wholeRows(p, r.Table) {
		var ids []byte
		for _, i := range at {
			ids = append(ids, fieldAt(record, i)...)
		}
		entries = append(entries, ids)
	}
	if err := r.readBack(ctx, r.sqliteTarget, entries); err != nil {
		return err
	}
	for _, entry := range entries {
		if err := r.journal.add(ctx, "new", r.Table, entry); err != nil {
			return err
		}
	}
	return nil
}

// restore writes the fields of updated rows as they were, the last one first: what
// a row took over from another it gives back before that.
func (r *sqliteReverter) restore(ctx context.Context, p *journalPart, _ *Table) error {
	t, k := r.bare(), &rowChunk{}
	for part := range r.backwards(p) {
		if err := r.giveTouched(ctx, part); err != nil {
			return err
		}
		if err := r.read(ctx, t, t.at(), k); err != nil {
			return err
		}
		if len(k.rows) != len(part) {
			return fmt.Errorf("%d rows of table %s are there, and %d were", len(k.rows), r.Name, len(part))
		}
		var rests []byte
		for i := range part {
			_, fields := k.row(i)
			rests = putBlob(rests, r.before(&part[i], fields))
			if err := r.write(ctx, &part[i]); err != nil {
				return err
			}
		}
		if _, err := r.exec(ctx, "INSERT INTO temp.sluice_rests (seq, first, data) VALUES (?, ?, ?)", p.seq, part[0].ids, rests); err != nil {
			return err
		}
	}
	return nil
}

// backwards gives the updated rows of a part in chunks, from the last one.
func (r *sqliteReverter) backwards(p *journalPart) iter.Seq[[]touchedRow] {
	rows := r.touched(p)
	slices.Reverse(rows)
	return slices.Chunk(rows, chunkRows)
}

// updated journals them.
func (r *sqliteReverter) updated(ctx context.Context, p *journalPart, _ *Table) error {
	for part := range r.backwards(p) {
		var rests []byte
		if err := r.conn.QueryRowContext(ctx, "SELECT data FROM temp.sluice_rests WHERE seq = ? AND first = ?", p.seq, part[0].ids).Scan(&rests); err != nil {
			return err
		}
		entries := idsTouched(part)
		for i := range entries {
			entries[i] = slices.Clone(entries[i])
		}
		if err := r.readBack(ctx, r.sqliteTarget, entries); err != nil {
			return err
		}
		for _, entry := range entries {
			var rest []byte
			rest, rests = cutStored(rests, 1)
			if err := r.journal.add(ctx, "update", r.Table, append(entry, contentStored(rest)...)); err != nil {
				return err
			}
		}
	}
	return nil
}

// before is the mask of a row, and the fields of it as they are now.
func (r *sqliteReverter) before(row *touchedRow, fields []byte) []byte {
	out := append([]byte(nil), row.mask...)
	for n := range r.columns {
		var field []byte
		if field, fields = cutStored(fields, 1); row.mask[n/8]&(1<<(n%8)) != 0 {
			out = append(out, field...)
		}
	}
	return out
}

// write writes the fields of one row as they were.
func (r *sqliteReverter) write(ctx context.Context, row *touchedRow) (err error) {
	var values []driver.Value
	for rest := row.was; len(rest) > 0; {
		values, rest = takeValues(values, rest, 1)
	}
	if values == nil {
		return nil // its links alone were changed
	}
	values, _ = takeValues(values, row.ids, len(r.ids))
	n, err := r.setRow(ctx, r.sqliteTarget, r.statements, row.mask, values)
	if err == nil && n != 1 {
		err = fmt.Errorf("%d rows of table %s were restored for one: a trigger of the table may have done it", n, r.Name)
	}
	return err
}
