package sluice_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/seed-128c3863/sluice"
	"github.com/seed-128c3863/sluice/plan"
	"github.com/seed-128c3863/sluice/store"
)

// seen returns the events as text, without the folder and in order of their
// text, as files end in any order.
func (w *world) seen() []string {
	var lines []string
	for _, e := range w.events {
		text, err := json.Marshal(e)
		if err != nil {
			w.Fatal(err)
		}
		lines = append(lines, strings.ReplaceAll(string(text), w.dir+"/", ""))
	}
	w.events = nil
	slices.Sort(lines)
	return lines
}

// TestResult holds every field of a result, and every event, to what was done.
func TestResult(t *testing.T) {
	w := newWorld(t, 3)
	w.write("in/bad.json", `[{"id":1,"name":"a"},{"id":"2"}]`)
	w.write("in/cut.json", `[{"id":1`)
	w.write("in/none.json", "[]")
	first := w.apply(sluice.ApplyOptions{})
	want := &sluice.Result{
		Type: "result", Verb: "apply", Run: first.Run, Status: 3, Counts: plan.Counts{plan.New: 5, plan.Invalid: 1}, Written: 4, Empty: 1, Rows: 7, Rejects: 1,
		Rejected: w.dir + "/out/rejects/" + first.Run + ".csv", Invalid: []plan.Problem{{File: w.dir + "/in/cut.json", Why: "byte 9: the file ends inside an object"}},
		BytesIn: w.bytes("in", ".json") - int64(len(`[{"id":1`)), BytesOut: w.bytes("out", ".ndjson"), Seconds: first.Seconds,
	}
	if !reflect.DeepEqual(first, want) || first.Seconds <= 0 || first.Run == "" {
		t.Errorf("got  %+v\nwant %+v", first, want)
	}
	events := []string{
		`{"type":"file","file":"in/0.json","output":"out/0.ndjson","state":"new","rows":2}`,
		`{"type":"file","file":"in/1.json","output":"out/1.ndjson","state":"new","rows":2}`,
		`{"type":"file","file":"in/2.json","output":"out/2.ndjson","state":"new","rows":2}`,
		`{"type":"file","file":"in/bad.json","output":"out/bad.ndjson","state":"new","rows":1,"rejects":1}`,
		`{"type":"file","file":"in/cut.json","state":"invalid","why":"byte 9: the file ends inside an object"}`,
		`{"type":"file","file":"in/none.json","state":"new"}`,
		`{"type":"notice","text":"there are no records in it: no output","file":"in/none.json"}`,
		fmt.Sprintf(`{"type":"run","run":%q,"text":"run %s"}`, first.Run, first.Run),
	}
	if got := w.seen(); !slices.Equal(got, events) {
		t.Errorf("events\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(events, "\n"))
	}

	// What is as it was counts by its state; rejects are those of the outputs.
	w.source(1, "second")
	w.remove("in/2.json")
	w.remove("in/cut.json")
	second := w.apply(sluice.ApplyOptions{})
	want = &sluice.Result{
		Type: "result", Verb: "apply", Run: second.Run, Status: 3, Counts: plan.Counts{plan.Changed: 1, plan.Unchanged: 3, plan.Gone: 1}, Written: 1, Rows: 2, Rejects: 1,
		BytesIn: w.bytes("in", "1.json"), BytesOut: w.bytes("out", "1.ndjson"), Seconds: second.Seconds,
	}
	if !reflect.DeepEqual(second, want) {
		t.Errorf("got  %+v\nwant %+v", second, want)
	}
	events = []string{
		`{"type":"file","file":"in/1.json","output":"out/1.ndjson","state":"changed","rows":2}`,
		`{"type":"notice","text":"the source is no longer there; its output stays","file":"in/2.json"}`,
		fmt.Sprintf(`{"type":"run","run":%q,"text":"run %s"}`, second.Run, second.Run),
	}
	if got := w.seen(); !slices.Equal(got, events) {
		t.Errorf("events\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(events, "\n"))
	}

	nothing := w.apply(sluice.ApplyOptions{})
	want = &sluice.Result{Type: "result", Verb: "apply", Status: 3, Counts: plan.Counts{plan.Unchanged: 4, plan.Gone: 1}, Rejects: 1, Seconds: nothing.Seconds}
	if !reflect.DeepEqual(nothing, want) {
		t.Errorf("nothing to do: got  %+v\nwant %+v", nothing, want)
	}
	w.runsAre(first, second)
}

// bytes returns the size of the files in a folder of the world whose names end
// with suffix.
func (w *world) bytes(folder, suffix string) (n int64) {
	w.Helper()
	names, err := filepath.Glob(w.dir + "/" + folder + "/*" + suffix)
	if err != nil {
		w.Fatal(err)
	}
	for _, name := range names {
		info, err := os.Stat(name)
		if err != nil {
			w.Fatal(err)
		}
		n += info.Size()
	}
	return n
}

// runsAre checks that the ledger has these runs as their results have them.
func (w *world) runsAre(results ...*sluice.Result) {
	w.Helper()
	runs, err := w.open().Runs(context.Background())
	if err != nil || len(runs) != len(results) {
		w.Fatalf("%d runs, %v; want %d", len(runs), err, len(results))
	}
	for i, r := range results {
		got := runs[i]
		if got.ID != r.Run || got.Verb != r.Verb || got.State != "done" || got.Rows != r.Rows || got.Rejects != r.Rejects || got.Rejected != r.Rejected || !maps.Equal(got.Counts, r.Counts) {
			w.Errorf("run %+v\nwant %+v", got, r)
		}
		if got.Ended.Before(got.Started) || got.Version == "" || got.Params["in"] != w.params["in"] {
			w.Errorf("run %+v", got)
		}
	}
}

// TestResultOfARevert does the same for a run that is taken back.
func TestResultOfARevert(t *testing.T) {
	w := newWorld(t, 2)
	first := w.apply(sluice.ApplyOptions{})
	w.source(0, "second")
	w.source(2, "first")
	second := w.apply(sluice.ApplyOptions{})
	w.events = nil
	back := w.revert(second.Run)
	if back.Type != "result" || back.Verb != "revert" || back.Run == "" || back.Status != 0 || back.Error != "" || back.Written != 1 || back.Removed != 1 || back.Seconds <= 0 {
		t.Errorf("got %+v", back)
	}
	if back.Rejects != 0 || back.Failed != nil || back.Invalid != nil || back.Resumed {
		t.Errorf("got %+v", back)
	}
	if len(w.seen()) == 0 {
		t.Error("nothing was told of the revert")
	}
	runs, err := w.open().Runs(context.Background())
	if err != nil || len(runs) != 3 || runs[2].Verb != "revert" || runs[2].Of != second.Run || runs[0].ID != first.Run {
		t.Errorf("runs %+v, %v", runs, err)
	}
}

// TestResultOfAFailure holds the result of a run that could not do all to what
// it did.
func TestResultOfAFailure(t *testing.T) {
	w := newWorld(t, 3)
	w.wrap = func(_ string, s store.Store) store.Store {
		return store.Fault(s, func(_ int64, r store.Request) (f store.Failure) {
			if r.Op == store.OpGet && strings.HasSuffix(r.Key, "in/1.json") {
				f.Before = &store.Error{Op: "get", URL: r.Key, Kind: store.Denied, Err: errors.New("no permission")}
			}
			return f
		})
	}
	var p sluice.Progress
	r, err := w.open().Apply(context.Background(), sluice.ApplyOptions{Progress: &p})
	if err != nil {
		t.Fatal(err)
	}
	if r.Status != 1 || r.Written != 2 || len(r.Failed) != 1 || r.Failed[0].File != w.dir+"/in/1.json" || !strings.Contains(r.Failed[0].Why, "no permission") {
		t.Errorf("got %+v", r)
	}
	if !maps.Equal(r.Counts, plan.Counts{plan.New: 2}) || r.BytesOut != w.bytes("out", ".ndjson") {
		t.Errorf("got %+v", r)
	}
	in := w.bytes("in", ".json")
	for name, c := range map[string]struct {
		of   *atomic.Int64
		want int64
	}{"files": {&p.Files, 3}, "files done": {&p.FilesDone, 3}, "bytes": {&p.Bytes, in}, "rows": {&p.Rows, 4}, "invalid": {&p.Invalid, 0}, "rejects": {&p.Rejects, 0}} {
		if got := c.of.Load(); got != c.want {
			t.Errorf("progress: %s: %d, want %d", name, got, c.want)
		}
	}
	if p.Began.Load() == 0 {
		t.Error("progress: it never began")
	}
}
