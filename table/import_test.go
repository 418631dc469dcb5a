package table

import (
	"context"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"os"
	"slices"
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
	url  string
	conn *pgx.Conn
}

func newShop(t testing.TB) *shop {
	t.Helper()
	schema, err := os.ReadFile("testdata/products/postgres.sql")
	if err != nil {
		t.Fatal(err)
	}
	s := &shop{TB: t, url: newPostgres(t)}
	execPostgres(t, s.url, string(schema))
	if s.conn, err = pgx.Connect(context.Background(), s.url); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.conn.Close(context.Background()) })
	return s
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
	p, err := s.open(input).Plan(context.Background(), plan.Options{})
	if err != nil {
		s.Fatal(err)
	}
	return p
}

func (s *shop) apply(input string) *plan.Result {
	s.Helper()
	r, err := s.open(input).Apply(context.Background(), plan.ApplyOptions{})
	if err != nil {
		s.Fatal(err)
	}
	return r
}

func (s *shop) revert(run string) *plan.Result {
	s.Helper()
	r, err := s.open("none.csv").Revert(context.Background(), run, plan.RevertOptions{})
	if err != nil {
		s.Fatal(err)
	}
	return r
}

// dump returns every row of the shop's tables, IDs included.
func (s *shop) dump() string {
	s.Helper()
	var all strings.Builder
	for _, table := range []string{"shop_product", "shop_product_tags", "shop_tag", "shop_category"} {
		var text string
		if err := s.conn.QueryRow(context.Background(), fmt.Sprintf("SELECT coalesce(string_agg(t::text, E'\\n' ORDER BY id), '') FROM %s t", table)).Scan(&text); err != nil {
			s.Fatal(err)
		}
		fmt.Fprintf(&all, "-- %s\n%s\n", table, text)
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
	ctx := context.Background()
	if _, err := s.conn.Exec(ctx, "CREATE TEMP TABLE IF NOT EXISTS by_hand ("+strings.Join(records[0], " text, ")+" text); TRUNCATE by_hand"); err != nil {
		s.Fatal(err)
	}
	for _, r := range records[1:] {
		text, _ := json.Marshal(r)
		if _, err := s.conn.Exec(ctx, `INSERT INTO by_hand SELECT j->>0, j->>1, j->>2, j->>3, j->>4, j->>5, j->>6, j->>7, j->>8, j->>9, j->>10, j->>11, j->>12 FROM (SELECT $1::jsonb) v (j)`, string(text)); err != nil {
			s.Fatal(err)
		}
	}
	return s.texts(`SELECT ROW(sku, title, description, category, author::bigint, price::numeric(10,2), stock::int, nullif(published, '')::date,
		(updated_at || '+00')::timestamptz, active::int::bool, nullif(isbn, ''), nullif(weight, '')::numeric(8,3), tags)::text FROM by_hand ORDER BY sku`)
}

// products returns the same of the tables.
func (s *shop) products() string {
	s.Helper()
	return s.texts(`SELECT ROW(sku, title, description, c.slug, author_id, price, stock, published, updated_at, active, isbn, weight,
		coalesce((SELECT string_agg(t.name, '|' ORDER BY t.name) FROM shop_product_tags l JOIN shop_tag t ON t.id = l.tag_id WHERE l.product_id = p.id), ''))::text
		FROM shop_product p JOIN shop_category c ON c.id = category_id ORDER BY sku`)
}

func (s *shop) texts(sql string) string {
	s.Helper()
	rows, err := s.conn.Query(context.Background(), sql)
	if err != nil {
		s.Fatal(err)
	}
	lines, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		s.Fatal(err)
	}
	return strings.Join(lines, "\n")
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

// TestImport loads the products, then their second version, and takes both back.
func TestImport(t *testing.T) {
	s := newShop(t)
	empty := s.dump()
	if p := s.plan(v1); p.Counts[plan.New] != 300 || p.Counts.Total() != 300 {
		t.Errorf("plan of the first file: %v", p.Counts)
	}
	same(t, "after a plan", s.dump(), empty)
	first := s.apply(v1)
	if first.Run == "" || first.Status != 0 || first.Counts[plan.New] != 300 {
		t.Errorf("the first file: %+v", first)
	}
	same(t, "the first file", s.products(), s.byHand(v1))
	before := s.dump()
	if again := s.apply(v1); again.Run != "" || again.Counts[plan.Unchanged] != 300 {
		t.Errorf("the same file again: %+v", again)
	}

	second := s.apply(v2clean)
	if second.Counts[plan.New] != 6 || second.Counts[plan.Update] != 15 {
		t.Errorf("the second file: %+v", second)
	}
	taken := s.products()
	for _, line := range strings.Split(s.byHand(v2clean), "\n") {
		if !strings.Contains(taken, line) {
			t.Errorf("missing: %s", line)
		}
	}
	after := s.dump()
	back := s.revert(second.Run)
	if back.Counts[plan.Delete] != 6 || back.Counts[plan.Update] != 15 {
		t.Errorf("reverted: %+v", back)
	}
	same(t, "the second file reverted", s.dump(), before)
	s.revert(back.Run)
	same(t, "the revert reverted", s.dump(), after)
	s.revert(s.lastRun())
	s.revert(first.Run)
	same(t, "the first file reverted", s.dump(), empty)
}

func (s *shop) lastRun() string {
	s.Helper()
	runs, err := s.open("none.csv").Runs(context.Background())
	if err != nil {
		s.Fatal(err)
	}
	return runs[len(runs)-1].ID
}

// TestExpected holds the counts and the invalid rows against those that the
// generator of the files expects.
func TestExpected(t *testing.T) {
	text, err := os.ReadFile("testdata/products/expect.json")
	if err != nil {
		t.Fatal(err)
	}
	var want struct {
		Update, New, Invalid, Skip int64
		Bad                        map[string]string `json:"bad_rows_1based"`
	}
	if err := json.Unmarshal(text, &want); err != nil {
		t.Fatal(err)
	}
	s := newShop(t)
	s.apply(v1)
	p := s.plan(v2)
	got := p.Counts
	if got[plan.New] != want.New || got[plan.Update] != want.Update || got[plan.Invalid] != want.Invalid || got[plan.Unchanged] != want.Skip {
		t.Errorf("got %v, want %+v", got, want)
	}
	var bad []string
	for _, r := range p.Table.Rows {
		if r.State == plan.Invalid {
			bad = append(bad, fmt.Sprint(r.Row))
			t.Log(r.Row, r.Why)
		}
	}
	slices.Sort(bad)
	var rows []string
	for row := range want.Bad {
		rows = append(rows, row)
	}
	slices.Sort(rows)
	if !slices.Equal(bad, rows) {
		t.Errorf("bad rows %v, want %v", bad, rows)
	}
}
