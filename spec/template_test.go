package spec_test

import (
	"maps"
	"regexp"
	"strings"
	"testing"

	"github.com/seed-128c3863/sluice/spec"
)

func template(t testing.TB, s string) spec.Template {
	t.Helper()
	tmpl, err := spec.ParseTemplate(s)
	if err != nil {
		t.Fatal(err)
	}
	return tmpl
}

func TestExpand(t *testing.T) {
	values := env(map[string]string{"a": "1", "file.stem": "x", "${PW}": "secret", "raw": "s3://b"})
	for s, want := range map[string]string{
		"":                              "",
		"plain":                         "plain",
		"{raw}/{a}/{file.stem}.json":    "s3://b/1/x.json",
		"{{a}}{{{a}}}":                  "{a}{1}",
		"u:${PW}@h":                     "u:secret@h",
		"$a $ ${{PW}} $$":               "$a $ ${PW} $$",
		"{a}{a}":                        "11",
		"한{a}글":                         "한1글",
		"{b}":                           `template "{b}": "b" has no value`,
		"{*c}":                          `template "{*c}": the capture {*c} has no value`,
		"postgres://u:p@h/${NO}":        `template "postgres://u:xxxxx@h/${NO}": the environment variable NO is not set`,
		"https://h/?token=abc&x={nope}": `template "https://h/?token=xxxxx&x={nope}": "nope" has no value`,
	} {
		got, err := template(t, s).Expand(values)
		if err != nil {
			got = err.Error()
		}
		if got != want {
			t.Errorf("%s: got %s, want %s", s, got, want)
		}
	}
	for _, s := range []string{"{", "}", "{a", "a}", "{}", "{*}", "{ a }", "{a.b.c}", "{1}", "${1}", "${}", "${a", "{*a}{*b}", "{a-b}"} {
		if got, err := spec.ParseTemplate(s); err == nil {
			t.Errorf("%s: got %v, want an error", s, got)
		}
	}
}

func TestFixed(t *testing.T) {
	known := func(name string) bool { return name == "stage" || name == "day" }
	for s, want := range map[string]string{
		"{stage}/x/{day}/{file.stem}.parquet": "{stage}/x/{day}/",
		"{stage}/x_{name}/{day}.parquet":      "{stage}/x_",
		"out/{*name}":                         "out/",
		"out/all.parquet":                     "out/all.parquet",
		"{name}":                              "",
		"s3://${B}/{name}":                    "s3://${B}/",
	} {
		var got strings.Builder
		for _, p := range template(t, s).Fixed(known).Parts {
			switch {
			case p.Env:
				got.WriteString("${" + p.Name + "}")
			case p.Name != "":
				got.WriteString("{" + p.Name + "}")
			}
			got.WriteString(p.Literal)
		}
		if got.String() != want {
			t.Errorf("%s: got %s, want %s", s, got.String(), want)
		}
	}
}

func TestMatch(t *testing.T) {
	values := env(map[string]string{"raw": "s3://b/raw", "x": "_", "none": ""})
	for _, tc := range []struct {
		template, key string
		want          map[string]string // nil: no match
	}{
		{"{raw}/{*a}.json", "s3://b/raw/1.json", map[string]string{"a": "1"}},
		{"{raw}/{*a}.json", "s3://b/raw/1/2.json", nil},
		{"{raw}/{*a}.json", "s3://b/raw/.json", nil},
		{"{raw}/{*a}.json", "s3://b/raw/a.json.json", map[string]string{"a": "a.json"}},
		{"{raw}/{*a}.json", "s3://b/raw/a.json.gz", nil},
		{"{*a}{x}{*b}", "1_2_3", map[string]string{"a": "1", "b": "2_3"}},
		{"{*a}_to_ICN_{*b}.json", "NRT_to_ICN_2024-04-17.json", map[string]string{"a": "NRT", "b": "2024-04-17"}},
		{"day={*d}/x_{*d}.json", "day=1/x_1.json", map[string]string{"d": "1"}},
		{"day={*d}/x_{*d}.json", "day=1/x_2.json", nil},
		{"{*d}-{*d}", "x-y-x-y", map[string]string{"d": "x-y"}},
		{"{*a}/{*b}/{*c}", "1/2/3", map[string]string{"a": "1", "b": "2", "c": "3"}},
		{"{*a}/{*b}", "1/2/3", nil},
		{"{*a}{none}{*b}", "xyz", map[string]string{"a": "x", "b": "yz"}},
		{"a.json", "a.json", map[string]string{}},
		{"a.json", "a.json5", nil},
		{"{*a}", "", nil},
		{"x/{*a}", "x/", nil},
	} {
		m, err := template(t, tc.template).Matcher(values)
		if err != nil {
			t.Fatal(err)
		}
		got, ok := m.Match(tc.key)
		if ok != (tc.want != nil) || !maps.Equal(got, tc.want) {
			t.Errorf("%s on %s: got %v, %v; want %v", tc.template, tc.key, got, ok, tc.want)
		}
		if ok && !strings.HasPrefix(tc.key, m.Prefix()) {
			t.Errorf("%s: the prefix %s is not that of %s", tc.template, m.Prefix(), tc.key)
		}
	}
	if _, err := template(t, "{nope}/{*a}").Matcher(values); err == nil {
		t.Error("a name without a value is no error")
	}
}

// FuzzMatch compares matching with the same as a regular expression, and
// checks that what was captured makes the key again.
func FuzzMatch(f *testing.F) {
	f.Add("x/", "_", ".json", "x/a_b_c.json")
	f.Add("", "aa", "a", "aaaaaaaaaaaaaaaaaa")
	f.Add("", "/", "", "a/b")
	f.Fuzz(func(t *testing.T, before, between, after, key string) {
		escape := strings.NewReplacer("{", "{{", "}", "}}", "$", "")
		before, between, after, key = strings.ReplaceAll(before, "$", ""), strings.ReplaceAll(between, "$", ""), strings.ReplaceAll(after, "$", ""), strings.ToValidUTF8(key, "?")
		before, between, after = strings.ToValidUTF8(before, "?"), strings.ToValidUTF8(between, "?"), strings.ToValidUTF8(after, "?")
		if between == "" {
			between = "-"
		}
		tmpl := template(t, escape.Replace(before)+"{*a}"+escape.Replace(between)+"{*b}"+escape.Replace(after))
		m, err := tmpl.Matcher(env(nil))
		if err != nil {
			t.Fatal(err)
		}
		q := regexp.QuoteMeta
		want := regexp.MustCompile(`(?s)^` + q(before) + `([^/]+?)` + q(between) + `([^/]+?)` + q(after) + `$`).FindStringSubmatch(key)
		got, ok := m.Match(key)
		if ok != (want != nil) || ok && (got["a"] != want[1] || got["b"] != want[2]) {
			t.Errorf("%s on %q: got %q, %v; want %q", tmpl.S, key, got, ok, want)
		}
	})
}
