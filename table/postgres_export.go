package table

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/jackc/pgx/v5"

	"github.com/seed-128c3863/sluice/row"
)

// fields returns the columns of a query. What sluice has no type for is a text,
// as PostgreSQL writes it.
func (p *postgres) fields(ctx context.Context, _ *Table, sql string) (row.Schema, error) {
	described, err := p.conn.Prepare(ctx, "", sql)
	if err != nil {
		return nil, err
	}
	if len(described.Fields) == 0 {
		return nil, errors.New("this statement returns no columns")
	}
	var oids []uint32
	var mods []int32
	for _, f := range described.Fields {
		oids, mods = append(oids, f.DataTypeOID), append(mods, f.TypeModifier)
	}
	rows, err := p.conn.Query(ctx, `SELECT format_type(oid, mod), typtype::text FROM unnest($1::oid[], $2::int[]) WITH ORDINALITY v (oid, mod, n) JOIN pg_type y USING (oid) ORDER BY n`, oids, mods)
	if err != nil {
		return nil, err
	}
	var schema row.Schema
	var declared, category string
	_, err = pgx.ForEachRow(rows, []any{&declared, &category}, func() error {
		name, args := splitType(declared)
		t, ok := postgresType(name, category, args)
		if !ok {
			t = row.Type{Kind: row.String}
		}
		schema = append(schema, row.Field{Name: described.Fields[len(schema)].Name, Type: t})
		return nil
	})
	return schema, err
}

// export gives the rows of a query to each.
func (p *postgres) export(ctx context.Context, sql string, types []row.Type, each func([][]byte) error) (err error) {
	if _, err := execute(ctx, p.conn, "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"); err != nil {
		return err
	}
	lines := &copyLines{fields: make([][]byte, len(types)), each: each}
	_, err = p.conn.PgConn().CopyTo(ctx, lines, "COPY ("+sql+"\n) TO STDOUT")
	if lines.err != nil {
		return lines.err
	}
	if err != nil {
		return err
	}
	_, err = execute(ctx, p.conn, "COMMIT")
	return err
}

func (p *postgres) lists(b *binding) (value, join string) { return b.grouped("json_agg") }

// A copyLines takes what COPY TO gives in the text format, and gives it on by
// rows.
type copyLines struct {
	rest   []byte // of a line that is not complete
	fields [][]byte
	each   func([][]byte) error
	err    error // of each
}

func (c *copyLines) Write(p []byte) (int, error) {
	size := len(p)
	for c.err == nil {
		end := bytes.IndexByte(p, '\n')
		if end < 0 {
			c.rest = append(c.rest, p...)
			break
		}
		line := p[:end]
		if p = p[end+1:]; len(c.rest) > 0 {
			c.rest = append(c.rest, line...)
			line, c.rest = c.rest, c.rest[:0]
		}
		c.err = c.line(line)
	}
	return size, c.err
}

// line splits a line into its fields, and takes the escapes out of them, in
// place.
func (c *copyLines) line(line []byte) error {
	for i := range c.fields {
		field, rest, more := bytes.Cut(line, []byte{'\t'})
		if more == (i == len(c.fields)-1) {
			return fmt.Errorf("the database gave a row that has not %d columns", len(c.fields))
		}
		line = rest
		if bytes.IndexByte(field, '\\') >= 0 {
			field = unescape(field)
		}
		c.fields[i] = field
	}
	return c.each(c.fields)
}

// unescape returns a field of COPY without its escapes, nil for null.
func unescape(field []byte) []byte {
	if string(field) == `\N` {
		return nil
	}
	out := field[:0]
	for i := 0; i < len(field); i++ {
		b := field[i]
		if b == '\\' {
			i++
			if b = field[i]; strings.IndexByte("bfnrtv", b) >= 0 {
				b = "\b\f\n\r\t\v"[strings.IndexByte("bfnrtv", b)]
			}
		}
		out = append(out, b)
	}
	return out
}
