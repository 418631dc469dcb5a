package table

import (
	"context"
	"errors"
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
	xid     int64  // of the transaction that the run committed in
	journal string // of the run
	counts  plan.Counts
}

// undo finds the journal of a run.
func (p *postgres) undo(ctx context.Context, t *target, of plan.Run) (undo, error) {
	u := &postgresUndo{postgres: p, of: of}
	var n int64
	var loads, shape string
	if err := p.conn.QueryRow(ctx, "SELECT n, xid, loads, shape FROM "+p.state+".run WHERE id = $1", of.ID).Scan(&n, &u.xid, &loads, &shape); err != nil {
		return nil, err
	}
	u.t = t.ofShape(shape)
	switch {
	case loads != t.sqlName():
		return nil, fmt.Errorf("run %s loaded table %s, and the job now loads %s", of.ID, loads, t.sqlName())
	case u.t == nil:
		return nil, fmt.Errorf("run %s loaded other columns than the job now does: revert it with the job as it was", of.ID)
	}
	u.journal = fmt.Sprintf("%s.j%d", p.state, n)
	var made, updated, deleted int64
	if err := p.conn.QueryRow(ctx, `SELECT count(*) FILTER (WHERE op = 'n'), count(*) FILTER (WHERE op = 'u'), count(*) FILTER (WHERE op = 'd') FROM `+u.journal).Scan(&made, &updated, &deleted); err != nil {
		return nil, err
	}
	u.counts = plan.Counts{plan.Delete: made, plan.Update: updated, plan.New: deleted}
	return u, nil
}

// reversal says what apply would do.
func (u *postgresUndo) reversal(ctx context.Context) (*plan.Reversal, error) {
	rev := &plan.Reversal{Run: u.of.ID, Restore: []string{}, Remove: []string{}, Counts: u.counts}
	var err error
	rev.Conflicts, err = u.conflicts(ctx, u.conn)
	return rev, err
}

type querier interface {
	Query(ctx context.Context, sql string, args ...any) (pgx.Rows, error)
}

// conflicts returns the rows that are no longer as the run left them.
func (u *postgresUndo) conflicts(ctx context.Context, conn querier) ([]plan.Problem, error) {
	id := u.t.identity()
	key := "concat_ws(' ', " + names(id, ", ", "j.i%i") + ")"
	on := names(id, " AND ", "t.%c = j.i%i")
	table := u.t.sqlName()
	checks := []string{
		fmt.Sprintf("SELECT %s, 'it was removed since' FROM %s j LEFT JOIN %s t ON %s WHERE j.op <> 'd' AND t.xmin IS NULL", key, u.journal, table, on),
		fmt.Sprintf("SELECT %s, 'it was changed since' FROM %s j JOIN %s t ON %s WHERE j.op <> 'd' AND t.xmin::text::bigint <> %d AND %s IS DISTINCT FROM j.h",
			key, u.journal, table, on, u.xid, hash(u.t)),
		fmt.Sprintf("SELECT %s, 'there is such a row again' FROM %s j JOIN %s t ON %s WHERE j.op = 'd'", key, u.journal, table, on),
	}
	if len(u.t.key) > 0 {
		checks = append(checks, fmt.Sprintf("SELECT %s, 'there is a row with its key' FROM %s j JOIN %s t ON %s WHERE j.op = 'd' AND NOT (%s)",
			key, u.journal, table, each(u.t.key, " AND ", "t.%c = (j.r).%c"), on))
	}
	for _, c := range u.t.links {
		checks = append(checks, fmt.Sprintf("SELECT %s, %s FROM %s j JOIN %s t ON %s WHERE j.op = 'u' AND %d = ANY (j.mask) AND j.k%d IS DISTINCT FROM %s",
			key, quoteText("its "+c.col.Name+" were changed since"), u.journal, table, on, c.at, c.at, linksNow(c)))
	}
	for i := range u.t.Referrers {
		if sql := u.referring(&u.t.Referrers[i], key, on); sql != "" {
			checks = append(checks, sql)
		}
	}
	var found []plan.Problem
	for _, sql := range checks {
		rows, err := conn.Query(ctx, sql+" ORDER BY 1 LIMIT 1000")
		if err != nil {
			return nil, err
		}
		var p plan.Problem
		if _, err := pgx.ForEachRow(rows, []any{&p.File, &p.Why}, func() error {
			p.File = u.t.Name + " " + p.File
			found = append(found, p)
			return nil
		}); err != nil {
			return nil, err
		}
	}
	return found, nil
}

// referring finds rows of other tables, or links that somebody else made, that
// refer to the rows which the run made: these cannot go.
func (u *postgresUndo) referring(fk *ForeignKey, key, on string) string {
	var refers []string
	for i, c := range fk.Columns {
		refers = append(refers, fmt.Sprintf("k.%s = t.%s", quoteName(c), quoteName(fk.RefColumns[i])))
	}
	others := ""
	if fk.Table == u.t.Name && fk.Schema == u.t.Schema {
		others = fmt.Sprintf(" AND NOT EXISTS (SELECT FROM %s o WHERE o.op = 'n' AND %s)", u.journal, names(u.t.identity(), " AND ", "k.%c = o.i%i"))
	}
	for _, c := range u.t.links {
		if c.link.Name == fk.Table && c.link.Schema == fk.Schema {
			others = fmt.Sprintf(" AND k.xmin::text::bigint <> %d", u.xid)
		}
	}
	return fmt.Sprintf("SELECT DISTINCT %s, 'a row of %s refers to it' FROM %s j JOIN %s t ON %s JOIN %s.%s k ON %s WHERE j.op = 'n'%s",
		key, strings.ReplaceAll(fk.Table, "'", "''"), u.journal, u.t.sqlName(), on, quoteName(fk.Schema), quoteName(fk.Table), strings.Join(refers, " AND "), others)
}

// apply takes the run back, as a run of its own.
func (u *postgresUndo) apply(ctx context.Context, run plan.Run, skip bool) (*plan.Reversal, error) {
	if skip {
		return nil, errors.New("rows in conflict cannot be skipped yet; nothing was changed")
	}
	rev := &plan.Reversal{Run: u.of.ID, Counts: u.counts}
	watch := u.watch(ctx, doesWhat)
	err := u.commit(ctx, run.ID, func(tx pgx.Tx) error {
		if err := u.enter(ctx, tx, u.t); err != nil {
			return err
		}
		if err := u.lock(ctx, tx); err != nil {
			return err
		}
		n, err := u.beginRun(ctx, tx, undone(run, rev), u.t)
		if err != nil {
			return err
		}
		journal, err := u.newJournal(ctx, tx, n, u.t)
		if err != nil {
			return err
		}
		for _, st := range u.steps(journal) {
			tag, err := tx.Exec(ctx, st.sql)
			if err != nil {
				return err
			}
			if st.want >= 0 && tag.RowsAffected() != st.want {
				return fmt.Errorf("%d rows of table %s are %s, and %d were to be; nothing was changed", tag.RowsAffected(), u.t.Name, st.what, st.want)
			}
		}
		return nil
	})
	return rev, u.tell(ctx, err, watch())
}

// lock locks the rows of the journal, and looks for conflicts once more.
func (u *postgresUndo) lock(ctx context.Context, tx pgx.Tx) error {
	id := u.t.identity()
	_, err := tx.Exec(ctx, fmt.Sprintf("ANALYSE %s; CREATE TEMP TABLE sluice_locked ON COMMIT DROP AS SELECT 1 AS n FROM %s j JOIN %s t ON %s WHERE j.op <> 'd' ORDER BY %s FOR UPDATE OF t",
		u.journal, u.journal, u.t.sqlName(), names(id, " AND ", "t.%c = j.i%i"), names(id, ", ", "t.%c")))
	if err != nil {
		return err
	}
	found, err := u.conflicts(ctx, tx)
	if err == nil && len(found) > 0 {
		err = &plan.ConflictError{Reversal: &plan.Reversal{Run: u.of.ID, Conflicts: found}}
	}
	return err
}

// A step is one statement, and how many rows it must touch: -1 is any number.
type step struct {
	what string
	want int64
	sql  string
}

// steps are the statements that take the run back, and journal that.
func (u *postgresUndo) steps(journal string) (steps []step) {
	t, id := u.t, u.t.identity()
	on, ids := names(id, " AND ", "t.%c = j.i%i"), names(id, ", ", "i%i")
	add := func(what string, want int64, sql string, args ...any) {
		steps = append(steps, step{what, want, fmt.Sprintf(sql, args...)})
	}
	created := func(journal string, g []*binding) string { return fmt.Sprintf("%s_c%d", journal, g[0].at) }
	for _, g := range t.creates() {
		steps = append(steps, remake(g[0].lookup, created(u.journal, g), created(journal, g)))
	}
	for _, c := range t.links {
		own, other, through := quoteName(c.link.own.Name), quoteName(c.link.other.Name), c.link.sqlName()
		of, to := fmt.Sprintf("%s_l%d", u.journal, c.at), fmt.Sprintf("%s_l%d", journal, c.at)
		add("", -1, "INSERT INTO %s (op, r) SELECT 'd', %s FROM %s j JOIN %s t ON %s JOIN %s k ON k.%s = t.%s WHERE j.op = 'n'", to, whole("k", c.link.Table), u.journal, t.sqlName(), on, through, own, quoteName(c.link.ownID.Name))
		add("", -1, "INSERT INTO %s (op, r) SELECT 'd', %s FROM %s j JOIN %s k ON k.%s = (j.r).%s AND k.%s = (j.r).%s WHERE j.op = 'n' AND NOT EXISTS (SELECT FROM %s d WHERE (d.r).%s = k.%s AND (d.r).%s = k.%s)",
			to, whole("k", c.link.Table), of, through, own, own, other, other, to, own, own, other, other)
		add("", -1, "DELETE FROM %s k USING %s j WHERE j.op = 'd' AND k.%s = (j.r).%s AND k.%s = (j.r).%s", through, to, own, own, other, other)
	}
	if n := u.counts[plan.Delete]; n > 0 {
		add("", n, "INSERT INTO %s (op, r, %s) SELECT 'd', %s, %s FROM %s j JOIN %s t ON %s WHERE j.op = 'n'", journal, ids, whole("t", t.Table), names(id, ", ", "t.%c"), u.journal, t.sqlName(), on)
		add("deleted", n, "DELETE FROM %s t USING %s j WHERE j.op = 'n' AND %s", t.sqlName(), u.journal, on)
	}
	if n := u.counts[plan.Update]; n > 0 {
		add("", n, "INSERT INTO %s (op, mask, x, %s, %s) SELECT 'u', j.mask, t.xmin::text::bigint, %s, %s FROM %s j JOIN %s t ON %s WHERE j.op = 'u'",
			journal, ids, each(t.columns, ", ", "b%i"), names(id, ", ", "t.%c"), each(t.columns, ", ", "t.%c"), u.journal, t.sqlName(), on)
		if set := t.written(); len(set) > 0 {
			add("updated", n, "UPDATE %s t SET %s FROM %s j WHERE j.op = 'u' AND %s", t.sqlName(), each(set, ", ", "%c = j.b%i"), u.journal, on)
		}
		add("", n, "UPDATE %s j SET h = %s FROM %s t WHERE j.op = 'u' AND %s", journal, hash(t), t.sqlName(), on)
	}
	if n := u.counts[plan.New]; n > 0 {
		columns, values := t.stored("(j.r)")
		add("inserted", n, "WITH t AS (INSERT INTO %s AS t (%s) OVERRIDING SYSTEM VALUE SELECT %s FROM %s j WHERE j.op = 'd' RETURNING %s, %s AS h) INSERT INTO %s (op, h, %s) SELECT 'n', h, %s FROM t",
			t.sqlName(), columns, values, u.journal, names(id, ", ", "t.%c AS i%i"), hash(t), journal, ids, ids)
	}
	for _, c := range t.links {
		columns, values := c.link.stored("(j.r)")
		add("", -1, "WITH k AS (INSERT INTO %s AS k (%s) OVERRIDING SYSTEM VALUE SELECT %s FROM %s_l%d j WHERE j.op = 'd' RETURNING %s AS r) INSERT INTO %s_l%d (op, r) SELECT 'n', r FROM k",
			c.link.sqlName(), columns, values, u.journal, c.at, whole("k", c.link.Table), journal, c.at)
		add("", -1, "UPDATE %s j SET k%d = %s FROM %s t WHERE j.op = 'u' AND %d = ANY (j.mask) AND %s", journal, c.at, linksNow(c), t.sqlName(), c.at, on)
	}
	for _, g := range t.creates() {
		steps = append(steps, unmake(g[0].lookup, created(u.journal, g), created(journal, g))...)
	}
	add("", -1, "SET CONSTRAINTS ALL IMMEDIATE")
	return steps
}
