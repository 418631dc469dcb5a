package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// rounds is how often a program runs in a case: once in each round, so that all
// meet the same mood of the machine. The median counts.
const rounds = 3

// flights: 300 files of 195 MB in all, in a store nearby.
func flights(l *lab, c *section) error {
	s, err := l.flightStore()
	if err != nil {
		return err
	}
	defer s.stop()
	for round := range rounds {
		l.floor(c, s, l.flights, 64)
		l.inOut(c, s, "sluice")
		l.inOut(c, s, "duck")
		l.inOut(c, s, "orjson_two")
		if round == 0 { // it takes longer than all others together
			l.inOut(c, s, "pandas_task")
		}
	}
	mine := c.median("sluice")
	c.atMost("time against the floor, 64 in flight", 1.7, mine/c.median("floor"), "x")
	c.atLeast("as fast as DuckDB, 64 cursors", 2.5, c.median("duck")/mine, "x")
	c.atLeast("as fast as the pandas program", 18, c.median("pandas_task")/mine, "x")
	c.atMost("peak memory", 300, c.memory("sluice"), "MB")
	return nil
}

// slow: the same files in a store farther away.
func slow(l *lab, c *section) error {
	s, err := l.flightStore("-get-latency", "100ms", "-put-latency", "150ms")
	if err != nil {
		return err
	}
	defer s.stop()
	for range rounds {
		l.floor(c, s, l.flights, 256)
		l.inOut(c, s, "sluice")
	}
	c.atMost("time against the floor, 256 in flight", 2, c.median("sluice")/c.median("floor"), "x")
	return nil
}

// local: from folder to folder on one core, where only the work counts.
func local(l *lab, c *section) error {
	if err := l.makeFlights(); err != nil {
		return err
	}
	mine, theirs := filepath.Join(l.out, "local-sluice"), filepath.Join(l.out, "local-duck")
	for range rounds {
		if err := empty(mine, theirs); err != nil {
			return err
		}
		cmd := l.sluice(nil, flightJob, "raw="+l.flights.raw, "stage="+mine, day)
		cmd.Env = append(cmd.Env, "GOMAXPROCS=1")
		l.measure(c, "sluice", cmd, func() error { return l.compare(l.flights.stage, mine) })
		cmd = l.peer(nil, "duck_local", "--raw", l.flights.raw, "--stage", theirs)
		l.measure(c, "duck_local", cmd, func() error { return l.compare(l.flights.stage, theirs) })
	}
	c.note("sluice %.0f MB/s, DuckDB %.0f MB/s", l.flights.mb()/c.median("sluice"), l.flights.mb()/c.median("duck_local"))
	c.atLeast("MB/s against DuckDB's, one core each", 2.2, c.median("duck_local")/c.median("sluice"), "x")
	return nil
}

// small: very many files, where each request and each line of the ledger
// counts; then once more, with nothing to do but list.
func small(l *lab, c *section) error {
	const files = 100_000
	data, err := l.readings(files)
	if err != nil {
		return err
	}
	s, err := l.store(data.raw, "-get-latency", "0", "-put-latency", "0")
	if err != nil {
		return err
	}
	defer s.stop()
	l.floor(c, s, data, 64)
	l.applySmall(c, s, "sluice", files)
	st := l.applySmall(c, s, "sluice, again", files)
	begin := time.Now()
	for _, bucket := range []string{"raw", "stage"} {
		if _, err := s.list(bucket); err != nil {
			return err
		}
	}
	c.note("requests of the second apply: %v; listing both buckets and nothing else takes %.1f s", st.Requests, time.Since(begin).Seconds())
	c.atLeast("files/s", 800, files/c.median("sluice"), "")
	c.atMost("peak memory", 300, max(c.memory("sluice"), c.memory("sluice, again")), "MB")
	c.atMost("second apply, nothing to do", 5, c.median("sluice, again"), "s")
	return nil
}

// rate: a store that answers 200 requests a second and refuses the rest.
func rate(l *lab, c *section) error {
	const files, perSecond = 3_000, 200
	data, err := l.readings(files)
	if err != nil {
		return err
	}
	s, err := l.store(data.raw, "-rate", strconv.Itoa(perSecond), "-burst", "20")
	if err != nil {
		return err
	}
	defer s.stop()
	st := l.applySmall(c, s, "sluice", files)
	served := float64(st.total() - st.Status503)
	c.note("%.0f requests served, %d refused", served, st.Status503)
	c.atMost("time against requests/200", 1.25, c.median("sluice")/(served/perSecond), "x")
	c.atMost("requests wasted on 503", 5, 100*float64(st.Status503)/float64(st.total()), "%")
	return nil
}

// applySmall measures the job of the small files and gives what the store
// counted meanwhile.
func (l *lab) applySmall(c *section, s *server, program string, files int) (st stats) {
	if err := s.reset(""); err != nil {
		c.add(program, sample{}, err)
		return st
	}
	l.measure(c, program, l.sluice(s, smallJob, "raw=s3://raw", "stage=s3://stage"), func() (err error) {
		if st, err = s.stats(); err != nil { // before the look at the outputs adds to it
			return err
		}
		return s.holds(files)
	})
	return st
}

// faults: a store where each kind of fault strikes two requests in a hundred.
func faults(l *lab, c *section) error {
	var st stats
	for seed := 1; seed <= rounds; seed++ {
		s, err := l.flightStore("-p500", ".02", "-ptrunc", ".02", "-preset", ".02", "-plost", ".02", "-pslow", ".02", "-seed", strconv.Itoa(seed))
		if err != nil {
			return err
		}
		l.inOut(c, s, "sluice")
		one, err := s.stats()
		s.stop()
		if err != nil {
			return err
		}
		st.Status500 += one.Status500
		st.Truncated += one.Truncated
		st.Resets += one.Resets
	}
	c.note("%d answers 500, %d bodies cut, %d connections dropped before or after the work was done", st.Status500, st.Truncated, st.Resets)
	c.atLeast("runs with status 0 and the outputs of an undisturbed run, of 3", rounds, c.good("sluice"), "")
	return nil
}

// credentials: keys that live for 3 seconds, in a run ten times as long.
func credentials(l *lab, c *section) error {
	job, err := l.slowJob()
	if err != nil {
		return err
	}
	s, err := l.flightStore("-auth", "-get-latency", "1s", "-put-latency", "1s")
	if err != nil {
		return err
	}
	defer s.stop()
	config := filepath.Join(l.out, "aws-config")
	text := "[default]\nregion = us-east-1\ncredential_process = " + filepath.Join(l.root, "bench/credentials") + "\n"
	if err := os.WriteFile(config, []byte(text), 0o600); err != nil {
		return err
	}
	cmd := l.sluice(s, job, "raw=s3://raw", "stage=s3://stage", day)
	cmd.Env = append(cmd.Env, "AWS_ACCESS_KEY_ID=", "AWS_SECRET_ACCESS_KEY=", "AWS_CONFIG_FILE="+config)
	l.measure(c, "sluice", cmd, func() error { return l.checkStage(s, "sluice") })
	st, err := s.stats()
	if err != nil {
		return err
	}
	c.note("%d requests came with a key that had just expired, and were signed again", st.Expired400)
	c.atLeast("length of the run, in which nothing failed", 30, c.median("sluice"), "s")
	return nil
}

// slowJob is the job of the flights with 20 requests at once, as the program
// that it replaces had, so that a run takes its time.
func (l *lab) slowJob() (string, error) {
	text, err := os.ReadFile(filepath.Join(l.root, flightJob))
	if err != nil {
		return "", err
	}
	changed := strings.Replace(string(text), "requests: auto", "requests: 20", 1)
	if changed == string(text) {
		return "", fmt.Errorf("%s has no line with requests: auto", flightJob)
	}
	const job = "bench/out/slow.yaml"
	return job, os.WriteFile(filepath.Join(l.root, job), []byte(changed), 0o600)
}
