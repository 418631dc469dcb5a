package table

import (
	"strings"
	"testing"
)

// triggered is a function f and a trigger g of PostgreSQL that runs it.
func triggered(when, on, body string) string {
	return "CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN " + body + " END $$; CREATE TRIGGER g " + when + " ON " + on + " FOR EACH ROW EXECUTE FUNCTION f();"
}

// Triggers run in an apply, and in its revert.
func TestRoundTripTrigger(t *testing.T) {
	const rows = "CREATE TABLE a (k int PRIMARY KEY, v text, n int DEFAULT 0); INSERT INTO a (k, v) VALUES (1, 'a'), (2, 'b'), (3, 'c');"
	const logged = rows + "CREATE TABLE log (t text);"
	job := "columns: {k: {from: k}, v: {from: v}}\nto: {DATABASE, table: a, key: k, delete_when: row.gone == \"1\", max_delete: 100%}\n"
	file := []string{"k,v,gone", "1,x,", "2,,1", "4,d,"}
	cases := map[string]roundTrip{
		"before, writes the same": {
			postgres: rows + triggered("BEFORE INSERT OR UPDATE", "a", "NEW.n = coalesce(NEW.n, 0); RETURN NEW;"), sqlite: rows + "CREATE TRIGGER g AFTER UPDATE OF v ON a BEGIN UPDATE a SET n = n WHERE k = NEW.k; END",
		},
		"rewrites updates": {
			mysql:    rows + "CREATE TRIGGER g BEFORE UPDATE ON a FOR EACH ROW SET NEW.v = upper(NEW.v)",
			postgres: rows + triggered("BEFORE UPDATE", "a", "NEW.v = upper(NEW.v); RETURN NEW;"), sqlite: rows + "CREATE TRIGGER g AFTER UPDATE OF v ON a BEGIN UPDATE a SET v = upper(NEW.v) WHERE k = NEW.k; END",
			since: "SELECT 1", conflict: "1 row of table a would not be as before the run (1: v), for a trigger writes otherwise (g)",
		},
		"rewrites new rows": {
			mysql:    rows + "CREATE TRIGGER g BEFORE INSERT ON a FOR EACH ROW SET NEW.v = upper(NEW.v)",
			postgres: rows + triggered("BEFORE INSERT", "a", "NEW.v = upper(NEW.v); RETURN NEW;"), sqlite: rows + "CREATE TRIGGER g AFTER INSERT ON a BEGIN UPDATE a SET v = upper(NEW.v) WHERE k = NEW.k; END",
			since: "SELECT 1", conflict: "1 row of table a would not be as before the run (2: v)",
		},
		"rewrites what is not loaded": {
			mysql:    rows + "CREATE TRIGGER g BEFORE INSERT ON a FOR EACH ROW SET NEW.n = 7",
			postgres: rows + triggered("BEFORE INSERT", "a", "NEW.n = 7; RETURN NEW;"), sqlite: rows + "CREATE TRIGGER g AFTER INSERT ON a BEGIN UPDATE a SET n = 7 WHERE k = NEW.k; END",
			since: "SELECT 1", conflict: "1 row of table a would not be as before the run (2: n)",
		},
		"counts updates": {
			mysql:    rows + "CREATE TRIGGER g BEFORE UPDATE ON a FOR EACH ROW SET NEW.n = NEW.n + 1",
			postgres: rows + triggered("BEFORE UPDATE", "a", "NEW.n = NEW.n + 1; RETURN NEW;"), sqlite: rows + "CREATE TRIGGER g AFTER UPDATE OF v ON a BEGIN UPDATE a SET n = n + 1 WHERE k = NEW.k; END",
			since: "CREATE VIEW x AS SELECT 1",
		},
		"cancels new rows": {
			postgres: rows + triggered("BEFORE INSERT", "a", "RETURN NULL;"), sqlite: rows + "CREATE TRIGGER g BEFORE INSERT ON a BEGIN SELECT RAISE(IGNORE); END",
			refuse: "trigger",
		},
		"cancels updates": {
			postgres: rows + triggered("BEFORE UPDATE", "a", "RETURN NULL;"), sqlite: rows + "CREATE TRIGGER g BEFORE UPDATE ON a BEGIN SELECT RAISE(IGNORE); END",
			refuse: "trigger",
		},
		"cancels deletes": {
			postgres: rows + triggered("BEFORE DELETE", "a", "RETURN NULL;"), sqlite: rows + "CREATE TRIGGER g BEFORE DELETE ON a BEGIN SELECT RAISE(IGNORE); END",
			refuse: "trigger",
		},
		"audits": {
			postgres: logged + triggered("AFTER INSERT OR UPDATE OR DELETE", "a", "INSERT INTO log VALUES (concat(TG_OP, OLD.k, NEW.k)); RETURN NULL;"),
			sqlite:   logged + "CREATE TRIGGER g1 AFTER INSERT ON a BEGIN INSERT INTO log VALUES ('insert'); END; CREATE TRIGGER g2 AFTER UPDATE ON a BEGIN INSERT INTO log VALUES ('update'); END; CREATE TRIGGER g3 AFTER DELETE ON a BEGIN INSERT INTO log VALUES ('delete'); END",
			mysql:    logged + "CREATE TRIGGER g1 AFTER INSERT ON a FOR EACH ROW INSERT INTO log VALUES ('insert'); CREATE TRIGGER g2 AFTER UPDATE ON a FOR EACH ROW INSERT INTO log VALUES ('update'); CREATE TRIGGER g3 AFTER DELETE ON a FOR EACH ROW INSERT INTO log VALUES ('delete')",
			stays:    "log",
		},
		"audits, and the log refers to the row": {
			postgres: rows + "CREATE TABLE log (a int REFERENCES a ON DELETE CASCADE);" + triggered("AFTER INSERT", "a", "INSERT INTO log VALUES (NEW.k); RETURN NULL;"),
			sqlite:   rows + "CREATE TABLE log (a int REFERENCES a ON DELETE CASCADE); CREATE TRIGGER g AFTER INSERT ON a BEGIN INSERT INTO log VALUES (NEW.k); END;",
			mysql:    rows + "CREATE TABLE log (a int REFERENCES a (k) ON DELETE CASCADE); CREATE TRIGGER g AFTER INSERT ON a FOR EACH ROW INSERT INTO log VALUES (NEW.k)",
			since:    "SELECT 1", conflict: "a 4: a row of log refers to it",
		},
		"adds a row": {
			postgres: rows + triggered("AFTER INSERT", "a", "IF NEW.k < 100 THEN INSERT INTO a VALUES (NEW.k + 100, 'more'); END IF; RETURN NULL;"),
			sqlite:   rows + "CREATE TRIGGER g AFTER INSERT ON a WHEN NEW.k < 100 BEGIN INSERT INTO a VALUES (NEW.k + 100, 'more', 0); END",
			since:    "CREATE VIEW x AS SELECT 1",
		},
		"writes to the new row": {
			postgres: rows + triggered("AFTER INSERT", "a", "IF NEW.k > 3 THEN UPDATE a SET v = 'more' WHERE k = NEW.k; END IF; RETURN NULL;"),
			sqlite:   rows + "CREATE TRIGGER g AFTER INSERT ON a WHEN NEW.k > 3 BEGIN UPDATE a SET v = 'more' WHERE k = NEW.k; END",
		},
		"deletes the new row": {
			postgres: rows + triggered("AFTER INSERT", "a", "DELETE FROM a WHERE k = NEW.k; RETURN NULL;"),
			sqlite:   rows + "CREATE TRIGGER g AFTER INSERT ON a BEGIN DELETE FROM a WHERE k = NEW.k; END",
			refuse:   "trigger",
		},
		"deletes another row of the run": {
			postgres: rows + triggered("AFTER INSERT", "a", "DELETE FROM a WHERE k = 1; RETURN NULL;"),
			refuse:   "trigger",
		},
		"deletes another row of the run, which is seen in the revert": {
			sqlite: rows + "CREATE TRIGGER g AFTER INSERT ON a BEGIN DELETE FROM a WHERE k = 1; END",
			since:  "SELECT 1", conflict: "a 1: it was removed since",
		},
	}
	for name, r := range cases {
		r.job, r.file, r.mysql = job, file, mysqlOf(r.mysql)
		cases[name] = r
	}
	for _, name := range []string{"rewrites updates", "writes to the new row", "deletes the new row", "deletes another row of the run"} {
		r := cases[name]
		r.job = "transaction: batch\n" + r.job
		cases[name+", in a batch"] = r
	}
	// What cancels only in the revert: rows that are no longer as they were let in.
	for name, g := range map[string][3]string{
		"the deletion of a new row": {triggered("BEFORE DELETE", "a", "IF OLD.k > 3 THEN RETURN NULL; END IF; RETURN OLD;"), "CREATE TRIGGER g BEFORE DELETE ON a WHEN OLD.k > 3 BEGIN SELECT RAISE(IGNORE); END", "DELETE ON a FOR EACH ROW IF OLD.k > 3"},
		"what was":                  {triggered("BEFORE UPDATE", "a", "IF NEW.v = 'a' THEN RETURN NULL; END IF; RETURN NEW;"), "CREATE TRIGGER g BEFORE UPDATE ON a WHEN NEW.v = 'a' BEGIN SELECT RAISE(IGNORE); END", "UPDATE ON a FOR EACH ROW IF NEW.v = 'a'"},
		"a row put back":            {triggered("BEFORE INSERT", "a", "IF NEW.k = 2 THEN RETURN NULL; END IF; RETURN NEW;"), "CREATE TRIGGER g BEFORE INSERT ON a WHEN NEW.k = 2 BEGIN SELECT RAISE(IGNORE); END", "INSERT ON a FOR EACH ROW IF NEW.k = 2"},
	} {
		cases["cancels "+name] = roundTrip{postgres: rows + g[0], sqlite: rows + g[1], job: job, file: file, since: "SELECT 1", conflict: "trigger"}
		raises := strings.NewReplacer("RETURN NULL", "RAISE EXCEPTION 'no'", "RAISE(IGNORE)", "RAISE(ABORT, 'no')")
		mysql := "CREATE TRIGGER g BEFORE " + g[2] + " THEN SIGNAL SQLSTATE '45000' SET MESSAGE_TEXT = 'no'; END IF"
		cases["raises at "+name] = roundTrip{postgres: rows + raises.Replace(g[0]), sqlite: rows + raises.Replace(g[1]), mysql: mysqlOf(rows) + mysql, job: job, file: file, since: "SELECT 1", conflict: "no"}
	}
	runRoundTrips(t, cases)
}

// Triggers of the table between.
func TestRoundTripLinkTrigger(t *testing.T) {
	const tables = `CREATE TABLE tag (id int PRIMARY KEY, name text UNIQUE); INSERT INTO tag VALUES (1, 'x'), (2, 'y'), (3, 'z');
		CREATE TABLE a (k int PRIMARY KEY, v text); INSERT INTO a VALUES (1, 'a'), (2, 'b');
		CREATE TABLE a_tag (a int NOT NULL REFERENCES a, tag int NOT NULL REFERENCES tag, note text, PRIMARY KEY (a, tag)); INSERT INTO a_tag VALUES (1, 1, 'one'), (1, 2, NULL), (2, 1, NULL);`
	cases := map[string]roundTrip{}
	for name, g := range map[string][3]string{
		"a removal": {triggered("BEFORE DELETE", "a_tag", "IF OLD.tag = 3 THEN RETURN NULL; END IF; RETURN OLD;"), "CREATE TRIGGER g BEFORE DELETE ON a_tag WHEN OLD.tag = 3 BEGIN SELECT RAISE(IGNORE); END"},
		"a return":  {triggered("BEFORE INSERT", "a_tag", "IF NEW.tag = 1 THEN RETURN NULL; END IF; RETURN NEW;"), "CREATE TRIGGER g BEFORE INSERT ON a_tag WHEN NEW.tag = 1 BEGIN SELECT RAISE(IGNORE); END"},
		"rewrites":  {triggered("BEFORE INSERT", "a_tag", "IF NEW.tag = 1 THEN NEW.note = 'new'; END IF; RETURN NEW;"), "CREATE TRIGGER g AFTER INSERT ON a_tag WHEN NEW.tag = 1 BEGIN UPDATE a_tag SET note = 'new' WHERE a = NEW.a AND tag = 1; END", "BEFORE INSERT ON a_tag FOR EACH ROW SET NEW.note = if(NEW.tag = 1, 'new', NEW.note)"},
	} {
		mysql := ""
		if g[2] != "" {
			mysql = mysqlOf(tables) + "CREATE TRIGGER g " + g[2]
		}
		cases[name] = roundTrip{
			postgres: tables + g[0], sqlite: tables + g[1], mysql: mysql,
			job:  "columns:\n  k: {from: k}\n  v: {from: v}\n  tags: {from: tags, split: \"|\", through: a_tag, lookup: tag.name}\nto: {DATABASE, table: a, key: k}\n",
			file: []string{"k,v,tags", "1,a,y|z", "2,b,x", "3,c,z"}, since: "SELECT 1", conflict: "trigger",
		}
	}
	runRoundTrips(t, cases)
}
