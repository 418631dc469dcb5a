package table

import (
	"context"
	"errors"

	"github.com/seed-128c3863/sluice/plan"
)

var errNotSaved = errors.New("this version does not save plans of SQLite yet")

// keep keeps the plan in the database.
func (s *sqliteImport) keep(context.Context, *keptPlan) (string, error) { return "", errNotSaved }

// kept takes a plan up that keep has kept.
func (d *sqlite) kept(context.Context, *target, plan.Saved) (comparison, *keptPlan, error) {
	return nil, nil, errNotSaved
}
