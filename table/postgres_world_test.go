package table

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"

	"github.com/seed-128c3863/sluice/plan"
	"github.com/seed-128c3863/sluice/spec"
	"github.com/seed-128c3863/sluice/store"
)

// A world is a database for one test, and jobs that load it.
type world struct {
	testing.TB
	url    string
	conn   *pgx.Conn // PostgreSQL alone
	name   string    // of the job; "": test
	job    string    // columns and to of the job, as YAML; {to} is filled in
	from   string    // more of the job's from
	more   []string  // files behind the first
	errors string    // more of the job's errors
	stdin  io.Reader // nil: none
	exec   func(statements string)
	rowsOf func(table string) []string // in order, (a,b,...) each; a null is empty
	texts  func(query string) []string // of one text each row
}

// newWorlds makes a world of each database. MySQL's tables are made of
// PostgreSQL's; newWorldsOf is for those of which that cannot be done; "": there are none.
func newWorlds(t *testing.T, postgres, sqlite, job string, test func(w *world)) {
	newWorldsOf(t, postgres, sqlite, mysqlOf(postgres), job, test)
}

// newWorldsOf is newWorlds with tables of MySQL's own; "": not on MySQL.
func newWorldsOf(t *testing.T, postgres, sqlite, mysql, job string, test func(w *world)) {
	t.Run("postgres", func(t *testing.T) { test(newWorld(t, postgres, job)) })
	t.Run("sqlite", func(t *testing.T) { test(newSQLiteWorld(t, sqlite, job)) })
	if mysql != "" {
		t.Run("mysql", func(t *testing.T) { test(newMySQLWorld(t, mysql, job)) })
	}
}

func newWorld(t testing.TB, ddl, job string) *world {
	t.Helper()
	w := &world{TB: t, url: newPostgres(t), job: job}
	execPostgres(t, w.url, ddl)
	var err error
	if w.conn, err = pgx.Connect(context.Background(), w.url); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { w.conn.Close(context.Background()) })
	w.exec = func(statements string) {
		t.Helper()
		execPostgres(t, w.url, statements)
	}
	w.texts = func(query string) []string {
		t.Helper()
		rows, err := w.conn.Query(context.Background(), query)
		if err != nil {
			t.Fatal(err)
		}
		lines, err := pgx.CollectRows(rows, pgx.RowTo[string])
		if err != nil {
			t.Fatalf("%v\n%s", err, query)
		}
		return lines
	}
	w.rowsOf = func(table string) []string {
		t.Helper()
		return w.texts(fmt.Sprintf("SELECT (sluice_test.*)::text FROM %s sluice_test ORDER BY 1", table))
	}
	return w
}

// open opens the job for a file of these lines.
func (w *world) open(lines ...string) (*Import, error) {
	w.Helper()
	return w.openFile(w.file(filepath.Join(w.TempDir(), "in.csv"), lines...))
}

// file writes lines into a file, and returns its name.
func (w *world) file(name string, lines ...string) string {
	w.Helper()
	if err := os.WriteFile(name, []byte(strings.Join(lines, "\n")+"\n"), 0o600); err != nil {
		w.Fatal(err)
	}
	return name
}

// openFile opens the job for a file.
func (w *world) openFile(file string) (*Import, error) {
	w.Helper()
	files := []string{file}
	for i, text := range w.more {
		more := filepath.Join(filepath.Dir(file), fmt.Sprintf("%d.csv", i+1))
		if err := os.WriteFile(more, []byte(text), 0o600); err != nil {
			w.Fatal(err)
		}
		files = append(files, more)
	}
	text := "sluice: 1\nname: " + cmp.Or(w.name, "test") + "\nfrom: {files: ['" + strings.Join(files, "', '") + "'], " + w.from + "}\nerrors: {rejects: '" + w.TempDir() + "/{run}.csv'" + w.errors + "}\n" + strings.ReplaceAll(w.job, "DATABASE", "database: '"+w.url+"'")
	job, err := spec.Parse("job.yaml", []byte(text))
	if err != nil {
		w.Fatal(err)
	}
	params, err := job.Bind(nil, nil)
	if err != nil {
		w.Fatal(err)
	}
	im, err := Open(context.Background(), Options{Job: job, Params: params, Stores: store.NewSet(store.Options{}), Stdin: w.stdin, Version: "test"})
	if err == nil {
		w.Cleanup(im.Close)
	}
	return im, err
}

// plan returns the plan of a file, and its rows as text.
func (w *world) plan(lines ...string) (*plan.Plan, string) {
	w.Helper()
	p, err := w.tryPlan(lines...)
	if err != nil {
		w.Fatal(err)
	}
	var text strings.Builder
	if err := p.Text(&text, 0); err != nil {
		w.Fatal(err)
	}
	return p, text.String()
}

func (w *world) tryPlan(lines ...string) (*plan.Plan, error) {
	w.Helper()
	im, err := w.open(lines...)
	if err != nil {
		return nil, err
	}
	return im.Plan(context.Background(), plan.Options{})
}

func (w *world) tryApply(lines ...string) (*plan.Result, error) {
	w.Helper()
	im, err := w.open(lines...)
	if err != nil {
		return nil, err
	}
	return im.Apply(context.Background(), plan.ApplyOptions{})
}

func (w *world) apply(lines ...string) *plan.Result {
	w.Helper()
	r, err := w.tryApply(lines...)
	if err != nil {
		w.Fatal(err)
	}
	return r
}

// meanwhile applies a file; before it is written, another session runs
// statements.
func (w *world) meanwhile(statements string, lines ...string) (*plan.Result, error) {
	w.Helper()
	im, err := w.open(lines...)
	if err != nil {
		return nil, err
	}
	return im.Apply(context.Background(), plan.ApplyOptions{Confirm: func(*plan.Plan) (bool, error) {
		w.exec(statements)
		return true, nil
	}})
}

func (w *world) revert(run string) *plan.Result {
	w.Helper()
	r, err := w.tryRevert(run)
	if err != nil {
		w.Fatal(err)
	}
	return r
}

func (w *world) tryRevert(run string) (*plan.Result, error) {
	w.Helper()
	im, err := w.open("none")
	if err != nil {
		return nil, err
	}
	return im.Revert(context.Background(), run, plan.RevertOptions{})
}

// rows returns the rows of a table, in order, one a line.
func (w *world) rows(tables ...string) string {
	w.Helper()
	var all []string
	for _, table := range tables {
		lines := w.rowsOf(table)
		all = append(all, strings.Join(lines, " "))
	}
	return strings.Join(all, "\n")
}

// has fails the test if a text, or the text of an error, lacks one of the parts.
func has(t testing.TB, got any, parts ...string) {
	t.Helper()
	text := fmt.Sprint(got)
	for _, part := range parts {
		if !strings.Contains(text, part) {
			t.Errorf("no %q in:\n%s", part, text)
		}
	}
}
