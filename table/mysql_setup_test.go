package table

import (
	"context"
	"database/sql"
	"fmt"
	"net/url"
	"os"
	"strings"
	"testing"

	"github.com/seed-128c3863/sluice/plan"
)

// mysqlClerk makes a user of the server, with these rights, and returns the URL
// that it connects to a database by.
func mysqlClerk(t testing.TB, admin *sql.DB, of string, rights ...string) (name, address string) {
	t.Helper()
	name = fmt.Sprintf("clerk_%d_%d", os.Getpid(), databases.Add(1))
	execMySQL(t, admin, "CREATE USER "+name+" IDENTIFIED BY 'hush7421'")
	t.Cleanup(func() { execMySQL(t, admin, "DROP USER "+name) })
	for _, grant := range rights {
		execMySQL(t, admin, strings.ReplaceAll(grant, "CLERK", name))
	}
	u, err := url.Parse(of)
	if err != nil {
		t.Fatal(err)
	}
	u.User = url.UserPassword(name, "hush7421")
	return name, u.String()
}

var mysqlClerkRights = []string{
	"GRANT SELECT, INSERT, UPDATE, DELETE ON article TO CLERK", "GRANT SELECT, INSERT, UPDATE, DELETE ON article_tag TO CLERK",
	"GRANT SELECT ON kind TO CLERK", "GRANT SELECT ON tag TO CLERK",
}

// TestMySQLClerk is TestClerk of MySQL, where rights on what a run makes are
// rights on the database.
func TestMySQLClerk(t *testing.T) {
	ctx := context.Background()
	w := newMySQLWorld(t, mysqlOf(articles+"; INSERT INTO kind (t) VALUES ('new')"), strings.ReplaceAll(articleJob, ", missing: create", ""))
	owner, admin := w.url, openMySQLServer(t, w.url)
	database := rowsOfMySQL(t, admin, "SELECT database()")[0]
	name, address := mysqlClerk(t, admin, owner, mysqlClerkRights...)
	w.url = address
	lines := []string{"code,kind,twin,n,tags", "a,old,,1,red", "b,new,old,2,"}
	_, err := w.tryPlan(lines...)
	has(t, err, "`sluice setup JOB --sql`", "nothing was changed")
	execMySQL(t, admin, "GRANT CREATE TEMPORARY TABLES ON "+database+".* TO "+name)
	p, _ := w.plan(lines...)
	if p.Counts[plan.New] != 2 {
		t.Errorf("%v", p.Counts)
	}
	_, err = w.tryApply(lines...)
	has(t, err, "user "+name+"@% may not create and drop tables in database "+database, "`sluice setup JOB --sql`", "--no-revert")
	im, err := w.open(lines...)
	if err != nil {
		t.Fatal(err)
	}
	if runs, err := im.Runs(ctx); err != nil || len(runs) > 0 {
		t.Errorf("%v, %v", runs, err)
	}
	_, err = im.Plan(ctx, plan.Options{Keep: true})
	has(t, err, "may not create and drop tables")
	r, err := im.Apply(ctx, plan.ApplyOptions{NoRevert: true})
	if err != nil || r.Rows != 2 || !r.NoRevert {
		t.Fatalf("%+v, %v", r, err)
	}
	same(t, "rows", w.rows("article", "article_tag"), "(1,a,1,,1) (2,b,2,1,2)\n(1,1)")

	// Somebody runs what setup prints.
	statements, err := SetupSQL(ctx, im.Options, "")
	if err != nil {
		t.Fatal(err)
	}
	has(t, statements[2], " ON `"+strings.ReplaceAll(database, "_", `\_`)+"`.* TO '"+name+"'@'%'")
	_, err = Setup(ctx, im.Options, "")
	has(t, err, "denied", "`sluice setup JOB --sql`")
	for _, sql := range statements {
		execMySQL(t, admin, sql)
	}
	if again, err := SetupSQL(ctx, im.Options, ""); err != nil || len(again) > 0 {
		t.Errorf("%q, %v", again, err)
	}
	before := w.rows("article", "article_tag")
	r = w.apply("code,kind,twin,n,tags", "a,new,,3,", "c,old,,4,red")
	w.revert(r.Run)
	same(t, "reverted", w.rows("article", "article_tag"), before)

	// Another reads alone: of deletes it is not known what they would take.
	_, w.url = mysqlClerk(t, admin, owner, "GRANT SELECT ON "+database+".* TO CLERK", "GRANT CREATE TEMPORARY TABLES ON "+database+".* TO CLERK")
	if p, _ = w.plan("code,kind,twin,n,tags", "a,new,,3,", "c,old,,4,red"); p.Counts[plan.Update] != 1 || p.Counts[plan.New] != 1 {
		t.Errorf("%v", p.Counts)
	}
	job := w.job
	w.job = strings.Replace(job, "key: [code]", "key: [code], write: mirror, max_delete: 100%", 1)
	_, err = w.tryPlan("code,kind,twin,n,tags", "a,new,,3,")
	has(t, err, "rows of table article are not deleted by a user without rights on database "+database)
	w.url = address
	if p, _ = w.plan("code,kind,twin,n,tags", "a,new,,3,"); p.Counts[plan.Delete] != 1 {
		t.Errorf("%v", p.Counts)
	}

	w.job = job + "transaction: batch\n"
	im, err = w.open("code,kind,twin,n,tags", "a,new,,3,")
	if err != nil {
		t.Fatal(err)
	}
	saved, err := im.Plan(ctx, plan.Options{Keep: true})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := im.Apply(ctx, plan.ApplyOptions{Plan: reread(t, saved)}); err != nil {
		t.Fatal(err)
	}
}

// Rights that a user has by a role count, and those on a pattern of databases;
// setup gives another user what it lacks.
func TestMySQLSetupOf(t *testing.T) {
	ctx := context.Background()
	w := newMySQLWorld(t, mysqlOf(articles), articleJob)
	admin := openMySQLServer(t, w.url)
	database := rowsOfMySQL(t, admin, "SELECT database()")[0]
	role := fmt.Sprintf("role_%d_%d", os.Getpid(), databases.Add(1))
	execMySQL(t, admin, "CREATE ROLE "+role)
	t.Cleanup(func() { execMySQL(t, admin, "DROP ROLE "+role) })
	execMySQL(t, admin, "GRANT CREATE, DROP, CREATE TEMPORARY TABLES ON "+database+".* TO "+role)
	name, _ := mysqlClerk(t, admin, w.url, "GRANT "+role+" TO CLERK", "GRANT SELECT, INSERT, UPDATE, DELETE ON `test%`.* TO CLERK")
	im, err := w.open("code,kind,twin,n,tags")
	if err != nil {
		t.Fatal(err)
	}
	if missing, err := Setup(ctx, im.Options, name); err != nil || len(missing) != 2 { // the tables
		t.Errorf("%v, %q", err, missing)
	}
	other, address := mysqlClerk(t, admin, w.url, "GRANT SELECT (id), INSERT ON article TO CLERK")
	if missing, err := Setup(ctx, im.Options, other+"@%"); err != nil || len(missing) != 1 {
		t.Errorf("%v, %q", err, missing)
	}
	if missing, err := Setup(ctx, im.Options, other); err != nil || missing != nil {
		t.Errorf("%v, %q", err, missing)
	}
	_, err = Setup(ctx, im.Options, "nobody_of_that_name")
	has(t, err, "nobody_of_that_name")
	w.url = address
	w.apply("code,kind,twin,n,tags", "a,old,,1,red|new")
	w.revert(w.lastRun())
}
