package table

import (
	"context"
	"database/sql/driver"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"

	"github.com/seed-128c3863/sluice/row"
)

// fields returns the columns of a query. One that no column of a table stands
// for, as of count(*), is of type Any.
func (d *sqlite) fields(ctx context.Context, _ *Table, sql string) (row.Schema, error) {
	rows, err := d.conn.QueryContext(ctx, "SELECT * FROM ("+sql+"\n) LIMIT 0")
	if err != nil {
		return nil, d.explain(ctx, err)
	}
	defer rows.Close()
	names, err := rows.Columns()
	if err != nil {
		return nil, err
	}
	types, err := rows.ColumnTypes()
	if err != nil {
		return nil, err
	}
	if len(names) == 0 {
		return nil, errors.New("this statement returns no columns")
	}
	schema := make(row.Schema, len(names))
	for i := range names {
		declared := types[i].DatabaseTypeName()
		name, args := splitType(strings.ToLower(declared))
		schema[i] = row.Field{Name: names[i], Type: sqliteType(name, affinity(declared, false), args)}
	}
	return schema, rows.Err()
}

// export gives the rows of a query to each.
func (d *sqlite) export(ctx context.Context, sql string, types []row.Type, each func([][]byte) error) error {
	if _, err := d.exec(ctx, "PRAGMA query_only = ON"); err != nil {
		return err
	}
	defer func() { _, _ = d.exec(context.WithoutCancel(ctx), "PRAGMA query_only = OFF") }() // which cannot fail on an open connection
	names := make([]string, len(types))
	for i := range names {
		names[i] = fmt.Sprintf("v%d", i)
	}
	list := strings.Join(names, ", ")
	x := &sqliteTexts{types: types, fields: make([][]byte, len(types)), buf: make([]byte, 0, 1024)}
	return d.explain(ctx, d.scan(ctx, fmt.Sprintf("WITH q (%s) AS (%s\n) SELECT %s FROM q", list, sql, list), len(types), func(values []driver.Value) error {
		fields, err := x.row(values)
		if err != nil {
			return err
		}
		return each(fields)
	}))
}

func (d *sqlite) lists(b *binding) (value, join string) { return b.grouped("json_group_array") }

// A sqliteTexts makes texts of the values of rows.
type sqliteTexts struct {
	types  []row.Type
	fields [][]byte
	buf    []byte
}

// row returns the texts of a row, which are valid until the next.
func (x *sqliteTexts) row(values []driver.Value) ([][]byte, error) {
	x.buf = x.buf[:0]
	for i, v := range values {
		at := len(x.buf)
		switch v := v.(type) {
		case nil:
			x.fields[i] = nil
			continue
		case int64:
			x.buf = strconv.AppendInt(x.buf, v, 10)
		case float64:
			x.buf = appendReal(x.buf, v)
		case string:
			switch x.types[i].Kind {
			case row.Bytes:
				x.buf, _ = appendBlob(x.buf, row.Bytes, []byte(v))
			case row.Any:
				text, _ := json.Marshal(v) // a string has one
				x.buf = append(x.buf, text...)
			default:
				x.buf = append(x.buf, v...)
			}
		case []byte:
			var err error
			if x.buf, err = appendBlob(x.buf, x.types[i].Kind, v); err != nil {
				return nil, err
			}
		default:
			return nil, fmt.Errorf("column %d holds a %T", i+1, v)
		}
		x.fields[i] = x.buf[at:len(x.buf):len(x.buf)] // stays as it is when buf grows
	}
	return x.fields, nil
}

// appendReal appends a float, an integer without a point.
func appendReal(b []byte, v float64) []byte {
	if a := math.Abs(v); a >= 1e-6 && a < 1e21 || a == 0 {
		return strconv.AppendFloat(b, v, 'f', -1, 64)
	}
	return strconv.AppendFloat(b, v, 'e', -1, 64)
}

// appendBlob appends bytes as a text of a kind: those of a UUID as its digits.
func appendBlob(b []byte, kind row.Kind, v []byte) ([]byte, error) {
	switch kind {
	case row.Bytes:
		return hex.AppendEncode(append(b, `\x`...), v), nil
	case row.UUID:
		return hex.AppendEncode(b, v), nil
	case row.Any:
		return append(hex.AppendEncode(append(b, `"\\x`...), v), '"'), nil
	}
	return nil, fmt.Errorf("a value of %d bytes is no %s, as its column is declared", len(v), kind)
}
