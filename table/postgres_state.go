package table

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/seed-128c3863/sluice/plan"
)

// The tables of a state schema:
//
//	plan         the saved plans
//	p<n> ...     the rows of plan n: see postgres_kept.go
//	run          the runs, each with the transaction that it committed in
//	j<n>         the journal of run n: a row for each row that it touched
//	j<n>_d       the rows that it deleted, whole
//	j<n>_l<i>    what it did to the links of the job's column i
//	j<n>_c<i>    the rows that it created because the job's column i looks them up
//
// A journal's row has op ('n' new, 'u' updated, 'd' deleted), the identity i0 ...,
// and h, a hash of the loaded columns as the run left them; of an update also
// the mask of what differed, the xmin that the row had, the columns b<i> as they
// were, and k<i>, what it is linked to now, where that differed. Links have
// sluice_op, the identity sluice_i0 ... of the row that has them, and are whole:
// see postgres_whole.go. Those of a new row are not in the journal: all that it
// has go with it.
var stateTables = []struct{ name, columns string }{
	{"run", `n bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, id text NOT NULL UNIQUE, job text NOT NULL, loads text NOT NULL, shape text NOT NULL,
		xids bigint[] NOT NULL DEFAULT ARRAY[` + thisXID + `], record jsonb NOT NULL`},
	{"plan", "n bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, id text NOT NULL UNIQUE, job text NOT NULL, until timestamptz NOT NULL, kept text NOT NULL"},
}

// thisXID is the transaction, as the rows that it writes have it.
const thisXID = "(pg_current_xact_id()::text::numeric % 4294967296)::bigint"

// prepare makes the state tables, unless they are there. Only one session at a
// time does so.
func (p *postgres) prepare(ctx context.Context) error {
	if missing, err := p.lacks(ctx); err != nil || missing == nil {
		return err
	}
	// Not a lock of the transaction that creates: that would not see what another
	// has created while it waited.
	if _, err := execute(ctx, p.conn, "SELECT pg_advisory_lock(hashtextextended($1, 0))", "sluice "+p.state); err != nil {
		return err
	}
	missing, err := p.lacks(ctx)
	if err == nil {
		err = p.do(ctx, missing)
	}
	_, done := execute(context.WithoutCancel(ctx), p.conn, "SELECT pg_advisory_unlock(hashtextextended($1, 0))", "sluice "+p.state)
	return errors.Join(err, done)
}

// lacks returns the statements that make what is not there of a state schema:
// even to create what is there takes the right to.
func (p *postgres) lacks(ctx context.Context) (missing []string, err error) {
	var schema bool
	var tables []string
	err = p.conn.QueryRow(ctx, `SELECT n.oid IS NOT NULL, ARRAY(SELECT relname::text FROM pg_class WHERE relnamespace = n.oid AND relname IN ('run', 'plan'))
		FROM (SELECT) x LEFT JOIN pg_namespace n ON nspname = $1`, p.schema).Scan(&schema, &tables)
	if err == nil && !schema {
		missing = append(missing, "CREATE SCHEMA "+p.state)
	}
	for _, t := range stateTables {
		if !slices.Contains(tables, t.name) {
			missing = append(missing, fmt.Sprintf("CREATE TABLE %s.%s (%s)", p.state, t.name, t.columns))
		}
	}
	return missing, err
}

// beginRun records a run, and returns its number.
func (p *postgres) beginRun(ctx context.Context, tx pgx.Tx, run plan.Run, t *target) (n int64, err error) {
	if run.State != running {
		run.Ended = time.Now().UTC()
	}
	err = tx.QueryRow(ctx, "INSERT INTO "+p.state+".run (id, job, loads, shape, record) VALUES ($1, $2, $3, $4, $5) RETURNING n", run.ID, t.job.Name, t.sqlName(), t.shape(), run).Scan(&n)
	return n, err
}

// shape is what a journal is made for: how rows are told apart, and where the
// columns of the job are loaded, by their numbers.
func (t *target) shape() string {
	var lines []string
	for _, c := range t.identity() {
		lines = append(lines, "= "+c.Name)
	}
	for _, c := range slices.Concat(t.columns, t.links) {
		lines = append(lines, c.shape())
	}
	for _, g := range t.creates() {
		lines = append(lines, fmt.Sprintf("%d + %s", g[0].at, g[0].lookup.sqlName()))
	}
	return strings.Join(lines, "\n")
}

// shape is where a column is loaded.
func (b *binding) shape() string {
	if b.link != nil {
		return fmt.Sprintf("%d > %s %s", b.at, b.link.sqlName(), b.lookup.sqlName())
	}
	return fmt.Sprintf("%d %s", b.at, b.to.Name)
}

// nowhere is the journal of a run of which nothing is kept: it goes with the
// transaction.
const nowhere = "pg_temp.sluice_journal"

// newJournal makes the journal of a run.
func (p *postgres) newJournal(ctx context.Context, tx pgx.Tx, name string, t *target) error {
	id := t.identity()
	columns := []string{`op "char" NOT NULL`, "h bigint", "mask int[]", "x bigint", names(id, ", ", "i%i %t")}
	for _, c := range t.columns {
		columns = append(columns, fmt.Sprintf("b%d %s", c.at, c.to.Stored))
	}
	for _, c := range t.links {
		columns = append(columns, fmt.Sprintf("k%d %s[]", c.at, c.link.other.Base))
	}
	end := ")"
	if name == nowhere {
		end = ") ON COMMIT DROP"
	}
	sql := "CREATE TABLE " + name + " (" + strings.Join(columns, ", ") + end + "; CREATE TABLE " + name + "_d (" + t.wholeColumns() + end
	for _, c := range t.links {
		sql += fmt.Sprintf(`; CREATE TABLE %s_l%d (sluice_op "char" NOT NULL, %s, %s%s`, name, c.at, names(id, ", ", "sluice_i%i %t"), c.link.wholeColumns(), end)
	}
	for _, g := range t.creates() {
		sql += fmt.Sprintf(`; CREATE TABLE %s_c%d (sluice_op "char" NOT NULL, %s%s`, name, g[0].at, g[0].lookup.wholeColumns(), end)
	}
	_, err := tx.Exec(ctx, sql)
	return err
}

// journalName is the name of the journal of run n.
func (p *postgres) journalName(n int64) string { return fmt.Sprintf("%s.j%d", p.state, n) }

// runs returns the runs of a job, oldest first.
func (p *postgres) runs(ctx context.Context, job string) ([]plan.Run, error) {
	there, err := p.readable(ctx)
	if err != nil || !there {
		return nil, err
	}
	rows, err := p.conn.Query(ctx, "SELECT record FROM "+p.state+".run WHERE job = $1 ORDER BY n", job)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, pgx.RowTo[plan.Run])
}

func oneOf[T any](ctx context.Context, tx pgx.Tx, sql string) (v T, err error) {
	err = tx.QueryRow(ctx, sql).Scan(&v)
	return v, err
}
