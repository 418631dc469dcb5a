package table

import (
	"cmp"
	"context"
	"fmt"
	"strings"

	"github.com/jackc/pgx/v5"

	"github.com/seed-128c3863/sluice/plan"
)

// A postgresUndo takes back what a run did, by its journal.
type postgresUndo struct {
	*postgres
	t       *target
	of      plan.Run
	xids    string // of the transactions that the run committed in, as a list
	own     string // the same, and those of the runs that took it back and forth since
	journal string // of the run
	counts  plan.Counts
	wholes  map[string]putBack // by what is behind the journal's name: whole rows that are put back
	skipped int64              // rows in sluice_skip
}

// undo finds the journal of a run.
func (p *postgres) undo(ctx context.Context, t *target, of plan.Run) (undo, error) {
	u := &postgresUndo{postgres: p, of: of, wholes: map[string]putBack{}}
	var n int64
	var loads, shape string
	if err := p.conn.QueryRow(ctx, "SELECT n, array_to_string(xids, ','), loads, shape FROM "+p.state+".run WHERE id = $1", of.ID).Scan(&n, &u.xids, &loads, &shape); err != nil {
		return nil, err
	}
	var err error
	if u.t, err = t.ofRun(of, loads, shape); err != nil {
		return nil, err
	}
	u.journal = p.journalName(n)
	var made, updated, deleted int64
	err = p.conn.QueryRow(ctx, `SELECT count(*) FILTER (WHERE op = 'n'), count(*) FILTER (WHERE op = 'u'), count(*) FILTER (WHERE op = 'd') FROM `+u.journal).Scan(&made, &updated, &deleted)
	if codeOf(err) == undefinedTable {
		return nil, fmt.Errorf("run %s cannot be taken back: its journal, table %s, was dropped", of.ID, u.journal)
	}
	if err != nil {
		return nil, err
	}
	if u.own, err = one[string](ctx, p.conn, ownRuns(p.state), of.ID); err != nil {
		return nil, err
	}
	u.counts = plan.Counts{plan.Delete: made, plan.Update: updated, plan.New: deleted}
	if err := u.fits(ctx); err != nil {
		return nil, fmt.Errorf("run %s cannot be taken back: %w", of.ID, err)
	}
	return u, nil
}

// ownRuns asks for the transactions of a run, and of those that took it back,
// and that back, and so on: links that they made of a new row are its own.
func ownRuns(state string) string {
	return fmt.Sprintf(`WITH RECURSIVE r AS (SELECT id, xids FROM %[1]s.run WHERE id = $1 UNION SELECT o.id, o.xids FROM r JOIN %[1]s.run o ON o.record ->> 'of' = r.id)
		SELECT string_agg(array_to_string(xids, ','), ',') FROM r`, state)
}

// fits looks whether what the journal has can be put back into the tables as
// they are now.
func (u *postgresUndo) fits(ctx context.Context) error {
	was, err := wholeOf(ctx, u.conn, u.journal)
	if err != nil {
		return err
	}
	for i, c := range u.t.identity() {
		if is := was[fmt.Sprint("i", i)]; is != c.Base && !c.holds(is) {
			return fmt.Errorf("column %s of table %s was %s then, and is now %s", c.Name, u.t.Name, is, c.Declared)
		}
	}
	for _, c := range u.t.columns {
		if is := was[fmt.Sprint("b", c.at)]; !c.to.holds(is) {
			return fmt.Errorf("column %s of table %s was %s then, and is now %s", c.to.Name, u.t.Name, is, c.to.Declared)
		}
	}
	if u.counts[plan.New] > 0 {
		err = u.whole(ctx, "_d", u.t.Table)
	}
	for _, c := range u.t.links {
		if err == nil {
			err = u.whole(ctx, fmt.Sprintf("_l%d", c.at), c.link.Table)
		}
	}
	for _, g := range u.t.creates() {
		if err == nil {
			err = u.whole(ctx, fmt.Sprintf("_c%d", g[0].at), g[0].lookup.Table)
		}
	}
	return err
}

// whole looks how whole rows are put back, if there are any.
func (u *postgresUndo) whole(ctx context.Context, behind string, t *Table) error {
	if behind != "_d" {
		there, err := one[bool](ctx, u.conn, "SELECT EXISTS (SELECT FROM "+u.journal+behind+" WHERE sluice_op = 'd')")
		if err != nil || !there {
			return err
		}
	}
	columns, err := wholeOf(ctx, u.conn, u.journal+behind)
	if err == nil {
		u.wholes[behind], err = columns.putBack(t)
	}
	return err
}

// reversal says what apply would do.
func (u *postgresUndo) reversal(ctx context.Context) (rev *plan.Reversal, err error) {
	tx, err := u.conn.BeginTx(ctx, pgx.TxOptions{IsoLevel: pgx.RepeatableRead})
	if err != nil {
		return nil, err
	}
	defer func() { _ = tx.Rollback(context.WithoutCancel(ctx)) }()
	return u.conflicts(ctx, tx)
}

// apply takes the run back, as a run of its own.
func (u *postgresUndo) apply(ctx context.Context, run plan.Run, skip bool) (rev *plan.Reversal, err error) {
	watch := u.watch(ctx, doesWhat)
	err = u.commit(ctx, plan.Run{ID: run.ID}, func(tx pgx.Tx) error {
		if err := u.enter(ctx, tx, u.t); err != nil {
			return err
		}
		if err := u.lock(ctx, tx); err != nil {
			return err
		}
		if rev, err = u.conflicts(ctx, tx); err != nil {
			return err
		}
		if len(rev.Conflicts) > 0 && !skip {
			return &plan.ConflictError{Reversal: rev}
		}
		if rev.Counts.Written() == 0 {
			return nil
		}
		return u.takeBack(ctx, tx, undone(run, rev), rev)
	})
	return rev, u.tell(ctx, err, watch())
}

// lock locks the rows of the journal.
func (u *postgresUndo) lock(ctx context.Context, tx pgx.Tx) error {
	id := u.t.identity()
	_, err := tx.Exec(ctx, fmt.Sprintf("ANALYSE %s; CREATE TEMP TABLE sluice_locked ON COMMIT DROP AS SELECT 1 AS n FROM %s j JOIN %s t ON %s WHERE j.op <> 'd' ORDER BY %s FOR UPDATE OF t",
		u.journal, u.journal, u.t.sqlName(), equal(id, "t.%c", "j.i%i"), names(id, ", ", "t.%c")))
	return err
}

// takeBack takes back what is not to be skipped, and journals that.
func (u *postgresUndo) takeBack(ctx context.Context, tx pgx.Tx, run plan.Run, rev *plan.Reversal) error {
	from, err := u.rest(ctx, tx)
	if err != nil {
		return err
	}
	n, err := u.beginRun(ctx, tx, run, u.t)
	if err != nil {
		return err
	}
	journal := u.journalName(n)
	if err := u.newJournal(ctx, tx, journal, u.t); err != nil {
		return err
	}
	for _, st := range u.steps(from, journal, rev.Counts) {
		tag, err := tx.Exec(ctx, st.sql)
		if err != nil {
			return err
		}
		if st.want >= 0 && tag.RowsAffected() != st.want {
			return fmt.Errorf("%d rows of table %s are %s, and %d were to be: a trigger or rule of the table may have done it; nothing was changed", tag.RowsAffected(), u.t.Name, cmp.Or(st.what, "there"), st.want)
		}
	}
	if err := u.asTheyWere(ctx, tx, from); err != nil {
		return err
	}
	rev.Left, err = u.left(ctx, tx)
	return err
}

// rest returns the name that the tables of the journal begin with, or copies of
// them without the rows that are skipped.
func (u *postgresUndo) rest(ctx context.Context, tx pgx.Tx) (string, error) {
	if u.skipped == 0 {
		return u.journal, nil
	}
	copied := func(behind, op, ids string) string {
		return fmt.Sprintf("CREATE TEMP TABLE sluice_rest%s ON COMMIT DROP AS SELECT j.* FROM %s%s j WHERE NOT %s; ANALYSE sluice_rest%s", behind, u.journal, behind, u.stays(op, ids), behind)
	}
	all := []string{copied("", "j.op", "j.i%i"), copied("_d", "'d'", "j.%c")}
	for _, c := range u.t.links {
		all = append(all, copied(fmt.Sprintf("_l%d", c.at), `ANY (CASE j.sluice_op WHEN 'd' THEN '{d,u}' ELSE '{n,u}' END::"char"[])`, "j.sluice_i%i"))
	}
	_, err := tx.Exec(ctx, strings.Join(all, "; "))
	return "sluice_rest", err
}
