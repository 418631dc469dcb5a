package table

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/url"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/seed-128c3863/sluice/plan"
	"github.com/seed-128c3863/sluice/spec"
	"github.com/seed-128c3863/sluice/store"
)

// TestMain is also the process that the tests of this file kill: with a
// database in the environment it does one run, and ends.
func TestMain(m *testing.M) {
	if url := os.Getenv("SLUICE_TEST_RUN_ON"); url != "" {
		if err := runOnce(url, os.Getenv("SLUICE_TEST_RUN")); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	os.Exit(m.Run())
}

// runOnce applies a file, reverts a run, or saves the plan of a file: "apply
// FILE", "revert RUN", "plan FILE INTO".
func runOnce(url, what string) error {
	ctx := context.Background()
	verb, arg, _ := strings.Cut(what, " ")
	arg, into, _ := strings.Cut(arg, " ")
	text, err := os.ReadFile("testdata/products/job.yaml")
	if err != nil {
		return err
	}
	batch, inBatches := os.LookupEnv("SLUICE_TEST_BATCH")
	if inBatches {
		text = bytes.Replace(text, []byte("transaction: all"), []byte("transaction: batch"), 1)
	}
	job, err := spec.Parse("job.yaml", text)
	if err != nil {
		return err
	}
	params, err := job.Bind(map[string]string{"input": arg, "database": url}, nil)
	if err != nil {
		return err
	}
	im, err := Open(ctx, Options{Job: job, Params: params, Stores: store.NewSet(store.Options{}), Version: "test"})
	if err != nil {
		return err
	}
	defer im.Close()
	if inBatches {
		im.batch, _ = strconv.ParseInt(batch, 10, 64)
		im.db = &stopping{im.db, func(to int64) {
			if fmt.Println(to); fmt.Sprint(to) == os.Getenv("SLUICE_TEST_STOP") {
				time.Sleep(time.Minute) // it is killed
			}
		}}
	}
	switch verb {
	case "revert":
		_, err = im.Revert(ctx, arg, plan.RevertOptions{})
	case "plan":
		var p *plan.Plan
		if p, err = im.Plan(ctx, plan.Options{Keep: true}); err == nil {
			err = writePlan(p, into)
		}
	default:
		_, err = im.Apply(ctx, plan.ApplyOptions{})
	}
	return err
}

// writePlan saves a plan whole, or not at all.
func writePlan(p *plan.Plan, file string) error {
	f, err := os.Create(file + ".part")
	if err != nil {
		return err
	}
	defer f.Close()
	if err := p.Write(f); err != nil {
		return err
	}
	return os.Rename(f.Name(), file)
}

// killed does a run in another process, and reports whether that was killed
// before it ended.
func (s *shop) killed(after time.Duration, what string) bool {
	s.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), after)
	defer cancel()
	cmd := exec.CommandContext(ctx, os.Args[0])
	cmd.Env = append(os.Environ(), "SLUICE_TEST_RUN_ON="+s.url, "SLUICE_TEST_RUN="+what)
	out, err := cmd.CombinedOutput()
	var exit *exec.ExitError
	if err != nil && errors.As(err, &exit) && exit.Exited() {
		s.Fatalf("%s failed by itself: %s", what, out)
	}
	return err != nil
}

// moments gives random times within that of a whole run, which it learns from
// the runs that are not cut off.
type moments struct {
	*rand.Rand
	whole        time.Duration
	killed, runs int
}

func newMoments(t *testing.T) *moments {
	seed := uint64(time.Now().UnixNano())
	t.Logf("seed %d", seed)
	return &moments{Rand: rand.New(rand.NewPCG(seed, seed)), whole: 300 * time.Millisecond}
}

func (m *moments) kill(s *shop, what string) {
	s.Helper()
	began := time.Now()
	m.runs++
	if s.killed(time.Duration(m.Int64N(int64(m.whole))), what) {
		m.killed++
	} else {
		m.whole = time.Since(began)
	}
}

// kills is how many runs a test cuts off.
func kills() int {
	if os.Getenv("SLUICE_SOAK") != "" {
		return 1000
	}
	return 20
}

// alone returns when the server has noticed that a killed run is no more.
func (s *shop) alone() {
	s.Helper()
	for strings.HasPrefix(s.url, "mysql") && len(s.query("SELECT cast(id AS char) FROM information_schema.processlist WHERE db = database() AND id <> connection_id() AND (command <> 'Sleep' OR id IN (SELECT trx_mysql_thread_id FROM information_schema.innodb_trx))")) > 0 {
		<-time.After(10 * time.Millisecond)
	}
	if s.conn == nil {
		return
	}
	for n := -1; n != 0; {
		err := s.conn.QueryRow(context.Background(), "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'sluice' AND datname = current_database() AND state <> 'idle'").Scan(&n)
		if err != nil {
			s.Fatal(err)
		}
	}
}

// TestKill kills applies and reverts at random moments: the table is as before
// or as after, never between, and the next run goes on from there.
func TestKill(t *testing.T) {
	t.Parallel()
	eachShop(t, testKill)
}

func testKill(t *testing.T, s *shop) {
	s.apply(v1)
	first := s.dump()
	before, after := s.products(), ""
	applies, reverts := newMoments(t), newMoments(t)
	for range kills() {
		applies.kill(s, "apply "+v2clean)
		s.apply(v2clean) // does it, or finds it done
		if after == "" {
			after = s.products()
		}
		same(t, "after a killed apply and another", s.products(), after)
		run := s.lastRun()
		reverts.kill(s, "revert "+run)
		s.alone()
		if s.products() != before {
			same(t, "after a killed revert", s.products(), after)
			s.revert(run)
		}
		same(t, "after a killed revert and another", s.dump(), first)
		if t.Failed() {
			t.FailNow()
		}
	}
	for _, m := range []*moments{applies, reverts} {
		if m.killed < m.runs/4 {
			t.Errorf("only %d of %d runs were killed before they ended", m.killed, m.runs)
		}
	}
}

// TestCrash stops the server at once, at random moments of applies and reverts:
// the table is as before or as after, and the next run goes on from there.
func TestCrash(t *testing.T) {
	t.Parallel()
	eachCrashShop(t, testCrash)
}

func testCrash(t *testing.T, c server, s *shop) {
	s.apply(v1)
	before, after := s.products(), ""
	r := newMoments(t)
	for range crashes(c) {
		s.crashed(c, r, "apply "+v2clean)
		s.apply(v2clean)
		if after == "" {
			after = s.products()
		}
		same(t, "after a crash and another apply", s.products(), after)
		run := s.lastRun()
		s.crashed(c, r, "revert "+run)
		if s.products() != before {
			same(t, "after a crash in a revert", s.products(), after)
			s.revert(run)
		}
		same(t, "after a crash in a revert and another", s.products(), before)
		if t.Failed() {
			t.FailNow()
		}
	}
}

// A server is one of a test's own. Crash stops it as a loss of power would, and
// returns when it answers again.
type server interface{ Crash(testing.TB) }

// eachCrashShop runs a test with a shop on each server that it may stop.
func eachCrashShop(t *testing.T, test func(t *testing.T, c server, s *shop)) {
	t.Run("postgres", func(t *testing.T) {
		c := startCluster(t)
		execPostgres(t, c.url, "CREATE DATABASE shop TEMPLATE template0")
		u, err := url.Parse(c.url)
		if err != nil {
			t.Fatal(err)
		}
		test(t, c, postgresShopOf(t, u.JoinPath("..", "shop").String()))
	})
	t.Run("mysql", func(t *testing.T) {
		c := startMySQLServer(t)
		test(t, c, mysqlShopOn(t, c.url))
	})
}

// crashes is how often a test stops a server: one of MySQL takes longer to start.
func crashes(of server) int {
	if _, is := of.(*mysqlServer); is {
		return kills() / 4
	}
	return kills()
}

// crashed does a run in another process, and stops the server while that goes
// on, or just after.
func (s *shop) crashed(c server, r *moments, what string) {
	s.Helper()
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), "SLUICE_TEST_RUN_ON="+s.url, "SLUICE_TEST_RUN="+what)
	if err := cmd.Start(); err != nil {
		s.Fatal(err)
	}
	<-time.After(time.Duration(r.Int64N(int64(r.whole))))
	c.Crash(s)
	_ = cmd.Wait() // it may have been done before
	s.reconnect()
}
