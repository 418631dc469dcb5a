package table

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"os"
	"strings"
	"testing"

	"github.com/seed-128c3863/sluice/plan"
	"github.com/seed-128c3863/sluice/spec"
)

// kept are what sluice keeps in a database: the names of its tables.
func (s *shop) kept() string {
	switch {
	case s.conn != nil:
		return strings.Join(s.query("SELECT relname::text FROM pg_class WHERE relnamespace::regnamespace::text = 'sluice' AND relkind = 'r' ORDER BY 1"), " ")
	case strings.HasPrefix(s.url, "mysql"):
		return strings.Join(s.query("SELECT table_name FROM information_schema.tables WHERE table_schema = database() AND table_name LIKE 'sluice%' ORDER BY 1"), " ")
	}
	return strings.Join(s.query("SELECT name FROM sqlite_schema WHERE type = 'table' AND name LIKE 'sluice%' ORDER BY 1"), " ")
}

// Without a journal the same rows are written, and nothing else.
func TestNoRevert(t *testing.T) { eachShop(t, testNoRevert) }

func testNoRevert(t *testing.T, s *shop) {
	apply := func(input string, o plan.ApplyOptions) (*plan.Result, error) {
		im := s.open(input)
		defer im.Close()
		o.NoRevert = true
		return im.Apply(context.Background(), o)
	}
	for _, tc := range []struct {
		input string
		rows  int64
	}{{v1, 300}, {v2clean, 21}, {v2clean, 0}} {
		r, err := apply(tc.input, plan.ApplyOptions{})
		if err != nil {
			t.Fatal(err)
		}
		if r.Rows != tc.rows || r.NoRevert != (tc.rows > 0) {
			t.Errorf("%s: %+v", tc.input, r)
		}
	}
	for _, line := range strings.Split(s.byHand(v2clean), "\n") {
		if !strings.Contains(s.products(), line) {
			t.Errorf("missing: %s", line)
		}
	}
	same(t, "kept", s.kept(), "")
	im := s.open(v1)
	defer im.Close()
	if runs, err := im.Runs(context.Background()); err != nil || len(runs) > 0 {
		t.Errorf("%v, %v", runs, err)
	}
	before := ""
	_, err := apply(v1, plan.ApplyOptions{Confirm: func(*plan.Plan) (bool, error) {
		s.exec("UPDATE shop_product SET title = concat(title, '!')")
		before = s.dump()
		return true, nil
	}})
	var drift *plan.DriftError
	if !errors.As(err, &drift) {
		t.Errorf("%v", err)
	}
	same(t, "after drift", s.dump(), before)
}

// setupOf returns what setup is asked with.
func (s *shop) setupOf() Options {
	s.Helper()
	text, err := os.ReadFile("testdata/products/job.yaml")
	if err != nil {
		s.Fatal(err)
	}
	job, err := spec.Parse("job.yaml", text)
	if err != nil {
		s.Fatal(err)
	}
	params, _, err := job.BindFor(job.To.Database, map[string]string{"database": s.url}, func(string) (string, bool) { return "", false })
	if err != nil {
		s.Fatal(err)
	}
	return Options{Job: job, Params: params}
}

// Setup makes what is missing, and nothing twice.
func TestSetup(t *testing.T) { eachDatabase(t, testSetup) }

func testSetup(t *testing.T, open func(testing.TB) *shop) {
	ctx, s := context.Background(), open(t)
	printed, err := SetupSQL(ctx, s.setupOf(), "")
	if err != nil {
		t.Fatal(err)
	}
	same(t, "printed only", s.kept(), "")
	done, err := Setup(ctx, s.setupOf(), "")
	if err != nil {
		t.Fatal(err)
	}
	same(t, "done", strings.Join(done, ";\n"), strings.Join(printed, ";\n"))
	made := s.kept()
	if again, err := Setup(ctx, s.setupOf(), ""); err != nil || len(again) > 0 {
		t.Errorf("%q, %v", again, err)
	}
	before := s.dump()
	r := s.apply(v1)
	s.revert(r.Run)
	same(t, "reverted", s.dump(), before)
	for _, table := range strings.Fields(made) {
		if !strings.Contains(" "+s.kept()+" ", " "+table+" ") {
			t.Errorf("%s is gone", table)
		}
	}
	// What a run makes of its own is what it makes without a setup.
	other := open(t)
	other.apply(v1)
	for _, table := range strings.Fields(other.kept()) {
		if !strings.Contains(" "+s.kept()+" ", " "+table+" ") {
			t.Errorf("setup has not made %s", table)
		}
	}
}

// clerk makes a user of the database, with these rights, and returns the URL
// that it connects by.
func clerk(t testing.TB, of, rights string) (name, address string) {
	t.Helper()
	name = fmt.Sprintf("clerk_%d_%d", os.Getpid(), databases.Add(1))
	execPostgres(t, of, "CREATE ROLE "+name+" LOGIN PASSWORD 'hush7421'; "+strings.ReplaceAll(rights, "CLERK", name))
	t.Cleanup(func() { execPostgres(t, of, "DROP OWNED BY "+name+"; DROP ROLE "+name) })
	u, err := url.Parse(of)
	if err != nil {
		t.Fatal(err)
	}
	u.User = url.UserPassword(name, "hush7421")
	return name, u.String()
}

const clerkRights = `GRANT SELECT, INSERT, UPDATE, DELETE ON article, article_tag TO CLERK; GRANT SELECT ON kind, tag TO CLERK;
	GRANT USAGE ON SEQUENCE article_id_seq TO CLERK`

// Who may only read and write the tables of the job plans, and applies without
// a journal, or with one once somebody has set it up.
func TestClerk(t *testing.T) {
	w := newWorld(t, articles+"; INSERT INTO kind (t) VALUES ('new')", strings.ReplaceAll(articleJob, ", missing: create", ""))
	owner := w.url
	name, address := clerk(t, owner, clerkRights)
	w.url = address
	lines := []string{"code,kind,twin,n,tags", "a,old,,1,red", "b,new,old,2,"}
	p, _ := w.plan(lines...)
	if p.Counts[plan.New] != 2 {
		t.Errorf("%v", p.Counts)
	}
	_, err := w.tryApply(lines...)
	has(t, err, "user "+name+" may not create schema sluice", "`sluice setup JOB --sql`", "--no-revert")
	im, err := w.open(lines...)
	if err != nil {
		t.Fatal(err)
	}
	if runs, err := im.Runs(context.Background()); err != nil || len(runs) > 0 {
		t.Errorf("%v, %v", runs, err)
	}
	if _, err := im.Plan(context.Background(), plan.Options{Keep: true}); err == nil {
		t.Error("a plan was kept nowhere")
	} else {
		has(t, err, "may not create schema sluice")
	}
	r, err := im.Apply(context.Background(), plan.ApplyOptions{NoRevert: true})
	if err != nil || r.Rows != 2 || !r.NoRevert {
		t.Fatalf("%+v, %v", r, err)
	}
	same(t, "rows", w.rows("article", "article_tag"), "(1,a,1,,1) (2,b,2,1,2)\n(1,1)")

	// Somebody runs what setup prints.
	statements, err := SetupSQL(context.Background(), im.Options, "")
	if err != nil {
		t.Fatal(err)
	}
	execPostgres(t, owner, strings.Join(statements, "; "))
	if again, err := SetupSQL(context.Background(), im.Options, ""); err != nil || len(again) > 0 {
		t.Errorf("%q, %v", again, err)
	}
	before := w.rows("article", "article_tag")
	r = w.apply("code,kind,twin,n,tags", "a,new,,3,", "c,old,,4,red")
	w.revert(r.Run)
	same(t, "reverted", w.rows("article", "article_tag"), before)
	im, err = w.open("code,kind,twin,n,tags", "a,new,,3,")
	if err != nil {
		t.Fatal(err)
	}
	saved, err := im.Plan(context.Background(), plan.Options{Keep: true})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := im.Apply(context.Background(), plan.ApplyOptions{Plan: reread(t, saved)}); err != nil {
		t.Fatal(err)
	}

	// Another has no part in it.
	other, address := clerk(t, owner, clerkRights)
	w.url = address
	w.plan(lines...)
	_, err = w.tryApply(lines...)
	has(t, err, "user "+other+" may not write in schema sluice", "--no-revert")
	_, err = w.tryRevert(r.Run)
	has(t, err, "user "+other+" may not read the runs in schema sluice")
	if im, err = w.open(lines...); err != nil {
		t.Fatal(err)
	}
	if _, err := im.Apply(context.Background(), plan.ApplyOptions{NoRevert: true}); err != nil {
		t.Fatal(err)
	}
	_, err = Setup(context.Background(), im.Options, "")
	has(t, err, "permission denied", "`sluice setup JOB --sql`")
	w.url = owner
	if im, err = w.open(lines...); err != nil {
		t.Fatal(err)
	}
	if _, err := Setup(context.Background(), im.Options, other); err != nil {
		t.Fatal(err)
	}
	if _, err := Setup(context.Background(), im.Options, "nobody_of_that_name"); err == nil || !strings.Contains(err.Error(), `role "nobody_of_that_name" does not exist`) {
		t.Errorf("%v", err)
	}
	w.url = address
	w.apply("code,kind,twin,n,tags", "d,new,,3,")
}
