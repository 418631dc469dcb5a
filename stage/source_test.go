package stage

import (
	"context"
	"errors"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/seed-128c3863/sluice/plan"
	"github.com/seed-128c3863/sluice/spec"
	"github.com/seed-128c3863/sluice/store"
)

// stageOf opens a job, whose params are all given as texts.
func stageOf(t *testing.T, job string, params map[string]string) (*Stage, error) {
	t.Helper()
	j, err := spec.Parse("job.yaml", []byte(job))
	if err != nil {
		t.Fatal(err)
	}
	values, err := j.Bind(params, func(string) (string, bool) { return "", false })
	if err != nil {
		t.Fatal(err)
	}
	return Open(context.Background(), Options{Job: j, Params: values, Stores: store.NewSet(store.Options{}), Version: "test"})
}

// jobTo is a job with a capture, and with those outputs.
func jobTo(outputs string) string {
	return `
sluice: 1
name: load
params:
  out: {type: string, default: "out"}
from:
  files: "in/{*day}/{*part}.json"
columns:
  id:  {type: int64,  value: row.id}
  day: {type: string, value: file.day}
to:
  files: "` + outputs + `"
  format: ndjson
`
}

func taskOf(day, part string) *task {
	key := "in/" + day + "/" + part + ".json"
	return &task{key: key, id: key, File: plan.File{Source: key, ETag: "e", Size: 10, Fields: []any{day, part}}}
}

func TestOutputNames(t *testing.T) {
	for outputs, want := range map[string]string{
		"{out}/{day}/{part}.ndjson":        "out/: 17/a.ndjson 17/b.ndjson 18/a.ndjson",
		"{out}/{file.stem}-{day}.ndjson":   "out/: a-17.ndjson b-17.ndjson a-18.ndjson",
		"{out}/x/{file.key}":               "out/x/: in/17/a.json in/17/b.json in/18/a.json",
		"{out}/x-{day}-{file.name}.ndjson": "out/: x-17-a.json.ndjson x-17-b.json.ndjson x-18-a.json.ndjson",
		"{day}/{part}.ndjson":              ": 17/a.ndjson 17/b.ndjson 18/a.ndjson",
		"{out}/{part}.ndjson":              `to.files gives in/17/a.json and in/18/a.json the same output out/a.ndjson`,
		"{out}/all.ndjson":                 `to.files gives in/17/a.json and in/17/b.json the same output out/all.ndjson`,
	} {
		s, err := stageOf(t, jobTo(outputs), nil)
		if err != nil {
			t.Errorf("%s: %v", outputs, err)
			continue
		}
		tasks := []*task{taskOf("17", "a"), taskOf("17", "b"), taskOf("18", "a")}
		err = s.name(tasks)
		var usage *spec.UsageError
		got := s.base + ":"
		for _, task := range tasks {
			got += " " + task.output
			if err == nil && task.Output != s.base+task.output {
				t.Errorf("%s: the output is %s, and %s beside the ledger", outputs, task.Output, task.output)
			}
		}
		if err != nil && errors.As(err, &usage) {
			got = err.Error()
		}
		if !strings.HasPrefix(got, want) {
			t.Errorf("%s: got %s\nwant %s", outputs, got, want)
		}
	}
}

func TestOutputsStayInTheirFolder(t *testing.T) {
	s, err := stageOf(t, jobTo("{out}/{day}/{part}.ndjson"), nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, part := range []string{"..", ".", "", "a//b", "../../etc"} {
		err := s.name([]*task{taskOf(part, "a")})
		if err == nil || !strings.Contains(err.Error(), "would lie outside of") {
			t.Errorf("day %q: %v", part, err)
		}
	}
	if _, ok := s.relative("out/_sluice/load/x"); ok {
		t.Error("an output may lie in the ledger")
	}
}

func TestStem(t *testing.T) {
	for key, want := range map[string]string{
		"a.json": "a", "in/a.json": "a", "a.json.gz": "a", "a.ndjson.zst": "a", "a": "a", "a.gz": "a", "a.b.json": "a.b", ".json": "", "a.json.bak": "a.json", "x/y.z/a": "a",
	} {
		if got := stem(key); got != want {
			t.Errorf("%s: %q, want %q", key, got, want)
		}
	}
}

func TestIdentity(t *testing.T) {
	here, err := filepath.Abs(".")
	if err != nil {
		t.Fatal(err)
	}
	for _, tc := range []struct{ url, key, want string }{
		{"s3://raw/a.json", "a.json", "s3://raw/a.json"},
		{"in/a.json", "in/a.json", here + "/in/a.json"},
		{"./in/../a.json", "a.json", here + "/a.json"},
		{"/data/a.json", "/data/a.json", "/data/a.json"},
		{"file:///data/a.json", "/data/a.json", "/data/a.json"},
	} {
		if got := identity(tc.url, tc.key); got != tc.want {
			t.Errorf("%s: %s, want %s", tc.url, got, tc.want)
		}
	}
}

func TestMark(t *testing.T) {
	at := time.Date(2024, 4, 17, 10, 0, 0, 5, time.FixedZone("", 3600))
	for _, tc := range []struct {
		info       store.Info
		mark, etag string
	}{
		{store.Info{ETag: "abc", Modified: at}, "abc", "abc"},
		{store.Info{Modified: at}, "@2024-04-17T09:00:00.000000005Z", ""},
	} {
		if got := mark(tc.info); got != tc.mark || etag(got) != tc.etag {
			t.Errorf("got %q and %q", got, etag(got))
		}
	}
}

func TestState(t *testing.T) {
	s, err := stageOf(t, jobTo("{out}/{day}/{part}.ndjson"), nil)
	if err != nil {
		t.Fatal(err)
	}
	current := entry{Source: "a", ETag: "e", Size: 10, Version: "v", Output: "o", OETag: "p", State: stateDone}
	edit := func(f func(*entry)) *entry {
		e := current
		f(&e)
		return &e
	}
	for name, tc := range map[string]struct {
		etag, prior string
		known       *entry
		want        plan.State
		why         string
	}{
		"current":                   {"e", "p", &current, plan.Unchanged, ""},
		"new":                       {"e", "", nil, plan.New, ""},
		"new over another's output": {"e", "q", nil, plan.New, "replaces an output that is not in the ledger"},
		"another ETag":              {"f", "p", &current, plan.Changed, "the source has changed"},
		"another size":              {"e", "p", edit(func(e *entry) { e.Size = 11 }), plan.Changed, "the source has changed"},
		"another job":               {"e", "p", edit(func(e *entry) { e.Version = "w" }), plan.Changed, "the job has changed"},
		"output gone":               {"e", "", &current, plan.Changed, "its output is gone"},
		"output changed":            {"e", "q", &current, plan.Changed, "its output was changed by someone else"},
		"empty":                     {"e", "", edit(func(e *entry) { e.State, e.Output, e.OETag = stateEmpty, "", "" }), plan.Unchanged, ""},
		"invalid":                   {"e", "", edit(func(e *entry) { e.State, e.Output, e.OETag = stateInvalid, "", "" }), plan.New, "was invalid"},
		"invalid, with an output":   {"e", "p", edit(func(e *entry) { e.State = stateInvalid }), plan.Changed, "was invalid"},
		"gone":                      {"", "p", &current, plan.Gone, "the source is no longer there; its output stays"},
		"not there":                 {"", "", nil, plan.Invalid, "there is no such file (from.missing: skip would pass over it)"},
	} {
		file := &task{version: "v", File: plan.File{ETag: tc.etag, Size: 10, Prior: tc.prior}}
		var e entry
		if tc.known != nil {
			e = *tc.known
		}
		if got, why := s.state(file, e, tc.known != nil); got != tc.want || why != tc.why {
			t.Errorf("%s: %s (%s), want %s (%s)", name, got, why, tc.want, tc.why)
		}
	}
	s.job.From.Missing = "skip"
	if got, _ := s.state(&task{}, entry{}, false); got != plan.Missing {
		t.Errorf("not there, skip: %s", got)
	}
}

// What the outputs do not depend on changes nothing.
func TestVersion(t *testing.T) {
	s, err := stageOf(t, jobTo("{out}/{day}/{part}.ndjson"), nil)
	if err != nil {
		t.Fatal(err)
	}
	a := s.version(taskOf("17", "a"))
	if b := s.version(taskOf("17", "b")); a != b {
		t.Error("the version depends on a field that no column uses")
	}
	if b := s.version(taskOf("18", "a")); a == b || !strings.HasPrefix(a, s.hash) {
		t.Errorf("versions %s and %s of job %s", a, b, s.hash)
	}
}

// Every source belongs to just one shard, whatever machine asks.
func TestShards(t *testing.T) {
	for _, n := range []int{1, 2, 7} {
		of := make([]int, n)
		for _, url := range numbered("s3://raw/flight/%05d.json", 7000) {
			owners := 0
			for i := range n {
				s := &Stage{Options: Options{Shard: Shard{i + 1, n}}}
				if s.mine(url) {
					owners++
					of[i]++
				}
			}
			if owners != 1 {
				t.Fatalf("%s is of %d shards of %d", url, owners, n)
			}
		}
		for i, files := range of {
			if files < 7000/n*8/10 {
				t.Errorf("shard %d/%d has %d of 7000 files", i+1, n, files)
			}
		}
	}
	for text, want := range map[string]Shard{"1/1": {1, 1}, "2/8": {2, 8}} {
		if got, err := ParseShard(text); err != nil || got != want || got.String() != text {
			t.Errorf("%s: %v, %v", text, got, err)
		}
	}
	for _, text := range []string{"", "1", "0/2", "3/2", "-1/2", "1/2/3", "a/b", "1/0"} {
		if got, err := ParseShard(text); err == nil {
			t.Errorf("%q: %v", text, got)
		}
	}
}

func TestEntries(t *testing.T) {
	const job = `
sluice: 1
name: load
from:
  files: "in/{part}.json"
  each: {file: "list.json", fields: [part, n]AT}
columns: {id: {type: int64, value: row.id}}
to: {files: "out/{part}.ndjson", format: ndjson}
`
	for name, tc := range map[string]struct {
		at, url, text string
		want          [][]any
		err           string
	}{
		"lists":           {"", "l.json", `[["a",1],["b",2.5]]`, [][]any{{"a", 1}, {"b", 2.5}}, ""},
		"objects":         {"", "l.json", `[{"n":1,"part":"a","more":0}]`, [][]any{{"a", 1}}, ""},
		"NDJSON":          {"", "l.json", "[\"a\",1]\n[\"b\",2]\n", [][]any{{"a", 1}, {"b", 2}}, ""},
		"at a path":       {", at: x.y", "l.json", `{"x":{"y":[["a",null]]}}`, [][]any{{"a", nil}}, ""},
		"CSV by name":     {"", "l.csv", "n,part\n1,a\n", [][]any{{"a", "1"}}, ""},
		"CSV by content":  {"", "-", "part,n\na,1\n", [][]any{{"a", "1"}}, ""},
		"byte-order mark": {"", "l.json", "\ufeff[[\"a\",true]]", [][]any{{"a", true}}, ""},
		"none":            {"", "l.json", "[]", [][]any{}, ""},
		"too short":       {"", "l.json", `[["a",1],["b"]]`, nil, "entry 2: from.each.fields names 2 values, and it has 1"},
		"no such key":     {"", "l.json", `[{"part":"a"}]`, nil, `entry 1: it has no "n"`},
		"a value":         {"", "l.json", `["a"]`, nil, "entry 1: it is neither a list nor an object"},
		"no such path":    {", at: x.y", "l.json", `{"x":{}}`, nil, "from.each.at: there is no x.y in it"},
		"no column":       {"", "l.csv", "part\na\n", nil, `there is no column "n" in it`},
		"not JSON":        {"", "l.json", `[["a",1],`, nil, "byte "},
	} {
		s, err := stageOf(t, strings.Replace(job, "AT", tc.at, 1), nil)
		if err != nil {
			t.Fatal(err)
		}
		got, err := s.parseEntries(tc.url, []byte(tc.text))
		switch {
		case tc.err != "":
			if err == nil || !strings.Contains(err.Error(), tc.err) {
				t.Errorf("%s: %v, want %s", name, err, tc.err)
			}
		case err != nil || !reflect.DeepEqual(got, tc.want):
			t.Errorf("%s: %#v, %v; want %#v", name, got, err, tc.want)
		}
	}
}
