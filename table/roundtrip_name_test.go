package table

import (
	"fmt"
	"strings"
	"testing"
)

// Names are what people write: none is a pattern, a parameter, or SQL.
func TestRoundTripName(t *testing.T) {
	const ddl = `CREATE TABLE "T_ag" ("i%id" int PRIMARY KEY, name text UNIQUE NOT NULL); INSERT INTO "T_ag" VALUES (1, 'x'), (2, 'y');
		CREATE TABLE "Ki$1nd" ("select" SERIAL PRIMARY KEY, "group$1" text UNIQUE NOT NULL); INSERT INTO "Ki$1nd" ("group$1") VALUES ('old');
		CREATE TABLE "Ord""er's %s" ("from %i" integer PRIMARY KEY, "a ""%c""" text, "t.%s" text, "order" int REFERENCES "Ki$1nd" ON DELETE CASCADE, "i0" int UNIQUE, "up" int REFERENCES "Ord""er's %s");
		INSERT INTO "Ord""er's %s" VALUES (1, 'a', 'b', 1, 11, NULL), (2, 'c', 'd', NULL, 12, 1), (3, 'e', 'f', NULL, 13, NULL);
		CREATE TABLE "li %[1]s nk" ("or'der" int NOT NULL REFERENCES "Ord""er's %s" ON DELETE CASCADE, "%t" int NOT NULL REFERENCES "T_ag", "no;te" text, PRIMARY KEY ("or'der", "%t"));
		INSERT INTO "li %[1]s nk" VALUES (1, 1, 'n'), (2, 2, 'm');
		CREATE TABLE "chi""ld %d" ("re%df" int REFERENCES "Ord""er's %s" ON UPDATE CASCADE);`
	job := `columns:
  "from %i": {from: k}
  'a "%c"': {from: v}
  "t.%s": {from: w}
  order: {from: kind, lookup: 'Ki$1nd.group$1', missing: create}
  i0: {from: i}
  tags: {from: tags, split: "|", through: '"li %[1]s nk"', lookup: 'T_ag.name'}
to: {DATABASE, table: '"Ord""er''s %s"', key: 'from %i', delete_when: row.gone == "1", max_delete: 100%}
`
	file := []string{"k,v,w,kind,i,tags,gone", "1,x,b,old,11,y,", "2,c,d,new,12,x|y,", "3,,,,,,1", "4,n,n,new,14,x,"}
	cases := map[string]roundTrip{
		"both":     {},
		"since":    {since: `UPDATE "Ord""er's %s" SET "t.%s" = 'zz' WHERE "from %i" = 1`, conflict: "1: it was changed since"},
		"unique":   {file: []string{"k,v,w,kind,i,tags,gone", "1,x,b,old,12,y,"}, refuse: "i0"},
		"child":    {file: file, meanwhile: `INSERT INTO "chi""ld %d" VALUES (3)`, refuse: `chi"ld %d`},
		"drift":    {file: file, meanwhile: `UPDATE "Ord""er's %s" SET "a ""%c""" = 'zz' WHERE "from %i" = 1`, refuse: `changed`},
		"referred": {since: `INSERT INTO "chi""ld %d" VALUES (4)`, conflict: `a row of chi"ld %d refers to it`},
		"dangles":  {since: `DELETE FROM "li %[1]s nk" WHERE "%t" = 1; DELETE FROM "T_ag" WHERE "i%id" = 1`, conflict: "its tags have a row of T_ag that is gone"},
	}
	refer := strings.NewReplacer("SERIAL", "int AUTO_INCREMENT", " text", " varchar(200)", `REFERENCES "Ki$1nd"`, `REFERENCES "Ki$1nd" ("select")`, `REFERENCES "Ord""er's %s"`, `REFERENCES "Ord""er's %s" ("from %i")`, `REFERENCES "T_ag"`, `REFERENCES "T_ag" ("i%id")`)
	for name, r := range cases {
		r.job = job
		if r.file == nil {
			r.file = file
		}
		r.postgres, r.sqlite, r.mysql = ddl, strings.Replace(ddl, "SERIAL", "integer", 1), refer.Replace(ddl)
		cases[name] = r
	}
	runRoundTrips(t, cases)
}

// Columns may have the names that sluice gives its own in a statement.
func TestRoundTripOwnName(t *testing.T) {
	names := strings.Fields("i0 i1 u0 u1 v0 v1 b0 k0 x h op mask why s t j k l o p n g w c a r v u name rows seq link own data record rowid")
	var ddl, values, job, given []string
	for i, name := range names {
		ddl, values = append(ddl, `"`+name+`" int`), append(values, fmt.Sprint(i))
		job, given = append(job, "  "+name+": {from: "+name+"}\n"), append(given, fmt.Sprint(i+100))
	}
	list := func(s []string) string { return strings.Join(s, ",") }
	tables := `CREATE TABLE tag (id int PRIMARY KEY, name text UNIQUE); INSERT INTO tag VALUES (1, 'x'), (2, 'y');
		CREATE TABLE a (z int PRIMARY KEY, e int UNIQUE, f int, i int REFERENCES a (e), m int DEFAULT 3 CHECK (m < 100), ` + list(ddl) + `);
		CREATE UNIQUE INDEX fe ON a (abs(f)) WHERE n > 0;
		INSERT INTO a VALUES (1, 11, 21, NULL, 1, ` + list(values) + `), (2, 12, 22, 11, 1, ` + list(values) + `), (3, 13, 23, NULL, 1, ` + list(values) + `);
		CREATE TABLE a_tag (k int REFERENCES a, l int REFERENCES tag, i0 int, s int, PRIMARY KEY (k, l)); INSERT INTO a_tag VALUES (1, 1, 1, 1), (2, 2, 2, 2);
		CREATE TABLE child (l int REFERENCES a (e));`
	all := "columns:\n  z: {from: z}\n  e: {from: e}\n  f: {from: f}\n  i: {from: i}\n  tags: {from: tags, split: \"|\", through: a_tag, lookup: tag.name}\n" + strings.Join(job, "") + "to: {DATABASE, table: a, key: z, delete_when: row.gone == \"1\", max_delete: 100%}\n"
	file := func(rows ...string) (lines []string) {
		lines = []string{"z,e,f,i,tags,gone," + list(names)}
		for _, r := range rows {
			lines = append(lines, r+","+list(given))
		}
		return lines
	}
	cases := map[string]roundTrip{
		"both":     {file: file("1,11,21,,y,", "2,15,22,,x,", "3,,,,,1", "4,14,24,11,x,")},
		"same":     {file: file("1,11,22,,y,"), refuse: "the same abs(f)"},
		"key":      {file: file("1,12,21,,y,"), refuse: "the row 2 of table a has the same e"},
		"files":    {file: file("4,14,24,,,", "5,15,24,,,"), refuse: "abs(f)"},
		"own":      {file: file("4,14,24,99,,"), refuse: "99"},
		"changed":  {file: file("1,11,21,,y,"), since: "UPDATE a SET s = 7 WHERE z = 1", conflict: "1: it was changed since"},
		"referred": {file: file("4,14,24,,y,"), since: "INSERT INTO child VALUES (14)", conflict: "refers to it"},
		"taken":    {file: file("1,11,31,,y,"), since: "INSERT INTO a VALUES (7, 7, 21, NULL, 1, " + list(values) + ")", conflict: "abs(f)"},
		"moves":    {file: file("1,11,31,,y,", "2,12,22,,,"), since: "INSERT INTO a VALUES (7, 7, 77, 12, 1, " + list(values) + ")"},
	}
	for name, r := range cases {
		r.job = all
		r = r.on(tables)
		r.mysql = strings.Replace(r.mysql, "CREATE UNIQUE INDEX fe ON a (abs(f)) WHERE n > 0;", "", 1) + "ALTER TABLE a ADD \"abs(f)\" int AS (if(n > 0, abs(f), NULL)) INVISIBLE UNIQUE"
		cases[name] = r
	}
	runRoundTrips(t, cases)
}
