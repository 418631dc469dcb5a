package table

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/seed-128c3863/sluice/plan"
)

// revertRest takes back what is not in conflict.
func (w *world) revertRest(run string) *plan.Result {
	w.Helper()
	im, err := w.open("none")
	if err != nil {
		w.Fatal(err)
	}
	r, err := im.Revert(context.Background(), run, plan.RevertOptions{SkipConflicts: true})
	if err != nil {
		w.Fatal(err)
	}
	return r
}

// listed are problems, one a line.
func listed(problems []plan.Problem) string {
	var lines []string
	for _, p := range problems {
		lines = append(lines, p.File+": "+p.Why)
	}
	return strings.Join(lines, "\n")
}

// Rows in conflict are left alone with all that is theirs, the others are taken
// back; and that can be taken back.
func TestSkipConflicts(t *testing.T) {
	t.Parallel()
	job := `columns:
  k: {from: k}
  n: {from: n}
  tags: {from: tags, split: "|", through: a_tag, lookup: tag.name}
to: {DATABASE, table: a, key: k, delete_when: row.gone == "1", max_delete: 90%}
`
	const links = "(1,1,1) (2,7,1) (3,7,2) (4,9,1)"
	for name, tc := range map[string]struct{ since, skipped, keys, links string }{
		"nothing":            {"SELECT 1", "", "k1=1 k2=2 k3=3 k4=4 k5=5 k6=6 k7=7 k8=8 k9=9", links},
		"an updated row":     {"UPDATE a SET n = 5 WHERE k = 'k1'", "a 1: it was changed since", "k1=5 k2=2 k3=3 k4=4 k5=5 k6=6 k7=7 k8=8 k9=9", "(2,7,1) (3,7,2) (4,9,1) (5,1,2)"},
		"its link":           {"INSERT INTO a_tag (a_id, tag_id) VALUES (1, 1)", "a 1: its tags were changed since", "k1=10 k2=2 k3=3 k4=4 k5=5 k6=6 k7=7 k8=8 k9=9", "(2,7,1) (3,7,2) (4,9,1) (5,1,2) (7,1,1)"},
		"it is gone":         {"DELETE FROM a_tag WHERE a_id = 1; DELETE FROM a WHERE id = 1", "a 1: it was removed since", "k2=2 k3=3 k4=4 k5=5 k6=6 k7=7 k8=8 k9=9", "(2,7,1) (3,7,2) (4,9,1)"},
		"a new row":          {"UPDATE a SET n = 5 WHERE k = 'new'", "a 10: it was changed since", "k1=1 k2=2 k3=3 k4=4 k5=5 k6=6 k7=7 k8=8 k9=9 new=5", links + " (6,10,1)"},
		"a new row is gone":  {"DELETE FROM a_tag WHERE a_id = 10; DELETE FROM a WHERE id = 10", "a 10: it was removed since", "k1=1 k2=2 k3=3 k4=4 k5=5 k6=6 k7=7 k8=8 k9=9", links},
		"a link of it":       {"INSERT INTO a_tag (a_id, tag_id) VALUES (10, 2)", "a 10: a row of a_tag refers to it", "k1=1 k2=2 k3=3 k4=4 k5=5 k6=6 k7=7 k8=8 k9=9 new=1", links + " (6,10,1) (7,10,2)"},
		"a deleted one's ID": {"INSERT INTO a (id, k, n) VALUES (9, 'again', 0)", "a 9: there is such a row again", "again=0 k1=1 k2=2 k3=3 k4=4 k5=5 k6=6 k7=7 k8=8", "(1,1,1) (2,7,1) (3,7,2)"},
		"its key":            {"INSERT INTO a (id, k, n) VALUES (99, 'k9', 0)", "a 9: there is a row with its key", "k1=1 k2=2 k3=3 k4=4 k5=5 k6=6 k7=7 k8=8 k9=0", "(1,1,1) (2,7,1) (3,7,2)"},
		"what it is tagged":  {"UPDATE a_tag SET tag_id = 2 WHERE tag_id = 1 AND a_id <> 10; DELETE FROM a_tag WHERE a_id = 10; DELETE FROM tag WHERE id = 1", "a 1: its tags have a row of tag that is gone\na 9: its tags have a row of tag that is gone", "k1=10 k2=2 k3=3 k4=4 k5=5 k6=6 k7=7 k8=8", "(3,7,2) (5,1,2)"},
		"several":            {"UPDATE a SET n = 5 WHERE k IN ('k1', 'k2'); INSERT INTO a (id, k, n) VALUES (99, 'k9', 0)", "a 1: it was changed since\na 2: it was changed since\na 9: there is a row with its key", "k1=5 k2=5 k3=3 k4=4 k5=5 k6=6 k7=7 k8=8 k9=0", "(2,7,1) (3,7,2) (5,1,2)"},
	} {
		t.Run(name, func(t *testing.T) {
			const view = "; CREATE VIEW kn AS SELECT k || '=' || n AS kn FROM a"
			sqlite := strings.Replace(catalogOfSQLite, "TABLE a (id integer PRIMARY KEY", "TABLE a (id integer PRIMARY KEY AUTOINCREMENT", 1)
			mysql := mysqlOf(catalog) + "; ALTER TABLE a AUTO_INCREMENT = 10" // INSERT ... SELECT has taken more numbers than it needed
			newWorldsOf(t, catalog+view, sqlite+view, mysql+view, job, func(w *world) {
				if name == "what it is tagged" {
					w.exec("DELETE FROM a_tag WHERE a_id = 7 AND tag_id = 1")
				}
				r := w.apply("k,n,tags,gone", "k1,10,y,", "k2,20,,", "k9,,,1", "k8,,,1", "new,1,x,", "new2,1,,")
				w.exec(tc.since)
				testSkip(w, r.Run, tc.skipped)
				keys := strings.Join(w.rowsOf("kn"), " ")
				same(w, "rows", strings.NewReplacer("(", "", ")", "").Replace(keys), tc.keys)
				same(w, "links", w.rows("a_tag"), tc.links)
			})
		})
	}
}

// testSkip takes a run back but for what is in conflict; then that; and then
// takes that back once more, so that it is as after the first.
func testSkip(w *world, run, skipped string) {
	w.Helper()
	was := w.rows("a", "a_tag")
	if skipped != "" {
		_, err := w.tryRevert(run)
		has(w, err, strings.Split(skipped, "\n")[0], "nothing was reverted (--skip-conflicts reverts the others)")
		same(w, "refused", w.rows("a", "a_tag"), was)
	}
	im, err := w.open("none")
	if err != nil {
		w.Fatal(err)
	}
	rev, err := im.PlanRevert(context.Background(), run)
	if err != nil {
		w.Fatal(err)
	}
	same(w, "planned", listed(rev.Conflicts), skipped)
	back := w.revertRest(run)
	same(w, "skipped", listed(back.Skipped), skipped)
	if n := int64(len(back.Skipped)); back.Counts[plan.Unchanged] != n || back.Counts.Written() != 6-n || rev.Counts.Written() != 6-n || back.Rows != 6-n {
		w.Errorf("%v planned, %+v", rev.Counts, back)
	}
	part := w.rows("a", "a_tag")
	again := w.revert(back.Run)
	same(w, "the revert reverted", w.rows("a", "a_tag"), was)
	w.revert(again.Run)
	same(w, "and that", w.rows("a", "a_tag"), part)
	w.revert(w.lastRun())
	back = w.revertRest(run)
	same(w, "the same once more", w.rows("a", "a_tag")+fmt.Sprint(len(back.Skipped)), part+fmt.Sprint(strings.Count(skipped, "\n")+min(1, len(skipped))))
}

// Rows that refer to each other are taken back, or stay, as they need each other.
func TestSkipSelf(t *testing.T) {
	ddl := "CREATE TABLE a (k int PRIMARY KEY, up int REFERENCES a DEFERRABLE, code int UNIQUE, n int); INSERT INTO a VALUES (1, NULL, 10, 0), (2, 1, 20, 0), (3, NULL, 30, 0)"
	job := "columns: {k: {from: k}, up: {from: up}, code: {from: code}}\nto: {DATABASE, table: a, key: k, delete_when: row.gone == \"1\", max_delete: 90%}\n"
	for name, tc := range map[string]struct{ since, skipped, want string }{
		"nothing":                   {"SELECT 1", "", "(1,,10,0) (2,1,20,0) (3,,30,0)"},
		"what does not matter":      {"UPDATE a SET n = 1", "", "(1,,10,1) (2,1,20,1) (3,,30,0)"},
		"the row that refers":       {"UPDATE a SET code = 21 WHERE k = 2", "a 2: it was changed since\na 4: a row of a refers to it", "(1,,10,0) (2,4,21,0) (3,,30,0) (4,,40,)"},
		"the last of a chain":       {"UPDATE a SET code = 61 WHERE k = 6", "a 3: there is a row with the same code\na 5: a row of a refers to it\na 6: it was changed since", "(1,,10,0) (2,1,20,0) (5,,30,) (6,5,61,)"},
		"a row that nobody planned": {"INSERT INTO a (k, up, code) VALUES (7, 5, 70)", "a 3: there is a row with the same code\na 5: a row of a refers to it", "(1,,10,0) (2,1,20,0) (5,,30,) (7,5,70,)"},
		"what it referred to":       {"DELETE FROM a WHERE k = 1", "a 1: it was removed since\na 2: it refers to a row of a that is gone\na 4: a row of a refers to it", "(2,4,22,0) (3,,30,0) (4,,40,)"},
		"what was its own":          {"INSERT INTO a (k, up, code) VALUES (8, NULL, 10)", "a 1: there is a row with the same code", "(1,,11,0) (2,1,20,0) (3,,30,0) (8,,10,)"},
	} {
		t.Run(name, func(t *testing.T) {
			newWorlds(t, ddl, strings.Replace(ddl, "int PRIMARY KEY", "integer PRIMARY KEY", 1), job, func(w *world) {
				r := w.apply("k,up,code,gone", "1,,11,", "2,4,22,", "3,,,1", "4,,40,", "5,,30,", "6,5,60,")
				w.exec(tc.since)
				was := w.rows("a")
				back := w.revertRest(r.Run)
				same(w, "skipped", listed(back.Skipped), tc.skipped)
				same(w, "rows", w.rows("a"), tc.want)
				w.revert(back.Run)
				same(w, "the revert reverted", w.rows("a"), was)
			})
		})
	}
}

// Look-up rows that others use by now stay, and that is said; so do those that a
// row uses which is left alone.
func TestRevertLeft(t *testing.T) {
	const views = "; CREATE VIEW kinds AS SELECT code, t FROM article LEFT JOIN kind ON kind.id = kind_id; CREATE VIEW names AS SELECT t FROM kind UNION ALL SELECT name FROM tag"
	newWorlds(t, articles+views, articlesOfSQLite+views, articleJob, func(w *world) {
		r := w.apply("code,kind,twin,n,tags", "a,new,newer,1,blue", "b,newest,,2,green")
		w.exec("INSERT INTO article (code, kind_id) SELECT 'z', id FROM kind WHERE t = 'newer'; UPDATE tag SET name = 'blau' WHERE name = 'blue'; UPDATE article SET n = 3 WHERE code = 'b'")
		left := strings.Split(listed(w.revertRest(r.Run).Skipped), "\n")
		slices.Sort(left)
		same(w, "left", strings.Join(left, "\n"), "article 2: it was changed since\nkind newer: it stays: rows refer to it\nkind newest: it stays: rows refer to it\ntag blau: it stays: it was changed since\ntag green: it stays: rows refer to it")
		same(w, "rows", w.rows("kinds", "names"), "(b,newest) (z,newer)\n(blau) (green) (newer) (newest) (old) (red)")
	})
}
