package table

import (
	"context"
	"errors"

	"github.com/seed-128c3863/sluice/plan"
)

var errNoBatches = errors.New("this version does not write batches (transaction: batch) into SQLite yet")

// batch writes a part of a plan that was kept.
func (s *sqliteImport) batch(context.Context, plan.Run, int64, int64) error { return errNoBatches }

// end records how a run ended, and drops what was kept for it.
func (d *sqlite) end(context.Context, plan.Run) error { return nil }
