package table

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/seed-128c3863/sluice/plan"
	"github.com/seed-128c3863/sluice/row"
	"github.com/seed-128c3863/sluice/source"
)

// An incoming takes rows on their way into the table.
type incoming interface {
	// add takes the rows of a typed batch; numbers are those of the run. It
	// returns those that it refuses.
	add(ctx context.Context, b *row.Batch, numbers []int64) ([]row.Reject, error)
}

// A load is what was read of the source files. Rows are numbered through all of
// them: row r of a file has the number before + r.
type load struct {
	files   []part
	rows    int64
	rejects int64                 // that were found while reading
	first   []badRow              // of those that need no database to be found
	refused refusals              // the others, and what classify found: all of them
	keys    map[int64]plan.Values // of the first of refused, by number
	invalid []plan.Problem        // files
	notes   map[string]bool       // that were given: of columns that nothing reads
	remarks []string              // on the plan, for a person
}

// remark adds to what a person is told of the plan.
func (l *load) remark(text string) {
	if text != "" {
		l.remarks = append(l.remarks, text)
	}
}

// spares tells that nothing is deleted, because of bad rows whose key is not known.
func (l *load) spares(unkeyed int64) {
	l.remark(fmt.Sprintf("deletes nothing that the files lack: of %s the key cannot be read", count(unkeyed, "bad row")))
}

// A part is one source file of a load.
type part struct {
	*source.File
	before int64 // rows of the files before it
}

// place returns the file and the row in it that a number is of.
func (l *load) place(number int64) (file string, r int64) {
	i, _ := slices.BinarySearchFunc(l.files, number, func(p part, n int64) int {
		if p.before < n {
			return -1
		}
		return 1
	})
	p := l.files[i-1]
	return p.Source, number - p.before
}

// mostNamed is how many rows are named that are alike.
const mostNamed = 5

// named says which rows are meant, to someone who looks at the row of a number,
// which is not named itself.
func (l *load) named(rows []int64, at int64) string {
	here, _ := l.place(at)
	var names []string
	for _, n := range rows {
		if n == at {
			continue
		}
		if len(names) == mostNamed {
			names = append(names, "more")
			break
		}
		file, r := l.place(n)
		name := fmt.Sprintf("row %d", r)
		if file != here {
			name += " of " + file
		}
		names = append(names, name)
	}
	return strings.Join(names, ", ")
}

// ambiguous says that the key of a row finds more than one of the table.
func (l *load) ambiguous(number int64, t *target) error {
	file, r := l.place(number)
	return fmt.Errorf("%s: row %d: table %s has more than one row with this %s: the key has to find one", file, r, t.Name, strings.Join(t.keyNames(), ", "))
}

// load reads every row of the source files into the incoming rows. Files that
// cannot be read are all named before the load ends for them.
func (r *run) load(ctx context.Context, files []*source.File, to incoming) (*load, error) {
	in := &loading{run: r, load: &load{notes: map[string]bool{}}, to: to}
	g := r.reading(false)
	g.bytes = &r.progress.BytesDone
	if err := g.read(ctx, files, in.take); err != nil {
		return nil, err
	}
	if len(in.invalid) > 0 {
		return nil, &plan.InvalidError{Files: in.invalid}
	}
	return in.load, nil
}

// A loading is a load in the making.
type loading struct {
	*run
	*load
	to      incoming
	part    part    // the file that is being read
	numbers []int64 // of the rows of a batch
}

// take takes the next piece of the source files.
func (l *loading) take(ctx context.Context, p *piece) error {
	if p.first {
		l.part = part{File: p.file, before: l.rows}
		if p.file.ETag != "" {
			l.files = append(l.files, l.part)
		}
	}
	if p.err == nil {
		return l.add(ctx, p)
	}
	err := l.ended(p.err)
	var bad unreadable
	if errors.As(err, &bad) {
		l.invalid = append(l.invalid, plan.Problem{File: p.file.Source, Why: bad.Error()})
		l.progress.Invalid.Add(1)
		if err = nil; l.Job.Errors.Files == "stop" {
			return &plan.InvalidError{Files: l.invalid}
		}
	}
	if err == nil {
		l.progress.FilesDone.Add(1)
	}
	return err
}

// add adds the rows of a piece.
func (l *loading) add(ctx context.Context, p *piece) error {
	if p.extra != "" && !l.notes[p.extra] {
		l.notes[p.extra] = true
		l.note(p.file, p.extra)
	}
	l.numbers = l.numbers[:0]
	for _, n := range p.dst.Row {
		l.numbers = append(l.numbers, l.part.before+n)
		l.rows = max(l.rows, l.part.before+n)
	}
	l.load.found(l.target, l.part, p.dst.Bad)
	refused, err := l.to.add(ctx, p.dst, l.numbers)
	if err != nil {
		return err
	}
	l.refuse(l.target, l.part, p.dst, refused)
	l.progress.Rows.Add(int64(p.dst.Len - len(refused)))
	l.progress.Rejects.Add(int64(len(p.dst.Bad) + len(refused)))
	if err := l.stopped(); err != nil {
		return err
	}
	return l.fast(l.load)
}

// ended returns what is wrong with a file of which err was the end.
func (l *loading) ended(err error) error {
	switch {
	case errors.Is(err, source.ErrAbsent) && l.Job.From.Missing == "skip":
		l.note(l.part.File, "there is no such file")
	case err != io.EOF:
		return err
	case l.rows > l.part.before:
	case l.Job.From.Empty == "fail":
		return unreadable{source.ErrEmpty}
	default:
		l.note(l.part.File, "there are no records in it")
	}
	return nil
}

func (r *run) note(f *source.File, text string) {
	if r.Notify != nil {
		r.Notify(plan.Event{Type: "notice", File: f.Source, Text: text})
	}
}
