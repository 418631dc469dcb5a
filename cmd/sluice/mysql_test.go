package main

import (
	"database/sql"
	"fmt"
	"net/url"
	"os"
	"strings"

	"github.com/go-sql-driver/mysql"
	"github.com/rogpeppe/go-internal/testscript"
)

// newMySQL makes a database with what a file of SQL creates, for one script, and
// users of its own: one with all rights on it, and reader, who may read and make
// temporary tables. It sets DATABASE and READER to their URLs: "mysql schema.sql".
func newMySQL(ts *testscript.TestScript, server string, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: mysql file.sql")
	}
	name := fmt.Sprintf("script_%d_%d", os.Getpid(), databases.Add(1))
	u, err := url.Parse(server)
	ts.Check(err)
	executeMySQL(ts, server, fmt.Sprintf(`CREATE DATABASE %[1]s CHARACTER SET utf8mb4;
		CREATE USER %[1]s@'%%' IDENTIFIED BY '%[2]s', r_%[1]s@'%%' IDENTIFIED BY '%[2]s';
		GRANT ALL ON %[1]s.* TO %[1]s@'%%'; GRANT SELECT, CREATE TEMPORARY TABLES ON %[1]s.* TO r_%[1]s@'%%'`, name, password))
	ts.Defer(func() {
		executeMySQL(ts, server, fmt.Sprintf("DROP DATABASE %[1]s; DROP USER %[1]s@'%%', r_%[1]s@'%%'", name))
	})
	u = u.JoinPath("..", name)
	ts.Setenv("SERVER", u.Host)
	for of, user := range map[string]string{"DATABASE": name, "READER": "r_" + name} {
		u.User = url.UserPassword(user, password)
		ts.Setenv(of, u.String())
	}
	executeMySQL(ts, ts.Getenv("DATABASE"), ts.ReadFile(args[0]))
}

// executeMySQL runs statements and returns the rows of the first of them.
func executeMySQL(ts *testscript.TestScript, server, statements string) (lines []string) {
	u, err := url.Parse(server)
	ts.Check(err)
	config := mysql.NewConfig()
	config.Net, config.Addr, config.DBName, config.MultiStatements = "tcp", u.Host, u.Path[1:], true
	config.User = u.User.Username()
	config.Passwd, _ = u.User.Password()
	connector, err := mysql.NewConnector(config)
	ts.Check(err)
	db := sql.OpenDB(connector)
	defer db.Close()
	rows, err := db.Query(statements)
	ts.Check(err)
	defer rows.Close()
	for names, _ := rows.Columns(); rows.Next(); {
		texts, into := make([]sql.NullString, len(names)), make([]any, len(names))
		for i := range into {
			into[i] = &texts[i]
		}
		ts.Check(rows.Scan(into...))
		var fields []string
		for _, text := range texts {
			fields = append(fields, text.String)
		}
		lines = append(lines, strings.Join(fields, "|"))
	}
	for rows.NextResultSet() { // what is wrong with the others
	}
	ts.Check(rows.Err())
	return lines
}
