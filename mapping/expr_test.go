package mapping_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/seed-128c3863/sluice/mapping"
	"github.com/seed-128c3863/sluice/spec"
)

// testRecord is what the expressions below look into.
const testRecord = `{"n": 7, "big": 9223372036854775807, "f": 2.5, "frac": 3.9, "huge": 12345678901234567890, "money": 2.675,
 "s": "héllo", "t": "12", "yes": true, "nil": null, "id": "a-b-31685", "stamp": "2404170500",
 "list": [3, 1, 2], "none": [], "names": ["b", "a"], "deep": {"a": [{"b": "x"}], "k.l": 1, "-31685": {"name": "Air"}},
 "items": [{"k": 1, "v": 2.5, "tags": ["p"]}, {"k": 2, "v": 3.25, "tags": []}, {"k": 3, "v": 10, "tags": ["q", "r"]}]}`

// Every expression gives a JSON column, so that its type shows.
func TestExpressions(t *testing.T) {
	tables(t, expressions, func(t *testing.T, _, source string) string {
		return outcomeOfExpr(t, "", source)
	})
}

// outcomeOfExpr works an expression out over testRecord. One that is refused
// before any record is read gives "!!" and the reason.
func outcomeOfExpr(t *testing.T, lets, source string) string {
	t.Helper()
	job := jobOf(lets, "c:\n  type: json\n  value: "+yamlQuote(source))
	var errs spec.Errors
	if _, err := mapping.Compile(mustParse(t, job)); errors.As(err, &errs) {
		return "!!" + errs[0].Msg
	}
	return outcome(t, job, testRecord)
}

func yamlQuote(s string) string { return "'" + strings.ReplaceAll(s, "'", "''") + "'" }

// A let is worked out once, by name, and a chain in it is read by the reader.
func TestLet(t *testing.T) {
	lets := `part: split(row.id, "-")
tail: part[len(part) - 1]
item: row.items[0]
maybe: row.nil?.x
deep: item.tags
bad: int(row.s)
local: let x = row.n; x + 1
`
	tables(t, `
- | tail | "31685"
- | part[9] | !part[9]: the list has 3 elements, counted from 0
- | item.v | 2.5
- | deep[0] | "p"
- | item | {"k": 1, "v": 2.5, "tags": ["p"]}
- | maybe | null
- | maybe.y | !row.nil.x is null, so it has no member "y" (write ?.y where null is fine)
- | maybe?.y | null
- | bad | !bad: int: "héllo" is not an integer
- | bad ?? 1 | !bad: int: "héllo" is not an integer
- | row.n > 5 ? 1 : bad | 1
- | let x = 100; local + x | 108
- | filter(row.list, {let x = #; x + local > 9}) | [3,2]
`, func(t *testing.T, _, source string) string {
		return outcomeOfExpr(t, lets, source)
	})
	p := compileJob(t, jobOf(lets, "a: {type: float64, value: item.v}\nb: {type: json, value: deep}\nc: {type: float64, value: item.v}"))
	var paths []string
	for _, path := range p.Paths() {
		paths = append(paths, path.String())
	}
	if got := strings.Join(paths, " "); got != "id s n items[0].v items[0].tags" {
		t.Errorf("paths: %s", got)
	}
}

// expressions are lines of an expression and what it gives for testRecord, as
// JSON: ! is a reject, !! refused when compiled.
const expressions = `
# numbers are exact, or refused
- | 1 + 2 * 3 | 7
- | row.big + 1 | !9223372036854775807 + 1 is beyond 64 bits
- | row.big * 2 | !9223372036854775807 * 2 is beyond 64 bits
- | -row.big - 2 | !-9223372036854775807 - 2 is beyond 64 bits
- | row.big - 1 | 9223372036854775806
- | row.big + 0.5 | !9223372036854775807 is an integer that a float cannot hold exactly
- | row.n / 2 | 3.5
- | row.n / 7 | 1
- | row.big / row.big | 1
- | row.n / 0 | !7 / 0: cannot divide by zero
- | row.f / 0.0 | !2.5 / 0: cannot divide by zero
- | row.n % 0 | !7 % 0: cannot divide by zero
- | row.n % 4 | 3
- | row.n ** 2 | 49
- | row.n ** 30 | !7 ** 30 is beyond 64 bits
- | 2.0 ** 5000 | !!2 ** 5000 is beyond what a float holds
- | row.f * 2 | 5
- | row.money | 2.675
- | -row.money | -2.675
- | -row.n | -7
- | row.huge | 12345678901234567890
- | row.huge + 1 | !cannot add 12345678901234567890 and 1
- | row.huge > row.big | true
- | row.big == 9223372036854775807.0 | true
- | row.n == 7.0 | true
- | int(row.frac) | !int: 3.9 is not an integer (round_half_even(...) or floor(...) makes it one)
- | int("3.9") | !!int: "3.9" is not an integer
- | int(row.t) | 12
- | int(3.0) | 3
- | int("9223372036854775808") | !!int: "9223372036854775808" is beyond 64 bits
- | int(row.huge) | !int: 12345678901234567890 is beyond 64 bits
- | int(row.nil) | !int takes a number or a text, not null
- | float(row.t) | 12
- | float("x") | !!float: "x" is not a number
- | float(row.big) | !float: 9223372036854775807 is an integer that a float64 cannot hold exactly
- | number("12.50") | 12.5
- | number("1e400") | 1e400
- | number("1O") | !!number: "1O" is not a number
- | string(row.money) + "!" | "2.675!"
- | round_half_even(row.f) | 2
- | round_half_even(3.5) | 4
- | round_half_even(-2.5) | -2
- | round_half_even(-0.5) | 0
- | round_half_even(row.money, 2) | 2.68
- | round_half_even(0.125, 2) | 0.12
- | round_half_even(2.4999999999999999999) | 2
- | round_half_even(row.big) | 9223372036854775807
- | round_half_even(row.huge) | !round_half_even: 12345678901234567890 is beyond 64 bits
- | round_half_even(row.t) | !round_half_even takes a number, not "12" (write int(...) or number(...) where the text holds one)
- | round_half_even(1550, -2) | 1600
- | 12345678901234567.89 | 12345678901234567.89
- | round_half_even(2.50000000000000000001) | 3
- | round(row.f) | 3
- | round(-2.5) | -3
- | round(2.345, 2) | 2.35
- | floor(-2.1) | -3
- | floor(0.0001) | 0
- | ceil(2.0001) | 3
- | ceil(-0.5) | 0
- | abs(-row.frac) | 3.9
- | min(3, 1, 2) | 1
- | max(row.list) | 3
- | max(row.none) | !max: the list is empty
- | 0.1 + 0.2 | 0.30000000000000004
- | 2.0 ** 80 | 1208925819614629174706176
- | 2.0 ** 130 | 1.361129467683754e+39
- | 0.5 ** 30 | 9.313225746154785e-10
- | 2.0 ** 60 | 1152921504606846976
- | 2.0 ** 60 == 1152921504606846976 | true
- | int(row.f ** 0 * 2.0 ** 62) | 4611686018427387904

# conditions are true or false, nothing else
- | row.yes and row.n > 5 | true
- | row.yes && not row.yes | false
- | row.nil and true | !row.nil is null, and a condition is true or false
- | row.n or true | !row.n is 7, and a condition is true or false
- | true or row.nil | true
- | not row.nil | !row.nil is null, and a condition is true or false
- | row.s ? 1 : 2 | !row.s is "héllo", and a condition is true or false
- | row.yes ? 1 : 2 | 1
- | if row.n > 5 { "big" } else { "small" } | "big"
- | let x = row.n + 1; x * x | 64

# comparing
- | row.nil == null | true
- | row.nil == nil | true
- | row.gone == null | true
- | row.n == null | false
- | row.n != row.nil | true
- | row.nil > 1 | !cannot compare null with 1
- | row.n > row.nil | !cannot compare 7 with null
- | row.n == "7" | !cannot compare 7 with "7"
- | row.s < "z" | true
- | row.list == [3, 1, 2.0] | true
- | row.list == [3, 1] | false
- | row.names == row.list | !cannot compare "b" with 3
- | {b: [1], a: null} == {a: null, b: [1]} | true
- | {a: 1} == {b: 1} | false
- | row.items[0] == {tags: ["p"], k: 1, v: 2.50} | true
- | 1 < row.n < 10 | true
- | row.t in ["12", "13"] | true
- | row.n in row.list | false
- | row.nil in [1, null] | true
- | "k.l" in row.deep | true
- | row.n in row.s | !in looks into a list or an object, not "héllo"
- | row.n not in [1] | true

# members and elements
- | row.deep.a[0].b | "x"
- | row["deep"]["k.l"] | 1
- | row.deep.zz | null
- | row.deep.zz.b | !row.deep.zz is null, so it has no member "b" (write ?.b where null is fine)
- | row.deep.zz?.b | null
- | row.deep.zz?.b.c[0] | null
- | row.deep?.zz.b | !row.deep.zz is null, so it has no member "b" (write ?.b where null is fine)
- | row.nil.a | !row.nil is null, so it has no member "a" (write ?.a where null is fine)
- | row.nil ?? 5 | 5
- | row.nil.a.b ?? 5 | 5
- | row.list[7] ?? 5 | 5
- | row.n.a ?? 5 | !row.n is not an object, so it has no member "a"
- | upper(row.nil.a) ?? 5 | !row.nil is null, so it has no member "a" (write ?.a where null is fine)
- | (row.nil.a + 1) ?? 5 | !row.nil is null, so it has no member "a" (write ?.a where null is fine)
- | split(row.id, "-")[9] ?? 5 | 5
- | row.list[3] | !row.list[3]: the list has 3 elements, counted from 0
- | row.none[0] | !row.none[0]: the list is empty
- | row.none?.[0] | null
- | row.none?.[0].x | null
- | row.nil[0] | !row.nil is null, so it has no element 0 (write ?.[0] where null is fine)
- | row.n[0] | !row.n is not a list, so it has no element 0
- | row.list.a | !row.list is not an object, so it has no member "a"
- | row.s.a | !row.s is not an object, so it has no member "a"
- | get(row.list, 0) | 3
- | get(row.list, 9) | null
- | get(row.nil, 9) | null
- | get(row.nil.x, 9) | !row.nil is null, so it has no member "x" (write ?.x where null is fine)
- | get(row.deep, "zz") | null
- | get(row.deep, "zz").y | !row.deep.zz is null, so it has no member "y" (write ?.y where null is fine)
- | get(row.list, row.n) ?? "none" | "none"
- | get(row.list, "a") | !row.list is not an object, so it has no member "a"
- | row.list[row.n] | !row.list[7]: the list has 3 elements, counted from 0
- | row.list[row.n - 8] | !row.list[-1]: elements are counted from 0
- | row.list[row.list[1]] | 1
- | row.list[row.s] | !row.list is not an object, so it has no member "héllo"
- | row.list[row.f] | !row.list: a member has a name and an element a whole number, not 2.5
- | row.deep["-" + split(row.id, "-")[2]].name | "Air"
- | row.deep["-" + row.t].name | !row.deep["-12"] is null, so it has no member "name" (write ?.name where null is fine)
- | row.deep["-" + row.t]?.name | null
- | row.deep["-" + row.t]?.name.x[1] | null
- | (row.deep["-" + row.t]).name ?? "?" | "?"
- | row.nil["-" + row.t] | !row.nil is null, so it has no member "-12" (write ?.["-12"] where null is fine)
- | row[row.t] | null
- | row["n"] | 7
- | row[param.word] | null
- | first(row.list) + last(row.list) | 5
- | last(row.none) | !last: the list is empty
- | last(row.none) ?? 0 | 0

# texts, in characters
- | len(row.s) | 5
- | row.s[1:3] | "él"
- | row.s[:2] + row.s[2:] | "héllo"
- | row.s[0:9] | !row.s has no part [0:9]: its length is 5 (left(text, n) and right(text, n) take what there is)
- | left(row.s, 2) + right(row.s, 2) + left(row.s, 99) | "hélohéllo"
- | row.list[1:] | [1,2]
- | upper(row.s) + lower("ÀB") | "HÉLLOàb"
- | trim("  a ") + trim("--a-", "-") + trimPrefix("abc", "a") + trimSuffix("abc", "c") | "aabcab"
- | split("a,b,,c", ",") | ["a","b","","c"]
- | split("a,b,c", ",", 2) | ["a","b,c"]
- | split("", ",") | [""]
- | split(row.s, "") | !split takes a separator, and it is empty
- | split(row.nil, ",") | !split takes a text, not null
- | split(row.n, ",") | !split takes a text, not 7 (write string(...))
- | split(row.s, row.nil) | !split takes a text as argument 2, not null
- | join(row.names, "+") | "b+a"
- | join(row.list) | !join takes a list of texts, and element 0 is 3
- | replace(row.id, "-", "") | "ab31685"
- | repeat("ab", 2) + pad_left(row.t, 5, "0") | "abab00012"
- | indexOf(row.s, "l") + lastIndexOf(row.s, "l") + indexOf(row.s, "z") | 4
- | extract(row.id, "([0-9]+)") | "31685"
- | extract(row.id, "z+") | null
- | extract(row.id, row.nil ?? "[a-z]") + extract(row.id, "-") | "a-"
- | row.id matches (row.nil ?? "^b") | false
- | row.id matches row.nil ?? "(" | !this is no regular expression: missing closing ): ` + "`(`" + `
- | row.id matches row.n | !a pattern is a text, not 7
- | regex_replace(row.id, "([a-z])-", "$1") | "ab31685"
- | row.id matches "^a" and row.id contains "-b-" and row.id startsWith "a" and row.id endsWith "5" | true
- | row.n contains "7" | !contains takes texts, not 7
- | row.s + row.n | !cannot add "héllo" and 7 (write string(...) or int(...))
- | row.s + row.nil | !cannot add "héllo" and null (write string(...) or int(...))
- | sha256("abc") | "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
- | md5("abc") | "900150983cd24fb0d6963f7d28e17f72"
- | to_base64("hi") + string(from_base64("aGk=")) + string(from_hex("6869")) | "aGk=aGk=aGk="

# lists
- | map(row.items, .k * 2) | [2,4,6]
- | filter(row.items, .k > 1) | map(#.v) | [3.25,10]
- | filter(row.items, {len(.tags) == 0}) | [{"k": 2, "v": 3.25, "tags": []}]
- | any(row.items, .k == 2) and all(row.items, .k > 0) and none(row.items, .k > 9) and one(row.items, .k == 1) | true
- | count(row.items, .k > 1) | 2
- | count([true, false, true]) | 2
- | sum(row.list) | 6
- | sum(row.items, .v) | 15.75
- | find(row.items, .k == 3).v | 10
- | find(row.items, .k == 9) | null
- | findLast(row.items, .k < 3).k | 2
- | filter(["a\"]}b", "c\\"], len(#) == 2) | ["c\\"]
- | findIndex(row.items, .k == 3) | 2
- | map(row.items, any(.tags, # == "r")) | [false,false,true]
- | reduce(row.list, #acc + #) | 6
- | reduce(row.list, #acc + #index, 10) | 13
- | sort(row.list) + row.n | !cannot add a list and 7
- | sort(row.list) | [1,2,3]
- | sort(row.names) | ["a","b"]
- | sortBy(row.items, -.k) | map(.k) | [3,2,1]
- | sort([1, "a"]) | !!cannot sort a list of values that have no order
- | reverse(row.list) | [2,1,3]
- | unique([1, 2, 1]) | [1,2]
- | map(1..3, # * #) | [1,4,9]
- | 3..1 | []
- | -2..row.list[1] | [-2,-1,0,1]
- | filter(row.list, #) | !# is 3, and a condition is true or false
- | filter(row.nil, true) | !filter takes a list, not null
- | filter(row.n, true) | !filter takes a list, not 7
- | keys(row.deep) | ["a","k.l","-31685"]
- | len(values(row.deep)) + len(row.deep) | 6
- | coalesce(row.nil, row.gone, "x") | "x"
- | [1, row.s, null] | [1,"héllo",null]
- | {a: row.n, "b c": [row.yes]} | {"a":7,"b c":[true]}
- | {a: row.n}.a | 7
- | to_json(row.none) + string(row.list) | "[][3, 1, 2]"
- | parse_json("{\"a\": [1]}").a[0] | 1
- | parse_json("{a}") | !!parse_json: "{a}" is not JSON
- | type(row.nil) + type(row.f) | "nulla number"
- | bool("true") | true
- | bool("yes") | !!bool: "yes" is neither "true" nor "false"

# times
- | strptime(row.stamp, "%y%m%d%H%M") | "2024-04-17T05:00:00"
- | strptime(row.nil, "%y%m%d%H%M") | !strptime takes a text, not null
- | strptime(row.t, "%y%m%d%H%M") | !"12" does not match "%y%m%d%H%M"
- | strptime("2404310500", "%y%m%d%H%M") | !!"2404310500" does not match "%y%m%d%H%M": month 4 of 2024 has no day 31
- | strptime("2024-04-17", "%Y-%m-%d") | "2024-04-17"
- | strptime("2024-04-17", row.nil ?? "%Y-%m-%d") | "2024-04-17"
- | strptime("2024-04-17", row.s) | !"héllo" has no date and no time in it
- | strftime(strptime(row.stamp, "%y%m%d%H%M"), "%d.%m.%Y %H:%M:%S.%f %a %B %j %I%p %%") | "17.04.2024 05:00:00.000000 Wed April 108 05AM %"
- | strftime(param.day, row.nil ?? "%d") | "17"
- | strftime(strptime("05:30", "%H:%M"), "%Y") | !!a time of day has no %Y, which "%Y" asks for
- | strftime(row.n > 5 ? param.day : run.time, "%Y%z") | !a date has no %z, which "%Y%z" asks for
- | run.time - days(1) - hours(2) + minutes(-3) - seconds(1) | "2024-04-16T22:59:02.000004567Z"
- | hours(2) + minutes(30) == minutes(150) | true
- | string(hours(2) - seconds(1)) | "1h59m59s"
- | run.time + days(100000) + days(100000) + days(100000) * 1 | !!cannot multiply a duration and an integer
- | (row.n > 5 ? from_unix(-62135596800) : run.time) - days(1) | !0001-01-01T00:00:00Z (a timestamp with zone) - 24h0m0s (a duration) is beyond the years 1 to 9999
- | total_seconds(days(1)) | 86400
- | date(param.day) | "2024-04-17"
- | strftime(param.day, "%Y/%m") | "2024/04"
- | param.day + days(1) + hours(2) | "2024-04-18T02:00:00"
- | date(run.time) - param.day == days(1) | true
- | total_seconds(run.time - file.modified) | 46923.000004567
- | run.time | "2024-04-18T01:02:03.000004567Z"
- | run.id + file.name + file.stem + file.key + string(file.size) + file.area | "r1a_b.jsona_bin/a_b.json42a"
- | from_unix(1713331800) | "2024-04-17T05:30:00Z"
- | from_unix_ms(1713331800123) | "2024-04-17T05:30:00.123Z"
- | from_unix(1713331800.000000001) | "2024-04-17T05:30:00.000000001Z"
- | from_unix(1713331800.0000000001) | !!from_unix: 1713331800.0000000001 is finer than nanoseconds
- | from_unix(9999999999999) | !!from_unix: 9999999999999 is beyond the years 1 to 9999
- | from_unix(253402300799) | "9999-12-31T23:59:59Z"
- | unix(from_unix(-1)) | -1
- | in_zone(run.time, "Asia/Seoul") | "2024-04-18T10:02:03.000004567"
- | from_zone(strptime(row.stamp, "%y%m%d%H%M"), "Asia/Seoul") | "2024-04-16T20:00:00Z"
- | in_zone(run.time, row.s) | !there is no time zone "héllo": names are such as UTC and Asia/Seoul
- | year(param.day) * 10000 + month(param.day) * 100 + day(param.day) + hour(run.time) | 20240418
- | param.day < date(run.time) | true
- | param.day == row.s | !cannot compare 2024-04-17 (a date) with "héllo"
- | days(200000) | !!days: 200000 is longer than 292 years, the most a duration holds
- | param.n + len(param.word) | 12
`
