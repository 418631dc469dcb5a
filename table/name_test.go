package table

import "testing"

// A look-up names its table and column as the database does.
func TestLookupNames(t *testing.T) {
	const ddl = `CREATE TABLE "kinds. of a" (id int PRIMARY KEY, "the ""code""" varchar(9) UNIQUE); INSERT INTO "kinds. of a" VALUES (7, 'x');
		CREATE TABLE a (k int PRIMARY KEY, kind int REFERENCES "kinds. of a" (id))`
	const mysql = "CREATE TABLE `kinds. of a` (id int PRIMARY KEY, `the \"code\"` varchar(9) UNIQUE); INSERT INTO `kinds. of a` VALUES (7, 'x');" +
		"CREATE TABLE a (k int PRIMARY KEY, kind int REFERENCES `kinds. of a` (id))"
	job := "columns: {k: {from: k}, kind: {from: kind, lookup: '\"kinds. of a\".\"the \"\"code\"\"\"'}}\nto: {DATABASE, table: a, key: k}\n"
	newWorldsOf(t, ddl, ddl, mysql, job, func(w *world) {
		w.apply("k,kind", "1,x")
		same(w, "looked up", w.rows("a"), "(1,7)")
	})
}

func TestSplitColumn(t *testing.T) {
	for name, want := range map[string][2]string{
		"a.b":              {"a", "b"},
		"s.a.b":            {"s.a", "b"},
		`"s.s"."a.a".b`:    {`"s.s"."a.a"`, "b"},
		`a."b.c"`:          {"a", "b.c"},
		`"a""."."b"".""c"`: {`"a""."`, `b"."c`},
	} {
		if table, column := splitColumn(name); table != want[0] || column != want[1] {
			t.Errorf("%s: %s, %s", name, table, column)
		}
	}
}
