package main

import (
	"context"
	"fmt"
	"math"
	"os"
	"runtime/debug"
	"strings"
	"testing"
	"time"

	"github.com/seed-128c3863/sluice/flow"
	"github.com/seed-128c3863/sluice/table"
)

// TestInterrupted says what ended a call, in whatever words it was passed on.
func TestInterrupted(t *testing.T) {
	signals := make(chan os.Signal, 1)
	stop, done := flow.NewStop(context.Background(), signals, time.Minute)
	defer done()
	signals <- os.Interrupt
	<-stop.Intake.Done()
	var out strings.Builder
	a := &app{stop: stop, err: &out}
	if status := a.exit(fmt.Errorf("query: %w", context.Canceled)); status != 130 || out.String() != "sluice: interrupted by signal: interrupt\n" {
		t.Errorf("status %d: %s", status, out.String())
	}
}

// TestNoTemporaryFiles says where they are made, for rows of SQLite.
func TestNoTemporaryFiles(t *testing.T) {
	folder(t)
	if err := table.MakeSQLite(context.Background(), "shop.db", "CREATE TABLE a (k int PRIMARY KEY)"); err != nil {
		t.Fatal(err)
	}
	write(t, "in.csv", "k\n1\n")
	write(t, "job.yaml", "sluice: 1\nname: a\nfrom: {files: in.csv}\ncolumns: {k: {from: k}}\nto: {database: sqlite://shop.db, table: a, key: k}\n")
	t.Setenv("TMPDIR", "none")
	if status, _, stderr := call(t, "plan", "job.yaml"); status != 1 || !strings.Contains(stderr, "sluice: hint: TMPDIR names another folder") {
		t.Errorf("status %d: %s", status, stderr)
	}
}

// TestMemoryLimit holds the collector to a little less than limits.memory,
// unless the environment says what it is to be held to.
func TestMemoryLimit(t *testing.T) {
	defer debug.SetMemoryLimit(debug.SetMemoryLimit(-1))
	for name, tc := range map[string]struct {
		job, env string
		want     int64
	}{
		"the default":     {"", "", 224 << 20},
		"of the job":      {"limits: {memory: 64MiB}\n", "", 56 << 20},
		"the environment": {"limits: {memory: 64MiB}\n", "1GiB", math.MaxInt64},
	} {
		t.Run(name, func(t *testing.T) {
			debug.SetMemoryLimit(math.MaxInt64)
			t.Setenv("GOMEMLIMIT", tc.env)
			folder(t)
			write(t, "job.yaml", badJob+tc.job)
			if status, _, stderr := call(t, "plan", "job.yaml"); status != 0 {
				t.Fatal(stderr)
			}
			if got := debug.SetMemoryLimit(-1); got != tc.want {
				t.Errorf("the limit is %d bytes, want %d", got, tc.want)
			}
		})
	}
}

// TestCollectsSeldom leaves how often memory is collected to the environment,
// if that says it.
func TestCollectsSeldom(t *testing.T) {
	defer debug.SetGCPercent(debug.SetGCPercent(100))
	defer debug.SetMemoryLimit(debug.SetMemoryLimit(-1))
	for env, want := range map[string]int{"50": 100, "": 400} {
		t.Setenv("GOGC", env)
		limitMemory(64 << 20)
		if got := debug.SetGCPercent(100); got != want {
			t.Errorf("GOGC=%q: the percentage is %d, want %d", env, got, want)
		}
	}
}

func TestQuote(t *testing.T) {
	for word, want := range map[string]string{
		"job.yaml": "job.yaml", "s3://raw/a.json": "s3://raw/a.json", "day=2024-04-17": "day=2024-04-17",
		"": "''", "my job": "'my job'", "it's": `'it'\''s'`, "$HOME": "'$HOME'", "a*": "'a*'", "a\nb": "'a\nb'", "~": "'~'",
	} {
		if got := quote(word); got != want {
			t.Errorf("%q: got %s, want %s", word, got, want)
		}
	}
}
