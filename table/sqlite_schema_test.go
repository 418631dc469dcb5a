package table

import (
	"context"
	"testing"
)

var sqliteCases = map[string]schemaCase{
	"of Django": {
		`CREATE TABLE django (id integer NOT NULL PRIMARY KEY AUTOINCREMENT, a varchar(20) NOT NULL, b text, c bigint, d "integer unsigned" NOT NULL CHECK ("d" >= 0), e smallint,
			f decimal, g bool NOT NULL, h real, i date, j time, k datetime, l char(32), m BLOB, n char(39),
			o text NOT NULL CHECK ((JSON_VALID("o") OR "o" IS NULL)), p "smallint unsigned")`,
		"django", lookColumns, `
		id INTEGER: int64, affinity INTEGER, identity by default, sequence sqlite_sequence, not null
		a varchar(20): string, length 20, affinity TEXT, not null
		b TEXT: string, affinity TEXT
		c bigint: int64, affinity INTEGER
		d integer unsigned: int64, affinity INTEGER, not null
		e smallint: int16, affinity INTEGER
		f decimal: decimal, affinity NUMERIC
		g bool: bool, affinity NUMERIC, not null
		h REAL: float64, affinity REAL
		i date: date, affinity NUMERIC
		j time: time, fraction 6, affinity NUMERIC
		k datetime: timestamp, fraction 6, affinity NUMERIC
		l char(32): uuid, length 32, affinity TEXT
		m BLOB: bytes, affinity BLOB
		n char(39): string, length 39, affinity TEXT
		o TEXT: json, affinity TEXT, not null
		p smallint unsigned: int16, affinity INTEGER`,
	},
	"of others": {
		`CREATE TABLE others (a "character varying(7)", b decimal(10,2), c numeric(5), d numeric(50,3), e double precision, f timestamp, g timestamp with time zone,
			h uuid, i json, j tinyint(1), k tinyint, l int, m datetime(6), n varbinary(16), o longtext, p bigint unsigned)`,
		"others", lookColumns, `
		a character varying(7): string, length 7, affinity TEXT
		b decimal(10,2): decimal(10,2), affinity NUMERIC
		c numeric(5): decimal(5,0), affinity NUMERIC
		d numeric(50,3): decimal, affinity NUMERIC
		e double precision: float64, affinity REAL
		f timestamp: timestamp, fraction 6, affinity NUMERIC
		g timestamp with time zone: timestamptz, fraction 6, affinity NUMERIC
		h uuid: uuid, length 36, affinity NUMERIC
		i json: json, affinity NUMERIC
		j tinyint(1): bool, affinity INTEGER
		k tinyint: int16, affinity INTEGER
		l INT: int64, affinity INTEGER
		m datetime(6): timestamp, fraction 6, affinity NUMERIC
		n varbinary(16): bytes, affinity NUMERIC
		o longtext: string, affinity TEXT
		p bigint unsigned: int64, affinity INTEGER`,
	},
	"types that say nothing": {
		`CREATE TABLE loose (a, b string, c "", d geometry, e point)`,
		"loose", lookColumns, `
		a : any, affinity BLOB
		b string: any, affinity NUMERIC
		c : any, affinity BLOB
		d geometry: any, affinity NUMERIC
		e point: int64, affinity INTEGER`,
	},
	"strict": {
		`CREATE TABLE strict (a INT PRIMARY KEY, b INTEGER, c REAL, d TEXT, e BLOB, f ANY) STRICT`,
		"strict", lookColumns, `
		a INT: int64, affinity INTEGER, not null
		b INTEGER: int64, affinity INTEGER
		c REAL: float64, affinity REAL
		d TEXT: string, affinity TEXT
		e BLOB: bytes, affinity BLOB
		f ANY: any, affinity BLOB`,
	},
	"strict table": {"", "strict", lookTable, `main.strict partitions "" of "" rules [], strict`},
	"without rowid": {
		`CREATE TABLE flat (a integer, b text, c int, PRIMARY KEY (b, a)) WITHOUT ROWID`,
		"flat", lookTable, `main.flat partitions "" of "" rules [], without rowid`,
	},
	"columns without rowid": {"", "flat", lookColumns, `
		a INTEGER: int64, affinity INTEGER, not null
		b TEXT: string, affinity TEXT, not null
		c INT: int64, affinity INTEGER`},
	"uniques without rowid": {"", "flat", lookUniques, `sqlite_autoindex_flat_1 b a, primary`},
	"primary keys that number rows": {
		`CREATE TABLE numbered (id INTEGER, a int, PRIMARY KEY (id)); CREATE TABLE upside (id INTEGER PRIMARY KEY DESC); CREATE TABLE other (id INT PRIMARY KEY)`,
		"numbered", lookColumns, `
		id INTEGER: int64, affinity INTEGER, identity by default, not null
		a INT: int64, affinity INTEGER`,
	},
	"key of a numbered":     {"", "numbered", lookUniques, `primary key id, primary`},
	"one that does not":     {"", "other", lookColumns, `id INT: int64, affinity INTEGER`},
	"one that does neither": {"", "upside", lookColumns, `id INTEGER: int64, affinity INTEGER`},
	"filled by the database": {
		`CREATE TABLE filled (a text DEFAULT 'it''s', b int NOT NULL DEFAULT (1 + 2), c int DEFAULT NULL, d datetime DEFAULT CURRENT_TIMESTAMP,
			e int GENERATED ALWAYS AS (b * (2 + 1)) STORED, f text AS (a || ')') UNIQUE CHECK (f <> ''), g text DEFAULT -1 NOT NULL)`,
		"filled", lookColumns, `
		a TEXT: string, affinity TEXT, default 'it''s'
		b INT: int64, affinity INTEGER, default 1 + 2, not null
		c INT: int64, affinity INTEGER
		d datetime: timestamp, fraction 6, affinity NUMERIC, default CURRENT_TIMESTAMP
		e INT: int64, affinity INTEGER, generated b * (2 + 1), refused the database generates it
		f TEXT: string, affinity TEXT, generated a || ')', refused the database generates it
		g TEXT: string, affinity TEXT, default -1, not null`,
	},
	"collations": {
		`CREATE TABLE compared (a text COLLATE NOCASE UNIQUE, b text COLLATE "rtrim", c text COLLATE BINARY, d text, UNIQUE (b), UNIQUE (c COLLATE NOCASE, d))`,
		"compared", lookColumns, `
		a TEXT: string, collation NOCASE, affinity TEXT
		b TEXT: string, collation RTRIM, affinity TEXT
		c TEXT: string, affinity TEXT
		d TEXT: string, affinity TEXT`,
	},
	"uniques by collation": {"", "compared", lookUniques, `
		sqlite_autoindex_compared_1 a/NOCASE
		sqlite_autoindex_compared_2 b/RTRIM
		sqlite_autoindex_compared_3 c/NOCASE d`},
	"uniques": {
		`CREATE TABLE uniques (a int, b int, c text, "d e" text, UNIQUE (b, a));
		CREATE UNIQUE INDEX x1 ON uniques (c) WHERE a > 0 AND c <> 'where';
		CREATE UNIQUE INDEX x2 ON uniques (lower(c) COLLATE NOCASE DESC, a + b, b /* , */ ASC);
		CREATE UNIQUE INDEX IF NOT EXISTS "x(3" ON "uniques" ("d e" DESC);
		CREATE INDEX x4 ON uniques (c)`,
		"uniques", lookUniques, `
		sqlite_autoindex_uniques_1 b a
		x(3 d e
		x1 c where a > 0 AND c <> 'where'
		x2 [lower(c)]/NOCASE [a + b] b`,
	},
	"foreign keys": {
		`CREATE TABLE parent (id integer PRIMARY KEY, a int, b int, UNIQUE (a, b));
		CREATE TABLE Child (id integer PRIMARY KEY, up int CONSTRAINT upward REFERENCES child ON DELETE CASCADE DEFAULT 3 NOT NULL,
			p int REFERENCES PARENT ON DELETE RESTRICT ON UPDATE SET DEFAULT DEFERRABLE INITIALLY DEFERRED, a int, b int, lost int REFERENCES nowhere,
			CONSTRAINT both FOREIGN KEY (a, b) REFERENCES parent (A, B) ON DELETE SET NULL NOT DEFERRABLE INITIALLY DEFERRED CONSTRAINT late FOREIGN KEY (b, a) REFERENCES parent (b, a) DEFERRABLE)`,
		"child", lookForeignKeys, `
		upward: main.Child[up] -> main.Child[id], delete cascade, update no action
		: main.Child[p] -> main.parent[id], delete restrict, update set default, deferrable, deferred
		: main.Child[lost] -> main.nowhere[], delete no action, update no action
		both: main.Child[a b] -> main.parent[a b], delete set null, update no action
		late: main.Child[b a] -> main.parent[b a], delete no action, update no action, deferrable`,
	},
	"referrers": {"", "main.Parent", lookReferrers, `
		: main.Child[p] -> main.parent[id], delete restrict, update set default, deferrable, deferred
		both: main.Child[a b] -> main.parent[a b], delete set null, update no action
		late: main.Child[b a] -> main.parent[b a], delete no action, update no action, deferrable`},
	"referrers of itself": {"", "child", lookReferrers, `upward: main.Child[up] -> main.Child[id], delete cascade, update no action`},
	"checks": {
		`CREATE TABLE checks (a int CHECK (a > 0) CHECK(a<9), -- CHECK (a = 1), of a comment
			b text /* ) */ CONSTRAINT "no quote" CHECK (b <> ')''' AND b <> "a"), "check" int, [constraint] int, CONSTRAINT less CHECK (a < length(b)))`,
		"checks", lookChecks, `
		: a > 0
		: a<9
		no quote: b <> ')''' AND b <> "a"
		less: a < length(b)`,
	},
	"columns with names of clauses": {"", "checks", lookColumns, `
		a INT: int64, affinity INTEGER
		b TEXT: string, affinity TEXT
		check INT: int64, affinity INTEGER
		constraint INT: int64, affinity INTEGER`},
	"triggers": {
		`CREATE TABLE fires (a int, b int, "c d" int);
		CREATE TRIGGER t1 AFTER INSERT ON fires BEGIN SELECT 1; END;
		CREATE TRIGGER IF NOT EXISTS main."t 2" BEFORE UPDATE OF b, "c d" ON fires FOR EACH ROW WHEN new.b > 0 BEGIN SELECT 1; END;
		CREATE TRIGGER before DELETE ON FIRES BEGIN SELECT 1; END`,
		"fires", lookTriggers, `
		before: before [delete][] for each row
		t 2: before [update][b c d] for each row
		t1: after [insert][] for each row`,
	},
	"altered": {
		`CREATE TABLE altered (a int); ALTER TABLE altered ADD COLUMN b text COLLATE nocase CHECK (b <> ''); ALTER TABLE altered RENAME COLUMN a TO "c c"; ALTER TABLE altered RENAME TO "Renamed, now"`,
		"renamed, now", lookColumns, `
		c c INT: int64, affinity INTEGER
		b TEXT: string, collation NOCASE, affinity TEXT`,
	},
	"made of a query": {`CREATE TABLE made AS SELECT 1 AS a, 'x' AS "b,b"`, "made", lookColumns, `
		a : any, affinity BLOB
		b,b : any, affinity BLOB`},
	"quoted":          {`CREATE TABLE "a ""b"".c" ([d] int, "e" text)`, `"a ""b"".c"`, lookTable, `main.a "b".c partitions "" of "" rules []`},
	"mistyped":        {"", "chlid", nil, `!there is no table chlid in this file: did you mean "Child"?`},
	"another schema":  {"", "public.child", nil, `!there is no table public.child in this file`},
	"view":            {`CREATE VIEW seen AS SELECT 1 AS a`, "seen", nil, `!seen is a view; sluice loads tables`},
	"virtual table":   {`CREATE VIRTUAL TABLE words USING fts5(a)`, "words", nil, `!words is a virtual table; sluice loads tables`},
	"shadow table":    {"", "words_data", nil, `!words_data is a part of a virtual table`},
	"table of SQLite": {"", "sqlite_sequence", nil, `!there is no table sqlite_sequence`},
}

func TestInspectSQLite(t *testing.T) {
	conn := newSQLiteConn(t, "")
	for name, tc := range sqliteCases {
		if _, err := conn.ExecContext(context.Background(), tc.create); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
	}
	testSchema(t, sqliteCases, func(name string) (*Table, error) {
		return inspectSQLite(context.Background(), conn, name)
	})
}

// FuzzParseTable checks that no statement, even one that SQLite would refuse,
// brings its reading down.
func FuzzParseTable(f *testing.F) {
	for _, tc := range sqliteCases {
		f.Add(tc.create)
	}
	f.Fuzz(func(_ *testing.T, sql string) {
		parseTable(sql)
		parseIndex(sql)
		parseTrigger("t", sql)
	})
}
