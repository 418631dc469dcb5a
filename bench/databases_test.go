package main

import (
	"os"
	"testing"
)

// A cluster starts with the tables of the schema, copies a database with its
// rows, and leaves nothing behind.
func TestCluster(t *testing.T) {
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
	defer func() {
		if err := c.stop(); err != nil {
			t.Error(err)
		}
		if exists(c.dir) {
			t.Errorf("%s is still there", c.dir)
		}
	}()
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
