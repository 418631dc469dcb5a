// Package profile says what files hold, column by column.
//
// In flow a job, whose columns say what is looked at and of which type, and its
// source files; out flows a Profile, as data and as a page of HTML.
//
//	files -> format reader -> each column typed by a program of its own -> counter
//
// So a value that is no reject in one column counts, whatever the others of its
// row hold. A counter goes through the values once, in bounded memory: what it
// can no longer count exactly it estimates, and says so.
//
//	how many distinct   exact up to so many (tally.go), then by a HyperLogLog (distinct.go)
//	which most often    exact as long, then at least so often, and at most so much more
//	quartiles, bars     of all values, or of a random sample of them (sample.go)
//	least, greatest, mean, longest, null, empty, rejects: exact
package profile
