package table

import (
	"context"
	"database/sql"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/seed-128c3863/sluice/plan"
)

// holdMySQL begins a transaction of another session, which ends with the test.
func (w *world) holdMySQL(statements string) *sql.Tx {
	w.Helper()
	tx, err := openMySQLServer(w, w.url).Begin()
	must(w, err)
	w.Cleanup(func() { _ = tx.Rollback() })
	_, err = tx.Exec(statements)
	must(w, err)
	return tx
}

// Who reads all the while, or edits other rows, is in nobody's way, and sees the
// table as it was.
func TestMySQLReader(t *testing.T) {
	for _, d := range deeds() {
		t.Run(d.name, func(t *testing.T) {
			w := newMySQLWorld(t, mysqlOf(readDDL), plainJob)
			if d.before != nil {
				d.before(w)
			}
			reader := w.holdMySQL("SET SESSION TRANSACTION ISOLATION LEVEL REPEATABLE READ; ROLLBACK; START TRANSACTION")
			seen := func() (text string) {
				must(t, reader.QueryRow("SELECT group_concat(concat('(', k, ',', v, ')') ORDER BY k SEPARATOR ' ') FROM a").Scan(&text))
				return text
			}
			seen()
			editor := w.holdMySQL("UPDATE a SET v = 'theirs' WHERE k = 9; INSERT INTO a VALUES (8, 'new')")
			must(t, d.do(w))
			same(t, "what the reader sees", seen(), d.from)
			must(t, editor.Commit())
			same(t, "left", w.rows("a"), strings.Replace(d.to, "(9,z)", "(8,new) (9,theirs)", 1))
		})
	}
}

// Whoever holds a lock too long is named.
func TestMySQLLockTimeout(t *testing.T) {
	w := newMySQLWorld(t, mysqlOf(readDDL), plainJob)
	editor := w.holdMySQL("UPDATE a SET v = 'mine' WHERE k = 1")
	var id int
	must(t, editor.QueryRow("SELECT connection_id()").Scan(&id))
	_, err := w.tryApply("k,v", "1,c")
	has(t, err, "a lock was waited for too long", fmt.Sprintf("process %d, sluice, ", id), " since ", "to.lock_timeout", "nothing was changed")
	w.apply("k,v", "2,c") // an editor of another row is in nobody's way
	must(t, editor.Rollback())
	w.apply("k,v", "1,c")
	same(t, "in the end", w.rows("a"), "(1,c) (2,c) (9,z)")
}

// A table that somebody alters is waited for no longer than a row.
func TestMySQLAltered(t *testing.T) {
	w := newMySQLWorld(t, mysqlOf(readDDL), plainJob)
	w.holdMySQL("LOCK TABLES a WRITE")
	_, err := w.tryApply("k,v", "1,c")
	has(t, err, "a lock was waited for too long", "to.lock_timeout", "nothing was changed")
}

// Of two transactions that wait for each other the server ends one. If that is
// sluice's, nothing is changed.
func TestMySQLDeadlock(t *testing.T) {
	w := newMySQLWorld(t, mysqlOf(readDDL)+"; CREATE TABLE heavy (n int PRIMARY KEY); INSERT INTO heavy SELECT seq FROM seq_1_to_9000", strings.Replace(plainJob, "200ms", "1m", 1))
	editor := w.holdMySQL("UPDATE heavy SET n = -n; UPDATE a SET v = 'mine' WHERE k = 2")
	im, err := w.open("k,v", "1,c", "2,c")
	must(t, err)
	over := make(chan error, 1)
	go func() {
		_, err := im.Apply(context.Background(), plan.ApplyOptions{})
		over <- err
	}()
	for w.texts(fmt.Sprintf("SELECT count(*) FROM information_schema.processlist WHERE id = %d AND info LIKE '%%FOR UPDATE' AND time_ms > 200", im.db.(*mysql).id))[0] == "0" {
		if len(over) > 0 {
			t.Fatal(<-over)
		}
	}
	_, err = editor.Exec("UPDATE a SET v = 'mine' WHERE k = 1")
	must(t, err)
	has(t, <-over, "another transaction and this one waited for each other", "nothing was changed", "try again")
	must(t, editor.Commit())
	same(t, "theirs", w.rows("a"), "(1,mine) (2,mine) (9,z)")
	w.apply("k,v", "1,c", "2,c")
}

// A run whose connections the server ends at any of its calls has changed
// nothing, or a whole batch, and says why.
func TestMySQLEnded(t *testing.T) {
	for _, d := range deeds() {
		t.Run(d.name, func(t *testing.T) {
			for n, more := 1+rand.IntN(30), true; more; n += 30 {
				more = false
				w := newMySQLWorld(t, mysqlOf(readDDL), plainJob)
				if d.before != nil {
					d.before(w)
				}
				direct, end := w.url, w.enderOfMySQL()
				p := newProxy(t, direct, func(call int, _ string) fate {
					if call == n {
						more = true
						end()
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
				if !strings.HasPrefix(err.Error(), "database mysql://") { // not opened yet
					has(t, err, "the connection to the database was lost: ", "run it again")
				}
				if !part {
					same(t, "not done", left, d.from)
				}
				must(t, d.do(w))
				same(t, "done then", w.rows("a"), d.to)
			}
		})
	}
}

// enderOfMySQL returns what ends all connections to the database but those of the
// test, and returns when they are gone.
func (w *world) enderOfMySQL() func() {
	w.Helper()
	db := openMySQLServer(w, w.url)
	mine := w.texts("SELECT connection_id()")[0]
	return func() {
		for {
			ids := rowsOfMySQL(w, db, "SELECT id FROM information_schema.processlist WHERE db = database() AND id NOT IN (connection_id(), "+mine+")")
			if len(ids) == 0 {
				return
			}
			for _, id := range ids {
				_, _ = db.Exec("KILL " + id) // or it has ended
			}
		}
	}
}

// A session that the server ends because it was idle, or took too long, says so.
func TestMySQLLimits(t *testing.T) {
	w := newMySQLWorld(t, mysqlOf(readDDL)+"; CREATE TRIGGER wait BEFORE UPDATE ON a FOR EACH ROW SET NEW.v = if(sleep(9), NEW.v, NEW.v)", plainJob)
	im, err := w.open("k,v", "1,c")
	must(t, err)
	_, err = im.db.(*mysql).conn.ExecContext(context.Background(), "SET max_statement_time = 0.3")
	must(t, err)
	_, err = im.Apply(context.Background(), plan.ApplyOptions{})
	has(t, err, "max_statement_time", "nothing was changed")
	w.exec("DROP TRIGGER wait")
	im, err = w.open("k,v", "1,c")
	must(t, err)
	end := w.enderOfMySQL()
	_, err = im.Apply(context.Background(), plan.ApplyOptions{Confirm: func(*plan.Plan) (bool, error) {
		end()
		return true, nil
	}})
	has(t, err, "the connection to the database was lost", "nothing was changed", "run it again")
	same(t, "not done", w.rows("a"), "(1,a) (2,b) (9,z)")
}
