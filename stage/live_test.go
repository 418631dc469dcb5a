package stage

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/seed-128c3863/sluice/plan"
	"github.com/seed-128c3863/sluice/source"
	"github.com/seed-128c3863/sluice/store"
)

func TestLook(t *testing.T) {
	dir := t.TempDir()
	for _, name := range []string{
		"now/gen-000000000009", "now/gen-000000000010", "now/lock", "now/lock.1-of-2",
		"now/live/r1~plan-1", "now/live/r1~part-000001-x", "now/live/r2.1-of-2~undo-1",
		"seg/r0", "kept/r0/a.kept", "now/other",
	} {
		writeFile(t, dir+"/_sluice/job/"+name, "")
	}
	writeFile(t, dir+"/_sluice/job2/now/gen-000000000099", "")
	seen, err := look(context.Background(), store.Local(), dir+"/_sluice/job/")
	if err != nil {
		t.Fatal(err)
	}
	at := dir + "/_sluice/job/"
	if seen.newest != at+"now/gen-000000000010" || !slices.Equal(seen.older, []string{at + "now/gen-000000000009"}) {
		t.Errorf("newest %s, older %v", seen.newest, seen.older)
	}
	if len(seen.locks) != 2 || seen.locks[0].Key != at+"now/lock" || seen.locks[1].Key != at+"now/lock.1-of-2" || seen.locks[1].ETag == "" {
		t.Errorf("locks %v", seen.locks)
	}
	var left []string
	for _, r := range seen.left {
		left = append(left, fmt.Sprintf("%s %s%s %d", r.id, r.verb(), r.shard(), len(r.keys)))
	}
	if want := []string{"r1 apply 2", "r2.1-of-2 revert.1-of-2 1"}; !slices.Equal(left, want) {
		t.Errorf("left %q, want %q", left, want)
	}
}

// What a journal writes is what the next run reads of it.
func TestJournal(t *testing.T) {
	ctx, dir := context.Background(), t.TempDir()
	j := &journal{store: store.Local(), prefix: dir + "/_sluice/job/now/live/r1~"}
	intents := []intent{{Source: "a", Output: "a.out", Prior: prior{ETag: "1"}}, {Source: "b", Output: "b.out"}}
	if err := j.intend(ctx, "plan-", intents); err != nil {
		t.Fatal(err)
	}
	var want []change
	for i := range partMost + 3 {
		c := done(fmt.Sprint(i), "r1", "")
		want = append(want, c)
		if err := j.record(ctx, c); err != nil {
			t.Fatal(err)
		}
	}
	if parts, _ := filepath.Glob(j.prefix + "part-*"); len(parts) != 1 {
		t.Errorf("parts before the flush: %v", parts)
	}
	j.flush(ctx)
	j.flush(ctx) // with nothing to write
	seen, err := look(ctx, j.store, dir+"/_sluice/job/")
	if err != nil || len(seen.left) != 1 {
		t.Fatal(seen, err)
	}
	r := seen.left[0]
	if err := r.read(ctx, j.store); err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(r.changes, want) || !reflect.DeepEqual(j.all(), want) {
		t.Errorf("%d changes came back, the journal has %d; want %d", len(r.changes), len(j.all()), len(want))
	}
	if !reflect.DeepEqual(r.intents, map[string]prior{"a.out": {ETag: "1"}, "b.out": {}}) || r.sources["b.out"] != "b" {
		t.Errorf("intents %v of %v", r.intents, r.sources)
	}
	slices.Sort(j.keys)
	if !slices.Equal(j.keys, slices.Sorted(slices.Values(r.keys))) {
		t.Errorf("the journal knows of %v, there are %v", j.keys, r.keys)
	}
}

// A run that went on with one that was cut off has found its outputs as that
// one left them: what was there before both is what the first intent says.
func TestRemainsFirstIntentCounts(t *testing.T) {
	ctx, dir := context.Background(), t.TempDir()
	for i, etag := range []string{"before", "half done"} {
		packed, err := pack([]intent{{Source: "a", Output: "a.out", Prior: prior{ETag: etag}}})
		if err != nil {
			t.Fatal(err)
		}
		writeFile(t, fmt.Sprintf("%s/_sluice/job/now/live/r1~plan-%d", dir, i), string(packed))
	}
	l, seen := ledgerIn(t, dir)
	dead, err := l.dead(ctx, seen.left, nil)
	if err != nil || len(dead) != 1 || dead[0].intents["a.out"].ETag != "before" {
		t.Errorf("got %+v, %v", dead, err)
	}
	if dead, err = l.dead(ctx, seen.left, map[string]bool{"": true}); err != nil || len(dead) != 0 {
		t.Errorf("of a living run: %+v, %v", dead, err)
	}
	l.gen.Runs = []plan.Run{{ID: "r1"}}
	if dead, err = l.dead(ctx, seen.left, nil); err != nil || len(dead) != 0 {
		t.Errorf("of a run that ended: %+v, %v", dead, err)
	}
}

func TestJournalFails(t *testing.T) {
	full := &store.Error{Kind: store.Full, Err: errors.New("no space left")}
	j := &journal{store: broken{full}, prefix: "live/r1~"}
	ctx := context.Background()
	if err := j.intend(ctx, "plan-", nil); !errors.Is(err, full) {
		t.Errorf("intend: %v", err)
	}
	if err := j.record(ctx, done("a", "r1", "")); err != nil {
		t.Errorf("before the first part: %v", err)
	}
	j.flush(ctx)
	if err := j.record(ctx, done("b", "r1", "")); !errors.Is(err, full) {
		t.Errorf("after a part that could not be written: %v", err)
	}
	if n := len(j.all()); n != 2 {
		t.Errorf("%d changes, want 2", n)
	}
}

// broken fails every request.
type broken struct{ err error }

func (b broken) Do(context.Context, store.Request) (store.Answer, error) {
	return store.Answer{}, b.err
}

func TestLostRejects(t *testing.T) {
	bad := func(source string, n int64) change { return change{entry: entry{Source: source, Rejects: n}} }
	got := lostRejects([]*remains{{changes: []change{bad("a", 1), bad("b", 0), bad("c", 2)}}, {changes: []change{bad("c", 0)}}})
	if !got["a"] || got["b"] || got["c"] {
		t.Errorf("got %v", got)
	}
}

func TestRunIDs(t *testing.T) {
	began := runTime("20240417T101112Z-123abc.2-of-8")
	id := newRunID(began, source.Shard{I: 2, N: 8})
	if !strings.HasPrefix(id, "20240417T101112Z-000") || !strings.HasSuffix(id, ".2-of-8") || !runTime(id).Equal(began) {
		t.Errorf("got %s", id)
	}
	if (&remains{id: id}).shard() != ".2-of-8" || (&remains{id: "20240417T101112Z-123abc"}).shard() != "" {
		t.Error("the shard is not that of the ID")
	}
}
