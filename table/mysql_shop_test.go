package table

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"net/url"
	"os"
	"strings"
	"testing"

	driver "github.com/go-sql-driver/mysql"
)

// newMySQL creates a database for one test, opens it, and returns its URL. It is
// dropped when the test ends.
func newMySQL(t testing.TB) (string, *sql.DB) {
	t.Helper()
	return newMySQLOn(t, mysqlServerOfTests(t))
}

// mysqlServerOfTests returns the URL of the server that tests use; the test is
// skipped where there is none, and fails there in CI.
func mysqlServerOfTests(t testing.TB) string {
	t.Helper()
	server := os.Getenv("SLUICE_TEST_MYSQL")
	switch {
	case server == "" && os.Getenv("CI") != "":
		t.Fatal("SLUICE_TEST_MYSQL is not set; scripts/mariadb sets it")
	case server == "":
		t.Skip("SLUICE_TEST_MYSQL is not set; scripts/mariadb sets it")
	}
	return server
}

// newMySQLOn is newMySQL on a server.
func newMySQLOn(t testing.TB, server string) (string, *sql.DB) {
	t.Helper()
	name := fmt.Sprintf("test_%d_%d", os.Getpid(), databases.Add(1))
	admin := openMySQLServer(t, server)
	execMySQL(t, admin, "CREATE DATABASE "+name+" CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin")
	t.Cleanup(func() { execMySQL(t, admin, "DROP DATABASE "+name) })
	u, err := url.Parse(server)
	if err != nil {
		t.Fatal(err)
	}
	address := u.JoinPath("..", name).String()
	return address, openMySQLServer(t, address)
}

// openMySQLServer opens a database over one connection, which takes several
// statements at once.
func openMySQLServer(t testing.TB, address string) *sql.DB {
	t.Helper()
	config, err := mysqlConfig(address)
	if err != nil {
		t.Fatal(err)
	}
	config.MultiStatements = true
	sqlMode(config.Params)
	connector, err := driver.NewConnector(config)
	if err != nil {
		t.Fatal(err)
	}
	db := sql.OpenDB(connector)
	db.SetMaxOpenConns(1)
	t.Cleanup(func() { db.Close() })
	return db
}

func execMySQL(t testing.TB, db *sql.DB, statements string, args ...any) {
	t.Helper()
	if _, err := db.ExecContext(context.Background(), statements, args...); err != nil {
		t.Fatalf("%v\n%s", err, statements)
	}
}

// rowsOfMySQL returns the rows of a query, of one text each.
func rowsOfMySQL(t testing.TB, db *sql.DB, query string, args ...any) (lines []string) {
	t.Helper()
	rows, err := db.QueryContext(context.Background(), query, args...)
	if err != nil {
		t.Fatalf("%v\n%s", err, query)
	}
	defer rows.Close()
	for rows.Next() {
		var line string
		if err := rows.Scan(&line); err != nil {
			t.Fatal(err)
		}
		lines = append(lines, line)
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	return lines
}

func newMySQLShop(t testing.TB) *shop {
	t.Helper()
	return mysqlShopOn(t, mysqlServerOfTests(t))
}

func mysqlShopOn(t testing.TB, server string) *shop {
	t.Helper()
	address, db := newMySQLOn(t, server)
	s := &shop{TB: t, url: address, shopSQL: mysqlShop}
	s.exec = func(sql string, args ...any) {
		t.Helper()
		if strings.HasPrefix(sql, "INSERT INTO by_hand") { // of JSON
			var fields []string
			if err := json.Unmarshal([]byte(args[0].(string)), &fields); err != nil {
				t.Fatal(err)
			}
			for i := range fields {
				fields[i] = quoteText(fields[i])
			}
			sql, args = "INSERT INTO by_hand VALUES ("+strings.Join(fields, ", ")+")", nil
		}
		execMySQL(t, db, strings.Replace(sql, "CREATE TEMP TABLE", "CREATE TEMPORARY TABLE", 1), args...)
	}
	s.query = func(sql string, args ...any) []string {
		t.Helper()
		return rowsOfMySQL(t, db, sql, args...)
	}
	execMySQL(t, db, readShop(t, "mysql"))
	return s
}

var mysqlShop = shopSQL{
	plans: "sluice_plans", past: "'2001-01-01'",
	dumpRow: func(s *shop, table string) string {
		return "concat_ws(',', " + strings.Join(s.query("SELECT concat('quote(', column_name, ')') FROM information_schema.columns WHERE table_schema = database() AND table_name = ? ORDER BY ordinal_position", table), ", ") + ")"
	},
	wanted: `SELECT concat_ws(',', quote(sku), quote(title), quote(description), quote(category), quote(cast(nullif(author, '') AS SIGNED)), quote(cast(price AS decimal(10,2))), quote(cast(stock AS SIGNED)),
		quote(cast(nullif(published, '') AS date)), quote(cast(updated_at AS datetime(6))), quote(cast(active AS SIGNED)), quote(nullif(isbn, '')), quote(cast(nullif(weight, '') AS decimal(8,3))), quote(tags)) FROM by_hand ORDER BY sku`,
	found: `SELECT concat_ws(',', quote(sku), quote(title), quote(description), quote(c.slug), quote(author_id), quote(price), quote(stock), quote(published), quote(updated_at), quote(active), quote(isbn), quote(weight),
		quote(coalesce((SELECT group_concat(t.name ORDER BY t.name SEPARATOR '|') FROM shop_product_tags l JOIN shop_tag t ON t.id = l.tag_id WHERE l.product_id = p.id), '')))
		FROM shop_product p JOIN shop_category c ON c.id = category_id ORDER BY sku`,
}
