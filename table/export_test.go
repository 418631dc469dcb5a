package table

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/parquet-go/parquet-go"

	"github.com/seed-128c3863/sluice/plan"
	"github.com/seed-128c3863/sluice/spec"
	"github.com/seed-128c3863/sluice/store"
)

// TestExport writes the products in each format, and finds that a plan of the
// file changes nothing.
func TestExport(t *testing.T) { eachShop(t, testExport) }

func testExport(t *testing.T, s *shop) {
	s.apply(v1)
	s.apply(v2clean)
	want := s.dump()
	for _, form := range []string{"csv", "tsv", "ndjson", "xlsx"} {
		file := filepath.Join(t.TempDir(), "products."+form)
		done := exportTo(t, s.open("none.csv"), file, form)
		if done.Rows != 306 || len(done.Columns) != 13 {
			t.Errorf("%s: %+v", form, done)
		}
		if p := s.plan(file); p.Counts[plan.Unchanged] != 306 || p.Counts.Total() != 306 {
			t.Errorf("%s: a plan of the export: %v %+v", form, p.Counts, p.Table.Rows[:min(3, len(p.Table.Rows))])
		}
	}
	same(t, "the tables", s.dump(), want)
	file := filepath.Join(t.TempDir(), "products.csv")
	exportTo(t, s.open("none.csv"), file, "csv")
	same(t, "the file as read by hand", s.byHand(file), s.products())
}

// exportTo exports a job's table into a file.
func exportTo(t testing.TB, im *Import, file, form string) *Exported {
	t.Helper()
	var out bytes.Buffer
	done, err := im.Export(context.Background(), &out, ExportOptions{Format: form})
	if err != nil {
		t.Fatal(err)
	}
	if done.Bytes != int64(out.Len()) {
		t.Errorf("%d bytes counted of %d", done.Bytes, out.Len())
	}
	if err := os.WriteFile(file, out.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	return done
}

// refused exports what cannot be said in a form.
func refused(t *testing.T, im *Import, form, want string) {
	t.Helper()
	if _, err := im.Export(context.Background(), io.Discard, ExportOptions{Format: form}); err == nil || !strings.Contains(err.Error(), want) {
		t.Errorf("%s: got %v, want %s", form, err, want)
	}
}

// openJob opens a job for a database; its file is a param.
func openJob(t testing.TB, text, database, input string) (*Import, error) {
	t.Helper()
	job, err := spec.Parse("job.yaml", []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	params, err := job.Bind(map[string]string{"input": input, "database": database}, nil)
	if err != nil {
		t.Fatal(err)
	}
	im, err := Open(context.Background(), Options{Job: job, Params: params, Stores: store.NewSet(store.Options{}), Version: "test"})
	if err == nil {
		t.Cleanup(im.Close)
	}
	return im, err
}

const oddHead = `
sluice: 1
name: odd
params: {input: {type: string}, database: {type: string}}
from: {files: "{input}"}
to: {database: "{database}", table: odd, key: code}
`

const oddJob = oddHead + `
columns:
  code:  {from: "the code"}
  body:  {from: body, "null": ["NULL", "\\N"], empty: text}
  wide:  {from: wide}
  whole: {from: whole, decimal: ",", thousands: "."}
  ratio: {from: ratio, decimal: ","}
  day:   {from: day, formats: ["%d/%m/%y", "%d.%m.%Y"]}
  seen:  {from: seen, formats: ["%Y-%m-%d %H:%M", "%Y-%m-%d %H:%M:%S", "%Y-%m-%d %H:%M:%S.%f"]}
  at:    {from: at, timezone: Asia/Seoul}
  clock: {from: clock}
  yes:   {from: "yes", "true": ["ja", "1"], "false": ["nein", "0"]}
  raw:   {from: raw, "null": ["-"], empty: text}
  id:    {from: id}
  doc:   {from: doc}
  free:  {from: free}
  twice: {from: twice}
  again: {from: twice}
`

var oddTables = map[string]string{
	"postgres": `CREATE TABLE odd (n int GENERATED ALWAYS AS IDENTITY PRIMARY KEY, code text NOT NULL UNIQUE, body text, wide numeric(38,10), whole int, ratio float8, day date,
		seen timestamp, at timestamptz, clock time, yes bool, raw bytea, id uuid, doc jsonb, free numeric DEFAULT 0, twice numeric DEFAULT 123456789012345678901234567890123456789012.50, again numeric DEFAULT 123456789012345678901234567890123456789012.50);`,
	"sqlite": `CREATE TABLE odd (n integer PRIMARY KEY, code text NOT NULL UNIQUE, body text, wide decimal(15,5), whole int, ratio double, day date,
		seen datetime, at timestamptz, clock time, yes bool, raw blob, id uuid, doc json, free decimal DEFAULT 0, twice decimal DEFAULT 1.50, again decimal DEFAULT 1.50);`,
	"mysql": `CREATE TABLE odd (n int AUTO_INCREMENT PRIMARY KEY, code varchar(99) NOT NULL UNIQUE, body text, wide decimal(38,10), whole int, ratio double, day date,
		seen datetime(6), at timestamp(6) NULL, clock time(6), yes bool, raw blob, id uuid, doc json, free decimal(45,0) DEFAULT 0, twice decimal(65,2) DEFAULT 123456789012345678901234567890123456789012.50, again decimal(65,2) DEFAULT 123456789012345678901234567890123456789012.50);`,
}

var oddRows = map[string]string{
	"postgres": `INSERT INTO odd (code, body, wide, whole, ratio, day, seen, at, clock, yes, raw, id, doc) VALUES
		('007', E'a "quoted" ''one'',\n\r\n\t\\N|;', -1234567890123456789012345678.0000000001, -1234567, 1e-7, '1950-02-03', '2024-04-17 05:30', '2024-04-17 05:30:00.000001+00', '23:59:59.999999', true, '\x00ff0a', 'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11', '{"a": ["\\n", "한"]}'),
		(' padded ', '', 0, 0, -0.1, '2024-02-29', '0001-01-01 00:00:01', '2026-11-23 00:00+00', '00:00', false, '', NULL, '"text"'),
		('한글', NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL),
		('"', 'NULLE', 99999999999999999999.5, 2147483647, 123456789012345680000, '9999-12-31', '2024-04-17 05:30:00.25', '9999-12-31 00:00:00+00', '12:00:00.5', true, '\x22', '00000000-0000-0000-0000-000000000000', '1.50'),
		(E'a\nb,c;d|e', E' \n ', 0.0000000001, -2147483648, 5e-324, '0001-01-01', '2024-04-17 05:30:00.000001', '1900-01-01 00:00+00', '01:02:03', false, '\x5c', 'ffffffff-ffff-ffff-ffff-ffffffffffff', 'null');`,
	"sqlite": `INSERT INTO odd (code, body, wide, whole, ratio, day, seen, at, clock, yes, raw, id, doc) VALUES
		('007', 'a "quoted" ''one'',' || char(10,13,10,9) || '\N|;', -123456789.01234, -1234567, 1e-7, '1950-02-03', '2024-04-17 05:30:00', '2024-04-17 05:30:00.000001', '23:59:59.999999', 1, x'00ff0a', 'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11', '{"a": ["\n", "한"]}'),
		(' padded ', '', 0, 0, -0.1, '2024-02-29', '0001-01-01 00:00:01', '2026-11-23 00:00:00', '00:00:00', 0, NULL, NULL, '"text"'),
		('한글', NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL),
		('"', 'NULLE', 9999999999.5, 9223372036854775807, 123456789012345680000, '9999-12-31', '2024-04-17 05:30:00.250000', '9999-12-31 00:00:00', '12:00:00.500000', 1, x'22', '00000000-0000-0000-0000-000000000000', '{"n":1.50}'),
		('a' || char(10) || 'b,c;d|e', ' ' || char(10) || ' ', 0.00001, -9223372036854775808, 5e-324, '0001-01-01', '2024-04-17 05:30:00.000001', '1900-01-01 00:00:00', '01:02:03', 0, x'5c', 'ffffffff-ffff-ffff-ffff-ffffffffffff', 'null');`,
	"mysql": `INSERT INTO odd (code, body, wide, whole, ratio, day, seen, at, clock, yes, raw, id, doc) VALUES
		('007', concat('a "quoted" ''one'',', char(10,13,10,9), '\N|;'), -1234567890123456789012345678.0000000001, -1234567, 1e-7, '1950-02-03', '2024-04-17 05:30:00', '2024-04-17 05:30:00.000001', '23:59:59.999999', 1, x'00ff0a', 'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11', '{"a": ["\n", "한"]}'),
		(' padded ', '', 0, 0, -0.1, '2024-02-29', '0001-01-01 00:00:01', '2026-11-23 00:00:00', '00:00:00', 0, '', NULL, '"text"'),
		('한글', NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL),
		('"', 'NULLE', 9999999999.5, 2147483647, 123456789012345680000, '9999-12-31', '2024-04-17 05:30:00.250000', '2038-01-19 03:14:07', '12:00:00.500000', 1, x'22', '00000000-0000-0000-0000-000000000000', '{"n":1.50}'),
		(concat('a', char(10), 'b,c;d|e'), concat(' ', char(10), ' '), 0.0000000001, -2147483648, 5e-324, '0001-01-01', '2024-04-17 05:30:00.000001', '1970-01-01 00:00:01', '01:02:03', 0, x'5c', 'ffffffff-ffff-ffff-ffff-ffffffffffff', 'null');`,
}

// TestExportOdd does so with values that are easily lost on the way.
func TestExportOdd(t *testing.T) {
	eachShop(t, func(t *testing.T, s *shop) {
		name := strings.TrimPrefix(t.Name(), "TestExportOdd/")
		s.exec(oddTables[name] + oddRows[name])
		for _, form := range []string{"csv", "tsv", "xlsx", "ndjson"} {
			file := filepath.Join(t.TempDir(), "odd."+form)
			im, err := openJob(t, oddJob, s.url, file)
			if err != nil {
				t.Fatal(err)
			}
			if form == "ndjson" { // in which it is a number that is read as an integer
				refused(t, im, form, `column "ratio"`)
				s.exec("UPDATE odd SET ratio = 0.5 WHERE ratio > 1")
				refused(t, im, form, `column "doc"`)
				s.exec("UPDATE odd SET doc = '[null]' WHERE code LIKE 'a%'")
			}
			exportTo(t, im, file, form)
			p, err := im.Plan(context.Background(), plan.Options{})
			if err != nil {
				t.Fatal(err)
			}
			if p.Counts[plan.Unchanged] != 5 || p.Counts.Total() != 5 {
				text, _ := os.ReadFile(file)
				t.Errorf("%s: %v %+v\n%s", form, p.Counts, p.Table.Rows, text)
			}
		}
	})
}

// TestExportParquet writes the types of both tables, numbers without a precision
// as texts.
func TestExportParquet(t *testing.T) {
	eachShop(t, func(t *testing.T, s *shop) {
		name := strings.TrimPrefix(t.Name(), "TestExportParquet/")
		s.exec(oddTables[name] + oddRows[name] + "UPDATE odd SET doc = '[null]' WHERE code LIKE 'a%'; UPDATE odd SET ratio = 0.5 WHERE ratio > 1")
		file := filepath.Join(t.TempDir(), "odd.parquet")
		im, err := openJob(t, strings.Replace(oddJob, "free:  {from: free", `free: {from: free, "null": ["-"]`, 1), s.url, "none.csv")
		if err != nil {
			t.Fatal(err)
		}
		if done := exportTo(t, im, file, "parquet"); done.Rows != 5 {
			t.Errorf("%+v", done)
		}
		type odd struct {
			Code  string  `parquet:"the code"`
			Free  string  `parquet:"free"`
			Twice string  `parquet:"twice"`
			Body  *string `parquet:"body,optional"`
		}
		rows, err := parquet.ReadFile[odd](file)
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, r := range rows {
			got = append(got, fmt.Sprintf("%q %s %t", r.Code, r.Free, r.Body != nil))
		}
		same(t, "the rows", strings.Join(got, ", "), `" padded " 0 true, "\"" 0 true, "007" 0 true, "a\nb,c;d|e" 0 true, "한글" 0 false`)
		if want := cmp.Or(map[string]string{"sqlite": "1.5"}[name], "123456789012345678901234567890123456789012.50"); rows[0].Twice != want {
			t.Errorf("a number without precision is %s, not %s", rows[0].Twice, want)
		}
	})
}

// A stopper cancels the run that writes to it.
type stopper struct {
	stop    func()
	written int
}

func (s *stopper) Write(p []byte) (int, error) {
	s.stop()
	s.written += len(p)
	return len(p), nil
}

// TestExportStops ends an export in its middle; the connection is not used for
// what comes after it.
func TestExportStops(t *testing.T) {
	eachShop(t, func(t *testing.T, s *shop) {
		s.exec(fullShops[strings.TrimPrefix(t.Name(), "TestExportStops/")])
		ctx, cancel := context.WithCancel(context.Background())
		out := &stopper{stop: cancel}
		if _, err := s.open("none.csv").Export(ctx, out, ExportOptions{}); !errors.Is(err, context.Canceled) {
			t.Errorf("got %v", err)
		}
		if out.written == 0 || out.written > 1<<20 {
			t.Errorf("%d bytes were written", out.written)
		}
		var rows bytes.Buffer
		done, err := ExportQuery(context.Background(), s.url, "", "SELECT sku, count(*) AS n FROM shop_product GROUP BY 1 ORDER BY 1 DESC LIMIT 2 -- the last", &rows, ExportOptions{})
		if err != nil || done.Rows != 2 {
			t.Errorf("%+v, %v", done, err)
		}
		same(t, "a query", rows.String(), "sku,n\nsku99999,1\nsku99998,1\n")
	})
}

const manyProducts = ` INSERT INTO shop_product (sku, title, description, category_id, price, stock, updated_at, active) SELECT 'sku' || i, 'a title', 'what it is', 1, 1, 1, '2024-04-17 05:30:00', `

var fullShops = map[string]string{
	"postgres": manyProducts + "true FROM generate_series(10000, 99999) i",
	"sqlite":   "WITH RECURSIVE n AS (SELECT 10000 AS i UNION ALL SELECT i + 1 FROM n WHERE i < 99999)" + manyProducts + "1 FROM n",
	"mysql":    strings.Replace(manyProducts, "'sku' || i", "concat('sku', seq)", 1) + "1 FROM seq_10000_to_99999",
}

// TestExportRefused has what cannot be said in a file of the job.
func TestExportRefused(t *testing.T) {
	eachShop(t, func(t *testing.T, s *shop) {
		name := strings.TrimPrefix(t.Name(), "TestExportRefused/")
		s.exec(oddTables[name] + oddRows[name])
		for what, tc := range map[string]struct{ columns, form, want string }{
			"columns of one source": {"code: {from: c}\n  body: {from: c, empty: text, \"null\": [\"-\"]}", "csv", `columns code and body of the job are both read from it, and differ`},
			"a key without inverse": {`code: {value: 'row.a + "x"'}`, "csv", "an expression has no inverse, and the key is needed"},
			"a nested member":       {`code: {from: a.b}`, "ndjson", "no member of the record itself"},
			"an empty text":         {"code: {from: c}\n  body: {from: b}", "csv", `of the row with c " padded ": it would be "", which the job reads as something else (give the column empty: text`},
			"no word for null":      {"code: {from: c}\n  body: {from: b, empty: text}", "csv", `of the row with c "한글": it is null, and the column reads no cell as null`},
			"a word for null":       {"code: {from: c}\n  whole: {from: w, \"null\": [\"0\"]}", "csv", `it would be "0", which the job reads as something else`},
			"what is trimmed":       {"code: {from: c, trim: true}", "csv", `it would be " padded "`},
			"fractions of a second": {"code: {from: c}\n  seen: {from: s, formats: [\"%Y-%m-%d %H:%M:%S\"]}", "csv", `it would be "2024-04-17 05:30:00", which`},
		} {
			im, err := openJob(t, oddHead+"columns:\n  "+tc.columns, s.url, "none.csv")
			if err != nil {
				t.Fatal(what, err)
			}
			refused(t, im, tc.form, tc.want)
		}
		im, err := openJob(t, strings.Replace(oddHead, `{input}"}`, `{input}", header: "false"}`, 1)+"columns:\n  code: {from: \"1\"}", s.url, "none.csv")
		if err != nil {
			t.Fatal(err)
		}
		refused(t, im, "csv", "from.header: false: sluice writes no files of text in this form")
	})
}

// TestExportDangling has foreign keys whose rows are gone.
func TestExportDangling(t *testing.T) {
	s := newSQLiteShop(t)
	s.exec("PRAGMA foreign_keys = OFF")
	s.apply(v1)
	s.exec("UPDATE shop_product SET category_id = 4711 WHERE sku = 'SKU000000007'")
	refused(t, s.open("none.csv"), "csv", `row 7: column "category": of the row with sku "SKU000000007": it is 4711, and no row of shop_category with that has a slug`)
	s.exec("UPDATE shop_product SET category_id = 1 WHERE sku = 'SKU000000007'")
	s.exec("INSERT INTO shop_product_tags (product_id, tag_id) SELECT id, 4711 FROM shop_product WHERE sku = 'SKU000000008'")
	refused(t, s.open("none.csv"), "csv", `of the row with sku "SKU000000008": it is linked to what is no row of shop_tag with a name`)
	s.exec("DELETE FROM shop_product_tags WHERE tag_id = 4711")
}

// TestExportWithin exports the rows that the files are a mirror of.
func TestExportWithin(t *testing.T) {
	s := newShop(t)
	s.apply(v1)
	mirror := []string{"write: upsert", "write: mirror\n  within: sku < 'SKU000000101'"}
	file := filepath.Join(t.TempDir(), "products.csv")
	if done := exportTo(t, s.open("none.csv", mirror...), file, "csv"); done.Rows != 100 {
		t.Errorf("%+v", done)
	}
	p, err := s.open(file, mirror...).Plan(context.Background(), plan.Options{})
	if err != nil || p.Counts[plan.Unchanged] != 100 || p.Counts.Total() != 100 {
		t.Errorf("%+v, %v", p, err)
	}
}
