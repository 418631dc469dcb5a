package table

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/seed-128c3863/sluice/plan"
)

// A mirror finds its rows as the database compares keys: one that differs from that
// of the files in case alone is theirs; of a text that is too long for an index, too.
func TestMySQLMirrorKeys(t *testing.T) {
	long := strings.Repeat("é", 300)
	for name, tc := range map[string]struct{ ddl, mine, gone string }{
		"without case": {"k varchar(9) COLLATE utf8mb4_general_ci PRIMARY KEY", "A", "b"},
		"with blanks":  {"k varchar(9) COLLATE utf8mb4_general_ci PRIMARY KEY", "a ", "b"},
		"long":         {"k varchar(700) COLLATE utf8mb4_general_ci PRIMARY KEY", long + "A", long + "b"},
		"no unique":    {"id int AUTO_INCREMENT PRIMARY KEY, k text COLLATE utf8mb4_general_ci NOT NULL", long + "A", long + "b"},
		"bytes":        {"k varbinary(700) PRIMARY KEY", `\x61`, `\x62`},
	} {
		t.Run(name, func(t *testing.T) {
			kept := strings.ToLower(strings.TrimSpace(tc.mine))
			w := newMySQLWorld(t, "CREATE TABLE a ("+tc.ddl+", v int)", "columns: {k: {from: k}, v: {from: v}}\nto: {DATABASE, table: a, key: k, write: mirror, max_delete: 1}\n")
			value := func(k string) string {
				if strings.HasPrefix(k, `\x`) {
					return "x'" + k[2:] + "'"
				}
				return quoteText(k)
			}
			w.exec("INSERT INTO a (k, v) VALUES (" + value(kept) + ", 1), (" + value(tc.gone) + ", 1)")
			before := w.dump()
			_, text := w.plan("k,v", tc.mine+",1")
			has(t, text, "1 delete", "1 unchanged")
			r := w.apply("k,v", tc.mine+",1")
			same(t, "deleted", strings.Join(w.texts("SELECT hex(k) FROM a"), " "), strings.Join(w.texts("SELECT hex("+value(kept)+")"), " "))
			w.revert(r.Run)
			same(t, "reverted", w.dump(), before)
		})
	}
}

// Rows that refer to each other go and come together, however their keys are made.
func TestMySQLTrees(t *testing.T) {
	const three = "; INSERT INTO a VALUES (1, 1, 1); INSERT INTO a VALUES (1, 2, 1); INSERT INTO a VALUES (1, 3, 2)"
	key := "columns: {g: {from: g}, k: {from: k}, up: {from: up}}\nto: {DATABASE, table: a, key: [g, k], write: mirror, max_delete: 100%}\n"
	bare := strings.Replace(key, ", up: {from: up}", "", 1)
	ring := "; SET foreign_key_checks = 0; INSERT INTO a VALUES (1, 1, 3), (1, 2, 1), (1, 3, 2), (1, 9, NULL); SET foreign_key_checks = 1"
	const own, one = "CREATE TABLE a (g int, k int UNIQUE, up int%s, PRIMARY KEY (g, k), FOREIGN KEY (up) REFERENCES a (k) ON DELETE CASCADE)", "g,k,up"
	of := func(null string) string { return strings.Replace(own, "%s", null, 1) }
	cases := map[string]roundTrip{
		"a ring goes":               {mysql: of("") + ring, job: key, file: []string{one, "1,9,"}},
		"a ring comes":              {mysql: of("") + three, job: key, file: []string{one, "1,1,1", "1,2,1", "1,3,2", "2,4,6", "2,5,4", "2,6,5"}},
		"a ring that is not loaded": {mysql: of("") + ring, job: bare, file: []string{"g,k", "1,9"}},
		"never null":                {mysql: of(" NOT NULL") + three, job: key, file: []string{one, "1,1,1", "1,4,5", "1,5,1"}},
		"never null, goes":          {mysql: of(" NOT NULL") + three, job: key, file: []string{one, "1,1,1"}},
		"of two columns": {
			mysql: "CREATE TABLE a (g int, k int, up int, PRIMARY KEY (g, k), FOREIGN KEY (g, up) REFERENCES a (g, k))" + three, job: key,
			file: []string{one, "1,1,", "1,3,4", "1,4,5", "1,5,1", "2,1,2", "2,2,"},
		},
		"of two columns, never null": {
			mysql: "CREATE TABLE a (g int, k int, up int NOT NULL, PRIMARY KEY (g, k), FOREIGN KEY (g, up) REFERENCES a (g, k))" + three, job: key,
			file: []string{one, "1,1,1", "1,3,4", "1,4,5", "1,5,1"},
		},
		"what is not there": {mysql: of("") + three, job: key, file: []string{one, "1,1,1", "1,2,1", "1,3,2", "1,4,7"}, refuse: "there is no such row of a: 7"},
		"a trigger, a branch goes": {
			mysql: of("") + three + "; INSERT INTO a VALUES (1, 4, 3); CREATE TRIGGER g BEFORE UPDATE ON a FOR EACH ROW SET NEW.g = NEW.g", job: key, file: []string{one, "1,1,1"},
		},
		"a trigger, in order": {
			mysql: of("") + three + "; CREATE TRIGGER g BEFORE UPDATE ON a FOR EACH ROW SET NEW.g = NEW.g", job: key, file: []string{one, "1,1,1", "1,2,1", "1,3,1", "1,4,3"},
		},
	}
	runRoundTrips(t, cases)
}

// A row that comes to refer to one which is deleted, or changes what it is referred
// to by, while that is waited for is not lost: InnoDB locks the index that foreign
// keys refer to by itself.
func TestMySQLChildComes(t *testing.T) {
	for name, tc := range map[string]struct{ on, file, why, conflict string }{
		"delete": {"ON DELETE CASCADE", "2,y\n3,n", "1 row of table b would be deleted with the rows that they refer to", "a 3: a row of b refers to it"},
		"null":   {"ON DELETE SET NULL", "2,y\n3,n", "1 row of table b would lose the rows that they refer to", "a 3: a row of b refers to it"},
		"update": {"ON UPDATE CASCADE", "1,n\n2,y", "1 row of table b would change with the rows that they refer to", "a 1: a row of b refers to it"},
	} {
		t.Run(name, func(t *testing.T) {
			w := newMySQLWorld(t, "CREATE TABLE a (k int PRIMARY KEY, code varchar(9) UNIQUE); CREATE TABLE b (code varchar(9), FOREIGN KEY (code) REFERENCES a (code) "+tc.on+"); INSERT INTO a VALUES (1, 'x'), (2, 'y')",
				"columns: {k: {from: k}, code: {from: code}}\nto: {DATABASE, table: a, key: k, write: mirror, max_delete: 1}\n")
			im, err := w.open("k,code", tc.file)
			if err != nil {
				t.Fatal(err)
			}
			wait := childComes(w, "x")
			_, err = im.Apply(context.Background(), plan.ApplyOptions{Confirm: func(*plan.Plan) (bool, error) { wait(); return true, nil }})
			has(t, err, tc.why)
			same(t, "rows", w.rows("a", "b"), "(1,x) (2,y)\n(x)")
			w.exec("DELETE FROM b")
			r := w.apply("k,code", tc.file)
			wait = childComes(w, "n")
			_, err = im.Revert(context.Background(), r.Run, plan.RevertOptions{Confirm: func(*plan.Reversal) (bool, error) { wait(); return true, nil }})
			has(t, err, tc.conflict)
			same(t, "children", w.rows("b"), "(n)")
		})
	}
}

// childComes returns what has another session insert a row of b, and commit when
// somebody waits for that.
func childComes(w *world, code string) func() {
	other := openMySQLServer(w, w.url)
	done := make(chan error, 1)
	w.Cleanup(func() {
		if err := <-done; err != nil {
			w.Error(err)
		}
	})
	return func() {
		execMySQL(w, other, "START TRANSACTION; INSERT INTO b VALUES ("+quoteText(code)+")")
		go func() {
			waits := "SELECT count(*) FROM information_schema.innodb_lock_waits w JOIN information_schema.innodb_trx t ON t.trx_id = w.blocking_trx_id WHERE t.trx_mysql_thread_id = connection_id()"
			n, err := 0, error(nil)
			for until := time.Now().Add(5 * time.Second); n == 0 && err == nil && time.Now().Before(until); time.Sleep(10 * time.Millisecond) {
				err = other.QueryRow(waits).Scan(&n)
			}
			if err == nil {
				_, err = other.Exec("COMMIT")
			}
			done <- err
		}()
	}
}
