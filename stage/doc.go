// Package stage loads files into files: in flow the source files of a job, out
// flows one typed file for each, and a ledger beside them that says what was
// made of what.
//
//	sources -> compare with the ledger -> plan
//	plan -> [budget] -> get -> [core] decode, map, encode -> keep -> put -> ledger
//	ledger -> revert: put back what a run replaced, remove what it made
//
// Each output is in one of two states at any moment, the old or the new, whole;
// the ledger's parts say which, and a run's intents, written before its first
// output, say what was there before. A run that was cut off is taken up by the
// next. Whatever runs at once does so in package flow.
package stage
