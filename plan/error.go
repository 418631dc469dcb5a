package plan

import (
	"errors"
	"fmt"
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
