package table

import (
	"context"
	"fmt"
	"regexp"
	"strings"
	"testing"

	"github.com/seed-128c3863/sluice/plan"
)

// valuesOf are columns, and values for them. Those before the bar fit: a second
// import of the same file changes nothing at all. The others are rejects of this
// column, found before anything is written.
var valuesOf = []struct{ name, postgres, sqlite, mysql, values string }{
	{"n", "numeric(10,2)", "numeric(10,2)", "decimal(10,2)", "1.00 1.500 1e2 99999999.99 -0 -0.00 .5 +5 | 1.005 100000000 12345678901 NaN Infinity 0x10 1_000"},
	{"f", "double precision", "real", "double", "-0 0 0.1 1e22 1e-300 | NaN inf -Infinity 1e400 1e-400 123456789012345678"},
	{"s", "smallint", "smallint", "smallint", "32767 -32768 +1 | 32768 -32769 1.0 1.5 1e2"},
	{"tz", "timestamptz", "timestamptz", "timestamp(6) NULL", "2024-03-31T01:30:00Z 2024-10-27T02:30:00+02:00 2024-10-27T02:30:00+01:00 2024-01-01T00:00:00.123456Z ^9999-12-31T23:59:59Z | 2024-10-27T02:30:00 2024-02-30T00:00:00Z 0000-01-01T00:00:00Z 10000-01-01T00:00:00Z 0001-01-01T00:00:00+05:00 9999-12-31T23:59:59-05:00 infinity 2024-01-01T24:00:00Z 2024-01-01T00:00:00.1234567Z"},
	{"ts", "timestamp", "timestamp", "datetime(6)", "2024-03-31T02:30:00 2024-01-01 0001-01-01T00:00:00 | 2024-03-31T02:30:00Z 2024-01-01T00:00:00.1234567"},
	{"d", "date", "date", "date", "2024-02-29 0001-01-01 9999-12-31 | 2023-02-29 0000-01-01 10000-01-01 0044-03-15_BC -0044-03-15 infinity"},
	{"t", "time", "time", "time(6)", "12:30 12:30:00.123456 | 24:00:00 12:30:00.1234567 12:30:00+02"},
	{"b", "boolean", "boolean", "boolean", "true TRUE false | t yes 1 on 2"},
	{"v", "varchar(3)", "varchar(3)", "varchar(3)", "abc ééé 😀😀😀 e\u0301 é | abcd 😀😀😀😀 e\u0301e\u0301 a\x00b"},
	{"c", "char(3)", "char(3)", "char(3)", "a abc 😀😀😀 | abcd"},
	{"u", "uuid", "uuid", "uuid", "A0EEBC99-9C0B-4EF8-BB6D-6BB9BD380A11 a0eebc999c0b4ef8bb6d6bb9bd380a11 | xyz"},
	{"y", "bytea", "blob", "blob", `\x00ff AAEC abc= | zzz \xZZ`},
	{"p", "pos", "int CHECK (p > 0)", "int CHECK (p > 0)", "1 | 0 -1"},
	{"m", "mood", "text CHECK (m IN ('sad', 'ok'))", "enum('sad', 'ok') COLLATE utf8mb4_general_ci", "sad ok | SAD angry"},
	{"j", "json", "json", "json", `{"b":1,"a":2} {"a":1,"a":2} null 1.0 "" "\u0000" ^"\ud800" | x {a} 'a'`},
	{"jb", "jsonb", "json", "json", `{"b":1,"a":2} {"a":1,"a":2} null 1.50 1e2 "\ud83d\ude00" "a\\u0000" | x`},
}

// beyondMySQL is a value that MySQL does not hold.
var beyondMySQL = regexp.MustCompile(`\^\S+`)

func TestValues(t *testing.T) {
	var columns, job, postgres, sqlite, mysql []string
	for _, v := range valuesOf {
		columns = append(columns, v.name)
		job = append(job, fmt.Sprintf("%s: {from: %s}", v.name, v.name))
		postgres, sqlite, mysql = append(postgres, v.name+" "+v.postgres), append(sqlite, v.name+" "+v.sqlite), append(mysql, v.name+" "+v.mysql)
	}
	newWorldsOf(t, "CREATE DOMAIN pos AS int CHECK (VALUE > 0); CREATE TYPE mood AS ENUM ('sad', 'ok'); CREATE TABLE item (id int PRIMARY KEY, "+strings.Join(postgres, ", ")+")",
		"CREATE TABLE item (id int PRIMARY KEY, "+strings.Join(sqlite, ", ")+")",
		"CREATE TABLE item (id int PRIMARY KEY, "+strings.Join(mysql, ", ")+")",
		"columns: {id: {from: id}, "+strings.Join(job, ", ")+"}\nto: {DATABASE, table: item, key: [id]}", func(w *world) {
			good, bad, of := []string{"id," + strings.Join(columns, ",")}, []string{"id," + strings.Join(columns, ",")}, []string{}
			for i, v := range valuesOf {
				fit, unfit, _ := strings.Cut(v.values, " | ")
				if not := beyondMySQL.FindString(fit); w.onMySQL() {
					fit, unfit = strings.Replace(fit, not, "", 1), unfit+strings.Replace(not, "^", " ", 1)
				}
				fit = strings.Replace(fit, "^", "", 1)
				line := func(to []string, value string) []string {
					value = `"` + strings.ReplaceAll(strings.ReplaceAll(value, `"`, `""`), "_BC", " BC") + `"`
					return append(to, fmt.Sprintf("%d%s%s%s", len(to), strings.Repeat(",", i+1), value, strings.Repeat(",", len(columns)-i-1)))
				}
				for _, value := range strings.Fields(fit) {
					good = line(good, value)
				}
				for _, value := range strings.Fields(unfit) {
					bad, of = line(bad, value), append(of, v.name+" "+value)
				}
			}
			if r := w.apply(good...); r.Rejects != 0 || r.Rows != int64(len(good)-1) {
				w.Errorf("%+v", r)
			}
			_, text := w.plan(good...)
			has(w, text, fmt.Sprintf("%[1]d rows: %[1]d unchanged", len(good)-1))
			told := w.told(bad...)
			for i, what := range of {
				r, column := told[int64(i+1)], what[:strings.IndexByte(what, ' ')]
				if r == nil || r.Column != column && !strings.Contains(what, "\x00") {
					w.Errorf("%s: %+v", what, r)
				}
			}
			_, err := w.tryApply(bad...)
			has(w, err, fmt.Sprintf("%[1]d of %[1]d rows are bad", len(of)))
		})
}

// told plans a file, and returns its bad rows by number.
func (w *world) told(lines ...string) map[int64]*plan.Row {
	w.Helper()
	im, err := w.open(lines...)
	if err != nil {
		w.Fatal(err)
	}
	told := map[int64]*plan.Row{}
	if _, err := im.Plan(context.Background(), plan.Options{Row: func(r *plan.Row) error {
		if r.State == plan.Invalid {
			one := *r
			told[r.Row] = &one
		}
		return nil
	}}); err != nil {
		w.Fatal(err)
	}
	return told
}

// What jsonb cannot keep is a reject, and does not end the run; so is what SQLite
// would make another number of, and what MariaDB takes for no JSON.
func TestValuesOfOneDatabase(t *testing.T) {
	newWorldsOf(t, "CREATE TABLE item (id int PRIMARY KEY, v jsonb, s timestamptz(3))", "CREATE TABLE item (id int PRIMARY KEY, v json, s text)", "CREATE TABLE item (id int PRIMARY KEY, v json, s timestamp(3) NULL)",
		"columns: {id: {from: id}, v: {from: v}, s: {from: s}}\nto: {DATABASE, table: item, key: [id]}", func(w *world) {
			file := []string{
				"id,v,s", `1,"""\u0000""",`, `2,"{""\ud800"":1}",`, `3,"[""\udc00\ud800""]",`, `4,1e131072,`, `5,1e-16384,`, `6,[-0e99999999999],`,
				`7,,2024-01-01T00:00:00.1234Z`, `8,"""\ud83d\ude00\\u0000""",2024-01-01T00:00:00.123Z`, `9,1e131071,`,
			}
			want := `1 v it holds \u0000, which jsonb cannot keep
2 v it holds \ud800, the half of a character, which jsonb cannot keep
3 v it holds \udc00, the half of a character, which jsonb cannot keep
4 v it holds the number 1e131072, which has more digits than jsonb keeps
5 v it holds the number 1e-16384, which has more digits than jsonb keeps
6 v it holds the number -0e99999999999, which has more digits than jsonb keeps
7 s it has more digits of a second than the 3 that the column keeps
`
			switch {
			case w.onMySQL():
				want = `2 v the table's check v does not allow it: json_valid("v")
3 v the table's check v does not allow it: json_valid("v")
7 s it has more digits of a second than the 3 that the column keeps
`
			case w.conn == nil:
				want = "4 v 1e131072 is beyond the numbers that SQLite keeps\n5 v 1e-16384 has more digits than SQLite keeps of a number: it would be 0\n9 v 1e131071 is beyond the numbers that SQLite keeps\n"
			}
			told, got := w.told(file...), ""
			for n := range int64(len(file)) {
				if r := told[n]; r != nil {
					got += fmt.Sprintf("%d %s %s\n", n, r.Column, r.Why)
				}
			}
			same(w, "rejects", got, want)
			w.apply(file...)
			p, _ := w.plan(file...)
			if p.Counts.Written() != 0 {
				w.Error(p.Counts)
			}
		})
}

// A column that no job can fill is an error of the job, with its line.
func TestColumnsThatAreNotLoaded(t *testing.T) {
	w := newWorld(t, "CREATE TABLE item (id int PRIMARY KEY, tags text[], ip inet, net cidr)", "columns:\n  id: {from: id}\n  tags: {from: tags}\n  ip: {from: ip}\n  net: {from: net}\nto: {DATABASE, table: item, key: [id]}")
	_, err := w.open("id,tags,ip,net")
	has(t, err, "job.yaml:7:3: columns.tags: column tags of table item cannot be loaded: it is text[], and sluice does not load arrays yet",
		"job.yaml:8:3: columns.ip: column ip of table item cannot be loaded: sluice does not load type inet", "job.yaml:9:3: columns.net: ")
}
