package table

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"github.com/seed-128c3863/sluice/plan"
)

// refuses reports whether an error is the database's verdict on a row: a
// constraint, a value, or what a trigger raises.
func refuses(err error) bool {
	code := codeOf(err)
	return strings.HasPrefix(code, "23") || strings.HasPrefix(code, "22") || code == "P0001" || code == "44000"
}

// codeOf returns the SQLSTATE of an error of the database.
func codeOf(err error) string {
	var pg *pgconn.PgError
	if errors.As(err, &pg) {
		return pg.Code
	}
	return ""
}

// A tracer finds the rows that the database refuses. It writes parts of the
// plan, in a transaction that is rolled back: a part that is refused is halved.
type tracer struct {
	*postgresImport
	tx    pgx.Tx
	tries int
	found []plan.Problem
}

// What a tracer does at most.
const (
	mostTries = 400
	mostFound = 20
)

// trace names the rows of a plan, or a part of it, that the database refuses with
// err, if it finds them.
func (s *postgresImport) trace(ctx context.Context, err error, of string) error {
	tx, begun := s.conn.Begin(ctx)
	if begun != nil {
		return err
	}
	defer func() { _ = tx.Rollback(context.WithoutCancel(ctx)) }()
	t := &tracer{postgresImport: s, tx: tx}
	if failed := t.all(ctx, of); failed != nil || t.found == nil {
		return err
	}
	return &plan.RefusedError{Rows: t.found, Err: err}
}

func (t *tracer) all(ctx context.Context, of string) error {
	if err := t.enter(ctx, t.tx, t.t); err != nil {
		return err
	}
	if _, err := t.tx.Exec(ctx, "CREATE TEMP TABLE sluice_all ON COMMIT DROP AS SELECT row_number() OVER (ORDER BY op <> 'd', op <> 'u', sluice_row) AS n, p.* FROM "+of+" p"); err != nil {
		return err
	}
	w := &postgresWriter{postgresImport: t.postgresImport, tx: t.tx, id: t.t.identity(), plan: "sluice_all"}
	if err := w.begin(ctx, plan.Run{ID: "trace"}); err != nil {
		return err
	}
	if err := w.create(ctx); err != nil {
		return err
	}
	n, err := oneOf[int64](ctx, t.tx, "SELECT count(*) FROM sluice_all")
	if err == nil {
		err = t.halve(ctx, 0, n)
	}
	return err
}

// halve writes the rows after from up to to, or finds those among them that are
// refused. Those that are not stay written, for what comes after them.
func (t *tracer) halve(ctx context.Context, from, to int64) error {
	if t.tries++; t.tries > mostTries || len(t.found) >= mostFound {
		return nil
	}
	err := pgx.BeginFunc(ctx, t.tx, func(tx pgx.Tx) error { return t.part(ctx, tx, from, to) })
	switch {
	case err == nil:
		return nil
	case !refuses(err):
		return err
	case to-from > 1:
		half := (from + to) / 2
		if err := t.halve(ctx, from, half); err != nil {
			return err
		}
		return t.halve(ctx, half, to)
	}
	p, e := t.problem(ctx, from+1, err)
	t.found = append(t.found, p)
	return e
}

// part writes rows as a run of its own would.
func (t *tracer) part(ctx context.Context, tx pgx.Tx, from, to int64) error {
	_, err := tx.Exec(ctx, fmt.Sprintf("DROP TABLE IF EXISTS sluice_tried; CREATE TEMP TABLE sluice_tried AS SELECT * FROM sluice_all WHERE n > %d AND n <= %d; ANALYSE sluice_tried", from, to))
	if err != nil {
		return err
	}
	w := &postgresWriter{postgresImport: t.postgresImport, tx: tx, id: t.t.identity(), plan: "sluice_tried"}
	if w.counts, err = w.count(ctx); err != nil {
		return err
	}
	if err := w.begin(ctx, plan.Run{ID: fmt.Sprint("trace ", t.tries)}); err != nil {
		return err
	}
	if err := w.lock(ctx); err != nil {
		return err
	}
	for _, step := range []func(context.Context) error{w.remove, w.update, w.insert} {
		if err := step(ctx); err != nil {
			return err
		}
	}
	return w.do(ctx, -1, "", "SET CONSTRAINTS ALL IMMEDIATE; SET CONSTRAINTS ALL DEFERRED")
}

// problem names a row of the plan.
func (t *tracer) problem(ctx context.Context, n int64, err error) (plan.Problem, error) {
	var pg *pgconn.PgError
	errors.As(err, &pg)
	why := pg.Message
	if pg.Detail != "" {
		why += ": " + strings.TrimSuffix(pg.Detail, ".")
	}
	var number *int64
	var id string
	failed := t.tx.QueryRow(ctx, "SELECT sluice_row, concat_ws(' ', "+names(t.t.identity(), ", ", "i%i")+") FROM sluice_all WHERE n = $1", n).Scan(&number, &id)
	if failed != nil || number == nil {
		return plan.Problem{File: t.t.Name, Why: fmt.Sprintf("row %s: %s", id, why)}, failed
	}
	file, r := t.load.place(*number)
	return plan.Problem{File: file, Why: fmt.Sprintf("row %d: %s", r, why)}, nil
}
