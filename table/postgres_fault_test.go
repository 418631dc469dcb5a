package table

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/url"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/seed-128c3863/sluice/plan"
)

// A loser is a world of which runs lose their connections.
type loser struct {
	*world
	natural       []string // the tables, apart from their IDs
	before, after string   // these
}

var changed = []string{"code,kind,twin,n,tags", "a,new,old,2,red|blue", "b,old,,2,", "c,other,,3,green"}

const natural = `(SELECT code, k.t, n, (SELECT string_agg(name, '|' ORDER BY name) FROM article_tag l JOIN tag g ON g.id = tag_id WHERE article_id = a.id) FROM article a LEFT JOIN kind k ON k.id = kind_id)`

func newLoser(t *testing.T) *loser {
	l := &loser{world: newWorld(t, articles, articleJob), natural: []string{natural, "(SELECT name FROM tag)", "(SELECT t FROM kind)"}}
	l.begin()
	return l
}

const naturalOfMySQL = `; CREATE VIEW natural_article AS SELECT code, k.t, n, (SELECT group_concat(name ORDER BY name SEPARATOR '|') FROM article_tag l JOIN tag g ON g.id = tag_id WHERE article_id = a.id) AS tags FROM article a LEFT JOIN kind k ON k.id = kind_id;
	CREATE VIEW tags AS SELECT name FROM tag; CREATE VIEW kinds AS SELECT t FROM kind`

func newMySQLLoser(t *testing.T) *loser {
	l := &loser{world: newMySQLWorld(t, mysqlOf(articles)+naturalOfMySQL, articleJob), natural: []string{"natural_article", "tags", "kinds"}}
	l.begin()
	return l
}

// eachLoser runs a test on each database that is reached by a connection.
func eachLoser(t *testing.T, test func(t *testing.T, l *loser)) {
	t.Run("postgres", func(t *testing.T) { test(t, newLoser(t)) })
	t.Run("mysql", func(t *testing.T) { test(t, newMySQLLoser(t)) })
}

func (l *loser) begin() {
	l.Helper()
	l.apply("code,kind,twin,n,tags", "a,old,,1,red", "b,old,,2,")
	l.before = l.state()
	run := l.apply(changed...).Run
	l.after = l.state()
	l.revert(run)
	same(l, "reverted", l.state(), l.before)
}

func (l *loser) state() string { return l.rows(l.natural...) }

// do applies or reverts through a proxy.
func (l *loser) do(p *proxy, verb, run string, o plan.ApplyOptions) (*plan.Result, error) {
	im, err := l.through(p, changed...)
	if err != nil {
		return nil, err
	}
	switch db := im.db.(type) {
	case *postgres:
		db.patience = p.patience
	case *mysql:
		db.patience = p.patience
	}
	im.Notify = func(e plan.Event) { p.notices = append(p.notices, e.Text) }
	if verb == "revert" {
		return im.Revert(context.Background(), run, plan.RevertOptions{Progress: o.Progress})
	}
	return im.Apply(context.Background(), o)
}

// ready brings the tables to where a run of a verb begins, and returns the run that
// a revert takes back.
func (l *loser) ready(verb string) (run string) {
	l.Helper()
	done := l.state() == l.after
	if verb == "revert" && !done {
		l.apply(changed...)
	} else if verb == "apply" && done {
		l.revert(l.lastRun())
	}
	return l.lastRun()
}

func (l *loser) lastRun() string {
	l.Helper()
	im, err := l.open("none")
	if err != nil {
		l.Fatal(err)
	}
	defer im.Close()
	runs, err := im.Runs(context.Background())
	if err != nil {
		l.Fatal(err)
	}
	return runs[len(runs)-1].ID
}

// TestFaults breaks the connection at calls of an apply and a revert, at all of
// them in a soak, before the server has the call and after. The tables are as before or as after, what is said
// is true, and the next run goes on.
func TestFaults(t *testing.T) {
	t.Parallel()
	eachLoser(t, testFaults)
}

func testFaults(t *testing.T, l *loser) {
	for _, verb := range []string{"apply", "revert"} {
		from, to := l.before, l.after
		if verb == "revert" {
			from, to = to, from
		}
		for _, how := range []fate{lostThere, lostBack} {
			step := 8
			if os.Getenv("SLUICE_SOAK") != "" {
				step = 1
			}
			n, more := 1+rand.IntN(step), true
			for ; more; n += step {
				run := l.ready(verb)
				more = false
				p := newProxy(t, l.url, func(call int, _ string) fate {
					if call != n {
						return arrives
					}
					more = true
					return how
				})
				p.patience = 10 * time.Second
				_, err := l.do(p, verb, run, plan.ApplyOptions{})
				switch {
				case err == nil:
					same(t, "done", l.state(), to)
				case l.state() != from:
					t.Errorf("%s, call %d, %v: it was not done: %s", verb, n, err, l.state())
				default:
					oneLoss(t, err)
				}
				if t.Failed() {
					t.Fatalf("%s, call %d, fate %d: %v", verb, n, how, err)
				}
			}
		}
	}
}

// oneLoss fails the test if an error does not say once that a connection was lost.
func oneLoss(t *testing.T, err error) {
	t.Helper()
	text := err.Error()
	if strings.Contains(text, "\n") || strings.Count(text, "database") != 1 || strings.Count(text, "nothing was changed") > 1 {
		t.Errorf("unclear: %s", text)
	}
	if !strings.HasPrefix(text, "the connection to the database was lost") && !strings.HasPrefix(text, "database postgres://") && !strings.HasPrefix(text, "database mysql://") {
		t.Errorf("something else: %s", text)
	}
}

// TestAnswerLost breaks the connection at the commit.
func TestAnswerLost(t *testing.T) { eachLoser(t, testAnswerLost) }

func testAnswerLost(t *testing.T, l *loser) {
	for name, tc := range map[string]struct {
		how  fate
		down bool // the server is, from then on
		done bool
		want string
	}{
		"it never arrives":              {lostThere, false, false, "nothing was changed"},
		"the answer is lost":            {lostBack, false, true, ""},
		"the server is left with it":    {forgotten, false, true, ""},
		"it never arrives, unreachable": {lostThere, true, false, "sluice runs"},
		"it is done, unreachable":       {lostBack, true, true, "sluice runs"},
	} {
		for _, verb := range []string{"apply", "revert"} {
			t.Run(verb+", "+name, func(t *testing.T) {
				run := l.ready(verb)
				p := newProxy(t, l.url, nil)
				if p.patience = 10 * time.Second; tc.down {
					p.patience = 200 * time.Millisecond
				}
				ends := 0 // transactions that are to end before: MySQL looks for conflicts in one
				if verb == "revert" && l.onMySQL() {
					ends = 1
				}
				p.cut = func(_ int, sql string) fate {
					if sql != "commit" {
						return arrives
					}
					if ends--; ends >= 0 {
						return arrives
					}
					p.down = tc.down
					return tc.how
				}
				from, to := l.before, l.after
				if verb == "revert" {
					from, to = to, from
				}
				r, err := l.do(p, verb, run, plan.ApplyOptions{})
				if tc.done {
					same(t, "done", l.state(), to)
				} else {
					same(t, "not done", l.state(), from)
				}
				var unsettled *plan.UnsettledError
				switch {
				case tc.want == "" && (err != nil || r.Run == "" || r.Run != l.lastRun() || len(p.notices) != 1):
					t.Errorf("%v, %+v, %v", err, r, p.notices)
				case tc.want != "":
					has(t, err, tc.want)
					if errors.As(err, &unsettled) != tc.down || r.Status != 1 || r.Run != "" {
						t.Errorf("%v, %+v", err, r)
					}
				}
			})
		}
	}
}

// TestStillCommitting loses the connection when the server takes its time to
// commit: what it says in the end counts.
func TestStillCommitting(t *testing.T) {
	l := newLoser(t)
	l.exec(`CREATE TABLE slow (n int);
		CREATE FUNCTION wait() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN PERFORM pg_advisory_xact_lock(42); RETURN NULL; END $$;
		CREATE CONSTRAINT TRIGGER wait AFTER INSERT ON slow DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION wait();
		CREATE FUNCTION late() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN SET CONSTRAINTS wait DEFERRED; INSERT INTO slow VALUES (1); RETURN NULL; END $$;
		CREATE CONSTRAINT TRIGGER late AFTER UPDATE ON article DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION late()`)
	run := l.ready("apply")
	holder := l.hold("SELECT pg_advisory_xact_lock(42)")
	p := newProxy(t, l.url, nil)
	p.patience = 10 * time.Second
	after := 0 // calls since the commit
	p.cut = func(_ int, sql string) fate {
		switch {
		case sql == "commit":
			after = 1
			return forgotten
		case after == 10: // it has been asked, and is again
			if err := holder.Rollback(context.Background()); err != nil {
				t.Error(err)
			}
		}
		if after > 0 {
			after++
		}
		return arrives
	}
	r, err := l.do(p, "apply", run, plan.ApplyOptions{})
	if err != nil || after <= 10 || r.Run != l.lastRun() {
		t.Errorf("%v, %d, %+v", err, after, r)
	}
	same(t, "done", l.state(), l.after)
}

// TestFailover loses the answer of a commit, and finds another server in the place
// of the first, whose transactions of the same number are others.
func TestFailover(t *testing.T) {
	other, err := url.Parse(postgresServer(t))
	if err != nil {
		t.Fatal(err)
	}
	first, err := url.Parse(startCluster(t).url)
	if err != nil {
		t.Fatal(err)
	}
	password, _ := other.User.Password()
	execPostgres(t, first.String(), fmt.Sprintf("CREATE TABLE a (k int PRIMARY KEY); ALTER ROLE %s PASSWORD '%s'", first.User.Username(), password))
	first.User = url.UserPassword(first.User.Username(), password)
	w := &world{TB: t, job: "columns: {k: {from: k}}\nto: {DATABASE, table: a, key: k}"}
	p := newProxy(t, first.String(), nil)
	p.cut = func(_ int, sql string) fate {
		if sql != "commit" {
			return arrives
		}
		p.moved = other.Host
		return lostThere
	}
	im, err := w.through(p, "k", "1")
	if err != nil {
		t.Fatal(err)
	}
	im.db.(*postgres).patience = 200 * time.Millisecond
	r, err := im.Apply(context.Background(), plan.ApplyOptions{NoRevert: true})
	var unsettled *plan.UnsettledError
	if !errors.As(err, &unsettled) || r.Status != 1 || r.Run != "" || r.Rows != 0 {
		t.Errorf("%v, %+v", err, r)
	}
	has(t, err, "it is not known whether the rows are written", "lost at the commit", "look at the table, or plan again")
}
