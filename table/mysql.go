package table

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"
	"time"

	driver "github.com/go-sql-driver/mysql"

	"github.com/seed-128c3863/sluice/spec"
)

// A mysql is a database of MariaDB, 10.6 or later, or of MySQL, 8.0.19 or later.
// It has one connection for the import, and one beside it for what is looked up
// while that is busy.
type mysql struct {
	db       *sql.DB
	conn     *sql.Conn
	side     *sql.Conn
	id       int64  // of conn, as the server numbers it
	schema   string // the database, in MySQL's word for it
	prefix   string // of the names of sluice's own tables
	lock     string // of the job, quoted, that conn holds; "": none
	maria    bool
	infile   bool          // the server takes LOAD DATA LOCAL
	wait     time.Duration // for a lock
	patience time.Duration // how long it is tried to find out how a commit ended
}

func openMySQL(ctx context.Context, address string, job *spec.Job) (*mysql, error) {
	config, err := mysqlConfig(address)
	if err != nil {
		return nil, err
	}
	m := &mysql{schema: config.DBName, prefix: cmp.Or(job.To.State, "sluice") + "_", wait: lockWait(job), patience: 30 * time.Second}
	connector, err := driver.NewConnector(config)
	if err != nil {
		return nil, &spec.UsageError{Err: err}
	}
	m.db = sql.OpenDB(connector)
	if m.conn, err = m.db.Conn(ctx); err == nil {
		m.side, err = m.db.Conn(ctx)
	}
	if err == nil {
		err = m.settings(ctx)
	}
	if err != nil {
		m.close(ctx)
		shown, _, _ := strings.Cut(spec.RedactURL(address), "?")
		return nil, fmt.Errorf("database %s: %w", shown, mysqlPlainly(err))
	}
	return m, nil
}

// settings are those that the driver cannot make as it connects.
func (m *mysql) settings(ctx context.Context) error {
	var version string
	var infile int
	if err := m.conn.QueryRowContext(ctx, "SELECT version(), connection_id(), @@local_infile").Scan(&version, &m.id, &infile); err != nil {
		return err
	}
	m.maria, m.infile = strings.Contains(version, "MariaDB"), infile == 1
	seconds := max(1, int64((m.wait+time.Second-1)/time.Second))
	for _, conn := range []*sql.Conn{m.conn, m.side} {
		for _, set := range []string{
			"SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED",
			fmt.Sprintf("SET innodb_lock_wait_timeout = %d, lock_wait_timeout = %d", seconds, seconds),
		} {
			if _, err := conn.ExecContext(ctx, set); err != nil {
				return err
			}
		}
	}
	return nil
}

func (m *mysql) close(context.Context) {
	for _, conn := range []*sql.Conn{m.conn, m.side} {
		if conn != nil {
			_ = conn.Close() // what it was to do is done, or is rolled back
		}
	}
	_ = m.db.Close()
}

func (m *mysql) inspect(ctx context.Context, name string) (*Table, error) {
	return m.inspectOn(ctx, m.conn, name)
}

// found returns how many of the values a column holds.
func (m *mysql) found(ctx context.Context, t *Table, c *Column, values []string) (n int, err error) {
	if len(values) == 0 {
		return 0, nil
	}
	for i, v := range values {
		values[i] = quoteText(v)
	}
	err = m.conn.QueryRowContext(ctx, fmt.Sprintf("SELECT count(DISTINCT %s) FROM %s WHERE %s IN (%s)", quoteName(c.Name), t.sqlName(), quoteName(c.Name), strings.Join(values, ", "))).Scan(&n)
	return n, err
}

// exec runs a statement and returns how many rows it touched.
func (m *mysql) exec(ctx context.Context, sql string, args ...any) (int64, error) {
	r, err := m.conn.ExecContext(ctx, sql, args...)
	if err != nil {
		return 0, m.stop(ctx, err)
	}
	return r.RowsAffected()
}

// all runs statements, one after the other.
func (m *mysql) all(ctx context.Context, statements ...string) error {
	for _, sql := range statements {
		if _, err := m.exec(ctx, sql); err != nil {
			return err
		}
	}
	return nil
}

// number runs a query that gives one integer.
func (m *mysql) number(ctx context.Context, sql string, args ...any) (n int64, err error) {
	err = m.conn.QueryRowContext(ctx, sql, args...).Scan(&n)
	return n, m.stop(ctx, err)
}

// texts gives each row of a query to each, as texts: nil is null.
func (m *mysql) texts(ctx context.Context, query string, each func([]*string) error) error {
	return m.stop(ctx, textsOf(ctx, m.conn, query, each))
}

func textsOf(ctx context.Context, conn *sql.Conn, query string, each func([]*string) error) error {
	rows, err := conn.QueryContext(ctx, query)
	if err != nil {
		return err
	}
	defer rows.Close()
	names, err := rows.Columns()
	if err != nil {
		return err
	}
	texts, into := make([]*string, len(names)), make([]any, len(names))
	for i := range into {
		into[i] = &texts[i]
	}
	for rows.Next() {
		if err := rows.Scan(into...); err != nil {
			return err
		}
		if err := each(texts); err != nil {
			return err
		}
	}
	return rows.Err()
}

// stop ends what the server still does of a statement that was given up: the
// driver only closes its end of the connection.
func (m *mysql) stop(ctx context.Context, err error) error {
	if err == nil || ctx.Err() == nil {
		return err
	}
	_, _ = m.side.ExecContext(context.WithoutCancel(ctx), fmt.Sprintf("KILL %d", m.id)) // or it has ended
	return errors.Join(context.Cause(ctx), err)
}

// transaction runs do in a transaction, or takes it back.
func (m *mysql) transaction(ctx context.Context, do func() error) error {
	if _, err := m.exec(ctx, "START TRANSACTION"); err != nil {
		return err
	}
	err := do()
	if err == nil {
		_, err = m.exec(ctx, "COMMIT")
	}
	if err != nil {
		_, _ = m.conn.ExecContext(context.WithoutCancel(ctx), "ROLLBACK") // or the server does
	}
	return err
}

// state is the name of one of sluice's own tables.
func (m *mysql) state(name string) string {
	return quoteName(m.schema) + "." + quoteName(m.prefix+name)
}

// orEmpty is the text, or "" for null.
func orEmpty(text *string) string {
	if text == nil {
		return ""
	}
	return *text
}
