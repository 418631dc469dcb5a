package table

import (
	"context"
	_ "embed" // the query of the catalog
	"encoding/json"
	"fmt"
	"strings"

	"github.com/jackc/pgx/v5"

	"github.com/seed-128c3863/sluice/row"
)

// postgresCatalog asks for all that PostgreSQL (13 and later) knows of the
// table that $1 names, or else $2, in one JSON object: one round trip, and one
// moment.
//
//go:embed postgres_schema.sql
var postgresCatalog string

// A postgresQuerier is a *pgx.Conn, a pgx.Tx or a pool.
type postgresQuerier interface {
	Query(ctx context.Context, sql string, args ...any) (pgx.Rows, error)
	QueryRow(ctx context.Context, sql string, args ...any) pgx.Row
}

// inspectPostgres returns what the catalog says of the table of a name: NAME
// along the search path, or SCHEMA.NAME. A part without quotes is taken as it
// stands, or else in lower case, as SQL reads it.
func inspectPostgres(ctx context.Context, conn postgresQuerier, name string) (*Table, error) {
	parts, err := splitName(name)
	if err != nil {
		return nil, err
	}
	var exact, folded []string
	for _, p := range parts {
		exact = append(exact, quoteName(p.text))
		if !p.quoted {
			p.text = strings.ToLower(p.text)
		}
		folded = append(folded, quoteName(p.text))
	}
	var answer []byte
	err = conn.QueryRow(ctx, postgresCatalog, strings.Join(exact, "."), strings.Join(folded, ".")).Scan(&answer)
	switch {
	case err == pgx.ErrNoRows:
		return nil, noPostgresTable(ctx, conn, name, len(parts) == 1)
	case err != nil:
		return nil, fmt.Errorf("catalog of table %s: %w", name, err)
	}
	var found postgresTable
	if err := json.Unmarshal(answer, &found); err != nil {
		return nil, fmt.Errorf("catalog of table %s: %w", name, err)
	}
	return found.table()
}

// noPostgresTable says that there is no such table, and which may be meant.
func noPostgresTable(ctx context.Context, conn postgresQuerier, name string, bare bool) error {
	rows, err := conn.Query(ctx, `
		SELECT nspname, relname, pg_table_is_visible(c.oid), array_to_string(current_schemas(false), ', ')
		FROM pg_class c RIGHT JOIN pg_namespace n ON n.oid = relnamespace AND relkind IN ('r', 'p')
		WHERE nspname NOT IN ('pg_catalog', 'pg_toast', 'information_schema')
		ORDER BY 1, 2`)
	if err != nil {
		return fmt.Errorf("list of tables: %w", err)
	}
	var names []string
	var schema, path string
	var table *string
	var visible *bool
	_, err = pgx.ForEachRow(rows, []any{&schema, &table, &visible, &path}, func() error {
		switch {
		case table == nil:
		case *visible && bare:
			names = append(names, jobName(*table))
		default:
			names = append(names, jobName(schema, *table))
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("list of tables: %w", err)
	}
	if !bare {
		return notThere(name, names, "in this database")
	}
	return notThere(name, names, "on the search path ("+path+")")
}

// A postgresTable is the answer to postgresCatalog.
type postgresTable struct {
	Table
	Kind    string // pg_class.relkind
	Columns []postgresColumn
	Bound   string // the condition that a partition's rows fulfil
	Fired   []postgresTrigger
}

type postgresColumn struct {
	Column
	Category string // pg_type.typtype of Base, or of the elements of an array
	Array    bool
}

type postgresTrigger struct {
	Trigger
	Bits int // pg_trigger.tgtype
}

// table makes a Table of the answer, unless sluice cannot load such a thing.
func (p *postgresTable) table() (*Table, error) {
	t := p.Table
	if what, no := map[string]string{
		"v": "a view", "m": "a materialized view", "f": "a foreign table", "S": "a sequence",
		"i": "an index", "I": "an index", "c": "a composite type", "t": "a TOAST table",
	}[p.Kind]; no {
		return nil, fmt.Errorf("%s is %s; sluice loads tables", jobName(t.Schema, t.Name), what)
	}
	for _, c := range p.Columns {
		t.Columns = append(t.Columns, c.column())
	}
	if p.Bound != "" {
		t.Checks = append(t.Checks, Check{Name: "partition bound", Expression: p.Bound})
	}
	for _, f := range p.Fired {
		t.Triggers = append(t.Triggers, f.trigger(t.Name))
	}
	return &t, nil
}

func (p *postgresColumn) column() Column {
	c := p.Column
	name, args := splitType(strings.TrimSuffix(c.Base, "[]"))
	var ok bool
	switch c.Type, ok = postgresType(name, p.Category, args); {
	case !ok:
		c.Refused = "sluice does not load type " + c.Declared
	case c.Generated != "":
		c.Refused = "the database generates it"
	}
	switch c.Type.Kind {
	case row.String:
		if len(args) > 0 {
			c.MaxLength = args[0]
		}
		switch {
		case name == "character" || name == "bpchar":
			c.Collation = "bpchar"
		case isCitext(name):
			c.Collation = "citext"
		}
	case row.Time, row.Timestamp, row.TimestampTZ:
		c.Fraction = 6
		if len(args) > 0 {
			c.Fraction = args[0]
		}
	}
	if p.Array && ok {
		elem := c.Type
		c.Type = row.Type{Kind: row.List, Elem: &elem}
	}
	return c
}

var postgresKinds = map[string]row.Kind{
	"smallint": row.Int16, "integer": row.Int32, "bigint": row.Int64,
	"real": row.Float32, "double precision": row.Float64, "numeric": row.Decimal,
	"boolean": row.Bool,
	"text":    row.String, "character varying": row.String, "character": row.String, "bpchar": row.String,
	"date": row.Date, "time without time zone": row.Time,
	"timestamp without time zone": row.Timestamp, "timestamp with time zone": row.TimestampTZ,
	"bytea": row.Bytes, "uuid": row.UUID, "json": row.JSON, "jsonb": row.JSON,
}

// postgresType returns the type of a column of a declared type, if sluice has
// one. Category is that of postgresColumn.
func postgresType(name, category string, args []int) (t row.Type, ok bool) {
	kind, known := postgresKinds[name]
	switch {
	case category == "e" || category == "b" && isCitext(name):
		return row.Type{Kind: row.String}, true
	case category != "b" || !known:
		return row.Type{}, false
	case kind == row.Decimal && len(args) == 2:
		return decimal(args[0], args[1])
	}
	return row.Type{Kind: kind}, true
}

// isCitext reports whether a type is that of the extension citext, in whatever
// schema that is.
func isCitext(name string) bool { return name == "citext" || strings.HasSuffix(name, ".citext") }

// trigger decodes what fires a trigger.
func (p *postgresTrigger) trigger(table string) Trigger {
	t := p.Trigger
	if t.Table == table {
		t.Table = ""
	}
	t.Timing, t.ForEach = "after", "statement"
	if p.Bits&1 != 0 {
		t.ForEach = "row"
	}
	if p.Bits&2 != 0 {
		t.Timing = "before"
	}
	for _, event := range []struct {
		bit  int
		name string
	}{{4, "insert"}, {16, "update"}, {8, "delete"}, {32, "truncate"}} {
		if p.Bits&event.bit != 0 {
			t.Events = append(t.Events, event.name)
		}
	}
	return t
}
