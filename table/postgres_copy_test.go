package table

import (
	"context"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"

	"github.com/seed-128c3863/sluice/row"
)

// Each type's binary form is what the server reads as the same value as text.
func TestPostgresCopy(t *testing.T) {
	ctx := context.Background()
	conn := connectPostgres(t, "CREATE TYPE mood AS ENUM ('sad', 'ok'); SET timezone = 'UTC'")
	for _, tc := range []struct {
		to, typ string
		fill    func(b *row.Batch, c *row.Column)
		want    string
	}{
		{"smallint", "int16", ints(-32768, 0, 7), "-32768|0|7"},
		{"integer", "int32", ints(-1<<31, 1<<31-1), "-2147483648|2147483647"},
		{"bigint", "int64", ints(-1<<63, 1<<63-1), "-9223372036854775808|9223372036854775807"},
		{"bigint", "int16", ints(-5), "-5"},
		{"real", "float32", floats(1.5, -0.25), "1.5|-0.25"},
		{"double precision", "float64", floats(0.1, -1e300), "0.1|-1e+300"},
		{"boolean", "bool", ints(1, 0), "true|false"},
		{"date", "date", ints(0, 10957, -719162, 2932896), "1970-01-01|2000-01-01|0001-01-01|9999-12-31"},
		{"time", "time", ints(0, 86399_999999), "00:00:00|23:59:59.999999"},
		{"timestamp", "timestamp", ints(0, 1713312000_000001), "1970-01-01 00:00:00|2024-04-17 00:00:00.000001"},
		{"timestamptz", "timestamptz", ints(-1, 1713312000_000000), "1969-12-31 23:59:59.999999+00|2024-04-17 00:00:00+00"},
		{"text", "string", texts("", "커피 \"q\"\n\\"), "|커피 \"q\"\n\\"},
		{"varchar(5)", "string", texts("abcde"), "abcde"},
		{"char(3)", "string", texts("ab"), "ab"},
		{"mood", "string", texts("ok"), "ok"},
		{"bytea", "bytes", texts("\x00\xff"), `\x00ff`},
		{"uuid", "uuid", texts("0123456789abcdef"), "30313233-3435-3637-3839-616263646566"},
		{"json", "json", texts(`{"a": 1}`), `{"a": 1}`},
		{"jsonb", "json", texts(`{"b":2,"a": 1}`), `{"a": 1, "b": 2}`},
		{"numeric(10,2)", "decimal(10,2)", ints(150, -150, 0, 5, 123456789, -1, 1000000, 100), "1.50|-1.50|0.00|0.05|1234567.89|-0.01|10000.00|1.00"},
		{"numeric(18,0)", "decimal(18,0)", ints(10000, -99999999, 100000000), "10000|-99999999|100000000"},
		{"numeric(18,7)", "decimal(18,7)", ints(12345678, 1, -10000000), "1.2345678|0.0000001|-1.0000000"},
		{"numeric(12,4)", "decimal(12,4)", ints(12345678, 9999, 10000), "1234.5678|0.9999|1.0000"},
		{"numeric(38,3)", "decimal(20,3)", texts("\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x04\xd2", strings.Repeat("\xff", 16)), "1.234|-0.001"},
		{"numeric", "", texts("1.50", "-0.00010", "123456789012345678901234567890", "0", "-10000.0001", "0.00000001", "007"), "1.50|-0.00010|123456789012345678901234567890|0|-10000.0001|0.00000001|7"},
	} {
		t.Run(tc.to+" of "+tc.typ, func(t *testing.T) {
			typ := row.Type{Kind: row.Decimal}
			if tc.typ != "" {
				var err error
				if typ, err = row.ParseType(tc.typ); err != nil {
					t.Fatal(err)
				}
			}
			b := row.NewBatch(row.Schema{{Name: "v", Type: typ}})
			tc.fill(b, &b.Cols[0])
			b.Cols[0].AppendNull()
			if got := copied(ctx, t, conn, tc.to, &b.Cols[0]); got != tc.want+"|null" {
				t.Errorf("got  %s\nwant %s", got, tc.want+"|null")
			}
		})
	}
}

// copied loads a column into one of a table and returns its texts.
func copied(ctx context.Context, t *testing.T, conn *pgx.Conn, to string, c *row.Column) string {
	t.Helper()
	if _, err := conn.Exec(ctx, "DROP TABLE IF EXISTS t; CREATE TABLE t (n serial, v "+to+")"); err != nil {
		t.Fatal(err)
	}
	table, err := inspectPostgres(ctx, conn, "t")
	if err != nil {
		t.Fatal(err)
	}
	field, err := copyFieldOf(c.Type, table.Column("v"))
	if err != nil {
		t.Fatal(err)
	}
	out := append([]byte(nil), copyHeader...)
	for r := range c.Len() {
		if out, err = field(appendInt16(out, 1), c, r); err != nil {
			t.Fatal(err)
		}
	}
	out = append(out, copyTrailer...)
	if _, err := conn.PgConn().CopyFrom(ctx, strings.NewReader(string(out)), "COPY t (v) FROM STDIN (FORMAT binary)"); err != nil {
		t.Fatal(err)
	}
	var got string
	if err := conn.QueryRow(ctx, "SELECT string_agg(coalesce(v::text, 'null'), '|' ORDER BY n) FROM t").Scan(&got); err != nil {
		t.Fatal(err)
	}
	return got
}

func ints(values ...int64) func(*row.Batch, *row.Column) {
	return func(_ *row.Batch, c *row.Column) {
		for _, v := range values {
			c.AppendInt(v)
		}
	}
}

func floats(values ...float64) func(*row.Batch, *row.Column) {
	return func(_ *row.Batch, c *row.Column) {
		for _, v := range values {
			c.AppendFloat(v)
		}
	}
}

func texts(values ...string) func(*row.Batch, *row.Column) {
	return func(b *row.Batch, c *row.Column) {
		for _, v := range values {
			c.AppendBytes(b.Keep([]byte(v)))
		}
	}
}
