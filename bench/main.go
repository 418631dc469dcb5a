// Bench measures sluice side by side with the I/O floor and with other tools,
// in one run on one machine, and prints one table of ratios.
//
//	bench              every case, and the table written to bench/RESULTS.md
//	bench CASE...      only these, printed
//
// With SLUICE_SOAK set, that is with the cases that take very long. A store is
// always s3sim, with the latencies and faults of the case. The floor is bare
// GETs and PUTs of the same sizes; the peers are in bench/peers.
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
	long        bool // it runs if it is named, or with SLUICE_SOAK
}{
	{name: "flights", title: "300 flight files, 30/60 ms", run: flights},
	{name: "slow", title: "300 flight files, 100/150 ms", run: slow},
	{name: "local", title: "folder to folder, one core", run: local},
	{name: "small", title: "100,000 files of 1 KB, no latency", run: small},
	{name: "rate", title: "3,000 files of 1 KB, 200 requests/s", run: rate},
	{name: "faults", title: "300 flight files, 2% of each fault", run: faults},
	{name: "credentials", title: "keys that live 3 s", run: credentials},
	{name: "parquet", title: "500,000 x 12 of Parquet to CSV", run: parquet},
	{name: "xlsx", title: "100,000 x 12 of a workbook to CSV", run: xlsx},
	{name: "formats", title: "100,000 x 12 of every format to CSV", run: formats},
	{name: "postgres", title: "500,000 products into PostgreSQL", run: intoPostgres},
	{name: "django", title: "django-import-export, PostgreSQL", run: againstDjango},
	{name: "sqlite", title: "500,000 products into SQLite", run: intoSQLite},
	{name: "mysql", title: "500,000 products into MariaDB", run: intoMySQL},
	{name: "tables-memory", title: "5,000,000 products", run: tableMemory, long: true},
}

// soak says whether the bench may take hours.
func soak() bool { return os.Getenv("SLUICE_SOAK") != "" }

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
		if named := slices.Contains(chosen, c.name); !named && (len(chosen) > 0 || c.long && !soak()) {
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
