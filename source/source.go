package source

import (
	"context"
	"fmt"
	"io"
	"iter"
	"reflect"
	"slices"
	"strings"

	"github.com/seed-128c3863/sluice/plan"
	"github.com/seed-128c3863/sluice/spec"
	"github.com/seed-128c3863/sluice/store"
)

// Options says what a Finder is made of. Job, Params and Stores are needed.
type Options struct {
	Job    *spec.Job
	Params *spec.Values
	Stores *store.Set

	// Shard is the part of the files that is wanted. Default: all.
	Shard Shard

	// Stdin is what the job file calls "-". It is read until its end.
	// Default: nothing is there.
	Stdin io.Reader

	// Uses names the fields that what is made of a file depends on: entries
	// for one file may differ in others only. Names that are no fields do no
	// harm.
	Uses []string
}

// A Finder finds the source files of a job.
type Finder struct {
	Options
	fields []string     // names of each entry's values, or of the captures
	spool  *store.Spool // of standard input; nil: it was not read
}

// New returns a Finder. It asks no store yet.
func New(o Options) *Finder {
	return &Finder{Options: o, fields: o.Job.From.Fields()}
}

// Find returns the job's source files, and which of them are there.
func (f *Finder) Find(ctx context.Context) ([]*File, error) {
	files, err := f.Candidates(ctx)
	if err != nil {
		return nil, err
	}
	return files, f.Locate(ctx, nil, files)
}

// Candidates returns a file for each entry, or for each that a listing finds.
// Those of other shards are left out. Only what was listed is known to be there.
func (f *Finder) Candidates(ctx context.Context) ([]*File, error) {
	var files []*File
	for _, t := range f.Job.From.Files {
		var err error
		switch {
		case f.Job.From.Each != nil:
			files, err = f.named(ctx, t, files)
		default:
			files, err = f.found(ctx, t, files)
		}
		if err != nil {
			return nil, err
		}
	}
	if len(f.Job.From.Files) > 1 || f.Job.From.Each != nil {
		return f.distinct(files)
	}
	return files, nil
}

// distinct leaves out what was named before. There is one output of a source, so
// entries that name the same may not ask for two.
func (f *Finder) distinct(files []*File) ([]*File, error) {
	seen := make(map[string]*File, len(files))
	kept := files[:0]
	for _, file := range files {
		switch other := seen[file.ID]; {
		case other == nil:
			seen[file.ID] = file
			kept = append(kept, file)
		case isWeb(file.Source) && other.Key != file.Key:
			return nil, &spec.UsageError{Err: fmt.Errorf("two sources are %s, and only what is secret tells them apart: a source needs a name without it", file.Source)}
		default:
			if name := f.differ(other, file); name != "" {
				return nil, &spec.UsageError{Err: fmt.Errorf("two entries of from.each are %s, and differ in %s: a source makes one output", file.Source, name)}
			}
		}
	}
	return kept, nil
}

// differ returns a field that is used and that two files have different values
// of, "" if there is none.
func (f *Finder) differ(a, b *File) string {
	for i, name := range f.fields {
		if slices.Contains(f.Uses, name) && !reflect.DeepEqual(a.Fields[i], b.Fields[i]) {
			return name
		}
	}
	return ""
}

// named adds a file for each entry of `each`.
func (f *Finder) named(ctx context.Context, t spec.Template, files []*File) ([]*File, error) {
	entries, err := f.entries(ctx)
	if err != nil {
		return nil, err
	}
	for i, entry := range entries {
		url, err := t.Expand(f.Params.Or(func(name string) (string, bool) { return fieldText(f.fields, entry, name) }))
		if err != nil {
			return nil, &spec.UsageError{Err: fmt.Errorf("entry %d of from.each: %w", i+1, err)}
		}
		st, key, err := f.Stores.Open(ctx, url)
		if err != nil {
			return nil, err
		}
		if f.Shard.has(url) {
			files = append(files, &File{File: plan.File{Source: shown(url), Fields: entry}, Store: st, Key: key, ID: identity(url, key)})
		}
	}
	return files, nil
}

// found adds a file for each key that the template's listing finds.
func (f *Finder) found(ctx context.Context, t spec.Template, files []*File) ([]*File, error) {
	matcher, err := t.Matcher(f.Params.Text)
	if err != nil {
		return nil, err
	}
	url := matcher.Prefix()
	if archives, ok := matcher.Archive(store.IsArchive); ok {
		return f.inArchives(ctx, archives, matcher, files)
	}
	switch {
	case matcher.Captures():
		return f.listed(ctx, url, matcher, files)
	case url == Stdin:
		file, err := f.stdin(ctx)
		return append(files, file), err
	case store.IsArchive(url):
		return f.inArchive(ctx, url, nil, files)
	case !f.Shard.has(url):
		return files, nil
	}
	st, key, err := f.Stores.Open(ctx, url)
	if err != nil {
		return nil, err
	}
	return append(files, &File{File: plan.File{Source: shown(url), Fields: make([]any, len(f.fields))}, Store: st, Key: key, ID: identity(url, key)}), nil
}

// listed adds a file for each key that begins with a prefix and matches.
func (f *Finder) listed(ctx context.Context, prefix string, matcher *spec.Matcher, files []*File) ([]*File, error) {
	st, under, err := f.Stores.Open(ctx, prefix)
	if err != nil {
		return nil, err
	}
	root := strings.TrimSuffix(prefix, under)
	for info, err := range store.List(ctx, st, under, "") {
		if archive, _, ok := store.Member(prefix); ok && err != nil {
			return f.broken(ctx, archive, files, err)
		}
		if err != nil {
			return nil, err
		}
		url := root + info.Key
		captured, ok := matcher.Match(url)
		if !ok || strings.Contains(info.Key, "/_sluice/") || !f.Shard.has(url) {
			continue
		}
		file := &File{File: plan.File{Source: url, Fields: f.values(captured)}, Store: st, Key: url[len(root):], ID: identity(url, info.Key)}
		file.know(info)
		files = append(files, file)
	}
	return files, nil
}

// values puts captures in the order of the Finder's fields.
func (f *Finder) values(captured map[string]string) []any {
	if len(f.fields) == 0 {
		return nil
	}
	values := make([]any, len(f.fields))
	for i, name := range f.fields {
		if v, ok := captured[name]; ok {
			values[i] = v
		}
	}
	return values
}

// Peek lists what begins with the part of a template that params alone fix, one
// page of it: while it is still worked out which of its keys are wanted. Where
// that cannot be, it returns nil: what is wrong shows again.
func (f *Finder) Peek(ctx context.Context, t spec.Template) *store.Page {
	url, err := t.Fixed(f.Params.Has).Expand(f.Params.Text)
	if err != nil || !strings.HasPrefix(url, "s3://") {
		return nil
	}
	st, prefix, err := f.Stores.Open(ctx, url)
	if err != nil {
		return nil
	}
	page, err := store.FirstPage(ctx, st, prefix)
	if err != nil {
		return nil
	}
	return page
}

// Locate fills in ETag, size and time of those files that are there and were
// not found by listing. What the page seen tells, if it is not nil, is not asked
// for again.
func (f *Finder) Locate(ctx context.Context, seen *store.Page, files []*File) error {
	wanted := map[store.Store]map[string][]*File{} // by key
	for _, file := range files {
		if file.ETag != "" {
			continue
		}
		keys := wanted[file.Store]
		if keys == nil {
			keys = map[string][]*File{}
			wanted[file.Store] = keys
		}
		keys[file.Key] = append(keys[file.Key], file)
	}
	for st, keys := range wanted {
		err := store.Locate(ctx, st, seen, keys, func(files []*File, info store.Info) {
			for _, file := range files {
				file.know(info)
			}
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// Gone returns, of a ledger's sources that Candidates does not find, those that
// it would find if they were there, by ID; they have no Store and no Key. What
// is not in today's list of entries may well be there.
func (f *Finder) Gone(ids iter.Seq[string]) []*File {
	if f.Job.From.Each != nil {
		return nil
	}
	var matchers []*spec.Matcher
	for _, t := range f.Job.From.Files {
		if m, err := t.Matcher(f.Params.Text); err == nil && m.Captures() {
			matchers = append(matchers, m)
		}
	}
	var gone []*File
	for id := range ids {
		for _, m := range matchers {
			url := asWritten(m.Prefix(), id)
			if captured, ok := m.Match(url); ok && f.Shard.has(url) {
				gone = append(gone, &File{File: plan.File{Source: url, Fields: f.values(captured)}, ID: id})
				break
			}
		}
	}
	slices.SortFunc(gone, func(a, b *File) int { return strings.Compare(a.ID, b.ID) })
	return gone
}
