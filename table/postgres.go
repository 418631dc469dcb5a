package table

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"regexp"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"github.com/seed-128c3863/sluice/flow"
	"github.com/seed-128c3863/sluice/spec"
)

// A postgres is a database of PostgreSQL, 14 or later. It has one connection
// for the import, and one beside it for what is looked up while that is busy.
type postgres struct {
	conn   *pgx.Conn
	side   *pgx.Conn
	schema string        // of sluice's own tables
	state  string        // the same, quoted
	wait   time.Duration // for a lock

	url      string        // to connect again
	patience time.Duration // how long it is tried to find out how a commit ended
	tables   []string      // that the job names
}

func openPostgres(ctx context.Context, url string, job *spec.Job) (*postgres, error) {
	p := &postgres{schema: cmp.Or(job.To.State, "sluice"), wait: lockWait(job), url: url, patience: 30 * time.Second}
	p.state = quoteName(p.schema)
	settings := fmt.Sprintf(postgresSettings, p.wait.Milliseconds())
	err := flow.Together(ctx, func(ctx context.Context) (err error) {
		if p.conn, err = connect(ctx, url); err == nil {
			_, err = p.conn.Exec(ctx, settings+comparingSettings)
		}
		return err
	}, func(ctx context.Context) (err error) {
		if p.side, err = connect(ctx, url); err == nil {
			_, err = p.side.Exec(ctx, settings)
		}
		return err
	})
	if err != nil {
		err = p.explain(ctx, err)
		p.close(ctx)
		return nil, err
	}
	return p, nil
}

// postgresSettings are those of both connections.
const postgresSettings = "SET application_name = 'sluice'; SET timezone = 'UTC'; SET datestyle = 'ISO'; SET client_min_messages = warning; SET lock_timeout = %d;"

// comparingSettings are those of the import's connection. A generic plan is made
// once of the catalog query, which takes longer to plan than to run.
const comparingSettings = `SET jit = off; SET bytea_output = 'hex'; SET extra_float_digits = 1; SET default_statistics_target = 10; SET work_mem = '64MB'; SET temp_buffers = '32MB';
	SET plan_cache_mode = force_generic_plan`

// connect connects without showing the password in what goes wrong.
func connect(ctx context.Context, url string) (*pgx.Conn, error) {
	conn, err := pgx.Connect(ctx, url)
	if err == nil {
		return conn, nil
	}
	shown, _, _ := strings.Cut(spec.RedactURL(url), "?")
	var parse *pgconn.ParseConfigError
	if errors.As(err, &parse) {
		return nil, &spec.UsageError{Err: fmt.Errorf("database %s: the URL cannot be read: %s", shown, unread(parse))}
	}
	return nil, fmt.Errorf("database %s: %w", shown, plainly(err))
}

// unread is why a URL cannot be read. What the driver says has parts of it in
// it, and so perhaps of the password.
func unread(err error) string {
	var path *fs.PathError
	switch {
	case errors.As(err, &path):
		return path.Error()
	case strings.Contains(err.Error(), "sslmode is invalid"):
		return "its sslmode is none that PostgreSQL knows"
	}
	return "it is written postgres://USER@HOST:PORT/NAME, with :PASSWORD behind USER, in which : / ? # % @ are %3A %2F %3F %23 %25 %40"
}

// plainly is why a connection could not be made, once: the driver tells it for
// each address and manner that it tried.
func plainly(err error) error {
	var refused *pgconn.PgError
	var op *net.OpError
	var name *net.DNSError
	var all *pgconn.ConnectError
	switch {
	case errors.As(err, &refused):
		return errors.New(refused.Message)
	case errors.As(err, &name):
		return fmt.Errorf("there is no host %s", name.Name[strings.LastIndexByte(name.Name, '@')+1:])
	case strings.Contains(err.Error(), "server refused TLS"):
		return errors.New("the server takes no TLS connections, and sslmode in the URL asks for one")
	case errors.As(err, &op):
		return fmt.Errorf("%w: is the server there, and is this its port?", op.Err)
	case errors.As(err, &all):
		return all.Unwrap()
	}
	return err
}

func (p *postgres) close(ctx context.Context) {
	for _, conn := range []*pgx.Conn{p.conn, p.side} {
		if conn != nil {
			_ = conn.Close(context.WithoutCancel(ctx)) // what it was to do is done, or was rolled back
		}
	}
}

// postgresOwnTables are the names of sluice's own tables in their schema: the runs, the
// plans that are kept, and what belongs to one of them.
var postgresOwnTables = regexp.MustCompile(`^(run|plan|[jp][0-9]+(_.*)?)$`)

func (p *postgres) inspect(ctx context.Context, name string) (*Table, error) {
	p.tables = append(p.tables, name)
	t, err := inspectPostgres(ctx, p.conn, name)
	if err == nil { // it may be written otherwise in the job
		p.tables[len(p.tables)-1] = t.sqlName()
		t.Own = t.Schema == p.schema && postgresOwnTables.MatchString(t.Name)
	}
	return t, err
}

// found returns how many of the values a column holds.
func (p *postgres) found(ctx context.Context, t *Table, c *Column, values []string) (int, error) {
	return one[int](ctx, p.conn, fmt.Sprintf("SELECT count(*) FROM unnest($1::text[]) v (x) WHERE EXISTS (SELECT FROM %s l WHERE l.%s = v.x::%s)",
		t.sqlName(), quoteName(c.Name), c.Base), values)
}

// sqlName is the table's name in SQL.
func (t *Table) sqlName() string { return quoteName(t.Schema) + "." + quoteName(t.Name) }

// each joins what a pattern gives for each binding: %c is its column's name,
// quoted, %s what a journal has it as, and %i its number in the job.
func each(columns []*binding, sep, pattern string) string {
	parts := make([]string, len(columns))
	for i, c := range columns {
		name, stored := "", ""
		if c.to != nil {
			name, stored = quoteName(c.to.Name), c.to.Stored
		}
		parts[i] = strings.NewReplacer("%c", name, "%s", stored, "%i", fmt.Sprint(c.at)).Replace(pattern)
	}
	return strings.Join(parts, sep)
}

// one runs a query that returns one value.
func one[T any](ctx context.Context, conn *pgx.Conn, sql string, args ...any) (v T, err error) {
	err = conn.QueryRow(ctx, sql, args...).Scan(&v)
	return v, err
}

// execute runs statements and returns how many rows the last of them touched.
func execute(ctx context.Context, conn *pgx.Conn, sql string, args ...any) (int64, error) {
	tag, err := conn.Exec(ctx, sql, args...)
	return tag.RowsAffected(), err
}
