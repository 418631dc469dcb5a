package table

import (
	"errors"
	"strconv"
	"strings"
	"testing"

	"github.com/seed-128c3863/sluice/plan"
)

// raising is a trigger that refuses rows of a, for each database.
func raising(condition, text string) (postgres, sqlite, mysql string) {
	postgres = strings.Replace(plpgsql, "%s", "IF "+condition+" THEN RAISE EXCEPTION '%', "+text+"; END IF; RETURN NEW;", 1)
	for _, event := range []string{"INSERT", "UPDATE"} {
		sqlite += "CREATE TRIGGER meddler_" + event + " BEFORE " + event + " ON a WHEN " + condition + " BEGIN SELECT RAISE(ABORT, " + text + "); END;"
		mysql += signalling("meddler_"+event, event, condition, text) + "; "
	}
	return postgres, sqlite, mysql
}

// signalling is a trigger of MySQL that refuses rows of a.
func signalling(name, event, condition, text string) string {
	return "CREATE TRIGGER " + name + " BEFORE " + event + " ON a FOR EACH ROW IF " + condition + " THEN SIGNAL SQLSTATE '45000' SET MESSAGE_TEXT = " + text + "; END IF"
}

// What the database does not take, though the checks found nothing, is named row
// by row, and nothing is changed.
func TestRefused(t *testing.T) {
	const plain = "CREATE TABLE a (k int PRIMARY KEY, v text);"
	const linked = `CREATE TABLE tag (id int PRIMARY KEY, name text UNIQUE); INSERT INTO tag VALUES (1, 'x'), (2, 'y');
		CREATE TABLE a (id int PRIMARY KEY, k int UNIQUE, v text); CREATE TABLE a_tag (a_id int NOT NULL REFERENCES a, tag_id int NOT NULL REFERENCES tag, CHECK (tag_id <> 2), PRIMARY KEY (a_id, tag_id));
		INSERT INTO a VALUES (1, 1, 'a')`
	some := func(condition, text string) [3]string {
		p, s, m := raising(condition, text)
		const rows = plain + "INSERT INTO a VALUES (2, 'b'), (5, 'e');"
		return [3]string{rows + p, rows + s, mysqlOf(rows) + m}
	}
	all := func(ddl string) [3]string { return [3]string{ddl, ddl, mysqlOf(ddl)} }
	for name, tc := range map[string]struct {
		ddl  [3]string // of PostgreSQL, of SQLite, of MySQL ("": not on that)
		to   string    // "": the columns k and v
		file []string
		want []string // of the error
		rows int      // that are named; 0: the error is no RefusedError
	}{
		"a trigger raises": {
			some("NEW.v LIKE 'bad%'", "'not this'"), "",
			[]string{"k,v", "1,a", "2,bad", "3,c", "4,d", "5,bad", "6,bad", "7,g"},
			[]string{"row 2: not this, and 2 more: nothing was changed"},
			3,
		},
		"a check of what is not loaded": {
			all("CREATE TABLE a (k int PRIMARY KEY, v text, x text DEFAULT 'b', CHECK (v <> x)); INSERT INTO a VALUES (4, 'd', 'f')"), "",
			[]string{"k,v", "1,a", "2,b", "3,c", "4,f"},
			[]string{"row 4:", "and 1 more: nothing was changed"},
			2,
		},
		"a link": {
			all(linked), "columns:\n  id: {from: k}\n  k: {from: k}\n  v: {from: v}\n  tags: {from: tags, split: \"|\", through: a_tag, lookup: tag.name}\nto: {DATABASE, table: a, key: k}\n",
			[]string{"k,v,tags", "1,a,x|y", "2,b,x", "3,c,y"},
			[]string{"row 1:", "and 1 more: nothing was changed"},
			2,
		},
		"a foreign key of what is not loaded": {
			all("CREATE TABLE p (id int PRIMARY KEY); CREATE TABLE a (k int PRIMARY KEY, v text, p int DEFAULT 7 REFERENCES p DEFERRABLE INITIALLY DEFERRED); INSERT INTO a VALUES (2, 'b', NULL)"), "",
			[]string{"k,v", "1,a", "2,c", "3,c"},
			[]string{"row 1:", "and 1 more: nothing was changed"},
			2,
		},
		"what others refer to": {
			all("CREATE TABLE a (k int PRIMARY KEY, v text UNIQUE); CREATE TABLE b (v text REFERENCES a (v) DEFERRABLE INITIALLY DEFERRED); INSERT INTO a VALUES (1, 'a'), (2, 'b'); INSERT INTO b VALUES ('b')"), "",
			[]string{"k,v", "1,c", "2,d"},
			[]string{"row 2: ", "nothing was changed"},
			1,
		},
		"a trigger on rows that are deleted": {
			[3]string{
				plain + "INSERT INTO a VALUES (1, 'a'), (2, 'b'), (3, 'c'), (4, 'd'); CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF OLD.k > 2 THEN RAISE EXCEPTION 'it stays'; END IF; RETURN OLD; END $$; CREATE TRIGGER g BEFORE DELETE ON a FOR EACH ROW EXECUTE FUNCTION f()",
				plain + "INSERT INTO a VALUES (1, 'a'), (2, 'b'), (3, 'c'), (4, 'd'); CREATE TRIGGER g BEFORE DELETE ON a WHEN OLD.k > 2 BEGIN SELECT RAISE(ABORT, 'it stays'); END",
				mysqlOf(plain) + "INSERT INTO a VALUES (1, 'a'), (2, 'b'), (3, 'c'), (4, 'd'); " + signalling("g", "DELETE", "OLD.k > 2", "'it stays'"),
			},
			"columns: {k: {from: k}, v: {from: v}}\nto: {DATABASE, table: a, key: k, write: mirror, max_delete: 100%}\n",
			[]string{"k,v", "1,a"},
			[]string{"it stays, and 1 more: nothing was changed"},
			2,
		},
		"a trigger cancels": {
			[3]string{
				plain + strings.Replace(plpgsql, "%s", "IF NEW.v = 'b' THEN RETURN NULL; END IF; RETURN NEW;", 1),
				plain + "CREATE TRIGGER g BEFORE INSERT ON a WHEN NEW.v = 'b' BEGIN SELECT RAISE(IGNORE); END",
				"", // whose triggers cannot
			},
			"",
			[]string{"k,v", "1,a", "2,b"},
			[]string{"rows of table a", "a trigger", "may have done it"},
			0,
		},
	} {
		t.Run(name, func(t *testing.T) {
			to := tc.to
			if to == "" {
				to = toOf("columns: {k: {from: k}, v: {from: v}}\n")
			}
			newWorldsOf(t, tc.ddl[0], tc.ddl[1], tc.ddl[2], to, func(w *world) {
				before := w.rows("a")
				r, err := w.tryApply(tc.file...)
				has(w, err, tc.want...)
				if r == nil || len(r.Refused) != tc.rows {
					w.Errorf("the result has not %d rows that are refused: %+v", tc.rows, r)
				}
				var refused *plan.RefusedError
				if errors.As(err, &refused) != (tc.rows > 0) || refused != nil && len(refused.Rows) != tc.rows {
					w.Errorf("%d rows: %+v", tc.rows, refused)
				}
				same(w, "nothing is changed", w.rows("a"), before)
			})
		})
	}
}

// One bad row among thousands is found, and of many the first twenty.
func TestRefusedAmongMany(t *testing.T) {
	postgres, sqlite, mysql := raising("NEW.k = 1234 OR NEW.k > 9000", "'not this'")
	const table = "CREATE TABLE a (k int PRIMARY KEY, v text);"
	newWorldsOf(t, table+postgres, table+sqlite, mysqlOf(table)+mysql, toOf("columns: {k: {from: k}, v: {from: v}}\n"), func(w *world) {
		_, err := w.tryApply(append([]string{"k,v"}, manyRows(8000)...)...)
		has(w, err, "row 1234: not this: nothing was changed")
		_, err = w.tryApply(append([]string{"k,v"}, manyRows(9100)...)...)
		has(w, err, "row 1234: not this, and 19 more: nothing was changed")
	})
}

func manyRows(n int) (lines []string) {
	for i := range n {
		lines = append(lines, strings.Join([]string{strconv.Itoa(i + 1), "v"}, ","))
	}
	return lines
}

// Rows that would follow those which change are not changed with them unseen.
func TestFollowers(t *testing.T) {
	for _, action := range []string{"CASCADE", "SET NULL", "SET DEFAULT"} {
		ddl := "CREATE TABLE a (k int PRIMARY KEY, v text UNIQUE, n int); CREATE TABLE b (v text DEFAULT 'c' REFERENCES a (v) ON UPDATE " + action + "); INSERT INTO a VALUES (1, 'a', 1), (2, 'b', 1), (3, 'c', 1); INSERT INTO b VALUES ('b'), ('b')"
		t.Run(action, func(t *testing.T) {
			mysql := mysqlOf(ddl)
			if action == "SET DEFAULT" {
				mysql = "" // which InnoDB takes for none
			}
			newWorldsOf(t, ddl, ddl, mysql, toOf("columns: {k: {from: k}, v: {from: v}, n: {from: n}}\n"), func(w *world) {
				_, err := w.tryPlan("k,v,n", "1,x,1", "2,y,1")
				has(w, err, "2 rows of table b would change with the rows that they refer to (on update "+strings.ToLower(action)+"), which the plan does not hold: nothing was changed")
				w.apply("k,v,n", "1,x,1", "2,b,2")
				same(w, "written", w.rows("a", "b"), "(1,x,1) (2,b,2) (3,c,1)\n(b) (b)")
			})
		})
	}
}

// A plan says which triggers may do more than it holds.
func TestTriggersAreNoted(t *testing.T) {
	const tables = "CREATE TABLE a (k int PRIMARY KEY, v text); CREATE TABLE log (k int); INSERT INTO a VALUES (1, 'a');"
	newWorldsOf(t, tables+"CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN INSERT INTO log VALUES (NEW.k); RETURN NULL; END $$; CREATE TRIGGER audit AFTER INSERT OR UPDATE ON a FOR EACH ROW EXECUTE FUNCTION f()",
		tables+"CREATE TRIGGER audit AFTER INSERT ON a BEGIN INSERT INTO log VALUES (NEW.k); END",
		mysqlOf(tables)+"CREATE TRIGGER audit AFTER INSERT ON a FOR EACH ROW INSERT INTO log VALUES (NEW.k)", toOf("columns: {k: {from: k}, v: {from: v}}\n"), func(w *world) {
			const note = "table a has triggers: audit"
			p, _ := w.plan("k,v", "2,b")
			has(w, p.Table.Notes, note)
			if p, _ = w.plan("k,v", "1,a"); len(p.Table.Notes) > 0 {
				w.Errorf("nothing changes: %q", p.Table.Notes)
			}
			r := w.apply("k,v", "2,b")
			same(w, "written", w.rows("a", "log"), "(1,a) (2,b)\n(2)")
			w.revert(r.Run)
			same(w, "reverted", w.rows("a"), "(1,a)")
		})
}

// Sluice's own tables are no targets: a job might find them by accident, where
// their schema is on the search path.
func TestOwnTables(t *testing.T) {
	const ddl = "CREATE TABLE a (k int PRIMARY KEY)"
	newWorlds(t, ddl, ddl, toOf("columns: {k: {from: k}}\n"), func(w *world) {
		if _, err := w.tryApply("k", "1"); err != nil {
			w.Fatal(err)
		}
		own := "sluice.run"
		if w.conn == nil {
			own = "sluice_run"
		}
		w.job = strings.Replace(w.job, "table: a", "table: "+own, 1)
		_, err := w.open("k")
		has(w, err, own[len("sluice_"):]+" is one of sluice's own tables")
	})
}
