package table

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	driver "github.com/go-sql-driver/mysql"

	"github.com/seed-128c3863/sluice/plan"
)

// Errors that are a verdict on a row though their SQLSTATE does not say so: of a
// column without a default, of no partition, of texts and numbers that do not fit,
// and of a check. And the SQLSTATEs of those that are none, by their beginnings; a
// trigger signals any other.
var (
	mysqlVerdicts = []uint16{1364, 1526, 1366, 1265, 3819}
	mysqlFaults   = []string{"", "08", "0A", "21", "24", "25", "28", "2F", "3D", "40", "42", "70", "HY", "XA"}
)

// mysqlRefuses reports whether an error is the database's verdict on a row: a
// constraint, a value, or what a trigger signals.
func mysqlRefuses(err error) bool {
	var e *driver.MySQLError
	return errors.As(err, &e) && (slices.Contains(mysqlVerdicts, e.Number) || !slices.Contains(mysqlFaults, strings.Trim(string(e.SQLState[:2]), "\x00")))
}

// A mysqlTracer finds the rows that the database refuses. It writes parts of the
// plan, in a transaction that is rolled back: a part that is refused is halved.
type mysqlTracer struct {
	*mysqlWriter
	tries int
	found []plan.Problem
}

// trace names the rows of a plan, or a part of it, that the database refuses with
// err, if it finds them.
func (s *mysqlImport) trace(ctx context.Context, err error, of string) error {
	t := &mysqlTracer{mysqlWriter: &mysqlWriter{mysqlImport: s, id: s.t.identity(), plan: "sluice_tried", journal: s.journalName(0)}}
	if s.newJournal(ctx, 0, s.t) != nil {
		return err
	}
	failed := s.all(ctx, "START TRANSACTION")
	if failed == nil {
		failed = t.everything(ctx, of)
	}
	_ = s.all(context.WithoutCancel(ctx), "ROLLBACK", "DROP TEMPORARY TABLE IF EXISTS sluice_all, sluice_tried") // or the connection is lost
	if failed != nil || t.found == nil {
		return err
	}
	return &plan.RefusedError{Rows: t.found, Err: err}
}

func (t *mysqlTracer) everything(ctx context.Context, of string) error {
	if err := t.enter(ctx, t.t); err != nil {
		return err
	}
	if err := t.all(ctx, "DROP TEMPORARY TABLE IF EXISTS sluice_all", "CREATE TEMPORARY TABLE sluice_all (PRIMARY KEY (n)) ENGINE=InnoDB AS SELECT row_number() OVER (ORDER BY op <> 'd', op <> 'u', sluice_row) AS n, p.* FROM "+of+" p"); err != nil {
		return err
	}
	if err := t.create(ctx); err != nil {
		return err
	}
	n, err := t.number(ctx, "SELECT count(*) FROM sluice_all")
	if err != nil {
		return err
	}
	for _, t.apart = range []bool{true, false} { // if it is not by themselves that rows are refused, it is by what they refer to
		t.tries = 0
		if err := t.all(ctx, "SAVEPOINT sluice_none"); err != nil {
			return err
		}
		if err := t.halve(ctx, 0, n); err != nil || t.found != nil || t.t.loose() == nil {
			return err
		}
		if err := t.all(ctx, "ROLLBACK TO SAVEPOINT sluice_none"); err != nil {
			return err
		}
	}
	return nil
}

// halve writes the rows after from up to to, or finds those among them that are
// refused. Those that are not stay written, for what comes after them.
func (t *mysqlTracer) halve(ctx context.Context, from, to int64) error {
	if t.tries++; t.tries > mostTries || len(t.found) >= mostFound {
		return nil
	}
	savepoint := fmt.Sprintf("sluice_%d", t.tries)
	if err := t.all(ctx, "SAVEPOINT "+savepoint); err != nil {
		return err
	}
	refused := t.part(ctx, from, to)
	if refused == nil {
		return t.all(ctx, "RELEASE SAVEPOINT "+savepoint)
	}
	if !mysqlRefuses(refused) {
		return refused
	}
	if err := t.all(ctx, "ROLLBACK TO SAVEPOINT "+savepoint); err != nil {
		return err
	}
	if to-from > 1 {
		half := (from + to) / 2
		if err := t.halve(ctx, from, half); err != nil {
			return err
		}
		return t.halve(ctx, half, to)
	}
	return t.problem(ctx, to, refused)
}

// part writes rows as a run of its own would.
func (t *mysqlTracer) part(ctx context.Context, from, to int64) (err error) {
	if err := t.all(ctx, "DROP TEMPORARY TABLE IF EXISTS sluice_tried", fmt.Sprintf("CREATE TEMPORARY TABLE sluice_tried ENGINE=InnoDB AS SELECT * FROM sluice_all WHERE n > %d AND n <= %d", from, to)); err != nil {
		return err
	}
	if t.counts, _, err = t.ops(ctx, t.plan); err != nil {
		return err
	}
	t.loosed = false
	for _, step := range []func(context.Context) error{t.lock, t.loosen, t.remove, t.update, t.insert} {
		if err := step(ctx); err != nil {
			return err
		}
	}
	if t.apart {
		return nil
	}
	return t.tighten(ctx)
}

// problem names row n of the plan, which is refused.
func (t *mysqlTracer) problem(ctx context.Context, n int64, refused error) error {
	var e *driver.MySQLError
	errors.As(refused, &e)
	var number *int64
	var id string
	err := t.conn.QueryRowContext(ctx, "SELECT sluice_row, concat_ws(' ', "+names(t.id, ", ", "i%i")+") FROM sluice_all WHERE n = ?", n).Scan(&number, &id)
	file, of := t.t.Name, "row "+id
	if number != nil {
		var r int64
		file, r = t.load.place(*number)
		of = fmt.Sprintf("row %d", r)
	}
	t.found = append(t.found, plan.Problem{File: file, Why: of + ": " + e.Message})
	return err
}
