// Package source finds the source files of a job, and opens them as rows. In
// flow what the job's `from` says, its params, the stores, perhaps a list on
// standard input, and the shard; out flow files: where each is, and what is
// known of it before it is read, which expressions and templates may ask for.
//
//	from.each, or a listing -> shard -> each source once -> which are there
//
// A Form says how they are read, a Rejects file takes the rows that are bad, in
// the form of their sources.
//
// A file has two names: Source, as the job writes it and people read it, and
// ID, which a ledger knows it by, from wherever a run is started. Neither holds
// a secret.
package source
