package mapping_test

import (
	"strings"
	"testing"
)

// What a column has read of a cell is what it reads of the cell that is written
// for it.
func TestInverse(t *testing.T) {
	columns := append([]string{
		`type: string, "null": [a, none], empty: text`, "type: string, trim: true", `type: json, "null": ["{}"]`,
		`type: int64, "null": ["0"], thousands: "_"`, `type: "decimal(20,2)", decimal: ",", thousands: "."`, `type: "decimal(20,2)", percent: true`, `type: int64, currency: "₩", brackets: true`, `type: timestamp, timezone: Asia/Seoul, formats: ["%Y-%m-%dT%H:%M:%S%z"]`,
		`type: timestamptz, timezone: Europe/Berlin, formats: ["%Y-%m-%d %H:%M", "%d.%m.%Y %I:%M:%S %p"]`,
		"type: bytes",
	}, cellColumns...)
	written := 0
	for _, column := range columns {
		columns := "c: {from: s, " + column + "}"
		m, out := cellMapper(t, columns)
		inverse := compileJob(t, strings.Replace(jobOf("", columns), "}.json", "}.csv", 1)).Inverse(true)
		for _, text := range append([]string{"16777216", "1e20", "123456789012345678"}, cellTexts...) {
			m.Map(cellBatch(text), out)
			if out.Len == 0 {
				continue
			}
			want := cellResult(out)
			var again []byte
			var err error
			if out.Cols[0].Null[0] {
				again, err = inverse.Null(0)
			} else {
				again, err = inverse.Append(nil, 0, &out.Cols[0], 0)
			}
			if err != nil {
				t.Logf("%s: %q: %v", column, text, err)
				continue
			}
			written++
			m.Map(cellBatch(string(again)), out)
			if got := cellResult(out); got != want {
				t.Errorf("%s: %q is written %q and read as\n%s, not\n%s", column, text, again, got, want)
			}
		}
	}
	if written < 500 {
		t.Errorf("only %d values were written", written)
	}
}
