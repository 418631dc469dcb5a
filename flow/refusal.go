package flow

import "time"

const (
	shortPause = 5 * time.Millisecond
	longPause  = 2 * time.Second
	mostStrike = 10

	// certain is the score from which refusals are about the one or the other.
	certain = 3
)

// A pause is the moment in which no request is sent, after one was refused.
type pause struct {
	began, until time.Duration
	unsettled    bool  // no lesson was drawn yet
	from, to     int64 // the sends that led to it: numbers above from, up to to
	strikes      int   // pauses in a row between which nothing was answered
	score        int   // above 0: refusals are about how many are in flight
}

// answered ends the time of single probes when a send was accepted.
func (p *pause) answered(s send) {
	if s.number > p.from {
		p.strikes = 0
	}
}

// hold makes all requests pause because s was refused or timed out, and tells
// whether that is news: the fate of what was sent before a pause is not. The
// pause is about half the time of an answer, in which most of the other
// refusals come in. While nothing is answered at all it doubles, and a single
// request is sent after it.
func (l *Limiter) hold(now time.Duration, s send) bool {
	if s.number <= l.sends.cut {
		return false
	}
	p := &l.pause
	long := min(max(l.meter.latency/2, shortPause)<<p.strikes, longPause)
	p.began, p.until = now, now+time.Duration(float64(long)*(0.75+l.jitter()/2))
	p.from, p.to = l.sends.close()
	p.unsettled = true
	l.pace.resume(p.until)
	return true
}

// settle ends a pause: it draws the lesson from the sends that led to it. The
// limiter takes a refusal to be about the rate, since a pace helps in both
// cases, until several in a row say otherwise.
func (l *Limiter) settle() {
	l.pause.unsettled = false
	e := l.evidence()
	if l.slots.phase == ramp {
		l.slots.forget(&l.meter)
	}
	switch {
	case e.refused == 0: // a timeout
	case e.accepted == 0:
		l.pause.strikes = min(l.pause.strikes+1, mostStrike)
	case l.slots.phase == steady:
	case l.aboutSlots(e):
		l.pace.drop()
		l.slots.refusedAt(&l.meter, e)
	default:
		l.slots.leaveCreep(&l.meter)
		l.pace.refusedAt(&l.meter, e)
	}
}

// aboutSlots judges whether a store refuses requests beyond so many in flight
// rather than beyond so many a second. In the first case the refused one was
// among more than nearly all that were accepted just before it; in the second
// that makes no difference.
func (l *Limiter) aboutSlots(e evidence) bool {
	p := &l.pause
	creeps := l.slots.phase == creep
	if !creeps && l.pace.rate == 0 {
		return false // the first refusal, amid the doubling, says nothing
	}
	switch {
	case e.soon:
		if creeps { // fewer in flight did not help
			p.score = max(p.score-1, -certain)
		}
	case e.crowded < 0.1:
		p.score = min(p.score+1, certain)
	case e.crowded > 0.3:
		p.score = max(p.score-1, -certain)
	}
	if creeps {
		return p.score > -certain
	}
	return p.score >= certain
}

// evidence is what the sends tell that led to a pause.
type evidence struct {
	first             send    // that was refused
	refused, accepted int     // those not known to be refused count as accepted
	part              float64 // refused, of those sent from first on
	crowded           float64 // part of those accepted before first that were among as many
	soon              bool    // not many were sent since the pause before
	goodput           float64 // accepted a second, of late
}

func (l *Limiter) evidence() evidence {
	p, q := &l.pause, &l.sends
	var e evidence
	for n := p.from + 1; n <= p.to; n++ {
		s := q.at(n)
		switch {
		case !s.refused:
			e.accepted++
		case e.refused == 0:
			e.first = *s
			fallthrough
		default:
			e.refused++
		}
	}
	if e.refused == 0 {
		return e
	}
	e.soon = e.first.number-p.from < before && p.from > 0
	e.part = float64(e.refused) / float64(max(p.to-e.first.number+1, before))
	e.crowded = q.crowded(e.first)
	e.goodput = q.goodput(p.began, max(l.meter.latency, time.Millisecond))
	return e
}
