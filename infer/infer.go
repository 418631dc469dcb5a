package infer

import (
	"context"
	"errors"
	"fmt"
	"hash/crc32"
	"path"
	"path/filepath"
	"regexp"
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"

	"github.com/seed-128c3863/sluice/spec"
	"github.com/seed-128c3863/sluice/store"
)

// Options says how a job is drafted. The zero value is a good default.
type Options struct {
	// Name is the name of the job; what a name cannot hold becomes _. Default:
	// made from that of the source.
	Name string

	// Ask is asked what is in doubt, and returns the index of a choice.
	// Default: the best is taken.
	Ask func(Question) (int, error)
}

// A Question is something that a person may know better.
type Question struct {
	Text    string
	Choices []string
	Best    int // the index of the choice that is taken if nobody is asked
}

// An asker is who is asked; nil: nobody.
type asker func(Question) (int, error)

// answer is a person's, or the best if there is nobody to ask.
func (ask asker) answer(q Question) (at int, asked bool, err error) {
	if ask == nil {
		return q.Best, false, nil
	}
	at, err = ask(q)
	return at, true, err
}

// A Draft is a job file for a source.
type Draft struct {
	Name    string   // of the job
	File    string   // for its file, without .yaml: Name, or that of the source in its own letters
	Source  string   // the value of its param source, with what is secret in it
	Text    []byte   // the job file
	Files   int      // that the job would read, as far as they were listed
	Sampled int      // files
	Records int      // sampled
	Columns int      // of the job
	Notes   []string // what was decided and why, a sentence each

	// Of a job for a table.
	Table     string
	Decisions []Decision
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
	d := &draft{given: source, ask: o.Ask}
	if err := d.gather(ctx, stores, source, o.Name); err != nil {
		return nil, err
	}
	if err := d.prove(); err != nil {
		return nil, err
	}
	return &Draft{
		Name: d.name, File: fileOf(d.given, d.name), Source: d.place.source, Text: d.text(), Files: len(d.place.files), Sampled: len(d.samples), Records: d.records, Columns: len(d.columns),
		Notes: d.allNotes(),
	}, nil
}

// gather samples the source, and makes columns of what it holds.
func (d *draft) gather(ctx context.Context, stores *store.Set, source, name string) (err error) {
	if d.place, err = find(ctx, stores, source); err != nil {
		return err
	}
	d.notes = append(d.notes, d.place.notes...)
	if d.name = jobName(name); d.name == "" {
		d.name = nameOf(source)
	}
	if err := d.sample(ctx); err != nil {
		return err
	}
	if err := d.choose(); err != nil {
		return err
	}
	if len(d.columns) == 0 {
		return nothing("%s: its records have no key: there is nothing to make columns of", spec.Redact(d.samples[0].url))
	}
	return nil
}

// A draft is a job that is being drafted.
type draft struct {
	given   string // the source as the user named it
	ask     asker  // what is in doubt
	table   bool   // the job loads a table, by which forms are chosen
	name    string // of the job
	place   *place
	layout  layout
	dialect *dialect // of tables of text
	samples []*sample
	records int
	root    *seen // what the records hold
	columns []*column

	timestamps string   // how Parquet holds them; "": as it does if not told
	notes      []string // on the source and its records
}

var (
	notInNames = regexp.MustCompile(`[^A-Za-z0-9_.-]+`)
	notInFiles = regexp.MustCompile(`[\x00-\x1f/\\:*?"<>|#]+`)
)

// stemOf is a source's name without folders and endings.
func stemOf(source string) string {
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
	return strings.TrimSuffix(name, extension(name))
}

// fileOf is a name for the file of a source's job: the source's, with letters of
// its own.
func fileOf(source, job string) string {
	stem := norm.NFC.String(stemOf(source))
	if !strings.ContainsFunc(stem, func(r rune) bool { return r >= 0x80 && unicode.IsLetter(r) }) {
		return job
	}
	return strings.Trim(notInFiles.ReplaceAllString(stem, "_"), "_. ")
}

// nameOf makes a job's name of its source.
func nameOf(source string) string {
	name := stemOf(source)
	switch ascii := jobName(name); {
	case ascii != "":
		return ascii
	case strings.ContainsFunc(name, unicode.IsLetter): // two such jobs are two
		return fmt.Sprintf("job-%08x", crc32.ChecksumIEEE([]byte(norm.NFC.String(name))))
	}
	return "job"
}

// jobName replaces what a job's name cannot hold. Korean is romanized.
func jobName(name string) string {
	name = strings.TrimLeft(notInNames.ReplaceAllString(romanized(name), "_"), "_.-")
	return strings.TrimRight(name[:min(len(name), 60)], "_.-")
}

// allNotes returns what was decided about the source, then about the columns.
func (d *draft) allNotes() []string {
	notes := []string{d.sampled()}
	notes = append(notes, d.notes...)
	var whole []string
	for _, c := range d.columns {
		switch {
		case c.unsure:
			notes = append(notes, fmt.Sprintf("column %s is %s: %s", c.name, c.typ, c.comment))
		case c.options != "":
			notes = append(notes, fmt.Sprintf("column %s is %s, written %s", c.name, c.typ, c.comment))
		case c.typ == "json":
			whole = append(whole, c.name)
		}
	}
	if len(whole) > 0 {
		notes = append(notes, "kept whole, as json: "+strings.Join(whole, ", "))
	}
	return notes
}

// sampled says what the job is drafted from.
func (d *draft) sampled() string {
	source := spec.Redact(d.place.source)
	if n := len(d.place.files); n > len(d.samples) {
		return fmt.Sprintf("sampled %s of %d of %d files in %s", count(d.records, "record"), len(d.samples), n, source)
	}
	if d.place.names == "" {
		return fmt.Sprintf("sampled %s of %s", count(d.records, "record"), source)
	}
	return fmt.Sprintf("sampled %s of %s in %s", count(d.records, "record"), count(len(d.samples), "file"), source)
}

func plural(n int, word string) string {
	if n == 1 {
		return word
	}
	return word + "s"
}

// some is the first few of a list of names.
func some(names []string) string {
	text := strings.Join(names[:min(3, len(names))], ", ")
	if len(names) > 3 {
		return text + ", …"
	}
	return text
}

// count is a number with its word, such as "1 row" and "2 rows".
func count(n int, word string) string { return fmt.Sprintf("%d %s", n, plural(n, word)) }

// errStandardInput is what the source "-" gets.
var errStandardInput = errors.New(`standard input can be read once only, and a job reads it again: name a file, a folder or a URL`)
