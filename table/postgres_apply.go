package table

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5"

	"github.com/seed-128c3863/sluice/plan"
)

// apply writes the plan and its journal, in one transaction: each row that is
// touched is locked, is still as it was compared, and each statement touches as
// many as were planned.
func (s *postgresImport) apply(ctx context.Context, run plan.Run, counts plan.Counts) error {
	if err := s.prepare(ctx); err != nil {
		return err
	}
	err := pgx.BeginFunc(ctx, s.conn, func(tx pgx.Tx) error {
		w := &postgresWriter{postgresImport: s, tx: tx, counts: counts, id: s.t.identity()}
		return w.all(ctx, run)
	})
	return s.explain(err)
}

// A postgresWriter is an apply under way.
type postgresWriter struct {
	*postgresImport
	tx      pgx.Tx
	counts  plan.Counts
	id      []*Column
	journal string // its table; those of links have _l<i> behind
}

func (w *postgresWriter) all(ctx context.Context, run plan.Run) error {
	timeout := w.t.job.To.LockTimeout
	if timeout == 0 {
		timeout = lockTimeout
	}
	if err := w.do(ctx, -1, "", fmt.Sprintf("SET LOCAL lock_timeout = %d", timeout.Milliseconds())); err != nil {
		return err
	}
	n, err := w.beginRun(ctx, w.tx, run, w.t)
	if err != nil {
		return err
	}
	if w.journal, err = w.newJournal(ctx, w.tx, n, w.t); err != nil {
		return err
	}
	for _, step := range []func(context.Context) error{w.lock, w.create, w.update, w.insert} {
		if err := step(ctx); err != nil {
			return err
		}
	}
	return w.do(ctx, -1, "", "SET CONSTRAINTS ALL IMMEDIATE")
}

// do runs a statement of which it is known how many rows it must touch: -1 is
// any number.
func (w *postgresWriter) do(ctx context.Context, want int64, what, sql string) error {
	tag, err := w.tx.Exec(ctx, sql)
	if err != nil {
		return err
	}
	if got := tag.RowsAffected(); want >= 0 && got != want {
		return fmt.Errorf("%s %d rows of table %s, and %d were planned: a trigger or rule of the table may have done it; nothing was changed", what, got, w.t.Name, want)
	}
	return nil
}

// lock takes the rows that are updated, in the order of their identity, into the
// journal, as they are before. Rows that moved since they were compared are
// drift.
func (w *postgresWriter) lock(ctx context.Context) error {
	if w.counts[plan.Update] == 0 {
		return nil
	}
	sql := fmt.Sprintf(`INSERT INTO %s (op, mask, x, %s, %s)
		SELECT 'u', p.mask, t.xmin::text::bigint, %s, %s FROM sluice_plan p JOIN %s t ON %s WHERE p.op = 'u' ORDER BY %s FOR NO KEY UPDATE OF t`,
		w.journal, names(w.id, ", ", "i%i"), each(w.t.columns, ", ", "b%i"),
		names(w.id, ", ", "t.%c"), each(w.t.columns, ", ", "t.%c"), w.t.sqlName(), names(w.id, " AND ", "t.%c = p.i%i"), names(w.id, ", ", "t.%c"))
	if err := w.do(ctx, -1, "", sql); err != nil {
		return err
	}
	rows, err := w.tx.Query(ctx, fmt.Sprintf(`SELECT p.sluice_row FROM sluice_plan p LEFT JOIN %s j ON %s WHERE p.op = 'u' AND j.x IS DISTINCT FROM p.x ORDER BY 1 LIMIT 20`,
		w.journal, names(w.id, " AND ", "j.i%i = p.i%i")))
	if err != nil {
		return err
	}
	return w.drift(rows, "the row of the table was changed or removed since it was compared")
}

// drift makes an error of rows that are no longer as they were compared.
func (w *postgresWriter) drift(rows pgx.Rows, why string) error {
	var moved []plan.Problem
	var number int64
	_, err := pgx.ForEachRow(rows, []any{&number}, func() error {
		file, r := w.load.place(number)
		moved = append(moved, plan.Problem{File: file, Why: fmt.Sprintf("row %d: %s", r, why)})
		return nil
	})
	if err == nil && len(moved) > 0 {
		err = &plan.DriftError{Moved: moved}
	}
	return err
}

// update writes the columns of rows that differ, and then their links.
func (w *postgresWriter) update(ctx context.Context) error {
	if w.counts[plan.Update] == 0 {
		return nil
	}
	var numbers []string
	for _, c := range w.t.columns {
		numbers = append(numbers, fmt.Sprint(c.at))
	}
	written := "p.mask && '{" + strings.Join(numbers, ",") + "}'::int[]"
	n, err := oneOf[int64](ctx, w.tx, "SELECT count(*) FROM sluice_plan p WHERE p.op = 'u' AND "+written)
	if err != nil {
		return err
	}
	set := slices.DeleteFunc(slices.Clone(w.t.columns), func(c *binding) bool { return slices.Contains(w.t.key, c) })
	if n > 0 {
		sql := fmt.Sprintf("UPDATE %s t SET %s FROM sluice_plan p JOIN sluice_incoming s USING (sluice_row) WHERE p.op = 'u' AND %s AND %s",
			w.t.sqlName(), each(set, ", ", "%c = s.%c"), written, names(w.id, " AND ", "t.%c = p.i%i"))
		if err := w.do(ctx, n, "updated", sql); err != nil {
			return err
		}
	}
	if err := w.do(ctx, w.counts[plan.Update], "read back", after(w.t, w.journal)); err != nil {
		return err
	}
	for _, c := range w.t.links {
		if err := w.relink(ctx, c); err != nil {
			return err
		}
	}
	return nil
}

// after is the statement that notes the after-images of updated rows, as hashes,
// in a journal.
func after(t *target, journal string) string {
	return fmt.Sprintf("UPDATE %s j SET h = %s FROM %s t WHERE j.op = 'u' AND %s", journal, hash(t), t.sqlName(), names(t.identity(), " AND ", "t.%c = j.i%i"))
}

// hash is that of the loaded columns of a row t.
func hash(t *target) string {
	return "hash_record_extended(ROW(" + each(t.columns, ", ", "t.%c::text") + "), 0)"
}

// relink makes the links of updated rows equal to the sets of the file.
func (w *postgresWriter) relink(ctx context.Context, c *binding) error {
	journal := fmt.Sprintf("%s_l%d", w.journal, c.at)
	own, other, through := quoteName(c.link.own.Name), quoteName(c.link.other.Name), c.link.sqlName()
	changed := fmt.Sprintf("sluice_plan p JOIN sluice_incoming s USING (sluice_row) JOIN %s t ON %s", w.t.sqlName(), names(w.id, " AND ", "t.%c = p.i%i"))
	mine := fmt.Sprintf("p.op = 'u' AND %d = ANY (p.mask)", c.at)
	id := "t." + quoteName(c.link.ownID.Name)
	for _, sql := range []string{
		fmt.Sprintf("INSERT INTO %s (op, r) SELECT 'd', k FROM %s JOIN %s k ON k.%s = %s WHERE %s AND k.%s <> ALL (s.sluice_l%d) FOR UPDATE OF k", journal, changed, through, own, id, mine, other, c.at),
		fmt.Sprintf("DELETE FROM %s k USING %s j WHERE j.op = 'd' AND k.%s = (j.r).%s AND k.%s = (j.r).%s", through, journal, own, own, other, other),
		fmt.Sprintf(`WITH i AS (INSERT INTO %[1]s AS k (%[2]s, %[3]s) SELECT %[4]s, g FROM %[5]s, unnest(s.sluice_l%[6]d) g WHERE %[7]s
			AND NOT EXISTS (SELECT FROM %[1]s k WHERE k.%[2]s = %[4]s AND k.%[3]s = g) RETURNING k) INSERT INTO %[8]s (op, r) SELECT 'n', k FROM i`,
			through, own, other, id, changed, c.at, mine, journal),
	} {
		if err := w.do(ctx, -1, "", sql); err != nil {
			return err
		}
	}
	return nil
}

// insert writes the new rows, with IDs that are known before if the database
// makes them, and their links.
func (w *postgresWriter) insert(ctx context.Context) error {
	n := w.counts[plan.New]
	if n == 0 {
		return nil
	}
	rows, err := w.tx.Query(ctx, "SELECT p.sluice_row FROM sluice_plan p JOIN sluice_incoming s USING (sluice_row) JOIN "+w.t.sqlName()+" t ON "+w.t.onKey()+" WHERE p.op = 'n' ORDER BY 1 LIMIT 20")
	if err != nil {
		return err
	}
	if err := w.drift(rows, "its key was taken since it was compared"); err != nil {
		return err
	}
	columns, values, overriding, ids := each(w.t.columns, ", ", "%c"), each(w.t.columns, ", ", "s.%c"), "", ""
	if id := w.id[0]; len(w.id) == 1 && !slices.ContainsFunc(w.t.columns, func(c *binding) bool { return c.to == id }) {
		ids = ", " + id.made() + " AS id"
		columns, values, overriding = columns+", "+quoteName(id.Name), values+", n.id", "OVERRIDING SYSTEM VALUE"
	}
	if err := w.do(ctx, n, "numbered", "CREATE TEMP TABLE sluice_new AS SELECT sluice_row"+ids+" FROM sluice_plan WHERE op = 'n' ORDER BY 1"); err != nil {
		return err
	}
	if err := w.do(ctx, -1, "", "ANALYSE sluice_new"); err != nil {
		return err
	}
	sql := fmt.Sprintf(`WITH t AS (INSERT INTO %s AS t (%s) %s SELECT %s FROM sluice_new n JOIN sluice_incoming s USING (sluice_row) RETURNING %s, %s AS h)
		INSERT INTO %s (op, h, %s) SELECT 'n', h, %s FROM t`,
		w.t.sqlName(), columns, overriding, values, names(w.id, ", ", "t.%c AS i%i"), hash(w.t), w.journal, names(w.id, ", ", "i%i"), names(w.id, ", ", "i%i"))
	if err := w.do(ctx, n, "inserted", sql); err != nil {
		return err
	}
	for _, c := range w.t.links {
		if err := w.link(ctx, c, ids != ""); err != nil {
			return err
		}
	}
	return nil
}

// link writes the links of new rows. They are not in the journal: all links of a
// row that is taken back go with it.
func (w *postgresWriter) link(ctx context.Context, c *binding, numbered bool) error {
	own := "n.id"
	if !numbered {
		own = "s." + quoteName(c.link.ownID.Name)
	}
	return w.do(ctx, -1, "", fmt.Sprintf("INSERT INTO %s (%s, %s) SELECT %s, g FROM sluice_new n JOIN sluice_incoming s USING (sluice_row), unnest(s.sluice_l%d) g",
		c.link.sqlName(), quoteName(c.link.own.Name), quoteName(c.link.other.Name), own, c.at))
}
