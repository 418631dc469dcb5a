package flow

import (
	"context"
	"errors"
	"os"
	"syscall"
	"testing"
	"testing/synctest"
	"time"
)

func TestStop(t *testing.T) {
	const second = time.Second
	for name, tc := range map[string]struct {
		signals      []time.Duration // when
		grace        time.Duration
		intake, work time.Duration // when they end; 0: never
		why          string        // the cause of Work
	}{
		"none":            {nil, 30 * second, 0, 0, ""},
		"one":             {[]time.Duration{5 * second}, 30 * second, 5 * second, 35 * second, "interrupted, and not finished 30s later"},
		"two":             {[]time.Duration{5 * second, 7 * second}, 30 * second, 5 * second, 7 * second, "interrupted by a second signal: terminated"},
		"without a grace": {[]time.Duration{5 * second}, 0, 5 * second, 5 * second, "interrupted, and not finished 0s later"},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				begun, signals := time.Now(), make(chan os.Signal, 2)
				s, release := NewStop(t.Context(), signals, tc.grace)
				for _, at := range tc.signals {
					time.AfterFunc(at, func() { signals <- syscall.SIGTERM })
				}
				ended := func(ctx context.Context) time.Duration {
					select {
					case <-ctx.Done():
						return time.Since(begun)
					case <-time.After(time.Hour):
						return 0
					}
				}
				if got := ended(s.Intake); got != tc.intake {
					t.Errorf("intake ended after %v, want %v", got, tc.intake)
				}
				if got := ended(s.Work); got != tc.work {
					t.Errorf("work ended after %v, want %v", got, tc.work)
				}
				if tc.work > 0 {
					if err := context.Cause(s.Work); !errors.Is(err, ErrInterrupted) || err.Error() != tc.why {
						t.Errorf("cause is %q, want %q", err, tc.why)
					}
					if err := context.Cause(s.Intake); !errors.Is(err, ErrInterrupted) {
						t.Errorf("cause of intake is %q", err)
					}
				}
				release()
				release()
				if s.Intake.Err() == nil || s.Work.Err() == nil {
					t.Error("contexts live on after release")
				}
			})
		})
	}
}

func TestStopOutside(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancelCause(t.Context())
		s, release := NewStop(ctx, nil, time.Minute)
		defer release()
		cancel(errFault)
		<-s.Intake.Done()
		if err := context.Cause(s.Intake); !errors.Is(err, errFault) {
			t.Errorf("cause is %v", err)
		}
	})
}

func TestEvery(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n, done := 0, 0
		stop := Every(t.Context(), time.Second, func(ctx context.Context) {
			n++
			if err := sleep(ctx, 700*time.Millisecond); err != nil {
				t.Error("a call under way was cancelled")
			}
			done++
		})
		time.Sleep(3100 * time.Millisecond) // within the third
		stop()
		if n != 3 || done != 3 {
			t.Errorf("%d calls, %d done, want 3", n, done)
		}
		time.Sleep(time.Minute)
		stop()
		if n != 3 {
			t.Errorf("%d calls after stop", n)
		}

		ctx, cancel := context.WithCancel(t.Context())
		stop = Every(ctx, time.Second, func(context.Context) { n++ })
		cancel()
		time.Sleep(time.Minute)
		stop()
		if n != 3 {
			t.Error("a call after the context ended")
		}
	})
}
