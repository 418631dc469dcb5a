package table

import (
	"context"
	"database/sql"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"net/url"
	"os"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"

	"github.com/seed-128c3863/sluice/plan"
	"github.com/seed-128c3863/sluice/spec"
	"github.com/seed-128c3863/sluice/store"
)

// A shop is a database with the tables of testdata/products, for one test.
type shop struct {
	testing.TB
	shopSQL
	url   string
	conn  *pgx.Conn                              // PostgreSQL alone
	exec  func(sql string, args ...any)          // runs statements
	query func(sql string, args ...any) []string // of one text each row
}

// A shopSQL is what is written differently for each database.
type shopSQL struct {
	dumpRow func(s *shop, table string) string // a row of a table as text
	given   string                             // the argument as JSON, j
	found   string                             // a product as text
	wanted  string                             // what by_hand holds, likewise
	plans   string                             // the table of saved plans
	past    string                             // a time that is long past, as that has it
}

// shops makes a shop of each database.
var shops = map[string]func(testing.TB) *shop{"postgres": newShop, "sqlite": newSQLiteShop, "mysql": newMySQLShop}

// eachShop runs a test on each database.
func eachShop(t *testing.T, test func(t *testing.T, s *shop)) {
	eachDatabase(t, func(t *testing.T, open func(testing.TB) *shop) { test(t, open(t)) })
}

// eachDatabase runs a test on each database, which opens its shops itself.
func eachDatabase(t *testing.T, test func(t *testing.T, open func(testing.TB) *shop)) {
	for name, open := range shops {
		t.Run(name, func(t *testing.T) { test(t, open) })
	}
}

func newShop(t testing.TB) *shop {
	t.Helper()
	return postgresShopOf(t, newPostgres(t))
}

func postgresShopOf(t testing.TB, url string) *shop {
	t.Helper()
	s := &shop{TB: t, url: url, shopSQL: postgresShop}
	execPostgres(t, s.url, readShop(t, "postgres"))
	s.reconnect()
	s.exec = func(sql string, args ...any) {
		t.Helper()
		if _, err := s.conn.Exec(context.Background(), sql, args...); err != nil {
			t.Fatalf("%v\n%s", err, sql)
		}
	}
	s.query = func(sql string, args ...any) []string {
		t.Helper()
		rows, err := s.conn.Query(context.Background(), sql, args...)
		if err != nil {
			t.Fatal(err)
		}
		lines, err := pgx.CollectRows(rows, pgx.RowTo[string])
		if err != nil {
			t.Fatalf("%v\n%s", err, sql)
		}
		return lines
	}
	return s
}

func (s *shop) reconnect() {
	s.Helper()
	if strings.HasPrefix(s.url, "mysql") {
		return // the next statement does
	}
	if s.conn != nil {
		s.conn.Close(context.Background())
	}
	var err error
	if s.conn, err = pgx.Connect(context.Background(), s.url); err != nil {
		s.Fatal(err)
	}
	conn := s.conn
	s.Cleanup(func() { conn.Close(context.Background()) })
}

func newSQLiteShop(t testing.TB) *shop {
	t.Helper()
	path := newSQLite(t)
	db, err := sql.Open("sqlite", path+"?_pragma=foreign_keys(1)")
	if err != nil {
		t.Fatal(err)
	}
	db.SetMaxOpenConns(1)
	t.Cleanup(func() { db.Close() })
	s := &shop{TB: t, url: "sqlite://" + (&url.URL{Path: path}).EscapedPath(), shopSQL: sqliteShop}
	s.exec = func(sql string, args ...any) {
		t.Helper()
		if _, err := db.Exec(sql, args...); err != nil {
			t.Fatalf("%v\n%s", err, sql)
		}
	}
	s.query = func(sql string, args ...any) (lines []string) {
		t.Helper()
		rows, err := db.Query(sql, args...)
		if err != nil {
			t.Fatalf("%v\n%s", err, sql)
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
	s.exec(readShop(t, "sqlite"))
	t.Cleanup(func() {
		same(t, "integrity", strings.Join(s.query("PRAGMA integrity_check"), "\n"), "ok")
		same(t, "foreign keys", strings.Join(s.query("SELECT \"table\" FROM pragma_foreign_key_check"), "\n"), "")
	})
	return s
}

func readShop(t testing.TB, database string) string {
	t.Helper()
	schema, err := os.ReadFile("testdata/products/" + database + ".sql")
	if err != nil {
		t.Fatal(err)
	}
	return string(schema)
}

var postgresShop = shopSQL{
	dumpRow: func(*shop, string) string { return "t::text" },
	given:   "(SELECT $1::jsonb) v (j)",
	plans:   "sluice.plan", past: "'epoch'",
	wanted: `SELECT ROW(sku, title, description, category, author::bigint, price::numeric(10,2), stock::int, nullif(published, '')::date,
		(updated_at || '+00')::timestamptz, active::int::bool, nullif(isbn, ''), nullif(weight, '')::numeric(8,3), tags)::text FROM by_hand ORDER BY sku`,
	found: `SELECT ROW(sku, title, description, c.slug, author_id, price, stock, published, updated_at, active, isbn, weight,
		coalesce((SELECT string_agg(t.name, '|' ORDER BY t.name) FROM shop_product_tags l JOIN shop_tag t ON t.id = l.tag_id WHERE l.product_id = p.id), ''))::text
		FROM shop_product p JOIN shop_category c ON c.id = category_id ORDER BY sku`,
}

var sqliteShop = shopSQL{
	dumpRow: func(s *shop, table string) string {
		var columns []string
		for _, name := range s.query("SELECT name FROM pragma_table_info($1)", table) {
			columns = append(columns, "quote("+name+")")
		}
		return strings.Join(columns, " || ',' || ")
	},
	given: "(SELECT $1 AS j)",
	plans: "sluice_plan", past: "1",
	wanted: `SELECT concat_ws(',', quote(sku), quote(title), quote(description), quote(category), quote(CAST(nullif(author, '') AS INTEGER)), quote(CAST(price AS NUMERIC)), quote(CAST(stock AS INTEGER)),
		quote(nullif(published, '')), quote(updated_at), quote(CAST(active AS INTEGER)), quote(nullif(isbn, '')), quote(CAST(nullif(weight, '') AS NUMERIC)), quote(tags)) FROM by_hand ORDER BY sku`,
	found: `SELECT concat_ws(',', quote(sku), quote(title), quote(description), quote(c.slug), quote(author_id), quote(price), quote(stock), quote(published), quote(updated_at), quote(active), quote(isbn), quote(weight),
		quote(coalesce((SELECT group_concat(t.name, '|' ORDER BY t.name) FROM shop_product_tags l JOIN shop_tag t ON t.id = l.tag_id WHERE l.product_id = p.id), '')))
		FROM shop_product p JOIN shop_category c ON c.id = category_id ORDER BY sku`,
}

// open opens the job of products for a file; edit changes its text first.
func (s *shop) open(input string, edit ...string) *Import {
	s.Helper()
	text, err := os.ReadFile("testdata/products/job.yaml")
	if err != nil {
		s.Fatal(err)
	}
	job, err := spec.Parse("job.yaml", []byte(strings.NewReplacer(edit...).Replace(string(text))))
	if err != nil {
		s.Fatal(err)
	}
	params, err := job.Bind(map[string]string{"input": input, "database": s.url}, nil)
	if err != nil {
		s.Fatal(err)
	}
	im, err := Open(context.Background(), Options{Job: job, Params: params, Stores: store.NewSet(store.Options{}), Version: "test"})
	if err != nil {
		s.Fatal(err)
	}
	s.Cleanup(im.Close)
	return im
}

func (s *shop) plan(input string) *plan.Plan {
	s.Helper()
	im := s.open(input)
	defer im.Close()
	p, err := im.Plan(context.Background(), plan.Options{})
	if err != nil {
		s.Fatal(err)
	}
	return p
}

func (s *shop) apply(input string) *plan.Result {
	s.Helper()
	im := s.open(input)
	defer im.Close()
	r, err := im.Apply(context.Background(), plan.ApplyOptions{})
	if err != nil {
		s.Fatal(err)
	}
	return r
}

func (s *shop) revert(run string) *plan.Result {
	s.Helper()
	im := s.open("none.csv")
	defer im.Close()
	r, err := im.Revert(context.Background(), run, plan.RevertOptions{})
	if err != nil {
		s.Fatal(err)
	}
	return r
}

func (s *shop) lastRun() string {
	s.Helper()
	im := s.open("none.csv")
	defer im.Close()
	runs, err := im.Runs(context.Background())
	if err != nil {
		s.Fatal(err)
	}
	return runs[len(runs)-1].ID
}

// dump returns every row of the shop's tables, IDs included.
func (s *shop) dump() string {
	s.Helper()
	var all strings.Builder
	for _, table := range []string{"shop_product", "shop_product_tags", "shop_tag", "shop_category"} {
		rows := s.query(fmt.Sprintf("SELECT %s FROM %s t ORDER BY id", s.dumpRow(s, table), table))
		fmt.Fprintf(&all, "-- %s\n%s\n", table, strings.Join(rows, "\n"))
	}
	return all.String()
}

// byHand returns what the files hold as the database should have it, by SKU,
// loaded by SQL that is written by hand.
func (s *shop) byHand(input string) string {
	s.Helper()
	f, err := os.Open(input)
	if err != nil {
		s.Fatal(err)
	}
	defer f.Close()
	records, err := csv.NewReader(f).ReadAll()
	if err != nil {
		s.Fatal(err)
	}
	s.exec("CREATE TEMP TABLE IF NOT EXISTS by_hand (" + strings.Join(records[0], " text, ") + " text); DELETE FROM by_hand")
	for _, r := range records[1:] {
		text, _ := json.Marshal(r)
		s.exec("INSERT INTO by_hand SELECT j->>0, j->>1, j->>2, j->>3, j->>4, j->>5, j->>6, j->>7, j->>8, j->>9, j->>10, j->>11, j->>12 FROM "+s.given, string(text))
	}
	return strings.Join(s.query(s.wanted), "\n")
}

// products returns the same of the tables.
func (s *shop) products() string {
	s.Helper()
	return strings.Join(s.query(s.found), "\n")
}

// same compares two texts line by line.
func same(t testing.TB, what, got, want string) {
	t.Helper()
	if got == want {
		return
	}
	a, b := strings.Split(got, "\n"), strings.Split(want, "\n")
	for i := range max(len(a), len(b)) {
		if i >= len(a) || i >= len(b) || a[i] != b[i] {
			t.Errorf("%s: line %d of %d and %d:\n%s\n%s", what, i+1, len(a), len(b), strings.Join(a[min(i, len(a)):min(i+1, len(a))], ""), strings.Join(b[min(i, len(b)):min(i+1, len(b))], ""))
			return
		}
	}
}

const (
	v1      = "testdata/products/v1.csv"
	v2      = "testdata/products/v2.csv"
	v2clean = "testdata/products/v2clean.csv"
)
