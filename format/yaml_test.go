package format_test

import (
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/seed-128c3863/sluice/format"
	"github.com/seed-128c3863/sluice/row"
)

// readYAML returns the rows of a file, a line each: number, line, and the record
// as JSON; then the error.
func readYAML(r *format.YAMLReader) string {
	var out strings.Builder
	b := &row.Batch{}
	for {
		err := r.Read(b)
		good, bad := 0, 0
		for good < b.Len || bad < len(b.Bad) {
			if bad == len(b.Bad) || good < b.Len && b.Row[good] < b.Bad[bad].Row {
				fmt.Fprintf(&out, "%d %d", b.Row[good], b.Line[good])
				for c := range b.Cols {
					text := b.Cols[c].Bytes[good]
					if b.Cols[c].Null[good] {
						text = []byte("∅")
					}
					fmt.Fprintf(&out, " %s", text)
				}
				out.WriteByte('\n')
				good++
			} else {
				fmt.Fprintf(&out, "bad: %v\n", &b.Bad[bad].Error)
				bad++
			}
		}
		switch {
		case errors.Is(err, io.EOF):
			return out.String()
		case err != nil:
			return out.String() + "error: " + err.Error() + "\n"
		}
	}
}

// yamlRows reads a text in several ways, which must not differ.
func yamlRows(t testing.TB, text string, o format.YAMLOptions) string {
	t.Helper()
	if o.Paths == nil {
		o.Paths = []format.Path{nil}
	}
	want := readYAML(format.YAMLBytes([]byte(text), o))
	for name, r := range map[string]*format.YAMLReader{
		"by bytes":     format.YAMLReaderOf(iotest.OneByteReader(strings.NewReader(text)), o, 4, 32<<10),
		"item by item": format.YAMLReaderOf(strings.NewReader(text), o, 16, 1),
		"as a whole":   format.YAMLReaderOf(strings.NewReader(text), o, 16, 0),
	} {
		if got := readYAML(r); got != want && !(strings.Contains(got, "error: ") && strings.Contains(want, "error: ")) {
			t.Errorf("%s: got\n%swant\n%s", name, got, want)
		}
	}
	return want
}

func yamlAt(t testing.TB, path string) format.YAMLOptions {
	t.Helper()
	at, err := format.ParsePath(path)
	if err != nil {
		t.Fatal(err)
	}
	return format.YAMLOptions{At: at}
}

func TestYAML(t *testing.T) {
	for name, tc := range map[string]struct{ text, at, want string }{
		"a list":                    {"- a: 1\n  b: x\n# none\n- {a: 2}\n", "", "1 1 {\"a\":1,\"b\":\"x\"}\n2 4 {\"a\":2}\n"},
		"an indented list":          {"  - a: 1\n  - a: 2\n", "", "1 1 {\"a\":1}\n2 2 {\"a\":2}\n"},
		"a record":                  {"a: 1\nb:\n- x\n- y\n", "", "1 1 {\"a\":1,\"b\":[\"x\",\"y\"]}\n"},
		"documents":                 {"a: 1\n---\na: 2\n...\n---\n# none\n---\n- a: 3\n- a: 4\n--- {a: 5}\n", "", "1 1 {\"a\":1}\n2 3 {\"a\":2}\n3 8 {\"a\":3}\n4 9 {\"a\":4}\n5 10 {\"a\":5}\n"},
		"directives":                {"%YAML 1.2\n---\n- a: 1\n...\n%TAG !e! tag:e,2000:\n---\na: 2\n", "", "1 3 {\"a\":1}\n2 7 {\"a\":2}\n"},
		"a flow list":               {"[{a: 1}, {\"a\":2,},\n {a: 3}]", "", "1 1 {\"a\":1}\n2 1 {\"a\":2}\n3 2 {\"a\":3}\n"},
		"Windows lines and a mark":  {"\ufeff- a: 1\r\n- a: |\r\n    x\r\n    y\r\n", "", "1 1 {\"a\":1}\n2 2 {\"a\":\"x\\ny\\n\"}\n"},
		"texts of several lines":    {"- a: >-\n    folded\n    text\n\n    end\n- a: \"one\n    two\\n\\\n    three\"\n- a: plain\n    goes on\n", "", "1 1 {\"a\":\"folded text\\nend\"}\n2 6 {\"a\":\"one two\\nthree\"}\n3 9 {\"a\":\"plain goes on\"}\n"},
		"text that looks like more": {"- a: |\n    - b\n    ---\n    # c\n- a: x # c\n- a: 'it''s: - #'\n", "", "1 1 {\"a\":\"- b\\n---\\n# c\\n\"}\n2 5 {\"a\":\"x\"}\n3 6 {\"a\":\"it's: - #\"}\n"},
		"lines in quotes":           {"- a: \"x\n- y\"\n- a: 2\n", "", "1 1 {\"a\":\"x - y\"}\n2 3 {\"a\":2}\n"},
		"a bracket at the margin":   {"- a: [\n    1\n]\n- a: 2\n", "", "1 1 {\"a\":[1]}\n2 4 {\"a\":2}\n"},
		"nothing":                   {"", "", "error: is empty (0 bytes)\n"},
		"only comments":             {"# x\n---\n", "", ""},
		"null":                      {"~\n", "", ""},

		"words":   {"- {a: no, b: yes, c: on, d: True, e: FALSE, f: ~, g: Null, h: , i: nULL, j: 'true'}\n", "", `1 1 {"a":"no","b":"yes","c":"on","d":true,"e":false,"f":null,"g":null,"h":null,"i":"nULL","j":"true"}` + "\n"},
		"numbers": {"[{a: 12, b: -0, c: +5, d: 0o17, e: 0xFf, f: 017, g: 1_000, h: 0b1, i: 12345678901234567890123, j: 0x123456789abcdef0123}]", "", `1 1 {"a":12,"b":-0,"c":5,"d":15,"e":255,"f":"017","g":"1_000","h":"0b1","i":12345678901234567890123,"j":5373003642731685151011}` + "\n"},
		"floats":  {"[{a: 1.50, b: .5, c: -1., d: 1e3, e: +1.e-3, f: .inf, g: -.INF, h: .nan, i: 190:20:30, j: 1.2.3, k: ., l: '1'}]", "", `1 1 {"a":1.50,"b":0.5,"c":-1,"d":1e3,"e":1e-3,"f":".inf","g":"-.INF","h":".nan","i":"190:20:30","j":"1.2.3","k":".","l":"1"}` + "\n"},
		"times":   {"- {a: 2024-04-17, b: 2024-04-17T10:11:12Z, c: 10:11:12}\n", "", `1 1 {"a":"2024-04-17","b":"2024-04-17T10:11:12Z","c":"10:11:12"}` + "\n"},
		"tags":    {"- {a: !!str 12, b: !!int \"007\", c: !!float 1, d: !!null '', e: !!bool true, f: !!timestamp 2024-04-17, g: !!binary \"aGk= \", h: ! 1, i: !!set {x, y}, j: !<tag:yaml.org,2002:str> 1}\n", "", `1 1 {"a":"12","b":7,"c":1,"d":null,"e":true,"f":"2024-04-17","g":"aGk=","h":"1","i":{"x":null,"y":null},"j":"1"}` + "\n"},
		"keys":    {"- {1: a, true: b, ~: c, 2024-04-17: d, \"e f\": e, ? g : h}\n", "", `1 1 {"1":"a","true":"b","~":"c","2024-04-17":"d","e f":"e","g":"h"}` + "\n"},

		"aliases":             {"- &a {x: &b [1]}\n- y: *b\n- *a\n- z: &b 2\n- z: *b\n", "", "1 1 {\"x\":[1]}\n2 2 {\"y\":[1]}\n3 3 {\"x\":[1]}\n4 4 {\"z\":2}\n5 5 {\"z\":2}\n"},
		"of another document": {"- &a {x: 1}\n---\n- *a\n", "", "1 1 {\"x\":1}\nerror: line 3: this is no YAML: unknown anchor 'a' referenced (character 3)\n"},
		"merge keys":          {"- &a {x: 1, y: 2}\n- &b {y: 3, z: 4}\n- {<<: *a, y: 9}\n- <<: [*a, *b]\n- {y: 0, <<: {w: 1}}\n- {'<<': 1}\n", "", "1 1 {\"x\":1,\"y\":2}\n2 2 {\"y\":3,\"z\":4}\n3 3 {\"y\":9,\"x\":1}\n4 4 {\"x\":1,\"y\":2,\"z\":4}\n5 5 {\"y\":0,\"w\":1}\n6 6 {\"<<\":1}\n"},

		"bad records": {"- a: 1\n- 12\n- [x]\n-\n- {a: 1, b: 2, a: 3}\n- {a: !x 1}\n- {a: !!int x}\n- {[a]: 1}\n- {<<: 1}\n- a: 2\n", "", "1 1 {\"a\":1}\n" +
			"bad: row 2: line 2: the record is a number, not a mapping (character 3)\n" +
			"bad: row 3: line 3: the record is a list, not a mapping (character 3)\n" +
			"bad: row 4: line 4: the record is null, not a mapping (character 2)\n" +
			"bad: row 5: line 5: the key \"a\" stands twice: which value is meant cannot be told (character 16)\n" +
			"bad: row 6: line 6: the tag \"!x\" is not known for such a value (character 7)\n" +
			"bad: row 7: line 7: \"x\" is no int, as its tag says (character 7)\n" +
			"bad: row 8: line 8: a key is a list or a mapping, which no column can be named by (character 4)\n" +
			"bad: row 9: line 9: the merge key << stands for a mapping or a list of such (character 8)\n" +
			"10 10 {\"a\":2}\n"},
		"an alias to itself": {"- &a {x: *a}\n- b: 1\n", "", "bad: row 1: line 1: the value contains itself by an alias (character 3)\n2 2 {\"b\":1}\n"},

		"at":                     {"x: 1\ndata:\n  n: 2\n  items:\n  - a: 1\n  - a: 2\n  more: 3\nend: 4\n", "data.items", "1 5 {\"a\":1}\n2 6 {\"a\":2}\n"},
		"at, indented":           {"data:\n    items:\n\n        # c\n        - a: 1\n        -\n          a: 2\n", "data.items", "1 5 {\"a\":1}\n2 7 {\"a\":2}\n"},
		"at, quoted keys":        {"\"data\":\n  'items' :\n  - a: 1\n", "data.items", "1 3 {\"a\":1}\n"},
		"at, in flow":            {"x: &x {a: 7}\ndata: {items: [{a: 1}, *x]}\n", "data.items", "1 2 {\"a\":1}\n2 2 {\"a\":7}\n"},
		"at, an index":           {"- x: []\n- x: [{a: 1}]\n", "[1].x", "1 2 {\"a\":1}\n"},
		"at, one record":         {"spec: {a: 1}\n---\nspec:\n  a: 2\n", "spec", "1 1 {\"a\":1}\n2 4 {\"a\":2}\n"},
		"at, null":               {"data:\nb: 1\n", "data", ""},
		"at, an alias":           {"rows: &r\n- a: 1\ndata: *r\n", "data", "1 2 {\"a\":1}\n"},
		"at, absent":             {"data: {}\nb: 2\n", "data.items", "error: line 1: there is nothing at \"data.items\": the value at \"data\" has no key \"items\"\n"},
		"at, absent on top":      {"data: {}\nb: 2\n", "items", "error: line 3: there is nothing at \"items\": the document has no key \"items\"\n"},
		"at, twice":              {"data:\n- a: 1\ndata:\n- a: 2\n", "data", "1 2 {\"a\":1}\nerror: line 3: the key \"data\", in which the rows are, stands twice\n"},
		"at, text":               {"data: x\n", "data", "error: line 1: what is at \"data\" is text, and neither a record nor a list of records\n"},
		"anchors beside at":      {"base: &b {x: 1}\nrows:\n- <<: *b\n  y: 2\nafter: *b\n", "rows", "1 3 {\"y\":2,\"x\":1}\n"},
		"text":                   {"just words\n", "", "error: line 1: the document is text, and neither a record nor a list of records\n"},
		"no YAML":                {"- a: 1\n- b: [1\n- c: 2\n", "", "error: line 3: this is no YAML: while parsing a flow sequence, did not find expected ',' or ']' (character 4)\n"},
		"no YAML at once":        {"a: b: c\n", "", "error: line 1: this is no YAML: mapping values are not allowed in this context (character 5)\n"},
		"tabs":                   {"a:\n\tb: 1\n", "", "error: line 2: this is no YAML: while scanning for the next token, found character that cannot start any token (character 1)\n"},
		"another layout further": {"- a: 1\nb: 2\n", "", "error: line 2: this is no YAML: while parsing a block collection, did not find expected '-' indicator (character 1)\n"},
		"UTF-16":                 {"\xff\xfea\x00", "", "error: byte 1: the file is UTF-16; YAML is read as UTF-8 only\n"},
		"bytes that are none":    {"a: \xff\n", "", "error: line 1: this is no YAML: invalid leading UTF-8 octet (value: 255)\n"},
	} {
		o := format.YAMLOptions{}
		if tc.at != "" {
			o = yamlAt(t, tc.at)
		}
		t.Run(name, func(t *testing.T) {
			if got := yamlRows(t, tc.text, o); got != tc.want {
				t.Errorf("got\n%swant\n%s", got, tc.want)
			}
		})
	}
}

// Wanted values are found by their paths, and rows are numbered through documents.
func TestYAMLColumns(t *testing.T) {
	var text strings.Builder
	for i := range 5000 {
		if i%1000 == 0 {
			text.WriteString("---\n")
		}
		fmt.Fprintf(&text, "- id: %d\n  of: {name: n%d, tags: [a, b]}\n  no: no\n", i, i)
	}
	var paths []format.Path
	for _, p := range []string{"id", "of.tags[1]", "of.name", "none"} {
		path, err := format.ParsePath(p)
		if err != nil {
			t.Fatal(err)
		}
		paths = append(paths, path)
	}
	rows := strings.Split(strings.TrimSpace(yamlRows(t, text.String(), format.YAMLOptions{Paths: paths})), "\n")
	if want := `5000 15003 4999 "b" "n4999" ∅`; len(rows) != 5000 || rows[4999] != want {
		t.Errorf("%d rows, the last %s, want %s", len(rows), rows[len(rows)-1], want)
	}
}
