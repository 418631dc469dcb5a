package main

import (
	"fmt"
	"math"
	"os/exec"
	"strconv"
	"strings"
)

// A shop measures programs on the tables of a PostgreSQL cluster, each in a
// database made anew, and holds them to the same rows.
type shop struct {
	*cluster
	lab *lab
	c   *section
	agreement
}

// The databases of a shop.
const (
	tables = "tables" // the tables as the schema makes them
	loaded = "loaded" // with the first file
	work   = "work"   // what is measured, a copy of one of those
)

func (l *lab) shop(c *section) (*shop, error) {
	db, err := postgres()
	if err != nil {
		return nil, err
	}
	s := &shop{db, l, c, agreement{}}
	if _, err := db.fresh(tables, "bench/products/schema.postgres.sql"); err != nil {
		s.close()
		return nil, err
	}
	return s, nil
}

func (s *shop) close() {
	if err := s.stop(); err != nil {
		s.c.note("the cluster did not stop as it should: %v", err)
	}
}

// on measures a program in a copy of a database. What it must leave is told by
// the program before it that loaded the same.
func (s *shop) on(from, program, loads string, cmd func(url string) *exec.Cmd) {
	url, err := s.copyOf(from, work)
	if err != nil {
		s.c.add(program, sample{}, err)
		return
	}
	s.lab.measure(s.c, program, cmd(url), func() error { return s.agrees(work, loads) })
}

func (s *shop) agrees(database, loads string) error {
	got, err := s.content(database)
	if err != nil {
		return err
	}
	return s.check(loads, got)
}

// apply is sluice's command, and peer another's, for a file.
func (s *shop) apply(input string) func(url string) *exec.Cmd {
	return func(url string) *exec.Cmd { return s.lab.imports("apply", "", input, url) }
}

func (s *shop) peer(name, input string, flags ...string) func(url string) *exec.Cmd {
	return func(url string) *exec.Cmd { return s.lab.importer(name, input, url, flags...) }
}

// floor measures the COPY of ready-made rows by its own clock, into database,
// which stays as it is then.
func (s *shop) floor(program, database, input string) {
	url, err := s.copyOf(tables, database)
	if err != nil {
		s.c.add(program, sample{}, err)
		return
	}
	s.lab.clocked(s.c, program, s.lab.importer("postgres_copy", input, url), func() error { return s.agrees(database, "first") })
}

// flat measures a program that writes one table without keys, of so many rows.
func (s *shop) flat(program, input string, rows int) {
	url, err := s.copyOf(tables, work)
	if err != nil {
		s.c.add(program, sample{}, err)
		return
	}
	s.lab.measure(s.c, program, s.lab.importer(program, input, url), func() error { return s.holds("flat_product", rows) })
}

// holds fails unless a table has so many rows.
func (s *shop) holds(table string, rows int) error {
	got, err := s.query(work, "SELECT count(*) FROM "+table)
	if err == nil && got != strconv.Itoa(rows) {
		err = fmt.Errorf("%s has %s rows, want %d", table, got, rows)
	}
	return err
}

// intoPostgres: a first file of 500,000 products, a second, one again, and the
// way back.
func intoPostgres(l *lab, c *section) error {
	const rows = 500_000
	files, err := l.products(rows)
	if err != nil {
		return err
	}
	s, err := l.shop(c)
	if err != nil {
		return err
	}
	defer s.close()
	touched := 0.
	for round := range rounds {
		if round == 0 {
			s.floor("postgres_copy", loaded, files.v1)
			for _, other := range []string{"sling_flat", "dlt_flat", "pgloader_flat"} {
				s.flat(other, files.v1, rows)
			}
			if err := s.settle(loaded); err != nil {
				return err
			}
		} else {
			s.floor("postgres_copy", work, files.v1)
		}
		s.on(tables, "sluice, first", "first", s.apply(files.v1))
		s.on(loaded, "script, second", "second", s.peer("postgres_script", files.v2clean))
		s.secondAndBack(files.v2clean)
		s.on(loaded, "script, same", "first", s.peer("postgres_script", files.v1))
		touched = s.again(files.v1, touched)
	}
	postgresRatios(c, touched)
	return nil
}

func postgresRatios(c *section, touched float64) {
	first, second := c.median("sluice, first"), c.median("sluice, second")
	c.atMost("first load, time against a COPY of ready-made rows", 1.6, first/c.median("postgres_copy"), "x")
	c.shown("sling against that first load, flat table", c.median("sling_flat")/first, "x")
	c.shown("dlt, flat table", c.median("dlt_flat")/first, "x")
	c.shown("pgloader, flat table", c.median("pgloader_flat")/first, "x")
	c.atMost("second file, time against the script by hand", 0.8, second/c.median("script, second"), "x")
	c.atMost("the same file again, time against the script", 0.5, c.median("sluice, same")/c.median("script, same"), "x")
	c.atMost("rows of the tables that it writes", 0, touched, "")
	c.shown("plan of the second file, alone", c.median("sluice, plan"), "s")
	c.atMost("revert of the second file, time against its apply", 1, c.median("sluice, revert")/second, "x")
	c.atMost("peak memory", 256, max(c.memory("sluice, first"), c.memory("sluice, second"), c.memory("sluice, same")), "MB")
}

// secondAndBack measures sluice on the second file, and then taking that back:
// the tables are as before, IDs included.
func (s *shop) secondAndBack(input string) {
	const program = "sluice, revert"
	var out strings.Builder
	s.on(loaded, "sluice, second", "second", func(url string) *exec.Cmd {
		cmd := s.lab.imports("apply", "", input, url)
		cmd.Stdout = &out
		return cmd
	})
	run, err := runOf(out.String())
	if err == nil {
		err = s.settle(work)
	}
	if err != nil {
		s.c.add(program, sample{}, err)
		return
	}
	s.lab.measure(s.c, program, s.lab.imports("revert", run, input, s.url(work)), func() error {
		got, err := s.dump(work)
		if err != nil {
			return err
		}
		if _, known := s.agreement["dump"]; !known {
			if s.agreement["dump"], err = s.dump(loaded); err != nil {
				return err
			}
		}
		return s.check("dump", got)
	})
	s.on(loaded, "sluice, plan", "first", func(url string) *exec.Cmd { return s.lab.imports("plan", "", input, url) })
}

// again measures sluice on the file that is in the tables, and gives how many
// rows it writes there: the most so far.
func (s *shop) again(input string, most float64) float64 {
	s.on(loaded, "sluice, same", "first", s.apply(input))
	text, err := s.written(work)
	if err != nil {
		s.c.note("rows written: %v", err)
		return math.NaN()
	}
	n, err := strconv.ParseFloat(text, 64)
	if err != nil || len(s.c.failures["sluice, same"]) > 0 {
		return math.NaN()
	}
	return max(n, most)
}
