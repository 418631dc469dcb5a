package flow

import "time"

// A cause is what holds the next request back.
type cause uint8

const (
	nothing cause = iota // no request waits: the caller is the bottleneck
	bySlots              // as many as allowed are in flight
	byPace               // as many as allowed were begun a second
	byPause              // the store refused requests
	causes
)

// A meter adds up what happened, so that whoever learns can compare two
// moments. It tells above all for how long the limiter was the bottleneck.
type meter struct {
	now  time.Duration
	by   cause // since now
	held [causes]time.Duration

	done, refused, timedOut int64

	answers int64
	spent   time.Duration // by all answered requests

	latency time.Duration // of late, moving average
	fastest time.Duration // least average over some span, 0: unknown
}

func (m *meter) tick(now time.Duration) {
	m.held[m.by] += now - m.now
	m.now = now
}

func (m *meter) answered(took time.Duration) {
	m.answers++
	m.spent += took
	if m.latency == 0 {
		m.latency = took
	}
	m.latency += (took - m.latency) / 16
}

// A mark is a moment to measure from.
type mark struct {
	at      time.Duration
	held    [causes]time.Duration
	answers int64
	spent   time.Duration
}

func (m *meter) mark() mark {
	return mark{m.now, m.held, m.answers, m.spent}
}

// A span is what was measured since a mark.
type span struct {
	long    time.Duration
	answers int64
	rate    float64       // answers a second
	latency time.Duration // average
	held    [causes]time.Duration
}

func (m *meter) since(from mark) span {
	s := span{long: m.now - from.at, answers: m.answers - from.answers}
	for by := range m.held {
		s.held[by] = m.held[by] - from.held[by]
	}
	if s.answers > 0 {
		s.latency = (m.spent - from.spent) / time.Duration(s.answers)
	}
	if s.long > 0 {
		s.rate = float64(s.answers) / s.long.Seconds()
	}
	return s
}

// share returns the part of the span in which requests were held back so.
func (s span) share(by cause) float64 {
	if s.long <= 0 {
		return 0
	}
	return float64(s.held[by]) / float64(s.long)
}

// noteFastest keeps the least average latency, against which load is told.
func (m *meter) noteFastest(s span) {
	if s.answers >= 10 && (m.fastest == 0 || s.latency < m.fastest) {
		m.fastest = s.latency
	}
}
