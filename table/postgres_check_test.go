package table

import (
	"strings"
	"testing"

	"github.com/seed-128c3863/sluice/plan"
)

// TestChecks holds incoming rows against what the catalog says of the table.
func TestChecks(t *testing.T) {
	for name, tc := range map[string]struct {
		ddl, job string
		file     []string
		want     []string
		rows     string // of table a, after the apply
		sqlite   bool   // has the same
	}{
		"check": {
			"CREATE TABLE a (k int PRIMARY KEY, lo int, hi int, other int DEFAULT 1, CHECK (lo < hi), CONSTRAINT unseen CHECK (lo < other * 100)); INSERT INTO a VALUES (1, 1, 2)",
			"columns: {k: {from: k}, lo: {from: lo}, hi: {from: hi}}\n",
			[]string{"k,lo,hi", "1,1,2", "2,5,4", "3,,4", "4,1,3"},
			[]string{`row 2 2: column "lo": the table's check a_check does not allow it: (lo < hi)`, "2 new, 1 unchanged, 1 invalid"},
			"(1,1,2,1) (3,,4,1) (4,1,3,1)",
			false,
		},
		"check of a domain": {
			"CREATE DOMAIN even AS int CHECK (VALUE % 2 = 0); CREATE TABLE a (k int PRIMARY KEY, v even)",
			"columns: {k: {from: k}, v: {from: v}}\n",
			[]string{"k,v", "1,2", "2,3", "3,"},
			[]string{`row 2 2: column "v": the table's check even_check does not allow it: ((VALUE % 2) = 0)`, "2 new"},
			"(1,2) (3,)",
			false,
		},
		"a check that is not valid yet lets what is unchanged be": {
			"CREATE TABLE a (k int PRIMARY KEY, v int, w int); INSERT INTO a VALUES (1, -1, 1), (2, -2, 2); ALTER TABLE a ADD CHECK (v > 0) NOT VALID",
			"columns: {k: {from: k}, v: {from: v}, w: {from: w}}\n",
			[]string{"k,v,w", "1,-1,1", "2,-2,3"},
			[]string{"! row 2 2:", "1 unchanged, 1 invalid"},
			"(1,-1,1) (2,-2,2)",
			false,
		},
		"foreign key": {
			"CREATE TABLE b (x int, y text, PRIMARY KEY (x, y)); INSERT INTO b VALUES (1, 'one'); CREATE TABLE a (k int PRIMARY KEY, x int, y text, FOREIGN KEY (x, y) REFERENCES b)",
			"columns: {k: {from: k}, x: {from: x}, y: {from: y}}\n",
			[]string{"k,x,y", "1,1,one", "2,1,two", "3,,two"},
			[]string{`row 2 2: column "x": there is no such row of b: 1, two`, "2 new"},
			"(1,1,one) (3,,two)",
			true,
		},
		"foreign key to rows of the file": {
			"CREATE TABLE a (k int PRIMARY KEY, up int REFERENCES a, CHECK (k < 10))",
			"columns: {k: {from: k}, up: {from: up}}\n",
			[]string{"k,up", "1,2", "2,", "3,11", "11,", "4,3"},
			[]string{"! row 3 3:", "! row 4 11:", "! row 5 4:", "there is no such row of a: 3", "2 new"},
			"(1,2) (2,)",
			true,
		},
		"unique in the file and in the table": {
			"CREATE TABLE a (k int PRIMARY KEY, v text UNIQUE); INSERT INTO a VALUES (1, 'a'), (2, 'b'), (9, 'i')",
			"columns: {k: {from: k}, v: {from: v}}\n",
			[]string{"k,v", "1,a", "2,free", "3,b", "4,i", "5,x", "6,x", "7,", "8,"},
			[]string{`row 4 4: column "v": the row 9 of table a has the same v`, `row 5 5: column "v": row 6 has the same v`, `row 6 6: column "v": row 5 has the same v`, "3 new, 1 update, 1 unchanged, 3 invalid"},
			"(1,a) (2,free) (3,b) (7,) (8,) (9,i)",
			false,
		},
		"a row that falls out keeps its values": {
			"CREATE TABLE a (k int PRIMARY KEY, v text UNIQUE, n int CHECK (n > 0)); INSERT INTO a VALUES (1, 'a', 1)",
			"columns: {k: {from: k}, v: {from: v}, n: {from: n}}\n",
			[]string{"k,v,n", "1,b,-1", "2,a,1", "3,b,1"},
			[]string{"! row 1 1:", `row 2 2: column "v": the row 1 of table a has the same v`, "1 new, 2 invalid"},
			"(1,a,1) (3,b,1)",
			true,
		},
		"one null alone": {
			"CREATE TABLE a (k int PRIMARY KEY, v text, UNIQUE NULLS NOT DISTINCT (v)); INSERT INTO a VALUES (1, NULL)",
			"columns: {k: {from: k}, v: {from: v}}\n",
			[]string{"k,v", "2,", "3,x"},
			[]string{`row 1 2: column "v": the row 1 of table a has the same v`, "1 new"},
			"(1,) (3,x)",
			false,
		},
		"partial and by expression": {
			"CREATE TABLE a (k int PRIMARY KEY, v text, x int, live bool); CREATE UNIQUE INDEX ON a (lower(v)) WHERE live; INSERT INTO a VALUES (1, 'A', 7, true), (2, 'b', 7, false)",
			"columns: {k: {from: k}, v: {from: v}, live: {from: live}}\n",
			[]string{"k,v,live", "3,a,true", "4,a,false", "5,B,true"},
			[]string{`row 1 3: column "v": the row 1 of table a has the same lower(v)`, "2 new"},
			"(1,A,7,t) (2,b,7,f) (4,a,,f) (5,B,,t)",
			false,
		},
		"the key twice": {
			"CREATE TABLE a (k int PRIMARY KEY, v text)",
			"columns: {k: {from: k}, v: {from: v}}\n",
			[]string{"k,v", "1,a", "2,b", "1,c", "1,d"},
			[]string{`row 1 1: column "k": row 3, row 4 has the same key`, `row 3 1: column "k": row 1, row 4 has`, "1 new, 3 invalid"},
			"(2,b)",
			true,
		},
		"insert": {
			"CREATE TABLE a (k int PRIMARY KEY, v text); INSERT INTO a VALUES (1, 'a'), (2, 'b')",
			"columns: {k: {from: k}, v: {from: v}}\nwrite: insert\n",
			[]string{"k,v", "1,a", "2,c", "3,d"},
			[]string{`row 1 1: column "k": table a has a row with this key (write: insert)`, "1 new, 2 invalid"},
			"(1,a) (2,b) (3,d)",
			true,
		},
		"update": {
			"CREATE TABLE a (k int PRIMARY KEY, v text); INSERT INTO a VALUES (1, 'a'), (2, 'b')",
			"columns: {k: {from: k}, v: {from: v}}\nwrite: update\n",
			[]string{"k,v", "1,a", "2,c", "3,d"},
			[]string{`row 3 3: column "k": table a has no row with this key (write: update)`, "1 update, 1 unchanged, 1 invalid"},
			"(1,a) (2,c)",
			true,
		},
		"names that are sluice's own": {
			`CREATE TABLE a (t int PRIMARY KEY, s text, p text, l1 text, x text, op text, "own" text, CHECK (length(s) < 3 AND op <> x)); INSERT INTO a VALUES (1, 's', 'p', 'l', 'x', 'o', 'w')`,
			"columns: {t: {from: t}, s: {from: s}, l1: {from: l}, x: {from: x}, op: {from: o}}\nkey: t\n",
			[]string{"t,s,l,x,o", "1,u,l,x,o", "2,s,l,x,x", "3,s,l,y,z"},
			[]string{"! row 2 2:", "~ row 1 1: s s → u", "1 new"},
			"(1,u,p,l,x,o,w) (3,s,,l,y,z,)",
			true,
		},
	} {
		t.Run(name, func(t *testing.T) {
			if !tc.sqlite {
				testChecks(newWorld(t, tc.ddl, toOf(tc.job)), tc.file, tc.want, tc.rows)
				return
			}
			newWorlds(t, tc.ddl, tc.ddl, toOf(tc.job), func(w *world) { testChecks(w, tc.file, tc.want, tc.rows) })
		})
	}
}

func testChecks(w *world, file, want []string, rows string) {
	w.Helper()
	p, text := w.plan(file...)
	has(w, text, want...)
	r := w.apply(file...)
	same(w, "written", w.rows("a"), rows)
	if p.Counts[plan.New] != r.Counts[plan.New] || p.Counts[plan.Invalid] != r.Rejects {
		w.Errorf("planned %v, got %+v", p.Counts, r)
	}
}

// toOf completes a job: what follows its columns is of to.
func toOf(job string) string {
	columns, rest, _ := strings.Cut(job, "\n")
	to := "DATABASE, table: a"
	if !strings.Contains(rest, "key:") {
		to += ", key: k"
	}
	for line := range strings.Lines(rest) {
		to += ", " + strings.TrimSpace(line)
	}
	return columns + "\nto: {" + to + "}\n"
}
