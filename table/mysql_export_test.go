package table

import (
	"bytes"
	"context"
	"path/filepath"
	"strings"
	"testing"

	"github.com/seed-128c3863/sluice/plan"
)

// everyType has a column of every type of MySQL, with the lowest, the highest and
// odd values of each.
const everyType = `CREATE TABLE every (id int PRIMARY KEY, i1 tinyint, u1 tinyint unsigned, yes boolean, i3 mediumint, u4 int unsigned, i8 bigint, u8 bigint unsigned, d decimal(10,2), du decimal(10,2) unsigned, big decimal(65,30),
		f float, g double, one bit(1), many bit(64), y year, day date, clock time(3), moment datetime(6), stamp timestamp NULL, c char(5), l varchar(9) CHARACTER SET latin1, t longtext, b binary(3), v varbinary(9), bl longblob, e enum('a','b,c'), s set('x','y'), j json, id2 uuid, ip inet6, p point);
	INSERT INTO every VALUES
		(1, -128, 255, true, -8388608, 4294967295, -9223372036854775808, 18446744073709551615, -12345678.90, 12345678.90, 12345678901234567890123456789012345.123456789012345678901234567890,
			16777217.0, 0.1, b'1', 0xffffffffffffffff, 2155, '1000-01-01', '23:59:59.999', '9999-12-31 23:59:59.999999', '2038-01-19 03:14:07', 'é', 'ü€', 'a	"\n😀', x'00ff', x'', x'00', 'b,c', 'x,y', '{"a": 1}', 'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11', '::1', point(1, 2)),
		(2, 127, 0, false, 0, 0, 0, 0, 0, 0, 0, 1.2345678, 1e-300, b'0', 0, 0, '2024-02-29', '00:00:00', '0001-01-01 00:00:00', '1970-01-01 00:00:01', '', '', '', x'', x'00', x'ff', 'a', '', 'null', NULL, NULL, NULL);
	INSERT INTO every (id) VALUES (3)`

// exportedText is what is exported of a table, or of a query, or why nothing is.
func exportedText(w *world, table, query, form string) string {
	var out bytes.Buffer
	if _, err := ExportQuery(context.Background(), w.url, table, query, &out, ExportOptions{Format: form}); err != nil {
		return err.Error()
	}
	return out.String()
}

// Values of every type come out of a table as they are, and of a query, too, which
// knows no booleans.
func TestMySQLExport(t *testing.T) {
	w := newMySQLWorld(t, everyType, "")
	const want = `{"id":1,"i1":-128,"u1":255,"yes":true,"i3":-8388608,"u4":4294967295,"i8":-9223372036854775808,"u8":18446744073709551615,"d":-12345678.90,"du":12345678.90,"big":12345678901234567890123456789012345.123456789012345678901234567890,` +
		`"f":16777216,"g":0.1,"one":true,"many":18446744073709551615,"y":2155,"day":"1000-01-01","clock":"23:59:59.999","moment":"9999-12-31T23:59:59.999999","stamp":"2038-01-19T03:14:07Z","c":"é","l":"ü€","t":"a\t\"\\n😀","b":"AP8A","v":"","bl":"AA==","e":"b,c","s":"x,y","j":{"a": 1},"id2":"a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11","ip":"::1","p":"AAAAAAEBAAAAAAAAAAAA8D8AAAAAAAAAQA=="}` + "\n" +
		`{"id":2,"i1":127,"u1":0,"yes":false,"i3":0,"u4":0,"i8":0,"u8":0,"d":0.00,"du":0.00,"big":0.000000000000000000000000000000,` +
		`"f":1.2345678,"g":1e-300,"one":false,"many":0,"y":0,"day":"2024-02-29","clock":"00:00:00","moment":"0001-01-01T00:00:00","stamp":"1970-01-01T00:00:01Z","c":"","l":"","t":"","b":"AAAA","v":"AA==","bl":"/w==","e":"a","s":"","j":null,"id2":null,"ip":null,"p":null}` + "\n" +
		`{"id":3,"i1":null,"u1":null,"yes":null,"i3":null,"u4":null,"i8":null,"u8":null,"d":null,"du":null,"big":null,"f":null,"g":null,"one":null,"many":null,"y":null,"day":null,"clock":null,"moment":null,"stamp":null,"c":null,"l":null,"t":null,"b":null,"v":null,"bl":null,"e":null,"s":null,"j":null,"id2":null,"ip":null,"p":null}` + "\n"
	same(t, "the table", exportedText(w, "every", "", "ndjson"), want)
	same(t, "a query", exportedText(w, "", "SELECT * FROM every ORDER BY id;", "ndjson"),
		strings.NewReplacer(`"yes":true`, `"yes":1`, `"yes":false`, `"yes":0`, `"one":true`, `"one":1`, `"one":false`, `"one":0`, `"j":{"a": 1}`, `"j":"{\"a\": 1}"`, `"s":"","j":null`, `"s":"","j":"null"`).Replace(want))
}

// What a query cannot be, and what no type of sluice holds, is said.
func TestMySQLExportRefused(t *testing.T) {
	w := newMySQLWorld(t, "CREATE TABLE a (k int PRIMARY KEY, c time); INSERT INTO a VALUES (1, '-01:00:00')", "")
	w.exec("CREATE TABLE z (k int PRIMARY KEY, d date); SET STATEMENT sql_mode = '' FOR INSERT INTO z VALUES (1, '0000-00-00')")
	for query, want := range map[string]string{
		"DELETE FROM a RETURNING k":      "this is no query",
		"DROP TABLE a":                   "this is no query",
		"SELECT k, k FROM a":             "name one of them by AS",
		"SELECT none FROM a":             "Unknown column 'none'",
		"SELECT FROM a":                  "error in your SQL syntax",
		"SELECT k, c FROM a":             `column "c"`,
		"SELECT d FROM z":                `column "d"`,
		"SELECT 1; DROP TABLE a":         "error in your SQL syntax",
		"SELECT 1 + 1 AS `a b`":          "a b\n2\n",
		`SELECT 1 + 1 AS "n" -- no more`: "n\n2\n",
		"VALUES (1), (2)":                "1\n1\n2\n",
	} {
		has(t, exportedText(w, "", query, "csv"), want)
	}
	same(t, "the table", w.rows("a"), "(1,-01:00:00)")
}

// What links refer to comes back, whatever stands in it.
func TestMySQLExportLinks(t *testing.T) {
	w := newMySQLWorld(t, `CREATE TABLE tag (id int AUTO_INCREMENT PRIMARY KEY, name varchar(99) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL UNIQUE); CREATE TABLE a (k int PRIMARY KEY, v float);
		CREATE TABLE a_tag (a_id int NOT NULL REFERENCES a (k), tag_id int NOT NULL REFERENCES tag (id), PRIMARY KEY (a_id, tag_id)); INSERT INTO a VALUES (1, 1.2345678), (2, 0.1), (3, NULL)`,
		"columns:\n  k: {from: k}\n  v: {from: v}\n  tags: {from: tags, split: \"|\", through: a_tag, lookup: tag.name}\nto: {DATABASE, table: a, key: k}\n")
	w.exec(`INSERT INTO tag (name) VALUES ('a"b'), ('c\d'), ('e` + "\n\t\x01" + `f'), ('😀'), (','), ('[]'), ('''')`)
	w.exec("INSERT INTO a_tag SELECT 1, id FROM tag; INSERT INTO a_tag VALUES (2, 1)")
	file := filepath.Join(t.TempDir(), "a.csv")
	im, err := w.open("k,v,tags")
	if err != nil {
		t.Fatal(err)
	}
	exportTo(t, im, file, "csv")
	if im, err = w.openFile(file); err != nil {
		t.Fatal(err)
	}
	p, err := im.Plan(context.Background(), plan.Options{})
	if err != nil {
		t.Fatal(err)
	}
	if p.Counts[plan.Unchanged] != 3 || p.Counts.Total() != 3 {
		t.Errorf("%v %+v", p.Counts, p.Table.Rows)
	}
}
