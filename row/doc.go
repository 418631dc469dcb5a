// Package row is what flows through sluice: rows of a schema, a batch at a
// time, stored column by column, and errors that know where they were read.
//
// A format reader fills a source Batch (for JSON its columns are of kind Any:
// one undecoded JSON value each); package mapping turns that into a typed
// Batch of the job's columns; a writer or a database takes it from there.
//
// Standard library only. Nothing here does I/O or starts a goroutine.
package row
