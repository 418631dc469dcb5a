package spec_test

import (
	"bytes"
	"errors"
	"flag"
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/goccy/go-yaml"
	"github.com/rogpeppe/go-internal/txtar"
	"github.com/santhosh-tekuri/jsonschema/v6"

	"github.com/seed-128c3863/sluice/spec"
)

var update = flag.Bool("update", false, "rewrite testdata/malformed.txtar with what Parse says now")

// A malformed job of testdata/malformed.txtar.
type malformed struct {
	name, text, want string
	noSchema         string // why the schema cannot refuse it; "": it does
}

func malformedJobs(t testing.TB) (*txtar.Archive, []malformed) {
	t.Helper()
	archive, err := txtar.ParseFile("testdata/malformed.txtar")
	if err != nil {
		t.Fatal(err)
	}
	var jobs []malformed
	for _, f := range archive.Files {
		if name, ok := strings.CutSuffix(f.Name, ".err"); ok && jobs[len(jobs)-1].name == name {
			jobs[len(jobs)-1].want = string(f.Data)
		} else if name, ok := strings.CutSuffix(f.Name, ".noschema"); ok && jobs[len(jobs)-1].name == name {
			jobs[len(jobs)-1].noSchema = string(f.Data)
		} else {
			jobs = append(jobs, malformed{name: f.Name, text: whole(string(f.Data))})
		}
	}
	return archive, jobs
}

// whole adds to a job the top-level keys that it lacks.
func whole(text string) string {
	if strings.HasPrefix(text, "# whole\n") {
		return text
	}
	for _, add := range []string{
		"sluice: 1\n", "name: j\n", "from: {files: in.json}\n", "columns:\n  id: {from: id, type: string}\n", "to: {files: \"{file.stem}.parquet\"}\n",
	} {
		key, _, _ := strings.Cut(add, ":")
		if !regexp.MustCompile(`(?m)^` + key + `:`).MatchString(text) {
			text += add
		}
	}
	return text
}

func TestMalformed(t *testing.T) {
	archive, jobs := malformedJobs(t)
	if len(jobs) < 60 {
		t.Errorf("only %d jobs", len(jobs))
	}
	for _, job := range jobs {
		t.Run(job.name, func(t *testing.T) {
			_, err := spec.Parse("j.yaml", []byte(job.text))
			var errs spec.Errors
			if !errors.As(err, &errs) {
				t.Fatalf("got %T: %v; want Errors\n%s", err, err, job.text)
			}
			if got := err.Error() + "\n"; *update {
				setFile(archive, job.name, got)
			} else if got != job.want {
				t.Errorf("got\n%swant\n%s", got, job.want)
			}
		})
	}
	if *update {
		if err := os.WriteFile("testdata/malformed.txtar", txtar.Format(archive), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

// setFile writes NAME.err after NAME.
func setFile(a *txtar.Archive, name, text string) {
	for i, f := range a.Files {
		if f.Name == name+".err" {
			a.Files[i].Data = []byte(text)
			return
		}
	}
	for i, f := range a.Files {
		if f.Name == name {
			rest := append([]txtar.File{{Name: name + ".err", Data: []byte(text)}}, a.Files[i+1:]...)
			a.Files = append(a.Files[:i+1:i+1], rest...)
			return
		}
	}
}

func compiledSchema(t testing.TB) *jsonschema.Schema {
	t.Helper()
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(spec.Schema()))
	if err != nil {
		t.Fatal(err)
	}
	c := jsonschema.NewCompiler()
	if err := c.AddResource("job.json", doc); err != nil {
		t.Fatal(err)
	}
	s, err := c.Compile("job.json")
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// asJSON returns YAML as editors hand it to a validator.
func asJSON(text string) (any, error) {
	j, err := yaml.YAMLToJSON([]byte(text))
	if err != nil {
		return nil, err
	}
	return jsonschema.UnmarshalJSON(bytes.NewReader(j))
}

func TestSchemaRefusesMalformed(t *testing.T) {
	schema := compiledSchema(t)
	_, jobs := malformedJobs(t)
	for _, job := range jobs {
		doc, err := asJSON(job.text)
		if err != nil {
			continue // no YAML: a validator never sees it
		}
		err = schema.Validate(doc)
		if err == nil && job.noSchema == "" {
			t.Errorf("%s: the schema takes it\n%s", job.name, job.text)
		}
		if err != nil && job.noSchema != "" {
			t.Errorf("%s: the schema refuses it: take the mark away", job.name)
		}
	}
}

func TestSchemaTakesReferenceJobs(t *testing.T) {
	schema := compiledSchema(t)
	for _, name := range []string{"raw_to_stage", "products"} {
		text, err := os.ReadFile("testdata/" + name + ".yaml")
		if err != nil {
			t.Fatal(err)
		}
		doc, err := asJSON(string(text))
		if err != nil {
			t.Fatal(err)
		}
		if err := schema.Validate(doc); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}
