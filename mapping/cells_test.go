package mapping_test

import (
	"fmt"
	"math/big"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/seed-128c3863/sluice/mapping"
	"github.com/seed-128c3863/sluice/row"
)

// cellColumns are columns of each kind, with the options that have a part in
// how a cell is read.
var cellColumns = []string{
	"type: string", "type: string, required: true", "type: string, max_length: 3", "type: string, match: '^[a-z]+$'", "type: string, one_of: [a, b]", "type: string, empty: text",
	"type: bool", `type: bool, "true": ["1", Y], "false": ["0", "true"]`,
	"type: int16", "type: int32", "type: int64", "type: int64, one_of: ['1', '01']", `type: int64, thousands: ","`, `type: int64, currency: "₩"`, "type: int64, brackets: true", "type: int16, percent: true",
	"type: float32", "type: float64", `type: float64, decimal: ","`,
	`type: "decimal(5,2)"`, `type: "decimal(18,0)"`, `type: "decimal(18,18)"`, `type: "decimal(20,2)"`, `type: "decimal(5,2)", decimal: ","`,
	"type: date", "type: date, formats: ['%Y-%m-%d']", "type: date, formats: ['%d.%m.%y', '%Y%m%d']", "type: date, formats: ['%m/%d/%Y']",
	"type: timestamp", "type: timestamp, formats: ['%Y-%m-%d %H:%M:%S']", "type: timestamp, formats: ['%Y-%m-%d']", "type: timestamp, timezone: UTC",
	"type: timestamptz", "type: timestamptz, timezone: UTC", "type: timestamptz, timezone: Europe/Berlin", "type: timestamptz, timezone: UTC, formats: ['%Y%m%d%H%M%S', '%Y-%m-%d %H:%M:%S']",
	"type: time", "type: uuid", "type: json",
}

var cellTexts = []string{
	"", " ", "a", "ab", "abcd", "éé", "ééé", "éééé", "Y", "true", "True", "FALSE", "0", "1", "01", "-1", "+1", "-0", "--1", "-", "+", ".", "-.", "1.", ".5", "-.5", "1.5", "1.50", "1.500", "1.505", "01.5", "1,5", "1,000", "1.2.3",
	"999.99", "1000.00", "-999.99", "99999.9", "1e2", "1E-2", "32767", "32768", "-32768", "-32769", "2147483647", "2147483648", "9007199254740993", "999999999999999999", "1000000000000000000", "9223372036854775807", "9223372036854775808", "0.000000000000000001", "0.999999999999999999", "0.1234567890123456789",
	"00000000000000000001", "16777217", "3.4e39", "1e400", "NaN", "inf", "0x10", "1_000", "١",
	"2024-04-17", "2024-02-30", "2023-02-29", "0000-01-01", "9999-12-31", "2024-4-17", "2024-04-17 ", "24-04-2017", "20240417", "17.04.24", "04/17/2024", "4/17/2024", "202a-04-17",
	"2024-04-17T05:30:00", "2024-04-17 05:30:00", "2024-04-17 24:00:00", "2024-04-17 05:30", "2024-04-17 05:30:00.123456789", "2024-04-17T05:30:00Z", "2024-04-17 05:30:00+09:00", "2024-03-31 02:30:00", "20240417053000", "05:30:00",
	"123e4567-e89b-12d3-a456-426614174000", "{}",
}

// cellBatch is a batch of one row of cells, as a reader of text makes it.
func cellBatch(cells ...string) *row.Batch {
	b := &row.Batch{Len: 1, Row: []int64{1}}
	for _, text := range cells {
		c := row.NewColumn(row.Type{Kind: row.String})
		c.AppendBytes([]byte(text))
		b.Cols = append(b.Cols, c)
	}
	return b
}

// cellMapper maps the cells of a file of text with the columns, lines of YAML.
func cellMapper(t testing.TB, columns string) (*mapping.Mapper, *row.Batch) {
	t.Helper()
	p := compileJob(t, strings.Replace(jobOf("", columns), "}.json", "}.csv", 1))
	m := p.NewMapper(testRun)
	if err := m.Begin(testFile); err != nil {
		t.Fatal(err)
	}
	return m, row.NewBatch(p.Schema())
}

// What is read the quick way is what it is read as the other way, to the word
// of its rejects. A column with words for null is never read the quick way.
func TestCellsAreReadTheSameTheQuickWay(t *testing.T) {
	texts := cellTexts
	random := rand.New(rand.NewPCG(1, 2))
	for range 3000 {
		text := []byte(cellTexts[random.IntN(len(cellTexts))])
		for range 1 + random.IntN(2) {
			if len(text) > 0 {
				text[random.IntN(len(text))] = "0123456789+-.: TeE,"[random.IntN(19)]
			}
		}
		texts = append(texts, strings.ToValidUTF8(string(text), "?"))
	}
	for _, column := range cellColumns {
		quick, a := cellMapper(t, "c: {from: s, "+column+"}")
		slow, b := cellMapper(t, `c: {from: s, "null": [never], `+column+"}")
		for _, text := range texts {
			src := cellBatch(text)
			quick.Map(src, a)
			slow.Map(src, b)
			if got, want := cellResult(a), cellResult(b); got != want {
				t.Errorf("%s: %q: %s, want %s", column, text, got, want)
			}
		}
	}
}

func cellResult(b *row.Batch) string {
	if b.Len == 1 {
		return show(&b.Cols[0], 0)
	}
	return fmt.Sprintf("%s (%q)", b.Bad[0].Error.Error(), b.Bad[0].Value)
}

// A check sees a decimal with all the digits of its scale, in order with other
// numbers.
func TestChecksSeeWholeDecimals(t *testing.T) {
	for text, want := range map[string]string{"1.5": "1.50", "-0.07": "-0.07", "12345678.9": "12345678.90", "0": "0.00", "-3": "-3.00"} {
		for _, typ := range []string{"decimal(10,2)", "decimal(20,2)"} {
			m, dst := cellMapper(t, `c: {type: "`+typ+`", from: s, check: 'string(value) == row.want'}`)
			if m.Map(cellBatch(text, want), dst); dst.Len != 1 {
				t.Errorf("%s of %s: %s", typ, text, dst.Bad[0].Error.Error())
			}
		}
	}
	m, dst := cellMapper(t, `c: {type: "decimal(18,2)", from: s, check: 'value < number(row.than)'}`)
	random := rand.New(rand.NewPCG(3, 4))
	for range 5000 {
		a, b := random.Int64N(1e17), random.Int64N(1e17)
		if random.IntN(2) == 0 {
			a, b = 9007199254740990+random.Int64N(9), 9007199254740990+random.Int64N(9) // where floats are not exact
		}
		x, y := fmt.Sprintf("%d.%02d", a/100, a%100), fmt.Sprintf("%d.%02d", b/100, b%100)
		m.Map(cellBatch(x, y), dst)
		if want := big.NewInt(a).Cmp(big.NewInt(b)) < 0; dst.Len == 1 != want {
			t.Fatalf("%s < %s is not %v: %v", x, y, want, dst.Bad)
		}
	}
}
