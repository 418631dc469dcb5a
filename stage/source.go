package stage

import (
	"bytes"
	"context"
	"fmt"
	"path"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"time"

	"github.com/seed-128c3863/sluice/flow"
	"github.com/seed-128c3863/sluice/format"
	"github.com/seed-128c3863/sluice/mapping"
	"github.com/seed-128c3863/sluice/plan"
	"github.com/seed-128c3863/sluice/spec"
	"github.com/seed-128c3863/sluice/store"
)

// A task is one source file of a run: what the plan says of it, and where it
// is read and written.
type task struct {
	plan.File
	store   store.Store // of the source
	key     string      // of the source, in store
	id      string      // the ledger's name of the source
	output  string      // relative to the ledger's base; "" if it has no name
	version string      // of the job for this file
	prior   prior
	early   *flow.Pending[[]byte] // its text, if that was begun to be got early
	bad     *bytes.Buffer         // its bad rows, as the rejects file has them; nil: none yet
}

// facts returns what expressions and templates may ask of the file.
func (t *task) facts(names []string) mapping.File {
	key := t.keyPath()
	f := mapping.File{URL: t.Source, Key: key, Name: path.Base(key), Stem: stem(key), Size: t.Size, Modified: t.Modified}
	if len(names) > 0 {
		f.Fields = make(map[string]any, len(names))
		for i, name := range names {
			f.Fields[name] = t.Fields[i]
		}
	}
	return f
}

// keyPath returns the source's key without what a URL may have behind it.
func (t *task) keyPath() string {
	if isWeb(t.Source) {
		return webPath(t.key)
	}
	return t.key
}

// stem is the file's name without its last ending, and without that of a
// compression before it: "a.json.gz" is "a".
func stem(key string) string {
	name := format.PlainName(path.Base(key))
	return strings.TrimSuffix(name, path.Ext(name))
}

// sources finds the job's source files, and which of them are there.
func (s *Stage) sources(ctx context.Context) ([]*task, error) {
	tasks, err := s.candidates(ctx)
	if err != nil {
		return nil, err
	}
	return tasks, s.locateSources(ctx, nil, tasks)
}

// candidates returns a task for each entry, or for each file that a listing
// finds. Files of other shards are left out.
func (s *Stage) candidates(ctx context.Context) ([]*task, error) {
	var tasks []*task
	for _, files := range s.job.From.Files {
		var err error
		switch {
		case s.job.From.Each != nil:
			tasks, err = s.named(ctx, files, tasks)
		default:
			tasks, err = s.found(ctx, files, tasks)
		}
		if err != nil {
			return nil, err
		}
	}
	if len(s.job.From.Files) > 1 || s.job.From.Each != nil {
		return s.distinct(tasks)
	}
	return tasks, nil
}

// distinct leaves out what was named before. There is one output of a source, so
// entries that name the same may not ask for two.
func (s *Stage) distinct(tasks []*task) ([]*task, error) {
	seen := make(map[string]*task, len(tasks))
	kept := tasks[:0]
	for _, t := range tasks {
		switch other := seen[t.id]; {
		case other == nil:
			seen[t.id] = t
			kept = append(kept, t)
		case isWeb(t.Source) && other.key != t.key:
			return nil, &spec.UsageError{Err: fmt.Errorf("two sources are %s, and only what is secret tells them apart: a source needs a name without it", t.Source)}
		default:
			if name := s.differ(other, t); name != "" {
				return nil, &spec.UsageError{Err: fmt.Errorf("two entries of from.each are %s, and differ in %s: a source makes one output", t.Source, name)}
			}
		}
	}
	return kept, nil
}

// differ returns a field that the job uses and that two tasks have different
// values of, "" if there is none.
func (s *Stage) differ(a, b *task) string {
	for i, name := range s.fields {
		named := func(p spec.Part) bool { return strings.TrimPrefix(p.Name, "file.") == name }
		uses := slices.Contains(s.used, name) || slices.ContainsFunc(s.job.To.Files.Parts, named)
		if uses && !reflect.DeepEqual(a.Fields[i], b.Fields[i]) {
			return name
		}
	}
	return ""
}

// named adds a task for each entry of `each`.
func (s *Stage) named(ctx context.Context, files spec.Template, tasks []*task) ([]*task, error) {
	entries, err := s.entries(ctx)
	if err != nil {
		return nil, err
	}
	for i, entry := range entries {
		url, err := s.expand(files, func(name string) (string, bool) { return fieldText(s.fields, entry, name) })
		if err != nil {
			return nil, &spec.UsageError{Err: fmt.Errorf("entry %d of from.each: %w", i+1, err)}
		}
		t := &task{File: plan.File{Source: shown(url), Fields: entry}}
		if t.store, t.key, err = s.stores.Open(ctx, url); err != nil {
			return nil, err
		}
		if t.id = identity(url, t.key); s.mine(url) {
			tasks = append(tasks, t)
		}
	}
	return tasks, nil
}

// locateSources fills in ETag, size and time of those sources that are there
// and were not found by listing.
func (s *Stage) locateSources(ctx context.Context, seen *page, tasks []*task) error {
	tasks = slices.DeleteFunc(slices.Clone(tasks), func(t *task) bool { return t.ETag != "" })
	for st, group := range byStore(tasks) {
		keys := make(map[string][]*task, len(group))
		for _, t := range group {
			keys[t.key] = append(keys[t.key], t)
		}
		err := locate(ctx, st, seen, keys, func(ts []*task, info store.Info) {
			for _, t := range ts {
				t.ETag, t.Size, t.Modified = mark(info), info.Size, info.Modified
			}
		})
		if err != nil {
			return err
		}
	}
	return nil
}

func byStore(tasks []*task) map[store.Store][]*task {
	groups := map[store.Store][]*task{}
	for _, t := range tasks {
		groups[t.store] = append(groups[t.store], t)
	}
	return groups
}

// found adds a task for each key that the template's listing finds.
func (s *Stage) found(ctx context.Context, files spec.Template, tasks []*task) ([]*task, error) {
	matcher, err := files.Matcher(s.lookup)
	if err != nil {
		return nil, err
	}
	st, prefix, err := s.stores.Open(ctx, matcher.Prefix())
	if err != nil {
		return nil, err
	}
	if !matcher.Captures() {
		url := matcher.Prefix()
		t := &task{File: plan.File{Source: shown(url), Fields: make([]any, len(s.fields))}, store: st, key: prefix, id: identity(url, prefix)}
		if !s.mine(url) {
			return tasks, nil
		}
		return append(tasks, t), nil
	}
	root := strings.TrimSuffix(matcher.Prefix(), prefix)
	for info, err := range store.List(ctx, st, prefix, "") {
		if err != nil {
			return nil, err
		}
		url := root + info.Key
		captured, ok := matcher.Match(url)
		if !ok || strings.Contains(info.Key, "/_sluice/") {
			continue
		}
		t := &task{store: st, key: url[len(root):], id: identity(url, info.Key)}
		if !s.mine(url) {
			continue
		}
		t.File = plan.File{Source: url, ETag: mark(info), Size: info.Size, Modified: info.Modified, Fields: s.values(captured)}
		tasks = append(tasks, t)
	}
	return tasks, nil
}

// values puts captures in the order of the stage's fields.
func (s *Stage) values(captured map[string]string) []any {
	if len(s.fields) == 0 {
		return nil
	}
	values := make([]any, len(s.fields))
	for i, name := range s.fields {
		if v, ok := captured[name]; ok {
			values[i] = v
		}
	}
	return values
}

// mark tells one version of an object from another: its ETag, or, for stores
// that have none of some objects, when it was modified.
func mark(info store.Info) string {
	switch {
	case info.ETag != "":
		return info.ETag
	case info.Modified.IsZero():
		return "@unknown " + time.Now().UTC().Format(time.RFC3339Nano) // never what it was before
	}
	return "@" + info.Modified.UTC().Format(time.RFC3339Nano)
}

// etag is the ETag in a mark, "" if there is none to be compared by the store.
func etag(mark string) string {
	if strings.HasPrefix(mark, "@") {
		return ""
	}
	return mark
}

// identity is the name of a source in the ledger: its URL, or the absolute
// path of a local file, so that it does not depend on the working directory.
func identity(url, key string) string {
	if strings.Contains(url, "://") && !strings.HasPrefix(url, "file://") {
		return shown(url)
	}
	if abs, err := filepath.Abs(key); err == nil {
		return filepath.ToSlash(abs)
	}
	return key
}

// name fills in the name of each task's output, which must be its own.
func (s *Stage) name(tasks []*task) error {
	owner := make(map[string]*task, len(tasks))
	for _, t := range tasks {
		facts := t.facts(s.fields)
		url, err := s.expand(s.job.To.Files, func(name string) (string, bool) {
			text, err := facts.Text(name)
			return text, err == nil
		})
		if err != nil {
			return fmt.Errorf("%s: to.files: %w", t.Source, err)
		}
		rel, ok := s.relative(url)
		if !ok {
			return &spec.UsageError{Err: fmt.Errorf("%s: its output %s would lie outside of %s", t.Source, url, s.base)}
		}
		if other := owner[rel]; other != nil {
			return &spec.UsageError{Err: fmt.Errorf("to.files gives %s and %s the same output %s: use more of the file's name in it, such as {file.stem}", other.Source, t.Source, url)}
		}
		owner[rel] = t
		t.Output, t.output = url, rel
	}
	return nil
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
