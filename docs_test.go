package sluice_test

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/seed-128c3863/sluice/format"
	"github.com/seed-128c3863/sluice/mapping"
	"github.com/seed-128c3863/sluice/row"
	"github.com/seed-128c3863/sluice/spec"
)

// pages returns the text of every page of documentation by its file name.
func pages(t *testing.T) map[string]string {
	t.Helper()
	docs, err := filepath.Glob("docs/*.md")
	if err != nil {
		t.Fatal(err)
	}
	text := map[string]string{}
	for _, name := range append(docs, "README.md", "ARCHITECTURE.md", "CONTRIBUTING.md", "CHANGELOG.md", "bench/README.md") {
		text[name] = page(t, name)
	}
	return text
}

func page(t *testing.T, name string) string {
	t.Helper()
	text, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

var fence = regexp.MustCompile("(?ms)^```([a-z]*)\n(.*?)^```$")

// blocks returns the fenced blocks of a language.
func blocks(text, language string) []string {
	var found []string
	for _, m := range fence.FindAllStringSubmatch(text, -1) {
		if m[1] == language {
			found = append(found, m[2])
		}
	}
	return found
}

// A tableRow is one row of a table of a page.
type tableRow struct {
	section string   // the heading above it
	header  []string // the table's
	cells   []string
}

// tables returns the rows of a page's tables. In a cell \| is a bar.
func tables(text string) []tableRow {
	var rows []tableRow
	var section string
	var header []string
	for line := range strings.Lines(fence.ReplaceAllString(text, "")) {
		line = strings.TrimSpace(line)
		switch {
		case strings.HasPrefix(line, "#"):
			section = strings.TrimLeft(line, "# ")
		case !strings.HasPrefix(line, "|"):
			header = nil
		case header == nil:
			header = cells(line)
		case !strings.HasPrefix(line, "| --"):
			rows = append(rows, tableRow{section, header, cells(line)})
		}
	}
	return rows
}

func cells(line string) []string {
	line = strings.ReplaceAll(strings.Trim(line, "|"), `\|`, "\x00")
	var out []string
	for cell := range strings.SplitSeq(line, "|") {
		out = append(out, strings.ReplaceAll(strings.TrimSpace(cell), "\x00", "|"))
	}
	return out
}

// cell returns the cell under a heading, "" if there is none.
func (r tableRow) cell(head string) string {
	if i := slices.Index(r.header, head); i >= 0 && i < len(r.cells) {
		return r.cells[i]
	}
	return ""
}

// code returns the text of a cell that is code as a whole.
func code(cell string) (string, bool) {
	if len(cell) < 2 || cell[0] != '`' || cell[len(cell)-1] != '`' || strings.Contains(cell[1:len(cell)-1], "`") {
		return "", false
	}
	return cell[1 : len(cell)-1], true
}

// Every job in the documentation is one: those that are whole, and those that
// are a part, once what must be there is added.
func TestDocumentedJobs(t *testing.T) {
	for name, text := range pages(t) {
		for i, block := range blocks(text, "yaml") {
			t.Run(fmt.Sprintf("%s/%d", path.Base(name), i), func(t *testing.T) { compiled(t, completed(block)) })
		}
	}
}

// completed adds to a part of a job what a job must have.
func completed(part string) string {
	for _, p := range []struct{ key, text string }{
		{"sluice", "sluice: 1\n"},
		{"name", "name: example\n"},
		{"from", "from: {files: \"raw/{*at}.json\"}\n"},
		{"columns", "columns:\n  id: {type: string, from: id}\n"},
		{"to", "to: {files: \"out/{file.stem}\"}\n"},
	} {
		if !strings.HasPrefix(part, p.key+":") && !strings.Contains(part, "\n"+p.key+":") {
			part += p.text
		}
	}
	return part
}

// The job of docs/from-pandas.md is the one that TestGolden runs.
func TestDocumentedGolden(t *testing.T) {
	mark := func(text string) string {
		job, err := spec.Parse("job.yaml", []byte(text))
		if err != nil {
			t.Fatal(err)
		}
		params, err := job.Bind(map[string]string{"current_date": "2024-04-17", "raw": "raw", "stage": "stage"}, nil)
		if err != nil {
			t.Fatal(err)
		}
		return job.Fingerprint(params)
	}
	if mark(blocks(page(t, "docs/from-pandas.md"), "yaml")[0]) != mark(page(t, "cmd/sluice/demo/raw_to_stage.yaml")) {
		t.Error("docs/from-pandas.md and cmd/sluice/demo/raw_to_stage.yaml do not make the same of a file")
	}
}

// Every option and every field of a result that people know from
// django-import-export has its name here.
func TestDocumentedDjango(t *testing.T) {
	text := page(t, "docs/from-django-import-export.md")
	for name := range strings.FieldsSeq(`import_id_fields skip_unchanged report_skipped use_bulk batch_size chunk_size store_row_values
		use_transactions dry_run raise_errors collect_failed_rows rollback_on_validation_errors for_delete ForeignKeyWidget ManyToManyWidget
		totals invalid_rows row_errors failed_dataset diff`) {
		if !regexp.MustCompile(`(?m)^\|.*\b` + name + `\b`).MatchString(text) {
			t.Errorf("no table of the page has %s", name)
		}
	}
}

func compiled(t *testing.T, text string) *mapping.Program {
	t.Helper()
	job, err := spec.Parse("job.yaml", []byte(text))
	if err != nil {
		t.Fatalf("%v\n%s", err, text)
	}
	if job.Table() {
		likeTable(job)
	}
	p, err := mapping.Compile(job)
	if err != nil {
		t.Fatalf("%v\n%s", err, text)
	}
	return p
}

// likeTable gives columns the types that a table would, as their keys tell.
func likeTable(job *spec.Job) {
	for i := range job.Cols {
		c := &job.Cols[i]
		kind := row.Type{Kind: row.String}
		switch {
		case c.Type != nil:
			continue
		case c.Split.S != "":
			kind = row.Type{Kind: row.List, Elem: &row.Type{Kind: row.String}}
		case c.Formats != nil:
			kind.Kind = row.Date
		case c.Timezone != "":
			kind.Kind = row.TimestampTZ
		case c.True != nil:
			kind.Kind = row.Bool
		case c.Check.S != "":
			kind = row.Type{Kind: row.Decimal, Precision: 10, Scale: 2}
		}
		c.Type = &kind
	}
}

// Every key of the job file is in docs/job-file.md.
func TestDocumentedKeys(t *testing.T) {
	var schema map[string]any
	if err := json.Unmarshal(spec.Schema(), &schema); err != nil {
		t.Fatal(err)
	}
	keys := map[string]bool{}
	schemaKeys(schema, keys)
	if len(keys) < 60 {
		t.Fatalf("the schema has %d keys", len(keys))
	}
	text := page(t, "docs/job-file.md")
	for _, key := range slices.Sorted(maps.Keys(keys)) {
		if !regexp.MustCompile("(?m)`(from\\.|to\\.)?" + key + "`|^## (.*, )?" + key + "$").MatchString(text) {
			t.Errorf("docs/job-file.md does not have the key %s", key)
		}
	}
}

// schemaKeys adds the names of all properties of a JSON Schema.
func schemaKeys(schema any, keys map[string]bool) {
	switch s := schema.(type) {
	case map[string]any:
		if properties, ok := s["properties"].(map[string]any); ok {
			for key := range properties {
				keys[key] = true
			}
		}
		for _, v := range s {
			schemaKeys(v, keys)
		}
	case []any:
		for _, v := range s {
			schemaKeys(v, keys)
		}
	}
}

// The examples in the tables of docs/job-file.md can be written as they stand.
func TestDocumentedExamples(t *testing.T) {
	files, column := `files: "raw/{*at}.json"`, "columns:\n  c:\n    "
	toTable := `database: "postgres://shop@localhost/shop"; table: product; key: id`
	around := map[string][2]string{ // what stands before the example, and the keys beside it
		"sluice, name": {}, "params": {"params:\n  raw:\n    ", "type: date"}, "stores": {"stores:\n  raw:\n    "},
		"from": {"from:\n  ", files}, "Tables of text": {"from:\n  ", files}, "Sheets": {"from:\n  ", `files: "raw/{*at}.xlsx"`}, "Fixed positions": {"from:\n  ", `files: "raw/{*at}.txt"; format: fixed`}, "Parquet files": {"from:\n  ", `files: "raw/{*at}.parquet"`}, "Files by entries": {"from:\n  files: raw/{airport}.json\n  each:\n    ", "file: e.json; fields: [airport]"},
		"columns": {column, "type: string; from: a"}, "to": {"to:\n  ", `files: "out/{file.stem}"`},
		"parquet": {"to:\n  files: out/{file.stem}\n  parquet:\n    "}, "csv": {"to:\n  files: out/{file.stem}.csv\n  csv:\n    "},
		"errors": {"errors:\n  "}, "limits": {"limits:\n  "},
		"Tables as a target": {"to:\n  ", toTable}, "write: mirror": {"to:\n  ", toTable + "; write: mirror"},
		"of a column":                        {strings.ReplaceAll("to:\n  "+toTable, "; ", "\n  ") + "\ncolumns:\n  id: {from: id}\n  c:\n    ", "from: a; lookup: tag.name; split: x; through: product_tag"},
		"Errors and transactions of a table": {strings.ReplaceAll("to:\n  "+toTable, "; ", "\n  ") + "\n"},
	}
	count := 0
	for _, r := range tables(page(t, "docs/job-file.md")) {
		example, ok := code(r.cell("example"))
		if !ok {
			continue
		}
		context, known := around[r.section]
		if inner, ok := around[strings.Trim(r.header[0], "`")]; ok {
			context, known = inner, true
		}
		if !known {
			t.Fatalf("nothing is known of the section %q", r.section)
		}
		count++
		t.Run(example, func(t *testing.T) { compiled(t, exampleJob(context[0], example, context[1])) })
	}
	if count < 50 {
		t.Errorf("%d examples were found", count)
	}
}

// typesOf are the types of columns whose keys are for no text.
var typesOf = map[string]string{
	"formats": "date", "timezone": "timestamp", `"true"`: "bool", "decimal": "float64", "thousands": "float64",
	"currency": "float64", "percent": "float64", "brackets": "float64",
}

// exampleJob is a job with the example, and with those of the keys beside it
// that it does not replace.
func exampleJob(before, example, beside string) string {
	indent := before[strings.LastIndexByte(before, '\n')+1:]
	key, _, _ := strings.Cut(example, ":")
	if own := typesOf[key]; own != "" {
		beside = strings.Replace(beside, "string", own, 1)
	}
	job := before + example + "\n"
	for other := range strings.SplitSeq(beside, "; ") {
		if name, _, _ := strings.Cut(other, ":"); name != "" && name != key && (name != "from" || key != "value") {
			job += indent + other + "\n"
		}
	}
	if strings.Contains(example, "{raw}") {
		job = "params: {raw: {type: string}}\n" + job
	}
	return completed(job)
}

// The table of strict conversions is what mapping does.
func TestDocumentedConversions(t *testing.T) {
	count := 0
	for _, r := range tables(page(t, "docs/job-file.md")) {
		source, ok := code(r.cell("source"))
		if !ok {
			continue
		}
		kind, _ := code(r.cell("column"))
		p := compiled(t, completed("columns:\n  c: {type: \""+kind+"\", from: c}\n"))
		gives, err := mapped(t, p, `{"c": `+source+`}`)
		want, plain := code(r.cell("gives"))
		count++
		switch words, _, _ := strings.Cut(r.cell("gives"), ","); {
		case plain && gives != want:
			t.Errorf("%s as %s gives %s (%v), not %s", source, kind, gives, err, want)
		case strings.HasPrefix(words, "a reject") && err == nil:
			t.Errorf("%s as %s gives %s, not a reject", source, kind, gives)
		case words == "null" && gives != "null":
			t.Errorf("%s as %s gives %s (%v), not null", source, kind, gives, err)
		}
	}
	if count < 12 {
		t.Errorf("%d conversions were found", count)
	}
}

// Every function is in docs/expressions.md, with an example; and what the page
// says of its examples is so.
func TestDocumentedExpressions(t *testing.T) {
	text := page(t, "docs/expressions.md")
	record := blocks(text, "json")[0]
	var examples []string
	for _, r := range tables(text) {
		example, isCode := code(cmp.Or(r.cell("example"), r.cell("expression")))
		if r.cell("result") == "" {
			continue
		}
		examples = append(examples, example)
		if got := evaluated(t, example, record); !isCode || got != compact(r.cell("result")) {
			t.Errorf("%s\ngives %s\nnot   %s", example, got, r.cell("result"))
		}
	}
	if len(examples) < 100 {
		t.Errorf("%d examples were found", len(examples))
	}
	all := strings.Join(examples, "\n")
	for _, f := range mapping.Functions() {
		if !regexp.MustCompile(`(?m)(^|[^A-Za-z_.])` + f.Name + `\(`).MatchString(all) {
			t.Errorf("docs/expressions.md has no example of %s", f.Signature)
		}
		if !strings.Contains(text, "`"+f.Name+"(") {
			t.Errorf("docs/expressions.md does not have %s", f.Signature)
		}
	}
}

// compact returns a result as evaluated gives it.
func compact(result string) string {
	var b bytes.Buffer
	if text, ok := code(result); ok && json.Compact(&b, []byte(text)) == nil {
		return b.String()
	}
	return result
}

// evaluated returns what an expression gives for a record: JSON, or what it
// does instead.
func evaluated(t *testing.T, expression, record string) string {
	t.Helper()
	job, err := spec.Parse("job.yaml", []byte("sluice: 1\nname: example\n"+
		"params: {current_date: {type: date}}\nfrom: {files: \"raw/{*airport}_{*day}.json\"}\n"+
		"columns:\n  c: {type: json, value: '"+strings.ReplaceAll(expression, "'", "''")+"'}\n"+
		"to: {files: \"out/{file.stem}.parquet\"}\n"))
	if err != nil {
		t.Fatal(err)
	}
	p, err := mapping.Compile(job)
	if wrong := spec.Errors(nil); errors.As(err, &wrong) {
		return "error: " + wrong[0].Msg
	}
	gives, err := mapped(t, p, record)
	if err != nil {
		return "reject: " + strings.TrimPrefix(err.Error(), `column "c": `)
	}
	var b bytes.Buffer
	if err := json.Compact(&b, []byte(gives)); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// mapped returns what the one column of a program is for a record, as JSON, or
// why the row is a reject.
func mapped(t *testing.T, p *mapping.Program, record string) (string, error) {
	t.Helper()
	m := p.NewMapper(mapping.Run{ID: "r1", Time: time.Date(2024, 4, 18, 1, 2, 3, 0, time.UTC), Params: map[string]any{
		"current_date": time.Date(2024, 4, 17, 0, 0, 0, 0, time.UTC),
	}})
	err := m.Begin(mapping.File{
		Key: "raw/BKK_2024-04-17.json", Name: "BKK_2024-04-17.json", Stem: "BKK_2024-04-17", Size: 512,
		Modified: time.Date(2024, 4, 17, 12, 0, 0, 0, time.UTC), Fields: map[string]any{"airport": "BKK", "day": "2024-04-17"},
	})
	if err != nil {
		t.Fatal(err)
	}
	src, dst := &row.Batch{}, row.NewBatch(p.Schema())
	if err := format.JSONBytes([]byte("["+record+"]"), format.JSONOptions{Paths: p.Paths(), Record: true}).Read(src); err != nil {
		t.Fatal(err)
	}
	m.Map(src, dst)
	if len(dst.Bad) > 0 {
		return "", dst.Bad[0].Err
	}
	var text bytes.Buffer
	w, err := format.NewNDJSON(&text, p.Schema())
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(w.Write(dst), w.Close()); err != nil {
		t.Fatal(err)
	}
	return strings.TrimSuffix(strings.TrimPrefix(text.String(), `{"c":`), "}\n"), nil
}

var link = regexp.MustCompile(`\[[^\]]+\]\(([^)\s]+)\)`)

// The commands that the documentation shows are there.
func TestDocumentedCommands(t *testing.T) {
	files, err := filepath.Glob("cmd/sluice/*.go")
	if err != nil {
		t.Fatal(err)
	}
	commands := []string{"completion", "help"}
	for _, file := range files {
		for _, m := range regexp.MustCompile(`Use: +"([a-z]+)`).FindAllStringSubmatch(page(t, file), -1) {
			commands = append(commands, m[1])
		}
	}
	for name, text := range pages(t) {
		for _, m := range regexp.MustCompile("(?m)(?:^    (?:\\$ )?|`)sluice ([a-z]+)").FindAllStringSubmatch(text, -1) {
			if !slices.Contains(commands, m[1]) {
				t.Errorf("%s: there is no command %s", name, m[0])
			}
		}
	}
}

// Links between pages lead to a page, and to a heading of it.
func TestDocumentedLinks(t *testing.T) {
	for name, text := range pages(t) {
		for _, m := range link.FindAllStringSubmatch(fence.ReplaceAllString(text, ""), -1) {
			if strings.Contains(m[1], "://") {
				continue
			}
			file, heading, _ := strings.Cut(m[1], "#")
			target := name
			if file != "" {
				target = path.Join(path.Dir(name), file)
			}
			if _, err := os.Stat(target); err != nil {
				t.Errorf("%s: the link %s leads nowhere", name, m[1])
			} else if heading != "" && !slices.Contains(headings(page(t, target)), heading) {
				t.Errorf("%s: %s has no heading for %s", name, target, m[1])
			}
		}
	}
}

// headings returns the names by which links find the headings of a page.
func headings(text string) []string {
	var names []string
	for line := range strings.Lines(fence.ReplaceAllString(text, "")) {
		if strings.HasPrefix(line, "#") {
			name := strings.ToLower(strings.TrimSpace(strings.TrimLeft(line, "#")))
			names = append(names, strings.ReplaceAll(regexp.MustCompile("[^a-z0-9 _-]").ReplaceAllString(name, ""), " ", "-"))
		}
	}
	return names
}
