package table

import (
	"errors"
	"testing"

	"github.com/seed-128c3863/sluice/plan"
)

// A row that somebody changed after the run is not taken back.
func TestRevertConflicts(t *testing.T) {
	for name, tc := range map[string]struct{ since, want string }{
		"nothing":             {"SELECT 1", ""},
		"touched":             {"UPDATE a SET n = n", ""},
		"another column":      {"UPDATE a SET note = 'x'", ""},
		"an updated row":      {"UPDATE a SET n = 5 WHERE k = 'k1'", "a 1: it was changed since"},
		"a new row":           {"UPDATE a SET n = 5 WHERE k = 'new'", "a 10: it was changed since"},
		"a new row removed":   {"DELETE FROM a_tag WHERE a_id = 10; DELETE FROM a WHERE k = 'new'", "a 10: it was removed since"},
		"a link more":         {"INSERT INTO a_tag (a_id, tag_id) VALUES (1, 1)", "a 1: its tags were changed since"},
		"a link less":         {"DELETE FROM a_tag WHERE a_id = 1", "a 1: its tags were changed since"},
		"a link of a new row": {"INSERT INTO a_tag (a_id, tag_id) VALUES (10, 2)", "a 10: a row of a_tag refers to it"},
		"a deleted row's key": {"INSERT INTO a (k) VALUES ('k9')", "a 9: there is a row with its key"},
		"another table's row": {"CREATE TABLE other (a_id int REFERENCES a); INSERT INTO other VALUES (10)", "a 10: a row of other refers to it"},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, catalog, mirrorColumns[:len("columns:\n  k: {from: k")]+"}\n  n: {from: n}\n  tags: {from: tags, split: \"|\", through: a_tag, lookup: tag.name}\nto: {DATABASE, table: a, key: k, delete_when: row.gone == \"1\"}\n")
			before := w.rows("a", "a_tag")
			r := w.apply("k,n,tags,gone", "k1,10,y,", "k9,,,1", "new,1,x,")
			w.exec(tc.since)
			_, err := w.tryRevert(r.Run)
			var conflict *plan.ConflictError
			switch {
			case tc.want == "" && err != nil:
				t.Error(err)
			case name == "nothing":
				same(t, "reverted", w.rows("a", "a_tag"), before)
			case tc.want != "":
				has(t, err, tc.want)
				if !errors.As(err, &conflict) {
					t.Error("no conflict")
				}
			}
		})
	}
}

// A run is taken back by the job that made it.
func TestRevertByAnotherJob(t *testing.T) {
	w := newWorld(t, "CREATE TABLE a (k int PRIMARY KEY, v text, x text)", plainJob)
	r := w.apply("k,v", "1,a")
	w.job = "columns: {k: {from: k}, x: {from: v}}\nto: {DATABASE, table: a, key: k}\n"
	_, err := w.tryRevert(r.Run)
	has(t, err, "loaded other columns than the job now does")
	w.job = plainJob
	w.revert(r.Run)
	same(t, "reverted", w.rows("a"), "")
}
