package main

import (
	"os/exec"
	"path/filepath"
	"strings"
)

// A stall is what a shop is, on a MariaDB server.
type stall struct {
	*mariadb
	lab *lab
	c   *section
	agreement
}

// on measures a program in a copy of a database. What it must leave is told by
// the program before it that loaded the same.
func (s *stall) on(from, to, program, loads string, measure func(c *section, program string, cmd *exec.Cmd, check func() error), cmd func() *exec.Cmd) {
	if err := s.copyOf(from, to); err != nil {
		s.c.add(program, sample{}, err)
		return
	}
	measure(s.c, program, cmd(), func() error {
		got, err := s.content()
		if err != nil {
			return err
		}
		return s.check(loads, got)
	})
}

// sluice is sluice's command that does verb with a file, and peer another's.
func (s *stall) sluice(verb, input string) func() *exec.Cmd {
	return func() *exec.Cmd { return s.lab.imports(verb, "", input, s.url()) }
}

func (s *stall) peer(name, input string) func() *exec.Cmd {
	return func() *exec.Cmd { return s.lab.importer(name, input, s.url()) }
}

// intoMySQL: a first file of 500,000 products, a second, one again, and the way
// back.
func intoMySQL(l *lab, c *section) error {
	const rows = 500_000
	files, err := l.products(rows)
	if err != nil {
		return err
	}
	db, err := newMariaDB(tables, filepath.Join(l.root, "bench/products/schema.mysql.sql"))
	if err != nil {
		return err
	}
	s := &stall{db, l, c, agreement{}}
	defer func() {
		if err := db.stop(); err != nil {
			c.note("the server did not stop as it should: %v", err)
		}
	}()
	for round := range rounds {
		to := work
		if round == 0 {
			to = loaded
		}
		s.on(tables, to, "mysql_load", "first", l.clocked, s.peer("mysql_load", files.v1))
		s.on(tables, work, "sluice, first", "first", l.measure, s.sluice("apply", files.v1))
		s.on(loaded, work, "script, second", "second", l.measure, s.peer("mysql_script", files.v2clean))
		s.secondAndBack(files.v2clean)
		s.on(loaded, work, "sluice, plan", "first", l.measure, s.sluice("plan", files.v2clean))
		s.on(loaded, work, "script, same", "first", l.measure, s.peer("mysql_script", files.v1))
		s.on(loaded, work, "sluice, same", "first", l.measure, s.sluice("apply", files.v1))
	}
	mysqlRatios(c)
	return nil
}

// secondAndBack measures sluice on the second file, and then taking that back:
// the tables are as before, IDs included.
func (s *stall) secondAndBack(input string) {
	const program = "sluice, revert"
	var before string
	var out strings.Builder
	s.on(loaded, work, "sluice, second", "second", s.lab.measure, func() *exec.Cmd {
		before, _ = s.dump() // "" is none that a dump is
		cmd := s.lab.imports("apply", "", input, s.url())
		cmd.Stdout = &out
		return cmd
	})
	run, err := runOf(out.String())
	if err != nil {
		s.c.add(program, sample{}, err)
		return
	}
	s.lab.measure(s.c, program, s.lab.imports("revert", run, input, s.url()), func() error {
		got, err := s.dump()
		if err != nil {
			return err
		}
		return agreement{"dump": before}.check("dump", got)
	})
}

func mysqlRatios(c *section) {
	first, second := c.median("sluice, first"), c.median("sluice, second")
	c.atMost("first load, time against LOAD DATA of ready-made rows", 1.8, first/c.median("mysql_load"), "x")
	c.atMost("second file, time against a plain ON DUPLICATE KEY UPDATE", 0.5, second/c.median("script, second"), "x")
	c.shown("the same file again, time against the script", c.median("sluice, same")/c.median("script, same"), "x")
	c.shown("plan of the second file, alone", c.median("sluice, plan"), "s")
	c.atMost("revert of the second file, time against its apply", 1, c.median("sluice, revert")/second, "x")
	c.atMost("peak memory", 256, max(c.memory("sluice, first"), c.memory("sluice, second"), c.memory("sluice, same")), "MB")
}
