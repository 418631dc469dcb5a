package sluice_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/seed-128c3863/sluice"
)

// TestMain is also the process that TestKill kills: with a job file in the
// environment it applies that, and ends.
func TestMain(m *testing.M) {
	if file := os.Getenv("SLUICE_TEST_APPLY"); file != "" {
		os.Exit(applyOnce(file))
	}
	status := m.Run()
	os.RemoveAll(built)
	os.Exit(status)
}

func applyOnce(file string) int {
	job, err := sluice.Open(context.Background(), file, sluice.Options{})
	if err == nil {
		_, err = job.Apply(context.Background(), sluice.ApplyOptions{})
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return 0
}

// TestKill kills an apply at random moments: the next one completes it, the
// outputs are those of an undisturbed run, and what was there before can be
// had back.
func TestKill(t *testing.T) {
	const files = 12
	t.Run("folder", func(t *testing.T) {
		kill(t, func() *world { return newWorld(t, files) }, files)
	})
	t.Run("s3sim", func(t *testing.T) {
		sim := startSim(t, "-get-latency", "1ms", "-put-latency", "2ms")
		kill(t, func() *world { return newWorldAt(t, sim, files) }, files)
	})
}

func kill(t *testing.T, world func() *world, files int) {
	kills := 30
	if os.Getenv("SLUICE_SOAK") != "" {
		kills = 3000
	}
	seed := uint64(time.Now().UnixNano())
	t.Logf("seed %d", seed)
	r := rand.New(rand.NewPCG(seed, seed))
	first, second := slices.Repeat([]string{"first"}, files), slices.Repeat([]string{"second"}, files)
	whole := 50 * time.Millisecond
	killed := 0
	for range kills {
		w := world()
		w.apply(sluice.ApplyOptions{})
		for i := range files {
			w.source(i, "second")
		}
		began := time.Now()
		if w.killed(time.Duration(r.Int64N(int64(whole)))) {
			killed++
		} else {
			whole = time.Since(began)
		}
		w.apply(sluice.ApplyOptions{})
		w.want(second...)
		w.ended()
		w.takeAllBack()
		w.want(first...)
		if t.Failed() {
			t.FailNow()
		}
	}
	if killed < kills/3 {
		t.Errorf("only %d of %d runs were killed before they ended", killed, kills)
	}
}

// killed applies the job in another process, and reports whether that was
// killed before it ended.
func (w *world) killed(after time.Duration) bool {
	w.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), after)
	defer cancel()
	cmd := exec.CommandContext(ctx, os.Args[0])
	cmd.Env = append(os.Environ(), "SLUICE_TEST_APPLY="+w.dir+"/job.yaml", "SLUICE_PARAM_IN="+w.params["in"], "SLUICE_PARAM_OUT="+w.params["out"])
	out, err := cmd.CombinedOutput()
	var exit *exec.ExitError
	if err != nil && errors.As(err, &exit) && exit.Exited() {
		w.Fatalf("the apply failed by itself: %s", out)
	}
	return err != nil
}

// takeAllBack reverts every run but the first, newest first.
func (w *world) takeAllBack() {
	w.Helper()
	runs, err := w.open().Runs(context.Background())
	if err != nil {
		w.Fatal(err)
	}
	for i := len(runs) - 1; i > 0; i-- {
		if !strings.HasPrefix(runs[i].Verb, "revert") {
			w.revert(runs[i].ID)
		}
	}
}
