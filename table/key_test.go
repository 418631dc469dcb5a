package table

import (
	"testing"

	"github.com/seed-128c3863/sluice/plan"
)

// An empty text is no key where null cannot be one, unless the job says so.
func TestEmptyKey(t *testing.T) {
	const ddl = "CREATE TABLE item (id int PRIMARY KEY DEFAULT (42), code text NOT NULL, region text, n int, UNIQUE (code, region)); INSERT INTO item VALUES (1, 'a', NULL, 1)"
	newWorlds(t, ddl, ddl, "columns: {code: {from: code}, region: {from: region}, n: {from: n}}\nto: {DATABASE, table: item, key: [code, region]}", func(w *world) {
		p, text := w.plan("code,region,n", ",north,1", `"",,2`, "a,,3", "b,,4")
		has(w, text, `row 1: column "code": empty where a value is required`, `row 2: column "code": empty where a value is required`, "~ row 3 a", "+ row 4 b")
		if p.Counts[plan.Invalid] != 2 {
			w.Errorf("%v", p.Counts)
		}
		w.job = "columns: {code: {from: code, empty: text}, region: {from: region}, n: {from: n}}\nto: {DATABASE, table: item, key: [code, region]}"
		w.apply("code,region,n", ",north,1", "a,,3")
		_, text = w.plan("code,region,n", ",north,1", "a,,3")
		has(w, text, "2 rows: 2 unchanged")
		has(w, w.rows("item"), "(1,a,,3)", ",north,1)")
	})
}

// A null in the key is a value like others, whatever keeps the key unique. Rows
// are known by it from the plan to the revert.
func TestNullsInTheKey(t *testing.T) {
	job := "columns: {a: {from: a}, b: {from: b}, n: {from: n}}\nto: {DATABASE, table: item, key: [a, b], write: mirror, max_delete: 100%}"
	lines := []string{"a,b,n", "x,,5", "y,z,6", ",,7", ",q,8"}
	for what, unique := range map[string]string{"unique": ", UNIQUE (a, b)", "no unique": ""} {
		ddl := "CREATE TABLE item (a text, b varchar(9), n int" + unique + "); INSERT INTO item VALUES ('x', NULL, 1), ('y', 'z', 2), (NULL, NULL, 3), ('g', NULL, 4)"
		for _, transaction := range []string{"all", "batch"} {
			t.Run(what+" "+transaction, func(t *testing.T) {
				newWorlds(t, ddl, ddl, job+"\ntransaction: "+transaction, func(w *world) {
					was := w.rows("item")
					r := w.apply(lines...)
					same(w, "rows", w.rows("item"), "(,,7) (,q,8) (x,,5) (y,z,6)")
					_, text := w.plan(lines...)
					has(w, text, "4 rows: 4 unchanged")
					p, _ := w.plan("a,b,n", "x,,5", "x,,6")
					if p.Counts[plan.Invalid] != 2 {
						w.Errorf("two rows of one key: %v", p.Counts)
					}
					w.revert(r.Run)
					same(w, "rows taken back", w.rows("item"), was)
					_, err := w.meanwhile("UPDATE item SET n = 9 WHERE b IS NULL AND a = 'x'", lines...)
					has(w, err, "n 1 → 9")
				})
			})
		}
	}
}

// A key that no unique keeps may find two rows of the table: that is no plan.
func TestKeyOfTwoRows(t *testing.T) {
	const ddl = "CREATE TABLE item (id integer PRIMARY KEY, a text, b text, n int, UNIQUE (a, b)); INSERT INTO item VALUES (1, 'd', NULL, 1), (2, 'd', NULL, 2), (3, 'e', 'f', 3)"
	const job = "columns: {id: {from: id}, a: {from: a}, b: {from: b}, n: {from: n}}\nto: {DATABASE, table: item, key: [a, b]}"
	newWorlds(t, ddl, ddl, job, func(w *world) {
		w.apply("id,a,b,n", "3,e,f,4")
		_, err := w.tryPlan("id,a,b,n", "3,e,f,5", "1,d,,5")
		has(w, err, "row 2: table item has more than one row with this a, b: the key has to find one")
		same(w, "rows", w.rows("item"), "(1,d,,1) (2,d,,2) (3,e,f,4)")
	})
}

// What tells a row apart does not change by an update: rows of other tables,
// links and journals know it by that.
func TestPrimaryKeyIsNotUpdated(t *testing.T) {
	const job = "columns: {id: {from: id}, code: {from: code}, n: {from: n}, tags: {from: tags, split: '|', lookup: tag.name, through: item_tag}}\nto: {DATABASE, table: item, key: [code]}"
	for _, kind := range []string{"integer", "varchar(9)"} {
		ddl := "CREATE TABLE item (id " + kind + " PRIMARY KEY, code text NOT NULL UNIQUE, n int); CREATE TABLE tag (id integer PRIMARY KEY, name text UNIQUE);" +
			"CREATE TABLE item_tag (item_id " + kind + " REFERENCES item ON UPDATE CASCADE, tag_id int REFERENCES tag);" +
			"INSERT INTO item VALUES ('1', 'a', 1), ('2', 'b', 2); INSERT INTO tag VALUES (1, 'red'), (2, 'blue'); INSERT INTO item_tag VALUES ('1', 1)"
		t.Run(kind, func(t *testing.T) {
			newWorlds(t, ddl, ddl, job, func(w *world) {
				lines := []string{"id,code,n,tags", "7,a,5,blue", "2,b,6,red", "3,c,7,blue"}
				was := w.rows("item", "item_tag")
				_, text := w.plan(lines...)
				has(w, text, `! row 1 a: column "id": the row of the table has another id, which is its primary key: an update does not change that`)
				r := w.apply(lines...)
				if r.Status != 3 || r.Rejects != 1 {
					w.Errorf("%+v", r)
				}
				same(w, "rows", w.rows("item", "item_tag"), "(1,a,1) (2,b,6) (3,c,7)\n(1,1) (2,1) (3,2)")
				w.revert(r.Run)
				same(w, "rows taken back", w.rows("item", "item_tag"), was)
			})
		})
	}
}
