// Package mapping turns what a reader found in a record into the typed columns
// of a job.
//
// In flow the source batches of a reader: a column of undecoded JSON values
// for each path of Program.Paths, or the cells of a table of text. Out flow
// batches of the job's columns, and rejects that say row, column, value and
// reason.
//
//	Compile(job) -> Program -> NewMapper(run) -> Begin(file) -> Map(src, dst)...
//
// A column is worked out for all rows of a batch before the next one is. A
// path that is known beforehand (row.a[0].b, also through a let) is a column
// of the source; what does not depend on row is worked out once a file; the
// rest are expressions.
//
// The language of expressions is that of github.com/expr-lang/expr, whose
// parser reads them. They are compiled to closures here rather than run by its
// machine, because nearly every operator and function is stricter: arithmetic
// is exact or refused, null and text are never numbers, a member of null and
// an index out of range are rejects in plain words, and a number of JSON keeps
// the digits it was written with.
//
// Conversions never cut, wrap, round or guess; see the converter.
package mapping
