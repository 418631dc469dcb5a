package table

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// A roundTrip is a database, a job that loads its table a, and what becomes of
// it: apply and revert give back the same database, or one of them refuses and
// has changed nothing.
type roundTrip struct {
	postgres   string // statements that make the database; "": not on PostgreSQL
	sqlite     string // "": not on SQLite
	mysql      string // "": not on MySQL
	job        string // columns and to; a key is enough
	file       []string
	refuse     string // in the error of plan or apply
	meanwhile, // statements between plan and apply
	since string // statements between apply and revert
	conflict string // in the error of revert
	once     string // in the error of the revert of the revert
	applied  string // what a view or table named shown has after apply
	stays    string // tables that revert does not give back, separated by blanks
	next     string // a statement that works after apply, and after revert; what it made is removed
}

// on is the roundTrip of a database that is written the same for all.
func (r roundTrip) on(ddl string) roundTrip {
	r.postgres, r.sqlite, r.mysql = ddl, ddl, mysqlOf(ddl)
	return r
}

// onlySQLite leaves cases of a matrix to SQLite, which is quick, but for some.
func onlySQLite(cases map[string]roundTrip, but ...string) {
	for name, r := range cases {
		if r.sqlite != "" && !slices.ContainsFunc(but, func(end string) bool { return strings.HasSuffix(name, end) }) {
			r.postgres, r.mysql = "", ""
			cases[name] = r
		}
	}
}

// runRoundTrips runs cases over both databases; those of PostgreSQL in one.
func runRoundTrips(t *testing.T, cases map[string]roundTrip) {
	t.Parallel()
	t.Run("postgres", func(t *testing.T) {
		all := newWorld(t, "SELECT 1", "")
		for _, name := range slices.Sorted(maps.Keys(cases)) {
			if r := cases[name]; r.postgres != "" {
				t.Run(name, func(t *testing.T) {
					w := *all
					w.TB, w.name, w.job = t, regexp.MustCompile(`\W`).ReplaceAllString(name, "_"), r.job
					w.exec = func(statements string) { // schema sluice may be the user's own
						t.Helper()
						execPostgres(t, w.url, "SET search_path = public; "+statements)
					}
					w.exec("DROP SCHEMA public CASCADE; CREATE SCHEMA public; " + r.postgres)
					r.run(&w)
				})
			}
		}
	})
	t.Run("sqlite", func(t *testing.T) {
		for _, name := range slices.Sorted(maps.Keys(cases)) {
			if r := cases[name]; r.sqlite != "" {
				t.Run(name, func(t *testing.T) { r.run(newSQLiteWorld(t, r.sqlite, r.job)) })
			}
		}
	})
	t.Run("mysql", func(t *testing.T) {
		for _, name := range slices.Sorted(maps.Keys(cases)) {
			if r := cases[name]; r.mysql != "" {
				t.Run(name, func(t *testing.T) { r.run(newMySQLWorld(t, r.mysql, r.job)) })
			}
		}
	})
}

func (r roundTrip) run(w *world) {
	before := w.dump()
	result, err := w.meanwhile(cmp.Or(r.meanwhile, "SELECT 1"), r.file...)
	if r.refuse != "" {
		if err == nil && result.Rejects > 0 {
			_, text := w.plan(r.file...)
			err = errors.New(text)
		}
		if err == nil {
			w.Fatalf("not refused; the database is\n%s", w.dump())
		}
		has(w, err, r.refuse)
		if r.meanwhile == "" {
			same(w, "refused", w.dump(), before)
		}
		return
	}
	if err != nil {
		w.Fatal(err)
	}
	after := w.dump()
	if after == before {
		w.Errorf("apply changed nothing: %v", result.Counts)
	}
	if r.applied != "" {
		same(w, "applied", w.rows("shown"), r.applied)
	}
	w.goesOn(r.next, after)
	if r.since != "" {
		w.exec(r.since)
	}
	since := w.dump()
	back, err := w.tryRevert(result.Run)
	if r.conflict != "" {
		if err == nil {
			w.Fatalf("not refused; the database is\n%s", w.dump())
		}
		has(w, err, r.conflict)
		same(w, "refused", w.dump(), since)
		return
	}
	if err != nil {
		w.Fatal(err)
	}
	if r.since != "" {
		return
	}
	same(w, "reverted", w.dump(r.stays), apartFrom(before, r.stays))
	w.goesOn(r.next, w.dump())
	if r.once != "" {
		reverted := w.dump()
		_, err := w.tryRevert(back.Run)
		has(w, err, r.once)
		same(w, "refused", w.dump(), reverted)
		return
	}
	again := w.revert(back.Run)
	same(w, "the revert reverted", w.dump(r.stays), apartFrom(after, r.stays))
	w.revert(again.Run)
	same(w, "and that", w.dump(r.stays), apartFrom(before, r.stays))
}

// goesOn runs a statement of another session, and undoes what it did.
func (w *world) goesOn(statement, was string) {
	if statement != "" {
		w.exec(statement)
		w.exec("DELETE FROM a WHERE v = 'next'")
		same(w, "after "+statement, w.dump(), was)
	}
}

// apartFrom is a dump without some tables.
func apartFrom(dump, but string) string {
	var parts []string
	for part := range strings.SplitAfterSeq(dump, "\n\n") {
		name, _, _ := strings.Cut(part, "\n")
		if !slices.Contains(strings.Fields(but), strings.TrimPrefix(name, "-- ")) {
			parts = append(parts, part)
		}
	}
	return strings.Join(parts, "")
}

// dump returns every row of every table, but for those named and sluice's own: a
// table after the other, each with its name before and an empty line behind.
func (w *world) dump(but ...string) string {
	w.Helper()
	var all strings.Builder
	for _, table := range w.tables() {
		fmt.Fprintf(&all, "%s\n\n", strings.Join(append([]string{"-- " + table}, w.whole(table)...), "\n"))
	}
	return apartFrom(all.String(), strings.Join(but, " "))
}

// tables are the names of the tables, partitions among them.
func (w *world) tables() []string {
	if w.conn != nil {
		return w.texts("SELECT relname::text FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind = 'r' ORDER BY 1")
	}
	if w.onMySQL() {
		return w.texts("SELECT table_name FROM information_schema.tables WHERE table_schema = database() AND table_type = 'BASE TABLE' AND table_name NOT LIKE 'sluice%' ORDER BY 1")
	}
	return w.texts("SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite%' AND name NOT LIKE 'sluice%' ORDER BY 1")
}

// whole are the rows of a table with all that can be told of them.
func (w *world) whole(table string) []string {
	if w.conn != nil {
		return w.texts("SELECT coalesce(t::text, '') FROM ONLY " + quoteName(table) + " t ORDER BY 1")
	}
	var columns []string
	if w.onMySQL() {
		for _, name := range w.texts("SELECT column_name FROM information_schema.columns WHERE table_schema = database() AND table_name = " + quoteText(table) + " ORDER BY ordinal_position") {
			columns = append(columns, "quote("+quoteName(name)+")")
		}
		return w.texts("SELECT concat_ws(',', " + strings.Join(columns, ", ") + ") FROM " + quoteName(table) + " ORDER BY 1")
	}
	for _, name := range w.texts("SELECT name FROM pragma_table_xinfo(" + quoteText(table) + ")") {
		columns = append(columns, fmt.Sprintf("typeof(%[1]s) || quote(%[1]s)", quoteName(name)))
	}
	if w.texts("SELECT CAST(wr AS text) FROM pragma_table_list WHERE name = " + quoteText(table))[0] == "0" {
		columns = append(columns, "'rowid ' || rowid")
	}
	return w.texts("SELECT concat_ws(', ', " + strings.Join(columns, ", ") + ") FROM " + quoteName(table) + " ORDER BY 1")
}
