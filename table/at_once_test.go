package table

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/seed-128c3863/sluice/flow"
	"github.com/seed-128c3863/sluice/plan"
)

// A second run of a job waits for the first, and then finds what that has left.
func TestSecondWaits(t *testing.T) { eachShop(t, testSecondWaits) }

func testSecondWaits(t *testing.T, s *shop) {
	s.apply(v1)
	first, second := s.open(v2clean), s.open(v2clean)
	holds, waits := &plan.Progress{}, &plan.Progress{}
	var after *plan.Result
	err := flow.Together(context.Background(), func(ctx context.Context) error {
		_, err := first.Apply(ctx, plan.ApplyOptions{Progress: holds, Confirm: func(*plan.Plan) (bool, error) {
			until(ctx, waits, plan.Waiting)
			return true, ctx.Err()
		}})
		return err
	}, func(ctx context.Context) (err error) {
		until(ctx, holds, "comparing")
		after, err = second.Apply(ctx, plan.ApplyOptions{Progress: waits})
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	if after.Run != "" || after.Counts[plan.New]+after.Counts[plan.Update] != 0 {
		t.Errorf("the second one: %+v", after)
	}
	s.revert(s.lastRun())
	same(t, "reverted", s.products(), s.byHand(v1))
}

// until returns when a run has come to a phase.
func until(ctx context.Context, p *plan.Progress, phase string) {
	for p.Phase() != phase && ctx.Err() == nil {
		runtime.Gosched()
	}
}

// Who waits is told for whom, does so no longer than the job says, and can be
// interrupted.
func TestWaitsInVain(t *testing.T) { eachShop(t, testWaitsInVain) }

func testWaitsInVain(t *testing.T, s *shop) {
	s.apply(v1)
	run := s.lastRun()
	im, brief, long := s.open(v2clean), s.open(v2clean, "to:\n", "to:\n  lock_timeout: 100ms\n"), s.open(v2clean)
	_, err := im.Apply(context.Background(), plan.ApplyOptions{Confirm: func(*plan.Plan) (bool, error) {
		_, err := brief.Apply(context.Background(), plan.ApplyOptions{})
		locks(t, err)
		_, err = brief.Revert(context.Background(), run, plan.RevertOptions{})
		locks(t, err)
		if _, err := brief.Plan(context.Background(), plan.Options{}); err != nil {
			t.Error("a plan:", err)
		}
		stopped := errors.New("a signal came")
		intake, stop := context.WithCancelCause(context.Background())
		waits := &plan.Progress{}
		_ = flow.Together(context.Background(), func(ctx context.Context) error {
			_, err = long.Apply(ctx, plan.ApplyOptions{Intake: intake, Progress: waits})
			return nil
		}, func(context.Context) error {
			until(context.Background(), waits, plan.Waiting)
			stop(stopped)
			return nil
		})
		if !errors.Is(err, stopped) {
			t.Errorf("interrupted: %v", err)
		}
		return true, nil
	}})
	if err != nil {
		t.Error(err)
	}
}

func locks(t *testing.T, err error) {
	t.Helper()
	if !errors.Is(err, plan.ErrLocked) {
		t.Errorf("%v", err)
	}
	has(t, err, "process ", "since ", "nothing was changed", "to.lock_timeout")
}

// Runs that begin at once, of one process or of two, leave the table as they do
// one after the other.
func TestAtOnce(t *testing.T) {
	eachDatabase(t, func(t *testing.T, open func(testing.TB) *shop) {
		s := open(t)
		s.apply(v1)
		one := s.products()
		s.apply(v2clean)
		two := s.products()
		s.apply(v1)
		three := s.products()
		for what, tc := range map[string]struct {
			before [2]string // files
			runs   [2]string
			want   []string // what the one order leaves, and the other
		}{
			"the same file":    {[2]string{v1, v1}, [2]string{"apply " + v2clean, "apply " + v2clean}, []string{two}},
			"two files":        {[2]string{v1, v1}, [2]string{"apply " + v1, "apply " + v2clean}, []string{two, three}},
			"apply and revert": {[2]string{v1, v2clean}, [2]string{"apply " + v2clean, "revert RUN"}, []string{two, one, three}}, // three: if the first time round left two
			"two reverts":      {[2]string{v1, v2clean}, [2]string{"revert RUN", "revert RUN"}, []string{one}},
		} {
			t.Run(what, func(t *testing.T) { testAtOnce(t, open, tc.before, tc.runs, tc.want) })
		}
	})
}

func testAtOnce(t *testing.T, open func(testing.TB) *shop, before, runs [2]string, want []string) {
	s := open(t)
	for _, where := range []func(*shop, string) error{(*shop).runHere, (*shop).runElsewhere} {
		for _, file := range before { // or the second time round it is there already
			s.apply(file)
		}
		last := s.lastRun()
		var both []func(context.Context) error
		for _, run := range runs {
			both = append(both, func(context.Context) error { return where(s, strings.ReplaceAll(run, "RUN", last)) })
		}
		if err := flow.Together(context.Background(), both...); err != nil {
			t.Fatal(err)
		}
		if got := s.products(); !slices.Contains(want, got) {
			same(t, "neither order", got, want[0])
		}
	}
}

func (s *shop) runHere(what string) error { return runOnce(s.url, what) }

func (s *shop) runElsewhere(what string) error {
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), "SLUICE_TEST_RUN_ON="+s.url, "SLUICE_TEST_RUN="+what)
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("%w: %s", err, out)
	}
	return nil
}

// Runs of one job that begin together, on a database that has no state yet, make
// each row and each row of a look-up once.
func TestRace(t *testing.T) { newWorlds(t, articles, articlesOfSQLite, articleJob, testRace) }

func testRace(w *world) {
	file := []string{"code,kind,twin,n,tags", "a,new,old,1,red|blue", "b,new,,2,green", "c,,,3,"}
	var all []func(context.Context) error
	var results [6]*plan.Result
	for i := range results {
		im, err := w.open(file...)
		if err != nil {
			w.Fatal(err)
		}
		all = append(all, func(ctx context.Context) (err error) {
			results[i], err = im.Apply(ctx, plan.ApplyOptions{})
			return err
		})
	}
	if err := flow.Together(context.Background(), all...); err != nil {
		w.Fatal(err)
	}
	wrote := int64(0)
	for _, r := range results {
		wrote += r.Rows
	}
	if wrote != 3 {
		w.Errorf("%d rows were written in all, want 3", wrote)
	}
	same(w, "once", w.rows("article", "tag"), "(1,a,2,1,1) (2,b,2,,2) (3,c,,,3)\n(1,red) (2,blue) (3,green)")
}

// Another job waits for nobody: of two that touch the same row the second drifts.
func TestTwoJobs(t *testing.T) {
	const ddl = "CREATE TABLE a (k int PRIMARY KEY, v text); INSERT INTO a VALUES (1, 'a')"
	newWorlds(t, ddl, ddl, plainJob, func(w *world) {
		im, err := w.open("k,v", "1,b", "2,b")
		if err != nil {
			w.Fatal(err)
		}
		_, err = im.Apply(context.Background(), plan.ApplyOptions{Confirm: func(*plan.Plan) (bool, error) {
			w.name = "another"
			w.apply("k,v", "1,c", "3,c")
			return true, nil
		}})
		has(w, err, "in.csv: row 1", "was changed")
		same(w, "the other one's", w.rows("a"), "(1,c) (3,c)")
	})
}
