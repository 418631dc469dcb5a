package table

import (
	"database/sql"
	"errors"
	"net/url"
	"testing"
)

// newSQLiteWorld is newWorld for SQLite. In the end the file is whole.
func newSQLiteWorld(t testing.TB, ddl, job string) *world {
	t.Helper()
	path := newSQLite(t)
	db, err := sql.Open("sqlite", "file:"+(&url.URL{Path: path}).EscapedPath()+"?_pragma=foreign_keys(1)")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	w := &world{TB: t, url: "sqlite://" + (&url.URL{Path: path}).EscapedPath(), job: job}
	w.exec = func(statements string) {
		t.Helper()
		if _, err := db.Exec(statements); err != nil {
			t.Fatalf("%v\n%s", err, statements)
		}
	}
	w.rowsOf = func(table string) []string {
		t.Helper()
		var columns string
		if err := db.QueryRow(`SELECT group_concat('coalesce("' || name || '", '''')', ', ') FROM pragma_table_xinfo($1)`, table).Scan(&columns); err != nil {
			t.Fatal(err)
		}
		return w.texts("SELECT concat('(', concat_ws(',', " + columns + "), ')') FROM " + table + " ORDER BY " + columns)
	}
	w.texts = func(query string) (lines []string) {
		t.Helper()
		rows, err := db.Query(query)
		if err != nil {
			t.Fatalf("%v\n%s", err, query)
		}
		defer rows.Close()
		for rows.Next() {
			var line string
			if err := rows.Scan(&line); err != nil {
				t.Fatal(err)
			}
			lines = append(lines, line)
		}
		return lines
	}
	w.exec(ddl)
	t.Cleanup(func() {
		for _, check := range []string{"SELECT integrity_check FROM pragma_integrity_check WHERE integrity_check <> 'ok'", `SELECT "table" FROM pragma_foreign_key_check`} {
			var what string
			if err := db.QueryRow(check).Scan(&what); !errors.Is(err, sql.ErrNoRows) {
				t.Error(check, what, err)
			}
		}
	})
	return w
}

// articlesOfSQLite are articles, as SQLite has them.
const articlesOfSQLite = `CREATE TABLE kind (id integer PRIMARY KEY, t text NOT NULL UNIQUE, upper text GENERATED ALWAYS AS (upper(t)) STORED);
	CREATE TABLE tag (id integer PRIMARY KEY AUTOINCREMENT, name text NOT NULL UNIQUE);
	CREATE TABLE article (id integer PRIMARY KEY AUTOINCREMENT, code text NOT NULL UNIQUE, kind_id int REFERENCES kind, twin_id int REFERENCES kind, n int CHECK (n > 0));
	CREATE TABLE article_tag (article_id bigint NOT NULL REFERENCES article, tag_id bigint NOT NULL REFERENCES tag, PRIMARY KEY (article_id, tag_id)) WITHOUT ROWID;
	INSERT INTO kind (t) VALUES ('old'); INSERT INTO tag (name) VALUES ('red')`
