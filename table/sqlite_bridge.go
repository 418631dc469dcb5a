package table

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"io"
	"strings"

	modernc "modernc.org/sqlite"
	"modernc.org/sqlite/vtab"
)

// A bridge takes many rows to and from SQLite within one statement each, which
// is faster than one statement or one step a row:
//
//	SELECT 1 FROM ... WHERE sluice_row(a, b, ...)    a query that gives its rows to each
//	temp.sluice_<name>                               a table whose rows come from Go
type bridge struct {
	each   func([]driver.Value) error // takes the arguments of sluice_row; they are valid until it returns
	tables map[string]*given
	failed error // what ended a statement, as it was before SQLite made a text of it
}

// A given is a table whose rows come from Go.
type given struct {
	columns string                  // of CREATE TABLE
	open    func() (rowFeed, error) // begins anew for each scan
}

// A rowFeed returns the next row, nil after the last. It is valid until the next
// call.
type rowFeed func() ([]driver.Value, error)

// connector opens connections that have the bridge.
func (b *bridge) connector(dsn string) (*sql.DB, error) {
	d := &modernc.Driver{}
	err := d.RegisterFunction("sluice_row", &modernc.FunctionImpl{NArgs: -1, VolatileArgs: true, Scalar: func(_ *modernc.FunctionContext, args []driver.Value) (driver.Value, error) {
		return nil, b.fail(b.each(args))
	}})
	return sql.OpenDB(&bridgeConnector{d, dsn}), errors.Join(err, d.RegisterModule("sluice_rows", bridgeModule{b}))
}

type bridgeConnector struct {
	driver *modernc.Driver
	dsn    string
}

func (c *bridgeConnector) Connect(context.Context) (driver.Conn, error) { return c.driver.Open(c.dsn) }
func (c *bridgeConnector) Driver() driver.Driver                        { return c.driver }

func (b *bridge) fail(err error) error {
	if err != nil && b.failed == nil {
		b.failed = err
	}
	return err
}

// cause returns what has made a statement fail.
func (b *bridge) cause(err error) error {
	if b.failed != nil {
		err, b.failed = b.failed, nil
	}
	return err
}

// scan gives each row of a query to each: the values that are named v0, v1, ...
// in it, n of them.
func (d *sqlite) scan(ctx context.Context, query string, n int, each func([]driver.Value) error, args ...driver.Value) error {
	return d.scanSome(ctx, query, -1, n, each, args...)
}

// scanSome gives the first rows, up to a limit; -1: all. It is the limit that
// keeps SQLite from calling sluice_row before it has looked at the conditions of
// the query, and that keeps its order.
func (d *sqlite) scanSome(ctx context.Context, query string, limit, n int, each func([]driver.Value) error, args ...driver.Value) error {
	names := make([]string, n)
	for i := range names {
		names[i] = fmt.Sprintf("v%d", i)
	}
	d.each = each
	sql := fmt.Sprintf("SELECT 1 FROM (%s LIMIT %d) WHERE sluice_row(%s)", query, limit, strings.Join(names, ", "))
	rows, err := d.raw.QueryContext(ctx, sql, ordinals(args))
	if err != nil {
		return d.cause(err)
	}
	err = rows.Next(make([]driver.Value, 1))
	if errors.Is(err, io.EOF) {
		err = nil
	}
	return d.cause(errors.Join(err, rows.Close()))
}

// give makes the table temp.sluice_<name>.
func (d *sqlite) give(ctx context.Context, name, columns string, open func() (rowFeed, error)) error {
	if t := d.tables[name]; t != nil && t.columns == columns {
		t.open = open
		return nil
	}
	d.tables[name] = &given{columns, open}
	_, err := d.exec(ctx, "DROP TABLE IF EXISTS temp.sluice_"+name+"; CREATE VIRTUAL TABLE temp.sluice_"+name+" USING sluice_rows("+name+")")
	return err
}

// take removes the tables that give has made.
func (d *sqlite) take(ctx context.Context) {
	for name := range d.tables {
		_, _ = d.exec(ctx, "DROP TABLE IF EXISTS temp.sluice_"+name) // or it goes with the connection
	}
	clear(d.tables)
}

type bridgeModule struct{ *bridge }

func (m bridgeModule) Create(c vtab.Context, args []string) (vtab.Table, error) {
	return m.Connect(c, args)
}

func (m bridgeModule) Connect(c vtab.Context, args []string) (vtab.Table, error) {
	t := m.tables[args[3]]
	return &bridgeTable{m.bridge, t}, c.Declare("CREATE TABLE x(" + t.columns + ")")
}

type bridgeTable struct {
	*bridge
	*given
}

func (t *bridgeTable) BestIndex(i *vtab.IndexInfo) error { i.EstimatedCost = 1e6; return nil }
func (t *bridgeTable) Open() (vtab.Cursor, error)        { return &bridgeCursor{t: t}, nil }
func (t *bridgeTable) Disconnect() error                 { return nil }
func (t *bridgeTable) Destroy() error                    { return nil }

type bridgeCursor struct {
	t    *bridgeTable
	feed rowFeed
	row  []driver.Value
	n    int64
}

func (c *bridgeCursor) Filter(int, string, []vtab.Value) (err error) {
	if c.feed, err = c.t.open(); err != nil {
		return c.t.fail(err)
	}
	c.n = 0
	return c.Next()
}

func (c *bridgeCursor) Next() (err error) {
	c.row, err = c.feed()
	c.n++
	return c.t.fail(err)
}

func (c *bridgeCursor) Eof() bool                        { return c.row == nil }
func (c *bridgeCursor) Column(i int) (vtab.Value, error) { return c.row[i], nil }
func (c *bridgeCursor) Rowid() (int64, error)            { return c.n, nil }
func (c *bridgeCursor) Close() error                     { return nil }
