package table

import (
	"context"
	"fmt"
	"strings"
)

// Fit connects to the database and lays the job onto its table: what does not
// fit is an error. It returns what else may stand in the job's way, in words.
func Fit(ctx context.Context, o Options) ([]string, error) {
	o.Unread = true
	im, err := connected(ctx, o)
	if err != nil {
		return nil, err
	}
	defer im.db.close(ctx)
	return im.notes(), nil
}

// notes says what of the table may stand in the way of the job.
func (im *Import) notes() (notes []string) {
	t := im.target
	var key []string
	for _, k := range t.key {
		key = append(key, k.to.Name)
	}
	if lacks := t.lacks(); lacks != "" && im.Job.To.Write != "update" {
		notes = append(notes, lacks)
	}
	for _, fault := range t.sound.Faults {
		if len(key) > 0 {
			notes = append(notes, fmt.Sprintf("the key %s: %s", strings.Join(key, ", "), fault))
		}
	}
	return notes
}

// lacks says what new rows must have and do not get, "" if there is nothing. A
// trigger may fill it.
func (t *target) lacks() string {
	var loaded []string
	for _, c := range t.columns {
		loaded = append(loaded, c.to.Name)
	}
	missing := t.Unfilled(loaded)
	if len(missing) == 0 {
		return ""
	}
	return fmt.Sprintf("new rows of table %s must have %s, which the job does not fill and the database has no default for", t.Name, strings.Join(missing, ", "))
}
