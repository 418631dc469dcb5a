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
// What says that null is fine: ?. where the value before it is null (with ?.[i]
// also where the list is shorter), for the rest of the chain; a ?? b where a is
// null or a member or element of what is not there; get(value, key).
//
// Conversions never cut, wrap, round or guess:
//
//   - string takes numbers, true and false as they are written, but no times.
//   - Integers take numbers without a fraction (1.0 and 1e2 too); a text only
//     from a table of text, as digits, or where the column says how numbers are
//     written (decimal, thousands, currency, percent, brackets).
//   - Floats take fractions, rounded as floats are; no integer that they cannot
//     hold exactly. Decimals take what has no more digits than they.
//   - bool takes true and false, or the column's words for them.
//   - Dates and times take a text by the column's formats, or as ISO 8601. A
//     date is a timestamp at midnight, and a timestamp at midnight a date. A
//     zone neither comes nor goes without a timezone; times that a zone skips
//     or has twice are refused.
//   - bytes takes base64, or hexadecimal after \x; uuid 32 digits with or
//     without dashes; json any value; a list takes a list, or a text that the
//     column splits.
//   - An empty cell is null, unless the column says otherwise or is required.
//     The empty text of JSON is a text.
package mapping
