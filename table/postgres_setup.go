package table

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5"
)

// stateRights is what a role needs to have on the tables of a state schema.
// Those that a run makes there are its own.
const stateRights = "SELECT, INSERT, UPDATE, DELETE"

// A need is something that may be missing, and the statement that mends that.
type need struct {
	there string // the condition that it is there
	sql   string
}

// ready returns an error if this user can neither use the state schema nor make
// it.
func (p *postgres) ready(ctx context.Context) error {
	var user string
	var schema, may bool
	err := p.conn.QueryRow(ctx, `SELECT current_user, n.oid IS NOT NULL,
		CASE WHEN n.oid IS NULL THEN has_database_privilege(current_database(), 'CREATE')
		ELSE has_schema_privilege(n.oid, 'USAGE') AND has_schema_privilege(n.oid, 'CREATE') AND NOT EXISTS (
			SELECT FROM pg_class c, unnest(string_to_array('`+stateRights+`', ', ')) r
			WHERE relnamespace = n.oid AND relname IN ('run', 'plan') AND NOT has_table_privilege(c.oid, r)) END
		FROM (SELECT) x LEFT JOIN pg_namespace n ON nspname = $1`, p.schema).Scan(&user, &schema, &may)
	switch {
	case err != nil || may:
		return err
	case schema:
		return unready(user, "may not write in schema "+p.schema)
	}
	return unready(user, "may not create schema "+p.schema)
}

// readable says whether the state schema has runs. It is an error if it has, and
// this user may not read them.
func (p *postgres) readable(ctx context.Context) (there bool, err error) {
	var user string
	var may bool
	err = p.conn.QueryRow(ctx, `SELECT current_user, c.oid IS NOT NULL, coalesce(has_schema_privilege(n.oid, 'USAGE') AND has_table_privilege(c.oid, 'SELECT'), false)
		FROM (SELECT) x LEFT JOIN (pg_namespace n JOIN pg_class c ON relnamespace = n.oid AND relname = 'run') ON nspname = $1`, p.schema).Scan(&user, &there, &may)
	if err == nil && there && !may {
		err = unready(user, "may not read the runs in schema "+p.schema)
	}
	return there && may, err
}

// setup returns the statements that make what is missing.
func (p *postgres) setup(ctx context.Context, t *target, role string) (missing []string, err error) {
	var database string
	if err := p.conn.QueryRow(ctx, "SELECT current_database(), coalesce(nullif($1, ''), current_user)", role).Scan(&database, &role); err != nil {
		return nil, err
	}
	if missing, err = p.lacks(ctx); err != nil {
		return nil, err
	}
	for _, n := range slices.Concat(p.stateNeeds(role), tableNeeds(t, role, database)) {
		there, err := one[bool](ctx, p.conn, "SELECT coalesce(("+n.there+"), false)")
		if err != nil {
			return nil, plainly(err)
		}
		if !there {
			missing = append(missing, n.sql)
		}
	}
	return missing, nil
}

// stateNeeds are the rights of a role on what sluice keeps.
func (p *postgres) stateNeeds(role string) (needs []need) {
	who, to := quoteText(role), " TO "+quoteName(role)
	from := " FROM pg_namespace n LEFT JOIN pg_class c ON relnamespace = n.oid AND relname = '%s' WHERE nspname = " + quoteText(p.schema)
	needs = append(needs, need{"SELECT " + allowed("has_schema_privilege", who, "n.oid", "USAGE, CREATE") + fmt.Sprintf(from, "run"), "GRANT USAGE, CREATE ON SCHEMA " + p.state + to})
	for _, t := range stateTables {
		needs = append(needs, need{"SELECT " + allowed("has_table_privilege", who, "c.oid", stateRights) + fmt.Sprintf(from, t.name), "GRANT " + stateRights + " ON " + p.state + "." + t.name + to})
	}
	return needs
}

// tableNeeds are the rights of a role on the tables of a job.
func tableNeeds(t *target, role, database string) (needs []need) {
	who, to := quoteText(role), " TO "+quoteName(role)
	add := func(check, on, rights, sql string) {
		n := need{"SELECT " + allowed(check, who, on, rights), "GRANT " + rights + " ON " + sql + to}
		if !slices.Contains(needs, n) {
			needs = append(needs, n)
		}
	}
	add("has_database_privilege", quoteText(database), "TEMPORARY", "DATABASE "+quoteName(database))
	on := func(of *Table, rights string) {
		add("has_schema_privilege", quoteText(of.Schema), "USAGE", "SCHEMA "+quoteName(of.Schema))
		add("has_table_privilege", quoteText(of.sqlName()), rights, of.sqlName())
		for _, c := range of.Columns {
			switch {
			case c.Sequence == "" || rights == "SELECT":
			case of == t.Table && t.binding(c.Name) != nil: // it is moved behind the numbers that are loaded
				add("has_sequence_privilege", quoteText(c.Sequence), "USAGE, UPDATE", "SEQUENCE "+c.Sequence)
			default:
				add("has_sequence_privilege", quoteText(c.Sequence), "USAGE", "SEQUENCE "+c.Sequence)
			}
		}
	}
	for _, of := range t.jobTables() {
		on(of.Table, of.rights)
	}
	return needs
}

// allowed is the condition that a role has all of some rights.
func allowed(check, role, on, rights string) string {
	var all []string
	for _, r := range strings.Split(rights, ", ") {
		all = append(all, fmt.Sprintf("%s(%s, %s, '%s')", check, role, on, r))
	}
	return strings.Join(all, " AND ")
}

// execute runs statements, all of them or none.
func (p *postgres) execute(ctx context.Context, statements []string) error {
	return p.watched(ctx, func() error { return p.do(ctx, statements) })
}

// do is execute, while somebody looks who is waited for.
func (p *postgres) do(ctx context.Context, statements []string) error {
	return pgx.BeginFunc(ctx, p.conn, func(tx pgx.Tx) error {
		for _, sql := range statements {
			if _, err := tx.Exec(ctx, sql); codeOf(err) == lockNotAvailable {
				return err
			} else if err != nil {
				return fmt.Errorf("%s: %w (`sluice setup JOB --sql` prints all of it, for somebody who may)", sql, plainly(err))
			}
		}
		return nil
	})
}
