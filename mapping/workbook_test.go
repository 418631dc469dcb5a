package mapping_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/seed-128c3863/sluice/format"
	"github.com/seed-128c3863/sluice/row"
)

// A cell of a workbook is taken as what it is where a column wants that, whatever
// the column says of how texts are written, and else as its text.
func TestWorkbookCells(t *testing.T) {
	kinds := map[byte]row.Kind{'"': row.String, 'n': row.Float64, 'b': row.Bool, 'd': row.Date, 't': row.Time, 's': row.Timestamp}
	for _, tc := range []struct{ column, cell, want string }{
		{"type: string", `"a`, "a"},
		{"type: string", "n12345", "12345"},
		{"type: string", "n0.30000000000000004", "0.3"},
		{"type: string", "n12345678901234567", "12345678901234567"},
		{"type: string", "bTRUE", "TRUE"},
		{"type: string", "d2024-04-17", "2024-04-17"},
		{"type: string", "s2024-04-17T05:30:00", "2024-04-17T05:30:00"},
		{"type: string, trim: true", "s2024-04-17T05:30:00", "2024-04-17T05:30:00"},
		{"type: string, match: '^[0-9-]+$'", "d2024-04-17", "2024-04-17"},
		{"type: string, one_of: ['3.3']", "n3.3000000000000003", "3.3"},
		{"type: int64", "n12345", "12345"},
		{"type: int64", `"12345`, "12345"},
		{"type: int64", "n110.00000000000001", "110"},
		{"type: int64", "n1.5", "1.5 is not an integer (round it where that is meant: round_half_even(...))"},
		{"type: int64", "d2024-04-17", `"2024-04-17" is not an integer`},
		{"type: int64", "bTRUE", `"TRUE" is not an integer`},
		{"type: int64, null: ['0']", "n0", "∅"},
		{`type: int64, thousands: ","`, "n12345", "12345"},
		{"type: float64", "n0.30000000000000004", "0.30000000000000004"},
		{`type: float64, decimal: ","`, "n1.5", "1.5"},
		{`type: float64, decimal: ","`, `"1,5`, "1.5"},
		{"type: float64", "n1e+300", "1e+300"},
		{`type: "decimal(10,2)"`, "n19.989999999999998", "19.99"},
		{`type: "decimal(10,2)", decimal: ","`, "n19.99", "19.99"},
		{`type: "decimal(10,2)"`, "n1.005", "1.005 has more than 2 digits after the point, as decimal(10,2) holds"},
		{`type: "decimal(30,10)"`, `"12345678901234567890.0123456789`, "12345678901234567890.0123456789"},
		{"type: bool", "bTRUE", "true"},
		{"type: bool", "bFALSE", "false"},
		{`type: bool, "true": ["Y"], "false": ["N"]`, "bTRUE", "true"},
		{`type: bool, "true": ["1"], "false": ["0"]`, "n1", "true"},
		{"type: bool", "n1", `"1" is not true or false (list words for them with "true" and "false")`},
		{"type: date", "d2024-04-17", "2024-04-17"},
		{"type: date", "s2024-04-17T00:00:00", "2024-04-17"},
		{"type: date", "s2024-04-17T12:00:00", "2024-04-17T12:00:00 has a time of day, which a date cannot hold (write date(...) to leave it out)"},
		{"type: date, formats: ['%d/%m/%Y']", "d2024-04-17", "2024-04-17"},
		{"type: date, formats: ['%d/%m/%Y']", `"17/04/2024`, "2024-04-17"},
		{"type: date, formats: ['%Y%m%d']", "n20240417", "2024-04-17"},
		{"type: date, null: ['9999-12-31']", "d9999-12-31", "∅"},
		{"type: date", "n45399", `"45399" is not a date such as 2024-04-17 (give its formats where it is written otherwise)`},
		{"type: timestamp", "s2024-04-17T05:30:00.123", "2024-04-17 05:30:00.123"},
		{"type: timestamp", "d2024-04-17", "2024-04-17 00:00:00"},
		{"type: timestamptz, timezone: Asia/Seoul", "s2024-04-17T05:30:00", "2024-04-16 20:30:00+00:00"},
		{"type: timestamptz", "s2024-04-17T05:30:00", "2024-04-17T05:30:00 has no zone, so the instant is not known (give the column a timezone)"},
		{"type: time", "t05:30:00", "05:30:00"},
		{"type: time", `"36:30:00`, `"36:30:00" is not a time of day such as 05:30:00: there is no hour 36`},
		{"type: json", "n1.50", "1.50"},
		{"type: json", "bTRUE", "true"},
		{"type: json", "d2024-04-17", `"2024-04-17"`},
		{"type: json", `"{}`, "{}"},
		{"type: int64", `"`, "∅"},
		{"type: int64, required: true", `"`, "empty where a value is required"},
		{"type: int64", "!#N/A", "cell B17 holds the error #N/A"},
		{"type: string", "!#N/A", "cell B17 holds the error #N/A"},
		{"type: string, null: ['#N/A']", "!#N/A", "∅"},
		{"type: string, null: ['#N/A']", "!#REF!", "cell B17 holds the error #REF!"},
		{"type: string, required: true, null: ['#N/A']", "!#N/A", "null where a value is required"},
	} {
		columns := "  a: {from: a, " + tc.column + "}\n"
		if got := mapCell(t, columns, kinds, tc.cell); got != tc.want {
			t.Errorf("%s of %s: %s, want %s", tc.column, tc.cell, got, tc.want)
		}
	}
	for _, tc := range []struct{ value, cell, want string }{
		{"upper(row.a)", "n12345", "12345"},
		{"row.a + '!'", "d2024-04-17", "2024-04-17!"},
		{"string(number(row.a) * 2)", "n3.3000000000000003", "6.6"},
		{"row.a ?? 'none'", "!#N/A", "cell B17 holds the error #N/A"},
	} {
		if got := mapCell(t, "  a: {type: string, value: \""+tc.value+"\"}\n", kinds, tc.cell); got != tc.want {
			t.Errorf("%s of %s: %s, want %s", tc.value, tc.cell, got, tc.want)
		}
	}
}

// mapCell maps one cell, and returns the text of its value or why there is none.
func mapCell(t *testing.T, columns string, kinds map[byte]row.Kind, cell string) string {
	t.Helper()
	m, dst := cellMapper(t, columns)
	src := cellBatch("")
	c := &src.Cols[0]
	if cell[0] == '!' {
		c.Truncate(0)
		c.AppendBroken(row.Break{Why: row.Faulty, Cell: "cell B17 holds the error " + cell[1:]})
		c.Kinds = []row.Kind{row.Any}
	} else {
		c.Kinds = []row.Kind{kinds[cell[0]]}
	}
	c.Bytes[0] = []byte(cell[1:])
	m.Map(src, dst)
	switch {
	case len(dst.Bad) > 0:
		if v := dst.Bad[0].Value; v != cell[1:] && !strings.HasPrefix(cell, "n") && v != "" {
			t.Errorf("the value at fault is %q, not %q", v, cell[1:])
		}
		return dst.Bad[0].Err.Error()
	case dst.Cols[0].Null[0]:
		return "∅"
	}
	text, err := format.AppendText(nil, &dst.Cols[0], 0)
	if err != nil {
		t.Fatal(err)
	}
	return fmt.Sprint(string(text))
}
