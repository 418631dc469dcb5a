package spec_test

import (
	"errors"
	"os"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/seed-128c3863/sluice/row"
	"github.com/seed-128c3863/sluice/spec"
)

func parse(t testing.TB, text string) *spec.Job {
	t.Helper()
	j, err := spec.Parse("j.yaml", []byte(whole(text)))
	if err != nil {
		t.Fatalf("%v\n%s", err, whole(text))
	}
	return j
}

func reference(t testing.TB, name string) *spec.Job {
	t.Helper()
	text, err := os.ReadFile("testdata/" + name + ".yaml")
	if err != nil {
		t.Fatal(err)
	}
	j, err := spec.Parse(name+".yaml", text)
	if err != nil {
		t.Fatal(err)
	}
	return j
}

func TestParseRawToStage(t *testing.T) {
	j := reference(t, "raw_to_stage")
	var columns []string
	for _, c := range j.Cols {
		columns = append(columns, c.Name+" "+c.Type.String()+" "+c.Value.S)
	}
	for _, check := range []struct{ got, want any }{
		{j.Name, "raw_to_stage"},
		{j.Table(), false},
		{len(j.Params), 3},
		{j.Params[0].Type, row.Type{Kind: row.Date}},
		{j.Params[1].Default.S, "s3://hellokorea-raw-layer"},
		{j.From.Fields(), []string{"depAirportCode", "depCountryCode", "currencyCode", "nowSearchDate", "datasetId"}},
		{j.From.Each.At.S, "dataset_list"},
		{j.From.Missing + j.From.Empty, "skipskip"},
		{j.Let[1].Expr, spec.Text{S: "row.pricing_options[0].items[0]", Pos: spec.Pos{Line: 28, Column: 10, Path: "let.offer"}}},
		{len(columns), 12},
		{columns[4], `arrAirportCode string "ICN"`},
		{columns[6], `depTime timestamp strptime(part[1], "%y%m%d%H%M")`},
		{columns[11], `isExpired bool false`},
		{j.To.Parquet, spec.Parquet{Compression: "snappy", Timestamps: "int96"}},
		{j.To.Keep, 3},
		{j.Errors.Rejects.S, "rejects/{job}-{run}.csv"},
		{j.Limits, spec.Limits{MaxRequests: 512, Memory: 256 << 20}},
	} {
		if !reflect.DeepEqual(check.got, check.want) {
			t.Errorf("got %#v, want %#v", check.got, check.want)
		}
	}
}

func TestParseProducts(t *testing.T) {
	j := reference(t, "products")
	tags := j.Cols[len(j.Cols)-1]
	for _, check := range []struct{ got, want any }{
		{j.Table(), true},
		{j.From.Encoding, ""},
		{j.Cols[9].True, []string{"1"}},
		{tags.Split.S + tags.Through.S + tags.Lookup.S + tags.Missing, "|shop_product_tagsshop_tag.namecreate"},
		{j.To.Write, "upsert"},
		{j.Errors.Allow, spec.Allow{Set: true, IsShare: true, Share: 0.02}},
		{j.Transaction, "all"},
	} {
		if !reflect.DeepEqual(check.got, check.want) {
			t.Errorf("got %#v, want %#v", check.got, check.want)
		}
	}
}

func TestScalars(t *testing.T) {
	j := parse(t, `
params:
  day: {type: date, default: 2024-04-17}
  code: {type: string, default: 007}
columns:
  n: {type: int64, value: 1}
  f: {type: float64, value: -1.50}
  b: {type: bool, value: True}
  z: {type: string, value: null}
  c: {type: string, value: '"' }
  q: {type: string, from: q, one_of: [007, yes, No, 2024-04-17, 1e3, 1_0, "", true], null: ["", ~x, N/A]}
  m: {type: string, value: x ? 1 : 2}
limits: {rate: 2.5, memory: 1.5 GiB, requests: 20}
errors: {allow: 12}
`)
	var values []string
	for _, c := range j.Cols {
		values = append(values, c.Value.S)
	}
	if got, want := strings.Join(values, ";"), `1;-1.50;true;null;";;x ? 1 : 2`; got != want {
		t.Errorf("values: got %s, want %s", got, want)
	}
	if got, want := strings.Join(j.Cols[5].OneOf, ";"), "007;yes;No;2024-04-17;1e3;1_0;;true"; got != want {
		t.Errorf("one_of: got %s, want %s", got, want)
	}
	if j.Params[1].Default.S != "007" || j.Limits.Rate != 2.5 || j.Limits.Memory != 3<<29 || j.Limits.Requests != 20 || j.Errors.Allow.Rows != 12 {
		t.Errorf("got %q %+v %+v", j.Params[1].Default.S, j.Limits, j.Errors.Allow)
	}
}

func TestTarget(t *testing.T) {
	j := parse(t, `

columns:
  id: {from: id}
to:
  database: "postgres://u:${PW}@host/db"
  table: public.t
  key: id
  write: mirror
  within: region = 'EU'
  max_delete: 5%
  lock_timeout: 30s
  state: ops
`)
	if j.To.LockTimeout != 30*time.Second || j.To.MaxDelete.Share != 0.05 || j.To.State != "ops" || j.To.Key[0].S != "id" {
		t.Errorf("got %+v", j.To)
	}
	for name, want := range map[string]string{"x.parquet": "parquet", "x.csv": "csv", "x.jsonl": "ndjson", "x.out": "parquet", "x": "parquet"} {
		if got := parse(t, "to: {files: \""+name+"\"}\n").To.Format; got != want {
			t.Errorf("%s: got %s, want %s", name, got, want)
		}
	}
}

func TestAnchorsAndMergeKeys(t *testing.T) {
	j := parse(t, `
columns:
  a: &money {type: "decimal(12,2)", from: a, decimal: &comma ","}
  b:
    <<: *money
    from: b
  c: {<<: [*money], from: c, thousands: "."}
  d: {type: !!str string, from: d, match: *comma}
`)
	for _, c := range j.Cols[:3] {
		if c.From.S != c.Name || c.Decimal != "," || c.Type.String() != "decimal(12,2)" {
			t.Errorf("got %+v", c)
		}
	}
	if j.Cols[3].Match.S != "," {
		t.Errorf("got %q", j.Cols[3].Match.S)
	}
}

func TestWindowsText(t *testing.T) {
	text := "\ufeff" + strings.ReplaceAll(whole("let:\n  a: |\n    row.a\n  b: row.b\n"), "\n", "\r\n")
	j, err := spec.Parse("j.yaml", []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	if strings.TrimSpace(j.Let[0].Expr.S) != "row.a" || j.Let[1].Expr.Pos != (spec.Pos{Line: 4, Column: 6, Path: "let.b"}) {
		t.Errorf("got %+v", j.Let)
	}
	const not, control = "the file is not UTF-8 text", "the control character "
	for bad, want := range map[string]string{"\xff": not, "\x00": not, "\x01": control + "U+0001", "\x1f": control + "U+001F", "\x7f": control + "U+007F"} {
		if _, err := spec.Parse("j.yaml", []byte("name: a\nlet: {b: "+bad+"}\n")); err == nil || !strings.HasPrefix(err.Error(), "j.yaml:2:10: "+want) {
			t.Errorf("%q: got %v", bad, err)
		}
	}
}

func TestErrorAt(t *testing.T) {
	j := parse(t, `
let:
  plain: row.값 + nme
  single: 'row["it''s"] + nme'
  double: "\"\u00e9\t\" + nme"
  literal: |
    row.a +

      nme
  folded: >
    row.a
    + nme
  lines: row.a
    + nme
columns:
  id: {type: string, value: row.id + nme}
`)
	want := []string{"3:18", "4:27", "5:27", "9:7", "10:11", "13:10", "16:38"}
	texts := []spec.Text{j.Cols[0].Value}
	for i := len(j.Let) - 1; i >= 0; i-- {
		texts = append([]spec.Text{j.Let[i].Expr}, texts...)
	}
	for i, text := range texts {
		err := j.ErrorAt(text, strings.Index(text.S, "nme"), "unknown name", "")
		if got, want := err.Error(), "j.yaml:"+want[i]+": "+text.Pos.Path+": unknown name"; got != want {
			t.Errorf("got %s, want %s", got, want)
		}
	}
	if err := j.ErrorAt(spec.Text{S: "x"}, 99, "m", "h"); err.Error() != "j.yaml:1:1: m (h)" {
		t.Errorf("got %v", err)
	}
}

// TestPlaces checks that every text of the reference jobs that stands in no
// quotes is where its place says.
func TestPlaces(t *testing.T) {
	for _, name := range []string{"raw_to_stage", "products"} {
		j := reference(t, name)
		source, err := os.ReadFile("testdata/" + name + ".yaml")
		if err != nil {
			t.Fatal(err)
		}
		lines := strings.Split(string(source), "\n")
		texts := append([]spec.Text{j.To.Files.Text, j.To.Database.Text, j.From.At}, j.To.Key...)
		for _, f := range j.From.Files {
			texts = append(texts, f.Text)
		}
		for _, l := range j.Let {
			texts = append(texts, l.Expr)
		}
		for _, c := range j.Cols {
			texts = append(texts, c.From, c.Value, c.Match, c.Check, c.Lookup, c.Split, c.Through)
			texts = append(texts, c.Formats...)
		}
		for _, text := range texts {
			if text.S == "" {
				continue
			}
			at := j.ErrorAt(text, 0, "", "")
			if rest := string([]rune(lines[at.Line-1])[at.Column-1:]); !strings.HasPrefix(rest, text.S) {
				t.Errorf("%s: %q is not at %d:%d: %q", at.Path, text.S, at.Line, at.Column, rest)
			}
		}
	}
}

func TestErrorsUnwrap(t *testing.T) {
	_, err := spec.Parse("j.yaml", []byte("sluice: 3\n"))
	var one *spec.Error
	if !errors.As(err, &one) || one.Line != 1 || one.Column != 9 || one.Path != "sluice" {
		t.Errorf("got %+v", one)
	}
}

func TestSuggest(t *testing.T) {
	known := []string{"files", "format", "from", "key"}
	for name, want := range map[string]string{
		"fiels": `did you mean "files"?`, "FILES": `did you mean "files"?`, "fromat": `did you mean "format"?`, "kye": `did you mean "key"?`, "x": "", "database": "", "": "",
	} {
		if got := spec.Suggest(name, known); got != want {
			t.Errorf("%s: got %s, want %s", name, got, want)
		}
	}
}

// FuzzParse checks that no text panics, and that every error, those of the
// expressions of a good job too, has a place in the text.
func FuzzParse(f *testing.F) {
	_, jobs := malformedJobs(f)
	for _, job := range jobs {
		f.Add([]byte(job.text))
	}
	for _, name := range []string{"raw_to_stage", "products"} {
		text, err := os.ReadFile("testdata/" + name + ".yaml")
		if err != nil {
			f.Fatal(err)
		}
		f.Add(text)
	}
	f.Add([]byte("\r00"))
	f.Add([]byte(whole("let:\n  a: 'it''s\n    b'\n  b: \"\\u00e9\\\n    x\"\n  c: |2-\n      x\n\n    y\n")))
	f.Add([]byte("sluice: 1\nfrom: &a {<<: *a}\nlet: {a: &b [*b]}\n"))
	f.Fuzz(func(t *testing.T, text []byte) {
		j, err := spec.Parse("j.yaml", text)
		if (j == nil) == (err == nil) {
			t.Fatalf("got %v and %v", j, err)
		}
		var errs spec.Errors
		if err == nil {
			for _, l := range j.Let {
				for i := range len(l.Expr.S) + 1 {
					errs = append(errs, j.ErrorAt(l.Expr, i, "m", ""))
				}
			}
		} else if !errors.As(err, &errs) || len(errs) == 0 {
			t.Fatalf("got %T", err)
		}
		newlines := strings.NewReplacer("\r\n", "\n", "\r", "\n")
		lines := strings.Split(newlines.Replace(strings.TrimPrefix(string(text), "\ufeff")), "\n")
		for _, e := range errs {
			if e.Line < 1 || e.Line > len(lines) || e.Column < 1 || e.Column > len([]rune(lines[e.Line-1]))+1 || e.Msg == "" {
				t.Errorf("%v: outside of the text of %d lines", e, len(lines))
			}
		}
	})
}

// One setting of a store is enough, and comes out as it was written.
func TestStores(t *testing.T) {
	j := parse(t, `
stores:
  a: {endpoint: "http://localhost:9000"}
  b: {region: eu-west-1}
  c: {profile: x y}
  localhost:8443: {path_style: false}
errors: {allow: 0}
`)
	for name, s := range map[string]spec.Store{
		"b": {Region: "eu-west-1"}, "c": {Profile: "x y"}, "localhost:8443": {PathStyle: new(bool)},
	} {
		if !reflect.DeepEqual(j.Stores[name], s) {
			t.Errorf("%s: got %+v", name, j.Stores[name])
		}
	}
	if got := j.Stores["a"].Endpoint.S; len(j.Stores) != 4 || got != "http://localhost:9000" {
		t.Errorf("endpoint %q of %d stores", got, len(j.Stores))
	}
	if !j.Errors.Allow.Set || j.Errors.Allow.Rows != 0 {
		t.Errorf("allow: got %+v", j.Errors.Allow)
	}
}
