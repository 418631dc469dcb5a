package flow

import (
	"context"
	"errors"
	"testing"
)

func TestLeave(t *testing.T) {
	failed := errors.New("failed")
	if n, err := Leave(context.Background(), func() (int, error) { return 7, failed }); n != 7 || err != failed {
		t.Errorf("got %d, %v", n, err)
	}
	ctx, cancel := context.WithCancelCause(context.Background())
	block := make(chan struct{})
	cancel(failed)
	if n, err := Leave(ctx, func() (int, error) { <-block; return 7, nil }); n != 0 || err != failed {
		t.Errorf("after the end: %d, %v", n, err)
	}
	close(block)
}
