package table

import (
	"cmp"
	"strings"
	"testing"
)

// Values of a unique that rows exchange, or take over.
func TestRoundTripUnique(t *testing.T) {
	job := "columns: {k: {from: k}, v: {from: v}}\nto: {DATABASE, table: a, key: k, delete_when: row.gone == \"1\", max_delete: 100%}\n"
	table := func(v string) string {
		return "CREATE TABLE a (k int PRIMARY KEY, v text" + v + "); INSERT INTO a (k, v) VALUES (1, 'a'), (2, 'b'), (3, 'c'); "
	}
	swap := []string{"k,v", "1,b", "2,a"}
	down := []string{"k,v", "1,z", "2,a", "3,b"}
	up := []string{"k,v", "1,b", "2,c", "3,z"}
	cases := map[string]roundTrip{
		"a swap, checked at the end":                          {job: job, file: swap, postgres: table(" UNIQUE DEFERRABLE")},
		"a swap":                                              {job: job, file: swap, refuse: "nothing was "},
		"a swap of a partial unique":                          {job: job, file: swap, refuse: "nothing was "},
		"a swap of an expression":                             {job: job, file: swap, refuse: "nothing was "},
		"a chain, checked at the end":                         {job: job, file: down, postgres: table(" UNIQUE DEFERRABLE INITIALLY DEFERRED")},
		"a chain down":                                        {job: job, file: down, sqlite: table(" UNIQUE")},
		"a deleted row's goes to a new":                       {job: job, file: []string{"k,v,gone", "1,,1", "4,a,"}},
		"a deleted row's goes to another, checked at the end": {job: job, file: []string{"k,v,gone", "1,,1", "2,a,"}, postgres: table(" UNIQUE DEFERRABLE")},
		"a deleted row's goes to another":                     {job: job, file: []string{"k,v,gone", "1,,1", "2,a,"}, postgres: table(" UNIQUE"), mysql: mysqlOf(table(" UNIQUE"))},
		"another's goes to a new":                             {job: job, file: []string{"k,v,gone", "1,z,", "4,a,"}},
		"and somebody has taken what was":                     {job: job, file: []string{"k,v", "1,z"}, since: "INSERT INTO a (k, v) VALUES (9, 'a')", conflict: "a 1: there is a row with the same v"},
		"partial, taken":                                      {job: job, file: []string{"k,v", "1,z"}, since: "INSERT INTO a (k, v) VALUES (9, 'a')", conflict: "a"},
		"an expression, taken":                                {job: job, file: []string{"k,v", "1,z"}, since: "INSERT INTO a (k, v) VALUES (9, 'A')", conflict: "a"},
		"replaces":                                            {job: job, file: swap, refuse: "nothing was ", sqlite: table(" UNIQUE ON CONFLICT REPLACE")},
		"ignores":                                             {job: job, file: swap, refuse: "nothing was ", sqlite: table(" UNIQUE ON CONFLICT IGNORE")},
		"replaces by what is not loaded": {
			job: job, file: []string{"k,v", "1,z"}, since: "UPDATE a SET n = 2 WHERE k = 1; INSERT INTO a (k, v, n) VALUES (9, 'a', 2)", conflict: "UNIQUE",
			sqlite: "CREATE TABLE a (k int PRIMARY KEY, v text, n int DEFAULT 0, UNIQUE (v, n) ON CONFLICT REPLACE); INSERT INTO a (k, v) VALUES (1, 'a')",
		},
	}
	for name, line := range map[string]string{"a new row": "3,a", "an update": "2,a"} {
		cases["replaces by what is not loaded, with a trigger, "+name] = roundTrip{
			job: job, file: []string{"k,v", line}, refuse: "nothing was ",
			sqlite: "CREATE TABLE a (k int PRIMARY KEY, v text, n int DEFAULT 0, UNIQUE (v, n) ON CONFLICT REPLACE); INSERT INTO a (k, v) VALUES (1, 'a'), (2, 'b'); CREATE TRIGGER g AFTER UPDATE OF n ON a BEGIN SELECT 1; END",
		}
	}
	cases["what is made for a look-up replaces"] = roundTrip{
		job: "columns: {k: {from: k}, v: {from: v, lookup: kind.t, missing: create}}\nto: {DATABASE, table: a, key: k}\n", file: []string{"k,v", "1,new"}, refuse: "UNIQUE",
		sqlite: "CREATE TABLE kind (id integer PRIMARY KEY, t text UNIQUE, n int DEFAULT 0 UNIQUE ON CONFLICT REPLACE); INSERT INTO kind (t) VALUES ('old'); CREATE TABLE a (k int PRIMARY KEY, v int REFERENCES kind)",
	}
	for name, r := range cases {
		ddl := table(" UNIQUE")
		switch {
		case r.postgres != "" || r.sqlite != "":
			continue
		case strings.Contains(name, "partial"):
			ddl, r.mysql = table("")+"CREATE UNIQUE INDEX u ON a (v) WHERE k < 10", mysqlOf(table("")+"ALTER TABLE a ADD u varchar(9) AS (if(k < 10, v, NULL)) UNIQUE")
		case strings.Contains(name, "expression"):
			ddl, r.mysql = table("")+"CREATE UNIQUE INDEX u ON a (lower(v))", mysqlOf(table("")+"ALTER TABLE a ADD u varchar(9) AS (lower(v)) UNIQUE")
		}
		mysql := cmp.Or(r.mysql, mysqlOf(ddl))
		r = r.on(ddl)
		r.mysql = mysql
		cases[name] = r
	}
	// PostgreSQL checks row by row, in whatever order it writes them.
	cases["a chain that goes but one way"] = roundTrip{job: job, file: down, since: "SELECT 1", conflict: "duplicate key value violates unique constraint", postgres: table(" UNIQUE")}
	cases["a chain up, checked at the end"] = roundTrip{job: job, file: up, postgres: table(" UNIQUE DEFERRABLE")}
	for name, r := range cases {
		if !strings.Contains(r.file[0], "gone") {
			r.job = strings.Replace(r.job, ", delete_when: row.gone == \"1\"", "", 1)
			r.job = strings.Replace(r.job, ", max_delete: 100%", "", 1)
		}
		cases[name] = r
	}
	runRoundTrips(t, cases)
}

// Tables of PostgreSQL that are more than one.
func TestRoundTripPartition(t *testing.T) {
	const ranges = `CREATE TABLE a (k int, day date NOT NULL, v text, note text DEFAULT 'n'%s) PARTITION BY RANGE (day);
		CREATE TABLE a1 PARTITION OF a FOR VALUES FROM ('2024-01-01') TO ('2025-01-01'); CREATE TABLE a2 PARTITION OF a DEFAULT; CREATE INDEX ON a (k);
		INSERT INTO a VALUES (1, '2024-05-05', 'a', 'x'), (2, '2025-05-05', 'b', 'y'), (3, '2024-06-06', 'c', 'z');`
	keyed, bare := strings.Replace(ranges, "%s", ", PRIMARY KEY (k, day)", 1), strings.Replace(ranges, "%s", "", 1)
	byBoth := "columns: {k: {from: k}, day: {from: day}, v: {from: v}}\nto: {DATABASE, table: a, key: [k, day], delete_when: row.gone == \"1\", max_delete: 100%}\n"
	byOne := strings.Replace(byBoth, "[k, day]", "k", 1)
	moves := []string{"k,day,v,gone", "1,2026-01-01,x,", "3,,,1", "4,2024-02-02,d,"}
	stays := []string{"k,day,v,gone", "1,2024-05-05,x,", "3,2024-06-06,,1", "4,2027-01-01,d,"}
	const lists = `CREATE TABLE a (k int PRIMARY KEY, v text) PARTITION BY LIST (k); CREATE TABLE a1 PARTITION OF a FOR VALUES IN (1, 2, 3); CREATE TABLE a2 PARTITION OF a FOR VALUES IN (4, 5); INSERT INTO a VALUES (1, 'a'), (2, 'b'), (3, 'c');`
	plain := "columns: {k: {from: k}, v: {from: v}}\nto: {DATABASE, table: a, key: k, delete_when: row.gone == \"1\", max_delete: 100%}\n"
	file := []string{"k,v,gone", "1,x,", "2,,1", "4,d,"}
	rows := "CREATE TABLE a (k int PRIMARY KEY, v text); INSERT INTO a VALUES (1, 'a'), (2, 'b'), (3, 'c');"
	runRoundTrips(t, map[string]roundTrip{
		"range":                            {postgres: keyed, job: byBoth, file: stays},
		"a row moves":                      {postgres: bare, job: byOne, file: moves},
		"a row moves that its key tells":   {postgres: keyed, job: byOne, file: moves[:2], refuse: "which is its primary key"},
		"list":                             {postgres: lists, job: plain, file: file},
		"outside of every partition":       {postgres: lists, job: plain, file: []string{"k,v,gone", "1,x,", "9,d,"}, refuse: "no partition of relation"},
		"changed since in its partition":   {postgres: lists, job: plain, file: file, since: "UPDATE a1 SET v = 'z' WHERE k = 1", conflict: "a 1: it was changed since"},
		"moved since":                      {postgres: bare, job: byOne, file: moves, since: "UPDATE a SET day = '2024-03-03' WHERE k = 1", conflict: "a 1: it was changed since"},
		"its partition was taken off":      {postgres: lists, job: plain, file: file, since: "ALTER TABLE a DETACH PARTITION a1", conflict: "a 1: it was removed since"},
		"a child of a partition":           {postgres: lists + "CREATE TABLE b (a int REFERENCES a1 ON DELETE CASCADE); INSERT INTO b VALUES (2)", job: plain, file: file, refuse: "1 row of table b would be deleted"},
		"a child of a partition later":     {postgres: lists + "CREATE TABLE b (a int REFERENCES a2 ON DELETE CASCADE)", job: plain, file: file, since: "INSERT INTO b VALUES (4)", conflict: "a 4: a row of b refers to it"},
		"a child of the partitioned table": {postgres: lists + "CREATE TABLE b (a int REFERENCES a ON DELETE CASCADE); INSERT INTO b VALUES (2)", job: plain, file: file, refuse: "1 row of table b would be deleted"},
		"a partition itself":               {postgres: strings.NewReplacer("TABLE a ", "TABLE whole ", "OF a ", "OF whole ", "TABLE a1", "TABLE a", "INTO a ", "INTO whole ").Replace(lists) + "CREATE TABLE b (a int REFERENCES whole ON DELETE CASCADE); INSERT INTO b VALUES (2)", job: plain, file: []string{"k,v,gone", "1,x,", "2,,1"}, refuse: "1 row of table b would be deleted"},
		"a trigger of a partition":         {postgres: lists + triggered("BEFORE INSERT OR UPDATE", "a1", "NEW.v = upper(NEW.v); RETURN NEW;"), job: plain, file: file, since: "SELECT 1", conflict: "1 row of table a would not be as before the run (1: v)"},
		"a child table":                    {postgres: "CREATE TABLE up (k int, v text); CREATE TABLE a (PRIMARY KEY (k)) INHERITS (up); INSERT INTO a VALUES (1, 'a'), (2, 'b'), (3, 'c'); INSERT INTO up VALUES (1, 'up')", job: plain, file: file},
		"a parent table":                   {postgres: rows + "CREATE TABLE down () INHERITS (a)", job: plain, file: file, refuse: "other tables inherit from table a"},
		"rules":                            {postgres: rows + "CREATE RULE r AS ON DELETE TO a DO INSTEAD NOTHING", job: plain, file: file, refuse: "table a has rules (r)"},
		"a rule made since":                {postgres: rows, job: plain, file: file, since: "CREATE RULE r AS ON DELETE TO a DO INSTEAD NOTHING", conflict: "table a has rules (r)"},
		"row-level security of others":     {postgres: rows + "ALTER TABLE a ENABLE ROW LEVEL SECURITY", job: plain, file: file},
	})
}
