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

// A journal stands in the way of no migration; what that makes impossible is
// said.
func TestRevertAltered(t *testing.T) {
	for name, tc := range map[string]struct{ migration, want string }{
		"another type":            {"ALTER TABLE a DROP doubled; ALTER TABLE a ALTER id TYPE bigint, ALTER n TYPE bigint, ADD doubled bigint; ALTER TABLE a ALTER k TYPE varchar, ALTER region TYPE text", ""},
		"a longer number":         {"ALTER TABLE a ALTER price TYPE numeric(12,2)", ""},
		"another enum":            {"CREATE TYPE feeling AS ENUM ('ok', 'sad'); ALTER TABLE a ALTER mood TYPE feeling USING mood::text::feeling; DROP TYPE mood", ""},
		"a text of an enum":       {"ALTER TABLE a ALTER mood TYPE text; DROP TYPE mood", ""},
		"a column more":           {"ALTER TABLE a ADD more int NOT NULL DEFAULT 7", ""},
		"that may be null":        {"ALTER TABLE a_tag ADD more int", ""},
		"a column nobody loads":   {"ALTER TABLE tag ADD more int", ""},
		"of other texts":          {"ALTER TABLE a ALTER price TYPE numeric(10,3)", "column price of table a was numeric(10,2) then, and is now numeric(10,3)"},
		"too small a type":        {"ALTER TABLE a ALTER note TYPE varchar(9)", "rows of table a are to be put back, whose column note was text then, and is now character varying(9)"},
		"a column less":           {"ALTER TABLE a DROP note", "rows of table a are to be put back, which had a column note that is no longer there"},
		"a loaded column less":    {"ALTER TABLE a DROP price", `table a has no column "price"`},
		"one that must be filled": {"ALTER TABLE a ADD more int; UPDATE a SET more = 1; ALTER TABLE a ALTER more SET NOT NULL", "rows of table a are to be put back, and have no value for column more, which was added since without a default"},
		"of a link":               {"ALTER TABLE a_tag ADD more int; UPDATE a_tag SET more = 1; ALTER TABLE a_tag ALTER more SET NOT NULL", "cannot be made: more must be filled, too"},
		"no journal":              {"DROP TABLE sluice.j1", "cannot be taken back: its journal, table \"sluice\".j1, was dropped"},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, "CREATE TYPE mood AS ENUM ('ok', 'sad'); "+catalog+"; ALTER TABLE a ADD mood mood, ADD price numeric(10,2); UPDATE a SET mood = 'sad', price = 1.5, note = 'mine'",
				"columns: {k: {from: k}, n: {from: n}, mood: {from: mood}, price: {from: price}, tags: {from: tags, split: \"|\", through: a_tag, lookup: tag.name}}\nto: {DATABASE, table: a, key: k, delete_when: row.gone == \"1\"}\n")
			r := w.apply("k,n,mood,price,tags,gone", "k1,10,ok,2.5,y,", "k9,,,,,1", "new,1,ok,,x,")
			w.exec(tc.migration)
			if tc.want != "" {
				_, err := w.tryRevert(r.Run)
				has(t, err, tc.want)
				return
			}
			now := w.rows("a", "a_tag")
			w.exec("CREATE TABLE was AS SELECT k, n, mood::text, price, note FROM a WHERE false; INSERT INTO was VALUES ('k9', 9, 'sad', 1.5, 'mine'), ('k1', 1, 'sad', 1.5, 'mine')")
			back := w.revert(r.Run)
			if missing := w.rowsOf("(SELECT * FROM was EXCEPT SELECT k, n, mood::text, price, note FROM a)"); len(missing) > 0 {
				t.Error(missing)
			}
			same(t, "no new row", w.rows("(SELECT 1 FROM a WHERE k = 'new')"), "")
			w.revert(back.Run)
			same(t, "the revert reverted", w.rows("a", "a_tag"), now)
		})
	}
}
