package plan

import (
	"errors"
	"fmt"
	"strings"

	"github.com/seed-128c3863/sluice/row"
)

// ErrDeclined is returned when Confirm said no.
var ErrDeclined = errors.New("nothing was changed")

// ErrLocked means that another run of the job is going on.
var ErrLocked = errors.New("another run of this job is going on")

// A DriftError says what moved between a plan and its apply. Nothing was
// changed.
type DriftError struct{ Moved []Problem }

func (e *DriftError) Error() string {
	first := e.Moved[0]
	text := fmt.Sprintf("the plan no longer holds: %s: %s", first.File, first.Why)
	if n := len(e.Moved) - 1; n > 0 {
		text += fmt.Sprintf(", and %d more", n)
	}
	return text + ": nothing was changed; plan again"
}

// A RejectError says that nothing was loaded, because too many rows are bad.
type RejectError struct {
	Bad, Rows int64      // of all that were read; 0: reading ended with the first bad one
	First     *row.Error // of the bad ones
	Rule      string     // that they break, in words
}

func (e *RejectError) Error() string { return "nothing was loaded: " + e.Why() }

// Why says what is wrong.
func (e *RejectError) Why() string {
	if e.Rows == 0 {
		return fmt.Sprintf("%v (%s)", e.First, e.Rule)
	}
	return fmt.Sprintf("%d of %d rows %s bad, %s; the first: %v", e.Bad, e.Rows, be(e.Bad), e.Rule, e.First)
}

// An InvalidError says that nothing was loaded, because of files that cannot be
// read as what they should be, or are not there.
type InvalidError struct{ Files []Problem }

func (e *InvalidError) Error() string {
	text := fmt.Sprintf("nothing was loaded: %s: %s", e.Files[0].File, e.Files[0].Why)
	if n := len(e.Files) - 1; n > 0 {
		text += fmt.Sprintf(", and %d more", n)
	}
	return text
}

// An UnsettledError says that the connection to the database was lost when a run
// was committed, and that it is not known whether it was.
type UnsettledError struct {
	Run string // "": one of which nothing is kept
	Err error  // of the connection
}

func (e *UnsettledError) Error() string {
	if e.Run == "" {
		return fmt.Sprintf("it is not known whether the rows are written, all of them or none: the connection to the database was lost at the commit, and what can be asked now does not know how that ended; look at the table, or plan again: rows that are written are unchanged then (%v)", e.Err)
	}
	return fmt.Sprintf("the connection to the database was lost when run %s was committed, and the database cannot be asked whether it was: all of it is written, or nothing; `sluice runs` lists the run if all is (%v)", e.Run, e.Err)
}

// Unwrap returns the connection's error.
func (e *UnsettledError) Unwrap() error { return e.Err }

func be(n int64) string {
	if n == 1 {
		return "is"
	}
	return "are"
}

// A RefusedError names rows that the database does not take, though nothing was
// found to be wrong with them. Nothing was changed.
type RefusedError struct {
	Rows []Problem
	Err  error // of the database, for the whole
}

func (e *RefusedError) Error() string {
	text := fmt.Sprintf("the database refuses %s: %s", e.Rows[0].File, e.Rows[0].Why)
	if n := len(e.Rows) - 1; n > 0 {
		text += fmt.Sprintf(", and %d more", n)
	}
	return text + ": nothing was changed"
}

// Unwrap returns the database's error.
func (e *RefusedError) Unwrap() error { return e.Err }

// A PartError says that a run which writes batches ended before it had written
// all: what it has written stays.
type PartError struct {
	Written, Rows int64 // of the whole run
	Resumable     bool  // the next apply of the job goes on with it
	Err           error // of the batch that was not written
}

func (e *PartError) Error() string {
	text := fmt.Sprintf("%d of %d rows are written: %s", e.Written, e.Rows, strings.ReplaceAll(e.Err.Error(), "nothing was changed", "nothing of this batch was changed"))
	if e.Resumable {
		text += "; the next apply goes on from there"
	}
	return text
}

// Unwrap returns the error of the batch.
func (e *PartError) Unwrap() error { return e.Err }

// A ConflictError is returned when outputs are no longer what the run made.
type ConflictError struct{ Reversal *Reversal }

func (e *ConflictError) Error() string {
	first := e.Reversal.Conflicts[0]
	text := fmt.Sprintf("%s: %s", first.File, first.Why)
	if n := len(e.Reversal.Conflicts) - 1; n > 0 {
		text += fmt.Sprintf(", and %d more", n)
	}
	return text + ": nothing was reverted (--skip-conflicts reverts the others)"
}
