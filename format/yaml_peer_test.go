package format_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/seed-128c3863/sluice/format"
)

// yamlCases are read by ruamel.yaml as well.
var yamlCases = map[string]string{
	"scalars":        "- {a: 1, b: -2, c: +3, d: 1.5, e: 1e3, f: .5, g: 5., h: 1_000, i: 0o17, j: 0x1f, k: 017, l: 0b11}\n- {a: true, b: False, c: yes, d: no, e: on, f: off, g: y, h: n}\n- {a: ~, b: null, c: Null, d: , e: ''}\n- {a: .inf, b: -.inf, c: .NaN}\n",
	"times":          "- a: 2024-04-17\n  b: 2024-04-17T10:11:12.5+09:00\n  c: 2024-04-17 10:11:12\n  d: 12:30\n  e: 190:20:30\n",
	"plain":          "- a: it's #no comment: really #this\n  b: http://example.org/?a=b&c=d\n  c: a - b\n  d: x,y [z] {w}\n  e: -x\n  f: ?x\n  g: :x\n  h: 'a'b\n  i: 100% sure\n  j: a # comment\n",
	"quotes":         "- a: 'it''s'\n  b: \"tab\\t nl\\n q\\\" u\\u00e9 x\\x41 U\\U0001F600 \\/ \\e \\_ \\N\"\n  c: ''\n  d: \"\"\n  e: '  spaces  '\n  f: \"a\\\n    b\"\n",
	"quoted lines":   "- a: 'one\n    two\n\n    three'\n  b: \"one\n    two\n\n\n    three  \"\n  c: one\n    two\n\n    three\n",
	"literals":       "- a: |\n    one\n      two\n\n    three\n  b: |-\n    x\n  c: |+\n    x\n\n  d: |2\n      y\n  e: |\n\n    lead\n- a: x\n",
	"folded":         "- a: >\n    one\n    two\n\n    three\n      more\n      in\n    end\n  b: >-\n    x\n    y\n  c: >+\n    x\n\n- a: x\n",
	"flow":           "- {a: [1, [2, 3], {b: c}], d: {e: {}}, f: []}\n- {\"a\":1, 'b':2, c: , d}\n- a: [\n    1,\n    2, # two\n  ]\n",
	"nested":         "- a:\n    b:\n      - c\n      - - d\n        - e\n      -\n        f: g\n    h:\n    - i\n    - j:\n        k\n",
	"documents":      "---\na: 1\n---\n- b: 2\n- b: 3\n...\n# end\n---\nc: 4\n",
	"anchors":        "- &a {x: 1, y: &y [1, 2]}\n- z: *y\n- *a\n- &s text\n- u: *s\n- {<<: *a, x: 2}\n- <<: [*a, {w: 1}]\n  x: 3\n- &y other: *s\n",
	"tags":           "- {a: !!str 1, b: !!int '2', c: !!float '1.5', d: !!bool 'true', e: !!null 'null', f: !!binary aGVs bG8=, h: !!seq [1], i: !!map {x: 1}}\n",
	"keys":           "- {1: a, 1.5: b, true: c, null: d, 2024-04-17: e, 'x y': f, ? long key : g}\n- ? block\n  : value\n",
	"a record":       "name: x\nlist:\n- 1\n- 2\ntext: |\n  - not\n  an: item\n",
	"comments":       "# a\n- a: 1 # b\n# c\n  # d\n  b: 2\n    # e\n\n# f\n- a: '# g'\n  b: |\n    # h\n# i\n",
	"Korean":         "- 이름: 김치\n  값: \"라면 \\uD55C\"\n- 이름: '1,395원'\n",
	"Windows":        "- a: 1\r\n  b: |\r\n    x\r\n    y\r\n- a: 2\r\n",
	"blank lines":    "\n\n- a: 1\n\n\n  b: 2\n\n\n- a: 3\n",
	"odd indents":    "-   a: 1\n    b:\n            - x\n            - y\n-\n    a: 2\n-  - z\n",
	"version":        "%YAML 1.2\n---\n- a: 1\n",
	"no space":       "- a:1\n- {a:1}\n- [a:1]\n",
	"anchor of null": "- a: &n\n- b: *n\n",
	"tab":            "- a:\n\t- b\n",
	"open":           "- {a: 1\n",
	"quote open":     "- 'a\n",
	"bad indent":     "- a: 1\n   b: 2\n",
	"unknown alias":  "- *x\n",
	"two values":     "a: b: c\n",
	"at sign":        "- @a\n",
	"tabs behind":    "- a: 1\n  b: \"x\ty\"\n- a\n",
	"emoji":          "- a: 😀\n  😀: b\n",
	"empty key":      "- '': a\n- {: b}\n",
	"long":           "- a: " + strings.Repeat("x", 5000) + "\n  b: '" + strings.Repeat("y ", 5000) + "'\n",
	"document ends":  "a: |\n  x\n...\n---\nb: >\n y\n--- c: 1\n",
}

// TestYAMLAgainstRuamel reads what another reader of YAML 1.2 reads.
func TestYAMLAgainstRuamel(t *testing.T) {
	dir := t.TempDir()
	var files []string
	for name, text := range yamlCases {
		file := filepath.Join(dir, name+".yaml")
		files = append(files, file)
		if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	list, _ := json.Marshal(files)
	index := filepath.Join(dir, "index.json")
	if err := os.WriteFile(index, list, 0o644); err != nil {
		t.Fatal(err)
	}
	type peer struct {
		Name, Fault string
		Rows        []any
	}
	read := python[peer](t, "yaml_read.py", index)
	if len(read) != len(yamlCases) {
		t.Errorf("%d of %d files were read", len(read), len(yamlCases))
	}
	for _, p := range read {
		name := strings.TrimSuffix(filepath.Base(p.Name), ".yaml")
		text, fault := ownYAML(yamlCases[name])
		switch {
		case (fault == "") != (p.Fault == ""):
			t.Errorf("%s: fault %q, the other has %q", name, fault, p.Fault)
		case fault == "" && !reflect.DeepEqual(text, p.Rows):
			got, _ := json.Marshal(text)
			want, _ := json.Marshal(p.Rows)
			t.Errorf("%s: got\n%s\nwant\n%s", name, got, want)
		}
	}
}

// ownYAML reads a text as YAMLReader does: all records, also those that are no
// mappings.
func ownYAML(text string) (rows []any, fault string) {
	rows = []any{}
	out, err := format.YAMLToJSON([]byte(text), false)
	if err != nil {
		return nil, err.Error()
	}
	for d := json.NewDecoder(strings.NewReader(string(out))); d.More(); {
		var v any
		if err := d.Decode(&v); err != nil {
			return nil, err.Error()
		}
		if list, ok := v.([]any); ok {
			rows = append(rows, list...)
		} else {
			rows = append(rows, v)
		}
	}
	return rows, ""
}
