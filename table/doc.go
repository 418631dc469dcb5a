// Package table loads source files into a table of a database, as a plan that
// can be reviewed, applied exactly and taken back.
//
// In flow a job, its params and its source files; out flow changes of rows, as a
// plan.Plan and row by row, and how a run ended, as a plan.Result.
//
//	open (import.go)      the table is inspected (*_schema.go), the job laid onto it (bind.go)
//	load (load.go)        files -> typed batches -> incoming rows, with their numbers
//	plan                  incoming rows held against the table: new, update, unchanged, invalid
//	apply                 locks, drift, journal, writes, counts: one transaction
//	revert                from the journal, unless the rows were changed since
//
// All SQL of the project is here. Each database has its own files, with the same
// functions in the same order: postgres_*.go, sqlite_*.go, mysql_*.go.
package table
