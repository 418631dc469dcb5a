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
