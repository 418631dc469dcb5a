package table

import (
	"bufio"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/seed-128c3863/sluice/flow"
	"github.com/seed-128c3863/sluice/plan"
)

// eachJournal runs a test with a reader or writer beside it, in both ways that
// SQLite keeps its journal.
func eachJournal(t *testing.T, ddl string, test func(t *testing.T, w *world, mode string)) {
	for _, mode := range []string{"wal", "delete"} {
		t.Run(mode, func(t *testing.T) {
			test(t, newSQLiteWorld(t, "PRAGMA journal_mode = "+mode+"; "+ddl, plainJob), mode)
		})
	}
}

// session is another connection, which waits for nobody.
func (w *world) session() *sql.DB {
	w.Helper()
	db, err := sql.Open("sqlite", "file:"+strings.TrimPrefix(w.url, "sqlite://"))
	must(w, err)
	db.SetMaxOpenConns(1)
	w.Cleanup(func() { db.Close() })
	return db
}

func says(t testing.TB, db *sql.DB, statements string) {
	t.Helper()
	_, err := db.Exec(statements)
	must(t, err)
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// A reader that goes on and on is in nobody's way with WAL. Without, who writes
// waits as long as the job says, and leaves nothing behind.
func TestSQLiteReader(t *testing.T) {
	for _, d := range deeds() {
		eachJournal(t, readDDL, func(t *testing.T, w *world, mode string) {
			if d.before != nil {
				d.before(w)
			}
			schema := w.rows("sqlite_schema")
			other := w.session()
			says(t, other, "BEGIN; SELECT * FROM a")
			err := d.do(w)
			if mode == "delete" {
				has(t, err, "the database is locked: another connection, which SQLite does not name, reads it, and with PRAGMA journal_mode = WAL would be in nobody's way;", "to.lock_timeout", "nothing was changed")
				same(t, d.name+": rows", w.rows("a"), d.from)
				same(t, d.name+": tables", w.rows("sqlite_schema"), schema)
				says(t, other, "COMMIT")
				err = d.do(w)
			}
			if err != nil {
				t.Fatal(d.name, err)
			}
			if mode == "wal" { // it sees what it saw
				var seen string
				must(t, other.QueryRow("SELECT group_concat('(' || k || ',' || v || ')', ' ' ORDER BY k) FROM a").Scan(&seen))
				same(t, d.name+": what the reader sees", seen, d.from)
				says(t, other, "COMMIT")
			}
			same(t, d.name, w.rows("a"), d.to)
		})
	}
}

// Another writer, of other rows, is waited for as long as the job says.
func TestSQLiteEditor(t *testing.T) {
	for _, d := range deeds() {
		eachJournal(t, readDDL, func(t *testing.T, w *world, _ string) {
			if d.before != nil {
				d.before(w)
			}
			schema := w.rows("sqlite_schema")
			other := w.session()
			says(t, other, "BEGIN IMMEDIATE; UPDATE a SET v = 'theirs' WHERE k = 9")
			has(t, d.do(w), "the database is locked: another connection, which SQLite does not name, writes to it;", "to.lock_timeout", "nothing was changed")
			same(t, d.name+": rows", w.rows("a"), d.from)
			same(t, d.name+": tables", w.rows("sqlite_schema"), schema)
			says(t, other, "COMMIT")
			if err := d.do(w); err != nil {
				t.Fatal(d.name, err)
			}
			same(t, d.name, w.rows("a"), strings.Replace(d.to, "9,z", "9,theirs", 1))
		})
	}
}

// A reader that ends while it is waited for is in nobody's way; nor is one that
// comes then, for it waits itself.
func TestSQLiteReaderEnds(t *testing.T) {
	for _, d := range deeds() {
		w := newSQLiteWorld(t, readDDL, strings.Replace(plainJob, "200ms", "1m", 1))
		if d.before != nil {
			d.before(w)
		}
		other, late := w.session(), w.session()
		says(t, other, "BEGIN; SELECT * FROM a")
		must(t, flow.Together(context.Background(), func(context.Context) error { return d.do(w) }, func(context.Context) error {
			for { // until somebody waits to write
				if _, err := late.Exec("SELECT * FROM a"); err != nil {
					break
				}
			}
			_, err := other.Exec("COMMIT")
			return err
		}))
		same(t, d.name, w.rows("a"), d.to)
	}
}

// A reader that comes between two batches cuts the run off, and the next apply
// goes on with it.
func TestSQLiteReaderComes(t *testing.T) {
	eachJournal(t, readDDL, func(t *testing.T, w *world, mode string) {
		w.job = strings.Replace(w.job, "to: {", "transaction: batch\nto: {", 1)
		file := w.file(t.TempDir()+"/in.csv", "k,v", "1,c", "2,d", "3,n")
		other := w.session()
		apply := func(after func(int64)) (*plan.Result, error) {
			im, err := w.openFile(file)
			must(t, err)
			im.batch, im.db = 1, &stopping{im.db, after}
			return im.Apply(context.Background(), plan.ApplyOptions{})
		}
		r, err := apply(func(to int64) {
			if to == 2 {
				says(t, other, "BEGIN; SELECT * FROM a")
			}
		})
		if mode == "wal" {
			must(t, err)
			return
		}
		has(t, err, "2 of 3 rows are written: the database is locked", "reads it", "nothing of this batch was changed", "the next apply goes on from there")
		says(t, other, "COMMIT")
		next, err := apply(func(int64) {})
		if err != nil || !next.Resumed || next.Run != r.Run {
			t.Errorf("%v, %+v", err, next)
		}
		same(t, "written", w.rows("a"), "(1,c) (2,d) (3,n) (9,z)")
		w.revert(r.Run)
		same(t, "reverted", w.rows("a"), "(1,a) (2,b) (9,z)")
	})
}

// A reader is waited for once, however much is written: also if more than the
// cache has room for.
func TestSQLiteReaderOfMuch(t *testing.T) {
	w := newSQLiteWorld(t, `CREATE TABLE a (k int PRIMARY KEY, v text);
		INSERT INTO a WITH RECURSIVE i (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM i WHERE n < 3000) SELECT n, hex(zeroblob(5000)) FROM i`, plainJob)
	lines := []string{"k,v"}
	for n := range 3000 {
		lines = append(lines, fmt.Sprintf("%d,%s", n+1, strings.Repeat("x", 10000)))
	}
	says(t, w.session(), "BEGIN; SELECT * FROM a")
	began := time.Now()
	_, err := w.tryApply(lines...)
	has(t, err, "reads it", "nothing was changed")
	if took := time.Since(began); took > 5*time.Second { // 200 ms, and the time to compare
		t.Errorf("it took %v", took)
	}
}

// Another process is named, for what it does.
func TestSQLiteHolder(t *testing.T) {
	if path := os.Getenv("SLUICE_TEST_HOLD"); path != "" {
		says(t, (&world{TB: t, url: path}).session(), os.Getenv("SLUICE_TEST_SQL"))
		fmt.Println("held")
		_, _ = os.Stdin.Read(make([]byte, 1))
		return
	}
	eachJournal(t, readDDL, func(t *testing.T, w *world, mode string) {
		for does, statements := range map[string]string{"reads it": "BEGIN; SELECT * FROM a", "writes to it": "BEGIN IMMEDIATE; UPDATE a SET v = 'theirs' WHERE k = 9"} {
			cmd := exec.Command(os.Args[0], "-test.run=^TestSQLiteHolder$")
			cmd.Env = append(os.Environ(), "SLUICE_TEST_HOLD="+strings.TrimPrefix(w.url, "sqlite://"), "SLUICE_TEST_SQL="+statements)
			stdin, err := cmd.StdinPipe()
			must(t, err)
			stdout, err := cmd.StdoutPipe()
			must(t, err)
			must(t, cmd.Start())
			if line, err := bufio.NewReader(stdout).ReadString('\n'); line != "held\n" {
				t.Fatal(line, err)
			}
			_, err = w.tryApply("k,v", "1,"+does)
			if mode == "wal" && does == "reads it" {
				must(t, err)
			} else {
				has(t, err, fmt.Sprintf("the database is locked: process %d (", cmd.Process.Pid), does)
			}
			must(t, errors.Join(stdin.Close(), cmd.Wait()))
		}
	})
}
