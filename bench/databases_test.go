package main

import (
	"errors"
	"os"
	"testing"
)

func startCluster(t *testing.T) *cluster {
	t.Helper()
	if _, err := postgresPrograms(); err != nil {
		if os.Getenv("CI") != "" {
			t.Fatal(err)
		}
		t.Skip(err)
	}
	c, err := postgres()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := c.stop(); err != nil {
			t.Error(err)
		}
		if exists(c.dir) {
			t.Errorf("%s is still there", c.dir)
		}
	})
	return c
}

// A cluster starts with the tables of the schema, copies a database with its
// rows, and leaves nothing behind.
func TestCluster(t *testing.T) {
	c := startCluster(t)
	if _, err := c.fresh("first", "products/schema.postgres.sql"); err != nil {
		t.Fatal(err)
	}
	if _, err := c.query("first", "INSERT INTO shop_author (name) VALUES ('one more')"); err != nil {
		t.Fatal(err)
	}
	if _, err := c.copyOf("first", "second"); err != nil {
		t.Fatal(err)
	}
	const count = "SELECT (SELECT count(*) FROM shop_category), (SELECT count(*) FROM shop_author), (SELECT count(*) FROM shop_tag)"
	got, err := c.query("second", count)
	if want := "200|1001|50"; err != nil || got != want {
		t.Errorf("got %q, %v; want %q", got, err, want)
	}
	if _, err := c.query("second", "SELECT 1 FROM nowhere"); err == nil {
		t.Error("a failing statement is no error")
	}
}

// The hash that programs are held to is of all that a file says, and of nothing
// else; what was written is counted.
func TestContent(t *testing.T) {
	c := startCluster(t)
	if _, err := c.fresh("shop", "products/schema.postgres.sql"); err != nil {
		t.Fatal(err)
	}
	do := func(sql string) {
		t.Helper()
		if _, err := c.query("shop", sql); err != nil {
			t.Fatal(err)
		}
	}
	hashes := func() (content, dump string) {
		t.Helper()
		content, err1 := c.content("shop")
		dump, err2 := c.dump("shop")
		if err := errors.Join(err1, err2); err != nil {
			t.Fatal(err)
		}
		return content, dump
	}
	do(`INSERT INTO shop_product (id, sku, title, description, category_id, price, stock, updated_at, active) VALUES (7, 'a', 't', 'd', 1, 2.50, 3, now(), true);
		INSERT INTO shop_product_tags (product_id, tag_id) VALUES (7, 1), (7, 2)`)
	if _, err := c.copyOf("shop", "other"); err != nil {
		t.Fatal(err)
	}
	content, dump := hashes()
	for _, tc := range []struct {
		sql        string
		same, dump bool
	}{
		{"UPDATE shop_product SET stock = 3", true, true},
		{"UPDATE shop_product_tags SET id = id + 10", true, false},
		{"UPDATE shop_product SET weight = 1", false, false},
		{"UPDATE shop_product SET weight = NULL; DELETE FROM shop_product_tags WHERE tag_id = 2", false, false},
		{"UPDATE shop_product_tags SET tag_id = 3", false, false},
	} {
		do(tc.sql)
		now, all := hashes()
		if (now == content) != tc.same || (all == dump) != tc.dump {
			t.Errorf("after %s: same content %t, want %t; same dump %t, want %t", tc.sql, now == content, tc.same, all == dump, tc.dump)
		}
	}
	for database, want := range map[string]string{"other": "0", "shop": "1260"} {
		if got, err := c.written(database); err != nil || got != want {
			t.Errorf("%s: %s rows written, %v; want %s", database, got, err, want)
		}
	}
}
