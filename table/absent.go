package table

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/seed-128c3863/sluice/mapping"
	"github.com/seed-128c3863/sluice/plan"
	"github.com/seed-128c3863/sluice/source"
	"github.com/seed-128c3863/sluice/store"
)

// With from.absent_columns: null the files may lack columns that the job reads.
// Nulls in their place would clear what the table has there, so that a run leaves
// the columns of the table out which they fill, as if the job did not name them.
// It loads the same columns of all its files: those of the first.

// without leaves the columns out of the run that the first of the files lacks.
func (r *run) without(ctx context.Context, files []*source.File) error {
	if r.Job.From.AbsentColumns != "null" {
		return nil
	}
	for _, f := range files {
		if f.ETag == "" {
			continue
		}
		absent, err := r.absentIn(ctx, f)
		var bad unreadable
		switch {
		case errors.As(err, &bad): // which the load says with all others
			continue
		case err != nil || len(absent) == 0:
			return err
		}
		im, err := r.lacking(f, absent)
		if err == nil {
			r.Import = im
		}
		return err
	}
	return nil
}

// atFirst is how a file is read of which the beginning may be enough.
var atFirst = store.OpenOptions{Range: plan.PreviewRange, Ahead: 1}

// absentIn returns the columns that the job reads and a file lacks.
func (r *run) absentIn(ctx context.Context, f *source.File) (absent []string, err error) {
	g := r.reading(false)
	g.agree, g.open = false, atFirst
	err = g.one(ctx, f, func(p *piece) error {
		absent = lacks(p.in)
		return io.EOF // the beginning is enough
	})
	return absent, err
}

// lacks returns the columns that the job reads and a source lacks.
func lacks(in source.Reader) []string {
	if file, ok := in.(interface{ Absent() []string }); ok {
		return file.Absent()
	}
	return nil
}

// lacking returns the import less the columns that are read from these of the
// source. Those that must have a value stay: every row is a reject for them.
func (r *run) lacking(f *source.File, absent []string) (*Import, error) {
	im, job, t := *r.Import, *r.target.job, *r.target
	job.Cols = slices.Clone(job.Cols)
	im.absent, im.target, t.job = absent, &t, &job
	var left []string
	out := func(b *binding) bool {
		if !slices.Contains(absent, b.col.From.S) || r.Job.Cols[b.at].Required {
			return false
		}
		left, job.Cols[b.at].Required = append(left, b.col.Name), false
		return true
	}
	for _, k := range t.key {
		if slices.Contains(absent, k.col.From.S) {
			return nil, &plan.InvalidError{Files: []plan.Problem{{File: f.Source, Why: fmt.Sprintf("it has no %s, and %s is in the key", k.col.From.S, k.col.Name)}}}
		}
	}
	before := t.columns
	t.columns, t.links = slices.DeleteFunc(slices.Clone(t.columns), out), slices.DeleteFunc(slices.Clone(t.links), out)
	must := t.Unfilled(nil)
	t.unfilled = slices.DeleteFunc(slices.Clone(before), func(b *binding) bool {
		return slices.Contains(t.columns, b) || !slices.Contains(must, b.to.Name)
	})
	if len(left) > 0 && r.Notify != nil {
		r.Notify(plan.Event{Type: "notice", File: f.Source, Text: fmt.Sprintf("nothing is loaded of %s, which it does not have: rows that are there keep what they have, new ones get what the database gives them", strings.Join(left, ", "))})
	}
	var err error
	if im.program, err = mapping.Compile(&job); err != nil {
		return nil, err
	}
	t.keep(im.program)
	im.form, err = source.NewForm(&job, im.program)
	return &im, err
}

// whyUnfilled is what is wrong with a new row for target.unfilled.
const whyUnfilled = "a new row must have it, and the files do not"

// agrees returns an error for a file that lacks other columns than the first.
func (g *reading) agrees(in source.Reader) error {
	if g.Job.From.AbsentColumns != "null" || !g.agree {
		return nil
	}
	absent := lacks(in)
	for _, c := range absent {
		if !slices.Contains(g.absent, c) {
			return fmt.Errorf("it has no %s, and the files before it have: load them in two runs", c)
		}
	}
	for _, c := range g.absent {
		if !slices.Contains(absent, c) {
			return fmt.Errorf("it has %s, and the files before it have not: load them in two runs", c)
		}
	}
	return nil
}

// ofShape returns the target less the columns that a run of this shape did not
// load, nil if that had others, too.
func (t *target) ofShape(shape string) *target {
	lines := strings.Split(shape, "\n")
	out := *t
	other := func(b *binding) bool { return !slices.Contains(lines, b.shape()) }
	out.columns, out.links = slices.DeleteFunc(slices.Clone(t.columns), other), slices.DeleteFunc(slices.Clone(t.links), other)
	if out.shape() != shape {
		return nil
	}
	return &out
}

// ofRun is the target as a run loaded it, of which the table and the shape are
// known. It is an error if the job loads another table now, or other columns.
func (t *target) ofRun(of plan.Run, loads, shape string) (*target, error) {
	if loads != t.sqlName() {
		return nil, fmt.Errorf("run %s loaded table %s, and the job now loads %s", of.ID, loads, t.sqlName())
	}
	out := t.ofShape(shape)
	if out == nil {
		return nil, fmt.Errorf("run %s loaded other columns than the job now does: revert it with the job as it was%s", of.ID, t.lost(shape))
	}
	return out, nil
}

// lost says which of the columns that a journal is made for the table no longer
// has, as the end of a sentence.
func (t *target) lost(shape string) string {
	for line := range strings.Lines(shape) {
		_, name, _ := strings.Cut(strings.TrimSpace(line), " ")
		if !strings.HasPrefix(name, "> ") && !strings.HasPrefix(name, "+ ") && t.Column(name) == nil {
			return fmt.Sprintf(" (table %s no longer has its column %s)", t.Name, name)
		}
	}
	return ""
}
