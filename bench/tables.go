package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"os/exec"
	"path/filepath"
	"strings"
	"time"
)

// productJob loads a product file into the tables of bench/products.
const productJob = "bench/products.yaml"

// imports is the command of sluice that does verb, with the product file at
// input, to a database; of revert, run is which. It prints what a person is
// shown: as JSON it would be every row.
func (l *lab) imports(verb, run, input, database string) *exec.Cmd {
	args := []string{verb, filepath.Join(l.root, productJob)}
	if run != "" {
		args = append(args, run)
	}
	args = append(args, "--param", "input="+input, "--param", "database="+database)
	if verb != "plan" {
		args = append(args, "--yes")
	}
	return l.command(nil, filepath.Join(l.root, "bin/sluice"), args...)
}

// importer is the command of a peer that loads the product file at input.
func (l *lab) importer(name, input, database string, flags ...string) *exec.Cmd {
	return l.peer(nil, name, append([]string{"--database", database, "--input", input}, flags...)...)
}

// clocked is measure for a program whose own clock counts: the seconds in the
// line of JSON that it prints.
func (l *lab) clocked(c *section, program string, cmd *exec.Cmd, check func() error) {
	var out bytes.Buffer
	cmd.Stdout = &out
	l.measureAs(c, program, cmd, check, func(took *sample) error {
		var line struct{ Seconds float64 }
		err := json.Unmarshal(out.Bytes(), &line)
		took.wall = time.Duration(line.Seconds * float64(time.Second))
		return err
	})
}

// runOf is the ID of the run in what sluice printed: "run ID: 3 rows written".
func runOf(out string) (string, error) {
	for line := range strings.Lines(out) {
		if rest, ok := strings.CutPrefix(line, "run "); ok {
			id, _, _ := strings.Cut(rest, ":")
			return id, nil
		}
	}
	return "", fmt.Errorf("sluice printed no run: %q", out)
}

// An agreement holds programs to the same rows: by what was loaded, the contents
// that the first of them left.
type agreement map[string]string

// check fails unless got is what the first program left that loaded the same.
func (a agreement) check(loaded, got string) error {
	want, ok := a[loaded]
	if !ok {
		a[loaded] = got
		return nil
	}
	if got != want {
		return fmt.Errorf("the tables differ from those that the first program left: rows and their hash are %s, not %s", got, want)
	}
	return nil
}

// content is what the products in a database are, whatever their IDs: their
// number and a hash of all columns, keys to other tables followed, and tags.
func (c *cluster) content(database string) (string, error) {
	if _, err := c.query(database, "ANALYZE"); err != nil { //nolint:misspell // the statement's name
		return "", err
	}
	return c.query(database, `SET work_mem = '256MB'; SELECT count(*), md5(string_agg(md5(ROW(p.sku, p.title, p.description, c.slug, p.author_id, p.price,
		p.stock, p.published, p.updated_at, p.active, p.isbn, p.weight, k.tags)::text), '' ORDER BY p.sku))
		FROM shop_product p JOIN shop_category c ON c.id = p.category_id
		LEFT JOIN (SELECT l.product_id, string_agg(t.name, '|' ORDER BY t.name) AS tags FROM shop_product_tags l JOIN shop_tag t ON t.id = l.tag_id GROUP BY 1) k
		ON k.product_id = p.id`)
}

// dump is a hash of all that is in the tables of a database, IDs included.
func (c *cluster) dump(database string) (string, error) {
	var hashes []string
	for _, table := range []string{"shop_category", "shop_author", "shop_tag", "shop_product", "shop_product_tags"} {
		hash, err := c.query(database, "SELECT md5(string_agg(md5(t::text), '' ORDER BY id)) FROM "+table+" t")
		if err != nil {
			return "", err
		}
		hashes = append(hashes, hash)
	}
	return strings.Join(hashes, " "), nil
}

// written is how many rows of its tables were inserted, updated or deleted since
// a database was made, as its server counts them once all have left it.
func (c *cluster) written(database string) (string, error) {
	for deadline := time.Now().Add(10 * time.Second); time.Now().Before(deadline); time.Sleep(50 * time.Millisecond) {
		there, err := c.query("postgres", "SELECT count(*) FROM pg_stat_activity WHERE datname = '"+database+"'")
		if err != nil {
			return "", err
		}
		if there == "0" {
			return c.query(database, "SELECT sum(n_tup_ins + n_tup_upd + n_tup_del) FROM pg_stat_user_tables WHERE schemaname = 'public'")
		}
	}
	return "", errors.New("somebody is still connected to " + database)
}
