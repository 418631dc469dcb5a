package flow

import "time"

const (
	// slack is how far sends may lag behind the pace and still catch up: the
	// inaccuracy of timers, so that a pace is kept on average.
	slack = 10 * time.Millisecond

	// paceStep is the least time between two changes of the pace.
	paceStep = 400 * time.Millisecond

	// leastRate is the lowest pace, requests a second.
	leastRate = 1
)

// pace learns how many requests may be begun a second.
type pace struct {
	rate float64       // learned; 0: no limit
	most float64       // given; 0: no limit
	next time.Duration // when the next may be begun

	from    mark
	ceiling float64 // where the rate was last refused
	grow    float64 // part to add next, beyond the ceiling
}

// allowed returns the requests that may be begun a second; 0: no limit.
func (p *pace) allowed() float64 {
	if p.rate == 0 || p.most > 0 && p.most < p.rate {
		return p.most
	}
	return p.rate
}

func (p *pace) wait(now time.Duration) time.Duration {
	if p.rate == 0 && p.most == 0 {
		return 0
	}
	return p.next - now
}

func (p *pace) begin(now time.Duration) {
	if rate := p.allowed(); rate > 0 {
		p.next = max(p.next, now-slack) + time.Duration(float64(time.Second)/rate)
	}
}

// resume has nothing begun before the end of a pause, nor caught up after it:
// what the store lets pass beyond the pace is used up when it refuses.
func (p *pace) resume(at time.Duration) { p.next = max(p.next, at) }

// refusedAt goes on below a rate that was refused in part, and near that which
// was accepted of late.
func (p *pace) refusedAt(m *meter, e evidence) {
	if p.rate == 0 {
		p.rate = 1.1 * e.goodput
	}
	p.ceiling = p.rate
	lower := p.rate * max(0.3, (1-e.part)*0.97)
	lower = min(max(lower, 0.7*e.goodput), 1.1*e.goodput)
	p.rate = max(leastRate, min(p.rate, lower))
	p.grow = 0.01
	p.from = m.mark()
}

// drop ends the pace, when refusals are not about it.
func (p *pace) drop() { p.rate = 0 }

// step lets the rate grow while requests wait for it: half-way to where it was
// refused, then by little, then by more and more.
func (p *pace) step(m *meter) {
	if p.rate == 0 || p.most > 0 && p.rate > p.most {
		return
	}
	span := m.since(p.from)
	if span.long < max(paceStep, 2*m.latency) {
		return
	}
	p.from = m.mark()
	if span.share(byPace)+span.share(bySlots) < 0.7 || span.share(byPace) < 0.3 {
		return
	}
	if p.rate < 0.99*p.ceiling {
		p.rate += min((p.ceiling-p.rate)/2, p.rate/10)
		return
	}
	p.rate *= 1 + p.grow
	p.grow = min(2*p.grow, 1)
}
