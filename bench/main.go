// Bench measures sluice side by side with the I/O floor and with other tools,
// in one run on one machine, and prints one table of ratios.
//
//	bench              every case, and the table written to bench/RESULTS.md
//	bench CASE...      only these, printed
//
// A store is always s3sim, with the latencies and faults of the case. The floor
// is bare GETs and PUTs of the same sizes; the peers are in bench/peers.
package main

import (
	"fmt"
	"os"
	"slices"
	"strings"
)

// cases measure one thing each and fill their section of the report. A program
// that fails is a finding, not an error; an error says what kept from measuring.
var cases = []struct {
	name, title string
	run         func(*lab, *section) error
}{
	{"flights", "300 flight files, 30/60 ms", flights},
	{"slow", "300 flight files, 100/150 ms", slow},
	{"local", "folder to folder, one core", local},
	{"small", "100,000 files of 1 KB, no latency", small},
	{"rate", "3,000 files of 1 KB, 200 requests/s", rate},
	{"faults", "300 flight files, 2% of each fault", faults},
	{"credentials", "keys that live 3 s", credentials},
}

func main() {
	if err := bench(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

func bench(chosen []string) error {
	var names []string
	for _, c := range cases {
		names = append(names, c.name)
	}
	for _, name := range chosen {
		if !slices.Contains(names, name) {
			return fmt.Errorf("no case %q; there are %s", name, strings.Join(names, ", "))
		}
	}
	l, err := newLab()
	if err != nil {
		return err
	}
	var r report
	for _, c := range cases {
		if len(chosen) > 0 && !slices.Contains(chosen, c.name) {
			continue
		}
		fmt.Fprintf(os.Stderr, "== %s: %s\n", c.name, c.title)
		s := newSection(c.name, c.title)
		r = append(r, s)
		if err := c.run(l, s); err != nil {
			s.note("stopped: %v", err)
			s.broken = true
		}
	}
	text := r.text()
	fmt.Print(text)
	if len(chosen) > 0 {
		return nil
	}
	return replaceMeasured("bench/RESULTS.md", text)
}
