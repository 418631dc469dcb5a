package table

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/seed-128c3863/sluice/flow"
	"github.com/seed-128c3863/sluice/plan"
)

// batched opens the job of products to write batches of a few rows.
func (s *shop) batched(input string, rows int64) *Import {
	s.Helper()
	im := s.open(input, "transaction: all", "transaction: batch")
	im.batch = rows
	return im
}

// runs are the runs of the ledger, their states and rows.
func (s *shop) runs() (states []string) {
	s.Helper()
	im := s.open("none.csv")
	defer im.Close()
	runs, err := im.Runs(context.Background())
	if err != nil {
		s.Fatal(err)
	}
	for _, r := range runs {
		states = append(states, fmt.Sprintf("%s %s %d", r.Verb, r.State, r.Rows))
	}
	return states
}

// A run that writes batches leaves the table as one that does not, and is taken
// back as a whole.
func TestBatches(t *testing.T) { eachShop(t, testBatches) }

func testBatches(t *testing.T, s *shop) {
	empty := s.dump()
	first := s.apply(v1)
	loaded := s.products()
	s.revert(first.Run)
	same(t, "reverted", s.dump(), empty)
	r, err := s.batched(v1, 70).Apply(context.Background(), plan.ApplyOptions{})
	if err != nil || r.Rows != 300 || r.Run == "" || r.Resumed {
		t.Fatalf("%v, %+v", err, r)
	}
	same(t, "first", s.products(), loaded)
	if again, err := s.batched(v1, 70).Apply(context.Background(), plan.ApplyOptions{}); err != nil || again.Run != "" {
		t.Errorf("%v, %+v", err, again)
	}
	before := s.dump()
	direct := s.apply(v2clean)
	want := s.products()
	s.revert(direct.Run)
	second, err := s.batched(v2clean, 4).Apply(context.Background(), plan.ApplyOptions{})
	if err != nil || second.Rows != 21 {
		t.Fatalf("%v, %+v", err, second)
	}
	same(t, "second", s.products(), want)
	s.revert(second.Run)
	same(t, "second reverted", s.dump(), before)
	s.revert(s.lastRun())
	same(t, "the revert reverted", s.products(), want)
	s.revert(s.lastRun())
	s.revert(r.Run)
	same(t, "first reverted", s.dump(), empty)
}

// A run that is interrupted ends after its batch, and is taken up: without a
// word about rows that were told of, and without reading the files again.
func TestBatchResumed(t *testing.T) { eachShop(t, testBatchResumed) }

func testBatchResumed(t *testing.T, s *shop) {
	s.apply(v1)
	before := s.dump()
	s.revert(s.apply(v2clean).Run)
	p := saved(t, s.batched(v2clean, 4), nil)
	for name, o := range map[string]plan.ApplyOptions{"a plan made now": {}, "a saved plan": {Plan: p}} {
		id := s.interrupted(o, 2)
		if runs := s.runs(); !strings.HasSuffix(runs[len(runs)-1], "apply running 8") {
			t.Error(runs)
		}
		shown, err := s.batched(v2clean, 4).Plan(context.Background(), plan.Options{})
		if err != nil || shown.Changes() != 13 {
			t.Error(err, shown)
		}
		has(t, shown.Table.Notes, "run "+id+" has written 8 of 21 rows")
		asked := ""
		o.Confirm = func(p *plan.Plan) (bool, error) {
			var text strings.Builder
			err := p.Text(&text, 0)
			asked = text.String()
			return true, err
		}
		o.Row = func(r *plan.Row) error { return errors.New("told of again") }
		r, err := s.batched(v2clean, 5).Apply(context.Background(), o)
		if err != nil || r.Run != id || !r.Resumed || r.Rows != 13 || r.Counts[plan.New] != 6 || r.Counts[plan.Update] != 15 {
			t.Fatalf("%s: %v, %+v", name, err, r)
		}
		has(t, asked, "goes on with run "+id+", which was cut off: 8 of 21 rows are written", "13 rows: 6 new, 7 update")
		s.revert(id)
		same(t, "reverted", s.dump(), before)
	}
	if runs := s.runs(); !strings.HasSuffix(runs[len(runs)-1], "revert done 21") {
		t.Error(runs)
	}
}

// interrupted begins to write the second file in batches of four, and ends after
// some of them. It returns the run's ID.
func (s *shop) interrupted(o plan.ApplyOptions, batches int64) string {
	s.Helper()
	intake, stop := context.WithCancelCause(context.Background())
	defer stop(nil)
	im := s.batched(v2clean, 4)
	im.db = &stopping{im.db, func(to int64) {
		if to == 4*batches {
			stop(flow.ErrInterrupted)
		}
	}}
	o.Intake = intake
	r, err := im.Apply(context.Background(), o)
	var part *plan.PartError
	if !errors.As(err, &part) || part.Written != 4*batches || part.Rows != 21 || !part.Resumable || r.Status != 130 || r.Run == "" || r.Rows != part.Written {
		s.Fatalf("%v, %+v", err, r)
	}
	has(s, err, "8 of 21 rows are written", "the next apply goes on from there")
	return r.Run
}

// A stopping database calls after each batch.
type stopping struct {
	database
	after func(to int64)
}

type stoppingBatches struct {
	comparison
	after func(to int64)
}

func (d *stopping) begin(ctx context.Context, t *target) (comparison, error) {
	c, err := d.database.begin(ctx, t)
	return &stoppingBatches{c, d.after}, err
}

func (d *stopping) kept(ctx context.Context, t *target, of plan.Saved, done int64) (comparison, *keptPlan, error) {
	c, k, err := d.database.kept(ctx, t, of, done)
	return &stoppingBatches{c, d.after}, k, err
}

func (c *stoppingBatches) batch(ctx context.Context, run plan.Run, from, to int64) error {
	err := c.comparison.batch(ctx, run, from, to)
	c.after(to)
	return err
}

// A plan that a run has kept, which was then killed before it wrote anything, is
// dropped by the next run of the job; one that was saved stays.
func TestBatchOrphan(t *testing.T) { eachShop(t, testBatchOrphan) }

func testBatchOrphan(t *testing.T, s *shop) {
	s.apply(v1)
	kept := saved(t, s.open(v2clean), nil)
	im := s.batched(v2clean, 4)
	killed := im.newRun("apply", nil)
	if err := errors.Join(killed.compare(context.Background()), killed.keepFor(context.Background(), &killed.record)); err != nil {
		t.Fatal(err)
	}
	killed.comparison.drop(context.Background())
	im.Close()
	plans := func() string { return strings.Join(s.query("SELECT id FROM "+s.plans+" ORDER BY 1"), " ") }
	if got := plans(); got != kept.Table.Saved.ID+" "+killed.record.Plan && got != killed.record.Plan+" "+kept.Table.Saved.ID {
		t.Fatal(got)
	}
	if r := s.apply(v1); r.Run != "" {
		t.Errorf("%+v", r)
	}
	same(t, "plans", plans(), kept.Table.Saved.ID)
	if r, err := applySaved(kept, s.open(v2clean), nil); err != nil || r.Rows != 21 {
		t.Errorf("%v, %+v", err, r)
	}
}

// The second connection to PostgreSQL is for look-ups and those who wait: batches
// are written without it.
func TestBatchSideLost(t *testing.T) {
	s := newShop(t)
	s.apply(v1)
	im := s.batched(v2clean, 4)
	side := im.db.(*postgres).side
	im.db = &stopping{im.db, func(to int64) {
		if to == 4 {
			s.exec("SELECT pg_terminate_backend($1, 5000)", side.PgConn().PID())
		}
	}}
	if r, err := im.Apply(context.Background(), plan.ApplyOptions{}); err != nil || r.Rows != 21 || r.Status != 0 {
		t.Fatalf("%v, %+v", err, r)
	}
}

// A run that cannot be taken up is ended as cut off, and can be taken back.
func TestBatchCutOff(t *testing.T) { eachShop(t, testBatchCutOff) }

func testBatchCutOff(t *testing.T, s *shop) {
	s.apply(v1)
	before := s.dump()
	want := s.apply(v2clean)
	after := s.products()
	s.revert(want.Run)
	for name, meanwhile := range map[string]func() (*plan.Result, error){
		"another file": func() (*plan.Result, error) {
			return s.open(v1).Apply(context.Background(), plan.ApplyOptions{})
		},
		"the table altered": func() (*plan.Result, error) {
			s.exec("ALTER TABLE shop_product ADD more int")
			return s.batched(v2clean, 4).Apply(context.Background(), plan.ApplyOptions{})
		},
	} {
		id := s.interrupted(plan.ApplyOptions{}, 2)
		r, err := meanwhile()
		if err != nil || r.Resumed || r.Run == id {
			t.Fatalf("%s: %v, %+v", name, err, r)
		}
		has(t, s.runs(), "apply cut off 8")
		if name == "the table altered" {
			s.exec("ALTER TABLE shop_product DROP more")
			same(t, "gone on", s.products(), after)
		}
		s.revert(r.Run)
		s.revert(id)
		same(t, "reverted", s.dump(), before)
	}
	id := s.interrupted(plan.ApplyOptions{}, 2) // and a revert ends it itself
	s.revert(id)
	same(t, "reverted", s.dump(), before)
	has(t, s.runs()[len(s.runs())-2], "apply cut off 8")
}

// The plan of a run that was cut off is kept for 7 days. Then an apply begins
// anew, says so, and does the rest; each run can be reverted.
func TestBatchLapsed(t *testing.T) { eachShop(t, testBatchLapsed) }

func testBatchLapsed(t *testing.T, s *shop) {
	s.apply(v1)
	before := s.dump()
	want := s.apply(v2clean)
	after := s.products()
	s.revert(want.Run)
	id := s.interrupted(plan.ApplyOptions{}, 2)
	s.exec("UPDATE " + s.plans + " SET until = " + s.past)
	saved(t, s.open(v1, "name: products", "name: others"), nil) // which drops what has lapsed
	if runs := s.runs(); runs[len(runs)-1] != "apply running 8" {
		t.Error(runs)
	}
	p, err := s.batched(v2clean, 4).Plan(context.Background(), plan.Options{})
	if err != nil {
		t.Fatal(err)
	}
	has(t, p.Table.Notes, "run "+id+" has written 8 of 21 rows, and was cut off; its plan was kept for 7 days: apply would begin anew")
	im := s.batched(v2clean, 4)
	var told []string
	im.Notify = func(e plan.Event) { told = append(told, e.Text) }
	r, err := im.Apply(context.Background(), plan.ApplyOptions{})
	if err != nil || r.Resumed || r.Run == id || r.Rows != 13 {
		t.Fatalf("%v, %+v", err, r)
	}
	has(t, told, "run "+id+" was cut off after 8 of 21 rows and is not taken up: its plan was kept for 7 days; what it has written stays until it is reverted")
	same(t, "gone on", s.products(), after)
	if runs := s.runs(); runs[len(runs)-2] != "apply cut off 8" {
		t.Error(runs)
	}
	s.revert(r.Run)
	s.revert(id)
	same(t, "reverted", s.dump(), before)

	kept := saved(t, s.batched(v2clean, 4), nil)
	id = s.interrupted(plan.ApplyOptions{Plan: kept}, 2)
	s.exec("DELETE FROM " + s.plans)
	_, err = applySaved(kept, s.batched(v2clean, 4), nil)
	has(t, err, "the saved plan cannot be applied: run "+id+" has written 8 of its 21 rows, and has ended: nothing was changed; plan again")
}

// What a batch drifts by or is refused for ends the run: what is written stays,
// and is said.
func TestBatchFails(t *testing.T) {
	job := strings.Replace(shelfJob, "to: {", "transaction: batch\nto: {", 1)
	for name, tc := range map[string]struct{ meanwhile, want, back string }{
		"a row":     {"UPDATE a SET n = 7 WHERE k = 'k3'", "row k3: the row of the table was changed since it was compared: n 3 → 7", "UPDATE a SET n = 3 WHERE k = 'k3'"},
		"the table": {"ALTER TABLE a ADD more int", "altered", ""},
	} {
		eachShelf(t, func(t *testing.T, w *world) {
			w.job = job
			before := w.shelf()
			im, err := w.open(shelfFile...)
			if err != nil {
				t.Fatal(err)
			}
			im.batch = 1
			im.db = &stopping{im.db, func(to int64) {
				if to == 1 {
					w.exec(tc.meanwhile)
				}
			}}
			r, err := im.Apply(context.Background(), plan.ApplyOptions{})
			var part *plan.PartError
			if !errors.As(err, &part) || part.Resumable || r.Status != 1 || r.Rows != 1 || r.Run == "" {
				t.Fatalf("%s: %v, %+v", name, err, r)
			}
			has(t, err, "1 of 3 rows are written: the plan no longer holds: ", tc.want, "nothing of this batch was changed; plan again")
			has(t, w.rows("a"), "k1,1,10,", "k3") // updates are the first
			if tc.back == "" {
				return
			}
			w.exec(tc.back)
			if next := w.apply(shelfFile...); next.Resumed || next.Rows != 2 {
				t.Errorf("%+v", next)
			} else {
				w.revert(next.Run)
			}
			w.revert(r.Run)
			same(t, "reverted", w.shelf(), before)
		})
	}
}

// A row that the database refuses is named, of whatever batch it is.
func TestBatchRefused(t *testing.T) {
	const ddl = "CREATE TABLE a (k int PRIMARY KEY, u int UNIQUE); INSERT INTO a VALUES (1, 1)"
	newWorlds(t, ddl, ddl, "columns:\n  k: {from: k}\n  u: {from: u}\ntransaction: batch\nto: {DATABASE, table: a, key: k}\n", func(w *world) {
		im, err := w.open("k,u", "1,10", "2,2", "3,3", "4,4")
		if err != nil {
			w.Fatal(err)
		}
		im.batch = 2
		im.db = &stopping{im.db, func(to int64) {
			if to == 2 {
				w.exec("INSERT INTO a VALUES (9, 4)")
			}
		}}
		before := w.rows("a")
		r, err := im.Apply(context.Background(), plan.ApplyOptions{})
		var refused *plan.RefusedError
		has(w, err, "2 of 4 rows are written: the database refuses", "row 4: ", "nothing of this batch was changed")
		if !errors.As(err, &refused) || len(refused.Rows) != 1 || r.Rows != 2 {
			w.Errorf("%v, %+v", err, r)
		}
		same(w, "written", w.rows("a"), "(1,10) (2,2) (9,4)")
		w.exec("DELETE FROM a WHERE k = 9")
		w.revert(r.Run)
		same(w, "reverted", w.rows("a"), before)
	})
}

// What the first batch makes for look-ups is found by a run that goes on, and by
// its revert.
func TestBatchMade(t *testing.T) {
	eachShelf(t, func(t *testing.T, w *world) {
		w.job = strings.Replace(shelfJob, "to: {", "transaction: batch\nto: {", 1)
		file := w.file(filepath.Join(t.TempDir(), "in.csv"), "k,kind,n,tags", "k1,old,10,x|z", "k2,old,2,", "k4,spare,4,", "k5,old,5,new", "k6,fresh,6,z", "k7,fresh,7,new|y|z")
		open := func() *Import {
			im, err := w.openFile(file)
			if err != nil {
				t.Fatal(err)
			}
			im.batch = 1
			return im
		}
		before, im := w.shelf(), open()
		intake, stop := context.WithCancelCause(context.Background())
		im.db = &stopping{im.db, func(to int64) { stop(flow.ErrInterrupted) }}
		cut, err := im.Apply(context.Background(), plan.ApplyOptions{Intake: intake})
		has(t, err, "1 of 5 rows are written", "the next apply goes on from there")
		same(t, "made at once", w.rows("tag"), "(1,x) (2,y) (3,z) (4,new)")
		w.exec("INSERT INTO tag (name) VALUES ('w')")
		r, err := open().Apply(context.Background(), plan.ApplyOptions{})
		if err != nil || !r.Resumed || r.Run != cut.Run || r.Rows != 4 {
			t.Fatalf("%v, %+v", err, r)
		}
		if again, err := open().Apply(context.Background(), plan.ApplyOptions{}); err != nil || again.Run != "" {
			t.Errorf("%v, %+v", err, again)
		}
		w.revert(r.Run)
		w.exec("DELETE FROM tag WHERE name = 'w'")
		same(t, "reverted", w.shelf(), before)
	})
}

// A run that only inserts goes on where it was, with a key or without; so does one
// of keys that are several columns.
func TestBatchInserts(t *testing.T) {
	columns := "columns:\n  k: {from: k}\n  l: {from: l}\n  n: {from: n}\ntransaction: batch\n"
	for name, tc := range map[string]struct{ keys, to string }{
		"no key":     {"id %s PRIMARY KEY)", "write: insert"},
		"a key":      {"PRIMARY KEY (k, l))", "key: [k, l], write: insert"},
		"also there": {"PRIMARY KEY (k, l))", "key: [k, l]"},
	} {
		ddl, job := "CREATE TABLE a (k text, l text, n int, "+tc.keys, columns+"to: {DATABASE, table: a, "+tc.to+"}\n"
		sqlite := ddl + " WITHOUT ROWID"
		if name == "no key" {
			ddl, sqlite = fmt.Sprintf(ddl, "serial"), fmt.Sprintf(ddl, "integer")
		}
		newWorlds(t, ddl, sqlite, job, func(w *world) {
			if name == "also there" {
				w.exec("INSERT INTO a (k, l, n) VALUES ('A', 'b', 0), ('c', 'c', 0)")
			}
			file := w.file(filepath.Join(w.TempDir(), "in.csv"), "k,l,n", "a,b,1", "A,b,2", "c,c,0", "a,c,3", "d,d,4")
			run := func(o plan.ApplyOptions, after func(int64)) (*plan.Result, error) {
				im, err := w.openFile(file)
				if err != nil {
					w.Fatal(err)
				}
				im.batch, im.db = 1, &stopping{im.db, after}
				return im.Apply(context.Background(), o)
			}
			before := w.rows("a")
			intake, stop := context.WithCancelCause(context.Background())
			cut, err := run(plan.ApplyOptions{Intake: intake}, func(to int64) {
				if to == 2 {
					stop(flow.ErrInterrupted)
				}
			})
			has(w, err, "2 of ", "the next apply goes on from there")
			r, err := run(plan.ApplyOptions{}, func(int64) {})
			if err != nil || !r.Resumed || r.Run != cut.Run {
				w.Fatalf("%v, %+v", err, r)
			}
			for _, row := range []string{"(a,b,1", "(A,b,2", "(c,c,0", "(a,c,3", "(d,d,4"} {
				if strings.Count(w.rows("a"), row) != 1 {
					w.Errorf("%s: %s", name, w.rows("a"))
				}
			}
			w.revert(r.Run)
			same(w, name, w.rows("a"), before)
		})
	}
}

// A row that leaves its parent has left it before that is deleted.
func TestBatchParents(t *testing.T) {
	const ddl = `CREATE TABLE a (k int PRIMARY KEY, parent int REFERENCES a ON DELETE CASCADE DEFERRABLE INITIALLY DEFERRED);
		INSERT INTO a VALUES (1, NULL), (2, NULL), (3, 1), (4, 1)`
	newWorlds(t, ddl, ddl, "columns:\n  k: {from: k}\n  parent: {from: parent}\ntransaction: batch\nto: {DATABASE, table: a, key: k, write: mirror, max_delete: 50%}\n", func(w *world) {
		im, err := w.open("k,parent", "2,", "3,2", "4,3", "5,2")
		if err != nil {
			w.Fatal(err)
		}
		im.batch = 1
		before := w.rows("a")
		r, err := im.Apply(context.Background(), plan.ApplyOptions{})
		if err != nil || r.Rows != 4 {
			w.Fatalf("%v, %+v", err, r)
		}
		same(w, "written", w.rows("a"), "(2,) (3,2) (4,3) (5,2)")
		w.revert(r.Run)
		same(w, "reverted", w.rows("a"), before)
	})
}

// TestBatchKill kills runs that write batches at random moments: never is there
// half of a batch, the next apply goes on, and what all of it did can be taken
// back.
func TestBatchKill(t *testing.T) {
	t.Parallel()
	eachShop(t, testBatchKill)
}

func testBatchKill(t *testing.T, s *shop) {
	s.apply(v1)
	before := s.dump()
	want := s.apply(v2clean)
	after := s.products()
	s.revert(want.Run)
	m, between := newMoments(t), 0
	for range kills() {
		s.killBatches(m)
		s.alone()
		states := s.runs()
		var n int
		if last := states[len(states)-1]; strings.HasPrefix(last, "apply running") {
			between++
			n, _ = strconv.Atoi(last[strings.LastIndexByte(last, ' ')+1:])
			if n%3 != 0 || n == 0 {
				t.Error(last)
			}
		}
		r, err := s.batched(v2clean, 3).Apply(context.Background(), plan.ApplyOptions{})
		if err != nil || r.Resumed != (n > 0) || r.Resumed && r.Rows != 21-int64(n) {
			t.Fatalf("%v, %+v", err, r)
		}
		same(t, "after a kill and another apply", s.products(), after)
		s.revert(s.lastRun())
		same(t, "reverted", s.dump(), before)
		if t.Failed() {
			t.FailNow()
		}
	}
	if between == 0 {
		t.Errorf("of %d runs none was killed between batches", kills())
	}
}

// killBatches applies the second file in another process, in batches of three,
// and kills that a moment after one of them, or before the first.
func (s *shop) killBatches(m *moments) {
	s.Helper()
	cmd, lines := s.startBatches("")
	for range m.IntN(7) {
		lines.Scan()
	}
	<-time.After(time.Duration(m.Int64N(int64(20 * time.Millisecond))))
	_ = cmd.Process.Kill() // if it goes on
	_ = cmd.Wait()
}
