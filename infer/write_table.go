package infer

import (
	"context"
	"fmt"
	"net/url"
	"strings"

	"github.com/seed-128c3863/sluice/plan"
	"github.com/seed-128c3863/sluice/row"
	"github.com/seed-128c3863/sluice/spec"
	"github.com/seed-128c3863/sluice/store"
	"github.com/seed-128c3863/sluice/table"
)

// text returns the job file.
func (t *tableDraft) text() []byte {
	var b strings.Builder
	fmt.Fprintf(&b, "# Drafted by `sluice init %s --table %s` from %s of %s.\n", inComment(spec.Redact(t.given)), inComment(t.o.Table), count(t.records, "record"), count(len(t.samples), "file"))
	fmt.Fprintf(&b, "# Types, lengths, and what may be null come from the table.\n")
	fmt.Fprintf(&b, "sluice: 1\nname: %s\n\nparams:\n", t.name)
	t.writeSource(&b, "source:   ")
	if address := withoutPassword(t.o.Database); address == t.o.Database {
		fmt.Fprintf(&b, "  database: {type: string, default: %s}\n", quoted(address))
	} else {
		fmt.Fprintf(&b, "  database: {type: string, default: %s}  # without its password: give that in %s, or the URL by --param database=URL\n", quoted(address), spec.PasswordOf(address))
	}
	t.writeFrom(&b)
	t.writeMatches(&b)
	fmt.Fprintf(&b, "\nto:\n  database: \"{database}\"\n  table: %s\n", scalar(t.o.Table))
	if t.write != "" {
		fmt.Fprintf(&b, "  write: %s  # %s\n", t.write, inComment(t.keyWhy))
		return []byte(b.String())
	}
	var names []string
	for _, m := range t.key {
		names = append(names, scalar(m.name()))
	}
	fmt.Fprintf(&b, "  key: [%s]  # %s\n  write: upsert\n", strings.Join(names, ", "), inComment(t.keyWhy))
	return []byte(b.String())
}

// withoutPassword returns a database's URL without what is secret in it.
func withoutPassword(address string) string {
	u, err := url.Parse(address)
	if err != nil || u.User == nil {
		return address
	}
	if _, has := u.User.Password(); has {
		u.User = url.User(u.User.Username())
	}
	if spec.Redact(u.String()) != u.String() {
		u.RawQuery = ""
	}
	return u.String()
}

// writeMatches writes the columns, and why each is what it is.
func (t *tableDraft) writeMatches(b *strings.Builder) {
	fmt.Fprintf(b, "\ncolumns:\n")
	width, line := 0, 0
	lines := make([]string, len(t.taken))
	for _, m := range t.taken {
		width = max(width, plan.Wide(scalar(m.name())))
	}
	for i, m := range t.taken {
		lines[i] = fmt.Sprintf("  %s {%s}", pad(scalar(m.name())+":", min(width, 30)+1), strings.Join(t.members(m), ", "))
		if n := plan.Wide(lines[i]); n < 80 {
			line = max(line, n)
		}
	}
	for i, m := range t.taken {
		if m.likely < 1 || len(m.why) > 1 {
			lines[i] = fmt.Sprintf("%s  # %s: %s", pad(lines[i], line), sure(m.likely), inComment(strings.Join(m.why, "; ")))
		}
		fmt.Fprintln(b, lines[i])
	}
	for _, d := range t.decisions() {
		if d.To == "" {
			fmt.Fprintf(b, "  # %s is not loaded: %s\n", inComment(scalar(d.Column)), inComment(d.Why))
		}
	}
}

// members are what a column's mapping holds.
func (t *tableDraft) members(m *match) []string {
	c := m.column()
	key, text := m.col.source()
	if t.place.isTable() {
		key, text = "from", m.col.path[0].Name
	}
	parts := []string{key + ": " + scalar(text)}
	put := func(key, text string) {
		if text != "" {
			parts = append(parts, key+": "+text)
		}
	}
	if m.to != nil && m.by == nil && m.to.Type.Kind == row.Any {
		put("type", typeText(c.Type.String()))
	}
	parts = append(parts, optionsOf(&c)...)
	put("split", quotedOrNone(c.Split.S))
	put("through", scalarOrNone(c.Through.S))
	put("lookup", scalarOrNone(c.Lookup.S))
	put("missing", c.Missing)
	return parts
}

func listText(words []string) string {
	if words == nil {
		return ""
	}
	quotedWords := make([]string, len(words))
	for i, word := range words {
		quotedWords[i] = quoted(word)
	}
	return "[" + strings.Join(quotedWords, ", ") + "]"
}

func quotedOrNone(text string) string {
	if text == "" {
		return ""
	}
	return quoted(text)
}

func scalarOrNone(text string) string {
	if text == "" {
		return ""
	}
	return scalar(text)
}

// explain notes how rows are told apart, and what of the table is not loaded.
func (t *tableDraft) explain(notes []string) {
	if t.write == "" {
		t.notes = append(t.notes, "rows are told apart by "+t.keyWhy)
	} else {
		t.notes = append(t.notes, "write: "+t.write+", for "+t.keyWhy)
	}
	if names := t.unfilled(); len(names) > 0 {
		t.notes = append(t.notes, "not loaded of the table, as nothing in the files is like it: "+strings.Join(names, ", "))
	}
	t.notes = append(t.notes, notes...)
}

// mostProved is how many rows of the files a job is tried on.
const mostProved = 1000

// prove runs the job over the first rows of the files, and notes what they and
// the table say of it.
func (t *tableDraft) prove(ctx context.Context, stores *store.Set) error {
	job, err := spec.Parse(t.name+".yaml", t.text())
	if err != nil {
		return fmt.Errorf("%s cannot be written as a job: %w", spec.Redact(t.given), err)
	}
	params, err := job.Bind(map[string]string{"source": t.place.source, "database": t.o.Database}, nil)
	if err != nil {
		return err
	}
	o := table.Options{Job: job, Params: params, Stores: stores}
	notes, err := table.Fit(ctx, o)
	if err != nil {
		return err
	}
	t.explain(notes)
	im, err := table.Open(ctx, o)
	if err != nil {
		return err
	}
	defer im.Close() //nolint:contextcheck // it closes after ctx has ended, too
	p, err := im.Preview(ctx, mostProved)
	if err != nil {
		return err
	}
	if len(p.Rejects) > 0 {
		t.notes = append(t.notes, fmt.Sprintf("%s of the first %d will be rejected, the first: %s", count(len(p.Rejects), "row"), len(p.Rows)+len(p.Rejects), spec.Redact(p.Rejects[0].Error.Error())))
	}
	return nil
}
