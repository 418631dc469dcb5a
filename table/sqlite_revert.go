package table

import (
	"context"
	"database/sql/driver"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/seed-128c3863/sluice/plan"
)

// A sqliteUndo takes back what a run did, by its journal.
type sqliteUndo struct {
	*sqlite
	*sqliteTarget // as it was loaded then
	job           string
	of            plan.Run
	n             int64 // of the run
	shape         journalForm
	counts        plan.Counts
	version       int64 // PRAGMA data_version, when conflicts were looked for
}

// undo finds the journal of a run.
func (d *sqlite) undo(ctx context.Context, t *target, of plan.Run) (undo, error) {
	u := &sqliteUndo{sqlite: d, job: t.job.Name, of: of, counts: plan.Counts{plan.Delete: 0, plan.Update: 0, plan.New: 0}}
	var form string
	if err := d.conn.QueryRowContext(ctx, "SELECT n, form FROM main.sluice_run WHERE id = ?", of.ID).Scan(&u.n, &form); err != nil {
		return nil, err
	}
	if err := json.Unmarshal([]byte(form), &u.shape); err != nil {
		return nil, err
	}
	if u.shape.Table != t.Name {
		return nil, fmt.Errorf("run %s loaded table %s, and the job now loads %s", of.ID, jobName(u.shape.Table), jobName(t.Name))
	}
	u.sqliteTarget = u.shape.target(t.Table)
	err := d.scan(ctx, "SELECT op AS v0, sum(rows) AS v1 FROM main.sluice_journal WHERE run = ? GROUP BY op", 2, func(v []driver.Value) error {
		if state, ok := map[string]plan.State{"new": plan.Delete, "update": plan.Update, "delete": plan.New}[v[0].(string)]; ok {
			u.counts[state] = v[1].(int64)
		}
		return nil
	}, u.n)
	if err == nil && u.counts[plan.New] > 0 && !slices.Equal(u.shape.Whole, t.whole()) {
		err = fmt.Errorf("run %s deleted rows of table %s, which has other columns now: they cannot be made again", of.ID, jobName(t.Name))
	}
	if err != nil {
		return nil, err
	}
	return u, nil
}

// reversal says what apply would do.
func (u *sqliteUndo) reversal(ctx context.Context) (*plan.Reversal, error) {
	rev := &plan.Reversal{Run: u.of.ID, Restore: []string{}, Remove: []string{}, Counts: u.counts}
	err := u.transaction(ctx, "BEGIN", func() (err error) {
		rev.Conflicts, err = u.conflicts(ctx)
		return err
	})
	return rev, err
}

// A journalPart is one row of a journal.
type journalPart struct {
	seq  int64
	op   string
	tbl  string
	rows int64
	data []byte
}

// parts gives the rows of the run's journal, the last one first.
func (u *sqliteUndo) parts(ctx context.Context, each func(p *journalPart) error) error {
	last, err := u.number(ctx, "SELECT coalesce(max(seq), 0) FROM main.sluice_journal WHERE run = ?", u.n)
	for seq := last; seq > 0 && err == nil; seq-- {
		p := &journalPart{seq: seq}
		row := u.conn.QueryRowContext(ctx, "SELECT op, tbl, rows, data FROM main.sluice_journal WHERE run = ? AND seq = ?", u.n, seq)
		if err = row.Scan(&p.op, &p.tbl, &p.rows, &p.data); err == nil {
			err = each(p)
		}
	}
	return err
}

// A touched row is an entry of a journal: new or update.
type touchedRow struct {
	ids, hash []byte
	mask      []byte
	was       []byte // the fields of the mask, one behind the other
}

// touched reads the entries of new and updated rows.
func (u *sqliteUndo) touched(p *journalPart) []touchedRow {
	rows := make([]touchedRow, p.rows)
	rest := p.data
	for i := range rows {
		r := &rows[i]
		r.ids, rest = cutStored(rest, len(u.ids))
		r.hash, rest = rest[:8], rest[8:]
		if p.op == "update" {
			r.mask, rest = rest[:u.maskSize()], rest[u.maskSize():]
			from := rest
			for n := range u.columns {
				if r.mask[n/8]&(1<<(n%8)) != 0 {
					_, rest = cutStored(rest, 1)
				}
			}
			r.was = from[:len(from)-len(rest)]
		}
	}
	return rows
}

func (u *sqliteUndo) giveTouched(ctx context.Context, rows []touchedRow) error {
	records := make([][]byte, len(rows))
	for i := range rows {
		records[i] = rows[i].ids
	}
	return u.giveFields(ctx, "ids", len(u.ids), records)
}

// mostConflicts is how many are named.
const mostConflicts = 1000

// conflicts returns the rows that are no longer as the run left them.
func (u *sqliteUndo) conflicts(ctx context.Context) (found []plan.Problem, err error) {
	if u.version, err = u.number(ctx, "PRAGMA data_version"); err != nil {
		return nil, err
	}
	note := func(ids []byte, why string) {
		if len(found) < mostConflicts {
			found = append(found, plan.Problem{File: u.Name + " " + textsStored(ids, len(u.ids)), Why: why})
		}
	}
	err = u.parts(ctx, func(p *journalPart) error {
		switch p.op {
		case "new":
			if err := u.moved(ctx, p, u.sqliteTarget, note); err != nil {
				return err
			}
			return u.referred(ctx, note)
		case "update":
			return u.moved(ctx, p, u.bare(), note)
		case "delete":
			return u.again(ctx, p, note)
		}
		return nil
	})
	return found, err
}

// textsStored returns fields as text, with blanks between.
func textsStored(fields []byte, n int) string {
	var texts []string
	for range n {
		var field []byte
		field, fields = cutStored(fields, 1)
		texts = append(texts, textStored(field))
	}
	return strings.Join(texts, " ")
}

// moved finds the rows of a part that are gone, or changed.
func (u *sqliteUndo) moved(ctx context.Context, p *journalPart, t *sqliteTarget, note func(ids []byte, why string)) error {
	rows := u.touched(p)
	k := &rowChunk{}
	for from := 0; from < len(rows); from += chunkRows {
		part := rows[from:min(from+chunkRows, len(rows))]
		if err := u.giveTouched(ctx, part); err != nil {
			return err
		}
		if err := u.read(ctx, t, t.at(), k); err != nil {
			return err
		}
		at := 0
		for i := range part {
			if at == len(k.rows) {
				note(part[i].ids, "it was removed since")
				continue
			}
			ids, fields := k.row(at)
			switch {
			case string(ids) != string(part[i].ids):
				note(part[i].ids, "it was removed since")
				continue
			case string(rowHash(nil, fields)) != string(part[i].hash):
				note(part[i].ids, "it was changed since")
			}
			at++
		}
	}
	return u.giveTouched(ctx, rows)
}

// referred finds rows of other tables that refer to the rows in temp.sluice_ids,
// which the run made: these cannot go.
func (u *sqliteUndo) referred(ctx context.Context, note func(ids []byte, why string)) error {
	for _, fk := range u.Referrers {
		if fk.RefColumns == nil || u.linked(fk.Table) {
			continue
		}
		var refers []string
		for i, c := range fk.Columns {
			refers = append(refers, fmt.Sprintf("k.%s = t.%s", quoteName(c), quoteName(fk.RefColumns[i])))
		}
		q := u.at()
		q.from += fmt.Sprintf(" CROSS JOIN main.%s AS k ON %s", quoteName(fk.Table), strings.Join(refers, " AND "))
		if fk.Table == u.Name { // rows that the run made go together
			continue
		}
		err := u.scan(ctx, selectValues(of("t", u.ids), q), len(u.ids), func(v []driver.Value) error {
			var ids []byte
			for _, one := range v {
				ids = putValue(ids, one)
			}
			note(ids, "a row of "+fk.Table+" refers to it")
			return nil
		})
		if err != nil {
			return err
		}
	}
	return nil
}

func (u *sqliteUndo) linked(table string) bool {
	for _, c := range u.links {
		if c.link.Name == table {
			return true
		}
	}
	return false
}

// again finds rows that the run deleted and that are there again.
func (u *sqliteUndo) again(ctx context.Context, p *journalPart, note func(ids []byte, why string)) error {
	records := u.wholeRows(p, u.Table)
	at := wholeIDs(u.Table)
	var ids [][]byte
	for _, record := range records {
		var id []byte
		for _, n := range at {
			id = append(id, fieldAt(record, n)...)
		}
		ids = append(ids, id)
	}
	if err := u.giveFields(ctx, "ids", len(u.ids), ids); err != nil {
		return err
	}
	return u.scan(ctx, selectValues(of("t", u.ids), u.at()), len(u.ids), func(v []driver.Value) error {
		var id []byte
		for _, one := range v {
			id = putValue(id, one)
		}
		note(id, "there is such a row again")
		return nil
	})
}

// wholeIDs are the places of what tells rows apart in whole ones.
func wholeIDs(t *Table) (at []int) {
	for _, id := range t.rowIDs() {
		for i, c := range t.whole() {
			if c == id {
				at = append(at, i)
			}
		}
	}
	return at
}

// wholeRows reads the entries of whole rows.
func (u *sqliteUndo) wholeRows(p *journalPart, t *Table) [][]byte {
	n := len(t.whole())
	rows := make([][]byte, p.rows)
	rest := p.data
	for i := range rows {
		rows[i], rest = cutStored(rest, n)
	}
	return rows
}
