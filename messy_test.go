package sluice_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/seed-128c3863/sluice"
	"github.com/seed-128c3863/sluice/spec"
)

// A messyFile is a table as people have it, and what is in it.
type messyFile struct {
	Name, Ext string
	From      map[string]string // keys of from that have to be found; "True": with any value
	Rows      [][]any
}

// TestInitOfMessyFiles drafts jobs for tables that Python has written in many
// ways, and holds the rows that they make to what was written.
func TestInitOfMessyFiles(t *testing.T) {
	python := os.Getenv("SLUICE_TEST_PYTHON")
	if python == "" {
		t.Skip("SLUICE_TEST_PYTHON is not set")
	}
	dir := t.TempDir()
	out, err := exec.CommandContext(t.Context(), python, "testdata/messy.py", dir).Output()
	if err != nil {
		t.Fatal(err)
	}
	for d := json.NewDecoder(bytes.NewReader(out)); d.More(); {
		var file messyFile
		if err := d.Decode(&file); err != nil {
			t.Fatal(err)
		}
		t.Run(file.Name, func(t *testing.T) { file.check(t, dir) })
	}
}

func (f *messyFile) check(t *testing.T, dir string) {
	draft, err := sluice.Init(t.Context(), filepath.Join(dir, f.Name+"."+f.Ext), sluice.InitOptions{Name: f.Name})
	if err != nil {
		t.Fatal(err)
	}
	fail := func(format string, args ...any) {
		t.Errorf(format+"\n%s\n%s", append(args, draft.Text, strings.Join(draft.Notes, "\n"))...)
	}
	job, err := spec.Parse("job.yaml", draft.Text)
	if err != nil {
		t.Fatal(err)
	}
	from := map[string]string{
		"format": job.From.Format, "sheet": job.From.Sheet, "encoding": job.From.Encoding, "delimiter": job.From.Delimiter, "quote": job.From.Quote, "escape": job.From.Escape,
		"header": job.From.Header, "footer": job.From.Footer.S, "ragged": job.From.Ragged, "comment": job.From.Comment,
	}
	for key, want := range f.From {
		if got := from[key]; got != want && (want != "True" || got == "") {
			fail("from.%s is %q, want %q", key, got, want)
		}
	}
	file := filepath.Join(dir, f.Name+".yaml")
	if err := os.WriteFile(file, draft.Text, 0o600); err != nil {
		t.Fatal(err)
	}
	opened, err := sluice.Open(t.Context(), file, sluice.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer opened.Close()
	p, err := opened.Preview(t.Context(), 100)
	if err != nil {
		t.Fatal(err)
	}
	if len(p.Rejects)+len(p.Invalid) > 0 {
		fail("rejects %v, invalid %v", p.Rejects, p.Invalid)
	}
	if len(p.Rows) != len(f.Rows) { // at most 100
		fail("%d rows, want %d", len(p.Rows), len(f.Rows))
	}
	for i, r := range p.Rows[:min(len(p.Rows), len(f.Rows))] {
		got := valuesOf(t, r.Values)
		if g, w := fmt.Sprint(got), fmt.Sprint(f.Rows[i]); g != w {
			fail("row %d is %s, want %s", i+1, g, w)
		}
	}
}

// valuesOf returns the values of an object that has no others in it.
func valuesOf(t *testing.T, text []byte) (values []any) {
	t.Helper()
	d := json.NewDecoder(bytes.NewReader(text))
	for i := 0; ; i++ {
		token, err := d.Token()
		if err != nil {
			return values
		}
		if _, brace := token.(json.Delim); !brace && i%2 == 0 {
			values = append(values, token)
		}
	}
}

// TestInitAsks holds what is asked of files that leave something in doubt, and that
// the answer is in the job.
func TestInitAsks(t *testing.T) {
	for name, tc := range map[string]struct {
		text, question string
		choices        []string
		want           string // of the job, if the second is chosen
	}{
		"date.csv":      {"id,day\n1,03/04/2024\n", `which day is "03/04/2024", in column "day"?`, []string{"%d/%m/%Y: day, month, year", "%m/%d/%Y: month, day, year"}, `formats: "%m/%d/%Y"`},
		"year.csv":      {"id,day\n1,03/04/05\n", `which day is "03/04/05", in column "day"?`, []string{"%y/%m/%d: year, month, day", "%d/%m/%y: day, month, year", "%m/%d/%y: month, day, year"}, `formats: "%d/%m/%y"`},
		"names.csv":     {"name,town\nann,york\nbob,leeds\n", `line 1 is "name", "town": are these the columns' names?`, []string{"yes", "no, it is a row like the others"}, "header: false"},
		"delimiter.csv": {"a;b,c\n1;2,3\n4;5,6\n", "what stands between the columns?", []string{`";": 2 columns, as "a", "b,c"`, `",": 2 columns, as "a;b", "c"`}, `delimiter: ","`},
		"encoding.csv":  {"id;name\n1;ko\x9aele\n2;x\n", "in which encoding is the text right?", []string{"windows-1250: 1;košele", "cp949: 1;ko쉋le", "shift-jis: 1;ko啼le", "gb18030: 1;ko歟le"}, "encoding: cp949"},
		"sure.csv":      {"id,day\n1,13/04/2024\n", "", nil, `formats: "%d/%m/%Y"`},
	} {
		t.Run(name, func(t *testing.T) {
			file := filepath.Join(t.TempDir(), name)
			if err := os.WriteFile(file, []byte(tc.text), 0o600); err != nil {
				t.Fatal(err)
			}
			var asked []sluice.Question
			draft, err := sluice.Init(t.Context(), file, sluice.InitOptions{Ask: func(q sluice.Question) (int, error) {
				asked = append(asked, q)
				return 1, nil
			}})
			if err != nil {
				t.Fatal(err)
			}
			if fmt.Sprint(asked) != fmt.Sprint([]sluice.Question{{Text: tc.question, Choices: tc.choices}}) && (tc.question != "" || asked != nil) {
				t.Errorf("asked %+v", asked)
			}
			if !strings.Contains(string(draft.Text), tc.want) || strings.Contains(strings.Join(draft.Notes, " "), "in doubt") {
				t.Errorf("%s\n%s", draft.Text, strings.Join(draft.Notes, "\n"))
			}
		})
	}
}
