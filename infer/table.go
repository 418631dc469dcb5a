package infer

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/seed-128c3863/sluice/row"
	"github.com/seed-128c3863/sluice/spec"
	"github.com/seed-128c3863/sluice/store"
	"github.com/seed-128c3863/sluice/table"
)

// TableOptions says for which table a job is drafted. Database and Table are
// needed.
type TableOptions struct {
	Options

	// Database is its URL, as to.database of a job has it.
	Database string

	// Table is its name, as to.table of a job has it.
	Table string
}

// A Decision says where the values of one column of the files go, and why.
type Decision struct {
	Column string `json:"column"` // of the files
	To     string `json:"to"`     // of the table; "": it is not loaded
	Sure   string `json:"sure"`   // "sure", "likely" or "in doubt"
	Why    string `json:"why"`
}

// A tableDraft is a job for a table that is being drafted.
type tableDraft struct {
	*matcher
	o      TableOptions
	taken  []*match
	key    []*match
	keyWhy string
	write  string // "": upsert
}

// Table drafts a job that loads a file, a folder or a prefix into a table.
// Nothing is written, neither a file nor to the database.
func Table(ctx context.Context, stores *store.Set, source string, o TableOptions) (*Draft, error) {
	d := &draft{given: source, ask: o.Ask, table: true}
	if err := d.gather(ctx, stores, source, o.Name); err != nil {
		return nil, err
	}
	db, err := table.OpenCatalog(ctx, o.Database)
	if err != nil {
		return nil, err
	}
	defer db.Close(ctx)
	t := &tableDraft{matcher: &matcher{draft: d, db: db}, o: o}
	if err := t.decide(ctx); err != nil {
		return nil, err
	}
	if err := t.prove(ctx, stores); err != nil {
		return nil, err
	}
	return &Draft{
		Name: d.name, File: fileOf(d.given, d.name), Source: d.place.source, Text: t.text(), Files: len(d.place.files), Sampled: len(d.samples), Records: d.records, Columns: len(t.taken),
		Notes: append([]string{d.sampled()}, d.notes...), Decisions: t.decisions(), Table: o.Table,
	}, nil
}

// decide settles what goes where.
func (t *tableDraft) decide(ctx context.Context) (err error) {
	if t.table, err = t.db.Table(ctx, t.o.Table); err != nil {
		return &NothingError{err}
	}
	if t.targets, err = targets(ctx, t.db, t.table); err != nil {
		return err
	}
	if t.prober, err = t.newProber(); err != nil {
		return err
	}
	t.texts, t.unfit = map[*column]*reading{}, map[*column]string{}
	for _, c := range t.columns {
		t.texts[c] = t.prober.texts(c)
	}
	all, err := t.matches(ctx)
	if err != nil {
		return err
	}
	if err := t.take(all); err != nil {
		return err
	}
	if err := t.byValues(ctx); err != nil {
		return err
	}
	if err := t.details(); err != nil {
		return err
	}
	if len(t.taken) == 0 {
		return nothing("no column of %s is like one of table %s: it has %s", spec.Redact(t.given), t.o.Table, some(t.unfilled()))
	}
	t.order()
	return t.chooseKey()
}

// take takes the likeliest matches, each column and each place once. What is in
// doubt is asked.
func (t *tableDraft) take(all []*match) error {
	for len(all) > 0 {
		m := all[0]
		if m.likely < likely {
			var err error
			if m, err = t.askPlace(m, all); err != nil {
				return err
			}
		}
		if m != nil && m.likely >= doubtful/2 {
			t.taken = append(t.taken, m)
		}
		gone := all[0].col
		all = slices.DeleteFunc(all, func(o *match) bool { return o.col == gone || m != nil && o.target == m.target })
	}
	return nil
}

// askPlace lets a person choose where a column goes, of the places that are likeliest;
// nil: nowhere.
func (t *tableDraft) askPlace(best *match, all []*match) (*match, error) {
	q := Question{Text: fmt.Sprintf("where does column %q of the file go?", best.col.header())}
	var choices []*match
	for _, m := range all {
		if m.col == best.col && len(choices) < 4 {
			choices = append(choices, m)
			q.Choices = append(q.Choices, fmt.Sprintf("%s (%s)", m.place(), strings.Join(m.why, "; ")))
		}
	}
	q.Choices = append(q.Choices, "nowhere: leave it out")
	if best.likely < doubtful {
		q.Best = len(choices)
	}
	at, asked, err := t.ask.answer(q)
	if err != nil {
		return nil, err
	}
	if at == len(choices) {
		t.unfit[best.col] = fmt.Sprintf("too little speaks for %s: %s", best.place(), strings.Join(best.why, "; "))
		if asked {
			t.unfit[best.col] = "you left it out"
		}
		return nil, nil
	}
	if asked {
		choices[at].likely = max(choices[at].likely, certain)
		choices[at].why = []string{"as you said"}
	}
	return choices[at], nil
}

// header is the name that the files have for the column.
func (c *column) header() string { return c.path.String() }

// byValues gives places that refer to another table, and that no name is like, to
// columns whose values are all found there.
func (t *tableDraft) byValues(ctx context.Context) error {
	var all []*match
	for _, c := range t.columns {
		texts := t.texts[c]
		if texts == nil || t.taker(c) != nil || len(texts.distinct()) < 3 {
			continue
		}
		for _, to := range t.targets {
			if to.refers == nil || slices.ContainsFunc(t.taken, func(m *match) bool { return m.target == to }) {
				continue
			}
			m, err := t.match(ctx, c, to)
			if err != nil {
				return err
			}
			if m != nil && m.by != nil && m.by.Type.Kind == row.String && m.lost == 0 {
				m.likely = .7
				all = append(all, m)
			}
		}
	}
	return t.take(all)
}

// taker returns the match of a column, nil if it has none.
func (t *tableDraft) taker(c *column) *match {
	for _, m := range t.taken {
		if m.col == c {
			return m
		}
	}
	return nil
}

// details settles of each match what is still in doubt.
func (t *tableDraft) details() error {
	for _, m := range t.taken {
		if len(m.fit.also) > 0 {
			if err := t.otherForm(m); err != nil {
				return err
			}
		}
		switch {
		case m.by == nil || m.lost == 0:
		case !m.refers.creates(m.by):
			m.why = append(m.why, "rows with others are rejected")
		default:
			if err := t.missing(m); err != nil {
				return err
			}
		}
	}
	return nil
}

// otherForm asks for the form of dates of which several read the sample.
func (t *tableDraft) otherForm(m *match) error {
	q := Question{Text: fmt.Sprintf("in which form are the dates of column %q, as in %s?", m.col.header(), quotedList(m.texts.distinct()[:1]))}
	ways := append([]fit{*m.fit}, m.fit.also...)
	var forms []string
	for _, f := range ways {
		forms = append(forms, f.Formats[0].S)
	}
	q.Choices = forms
	at, asked, err := t.ask.answer(q)
	if err != nil {
		return err
	}
	m.fit = &ways[at]
	if !asked {
		m.likely = min(m.likely, .7)
		m.why = append(m.why, "they could be "+strings.Join(forms[1:], " or ")+", too")
	} else {
		m.why = slices.DeleteFunc(m.why, func(why string) bool { return strings.HasPrefix(why, "written as ") })
		m.why = append(m.why, "written as "+forms[at]+", as you said")
	}
	return nil
}

// missing asks what becomes of values that are not found.
func (t *tableDraft) missing(m *match) error {
	q := Question{
		Text:    fmt.Sprintf("%d values of column %q are not in %s.%s: what becomes of them?", m.lost, m.col.header(), m.refers.name, m.by.Name),
		Choices: []string{"their rows are rejected", "they are added to " + m.refers.name},
	}
	if m.lost == len(m.values()) { // none is there, as before a first load
		q.Best = 1
	}
	at, _, err := t.ask.answer(q)
	if at == 1 {
		m.missing = "create"
		m.why = append(m.why, "the others are added there")
	} else {
		m.why = append(m.why, "rows with others are rejected (missing: create would add them)")
	}
	return err
}

// order puts the matches in the order of the files' columns.
func (t *tableDraft) order() {
	slices.SortFunc(t.taken, func(a, b *match) int { return slices.Index(t.columns, a.col) - slices.Index(t.columns, b.col) })
}

// unfilled are the columns of the table that a job could fill and this does not.
func (t *tableDraft) unfilled() (names []string) {
	for _, to := range t.targets {
		if to.to != nil && !slices.ContainsFunc(t.taken, func(m *match) bool { return m.to == to.to }) {
			names = append(names, to.to.Name)
		}
	}
	return names
}

// sure puts a likelihood into words.
func sure(likelihood float64) string {
	switch {
	case likelihood >= certain:
		return "sure"
	case likelihood >= likely:
		return "likely"
	}
	return "in doubt"
}

// decisions returns what was decided, by the columns of the files.
func (t *tableDraft) decisions() (all []Decision) {
	for _, c := range t.columns {
		m := t.taker(c)
		if m == nil {
			why := cmp.Or(t.unfit[c], "no column of the table is like it")
			if t.texts[c] == nil {
				why = "it holds objects, or is not of one type"
			}
			all = append(all, Decision{Column: c.header(), Why: why})
			continue
		}
		all = append(all, Decision{Column: c.header(), To: m.place(), Sure: sure(m.likely), Why: strings.Join(m.why, "; ")})
	}
	return all
}
