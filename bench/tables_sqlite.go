package main

import (
	"crypto/md5"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"

	_ "modernc.org/sqlite" // the driver "sqlite"
)

// intoSQLite: a first and a second file of 500,000 products.
func intoSQLite(l *lab, c *section) error {
	const rows = 500_000
	files, err := l.products(rows)
	if err != nil {
		return err
	}
	dir := filepath.Join(l.out, "sqlite")
	made, loaded, work := filepath.Join(dir, "tables.db"), filepath.Join(dir, "loaded.db"), filepath.Join(dir, "work.db")
	if err := errors.Join(empty(dir), makeSQLite(made, "bench/products/schema.sqlite.sql")); err != nil {
		return err
	}
	agreed := agreement{}
	on := func(from, to, program, loads string, cmd *exec.Cmd) {
		if err := copySQLite(from, to); err != nil {
			c.add(program, sample{}, err)
			return
		}
		l.measure(c, program, cmd, func() error { return agreed.sqlite(to, loads) })
	}
	url := "sqlite://" + work
	for round := range rounds {
		to := work
		if round == 0 {
			to = loaded
		}
		on(made, to, "script, first", "first", l.importer("sqlite_script", files.v1, to))
		on(made, work, "sluice, first", "first", l.imports("apply", "", files.v1, url))
		on(loaded, work, "script, second", "second", l.importer("sqlite_script", files.v2clean, work))
		on(loaded, work, "sluice, second", "second", l.imports("apply", "", files.v2clean, url))
	}
	for _, file := range []string{"first", "second"} {
		c.atMost(file+" file, time against the script by hand", 1.5, c.median("sluice, "+file)/c.median("script, "+file), "x")
	}
	c.atMost("peak memory", 256, max(c.memory("sluice, first"), c.memory("sluice, second")), "MB")
	return nil
}

func (a agreement) sqlite(path, loads string) error {
	got, err := sqliteContent(path)
	if err != nil {
		return err
	}
	return a.check(loads, got)
}

// makeSQLite makes a database with the tables of a schema file.
func makeSQLite(path, schema string) error {
	text, err := os.ReadFile(schema)
	if err != nil {
		return err
	}
	db, err := sql.Open("sqlite", path)
	if err != nil {
		return err
	}
	_, err = db.Exec(string(text))
	return errors.Join(err, db.Close())
}

// copySQLite makes the database to anew, with what lies in from, and sees to it
// that none of it remains to be written by the system during the next run.
func copySQLite(from, to string) error {
	for _, suffix := range []string{"", "-wal", "-shm", "-journal"} {
		if err := os.RemoveAll(to + suffix); err != nil {
			return err
		}
	}
	in, err := os.Open(from)
	if err != nil {
		return err
	}
	defer in.Close()
	out, err := os.Create(to)
	if err != nil {
		return err
	}
	_, err = io.Copy(out, in)
	err = errors.Join(err, out.Close())
	syscall.Sync()
	return err
}

// sqliteContent is what cluster.content is, and the values have their types.
func sqliteContent(path string) (string, error) {
	db, err := sql.Open("sqlite", path)
	if err != nil {
		return "", err
	}
	defer func() { _ = db.Close() }() // it was only read
	rows, err := db.Query(`SELECT concat_ws(',', quote(p.sku), quote(p.title), quote(p.description), quote(c.slug), quote(p.author_id), quote(p.price), quote(p.stock),
		quote(p.published), quote(p.updated_at), quote(p.active), quote(p.isbn), quote(p.weight),
		(SELECT group_concat(name, '|') FROM (SELECT t.name FROM shop_product_tags l JOIN shop_tag t ON t.id = l.tag_id WHERE l.product_id = p.id ORDER BY t.name)))
		FROM shop_product p JOIN shop_category c ON c.id = p.category_id ORDER BY p.sku`)
	if err != nil {
		return "", err
	}
	defer rows.Close()
	n, all := 0, md5.New()
	for ; rows.Next(); n++ {
		var one string
		if err := rows.Scan(&one); err != nil {
			return "", err
		}
		fmt.Fprintln(all, one)
	}
	return fmt.Sprintf("%d|%x", n, all.Sum(nil)), rows.Err()
}
