package table

import (
	"context"
	"database/sql"
	_ "embed" // the query of the catalog
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/seed-128c3863/sluice/row"
)

// sqliteCatalog asks for all that SQLite knows of the table ?1 of its main
// file, in one JSON object. Much of it is but in the statement that created
// the table: sqliteDDL reads that.
//
//go:embed sqlite_schema.sql
var sqliteCatalog string

// A sqliteQuerier is a *sql.Conn, *sql.DB or *sql.Tx.
type sqliteQuerier interface {
	QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error)
	QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row
}

// inspectSQLite returns what the catalog says of the table of a name: NAME, or
// main.NAME, in upper or lower case.
func inspectSQLite(ctx context.Context, conn sqliteQuerier, name string) (*Table, error) {
	parts, err := splitName(name)
	switch {
	case err != nil:
		return nil, err
	case len(parts) == 2 && !strings.EqualFold(parts[0].text, "main"):
		return nil, noSQLiteTable(ctx, conn, name)
	}
	var answer []byte
	err = conn.QueryRowContext(ctx, sqliteCatalog, parts[len(parts)-1].text).Scan(&answer)
	switch {
	case err == sql.ErrNoRows:
		return nil, noSQLiteTable(ctx, conn, name)
	case err != nil:
		return nil, fmt.Errorf("catalog of table %s: %w", name, err)
	}
	var found sqliteTable
	if err := json.Unmarshal(answer, &found); err != nil {
		return nil, fmt.Errorf("catalog of table %s: %w", name, err)
	}
	return found.table()
}

// noSQLiteTable says that there is no such table, and which may be meant.
func noSQLiteTable(ctx context.Context, conn sqliteQuerier, name string) error {
	rows, err := conn.QueryContext(ctx, `
		SELECT name FROM main.sqlite_schema
		WHERE type = 'table' AND name NOT LIKE 'sqlite\_%' ESCAPE '\' ORDER BY name`)
	if err != nil {
		return fmt.Errorf("list of tables: %w", err)
	}
	defer rows.Close()
	var names []string
	for rows.Next() {
		var table string
		if err := rows.Scan(&table); err != nil {
			return fmt.Errorf("list of tables: %w", err)
		}
		names = append(names, jobName(table))
	}
	if err := rows.Err(); err != nil {
		return fmt.Errorf("list of tables: %w", err)
	}
	return notThere(name, names, "in this file")
}

// A sqliteTable is the answer to sqliteCatalog. What is true is 1 in it.
type sqliteTable struct {
	Name, Kind, SQL        string
	Strict, WithoutRowID   int
	Columns                []sqliteColumn
	Indexes                []sqliteIndex
	ForeignKeys, Referrers []sqliteForeignKey
	Triggers               []struct{ Name, SQL string }
}

type sqliteColumn struct {
	Name, Type, Default string
	NotNull             int
	Primary             int // place in the primary key, from 1; 0: not in it
	Hidden              int // 2 and 3: generated
}

type sqliteIndex struct {
	Name   string
	Origin string // pk, u: a constraint; c: CREATE INDEX
	SQL    string // "" of a constraint
	Parts  []Part
}

type sqliteForeignKey struct {
	ID                 int // 0 is the last of its table
	SQL                string
	Table, RefTable    string
	Columns            []string
	RefColumns         []string
	OnDelete, OnUpdate string // in upper case
}

// table makes a Table of the answer, unless sluice cannot load such a thing.
func (s *sqliteTable) table() (*Table, error) {
	if what, no := map[string]string{
		"view": "a view", "virtual": "a virtual table", "shadow": "a part of a virtual table",
	}[s.Kind]; no {
		return nil, fmt.Errorf("%s is %s; sluice loads tables", jobName(s.Name), what)
	}
	t := Table{Schema: "main", Name: s.Name, Strict: s.Strict == 1, WithoutRowID: s.WithoutRowID == 1}
	ddl := parseTable(s.SQL)
	t.Checks, t.Replaces = ddl.checks, ddl.replaces
	t.Uniques = s.uniques()
	rowid := s.rowid()
	for _, c := range s.Columns {
		t.Columns = append(t.Columns, c.column(ddl, t.Strict, c.Name == rowid))
	}
	for _, k := range s.ForeignKeys {
		t.ForeignKeys = append(t.ForeignKeys, k.foreignKey())
	}
	for _, k := range s.Referrers {
		t.Referrers = append(t.Referrers, k.foreignKey())
	}
	for _, g := range s.Triggers {
		t.Triggers = append(t.Triggers, parseTrigger(g.Name, g.SQL))
	}
	return &t, nil
}

// rowid returns the column that is another name of the row's number, which
// SQLite gives; "" if there is none. It is the only primary key without an index.
func (s *sqliteTable) rowid() (name string) {
	if s.WithoutRowID == 1 || slices.ContainsFunc(s.Indexes, func(i sqliteIndex) bool { return i.Origin == "pk" }) {
		return ""
	}
	for _, c := range s.Columns {
		if c.Primary > 0 {
			return c.Name
		}
	}
	return ""
}

func (s *sqliteTable) uniques() (uniques []Unique) {
	if name := s.rowid(); name != "" {
		uniques = append(uniques, Unique{Name: "primary key", Primary: true, Parts: []Part{{Column: name}}})
	}
	for _, i := range s.Indexes {
		u := Unique{Name: i.Name, Primary: i.Origin == "pk", Parts: i.Parts}
		expressions, where := parseIndex(i.SQL)
		u.Where = where
		for k := range u.Parts {
			if p := &u.Parts[k]; p.Column == "" && k < len(expressions) {
				p.Expression = expressions[k]
			}
			u.Parts[k].Collation = collation(u.Parts[k].Collation)
		}
		uniques = append(uniques, u)
	}
	return uniques
}

// collation returns a collation as Column has it.
func collation(name string) string {
	if strings.EqualFold(name, "binary") {
		return ""
	}
	return strings.ToUpper(name)
}

func (s *sqliteColumn) column(ddl sqliteDDL, strict, rowid bool) Column {
	said := ddl.columns[s.Name]
	c := Column{
		Name: s.Name, Declared: s.Type, Base: s.Type,
		Affinity:  affinity(s.Type, strict),
		Collation: collation(said.collation),
		NotNull:   s.NotNull == 1 || rowid,
		Default:   s.Default,
		Generated: said.generated,
	}
	if strings.EqualFold(c.Default, "null") {
		c.Default = ""
	}
	if rowid {
		c.Identity = IdentityByDefault
	}
	if said.autoincrement {
		c.Sequence = "sqlite_sequence"
	}
	if s.Hidden > 1 {
		c.Refused = "the database generates it"
	}
	name, args := splitType(strings.ToLower(s.Type))
	c.Type = sqliteType(name, c.Affinity, args)
	switch c.Type.Kind {
	case row.String:
		if len(args) > 0 {
			c.MaxLength = args[0]
		}
		if ddl.validates(s.Name) {
			c.Type = row.Type{Kind: row.JSON}
		}
	case row.UUID:
		c.MaxLength = 36
		if len(args) > 0 {
			c.MaxLength = args[0]
		}
	case row.Time, row.Timestamp, row.TimestampTZ:
		c.Fraction = 6
	}
	return c
}

// sqliteKinds are the types of the names that people declare: SQLite itself
// takes any. What is not here goes by its affinity.
var sqliteKinds = map[string]row.Kind{
	"smallint": row.Int16, "int2": row.Int16, "tinyint": row.Int16,
	"mediumint": row.Int32, "int4": row.Int32,
	"integer": row.Int64, "int": row.Int64, "bigint": row.Int64, "int8": row.Int64,
	"real": row.Float64, "float": row.Float64, "double": row.Float64, "double precision": row.Float64,
	"numeric": row.Decimal, "decimal": row.Decimal,
	"bool": row.Bool, "boolean": row.Bool,
	"date": row.Date, "time": row.Time,
	"datetime": row.Timestamp, "timestamp": row.Timestamp, "timestamp without time zone": row.Timestamp,
	"timestamptz": row.TimestampTZ, "timestamp with time zone": row.TimestampTZ,
	"binary": row.Bytes, "varbinary": row.Bytes, "bytea": row.Bytes,
	"uuid": row.UUID, "guid": row.UUID, "json": row.JSON, "jsonb": row.JSON,
}

var sqliteAffinities = map[string]row.Kind{"INTEGER": row.Int64, "TEXT": row.String, "REAL": row.Float64, "BLOB": row.Bytes}

// sqliteType returns the type of a column of a declared type in lower case;
// Any if it says nothing of it. Two names mean more than they say: char(32) is
// what Django and SQLAlchemy keep a UUID in, tinyint(1) what Laravel keeps a
// bool in.
func sqliteType(name, affinity string, args []int) row.Type {
	name = strings.TrimSpace(strings.Replace(name, "unsigned", "", 1))
	kind, ok := sqliteKinds[name]
	switch {
	case name == "char" && slices.Equal(args, []int{32}):
		kind = row.UUID
	case name == "tinyint" && slices.Equal(args, []int{1}):
		kind = row.Bool
	case kind == row.Decimal && len(args) > 0:
		t, _ := decimal(args[0], append(args, 0)[1])
		return t
	case !ok && name != "" && name != "any":
		kind = sqliteAffinities[affinity]
	}
	return row.Type{Kind: kind}
}

// affinity returns what SQLite makes of a value in a column of a declared type,
// where it loses nothing by it.
func affinity(declared string, strict bool) string {
	declared = strings.ToUpper(declared)
	if strict && declared == "ANY" {
		return "BLOB"
	}
	for _, rule := range []struct{ part, affinity string }{
		{"INT", "INTEGER"},
		{"CHAR", "TEXT"},
		{"CLOB", "TEXT"},
		{"TEXT", "TEXT"},
		{"BLOB", "BLOB"},
		{"REAL", "REAL"},
		{"FLOA", "REAL"},
		{"DOUB", "REAL"}, //nolint:misspell // what SQLite looks for
	} {
		if strings.Contains(declared, rule.part) {
			return rule.affinity
		}
	}
	if declared == "" {
		return "BLOB"
	}
	return "NUMERIC"
}

// validates reports whether a check keeps a column to JSON texts, as Django
// does for its JSONField.
func (d *sqliteDDL) validates(column string) bool {
	valid := regexp.MustCompile(`(?i)\bjson_valid\s*\(\s*["\[` + "`" + `]?` + regexp.QuoteMeta(column) + `["\]` + "`" + `]?\s*\)`)
	return slices.ContainsFunc(d.checks, func(c Check) bool { return valid.MatchString(c.Expression) })
}

func (s *sqliteForeignKey) foreignKey() ForeignKey {
	k := ForeignKey{
		Schema: "main", Table: s.Table, Columns: s.Columns,
		RefSchema: "main", RefTable: s.RefTable, RefColumns: s.RefColumns,
		OnDelete: Action(strings.ToLower(s.OnDelete)), OnUpdate: Action(strings.ToLower(s.OnUpdate)),
	}
	if slices.Contains(k.RefColumns, "") {
		k.RefColumns = nil
	}
	said := parseTable(s.SQL).references
	if i := len(said) - 1 - s.ID; i >= 0 {
		k.Name, k.Deferrable, k.Deferred = said[i].name, said[i].deferrable, said[i].deferred
	}
	return k
}
