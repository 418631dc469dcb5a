package table

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5"

	"github.com/seed-128c3863/sluice/plan"
	"github.com/seed-128c3863/sluice/row"
)

// rows yields the rows that change, in their order, or all of them. limit 0 is
// none.
func (s *postgresImport) rows(ctx context.Context, limit int, all bool, yield func(*plan.Row) error) error {
	rows, err := s.conn.Query(ctx, s.changes(limit, all))
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		r, err := s.change(rows)
		if err != nil {
			return err
		}
		if err := yield(r); err != nil {
			return err
		}
	}
	return rows.Err()
}

// changes selects what changes: the number, op, mask, and the old and the new
// text of each column and link. all selects unchanged rows, too, whose op is empty.
func (s *postgresImport) changes(limit int, all bool) string {
	t := s.t
	place, most, join := "ORDER BY sluice_row, "+names(t.identity(), ", ", "i%i"), "", "LEFT"
	if limit > 0 {
		most = fmt.Sprintf(" LIMIT %d", limit)
	}
	if all {
		join = "FULL"
	}
	values, joins := []string{"s.sluice_row", "coalesce(p.op::text, '')", "p.mask"}, ""
	for _, c := range t.columns {
		name := quoteName(c.to.Name)
		if c.lookup == nil {
			values = append(values, fmt.Sprintf("p.b%d::text, s.%s::text", c.at, name))
			continue
		}
		was, is := fmt.Sprintf("o%d.%s::text", c.at, quoteName(c.lookup.by.Name)), fmt.Sprintf("n%d.%s::text", c.at, quoteName(c.lookup.by.Name))
		joins += fmt.Sprintf(" LEFT JOIN %[1]s o%[2]d ON o%[2]d.%[3]s = p.b%[2]d LEFT JOIN %[1]s n%[2]d ON n%[2]d.%[3]s = s.%[4]s", c.lookup.sqlName(), c.at, quoteName(c.lookup.id.Name), name)
		if c.lookup.create {
			is = fmt.Sprintf("coalesce(%s, m%d.value)", is, c.at)
			joins += fmt.Sprintf(" LEFT JOIN sluice_made m%[1]d ON m%[1]d.look = %[2]d AND m%[1]d.code = s.%[3]s", c.at, s.looked(c), name)
		}
		values = append(values, was+", "+is)
	}
	for _, c := range t.links {
		values = append(values, fmt.Sprintf("o%d.v, n%d.v", c.at, c.at))
		joins += s.linkTexts(c)
	}
	return "WITH p AS (SELECT row_number() OVER (" + place + ") AS n, * FROM sluice_plan " + place + most + ") SELECT " + strings.Join(values, ", ") +
		" FROM p " + join + " JOIN sluice_incoming s USING (sluice_row)" + joins + " ORDER BY s.sluice_row, p.n" + most
}

// linkTexts joins what a link's rows p were linked to as o<i>.v, and will be as
// n<i>.v: natural keys as a list of JSON.
func (s *postgresImport) linkTexts(c *binding) string {
	by, id := quoteName(c.lookup.by.Name), quoteName(c.lookup.id.Name)
	value, made := "r."+by+"::text", ""
	if c.lookup.create {
		value = "coalesce(" + value + ", m.value)"
		made = fmt.Sprintf(" LEFT JOIN sluice_made m ON m.look = %d AND m.code = g", s.looked(c))
	}
	texts := func(alias, value, from, join string) string {
		return fmt.Sprintf(" LEFT JOIN (SELECT p.n, array_to_json(array_agg(%[2]s ORDER BY %[2]s))::text AS v FROM p%[3]s g LEFT JOIN %[4]s r ON r.%[5]s = g%[6]s GROUP BY 1) %[1]s%[7]d ON %[1]s%[7]d.n = p.n",
			alias, value, from, c.lookup.sqlName(), id, join, c.at)
	}
	return texts("o", "r."+by+"::text", fmt.Sprintf(", unnest(p.k%d)", c.at), "") +
		texts("n", value, fmt.Sprintf(" JOIN sluice_incoming s USING (sluice_row), unnest(s.sluice_l%d)", c.at), made)
}

// looked is what sluice_made calls a column's look-up.
func (s *postgresImport) looked(c *binding) int {
	for _, g := range s.t.creates() {
		if slices.Contains(g, c) {
			return g[0].at
		}
	}
	return -1
}

// change makes a row's change of what changes selects.
func (s *postgresImport) change(rows pgx.Rows) (*plan.Row, error) {
	var number *int64
	var op string
	var mask []int32
	columns := slices.Concat(s.t.columns, s.t.links)
	texts := make([]*string, 2*len(columns))
	into := []any{&number, &op, &mask}
	for i := range texts {
		into = append(into, &texts[i])
	}
	if err := rows.Scan(into...); err != nil {
		return nil, err
	}
	r := &plan.Row{State: ops[op]}
	if number != nil {
		r.File, r.Row = s.load.place(*number)
	}
	for i, c := range columns {
		was, is := valueOf(c, texts[2*i]), valueOf(c, texts[2*i+1])
		switch {
		case slices.Contains(s.t.key, c):
			if is == nil {
				is = was
			}
			r.Key = append(r.Key, plan.Value{Column: c.col.Name, Value: is})
		case r.State == plan.Delete:
			r.Values = append(r.Values, plan.Change{Column: c.col.Name, Old: was})
		case r.State == plan.New || slices.Contains(mask, int32(c.at)):
			r.Values = append(r.Values, plan.Change{Column: c.col.Name, Old: was, New: is})
		}
	}
	return r, nil
}

// valueOf is what a plan shows of a value that the database wrote as text.
func valueOf(c *binding, text *string) any {
	if c.link != nil {
		list := []any{}
		if text != nil {
			_ = json.Unmarshal([]byte(*text), &list) // the database made it
		}
		return list
	}
	if text == nil {
		return nil
	}
	switch k := c.col.Type.Kind; {
	case k == row.Bool:
		return *text == "true"
	case k >= row.Int16 && k <= row.Decimal:
		if json.Valid([]byte(*text)) {
			return json.Number(*text)
		}
	}
	return *text
}

// bad yields what is wrong with the rows in sluice_bad.
func (s *postgresImport) bad(ctx context.Context, yield func(number int64, key plan.Values, column, why string) error) error {
	rows, err := s.conn.Query(ctx, "SELECT sluice_row, col, why, others[1:6] FROM sluice_bad ORDER BY 1, 2, 3")
	if err != nil {
		return err
	}
	var number int64
	var col int
	var why string
	var others []int64
	_, err = pgx.ForEachRow(rows, []any{&number, &col, &why, &others}, func() error {
		if others != nil {
			why = s.load.named(others, number) + " " + why
		}
		return yield(number, s.badKeys[number], s.t.job.Cols[col].Name, why)
	})
	return err
}

// keysOfBad reads the keys of the first rows in sluice_bad, which are still
// incoming.
func (s *postgresImport) keysOfBad(ctx context.Context) error {
	if len(s.t.key) == 0 {
		return nil
	}
	var keys []*binding
	values := []string{"sluice_row"}
	for _, c := range s.t.columns {
		if !slices.Contains(s.t.key, c) {
			continue
		}
		value := "s." + quoteName(c.to.Name) + "::text"
		if c.lookup != nil {
			value = fmt.Sprintf("(SELECT n.%s::text FROM %s n WHERE n.%s = s.%s)", quoteName(c.lookup.by.Name), c.lookup.sqlName(), quoteName(c.lookup.id.Name), quoteName(c.to.Name))
		}
		keys, values = append(keys, c), append(values, value)
	}
	rows, err := s.conn.Query(ctx, fmt.Sprintf("SELECT %s FROM sluice_incoming s WHERE sluice_row IN (SELECT DISTINCT sluice_row FROM sluice_bad ORDER BY 1 LIMIT %d)", strings.Join(values, ", "), mostShown))
	if err != nil {
		return err
	}
	s.badKeys = map[int64]plan.Values{}
	var number int64
	texts := make([]*string, len(keys))
	into := []any{&number}
	for i := range texts {
		into = append(into, &texts[i])
	}
	_, err = pgx.ForEachRow(rows, into, func() error {
		var key plan.Values
		for i, c := range keys {
			key = append(key, plan.Value{Column: c.col.Name, Value: valueOf(c, texts[i])})
		}
		s.badKeys[number] = key
		return nil
	})
	return err
}
