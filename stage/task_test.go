package stage

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/seed-128c3863/sluice/plan"
	"github.com/seed-128c3863/sluice/source"
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

func fileOf(day, part string) *source.File {
	key := "in/" + day + "/" + part + ".json"
	return &source.File{Key: key, ID: key, File: plan.File{Source: key, ETag: "e", Size: 10, Fields: []any{day, part}}}
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
		tasks, err := s.name([]*source.File{fileOf("17", "a"), fileOf("17", "b"), fileOf("18", "a")})
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
		_, err := s.name([]*source.File{fileOf(part, "a")})
		if err == nil || !strings.Contains(err.Error(), "would lie outside of") {
			t.Errorf("day %q: %v", part, err)
		}
	}
	if _, ok := s.relative("out/_sluice/load/x"); ok {
		t.Error("an output may lie in the ledger")
	}
}
