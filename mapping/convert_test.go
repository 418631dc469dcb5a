package mapping_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/seed-128c3863/sluice/row"
)

// outcome maps one record by one column and returns its value, or "!" and the
// reason it was refused.
func outcome(t *testing.T, job, record string) string {
	t.Helper()
	b := run(t, job, record)
	return outcomeOf(b)
}

func outcomeOf(b *row.Batch) string {
	if len(b.Bad) == 1 && b.Len == 0 {
		return "!" + b.Bad[0].Err.Error()
	}
	if len(b.Bad) == 0 && b.Len == 1 {
		return show(&b.Cols[0], 0)
	}
	return fmt.Sprintf("%d rows, %d bad", b.Len, len(b.Bad))
}

// tables runs lines of "options | source | outcome".
func tables(t *testing.T, lines string, of func(t *testing.T, options, source string) string) {
	t.Helper()
	for line := range strings.Lines(lines) {
		line = strings.TrimSpace(line)
		if line == "" || line[0] == '#' {
			continue
		}
		options, rest, _ := strings.Cut(line+" ", "| ")
		at := strings.LastIndex(rest, "| ")
		if at < 0 {
			t.Fatalf("%q is not of three parts", line)
		}
		options, source, want := strings.TrimSpace(options), strings.TrimSpace(rest[:at]), strings.TrimSpace(rest[at+1:])
		if got := of(t, options, source); got != want {
			t.Errorf("%s of %s\n got %s\nwant %s", options, source, got, want)
		}
	}
}

// Every type from every kind of JSON value.
func TestFromJSON(t *testing.T) {
	tables(t, `
type: string | "007" | 007
type: string | "" |
type: string | "a\u00e9\/" | aé/
type: string | 7 | 7
type: string | 1.50 | 1.50
type: string | 12345678901234567890 | 12345678901234567890
type: string | true | true
type: string | null | null
type: string | [1] | !a list is not a text (type json keeps lists and objects)
type: string | {"a":1} | !an object is not a text (type json keeps lists and objects)
type: string | "\ud800" | !"\ud800" holds \ud800, half of a surrogate pair, which is no character

type: bool | true | true
type: bool | false | false
type: bool | "true" | !"true" is not true or false (list words for them with "true" and "false")
type: bool | 1 | !1 is not true or false (list words for them with "true" and "false")
type: bool, "true": ["1", "yes"], "false": ["0"] | 1 | true
type: bool, "true": ["1", "yes"], "false": ["0"] | "yes" | true
type: bool, "true": ["1", "yes"], "false": ["0"] | "0" | false
type: bool, "true": ["1", "yes"], "false": ["0"] | "no" | !"no" is not among the words for true ("1", "yes") and false ("0")

type: int64 | 9223372036854775807 | 9223372036854775807
type: int64 | -9223372036854775808 | -9223372036854775808
type: int64 | 9223372036854775808 | !9223372036854775808 is beyond int64
type: int64 | -9223372036854775809 | !-9223372036854775809 is beyond int64
type: int64 | 3.9 | !3.9 is not an integer (round it where that is meant: round_half_even(...))
type: int64 | 1.0 | 1
type: int64 | 1e2 | 100
type: int64 | 1500e-2 | 15
type: int64 | 1501e-2 | !1501e-2 is not an integer (round it where that is meant: round_half_even(...))
type: int64 | 1e999999999 | !1e999999999 is beyond int64
type: int64 | 1e-999999999 | !1e-999999999 is not an integer (round it where that is meant: round_half_even(...))
type: int64 | 0e999999999999999999999 | 0
type: int64 | -0 | 0
type: int64 | "12" | !"12" is a text, not an integer (write int(...) or number(...) where it holds one)
type: int64 | "" | !"" is a text, not an integer (write int(...) or number(...) where it holds one)
type: int64 | true | !true is not an integer
type: int64 | [] | !a list is not an integer
type: int32 | 2147483647 | 2147483647
type: int32 | 2147483648 | !2147483648 is beyond int32 (-2147483648 to 2147483647)
type: int16 | -32768 | -32768
type: int16 | 32768 | !32768 is beyond int16 (-32768 to 32767)
type: int16 | 3.2768e4 | !3.2768e4 is beyond int16 (-32768 to 32767)

type: float64 | 1.5 | 1.5
type: float64 | 3 | 3
type: float64 | 9007199254740992 | 9.007199254740992e+15
type: float64 | 9007199254740993 | !9007199254740993 is an integer that a float64 cannot hold exactly
type: float64 | 123456789012345678901 | !123456789012345678901 is an integer that a float64 cannot hold exactly
type: float64 | 1e23 | 1e+23
type: float64 | 1e400 | !1e400 is beyond what a float64 holds
type: float64 | 1e-400 | !1e-400 is closer to zero than a float64 holds
type: float64 | 0e-400 | 0
type: float64 | "1.5" | !"1.5" is a text, not a number (write int(...) or number(...) where it holds one)
type: float32 | 0.1 | 0.10000000149011612
type: float32 | 16777217 | !16777217 is an integer that a float32 cannot hold exactly
type: float32 | 1e39 | !1e39 is beyond what a float32 holds

type: "decimal(5,2)" | 123.45 | 12345
type: "decimal(5,2)" | -1.5 | -150
type: "decimal(5,2)" | 1 | 100
type: "decimal(5,2)" | 12345e-2 | 12345
type: "decimal(5,2)" | 1.10000 | 110
type: "decimal(5,2)" | 0.001 | !0.001 has more than 2 digits after the point, as decimal(5,2) holds
type: "decimal(5,2)" | 1000 | !1000 has more than 3 digits before the point, as decimal(5,2) holds
type: "decimal(5,2)" | 1e999999999 | !1e999999999 has more than 3 digits before the point, as decimal(5,2) holds
type: "decimal(5,2)" | "1.5" | !"1.5" is a text, not a number (write int(...) or number(...) where it holds one)
type: "decimal(18,0)" | 999999999999999999 | 999999999999999999
type: "decimal(20,1)" | 1.5 | 0000000000000000000000000000000f
type: "decimal(20,1)" | -1.5 | fffffffffffffffffffffffffffffff1
type: "decimal(38,0)" | 99999999999999999999999999999999999999 | 4b3b4ca85a86c47a098a223fffffffff
type: "decimal(38,0)" | 100000000000000000000000000000000000000 | !100000000000000000000000000000000000000 has more than 38 digits before the point, as decimal(38,0) holds

type: date | "2024-02-29" | 2024-02-29
type: date | "2023-02-29" | !"2023-02-29" is not a date such as 2024-04-17: month 2 of 2023 has no day 29
type: date | "2024-4-17" | !"2024-4-17" is not a date such as 2024-04-17 (give its formats where it is written otherwise)
type: date | "2024-04-17T00:00:00" | !"2024-04-17T00:00:00" is not a date such as 2024-04-17 (give its formats where it is written otherwise)
type: date | 20240417 | !20240417 is not a date
type: date, formats: ["%d/%m/%Y"] | "17/04/2024" | 2024-04-17
type: date, formats: ["%d/%m/%Y"] | "17/04/2024 " | !"17/04/2024 " does not match "%d/%m/%Y": " " is left over
type: date, formats: ["%d/%m/%Y", "%Y%m%d"] | "20240417" | 2024-04-17
type: date, formats: ["%d/%m/%Y", "%Y%m%d"] | "2024" | !"2024" matches none of "%d/%m/%Y", "%Y%m%d"
type: date, formats: ["%Y-%m-%d %H:%M"] | "2024-04-17 00:00" | 2024-04-17
type: date, formats: ["%Y-%m-%d %H:%M"] | "2024-04-17 00:01" | !2024-04-17T00:01:00 has a time of day, which a date cannot hold (write date(...) to leave it out)
type: time | "05:30" | 05:30:00
type: time | "05:30:01.25" | 05:30:01.25
type: time | "24:00" | !"24:00" is not a time of day such as 05:30:00: there is no hour 24
type: time | "05:30:01.0000001" | !"05:30:01.0000001" has more than six digits after the point, which a time cannot hold
type: timestamp | "2024-04-17T05:30:00" | 2024-04-17T05:30:00
type: timestamp | "2024-04-17 05:30" | 2024-04-17T05:30:00
type: timestamp | "2024-04-17" | 2024-04-17T00:00:00
type: timestamp | "2024-04-17T05:30:00.123456789" | 2024-04-17T05:30:00.123456789
type: timestamp | "1969-12-31T23:59:59.999999999" | 1969-12-31T23:59:59.999999999
type: timestamp | "2024-04-17T05:30:00Z" | !2024-04-17T05:30:00Z has a zone, and the column has none (give it a timezone to show the time of, or type timestamptz)
type: timestamp, timezone: Asia/Seoul | "2024-04-17T05:30:00Z" | 2024-04-17T14:30:00
type: timestamp, timezone: Asia/Seoul | "2024-04-17T05:30:00" | 2024-04-17T05:30:00
type: timestamp | "2024-04-17T05:30:60" | !"2024-04-17T05:30:60" is not a timestamp such as 2024-04-17T05:30:00: there is no second 60
type: timestamp | 1713331800 | !1713331800 is not a timestamp (write from_unix(...) or from_unix_ms(...))
type: timestamptz | "2024-04-17T05:30:00Z" | 2024-04-17T05:30:00
type: timestamptz | "2024-04-17T05:30:00+09:00" | 2024-04-16T20:30:00
type: timestamptz | "2024-04-17T05:30:00+0900" | 2024-04-16T20:30:00
type: timestamptz | "2024-04-17T05:30:00+09" | !"2024-04-17T05:30:00+09" is not a timestamp such as 2024-04-17T05:30:00Z (give its formats where it is written otherwise)
type: timestamptz | "2024-04-17T05:30:00" | !2024-04-17T05:30:00 has no zone, so the instant is not known (give the column a timezone)
type: timestamptz, timezone: Europe/Berlin | "2024-04-17T05:30:00" | 2024-04-17T03:30:00
type: timestamptz, timezone: Europe/Berlin | "2024-03-31T02:30:00" | !clocks in Europe/Berlin skip 2024-03-31T02:30:00
type: timestamptz, timezone: Europe/Berlin | "2024-10-27T02:30:00" | !clocks in Europe/Berlin show 2024-10-27T02:30:00 twice, so the instant is not known

type: bytes | "aGk=" | 6869
type: bytes | "\\x6869" | 6869
type: bytes | "aGk" | !"aGk" is neither base64 nor, after \x, hexadecimal
type: bytes | 5 | !5 is not bytes
type: uuid | "123e4567-e89b-12d3-a456-426614174000" | 123e4567e89b12d3a456426614174000
type: uuid | "123E4567E89B12D3A456426614174000" | 123e4567e89b12d3a456426614174000
type: uuid | "123e4567-e89b-12d3-a456-42661417400" | !"123e4567-e89b-12d3-a456-42661417400" is not a UUID such as 123e4567-e89b-12d3-a456-426614174000
type: json | {"a": [1, 2.50, "x"]} | {"a": [1, 2.50, "x"]}
type: json | "x\n" | "x\n"
type: json | 1.50 | 1.50
type: json | null | null
type: list(int64) | [1, 2, null] | [1 2 null]
type: list(int64) | [] | []
type: list(int64) | [1, "2"] | !element 1: "2" is a text, not an integer (write int(...) or number(...) where it holds one)
type: list(list(string)) | [["a"], [], ["b", "c"]] | [[a] [] [b c]]
type: list(int64) | {"a": 1} | !an object is not a list

type: string, required: true | null | !null where a value is required
type: string, required: true | "" |
type: string, null: ["N/A", "-"] | "N/A" | null
type: int64, null: ["-1"] | -1 | null
type: string, required: true, null: ["N/A"] | "N/A" | !null where a value is required
type: int64, empty: "null" | "" | null
type: string, empty: reject | "" | !empty where a value is required
type: string, trim: true | "  a b " | a b
type: string, trim: true, empty: "null" | "  " | null
type: string, match: "^[A-Z]+$" | "AB" | AB
type: string, match: "^[A-Z]+$" | "aB" | !"aB" does not match "^[A-Z]+$"
type: string, one_of: [a, b] | "c" | !"c" is not one of "a", "b"
type: string, max_length: 3 | "한국어" | 한국어
type: string, max_length: 3 | "abcd" | !"abcd" has 4 characters, and 3 is the most
type: "decimal(10,2)", decimal: ",", thousands: "." | "1.234.567,89" | 123456789
type: "decimal(10,2)", decimal: ",", thousands: "." | "1.23,4" | !"1.23,4" is not a number with "." between thousands
type: "decimal(10,2)", decimal: "," | "1.5" | !"1.5" has a point, and the decimal mark is ","
type: int64, thousands: "," | "-1,234" | -1234
type: int64, thousands: ",", currency: ["₩", "원"] | "₩1,395" | 1395
type: int64, thousands: ",", currency: ["₩", "원"] | "-₩ 1,395" | -1395
type: int64, thousands: ",", currency: ["₩", "원"] | "₩-1,395" | -1395
type: int64, thousands: ",", currency: ["₩", "원"] | "1,395 원" | 1395
type: int64, thousands: ",", currency: ["₩", "원"] | "1,395" | 1395
type: int64, thousands: ",", currency: ["₩", "원"] | "$1,395" | !"$1,395" is not an integer with "," between thousands
type: int64, currency: "₩" | "₩₩1" | !"₩₩1" is not an integer
type: int64, currency: "₩" | "-₩-1" | !"-₩-1" is not an integer
type: int64, brackets: true, thousands: "," | "(1,395)" | -1395
type: int64, brackets: true | "(-1)" | !"(-1)" is not an integer
type: int64 | "(1)" | !"(1)" is a text, not an integer (write int(...) or number(...) where it holds one)
type: float64, percent: true | "12.5%" | 0.125
type: "decimal(5,3)", percent: true | "-12.5 %" | -125
type: "decimal(5,2)", percent: true | "12.5%" | !"12.5%" has more than 2 digits after the point, as decimal(5,2) holds
type: float64, percent: true | "12.5" | !"12.5" is not a number with a percent sign
type: float64, percent: true | "1e1%" | !"1e1%" is not a number
type: float64, percent: true, decimal: "," | "12,5%" | 0.125
type: int64, thousands: "," | "12,34" | !"12,34" is not an integer with "," between thousands
type: int64, check: value > 5 and value < row.max | 7 | 7
type: int64, check: value > 5 | 5 | !5 fails the check value > 5
type: int64, check: value > 5 | null | null
type: "decimal(6,2)", check: value != 1.25 | 1.25 | !1.25 fails the check value != 1.25
type: date, check: value <= param.day | "2024-04-18" | !"2024-04-18" fails the check value <= param.day
type: "decimal(6,2)", check: value == 1.25 | 1.25 | 125
type: "decimal(30,2)", check: value == -0.05 | -0.05 | fffffffffffffffffffffffffffffffb
type: "decimal(30,2)", check: value > 123456789012345678901234.5 | 123456789012345678901234.51 | 00000000000a364c98227eaa6adcbabb
type: float32, check: value == 0.5 | 0.5 | 0.5
type: bool, check: value | false | !false fails the check value
type: time, check: hour(value) < 6 | "05:30" | 05:30:00
type: timestamp, check: value < param.day | "2024-04-16T23:59:59.999999999" | 2024-04-16T23:59:59.999999999
type: timestamptz, check: value < run.time | "2024-04-19T00:00:00Z" | !"2024-04-19T00:00:00Z" fails the check value < run.time
type: bytes, check: sha256(value) startsWith "8f43" | "aGk=" | 6869
type: uuid, check: value startsWith "123e" | "123E4567E89B12D3A456426614174000" | 123e4567e89b12d3a456426614174000
type: json, check: value.a > 1 | {"a": 1} | !an object fails the check value.a > 1
type: string, check: row.max | "a" | !the check row.max gives 9, which is not true or false
type: list(date), check: value[0] < value[1] | ["2024-04-17", "2024-04-18"] | [2024-04-17 2024-04-18]
type: list(int64), check: len(value) > 1 | [1] | !a list fails the check len(value) > 1
`, func(t *testing.T, options, source string) string {
		return outcome(t, jobOf("", "c: {from: c, "+quoteChecks(options)+"}"), `{"c": `+source+`, "max": 9}`)
	})
}

// quoteChecks quotes what YAML would misread in a flow mapping.
func quoteChecks(options string) string {
	before, check, ok := strings.Cut(options, "check: ")
	if !ok {
		return options
	}
	return before + "check: " + yamlQuote(check)
}

// Every type from the cells of a table of text.
func TestFromCells(t *testing.T) {
	tables(t, `
type: string | 007 | 007
type: string | | null
type: string, required: true | | !empty where a value is required
type: string, empty: text | |
type: int64 | 007 | 7
type: int64 | -5 | -5
type: int64 | +5 | 5
type: int64 | 12h | !"12h" is not an integer
type: int64 | 3.9 | !"3.9" is not an integer
type: int64 | 1.0 | !"1.0" is not an integer
type: int64 | 1e2 | !"1e2" is not an integer
type: int64 | 9223372036854775808 | !"9223372036854775808" is beyond int64
type: int64 | | null
type: float64 | 1.5 | 1.5
type: float64 | .5 | 0.5
type: float64 | NaN | !"NaN" is not a number
type: float64 | 0x10 | !"0x10" is not a number
type: float64 | 1_000 | !"1_000" is not a number
type: "decimal(4,2)" | 12.50 | 1250
type: "decimal(4,2)" | 12.505 | !"12.505" has more than 2 digits after the point, as decimal(4,2) holds
type: bool | true | true
type: bool | False | false
type: bool | yes | !"yes" is not true or false (list words for them with "true" and "false")
type: bool | 1 | !"1" is not true or false (list words for them with "true" and "false")
type: date | 2024-04-17 | 2024-04-17
type: json | {"a": 1} | {"a": 1}
type: json | {a} | !"{a}" is not JSON
type: uuid | 123e4567-e89b-12d3-a456-426614174000 | 123e4567e89b12d3a456426614174000
`, func(t *testing.T, options, source string) string {
		job := strings.Replace(jobOf("", "c: {from: \"c d.e\", "+options+"}"), ".json", ".csv", 1)
		p := compileJob(t, job)
		if got := p.Paths(); len(got) != 1 || len(got[0]) != 1 || got[0][0].Name != "c d.e" {
			t.Fatalf("paths: %v", got)
		}
		m := p.NewMapper(testRun)
		if err := m.Begin(testFile); err != nil {
			t.Fatal(err)
		}
		src := row.NewBatch(row.Schema{{Name: "c d.e", Type: row.Type{Kind: row.String}}})
		src.Cols[0].AppendBytes([]byte(source))
		src.Row, src.Len = append(src.Row, 1), 1
		dst := row.NewBatch(p.Schema())
		m.Map(src, dst)
		checkShape(t, dst)
		return outcomeOf(dst)
	})
}

// Values that expressions make and no reader does.
func TestFromValues(t *testing.T) {
	tables(t, `
type: uuid | from_hex("123e4567e89b12d3a456426614174000") | 123e4567e89b12d3a456426614174000
type: uuid | from_hex(row.s) | !bytes is not a UUID
type: bytes | from_hex("6869") | 6869
type: int64 | -9223372036854775807 - 1 | -9223372036854775808
type: float64 | 1 / 4 | 0.25
type: decimal(5,2) | row.n / 4 | 25
type: date | param.day + days(1) | 2024-04-18
type: timestamptz | run.time | 2024-04-18T01:02:03.000004567
type: list(int64) | [1, row.n] | [1 1]
type: json | {a: row.n} | {"a":1}
`, func(t *testing.T, typ, source string) string {
		kind := strings.TrimPrefix(typ, "type: ")
		return outcome(t, jobOf("", "c: {type: \""+kind+"\", value: "+yamlQuote(source)+"}"), `{"s": "6869", "n": 1}`)
	})
}
