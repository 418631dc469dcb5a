package sluice

import (
	"context"

	"github.com/seed-128c3863/sluice/plan"
)

// Preview is the first rows that a job would make.
type Preview = plan.Preview

// Preview returns the first n rows that Apply would make, or hold against the
// table, and what would be rejected while they are read. It reads as little of
// the files as it needs for that, and writes nothing. Of a table it asks for
// its types alone: look-ups are as the files have them.
func (j *Job) Preview(ctx context.Context, n int) (*Preview, error) {
	return j.target.Preview(ctx, n)
}
