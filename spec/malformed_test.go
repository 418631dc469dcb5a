package spec_test

import (
	"bytes"
	"errors"
	"flag"
	"fmt"
	"os"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/goccy/go-yaml"
	"github.com/rogpeppe/go-internal/txtar"
	"github.com/santhosh-tekuri/jsonschema/v6"

	"github.com/seed-128c3863/sluice/row"
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

// wholeFile are the jobs whose errors are about no key.
var wholeFile = map[string]bool{"empty": true, "missing-keys": true, "not-a-mapping": true, "two-documents": true, "anchor-twice": true}

func TestMalformed(t *testing.T) {
	archive, jobs := malformedJobs(t)
	if len(jobs) < 120 {
		t.Errorf("only %d jobs", len(jobs))
	}
	for _, job := range jobs {
		t.Run(job.name, func(t *testing.T) {
			_, err := spec.Parse("j.yaml", []byte(job.text))
			var errs spec.Errors
			if !errors.As(err, &errs) {
				t.Fatalf("got %T: %v; want Errors\n%s", err, err, job.text)
			}
			for _, e := range errs {
				if e.File != "j.yaml" || e.Line < 1 || e.Column < 1 || e.Hint == "" {
					t.Errorf("%v: every error has its place and a hint", e)
				}
				if e.Path == "" && !wholeFile[job.name] {
					t.Errorf("%v: no key is named", e)
				}
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

// TestTemplatesInSchema holds the schema's patterns of templates against the
// reader of templates, which must agree on what is well formed.
func TestTemplatesInSchema(t *testing.T) {
	schema := compiledSchema(t)
	for _, tc := range []struct{ files, to string }{
		{"in/a.json", "out/{file.stem}.parquet"},
		{"s3://bucket/{{*}}/{*day}/{*name}.json", "s3://b/{day}/{file.name}.csv"},
		{"$/a$b$$.json", "$/{file.stem}$.parquet"},
		{"-", "C:/x/{file.key}"},
		{"https://${USER}:${PW}@host/a.json", "${OUT}/a.parquet"},
		{"${DIR}/{*_a1}-{*_a1}.json", "out//x.parquet"},
		{"a/{{{*x}}}/b", "{x}"},
		{"한국/{*날}.json", "o"},
		{"in/{*file.x}.json", "o"},
		{"in/{*a}{b}.json", "o"},
		{"{in}", "o"},
		{"ftp://a/b", "o"},
		{"S3://a/b", "o"},
		{"a", "gs://a/b"},
		{"a", "https://a/b"},
		{"a", "{*b}"},
		{"a", "-"},
		{"a", "{{a}}/"},
	} {
		text := fmt.Sprintf("sluice: 1\nname: j\nparams: {in: {type: string}, b: {type: string}}\nfrom: {files: %q}\ncolumns: {id: {from: id, type: string}}\nto: {files: %q}\n", tc.files, tc.to)
		doc, err := asJSON(text)
		if err != nil {
			t.Fatal(err)
		}
		_, err = spec.Parse("j.yaml", []byte(text))
		if refused := schema.Validate(doc); (err == nil) != (refused == nil) {
			t.Errorf("%s -> %s\n Parse: %v\nschema: %v", tc.files, tc.to, err, refused)
		}
	}
}

// TestKeysInSchema holds the schema against the checks in what they say of two
// keys at once: each setting with each type, format or ending there is.
func TestKeysInSchema(t *testing.T) {
	var jobs []string
	for _, name := range row.Names() {
		name = strings.ReplaceAll(name, "(p,s)", "(4,2)")
		name = strings.ReplaceAll(name, "(type)", "(list(date))")
		for _, with := range []string{`formats: "%Y-%m-%d"`, "timezone: UTC", `"true": [J]`, `"false": [N]`, `decimal: ","`, `thousands: ","`, `currency: "₩"`, "percent: true", "brackets: true", "match: a", "max_length: 3", "trim: true"} {
			jobs = append(jobs, fmt.Sprintf("columns: {id: {from: id, type: %q, %s}}\n", name, with))
		}
	}
	for _, format := range []string{"", "format: json, ", "format: ndjson, ", "format: csv, ", "format: tsv, ", "format: xlsx, ", "format: xls, ", "format: html, ", "format: fixed, ", "format: yaml, ", "format: parquet, "} {
		for _, with := range []string{
			"shape: columns", "at: a", "encoding: auto", "encoding: utf-8", "encoding: cp949", "delimiter: ;", "quote: none", "header: 2",
			"sheet: A", "positions: {a: 1-3}", "unit: bytes", "ragged: pad", "ragged: fit", `escape: "\\"`, "comment: '#'", "footer: ^sum", "header: 2-3", "extra_columns: fail", "absent_columns: fail", "compression: gzip",
		} {
			jobs = append(jobs, fmt.Sprintf("from: {files: in.x, %s%s}\n", format, with))
		}
	}
	for _, ending := range []string{".parquet", ".CSV", ".ndjson", ".jsonl", ".x", "csv", ".csv/x", ".csv{file.stem}"} {
		for _, with := range []string{"keep: 1", "format: parquet", "format: csv", "format: ndjson", "parquet: {compression: none}", "csv: {header: false}", "format: csv, csv: {header: true}", "format: parquet, parquet: {}"} {
			jobs = append(jobs, fmt.Sprintf("to: {files: \"{file.stem}%s\", %s}\n", ending, with))
		}
	}
	for _, write := range []string{"", ", write: insert", ", write: update", ", write: mirror"} {
		for _, with := range []string{"", ", key: id", ", key: id, within: a", ", key: id, max_delete: 3", ", key: id, delete_when: a", ", key: id, delete_when: a, max_delete: 3"} {
			jobs = append(jobs, "to: {database: \"sqlite://x\", table: t"+write+with+"}\n")
		}
	}
	jobs = append(jobs, "limits: {requests: auto, max_requests: 3}\n", "limits: {requests: 2, max_requests: 3}\n", "errors: {rows: reject, allow: 1}\n", "errors: {rows: fail, allow: 0}\n",
		"from: {files: [\"-\"]}\n", "from: {files: [a, \"-\"]}\n", "from: {files: [a, b]}\n",
		"from: {files: [\"{a}\", \"b{a}\"], each: [{a: 1}]}\n", "from: {files: [\"{a}\", \"b{*a}\"], each: [{a: 1}]}\n")
	schema := compiledSchema(t)
	for _, job := range jobs {
		doc, err := asJSON(whole(job))
		if err != nil {
			t.Fatal(err)
		}
		_, err = spec.Parse("j.yaml", []byte(whole(job)))
		if refused := schema.Validate(doc); (err == nil) != (refused == nil) {
			t.Errorf("%s Parse: %v\nschema: %v", job, err, refused)
		}
	}
}

// TestParseIsBounded checks that no text takes long, or much, to be refused.
func TestParseIsBounded(t *testing.T) {
	deep := 50_000
	var blocks strings.Builder
	for i := range 1000 {
		blocks.WriteString(strings.Repeat(" ", i) + "a:\n")
	}
	merges := "sluice: 1\nname: j\na: &a {k: v}\n"
	for c := 'b'; c < 'n'; c++ {
		merges += fmt.Sprintf("%c: &%c {<<: [%s]}\n", c, c, strings.TrimSuffix(strings.Repeat(fmt.Sprintf("*%c, ", c-1), 20), ", "))
	}
	for name, tc := range map[string]struct{ text, want string }{
		"lists":    {"a: " + strings.Repeat("[", deep), "j.yaml:1:1: nested deeper than 100 levels"},
		"mappings": {"a: " + strings.Repeat("{a: ", deep), "nested deeper than 100 levels"},
		"lines":    {"a:\n" + strings.Repeat(" [\n", deep), "j.yaml:100:2: nested deeper than 100 levels"},
		"blocks":   {blocks.String(), "j.yaml:101:101: nested deeper than 100 levels"},
		"dashes":   {"a:\n" + strings.Repeat("- ", deep), "j.yaml:2:1: nested deeper than 100 levels"},
		"comment":  {"# " + strings.Repeat("-", 200) + strings.Repeat("[", 200) + strings.Repeat("- ", 200), "the file is empty"},
		"size":     {"a: " + strings.Repeat("x", 1<<20), "j.yaml:1:1: the file is larger than 1 MiB (from.each.file "},
		"merges":   {merges + "from: {<<: *m}\n", "from: the merge keys bring in too much (write the keys out)"},
	} {
		t.Run(name, func(t *testing.T) {
			begun := time.Now()
			_, err := spec.Parse("j.yaml", []byte(tc.text))
			if err == nil || !strings.Contains(err.Error(), tc.want) {
				t.Errorf("got %.300v\nwant %s", err, tc.want)
			} else if len(err.Error()) > 4000 {
				t.Errorf("the error has %d bytes", len(err.Error()))
			}
			if took := time.Since(begun); took > 5*time.Second {
				t.Errorf("took %v", took)
			}
		})
	}
	brackets := "sluice: 1\nname: j\nfrom: {files: a}\ncolumns:\n"
	for i := range 300 {
		brackets += fmt.Sprintf("  c%d: {from: a, type: string, match: \"[\\\\[{]\"} # it's [ {\n", i)
	}
	if _, err := spec.Parse("j.yaml", []byte(brackets+"to: {files: b}\n")); err != nil {
		t.Error(err)
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
