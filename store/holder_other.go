//go:build !linux

package store

// WritingHolder names another process that has a lock on one of some files, which keeps
// all others out, where the system tells.
func WritingHolder(...string) string { return "" }

// ReadingHolder is WritingHolder of a lock that others may have, too.
func ReadingHolder(...string) string { return "" }
