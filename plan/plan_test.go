package plan_test

import (
	"bytes"
	"encoding/json"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/seed-128c3863/sluice/plan"
)

func example() *plan.Plan {
	day := time.Date(2024, 4, 17, 10, 0, 0, 123456789, time.UTC)
	return &plan.Plan{
		Sluice: plan.Version, Job: "load", JobFile: "job.yaml", Hash: "abc", Params: map[string]string{"day": "2024-04-17"}, Shard: "2/8", Created: day.Truncate(time.Second),
		Counts:  plan.Counts{plan.New: 1, plan.Changed: 1, plan.Unchanged: 90, plan.Gone: 1, plan.Missing: 1, plan.Invalid: 1},
		Rejects: 7, FieldNames: []string{"part", "n"},
		Files: []plan.File{
			{State: plan.New, Source: "s3://raw/a<&>.json", ETag: "1", Size: 10, Output: "s3://stage/a.parquet", Modified: day, Fields: []any{"a", json.Number("9007199254740993")}},
			{State: plan.Changed, Source: "s3://raw/b.json", ETag: "2", Size: 20, Output: "s3://stage/b.parquet", Prior: "9", Why: "the source has changed", Fields: []any{"b", nil}},
			{State: plan.Gone, Source: "s3://raw/c.json", Why: "the source is no longer there; its output stays"},
			{State: plan.Missing, Source: "s3://raw/d.json", Why: "there is no such file", Fields: []any{"d", true}},
			{State: plan.Invalid, Source: "s3://raw/e.json", Why: "there is no such file", Fields: []any{"e", "x"}},
		},
	}
}

func saved(t *testing.T, p *plan.Plan) string {
	t.Helper()
	var text bytes.Buffer
	if err := p.Write(&text); err != nil {
		t.Fatal(err)
	}
	return text.String()
}

func TestReadIsWhatWasWritten(t *testing.T) {
	for name, p := range map[string]*plan.Plan{
		"full":     example(),
		"no files": {Sluice: plan.Version, Job: "load", JobFile: "j.yaml", Hash: "x", Counts: plan.Counts{plan.Unchanged: 3}, Files: []plan.File{}},
	} {
		got, err := plan.Read(strings.NewReader(saved(t, p)))
		if err != nil || !reflect.DeepEqual(got, p) {
			t.Errorf("%s: %v\ngot  %+v\nwant %+v", name, err, got, p)
		}
	}
}

func TestReadRefuses(t *testing.T) {
	text := saved(t, example())
	for name, tc := range map[string]struct{ old, new, want string }{
		"an older form":      {`"sluice":1`, `"sluice":0`, "a saved plan of form 0; this sluice reads form 1: plan again"},
		"a newer form":       {`"sluice":1`, `"sluice":2`, "of form 2"},
		"a job":              {text, "sluice: 1\n", "not a saved plan"},
		"other JSON":         {text, "{}", "of form 0"},
		"a list":             {text, "[]", "not a saved plan"},
		"nothing":            {text, "", "not a saved plan: EOF"},
		"a cut end":          {`"x"]}]}`, `"x"]}`, "not a saved plan: unexpected EOF"},
		"more after its end": {"\n", "\n{}", "something stands after the end"},
		"no job":             {`"job":"load"`, `"job":""`, "it names no job"},
		"no hash":            {`"hash":"abc"`, `"hash":""`, "it names no job"},
		"a state":            {`"state":"changed"`, `"state":"skip"`, `s3://raw/b.json is "skip"`},
		"left out":           {`"state":"changed"`, `"state":"unchanged"`, `s3://raw/b.json is "unchanged"`},
		"another state":      {`"state":"changed"`, `"state":"gone"`, "changed since it was written: 0 files are changed, and it counts 1"},
		"a count":            {`"new":1`, `"new":2`, "1 files are new, and it counts 2"},
		"a source twice":     {"raw/d.json", "raw/b.json", `the source "s3://raw/b.json" is there twice`},
		"no source":          {"s3://raw/d.json", "", `the source "" is there twice, or has no name`},
		"a field":            {`["d",true]`, `["d"]`, "s3://raw/d.json has 1 fields, not 2"},
	} {
		if !strings.Contains(text, tc.old) {
			t.Fatalf("%s: no %q in %s", name, tc.old, text)
		}
		_, err := plan.Read(strings.NewReader(strings.Replace(text, tc.old, tc.new, 1)))
		if err == nil || !strings.Contains(err.Error(), tc.want) {
			t.Errorf("%s: got %v, want %q", name, err, tc.want)
		}
	}
}

// A plan that lost one of its lines is not taken for a smaller one.
func TestReadMissesAFile(t *testing.T) {
	for i := range example().Files {
		p := example()
		p.Files = append(p.Files[:i], p.Files[i+1:]...)
		if _, err := plan.Read(strings.NewReader(saved(t, p))); err == nil {
			t.Errorf("without file %d: no error", i)
		}
	}
}

func FuzzRead(f *testing.F) {
	var text bytes.Buffer
	if err := example().Write(&text); err != nil {
		f.Fatal(err)
	}
	f.Add(text.String())
	f.Add("{}")
	f.Fuzz(func(t *testing.T, text string) {
		p, err := plan.Read(strings.NewReader(text))
		if err != nil {
			return
		}
		// What is read can be written and read again, to the same.
		again, err := plan.Read(strings.NewReader(saved(t, p)))
		if err != nil || saved(t, again) != saved(t, p) {
			t.Errorf("%v\n%s\n%s", err, saved(t, again), saved(t, p))
		}
	})
}

func TestDrift(t *testing.T) {
	reviewed := plan.File{State: plan.Changed, Source: "a", ETag: "1", Size: 10, Output: "o", Prior: "p"}
	for name, tc := range map[string]struct {
		edit func(*plan.File)
		want string
	}{
		"nothing":          {func(*plan.File) {}, ""},
		"state and reason": {func(f *plan.File) { f.State, f.Why = plan.New, "was invalid" }, ""},
		"time":             {func(f *plan.File) { f.Modified = time.Now() }, ""},
		"gone":             {func(f *plan.File) { f.ETag, f.Size = "", 0 }, "the source is gone"},
		"ETag":             {func(f *plan.File) { f.ETag = "2" }, "the source has changed"},
		"size":             {func(f *plan.File) { f.Size = 11 }, "the source has changed"},
		"output":           {func(f *plan.File) { f.Output = "q" }, "the output has another name"},
		"prior":            {func(f *plan.File) { f.Prior = "" }, "the output was changed by someone else"},
	} {
		now := reviewed
		tc.edit(&now)
		if got := plan.Drift(reviewed, now); got != tc.want {
			t.Errorf("%s: %q, want %q", name, got, tc.want)
		}
	}
}

func TestText(t *testing.T) {
	const all = `s3://raw/ → s3://stage/
  + a<&>.json → a.parquet
  ~ b.json → b.parquet (the source has changed)
  - c.json (the source is no longer there; its output stays)
  ! d.json (there is no such file)
  ! e.json (there is no such file)
95 files: 1 new, 1 changed, 90 unchanged, 1 gone, 1 missing, 1 invalid
`
	const two = `  ! s3://raw/e.json (there is no such file)
  ! s3://raw/d.json (there is no such file)
  … and 3 more (--json lists all)
95 files: 1 new, 1 changed, 90 unchanged, 1 gone, 1 missing, 1 invalid
`
	for limit, want := range map[int]string{0: all, 5: all, 9: all, 2: two} {
		var got strings.Builder
		if err := example().Text(&got, limit); err != nil || got.String() != want {
			t.Errorf("limit %d: %v\n%s\nwant\n%s", limit, err, got.String(), want)
		}
	}
}

func TestSummary(t *testing.T) {
	for want, counts := range map[string]plan.Counts{
		"no files":             {},
		"1 file: 1 new":        {plan.New: 1},
		"3 files: 3 unchanged": {plan.Unchanged: 3, plan.New: 0},
	} {
		p := plan.Plan{Counts: counts}
		if got := p.Summary(); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
	if n := example().Changes(); n != 2 {
		t.Errorf("%d changes, want 2", n)
	}
}
