package flow

import "time"

// A phase is how the number of slots is learned.
type phase uint8

const (
	ramp   phase = iota // double until nothing is gained
	climb               // try a little more or less, keep what gains
	creep               // the store refuses beyond some number: add one by one
	steady              // fixed
)

// Steps of the climb.
const (
	stride   = 1.2  // a try is so much more or less
	gain     = 1.05 // a try of more must give so much more
	noLoss   = 0.98 // a try of less must keep so much
	longRest = 16   // most spans between tries that come to nothing
	lessRest = 4    // the same while the store refuses beyond some number
)

// slots learn how many requests may be in flight.
type slots struct {
	limit, least, most float64
	phase              phase
	from               mark // of the span that is being measured

	// ramp: rounds of as many answers as there were slots
	size    float64 // slots when the round began
	rate    float64 // answers a second, in the round or at the level before
	best    float64 // the most of these answers a second
	good    float64 // slots of that round
	strikes int     // rounds in a row that gained little

	// climb
	level float64       // the best known number of slots
	try   try           // what is tried instead
	after time.Duration // when its effect can be measured
	wait  int           // spans to rest before the next try
	rest  int           // spans to rest after the next failure

	// creep, which rests too
	add float64 // slots to add next
}

// What answers that take longer than in an idle store, so many times, are a
// sign of.
const (
	slow    = 1.5 // perhaps of too many in flight: less is worth a try
	tooSlow = 3   // that doubling has to wait for what it brings
)

type try uint8

const (
	none try = iota
	more
	less
)

func newSlots(o LimiterOptions) slots {
	start := float64(o.Start)
	s := slots{limit: start, least: float64(o.Min), most: float64(o.Max), size: start, good: start}
	if o.Fixed > 0 {
		s.phase = steady
	}
	return s
}

func (s *slots) whole() int { return int(s.limit) }

func (s *slots) set(limit float64) { s.limit = min(max(limit, s.least), s.most) }

// answered lets the limit grow by two for each answer that is about as fast as
// the first round was, and by one for a slower one, which doubles it in a round.
// That happens only while requests wait for slots.
func (s *slots) answered(m *meter, took time.Duration) {
	if s.phase != ramp || m.by != bySlots {
		return
	}
	switch load := float64(took) / float64(m.fastest); {
	case m.fastest == 0 || load <= slow:
		s.set(s.limit + 2)
	case load <= tooSlow:
		s.set(s.limit + 1)
	}
}

// step goes on when what is being measured is complete.
func (s *slots) step(m *meter) {
	switch s.phase {
	case ramp:
		s.stepRamp(m)
	case climb:
		s.stepClimb(m)
	case creep:
		s.stepCreep(m)
	case steady:
	}
}

// stepRamp compares the answers a second that a round promises, slots by
// latency, with those of the round before, which had about half as many slots.
// One round without a gain may be chance, or one of slower requests; one with a
// loss, or two, end the doubling.
func (s *slots) stepRamp(m *meter) {
	round := m.since(s.from)
	if float64(round.answers) < s.size || round.long <= 0 {
		return
	}
	m.noteFastest(round)
	if round.share(bySlots) < 0.7 { // the caller's pace, not the store's
		s.forget(m)
		return
	}
	before := s.rate
	s.rate = s.size / round.latency.Seconds()
	if s.rate > 1.05*s.best {
		s.best, s.good = s.rate, s.size
	}
	s.strikes++
	if s.rate > 1.2*before {
		s.strikes = 0
	}
	if s.strikes == 2 || s.rate < 0.95*before {
		s.startClimb(m, s.good)
		return
	}
	s.size, s.from = s.limit, m.mark()
}

// forget has the ramp compare nothing with what was before.
func (s *slots) forget(m *meter) {
	s.rate, s.best, s.strikes = 0, 0, 0
	s.size, s.from = s.limit, m.mark()
}

// startClimb goes on from a level with small steps.
func (s *slots) startClimb(m *meter, level float64) {
	s.phase, s.level, s.rest = climb, min(max(level, s.least), s.most), 1
	s.attempt(m, none)
}

// attempt sets the slots to be measured next, from when the requests sent
// before have been answered.
func (s *slots) attempt(m *meter, t try) {
	s.try = t
	switch t {
	case none:
		s.set(s.level)
	case more:
		s.set(max(s.level*stride, s.level+1))
	case less:
		s.set(min(s.level/stride, s.level-1))
	}
	s.after = m.now + m.latency*5/4
	s.from = mark{}
}

// stepClimb judges a try by the answers a second that it gave.
func (s *slots) stepClimb(m *meter) {
	if m.now < s.after {
		return
	}
	if s.from.at == 0 {
		s.from = m.mark()
		return
	}
	span := m.since(s.from)
	if span.long < 3*m.latency || span.answers < 20 {
		return
	}
	m.noteFastest(span)
	if span.share(bySlots)+span.share(byPace) < 0.9 || span.share(bySlots) < 0.3 {
		s.attempt(m, none) // the caller's pace, not the store's
		return
	}
	switch {
	case s.try == none:
		s.rate = span.rate
		if s.wait--; s.wait < 0 {
			s.attempt(m, more)
		} else {
			s.attempt(m, none)
		}
	case s.try == more && span.rate > gain*s.rate, s.try == less && span.rate > noLoss*s.rate:
		s.level, s.rate, s.rest = s.limit, span.rate, 1
		s.attempt(m, s.try)
	case s.try == more && float64(span.latency) > slow*float64(m.fastest):
		s.attempt(m, less)
	default:
		s.wait, s.rest = s.rest, min(2*s.rest, longRest)
		s.attempt(m, none)
	}
}

// overloaded answers a request that timed out.
func (s *slots) overloaded(m *meter) {
	if s.phase == steady {
		return
	}
	s.set(s.limit * 0.7)
	if s.phase != creep {
		s.startClimb(m, s.limit)
	}
}

// refusedAt answers refusals that depend on how many are in flight. What was
// refused soon after it was answered so calls for more.
func (s *slots) refusedAt(m *meter, e evidence) {
	limit := min(float64(e.first.among-1), s.limit-1)
	if e.soon {
		limit = 0.8 * s.limit
	}
	if s.phase != creep {
		s.phase, s.rest = creep, 1
	}
	s.set(max(limit, s.limit/2))
	s.rest = min(2*s.rest, lessRest)
	s.add, s.wait, s.from = 1, s.rest, m.mark()
}

// leaveCreep goes back to learning by what is gained.
func (s *slots) leaveCreep(m *meter) {
	if s.phase == creep {
		s.startClimb(m, s.limit)
	}
}

// stepCreep adds a slot now and then, and more when that goes well for long.
func (s *slots) stepCreep(m *meter) {
	span := m.since(s.from)
	least := time.Second
	if s.wait <= 0 { // it is growing
		least /= 2
	}
	if span.long < max(least, 4*m.latency) {
		return
	}
	s.from = m.mark()
	if span.share(bySlots) < 0.7 {
		return
	}
	if s.wait--; s.wait > 0 {
		return
	}
	s.set(s.limit + s.add)
	if s.wait < 0 {
		s.add = max(2*s.add, s.limit/8)
	}
}
