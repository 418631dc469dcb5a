package table

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/seed-128c3863/sluice/plan"
)

// batch writes a part of a plan that was kept, which is then in sluice_part.
func (s *postgresImport) batch(ctx context.Context, run plan.Run, from, to int64) error {
	_, err := execute(ctx, s.conn, fmt.Sprintf(`DROP TABLE IF EXISTS sluice_part; CREATE TEMP TABLE sluice_part AS SELECT * FROM %s WHERE place > %d AND place <= %d; ANALYSE sluice_part;
		CREATE INDEX IF NOT EXISTS sluice_incoming_row ON sluice_incoming (sluice_row)`, s.keptName(s.saved), from, to))
	if err != nil {
		return err
	}
	watch := s.watch(ctx, doesWhat)
	err = s.commit(ctx, run, func(tx pgx.Tx) error {
		w := &postgresWriter{postgresImport: s, tx: tx, id: s.t.identity(), plan: "sluice_part"}
		if err := s.enter(ctx, tx, s.t); err != nil {
			return err
		}
		return w.part(ctx, run, from)
	})
	blocker := watch()
	if refuses(err) {
		err = s.trace(ctx, err, "sluice_part")
	}
	s.given = s.given || err == nil
	return s.tell(ctx, err, blocker)
}

// part writes what is in sluice_part.
func (w *postgresWriter) part(ctx context.Context, run plan.Run, from int64) (err error) {
	if w.counts, err = w.count(ctx); err != nil {
		return err
	}
	if from == 0 {
		err = w.begin(ctx, run)
		if err == nil {
			err = w.do(ctx, -1, "", "CREATE INDEX ON "+w.journal+" ("+names(w.id, ", ", "i%i")+")")
		}
	} else {
		err = w.goOn(ctx, run)
	}
	if err != nil {
		return err
	}
	for _, step := range []func(context.Context) error{w.lock, w.drifted, w.createAll, w.looked, w.remove, w.update, w.insert} {
		if err := step(ctx); err != nil {
			return err
		}
	}
	err = w.do(ctx, -1, "", "SET CONSTRAINTS ALL IMMEDIATE")
	if err == nil {
		err = w.settled(ctx)
	}
	if err != nil || run.State == running {
		return err
	}
	return w.forget(ctx)
}

// count counts the rows of the part by what is done with them.
func (w *postgresWriter) count(ctx context.Context) (plan.Counts, error) {
	var fresh, update, gone int64
	err := w.tx.QueryRow(ctx, "SELECT count(*) FILTER (WHERE op = 'n'), count(*) FILTER (WHERE op = 'u'), count(*) FILTER (WHERE op = 'd') FROM "+w.plan).Scan(&fresh, &update, &gone)
	return plan.Counts{plan.New: fresh, plan.Update: update, plan.Delete: gone}, err
}

// goOn finds the journal of a run that has begun, and brings its record up to
// date.
func (w *postgresWriter) goOn(ctx context.Context, run plan.Run) error {
	if run.State != running {
		run.Ended = time.Now().UTC()
	}
	var n int64
	err := w.tx.QueryRow(ctx, "UPDATE "+w.state+".run SET record = $2, xids = xids || "+thisXID+" WHERE id = $1 RETURNING n", run.ID, run).Scan(&n)
	w.journal = w.journalName(n)
	return err
}

// createAll makes the rows of look-ups for the whole plan, and keeps their IDs
// for a run that goes on with it. From then on they are rows that were found.
func (w *postgresWriter) createAll(ctx context.Context) error {
	if w.given {
		return nil
	}
	if err := w.create(ctx); err != nil {
		return err
	}
	return w.do(ctx, -1, "", fmt.Sprintf(`WITH k AS (UPDATE %[1]s_made k SET id = m.id FROM sluice_made m WHERE k.look = m.look AND k.code = m.code AND k.id IS NULL RETURNING k.look, k.value, k.id::text),
		l AS (INSERT INTO %[1]s_looks SELECT * FROM k) INSERT INTO sluice_look SELECT * FROM k`, w.keptName(w.saved)))
}

// end records how a run ended, and drops what was kept for it.
func (p *postgres) end(ctx context.Context, run plan.Run) error {
	return p.watched(ctx, func() error {
		return pgx.BeginFunc(ctx, p.conn, func(tx pgx.Tx) error {
			if _, err := tx.Exec(ctx, "UPDATE "+p.state+".run SET record = $2 WHERE id = $1", run.ID, run); err != nil {
				return err
			}
			rows, err := tx.Query(ctx, "DELETE FROM "+p.state+".plan WHERE id = $1 RETURNING n", run.Plan)
			if err != nil {
				return err
			}
			return p.dropAll(ctx, tx, rows)
		})
	})
}
