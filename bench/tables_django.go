package main

import "fmt"

// againstDjango: what people do who have a shop in Django, from the start of the
// process to its end. Its tags are written by a hook, or it would write none.
func againstDjango(l *lab, c *section) error {
	s, err := l.shop(c)
	if err != nil {
		return err
	}
	defer s.close()
	for _, n := range []struct {
		rows         int
		tuned, plain float64
		second       bool // the plain second file too: minutes
	}{
		{5_000, 10, 30, true},
		{50_000, 25, 100, soak()},
	} {
		files, err := l.products(n.rows)
		if err != nil {
			return err
		}
		s.agreement = agreement{}
		name := func(program string) string { return fmt.Sprintf("%s, %d", program, n.rows) }
		for round := range rounds {
			s.on(tables, name("sluice, first"), "first", s.apply(files.v1))
			if round == 0 {
				if _, err := s.copyOf(work, loaded); err != nil {
					return err
				}
				s.on(tables, name("django, first"), "first", s.peer("django_import", files.v1, "--tags"))
			}
			s.on(tables, name("tuned, first"), "first", s.peer("django_import", files.v1, "--tags", "--tuned"))
			s.on(loaded, name("sluice, second"), "second", s.apply(files.v2clean))
		}
		s.on(loaded, name("tuned, second"), "second", s.peer("django_import", files.v2clean, "--tags", "--tuned"))
		faster := func(what, file string, limit float64) {
			ratio := c.median(name(what+", "+file)) / c.median(name("sluice, "+file))
			c.atLeast(fmt.Sprintf("%d rows, %s file: as fast as %s", n.rows, file, what), limit, ratio, "x")
		}
		faster("django", "first", n.plain)
		faster("tuned", "first", n.tuned)
		if n.second {
			s.on(loaded, name("django, second"), "second", s.peer("django_import", files.v2clean, "--tags"))
			faster("django", "second", n.plain)
		}
		faster("tuned", "second", n.tuned)
	}
	return nil
}
