package flow

import "time"

// recent is how many sends are remembered: more than may be in flight.
const recent = 1024

// A send is one request as the limiter let it go.
type send struct {
	number  int64         // 1-based, in the order of sending
	at      time.Duration // when
	among   int           // how many were in flight then, with it
	refused bool
}

// sends remembers the recent ones.
type sends struct {
	ring  [recent]send
	last  int64 // number of the last
	cut   int64 // number of the last before the last pause
	fresh int   // in flight since then
}

func (q *sends) add(now time.Duration, among int) send {
	q.last++
	q.fresh++
	s := send{number: q.last, at: now, among: among}
	q.ring[q.last%recent] = s
	return s
}

func (q *sends) end(s send) {
	if s.number > q.cut {
		q.fresh--
	}
}

func (q *sends) get(number int64) send { return q.ring[number%recent] }

func (q *sends) refuse(s send) {
	if e := &q.ring[s.number%recent]; e.number == s.number {
		e.refused = true
	}
}

// close starts anew: what was sent up to now led to a pause. It returns the
// numbers between which that is.
func (q *sends) close() (from, to int64) {
	from, to = max(q.cut, q.last-recent), q.last
	q.cut, q.fresh = to, 0
	return from, to
}

// goodput returns how many sends a second were accepted of late: in the second
// before now, or four latencies. A store that counts requests a second lets
// some more pass at first; that they are used up shows in a refusal. So the
// time since the first refusal counts, once it is long enough.
func (q *sends) goodput(now, latency time.Duration) float64 {
	var all, since int // not refused: in the whole time, and since the refusal
	begin, refusal := now, now
	for n := q.last; n > max(0, q.last-recent); n-- {
		s := q.get(n)
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
