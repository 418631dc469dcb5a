package table

import (
	"context"
	"fmt"
	"testing"

	"github.com/seed-128c3863/sluice/plan"
)

// A file of a few rows finds what a long one finds of them.
func TestFewRows(t *testing.T) { eachShop(t, testFewRows) }

func testFewRows(t *testing.T, s *shop) {
	s.apply(v1)
	all := changesBySKU(s, v2)
	lines := records(t, v2)
	few := [][]string{lines[0]}
	few = append(few, lines[1:6]...)
	few = append(few, lines[len(lines)-3:]...)
	for sku, text := range changesBySKU(s, save(t, "few.csv", few)) {
		if want := all[sku]; text != want {
			t.Errorf("%s:\n%s\n%s", sku, text, want)
		}
		delete(all, sku)
	}
	for _, line := range few[1:] {
		if text, ok := all[line[0]]; ok {
			t.Errorf("%s is missing: %s", line[0], text)
		}
	}
}

// changesBySKU returns the rows of a plan, also the unchanged ones, as text.
func changesBySKU(s *shop, file string) map[string]string {
	s.Helper()
	im := s.open(file)
	defer im.Close()
	rows := map[string]string{}
	_, err := im.Plan(context.Background(), plan.Options{Report: "all", Row: func(r *plan.Row) error {
		if r.Key != nil {
			rows[fmt.Sprint(r.Key[0].Value)] = fmt.Sprint(r.State, r.Values)
		}
		return nil
	}})
	if err != nil {
		s.Fatal(err)
	}
	return rows
}

// Keys are found as the table compares them, nulls and several columns, too.
func TestFewKeys(t *testing.T) {
	const rows = "; WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 500) INSERT INTO a (k, n, v) SELECT 'K' || i, i, 'v' FROM n; INSERT INTO a (k, n, v) VALUES ('null', NULL, 'v')"
	newWorldsOf(t, "CREATE TABLE a (id serial PRIMARY KEY, k text, n int, v text, UNIQUE NULLS NOT DISTINCT (k, n))"+rows,
		"CREATE TABLE a (id integer PRIMARY KEY, k text, n int, v text, UNIQUE (n, k))"+rows,
		"CREATE TABLE a (id int AUTO_INCREMENT PRIMARY KEY, k varchar(9), n int, v varchar(9), UNIQUE (n, k)); INSERT INTO a (k, n, v) SELECT 'K' || seq, seq, 'v' FROM seq_1_to_500; INSERT INTO a (k, n, v) VALUES ('null', NULL, 'v')",
		"columns: {k: {from: k}, n: {from: n}, v: {from: v}}\nto: {DATABASE, table: a, key: [k, n], delete_when: row.gone == \"1\"}\n", func(w *world) {
			file := []string{"k,n,v,gone", "K7,7,v,", "K8,8,w,", "K9,10,v,", "null,,w,", "K11,11,,1", "K12,999,,1"}
			_, text := w.plan(file...)
			has(w, text, "1 new, 2 update, 1 delete, 2 unchanged", "row 2 K8 8: v v → w", "row 3 K9 10", "row 4 \"null\" null")
			r := w.apply(file...)
			if again := w.apply(file[:4]...); again.Run != "" {
				w.Errorf("again: %+v", again)
			}
			w.revert(r.Run)
			has(w, w.rows("a"), "(11,K11,11,v)", "(8,K8,8,v)", ",null,,v)")
		})
}
