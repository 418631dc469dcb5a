package table

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/seed-128c3863/sluice/plan"
)

// mostDeleted is the share of a table's rows that a run deletes at most, if the
// job does not say.
const mostDeleted = 0.2

// tooMany refuses to delete more rows of the table than the job lets.
func (t *target) tooMany(gone, all int64) error {
	allow := t.job.To.MaxDelete
	if !allow.Set {
		allow.IsShare, allow.Share = true, mostDeleted
	}
	rule := ""
	switch {
	case allow.IsShare && float64(gone) > allow.Share*float64(all):
		rule = fmt.Sprintf("%g%% of them", allow.Share*100)
	case !allow.IsShare && gone > allow.Rows:
		rule = fmt.Sprint(allow.Rows)
	default:
		return nil
	}
	return &tooManyError{what: fmt.Sprintf("%d of the %s of table %s would be deleted", gone, count(all, "row"), t.Name), rule: rule}
}

// A tooManyError says how many rows would be deleted, and which, as far as they
// are named.
type tooManyError struct{ what, some, rule string }

func (e *tooManyError) Error() string {
	return e.what + e.some + ", and to.max_delete lets " + e.rule + ": nothing was changed"
}

// mostGone is how many of the rows are named that would be deleted.
const mostGone = 5

// name adds to err the first of the rows that would be deleted, if they are too
// many.
func (r *run) name(ctx context.Context, err error) error {
	var many *tooManyError
	if !errors.As(err, &many) {
		return err
	}
	var names []string
	enough := errors.New("enough")
	listed := r.comparison.rows(ctx, 0, false, func(row *plan.Row) error {
		if row.State != plan.Delete {
			return nil
		}
		if len(names) == mostGone {
			names = append(names, "…")
			return enough
		}
		names = append(names, row.Key.String())
		return nil
	})
	if names != nil && (listed == nil || errors.Is(listed, enough)) {
		many.some = " (" + strings.Join(names, ", ") + ")"
	}
	return err
}
