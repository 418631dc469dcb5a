// Package store is where bytes are: it answers requests about the objects of a
// bucket, of a folder tree, or of a web host. Only bytes flow through it, and
// what a store knows about them: key, size, ETag, time.
//
//	Set.Open(url) -> Retry(Limit(Wrap(S3, Local or HTTPS)))
//
// The files of a zip are a store too (archive), around that of the archive: it
// reads the list at its end, and unpacks. What can be read but once, or not in
// parts, is copied to the local disk (Spool).
//
// A Store has one method, Do, and one Do is one request. So what is true of
// all requests is written once, as a Store around another: Limit waits for a
// slot, Retry tries again and finds out whether a write whose answer was lost
// is one's own, Fault lets tests fail the n-th request. The slot is won before
// the request is signed, and each attempt takes a new one.
//
// List, Locate, Get, Put, Copy, Delete, Open and Create are what the other
// packages call. Every error is an *Error, or wraps one, which says whether the request may
// be tried again (Retryable), whether the object is not there or has changed
// (IsNotExist, IsChanged), and whether any request to that store can work at
// all (IsFatal). No error holds a key, a password or a signed query.
package store
