package sluice

import (
	"context"

	"github.com/seed-128c3863/sluice/stage"
)

// Preview is the first rows that a job would make.
type Preview = stage.Preview

// Preview returns the first n rows that Apply would make, and what would be
// rejected among them. It reads as few files as it needs for that, and writes
// nothing.
func (j *Job) Preview(ctx context.Context, n int) (*Preview, error) {
	return j.stage.Preview(ctx, n)
}
