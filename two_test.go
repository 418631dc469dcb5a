package sluice_test

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/seed-128c3863/sluice"
	"github.com/seed-128c3863/sluice/store"
)

// everywhere runs a test in a folder and in a bucket.
func everywhere(t *testing.T, test func(t *testing.T, world func(n int) *world)) {
	t.Run("folder", func(t *testing.T) {
		test(t, func(n int) *world { return newWorld(t, n) })
	})
	t.Run("s3sim", func(t *testing.T) {
		sim := startSim(t, "-get-latency", "1ms", "-put-latency", "2ms")
		test(t, func(n int) *world { return newWorldAt(t, sim, n) })
	})
}

// holding is a store that holds every output back until it is opened.
type holding struct {
	store.Store
	began func()
	open  chan struct{}
}

func (s *holding) Do(ctx context.Context, req store.Request) (store.Answer, error) {
	if req.Op == store.OpPut && strings.HasSuffix(req.Key, ".ndjson") {
		s.began()
		<-s.open
	}
	return s.Store.Do(ctx, req)
}

// TestTwoApplies begins an apply in another process while one goes on: it is
// told of it, and changes nothing.
func TestTwoApplies(t *testing.T) {
	everywhere(t, func(t *testing.T, world func(int) *world) {
		w := world(6)
		began, open := make(chan struct{}), make(chan struct{})
		w.wrap = func(_ string, s store.Store) store.Store {
			return &holding{s, sync.OnceFunc(func() { close(began) }), open}
		}
		job := w.open()
		done := make(chan *sluice.Result, 1)
		go func() {
			r, err := job.Apply(context.Background(), sluice.ApplyOptions{})
			if err != nil {
				t.Error(err)
			}
			done <- r
		}()
		<-began
		host, _ := os.Hostname()
		told := w.sluice("apply", "job.yaml")
		w.ends(told, 1, "another run of this job is going on: run ", " on "+host, fmt.Sprintf("process %d", os.Getpid()), "wait for it", "--takeover")
		w.ends(w.sluice("apply", "job.yaml", "--shard", "1/2"), 1, "another run of this job is going on: run ")
		w.ends(w.sluice("revert", "job.yaml", "1999"), 1, "another run of this job is going on: run ")
		w.ends(w.sluice("plan", "job.yaml"), 0, "6 files: 6 new")
		w.ends(w.sluice("runs", "job.yaml"), 0, "going on")
		close(open)
		r := <-done
		if r == nil || r.Written != 6 || !strings.Contains(told.stderr, r.Run) {
			t.Errorf("the first ended with %+v; the second was told: %s", r, told.stderr)
		}
		w.ends(w.sluice("apply", "job.yaml"), 0, "nothing to do: 6 files: 6 unchanged")
		w.wantAll("first", 6)
		w.clean()
	})
}

// atOnce calls the program in several processes that begin together.
func (w *world) atOnce(calls ...[]string) []ending {
	w.Helper()
	cmds := make([]*exec.Cmd, len(calls))
	for i, args := range calls {
		cmds[i] = w.command(args...)
	}
	endings := make([]ending, len(calls))
	var wg sync.WaitGroup
	for i, cmd := range cmds {
		wg.Go(func() { endings[i] = w.end(cmd) })
	}
	wg.Wait()
	return endings
}

// TestAppliesThatRace begins applies together, again and again: each loads
// everything, or is told of the other.
func TestAppliesThatRace(t *testing.T) {
	everywhere(t, func(t *testing.T, world func(int) *world) {
		w := world(8)
		apply := []string{"apply", "job.yaml"}
		for round := range 4 {
			version := fmt.Sprint("round ", round)
			for i := range 8 {
				w.source(i, version)
			}
			loaded := 0
			for _, e := range w.atOnce(apply, apply, apply, apply) {
				if e.status != 0 {
					w.ends(e, 1, "another run of this job is going on")
				}
				if strings.Contains(e.stdout, "8 outputs written") {
					loaded++
				}
			}
			if loaded != 1 {
				t.Errorf("%d of 4 applies loaded the files, want 1", loaded)
			}
			w.wantAll(version, 8)
			w.ends(w.sluice("plan", "job.yaml", "--exit-code"), 0, "8 unchanged")
			w.clean()
		}
	})
}

// TestShardsAtOnce begins all shards of a job together, again and again: none
// disturbs another, and the ledger knows what each of them did.
func TestShardsAtOnce(t *testing.T) {
	everywhere(t, func(t *testing.T, world func(int) *world) {
		const files, shards = 16, 3
		w := world(files)
		var calls [][]string
		for i := range shards {
			calls = append(calls, []string{"apply", "job.yaml", "--shard", fmt.Sprintf("%d/%d", i+1, shards)})
		}
		for round := range 4 {
			version := fmt.Sprint("round ", round)
			for i := range files {
				w.source(i, version)
			}
			for _, e := range w.atOnce(calls...) {
				w.ends(e, 0)
			}
			w.wantAll(version, files)
			w.ends(w.sluice("plan", "job.yaml", "--exit-code"), 0, "16 unchanged")
			w.clean()
		}
		runs, err := w.open().Runs(context.Background())
		if err != nil || len(runs) != 4*shards {
			t.Errorf("%d runs, want %d: %v", len(runs), 4*shards, err)
		}
	})
}

// A meeting is a store in which a run of a shard takes its lock just after this
// one has taken its own.
type meeting struct {
	store.Store
	other string
}

func (s *meeting) Do(ctx context.Context, req store.Request) (store.Answer, error) {
	a, err := s.Store.Do(ctx, req)
	if err == nil && req.Op == store.OpPut && strings.HasSuffix(req.Key, "/now/lock") {
		_, err = store.Put(ctx, s.Store, req.Key+".1-of-2", []byte(s.other), store.Condition{})
	}
	return a, err
}

// TestRunsThatMeet has two runs take their locks at the same time, of which
// neither has seen the other's: it is found before anything is written.
func TestRunsThatMeet(t *testing.T) {
	everywhere(t, func(t *testing.T, world func(int) *world) {
		w := world(2)
		before := w.files(func(string) bool { return true })
		w.wrap = func(_ string, s store.Store) store.Store {
			return &meeting{s, `{"run":"met.1-of-2","host":"elsewhere","space":"s","pid":1}`}
		}
		if _, err := w.open().Apply(context.Background(), sluice.ApplyOptions{}); !errors.Is(err, sluice.ErrLocked) || !strings.Contains(err.Error(), "run met.1-of-2 on elsewhere") {
			t.Errorf("got %v", err)
		}
		after := w.files(func(name string) bool { return !strings.HasSuffix(name, "/now/lock.1-of-2") })
		if !maps.Equal(before, after) {
			t.Errorf("left behind: %v", slices.Sorted(maps.Keys(after)))
		}
	})
}

// TestNextRunClearsAway follows what a run leaves: its lock and its journal,
// until the next one has begun.
func TestNextRunClearsAway(t *testing.T) {
	everywhere(t, func(t *testing.T, world func(int) *world) {
		w := world(2)
		left := func() (names []string) {
			for name := range w.files(func(name string) bool { return strings.Contains(name, "/now/") && !strings.Contains(name, "/gen-") }) {
				names = append(names, name)
			}
			slices.Sort(names)
			return names
		}
		first := w.apply(sluice.ApplyOptions{})
		names := left()
		if len(names) != 2 || !strings.Contains(names[0], "/live/"+first.Run+"~plan-") || !strings.HasSuffix(names[1], "/now/lock") {
			t.Errorf("after a run: %v", names)
		}
		w.source(1, "second")
		second := w.apply(sluice.ApplyOptions{})
		if names = left(); len(names) != 2 || !strings.Contains(names[0], second.Run) {
			t.Errorf("after the next: %v", names)
		}
		w.revert(second.Run)
		if names = left(); len(names) != 2 || !strings.Contains(names[0], "~undo-") {
			t.Errorf("after a revert: %v", names)
		}
		w.want("first", "first")
		w.source(1, "first")
		w.apply(sluice.ApplyOptions{})
		w.apply(sluice.ApplyOptions{}) // with nothing to do
		if names = left(); len(names) != 0 {
			t.Errorf("after one with nothing to do: %v", names)
		}
	})
}
