package main

import (
	"encoding/json"
	"strings"
	"testing"
)

// TestCellText holds what a cell shows to the value that it is of.
func TestCellText(t *testing.T) {
	for value, want := range map[string]string{
		`null`: `null`, `"null"`: `"null"`, `""`: `""`, `" a"`: `" a"`, `"a b"`: `a b`, `1.50`: `1.50`, `true`: `true`, `"a\nb"`: `a\nb`, `"\u001b[2m"`: `\x1b[2m`,
		`"한글"`: `한글`, `"\u202eabc"`: `\u202eabc`, `{"a":"\n"}`: `{"a":"\n"}`, `"a\"b"`: `a"b`,
		`"` + strings.Repeat("x", 41) + `"`: strings.Repeat("x", 39) + "…", `"` + strings.Repeat("한", 21) + `"`: strings.Repeat("한", 19) + "…",
	} {
		if got := cellText(json.RawMessage(value)); got != want {
			t.Errorf("%s: got %s, want %s", value, got, want)
		}
	}
}

// TestTable parts a table that is wider than the terminal.
func TestTable(t *testing.T) {
	table := &grid{}
	for _, c := range [][2]string{{"id", "int64"}, {"name", "string"}, {"a long name", "float64"}, {"last", "bool"}} {
		table.add(c[0], c[1])
	}
	for _, r := range []string{`{"id":1,"name":"ann","a long name":0.5,"last":true}`, `{"id":20,"name":"한글","a long name":null,"last":null}`} {
		if err := table.row(json.RawMessage(r)); err != nil {
			t.Fatal(err)
		}
	}
	for width, want := range map[int]string{
		0: `
   id  name    a long name  last
int64  string      float64  bool
    1  ann             0.5  true
   20  한글           null  null
`,
		20: `
   id  name
int64  string
    1  ann
   20  한글

a long name  last
    float64  bool
        0.5  true
       null  null
`,
		1: `
   id
int64
    1
   20

name
string
ann
한글

a long name
    float64
        0.5
       null

last
bool
true
null
`,
	} {
		var got strings.Builder
		if err := table.write(&got, width); err != nil {
			t.Fatal(err)
		}
		if got.String() != want[1:] {
			t.Errorf("width %d: got\n%s\nwant%s", width, got.String(), want)
		}
	}
}
