package infer

import (
	"context"
	"errors"
	"fmt"
	"path"
	"path/filepath"
	"regexp"
	"strings"

	"github.com/seed-128c3863/sluice/spec"
	"github.com/seed-128c3863/sluice/store"
)

// Options says how a job is drafted. The zero value is a good default.
type Options struct {
	// Name is the name of the job. Default: made from that of the source.
	Name string
}

// A Draft is a job file for a source.
type Draft struct {
	Name    string   // of the job
	Text    []byte   // the job file
	Files   int      // that the job would read, as far as they were listed
	Sampled int      // files
	Records int      // sampled
	Columns int      // of the job
	Notes   []string // what was decided and why, a sentence each
}

// A NothingError says that there is nothing at the source, or nothing to make
// columns of.
type NothingError struct{ Err error }

func (e *NothingError) Error() string { return e.Err.Error() }

// Unwrap returns the cause.
func (e *NothingError) Unwrap() error { return e.Err }

func nothing(format string, args ...any) error {
	return &NothingError{fmt.Errorf(format, args...)}
}

// Job drafts a job for a file, a folder or a prefix. Nothing is written.
func Job(ctx context.Context, stores *store.Set, source string, o Options) (*Draft, error) {
	d := &draft{given: source}
	var err error
	if d.place, err = find(ctx, stores, source); err != nil {
		return nil, err
	}
	d.notes = append(d.notes, d.place.notes...)
	if d.name = o.Name; d.name == "" {
		d.name = nameOf(source)
	}
	if err := d.sample(ctx); err != nil {
		return nil, err
	}
	d.choose()
	if err := d.prove(); err != nil {
		return nil, err
	}
	return &Draft{
		Name: d.name, Text: d.text(), Files: len(d.place.files), Sampled: len(d.samples), Records: d.records, Columns: len(d.columns),
		Notes: d.allNotes(),
	}, nil
}

// A draft is a job that is being drafted.
type draft struct {
	given   string // the source as the user named it
	name    string // of the job
	place   *place
	layout  layout
	samples []*sample
	records int
	root    *seen // what the records hold
	columns []*column

	timestamps string   // how Parquet holds them; "": as it does if not told
	notes      []string // on the source and its records
}

var notInNames = regexp.MustCompile(`[^A-Za-z0-9_.-]+`)

// nameOf makes a job's name of its source.
func nameOf(source string) string {
	source, _, _ = strings.Cut(source, "?")
	scheme, rest, isURL := strings.Cut(source, "://")
	if !isURL || scheme == "file" {
		if !isURL {
			rest = source
		}
		if abs, err := filepath.Abs(rest); err == nil {
			rest = filepath.ToSlash(abs)
		}
	}
	name := path.Base(rest)
	if ext := extension(name); ext != "" {
		name = strings.TrimSuffix(name, ext)
	}
	name = strings.TrimLeft(notInNames.ReplaceAllString(name, "_"), "_.-")
	name = strings.TrimRight(name[:min(len(name), 60)], "_.-")
	if name == "" {
		return "job"
	}
	return name
}

// allNotes returns what was decided about the source, then about the columns.
func (d *draft) allNotes() []string {
	of := ""
	if n := len(d.place.files); n > len(d.samples) {
		of = fmt.Sprintf(" of %d", n)
	}
	var names []string
	for _, s := range d.samples {
		names = append(names, s.url)
	}
	first := fmt.Sprintf("sampled %d%s %s, %s: %s", len(d.samples), of, plural(max(len(d.place.files), len(d.samples)), "file"), count(d.records, "record"), spec.Redact(strings.Join(names, ", ")))
	notes := append([]string{first}, d.notes...)
	var json []string
	for _, c := range d.columns {
		switch {
		case c.unsure:
			notes = append(notes, fmt.Sprintf("column %s is %s: %s", c.name, c.typ, c.comment))
		case c.typ == "json":
			json = append(json, c.name)
		}
	}
	if len(json) > 0 {
		notes = append(notes, fmt.Sprintf("kept as json, as they hold lists of objects or keys that vary: %s", strings.Join(json, ", ")))
	}
	return notes
}

func plural(n int, word string) string {
	if n == 1 {
		return word
	}
	return word + "s"
}

// count is a number with its word, such as "1 row" and "2 rows".
func count(n int, word string) string { return fmt.Sprintf("%d %s", n, plural(n, word)) }

// errStandardInput is what the source "-" gets.
var errStandardInput = errors.New(`standard input can be read once only, and a job reads it again: name a file, a folder or a URL`)
