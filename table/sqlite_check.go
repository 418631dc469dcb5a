package table

import (
	"cmp"
	"context"
	"database/sql/driver"
	"fmt"
	"slices"
	"strings"
)

// check refuses the rows that the database would, of those that are to be
// written: what its catalog says is asked of temp.sluice_rows, all at once.
func (s *sqliteImport) check(ctx context.Context) error {
	if err := s.giveRows(ctx); err != nil {
		return err
	}
	if s.deleted > 0 {
		if err := s.giveGone(ctx); err != nil {
			return err
		}
	}
	for before := -1; before < len(s.refused); { // what is refused may have been what another row relies on
		before = len(s.refused)
		if err := s.checkOnce(ctx); err != nil {
			return err
		}
	}
	return nil
}

func (s *sqliteImport) checkOnce(ctx context.Context) error {
	for i := range s.Checks {
		if err := s.holds(ctx, &s.Checks[i]); err != nil {
			return err
		}
	}
	for i := range s.ForeignKeys {
		if err := s.dangling(ctx, &s.ForeignKeys[i]); err != nil {
			return err
		}
	}
	for i := range s.Uniques {
		if err := s.unique(ctx, &s.Uniques[i]); err != nil {
			return err
		}
	}
	return nil
}

// giveRows makes temp.sluice_rows: the loaded columns of each row that is new or
// changed, its place sluice_at, and the IDs sluice_i0, ... of the table's row.
func (s *sqliteImport) giveRows(ctx context.Context) error {
	columns := []string{"sluice_at INTEGER"}
	for i := range s.ids {
		columns = append(columns, fmt.Sprintf("sluice_i%d", i))
	}
	for _, c := range s.columns {
		column := quoteName(c.to.Name) + " " + c.to.Affinity
		if c.to.Collation != "" {
			column += " COLLATE " + c.to.Collation
		}
		columns = append(columns, column)
	}
	return s.give(ctx, "rows", strings.Join(columns, ", "), func() (rowFeed, error) {
		in, values := s.in.reader(), []driver.Value(nil)
		return func() ([]driver.Value, error) {
			i, _, fields, err := in.next(rowFresh, rowChanged)
			if err != nil || i < 0 {
				return nil, err
			}
			values = append(values[:0], int64(i))
			if *s.in.state(i) == rowChanged {
				c, _, err := s.changeAt(int64(*s.in.value(i)))
				if err != nil {
					return nil, err
				}
				values, _ = takeValues(values, c.ids, len(s.ids))
			} else {
				values = append(values, make([]driver.Value, len(s.ids))...)
			}
			values, _ = takeValues(values, fields, len(s.columns))
			return values, nil
		}, nil
	})
}

// bad refuses the rows whose place a query gives, with what it gives of each.
func (s *sqliteImport) find(ctx context.Context, query string, n int, c *binding, why func(v []driver.Value) string) error {
	type found struct {
		i   int
		why string
	}
	var all []found
	err := s.scan(ctx, query, n, func(v []driver.Value) error {
		all = append(all, found{int(v[0].(int64)), why(v)})
		return nil
	})
	for _, f := range all {
		s.refuse(f.i, c, "%s", f.why)
	}
	return err
}

// holds refuses the rows that break a check, if it is of loaded columns alone.
func (s *sqliteImport) holds(ctx context.Context, check *Check) error {
	var first *binding
	for _, word := range words(check.Expression) {
		if column := s.Column(word); column != nil {
			at := s.loadedAt(column.Name)
			if at < 0 {
				return nil
			}
			if first == nil {
				first = s.columns[at]
			}
		}
	}
	if first == nil {
		return nil
	}
	return s.find(ctx, "SELECT sluice_at AS v0 FROM temp.sluice_rows WHERE NOT ("+check.Expression+"\n)", 1, first, func([]driver.Value) string {
		return strings.Replace("the table's check "+check.Name+" does not allow it: "+check.Expression, "  ", " ", 1)
	})
}

// dangling refuses the rows that refer to a row which is not there, unless a
// look-up has found it. It may be one of the files, if that is its table.
func (s *sqliteImport) dangling(ctx context.Context, fk *ForeignKey) error {
	if fk.RefColumns == nil {
		return nil
	}
	var given, refers, texts, columns []string
	var first *binding
	own := fk.RefTable == s.Name
	for i, name := range fk.Columns {
		at := s.loadedAt(name)
		if at < 0 || s.columns[at].lookup != nil {
			return nil
		}
		if first == nil {
			first = s.columns[at]
		}
		own = own && s.loadedAt(fk.RefColumns[i]) >= 0
		column := "s." + quoteName(name)
		columns, texts = append(columns, column), append(texts, "CAST("+column+" AS TEXT)")
		given = append(given, column+" IS NOT NULL")
		refers = append(refers, "r."+quoteName(fk.RefColumns[i])+" = "+column)
	}
	query := fmt.Sprintf("SELECT s.sluice_at AS v0, concat_ws(', ', %s) AS v1 FROM temp.sluice_rows AS s WHERE %s AND NOT EXISTS (SELECT 1 FROM main.%s AS r WHERE %s)",
		strings.Join(texts, ", "), strings.Join(given, " AND "), quoteName(fk.RefTable), strings.Join(refers, " AND "))
	if own {
		var names []string
		for _, name := range fk.RefColumns {
			names = append(names, quoteName(name))
		}
		list := strings.Join(names, ", ")
		query += fmt.Sprintf(" AND (%s) NOT IN (SELECT %s FROM temp.sluice_rows WHERE (%s) IS NOT NULL)", strings.Join(columns, ", "), list, strings.Join(names, " || "))
	}
	return s.find(ctx, query, 2, first, func(v []driver.Value) string {
		return fmt.Sprintf("there is no such row of %s: %s", fk.RefTable, v[1])
	})
}

// unique refuses the rows that have the values of another row in a unique that
// is not the key: of the files, or of the table.
func (s *sqliteImport) unique(ctx context.Context, u *Unique) error {
	values, reads, ok := u.values(s.Table)
	if !ok || reads == nil || s.sound.Unique == u || slices.ContainsFunc(reads, func(name string) bool { return s.loadedAt(name) < 0 }) {
		return nil
	}
	columns, where, same := u.compared(values)
	group := make([]string, len(values))
	for i := range values {
		group[i] = fmt.Sprintf("s.sluice_u%d COLLATE %s", i, u.collation(i))
	}
	mine := fmt.Sprintf("(SELECT *, %s FROM temp.sluice_rows WHERE %s) AS s", columns, where)
	what, first := strings.Join(u.shown(), ", "), s.columns[s.loadedAt(reads[0])]
	if err := s.sharedInFiles(ctx, mine, strings.Join(group, ", "), what, first); err != nil {
		return err
	}
	query := fmt.Sprintf("SELECT s.sluice_at AS v0, t.sluice_name AS v1 FROM %s CROSS JOIN (SELECT %s, %s FROM %s WHERE %s) AS t ON %s WHERE %s",
		mine, s.named(), columns, s.sqlName(), where, same, s.inTheWay())
	return s.find(ctx, query, 2, first, func(v []driver.Value) string {
		return fmt.Sprintf("the row %s of table %s has the same %s", v[1], s.Name, what)
	})
}

// compared are the values of a unique, as columns sluice_u0, ..., the condition that
// a row has a place in it, and that the places of rows s and t are the same.
func (u *Unique) compared(values []string) (columns, placed, same string) {
	var list, known, equal []string
	for i, v := range values {
		list, known = append(list, fmt.Sprintf("%s AS sluice_u%d", v, i)), append(known, v+" IS NOT NULL")
		equal = append(equal, fmt.Sprintf("t.sluice_u%[1]d = s.sluice_u%[1]d COLLATE %[2]s", i, u.collation(i)))
	}
	if u.Where != "" {
		known = append(known, "("+u.Where+"\n)")
	}
	return strings.Join(list, ", "), strings.Join(known, " AND "), strings.Join(equal, " AND ")
}

// collation is that by which part i is compared.
func (u *Unique) collation(i int) string { return cmp.Or(u.Parts[i].Collation, "BINARY") }

// named selects the IDs sluice_i0, ... of a row of the table, and its name: its primary
// key, else these.
func (s *sqliteImport) named() string {
	var columns []string
	for _, name := range s.PrimaryKey() {
		columns = append(columns, quoteName(name))
	}
	if columns == nil {
		columns = s.ids
	}
	list := []string{fmt.Sprintf("concat_ws(' ', %s) AS sluice_name", strings.Join(columns, ", "))}
	for i, id := range s.ids {
		list = append(list, fmt.Sprintf("%s AS sluice_i%d", id, i))
	}
	return strings.Join(list, ", ")
}

// inTheWay is the condition that a row t of the table is in the way of an incoming
// row s: it is another, and does not go, or become another, before new rows are
// inserted.
func (s *sqliteImport) inTheWay() string {
	var others, theirs, mine []string
	for i := range s.ids {
		theirs, mine = append(theirs, fmt.Sprintf("t.sluice_i%d", i)), append(mine, fmt.Sprintf("sluice_i%d", i))
		others = append(others, fmt.Sprintf("t.sluice_i%d IS NOT s.sluice_i%d", i, i))
	}
	id := "(" + strings.Join(theirs, ", ") + ")"
	stays := fmt.Sprintf("%s NOT IN (SELECT %s FROM temp.sluice_rows WHERE sluice_i0 IS NOT NULL)", id, strings.Join(mine, ", "))
	if s.deleted > 0 {
		stays += " AND " + id + " NOT IN (SELECT * FROM temp.sluice_gone)"
	}
	return fmt.Sprintf("(%s) AND (s.sluice_i0 IS NOT NULL OR %s)", strings.Join(others, " OR "), stays)
}

// sharedInFiles refuses rows of the files that have the same values.
func (s *sqliteImport) sharedInFiles(ctx context.Context, rows, group, what string, first *binding) error {
	query := fmt.Sprintf("SELECT group_concat(s.sluice_at) AS v0 FROM %s GROUP BY %s HAVING count(*) > 1", rows, group)
	var groups [][]int
	err := s.scan(ctx, query, 1, func(v []driver.Value) error {
		var rows []int
		for text := range strings.SplitSeq(v[0].(string), ",") {
			var i int
			if _, err := fmt.Sscan(text, &i); err != nil {
				return err
			}
			rows = append(rows, i)
		}
		slices.Sort(rows)
		groups = append(groups, rows)
		return nil
	})
	if err != nil {
		return err
	}
	for _, rows := range groups {
		if err := s.refuseAll(rows, first, "the same "+what); err != nil {
			return err
		}
	}
	return nil
}

// refuseAll refuses rows that have the same of something: each names the others.
func (s *sqliteImport) refuseAll(rows []int, c *binding, what string) error {
	numbers := make([]int64, len(rows))
	for at, i := range rows {
		number, _, err := s.in.record(i, nil)
		if err != nil {
			return err
		}
		numbers[at] = number
	}
	for at, i := range rows {
		s.refuse(i, c, "%s has %s", s.load.named(numbers, numbers[at]), what)
	}
	return nil
}
