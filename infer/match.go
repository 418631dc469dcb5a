package infer

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/seed-128c3863/sluice/row"
	"github.com/seed-128c3863/sluice/spec"
	"github.com/seed-128c3863/sluice/table"
)

// A match is a column of the files with the place in the table that its values
// go to, and how.
type match struct {
	*target
	col    *column
	texts  *reading
	likely float64 // how sure it is, from 0 to 1
	why    []string
	fit    *fit

	by      *table.Column // of refers, that values are looked up by; nil: they are stored
	split   string        // what stands between the values of a cell; "": it has one
	missing string        // what becomes of values that are not there; "": rejects
	lost    int           // values of the sample that are not there
}

// name is what the column is called in the job.
func (m *match) name() string {
	if m.to != nil {
		return m.to.Name
	}
	return m.col.name
}

// place says where the values go.
func (m *match) place() string {
	switch {
	case m.through != "":
		return fmt.Sprintf("%s by %s.%s", m.through, m.refers.name, m.by.Name)
	case m.by != nil:
		return fmt.Sprintf("%s by %s.%s", m.to.Name, m.refers.name, m.by.Name)
	}
	return m.to.Name
}

// A matcher matches the columns of the files with a table.
type matcher struct {
	*draft
	db      *table.Catalog
	table   *table.Table
	targets []*target
	prober  *prober
	texts   map[*column]*reading
	unfit   map[*column]string // why a column does not go where its name says
}

// matches returns what each column of the files may be, the likeliest first.
func (m *matcher) matches(ctx context.Context) ([]*match, error) {
	var all []*match
	own := nameFrom(m.table.Name).words
	for _, c := range m.columns {
		for _, to := range m.targets {
			alike, why := to.like(c, own)
			if alike < doubtful {
				continue
			}
			found, err := m.match(ctx, c, to)
			if err != nil {
				return nil, err
			}
			if found == nil && alike >= likely && m.texts[c] != nil && m.unfit[c] == "" {
				m.unfit[c] = m.misfit(c, to)
			}
			if found == nil {
				continue
			}
			found.likely *= alike
			found.why = append([]string{why}, found.why...)
			all = append(all, found)
		}
	}
	slices.SortStableFunc(all, func(a, b *match) int {
		switch {
		case a.likely > b.likely:
			return -1
		case a.likely < b.likely:
			return 1
		}
		return 0
	})
	return all, nil
}

// misfit says why values of a column do not go where its name says.
func (m *matcher) misfit(c *column, to *target) string {
	if to.to == nil {
		return "its values are none that " + to.through + " links"
	}
	why := "its values do not fit " + to.to.Name
	if f, err := m.prober.fit(c, m.texts[c], to.to); err == nil && f.first != "" {
		why += ": " + f.first
	}
	return why
}

// like says how alike the name of a column is to those of a target.
func (t *target) like(c *column, table []string) (best float64, why string) {
	given := nameFrom(c.path[len(c.path)-1].Name)
	for i, n := range t.names {
		alike, how := like(given, n, table)
		if i > 0 && alike > .9 {
			alike, how = .95, "the same name but for what it refers to"
		}
		if alike > best {
			best, why = alike, how
		}
	}
	if best < translated {
		for _, other := range given.inEnglish() {
			for _, n := range t.names {
				if alike, _ := like(other, n, table); alike >= certain && best < translated {
					best, why = translated, fmt.Sprintf("%q in English", other.text)
				}
			}
		}
	}
	if t.refers == nil {
		return best, why
	}
	for _, by := range t.refers.naturals {
		for _, n := range t.names {
			with := name{words: append(slices.Clone(n.words), nameFrom(by.Name).words...)}
			if alike, _ := like(given, with, table); alike > max(best, certain) {
				best, why = .95, "the name of "+t.refers.name+"."+by.Name
			}
		}
	}
	return best, why
}

// match finds how values of a column go to a place; nil if they do not.
func (m *matcher) match(ctx context.Context, c *column, to *target) (*match, error) {
	texts := m.texts[c]
	if texts == nil {
		return nil, nil
	}
	found := &match{target: to, col: c, texts: texts, likely: 1}
	if to.through != "" {
		return m.linked(ctx, found)
	}
	if texts.items != nil && to.to.Type.Kind != row.List {
		return nil, nil
	}
	var err error
	if found.fit, err = m.prober.fit(c, texts, to.to); err != nil {
		return nil, nil // values of that kind have no place there
	}
	if to.refers != nil {
		return m.referring(ctx, found)
	}
	return found.fitted(), nil
}

// fitted takes into account how much of the sample the column's type takes.
func (m *match) fitted() *match {
	share := m.fit.share()
	if share < .5 {
		return nil
	}
	if m.fit.note != "" {
		m.why = append(m.why, m.fit.note)
	}
	if m.fit.Timezone != "" {
		m.likely *= .8
	}
	if m.fit.rejects > 0 {
		m.why = append(m.why, fmt.Sprintf("%d of %d values do not fit: %s", m.fit.rejects, m.fit.rows, m.fit.first))
		m.likely *= share
	}
	return m
}

// referring chooses whether values are those that the foreign key has, or
// natural keys of what it refers to, as most of them are found.
func (m *matcher) referring(ctx context.Context, found *match) (*match, error) {
	r := found.refers
	values := found.fit.values(found.texts.distinct())
	direct := *found
	var best *match
	share := -1.0
	if direct.fit.rejects == 0 && lookable(r.id) {
		n, err := m.found(ctx, r.Table, r.id.Name, values)
		if err != nil {
			return nil, err
		}
		if best, share = &direct, part(n, len(values)); len(values) > 0 {
			direct.lost = len(values) - n
			direct.why = append(direct.why, fmt.Sprintf("%d of %d values are found in %s.%s", n, len(values), r.name, r.id.Name))
		}
	}
	for _, by := range r.naturals {
		look := *found
		look.by = by
		values := found.texts.distinct()
		n, err := m.look(ctx, &look, values)
		if err != nil || look.fit == nil {
			return nil, err
		}
		if values = look.fit.values(values); part(n, len(values)) > share && look.fit.share() >= .5 {
			best, share = &look, part(n, len(values))
		}
	}
	if best == nil {
		return nil, nil
	}
	if best.fit.note != "" {
		best.why = append(best.why, best.fit.note)
	}
	return best.looked(share), nil
}

// found returns how many of the values a column of a table holds; none if the
// user may not look, which is noted.
func (m *matcher) found(ctx context.Context, t *table.Table, column string, values []string) (int, error) {
	n, err := m.db.Found(ctx, t, column, values)
	if err == nil || ctx.Err() != nil {
		return n, err
	}
	why, _, _ := strings.Cut(err.Error(), ": ")
	if note := fmt.Sprintf("values cannot be looked for in %s.%s: %s", t.Name, column, why); !slices.Contains(m.notes, note) {
		m.notes = append(m.notes, note)
	}
	return 0, nil
}

// look finds how many of the values natural keys of a table are.
func (m *matcher) look(ctx context.Context, found *match, values []string) (n int, err error) {
	fit, err := m.prober.fit(found.col, found.texts, found.by)
	if err != nil {
		found.fit = &fitNone
		return 0, nil
	}
	if found.fit = fit; found.fit.rejects > 0 && found.by.Type.Kind != row.String {
		return 0, nil
	}
	fit.Type, fit.Empty, fit.MaxLen, fit.OneOf = nil, "", 0, nil // the table says it
	fit.Trim = padded(values)
	values = fit.values(values)
	if n, err = m.found(ctx, found.refers.Table, found.by.Name, values); err != nil {
		return 0, err
	}
	found.lost = len(values) - n
	found.why = append(slices.Clone(found.why), fmt.Sprintf("%d of %d values are found in %s.%s", n, len(values), found.refers.name, found.by.Name))
	return n, nil
}

// fitNone is how values are read that are none of a column.
var fitNone = fit{rows: 1, rejects: 1}

// looked takes into account how many values are found.
func (m *match) looked(share float64) *match {
	m.likely *= .7 + .3*share
	return m
}

func part(n, of int) float64 {
	if of == 0 {
		return 0
	}
	return float64(n) / float64(of)
}

// marks may stand between the values of a cell.
var marks = []string{"|", ";", ",", "/", "\n", " "}

// linked chooses what stands between the values of a cell, and what they are
// natural keys of, as most of them are found.
func (m *matcher) linked(ctx context.Context, found *match) (*match, error) {
	var best *match
	share := -1.0
	for _, by := range found.refers.naturals {
		if by.Type.Kind != row.String {
			continue
		}
		for _, mark := range usedMarks(found.texts) {
			values := split(found.texts, mark)
			way := &fit{rows: found.texts.rows}
			if way.Trim = padded(values); way.Trim {
				values = trimmed(values)
			}
			n, err := m.found(ctx, found.refers.Table, by.Name, values)
			if err != nil {
				return nil, err
			}
			if part(n, len(values)) > share {
				share = part(n, len(values))
				link := *found
				link.by, link.split, link.fit, link.lost = by, mark, way, len(values)-n
				link.why = []string{fmt.Sprintf("%d of %d values are found in %s.%s", n, len(values), found.refers.name, by.Name)}
				best = &link
			}
		}
	}
	if best == nil {
		return nil, nil
	}
	if best.texts.items == nil && best.split != "" {
		best.why = append(best.why, fmt.Sprintf("%q stands between them", best.split))
	}
	return best.looked(share), nil
}

// values are those that are looked up.
func (m *match) values() []string {
	values := m.texts.distinct()
	if m.split != "" {
		values = split(m.texts, m.split)
	}
	return trimmed(values)
}

// values are those of a column as it is read, without what is null.
func (f *fit) values(texts []string) []string {
	if f.Trim {
		texts = trimmed(texts)
	}
	return slices.DeleteFunc(texts, func(text string) bool { return slices.Contains(f.Null, text) })
}

// padded says whether a value has white space at an end.
func padded(values []string) bool {
	return slices.ContainsFunc(values, func(text string) bool { return strings.TrimSpace(text) != text })
}

// trimmed returns the values without white space at their ends, each once.
func trimmed(values []string) []string {
	r := &reading{}
	for _, text := range values {
		r.items = append(r.items, strings.TrimSpace(text))
	}
	return r.distinct()
}

// usedMarks are the marks that cells have in them; of lists, and of cells that
// have none, the first.
func usedMarks(texts *reading) (used []string) {
	values := texts.distinct()
	for _, mark := range marks {
		if texts.items == nil && slices.ContainsFunc(values, func(text string) bool { return strings.Contains(text, mark) }) {
			used = append(used, mark)
		}
	}
	if used == nil {
		return marks[:1]
	}
	return used
}

// split returns the values of cells that hold several.
func split(texts *reading, mark string) []string {
	if texts.items != nil {
		return texts.distinct()
	}
	r := &reading{}
	for _, text := range texts.distinct() {
		r.items = append(r.items, strings.Split(text, mark)...)
	}
	return r.distinct()
}

// column returns the match as a column of a job.
func (m *match) column() spec.Column {
	c := m.fit.Column
	c.Name, c.Missing = m.name(), m.missing
	if m.by != nil {
		by := m.by.Name
		if strings.ContainsAny(by, ". \t\"") {
			by = `"` + strings.ReplaceAll(by, `"`, `""`) + `"`
		}
		c.Lookup.S = m.refers.name + "." + by
	}
	if c.Through.S = m.through; m.through != "" {
		c.Split.S = m.split // of a list it has no meaning, but must be there
	}
	return c
}
