package table

import (
	"context"
	"fmt"
	"reflect"
	"slices"

	"github.com/jackc/pgx/v5"

	"github.com/seed-128c3863/sluice/plan"
)

// apply writes the plan and its journal, in one transaction: each row that is
// touched is locked, is still as it was compared, and each statement touches as
// many as were planned.
func (s *postgresImport) apply(ctx context.Context, run plan.Run, counts plan.Counts) error {
	watch := s.watch(ctx, doesWhat)
	var err error
	if run.ID != "" {
		err = s.prepare(ctx)
	}
	if err == nil {
		err = s.commit(ctx, run, func(tx pgx.Tx) error { return s.write(ctx, tx, run, counts) })
	}
	blocker := watch()
	if refuses(err) {
		err = s.trace(ctx, err, "sluice_plan")
	}
	return s.tell(ctx, err, blocker)
}

// write is what apply does before it commits.
func (s *postgresImport) write(ctx context.Context, tx pgx.Tx, run plan.Run, counts plan.Counts) error {
	w := &postgresWriter{postgresImport: s, tx: tx, counts: counts, id: s.t.identity(), plan: "sluice_plan"}
	if err := s.enter(ctx, tx, s.t); err != nil {
		return err
	}
	if run.ID != "" || s.saved != 0 {
		if err := w.forget(ctx); err != nil {
			return err
		}
	}
	if err := w.begin(ctx, run); err != nil {
		return err
	}
	return w.all(ctx)
}

// A postgresWriter is an apply under way.
type postgresWriter struct {
	*postgresImport
	tx      pgx.Tx
	counts  plan.Counts // of the rows in plan
	id      []*Column
	plan    string // the table of what is done: sluice_plan, or a part of it
	journal string // its table; those of links have _l<i> behind
}

// begin makes the run and its journal.
func (w *postgresWriter) begin(ctx context.Context, run plan.Run) error {
	w.journal = nowhere
	if run.ID != "" {
		n, err := w.beginRun(ctx, w.tx, run, w.t)
		if err != nil {
			return err
		}
		w.journal = w.journalName(n)
	}
	return w.newJournal(ctx, w.tx, w.journal, w.t)
}

func (w *postgresWriter) all(ctx context.Context) error {
	for _, step := range []func(context.Context) error{w.lock, w.drifted, w.looked, w.create, w.remove, w.update, w.insert} {
		if err := step(ctx); err != nil {
			return err
		}
	}
	if err := w.do(ctx, -1, "", "SET CONSTRAINTS ALL IMMEDIATE"); err != nil {
		return err
	}
	return w.settled(ctx)
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

// update writes the columns of rows that differ, and then their links.
func (w *postgresWriter) update(ctx context.Context) error {
	if w.counts[plan.Update] == 0 {
		return nil
	}
	if err := w.followers(ctx, w.tx, w.plan); err != nil {
		return err
	}
	written := "p.mask && '{" + each(w.t.columns, ",", "%i") + "}'::int[]"
	n, err := oneOf[int64](ctx, w.tx, "SELECT count(*) FROM "+w.plan+" p WHERE p.op = 'u' AND "+written)
	if err != nil {
		return err
	}
	if n > 0 {
		sql := fmt.Sprintf(`WITH w AS (UPDATE %s t SET %s FROM %s p JOIN sluice_incoming s USING (sluice_row) WHERE p.op = 'u' AND %s AND %s RETURNING %s, %s AS h)
			UPDATE %s j SET h = w.h FROM w WHERE j.op = 'u' AND %s`,
			w.t.sqlName(), each(w.t.written(), ", ", "%c = s.%c"), w.plan, written, equal(w.id, "t.%c", "p.i%i"), names(w.id, ", ", "t.%c AS i%i"), hash(w.t),
			w.journal, equal(w.id, "j.i%i", "w.i%i"))
		if err := w.do(ctx, n, "updated", sql); err != nil {
			return err
		}
	}
	for _, c := range w.t.links {
		if err := w.relink(ctx, c); err != nil {
			return err
		}
	}
	return nil
}

// written are the columns that an update writes: all but the key.
func (t *target) written() []*binding {
	return slices.DeleteFunc(slices.Clone(t.columns), func(c *binding) bool { return slices.Contains(t.key, c) })
}

// hash is that of the loaded columns of a row t.
func hash(t *target) string {
	return "hash_record_extended(ROW(" + each(t.columns, ", ", "t.%c::text") + "), 0)"
}

// relink adds the links that updated rows lack. Their sets are then those of the
// files, and in the journal.
func (w *postgresWriter) relink(ctx context.Context, c *binding) error {
	mine := fmt.Sprintf("p.op = 'u' AND %d = ANY (p.mask)", c.at)
	n, err := oneOf[int64](ctx, w.tx, "SELECT count(*) FROM "+w.plan+" p WHERE "+mine)
	if err != nil || n == 0 {
		return err
	}
	own, other, through, id := quoteName(c.link.own.Name), quoteName(c.link.other.Name), c.link.sqlName(), "t."+quoteName(c.link.ownID.Name)
	from := fmt.Sprintf("%s p JOIN sluice_incoming s USING (sluice_row) JOIN %s t ON %s", w.plan, w.t.sqlName(), equal(w.id, "t.%c", "p.i%i"))
	if err := w.do(ctx, -1, "", fmt.Sprintf(`WITH i AS (INSERT INTO %[1]s AS k (%[2]s, %[3]s) SELECT %[4]s, sluice_link FROM %[5]s, unnest(s.sluice_l%[6]d) sluice_link
		WHERE %[7]s AND NOT EXISTS (SELECT FROM %[1]s k WHERE k.%[2]s = %[4]s AND k.%[3]s = sluice_link) RETURNING %[8]s)
		INSERT INTO %[9]s_l%[6]d (sluice_op, %[10]s, %[11]s) SELECT 'n', %[12]s, %[14]s FROM i JOIN %[13]s t ON %[4]s = i.%[2]s`,
		through, own, other, id, from, c.at, mine, c.link.rowOf("k"), w.journal, names(w.id, ", ", "sluice_i%i"), c.link.rowOf(""), names(w.id, ", ", "t.%c"), w.t.sqlName(), c.link.rowOf("i"))); err != nil {
		return err
	}
	return w.do(ctx, n, "linked", fmt.Sprintf("UPDATE %s j SET k%d = s.sluice_l%d FROM %s WHERE %s AND %s AND s.sluice_l%d = %s",
		w.journal, c.at, c.at, from, mine, equal(w.id, "j.i%i", "p.i%i"), c.at, linksNow(c)))
}

// insert writes the new rows, with IDs that are known before if the database
// makes them, and their links.
func (w *postgresWriter) insert(ctx context.Context) error {
	n := w.counts[plan.New]
	if n == 0 {
		return nil
	}
	columns, values, overriding, ids := each(w.t.columns, ", ", "%c"), each(w.t.columns, ", ", "s.%c"), "OVERRIDING SYSTEM VALUE", ""
	if id := w.id[0]; len(w.id) == 1 && w.t.binding(id.Name) == nil {
		ids = ", " + id.made() + " AS sluice_id"
		columns, values = columns+", "+quoteName(id.Name), values+", n.sluice_id"
	}
	if err := w.do(ctx, n, "numbered", "DROP TABLE IF EXISTS sluice_new; CREATE TEMP TABLE sluice_new AS SELECT sluice_row"+ids+" FROM (SELECT sluice_row FROM "+w.plan+" WHERE op = 'n' ORDER BY 1) o"); err != nil {
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
	return w.moveSequences(ctx)
}

// link writes the links of new rows. They are not in the journal: all links of a
// row that is taken back go with it.
func (w *postgresWriter) link(ctx context.Context, c *binding, numbered bool) error {
	own := "n.sluice_id"
	if !numbered {
		own = "s." + quoteName(c.link.ownID.Name)
	}
	n, err := oneOf[int64](ctx, w.tx, fmt.Sprintf("SELECT coalesce(sum(cardinality(s.sluice_l%d)), 0) FROM sluice_new n JOIN sluice_incoming s USING (sluice_row)", c.at))
	if err != nil {
		return err
	}
	return w.do(ctx, n, "linked", fmt.Sprintf("INSERT INTO %s (%s, %s) SELECT %s, sluice_link FROM sluice_new n JOIN sluice_incoming s USING (sluice_row), unnest(s.sluice_l%d) sluice_link",
		c.link.sqlName(), quoteName(c.link.own.Name), quoteName(c.link.other.Name), own, c.at))
}

// moveSequences moves what numbers a column beyond the numbers that the files
// gave to it.
func (w *postgresWriter) moveSequences(ctx context.Context) error {
	for _, c := range w.t.columns {
		if c.to.Sequence == "" {
			continue
		}
		seq, name := quoteText(c.to.Sequence), quoteName(c.to.Name)
		if err := w.do(ctx, -1, "", fmt.Sprintf(`SELECT setval(%[1]s, m) FROM (SELECT max(s.%[2]s) AS m FROM sluice_new n JOIN sluice_incoming s USING (sluice_row)) o
			WHERE m > coalesce(pg_sequence_last_value(%[1]s::regclass), 0)`, seq, name)); err != nil {
			return err
		}
	}
	return nil
}

// enter begins a transaction that writes to the table, which is as it was
// inspected.
func (p *postgres) enter(ctx context.Context, tx pgx.Tx, t *target) error {
	if _, err := tx.Exec(ctx, "LOCK TABLE "+t.sqlName()+" IN ROW EXCLUSIVE MODE; SET CONSTRAINTS ALL DEFERRED"); err != nil {
		if codeOf(err) == undefinedTable {
			return &plan.DriftError{Moved: []plan.Problem{{File: t.Name, Why: "the table is no longer there"}}}
		}
		return err
	}
	now, err := inspectPostgres(ctx, tx, jobName(t.Schema, t.Name))
	if err != nil {
		return err
	}
	if what := altered(t.Table, now); what != "" {
		return &plan.DriftError{Moved: []plan.Problem{{File: t.Name, Why: "the table was altered since it was compared: " + what}}}
	}
	return nil
}

// altered says what of a table is not as it was, "" if all is.
func altered(was, now *Table) string {
	for _, c := range was.Columns {
		switch is := now.Column(c.Name); {
		case is == nil:
			return fmt.Sprintf("column %s is gone", c.Name)
		case !reflect.DeepEqual(*is, c):
			return fmt.Sprintf("column %s is another", c.Name)
		}
	}
	for _, part := range []struct {
		what    string
		was, is any
	}{
		{"columns", was.Columns, now.Columns},
		{"uniques", was.Uniques, now.Uniques},
		{"foreign keys", was.ForeignKeys, now.ForeignKeys},
		{"foreign keys that refer to it", was.Referrers, now.Referrers},
		{"checks", was.Checks, now.Checks},
		{"triggers", was.Triggers, now.Triggers},
	} {
		if !reflect.DeepEqual(part.was, part.is) {
			return "its " + part.what + " are others"
		}
	}
	if !reflect.DeepEqual(was, now) {
		return "its definition is another"
	}
	return ""
}
