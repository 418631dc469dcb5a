package main

import (
	"fmt"
	"math"
	"path/filepath"
	"strconv"
)

// formatsOf are the formats that are measured, each with its file, the job, a peer
// that reads it, if one does, and how many rows there are.
var formatsOf = []struct {
	name, file, job, peer string
	rows                  int
}{
	{"CSV", "table.csv", "formats", "duck", tableRows},
	{"CSV in CP949", "table.cp949.csv", "formats", "pandas", tableRows},
	{"JSON", "table.json", "formats", "duck", tableRows},
	{"YAML", "table.yaml", "formats", "pyyaml", tableRows},
	{"Parquet", "table.parquet", "formats", "duck", tableRows},
	{"XLSX", "table.xlsx", "formats", "", tableRows},
	{"ODS", "table.ods", "formats", "", tableRows},
	{"XLS", "table.xls", "formats", "", 20_000},
	{"HTML", "table.html", "formats", "", tableRows},
	{"fixed", "table.txt", "formats_fixed", "", tableRows},
}

// tableRows is how many rows of 12 columns the table has; XLS has no room for as
// many.
const tableRows = 100_000

// formats: one table in every format that is read, to CSV, and its profile.
func formats(l *lab, c *section) error {
	dir := filepath.Join(l.data, fmt.Sprintf("formats-%d", tableRows))
	if !exists(dir) {
		if err := whole(dir, func(dir string) error { return told(l.peer(nil, "formats", "make", dir, strconv.Itoa(tableRows))) }); err != nil {
			return err
		}
	}
	out := filepath.Join(l.out, "formats")
	for range rounds {
		for _, f := range formatsOf {
			if err := l.formatToCSV(c, f.name, f.job, filepath.Join(dir, f.file), out, f.rows); err != nil {
				return err
			}
			if f.peer != "" {
				theirs := filepath.Join(out, f.peer+".csv")
				l.measure(c, f.name+", "+f.peer, l.peer(nil, "formats", f.peer, filepath.Join(dir, f.file), theirs), func() error { return l.sameTable(theirs, f.rows) })
			}
		}
		l.measure(c, "profile of CSV", l.command(nil, filepath.Join(l.root, "bin/sluice"), "profile", filepath.Join(dir, "table.csv"), "--json"), func() error { return nil })
	}
	most := c.memory("profile of CSV")
	for _, f := range formatsOf {
		c.shown(f.name+", rows/s", math.Round(float64(f.rows)/c.median(f.name)), "")
		if f.peer != "" {
			c.shown(f.name+", "+f.peer+" against sluice", c.median(f.name+", "+f.peer)/c.median(f.name), "x")
		}
		most = max(most, c.memory(f.name))
	}
	c.shown("profile of CSV, rows/s", math.Round(tableRows/c.median("profile of CSV")), "")
	c.atMost("peak memory", 300, most, "MB")
	return nil
}

// formatToCSV measures sluice with a file of the table.
func (l *lab) formatToCSV(c *section, name, job, file, out string, rows int) error {
	if err := empty(out); err != nil {
		return err
	}
	l.measure(c, name, l.sluice(nil, "bench/"+job+".yaml", "input="+file, "out="+out), func() error {
		return l.sameTable(filepath.Join(out, "table.csv"), rows)
	})
	return nil
}

// sameTable fails unless a CSV file has the first rows of the table.
func (l *lab) sameTable(csv string, rows int) error {
	return told(l.peer(nil, "formats", "check", csv, strconv.Itoa(rows)))
}
