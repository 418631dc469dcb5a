package table

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/seed-128c3863/sluice/plan"
	"github.com/seed-128c3863/sluice/spec"
)

func TestSQLitePath(t *testing.T) {
	for address, want := range map[string]string{
		"sqlite://shop.db":            "shop.db",
		"sqlite://data/shop.db":       "data/shop.db",
		"sqlite:///home/shop/shop.db": "/home/shop/shop.db",
		"sqlite:///a%20b/50%25%3F.db": "/a b/50%?.db",
		"sqlite://":                   "!names no file",
		"sqlite://a.db?mode=ro":       "!in a path it is written %3F",
		"sqlite://a#b.db":             "!in a path it is written %23",
		"sqlite://50%.db":             "!a % in a path is written %25",
	} {
		got, err := sqlitePath(address)
		if err != nil {
			got = "!" + err.Error()
		}
		if part, fault := strings.CutPrefix(want, "!"); got != want && !(fault && strings.Contains(got, part)) {
			t.Errorf("%s: %s, want %s", address, got, want)
		}
	}
}

// No database is made where there is none, and names are taken as they are.
func TestOpenSQLite(t *testing.T) {
	dir := t.TempDir()
	open := func(path string) error {
		d, err := openSQLite(context.Background(), "sqlite://"+(&url.URL{Path: path}).EscapedPath(), &spec.Job{})
		if err == nil {
			d.close(context.Background())
		}
		return err
	}
	path := filepath.Join(dir, "a b?c#d%41.db")
	has(t, open(path), "there is no file", "makes no database")
	if _, err := os.Stat(path); !errors.Is(err, fs.ErrNotExist) {
		t.Error("a file was made")
	}
	has(t, open(dir), "is a folder")
	text := saveText(t, "text.db", strings.Repeat("this is no database\n", 100))
	has(t, open(text), "not a database")
	if err := os.WriteFile(path, nil, 0o666); err != nil {
		t.Fatal(err)
	}
	if err := open(path); err != nil {
		t.Error(err)
	}
}

// A file whose rows are all there changes not one byte of the database.
func TestSQLiteWritesNothing(t *testing.T) {
	s := newSQLiteShop(t)
	s.apply(v1)
	path := strings.TrimPrefix(s.url, "sqlite://")
	state := func() string {
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		info, err := os.Stat(path)
		if err != nil {
			t.Fatal(err)
		}
		return fmt.Sprintf("%x %v %v", sha256.Sum256(text), info.ModTime(), s.query("SELECT data_version FROM pragma_data_version"))
	}
	before := state()
	s.plan(v2)
	if again := s.apply(v1); again.Run != "" {
		t.Errorf("%+v", again)
	}
	same(t, "the file", state(), before)
}

// What moves between a plan and its apply is named, and nothing is changed.
func TestSQLiteDrift(t *testing.T) {
	file := []string{"k,n,tags", "k1,10,x|y", "k2,2,", "k3,3,", "k4,4,", "k5,5,", "k6,6,", "new,1,"}
	for name, tc := range map[string]struct{ meanwhile, want string }{
		"nothing":              {"SELECT 1", ""},
		"touched":              {"UPDATE a SET n = n", ""},
		"another column":       {"UPDATE a SET note = 'other' WHERE k <> 'k7'", ""},
		"an unchanged row":     {"UPDATE a SET n = 99 WHERE k = 'k2'", ""},
		"another table":        {"CREATE TABLE other (a)", ""},
		"edited":               {"UPDATE a SET n = 9 WHERE k = 'k1'", "row 1 (k1): the row of the table was changed since it was compared: n 1 → 9"},
		"edited elsewhere":     {"UPDATE a SET region = 'us' WHERE k = 'k1'", "row 1 (k1): the row of the table was changed since it was compared: region eu → us"},
		"another key":          {"UPDATE a SET k = 'k0' WHERE k = 'k1'", "row 1 (k1): the row of the table was changed since it was compared: k k1 → k0"},
		"removed":              {"DELETE FROM a_tag WHERE a_id = 1; DELETE FROM a WHERE k = 'k1'", "row 1 (k1): the row of the table was removed since it was compared"},
		"linked":               {"INSERT INTO a_tag (a_id, tag_id) VALUES (1, 2)", "row 1 (k1): the row of the table was changed since it was compared: tags [x] → [x y]"},
		"the key of a new row": {"INSERT INTO a (k) VALUES ('new')", "row 7 (new): its key was taken since it was compared"},
		"deleted and edited":   {"UPDATE a SET n = 9 WHERE k = 'k7'", "a: row k7: the row of the table was changed since it was compared: n 7 → 9"},
		"no longer within":     {"UPDATE a SET note = 'theirs' WHERE k = 'k7'", "a: row k7: the row of the table is no longer within what the files mirror"},
		"deleted and unlinked": {"DELETE FROM a_tag WHERE a_id = 7", "a: row k7: the row of the table was changed since it was compared: tags [x y] → []"},
		"a column more":        {"ALTER TABLE a ADD more int", "a: the table was altered since it was compared: its columns are others"},
		"the table":            {"DROP TABLE a_tag; DROP TABLE a", "a: the table is no longer there"},
	} {
		t.Run(name, func(t *testing.T) {
			w := newSQLiteWorld(t, catalogOfSQLite, strings.Replace(mirrorColumns, `match: "^k"`, "trim: true", 1)+
				"to: {DATABASE, table: a, key: k, write: mirror, within: region = 'eu' AND note = 'mine'}\n")
			r, err := w.meanwhile(tc.meanwhile, file...)
			if tc.want == "" {
				if err != nil || r.Rows != 3 {
					t.Errorf("%v, %+v", err, r)
				}
				return
			}
			var drift *plan.DriftError
			has(t, err, tc.want, "nothing was changed")
			if !errors.As(err, &drift) || r.Rows != 0 || name != "the table" && strings.Contains(w.rows("a"), "new,eu,1") {
				t.Errorf("%v, %+v", err, r)
			}
		})
	}
}

// Whoever writes to the database keeps others out no longer than it is waited.
func TestSQLiteLock(t *testing.T) {
	w := newSQLiteWorld(t, "CREATE TABLE a (k int PRIMARY KEY, v text); INSERT INTO a VALUES (1, 'a')", plainJob)
	w.exec("BEGIN IMMEDIATE; UPDATE a SET v = 'mine'")
	_, err := w.tryApply("k,v", "1,c")
	has(t, err, "locked", "to.lock_timeout", "nothing was changed")
	w.exec("ROLLBACK")
	w.apply("k,v", "1,c")
	same(t, "written", w.rows("a"), "(1,c)")
}

// What SQLite alone refuses is named row by row, too.
func TestSQLiteRefused(t *testing.T) {
	for name, tc := range map[string]struct {
		ddl  string
		file []string
		want string
	}{
		"a trigger rolls back": {
			"CREATE TABLE a (k int PRIMARY KEY, v text); CREATE TRIGGER g BEFORE INSERT ON a WHEN NEW.v = 'bad' BEGIN SELECT RAISE(ROLLBACK, 'all of it goes'); END",
			[]string{"k,v", "1,a", "2,bad", "3,c", "4,bad"},
			"row 2: all of it goes, and 1 more: nothing was changed",
		},
		"a unique over a column that is not loaded": {
			"CREATE TABLE a (k int PRIMARY KEY, v text, x text DEFAULT ''); CREATE UNIQUE INDEX u ON a (lower(v || x)); INSERT INTO a (k, v) VALUES (1, 'a')",
			[]string{"k,v", "2,b", "3,A", "4,B"},
			"row 2: UNIQUE constraint failed: index 'u', and 1 more: nothing was changed",
		},
		"a strict type": {
			"CREATE TABLE a (k int PRIMARY KEY, v text, n int DEFAULT 'x') STRICT",
			[]string{"k,v", "2,b"},
			"row 1: cannot store TEXT value in INT column a.n: nothing was changed",
		},
		"rows that change places": {
			"CREATE TABLE a (k int PRIMARY KEY, v text, x text DEFAULT ''); CREATE UNIQUE INDEX u ON a (v || x); INSERT INTO a (k, v) VALUES (1, 'a'), (2, 'b'), (3, 'c')",
			[]string{"k,v", "1,b", "2,a", "3,d"},
			"row 1: UNIQUE constraint failed: index 'u', and 1 more: nothing was changed",
		},
	} {
		t.Run(name, func(t *testing.T) {
			w := newSQLiteWorld(t, tc.ddl, toOf("columns: {k: {from: k}, v: {from: v}}\n"))
			before := w.rows("a")
			_, err := w.tryApply(tc.file...)
			has(t, err, tc.want)
			same(t, "nothing is changed", w.rows("a"), before)
		})
	}
}

// What a trigger says of conflicts holds.
func TestSQLiteTriggerConflicts(t *testing.T) {
	w := newSQLiteWorld(t, `CREATE TABLE a (k int PRIMARY KEY, v text); CREATE TABLE seen (v text PRIMARY KEY);
		CREATE TRIGGER g AFTER INSERT ON a BEGIN INSERT OR IGNORE INTO seen VALUES (NEW.v); END`, toOf("columns: {k: {from: k}, v: {from: v}}\n"))
	w.apply("k,v", "1,a", "2,a", "3,b")
	same(t, "written", w.rows("a", "seen"), "(1,a) (2,a) (3,b)\n(a) (b)")
}

// A lock that somebody holds too long between batches cuts the run off; the next
// apply goes on with it. Batches and a saved plan leave nothing in the database.
func TestSQLiteBatchLock(t *testing.T) {
	w := newSQLiteWorld(t, "CREATE TABLE a (k int PRIMARY KEY, v text); CREATE TABLE other (a)", strings.Replace(plainJob, "to: {", "transaction: batch\nto: {", 1))
	file := w.file(filepath.Join(t.TempDir(), "in.csv"), "k,v", "1,a", "2,b", "3,c")
	open := func() *Import {
		im, err := w.openFile(file)
		if err != nil {
			t.Fatal(err)
		}
		im.batch = 1
		return im
	}
	p := saved(t, open(), nil)
	im := open()
	im.db = &stopping{im.db, func(to int64) {
		if to == 2 {
			w.exec("BEGIN IMMEDIATE; INSERT INTO other VALUES (1)")
		}
	}}
	r, err := im.Apply(context.Background(), plan.ApplyOptions{Plan: p})
	has(t, err, "2 of 3 rows are written", "locked", "to.lock_timeout", "the next apply goes on from there")
	w.exec("COMMIT")
	next, err := open().Apply(context.Background(), plan.ApplyOptions{Plan: p})
	if err != nil || !next.Resumed || next.Rows != 1 || next.Run != r.Run {
		t.Fatalf("%v, %+v", err, next)
	}
	same(t, "written", w.rows("a"), "(1,a) (2,b) (3,c)")
	_, err = open().Apply(context.Background(), plan.ApplyOptions{Plan: p})
	has(t, err, "run "+r.Run+" has applied it")
	same(t, "kept", w.rows("sluice_plan", "sluice_plan_part"), "\n")
	w.revert(r.Run)
	same(t, "reverted", w.rows("a"), "")
}

// Types that SQLite does not have come back as they were written.
func TestSQLiteTypes(t *testing.T) {
	w := newSQLiteWorld(t, `CREATE TABLE a (k text PRIMARY KEY COLLATE NOCASE, d decimal(30,12), t time, m datetime, u char(32), v uuid, j json, f real, b blob, n numeric, x string) WITHOUT ROWID;
		INSERT INTO a (k, d, t, m, u, f) VALUES ('OLD', 1.5, '10:11', '2020-01-02T03:04:05', 'AAAAAAAABBBBCCCCDDDDEEEEEEEEEEEE', 2)`, `columns:
  k: {from: k}
  d: {from: d}
  t: {from: t, formats: ["%H:%M:%S.%f", "%H:%M:%S"]}
  m: {from: m, formats: ["%Y-%m-%d %H:%M:%S.%f", "%Y-%m-%d %H:%M:%S"]}
  u: {from: u}
  f: {from: f}
  x: {from: x, type: string}
to: {DATABASE, table: a, key: k}
`)
	file := []string{
		"k,d,t,m,u,f,x",
		"old,1.50,10:11:00,2020-01-02 03:04:05,aaaaaaaa-bbbb-cccc-dddd-eeeeeeeeeeee,2.0,",
		"new,0.25,10:11:12.5,2020-01-02 03:04:05.25,aaaaaaaa-bbbb-cccc-dddd-eeeeeeeeeeef,0.1,x",
		"many,1234567890.123456789,,,,,", "digits,1,,,,,007",
	}
	_, text := w.plan(file...)
	has(t, text, "1 new, 1 unchanged, 2 invalid", "has more digits than SQLite keeps", `"007" would become a number`)
	r := w.apply(file...)
	has(t, w.rows("a"), "(new,0.25,10:11:12.500000,2020-01-02 03:04:05.250000,aaaaaaaabbbbccccddddeeeeeeeeeeef,,,0.1,,,x)")
	if again := w.apply(file...); again.Run != "" {
		t.Errorf("%+v", again)
	}
	w.revert(r.Run)
	same(t, "reverted", w.rows("a"), "(OLD,1.5,10:11,2020-01-02T03:04:05,AAAAAAAABBBBCCCCDDDDEEEEEEEEEEEE,,,2.0,,,)")
}
