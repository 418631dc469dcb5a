package flow

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"sync"
	"time"
)

// RetryOptions say how faults of one store are retried. The zero value is a
// good default.
type RetryOptions struct {
	// Attempts is how often one request is tried before its fault is final;
	// throttled attempts do not count. Default: 8.
	Attempts int

	// Base is the longest pause before the first retry. It doubles with each
	// fault of the same request up to Max; half of it is random.
	// Defaults: 100 ms and 10 s.
	Base, Max time.Duration

	// Budget is how many retries all requests together may have in hand. Each
	// retry takes one; each success gives back a fifth of one, and each second
	// half the budget. While there is none left retries wait for theirs in
	// turn, and one that would wait for longer than Max is given up: a store
	// that is dying is not hammered. Default: 100.
	Budget int

	// Patience is how long a request is throttled, while no other one of this
	// Retrier succeeds either, before that is an error. Default: 5 minutes.
	Patience time.Duration

	// Retryable tells faults that may pass from answers that will not change.
	// Default: every error may pass.
	Retryable func(error) bool
}

func (o *RetryOptions) setDefaults() {
	if o.Attempts < 1 {
		o.Attempts = 8
	}
	if o.Base <= 0 {
		o.Base = 100 * time.Millisecond
	}
	if o.Max <= 0 {
		o.Max = 10 * time.Second
	}
	o.Max = max(o.Max, o.Base)
	if o.Budget < 1 {
		o.Budget = 100
	}
	if o.Patience <= 0 {
		o.Patience = 5 * time.Minute
	}
	if o.Retryable == nil {
		o.Retryable = func(error) bool { return true }
	}
}

// A Retrier repeats the requests of one store that failed by a fault that may
// pass. A throttled request (see [Limiter.Do]) is no fault: it is repeated for
// as long as the store answers anyone, and how fast is for the limiter to say.
type Retrier struct {
	o RetryOptions

	mu     sync.Mutex
	tokens float64   // retries in hand; below 0: promised, and waited for
	filled time.Time // when tokens was brought up to date
	alive  time.Time // when the store last answered a request
}

// NewRetrier returns a Retrier for one store.
func NewRetrier(o RetryOptions) *Retrier {
	o.setDefaults()
	return &Retrier{o: o, tokens: float64(o.Budget)}
}

// Do calls fn, with attempt counting from 1, until it succeeds, its error is
// not retryable, its attempts or the budget of retries are used up, or ctx
// ends. An error that is given up on wraps the last one and says after how many
// attempts; when ctx ended it wraps its cause too.
func (r *Retrier) Do(ctx context.Context, fn func(ctx context.Context, attempt int) error) error {
	begun := time.Now()
	faults, refusals := 0, 0
	for attempt := 1; ; attempt++ {
		err := fn(ctx, attempt)
		if err == nil {
			r.answered(1.0 / 5)
			return nil
		}
		if ctx.Err() != nil {
			return ended(ctx, err)
		}
		var next verdict
		switch {
		case isThrottled(err):
			refusals++
			next = r.refused(begun, refusals)
		case !r.o.Retryable(err):
			r.answered(0)
			return err
		default:
			faults++
			next = r.faulted(faults)
		}
		if next.final {
			return fmt.Errorf("after %s in %v%s: %w", attempts(attempt), roughly(time.Since(begun)), next.why, err)
		}
		if sleep(ctx, next.pause) != nil {
			return ended(ctx, err)
		}
	}
}

// A verdict is whether a failed request is tried again.
type verdict struct {
	pause time.Duration // before it is
	final bool          // it is not
	why   string        // follows the number of attempts
}

// answered notes that the store is alive, and earns retries.
func (r *Retrier) answered(earned float64) {
	now := time.Now()
	r.mu.Lock()
	defer r.mu.Unlock()
	r.alive = now
	r.tokens = min(r.tokens+earned, float64(r.o.Budget))
}

// refused judges the n-th throttled attempt of a request. The pause is at most
// 10 times Base, since it is the limiter that slows requests down.
func (r *Retrier) refused(begun time.Time, n int) verdict {
	r.mu.Lock()
	alive := r.alive
	r.mu.Unlock()
	if alive.Before(begun) {
		alive = begun
	}
	if silent := time.Since(alive); silent >= r.o.Patience {
		return verdict{final: true, why: fmt.Sprintf(", throttled with no success of any request for %v", roughly(silent))}
	}
	return verdict{pause: backoff(r.o.Base, min(10*r.o.Base, r.o.Max), n)}
}

// faulted judges the n-th fault of a request. In the pause it also waits for
// its turn in the budget of retries.
func (r *Retrier) faulted(n int) verdict {
	if n >= r.o.Attempts {
		return verdict{final: true}
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	turn := r.turn(time.Now())
	if turn > r.o.Max {
		return verdict{final: true, why: ", as too many requests to this store fail to try more"}
	}
	r.tokens--
	return verdict{pause: max(turn, backoff(r.o.Base, r.o.Max, n))}
}

// turn returns how long the next retry has to wait for its token. mu is held.
func (r *Retrier) turn(now time.Time) time.Duration {
	whole := float64(r.o.Budget)
	refill := whole / 2 // a second
	if !r.filled.IsZero() {
		r.tokens = min(r.tokens+refill*now.Sub(r.filled).Seconds(), whole)
	}
	r.filled = now
	return time.Duration(max(0, 1-r.tokens) / refill * float64(time.Second))
}

// backoff returns the pause after the n-th failure, at most limit, half of it
// random, so that what failed together does not come back together.
func backoff(base, limit time.Duration, n int) time.Duration {
	d := limit
	if n < 32 && base<<(n-1) < limit && base<<(n-1) > 0 {
		d = base << (n - 1)
	}
	return d/2 + rand.N(d/2+1)
}

// ended returns err with the cause of the end of ctx, if it lacks it.
func ended(ctx context.Context, err error) error {
	cause := context.Cause(ctx)
	if errors.Is(err, cause) {
		return err
	}
	return fmt.Errorf("%w: %w", cause, err)
}

// sleep waits for d or until ctx ends.
func sleep(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

func attempts(n int) string {
	if n == 1 {
		return "1 attempt"
	}
	return fmt.Sprintf("%d attempts", n)
}

// roughly cuts d to what is worth reading.
func roughly(d time.Duration) time.Duration {
	if d < time.Second {
		return d.Round(time.Millisecond)
	}
	return d.Round(100 * time.Millisecond)
}
