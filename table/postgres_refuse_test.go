package table

import (
	"errors"
	"strconv"
	"strings"
	"testing"

	"github.com/seed-128c3863/sluice/plan"
	"github.com/seed-128c3863/sluice/spec"
)

const plpgsql = "CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN %s END $$; CREATE TRIGGER meddler BEFORE INSERT OR UPDATE ON a FOR EACH ROW EXECUTE FUNCTION f()"

// What the database does not take, though the checks found nothing, is named row
// by row, and nothing is changed.
func TestRefused(t *testing.T) {
	columns := "columns: {k: {from: k}, v: {from: v}}\n"
	for name, tc := range map[string]struct {
		ddl  string
		file []string
		want []string // of the error
		rows int      // that are named; 0: the error is no RefusedError
	}{
		"a trigger raises": {
			"CREATE TABLE a (k int PRIMARY KEY, v text); " + strings.Replace(plpgsql, "%s", "IF NEW.v LIKE 'bad%' THEN RAISE EXCEPTION 'no % here', NEW.v; END IF; RETURN NEW;", 1),
			[]string{"k,v", "1,a", "2,bad two", "3,c", "4,d", "5,bad five", "6,f"},
			[]string{"row 2: no bad two here, and 1 more: nothing was changed"},
			2,
		},
		"a trigger cancels": {
			"CREATE TABLE a (k int PRIMARY KEY, v text); " + strings.Replace(plpgsql, "%s", "IF NEW.v = 'b' THEN RETURN NULL; END IF; RETURN NEW;", 1),
			[]string{"k,v", "1,a", "2,b"},
			[]string{"inserted 1 rows of table a, and 2 were planned: a trigger or rule of the table may have done it"},
			0,
		},
		"rows exclude each other": {
			"CREATE EXTENSION btree_gist; CREATE TABLE a (k int PRIMARY KEY, v text, EXCLUDE USING gist (v WITH =))",
			[]string{"k,v", "1,a", "2,b", "3,a"},
			[]string{"row 3: conflicting key value violates exclusion constraint"},
			1,
		},
		"a constraint at the end": {
			`CREATE TABLE a (k int PRIMARY KEY, v text); CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF NEW.k > 2 THEN RAISE EXCEPTION 'at the end' USING ERRCODE = 'check_violation', DETAIL = 'k is ' || NEW.k; END IF; RETURN NULL; END $$;
			CREATE CONSTRAINT TRIGGER late AFTER INSERT OR UPDATE ON a DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION f()`,
			[]string{"k,v", "1,a", "2,b", "3,c"},
			[]string{"row 3: at the end: k is 3: nothing was changed"},
			1,
		},
		"no partition": {
			"CREATE TABLE a (k int PRIMARY KEY, v text) PARTITION BY RANGE (k); CREATE TABLE a1 PARTITION OF a FOR VALUES FROM (1) TO (10); INSERT INTO a VALUES (1, 'x')",
			[]string{"k,v", "1,a", "2,b", "30,c"},
			[]string{"row 3:", "no partition of relation"},
			1,
		},
		"values change places": {
			"CREATE TABLE a (k int PRIMARY KEY, v text UNIQUE); INSERT INTO a VALUES (1, 'a'), (2, 'b'), (3, 'c')",
			[]string{"k,v", "1,b", "2,a", "3,d"},
			[]string{"row 1:", "duplicate key value", "and 1 more"},
			2,
		},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, tc.ddl, toOf(columns))
			before := w.rows("a")
			_, err := w.tryApply(tc.file...)
			has(t, err, tc.want...)
			var refused *plan.RefusedError
			if errors.As(err, &refused) != (tc.rows > 0) || refused != nil && len(refused.Rows) != tc.rows {
				t.Errorf("%d rows: %+v", tc.rows, refused)
			}
			same(t, "nothing is changed", w.rows("a"), before)
		})
	}
}

// One bad row among thousands is found.
func TestRefusedAmongMany(t *testing.T) {
	w := newWorld(t, "CREATE TABLE a (k int PRIMARY KEY, v text); "+strings.Replace(plpgsql, "%s", "IF NEW.k = 1234 THEN RAISE EXCEPTION 'not this'; END IF; RETURN NEW;", 1), toOf("columns: {k: {from: k}, v: {from: v}}\n"))
	_, err := w.tryApply(append([]string{"k,v"}, manyRows(3000)...)...)
	has(t, err, "row 1234: not this")
}

func manyRows(n int) (lines []string) {
	for i := range n {
		lines = append(lines, strings.Join([]string{strconv.Itoa(i + 1), "v"}, ","))
	}
	return lines
}

// What a job cannot do to a table is said before a row is read.
func TestRefusedTables(t *testing.T) {
	for ddl, want := range map[string]string{
		"CREATE VIEW a AS SELECT 1 AS k, 'a' AS v":                                                     "a is a view; sluice loads tables",
		"CREATE TABLE a (k int PRIMARY KEY, v text); CREATE RULE r AS ON INSERT TO a DO ALSO NOTIFY x": "table a has rules (r)",
		"CREATE TABLE a (k int PRIMARY KEY, v text); CREATE TABLE b () INHERITS (a)":                   "other tables inherit from table a",
		"CREATE TABLE a (k int PRIMARY KEY, v int GENERATED ALWAYS AS (k) STORED)":                     "the database generates it",
		"CREATE TABLE a (k text PRIMARY KEY, v int GENERATED ALWAYS AS IDENTITY)":                      "it cannot be updated",
		"CREATE TABLE a (k text PRIMARY KEY, v point)":                                                 "sluice does not load type point",
	} {
		w := newWorld(t, ddl, toOf("columns: {k: {from: k}, v: {from: v}}\n"))
		_, err := w.open("k,v")
		has(t, err, want)
	}
}

func TestRowSecurity(t *testing.T) {
	table := &Table{Name: "a", RowSecurity: true}
	b := &binder{target: &target{Table: table, job: &spec.Job{}}}
	b.refuse()
	has(t, b.errs, "row-level security of table a hides rows")
}

// IDs of the files go where the database numbers rows itself, and what numbers
// them goes on after them.
func TestIdentity(t *testing.T) {
	for _, id := range []string{"int GENERATED ALWAYS AS IDENTITY PRIMARY KEY", "int GENERATED BY DEFAULT AS IDENTITY PRIMARY KEY", "serial PRIMARY KEY"} {
		w := newWorld(t, "CREATE TABLE a (k "+id+", v text)", toOf("columns: {k: {from: k}, v: {from: v}}\n"))
		r := w.apply("k,v", "5,five", "7,seven")
		w.exec("INSERT INTO a (v) VALUES ('next')")
		same(t, "written", w.rows("a"), "(5,five) (7,seven) (8,next)")
		w.apply("k,v", "5,cinco")
		w.revert(w.lastRun())
		w.revert(r.Run)
		same(t, "reverted", w.rows("a"), "(8,next)")
	}
}

// What works though it is out of the ordinary.
func TestOddTables(t *testing.T) {
	for name, tc := range map[string]struct {
		ddl, job    string
		first, then []string
		rows        string
	}{
		"partitions": {
			"CREATE TABLE a (k int, day date, v text, PRIMARY KEY (k, day)) PARTITION BY RANGE (day); CREATE TABLE a1 PARTITION OF a FOR VALUES FROM ('2024-01-01') TO ('2025-01-01'); CREATE TABLE a2 PARTITION OF a DEFAULT",
			"columns: {k: {from: k}, day: {from: day}, v: {from: v}}\nkey: [k, day]\n",
			[]string{"k,day,v", "1,2024-05-05,a", "1,2025-05-05,b"},
			[]string{"k,day,v", "1,2024-05-05,c", "2,2026-01-01,d"},
			"(1,2024-05-05,c) (1,2025-05-05,b) (2,2026-01-01,d)",
		},
		"a key that can be null": {
			"CREATE TABLE a (id serial PRIMARY KEY, k text, n int, v text, UNIQUE NULLS NOT DISTINCT (k, n))",
			"columns: {k: {from: k}, n: {from: n}, v: {from: v}}\nkey: [k, n]\n",
			[]string{"k,n,v", "a,1,x", "a,,y", "b,,z"},
			[]string{"k,n,v", "a,,w", "b,2,z"},
			"(1,a,1,x) (2,a,,w) (3,b,,z) (4,b,2,z)",
		},
		"values that change places, checked at the end": {
			"CREATE TABLE a (k int PRIMARY KEY, v text UNIQUE DEFERRABLE)",
			"columns: {k: {from: k}, v: {from: v}}\n",
			[]string{"k,v", "1,a", "2,b"},
			[]string{"k,v", "1,b", "2,a", "3,c"},
			"(1,b) (2,a) (3,c)",
		},
		"a trigger writes something else": {
			"CREATE TABLE a (k int PRIMARY KEY, v text); " + strings.Replace(plpgsql, "%s", "NEW.v = upper(NEW.v); RETURN NEW;", 1),
			"columns: {k: {from: k}, v: {from: v}}\n",
			[]string{"k,v", "1,a"},
			[]string{"k,v", "1,b", "2,c"},
			"(1,B) (2,C)",
		},
		"texts that are equal in other bytes": {
			"CREATE COLLATION nocase (provider = icu, locale = 'und-u-ks-level2', deterministic = false); CREATE TABLE a (k text COLLATE nocase PRIMARY KEY, v text COLLATE nocase)",
			"columns: {k: {from: k}, v: {from: v}}\n",
			[]string{"k,v", "A,a"},
			[]string{"k,v", "a,A", "B,b"},
			"(A,A) (B,b)",
		},
		"a domain, an enum, a char": {
			"CREATE DOMAIN d AS numeric(6,2) CHECK (VALUE > 0); CREATE TYPE mood AS ENUM ('sad', 'ok'); CREATE TABLE a (k char(3) PRIMARY KEY, v d, m mood, j jsonb, u uuid)",
			"columns: {k: {from: k}, v: {from: v}, m: {from: m}, j: {from: j}, u: {from: u}}\n",
			[]string{"k,v,m,j,u", `ab,1.50,ok,"{""a"": 1}",`},
			[]string{"k,v,m,j,u", `ab,1.5,sad,"{""a"": 1}",`, "c,2,,[],01234567-89ab-cdef-0123-456789abcdef"},
			`("ab ",1.50,sad,"{""a"": 1}",) ("c  ",2.00,,[],01234567-89ab-cdef-0123-456789abcdef)`,
		},
		"no key: all is new": {
			"CREATE TABLE a (id serial PRIMARY KEY, v text)", "columns: {v: {from: v}}\nwrite: insert\nkey: NONE\n",
			[]string{"v", "a"},
			[]string{"v", "a", "b"},
			"(1,a) (2,a) (3,b)",
		},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, tc.ddl, strings.Replace(toOf(tc.job), ", key: NONE", "", 1))
			w.apply(tc.first...)
			before := w.rows("a")
			r := w.apply(tc.then...)
			same(t, "written", w.rows("a"), tc.rows)
			if again, _ := w.plan(tc.then...); again.Changes() > 0 && !strings.Contains(name, "trigger") && !strings.Contains(name, "no key") {
				t.Errorf("the same again: %v", again.Counts)
			}
			w.revert(r.Run)
			same(t, "reverted", w.rows("a"), before)
		})
	}
}
