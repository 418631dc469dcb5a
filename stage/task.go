package stage

import (
	"bytes"
	"fmt"
	"strings"

	"github.com/seed-128c3863/sluice/flow"
	"github.com/seed-128c3863/sluice/source"
	"github.com/seed-128c3863/sluice/spec"
)

// A task is one source file of a run: what is known of it, and what becomes of
// it.
type task struct {
	*source.File
	output  string // relative to the ledger's base; "" if it has no name
	version string // of the job for this file
	prior   prior
	early   *flow.Pending[[]byte] // its text, if that was begun to be got early
	bad     *bytes.Buffer         // its bad rows, as the rejects file has them; nil: none yet
}

// name returns a task for each file, with the name of its output, which must be
// its own.
func (s *Stage) name(files []*source.File) ([]*task, error) {
	tasks := make([]*task, len(files))
	owner := make(map[string]*task, len(files))
	for i, f := range files {
		t := &task{File: f}
		facts := f.Facts(s.fields)
		url, err := s.job.To.Files.Expand(s.params.Or(func(name string) (string, bool) {
			text, err := facts.Text(name)
			return text, err == nil
		}))
		if err != nil {
			return nil, fmt.Errorf("%s: to.files: %w", t.Source, err)
		}
		rel, ok := s.relative(url)
		if !ok {
			return nil, &spec.UsageError{Err: fmt.Errorf("%s: its output %s would lie outside of %s", t.Source, url, s.base)}
		}
		if other := owner[rel]; other != nil {
			return nil, &spec.UsageError{Err: fmt.Errorf("to.files gives %s and %s the same output %s: use more of the file's name in it, such as {file.stem}", other.Source, t.Source, url)}
		}
		owner[rel] = t
		t.Output, t.output = url, rel
		tasks[i] = t
	}
	return tasks, nil
}

// relative returns the part of an output's URL after the ledger's base.
func (s *Stage) relative(url string) (string, bool) {
	rel, ok := strings.CutPrefix(url, s.baseURL)
	if !ok || rel == "" || strings.HasPrefix(rel, "/") || strings.HasPrefix(rel, "_sluice/") {
		return "", false
	}
	for part := range strings.SplitSeq(rel, "/") {
		if part == ".." || part == "." || part == "" {
			return "", false
		}
	}
	return rel, true
}
