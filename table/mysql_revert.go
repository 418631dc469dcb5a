package table

import (
	"context"
	"errors"
	"fmt"

	"github.com/seed-128c3863/sluice/plan"
)

// A mysqlUndo takes back what a run did, by its journal.
type mysqlUndo struct {
	*mysql
	t       *target
	of      plan.Run
	journal string // of the run
	counts  plan.Counts
	wholes  map[string]putBack // by what is behind the journal's name: whole rows that are put back
	skipped int64              // rows in sluice_skip
}

// undo finds the journal of a run.
func (m *mysql) undo(ctx context.Context, t *target, of plan.Run) (undo, error) {
	u := &mysqlUndo{mysql: m, of: of, wholes: map[string]putBack{}}
	var n int64
	var loads, shape string
	if err := m.conn.QueryRowContext(ctx, "SELECT n, loads, shape FROM "+m.state("run")+" WHERE id = ?", of.ID).Scan(&n, &loads, &shape); err != nil {
		return nil, err
	}
	var err error
	if u.t, err = t.ofRun(of, loads, shape); err != nil {
		return nil, err
	}
	u.journal = m.journalName(n)
	var made, updated, deleted int64
	err = m.conn.QueryRowContext(ctx, "SELECT coalesce(sum(op = 'n'), 0), coalesce(sum(op = 'u'), 0), coalesce(sum(op = 'd'), 0) FROM "+u.journal).Scan(&made, &updated, &deleted)
	if mysqlCode(err) == noSuchTable {
		return nil, fmt.Errorf("run %s cannot be taken back: its journal, table %s, was dropped", of.ID, u.journal)
	}
	if err != nil {
		return nil, err
	}
	u.counts = plan.Counts{plan.Delete: made, plan.Update: updated, plan.New: deleted}
	if err := u.fits(ctx, n); err != nil {
		return nil, fmt.Errorf("run %s cannot be taken back: %w", of.ID, err)
	}
	return u, nil
}

// fits looks whether what the journal has can be put back into the tables as
// they are now.
func (u *mysqlUndo) fits(ctx context.Context, n int64) error {
	name := fmt.Sprintf("j%d", n)
	was, err := u.wholeOf(ctx, name)
	if err != nil {
		return err
	}
	for _, c := range u.t.columns {
		if is := was[fmt.Sprint("b", c.at)]; !c.to.holds(is) {
			return fmt.Errorf("column %s of table %s was %s then, and is now %s", c.to.Name, u.t.Name, is, c.to.Declared)
		}
	}
	whole := func(behind string, t *Table) error {
		if behind != "_d" {
			n, err := u.number(ctx, "SELECT EXISTS (SELECT 1 FROM "+behindName(u.journal, behind)+" WHERE sluice_op = 'd')")
			if err != nil || n == 0 {
				return err
			}
		}
		columns, err := u.wholeOf(ctx, name+behind)
		if err == nil {
			u.wholes[behind], err = columns.putBack(t)
		}
		return err
	}
	if u.counts[plan.New] > 0 {
		err = whole("_d", u.t.Table)
	}
	for _, c := range u.t.links {
		if err == nil {
			err = whole(fmt.Sprintf("_l%d", c.at), c.link.Table)
		}
	}
	for _, g := range u.t.creates() {
		if err == nil {
			err = whole(fmt.Sprintf("_c%d", g[0].at), g[0].lookup.Table)
		}
	}
	return err
}

// wholeOf looks at the columns of a table of a journal.
func (m *mysql) wholeOf(ctx context.Context, journal string) (wholeTable, error) {
	found := wholeTable{}
	c := &mysqlCatalog{mysql: m, conn: m.conn, Table: &Table{Schema: m.schema, Name: m.prefix + journal}}
	err := c.columns(ctx)
	for _, column := range c.Columns {
		found[column.Name] = column.Stored
	}
	return found, err
}

// reversal says what apply would do.
func (u *mysqlUndo) reversal(ctx context.Context) (rev *plan.Reversal, err error) {
	err = u.transaction(ctx, func() error {
		rev, err = u.conflicts(ctx)
		return err
	})
	return rev, err
}

// apply takes the run back, as a run of its own.
func (u *mysqlUndo) apply(ctx context.Context, run plan.Run, skip bool) (rev *plan.Reversal, err error) {
	watch := u.watch(ctx)
	n, err := u.newRun(ctx, run, u.t)
	if err == nil {
		err = u.commit(ctx, n, plan.Run{ID: run.ID}, func() error {
			if err := u.enter(ctx, u.t); err != nil {
				return err
			}
			if err := u.lock(ctx); err != nil {
				return err
			}
			if rev, err = u.conflicts(ctx); err != nil {
				return err
			}
			if len(rev.Conflicts) > 0 && !skip {
				return &plan.ConflictError{Reversal: rev}
			}
			if rev.Counts.Written() == 0 {
				return nil
			}
			return u.takeBack(ctx, n, undone(run, rev), rev)
		})
	}
	if err == nil && rev.Counts.Written() == 0 {
		err = u.dropRun(ctx, fmt.Sprint(n))
	}
	return rev, u.tell(err, watch())
}

// lock locks the rows of the journal.
func (u *mysqlUndo) lock(ctx context.Context) error {
	id := u.t.identity()
	if err := u.texts(ctx, fmt.Sprintf("SELECT count(*) FROM (SELECT 1 FROM %s j JOIN %s ON %s WHERE j.op <> 'd' ORDER BY %s FOR UPDATE) o", u.journal, u.t.found("t"), sameAs(id, "t.%c", "j.i%i"), names(id, ", ", "t.%c")), func([]*string) error { return nil }); err != nil {
		return err
	}
	return u.lockReferred(ctx, u.t, u.journal, "n")
}

// takeBack takes back what is not to be skipped, and journals that.
func (u *mysqlUndo) takeBack(ctx context.Context, n int64, run plan.Run, rev *plan.Reversal) error {
	from, err := u.rest(ctx)
	if err == nil {
		err = u.record(ctx, n, run)
	}
	if err != nil {
		return err
	}
	for _, st := range u.steps(from, u.journalName(n), rev.Counts) {
		run := func(ctx context.Context, _ int64, sql string) (int64, error) { return u.exec(ctx, sql) }
		if st.what == "deleted" {
			run = u.deleting
		}
		got, err := run(ctx, st.want, st.sql)
		if err == nil && st.want >= 0 && got != st.want {
			err = fmt.Errorf("%d rows of table %s are %s, and %d were to be: a trigger of the table may have done it; nothing was changed", got, u.t.Name, st.what, st.want)
		}
		if err != nil {
			return err
		}
	}
	if err := u.asTheyWere(ctx, from); err != nil {
		return err
	}
	rev.Left, err = u.left(ctx)
	return err
}

// rest returns the name that the tables of the journal begin with, or copies of
// them without the rows that are skipped.
func (u *mysqlUndo) rest(ctx context.Context) (string, error) {
	if u.skipped == 0 {
		return u.journal, nil
	}
	rest := quoteName(u.schema) + `."sluice_rest"`
	copied := func(behind, op, ids string) error {
		name := behindName(rest, behind)
		return u.all(ctx, "DROP TEMPORARY TABLE IF EXISTS "+name, fmt.Sprintf("CREATE TEMPORARY TABLE %s ENGINE=InnoDB AS SELECT j.* FROM %s j WHERE NOT %s", name, behindName(u.journal, behind), u.stays(op, ids)))
	}
	err := errors.Join(copied("", "= j.op", "j.i%i"), copied("_d", "= 'd'", "j.%c"))
	for _, c := range u.t.links {
		err = errors.Join(err, copied(fmt.Sprintf("_l%d", c.at), "IN ('u', if(j.sluice_op = 'd', 'd', 'n'))", "j.sluice_i%i"))
	}
	return rest, err
}
