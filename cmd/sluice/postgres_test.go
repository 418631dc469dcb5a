package main

import (
	"context"
	"fmt"
	"net/url"
	"os"
	"regexp"
	"slices"
	"strings"
	"sync/atomic"

	"github.com/jackc/pgx/v5"
	"github.com/rogpeppe/go-internal/testscript"
)

// password is that of the user that scripts connect as: no output may show it.
const password = "hush7421"

var databases atomic.Int64 // made by this process

// newPostgres makes a database with what a file of SQL creates, for one script,
// and a user of its own, and sets DATABASE to its URL: "postgres schema.sql".
func newPostgres(ts *testscript.TestScript, server string, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: postgres file.sql")
	}
	name := fmt.Sprintf("script_%d_%d", os.Getpid(), databases.Add(1))
	execute(ts, server, fmt.Sprintf("CREATE ROLE %s LOGIN PASSWORD '%s'", name, password))
	execute(ts, server, fmt.Sprintf("CREATE DATABASE %s OWNER %s TEMPLATE template0", name, name))
	ts.Defer(func() {
		execute(ts, server, "DROP DATABASE "+name+" WITH (FORCE)")
		execute(ts, server, "DROP ROLE "+name)
	})
	u, err := url.Parse(server)
	ts.Check(err)
	u = u.JoinPath("..", name)
	u.User = url.UserPassword(name, password)
	ts.Setenv("DATABASE", u.String())
	ts.Setenv("SERVER", u.Host)
	execute(ts, u.String(), ts.ReadFile(args[0]))
}

// silent holds every command that connects to an exit status and to what it says
// of a database's URL, in which no part of the password may be: "silent 1 URL REGEXP".
func silent(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 3 {
		ts.Fatalf("usage: silent status url regexp")
	}
	for _, call := range [][]string{{"check", "job.yaml"}, {"plan", "job.yaml"}, {"apply", "job.yaml", "--json"}, {"setup", "job.yaml", "--sql"}, {"export", "job.yaml"}} {
		exits(ts, false, append([]string{args[0], "sluice"}, append(call, "--param", "database="+args[1])...))
		said := ts.ReadFile("stdout") + ts.ReadFile("stderr")
		if slices.Contains(call, "--json") {
			said = strings.ReplaceAll(said, `\"`, `"`)
		} else if !regexp.MustCompile("(?m)" + args[2]).MatchString(said) {
			ts.Fatalf("sluice %s says otherwise of %s:\n%s", call[0], args[1], said)
		}
		for _, part := range []string{"hush", "7421"} {
			if strings.Contains(said, part) {
				ts.Fatalf("sluice %s shows a part of the password:\n%s", call[0], said)
			}
		}
	}
}

// query prints the rows of a query, each as SQL writes it: "sql 'SELECT ...'".
func query(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: sql statement")
	}
	run, database := execute, ts.Getenv("DATABASE")
	if strings.HasPrefix(database, "mysql:") {
		run = executeMySQL
	}
	for _, line := range run(ts, database, args[0]) {
		fmt.Fprintln(ts.Stdout(), line)
	}
}

// execute runs statements and returns the rows of a single one.
func execute(ts *testscript.TestScript, server, sql string) []string {
	ctx := context.Background()
	conn, err := pgx.Connect(ctx, server)
	ts.Check(err)
	defer conn.Close(ctx)
	results, err := conn.PgConn().Exec(ctx, sql).ReadAll()
	ts.Check(err)
	var lines []string
	for _, r := range results {
		for _, row := range r.Rows {
			line := ""
			for i, v := range row {
				if i > 0 {
					line += "|"
				}
				line += string(v)
			}
			lines = append(lines, line)
		}
	}
	return lines
}
