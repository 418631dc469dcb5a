package table

import (
	"math"

	"github.com/seed-128c3863/sluice/plan"
)

// A sqlitePart is what of a plan one transaction writes, and looks at once more
// before: the updates, then the deletions, then the new rows.
type sqlitePart struct {
	updates, deletes stretch // of the file of changes, in which they are mixed
	fresh            stretch // of the spool
}

// A stretch ends before to.
type stretch struct{ from, to int64 }

// wholePlan is all of it.
var wholePlan = sqlitePart{stretch{0, math.MaxInt64}, stretch{0, math.MaxInt64}, stretch{0, math.MaxInt64}}

// after returns the part of the next rows of the plan, behind a part, and how
// many there are of each kind; none: it was the last.
func (s *sqliteImport) after(p sqlitePart, most int64) (next sqlitePart, counts plan.Counts, err error) {
	counts = plan.Counts{}
	left := func() bool { return counts[plan.Update]+counts[plan.Delete]+counts[plan.New] < most }
	for _, kind := range []struct {
		deletes    bool
		state      plan.State
		done, next *stretch
	}{{false, plan.Update, &p.updates, &next.updates}, {true, plan.Delete, &p.deletes, &next.deletes}} {
		*kind.next = stretch{kind.done.to, kind.done.to}
		for left() {
			c, end, err := s.changeFrom(kind.next.to)
			if err != nil {
				return next, nil, err
			}
			if c == nil {
				break
			}
			if kind.next.to = end; c.deletes() == kind.deletes {
				counts[kind.state]++
			}
		}
	}
	for next.fresh = (stretch{p.fresh.to, p.fresh.to}); left() && next.fresh.to < int64(s.in.n); next.fresh.to++ {
		if *s.in.state(int(next.fresh.to)) == rowFresh {
			counts[plan.New]++
		}
	}
	return next, counts, nil
}

// changeFrom returns the first change at a place or behind it that holds, and
// where the next is; nil: there is none.
func (s *sqliteImport) changeFrom(at int64) (c *rowChange, next int64, err error) {
	for next = at; ; {
		c, next, err = s.changeAt(next)
		if err != nil || c == nil || c.i == s.in.n || *s.in.state(c.i) != rowBad {
			return c, next, err
		}
	}
}

// eachIn gives the updates, or the deletions, of a stretch.
func (s *sqliteImport) eachIn(in stretch, deletes bool, each func(c *rowChange) error) error {
	for at := in.from; at < in.to; {
		c, next, err := s.changeFrom(at)
		if err != nil || c == nil || next > in.to {
			return err
		}
		if at = next; c.deletes() != deletes {
			continue
		}
		if err := each(c); err != nil {
			return err
		}
	}
	return nil
}

// touches gives the updates and the deletions of the part that is written.
func (s *sqliteImport) touches(each func(c *rowChange) error) error {
	if err := s.eachIn(s.part.updates, false, each); err != nil {
		return err
	}
	return s.eachIn(s.part.deletes, true, each)
}

// news are the incoming rows among which the new ones of the part are that is
// written.
func (s *sqliteImport) news() (from, to int) {
	n := int64(s.in.n)
	return int(min(s.part.fresh.from, n)), int(min(s.part.fresh.to, n))
}

// eachWritten gives the records of the rows of the part that are new or changed.
func (s *sqliteImport) eachWritten(each func(fields []byte)) error {
	states := []rowState{rowFresh}
	if s.part == wholePlan {
		states = append(states, rowChanged)
	} else if err := s.eachIn(s.part.updates, false, func(c *rowChange) error {
		_, fields, err := s.in.record(c.i, nil)
		if err == nil {
			each(fields)
		}
		return err
	}); err != nil {
		return err
	}
	from, to := s.news()
	for in := s.in.reader().at(from); ; {
		i, _, fields, err := in.next(states...)
		if err != nil || i < 0 || i >= to {
			return err
		}
		each(fields)
	}
}
