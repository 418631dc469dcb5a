package stage

import (
	"strings"
	"testing"

	"github.com/seed-128c3863/sluice/plan"
	"github.com/seed-128c3863/sluice/source"
)

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
		file := &task{version: "v", File: &source.File{File: plan.File{ETag: tc.etag, Size: 10, Prior: tc.prior}}}
		var e entry
		if tc.known != nil {
			e = *tc.known
		}
		if got, why := s.state(file, e, tc.known != nil); got != tc.want || why != tc.why {
			t.Errorf("%s: %s (%s), want %s (%s)", name, got, why, tc.want, tc.why)
		}
	}
	s.job.From.Missing = "skip"
	if got, _ := s.state(&task{File: &source.File{}}, entry{}, false); got != plan.Missing {
		t.Errorf("not there, skip: %s", got)
	}
}

// What the outputs do not depend on changes nothing.
func TestVersion(t *testing.T) {
	s, err := stageOf(t, jobTo("{out}/{day}/{part}.ndjson"), nil)
	if err != nil {
		t.Fatal(err)
	}
	a := s.version(&task{File: fileOf("17", "a")})
	if b := s.version(&task{File: fileOf("17", "b")}); a != b {
		t.Error("the version depends on a field that no column uses")
	}
	if b := s.version(&task{File: fileOf("18", "a")}); a == b || !strings.HasPrefix(a, s.hash) {
		t.Errorf("versions %s and %s of job %s", a, b, s.hash)
	}
}
