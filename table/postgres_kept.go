package table

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"github.com/jackc/pgx/v5"

	"github.com/seed-128c3863/sluice/plan"
)

// A saved plan is a row of the state table plan, which has all but its rows,
// and tables of the same form as those that an apply works with:
//
//	p<n>          sluice_plan, and place, the order in which the rows are written, from 1; x is -1: what another session has seen says nothing
//	p<n>_rows     sluice_incoming, as far as the plan has its rows
//	p<n>_made     sluice_made
//	p<n>_looks    sluice_look, likewise

// postgresOwn is what else an apply needs.
type postgresOwn struct {
	Nulls bool
	Below map[int]int64 // by the first column of the job that looks up: see looker
}

// keptParts are the tables that an apply works with, and what is behind the
// name of those that they are kept in.
var keptParts = []struct{ temp, behind string }{{"sluice_plan", ""}, {"sluice_incoming", "_rows"}, {"sluice_made", "_made"}, {"sluice_look", "_looks"}}

// keep keeps the plan in tables of the state schema.
func (s *postgresImport) keep(ctx context.Context, k *keptPlan) (sum string, err error) {
	err = s.watched(ctx, func() (err error) {
		sum, err = s.putPlan(ctx, k)
		return err
	})
	return sum, err
}

// putPlan is keep, while somebody looks who is waited for.
func (s *postgresImport) putPlan(ctx context.Context, k *keptPlan) (sum string, err error) {
	if err := s.ready(ctx); err != nil {
		return "", err
	}
	if err := s.prepare(ctx); err != nil {
		return "", err
	}
	own := postgresOwn{s.t.nulls, map[int]int64{}}
	for _, g := range s.t.creates() {
		own.Below[g[0].at] = s.looks[g[0]].below
	}
	if k.Own, err = json.Marshal(own); err != nil {
		return "", err
	}
	text, err := k.marshal()
	if err != nil {
		return "", err
	}
	err = pgx.BeginFunc(ctx, s.conn, func(tx pgx.Tx) error {
		if err := s.expire(ctx, tx); err != nil {
			return err
		}
		var n int64
		if err := tx.QueryRow(ctx, "INSERT INTO "+s.state+".plan (id, job, until, kept) VALUES ($1, $2, $3, $4) RETURNING n", k.saved.ID, s.t.job.Name, k.saved.Until, string(text)).Scan(&n); err != nil {
			return err
		}
		name := s.keptName(n)
		for _, part := range keptParts {
			sql := "CREATE TABLE " + name + part.behind + " AS SELECT k.* FROM " + part.temp + " k"
			switch part.temp {
			case "sluice_plan":
				sql = fmt.Sprintf("UPDATE sluice_plan SET x = -1; CREATE TABLE %[1]s AS SELECT k.*, row_number() OVER (ORDER BY op = 'n', op = 'd', %[2]s, sluice_row) AS place FROM sluice_plan k; CREATE INDEX ON %[1]s (place)",
					name, names(s.t.identity(), ", ", "i%i"))
			case "sluice_incoming":
				sql += " WHERE sluice_row IN (SELECT sluice_row FROM sluice_plan)"
			case "sluice_look":
				sql += " WHERE " + s.t.used()
			}
			if _, err := tx.Exec(ctx, sql); err != nil {
				return err
			}
		}
		s.saved = n
		sum, err = keptSum(ctx, tx, name, text)
		return err
	})
	return sum, err
}

// keptName is the name that the tables of plan n begin with.
func (p *postgres) keptName(n int64) string { return fmt.Sprintf("%s.p%d", p.state, n) }

// keptSum is the checksum of what is kept, in whatever order.
func keptSum(ctx context.Context, tx pgx.Tx, name string, kept []byte) (string, error) {
	all := sha256.New()
	all.Write(kept)
	for _, part := range keptParts {
		rows, err := oneOf[string](ctx, tx, "SELECT count(*) || ' ' || coalesce(sum(('x' || left(md5((t.*)::text), 16))::bit(64)::bigint), 0) FROM "+name+part.behind+" t")
		if err != nil {
			return "", err
		}
		fmt.Fprintf(all, "\n%s", rows)
	}
	return hex.EncodeToString(all.Sum(nil)), nil
}

// plans are the IDs of the plans of a job that are kept.
func (p *postgres) plans(ctx context.Context, job string) ([]string, error) {
	there, err := p.readable(ctx)
	if err != nil || !there {
		return nil, err
	}
	rows, err := p.conn.Query(ctx, "SELECT id FROM "+p.state+".plan WHERE job = $1", job)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, pgx.RowTo[string])
}

// keptText returns all of a plan but its rows.
func (p *postgres) keptText(ctx context.Context, job, id string) ([]byte, error) {
	there, err := p.readable(ctx)
	if err != nil || !there {
		return nil, errors.Join(err, errGone)
	}
	text, err := one[[]byte](ctx, p.conn, "SELECT kept FROM "+p.state+".plan WHERE id = $1 AND job = $2", id, job)
	if errors.Is(err, pgx.ErrNoRows) {
		err = errGone
	}
	return text, err
}

// kept makes the temporary tables of a plan again.
func (p *postgres) kept(ctx context.Context, t *target, of plan.Saved, done int64) (c comparison, k *keptPlan, err error) {
	if _, err := p.keptText(ctx, t.job.Name, of.ID); err != nil {
		return nil, nil, err
	}
	s := &postgresImport{postgres: p, t: t, looks: map[*binding]*looker{}}
	err = pgx.BeginTxFunc(ctx, p.conn, pgx.TxOptions{IsoLevel: pgx.RepeatableRead}, func(tx pgx.Tx) error {
		var text string
		err := tx.QueryRow(ctx, "SELECT n, kept FROM "+p.state+".plan WHERE id = $1 AND job = $2", of.ID, t.job.Name).Scan(&s.saved, &text)
		if errors.Is(err, pgx.ErrNoRows) {
			return errGone
		}
		if err != nil {
			return err
		}
		name := p.keptName(s.saved)
		for _, part := range keptParts {
			sql := "CREATE TEMP TABLE " + part.temp + " AS SELECT t.* FROM " + name + part.behind + " t"
			if part.temp == "sluice_plan" {
				sql += fmt.Sprintf(" WHERE place > %d", done)
			}
			if _, err := tx.Exec(ctx, sql+"; ANALYSE "+part.temp); err != nil {
				return err
			}
		}
		if of.Sum != "" {
			sum, err := keptSum(ctx, tx, name, []byte(text))
			if err == nil && sum != of.Sum {
				err = errOther
			}
			if err != nil {
				return err
			}
		}
		if k, err = readKept([]byte(text)); err != nil {
			return err
		}
		s.load = k.load()
		return s.recall(k.Own)
	})
	if codeOf(err) == undefinedTable {
		err = errGone // since its row was read
	}
	if err != nil {
		return nil, nil, err
	}
	return s, k, nil
}

// recall takes up what else was kept.
func (s *postgresImport) recall(text json.RawMessage) error {
	var own postgresOwn
	if err := json.Unmarshal(text, &own); err != nil {
		return errOther
	}
	s.t.nulls = own.Nulls
	for _, g := range s.t.lookups() {
		look := &looker{lookup: g[0].lookup, conn: s.side, below: own.Below[g[0].at]}
		for _, c := range g {
			s.looks[c] = look
		}
	}
	return nil
}

// forget drops what is kept of the plan that is applied in this transaction, and
// of those that have lapsed.
func (w *postgresWriter) forget(ctx context.Context) error {
	if w.saved != 0 {
		gone, err := w.tx.Exec(ctx, "DELETE FROM "+w.state+".plan WHERE n = $1", w.saved)
		if err != nil {
			return err
		}
		if gone.RowsAffected() == 0 {
			return errGone
		}
		if _, err := w.tx.Exec(ctx, w.dropKept(w.saved)); err != nil {
			return err
		}
	}
	return w.expire(ctx, w.tx)
}

// expire drops the rows of plans that have lapsed, if they are this user's.
func (p *postgres) expire(ctx context.Context, tx pgx.Tx) error {
	rows, err := tx.Query(ctx, "DELETE FROM "+p.state+".plan l WHERE until < now() AND EXISTS (SELECT FROM pg_class c WHERE c.oid = to_regclass($1 || l.n) AND pg_has_role(c.relowner, 'USAGE')) RETURNING n", p.state+".p")
	if err != nil {
		return err
	}
	return p.dropAll(ctx, tx, rows)
}

// dropAll drops the rows of plans, of which it is given the numbers.
func (p *postgres) dropAll(ctx context.Context, tx pgx.Tx, plans pgx.Rows) error {
	numbers, err := pgx.CollectRows(plans, pgx.RowTo[int64])
	if err != nil || numbers == nil {
		return err
	}
	var drops []string
	for _, n := range numbers {
		drops = append(drops, p.dropKept(n))
	}
	_, err = tx.Exec(ctx, strings.Join(drops, "; "))
	return err
}

func (p *postgres) dropKept(n int64) string {
	var tables []string
	for _, part := range keptParts {
		tables = append(tables, p.keptName(n)+part.behind)
	}
	return "DROP TABLE IF EXISTS " + strings.Join(tables, ", ")
}
