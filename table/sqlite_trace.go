package table

import (
	"bytes"
	"context"
	"database/sql/driver"
	"errors"
	"fmt"
	"strings"

	"github.com/seed-128c3863/sluice/plan"
)

// Results of SQLite that are its verdict on a row: a constraint, what a trigger
// raises, or a value that a column does not take.
const (
	sqliteConstraint = 19
	sqliteMismatch   = 20
)

func sqliteRefuses(err error) bool {
	code := sqliteCode(err) & 0xff
	return code == sqliteConstraint || code == sqliteMismatch
}

// A sqliteTracer finds the rows that the database refuses. It writes parts of
// the plan, in a transaction that is rolled back: a part that is refused is
// halved.
type sqliteTracer struct {
	*sqliteWriter
	tries int
	found []plan.Problem
}

// errTraced rolls back what a tracer has written.
var errTraced = errors.New("traced")

// trace names the rows that the database refuses with err, if it finds them.
func (s *sqliteImport) trace(ctx context.Context, err error) error {
	t := &sqliteTracer{sqliteWriter: &sqliteWriter{sqliteImport: s}}
	failed := s.transaction(ctx, beginRows, func() error {
		if err := t.all(ctx); err != nil {
			return err
		}
		return errTraced
	})
	if failed != errTraced || t.found == nil {
		return err
	}
	return &plan.RefusedError{Rows: t.found, Err: err}
}

// begin makes the run and its journal, and the rows of look-ups.
func (t *sqliteTracer) begin(ctx context.Context) (err error) {
	if t.journal, err = t.beginRun(ctx, plan.Run{ID: "trace"}, t.job.Name, t.form()); err != nil {
		return err
	}
	return t.create(ctx)
}

// all writes the plan in its order, some rows at a time.
func (t *sqliteTracer) all(ctx context.Context) error {
	before := map[orphan]bool{}
	if err := t.orphans(ctx, func(o orphan) { before[o] = true }); err != nil {
		return err
	}
	if err := t.begin(ctx); err != nil {
		return err
	}
	if err := t.changed(ctx, t.part.updates, false); err != nil {
		return err
	}
	if err := t.changed(ctx, t.part.deletes, true); err != nil {
		return err
	}
	from, to := t.news()
	for ; from < to; from += chunkRows {
		if err := t.halve(ctx, from, min(from+chunkRows, to), t.insertSome, t.placeOf); err != nil {
			return err
		}
	}
	return t.dangling(ctx, before)
}

// changed writes the updates, or the deletions, of a stretch.
func (t *sqliteTracer) changed(ctx context.Context, in stretch, deletes bool) error {
	var some []*rowChange
	flush := func() error {
		part := func(ctx context.Context, from, to int) error {
			if deletes {
				return t.deleteSome(ctx, some[from:to])
			}
			return t.updateSome(ctx, some[from:to])
		}
		err := t.halve(ctx, 0, len(some), part, func(i int) (string, int64, error) { return t.changePlace(some[i]) })
		some = some[:0]
		return err
	}
	err := t.eachIn(in, deletes, func(c *rowChange) error {
		if some = append(some, c); len(some) == chunkRows {
			return flush()
		}
		return nil
	})
	if err != nil {
		return err
	}
	return flush()
}

func (t *sqliteTracer) updateSome(ctx context.Context, some []*rowChange) error {
	u := &updates{sqliteWriter: t.sqliteWriter, statements: map[string]driver.Stmt{}}
	defer u.close()
	for _, c := range some {
		if err := u.one(ctx, c); err != nil {
			return err
		}
	}
	return u.finish(ctx)
}

func (t *sqliteTracer) deleteSome(ctx context.Context, some []*rowChange) error {
	var ids [][]byte
	for _, c := range some {
		ids = append(ids, c.ids)
	}
	if err := t.journal.keepRows(ctx, t.sqliteTarget, ids); err != nil {
		return err
	}
	return t.journal.dropRows(ctx, t.sqliteTarget, ids)
}

// changePlace returns the file and the row that a change is of; of one that the
// files lack the table and 0.
func (t *sqliteTracer) changePlace(c *rowChange) (file string, r int64, err error) {
	if c.i == t.in.n {
		return t.Name + " " + textsStored(c.ids, len(t.ids)), 0, nil
	}
	return t.placeOf(c.i)
}

// halve writes the rows from one up to another, or finds those among them that
// are refused. Those that are not stay written, for what comes after them.
func (t *sqliteTracer) halve(ctx context.Context, from, to int, part func(ctx context.Context, from, to int) error, place func(i int) (string, int64, error)) error {
	if from == to || t.tries > mostTries || len(t.found) >= mostFound {
		return nil
	}
	if _, err := t.exec(ctx, "SAVEPOINT part"); err != nil {
		return err
	}
	refused := part(ctx, from, to)
	if refused == nil {
		_, err := t.exec(ctx, "RELEASE part")
		return err
	}
	t.tries++
	if !sqliteRefuses(refused) {
		return refused
	}
	if err := t.undo(ctx); err != nil {
		return err
	}
	if to-from > 1 {
		half := (from + to) / 2
		if err := t.halve(ctx, from, half, part, place); err != nil {
			return err
		}
		return t.halve(ctx, half, to, part, place)
	}
	file, r, err := place(from)
	if err == nil {
		t.note(file, r, plainRefusal(refused))
	}
	return err
}

// undo goes back to before a part; to the beginning, if that is what a trigger
// has done.
func (t *sqliteTracer) undo(ctx context.Context) error {
	clear(t.tables) // they may be gone with it
	if _, err := t.exec(ctx, "ROLLBACK TO part; RELEASE part"); err == nil {
		return nil
	}
	if _, err := t.exec(ctx, beginRows); err != nil {
		return err
	}
	return t.begin(ctx)
}

func (t *sqliteTracer) note(file string, r int64, why string) {
	if r > 0 {
		why = fmt.Sprintf("row %d: %s", r, why)
	}
	t.found = append(t.found, plan.Problem{File: file, Why: why})
}

// plainRefusal is what SQLite says of a row, without what the driver adds.
func plainRefusal(err error) string {
	text := strings.TrimPrefix(err.Error(), "constraint failed: ")
	return strings.TrimSuffix(text, fmt.Sprintf(" (%d)", sqliteCode(err)))
}

// An orphan is a row whose foreign key refers to no row.
type orphan struct {
	fk     *ForeignKey
	id     string // fields
	values string // of the foreign key, likewise
}

// orphans gives such rows of the target, and of what refers to it.
func (t *sqliteTracer) orphans(ctx context.Context, each func(orphan)) error {
	for _, fks := range [][]ForeignKey{t.ForeignKeys, t.Referrers} {
		for i := range fks {
			if fks[i].RefColumns == nil {
				continue
			}
			if err := t.orphansOf(ctx, &fks[i], each); err != nil {
				return err
			}
		}
	}
	return nil
}

func (t *sqliteTracer) orphansOf(ctx context.Context, fk *ForeignKey, each func(orphan)) error {
	child, ids := &Table{Name: fk.Table, Schema: t.Schema}, []string{"rowid"}
	if fk.Table == t.Name {
		child, ids = t.Table, t.ids
	}
	var given, same, values []string
	for i, c := range fk.Columns {
		values = append(values, "k."+quoteName(c))
		given = append(given, "k."+quoteName(c)+" IS NOT NULL")
		same = append(same, "r."+quoteName(fk.RefColumns[i])+" = k."+quoteName(c))
	}
	q := rowQuery{from: child.sqlName() + " AS k", where: fmt.Sprintf(" WHERE %s AND NOT EXISTS (SELECT 1 FROM main.%s AS r WHERE %s)", strings.Join(given, " AND "), quoteName(fk.RefTable), strings.Join(same, " AND "))}
	values = append(of("k", ids), values...)
	return t.scan(ctx, selectValues(values, q), len(values), func(v []driver.Value) error {
		var fields []byte
		for _, one := range v {
			fields = putValue(fields, one)
		}
		id, values := cutStored(fields, len(ids))
		each(orphan{fk, string(id), string(values)})
		return nil
	})
}

// dangling names the rows that are orphans by now, and are not in seen.
func (t *sqliteTracer) dangling(ctx context.Context, seen map[orphan]bool) error {
	var fresh []orphan
	err := t.orphans(ctx, func(o orphan) {
		if !seen[o] && len(t.found)+len(fresh) < mostFound {
			fresh, seen[o] = append(fresh, o), true
		}
	})
	for _, o := range fresh {
		if err == nil {
			err = t.noteOrphan(ctx, o)
		}
	}
	return err
}

// noteOrphan names an orphan by its own row of the files, or by the one that takes
// away what it refers to.
func (t *sqliteTracer) noteOrphan(ctx context.Context, o orphan) error {
	width, own := 1, -1
	if o.fk.Table == t.Name {
		width = len(t.ids)
		record, err := t.recordOf(ctx, []byte(o.id))
		if err != nil {
			return err
		}
		if own, err = t.incoming(record); err != nil {
			return err
		}
	}
	if own >= 0 && len(t.key) > 0 {
		file, r, err := t.placeOf(own)
		t.note(file, r, fmt.Sprintf("it would refer to a row of %s that is not there", o.fk.RefTable))
		return err
	}
	why := fmt.Sprintf("the row %s of table %s refers to what it was", textsStored([]byte(o.id), width), o.fk.Table)
	named := false
	err := t.eachChange(func(c *rowChange) error {
		if named || !t.leaves(c, &o) {
			return nil
		}
		named = true
		file, r, err := t.changePlace(c)
		t.note(file, r, why)
		return err
	})
	if !named && err == nil {
		t.note("table "+t.Name, 0, why)
	}
	return err
}

// incoming returns the incoming row that has the key of a row of the target; -1:
// none. The rows of a saved plan have no index yet.
func (t *sqliteTracer) incoming(record []byte) (int, error) {
	if t.in.slots == nil {
		if _, err := t.in.index(); err != nil {
			return -1, err
		}
	}
	i, _, err := t.in.find(record, nil)
	return i, err
}

// recordOf reads a row of the target.
func (t *sqliteTracer) recordOf(ctx context.Context, id []byte) ([]byte, error) {
	if err := t.giveFields(ctx, "ids", len(t.ids), [][]byte{id}); err != nil {
		return nil, err
	}
	k := &rowChunk{}
	if err := t.read(ctx, t.sqliteTarget, t.at(), k); err != nil {
		return nil, err
	}
	_, record := k.row(0)
	return record, nil
}

// leaves reports whether a change takes away what an orphan refers to.
func (t *sqliteTracer) leaves(c *rowChange, o *orphan) bool {
	values := []byte(o.values)
	for _, name := range o.fk.RefColumns {
		var value, was []byte
		value, values = cutStored(values, 1)
		at := t.loadedAt(name)
		switch {
		case at < 0:
			continue
		case c.deletes():
			was = fieldAt(c.record, at)
		default:
			was = c.was[at]
		}
		if bytes.Equal(was, value) {
			return true
		}
	}
	return false
}
