package table

import (
	"fmt"

	"github.com/seed-128c3863/sluice/plan"
)

// driftOf returns what has moved as an error, nil if nothing has.
func driftOf(moved []plan.Problem) error {
	if moved == nil {
		return nil
	}
	return &plan.DriftError{Moved: moved}
}

// moved says what has become of the row with a key: of the one of the files that
// number is of, or, if that is nil, of one of the table that the files do not tell
// of.
func (l *load) moved(t *Table, number *int64, key, why string) plan.Problem {
	if number == nil {
		return plan.Problem{File: t.Name, Why: fmt.Sprintf("row %s: %s", key, why)}
	}
	file, r := l.place(*number)
	return plan.Problem{File: file, Why: fmt.Sprintf("row %d (%s): %s", r, key, why)}
}
