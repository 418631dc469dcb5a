package table

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"

	"github.com/seed-128c3863/sluice/plan"
)

// Sluice's own tables are in the same database, their names begin with sluice_
// (to.state names another beginning):
//
//	plans        the saved plans
//	p<n> ...     the rows of plan n: see mysql_kept.go
//	run          the runs; one without a record was not committed
//	j<n>         the journal of run n: a row for each row that it touched
//	j<n>_d       the rows that it deleted, whole
//	j<n>_l<i>    what it did to the links of the job's column i
//	j<n>_c<i>    the rows that it created because the job's column i looks them up
//
// A journal's row has op ('n' new, 'u' updated, 'd' deleted), the identity i0 ...,
// and h, a hash of the loaded columns as the run left them; of an update also
// the mask of what differed, and the columns b<i> as they were; and k<i>, what
// it is linked to now, where that differed.
//
// To make a table commits what was done before. So a run gets its number and its
// tables first, and with its transaction its record. The next run of the job drops
// those that have none: only one run of a job is alive at once.

// mysqlStateTables are the tables that runs share.
var mysqlStateTables = []struct{ name, columns string }{
	{"run", "id varchar(64) CHARACTER SET ascii NOT NULL UNIQUE, job text NOT NULL, loads text NOT NULL, shape text NOT NULL, record longtext NULL"},
	{"plans", "id varchar(64) CHARACTER SET ascii NOT NULL UNIQUE, job text NOT NULL, until datetime NOT NULL, kept longtext NULL"},
}

// mysqlStateTable is the statement that makes one of them.
const mysqlStateTable = "CREATE TABLE IF NOT EXISTS %s (n bigint AUTO_INCREMENT PRIMARY KEY, %s) ENGINE=InnoDB CHARACTER SET utf8mb4 COLLATE utf8mb4_bin"

// has says whether one of sluice's own tables is there.
func (m *mysql) has(ctx context.Context, name string) (bool, error) {
	n, err := m.number(ctx, "SELECT count(*) FROM information_schema.tables WHERE table_schema = "+quoteText(m.schema)+" AND table_name = "+quoteText(m.prefix+name))
	return n > 0, err
}

// prepare makes the tables that runs share, unless they are there: even to create
// what is there takes the right to.
func (m *mysql) prepare(ctx context.Context) error {
	for _, t := range mysqlStateTables {
		there, err := m.has(ctx, t.name)
		if err == nil && !there {
			err = m.all(ctx, fmt.Sprintf(mysqlStateTable, m.state(t.name), t.columns))
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// clearRuns drops what runs of the job have left that were not committed.
func (m *mysql) clearRuns(ctx context.Context, job string) error {
	var numbers []string
	if err := m.texts(ctx, "SELECT n FROM "+m.state("run")+" WHERE record IS NULL AND job = "+quoteText(job), func(v []*string) error {
		numbers = append(numbers, *v[0])
		return nil
	}); err != nil {
		return err
	}
	for _, n := range numbers {
		if err := m.dropRun(ctx, n); err != nil {
			return err
		}
	}
	return nil
}

// dropRun drops a run, if nothing of it was committed.
func (m *mysql) dropRun(ctx context.Context, n string) error {
	if there, err := m.number(ctx, "SELECT count(*) FROM "+m.state("run")+" WHERE record IS NULL AND n = "+n); err != nil || there == 0 {
		return err
	}
	var tables []string
	name := m.prefix + "j" + n
	if err := m.texts(ctx, fmt.Sprintf("SELECT table_name FROM information_schema.tables WHERE table_schema = %s AND (table_name = %s OR left(table_name, %d) = %s)", quoteText(m.schema), quoteText(name), len(name)+1, quoteText(name+"_")), func(v []*string) error {
		tables = append(tables, quoteName(m.schema)+"."+quoteName(*v[0]))
		return nil
	}); err != nil {
		return err
	}
	if tables != nil {
		if err := m.all(ctx, "DROP TABLE IF EXISTS "+strings.Join(tables, ", ")); err != nil {
			return err
		}
	}
	return m.all(ctx, "DELETE FROM "+m.state("run")+" WHERE record IS NULL AND n = "+n)
}

// newRun makes the journal of a run, whose number it returns: 0 if nothing is
// kept of the run.
func (m *mysql) newRun(ctx context.Context, run plan.Run, t *target) (n int64, err error) {
	if run.ID == "" {
		return 0, m.newJournal(ctx, 0, t)
	}
	if err := m.prepare(ctx); err != nil {
		return 0, err
	}
	if err := m.clearRuns(ctx, t.job.Name); err != nil {
		return 0, err
	}
	r, err := m.conn.ExecContext(ctx, "INSERT INTO "+m.state("run")+" (id, job, loads, shape) VALUES (?, ?, ?, ?)", run.ID, t.job.Name, t.sqlName(), t.shape())
	if err == nil {
		n, err = r.LastInsertId()
	}
	if err == nil {
		err = m.newJournal(ctx, n, t)
	}
	return n, m.stop(ctx, err)
}

// record makes a run one that is done, or that has written so much, if its
// transaction commits.
func (m *mysql) record(ctx context.Context, n int64, run plan.Run) error {
	text, err := recordOf(run)
	if err != nil {
		return err
	}
	got, err := m.exec(ctx, "UPDATE "+m.state("run")+" SET record = ? WHERE n = ?", text, n)
	if err == nil && got != 1 {
		err = fmt.Errorf("run %s is no longer in %s; nothing was changed", run.ID, m.state("run"))
	}
	return err
}

// newJournal makes the journal of a run.
func (m *mysql) newJournal(ctx context.Context, n int64, t *target) error {
	id, name, create := t.identity(), m.journalName(n), "CREATE TABLE "
	if n == 0 {
		create = "CREATE TEMPORARY TABLE "
	}
	const end = ") ENGINE=InnoDB CHARACTER SET utf8mb4"
	columns := []string{"op char(1) CHARACTER SET ascii NOT NULL", "h char(32) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NULL", "mask text CHARACTER SET ascii NULL", names(id, ", ", "i%i %t")}
	for _, c := range t.columns {
		columns = append(columns, fmt.Sprintf("b%d %s", c.at, c.to.Stored))
	}
	for _, c := range t.links {
		columns = append(columns, fmt.Sprintf("k%d longtext CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NULL", c.at))
	}
	columns = append(columns, keyOf(id, "i%i")...)
	behind := map[string]string{"": strings.Join(columns, ", "), "_d": strings.Join(append([]string{t.wholeColumns()}, keyOf(id, "%c")...), ", ")}
	for _, c := range t.links {
		behind[fmt.Sprintf("_l%d", c.at)] = "sluice_op char(1) CHARACTER SET ascii NOT NULL, " + names(id, ", ", "sluice_i%i %t") + ", " + c.link.wholeColumns()
	}
	for _, g := range t.creates() {
		behind[fmt.Sprintf("_c%d", g[0].at)] = "sluice_op char(1) CHARACTER SET ascii NOT NULL, " + g[0].lookup.wholeColumns()
	}
	for part, columns := range behind {
		if n == 0 {
			if err := m.all(ctx, "DROP TEMPORARY TABLE IF EXISTS "+behindName(name, part)); err != nil {
				return err
			}
		}
		if err := m.all(ctx, create+behindName(name, part)+" ("+columns+end); err != nil {
			return err
		}
	}
	return nil
}

// journalName is the name of the journal of run n; 0: it is temporary.
func (m *mysql) journalName(n int64) string {
	if n == 0 {
		return quoteName(m.schema) + `."sluice_journal"`
	}
	return m.state(fmt.Sprintf("j%d", n))
}

// runs returns the runs of a job, oldest first.
func (m *mysql) runs(ctx context.Context, job string) (runs []plan.Run, err error) {
	there, err := m.has(ctx, "run")
	if err != nil || !there {
		return nil, err
	}
	err = m.texts(ctx, "SELECT record FROM "+m.state("run")+" WHERE record IS NOT NULL AND job = "+quoteText(job)+" ORDER BY n", func(v []*string) error {
		var run plan.Run
		err := json.Unmarshal([]byte(*v[0]), &run)
		runs = append(runs, run)
		return err
	})
	return runs, err
}
