package infer_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/seed-128c3863/sluice/infer"
	"github.com/seed-128c3863/sluice/store"
)

// A job is drafted from YAML as from JSON: documents, a list, a list in a document,
// one with a record at fault, and one of which only the beginning is looked at.
func TestYAML(t *testing.T) {
	for name, tc := range map[string]struct{ text, want string }{
		"documents":          {"a: 1\n---\na: 2\nb: {c: x}\n", "  format: yaml\n\ncolumns:\n  a:   {type: int64,  from: a}\n  b_c: {type: string, value: \"row.b?.c\"}\n"},
		"a list":             {"- a: 1\n- a: 2024-04-17\n- a: 2024-04-18\n", "  format: yaml\n\ncolumns:\n  a: {type: "},
		"one item":           {"- a: 1\n  b: [{c: 1}, {c: 2}]\n", "  format: yaml\n\ncolumns:\n  a: {type: int64, from: a}\n  b: {type: json,  from: b}"},
		"in a document":      {"x: 1\nrows:\n- a: true\n- &b {a: false}\n- *b\n", "  format: yaml\n  at: rows\n\ncolumns:\n  a: {type: bool, from: a}\n"},
		"a record at fault":  {"rows:\n- {a: 1, a: 2}\n- {a: 3}\n", "  at: rows\n\ncolumns:\n  a: {type: int64, from: a}\n"},
		"lists of one value": {"a: [1, 2]\nb: [3, 4]\n", "  format: yaml\n\ncolumns:\n  a: {type: list(int64), from: a}\n"},
		"a long one":         {"rows:\n" + strings.Repeat("- a: 1\n  b: x\n", 200_000), "  at: rows\n\ncolumns:\n  a: {type: int64,  from: a}\n"},
	} {
		file := filepath.Join(t.TempDir(), "in.yml")
		if err := os.WriteFile(file, []byte(tc.text), 0o644); err != nil {
			t.Fatal(err)
		}
		draft, err := infer.Job(t.Context(), store.NewSet(store.Options{}), file, infer.Options{})
		if err != nil {
			t.Errorf("%s: %v", name, err)
		} else if !strings.Contains(string(draft.Text), tc.want) {
			t.Errorf("%s: got\n%swant\n%s", name, draft.Text, tc.want)
		}
	}
}
