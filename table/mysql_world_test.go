package table

import (
	"database/sql"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// newMySQLWorld is newWorld for MySQL. Its texts are compared as PostgreSQL
// compares them, byte by byte.
func newMySQLWorld(t testing.TB, ddl, job string) *world {
	t.Helper()
	var db *sql.DB
	w := &world{TB: t, job: job}
	w.url, db = newMySQL(t)
	w.exec = func(statements string) {
		t.Helper()
		execMySQL(t, db, statements)
	}
	w.texts = func(query string) []string {
		t.Helper()
		return rowsOfMySQL(t, db, query)
	}
	w.rowsOf = func(table string) []string {
		t.Helper()
		columns := strings.Join(rowsOfMySQL(t, db, "SELECT concat('coalesce(\"', column_name, '\", '''')') FROM information_schema.columns WHERE table_schema = database() AND table_name = ? ORDER BY ordinal_position", table), ", ")
		lines := w.texts("SELECT concat('(', concat_ws(',', " + columns + "), ')') FROM " + table)
		slices.Sort(lines)
		return lines
	}
	w.exec(ddl)
	return w
}

// number has a table numbered on from its last row: MySQL has numbers to spare
// when it writes many rows.
func (w *world) number(table string) {
	if w.onMySQL() {
		w.exec("ALTER TABLE " + table + " AUTO_INCREMENT = 1")
	}
}

// mysqlWords are what MySQL writes otherwise than PostgreSQL in the tables of
// tests. A text that is part of a key has to have a length.
var mysqlWords = []struct {
	postgres *regexp.Regexp
	mysql    string
}{
	{regexp.MustCompile(`\bbigserial\b`), "bigint AUTO_INCREMENT"},
	{regexp.MustCompile(`\bserial\b`), "int AUTO_INCREMENT"},
	{regexp.MustCompile(`GENERATED (ALWAYS|BY DEFAULT) AS IDENTITY( \(START \d+\))?`), "AUTO_INCREMENT"},
	{regexp.MustCompile(`\btext\b`), "varchar(200)"},
	{regexp.MustCompile(`\btimestamptz\b`), "timestamp(6) NULL"},
	{regexp.MustCompile(`\btimestamp,`), "datetime(6),"},
	{regexp.MustCompile(`\bbytea\b`), "blob"},
	{regexp.MustCompile(` DEFERRABLE( INITIALLY DEFERRED)?`), ""},
	{regexp.MustCompile(`gen_random_uuid\(\)`), "uuid()"},
	{regexp.MustCompile(`;\s*;`), ";"},
	{regexp.MustCompile(`generate_series\((\d+), (\d+)\) i`), "(SELECT seq AS i FROM seq_${1}_to_$2) i"},
}

var (
	referring  = regexp.MustCompile(`REFERENCES (\w+)( ?\()?`)
	primaryKey = regexp.MustCompile(`PRIMARY KEY (\([^)]*\))`)
	firstOf    = regexp.MustCompile(`^\((\w+) `)
)

// mysqlOf makes MySQL's tables of PostgreSQL's. A foreign key names the columns
// that it refers to.
func mysqlOf(ddl string) string {
	for _, word := range mysqlWords {
		ddl = word.postgres.ReplaceAllString(ddl, word.mysql)
	}
	return referring.ReplaceAllStringFunc(ddl, func(found string) string {
		if strings.HasSuffix(found, "(") {
			return found
		}
		_, rest, _ := strings.Cut(ddl, "CREATE TABLE "+strings.TrimPrefix(found, "REFERENCES ")+" ")
		table, _, _ := strings.Cut(rest, ";")
		if key := primaryKey.FindStringSubmatch(table); key != nil {
			return found + " " + key[1]
		}
		if first := firstOf.FindStringSubmatch(table); first != nil {
			return found + " (" + first[1] + ")"
		}
		return found
	})
}

// sqlMode is a mode of SQL beside those of a run, with which the statements of
// tests are read: two texts are joined by ||.
func sqlMode(params map[string]string) {
	params["sql_mode"] = strings.Replace(params["sql_mode"], "'", "'PIPES_AS_CONCAT,", 1)
}

// onMySQL says whether the database of the world is of MySQL.
func (w *world) onMySQL() bool { return strings.HasPrefix(w.url, "mysql") }
