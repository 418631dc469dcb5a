package flow

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"
)

func TestBegin(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		begun := time.Now()
		fn := func(ctx context.Context) (int, error) { return 7, sleep(ctx, time.Second) }
		aside := Begin(t.Context(), fn)
		if aside.Ended() {
			t.Error("ended at once")
		}
		if err := sleep(t.Context(), time.Second); err != nil {
			t.Fatal(err)
		}
		if v, err := aside.Wait(t.Context()); v != 7 || err != nil || time.Since(begun) != time.Second {
			t.Errorf("%d, %v after %v", v, err, time.Since(begun))
		}
		if !aside.Ended() {
			t.Error("waited for, and not ended")
		}
		Begin(t.Context(), fn).Drop()
		ctx, cancel := context.WithTimeout(t.Context(), time.Second/2)
		defer cancel()
		if _, err := Begin(t.Context(), fn).Wait(ctx); !errors.Is(err, context.Canceled) || time.Since(begun) != 3*time.Second/2 {
			t.Errorf("%v after %v", err, time.Since(begun))
		}
	})
}
