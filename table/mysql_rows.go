package table

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/seed-128c3863/sluice/plan"
	"github.com/seed-128c3863/sluice/row"
)

// rows yields the rows that change, in their order, or all of them. limit 0 is
// none.
func (s *mysqlImport) rows(ctx context.Context, limit int, all bool, yield func(*plan.Row) error) error {
	return s.texts(ctx, s.changes(limit, all), func(v []*string) error { return yield(s.change(ctx, v)) })
}

// changes selects what changes: the number, op, mask, and the old and the new
// text of each column and link. all selects unchanged rows, too, whose op is empty.
func (s *mysqlImport) changes(limit int, all bool) string {
	t := s.t
	place, most := "sluice_row IS NULL, sluice_row, "+names(t.identity(), ", ", "i%i"), ""
	if limit > 0 {
		most = fmt.Sprintf(" LIMIT %d", limit)
	}
	values, joins := []string{"s.sluice_row", "coalesce(p.op, '')", "p.mask"}, ""
	for _, c := range t.columns {
		name := quoteName(c.to.Name)
		if c.lookup == nil {
			values = append(values, c.to.asShown(fmt.Sprintf("p.b%d", c.at)), c.to.asShown("s."+name))
			continue
		}
		by := c.lookup.by
		was, is := by.asShown(fmt.Sprintf("o%d.%s", c.at, quoteName(by.Name))), by.asShown(fmt.Sprintf("n%d.%s", c.at, quoteName(by.Name)))
		joins += fmt.Sprintf(" LEFT JOIN %[1]s o%[2]d ON o%[2]d.%[3]s = p.b%[2]d LEFT JOIN %[1]s n%[2]d ON n%[2]d.%[3]s = s.%[4]s", c.lookup.sqlName(), c.at, quoteName(c.lookup.id.Name), name)
		if c.lookup.create {
			is = fmt.Sprintf("coalesce(%s, m%d.value)", inWords(is), c.at)
			joins += fmt.Sprintf(" LEFT JOIN sluice_made m%[1]d ON m%[1]d.look = %[2]d AND m%[1]d.code = s.%[3]s", c.at, s.lookOf(c), name)
		}
		values = append(values, was, is)
	}
	for _, c := range t.links {
		values = append(values, fmt.Sprintf("p.k%d, s.sluice_l%d", c.at, c.at))
	}
	sql := "SELECT " + strings.Join(values, ", ") + ", " + placeOf("p", place) + " FROM sluice_plan p LEFT JOIN sluice_incoming s ON s.sluice_row = p.sluice_row" + joins
	if !all {
		return sql + " ORDER BY " + placeOf("p", place) + most
	}
	return "(" + sql + ") UNION ALL (SELECT " + strings.Join(values, ", ") + ", " + placeOf("p", place) + " FROM sluice_incoming s LEFT JOIN sluice_plan p ON p.sluice_row = s.sluice_row" + joins +
		" WHERE p.op IS NULL) ORDER BY 1 IS NULL, 1, " + strconv.Itoa(len(values)+len(t.links)+3) + most
}

// placeOf qualifies the columns of an order.
func placeOf(alias, place string) string {
	parts := strings.Split(place, ", ")
	for i := range parts {
		parts[i] = alias + "." + parts[i]
	}
	return strings.Join(parts, ", ")
}

// asShown is the text of a value as a plan shows it.
func (c *Column) asShown(value string) string {
	switch c.Type.Kind {
	case row.Bool:
		return "if(" + value + ", 'true', if(" + value + " IS NULL, NULL, 'false'))"
	case row.Bytes:
		return `concat('\x', lower(hex(` + value + ")))"
	}
	return value
}

// lookOf is what sluice_made calls a column's look-up.
func (s *mysqlImport) lookOf(c *binding) int {
	for _, g := range s.t.creates() {
		if slices.Contains(g, c) {
			return g[0].at
		}
	}
	return -1
}

// change makes a row's change of what changes selects.
func (s *mysqlImport) change(ctx context.Context, v []*string) *plan.Row {
	columns := slices.Concat(s.t.columns, s.t.links)
	r := &plan.Row{State: ops[*v[1]]}
	if v[0] != nil {
		number, _ := strconv.ParseInt(*v[0], 10, 64) // the database made it
		r.File, r.Row = s.load.place(number)
	}
	mask := strings.Split(orEmpty(v[2]), ",")
	for i, c := range columns {
		was, is := s.valueOf(ctx, c, v[3+2*i]), s.valueOf(ctx, c, v[4+2*i])
		switch {
		case slices.Contains(s.t.key, c):
			if is == nil {
				is = was
			}
			r.Key = append(r.Key, plan.Value{Column: c.col.Name, Value: is})
		case r.State == plan.Delete:
			r.Values = append(r.Values, plan.Change{Column: c.col.Name, Old: was})
		case r.State == plan.New || slices.Contains(mask, strconv.Itoa(c.at)):
			r.Values = append(r.Values, plan.Change{Column: c.col.Name, Old: was, New: is})
		}
	}
	return r
}

// valueOf is what a plan shows of a value that the database wrote as text.
func (s *mysqlImport) valueOf(ctx context.Context, c *binding, text *string) any {
	if c.link == nil {
		return valueOf(c, text)
	}
	list := []any{}
	for id := range strings.SplitSeq(orEmpty(text), ",") {
		if id != "" {
			list = append(list, s.nameOf(ctx, c, id))
		}
	}
	slices.SortFunc(list, func(a, b any) int { return strings.Compare(fmt.Sprint(a), fmt.Sprint(b)) })
	return list
}

// nameOf is the natural key of what a link refers to.
func (s *mysqlImport) nameOf(ctx context.Context, c *binding, id string) any {
	look := s.looks[c]
	if look.makes(id) {
		n, _ := strconv.ParseInt(id, 10, 64)
		return look.made[look.below-1-n]
	}
	if look.names == nil {
		look.names = map[string]string{}
	}
	if name, known := look.names[id]; known {
		return name
	}
	var name *string
	err := look.side.QueryRowContext(ctx, fmt.Sprintf("SELECT %s FROM %s WHERE %s = %s", look.by.asShown(quoteName(look.by.Name)), look.sqlName(), quoteName(look.lookup.id.Name), id)).Scan(&name)
	if err != nil || name == nil {
		return nil
	}
	look.names[id] = *name
	return *name
}

// bad yields what is wrong with the rows in sluice_bad.
func (s *mysqlImport) bad(ctx context.Context, yield func(number int64, key plan.Values, column, why string) error) error {
	return s.texts(ctx, "SELECT sluice_row, col, why, others FROM sluice_bad ORDER BY 1, 2, 3", func(v []*string) error {
		number, _ := strconv.ParseInt(*v[0], 10, 64) // the database made it, as the two below
		col, _ := strconv.Atoi(*v[1])
		why := *v[2]
		if v[3] != nil {
			var others []int64
			for text := range strings.SplitSeq(*v[3], ",") {
				if n, _ := strconv.ParseInt(text, 10, 64); n != number && len(others) < 6 {
					others = append(others, n)
				}
			}
			why = s.load.named(others, number) + " " + why
		}
		return yield(number, s.badKeys[number], s.t.job.Cols[col].Name, why)
	})
}

// keysOfBad reads the keys of the first rows in sluice_bad, which are still
// incoming.
func (s *mysqlImport) keysOfBad(ctx context.Context) error {
	if len(s.t.key) == 0 {
		return nil
	}
	var keys []*binding
	values := []string{"s.sluice_row"}
	for _, c := range s.t.columns {
		if !slices.Contains(s.t.key, c) {
			continue
		}
		value := c.to.asShown("s." + quoteName(c.to.Name))
		if c.lookup != nil {
			value = fmt.Sprintf("(SELECT %s FROM %s n WHERE n.%s = s.%s)", c.lookup.by.asShown("n."+quoteName(c.lookup.by.Name)), c.lookup.sqlName(), quoteName(c.lookup.id.Name), quoteName(c.to.Name))
		}
		keys, values = append(keys, c), append(values, value)
	}
	s.badKeys = map[int64]plan.Values{}
	return s.texts(ctx, fmt.Sprintf("SELECT %s FROM sluice_incoming s JOIN (SELECT DISTINCT sluice_row FROM sluice_bad ORDER BY 1 LIMIT %d) b ON b.sluice_row = s.sluice_row", strings.Join(values, ", "), mostShown), func(v []*string) error {
		number, err := strconv.ParseInt(*v[0], 10, 64)
		var key plan.Values
		for i, c := range keys {
			key = append(key, plan.Value{Column: c.col.Name, Value: valueOf(c, v[i+1])})
		}
		s.badKeys[number] = key
		return err
	})
}
