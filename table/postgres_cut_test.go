package table

import (
	"context"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/seed-128c3863/sluice/plan"
)

// endAll ends all connections of runs to a database, and returns when they are
// gone.
const endAll = `DO $$ BEGIN
	WHILE (SELECT count(pg_terminate_backend(pid)) > 0 FROM pg_stat_activity WHERE datname = current_database() AND application_name = 'sluice') LOOP
		PERFORM pg_stat_clear_snapshot();
	END LOOP;
END $$`

// A run whose connections the server ends at any of its calls has changed
// nothing, or a whole batch, and says why.
func TestEnded(t *testing.T) {
	t.Parallel()
	for _, d := range deeds() {
		t.Run(d.name, func(t *testing.T) {
			for n, more := 1+rand.IntN(30), true; more; n += 30 {
				more = false
				w := newWorld(t, readDDL, plainJob)
				if d.before != nil {
					d.before(w)
				}
				direct := w.url
				p := newProxy(t, direct, func(call int, _ string) fate {
					if call == n {
						more = true
						execPostgres(t, direct, endAll)
					}
					return arrives
				})
				w.url = p.url
				err := d.do(w)
				w.url = direct
				p.mu.Lock() // no call is under way
				p.cut = func(int, string) fate { return arrives }
				p.mu.Unlock()
				left, part := w.rows("a"), err != nil && strings.Contains(err.Error(), "rows are written: ")
				if err == nil {
					same(t, "done", left, d.to)
					continue
				}
				if has(t, err, "the connection to the database was lost: ", "run it again"); !part {
					same(t, "not done", left, d.from)
				}
				must(t, d.do(w))
				same(t, "done then", w.rows("a"), d.to)
			}
		})
	}
}

// What a limit of the server ends says which it was, and what to do.
func TestServerLimits(t *testing.T) {
	w := newWorld(t, readDDL+`;
		CREATE FUNCTION wait() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN PERFORM pg_advisory_xact_lock(42); RETURN NEW; END $$;
		CREATE TRIGGER wait BEFORE UPDATE ON a FOR EACH ROW EXECUTE FUNCTION wait()`, strings.Replace(plainJob, "200ms", "1m", 1))
	holder := w.hold("SELECT pg_advisory_xact_lock(42)")
	direct := w.url
	w.url += "?statement_timeout=300"
	im, err := w.open("k,v", "1,c")
	must(t, err)
	_, err = im.Apply(context.Background(), plan.ApplyOptions{})
	im.Close()
	has(t, err, "canceling statement due to statement timeout; nothing was changed", "?statement_timeout=0 behind the URL")
	w.url = direct
	must(t, holder.Rollback(context.Background()))
	for limit, said := range map[string]string{"idle_session_timeout": "idle-session timeout", "idle_in_transaction_session_timeout": "idle-in-transaction timeout"} {
		gone := func(left int) { // returns when a limit has ended all connections but some
			execPostgres(t, direct, fmt.Sprintf("DO $$ BEGIN WHILE (SELECT count(*) > %d FROM pg_stat_activity WHERE datname = current_database() AND application_name = 'sluice') LOOP PERFORM pg_stat_clear_snapshot(); END LOOP; END $$", left))
		}
		p := newProxy(t, direct, func(_ int, sql string) fate {
			if sql == "commit" && limit != "idle_session_timeout" {
				gone(1)
			}
			return arrives
		})
		w.url = p.url + "&" + limit + "=300"
		im, err := w.open("k,v", "1,c")
		must(t, err)
		w.url = direct
		_, err = im.Apply(context.Background(), plan.ApplyOptions{Confirm: func(*plan.Plan) (bool, error) {
			if limit == "idle_session_timeout" {
				gone(0)
			}
			return true, nil
		}})
		has(t, err, "the connection to the database was lost", said, "nothing was changed", "?"+limit+"=0 behind the URL")
		same(t, limit, w.rows("a"), "(1,a) (2,b) (9,z)")
	}
}
