package table

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
)

// A cluster is a PostgreSQL server of one test's own, which may crash it.
type cluster struct {
	url   string // of its database postgres, as a superuser
	crash string // the statement that stops the server at once and starts it anew
}

// startCluster starts a server that ends with the test, or with this process.
func startCluster(t testing.TB) *cluster {
	t.Helper()
	postgresServer(t) // one is installed
	cmd := exec.Command("../scripts/postgres", "sh", "-c", `echo "$SLUICE_TEST_POSTGRES"; exec cat`)
	cmd.Stderr = os.Stderr
	stdin, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		stdin.Close()
		cmd.Wait()
	})
	url, err := bufio.NewReader(stdout).ReadString('\n')
	if err != nil {
		t.Fatal(err)
	}
	c := &cluster{url: strings.TrimSpace(url)}
	conn, err := pgx.Connect(context.Background(), c.url)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(context.Background())
	var bin, data string
	if err := conn.QueryRow(context.Background(), `SELECT setting, current_setting('data_directory') FROM pg_config WHERE name = 'BINDIR'`).Scan(&bin, &data); err != nil {
		t.Fatal(err)
	}
	c.crash = fmt.Sprintf(`COPY (SELECT WHERE false) TO PROGRAM 'cat; setsid %s/pg_ctl restart -m immediate -D %s >/dev/null 2>&1 &'`, bin, data)
	return c
}

// Crash stops the server as a loss of power would, and returns when it answers
// again.
func (c *cluster) Crash(t testing.TB) {
	t.Helper()
	conn, started, err := c.ask()
	if err != nil {
		t.Fatal(err)
	}
	// The new server inherits the socket of this connection: it is never cut, and
	// the answer may never come.
	defer conn.PgConn().Conn().Close()
	answer := make(chan error, 1)
	go func() {
		_, err := conn.Exec(context.Background(), c.crash)
		answer <- err
	}()
	for {
		select {
		case err := <-answer:
			if err != nil && !conn.IsClosed() {
				t.Fatal(err)
			}
		default:
		}
		if conn, again, err := c.ask(); err == nil {
			conn.Close(context.Background())
			if !again.Equal(started) {
				return
			}
		}
	}
}

// ask connects and returns since when the server runs.
func (c *cluster) ask() (conn *pgx.Conn, started time.Time, err error) {
	if conn, err = pgx.Connect(context.Background(), c.url); err == nil {
		err = conn.QueryRow(context.Background(), "SELECT pg_postmaster_start_time()").Scan(&started)
	}
	return conn, started, err
}

// TestCluster crashes a server: what is committed stays, what is not goes.
func TestCluster(t *testing.T) {
	c := startCluster(t)
	ctx := context.Background()
	execPostgres(t, c.url, "CREATE TABLE kept (a int); INSERT INTO kept VALUES (1)")
	conn, err := pgx.Connect(ctx, c.url)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := conn.Exec(ctx, "BEGIN; INSERT INTO kept VALUES (2)"); err != nil {
		t.Fatal(err)
	}
	c.Crash(t)
	if _, err := conn.Exec(ctx, "COMMIT"); err == nil {
		t.Error("a connection outlived the crash")
	}
	if conn, err = pgx.Connect(ctx, c.url); err != nil {
		t.Fatal(err)
	}
	defer conn.Close(ctx)
	var rows int
	if err := conn.QueryRow(ctx, "SELECT count(*) FROM kept").Scan(&rows); err != nil || rows != 1 {
		t.Errorf("got %d rows, %v, want 1", rows, err)
	}
}
