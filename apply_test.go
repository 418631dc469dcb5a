package sluice_test

import (
	"context"
	"errors"
	"strings"
	"sync"
	"testing"

	"github.com/seed-128c3863/sluice"
	"github.com/seed-128c3863/sluice/store"
)

func (w *world) expectPlan(want string) {
	w.Helper()
	if got := w.plan(); got != want {
		w.Errorf("plan: %s\nwant: %s", got, want)
	}
}

func TestApplyDoesWhatIsNewOrChanged(t *testing.T) {
	w := newWorld(t, 3)
	w.expectPlan("3 files: 3 new")
	w.apply(sluice.ApplyOptions{})
	w.want("first", "first", "first")
	w.clean()
	w.expectPlan("3 files: 3 unchanged")
	if r := w.apply(sluice.ApplyOptions{}); r.Run != "" || r.Status != 0 {
		t.Errorf("a second apply made run %q, status %d", r.Run, r.Status)
	}
	w.source(1, "second")
	w.source(3, "new")
	w.remove("in/2.json")
	w.expectPlan("4 files: 1 new, 1 changed, 1 unchanged, 1 gone")
	w.apply(sluice.ApplyOptions{})
	w.want("first", "second", "first", "new")
	w.remove("out/0.ndjson")
	w.write("out/3.ndjson", "someone else's")
	w.expectPlan("4 files: 2 changed, 1 unchanged, 1 gone")
	w.apply(sluice.ApplyOptions{})
	w.want("first", "second", "first", "new")
	if r := w.apply(sluice.ApplyOptions{Again: true}); r.Written != 3 {
		t.Errorf("again wrote %d outputs, want 3", r.Written)
	}
	w.clean()
}

func TestAChangedJobDoesAllAgain(t *testing.T) {
	w := newWorld(t, 2)
	w.apply(sluice.ApplyOptions{})
	w.write("job.yaml", "# a comment changes nothing\n"+worldJob)
	w.expectPlan("2 files: 2 unchanged")
	w.write("job.yaml", strings.Replace(worldJob, "value: row.name", "value: upper(row.name)", 1))
	w.expectPlan("2 files: 2 changed")
}

func TestBadFilesAndRows(t *testing.T) {
	w := newWorld(t, 2)
	w.write("in/cut.json", `[{"id":1,"name":"a"},{"id":`)
	w.write("in/zero.json", "")
	w.write("in/empty.json", "[]")
	w.write("in/rows.json", `[{"id":1,"name":"a"},{"id":"2"},{"name":"c"},7]`)
	w.write("in/allbad.json", `[{"id":"x"}]`)
	r := w.apply(sluice.ApplyOptions{})
	if r.Status != 3 || len(r.Invalid) != 3 || r.Rejects != 3 || r.Written != 3 || r.Empty != 1 {
		t.Errorf("result %+v", r)
	}
	why := map[string]string{}
	for _, p := range r.Invalid {
		why[p.File[strings.LastIndex(p.File, "/")+1:]] = p.Why
	}
	for file, part := range map[string]string{"cut.json": "byte 28", "zero.json": "empty", "allbad.json": "every row is bad"} {
		if !strings.Contains(why[file], part) {
			t.Errorf("%s: %q, want %q in it", file, why[file], part)
		}
	}
	rejects := w.files(func(name string) bool { return strings.HasSuffix(name, ".csv") })
	if len(rejects) != 1 {
		t.Fatalf("%d rejects files", len(rejects))
	}
	for _, text := range rejects {
		if n := strings.Count(text, "\n"); n != 5 || !strings.HasPrefix(text, "file,row,line,column,value,reason,record\n") {
			t.Errorf("rejects:\n%s", text)
		}
	}
	// The status tells the state: nothing changed, and bad files are tried again.
	r = w.apply(sluice.ApplyOptions{})
	if r.Status != 3 || len(r.Invalid) != 3 || r.Rejects != 3 || r.Written != 0 {
		t.Errorf("second result %+v", r)
	}
	w.write("in/rows.json", `[{"id":1,"name":"a"}]`)
	w.remove("in/cut.json")
	w.remove("in/zero.json")
	w.remove("in/allbad.json")
	if r = w.apply(sluice.ApplyOptions{}); r.Status != 0 || r.Rejects != 0 {
		t.Errorf("mended result %+v", r)
	}
}

func TestRevertPutsBackWhatWasThere(t *testing.T) {
	w := newWorld(t, 3)
	first := w.apply(sluice.ApplyOptions{})
	w.source(0, "second")
	w.source(3, "new")
	second := w.apply(sluice.ApplyOptions{})
	w.want("second", "first", "first", "new")
	var conflict interface{ error }
	if _, err := w.open().Revert(context.Background(), first.Run, sluice.RevertOptions{}); !errors.As(err, &conflict) || !strings.Contains(err.Error(), "revert that first") {
		t.Errorf("reverting an older run: %v", err)
	}
	back := w.revert(second.Run)
	w.want("first", "first", "first")
	w.expectPlan("4 files: 1 new, 1 changed, 2 unchanged")
	if r := w.revert(second.Run); r.Run != "" {
		t.Error("a run was taken back twice")
	}
	w.revert(back.Run)
	w.want("second", "first", "first", "new")
	w.expectPlan("4 files: 4 unchanged")
	w.revert(second.Run[:len(second.Run)-1])
	w.revert(first.Run)
	w.want()
	w.expectPlan("4 files: 4 new")
	w.clean()
}

func TestRevertRefusesWhatSomeoneChanged(t *testing.T) {
	w := newWorld(t, 3)
	r := w.apply(sluice.ApplyOptions{})
	w.write("out/1.ndjson", "mine")
	if _, err := w.open().Revert(context.Background(), r.Run, sluice.RevertOptions{}); err == nil || !strings.Contains(err.Error(), "changed since by someone else") {
		t.Errorf("got %v", err)
	}
	back, err := w.open().Revert(context.Background(), r.Run, sluice.RevertOptions{SkipConflicts: true})
	if err != nil || back.Removed != 2 || len(back.Skipped) != 1 {
		t.Errorf("got %+v, %v", back, err)
	}
	if got := w.outputs(); len(got) != 1 || got["1.ndjson"] != "mine" {
		t.Errorf("left: %v", got)
	}
}

func TestKeepBoundsWhatIsKept(t *testing.T) {
	w := newWorld(t, 1)
	for _, v := range []string{"a", "b", "c", "d", "e", "f"} {
		w.source(0, v)
		w.apply(sluice.ApplyOptions{})
	}
	kept := w.files(func(name string) bool { return strings.Contains(name, "/kept/") })
	if len(kept) != 3 {
		t.Errorf("%d outputs are kept, want 3", len(kept))
	}
}

func TestASavedPlanIsAppliedAsItIsOrNotAtAll(t *testing.T) {
	for name, move := range map[string]func(*world){
		"source changed":   func(w *world) { w.source(1, "moved") },
		"source removed":   func(w *world) { w.remove("in/1.json") },
		"output appeared":  func(w *world) { w.write("out/1.ndjson", "mine") },
		"output changed":   func(w *world) { w.write("out/0.ndjson", "mine") },
		"applied meantime": func(w *world) { w.apply(sluice.ApplyOptions{}) },
		"job changed": func(w *world) {
			w.write("job.yaml", strings.Replace(worldJob, "row.name", "upper(row.name)", 1))
		},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, 1)
			w.apply(sluice.ApplyOptions{})
			w.source(0, "second")
			w.source(1, "new")
			p, err := w.open().Plan(context.Background(), sluice.PlanOptions{})
			if err != nil {
				t.Fatal(err)
			}
			move(w)
			before := short(w.outputs())
			_, err = w.open().Apply(context.Background(), sluice.ApplyOptions{Plan: p})
			if err == nil || !strings.Contains(err.Error(), "nothing was changed") {
				t.Errorf("got %v", err)
			}
			if after := short(w.outputs()); strings.Join(before, "\n") != strings.Join(after, "\n") {
				t.Errorf("outputs were %v, are %v", before, after)
			}
			w.clean()
		})
	}
	w := newWorld(t, 2)
	p, err := w.open().Plan(context.Background(), sluice.PlanOptions{})
	if err != nil {
		t.Fatal(err)
	}
	w.source(2, "came later")
	w.apply(sluice.ApplyOptions{Plan: p})
	w.want("first", "first")
}

func TestTwoSourcesWithOneOutput(t *testing.T) {
	w := newWorld(t, 2)
	w.write("job.yaml", strings.Replace(worldJob, "{out}/{part}.ndjson", "{out}/all.ndjson", 1))
	_, err := w.open().Plan(context.Background(), sluice.PlanOptions{})
	if err == nil || !strings.Contains(err.Error(), "/in/0.json and ") || !strings.Contains(err.Error(), "/in/1.json the same output") {
		t.Errorf("got %v", err)
	}
}

var errBroken = &store.Error{Op: "test", URL: "file://", Kind: store.BadStore, Err: errors.New("broken on purpose")}

// TestAFaultAtEveryCall fails the n-th request of an apply, for every n, for
// good: what is there afterwards is old or new, whole, and the next apply
// completes the rest, which reverts to what there was before.
func TestAFaultAtEveryCall(t *testing.T) {
	const limit = 200
	for _, after := range []bool{false, true} {
		for n := int64(1); ; n++ {
			if n == limit {
				t.Fatalf("an apply of four files makes more than %d requests", limit)
			}
			w := newWorld(t, 3)
			w.apply(sluice.ApplyOptions{})
			w.source(0, "second")
			w.source(1, "second")
			w.source(3, "second")
			if !w.applyWithFault(n, after) {
				break
			}
			w.wrap = nil
			w.apply(sluice.ApplyOptions{Takeover: true}) // the lock could not be given back either
			w.want("second", "second", "first", "second")
			w.clean()
			runs, err := w.open().Runs(context.Background())
			if err != nil {
				t.Fatal(err)
			}
			for i := len(runs) - 1; i > 0; i-- {
				w.revert(runs[i].ID)
			}
			w.want("first", "first", "first")
			if t.Failed() {
				t.Fatalf("request %d failed (after it was carried out: %v)", n, after)
			}
		}
	}
}

// applyWithFault reports whether there was a request n to fail.
func (w *world) applyWithFault(n int64, after bool) bool {
	var mu sync.Mutex
	var seen int64
	failed := false
	w.wrap = func(_ string, s store.Store) store.Store {
		return store.Fault(s, func(_ int64, req store.Request) store.Failure {
			mu.Lock()
			defer mu.Unlock()
			if seen++; seen < n {
				return store.Failure{}
			}
			f := store.Failure{Before: errBroken}
			if seen == n && after {
				f = store.Failure{After: errBroken}
			}
			failed = true
			return f
		})
	}
	_, err := w.open().Apply(context.Background(), sluice.ApplyOptions{})
	if failed && err == nil {
		w.Logf("request %d failed, and apply did not say so", n)
	}
	return failed
}
