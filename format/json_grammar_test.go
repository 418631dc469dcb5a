package format_test

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/seed-128c3863/sluice/format"
	"github.com/seed-128c3863/sluice/row"
)

// The cases follow the kinds of JSONTestSuite: what RFC 8259 allows, what it
// does not, and what it leaves open, with what is decided here.

// accepted are values of every kind that the grammar allows.
var accepted = map[string][]string{
	"array": {
		`[]`, `[ ]`, `[[] ]`, `[[]   ]`, `[""]`, `["a"]`, `[false]`, `[null, 1, "1", {}]`, `[null]`, "[1\n]", ` [1]`, `[1,null,null,null,2]`,
		`[2] `, "[\r\n\t 1\r\n\t ,\r\n\t 2\r\n\t ]", `[[[[[[[[[[]]]]]]]]]]`, `[[],[[]],[[],[]]]`, `[{},{}]`, `[[1,2],[3,[4,[5]]],6]`,
	},
	"object": {
		`{}`, `{ }`, `{"asd":"sdf","dfg":"fgh"}`, `{"asd":"sdf"}`, `{"":0}`, `{"foo\u0000bar": 42}`, `{ "min": -1.0e+28, "max": 1.0e+28 }`,
		`{"x":[{"id":"xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"}],"id":"xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"}`, `{"a":[]}`,
		`{"title":"\u041f\u043e\u043b\u0442\u043e\u0440\u0430"}`, "{\n\"a\": \"b\"\n}", `{"a":{"a":{"a":{}}}}`, "{\"a\"\t:\r\n1}", `{"\"":1,"\\":2}`, `{"é":"é"}`,
	},
	"number": {
		`0`, `-0`, `0.0`, `-0.0`, `0e0`, `0e+1`, `0e1`, `0E-1`, `-0e-0`, `1`, `-1`, `9`, `10`, `100`, `123`, `-123`, `20e1`, `1E22`, `1E-2`, `1E+2`, `123e45`, `123e65`,
		`123.456e78`, `1e-2`, `1e+2`, `123.456789`, `0.1`, `0.10`, `1.000`, `1e00`, `1e01`, `1e-00`, `-0.000000000000000000000000000000000000000000000000000000000000000000000000000001`,
		`1234567890`, `12345678`, `123456789012345678`, ` 4`, `4 `, "4\n",
	},
	"literal": {`true`, `false`, `null`, ` true `, "\nnull\t"},
	"string": {
		`""`, `"a"`, `"asd"`, `"asd "`, `" "`, `"1234567"`, `"12345678"`, `"123456789"`, `"1234567890123456"`, `"a/*b*/c/*d//e"`, "\"a\x7fb\"", `"'"`, `"[]{}:,"`,
		`"the quick brown fox jumps over the lazy dog, again and again and again"`, `"<script>&amp;"`,
	},
	"escape": {
		`"\"\\\/\b\f\n\r\t"`, `"\""`, `"\\"`, `"\\\\"`, `"\\u0000"`, `"\\a"`, `"\\n"`, `"\u0000"`, `"\u0012"`, `"\u0022"`, `"\u005C"`, `"\u002c"`, `"\u0060\u012a\u12AB"`,
		`"\uD801\udc37"`, `"\ud83d\ude39\ud83d\udc8d"`, `"\uDBFF\uDFFF"`, `"\uD834\uDd1e"`, `"\uFFFF"`, `"\uFFFE"`, `"\uFDD0"`, `"\uD83F\uDFFE"`, `"\u200B"`, `"\u2064"`, `"new\u00A0line"`,
		`"new\u000Aline"`, `"\u0061\u30af\u30EA\u30b9"`, `"\uABCD\uabcd\uEf01"`, `"1234567\n"`, `"12345678\n"`, `"123456\u00e91234567"`,
	},
	"utf-8": {
		`"π"`, `"é"`, `"€𝄞"`, `"⍂㈴⍂"`, `"가나다라마바사"`, "\"\u2028\"", "\"\u2029\"", "\"\uffff\"", "\"\ufffe\"", "\"\ufdd0\"", "\"\U0001bfff\"", "\"\U0010ffff\"", "\"\ufeff\"",
		"\"\xc2\x80\"", "\"\xdf\xbf\"", "\"\xe0\xa0\x80\"", "\"\xed\x9f\xbf\"", "\"\xee\x80\x80\"", "\"\xef\xbf\xbf\"", "\"\xf0\x90\x80\x80\"", "\"\xf4\x8f\xbf\xbf\"", `"1234567é1234567é"`,
	},
	// RFC 8259 leaves these open. The numbers are well formed: whether they fit
	// is for who decodes them. Half a surrogate pair is well formed too, and
	// refused by Unquote. A key twice counts only where it is wanted.
	"open": {
		`123123e100000`, `-123123e100000`, `0.4e00669999999999999999999999999999999999999999999999999999999999999999999999969999999006`, `1.5e+9999`, `-1e+9999`, `123.456e-789`,
		`-123123123123123123123123123123`, `100000000000000000000`, `-237462374673276894279832749832423479823246327846`,
		`"\uDADA"`, `"\uD888\u1234"`, `"\uD800\n"`, `"\uDd1ea"`, `"\uD800\uD800\n"`, `"\ud800"`, `"\ud800abc"`, `"\uDd1e\uD834"`, `"\uDFAA"`,
		`{"b":1,"b":2}`, `{"b":1,"b":1}`, `{"\uDFAA":0}`,
	},
}

// A refusal is a value that the grammar does not allow: the 1-based byte at
// which that shows, and a part of the reason.
type refusal struct {
	text string
	at   int
	why  string
}

var refused = map[string][]refusal{
	"array": {
		{`[1 true]`, 4, "after an element"},
		{`[a]`, 2, "want a value"},
		{`["": 1]`, 4, "after an element"},
		{`[1,,2]`, 4, "want a value"},
		{`[,1]`, 2, "want a value"},
		{`["x"]]`, 6, "after a member"},
		{`["",]`, 5, "want a value"},
		{`[1,]`, 4, "want a value"},
		{`[,]`, 2, "want a value"},
		{`[,`, 2, "want a value"},
		{`[3[4]]`, 3, "after an element"},
		{`[1:2]`, 3, "after an element"},
		{`[1}`, 3, "after an element"},
		{`["a"}`, 5, "after an element"},
		{`[}`, 2, "want a value"},
		{`[-]`, 3, `a digit after "-"`},
		{`[   , ""]`, 5, "want a value"},
		{`[*]`, 2, "want a value"},
		{"[\"a\",\n4\n,1,,]", 12, "want a value"},
		{`[1;2]`, 3, "after an element"},
		{"[\f]", 2, "0x0c"},
		{"[\v1]", 2, "0x0b"},
		{"[1\u00a0]", 3, "after an element"},
		{"[\u2060]", 2, "want a value"},
		{"[\u2003]", 2, "want a value"},
		{`(1)`, 1, "want a value"},
		{`[1 /* */]`, 4, "after an element"},
		{`<null>`, 1, "want a value"},
		{`[<null>]`, 2, "want a value"},
		{`[True]`, 2, "want a value"},
		{"[\x00]", 2, "NUL"},
		{`]`, 1, "want a value"},
		{`][`, 1, "want a value"},
		{`[&1]`, 2, "want a value"},
	},
	"object": {
		{`{"x", null}`, 5, `":" after a key`},
		{`{"x"::"b"}`, 6, "want a value"},
		{`{"a":"a" 123}`, 10, "after a member"},
		{`{key: 'value'}`, 2, "a key in quotes"},
		{`{"a" b}`, 6, `":"`},
		{`{:"b"}`, 2, "a key"},
		{`{"a" "b"}`, 6, `":"`},
		{`{1:1}`, 2, "a key"},
		{`{9999E9999:1}`, 2, "a key"},
		{`{null:null,null:null}`, 2, "a key"},
		{`{"id":0,,,,,}`, 9, "a key"},
		{`{'a':0}`, 2, "a key"},
		{`{"id":0,}`, 9, "a key"},
		{`{"a":"b"}/**/`, 10, "after a member"},
		{`{"a":"b"}#`, 10, "after a member"},
		{`{"a":"b"}//`, 10, "after a member"},
		{`{"a":"b",,"c":"d"}`, 10, "a key"},
		{`{a: "b"}`, 2, "a key"},
		{`{"a":"b"}#{}`, 10, "after a member"},
		{`{,}`, 2, "a key"},
		{`{,"a":1}`, 2, "a key"},
		{`{]`, 2, "a key"},
		{`{"a":1]`, 7, "after a member"},
		{`{"a":}`, 6, "want a value"},
		{`{"a"}`, 5, `":"`},
		{`{"a":1 "b":2}`, 8, "after a member"},
		{`{"a":1,]`, 8, "a key"},
		{`{[: "x"}`, 2, "a key"},
		{`{🇨🇭}`, 2, "a key"},
		{`{{}}`, 2, "a key"},
		{`{"a":1;"b":2}`, 7, "after a member"},
		{`{"a"=1}`, 5, `":"`},
		{`{true:1}`, 2, "a key"},
		{"{\x00}", 2, "NUL"},
		{"{\"a\"\x00:1}", 5, "NUL"},
		{"{\"a\":\v1}", 6, "0x0b"},
	},
	"number": {
		{`01`, 2, "leading zero"},
		{`00`, 2, "leading zero"},
		{`-01`, 3, "leading zero"},
		{`-00`, 3, "leading zero"},
		{`012`, 2, "leading zero"},
		{`-012`, 3, "leading zero"},
		{`00.1`, 2, "leading zero"},
		{`+1`, 1, "want a value"},
		{`++1234`, 1, "want a value"},
		{`+Inf`, 1, "want a value"},
		{`-`, 2, "digit"},
		{`-a`, 2, "digit"},
		{`--2.`, 2, "digit"},
		{`-1.0.`, 5, "after a member"},
		{`-2.`, 4, "digit after the point"},
		{`-.123`, 2, "digit"},
		{`.-1`, 1, "want a value"},
		{`.2e-3`, 1, "want a value"},
		{`.5`, 1, "want a value"},
		{`0.1.2`, 4, "after a member"},
		{`0.3e+`, 6, "exponent"},
		{`0.3e`, 5, "exponent"},
		{`0.e1`, 3, "after the point"},
		{`0E+`, 4, "exponent"},
		{`0E`, 3, "exponent"},
		{`0e+`, 4, "exponent"},
		{`0e`, 3, "exponent"},
		{`1.0e+`, 6, "exponent"},
		{`1.0e-`, 6, "exponent"},
		{`1.0e`, 5, "exponent"},
		{`1 000.0`, 3, "after a member"},
		{`1eE2`, 3, "exponent"},
		{`2.e+3`, 3, "after the point"},
		{`2.e-3`, 3, "after the point"},
		{`2.e3`, 3, "after the point"},
		{`9.e+`, 3, "after the point"},
		{`1.`, 3, "after the point"},
		{`Inf`, 1, "want a value"},
		{`Infinity`, 1, "want a value"},
		{`-Infinity`, 2, "digit"},
		{`NaN`, 1, "want a value"},
		{`-NaN`, 2, "digit"},
		{`nan`, 2, `rest of "null"`},
		{"\uff11", 1, "want a value"},
		{`1+2`, 2, "after a member"},
		{`0x1`, 2, "after a member"},
		{`0x42`, 2, "after a member"},
		{`-foo`, 2, "digit"},
		{`- 1`, 2, "digit"},
		{`-1x`, 3, "after a member"},
		{`1.2a-3`, 4, "after a member"},
		{`1.8011670033376514H-308`, 19, "after a member"},
		{`1e5.5`, 4, "after a member"},
		{`1_000`, 2, "after a member"},
		{`1a`, 2, "after a member"},
		{`1ea`, 3, "exponent"},
		{`1e1-1`, 4, "after a member"},
		{`0-1`, 2, "after a member"},
		{`1e++1`, 4, "exponent"},
		{"1\x00", 2, "NUL"},
		{"1.\xe5", 3, "not UTF-8"},
		{"1e1\xe5", 4, "not UTF-8"},
		{"1\xff", 2, "0xff"},
		{`1n`, 2, "after a member"},
		{`1,`, 3, "a key"},
		{`1L`, 2, "after a member"},
		{`1.0f`, 4, "after a member"},
	},
	"literal": {
		{`nul`, 4, `rest of "null"`},
		{`tru`, 4, `rest of "true"`},
		{`fals`, 5, `rest of "false"`},
		{`truth`, 4, `rest of "true"`},
		{`True`, 1, "want a value"},
		{`TRUE`, 1, "want a value"},
		{`None`, 1, "want a value"},
		{`nulll`, 5, "after a member"},
		{`truefalse`, 5, "after a member"},
		{`true1`, 5, "after a member"},
		{`t`, 2, "rest"},
		{`f`, 2, "rest"},
		{`n`, 2, "rest"},
		{`undefined`, 1, "want a value"},
		{`nUll`, 2, "rest"},
		{`falsE`, 5, "rest"},
		{"tr\x00e", 3, "NUL"},
		{"nu\xffl", 3, "0xff"},
		{`å`, 1, "want a value"},
		{`abc`, 1, "want a value"},
		{`_`, 1, "want a value"},
		{``, 1, "want a value"},
	},
	"string": {
		{`'a'`, 1, "want a value"},
		{`a"`, 1, "want a value"},
		{"\"a\nb\"", 3, "raw control"},
		{"\"a\tb\"", 3, "raw control"},
		{"\"a\x00b\"", 3, "raw control"},
		{"\"\x1f\"", 2, "0x1f"},
		{"\"\r\"", 2, "0x0d"},
		{"\"1234567\x01\"", 9, "0x01"},
		{"\"12345678\x01\"", 10, "0x01"},
		{"\"1234567890123456\x1f34\"", 18, "0x1f"},
		{"\"\b\"", 2, "0x08"},
		{"\"é\n\"", 4, "raw control"},
		{`"a"b"`, 4, "after a member"},
		{`"a" "b"`, 5, "after a member"},
		{"`a`", 1, "want a value"},
		{"“a”", 1, `found "“"`},
		{`"a"x`, 4, "after a member"},
	},
	"escape": {
		{`"\x00"`, 3, "no escape"},
		{`"\a"`, 3, "no escape"},
		{`"\'"`, 3, "no escape"},
		{`"\0"`, 3, "no escape"},
		{`"\U0041"`, 3, "no escape"},
		{`"\N"`, 3, "no escape"},
		{`"\v"`, 3, "no escape"},
		{`"\e"`, 3, "no escape"},
		{`"\ "`, 3, "no escape"},
		{"\"\\\n\"", 3, "no escape"},
		{"\"\\\x00\"", 3, "no escape"},
		{"\"\\\t\"", 3, "no escape"},
		{`"\🌀"`, 3, "no escape"},
		{"\"\\\xe5\"", 3, "no escape"},
		{`"\u"`, 4, "hexadecimal"},
		{`"\u00A"`, 7, "hexadecimal"},
		{`"\u1"`, 5, "hexadecimal"},
		{`"\u12"`, 6, "hexadecimal"},
		{`"\u123x"`, 7, "hexadecimal"},
		{`"\uqqqq"`, 4, "hexadecimal"},
		{`"\u00 0"`, 6, "hexadecimal"},
		{`"\u+123"`, 4, "hexadecimal"},
		{`"\u-123"`, 4, "hexadecimal"},
		{`"\u0x12"`, 5, "hexadecimal"},
		{"\"\\u\xe5\"", 4, "not UTF-8"},
		{`"\uD800\u"`, 10, "hexadecimal"},
		{`"\uD800\u1"`, 11, "hexadecimal"},
		{`"\uD800\u1x"`, 11, "hexadecimal"},
		{`"\uD834\uDd"`, 12, "hexadecimal"},
		{`"\ud800\x"`, 9, "no escape"},
		{`"12345678\x"`, 11, "no escape"},
		{`\u0020"asd"`, 1, "want a value"},
		{`\n`, 1, "want a value"},
		{`"\u０１２３"`, 4, "hexadecimal"},
		{`"\u{41}"`, 4, "hexadecimal"},
	},
	"utf-8": {
		{"\"\xff\"", 2, "0xff"},
		{"\"\xfe\"", 2, "0xfe"},
		{"\"\x80\"", 2, "0x80"},
		{"\"\xbf\"", 2, "0xbf"},
		{"\"\xe9\"", 2, "0xe9"},
		{"\"a\xc3\"", 3, "0xc3"},
		{"\"\xc3(\"", 2, "0xc3"},
		{"\"\xc0\xaf\"", 2, "0xc0"},
		{"\"\xc1\xbf\"", 2, "0xc1"},
		{"\"\xc0\x80\"", 2, "0xc0"},
		{"\"\xe0\x80\xaf\"", 2, "0xe0"},
		{"\"\xe0\x9f\xbf\"", 2, "0xe0"},
		{"\"\xf0\x80\x80\xaf\"", 2, "0xf0"},
		{"\"\xf0\x8f\xbf\xbf\"", 2, "0xf0"},
		{"\"\xed\xa0\x80\"", 2, "0xed"},
		{"\"\xed\xbf\xbf\"", 2, "0xed"},
		{"\"\xed\xa0\xbd\xed\xb8\x80\"", 2, "0xed"},
		{"\"\xf4\x90\x80\x80\"", 2, "0xf4"},
		{"\"\xf4\xbf\xbf\xbf\"", 2, "0xf4"},
		{"\"\xf5\x80\x80\x80\"", 2, "0xf5"},
		{"\"\xf8\x88\x80\x80\x80\"", 2, "0xf8"},
		{"\"\xfc\x83\xbf\xbf\xbf\xbf\"", 2, "0xfc"},
		{"\"\xfc\x80\x80\x80\x80\x80\"", 2, "0xfc"},
		{"\"\xe2\x82\"", 2, "0xe2"},
		{"\"\xe2\x28\xa1\"", 2, "0xe2"},
		{"\"\xe2\x82\x28\"", 2, "0xe2"},
		{"\"\xf0\x9f\x98\"", 2, "0xf0"},
		{"\"\xf0\x28\x8c\xbc\"", 2, "0xf0"},
		{"\"\xf0\x90\x28\xbc\"", 2, "0xf0"},
		{"\"\xf0\x90\x8c\x28\"", 2, "0xf0"},
		{"\"é\xe9\"", 4, "0xe9"},
		{"\"1234567\xff\"", 9, "0xff"},
		{"\"12345678\xff\"", 10, "0xff"},
		{"\"\x81\"", 2, "0x81"},
		{"\"日ш\xfa\"", 7, "0xfa"},
		{"\"\xe6\x97\xa5\xd1\x88\xfa\"", 7, "0xfa"},
		{"{\"\xb9\":1}", 3, "0xb9"},
		{"\xef\xbb\xbf1", 1, "want a value"},
		{"\xff", 1, "0xff"},
		{"\xe9", 1, "not UTF-8"},
	},
}

// places are where a value may stand: what is before it, what is after it, and
// what is wanted, so that it is met by every part of the reader.
var places = map[string]struct{ before, after, path string }{
	"wanted":         {`[{"a":`, `}]`, "a"},
	"skipped":        {`[{"a":`, `}]`, "b"},
	"deeper":         {`[{"a":`, `}]`, "a.x.y"},
	"item":           {`[{"a":`, `}]`, "a[1][0]"},
	"nested":         {`[{"z":[{"a":`, `}]}]`, "b"},
	"line":           {`{"a":`, `}`, "a"},
	"objects":        {"{\n\"a\":", "}", "a"},
	"skipped before": {`[{"a":`, `,"b":1}]`, "b"},
}

func TestJSONGrammarAccepts(t *testing.T) {
	for kind, texts := range accepted {
		for _, text := range texts {
			for where, p := range places {
				if where == "line" && strings.Contains(text, "\n") {
					continue // would be two lines
				}
				r := format.JSONBytes([]byte(p.before+text+p.after), format.JSONOptions{Paths: jsonPaths(t, p.path)})
				var b row.Batch
				if err := r.Read(&b); err != nil || len(b.Bad) > 0 {
					t.Errorf("%s, %s: %q: %v, bad %v", kind, where, text, err, b.Bad)
					continue
				}
				if p.path == "a" && p.after != "" && strings.TrimSpace(text) != "null" {
					if got := b.Cols[0].Bytes[0]; string(got) != strings.Trim(text, " \r\n\t") {
						t.Errorf("%s, %s: %q is read as %q", kind, where, text, got)
					}
				}
			}
		}
	}
}

func TestJSONGrammarRefuses(t *testing.T) {
	for kind, cases := range refused {
		for _, tc := range cases {
			for where, p := range places {
				if where == "line" && strings.Contains(tc.text, "\n") {
					continue
				}
				if where == "skipped before" && (strings.Contains(tc.why, "a key") || strings.HasSuffix(tc.text, ",")) {
					continue // what follows makes it another fault
				}
				if err := refusalOf(t, p.before+tc.text+p.after, p.path); err == nil {
					t.Errorf("%s, %s: %q is accepted", kind, where, tc.text)
				} else if at := int(err.Byte) - len(p.before); at != tc.at || !strings.Contains(err.Error(), tc.why) {
					t.Errorf("%s, %s: %q: got byte %d, %v; want byte %d, %q", kind, where, tc.text, at, err, tc.at, tc.why)
				}
			}
		}
	}
}

// refusalOf reads text, and returns why a row, or the file, is refused.
func refusalOf(t *testing.T, text, path string) *row.Error {
	t.Helper()
	r := format.JSONBytes([]byte(text), format.JSONOptions{Paths: jsonPaths(t, path)})
	var b row.Batch
	for {
		var refused *row.Error
		switch err := r.Read(&b); {
		case errors.As(err, &refused):
			return refused
		case err != nil:
			return nil
		case len(b.Bad) > 0:
			return &b.Bad[0].Error
		}
	}
}

// TestJSONCutOff cuts documents after each of their bytes.
func TestJSONCutOff(t *testing.T) {
	for _, text := range []string{
		`[{"a":1,"b":[true,false,null,{"c":"d\u00e9\n é"}],"e":-1.5e+10}, {"a":{}}]`,
		"{\"a\":\"\",\n\"b\":[[1,2],{}]}",
	} {
		for n := range len(text) {
			if strings.HasSuffix(text[:n], "\n") {
				continue // a whole line, which is a bad row
			}
			for _, path := range []string{"a", "b[3].c", "z"} {
				err := refusalOf(t, text[:n], path)
				if err == nil || n > 0 && int(err.Byte) != n+1 {
					t.Errorf("%q: got %v, want an error at byte %d", text[:n], err, n+1)
				} else if n > 0 && !strings.Contains(err.Error(), "ends inside") {
					t.Errorf("%q: %v", text[:n], err)
				}
			}
		}
	}
}

// TestJSONNesting reads values of many levels: 1,000 are allowed, with the
// record as the first.
func TestJSONNesting(t *testing.T) {
	deep := func(levels int, open, middle, end string) string {
		return `[{"a":` + strings.Repeat(open, levels-1) + middle + strings.Repeat(end, levels-1) + `}]`
	}
	for name, tc := range map[string]struct{ open, middle, end string }{
		"arrays":  {"[", "", "]"},
		"objects": {`{"x":`, "1", "}"},
		"both":    {`[{"x":`, "1", "}]"},
	} {
		per := 1
		if name == "both" {
			per = 2
		}
		for levels, ok := range map[int]bool{10: true, 63: true, 64: true, 65: true, 66: true, 128: true, 129: true, 700: true, 1000: true, 1001: false, 10_000: false, 100_000: false} {
			text := deep((levels-1)/per+1, tc.open, tc.middle, tc.end)
			if per == 2 && levels >= 1000 && levels <= 1001 {
				continue // not an even number of levels
			}
			for _, path := range []string{"a", "b", "a[0][0].x", "a.x.x[0]"} {
				err := refusalOf(t, text, path)
				if ok != (err == nil) {
					t.Errorf("%s, %d levels, path %s: %v", name, levels, path, err)
				} else if err != nil && !strings.Contains(err.Error(), "1000 levels") {
					t.Errorf("%s, %d levels, path %s: %v", name, levels, path, err)
				}
			}
		}
	}
	if err := refusalOf(t, strings.Repeat("[", 100_000), "a"); err == nil || err.Byte != 1002 {
		t.Errorf("only brackets: %v", err)
	}
	if err := refusalOf(t, strings.Repeat(`{"":`, 100_000), "a"); err == nil || err.Byte != 4001 {
		t.Errorf("only braces: %v", err)
	}
}

// TestJSONLongStrings puts each kind of byte at each place of the words that a
// string is scanned by, near the end of the text and far from it.
func TestJSONLongStrings(t *testing.T) {
	for n := range 40 {
		for _, far := range []string{"", strings.Repeat(" ", 64)} {
			for in, ok := range map[string]bool{`\"`: true, `\\`: true, "é": true, "😀": true, "\n": false, "\xff": false, `\x`: false, "\x1f": false, " ": true, "\x7f": true} {
				text := fmt.Sprintf(`[{"a":"%s%s%s"}%s]`, strings.Repeat("x", n), in, bytes.Repeat([]byte("y"), 40-n), far)
				if err := refusalOf(t, text, "a"); ok != (err == nil) {
					t.Errorf("%q: %v", text, err)
				}
			}
		}
	}
}
