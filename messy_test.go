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
