package main

import (
	"database/sql"
	"errors"
	"fmt"
	"path/filepath"
)

// tableMemory: a file ten times as long takes no more memory.
func tableMemory(l *lab, c *section) error {
	s, err := l.shop(c)
	if err != nil {
		return err
	}
	defer s.close()
	for _, size := range []struct {
		rows int
		name string
	}{{500_000, "500,000"}, {5_000_000, "5,000,000"}} {
		files, err := l.products(size.rows)
		if err != nil {
			return err
		}
		url, err := s.copyOf(tables, work)
		if err != nil {
			return err
		}
		program := "sluice, " + size.name
		l.measure(c, program, s.apply(files.v1)(url), func() error { return s.holds("shop_product", size.rows) })
		c.atMost("peak memory, "+size.name+" rows", 256, c.memory(program), "MB")
	}
	return l.sqliteMemory(c)
}

// sqliteMemory is tableMemory for SQLite: a first file, and a second.
func (l *lab) sqliteMemory(c *section) error {
	dir := filepath.Join(l.out, "sqlite-memory")
	made, work := filepath.Join(dir, "tables.db"), filepath.Join(dir, "work.db")
	if err := errors.Join(empty(dir), makeSQLite(made, "bench/products/schema.sqlite.sql")); err != nil {
		return err
	}
	for _, rows := range []int{500_000, 5_000_000} {
		files, err := l.products(rows)
		if err != nil {
			return err
		}
		if err := copySQLite(made, work); err != nil {
			return err
		}
		for _, load := range []struct {
			name, file string
			rows       int
		}{{"first", files.v1, files.counts.First}, {"second", files.v2clean, files.counts.First + files.counts.New}} {
			program := fmt.Sprintf("sluice, SQLite, %d rows, %s", rows, load.name)
			l.measure(c, program, l.imports("apply", "", load.file, "sqlite://"+work), func() error { return sqliteHolds(work, load.rows) })
			c.atMost(fmt.Sprintf("peak memory, SQLite, %d rows, %s file", rows, load.name), 256, c.memory(program), "MB")
		}
	}
	return empty(dir)
}

// sqliteHolds fails unless there are so many products.
func sqliteHolds(path string, rows int) error {
	db, err := sql.Open("sqlite", path)
	if err != nil {
		return err
	}
	defer func() { _ = db.Close() }() // it was only read
	n := 0
	if err := db.QueryRow("SELECT count(*) FROM shop_product").Scan(&n); err != nil || n != rows {
		return errors.Join(err, fmt.Errorf("%d products, want %d", n, rows))
	}
	return nil
}
