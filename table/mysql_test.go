package table

import (
	"context"
	"strings"
	"testing"

	"github.com/seed-128c3863/sluice/plan"
)

// Values of every type come back as they were loaded, and are the same the second
// time, whether the server takes LOAD DATA LOCAL or not; a revert leaves nothing.
func TestMySQLValues(t *testing.T) {
	for name, infile := range map[string]bool{"load data": true, "inserts": false} {
		t.Run(name, func(t *testing.T) {
			w := newMySQLWorld(t, `CREATE TABLE a (id int PRIMARY KEY, t text, i tinyint unsigned, d decimal(10,2), f double, b blob, o bit(1), y year, day date, clock time(3), moment datetime(6), stamp timestamp NULL, e enum('a','b''c'))`,
				"columns: {id: {from: id}, t: {from: t}, i: {from: i}, d: {from: d}, f: {from: f}, b: {from: b}, o: {from: o, \"true\": [\"1\"], \"false\": [\"0\"]}, y: {from: y}, day: {from: day}, clock: {from: clock}, moment: {from: moment}, stamp: {from: stamp}, e: {from: e}}\nto: {DATABASE, table: a, key: [id]}\n")
			file := []string{"id,t,i,d,f,b,o,y,day,clock,moment,stamp,e", `1,"a\b	c'd😀",255,1.5,0.1,\xff00,1,2024,2024-02-29,12:34:56.789,2024-01-01 00:00:00.123456,2024-01-01T00:00:00Z,b'c`, "2,,,,,,,,,,,,"}
			apply := func() *plan.Result {
				im, err := w.open(file...)
				if err != nil {
					t.Fatal(err)
				}
				im.db.(*mysql).infile = infile
				r, err := im.Apply(context.Background(), plan.ApplyOptions{})
				if err != nil {
					t.Fatal(err)
				}
				return r
			}
			r := apply()
			has(t, w.rows("a"), `(1,a\b	c'd😀,255,1.50,0.1,`, ",2024,2024-02-29,12:34:56.789,2024-01-01 00:00:00.123456,2024-01-01 00:00:00,b'c)", "(2,,")
			if again := apply(); again.Run != "" || again.Counts[plan.Unchanged] != 2 {
				t.Errorf("again: %+v", again)
			}
			w.revert(r.Run)
			same(t, "reverted", w.rows("a"), "")
		})
	}
}

// What MySQL would change in silence as it takes it is a reject.
func TestMySQLCoercion(t *testing.T) {
	w := newMySQLWorld(t, "CREATE TABLE a (id int PRIMARY KEY, u varchar(9) CHARACTER SET utf8mb3, l varchar(9) CHARACTER SET latin1, n tinyint, s tinytext, d date, stamp timestamp NULL)",
		"columns: {id: {from: id}, u: {from: u}, l: {from: l}, n: {from: n}, s: {from: s}, d: {from: d}, stamp: {from: stamp}}\nto: {DATABASE, table: a, key: [id]}\n")
	_, text := w.plan("id,u,l,n,s,d,stamp", "1,a😀,,,,,", "2,,한,,,,", "3,,,128,,,", "4,,,,"+strings.Repeat("é", 200)+",,", "5,,,,,2024-02-30,", "6,,,,,,2100-01-01T00:00:00Z", "7,é,€,127,é,2024-02-29,")
	has(t, text, "1 new", "6 invalid", "no character of utf8mb3", "no character of latin1", "tinyint", "400 bytes", "2038")
}

// Texts that a collation calls equal are other texts, but one key.
func TestMySQLCollation(t *testing.T) {
	w := newMySQLWorld(t, "CREATE TABLE a (k varchar(9) PRIMARY KEY, v varchar(9)) CHARACTER SET utf8mb4 COLLATE utf8mb4_general_ci; INSERT INTO a VALUES ('a', 'x'), ('b', 'x'), ('c', 'x')",
		"columns: {k: {from: k}, v: {from: v}}\nto: {DATABASE, table: a, key: [k]}\n")
	_, text := w.plan("k,v", "A,X", "b,é", "c,x", "d,1", "D,2")
	has(t, text, "2 update", "1 unchanged", "2 invalid", "row 5 has the same key", "row 4 has the same key")
	w.apply("k,v", "A,X", "b,é")
	same(t, "applied", w.rows("a"), "(a,X) (b,é) (c,x)")
}

// What somebody changes between plan and apply is drift; a run that is refused
// leaves neither rows nor tables.
func TestMySQLDrift(t *testing.T) {
	w := newMySQLWorld(t, "CREATE TABLE a (k int PRIMARY KEY, v varchar(9)); INSERT INTO a VALUES (1, 'a'), (2, 'b')", plainJob)
	for statements, why := range map[string]string{
		"UPDATE a SET v = 'c' WHERE k = 1":   "v a → c",
		"DELETE FROM a WHERE k = 1":          "was removed",
		"INSERT INTO a VALUES (3, 'c')":      "its key was taken",
		"ALTER TABLE a ADD COLUMN more int":  "the table was altered",
		"ALTER TABLE a MODIFY v varchar(10)": "the table was altered",
		"DROP TABLE a":                       "no longer there",
	} {
		w.exec("DROP TABLE IF EXISTS a; CREATE TABLE a (k int PRIMARY KEY, v varchar(9)); INSERT INTO a VALUES (1, 'a'), (2, 'b')")
		_, err := w.meanwhile(statements, "k,v", "1,A", "3,C")
		has(t, err, why)
	}
	same(t, "own tables", w.rows("sluice_run"), "")
}

// What a table is that cannot be loaded exactly is said before a row is read.
func TestMySQLRefuses(t *testing.T) {
	for ddl, why := range map[string]string{
		"CREATE TABLE a (k int PRIMARY KEY, v varchar(9)) ENGINE=MyISAM":             "kept by MyISAM",
		"CREATE VIEW a AS SELECT 1 AS k, 'v' AS v":                                   "is a view",
		"CREATE TABLE a (k int PRIMARY KEY, v point)":                                "sluice does not load type point",
		"CREATE TABLE a (k int PRIMARY KEY, v set('a','b'))":                         "sluice does not load type set",
		"CREATE TABLE a (k int PRIMARY KEY, v varchar(9) AS (concat(k, '')) STORED)": "generates it",
		"CREATE TABLE a (k int PRIMARY KEY, v varchar(9)) WITH SYSTEM VERSIONING":    "system-versioned",
		"CREATE TABLE b (k int PRIMARY KEY)":                                         "no table a",
	} {
		w := newMySQLWorld(t, ddl, plainJob)
		_, err := w.open("k,v", "1,a")
		has(t, err, why)
	}
}
