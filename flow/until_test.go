package flow

import (
	"context"
	"errors"
	"testing"
)

func TestUntil(t *testing.T) {
	cause := errors.New("enough")
	for name, which := range map[string]int{"the first": 0, "the other": 1} {
		var ends [2]context.CancelCauseFunc
		var of [2]context.Context
		for i := range of {
			of[i], ends[i] = context.WithCancelCause(context.Background())
		}
		both, end := Until(of[0], of[1])
		if both.Err() != nil {
			t.Errorf("%s: it has ended", name)
		}
		ends[which](cause)
		<-both.Done()
		if context.Cause(both) != cause {
			t.Errorf("%s: %v", name, context.Cause(both))
		}
		end()
		ends[1-which](nil)
	}
}
