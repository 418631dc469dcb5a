package table

import (
	"context"
	"database/sql"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/seed-128c3863/sluice/row"
)

// inspectOn returns what the catalog says of the table of a name: NAME, or
// DATABASE.NAME.
func (m *mysql) inspectOn(ctx context.Context, conn *sql.Conn, name string) (*Table, error) {
	parts, err := splitName(name)
	if err != nil {
		return nil, err
	}
	t := &Table{Schema: m.schema, Name: parts[len(parts)-1].text}
	if len(parts) == 2 {
		t.Schema = parts[0].text
	}
	t.Own = t.Schema == m.schema && mysqlOwnTables.MatchString(strings.TrimPrefix(t.Name, m.prefix)) && strings.HasPrefix(t.Name, m.prefix)
	c := &mysqlCatalog{mysql: m, conn: conn, Table: t}
	for _, step := range []func(context.Context) error{c.kind, c.checks, c.columns, c.uniques, c.references, c.triggers, c.partitions} {
		if err := step(ctx); err != nil {
			return nil, err
		}
	}
	return t, nil
}

// mysqlOwnTables are the names of sluice's own tables, behind their prefix.
var mysqlOwnTables = regexp.MustCompile(`^(run|plans|[jp]\d+(_\w+)?)$`)

// A mysqlCatalog is a table that is being inspected.
type mysqlCatalog struct {
	*mysql
	*Table
	conn *sql.Conn
}

func (c *mysqlCatalog) ask(ctx context.Context, query string, each func(v []*string) error) error {
	query = strings.NewReplacer("{schema}", quoteText(c.Table.Schema), "{table}", quoteText(c.Name)).Replace(query)
	return textsOf(ctx, c.conn, query, each)
}

// kind refuses what is no table of rows that a transaction can take back.
func (c *mysqlCatalog) kind(ctx context.Context) error {
	var kind, engine string
	names := []string{}
	err := c.ask(ctx, "SELECT table_name, table_type, coalesce(engine, ''), cast(table_name AS BINARY) = cast({table} AS BINARY) OR @@lower_case_table_names > 0 AND table_name = {table} FROM information_schema.tables WHERE table_schema = {schema} ORDER BY 1", func(v []*string) error {
		if *v[3] == "1" {
			c.Name, kind, engine = *v[0], *v[1], *v[2]
		}
		names = append(names, jobName(*v[0]))
		return nil
	})
	switch {
	case err != nil:
		return err
	case kind == "":
		return notThere(jobName(c.Name), names, "in database "+c.Table.Schema)
	case kind == "SYSTEM VERSIONED":
		return fmt.Errorf("%s is a system-versioned table, of which a revert cannot take back the history", c.Name)
	case kind != "BASE TABLE":
		return fmt.Errorf("%s is a %s; sluice loads tables", c.Name, strings.ToLower(kind))
	case !strings.EqualFold(engine, "InnoDB"):
		return fmt.Errorf("table %s is kept by %s, which cannot take back what a transaction has done; sluice loads tables of InnoDB", c.Name, engine)
	}
	return nil
}

func (c *mysqlCatalog) checks(ctx context.Context) error {
	query := "SELECT constraint_name, check_clause FROM information_schema.check_constraints WHERE constraint_schema = {schema} AND table_name = {table} ORDER BY 1, 2"
	if !c.maria {
		query = "SELECT constraint_name, check_clause FROM information_schema.check_constraints JOIN information_schema.table_constraints USING (constraint_schema, constraint_name) WHERE constraint_schema = {schema} AND table_name = {table} AND enforced = 'YES' ORDER BY 1, 2"
	}
	return c.ask(ctx, query, func(v []*string) error {
		clause := *v[1]
		if !c.maria {
			clause = strings.NewReplacer(`\'`, `'`, `_utf8mb4'`, `'`).Replace(clause)
		}
		c.Checks = append(c.Checks, Check{Name: *v[0], Expression: clause})
		return nil
	})
}

func (c *mysqlCatalog) columns(ctx context.Context) error {
	err := c.ask(ctx, `SELECT column_name, column_type, data_type, is_nullable, column_default, extra, character_set_name, collation_name, datetime_precision, generation_expression, character_maximum_length
		FROM information_schema.columns WHERE table_schema = {schema} AND table_name = {table} ORDER BY ordinal_position`, func(v []*string) error {
		c.Columns = append(c.Columns, c.column(v))
		return nil
	})
	for i := range c.Checks {
		for _, word := range words(c.Checks[i].Expression) {
			if column := c.Column(word); column != nil && !slices.Contains(c.Checks[i].Columns, column.Name) {
				c.Checks[i].Columns = append(c.Checks[i].Columns, column.Name)
			}
		}
	}
	return err
}

func (c *mysqlCatalog) column(v []*string) Column {
	extra := strings.ToLower(*v[5])
	out := Column{Name: *v[0], Declared: *v[1], Base: *v[1], NotNull: *v[3] == "NO", Generated: orEmpty(v[9])}
	if v[6] != nil {
		out.Charset, out.Collation = *v[6], *v[7]
		out.Base += " CHARACTER SET " + *v[6] + " COLLATE " + *v[7]
	}
	out.Base += " NULL" // or a timestamp is given a default
	out.Stored = out.Base
	switch {
	case v[4] == nil || strings.EqualFold(*v[4], "null"):
	case c.maria || strings.Contains(extra, "default_generated"):
		out.Default = *v[4]
	default:
		out.Default = quoteText(*v[4])
	}
	if strings.Contains(extra, "auto_increment") {
		out.Identity = IdentityByDefault
	}
	var ok bool
	out.Type, ok = mysqlType(*v[2], *v[1])
	switch {
	case !ok:
		out.Refused = "sluice does not load type " + *v[1]
	case out.Generated != "":
		out.Refused, out.Computed = "the database generates it", out.computed()
	}
	switch kind := out.Type.Kind; {
	case *v[2] == "enum":
		out.Enum = mysqlEnum(*v[1])
	case kind == row.String && (*v[2] == "char" || *v[2] == "varchar"):
		out.MaxLength, _ = strconv.Atoi(orEmpty(v[10]))
	case kind == row.Time || kind == row.Timestamp || kind == row.TimestampTZ:
		out.Fraction, _ = strconv.Atoi(orEmpty(v[8]))
	}
	if valid := (&sqliteDDL{checks: c.Checks}); kindIsText(out) && valid.validates(out.Name) {
		out.Type = row.Type{Kind: row.JSON}
	}
	return out
}

// computed is the value of a generated column, compared as the column is.
func (c *Column) computed() string {
	if c.Charset == "" {
		return "(" + c.Generated + ")"
	}
	return fmt.Sprintf("convert((%s) USING %s) COLLATE %s", c.Generated, c.Charset, c.Collation)
}

func kindIsText(c Column) bool { return c.Type.Kind == row.String && c.Enum == nil }

// mysqlEnum returns the values of enum('a','b').
func mysqlEnum(declared string) (values []string) {
	rest := strings.TrimPrefix(declared, "enum(")
	for strings.HasPrefix(rest, "'") {
		end := 1
		for ; end < len(rest); end++ {
			if rest[end] == '\'' {
				if end+1 < len(rest) && rest[end+1] == '\'' {
					end++
					continue
				}
				break
			}
		}
		values = append(values, strings.ReplaceAll(rest[1:end], "''", "'"))
		rest = strings.TrimPrefix(rest[min(end+1, len(rest)):], ",")
	}
	return values
}

var mysqlKinds = map[string]row.Kind{
	"tinyint": row.Int16, "smallint": row.Int16, "mediumint": row.Int32, "int": row.Int32, "bigint": row.Int64, "year": row.Int16,
	"decimal": row.Decimal, "float": row.Float32, "double": row.Float64,
	"char": row.String, "varchar": row.String, "tinytext": row.String, "text": row.String, "mediumtext": row.String, "longtext": row.String, "enum": row.String,
	"binary": row.Bytes, "varbinary": row.Bytes, "tinyblob": row.Bytes, "blob": row.Bytes, "mediumblob": row.Bytes, "longblob": row.Bytes,
	"date": row.Date, "time": row.Time, "datetime": row.Timestamp, "timestamp": row.TimestampTZ,
	"json": row.JSON, "uuid": row.UUID,
}

// mysqlType returns the type of a column, if sluice has one. tinyint(1) is what
// BOOLEAN makes.
func mysqlType(name, declared string) (t row.Type, ok bool) {
	_, args := splitType(declared)
	kind, ok := mysqlKinds[name]
	unsigned := strings.Contains(declared, "unsigned")
	switch {
	case declared == "tinyint(1)", declared == "bit(1)":
		return row.Type{Kind: row.Bool}, true
	case name == "decimal" && len(args) > 0:
		return decimal(args[0], append(args, 0)[1])
	case unsigned && name == "smallint":
		kind = row.Int32
	case unsigned && name == "int":
		kind = row.Int64
	}
	return row.Type{Kind: kind}, ok
}

func (c *mysqlCatalog) uniques(ctx context.Context) error {
	expression := "NULL"
	if !c.maria {
		expression = "expression"
	}
	return c.ask(ctx, "SELECT index_name, column_name, sub_part, "+expression+" FROM information_schema.statistics WHERE table_schema = {schema} AND table_name = {table} AND non_unique = 0 ORDER BY index_name <> 'PRIMARY', index_name, seq_in_index", func(v []*string) error {
		if n := len(c.Uniques); n == 0 || c.Uniques[n-1].Name != *v[0] {
			c.Uniques = append(c.Uniques, Unique{Name: *v[0], Primary: *v[0] == "PRIMARY"})
		}
		u := &c.Uniques[len(c.Uniques)-1]
		switch {
		case v[1] == nil:
			u.Parts = append(u.Parts, Part{Expression: orEmpty(v[3])})
		case v[2] != nil:
			u.Parts = append(u.Parts, Part{Expression: fmt.Sprintf("left(%s, %s)", quoteName(*v[1]), *v[2])})
		default:
			u.Parts = append(u.Parts, Part{Column: *v[1], Collation: c.Column(*v[1]).Collation})
		}
		return nil
	})
}

// references reads foreign keys. Who has no rights on the database as a whole is
// not told their actions by MariaDB: they may be any.
func (c *mysqlCatalog) references(ctx context.Context) error {
	const keys = `SELECT k.constraint_name, k.table_schema, k.table_name, k.column_name, k.referenced_table_schema, k.referenced_table_name, k.referenced_column_name, coalesce(r.delete_rule, 'cascade'), coalesce(r.update_rule, 'cascade')
		FROM information_schema.key_column_usage k LEFT JOIN information_schema.referential_constraints r ON r.constraint_schema = k.constraint_schema AND r.constraint_name = k.constraint_name AND r.table_name = k.table_name
		WHERE `
	for _, side := range []struct {
		where string
		into  *[]ForeignKey
	}{
		{"k.table_schema = {schema} AND k.table_name = {table} AND k.referenced_table_name IS NOT NULL", &c.ForeignKeys},
		{"k.referenced_table_schema = {schema} AND k.referenced_table_name = {table}", &c.Referrers},
	} {
		err := c.ask(ctx, keys+side.where+" ORDER BY k.table_schema, k.table_name, k.constraint_name, k.ordinal_position", func(v []*string) error {
			list := *side.into
			if n := len(list); n == 0 || list[n-1].Name != *v[0] || list[n-1].Table != *v[2] || list[n-1].Schema != *v[1] {
				list = append(list, ForeignKey{Name: *v[0], Schema: *v[1], Table: *v[2], RefSchema: *v[4], RefTable: *v[5], OnDelete: Action(strings.ToLower(*v[7])), OnUpdate: Action(strings.ToLower(*v[8]))})
			}
			fk := &list[len(list)-1]
			fk.Columns, fk.RefColumns = append(fk.Columns, *v[3]), append(fk.RefColumns, *v[6])
			*side.into = list
			return nil
		})
		if err != nil {
			return err
		}
	}
	return nil
}

func (c *mysqlCatalog) triggers(ctx context.Context) error {
	return c.ask(ctx, "SELECT trigger_name, action_timing, event_manipulation FROM information_schema.triggers WHERE event_object_schema = {schema} AND event_object_table = {table} ORDER BY 1", func(v []*string) error {
		c.Triggers = append(c.Triggers, Trigger{Name: *v[0], Timing: strings.ToLower(*v[1]), Events: []string{strings.ToLower(*v[2])}, ForEach: "row"})
		return nil
	})
}

func (c *mysqlCatalog) partitions(ctx context.Context) error {
	return c.ask(ctx, "SELECT DISTINCT partition_method, partition_expression FROM information_schema.partitions WHERE table_schema = {schema} AND table_name = {table} AND partition_method IS NOT NULL", func(v []*string) error {
		c.PartitionKey = fmt.Sprintf("%s (%s)", *v[0], orEmpty(v[1]))
		return nil
	})
}
