package table

import (
	"context"
	"database/sql"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"sync/atomic"
	"testing"

	"github.com/jackc/pgx/v5"
	_ "modernc.org/sqlite"
)

var databases atomic.Int64 // made by this process

// postgresServer returns the URL of the server that tests use; the test is
// skipped where there is none, and fails there in CI.
func postgresServer(t testing.TB) string {
	t.Helper()
	server := os.Getenv("SLUICE_TEST_POSTGRES")
	switch {
	case server == "" && os.Getenv("CI") != "":
		t.Fatal("SLUICE_TEST_POSTGRES is not set; scripts/postgres sets it")
	case server == "":
		t.Skip("SLUICE_TEST_POSTGRES is not set; scripts/postgres sets it")
	}
	return server
}

// newPostgres creates a database for one test and returns its URL. It is
// dropped when the test ends, whoever is still connected.
func newPostgres(t testing.TB) string {
	t.Helper()
	server := postgresServer(t)
	name := fmt.Sprintf("test_%d_%d", os.Getpid(), databases.Add(1))
	execPostgres(t, server, "CREATE DATABASE "+name+" TEMPLATE template0")
	t.Cleanup(func() { execPostgres(t, server, "DROP DATABASE "+name+" WITH (FORCE)") })
	u, err := url.Parse(server)
	if err != nil {
		t.Fatal(err)
	}
	return u.JoinPath("..", name).String()
}

// execPostgres runs statements over a connection of their own.
func execPostgres(t testing.TB, server, statements string) {
	t.Helper()
	ctx := context.Background()
	conn, err := pgx.Connect(ctx, server)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(ctx)
	if _, err := conn.Exec(ctx, statements); err != nil {
		t.Fatalf("%v\n%s", err, statements)
	}
}

// connectPostgres connects to a new database that holds what the statements
// create.
func connectPostgres(t testing.TB, statements string) *pgx.Conn {
	t.Helper()
	ctx := context.Background()
	conn, err := pgx.Connect(ctx, newPostgres(t))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close(ctx) })
	if _, err := conn.Exec(ctx, statements); err != nil {
		t.Fatalf("%v\n%s", err, statements)
	}
	return conn
}

// newSQLite returns the path of a database file for one test; it does not
// exist yet.
func newSQLite(t testing.TB) string {
	return filepath.Join(t.TempDir(), "test.db")
}

// newSQLiteConn opens a new database file that holds what the statements create.
func newSQLiteConn(t testing.TB, statements string) *sql.Conn {
	t.Helper()
	db, err := sql.Open("sqlite", newSQLite(t))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	conn, err := db.Conn(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := conn.ExecContext(context.Background(), statements); err != nil {
		t.Fatalf("%v\n%s", err, statements)
	}
	return conn
}
