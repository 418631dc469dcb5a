package table

import (
	"bytes"
	"cmp"
	"context"
	"encoding/binary"
	"errors"
	"io"
	"slices"

	"github.com/seed-128c3863/sluice/format"
	"github.com/seed-128c3863/sluice/plan"
	"github.com/seed-128c3863/sluice/row"
	"github.com/seed-128c3863/sluice/source"
	"github.com/seed-128c3863/sluice/spec"
)

// Bad rows are found in two ways. What mapping finds, it finds again when a file
// is read again, so that only the first of these are held. What the database
// refuses, by a look-up or by its checks, is held, in few bytes for each. If
// there are any, the files are read once more, to write the rejects file; a load
// without rejects costs nothing.

// mostHeld is how many rejects of mapping are held, and how many a plan shows.
const mostHeld = 1000

// A badRow is a bad row and its number.
type badRow struct {
	number int64
	plan.Row
}

// refusals are what the database refuses: rows by number, each with a fault.
// Faults that come again and again are held once.
type refusals struct {
	rows  []refusedRow
	text  []byte        // the faults: three strings each, with their lengths before them
	known map[fault]int // where some of the faults are in text
}

type refusedRow struct {
	number int64
	fault  int // where it is in text
}

// A fault is what is wrong with a column of a row.
type fault struct{ column, value, why string }

// mostKnown is how many faults are looked for when they come again.
const mostKnown = 1000

func (s *refusals) add(number int64, f fault) {
	at, known := s.known[f]
	if !known {
		at = len(s.text)
		for _, part := range []string{f.column, f.value, f.why} {
			s.text = append(binary.AppendUvarint(s.text, uint64(len(part))), part...)
		}
		if s.known == nil {
			s.known = map[fault]int{}
		}
		if len(s.known) < mostKnown {
			s.known[f] = at
		}
	}
	s.rows = append(s.rows, refusedRow{number, at})
}

// fault returns the fault of the row at i.
func (s *refusals) fault(i int) (f fault) {
	text := s.text[s.rows[i].fault:]
	for _, part := range []*string{&f.column, &f.value, &f.why} {
		n, size := binary.Uvarint(text)
		*part = string(text[size : size+int(n)])
		text = text[size+int(n):]
	}
	return f
}

// sort puts the rows in order.
func (s *refusals) sort() {
	slices.SortStableFunc(s.rows, func(a, b refusedRow) int { return cmp.Compare(a.number, b.number) })
}

// next returns the row at i, with all that is wrong with it, and where the row
// after it is. The rows are in order.
func (s *refusals) next(i int) (number int64, f fault, after int) {
	number, f = s.rows[i].number, s.fault(i)
	for after = i + 1; after < len(s.rows) && s.rows[after].number == number; after++ {
		more := s.fault(after)
		f.why += "; "
		if more.column != f.column {
			f.why += more.column + ": "
		}
		f.why += more.why
	}
	return number, f, after
}

// found counts rejects of mapping in a file.
func (l *load) found(t *target, p part, bad []row.Reject) {
	for i := range bad {
		b := &bad[i]
		l.rejects++
		l.rows = max(l.rows, p.before+b.Row)
		if len(l.first) < mostHeld {
			l.first = append(l.first, badRow{p.before + b.Row, t.invalid(p, b)})
		}
	}
}

func (t *target) invalid(p part, b *row.Reject) plan.Row {
	bad := plan.Row{State: plan.Invalid, File: p.Source, Row: b.Row, Line: b.Line, Key: t.shownKey(b.Key), Column: b.Column, Value: b.Value, Why: b.Err.Error()}
	if b.Column == "" {
		bad.Byte = b.Byte
	}
	return bad
}

// keyOf returns the key of a row of a typed batch; nil if it is not among them.
func (t *target) keyOf(b *row.Batch, number int64) (key []row.Column) {
	r, there := slices.BinarySearch(b.Row, number)
	if !there {
		return nil
	}
	for _, at := range t.keyAt() {
		key = append(key, b.Cols[at].One(r))
	}
	return key
}

// shownKey is a key as a plan shows it.
func (t *target) shownKey(key []row.Column) (shown plan.Values) {
	if key == nil {
		return nil
	}
	b := &row.Batch{Len: 1, Cols: key}
	var s row.Schema
	for _, at := range t.keyAt() {
		s = append(s, row.Field{Name: t.job.Cols[at].Name, Type: *t.job.Cols[at].Type})
	}
	var text bytes.Buffer
	lines, err := format.NewNDJSON(&text, s)
	if err == nil {
		err = errors.Join(lines.Write(b), lines.Close())
	}
	if err != nil || shown.UnmarshalJSON(text.Bytes()) != nil {
		return nil // as it is of a float that is no number
	}
	return shown
}

// refuse counts rows of a file that the database refused as they came.
func (l *load) refuse(t *target, p part, from *row.Batch, bad []row.Reject) {
	for i := range bad {
		b := &bad[i]
		l.rejects++
		l.refused.add(p.before+b.Row, fault{b.Column, b.Value, b.Err.Error()})
		if len(l.keys) < mostShown {
			l.know(p.before+b.Row, t.shownKey(t.keyOf(from, b.Row)))
		}
	}
}

// know holds the key of a row that is refused.
func (l *load) know(number int64, key plan.Values) {
	if l.keys == nil {
		l.keys = map[int64]plan.Values{}
	}
	l.keys[number] = key
}

// bad returns the first of the bad rows, as far as they are known without
// reading the files again.
func (l *load) bad() []plan.Row {
	all := slices.Clone(l.first)
	for i := 0; i < len(l.refused.rows) && i < mostHeld; {
		b := badRow{Row: plan.Row{State: plan.Invalid}}
		var f fault
		b.number, f, i = l.refused.next(i)
		b.File, b.Row.Row = l.place(b.number)
		b.Key, b.Column, b.Value, b.Why = l.keys[b.number], f.column, f.value, f.why
		all = append(all, b)
	}
	slices.SortFunc(all, func(a, b badRow) int { return cmp.Compare(a.number, b.number) })
	rows := make([]plan.Row, len(all))
	for i := range all {
		rows[i] = all[i].Row
	}
	return rows
}

// rejects reads the files again for their bad rows. Each of them is given to
// each, if that is not nil; file writes the rejects file, of which the URL is
// returned.
func (r *run) rejects(ctx context.Context, each func(*plan.Row) error, file bool) (url string, err error) {
	out := source.NewRejects(ctx, r.target.job, r.Params, r.Stores, r.program, r.record.ID)
	defer func() { _ = out.Drop(context.WithoutCancel(ctx)) }() // of what was not committed
	again := &rereading{reading: r.reading(true), parts: r.loaded.files, refused: &r.loaded.refused, each: each}
	if file {
		again.out = out
	}
	var files []*source.File
	for _, p := range r.loaded.files {
		files = append(files, p.File)
	}
	err = again.read(ctx, files, again.take)
	if err != nil {
		return "", err
	}
	if again.found != r.counts[plan.Invalid] {
		return "", errMoved
	}
	return out.Commit(ctx)
}

// errMoved means that a file is not what it was when it was loaded, though its
// store says so.
var errMoved = errors.New("the source files have changed since they were loaded: nothing was changed; apply again")

// A rereading finds the bad rows of files that were loaded.
type rereading struct {
	*reading
	parts   []part // that are not read yet
	part    part
	refused *refusals // in order
	next    int       // in refused
	found   int64
	each    func(*plan.Row) error // is given the bad rows; may be nil
	out     *source.Rejects       // likewise
	text    bytes.Buffer
}

// take takes the next piece of the files.
func (g *rereading) take(_ context.Context, p *piece) error {
	if p.first {
		g.part, g.parts = g.parts[0], g.parts[1:]
	}
	if p.err == io.EOF {
		return nil
	}
	bad, err := g.bad(p)
	if err != nil {
		return err
	}
	g.found += int64(len(bad))
	for i := 0; g.each != nil && i < len(bad); i++ {
		one := g.target.invalid(g.part, &bad[i])
		if err := g.each(&one); err != nil {
			return err
		}
	}
	if g.out == nil || len(bad) == 0 {
		return nil
	}
	g.out.Append(&g.text, p.file.Source, p.in, bad)
	return g.out.Add(&g.text)
}

// bad returns the bad rows of a piece, in order.
func (g *rereading) bad(p *piece) ([]row.Reject, error) {
	if p.err != nil {
		return nil, p.err
	}
	bad, before := p.dst.Bad, g.part.before
	mapped := len(bad)
	last := before
	if n := len(p.src.Row); n > 0 {
		last += p.src.Row[n-1]
	}
	for g.next < len(g.refused.rows) && g.refused.rows[g.next].number <= last {
		number, f, after := g.refused.next(g.next)
		i, there := slices.BinarySearch(p.src.Row, number-before)
		if !there {
			return nil, errMoved
		}
		g.next = after
		bad = append(bad, g.reject(p, i, f))
	}
	if mapped > 0 && mapped < len(bad) {
		slices.SortStableFunc(bad, func(a, b row.Reject) int { return cmp.Compare(a.Row, b.Row) })
	}
	return bad, nil
}

// reject is row i of a piece's source as a reject.
func (g *rereading) reject(p *piece, i int, f fault) row.Reject {
	src := &p.src
	out := row.Reject{Error: row.Error{Row: src.Row[i], Column: f.column, Err: errors.New(f.why)}, Value: f.value}
	if i < len(src.Line) {
		out.Line = src.Line[i]
	}
	out.Record = src.RecordAt(i)
	if f.value == "" {
		out.Value = g.value(src, i, f.column)
	}
	out.Key = g.target.keyOf(p.dst, out.Row)
	return out
}

// value is what the source has in a column of the job, "" if that is worked out.
func (g *rereading) value(src *row.Batch, i int, column string) string {
	at := slices.IndexFunc(g.target.job.Cols, func(c spec.Column) bool { return c.Name == column })
	if at < 0 || g.target.job.Cols[at].From.S == "" {
		return ""
	}
	if at = slices.Index(g.program.Headers(), g.target.job.Cols[at].From.S); at < 0 || src.Cols[at].Null[i] {
		return ""
	}
	text := src.Cols[at].Bytes[i]
	if src.Cols[at].Type.Kind == row.Any {
		if plain, err := format.Unquote(text, nil); err == nil {
			text = plain
		}
	}
	return string(text)
}
