package table

import (
	"context"
	"database/sql/driver"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"hash/crc64"
	"slices"
	"strings"
	"time"

	"github.com/seed-128c3863/sluice/plan"
)

// The tables of the state, beside the user's: the runs, each with the form of
// its journal, and the journals. A row of a journal holds many entries of one
// op, one behind the other, all of one table:
//
//	new      of the target: IDs; hashes of the loaded columns and of each set, as they are then
//	update   of the target: IDs; hashes, likewise; mask; fields as they were before
//	delete   of the target: whole rows
//	unlink   whole rows that went with the deleted ones which they refer to
//	remove   whole rows
//	add      IDs of links; hash of what they link
//	make     of a look-up's table: IDs; hash of the whole row, as it is then
const sqliteState = `
	CREATE TABLE IF NOT EXISTS main.sluice_run (n INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, job TEXT NOT NULL, form TEXT NOT NULL, record TEXT NOT NULL);
	CREATE TABLE IF NOT EXISTS main.sluice_journal (run INTEGER NOT NULL, seq INTEGER NOT NULL, op TEXT NOT NULL, tbl TEXT NOT NULL, rows INTEGER NOT NULL, data BLOB NOT NULL,
		PRIMARY KEY (run, seq))`

// A journalForm says what the entries of a run are of.
type journalForm struct {
	Table   string
	Columns []string // loaded
	Whole   []string // of a whole row
	Links   []linkForm
}

type linkForm struct{ Table, Own, Other, OwnID string }

func (t *sqliteTarget) form() journalForm {
	f := journalForm{Table: t.Name, Whole: t.whole()}
	for _, c := range t.columns {
		f.Columns = append(f.Columns, c.to.Name)
	}
	for _, c := range t.links {
		f.Links = append(f.Links, linkForm{c.link.Name, c.link.own.Name, c.link.other.Name, c.link.ownID.Name})
	}
	return f
}

// target returns what the entries of a journal are of, as far as it is read.
func (f *journalForm) target(table *Table) *sqliteTarget {
	t := &sqliteTarget{target: &target{Table: table}, ids: table.rowIDs()}
	for i, name := range f.Columns {
		to := table.Column(name)
		if to == nil {
			to = &Column{Name: name}
		}
		t.columns = append(t.columns, &binding{at: i, to: to})
	}
	for _, l := range f.Links {
		t.links = append(t.links, &binding{link: &link{Table: &Table{Schema: table.Schema, Name: l.Table}, own: &Column{Name: l.Own}, other: &Column{Name: l.Other}, ownID: &Column{Name: l.OwnID}}})
	}
	return t
}

// rowIDs are the columns that tell the rows of a table apart, quoted: the number
// of the row, or the primary key.
func (t *Table) rowIDs() (ids []string) {
	if !t.WithoutRowID {
		return []string{t.rowid()}
	}
	for _, name := range t.PrimaryKey() {
		ids = append(ids, quoteName(name))
	}
	return ids
}

// whole are all that has to be written to make a row again, quoted.
func (t *Table) whole() (columns []string) {
	for _, c := range t.Columns {
		if c.Generated == "" {
			columns = append(columns, quoteName(c.Name))
		}
	}
	if id := t.rowid(); id != "" && !slices.Contains(columns, id) {
		columns = append(columns, id)
	}
	return columns
}

// of puts the name of a table before columns.
func of(table string, columns []string) []string {
	out := make([]string, len(columns))
	for i, c := range columns {
		out[i] = table + "." + c
	}
	return out
}

var hashTable = crc64.MakeTable(crc64.ECMA)

// rowHash appends the hashes of a record that a journal keeps: of its columns, and
// of each set.
func (t *sqliteTarget) rowHash(to, record []byte) []byte {
	part, rest := cutStored(record, len(t.columns))
	to = putHash(to, part)
	for n := range t.links {
		part, rest = t.cut(rest, len(t.columns)+n)
		to = putHash(to, part)
	}
	return to
}

func putHash(to, of []byte) []byte {
	return binary.LittleEndian.AppendUint64(to, crc64.Checksum(of, hashTable))
}

// A journal writes what a run does.
type journal struct {
	*sqlite
	run, seq  int64
	op, table string // of the entries in buf
	rows      int64
	buf       []byte
	off       bool // nothing is kept
}

// journalChunk is how many bytes of entries a row of a journal holds, or a few more.
const journalChunk = 256 << 10

// beginRun records a run, and begins its journal.
func (d *sqlite) beginRun(ctx context.Context, run plan.Run, job string, form journalForm) (*journal, error) {
	if _, err := d.exec(ctx, sqliteState); err != nil {
		return nil, err
	}
	record, err := recordOf(run)
	if err != nil {
		return nil, err
	}
	shape, err := json.Marshal(form)
	if err != nil {
		return nil, err
	}
	if _, err := d.exec(ctx, "INSERT INTO main.sluice_run (id, job, form, record) VALUES (?, ?, ?, ?)", run.ID, job, string(shape), record); err != nil {
		return nil, err
	}
	j := &journal{sqlite: d}
	j.run, err = d.number(ctx, "SELECT last_insert_rowid()")
	return j, err
}

// recordOf is what the ledger keeps of a run, as of now.
func recordOf(run plan.Run) (string, error) {
	if run.State != running {
		run.Ended = time.Now().UTC()
	}
	record, err := json.Marshal(run)
	return string(record), err
}

// add notes one entry.
func (j *journal) add(ctx context.Context, op string, t *Table, entry []byte) error {
	if j.op != op || j.table != t.Name || len(j.buf) >= journalChunk {
		if err := j.flush(ctx); err != nil {
			return err
		}
		j.op, j.table = op, t.Name
	}
	j.rows++
	j.buf = append(j.buf, entry...)
	return nil
}

func (j *journal) flush(ctx context.Context) error {
	if j.rows == 0 {
		return nil
	}
	j.seq++
	if j.off {
		j.rows, j.buf = 0, j.buf[:0]
		return nil
	}
	_, err := j.exec(ctx, "INSERT INTO main.sluice_journal (run, seq, op, tbl, rows, data) VALUES (?, ?, ?, ?, ?, ?)", j.run, j.seq, j.op, j.table, j.rows, j.buf)
	j.rows, j.buf = 0, j.buf[:0]
	return err
}

// remove deletes the rows k of a table that a join finds, and journals them
// whole.
func (j *journal) remove(ctx context.Context, op string, t *Table, join string) error {
	n, err := j.keep(ctx, op, t, join)
	if err != nil || n == 0 {
		return err
	}
	return j.drop(ctx, t, join)
}

// keep journals rows whole, and returns how many there are.
func (j *journal) keep(ctx context.Context, op string, t *Table, join string) (int64, error) {
	values := of("k", t.whole())
	var entries [][]byte
	err := j.scan(ctx, selectValues(values, rowQuery{from: join}), len(values), func(v []driver.Value) error {
		entries = append(entries, putWhole(nil, v))
		return nil
	})
	for _, entry := range entries {
		if err == nil {
			err = j.add(ctx, op, t, entry)
		}
	}
	return int64(len(entries)), err
}

// drop deletes rows; some may go with others, which they refer to.
func (j *journal) drop(ctx context.Context, t *Table, join string) error {
	if _, err := j.exec(ctx, fmt.Sprintf("DELETE FROM %s WHERE (%s) IN (SELECT %s FROM %s)", t.sqlName(), strings.Join(t.rowIDs(), ", "), strings.Join(of("k", t.rowIDs()), ", "), join)); err != nil {
		return err
	}
	n, err := j.number(ctx, "SELECT count(*) FROM "+join)
	if err == nil && n > 0 {
		err = fmt.Errorf("%d rows of table %s were to be deleted, and are still there: a trigger of the table may have done it", n, t.Name)
	}
	return err
}

// giveFields makes a table of the columns sluice_i0, ... whose rows are records of n
// fields.
func (d *sqlite) giveFields(ctx context.Context, name string, n int, records [][]byte) error {
	columns := make([]string, n)
	for i := range columns {
		columns[i] = fmt.Sprintf("sluice_i%d", i)
	}
	return d.give(ctx, name, strings.Join(columns, ", "), feedOf(records, n))
}

// feedOf gives records of n fields, each time from the first.
func feedOf(records [][]byte, n int) func() (rowFeed, error) {
	return func() (rowFeed, error) {
		at, values := 0, []driver.Value(nil)
		return func() ([]driver.Value, error) {
			if at == len(records) {
				return nil, nil
			}
			values, _ = takeValues(values[:0], records[at], n)
			at++
			return values, nil
		}, nil
	}
}

// runs returns the runs of a job, oldest first.
func (d *sqlite) runs(ctx context.Context, job string) (runs []plan.Run, err error) {
	there, err := d.hasTable(ctx, "sluice_run")
	if err != nil || !there {
		return nil, err
	}
	err = d.scan(ctx, "SELECT record AS v0 FROM main.sluice_run WHERE job = ? ORDER BY n", 1, func(v []driver.Value) error {
		var run plan.Run
		err := json.Unmarshal([]byte(v[0].(string)), &run)
		runs = append(runs, run)
		return err
	}, job)
	return runs, err
}
