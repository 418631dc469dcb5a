package flow

import (
	"context"
	"errors"
	"math/rand/v2"
	"sync"
	"time"
)

// LimiterOptions bound the requests to one store. The zero value is a good
// default.
type LimiterOptions struct {
	// Start is how many requests are in flight at first. Default: 20.
	Start int

	// Min and Max bound how many requests are in flight, whatever is learned.
	// Max follows what the process can hold open: connections, and the memory
	// that each needs. Defaults: 1 and 512.
	Min, Max int

	// Fixed, if above 0, is exactly how many may be in flight: nothing is
	// learned, but a refusal still makes all pause.
	Fixed int

	// Rate, if above 0, is the most requests begun a second.
	Rate float64
}

func (o *LimiterOptions) setDefaults() {
	if o.Max < 1 {
		o.Max = 512
	}
	o.Min = min(max(o.Min, 1), o.Max)
	if o.Start < 1 {
		o.Start = 20
	}
	if o.Fixed > 0 {
		o.Start, o.Min, o.Max = o.Fixed, o.Fixed, o.Fixed
	}
	o.Start = min(max(o.Start, o.Min), o.Max)
}

// A Limiter says when requests to one store may be sent, first come, first
// served, and learns from the answers how much the store bears:
//
//   - How many at once. It begins with Start and doubles with each round of
//     answers, or triples while they stay fast, until that gains nothing. Then
//     it tries a little more now and then (and, when answers became slow, a
//     little less) and keeps what gains.
//   - How many a second, once the store refused requests. All of them pause
//     for a moment and go on at the rate that was accepted, which then grows
//     slowly up to where it was refused, and faster beyond.
//   - Which of the two a store refuses: a pace helps in both cases, so it comes
//     first; when the refused requests are those sent among the most others,
//     again and again, the limit of slots takes its place.
//
// A store that refuses everything gets a single request now and then, at most
// some seconds apart, until one is answered. A request that is not answered in
// time makes all pause too, and takes away part of the slots.
//
// It learns only while it is what holds requests back: when the caller has
// fewer requests than may be sent, nothing grows and nothing shrinks.
type Limiter struct {
	o      LimiterOptions
	begun  time.Time      // moments are durations since then
	jitter func() float64 // 0 to 1

	mu    sync.Mutex
	queue line
	meter meter
	slots slots
	pace  pace
	sends sends
	pause pause
}

// LimiterStats is what a limiter does at a moment, for a progress line.
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
	o.setDefaults()
	return &Limiter{
		o:      o,
		begun:  time.Now(),
		jitter: rand.Float64,
		slots:  newSlots(o),
		sends:  newSends(o),
		pace:   pace{most: o.Rate},
	}
}

// Do waits until a request may be sent, runs fn, which is that one request,
// and learns from its error and from the time it took. The store refused it if
// an error within fn's error answers true to Throttled() bool, and did not
// answer it in time if one answers true to Timeout() bool. If ctx ends while
// Do waits, fn is not run and the cause is returned.
func (l *Limiter) Do(ctx context.Context, fn func(context.Context) error) error {
	return l.do(ctx, false, fn)
}

// DoFirst is Do for a request that goes before all that wait in Do: one that
// ends what was begun, and so frees what that holds, before more is begun.
func (l *Limiter) DoFirst(ctx context.Context, fn func(context.Context) error) error {
	return l.do(ctx, true, fn)
}

func (l *Limiter) do(ctx context.Context, first bool, fn func(context.Context) error) error {
	s, err := l.enter(ctx, first)
	if err != nil {
		return err
	}
	came := failed // unless fn returns
	defer func() { l.leave(s, came) }()
	err = fn(ctx)
	came = outcomeOf(ctx, err)
	return err
}

// Stats returns the state of the limiter.
func (l *Limiter) Stats() LimiterStats {
	l.mu.Lock()
	defer l.mu.Unlock()
	return LimiterStats{
		InFlight:  l.queue.inFlight,
		Waiting:   l.queue.waiting.Len(),
		Limit:     l.slots.whole(),
		Rate:      l.pace.allowed(),
		Paused:    l.queue.waiting.Len() > 0 && time.Since(l.begun) < l.pause.until,
		Done:      l.meter.done,
		Throttled: l.meter.refused,
		TimedOut:  l.meter.timedOut,
	}
}

// An outcome is what a request says about its store.
type outcome uint8

const (
	answered outcome = iota
	refused          // too many requests: at once, or a second
	timedOut         // too slow to be answered in time
	failed           // nothing about its load
)

func outcomeOf(ctx context.Context, err error) outcome {
	switch {
	case err == nil:
		return answered
	case isThrottled(err):
		return refused
	case ctx.Err() == nil && isTimeout(err): // the caller's own deadline says nothing
		return timedOut
	}
	return failed
}

// isThrottled tells whether a store refused a request because there are too
// many.
func isThrottled(err error) bool {
	var t interface{ Throttled() bool }
	return errors.As(err, &t) && t.Throttled()
}

func isTimeout(err error) bool {
	var t interface{ Timeout() bool }
	return errors.As(err, &t) && t.Timeout()
}
