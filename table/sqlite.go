package table

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"regexp"
	"strings"
	"time"

	modernc "modernc.org/sqlite"

	"github.com/seed-128c3863/sluice/plan"
	"github.com/seed-128c3863/sluice/spec"
	"github.com/seed-128c3863/sluice/store"
)

// A sqlite is a database file of SQLite, over one connection: two of one process
// would lock each other out.
type sqlite struct {
	path string
	db   *sql.DB
	conn *sql.Conn
	raw  sqliteConn // the same connection, without what database/sql does for each row

	timeout time.Duration // of a wait for a lock
	bridge
}

// A sqliteConn is a connection of the driver.
type sqliteConn interface {
	driver.Conn
	driver.ExecerContext
	driver.QueryerContext
	driver.ConnPrepareContext
}

// sqliteCache is the page cache of the connection, in KiB. SQLite takes twice as
// much for it: it rounds each page and its header up to a power of two. More made
// nothing faster, 2 MB made a first load a fifth slower.
const sqliteCache = 16 << 10

func openSQLite(ctx context.Context, address string, job *spec.Job) (*sqlite, error) {
	path, err := sqlitePath(address)
	if err != nil {
		return nil, job.ErrorAt(job.To.Database.Text, 0, err.Error(), "")
	}
	switch info, err := os.Stat(path); {
	case errors.Is(err, fs.ErrNotExist):
		return nil, fmt.Errorf("database %s: there is no file %s (sluice fills tables that are there, and makes no database)", address, path)
	case err != nil:
		return nil, fmt.Errorf("database %s: %w", address, err)
	case info.IsDir():
		return nil, fmt.Errorf("database %s: %s is a folder", address, path)
	}
	d := &sqlite{path: path, timeout: lockWait(job), bridge: bridge{tables: map[string]*given{}}}
	dsn := sqliteName(path) + "?mode=rw"
	if d.db, err = d.connector(dsn); err != nil {
		return nil, err
	}
	if err := d.connect(ctx); err != nil {
		d.close(ctx)
		return nil, fmt.Errorf("database %s: %w", address, err)
	}
	return d, nil
}

// sqlitePath returns the path of sqlite://PATH, in which % escapes a character.
func sqlitePath(address string) (string, error) {
	_, path, _ := strings.Cut(address, "://")
	if i := strings.IndexAny(path, "?#"); i >= 0 {
		return "", fmt.Errorf("sqlite://%s has a %q behind it, and sluice knows no options of SQLite (in a path it is written %%%X)", path[:i], path[i], path[i])
	}
	path, err := url.PathUnescape(path)
	switch {
	case err != nil:
		return "", fmt.Errorf("%s: %w (a %% in a path is written %%25)", address, err)
	case path == "":
		return "", fmt.Errorf("%s names no file, as in sqlite://shop.db or sqlite:///home/shop/shop.db", address)
	}
	return path, nil
}

func (d *sqlite) connect(ctx context.Context) (err error) {
	if d.conn, err = d.db.Conn(ctx); err != nil {
		return err
	}
	if err = d.conn.Raw(func(c any) error { d.raw = c.(sqliteConn); return nil }); err != nil {
		return err
	}
	_, err = d.exec(ctx, fmt.Sprintf("PRAGMA busy_timeout = %d; PRAGMA foreign_keys = ON; PRAGMA cache_size = -%d; SELECT count(*) FROM sqlite_schema", d.timeout.Milliseconds(), sqliteCache))
	return d.explain(ctx, err)
}

func (d *sqlite) close(context.Context) {
	if d.conn != nil {
		_ = d.conn.Close() // what it was to do is done, or was rolled back
	}
	_ = d.db.Close()
	d.raw, d.bridge = nil, bridge{}
}

// sqliteOwnTables are the names of sluice's own tables.
var sqliteOwnTables = regexp.MustCompile(`(?i)^sluice_(run|journal|plan|plan_part)$`)

func (d *sqlite) inspect(ctx context.Context, name string) (*Table, error) {
	t, err := inspectSQLite(ctx, d.conn, name)
	if err == nil {
		t.Own = sqliteOwnTables.MatchString(t.Name)
	}
	return t, err
}

// found returns how many of the values a column holds.
func (d *sqlite) found(ctx context.Context, t *Table, c *Column, values []string) (int, error) {
	given, err := json.Marshal(values)
	if err != nil {
		return 0, err
	}
	n, err := d.number(ctx, fmt.Sprintf("SELECT count(*) FROM json_each(?) v WHERE EXISTS (SELECT 1 FROM %s l WHERE l.%s = v.value)",
		t.sqlName(), quoteName(c.Name)), string(given))
	return int(n), err
}

// exec runs statements and returns how many rows the last of them touched.
func (d *sqlite) exec(ctx context.Context, sql string, args ...driver.Value) (int64, error) {
	r, err := d.raw.ExecContext(ctx, sql, ordinals(args))
	if err != nil {
		return 0, d.cause(err)
	}
	return r.RowsAffected()
}

// number runs a query that gives one integer.
func (d *sqlite) number(ctx context.Context, sql string, args ...any) (n int64, err error) {
	err = d.conn.QueryRowContext(ctx, sql, args...).Scan(&n)
	return n, err
}

func ordinals(args []driver.Value) []driver.NamedValue {
	out := make([]driver.NamedValue, len(args))
	for i, v := range args {
		out[i] = driver.NamedValue{Ordinal: i + 1, Value: v}
	}
	return out
}

// transaction runs do between BEGIN and COMMIT, or rolls back.
func (d *sqlite) transaction(ctx context.Context, begin string, do func() error) error {
	if _, err := d.exec(ctx, begin); err != nil {
		return d.explain(ctx, d.readersOf(ctx, err))
	}
	err := do()
	if err == nil {
		_, err = d.exec(ctx, "COMMIT")
	}
	if err != nil {
		// An interrupted statement has rolled back already.
		_, _ = d.exec(context.WithoutCancel(ctx), "ROLLBACK")
		clear(d.tables) // they may be gone with it
	}
	return d.explain(ctx, err)
}

// Results of SQLite that are told in other words.
const (
	sqliteBusy     = 5
	sqliteDangling = 787
)

// sqliteCode returns the result of SQLite that an error is; 0: none.
func sqliteCode(err error) int {
	var e *modernc.Error
	if errors.As(err, &e) {
		return e.Code()
	}
	return 0
}

// explain says in words what a user can do about an error of the database, unless
// that was said.
func (d *sqlite) explain(_ context.Context, err error) error {
	var was told
	var refused *plan.RefusedError
	switch code := sqliteCode(err); {
	case code == 0, errors.As(err, &was), errors.As(err, &refused):
		return err
	case code&0xff == sqliteBusy:
		return heldBy(store.WritingHolder(d.path, d.path+"-shm"), "writes to it", err)
	case code == sqliteDangling:
		return told{fmt.Sprintf("a row would refer to one that is not there; nothing was changed: %v", err), err}
	}
	return told{fmt.Sprintf("%v; nothing was changed", err), err}
}
