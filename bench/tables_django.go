package main

import "fmt"

// A djangoCase is a size of file, and how many times as fast as django-import-export
// sluice must be: as people set it up, and tuned.
type djangoCase struct {
	rows         int
	plain, tuned float64
	second       bool // the plain one with the second file too, which takes minutes
}

// againstDjango: what people do who have a shop in Django, from the start of the
// process to its end. Its tags are written by a hook, or it would write none.
func againstDjango(l *lab, c *section) error {
	s, err := l.shop(c)
	if err != nil {
		return err
	}
	defer s.close()
	for _, d := range []djangoCase{{5_000, 30, 10, true}, {50_000, 100, 25, soak()}} {
		if err := s.django(d); err != nil {
			return err
		}
	}
	return nil
}

func (s *shop) django(d djangoCase) error {
	files, err := s.lab.products(d.rows)
	if err != nil {
		return err
	}
	s.agreement = agreement{}
	size := fmt.Sprintf("%d,000", d.rows/1000)
	name := func(program string) string { return program + ", " + size }
	for round := range rounds {
		s.floor(name("postgres_copy, first"), work, files.v1)
		if round == 0 {
			if _, err := s.copyOf(work, loaded); err != nil {
				return err
			}
			s.on(tables, name("django, first"), "first", s.peer("django_import", files.v1, "--tags"))
		}
		s.on(tables, name("tuned, first"), "first", s.peer("django_import", files.v1, "--tags", "--tuned"))
		s.on(tables, name("sluice, first"), "first", s.apply(files.v1))
		s.on(loaded, name("sluice, second"), "second", s.apply(files.v2clean))
	}
	s.on(loaded, name("tuned, second"), "second", s.peer("django_import", files.v2clean, "--tags", "--tuned"))
	if d.second {
		s.on(loaded, name("django, second"), "second", s.peer("django_import", files.v2clean, "--tags"))
	}
	s.djangoRatios(d, size)
	return nil
}

func (s *shop) djangoRatios(d djangoCase, size string) {
	took := func(program, file string) float64 { return s.c.median(program + ", " + file + ", " + size) }
	faster := func(file, than string, limit float64) {
		s.c.atLeast(fmt.Sprintf("%s rows, %s file: as fast as %s", size, file, than), limit, took(than, file)/took("sluice", file), "x")
	}
	faster("first", "django", d.plain)
	faster("first", "tuned", d.tuned)
	s.c.shown("as fast as tuned, a COPY of ready-made rows", took("tuned", "first")/took("postgres_copy", "first"), "x")
	if d.second {
		faster("second", "django", d.plain)
	}
	faster("second", "tuned", d.tuned)
}
