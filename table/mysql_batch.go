package table

import (
	"context"
	"fmt"

	"github.com/seed-128c3863/sluice/plan"
)

// batch writes a part of a plan that was kept, which is then in sluice_part.
func (s *mysqlImport) batch(ctx context.Context, run plan.Run, from, to int64) error {
	name := s.keptTables(s.saved)["sluice_plan"]
	if err := s.all(ctx, "DROP TEMPORARY TABLE IF EXISTS sluice_part", "CREATE TEMPORARY TABLE sluice_part LIKE "+name,
		fmt.Sprintf("INSERT INTO sluice_part SELECT * FROM %s WHERE place > %d AND place <= %d", name, from, to)); err != nil {
		return err
	}
	w := &mysqlWriter{mysqlImport: s, id: s.t.identity(), plan: "sluice_part"}
	var err error
	if w.counts, _, err = s.ops(ctx, w.plan); err != nil {
		return err
	}
	watch := s.watch(ctx)
	err = w.commitAs(ctx, run, from > 0)
	s.given = s.given || err == nil
	return s.tell(err, watch())
}

// runOf returns the number of a run that has begun.
func (m *mysql) runOf(ctx context.Context, run plan.Run) (int64, error) {
	return m.number(ctx, "SELECT n FROM "+m.state("run")+" WHERE id = ?", run.ID)
}

// inBatches says whether what is written is a part of the plan.
func (w *mysqlWriter) inBatches() bool { return w.plan == "sluice_part" }

// ofPart joins rows j of a journal with the part of the plan that is written, by
// a pattern for their identity: the journal has those of other parts, too.
func (w *mysqlWriter) ofPart(pattern string) string {
	if w.plan == "sluice_plan" {
		return ""
	}
	return fmt.Sprintf(" JOIN %s p ON p.op <> 'n' AND %s", w.plan, sameAs(w.id, pattern, "p.i%i"))
}

// keepMade keeps the IDs of the rows that the first batch has made for look-ups,
// for a run that goes on with the plan. From then on they are rows that were found.
func (w *mysqlWriter) keepMade(ctx context.Context) error {
	const made = " SELECT look, value, id FROM sluice_made WHERE id IS NOT NULL"
	tables := w.keptTables(w.saved)
	return w.all(ctx,
		fmt.Sprintf("UPDATE %s k JOIN sluice_made m ON m.look = k.look AND m.code = k.code SET k.id = m.id", tables["sluice_made"]),
		"INSERT INTO "+tables["sluice_look"]+made, "INSERT INTO sluice_look"+made)
}

// end records how a run ended, and drops what was kept for it.
func (m *mysql) end(ctx context.Context, run plan.Run) error {
	record, err := recordOf(run)
	if err == nil {
		err = m.transaction(ctx, func() error {
			if _, err := m.exec(ctx, "UPDATE "+m.state("run")+" SET record = ? WHERE id = ? AND record IS NOT NULL", record, run.ID); err != nil {
				return err
			}
			_, err := m.exec(ctx, "UPDATE "+m.state("plans")+" SET kept = NULL WHERE id = ?", run.Plan)
			return err
		})
	}
	if err == nil {
		_ = m.expire(ctx) // or the next does
	}
	return err
}
