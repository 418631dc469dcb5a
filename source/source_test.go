package source

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/seed-128c3863/sluice/spec"
	"github.com/seed-128c3863/sluice/store"
)

// finderOf returns the Finder of a job without params.
func finderOf(t *testing.T, job string, shard Shard) *Finder {
	t.Helper()
	j, err := spec.Parse("job.yaml", []byte(job))
	if err != nil {
		t.Fatal(err)
	}
	params, err := j.Bind(nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	return New(Options{Job: j, Params: params, Stores: store.NewSet(store.Options{}), Shard: shard, Uses: []string{"n"}})
}

// jobFrom is a job with that `from`.
func jobFrom(from string) string {
	return `
sluice: 1
name: load
from: {` + from + `}
columns: {id: {type: int64, value: row.id}}
to: {files: "out/{file.stem}.ndjson", format: ndjson}
`
}

func folder(t *testing.T, names ...string) {
	t.Helper()
	t.Chdir(t.TempDir())
	for _, name := range names {
		if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(name, []byte(name), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

// described is what tells of files, a word each: the name, its fields, and "-"
// for one that is not there.
func described(files []*File) string {
	var words []string
	for _, f := range files {
		word := f.Source
		for _, v := range f.Fields {
			if v != nil {
				word += ":" + v.(string)
			}
		}
		if f.ETag == "" {
			word += "-"
		}
		words = append(words, word)
	}
	return strings.Join(words, " ")
}

func TestFind(t *testing.T) {
	folder(t, "in/1/a.json", "in/1/b.json", "in/2/a.json", "in/_sluice/c.json", "more.json")
	for from, want := range map[string]string{
		`files: "in/{*day}/{*part}.json"`:                                  "in/1/a.json:1:a in/1/b.json:1:b in/2/a.json:2:a",
		`files: ["in/{*day}/{*part}.json", "in/{*part}/{*day}.json"]`:      "in/1/a.json:1:a in/1/b.json:1:b in/2/a.json:2:a",
		`files: ["more.json", "none.json"]`:                                "more.json none.json-",
		`files: "in/{d}/a.json", each: [{d: "1"}, {d: "3"}, {d: "1"}]`:     "in/1/a.json:1 in/3/a.json:3-",
		`files: "{f}.json", each: [{f: more, n: "1"}, {f: more, n: "2"}]`:  "two entries of from.each are more.json, and differ in n: a source makes one output",
		`files: "{f}.json", each: [{f: more, m: "1"}, {f: more, m: "2"}]`:  "more.json:more:1",
		`files: "in/{day}/{part}.json", each: [{part: a, day: "2", n: x}]`: "in/2/a.json:a:2:x",
	} {
		files, err := finderOf(t, jobFrom(from), Shard{}).Find(t.Context())
		got := described(files)
		if err != nil {
			got = err.Error()
		}
		if got != want {
			t.Errorf("%s:\ngot  %s\nwant %s", from, got, want)
		}
		for _, f := range files {
			if abs, _ := filepath.Abs(f.Source); f.ID != abs || f.ETag != "" && f.Size != int64(len(f.Source)) {
				t.Errorf("%s: ID %s, %d bytes", f.Source, f.ID, f.Size)
			}
		}
	}
}

func TestGone(t *testing.T) {
	folder(t)
	abs := func(name string) string {
		path, err := filepath.Abs(name)
		if err != nil {
			t.Fatal(err)
		}
		return path
	}
	ids := []string{abs("in/2/b.json"), abs("in/1/a.json"), abs("other/1/a.json"), "s3://in/1/a.json"}
	const listed = `files: "in/{*day}/{*part}.json"`
	gone := func(from string, shard Shard) string {
		return described(finderOf(t, jobFrom(from), shard).Gone(slices.Values(ids)))
	}
	if got := gone(listed, Shard{}); got != "in/1/a.json:1:a- in/2/b.json:2:b-" {
		t.Errorf("got %s", got)
	}
	one, two := gone(listed, Shard{1, 2}), gone(listed, Shard{2, 2})
	if len(strings.Fields(one+" "+two)) != 2 || one == two {
		t.Errorf("the shards have %q and %q", one, two)
	}
	for _, from := range []string{`files: "in/1/a.json"`, `files: "in/{n}/a.json", each: [{n: "2"}]`} {
		if got := gone(from, Shard{}); got != "" {
			t.Errorf("%s: got %s", from, got)
		}
	}
}
