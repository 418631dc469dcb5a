package format_test

import (
	"fmt"
	"io"
	"strings"
	"testing"

	"github.com/seed-128c3863/sluice/format"
)

// What would take memory or time without end is refused within limits of both.
func TestYAMLHostile(t *testing.T) {
	const deep = 20_000
	laughs, merges := "- a0: &a0 {x: lol}\n", "- a0: &a0 {}\n"
	for i := range 12 {
		all := strings.TrimSuffix(strings.Repeat(fmt.Sprintf("*a%d, ", i), 20), ", ")
		laughs += fmt.Sprintf("  a%d: &a%d [%s]\n", i+1, i+1, all)
		merges += fmt.Sprintf("  a%d: &a%d {<<: [%s]}\n", i+1, i+1, all)
	}
	var blocks strings.Builder
	for i := range 2000 {
		blocks.WriteString(strings.Repeat(" ", i) + "a:\n")
	}
	forever := func(text string) io.Reader { return &repeated{text: text, left: 1 << 40} }
	const held = "has more than 8388608 bytes, the most that is held"
	for name, tc := range map[string]struct {
		in   io.Reader
		want string
	}{
		"lists in one another":           {strings.NewReader(strings.Repeat("[", deep)), "nested deeper than 1000 levels"},
		"mappings in one another":        {strings.NewReader(strings.Repeat("{a: ", deep)), "line 1: "},
		"dashes":                         {strings.NewReader(strings.Repeat("- ", deep)), "nested deeper than 1000 levels"},
		"blocks":                         {strings.NewReader(blocks.String()), "nested deeper than 1000 levels"},
		"question marks":                 {strings.NewReader(strings.Repeat("? ", deep)), "nested deeper than 1000 levels"},
		"a billion laughs":               {strings.NewReader(laughs), "aliases stand for more than 20 values for each byte of the file"},
		"merged ones":                    {strings.NewReader(merges), "aliases stand for more than 20 values for each byte of the file"},
		"a large text by aliases":        {strings.NewReader("- {a: &a " + strings.Repeat("x", 10_000) + ", b: [" + strings.Repeat("*a,", 2000) + "]}\n"), "with its aliases written out, the most that is held"},
		"a text without end":             {io.MultiReader(strings.NewReader("- a: "), forever("x")), held},
		"a text in quotes":               {io.MultiReader(strings.NewReader("- a: \""), forever("x\n")), held},
		"an item without end":            {io.MultiReader(strings.NewReader("- a: 1\n"), forever("  b: 1\n")), held},
		"a document without end":         {forever("a: 1\n"), held},
		"a comment without end":          {forever("#"), held},
		"values without end":             {strings.NewReader("[" + strings.Repeat("a,", 400_000) + "]"), "the document or record that begins here has too many values: as they are parsed they take more than 16 MiB, more than is held"},
		"a million columns":              {strings.NewReader("- {" + strings.Repeat("a: 1, ", 100_000) + "}\n"), "too many values"},
		"anchors without end":            {forever("- &a [a, b, c, d, e, f]\n"), "the anchors of the document hold more than 16 MiB"},
		"a number without end":           {strings.NewReader("- a: 0x" + strings.Repeat("f", 900_000) + "\n"), "EOF"},
		"documents without end":          {io.MultiReader(&repeated{text: "---\n", left: 8 << 20}, strings.NewReader("x")), "the document is text"},
		"directives without end":         {forever("%TAG !a! tag:a\n"), held},
		"keys of one mapping":            {strings.NewReader("- " + keysOf(5000)), "EOF"},
		"blank lines in a literal block": {strings.NewReader("- a: |\n    x\n" + strings.Repeat("\n", 900_000)), "EOF"},
	} {
		t.Run(name, func(t *testing.T) {
			refusedInBounds(t, format.YAMLStream(tc.in, format.YAMLOptions{Paths: []format.Path{nil}, MaxRecord: 8 << 20}), tc.want)
		})
	}
}

// keysOf is an item of so many keys.
func keysOf(n int) string {
	var s strings.Builder
	for i := range n {
		fmt.Fprintf(&s, "  k%d: x\n", i)
	}
	return strings.TrimLeft(s.String(), " ")
}

// FuzzYAML checks that no text makes the reader panic, and that the way in which
// it is read, whole, by bytes or item by item, does not change what is read.
func FuzzYAML(f *testing.F) {
	for _, text := range yamlCases {
		if len(text) < 1000 {
			f.Add(text, "")
		}
	}
	f.Add("x: 1\ndata:\n  n: 2\n  items:\n  - a: 1\n  - a: 2\n  more: 3\nend: 4\n", "data.items")
	f.Add("data: {items: [{a: 1}]}\n", "data.items")
	f.Add("- x: []\n- x: [{a: 1}]\n", "[1].x")
	f.Fuzz(func(t *testing.T, text, path string) {
		o := format.YAMLOptions{MaxRecord: 1 << 16}
		if path != "" {
			at, err := format.ParsePath(path)
			if err != nil {
				return
			}
			o.At = at
		}
		yamlRows(t, text, o)
		_, _ = format.YAMLToJSON([]byte(text), len(text)%2 == 0)
	})
}
