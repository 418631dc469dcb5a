package sluice

import (
	"context"
	"errors"

	"github.com/seed-128c3863/sluice/spec"
	"github.com/seed-128c3863/sluice/stage"
)

// Preview is the first rows that a job would make.
type Preview = stage.Preview

// Preview returns the first n rows that Apply would make, and what would be
// rejected among them. It reads as few files as it needs for that, and writes
// nothing.
func (j *Job) Preview(ctx context.Context, n int) (*Preview, error) {
	s, ok := j.target.(*stage.Stage)
	if !ok {
		return nil, &spec.UsageError{Err: errors.New("this version of sluice previews jobs that write files; `sluice plan` shows the rows of a table that would change")}
	}
	return s.Preview(ctx, n)
}
