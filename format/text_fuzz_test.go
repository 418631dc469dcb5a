package format_test

import (
	"bytes"
	encodingcsv "encoding/csv"
	"encoding/json"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/seed-128c3863/sluice/format"
	"github.com/seed-128c3863/sluice/row"
)

// FuzzText writes texts as CSV and as NDJSON, and checks that other readers
// find the same texts in them.
func FuzzText(f *testing.F) {
	f.Add("a", "b,c", ",", "")
	f.Add(" \"x\"\n", "\r\n", ";", "NULL")
	f.Add("NULL", "", "\t", "NULL")
	f.Add("\u2028\x00\x7f\\", "한국", "한", "-")
	f.Fuzz(func(t *testing.T, a, b, delimiter, null string) {
		if !utf8.ValidString(a) || !utf8.ValidString(b) {
			return
		}
		s := schema(t, "a,\"b", "string", "c", "string")
		rows := batch(s, []any{a, b}, []any{nil, a})
		var out bytes.Buffer
		if w, err := format.NewCSV(&out, s, format.CSVOptions{Delimiter: delimiter, Null: null}); err == nil {
			writeAll(t, w, []*row.Batch{rows})
			checkCSV(t, out.String(), delimiter, [][]string{{"a,\"b", "c"}, {a, b}, {null, a}})
		}
		out.Reset()
		w, err := format.NewNDJSON(&out, s)
		if err != nil {
			t.Fatal(err)
		}
		writeAll(t, w, []*row.Batch{rows})
		for i, want := range [][]any{{a, b}, {nil, a}} {
			line, rest, _ := strings.Cut(out.String(), "\n")
			out.Reset()
			out.WriteString(rest)
			var got map[string]any
			if err := json.Unmarshal([]byte(line), &got); err != nil || len(got) != 2 || got["a,\"b"] != want[0] || got["c"] != want[1] {
				t.Errorf("line %d: %q: %v, want %q", i+1, line, err, want)
			}
		}
	})
}

func checkCSV(t *testing.T, text, delimiter string, want [][]string) {
	t.Helper()
	r := encodingcsv.NewReader(strings.NewReader(text))
	if delimiter != "" {
		r.Comma, _ = utf8.DecodeRuneInString(delimiter)
	}
	got, err := r.ReadAll()
	if err != nil {
		if strings.Contains(err.Error(), "invalid field") {
			return // a delimiter that encoding/csv does not know
		}
		t.Fatalf("%q: %v", text, err)
	}
	for i := range want {
		for k := range want[i] { // encoding/csv reads every line break as \n
			want[i][k] = strings.ReplaceAll(want[i][k], "\r\n", "\n")
		}
		if i >= len(got) || !slices.Equal(got[i], want[i]) {
			t.Errorf("%q is read as %q, want %q", text, got, want)
			return
		}
	}
}
