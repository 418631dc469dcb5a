package table

import "testing"

// What MySQL alone keeps, and how its tables are kept, is the same after a revert.
func TestRoundTripMySQL(t *testing.T) {
	job := "columns: {k: {from: k}, v: {from: v}}\nto: {DATABASE, table: a, key: k, delete_when: row.gone == \"1\", max_delete: 100%}\n"
	file := []string{"k,v,gone", "1,x,", "2,,1", "4,d,"}
	const rows = "; INSERT INTO a (k, v) VALUES (1, 'a'), (2, 'b'), (3, 'c')"
	cases := map[string]roundTrip{
		"partitions":          {mysql: "CREATE TABLE a (k int PRIMARY KEY, v varchar(9)) PARTITION BY RANGE (k) (PARTITION p1 VALUES LESS THAN (3), PARTITION p2 VALUES LESS THAN MAXVALUE)" + rows},
		"compressed rows":     {mysql: "CREATE TABLE a (k int PRIMARY KEY, v varchar(9)) ROW_FORMAT=COMPRESSED" + rows},
		"a zero date":         {mysql: "CREATE TABLE a (k int PRIMARY KEY, v varchar(9), d date NOT NULL DEFAULT '0000-00-00', t timestamp NOT NULL DEFAULT '0000-00-00')" + rows},
		"an invisible column": {mysql: "CREATE TABLE a (k int PRIMARY KEY, v varchar(9), i int INVISIBLE DEFAULT 7)" + rows},
		"a column of one's own": {
			mysql: `CREATE TABLE a (k int PRIMARY KEY, v varchar(9), "a ` + "`" + `b"" 'c\" int DEFAULT 7, "select" text)` + rows,
		},
		"a table of another charset": {mysql: "CREATE TABLE a (k int PRIMARY KEY, v varchar(9) CHARACTER SET utf16, w varchar(9) CHARACTER SET sjis DEFAULT 'x') CHARACTER SET latin1" + rows},
	}
	for name, r := range cases {
		r.job, r.file = job, file
		cases[name] = r
	}
	cases["values that no file has"] = roundTrip{
		job:  "columns: {k: {from: k}, d: {from: d}, dt: {from: dt}, t: {from: t}, u: {from: u}, y: {from: y}}\nto: {DATABASE, table: a, key: k, delete_when: row.gone == \"1\", max_delete: 100%}\n",
		file: []string{"k,d,dt,t,u,y,gone", "1,2024-01-01,2024-01-01 00:00:00,12:00:00,1,2024,", "2,,,,,,1", "4,,,,,,"},
		mysql: `CREATE TABLE a (k int PRIMARY KEY, d date, dt datetime(3), t time(2), u bigint unsigned, y year);
			INSERT INTO a VALUES (1, '0000-00-00', '2024-00-00', '-838:59:59', 18446744073709551615, 0), (2, '2024-02-00', '0000-00-00 00:00:00', '838:59:59', 18446744073709551614, 1901)`,
	}
	runRoundTrips(t, cases)
}
