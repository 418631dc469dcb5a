package flow

import "time"

const (
	recent = 1024 // sends are remembered, at least
	before = 32   // of them are compared with one that was refused
)

// A send is one request as the limiter let it go.
type send struct {
	number  int64         // 1-based, in the order of sending
	at      time.Duration // when
	among   int           // how many were in flight then, with it
	refused bool
}

// sends remembers the recent ones, among them all that are in flight.
type sends struct {
	ring  []send
	last  int64 // number of the last
	cut   int64 // number of the last before the last pause
	fresh int   // in flight since then
}

func newSends(o LimiterOptions) sends {
	return sends{ring: make([]send, max(recent, 2*o.Max))}
}

// oldest returns the number before that of the oldest remembered.
func (q *sends) oldest() int64 { return max(0, q.last-int64(len(q.ring))) }

// at returns the place of a number.
func (q *sends) at(number int64) *send { return &q.ring[number%int64(len(q.ring))] }

func (q *sends) add(now time.Duration, among int) send {
	q.last++
	q.fresh++
	s := send{number: q.last, at: now, among: among}
	*q.at(q.last) = s
	return s
}

func (q *sends) end(s send) {
	if s.number > q.cut {
		q.fresh--
	}
}

func (q *sends) refuse(s send) {
	if e := q.at(s.number); e.number == s.number {
		e.refused = true
	}
}

// close starts anew: what was sent up to now led to a pause. It returns the
// numbers between which that is.
func (q *sends) close() (from, to int64) {
	from, to = max(q.cut, q.oldest()), q.last
	q.cut, q.fresh = to, 0
	return from, to
}

// crowded returns the part of those accepted just before s that were sent among
// as many as it.
func (q *sends) crowded(s send) float64 {
	var accepted, among float64
	for n := s.number - 1; n > max(s.number-before, q.oldest()); n-- {
		e := q.at(n)
		if e.refused {
			continue
		}
		accepted++
		if e.among >= s.among {
			among++
		}
	}
	return among / max(accepted, 1)
}

// goodput returns how many sends a second were accepted of late: in the second
// before now, or four latencies. A store that counts requests a second lets
// some more pass at first; that they are used up shows in a refusal. So the
// time since the first refusal counts, once it is long enough.
func (q *sends) goodput(now, latency time.Duration) float64 {
	var all, since int // not refused: in the whole time, and since the refusal
	begin, refusal := now, now
	for n := q.last; n > q.oldest(); n-- {
		s := q.at(n)
		if now-s.at > max(time.Second, 4*latency) {
			break
		}
		begin = s.at
		if s.refused {
			refusal, since = s.at, all
		} else {
			all++
		}
	}
	if now-refusal > 3*latency {
		return float64(since) / (now - refusal).Seconds()
	}
	return float64(all) / max(now-begin, latency).Seconds()
}
