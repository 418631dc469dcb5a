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
// The flow of an apply, and the package of each part:
//
//	store: list, get -> format: decode -> mapping: columns -> format: encode -> store: put
//
// Package stage puts these together for targets that are files, package flow
// decides how much of it happens at once. Errors carry positions: those of a
// job file are spec.Errors, those of data are row.Error.
package sluice
