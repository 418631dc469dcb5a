package main

import (
	"fmt"
	"os/exec"
	"path/filepath"
	"strconv"
)

// columnsJob reads products of 12 columns, as Parquet or a workbook, to CSV.
const columnsJob = "bench/columns.yaml"

// parquet: one file of 500,000 x 12 to CSV, from folder to folder.
func parquet(l *lab, c *section) error {
	const rows = 500_000
	file, err := l.columns(rows, "parquet")
	if err != nil {
		return err
	}
	out := filepath.Join(l.out, "columns")
	for range rounds {
		if err := l.toCSV(c, file, out, rows, file); err != nil {
			return err
		}
		for _, peer := range []string{"pyarrow", "duck"} {
			theirs := filepath.Join(out, peer+".csv")
			l.measure(c, peer, l.peer(nil, "columns", peer, file, theirs), func() error { return l.sameColumns(file, theirs, rows) })
		}
	}
	c.shown("pyarrow against sluice", c.median("pyarrow")/c.median("sluice"), "x")
	c.shown("DuckDB against sluice", c.median("duck")/c.median("sluice"), "x")
	c.atMost("peak memory", 256, c.memory("sluice"), "MB")
	return nil
}

// xlsx: a workbook of 100,000 x 12 to CSV.
func xlsx(l *lab, c *section) error {
	const rows = 100_000
	file, err := l.columns(rows, "xlsx")
	if err != nil {
		return err
	}
	of, err := l.columns(500_000, "parquet")
	if err != nil {
		return err
	}
	for range rounds {
		if err := l.toCSV(c, file, filepath.Join(l.out, "columns"), rows, of); err != nil {
			return err
		}
	}
	c.atLeast("rows/s", 60_000, rows/c.median("sluice"), "")
	c.atMost("peak memory", 256, c.memory("sluice"), "MB")
	return nil
}

// toCSV measures sluice with a file of so many rows, those of the Parquet file.
func (l *lab) toCSV(c *section, file, out string, rows int, of string) error {
	if err := empty(out); err != nil {
		return err
	}
	l.measure(c, "sluice", l.sluice(nil, columnsJob, "input="+file, "out="+out), func() error {
		return l.sameColumns(of, filepath.Join(out, "products.csv"), rows)
	})
	return nil
}

// sameColumns fails unless a CSV file has the first rows of a Parquet file.
func (l *lab) sameColumns(parquet, csv string, rows int) error {
	return told(l.peer(nil, "columns", "check", parquet, csv, strconv.Itoa(rows)))
}

// columns returns the file of products, which is made if it is not there.
func (l *lab) columns(rows int, kind string) (string, error) {
	dir := filepath.Join(l.data, fmt.Sprintf("columns-%s-%d", kind, rows))
	file := filepath.Join(dir, "products."+kind)
	if exists(dir) {
		return file, nil
	}
	var from string
	if kind == "parquet" {
		products, err := l.products(rows)
		if err != nil {
			return "", err
		}
		from = products.v1
	} else {
		var err error
		if from, err = l.columns(500_000, "parquet"); err != nil {
			return "", err
		}
	}
	return file, whole(dir, func(dir string) error {
		args := []string{"make-" + kind, from, filepath.Join(dir, "products."+kind)}
		if kind == "xlsx" {
			args = append(args, strconv.Itoa(rows))
		}
		return told(l.peer(nil, "columns", args...))
	})
}

// told runs a command and returns what it says if it fails.
func told(cmd *exec.Cmd) error {
	if text, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("%w: %s", err, text)
	}
	return nil
}
