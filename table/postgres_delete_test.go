package table

import (
	"testing"

	"github.com/seed-128c3863/sluice/plan"
)

const catalog = `CREATE TABLE tag (id serial PRIMARY KEY, name text UNIQUE); INSERT INTO tag (name) VALUES ('x'), ('y');
	CREATE TABLE a (id serial PRIMARY KEY, k text UNIQUE NOT NULL, region text, n int, note text DEFAULT 'mine', doubled int GENERATED ALWAYS AS (n * 2) STORED);
	CREATE TABLE a_tag (id serial PRIMARY KEY, a_id int NOT NULL REFERENCES a DEFERRABLE INITIALLY DEFERRED, tag_id int NOT NULL REFERENCES tag, UNIQUE (a_id, tag_id));
	INSERT INTO a (k, region, n) SELECT 'k' || i, CASE WHEN i < 8 THEN 'eu' ELSE 'us' END, i FROM generate_series(1, 9) i;
	INSERT INTO a_tag (a_id, tag_id) VALUES (1, 1), (7, 1), (7, 2), (9, 1)`

const catalogOfSQLite = `CREATE TABLE tag (id integer PRIMARY KEY, name text UNIQUE); INSERT INTO tag (name) VALUES ('x'), ('y');
	CREATE TABLE a (id integer PRIMARY KEY, k text UNIQUE NOT NULL, region text, n int, note text DEFAULT 'mine', doubled int GENERATED ALWAYS AS (n * 2) STORED);
	CREATE TABLE a_tag (id integer PRIMARY KEY AUTOINCREMENT, a_id int NOT NULL REFERENCES a DEFERRABLE INITIALLY DEFERRED, tag_id int NOT NULL REFERENCES tag, UNIQUE (a_id, tag_id));
	WITH RECURSIVE s (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM s WHERE i < 9) INSERT INTO a (k, region, n) SELECT 'k' || i, CASE WHEN i < 8 THEN 'eu' ELSE 'us' END, i FROM s;
	INSERT INTO a_tag (a_id, tag_id) VALUES (1, 1), (7, 1), (7, 2), (9, 1)`

const mirrorColumns = `columns:
  k: {from: k, match: "^k"}
  n: {from: n}
  region: {value: "'eu'", type: string}
  tags: {from: tags, split: "|", through: a_tag, lookup: tag.name}
`

func TestMirror(t *testing.T) {
	all := []string{"k,n,tags", "k1,1,x", "k2,2,", "k3,3,", "k4,4,", "k5,5,"}
	for name, tc := range map[string]struct {
		to   string
		more []string
		want []string
		err  string
	}{
		"what the file lacks goes":       {"within: region = 'eu', max_delete: 30%", []string{"k6,7,y"}, []string{"~ row 6 k6: n 6 → 7, tags [] → [y]", "  - k7\n", "1 update, 1 delete, 5 unchanged"}, ""},
		"a bad row protects its own":     {"within: region = 'eu', max_delete: 30%", []string{"k6,six,"}, []string{"! row 6", "- k7", "1 delete, 5 unchanged, 1 invalid"}, ""},
		"so does a bad look-up":          {"within: region = 'eu', max_delete: 30%", []string{"k6,1,z", "k7,1,z"}, []string{"! row 6", "5 unchanged, 2 invalid"}, ""},
		"and a key that is there twice":  {"within: region = 'eu', max_delete: 30%", []string{"k6,1,", "k6,2,"}, []string{"! row 6", "- k7", "1 delete, 5 unchanged, 2 invalid"}, ""},
		"an unreadable key protects all": {"within: region = 'eu', max_delete: 30%", []string{"?,1,"}, []string{"deletes nothing that the files lack: of 1 bad row the key cannot be read", "5 unchanged, 1 invalid"}, ""},
		"so does a torn row":             {"within: region = 'eu', max_delete: 30%", []string{"k6"}, []string{"deletes nothing that the files lack: of 1 bad row"}, ""},
		"too much":                       {"within: region = 'eu'", nil, nil, "2 of the 9 rows of table a would be deleted (k6, k7), and to.max_delete lets 20% of them: nothing was changed"},
		"too many":                       {"max_delete: 3", nil, nil, "4 of the 9 rows of table a would be deleted (k6, k7, k8, k9), and to.max_delete lets 3: nothing was changed"},
		"a condition that is none":       {"within: regoin = 'eu'", nil, nil, `regoin`},
	} {
		job := mirrorColumns + "to: {DATABASE, table: a, key: k, write: mirror, " + tc.to + "}\n"
		t.Run(name, func(t *testing.T) {
			newWorlds(t, catalog, catalogOfSQLite, job, func(w *world) { testMirror(w, append(all, tc.more...), tc.want, tc.err) })
		})
	}
}

func testMirror(w *world, file, want []string, fault string) {
	p, err := w.tryPlan(file...)
	if fault != "" {
		has(w, err, fault)
		return
	}
	if err != nil {
		w.Fatal(err)
	}
	_, text := w.plan(file...)
	has(w, text, want...)
	if p.Changes() == 0 {
		return
	}
	before := w.rows("a", "a_tag")
	r := w.apply(file...)
	if r.Counts[plan.Delete] != p.Counts[plan.Delete] {
		w.Errorf("%v, planned %v", r.Counts, p.Counts)
	}
	after := w.rows("a", "a_tag")
	if after == before {
		w.Error("nothing was written")
	}
	back := w.revert(r.Run)
	same(w, "reverted", w.rows("a", "a_tag"), before)
	again := w.revert(back.Run)
	same(w, "and again", w.rows("a", "a_tag"), after)
	w.revert(again.Run)
	same(w, "and back", w.rows("a", "a_tag"), before)
}

// Of very many rows the first are named.
func TestTooManyAreNamed(t *testing.T) {
	const ddl = "CREATE TABLE a (k int PRIMARY KEY, v text); INSERT INTO a VALUES (1, 'a'), (2, 'b'), (3, 'c'), (4, 'd'), (5, 'e'), (6, 'f'), (7, 'g'), (8, 'h')"
	newWorlds(t, ddl, ddl, "columns: {k: {from: k}, v: {from: v}}\nto: {DATABASE, table: a, key: k, write: mirror}\n", func(w *world) {
		_, err := w.tryPlan("k,v", "1,x", "9,new")
		has(w, err, "7 of the 8 rows of table a would be deleted (2, 3, 4, 5, 6, …), and to.max_delete lets 20% of them: nothing was changed")
	})
}

// Rows that the file says to delete need nothing but their key.
func TestDeleteWhen(t *testing.T) {
	newWorlds(t, catalog, catalogOfSQLite, mirrorColumns+"to: {DATABASE, table: a, key: k, delete_when: row.gone == \"yes\", max_delete: 2}\n", testDeleteWhen)
}

func testDeleteWhen(w *world) {
	file := []string{"k,n,tags,gone", "k1,,,yes", "k2,x,,yes", "k3,4,x,no", "knone,1,,yes", "k4,x,,"}
	_, text := w.plan(file...)
	has(w, text, "- row 1 k1", "- row 2 k2", "~ row 3 k3: n 3 → 4", "! row 5", "1 update, 2 delete, 1 unchanged, 1 invalid")
	before := w.rows("a", "a_tag")
	r := w.apply(file...)
	same(w, "links", w.rows("a_tag"), "(2,7,1) (3,7,2) (4,9,1) (5,3,1)")
	w.revert(r.Run)
	same(w, "reverted", w.rows("a", "a_tag"), before)
	_, err := w.tryPlan("k,n,tags,gone", "k1,1,,yes", "k2,1,,yes", "k3,1,,yes")
	has(w, err, "3 of the 9 rows")
	_, text = w.plan("k,n,tags,gone", "k1,1,,yes", "k1,1,,no")
	has(w, text, "row 2 has the same key", "2 invalid")
}

// Rows of other tables that refer to deleted ones are not lost.
func TestChildren(t *testing.T) {
	for action, want := range map[string]string{
		"":                      "2 rows of table child would be left without the rows that they refer to: nothing was changed",
		"ON DELETE RESTRICT":    "2 rows of table child would be left without the rows that they refer to: nothing was changed",
		"ON DELETE CASCADE":     "2 rows of table child would be deleted with the rows that they refer to, which the plan does not hold: nothing",
		"ON DELETE SET NULL":    "2 rows of table child would lose the rows that they refer to (on delete set null)",
		"ON DELETE SET DEFAULT": "2 rows of table child would lose the rows that they refer to (on delete set default)",
	} {
		t.Run(action, func(t *testing.T) {
			job := "columns: {k: {from: k}, up: {from: up}}\nto: {DATABASE, table: a, key: k, write: mirror, max_delete: 90%}\n"
			ddl := "CREATE TABLE a (k int PRIMARY KEY, up int REFERENCES a DEFERRABLE); CREATE TABLE child (a int REFERENCES a " + action + "); INSERT INTO a VALUES (1, NULL), (2, 1), (3, NULL), (4, 3); INSERT INTO child VALUES (2), (2), (3)"
			mysql := mysqlOf(ddl)
			if action == "ON DELETE SET DEFAULT" {
				mysql = "" // which InnoDB takes for none
			}
			newWorldsOf(t, ddl, ddl, mysql, job, func(w *world) { testChildren(w, want) })
		})
	}
}

func testChildren(w *world, want string) {
	_, err := w.tryPlan("k,up", "3,", "4,3")
	has(w, err, want)
	w.exec("UPDATE child SET a = 3")
	_, err = w.tryPlan("k,up", "3,", "2,")
	if err != nil {
		w.Error(err)
	}
	_, err = w.tryPlan("k,up", "3,", "2,1")
	if err == nil {
		w.apply("k,up", "3,")
		same(w, "a row and its own child go together", w.rows("a"), "(3,)")
	}
	w.exec("DELETE FROM child; UPDATE a SET up = NULL; DELETE FROM a; INSERT INTO a VALUES (1, NULL), (2, NULL)")
	_, err = w.meanwhile("INSERT INTO child VALUES (1)", "k,up", "2,")
	if err == nil {
		w.Error("a child that came meanwhile was lost")
	}
}
