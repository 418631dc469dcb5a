package stage

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/seed-128c3863/sluice/plan"
	"github.com/seed-128c3863/sluice/store"
)

func ledgerIn(t *testing.T, dir string) (*ledger, *sight) {
	t.Helper()
	l, seen, err := openLedger(context.Background(), store.Local(), dir+"/", "job")
	if err != nil {
		t.Fatal(err)
	}
	return l, seen
}

// done is a change of a source in a run; text makes it differ from others.
func done(source, run, text string) change {
	return change{entry: entry{Source: source, Run: run, State: stateDone, Output: source + ".out", OETag: text}}
}

func writeRun(t *testing.T, l *ledger, id string, changes ...change) {
	t.Helper()
	if err := l.write(context.Background(), plan.Run{ID: id, Verb: "apply", State: "done"}, changes, nil, 3); err != nil {
		t.Fatal(err)
	}
}

// inLedger returns what the ledger in dir knows: OETag by source.
func inLedger(t *testing.T, dir string) map[string]string {
	t.Helper()
	l, _ := ledgerIn(t, dir)
	known := map[string]string{}
	for source, e := range l.files {
		known[source] = e.OETag
	}
	return known
}

// Later runs override earlier ones, also when segments are merged; what was
// taken back is not known.
func TestLedgerKnowsTheLastOfEach(t *testing.T) {
	dir, want := t.TempDir(), map[string]string{}
	for i := range 40 {
		l, seen := ledgerIn(t, dir)
		stale := l.stale(seen)
		id := fmt.Sprintf("r%02d", i)
		own, shared, gone := fmt.Sprint("own", i), fmt.Sprint("shared", i%3), fmt.Sprint("own", i-5)
		changes := []change{done(own, id, id), done(shared, id, id)}
		want[own], want[shared] = id, id
		if i%4 == 3 && want[gone] != "" {
			changes = append(changes, change{entry: entry{Source: gone, State: stateNone}})
			delete(want, gone)
		}
		writeRun(t, l, id, changes...)
		for _, key := range stale {
			if err := store.Delete(context.Background(), l.store, key); err != nil {
				t.Fatal(err)
			}
		}
		if got := inLedger(t, dir); !maps.Equal(got, want) {
			t.Fatalf("after run %d: %v\nwant %v", i, got, want)
		}
	}
	l, _ := ledgerIn(t, dir)
	if n := len(l.gen.Segments); n > maxSegs {
		t.Errorf("%d segments", n)
	}
	if l.gen.Number != 40 || len(l.gen.Runs) != 40 {
		t.Errorf("generation %d with %d runs", l.gen.Number, len(l.gen.Runs))
	}
	for i, r := range l.gen.Runs {
		if i >= 37 && r.Segment == "" {
			t.Errorf("run %s, one of the last three, can no longer be taken back", r.ID)
		}
	}
	gens, _ := filepath.Glob(dir + "/_sluice/job/now/gen-*")
	if len(gens) > keepGens+1 {
		t.Errorf("%d generations are left", len(gens))
	}
}

// A run whose changes are too many for the generation has a segment of its own.
func TestLedgerLargeSegments(t *testing.T) {
	dir, want := t.TempDir(), map[string]string{}
	for i := range 3 {
		l, _ := ledgerIn(t, dir)
		var changes []change
		for n := range 3000 {
			c := done(fmt.Sprint("s3://raw/", i, "/", n), "r", token()+token()+token()+token())
			want[c.Source] = c.OETag
			changes = append(changes, c)
		}
		writeRun(t, l, fmt.Sprint("r", i), changes...)
	}
	if got := inLedger(t, dir); !maps.Equal(got, want) {
		t.Errorf("%d sources are known, want %d", len(got), len(want))
	}
	if segs, _ := filepath.Glob(dir + "/_sluice/job/seg/*"); len(segs) != 3 {
		t.Errorf("segments %v", segs)
	}
}

// Of two that commit at once the second adds to what the first wrote.
func TestLedgerTwoCommitAtOnce(t *testing.T) {
	dir := t.TempDir()
	first, _ := ledgerIn(t, dir)
	writeRun(t, first, "r0", done("a", "r0", "0"), done("b", "r0", "0"))
	a, _ := ledgerIn(t, dir)
	b, _ := ledgerIn(t, dir)
	writeRun(t, a, "r1", done("a", "r1", "1"))
	writeRun(t, b, "r2", done("b", "r2", "2"), done("c", "r2", "2"))
	if got, want := inLedger(t, dir), (map[string]string{"a": "1", "b": "2", "c": "2"}); !maps.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
	var ids []string
	l, _ := ledgerIn(t, dir)
	for _, r := range l.gen.Runs {
		ids = append(ids, r.ID)
	}
	if !slices.Equal(ids, []string{"r0", "r1", "r2"}) || l.gen.Number != 3 {
		t.Errorf("runs %v in generation %d", ids, l.gen.Number)
	}
}

// What a generation no longer needs is deleted once: by a run that began with
// that generation, or by a later one, if a run that began before has written
// another.
func TestLedgerDropped(t *testing.T) {
	ctx, dir := context.Background(), t.TempDir()
	first, seen := ledgerIn(t, dir)
	drop := func(name string) func(g *generation) error {
		return func(g *generation) error { g.Dropped = append(g.Dropped, name); return nil }
	}
	first.stale(seen)
	if err := first.commit(ctx, drop("old")); err != nil {
		t.Fatal(err)
	}
	a, seenA := ledgerIn(t, dir)
	b, seenB := ledgerIn(t, dir)
	old := dir + "/_sluice/job/seg/old"
	if keys := a.stale(seenA); !slices.Equal(keys, []string{old}) {
		t.Errorf("the first deletes %v", keys)
	}
	b.stale(seenB)
	if err := errors.Join(a.commit(ctx, drop("older")), b.commit(ctx, drop("newer"))); err != nil {
		t.Fatal(err)
	}
	if c, _ := ledgerIn(t, dir); !slices.Equal(c.gen.Dropped, []string{"older", "newer"}) {
		t.Errorf("the next deletes %v", c.gen.Dropped)
	}
}

func TestLedgerEditFails(t *testing.T) {
	dir := t.TempDir()
	l, _ := ledgerIn(t, dir)
	writeRun(t, l, "r0", done("a", "r0", "0"))
	no := errors.New("no")
	if err := l.commit(context.Background(), func(g *generation) error { g.Runs[0].ID = "other"; return no }); !errors.Is(err, no) {
		t.Errorf("got %v", err)
	}
	if l.gen.Number != 1 || l.gen.Runs[0].ID != "r0" {
		t.Errorf("the generation became %+v", l.gen)
	}
}

func TestLedgerDamaged(t *testing.T) {
	for name, text := range map[string]string{"empty": "", "cut": `{"number":1,"segments":["r0"`, "no segment": `{"number":1,"segments":["r0"]}`} {
		dir := t.TempDir()
		writeFile(t, dir+"/_sluice/job/now/gen-000000000001", text)
		_, _, err := openLedger(context.Background(), store.Local(), dir+"/", "job")
		if err == nil || !strings.Contains(err.Error(), "the ledger "+dir+"/_sluice/job/") {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func writeFile(t *testing.T, name, text string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(name, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}

func TestLedgerRun(t *testing.T) {
	l := &ledger{dir: "s3://b/_sluice/job/", gen: generation{Runs: []plan.Run{{ID: "20240417T100000Z-1aa"}, {ID: "20240417T110000Z-2bb"}, {ID: "20240417T110000Z-2bb.1-of-2"}, {ID: "20240418T"}}}}
	for id, want := range map[string]string{
		"20240417T100000Z-1aa": "20240417T100000Z-1aa",
		"20240417T10":          "20240417T100000Z-1aa",
		"20240417T110000Z-2bb": "20240417T110000Z-2bb",
		"20240418":             "20240418T",
		"20240417":             `run "20240417" could be 20240417T100000Z-1aa or 20240417T110000Z-2bb: write more of it`,
		"2023":                 "no run \"2023\" of this job is known at s3://b/_sluice/job/",
		"":                     `no run ""`,
	} {
		r, err := l.run(id)
		if got := fmt.Sprint(r.ID, err); !strings.HasPrefix(got, want) {
			t.Errorf("%q: %s, want %s", id, got, want)
		}
	}
}

func TestKeptKey(t *testing.T) {
	l := &ledger{dir: "_sluice/job/"}
	if got, want := l.keptKey("r1", "a/b.parquet"), "_sluice/job/kept/r1/a/b.parquet.kept"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}
