package table

import (
	"strings"
	"testing"
)

// Tables between, as people have them.
func TestRoundTripLink(t *testing.T) {
	job := "columns:\n  k: {from: k}\n  v: {from: v}\n  tags: {from: tags, split: \"|\", through: a_tag, lookup: tag.name}\nto: {DATABASE, table: a, key: k, delete_when: row.gone == \"1\", max_delete: 100%}\n"
	tables := func(links, more string) (postgres, sqlite string) {
		ddl := `CREATE TABLE tag (id serial PRIMARY KEY, name text UNIQUE); INSERT INTO tag (name) VALUES ('x'), ('y'), ('z');
			CREATE TABLE a (id serial PRIMARY KEY, k text UNIQUE NOT NULL, v text); INSERT INTO a (k, v) VALUES ('k1', 'a'), ('k2', 'b'), ('k3', 'c');
			CREATE TABLE a_tag (` + links + `); INSERT INTO a_tag (a_id, tag_id) VALUES (1, 1), (1, 2), (2, 1), (3, 3);` + more
		return ddl, strings.NewReplacer("serial", "integer", "now()", "CURRENT_TIMESTAMP", "gen_random_uuid()", "(hex(randomblob(16)))", " ALWAYS AS IDENTITY", "").Replace(ddl)
	}
	const keys = "a_id int NOT NULL REFERENCES a, tag_id int NOT NULL REFERENCES tag"
	file := []string{"k,v,tags,gone", "k1,a,y|z,", "k2,,,1", "k3,d,,", "k4,e,x|z,"}
	cases := map[string]roundTrip{}
	add := func(name, links, more string, r roundTrip) {
		r.job = job
		if r.file == nil {
			r.file = file
		}
		r.postgres, r.sqlite = tables(links, more)
		r.mysql = mysqlOf(r.postgres)
		cases[name] = r
	}
	add("an ID", "id serial PRIMARY KEY, "+keys+", UNIQUE (a_id, tag_id)", "", roundTrip{})
	add("an ID that is the database's", "id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY, "+keys, "", roundTrip{})
	add("no ID", keys+", PRIMARY KEY (a_id, tag_id)", "", roundTrip{})
	add("no key", keys, "", roundTrip{})
	add("more columns", "id serial PRIMARY KEY, "+keys+", since timestamp NOT NULL DEFAULT now(), code text DEFAULT gen_random_uuid(), note text", "UPDATE a_tag SET note = 'n' || tag_id, since = '2020-01-01'", roundTrip{})
	add("a column that must be filled", "id serial PRIMARY KEY, "+keys+", note text NOT NULL DEFAULT 'x'", "", roundTrip{})
	add("cascades", "id serial PRIMARY KEY, a_id int NOT NULL REFERENCES a ON DELETE CASCADE ON UPDATE CASCADE, tag_id int NOT NULL REFERENCES tag ON DELETE CASCADE", "", roundTrip{})
	add("twice the same", keys, "INSERT INTO a_tag VALUES (1, 1)", roundTrip{})
	add("no key, numbered anew", keys, "", roundTrip{file: []string{"k,v,tags,gone", "k3,c,y|z,"}, since: "DELETE FROM a_tag WHERE a_id = 1 AND tag_id = 1; VACUUM; INSERT INTO a_tag VALUES (1, 3)", conflict: "0 rows of table a_tag that the run made are there, and 1 were"})
	add("a table between with rules", keys, "", roundTrip{})
	add("twice the same of a row that goes", keys, "INSERT INTO a_tag VALUES (2, 1)", roundTrip{})
	for _, action := range []string{"", "ON DELETE CASCADE", "ON DELETE SET NULL"} {
		more := "CREATE TABLE note (link int REFERENCES a_tag (id) " + action + ");"
		one := func(name, more string, r roundTrip) {
			name += " " + action
			add(name, "id serial PRIMARY KEY, "+keys, more, r)
			if r := cases[name]; !strings.Contains(action, "CASCADE") {
				r.postgres, r.mysql = "", ""
				cases[name] = r
			}
		}
		one("a child of a link that goes", more+"INSERT INTO note VALUES (1)", roundTrip{refuse: "1 row of table note would"})
		one("a child of a link that goes with its row", more+"INSERT INTO note VALUES (3)", roundTrip{refuse: "1 row of table note would"})
		one("a child of a link that comes meanwhile", more, roundTrip{meanwhile: "INSERT INTO note VALUES (1)", refuse: "1 row of table note would"})
		one("a child of a link that stays", more+"INSERT INTO note VALUES (2)", roundTrip{})
		one("a child of a link that came", more, roundTrip{since: "INSERT INTO note SELECT id FROM a_tag WHERE a_id = 1 AND tag_id = 3", conflict: "a 1: a row of note refers to its tags"})
		one("a child of a link of a new row", more, roundTrip{since: "INSERT INTO note SELECT id FROM a_tag WHERE a_id = 4 AND tag_id = 3", conflict: "a 4: a row of note refers to its tags"})
	}
	numbered := cases["no key, numbered anew"]
	numbered.postgres, numbered.mysql = "", ""
	cases["no key, numbered anew"] = numbered
	ruled := cases["a table between with rules"]
	ruled.postgres, ruled.sqlite, ruled.mysql, ruled.refuse = ruled.postgres+"; CREATE RULE r AS ON DELETE TO a_tag DO INSTEAD NOTHING", "", "", "table a_tag has rules (r)"
	cases["a table between with rules"] = ruled
	runRoundTrips(t, cases)
}

// Links by a natural key that changes.
func TestRoundTripLinkByKey(t *testing.T) {
	cases := map[string]roundTrip{}
	for _, on := range []string{"", "ON UPDATE CASCADE", "ON UPDATE CASCADE ON DELETE CASCADE", "DEFERRABLE INITIALLY DEFERRED"} {
		ddl := `CREATE TABLE tag (id int PRIMARY KEY, name text UNIQUE); INSERT INTO tag VALUES (1, 'x'), (2, 'y');
			CREATE TABLE a (k int PRIMARY KEY, code text UNIQUE NOT NULL); INSERT INTO a VALUES (1, 'a'), (2, 'b');
			CREATE TABLE a_tag (id integer PRIMARY KEY, code text NOT NULL REFERENCES a (code) ` + on + `, tag int NOT NULL REFERENCES tag); INSERT INTO a_tag VALUES (1, 'a', 1);`
		job := "columns:\n  k: {from: k}\n  code: {from: code}\n  tags: {from: tags, split: \"|\", through: a_tag, lookup: tag.name}\nto: {DATABASE, table: a, key: k}\n"
		pg := strings.Replace(strings.Replace(ddl, "id integer PRIMARY KEY", "id serial PRIMARY KEY", 1), "a_tag VALUES (1, 'a', 1)", "a_tag (code, tag) VALUES ('a', 1)", 1)
		cases["changes with links "+on] = roundTrip{postgres: pg, sqlite: ddl, mysql: mysqlOf(pg), job: job, file: []string{"k,code,tags", "1,x,x", "2,b,"}, refuse: "nothing was changed"}
		cases["changes without "+on] = roundTrip{postgres: pg, sqlite: ddl, mysql: mysqlOf(pg), job: job, file: []string{"k,code,tags", "1,a,x", "2,c,"}}
		cases["changes without, and somebody links "+on] = roundTrip{postgres: pg, sqlite: ddl, mysql: mysqlOf(pg), job: job, file: []string{"k,code,tags", "1,a,x", "2,c,"}, since: "INSERT INTO a_tag (code, tag) VALUES ('c', 2)", conflict: "a 2: a row of a_tag refers to it"}
		cases["changes and gets links "+on] = roundTrip{postgres: pg, sqlite: ddl, mysql: mysqlOf(pg), job: job, file: []string{"k,code,tags", "1,a,x", "2,c,y"}}
	}
	onlySQLite(cases, " ", "ON UPDATE CASCADE")
	runRoundTrips(t, cases)
}
