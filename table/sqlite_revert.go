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
	version       int64               // PRAGMA data_version, when conflicts were looked for
	skipped       int64               // rows in conflict
	keys          []string            // the columns of the job's key
	lists         []string            // the job's names of the links
	by            map[string]string   // by the name of a look-up's table: its natural key
	uses          map[string][]string // likewise: conditions that a row k of it is used, by columns without a foreign key
}

// undo finds the journal of a run.
func (d *sqlite) undo(ctx context.Context, t *target, of plan.Run) (undo, error) {
	u := &sqliteUndo{sqlite: d, job: t.job.Name, of: of, keys: t.keyNames(), counts: plan.Counts{plan.Delete: 0, plan.Update: 0, plan.New: 0}}
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
	for _, c := range u.columns {
		if slices.Contains(u.keys, c.to.Name) {
			u.key = append(u.key, c)
		}
	}
	u.knows(t)
	for _, c := range u.links {
		name := c.link.Name
		if found, err := d.inspect(ctx, jobName(name)); err == nil {
			c.link.Table = found
		}
		if i := slices.IndexFunc(t.links, func(b *binding) bool { return b.link.Name == name }); i >= 0 {
			name = t.links[i].col.Name
		}
		u.lists = append(u.lists, name)
	}
	err := d.scan(ctx, "SELECT op AS v0, sum(rows) AS v1 FROM main.sluice_journal WHERE run = ? GROUP BY op", 2, func(v []driver.Value) error {
		if state, ok := undoes[v[0].(string)]; ok {
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

// knows notes of the look-ups of a job how their rows are named and used.
func (u *sqliteUndo) knows(t *target) {
	u.by, u.uses = map[string]string{}, map[string][]string{}
	for _, group := range t.lookups() {
		l := group[0].lookup
		u.by[l.Name] = l.by.Name
		for _, c := range group {
			if c.link == nil && t.reference(c.to.Name) == nil {
				u.uses[l.Name] = append(u.uses[l.Name], fmt.Sprintf("EXISTS (SELECT 1 FROM %s AS o WHERE o.%s = k.%s)", t.sqlName(), quoteName(c.to.Name), quoteName(l.id.Name)))
			}
		}
	}
}

// reversal says what apply would do.
func (u *sqliteUndo) reversal(ctx context.Context) (*plan.Reversal, error) {
	var rev *plan.Reversal
	err := u.transaction(ctx, "BEGIN", func() (err error) {
		rev, err = u.conflicts(ctx)
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

// parts gives the rows of the run's journal, the last one first: those of some
// ops, or all.
func (u *sqliteUndo) parts(ctx context.Context, each func(ctx context.Context, p *journalPart) error, ops ...string) error {
	var seqs []int64
	err := u.scan(ctx, "SELECT seq AS v0, op AS v1 FROM main.sluice_journal WHERE run = ? ORDER BY seq DESC", 2, func(v []driver.Value) error {
		if ops == nil || slices.Contains(ops, v[1].(string)) {
			seqs = append(seqs, v[0].(int64))
		}
		return nil
	}, u.n)
	for _, seq := range seqs {
		if err != nil {
			break
		}
		p := &journalPart{seq: seq}
		row := u.conn.QueryRowContext(ctx, "SELECT op, tbl, rows, data FROM main.sluice_journal WHERE run = ? AND seq = ?", u.n, seq)
		if err = row.Scan(&p.op, &p.tbl, &p.rows, &p.data); err == nil {
			err = each(ctx, p)
		}
	}
	return err
}

// A touched row is an entry of a journal: new or update.
type touchedRow struct {
	ids, hash []byte // hash: of the columns, and of each set
	mask      []byte
	was       []byte // the fields of the mask, one behind the other
}

// touched reads the entries of new and updated rows.
func (u *sqliteUndo) touched(p *journalPart) []touchedRow {
	rows, hashes := make([]touchedRow, p.rows), 8+8*len(u.links)
	rest := p.data
	for i := range rows {
		r := &rows[i]
		r.ids, rest = cutStored(rest, len(u.ids))
		r.hash, rest = rest[:hashes], rest[hashes:]
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
	return u.giveFields(ctx, "ids", len(u.ids), idsTouched(rows))
}

func idsTouched(rows []touchedRow) [][]byte {
	ids := make([][]byte, len(rows))
	for i := range rows {
		ids[i] = rows[i].ids
	}
	return ids
}

// mostConflicts is how many are named.
const mostConflicts = 1000

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

func (u *sqliteUndo) linked(table string) bool {
	for _, c := range u.links {
		if c.link.Name == table {
			return true
		}
	}
	return false
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
