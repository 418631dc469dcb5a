package flow

import (
	"container/list"
	"context"
	"time"
)

// A line is the requests that wait to be sent, in the order of their coming,
// those that go first before the others, and the number of those under way.
type line struct {
	waiting  list.List // of *waiter
	inFlight int
}

// A waiter is a request in the line. Whoever makes room grants it its send; the
// first in the line wakes by itself when it is held back by time alone.
type waiter struct {
	wake    chan struct{} // holds one signal: granted or timed changed
	first   bool          // goes before those that are not
	granted bool
	timed   bool // first in the line, and waits for a moment to come
	send    send
}

func (w *waiter) signal() {
	select {
	case w.wake <- struct{}{}:
	default:
	}
}

// add puts w behind those that go before it.
func (q *line) add(w *waiter) *list.Element {
	if !w.first {
		return q.waiting.PushBack(w)
	}
	for e := q.waiting.Front(); e != nil; e = e.Next() {
		if !e.Value.(*waiter).first {
			return q.waiting.InsertBefore(w, e)
		}
	}
	return q.waiting.PushBack(w)
}

// enter waits in the line and returns the send that was granted.
func (l *Limiter) enter(ctx context.Context, first bool) (send, error) {
	if ctx.Err() != nil {
		return send{}, context.Cause(ctx)
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	now := l.tick()
	if l.queue.waiting.Len() == 0 {
		if by, _ := l.heldBack(now); by == nothing {
			return l.begin(now), nil
		}
	}
	w := &waiter{wake: make(chan struct{}, 1), first: first}
	place := l.queue.add(w)
	l.grant(now)
	for !w.granted {
		var alarm time.Duration
		if w.timed {
			_, alarm = l.heldBack(now)
		}
		l.mu.Unlock()
		w.await(ctx, alarm)
		l.mu.Lock()
		now = l.tick()
		if !w.granted && ctx.Err() != nil {
			l.queue.waiting.Remove(place)
			l.grant(now)
			return send{}, context.Cause(ctx)
		}
		l.grant(now)
	}
	return w.send, nil
}

// await returns when w is signalled, ctx ends or, unless it is 0, after the
// time of alarm.
func (w *waiter) await(ctx context.Context, alarm time.Duration) {
	var over <-chan time.Time
	if alarm > 0 {
		t := time.NewTimer(alarm)
		defer t.Stop()
		over = t.C
	}
	select {
	case <-w.wake:
	case <-over:
	case <-ctx.Done():
	}
}

// grant sends what may be sent, and has the first that may not wait for its
// moment, if it has one. mu is held.
func (l *Limiter) grant(now time.Duration) {
	for e := l.queue.waiting.Front(); e != nil; e = l.queue.waiting.Front() {
		w := e.Value.(*waiter)
		by, wait := l.heldBack(now)
		if by != nothing {
			l.meter.by = by
			if wait > 0 && !w.timed {
				w.signal()
			}
			w.timed = wait > 0
			return
		}
		l.queue.waiting.Remove(e)
		w.send = l.begin(now)
		w.granted = true
		w.signal()
	}
	l.meter.by = nothing
}

// begin counts one more request as under way. mu is held.
func (l *Limiter) begin(now time.Duration) send {
	l.queue.inFlight++
	l.pace.begin(now)
	return l.sends.add(now, l.queue.inFlight)
}

// leave ends a request, learns from it and sends what may be sent now.
func (l *Limiter) leave(s send, came outcome) {
	l.mu.Lock()
	defer l.mu.Unlock()
	now := l.tick()
	l.learn(now, s, came)
	l.queue.inFlight--
	l.sends.end(s)
	l.grant(now)
}

// learn draws from one outcome what it says. mu is held.
func (l *Limiter) learn(now time.Duration, s send, came outcome) {
	l.meter.done++
	switch came {
	case answered:
		l.meter.answered(now - s.at)
		l.pause.answered(s)
		l.slots.answered(&l.meter, now-s.at)
	case refused:
		l.meter.refused++
		l.sends.refuse(s)
		l.hold(now, s)
	case timedOut:
		l.meter.timedOut++
		if l.hold(now, s) {
			l.slots.overloaded(&l.meter)
		}
	case failed:
		l.pause.answered(s) // with a fault, but it was let in
	}
	l.slots.step(&l.meter)
	l.pace.step(&l.meter)
}

// heldBack tells what keeps the next request from being sent, and for how
// long, if that is known. mu is held.
func (l *Limiter) heldBack(now time.Duration) (cause, time.Duration) {
	if wait := l.pause.until - now; wait > 0 {
		return byPause, wait
	}
	if l.queue.inFlight >= l.slots.whole() {
		return bySlots, 0
	}
	if l.pause.strikes > 0 && l.sends.fresh > 0 { // one probe at a time
		return byPause, 0
	}
	if wait := l.pace.wait(now); wait > 0 {
		return byPace, wait
	}
	return nothing, 0
}

// tick returns the present moment, up to which the meter is brought. mu is
// held.
func (l *Limiter) tick() time.Duration {
	now := time.Since(l.begun)
	l.meter.tick(now)
	if l.pause.unsettled && now >= l.pause.until {
		l.settle()
	}
	return now
}
