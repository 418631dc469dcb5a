package table

import (
	"context"
	"database/sql"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/seed-128c3863/sluice/row"
)

// Numbers of errors of MySQL: of a statement that it cannot read, and of two
// columns of one name.
const (
	mysqlSyntax    = 1064
	mysqlTwoOfName = 1060
)

// fields returns the columns of a query, by what the server says of its results;
// of a table by how they are declared, which tells more: whether a number is a
// boolean, and what is JSON.
func (m *mysql) fields(ctx context.Context, t *Table, query string) (row.Schema, error) {
	var schema row.Schema
	if t != nil {
		for i := range t.Columns {
			schema = append(schema, row.Field{Name: t.Columns[i].Name, Type: t.Columns[i].exported()})
		}
		return schema, nil
	}
	stmt, err := m.conn.PrepareContext(ctx, query) // or what is wrong with it is told of another statement
	if err != nil {
		return nil, wordsOf(err)
	}
	_ = stmt.Close() // nothing was done by it
	rows, err := m.conn.QueryContext(ctx, "SELECT * FROM ("+query+"\n) q LIMIT 0")
	switch mysqlCode(err) {
	case mysqlSyntax:
		return nil, errors.New("this is no query: sluice exports what SELECT, WITH, VALUES and the like give")
	case mysqlTwoOfName:
		return nil, fmt.Errorf("%w: name one of them by AS", wordsOf(err))
	}
	if err != nil {
		return nil, wordsOf(err)
	}
	defer rows.Close()
	types, err := rows.ColumnTypes()
	if err != nil {
		return nil, err
	}
	for _, c := range types {
		schema = append(schema, row.Field{Name: c.Name(), Type: exportedType(declaredOf(c))})
	}
	return schema, rows.Err()
}

// declaredOf is how a column may have been declared that a query gives. Of a
// decimal that has a sign or not it has the digits of either.
func declaredOf(c *sql.ColumnType) string {
	name := strings.ToLower(c.DatabaseTypeName())
	if number, unsigned := strings.CutPrefix(name, "unsigned "); unsigned {
		return number + " unsigned"
	}
	if precision, scale, ok := c.DecimalSize(); ok && name == "decimal" {
		return fmt.Sprintf("decimal(%d,%d)", precision+1, scale)
	}
	return name
}

// exported is the type that values of the column are exported as.
func (c *Column) exported() row.Type {
	if t := exportedType(c.Declared); c.Type.Kind == row.Any || c.Type.Kind == row.Int64 {
		return t
	}
	return c.Type
}

// exportedType is the type that values of a declared type are exported as. What
// sluice has no type for is a text, or bytes.
func exportedType(declared string) row.Type {
	name, _ := splitType(declared)
	name, rest, _ := strings.Cut(name, " ")
	switch {
	case name == "bigint" && strings.Contains(rest, "unsigned"), name == "bit" && declared != "bit(1)":
		return row.Type{Kind: row.Decimal, Precision: 20}
	case name == "vector", strings.HasPrefix(name, "geom"), strings.HasSuffix(name, "point"), strings.HasSuffix(name, "linestring"), strings.HasSuffix(name, "polygon"):
		return row.Type{Kind: row.Bytes}
	}
	if t, ok := mysqlType(name, declared); ok {
		return t
	}
	return row.Type{Kind: row.String}
}

// slowestReader is how many seconds a server waits at most for who reads a file
// as it is written.
const slowestReader = 86400

// export gives the rows of a query to each. They come in the protocol of prepared
// statements, in which a FLOAT has all its digits.
func (m *mysql) export(ctx context.Context, query string, types []row.Type, each func([][]byte) error) (err error) {
	if err := m.all(ctx, fmt.Sprintf("SET net_write_timeout = %d", slowestReader), "START TRANSACTION READ ONLY"); err != nil {
		return err
	}
	var stmt *sql.Stmt
	defer func() {
		if stmt != nil {
			_ = stmt.Close() // nothing is left of it to do
		}
		if _, failed := m.conn.ExecContext(context.WithoutCancel(ctx), "ROLLBACK"); err == nil {
			err = failed
		}
	}()
	if stmt, err = m.conn.PrepareContext(ctx, query); err != nil {
		return wordsOf(err)
	}
	rows, err := stmt.QueryContext(ctx)
	if err != nil {
		return m.stop(ctx, wordsOf(err))
	}
	if err := eachText(rows, types, each); err != nil {
		_, _ = m.side.ExecContext(context.WithoutCancel(ctx), fmt.Sprintf("KILL QUERY %d", m.id)) // or all that is left of the rows is read
		_ = rows.Close()                                                                          // it says that it was ended
		return m.stop(ctx, wordsOf(err))
	}
	return rows.Close()
}

// lists asks for the links of each row: to group them all at once takes a table
// on disk.
func (m *mysql) lists(b *binding) (value, join string) {
	name := b.lookup.by.asShown("r." + quoteName(b.lookup.by.Name))
	return fmt.Sprintf("(SELECT json_arrayagg(cast(%s AS char CHARACTER SET utf8mb4)) FROM %s WHERE k.%s = t.%s)", name, b.links(), quoteName(b.link.own.Name), quoteName(b.link.ownID.Name)), ""
}

// eachText gives each row to each, as texts.
func eachText(rows *sql.Rows, types []row.Type, each func([][]byte) error) error {
	of, err := rows.ColumnTypes()
	if err != nil {
		return err
	}
	x := &mysqlTexts{types: types, bits: make([]bool, len(types)), values: make([]sql.RawBytes, len(types)), fields: make([][]byte, len(types))}
	into := make([]any, len(types))
	for i := range into {
		into[i], x.bits[i] = &x.values[i], of[i].DatabaseTypeName() == "BIT"
	}
	for rows.Next() {
		if err := rows.Scan(into...); err != nil {
			return err
		}
		if err := each(x.row()); err != nil {
			return err
		}
	}
	return rows.Err()
}

// A mysqlTexts makes texts of the values of rows.
type mysqlTexts struct {
	types  []row.Type
	bits   []bool // of the columns, which are numbers of as many bytes as they need
	values []sql.RawBytes
	fields [][]byte
	buf    []byte
}

// row returns the texts of a row, which are valid until the next.
func (x *mysqlTexts) row() [][]byte {
	x.buf = x.buf[:0]
	for i, v := range x.values {
		at := len(x.buf)
		switch {
		case v == nil || !x.bits[i] && x.types[i].Kind != row.Bytes:
			x.fields[i] = v
			continue
		case x.bits[i]:
			var n uint64
			for _, b := range v {
				n = n<<8 | uint64(b)
			}
			x.buf = strconv.AppendUint(x.buf, n, 10)
		default:
			x.buf = hex.AppendEncode(append(x.buf, `\x`...), v)
		}
		x.fields[i] = slices.Clip(x.buf[at:]) // stays as it is when buf grows
	}
	return x.fields
}
