package table

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/seed-128c3863/sluice/plan"
	"github.com/seed-128c3863/sluice/spec"
)

// saved plans a job, and returns the plan as it comes out of the file that it
// was saved in.
func saved(t testing.TB, im *Import, err error) *plan.Plan {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
	defer im.Close()
	p, err := im.Plan(context.Background(), plan.Options{Keep: true})
	if err != nil {
		t.Fatal(err)
	}
	return reread(t, p)
}

// reread writes a plan and reads it.
func reread(t testing.TB, p *plan.Plan) *plan.Plan {
	t.Helper()
	var text bytes.Buffer
	if err := p.Write(&text); err != nil {
		t.Fatal(err)
	}
	p, err := plan.Read(&text)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// applySaved applies a saved plan.
func applySaved(p *plan.Plan, im *Import, err error) (*plan.Result, error) {
	if err != nil {
		return nil, err
	}
	defer im.Close()
	return im.Apply(context.Background(), plan.ApplyOptions{Plan: p})
}

// A saved plan does what an apply would have done, once, and is taken back like
// it.
func TestSavedPlan(t *testing.T) { eachShop(t, testSavedPlan) }

func testSavedPlan(t *testing.T, s *shop) {
	s.apply(v1)
	before := s.dump()
	direct := s.apply(v2clean)
	want := s.products()
	s.revert(direct.Run)

	p := saved(t, s.open(v2clean), nil)
	same(t, "after a plan", s.dump(), before)
	if len(p.Table.Rows) != 21 || p.Table.Files[0].Source != v2clean || p.Counts[plan.New] != 6 {
		t.Errorf("%+v, %+v", p, p.Table)
	}
	asked := 0
	im := s.open(v2clean)
	r, err := im.Apply(context.Background(), plan.ApplyOptions{Plan: p, Confirm: func(again *plan.Plan) (bool, error) {
		asked++
		var was, is strings.Builder
		if err := errors.Join(p.Text(&was, 0), again.Text(&is, 0)); err != nil {
			return false, err
		}
		same(t, "shown again", is.String(), was.String())
		return true, nil
	}})
	if err != nil {
		t.Fatal(err)
	}
	if r.Rows != direct.Rows || asked != 1 || r.Run == p.Table.Saved.ID {
		t.Errorf("asked %d times, %+v", asked, r)
	}
	same(t, "applied", s.products(), want)
	_, err = applySaved(p, s.open(v2clean), nil)
	has(t, err, "the saved plan cannot be applied: run "+r.Run+" has applied it", "nothing was changed")
	s.revert(r.Run)
	same(t, "reverted", s.dump(), before)
}

// A saved plan has its rejects: the file is written by the apply, and as many
// are let pass.
func TestSavedRejects(t *testing.T) { eachShop(t, testSavedRejects) }

func testSavedRejects(t *testing.T, s *shop) {
	s.apply(v1)
	file := filepath.Join(t.TempDir(), "{run}.csv")
	edit := []string{"rejects/{run}.csv", file, "allow: 2%", "allow: 50%"}
	want, err := s.open(v2, edit...).Apply(context.Background(), plan.ApplyOptions{})
	if err != nil {
		t.Fatal(err)
	}
	taken := s.products()
	s.revert(want.Run)
	p := saved(t, s.open(v2, edit...), nil)
	r, err := applySaved(p, s.open(v2, edit...), nil)
	if err != nil || r.Status != 3 || r.Rejects != want.Rejects {
		t.Fatalf("%v, %+v", err, r)
	}
	same(t, "applied", s.products(), taken)
	same(t, "rejects", textOf(t, r.Rejected), textOf(t, want.Rejected))
	s.revert(r.Run)

	edit[3] = "allow: 1"
	p = saved(t, s.open(v2, edit...), nil)
	r, err = applySaved(p, s.open(v2, edit...), nil)
	var reject *plan.RejectError
	if !errors.As(err, &reject) || r.Status != 3 || r.Rows != 0 {
		t.Errorf("%v, %+v", err, r)
	}
	has(t, err, "errors.allow lets 1 pass")
}

func textOf(t testing.TB, file string) string {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// A plan that a process saved is applied by another, whatever became of the
// first: it was killed, or the server was stopped.
func TestSavedByKilled(t *testing.T) {
	t.Parallel()
	eachShop(t, testSavedByKilled)
}

func testSavedByKilled(t *testing.T, s *shop) {
	s.apply(v1)
	before := s.dump()
	m, file := newMoments(t), filepath.Join(t.TempDir(), "plan.json")
	for range 5 {
		m.kill(s, "plan "+v2clean+" "+file)
		s.alone()
		s.applyFrom(file)
		same(t, "reverted", s.dump(), before)
	}
}

// TestSavedCrash stops the server after a plan was saved.
func TestSavedCrash(t *testing.T) {
	t.Parallel()
	eachCrashShop(t, testSavedCrash)
}

func testSavedCrash(t *testing.T, c server, s *shop) {
	s.apply(v1)
	file := filepath.Join(t.TempDir(), "plan.json")
	for range 3 {
		if s.killed(time.Minute, "plan "+v2clean+" "+file) {
			t.Fatal("it took too long")
		}
		c.Crash(t)
		s.reconnect()
		s.applyFrom(file)
	}
}

// applyFrom applies the saved plan in a file, if it is there, or one that is
// saved now, and takes it back.
func (s *shop) applyFrom(file string) {
	s.Helper()
	text, err := os.ReadFile(file)
	var p *plan.Plan
	if err == nil {
		p, err = plan.Read(bytes.NewReader(text))
	} else {
		p, err = saved(s, s.open(v2clean), nil), nil
	}
	if err != nil {
		s.Fatal(err)
	}
	r, err := applySaved(p, s.open(v2clean), nil)
	if err != nil || r.Counts[plan.New] != 6 || r.Counts[plan.Update] != 15 {
		s.Fatal(err, r)
	}
	s.revert(r.Run)
	_ = os.Remove(file)
}

// shelf has what a plan relies on: look-ups, one of which makes rows, and links.
const shelf = `CREATE TABLE kind (id integer PRIMARY KEY, t text NOT NULL UNIQUE, note text);
	CREATE TABLE tag (id %[1]s PRIMARY KEY, name text UNIQUE);
	CREATE TABLE a (id %[1]s PRIMARY KEY, k text UNIQUE NOT NULL, kind_id int REFERENCES kind, n int, note text DEFAULT 'mine');
	CREATE TABLE a_tag (id %[1]s PRIMARY KEY, a_id int NOT NULL REFERENCES a DEFERRABLE INITIALLY DEFERRED, tag_id int NOT NULL REFERENCES tag, UNIQUE (a_id, tag_id));
	INSERT INTO tag (name) VALUES ('x'), ('y');
	INSERT INTO kind (id, t) VALUES (1, 'old'), (2, 'new'), (3, 'spare'), (4, 'fresh');
	INSERT INTO a (k, kind_id, n) VALUES ('k1', 1, 1), ('k2', 1, 2), ('k3', 2, 3), ('k4', 3, 4), ('k5', 1, 5);
	INSERT INTO a_tag (a_id, tag_id) VALUES (1, 1), (3, 1), (3, 2)`

const shelfJob = `columns:
  k: {from: k}
  kind_id: {from: kind, lookup: kind.t}
  n: {from: n}
  tags: {from: tags, split: "|", through: a_tag, lookup: tag.name, missing: create}
to: {DATABASE, table: a, key: k, write: mirror, within: note = 'mine', max_delete: 50%}
`

// shelfFile updates k1, leaves k2 and k4, deletes k3 and makes k6.
var shelfFile = []string{"k,kind,n,tags", "k1,old,10,x|z", "k2,old,2,", "k4,spare,4,", "k5,old,5,", "k6,fresh,6,y"}

func eachShelf(t *testing.T, test func(t *testing.T, w *world)) {
	t.Run("postgres", func(t *testing.T) { test(t, newWorld(t, strings.ReplaceAll(shelf, "%[1]s", "serial"), shelfJob)) })
	t.Run("sqlite", func(t *testing.T) {
		test(t, newSQLiteWorld(t, strings.ReplaceAll(shelf, "%[1]s", "integer"), shelfJob))
	})
	t.Run("mysql", func(t *testing.T) {
		test(t, newMySQLWorld(t, mysqlOf(strings.ReplaceAll(shelf, "%[1]s", "serial")), shelfJob))
	})
}

func (w *world) shelf() string { return w.rows("a", "a_tag", "tag", "kind") }

// What moves between a saved plan and its apply is named, nothing is changed,
// and the plan is there still.
func TestSavedDrift(t *testing.T) {
	for name, tc := range map[string]struct{ moves, want, back string }{
		"nothing":                   {moves: ""},
		"another column":            {moves: "UPDATE a SET note = 'other' WHERE k = 'k1'"},
		"an unchanged row":          {moves: "UPDATE a SET n = 9 WHERE k = 'k2'"},
		"a look-up of no change":    {moves: "UPDATE kind SET t = 'rare' WHERE t = 'spare'"},
		"another column of look-up": {moves: "UPDATE kind SET note = 'x'"},
		"a look-up has a column":    {moves: "ALTER TABLE kind ADD more int"},

		"edited":                        {"UPDATE a SET n = 9 WHERE k = 'k1'", "row 1 (k1): the row of the table was changed since it was compared: n 1 → 9", "UPDATE a SET n = 1 WHERE k = 'k1'"},
		"removed":                       {"DELETE FROM a_tag WHERE a_id = 1; DELETE FROM a WHERE k = 'k1'", "row 1 (k1): the row of the table was removed since it was compared", ""},
		"linked":                        {"INSERT INTO a_tag (a_id, tag_id) VALUES (1, 2)", "row 1 (k1): the row of the table was changed since it was compared: tags", "DELETE FROM a_tag WHERE a_id = 1 AND tag_id = 2"},
		"the key of a new row":          {"INSERT INTO a (k) VALUES ('k6')", "row 5 (k6): its key was taken since it was compared", "DELETE FROM a WHERE k = 'k6'"},
		"a row that is deleted, edited": {"UPDATE a SET n = 9 WHERE k = 'k3'", "a: row k3: the row of the table was changed since it was compared: n 3 → 9", "UPDATE a SET n = 3 WHERE k = 'k3'"},
		"no longer within":              {"UPDATE a SET note = 'theirs' WHERE k = 'k3'", "a: row k3: the row of the table is no longer within what the files mirror", "UPDATE a SET note = 'mine' WHERE k = 'k3'"},
		"a deleted row was unlinked":    {"DELETE FROM a_tag WHERE a_id = 3 AND tag_id = 2", "a: row k3: the row of the table was changed since it was compared: tags", ""},

		"a look-up renamed":           {"UPDATE kind SET t = 'older' WHERE t = 'old'", `kind: the row whose t is "old" was removed or renamed since it was looked up`, "UPDATE kind SET t = 'old' WHERE t = 'older'"},
		"a look-up of another row":    {"UPDATE kind SET t = '?' WHERE id = 1; UPDATE kind SET t = 'old' WHERE id = 3; UPDATE kind SET t = 'spare' WHERE id = 1", `kind: the row whose t is "old" is another since it was looked up`, ""},
		"a look-up removed":           {"DELETE FROM kind WHERE t = 'fresh'", `kind: the row whose t is "fresh" was removed or renamed`, "INSERT INTO kind (id, t) VALUES (4, 'fresh')"},
		"a linked look-up renamed":    {"UPDATE tag SET name = 'w' WHERE name = 'y'", `tag: the row whose name is "y" was removed or renamed`, "UPDATE tag SET name = 'y' WHERE name = 'w'"},
		"a row made that create made": {"INSERT INTO tag (name) VALUES ('z')", `tag: a row with the name "z" was made since it was looked up`, "DELETE FROM tag WHERE name = 'z'"},

		"a column":                  {"ALTER TABLE a ADD more int", "a: the table was altered since it was compared: its columns are others", "ALTER TABLE a DROP more"},
		"a column gone":             {"ALTER TABLE a DROP note", `note`, ""},
		"an index":                  {"CREATE UNIQUE INDEX more ON a (n)", "a: the table was altered since it was compared: its uniques are others", "DROP INDEX more"},
		"a reference":               {"CREATE TABLE more (a_id int REFERENCES a (id))", "a: the table was altered since it was compared: its foreign keys that refer to it", "DROP TABLE more"},
		"a table of links":          {"ALTER TABLE a_tag ADD more int", "a_tag: the table was altered since it was compared: its columns are others", "ALTER TABLE a_tag DROP more"},
		"a table that create fills": {"ALTER TABLE tag ADD more int", "tag: the table was altered since it was compared: its columns are others", "ALTER TABLE tag DROP more"},
		"a look-up's column":        {"ALTER TABLE kind RENAME COLUMN t TO title", `has no column "t"`, "ALTER TABLE kind RENAME COLUMN title TO t"},
		"the table":                 {"DROP TABLE a_tag; DROP TABLE a", "there is no table a", ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			eachShelf(t, func(t *testing.T, w *world) { savedDrift(t, w, tc.moves, tc.want, tc.back) })
		})
	}
}

// savedDrift applies a saved plan after statements, and once more after those
// that take them back.
func savedDrift(t *testing.T, w *world, moves, want, back string) {
	file := w.file(filepath.Join(t.TempDir(), "in.csv"), shelfFile...)
	if w.onMySQL() && back == "DROP INDEX more" {
		back += " ON a"
	}
	before := w.shelf()
	p := w.saved(file)
	if c := p.Counts; c[plan.Update] != 1 || c[plan.New] != 1 || c[plan.Delete] != 1 || c[plan.Unchanged] != 3 {
		t.Fatal(c)
	}
	if moves != "" {
		w.exec(moves)
	}
	if want != "" {
		r, err := w.applySaved(p, file)
		has(t, err, want)
		var drift *plan.DriftError
		var job spec.Errors
		var one *spec.Error
		if !errors.As(err, &drift) && !errors.As(err, &job) && !errors.As(err, &one) || r != nil && r.Status != 1 {
			t.Errorf("%v, %+v", err, r)
		}
		if back == "" {
			return
		}
		w.exec(back)
		same(t, "not applied", w.shelf(), before)
	}
	r, err := w.applySaved(p, file)
	if err != nil || r.Rows != 3 {
		t.Fatalf("%v, %+v", err, r)
	}
	has(t, w.rows("a"), "k1,1,10,", "k6,4,6,")
	if strings.Contains(w.rows("a"), "k3") {
		t.Error(w.rows("a"))
	}
}

// A saved plan is applied to what it was made of, or not at all.
func TestSavedMoved(t *testing.T) {
	eachShelf(t, func(t *testing.T, w *world) {
		dir := t.TempDir()
		file := w.file(filepath.Join(dir, "in.csv"), shelfFile...)
		before := w.shelf()
		refused := func(p *plan.Plan, file string, parts ...string) {
			t.Helper()
			r, err := w.applySaved(p, file)
			has(t, err, append(parts, "plan again")...)
			if r != nil {
				t.Errorf("%+v", r)
			}
		}
		p := w.saved(file)
		w.file(file, append(shelfFile, "k7,old,7,")...)
		refused(p, file, "the plan no longer holds: "+file+": the source has changed: nothing was changed")
		if err := os.Remove(file); err != nil {
			t.Fatal(err)
		}
		refused(p, file, file+": the source is gone")
		p = w.saved(w.file(file, shelfFile...))
		refused(p, w.file(filepath.Join(dir, "other.csv"), shelfFile...), "job.yaml: the job or its params have changed")
		job := w.job
		w.job = strings.Replace(job, "n: {from: n}", "n: {from: n, check: value > 0}", 1)
		refused(p, file, "job.yaml: the job or its params have changed")
		w.job = job

		for what, edit := range map[string]func(p *plan.Plan){
			"a count": func(p *plan.Plan) { p.Counts[plan.New]++ },
			"a value": func(p *plan.Plan) { p.Table.Rows[0].Values[0].New = json.Number("11") },
			"a time":  func(p *plan.Plan) { p.Table.Saved.Until = p.Created },
		} {
			edited := reread(t, p)
			edit(edited)
			if _, err := w.applySaved(edited, file); err == nil || !strings.Contains(err.Error(), "the saved plan was changed since it was written") {
				t.Errorf("%s: %v", what, err)
			}
		}
		other := *p
		other.Table = nil
		refused(&other, file, "the saved plan is none of a table")
		same(t, "refused", w.shelf(), before)
		if _, err := w.applySaved(p, file); err != nil {
			t.Error(err)
		}
	})
}

// A file that was not there is left out, unless it may have rows that are
// deleted.
func TestSavedFurtherFile(t *testing.T) {
	for name, job := range map[string]string{"upsert": strings.Replace(shelfJob, "write: mirror, within: note = 'mine', max_delete: 50%", "write: upsert", 1), "mirror": shelfJob} {
		eachShelf(t, func(t *testing.T, w *world) {
			w.job = job
			dir := t.TempDir()
			w.file(filepath.Join(dir, "1.csv"), shelfFile...)
			all := filepath.Join(dir, "{*part}.csv")
			p := w.saved(all)
			w.file(filepath.Join(dir, "2.csv"), "k,kind,n,tags", "k9,old,9,")
			r, err := w.applySaved(p, all)
			switch {
			case name == "mirror":
				has(t, err, "2.csv: it was not there, and may have rows that a mirror without it deletes")
			case err != nil || r.Rows != 2 || strings.Contains(w.rows("a"), "k9"):
				t.Errorf("%v, %+v", err, r)
			}
		})
	}
}

// What is kept lapses: the next plan or apply drops it.
func TestSavedLapses(t *testing.T) {
	eachShelf(t, func(t *testing.T, w *world) {
		file := w.file(filepath.Join(t.TempDir(), "in.csv"), shelfFile...)
		old, young := w.saved(file), w.saved(file)
		w.lapse(old.Table.Saved.ID)
		w.saved(file)
		_, err := w.applySaved(old, file)
		has(t, err, "its rows are not in this database", "plan again")
		old.Table.Saved.Until = old.Created.Add(-time.Hour)
		_, err = w.applySaved(old, file)
		has(t, err, "its rows were kept until ")
		if _, err := w.applySaved(young, file); err != nil {
			t.Error(err)
		}
	})
}

// What somebody has done to the rows of a saved plan is seen.
func TestSavedTampered(t *testing.T) {
	eachShelf(t, func(t *testing.T, w *world) {
		file := w.file(filepath.Join(t.TempDir(), "in.csv"), shelfFile...)
		for i, edit := range []struct{ postgres, mysql, sqlite string }{
			{"UPDATE sluice.p1_rows SET n = 11 WHERE n = 10", "UPDATE sluice_p1_rows SET n = 11 WHERE n = 10", "UPDATE sluice_plan_part SET data = substr(data, 1, length(data) - 1) || x'7F' WHERE kind = 'row'"},
			{"DELETE FROM sluice.p2 WHERE op = 'd'", "DELETE FROM sluice_p2 WHERE op = 'd'", "DELETE FROM sluice_plan_part WHERE kind = 'change'"},
			{"UPDATE sluice.plan SET kept = replace(kept, 'in.csv', 'on.csv')", "UPDATE sluice_plans SET kept = replace(kept, 'in.csv', 'on.csv')", "UPDATE sluice_plan SET kept = replace(kept, 'in.csv', 'on.csv')"},
		} {
			before := w.shelf()
			p := w.saved(file)
			switch {
			case w.onMySQL():
				w.exec(edit.mysql)
			case w.conn == nil:
				w.exec(edit.sqlite)
			default:
				w.exec(edit.postgres)
			}
			r, err := w.applySaved(p, file)
			has(t, err, "are not those that were saved", "nothing was changed")
			if r != nil {
				t.Errorf("%+v", r)
			}
			same(t, fmt.Sprint("not applied ", i), w.shelf(), before)
		}
	})
}

// What a saved plan would write and the database no longer takes is named, row by
// row, and nothing is changed.
func TestSavedRefused(t *testing.T) {
	const ddl = `CREATE TABLE p (id int PRIMARY KEY); INSERT INTO p VALUES (1), (2);
		CREATE TABLE a (k int PRIMARY KEY, u int UNIQUE, p int REFERENCES p); INSERT INTO a VALUES (1, 1, 1)`
	newWorlds(t, ddl, ddl, "columns:\n  k: {from: k}\n  u: {from: u}\n  p: {from: p}\nto: {DATABASE, table: a, key: k}\n", func(w *world) {
		file := w.file(filepath.Join(w.TempDir(), "in.csv"), "k,u,p", "1,10,1", "2,2,1", "3,3,2", "4,4,1")
		for moves, back := range map[string]string{
			"INSERT INTO a VALUES (9, 3, 1)": "DELETE FROM a WHERE k = 9",
			"DELETE FROM p WHERE id = 2":     "INSERT INTO p VALUES (2)",
		} {
			before, p := w.rows("a"), w.saved(file)
			w.exec(moves)
			r, err := w.applySaved(p, file)
			var refused *plan.RefusedError
			if has(w, err, file+": row 3: ", "nothing was changed"); !errors.As(err, &refused) || len(refused.Rows) != 1 || r.Rows != 0 {
				w.Errorf("%s: %v, %+v", moves, err, r)
			}
			w.exec(back)
			same(w, moves, w.rows("a"), before)
		}
	})
}

// lapse makes a saved plan older than it is.
func (w *world) lapse(id string) {
	switch {
	case w.onMySQL():
		w.exec("UPDATE sluice_plans SET until = '2001-01-01' WHERE id = '" + id + "'")
	case w.conn == nil:
		w.exec("UPDATE sluice_plan SET until = 0 WHERE id = '" + id + "'")
	default:
		w.exec("UPDATE sluice.plan SET until = 'epoch' WHERE id = '" + id + "'")
	}
}

// saved is the saved plan of a file.
func (w *world) saved(file string) *plan.Plan {
	w.Helper()
	im, err := w.openFile(file)
	return saved(w, im, err)
}

// applySaved applies it.
func (w *world) applySaved(p *plan.Plan, file string) (*plan.Result, error) {
	w.Helper()
	im, err := w.openFile(file)
	return applySaved(p, im, err)
}
