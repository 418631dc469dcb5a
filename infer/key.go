package infer

import (
	"fmt"
	"slices"
	"strings"

	"github.com/seed-128c3863/sluice/spec"
	"github.com/seed-128c3863/sluice/table"
)

// A keyChoice is a set of columns that may tell rows apart.
type keyChoice struct {
	columns []*match
	unique  *table.Unique // nil: the table has none over them
	twice   int           // rows of the sample whose values another has
	nulls   int           // rows of the sample that lack one of the values
	text    string
}

// good says whether the sample speaks for it.
func (k *keyChoice) good() bool { return k.twice == 0 && k.nulls == 0 }

// chooseKey chooses the columns by which rows are told apart: those of a unique
// of the table that the files fill and by which no two rows of the sample are the
// same. Without one rows can only be added.
func (t *tableDraft) chooseKey() error {
	choices := t.keys()
	q := Question{Text: "by which columns are rows told apart?"}
	for _, k := range choices {
		q.Choices = append(q.Choices, k.text)
	}
	if t.numbered() {
		q.Choices = append(q.Choices, "by none: each load adds all rows anew")
	}
	if len(q.Choices) == 0 {
		return nothing("table %s has no primary key that the database makes, and no column of %s tells its rows apart: no job can load it", t.o.Table, spec.Redact(t.given))
	}
	doubt := len(choices) == 0 || !choices[0].good() || choices[0].unique == nil
	if len(choices) > 1 && choices[1].good() && choices[0].unique != nil && choices[0].unique.Primary && t.numbered() {
		doubt = true // the files may number their rows otherwise than the table
		choices[0].text += "; " + choices[1].text
	}
	at := 0
	if doubt && len(choices) > 0 {
		var err error
		if at, _, err = t.ask.answer(q); err != nil {
			return err
		}
	}
	if at == len(choices) {
		t.write, t.keyWhy = "insert", "the files fill no unique of the table: each apply of a new file adds all of its rows"
		return nil
	}
	t.key, t.keyWhy = choices[at].columns, choices[at].text
	return nil
}

// numbered says whether the database makes a primary key for rows without one.
func (t *tableDraft) numbered() bool {
	key := t.table.PrimaryKey()
	return key != nil && !slices.ContainsFunc(t.table.Unfilled(nil), func(name string) bool { return slices.Contains(key, name) })
}

// keys returns what may be the key, the best first.
func (t *tableDraft) keys() (choices []*keyChoice) {
	for i := range t.table.Uniques {
		u := &t.table.Uniques[i]
		if columns := t.fillers(u); columns != nil {
			choices = append(choices, t.keyChoice(columns, u))
		}
	}
	for _, m := range t.taken {
		if len(choices) > 0 && choices[0].unique != nil || m.to == nil || m.by != nil || m.texts.rows < 2 || m.fit.rejects > 0 || t.numbered() && !keyLike(m.to) {
			continue
		}
		if k := t.keyChoice([]*match{m}, nil); k.good() {
			choices = append(choices, k)
		}
	}
	slices.SortStableFunc(choices, func(a, b *keyChoice) int {
		switch {
		case a.good() != b.good():
			if a.good() {
				return -1
			}
			return 1
		case a.twice+a.nulls != b.twice+b.nulls:
			return a.twice + a.nulls - b.twice - b.nulls
		}
		return 0
	})
	return choices
}

// keyLike says whether a column without a unique may tell rows apart by its name.
func keyLike(c *table.Column) bool {
	for _, word := range nameFrom(c.Name).words {
		if slices.Contains([]string{"id", "code", "no", "number", "key", "sku", "slug", "uuid", "코드", "번호", "아이디"}, word) {
			return true
		}
	}
	return strings.HasSuffix(c.Name, "코드") || strings.HasSuffix(c.Name, "번호")
}

// fillers are the matches that fill the columns of a unique; nil if one is not
// filled, or the unique is not one for all rows.
func (t *tableDraft) fillers(u *table.Unique) (columns []*match) {
	if u.Where != "" {
		return nil
	}
	for _, part := range u.Parts {
		i := slices.IndexFunc(t.taken, func(m *match) bool { return m.to != nil && part.Column != "" && m.to.Name == part.Column })
		if i < 0 {
			return nil
		}
		columns = append(columns, t.taken[i])
	}
	return columns
}

// keyChoice looks how columns tell the rows of the sample apart.
func (t *tableDraft) keyChoice(columns []*match, u *table.Unique) *keyChoice {
	k := &keyChoice{columns: columns, unique: u}
	seen := map[string]bool{}
	rows := columns[0].texts.rows
	for r := range rows {
		value, null := "", false
		for _, m := range columns {
			cell := m.texts.cells[r]
			if null = null || cell == nil || *cell == ""; cell != nil {
				value += fmt.Sprintf("%q,", *cell)
			}
		}
		switch {
		case null:
			k.nulls++
		case seen[value]:
			k.twice++
		}
		seen[value] = true
	}
	k.text = k.words(rows)
	return k
}

func (k *keyChoice) words(rows int) string {
	var names []string
	for _, m := range k.columns {
		names = append(names, m.to.Name)
	}
	text := strings.Join(names, ", ")
	switch {
	case k.unique != nil && k.unique.Primary:
		text += ": the primary key"
	case k.unique != nil && k.unique.Name != "" && !strings.HasPrefix(k.unique.Name, "sqlite_autoindex_"):
		text += ": unique " + k.unique.Name
	case k.unique != nil:
		text += ": unique in the table"
	case k.unique == nil:
		text += ": no unique of the table, but"
	}
	switch {
	case k.good() && k.unique == nil:
		return text + fmt.Sprintf(" no two of %s are the same by it", count(rows, "row"))
	case k.good():
		return text + fmt.Sprintf(", and no two of %s are the same by it", count(rows, "row"))
	case k.twice == 0:
		return text + fmt.Sprintf(", but %d of %s lack it", k.nulls, count(rows, "row"))
	}
	return text + fmt.Sprintf(", but %d of %s have the values of another", k.twice, count(rows, "row"))
}
