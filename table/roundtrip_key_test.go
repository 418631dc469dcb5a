package table

import (
	"strings"
	"testing"
)

const mirrorAll = "to: {DATABASE, table: a, key: k, write: mirror, max_delete: 100%}\n"

// Rows of other tables that refer to those which go.
func TestRoundTripDelete(t *testing.T) {
	plain := func(child string) string {
		return "CREATE TABLE a (k int PRIMARY KEY, v text); INSERT INTO a VALUES (1, 'a'), (2, 'b'), (3, 'c'); " + child
	}
	mirror := func(r roundTrip) roundTrip {
		if r.job == "" {
			r.job = "columns: {k: {from: k}, v: {from: v}}\n" + mirrorAll
		}
		return r
	}
	cases := map[string]roundTrip{}
	for _, action := range []string{"", "CASCADE", "SET NULL", "SET DEFAULT", "RESTRICT"} {
		on := " "
		if action != "" {
			on = " ON DELETE " + action
		}
		child := plain("CREATE TABLE b (id int PRIMARY KEY, a int DEFAULT 3 REFERENCES a" + on + "); ")
		cases["a child"+on] = mirror(roundTrip{file: []string{"k,v", "1,a", "3,c"}, refuse: "1 row of table b would"}.on(child + "INSERT INTO b VALUES (1, 2)"))
		cases["no child"+on] = mirror(roundTrip{file: []string{"k,v", "1,a", "3,d"}}.on(child + "INSERT INTO b VALUES (1, 1), (2, NULL)"))
		cases["a child that comes meanwhile"+on] = mirror(roundTrip{file: []string{"k,v", "1,a", "3,c"}, meanwhile: "INSERT INTO b VALUES (1, 2)", refuse: "1 row of table b would"}.on(child))
		cases["a child of a new row"+on] = mirror(roundTrip{file: []string{"k,v", "1,a", "2,b", "3,c", "4,d"}, since: "INSERT INTO b VALUES (1, 4)", conflict: "a row of b refers to it"}.on(child))
	}
	onlySQLite(cases, "CASCADE", "NULL")
	cases["two levels"] = mirror(roundTrip{file: []string{"k,v", "1,a"}, refuse: "1 row of table b would be deleted with"}.on(
		plain("CREATE TABLE b (id int PRIMARY KEY, a int REFERENCES a ON DELETE CASCADE); CREATE TABLE c (b int REFERENCES b ON DELETE CASCADE); INSERT INTO b VALUES (1, 2); INSERT INTO c VALUES (1)")))
	cases["two columns"] = mirror(roundTrip{
		job:  "columns: {k: {from: k}, l: {from: l}, v: {from: v}}\nto: {DATABASE, table: a, key: [k, l], write: mirror, max_delete: 100%}\n",
		file: []string{"k,l,v", "1,1,a"}, refuse: "1 row of table b would be deleted with",
	}.on("CREATE TABLE a (k int, l int, v text, PRIMARY KEY (k, l)); INSERT INTO a VALUES (1, 1, 'a'), (1, 2, 'b'); CREATE TABLE b (x int, y int, FOREIGN KEY (x, y) REFERENCES a ON DELETE CASCADE); INSERT INTO b VALUES (1, 2), (1, NULL)"))
	cases["by another column"] = mirror(roundTrip{file: []string{"k,v", "1,a"}, refuse: "1 row of table b would be deleted with"}.on(
		"CREATE TABLE a (k int PRIMARY KEY, v text, code text UNIQUE); INSERT INTO a VALUES (1, 'a', 'x'), (2, 'b', 'y'); CREATE TABLE b (code text REFERENCES a (code) ON DELETE CASCADE); INSERT INTO b VALUES ('y')"))
	cases["a restored row that a new one took the place of"] = mirror(roundTrip{
		job:  "columns: {k: {from: k}, v: {from: v}}\nto: {DATABASE, table: a, key: k, delete_when: row.gone == \"1\", max_delete: 100%}\n",
		file: []string{"k,v,gone", "1,,1"}, since: "INSERT INTO a VALUES (1, 'new')", conflict: "a 1: there is ",
	}.on(plain("")))
	runRoundTrips(t, cases)
}

// A table that refers to itself.
func TestRoundTripTree(t *testing.T) {
	tree := func(on string) string {
		return "CREATE TABLE a (k int PRIMARY KEY, up int REFERENCES a " + on + ", v text); INSERT INTO a VALUES (1, NULL, 'a'); INSERT INTO a VALUES (2, 1, 'b'), (5, NULL, 'e'); INSERT INTO a VALUES (3, 2, 'c'); INSERT INTO a VALUES (4, 3, 'd')"
	}
	job := "columns: {k: {from: k}, up: {from: up}}\n" + mirrorAll
	cases := map[string]roundTrip{}
	for _, on := range []string{"", "ON DELETE CASCADE", "ON DELETE SET NULL", "ON DELETE RESTRICT"} {
		cases["a branch goes "+on] = roundTrip{job: job, file: []string{"k,up", "1,", "2,1", "5,"}}.on(tree(on))
		cases["its children stay "+on] = roundTrip{job: job, file: []string{"k,up", "1,", "2,1", "4,3", "5,"}, refuse: "1 row of table a would"}.on(tree(on))
		cases["a new branch "+on] = roundTrip{job: job, file: []string{"k,up", "1,", "2,1", "3,2", "4,3", "5,", "6,1", "7,6", "8,7"}}.on(tree(on))
		// By a column that the job does not load.
		cases["a row of the run refers to a new one by itself "+on] = roundTrip{
			job: "columns: {k: {from: k}, v: {from: v}}\n" + mirrorAll, file: []string{"k,v", "1,a", "2,x", "3,c", "4,d", "5,e", "6,f"}, since: "UPDATE a SET up = 6 WHERE k = 2", conflict: "a 6: a row of a refers to it",
		}.on(tree(on))
	}
	onlySQLite(cases, " ", "CASCADE")
	plain := tree("")
	cases["a new branch that somebody added to"] = roundTrip{job: job, file: []string{"k,up", "1,", "2,1", "3,2", "4,3", "5,", "6,1"}, since: "INSERT INTO a VALUES (9, 6, 'i')", conflict: "a 6: a row of a refers to it"}.on(plain)
	cases["moved to another that is there"] = roundTrip{job: job, file: []string{"k,up", "1,", "2,1", "3,5", "4,3", "5,"}}.on(plain)
	moved := roundTrip{job: job, file: []string{"k,up", "1,", "2,1", "3,6", "4,3", "5,", "6,1"}}
	freed := roundTrip{job: job, file: []string{"k,up", "1,", "3,1", "4,3", "5,"}}
	for _, action := range []string{"", "CASCADE", "SET NULL", "RESTRICT"} {
		on := "DEFERRABLE INITIALLY DEFERRED"
		if action != "" {
			on = "ON DELETE " + action + " " + on
		}
		m, f := moved, freed
		if action != "" {
			m.mysql, f.mysql = mysqlOf(tree(on)), mysqlOf(tree(on))
			cases["moved to a new one on MySQL "+on], cases["moved from one that goes on MySQL "+on] = m, f
			m.since, m.conflict = "SELECT 1", "a 6: a row of a refers to it"
			f.refuse, f.postgres, f.mysql = "1 row of table a would", tree(on), ""
			cases["moved from one that goes on PostgreSQL "+on] = f
			f.refuse, f.postgres, f.once, f.sqlite = "", "", "a 2: a row of a refers to it", tree(on)
			cases["moved from one that goes on SQLite "+on] = f
		} else {
			cases["moved from one that goes "+on] = f.on(tree(on))
		}
		m = m.on(tree(on))
		if action != "" {
			m.mysql = ""
		}
		cases["moved to a new one "+on] = m
	}
	runRoundTrips(t, cases)
}

// Rows of other tables that follow those which change.
func TestRoundTripUpdate(t *testing.T) {
	cases := map[string]roundTrip{}
	job := "columns: {k: {from: k}, v: {from: v}, n: {from: n}}\nto: {DATABASE, table: a, key: k}\n"
	for _, on := range []string{"", "ON UPDATE CASCADE", "ON UPDATE SET NULL", "ON UPDATE SET DEFAULT", "ON UPDATE RESTRICT", "DEFERRABLE INITIALLY DEFERRED"} {
		ddl := "CREATE TABLE a (k int PRIMARY KEY, v text UNIQUE, n int); CREATE TABLE b (v text DEFAULT 'c' REFERENCES a (v) " + on + "); INSERT INTO a VALUES (1, 'a', 1), (2, 'b', 1), (3, 'c', 1); "
		file := []string{"k,v,n", "1,x,1", "2,b,2"}
		want := "1 row of table b "
		if !strings.Contains(on, "CASCADE") && !strings.Contains(on, "SET") {
			want = "nothing was changed"
		}
		cases["a child "+on] = roundTrip{job: job, file: file, refuse: want}.on(ddl + "INSERT INTO b VALUES ('a')")
		cases["a child that comes meanwhile "+on] = roundTrip{job: job, file: file, meanwhile: "INSERT INTO b VALUES ('a')", refuse: want}.on(ddl)
		cases["a child of what does not change "+on] = roundTrip{job: job, file: file}.on(ddl + "INSERT INTO b VALUES ('b')")
		cases["a child of the new value "+on] = roundTrip{job: job, file: file, since: "INSERT INTO b VALUES ('x')", conflict: "a 1: a row of b refers to it"}.on(ddl)
		cases["itself "+on] = roundTrip{
			job: "columns: {k: {from: k}, v: {from: v}}\nto: {DATABASE, table: a, key: k}\n", file: []string{"k,v", "1,x"}, since: "UPDATE a SET up = 'x' WHERE k = 2", conflict: "a 1: a row of a refers to it",
		}.on("CREATE TABLE a (k int PRIMARY KEY, v text UNIQUE, up text DEFAULT 'c' REFERENCES a (v) " + on + "); INSERT INTO a (k, v, up) VALUES (1, 'a', NULL), (2, 'b', NULL), (3, 'c', NULL)")
	}
	onlySQLite(cases, " ", "CASCADE")
	ids := "CREATE TABLE b (id int REFERENCES a (id) ON UPDATE CASCADE); "
	by := "columns: {id: {from: id}, k: {from: k}, v: {from: v}}\nto: {DATABASE, table: a, key: k}\n"
	ddl := "CREATE TABLE a (id int PRIMARY KEY, k text UNIQUE NOT NULL, v text); INSERT INTO a VALUES (1, 'a', 'x'), (2, 'b', 'y'); " + ids
	number := strings.Replace(ddl, "int PRIMARY", "integer PRIMARY", 1)
	changes := roundTrip{job: by, file: []string{"id,k,v", "7,a,x"}}
	cases["an ID that changes"] = roundTrip{job: by, file: changes.file, refuse: "row 1: column \"id\": the row of the table has another id, which is its primary key", postgres: ddl, sqlite: number, mysql: mysqlOf(ddl)}
	cases["an ID that changes with children"] = roundTrip{job: by, file: changes.file, refuse: "which is its primary key"}.on(ddl + "INSERT INTO b VALUES (1)")
	cases["an ID that stays"] = roundTrip{job: by, file: []string{"id,k,v", "1,a,z", "3,c,c"}, postgres: ddl + "INSERT INTO b VALUES (1)", sqlite: number + "INSERT INTO b VALUES (1)", mysql: mysqlOf(ddl) + "INSERT INTO b VALUES (1)"}
	cases["its child"] = roundTrip{job: by, file: []string{"id,k,v", "1,a,z", "3,c,c"}, since: "INSERT INTO b VALUES (3)", conflict: "a row of b refers to it"}.on(ddl)
	runRoundTrips(t, cases)
}
