package table

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5"
)

// Whole rows are in tables of their own that have the columns of the table, all
// of them, by their names. So a journal depends on nothing of the table, which
// may be altered while it is there.

// wholeColumns are the columns of a table of whole rows, as CREATE TABLE has them.
func (t *Table) wholeColumns() string {
	columns := make([]string, len(t.Columns))
	for i, c := range t.Columns {
		columns[i] = quoteName(c.Name) + " " + c.Stored
	}
	return strings.Join(columns, ", ")
}

// rowOf are the columns of a whole row, of an alias if that is not "".
func (t *Table) rowOf(alias string) string {
	if alias != "" {
		alias += "."
	}
	columns := make([]string, len(t.Columns))
	for i, c := range t.Columns {
		columns[i] = alias + quoteName(c.Name)
	}
	return strings.Join(columns, ", ")
}

// back is the SQL of a value of the column, of what a journal has.
func (c *Column) back(stored string) string {
	if c.Stored != c.Base {
		return stored + "::text::" + c.Base
	}
	return stored
}

// A wholeTable is one of whole rows, as it was made: the types of its columns.
type wholeTable map[string]string

// wholeOf looks at the columns of a table of a journal.
func wholeOf(ctx context.Context, conn postgresQuerier, journal string) (wholeTable, error) {
	rows, err := conn.Query(ctx, "SELECT attname, format_type(atttypid, atttypmod) FROM pg_attribute WHERE attrelid = $1::text::regclass AND attnum > 0 AND NOT attisdropped", journal)
	if err != nil {
		return nil, err
	}
	found := wholeTable{}
	var name, declared string
	_, err = pgx.ForEachRow(rows, []any{&name, &declared}, func() error {
		found[name] = declared
		return nil
	})
	return found, err
}

// A putBack says how rows j of a wholeTable are put back into their table.
type putBack struct {
	columns, values string
	of              map[string]string // value by column
}

// has reports whether the rows have all of the columns.
func (p putBack) has(columns []string) bool {
	return p.of != nil && !slices.ContainsFunc(columns, func(name string) bool { return p.of[name] == "" })
}

// given are the values of the columns that are written.
func (p putBack) given() map[string]string {
	given := maps.Clone(p.of)
	maps.DeleteFunc(given, func(name, _ string) bool { return !slices.Contains(strings.Split(p.columns, ", "), quoteName(name)) })
	return given
}

// putBack says how its rows are put back, or why they cannot be. A column that
// was added since gets what the database gives it.
func (w wholeTable) putBack(t *Table) (p putBack, err error) {
	for name := range w {
		if !strings.HasPrefix(name, "sluice_") && !slices.ContainsFunc(t.Columns, func(c Column) bool { return c.Name == name }) {
			return p, fmt.Errorf("rows of table %s are to be put back, which had a column %s that is no longer there", t.Name, name)
		}
	}
	p.of = map[string]string{}
	var columns, values []string
	for i := range t.Columns {
		c := &t.Columns[i]
		was, there := w[c.Name]
		switch {
		case there && c.Generated == "" && !c.holds(was):
			return p, fmt.Errorf("rows of table %s are to be put back, whose column %s was %s then, and is now %s", t.Name, c.Name, was, c.Declared)
		case there:
			p.of[c.Name] = c.back("j." + quoteName(c.Name))
			if c.Generated == "" {
				columns, values = append(columns, quoteName(c.Name)), append(values, p.of[c.Name])
			}
		case c.NotNull && c.Default == "" && c.Identity == NoIdentity && c.Generated == "":
			return p, fmt.Errorf("rows of table %s are to be put back, and have no value for column %s, which was added since without a default", t.Name, c.Name)
		}
	}
	p.columns, p.values = strings.Join(columns, ", "), strings.Join(values, ", ")
	return p, nil
}

// holds reports whether the column takes what a journal has as a type, each
// value as it is: its text, too, of which hashes are made.
func (c *Column) holds(was string) bool {
	if was == c.Stored {
		return true
	}
	before, args := splitType(was)
	now, room := splitType(c.Stored)
	whole := []string{"smallint", "integer", "bigint"}
	switch {
	case slices.Contains(whole, before):
		return slices.Index(whole, now) >= slices.Index(whole, before)
	case before == "text", before == "character varying":
		return now == "text" || now == "character varying" && (room == nil || args != nil && args[0] <= room[0])
	case before == "numeric" && now == "numeric":
		return room == nil || len(args) == 2 && len(room) == 2 && args[0] <= room[0] && args[1] == room[1]
	}
	return false
}
