package table

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/seed-128c3863/sluice/plan"
	"github.com/seed-128c3863/sluice/spec"
)

// SetupSQL connects to the database of a job and returns the statements that
// make what is missing there of what sluice keeps, and give a role what it needs
// to plan, apply and revert the job. The role is that of the connection if none
// is named.
func SetupSQL(ctx context.Context, o Options, role string) (statements []string, err error) {
	o.Unread = true
	im, err := connected(ctx, o)
	if err != nil {
		return nil, err
	}
	defer im.db.close(ctx)
	defer im.explain(ctx, &err)
	return im.db.setup(ctx, im.target, role)
}

// Setup runs these statements, all of them or none, and returns them. On MySQL each
// holds by itself.
func Setup(ctx context.Context, o Options, role string) (statements []string, err error) {
	o.Unread = true
	im, err := connected(ctx, o)
	if err != nil {
		return nil, err
	}
	defer im.db.close(ctx)
	defer im.explain(ctx, &err)
	statements, err = im.db.setup(ctx, im.target, role)
	if err == nil {
		err = im.db.execute(ctx, statements)
	}
	return statements, err
}

// unready is the error of a user who has not what a run needs to be kept.
func unready(user, lacks string) error {
	return fmt.Errorf("user %s %s, where sluice keeps its journals, so that a run can be reverted: `sluice setup JOB --sql` prints what somebody has to run who may", user, lacks)
}

// ready looks whether a run can be kept, before anything is read.
func (im *Import) ready(ctx context.Context, o plan.ApplyOptions) error {
	switch {
	case o.NoRevert && im.Job.Transaction == "batch":
		return &spec.UsageError{Err: errors.New("transaction: batch keeps the run in the database from its first batch on: --no-revert is of one transaction")}
	case o.NoRevert:
		return nil
	}
	if err := im.db.ready(ctx); err != nil {
		return fmt.Errorf("%w; or apply with --no-revert, which keeps nothing", err)
	}
	return nil
}

// A jobTable is a table of a job, and the rights that a role needs on it.
type jobTable struct {
	*Table
	rights string
}

// jobTables returns those of the job.
func (t *target) jobTables() []jobTable {
	tables := []jobTable{{t.Table, stateRights}}
	for _, c := range slices.Concat(t.columns, t.links) {
		switch {
		case c.lookup == nil:
		case c.lookup.create:
			tables = append(tables, jobTable{c.lookup.Table, stateRights})
		default:
			tables = append(tables, jobTable{c.lookup.Table, "SELECT"})
		}
		if c.link != nil {
			tables = append(tables, jobTable{c.link.Table, stateRights})
		}
	}
	return tables
}
