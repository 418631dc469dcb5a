// Package sluice loads files into tables: fast, bounded and reviewable.
//
// A job file says which files are read, which typed columns are made of their
// records, and where they go. Open binds one to its params; what it returns
// shows what a load would change, does exactly that, and takes it back:
//
//	job, err := sluice.Open(ctx, "raw_to_stage.yaml", sluice.Options{
//		Params: map[string]string{"current_date": "2024-04-17"},
//	})
//	plan, err := job.Plan(ctx, sluice.PlanOptions{})
//	result, err := job.Apply(ctx, sluice.ApplyOptions{Plan: plan})
//	result, err = job.Revert(ctx, result.Run, sluice.RevertOptions{})
//
// A job that loads a table is used likewise, and closed in the end; the Row of
// PlanOptions and ApplyOptions is told of each row that changes. Job.Export is
// the way back.
//
// Init drafts a job file for the files that are there, Check says what is wrong
// with one, and Job.Preview makes its first rows.
//
// # Errors
//
// Rows and files that cannot be loaded are no errors: they are counted and
// named in the Result, whose Status is then 3. Errors are of these types:
//
//   - spec.Errors: what is wrong with a job file or its params, each with its
//     line and column. [UsageError]: the same of the call.
//   - [DriftError], [ConflictError]: what moved since the plan, or since
//     the run that is to be taken back. [ErrDeclined]: Confirm said no.
//     Nothing was changed.
//   - [ErrLocked]: another run of the job is going on.
//   - store.Error: a store did not give or take something. What was finished is
//     in the ledger, and the next Apply goes on from there.
//
// A canceled context ends a run at once; ApplyOptions.Intake lets it finish the
// files that it has begun. Each output is the old one or the new one, whole.
//
// # Packages
//
// The flow of an apply, and the package of each part:
//
//	store: list, get -> format: decode -> mapping: columns -> format: encode -> store: put
//
// Package stage puts these together for targets that are files, package table for
// tables of a database, package flow decides how much of it happens at once.
package sluice
