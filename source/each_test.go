package source

import (
	"reflect"
	"strings"
	"testing"
)

func TestEntries(t *testing.T) {
	const job = `
sluice: 1
name: load
from:
  files: "in/{part}.json"
  each: {file: "list.json", fields: [part, n]AT}
columns: {id: {type: int64, value: row.id}}
to: {files: "out/{part}.ndjson", format: ndjson}
`
	for name, tc := range map[string]struct {
		at, url, text string
		want          [][]any
		err           string
	}{
		"lists":           {"", "l.json", `[["a",1],["b",2.5]]`, [][]any{{"a", 1}, {"b", 2.5}}, ""},
		"objects":         {"", "l.json", `[{"n":1,"part":"a","more":0}]`, [][]any{{"a", 1}}, ""},
		"NDJSON":          {"", "l.json", "[\"a\",1]\n[\"b\",2]\n", [][]any{{"a", 1}, {"b", 2}}, ""},
		"at a path":       {", at: x.y", "l.json", `{"x":{"y":[["a",null]]}}`, [][]any{{"a", nil}}, ""},
		"CSV by name":     {"", "l.csv", "n,part\n1,a\n", [][]any{{"a", "1"}}, ""},
		"CSV by content":  {"", "-", "part,n\na,1\n", [][]any{{"a", "1"}}, ""},
		"byte-order mark": {"", "l.json", "\ufeff[[\"a\",true]]", [][]any{{"a", true}}, ""},
		"none":            {"", "l.json", "[]", [][]any{}, ""},
		"too short":       {"", "l.json", `[["a",1],["b"]]`, nil, "entry 2: from.each.fields names 2 values, and it has 1"},
		"no such key":     {"", "l.json", `[{"part":"a"}]`, nil, `entry 1: it has no "n"`},
		"a value":         {"", "l.json", `["a"]`, nil, "entry 1: it is neither a list nor an object"},
		"no such path":    {", at: x.y", "l.json", `{"x":{}}`, nil, "from.each.at: there is no x.y in it"},
		"no column":       {"", "l.csv", "part\na\n", nil, `there is no column "n" in it`},
		"not JSON":        {"", "l.json", `[["a",1],`, nil, "byte "},
	} {
		got, err := finderOf(t, strings.Replace(job, "AT", tc.at, 1), Shard{}).parseEntries(tc.url, []byte(tc.text))
		switch {
		case tc.err != "":
			if err == nil || !strings.Contains(err.Error(), tc.err) {
				t.Errorf("%s: %v, want %s", name, err, tc.err)
			}
		case err != nil || !reflect.DeepEqual(got, tc.want):
			t.Errorf("%s: %#v, %v; want %#v", name, got, err, tc.want)
		}
	}
}
