package table

import (
	"context"
	"testing"

	"github.com/seed-128c3863/sluice/plan"
)

// Whether a batch is committed whose answer was lost is told by the rows that the
// ledger has of its run, once the session that has written it is no more.
func TestMySQLBatchSettled(t *testing.T) {
	ctx, s := context.Background(), newMySQLShop(t)
	s.apply(v1)
	im := s.batched(v2clean, 4)
	m := im.db.(*mysql)
	im.db = &stopping{im.db, func(to int64) {
		if to == 4 {
			run := plan.Run{ID: s.lastRun()}
			n, err := m.runOf(ctx, run)
			must(t, err)
			for rows, want := range map[int64]bool{4: true, 8: false} {
				run.Rows = rows
				if there, err := m.committed(ctx, n, run); err != nil || there != want {
					t.Errorf("%d rows: %v, %v", rows, there, err)
				}
			}
		}
		if to == 8 { // the session has written more, and its COMMIT does not arrive
			run := plan.Run{ID: s.lastRun(), Rows: 12}
			n, err := m.runOf(ctx, run)
			must(t, err)
			must(t, m.all(ctx, "START TRANSACTION"))
			must(t, m.record(ctx, n, run))
			there, err := m.committed(ctx, n, run)
			for mysqlCode(err) == mysqlLockWait {
				there, err = m.committed(ctx, n, run)
			}
			if err != nil || there {
				t.Errorf("%v, %v", there, err)
			}
		}
	}}
	r, err := im.Apply(ctx, plan.ApplyOptions{})
	has(t, err, "8 of 21 rows are written: the connection to the database was lost", "the next apply goes on from there")
	again, err := s.batched(v2clean, 4).Apply(ctx, plan.ApplyOptions{})
	if err != nil || !again.Resumed || again.Run != r.Run || again.Rows != 13 {
		t.Errorf("%v, %+v", err, again)
	}
}
