package flow

import (
	"context"
	"errors"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

var (
	errFault  = errors.New("connection reset")
	errAnswer = errors.New("no such key")
)

func retryable(err error) bool { return !errors.Is(err, errAnswer) }

func TestRetrier(t *testing.T) {
	for name, tc := range map[string]struct {
		fails    int // attempts before a success
		err      error
		attempts int
		want     string // text before the error; "ok": no error
	}{
		"at once":             {0, nil, 1, "ok"},
		"after faults":        {4, errFault, 5, "ok"},
		"too many faults":     {99, errFault, 5, "after 5 attempts in "},
		"an answer":           {99, errAnswer, 1, ""},
		"throttled for long":  {200, throttledError{}, 201, "ok"},
		"throttled for ever":  {1e6, throttledError{}, 0, "throttled with no success of any request for 5m"},
		"timeouts are faults": {99, timeoutError{}, 5, "after 5 attempts in "},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				r := NewRetrier(RetryOptions{Attempts: 5, Retryable: retryable})
				last := 0
				err := r.Do(t.Context(), func(_ context.Context, attempt int) error {
					if last++; attempt != last {
						t.Fatalf("attempt %d is said to be %d", last, attempt)
					}
					if attempt <= tc.fails {
						return tc.err
					}
					return nil
				})
				if tc.attempts > 0 && last != tc.attempts {
					t.Errorf("%d attempts, want %d", last, tc.attempts)
				}
				switch {
				case tc.want == "ok":
					if err != nil {
						t.Error(err)
					}
				case !errors.Is(err, tc.err):
					t.Errorf("got %v, want it to wrap %v", err, tc.err)
				case !strings.Contains(err.Error(), tc.want):
					t.Errorf("got %q, want %q in it", err, tc.want)
				}
			})
		})
	}
}

// TestRetrierBackoff checks that pauses double up to Max and are random by half.
func TestRetrierBackoff(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := NewRetrier(RetryOptions{Attempts: 7, Base: time.Second, Max: 8 * time.Second})
		var at []time.Time
		_ = r.Do(t.Context(), func(context.Context, int) error {
			at = append(at, time.Now())
			return errFault
		})
		for i, most := range []time.Duration{1, 2, 4, 8, 8, 8} {
			most *= time.Second
			if got := at[i+1].Sub(at[i]); got < most/2 || got > most {
				t.Errorf("pause %d is %v, want %v to %v", i+1, got, most/2, most)
			}
		}
	})
}

// TestRetrierBudget lets a store die under many requests: the retries of all
// together are few, and the run ends soon.
func TestRetrierBudget(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const n = 20_000
		r := NewRetrier(RetryOptions{})
		var sent atomic.Int64
		begun := time.Now()
		err := Each(t.Context(), 200, count(n), func(ctx context.Context, _ int) error {
			err := r.Do(ctx, func(context.Context, int) error {
				sent.Add(1)
				return errFault
			})
			if !errors.Is(err, errFault) {
				t.Errorf("got %v", err)
			}
			return nil
		})
		if err != nil {
			t.Error(err)
		}
		took := time.Since(begun).Seconds()
		if most := 100 + 50*(took+10); float64(sent.Load()-n) > most {
			t.Errorf("%d retries in %.1fs, want at most %.0f", sent.Load()-n, took, most)
		}
	})
}

// TestRetrierRefill: a fault now and then does not use the budget up, as each
// second gives back half of it.
func TestRetrierRefill(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := NewRetrier(RetryOptions{Attempts: 40, Base: 4 * time.Second, Budget: 2})
		sent := 0
		err := r.Do(t.Context(), func(context.Context, int) error { sent++; return errFault })
		if sent != 40 || !errors.Is(err, errFault) {
			t.Errorf("sent %d times: %v", sent, err)
		}
	})
}

// TestRetrierRidesOut has a store lose all connections for some seconds, with
// many requests in flight: none may fail by that.
func TestRetrierRidesOut(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r, begun := NewRetrier(RetryOptions{}), time.Now()
		if err := Each(t.Context(), 256, count(3000), func(ctx context.Context, _ int) error {
			return r.Do(ctx, func(ctx context.Context, _ int) error {
				if at := time.Since(begun); at > time.Second && at < 5*time.Second {
					return errFault
				}
				return sleep(ctx, 200*time.Millisecond)
			})
		}); err != nil {
			t.Error(err)
		}
	})
}

// TestRetrierPatience counts the successes of other requests: a store that
// answers some is not given up.
func TestRetrierPatience(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r, begun := NewRetrier(RetryOptions{}), time.Now()
		stop := Every(t.Context(), time.Minute, func(ctx context.Context) {
			_ = r.Do(ctx, func(context.Context, int) error { return nil })
		})
		defer stop()
		if err := r.Do(t.Context(), func(context.Context, int) error {
			if time.Since(begun) < time.Hour {
				return throttledError{}
			}
			return nil
		}); err != nil {
			t.Error(err)
		}
	})
}

func TestRetrierCancel(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancelCause(t.Context())
		r, begun := NewRetrier(RetryOptions{Base: time.Minute, Max: time.Minute}), time.Now()
		err := r.Do(ctx, func(context.Context, int) error {
			cancel(ErrInterrupted)
			return errFault
		})
		if !errors.Is(err, ErrInterrupted) || !errors.Is(err, errFault) {
			t.Errorf("got %v, want the cause and the fault", err)
		}
		if time.Since(begun) != 0 {
			t.Error("it waited")
		}
	})
}
