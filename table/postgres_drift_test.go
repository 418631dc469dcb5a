package table

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"

	"github.com/seed-128c3863/sluice/plan"
)

// What moves between a plan and its apply is named, and nothing is changed.
func TestDrift(t *testing.T) {
	file := []string{"k,n,tags", "k1,10,x|y", "k2,2,", "k3,3,", "k4,4,", "k5,5,", "k6,6,", "new,1,"}
	for name, tc := range map[string]struct{ meanwhile, want string }{
		"nothing":                        {"SELECT 1", ""},
		"touched":                        {"UPDATE a SET n = n", ""},
		"another column":                 {"UPDATE a SET note = 'other' WHERE k <> 'k7'", ""},
		"an unchanged row":               {"UPDATE a SET n = 99 WHERE k = 'k2'", ""},
		"edited":                         {"UPDATE a SET n = 9 WHERE k = 'k1'", "row 1 (k1): the row of the table was changed since it was compared: n 1 → 9"},
		"edited in what did not differ":  {"UPDATE a SET region = 'us' WHERE k = 'k1'", "row 1 (k1): the row of the table was changed since it was compared: region eu → us"},
		"removed":                        {"DELETE FROM a_tag WHERE a_id = 1; DELETE FROM a WHERE k = 'k1'", "row 1 (k1): the row of the table was removed since it was compared"},
		"linked":                         {"INSERT INTO a_tag (a_id, tag_id) VALUES (1, 2)", "row 1 (k1): the row of the table was changed since it was compared: tags {1} → {1,2}"},
		"the key of a new row":           {"INSERT INTO a (k) VALUES ('new')", "row 7 (new): its key was taken since it was compared"},
		"a row that is deleted, edited":  {"UPDATE a SET n = 9 WHERE k = 'k7'", "a: row k7: the row of the table was changed since it was compared: n 7 → 9"},
		"a row that is no longer within": {"UPDATE a SET note = 'theirs' WHERE k = 'k7'", "a: row k7: the row of the table is no longer within what the files mirror"},
		"a deleted row was linked":       {"DELETE FROM a_tag WHERE a_id = 7", "a: row k7: the row of the table was changed since it was compared: tags {1,2} → {}"},
		"a column":                       {"ALTER TABLE a ALTER region TYPE varchar(9)", "a: the table was altered since it was compared: column region is another"},
		"a column more":                  {"ALTER TABLE a ADD more int", "its columns are others"},
		"a check":                        {"ALTER TABLE a ADD CHECK (n < 100)", "its checks are others"},
		"the table":                      {"DROP TABLE a CASCADE", "the table is no longer there"},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, catalog, strings.Replace(mirrorColumns, `match: "^k"`, "trim: true", 1)+
				"to: {DATABASE, table: a, key: k, write: mirror, within: region = 'eu' AND note = 'mine'}\n")
			r, err := w.meanwhile(tc.meanwhile, file...)
			var drift *plan.DriftError
			switch {
			case tc.want == "" && err != nil:
				t.Error(err)
			case tc.want == "" && name == "an unchanged row":
				has(t, w.rows("a"), "(2,k2,eu,99,")
			case tc.want != "":
				has(t, err, tc.want, "nothing was changed")
				if !errors.As(err, &drift) || r.Rows != 0 || name != "the table" && w.count("a WHERE k = 'new' AND n = 1") != 0 {
					t.Errorf("%v, %+v", err, r)
				}
			}
		})
	}
}

func (w *world) count(from string) (n int) {
	w.Helper()
	if err := w.conn.QueryRow(context.Background(), "SELECT count(*) FROM "+from).Scan(&n); err != nil {
		w.Fatal(err)
	}
	return n
}

const plainJob = "columns: {k: {from: k}, v: {from: v}}\nto: {DATABASE, table: a, key: k, lock_timeout: 200ms}\n"

// hold begins a transaction of another session, which ends with the test.
func (w *world) hold(statements string) pgx.Tx {
	w.Helper()
	conn, err := pgx.Connect(context.Background(), w.url)
	if err != nil {
		w.Fatal(err)
	}
	w.Cleanup(func() { conn.Close(context.Background()) })
	tx, err := conn.Begin(context.Background())
	if err == nil {
		_, err = tx.Exec(context.Background(), "SET application_name = 'editor'; "+statements)
	}
	if err != nil {
		w.Fatal(err)
	}
	return tx
}

// Whoever holds a lock too long is named.
func TestLockTimeout(t *testing.T) {
	w := newWorld(t, "CREATE TABLE a (k int PRIMARY KEY, v text); INSERT INTO a VALUES (1, 'a'), (2, 'b')", plainJob)
	tx := w.hold("UPDATE a SET v = 'mine' WHERE k = 1")
	_, err := w.tryApply("k,v", "1,c")
	has(t, err, "lock timeout", "editor", "UPDATE a SET v = 'mine'", "to.lock_timeout", "nothing was changed")
	w.apply("k,v", "2,c") // an editor of another row is in nobody's way
	if err := tx.Rollback(context.Background()); err != nil {
		t.Fatal(err)
	}
	w.hold("SELECT * FROM a") // nor is a reader
	w.apply("k,v", "1,c", "2,c", "3,c")
	same(t, "written", w.rows("a"), "(1,c) (2,c) (3,c)")
}

// Whoever keeps a plan from its tables is named, too.
func TestPlanLockTimeout(t *testing.T) {
	w := newWorld(t, articles, strings.Replace(articleJob, "key: [code]", "key: [code], lock_timeout: 200ms", 1))
	for _, table := range []string{"article", "kind", "article_tag", "tag"} {
		tx := w.hold("LOCK TABLE " + table + " IN ACCESS EXCLUSIVE MODE")
		_, err := w.tryPlan("code,kind,twin,n,tags", "a,old,,1,red")
		has(t, err, "lock timeout", "editor", "LOCK TABLE "+table, "to.lock_timeout", "nothing was changed")
		if err := tx.Rollback(context.Background()); err != nil {
			t.Fatal(err)
		}
	}
	w.apply("code,kind,twin,n,tags", "a,old,,1,red")
	w.hold("LOCK TABLE sluice.run IN ACCESS EXCLUSIVE MODE")
	_, err := w.tryApply("code,kind,twin,n,tags", "a,old,,2,red")
	has(t, err, "lock timeout", "editor", "LOCK TABLE sluice.run")
}

// So is whoever keeps it from writing sluice's own.
func TestStateLockTimeout(t *testing.T) {
	for statements, made := range map[string]bool{
		"LOCK TABLE sluice.plan IN SHARE MODE":                                 true,
		"CREATE SCHEMA sluice":                                                 false,
		`SELECT pg_advisory_xact_lock(hashtextextended('sluice "sluice"', 0))`: false,
	} {
		w := newWorld(t, readDDL, plainJob)
		if made {
			w.apply("k,v", "3,c")
		}
		tx := w.hold(statements)
		keep := func() error {
			im, err := w.open("k,v", "1,c")
			must(t, err)
			defer im.Close()
			_, err = im.Plan(context.Background(), plan.Options{Keep: true})
			return err
		}
		setup := func() error {
			im, err := w.open("k,v", "1,c")
			must(t, err)
			defer im.Close()
			_, err = Setup(context.Background(), im.Options, "")
			return err
		}
		tries := []func() error{keep}
		if statements == "CREATE SCHEMA sluice" {
			tries = append(tries, setup)
		}
		for _, try := range tries {
			has(t, try(), "lock timeout", "editor", statements[:20], "to.lock_timeout", "nothing was changed")
		}
		must(t, tx.Rollback(context.Background()))
		must(t, keep())
	}
}
