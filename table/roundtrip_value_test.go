package table

import "testing"

// Columns that the job does not load are kept in updates, and are there again
// with rows that are put back: whatever they hold.
func TestRoundTripValue(t *testing.T) {
	file := []string{"k,v,gone", "1,x,", "2,,1", "3,,1", "4,d,", "6,,1"}
	job := "columns: {k: {from: k}, v: {from: v}}\nto: {DATABASE, table: a, key: k, delete_when: row.gone == \"1\", max_delete: 100%}\n"
	cases := map[string]roundTrip{
		"types of PostgreSQL": {postgres: `CREATE TYPE mood AS ENUM ('sad', 'ok'); CREATE DOMAIN code AS text CHECK (VALUE ~ '^[a-z]'); CREATE TYPE pair AS (n float8, t text, m mood); CREATE TYPE span AS RANGE (subtype = float8);
			CREATE DOMAIN pairs AS pair[];
			CREATE TABLE a (k int PRIMARY KEY, v text, b bytea, j json, jb jsonb, ints int[], texts text[][], r int4range, mr tstzrange, m mood, ms mood[], c code, cs code[], p pair, ps pairs, s span, x xml, ts tsvector, mo money,
				i interval, n numeric, n2 numeric(10,2), ns numeric[], t timestamptz, tz timestamp, d date, ti time, tt timetz(2), f8 float8, f4 float4, u uuid, ip inet, mac macaddr, bi bit(3), vb varbit, ch char(5), vc varchar(9), nm name, pt point, bx box, l lseg, o oid, rc regclass, lsn pg_lsn, q "char", bo bool);
			INSERT INTO a VALUES
				(1, 'a', '\x00ff', '{"b": 1,  "a":2}', '{"a": [1.50, null]}', '{1,NULL,3}', '{{a,"b c"},{"\"",NULL}}', '[1,5)', '["2024-01-01 00:00:00+00",)', 'ok', '{sad,NULL}', 'abc', '{x,y}', '(0.1,"a ""b"", c",sad)', '{"(0.30000000000000004,,ok)"}', '[0.1,0.2)', '<a>&lt;</a>', 'a:1 b:2', 12.34,
					'1 year 2 mons -3 days 04:05:06.789', 'NaN', 1.5, '{NaN,1.50}', 'infinity', '-infinity', 'infinity', '23:59:59.999999', '12:00:00.25+05:30', 0.1::float8 + 0.2::float8, 1.1, '01234567-89ab-cdef-0123-456789abcdef', '10.0.0.1/8', '08:00:2b:01:02:03', '101', '1', 'ab', 'abc  ', 'nm', '(1.1,2.2)', '((0,0),(1,1))', '[(0,0),(1,1)]', 7, 'pg_class', '16/B374D848', 'x', true),
				(5, 'e', '', 'null', 'null', '{}', '{}', 'empty', NULL, NULL, '{}', NULL, NULL, '(,,)', '{}', 'empty', NULL, '', -0.01, '-00:00:01', 1e-20, -0.01, NULL, '0044-01-01 00:00:00+00 BC', '294276-12-31 23:59:59.999999', '4713-01-01 BC', '24:00:00', '00:00:00-12', '-0', 'NaN', NULL, '::1', NULL, '000', '', '', '', '', NULL, NULL, NULL, 0, NULL, '0/0', '', NULL);
			INSERT INTO a SELECT 2, v, b, j, jb, ints, texts, r, mr, m, ms, c, cs, p, ps, s, x, ts, mo, i, n, n2, ns, t, tz, d, ti, tt, f8, f4, u, ip, mac, bi, vb, ch, vc, nm, pt, bx, l, o, rc, lsn, q, bo FROM a WHERE k = 1;
			INSERT INTO a SELECT 3, v, b, j, jb, ints, texts, r, mr, m, ms, c, cs, p, ps, s, x, ts, mo, i, n, n2, ns, t, tz, d, ti, tt, f8, f4, u, ip, mac, bi, vb, ch, vc, nm, pt, bx, l, o, rc, lsn, q, bo FROM a WHERE k = 5;
			INSERT INTO a (k) VALUES (6)`},
		"settings of the database": {postgres: `CREATE TYPE pair AS (n float8, d timestamptz, i interval); CREATE TABLE a (k int PRIMARY KEY, v text, p pair, f float8, d date, b bytea); INSERT INTO a VALUES (1, 'a', (0.1::float8 + 0.2::float8, '2024-02-03 04:05:06+07', '-1 day 2 hours'), 0.1::float8 + 0.2::float8, '2024-02-03', '\x00'), (2, 'b', (1e300 / 3, 'infinity', '1 year'), 1e-300 / 3, '2024-02-03', '\xff');
			DO $$ BEGIN EXECUTE format('ALTER DATABASE %I SET extra_float_digits = 0; ALTER DATABASE %1$I SET datestyle = ''SQL, DMY''; ALTER DATABASE %1$I SET intervalstyle = ''sql_standard''; ALTER DATABASE %1$I SET timezone = ''Asia/Kathmandu''; ALTER DATABASE %1$I SET bytea_output = ''escape''', current_database()); END $$`},
		"volatile defaults": {
			postgres: "CREATE TABLE a (k int PRIMARY KEY, v text, n serial, at timestamptz DEFAULT clock_timestamp(), u uuid DEFAULT gen_random_uuid(), r float8 DEFAULT random(), id int GENERATED ALWAYS AS IDENTITY); INSERT INTO a (k) VALUES (1), (2), (3)",
			mysql:    "CREATE TABLE a (k int PRIMARY KEY, v text, at timestamp(6) DEFAULT now(6), u uuid DEFAULT uuid(), r double DEFAULT (rand()), id int AUTO_INCREMENT UNIQUE); INSERT INTO a (k) VALUES (1), (2), (3)",
			sqlite:   "CREATE TABLE a (k int PRIMARY KEY, v text, at text DEFAULT CURRENT_TIMESTAMP, u DEFAULT (hex(randomblob(16))), r real DEFAULT (random() / 1e18)); INSERT INTO a (k) VALUES (1), (2), (3)",
		},
		"generated": {
			postgres: "CREATE TABLE a (k int PRIMARY KEY, v text, u text GENERATED ALWAYS AS (upper(v)) STORED, kk int GENERATED ALWAYS AS (k * 2) STORED UNIQUE); INSERT INTO a VALUES (1, 'a'), (2, 'b'), (3, NULL)",
			mysql:    "CREATE TABLE a (k int PRIMARY KEY, v varchar(9), u varchar(9) AS (upper(v)), kk int GENERATED ALWAYS AS (k * 2) STORED UNIQUE, i int INVISIBLE DEFAULT 7); INSERT INTO a (k, v) VALUES (1, 'a'), (2, 'b'), (3, NULL)",
			sqlite:   "CREATE TABLE a (k int PRIMARY KEY, v text, u text AS (upper(v)), kk int GENERATED ALWAYS AS (k * 2) STORED, UNIQUE (kk)); INSERT INTO a VALUES (1, 'a'), (2, 'b'), (3, NULL)",
		},
		"storage classes of SQLite": {sqlite: `CREATE TABLE a (k int PRIMARY KEY, v text, any, b blob, n numeric, i integer, r real, t text, d date, dt datetime, ts timestamp, bo boolean, dec decimal(10,2));
			INSERT INTO a VALUES (1, 'a', 1.0, 2.0, 3.0, 4.0, 5.0, 6.0, '2024-01-01', '2024-01-01 00:00:00', 1704067200, 1, 1.10), (2, 'b', 1.0, 2.0, 3.0, 4.0, 5, 6.0, '2024-01-01', '2024-01-01 00:00:00', 1704067200, 'true', 1.10),
				(3, 'c', x'00ff', 'text', 'text', 'text', 'text', x'00', x'01', 20240101, 'x', x'', 'NaN'), (5, 'e', 1e300, 9223372036854775807, 9223372036854775807.0, -9223372036854775808, 9e999, -9e999, 0.1 + 0.2, '', 0, 0, 1e15),
				(6, 'f', 9e18, 1e18, 0.1 + 0.2, 'abc' || char(0) || 'def', CAST(x'ff00fe' AS text), CAST(x'610062' AS text), 0.0, 12.5, '2024-01-01T00:00:00Z', 2, -0.0)`},
		"strict": {sqlite: "CREATE TABLE a (k int PRIMARY KEY, v text, x any, r real, b blob) STRICT; INSERT INTO a VALUES (1, 'a', 1.0, 1, x'00'), (2, 'b', 1.0, 2, x''), (3, 'c', '1', 3, NULL)"},
	}
	cases["types of MySQL"] = roundTrip{mysql: `CREATE TABLE a (k int PRIMARY KEY, v text, s set('x','y'), e enum('a','b'), b bit(9), j json, g point, l longblob, c char(5) CHARACTER SET latin1, y year, t time(6), d date, dt datetime(6), ts timestamp(6) NULL, f float, db double, de decimal(65,30), u bigint unsigned, z int zerofill, bi binary(4), u8 uuid, ip inet6);
		INSERT INTO a VALUES (1, 'a', 'x,y', 'a', b'101', '{"a":  1.50}', ST_GeomFromText('POINT(1.1 2.2)'), x'00ff', 'é', 2024, '-838:59:59.999999', '0001-01-01', '9999-12-31 23:59:59.999999', '1970-01-01 00:00:01', 1.1, 0.1 + 0.2e0, 1e-30, 18446744073709551615, 7, x'00ff', uuid(), '::1'),
			(3, 'c', '', NULL, b'0', '[]', NULL, '', 'ab', 0, '838:59:59', '0000-00-00', '2024-01-00', '2038-01-19 03:14:07.999999', -0e0, 1e300, -1, 0, 0, '', NULL, NULL);
		INSERT INTO a SELECT k + 1, v, s, e, b, j, g, l, c, y, t, d, dt, ts, f, db, de, u, z, bi, u8, ip FROM a WHERE k = 1; INSERT INTO a (k) VALUES (6)`}
	for name, r := range cases {
		r.job, r.file = job, file
		cases[name] = r
	}
	loaded := "columns: {k: {from: k}, v: {from: v, type: string}, f: {from: f, type: float64}}\nto: {DATABASE, table: a, key: k, delete_when: row.gone == \"1\", max_delete: 100%}\n"
	cases["loaded, of another storage class"] = roundTrip{job: loaded, file: []string{"k,v,f,gone", "1,x,7,", "2,y,8,", "3,,,1", "4,z,1,"}, sqlite: "CREATE TABLE a (k int PRIMARY KEY, v, f); INSERT INTO a VALUES (1, 1.0, 1.0), (2, x'00', 'text'), (3, 1.0, 2.0)"}
	cases["loaded, out of the ordinary"] = roundTrip{
		job: "columns: {k: {from: k}, n: {from: n}, f: {from: f}, t: {from: t}, d: {from: d}}\nto: {DATABASE, table: a, key: k}\n", file: []string{"k,n,f,t,d", "1,1,1,2024-01-01T00:00:00Z,2024-01-01", "2,,,,", "4,2,0.5,,"},
		postgres: "CREATE TABLE a (k int PRIMARY KEY, n numeric, f float8, t timestamptz, d date); INSERT INTO a VALUES (1, 'NaN', 'NaN', 'infinity', '-infinity'), (2, 1e-50, 0.1::float8 + 0.2::float8, '0044-01-01 00:00:00+00 BC', '0001-01-01 BC'), (3, 'Infinity', '-0', NULL, NULL)",
	}
	runRoundTrips(t, cases)
}

// Rows have their IDs again, and what numbers new ones goes on.
func TestRoundTripID(t *testing.T) {
	job := "columns: {code: {from: code}, v: {from: v}}\nto: {DATABASE, table: a, key: code, delete_when: row.gone == \"1\", max_delete: 100%}\n"
	byID := "columns: {id: {from: code}, v: {from: v}}\nto: {DATABASE, table: a, key: id, delete_when: row.gone == \"1\", max_delete: 100%}\n"
	file := []string{"code,v,gone", "1,x,", "3,,1", "7,d,", "9,e,"}
	const rows = ", code int UNIQUE, v text); INSERT INTO a (code, v) VALUES (1, 'a'), (2, 'b'), (3, 'c')"
	const ids = ", code int, v text); INSERT INTO a (v) VALUES ('a'), ('b'), ('c')"
	const next = "INSERT INTO a (v) VALUES ('next')"
	cases := map[string]roundTrip{}
	for _, id := range []string{"id serial PRIMARY KEY", "id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY", "id bigint GENERATED BY DEFAULT AS IDENTITY PRIMARY KEY"} {
		cases[id] = roundTrip{job: job, file: file, next: next, postgres: "CREATE TABLE a (" + id + rows, mysql: mysqlOf("CREATE TABLE a (" + id + rows)}
		cases[id+", loaded"] = roundTrip{job: byID, file: file, next: next, postgres: "CREATE TABLE a (" + id + ids, mysql: mysqlOf("CREATE TABLE a (" + id + ids)}
	}
	for _, id := range []string{"id integer PRIMARY KEY", "id integer PRIMARY KEY AUTOINCREMENT"} {
		cases[id] = roundTrip{job: job, file: file, next: next, sqlite: "CREATE TABLE a (" + id + rows}
		cases[id+", loaded"] = roundTrip{job: byID, file: file, next: next, sqlite: "CREATE TABLE a (" + id + ids}
	}
	cases["an ID that nobody numbers"] = roundTrip{job: byID, file: file}.on("CREATE TABLE a (id int PRIMARY KEY, v text); INSERT INTO a VALUES (1, 'a'), (2, 'b'), (3, 'c')")
	cases["a row number"] = roundTrip{job: job, file: file, next: next, sqlite: "CREATE TABLE a (code int UNIQUE, v text); INSERT INTO a (code, v) VALUES (1, 'a'), (2, 'b'), (3, 'c')"}
	cases["no row number"] = roundTrip{job: job, file: file, sqlite: "CREATE TABLE a (code int PRIMARY KEY, v text) WITHOUT ROWID; INSERT INTO a (code, v) VALUES (1, 'a'), (2, 'b'), (3, 'c')"}
	cases["a key of texts"] = roundTrip{job: job, file: file}.on("CREATE TABLE a (code text PRIMARY KEY, v text); INSERT INTO a (code, v) VALUES ('1', 'a'), ('2', 'b'), ('3', 'c')")
	cases["its number was given to another"] = roundTrip{job: job, file: file, since: "DELETE FROM a WHERE v IN ('d', 'e'); INSERT INTO a (id, code, v) VALUES (3, 30, 'next')", conflict: "a 3: there is such a row again", sqlite: "CREATE TABLE a (id integer PRIMARY KEY" + rows}
	cases["numbered anew"] = roundTrip{job: job, file: []string{"code,v,gone", "2,x,", "3,,1", "4,d,"}, since: "DELETE FROM a WHERE code = 1; VACUUM", conflict: "since", sqlite: "CREATE TABLE a (code int, v text); INSERT INTO a VALUES (1, 'a'), (2, 'b'), (3, 'c')"}
	cases["after another run"] = roundTrip{job: job, file: file, since: "UPDATE a SET v = 'z' WHERE code IN (1, 7)", conflict: "a 1: it was changed since"}.on("CREATE TABLE a (code int PRIMARY KEY, v text); INSERT INTO a (code, v) VALUES (1, 'a'), (2, 'b'), (3, 'c')")
	runRoundTrips(t, cases)
}
