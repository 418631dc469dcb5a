package source

import (
	"archive/zip"
	"os"
	"strings"
	"testing"
)

func TestFindInArchives(t *testing.T) {
	folder(t, "in/b.zip", "in/x.csv")
	for _, name := range []string{"in/1.zip", "in/2.ZIP"} {
		f, err := os.Create(name)
		if err != nil {
			t.Fatal(err)
		}
		z := zip.NewWriter(f)
		for _, name := range []string{"d/", "d/b.csv", "d/a.csv", "c.csv", "c.txt"} {
			if _, err := z.Create(name); err != nil {
				t.Fatal(err)
			}
		}
		if err := z.Close(); err != nil {
			t.Fatal(err)
		}
		f.Close()
	}
	for from, want := range map[string]string{
		`files: "in/1.zip#d/{*n}.csv"`:                                        "in/1.zip#d/a.csv:a in/1.zip#d/b.csv:b",
		`files: "in/1.zip#{*folder}/{*n}.csv"`:                                "in/1.zip#d/a.csv:d:a in/1.zip#d/b.csv:d:b",
		`files: "in/1.zip#c.csv"`:                                             "in/1.zip#c.csv",
		`files: ["in/1.zip#e.csv", "in/none.zip#c.csv"]`:                      "in/1.zip#e.csv- in/none.zip#c.csv-",
		`files: "in/none.zip#{*n}.csv"`:                                       "",
		`files: "in/1.zip", format: csv`:                                      "in/1.zip#c.csv in/1.zip#c.txt in/1.zip#d/a.csv in/1.zip#d/b.csv",
		`files: "in/none.zip", format: csv`:                                   "in/none.zip-",
		`files: "in/1.zip"`:                                                   "from.files: in/1.zip: " + errFormat.Error(),
		`files: "in/{*z}.ZIP#c.{*ext}"`:                                       "in/2.ZIP#c.csv:2:csv in/2.ZIP#c.txt:2:txt",
		`files: "in/{*z}.zip#c.csv"`:                                          "in/1.zip#c.csv:1 in/b.zip",
		`files: "in/{*z}.ZIP", format: csv`:                                   "in/2.ZIP#c.csv:2 in/2.ZIP#c.txt:2 in/2.ZIP#d/a.csv:2 in/2.ZIP#d/b.csv:2",
		`files: "in/{z}.zip#{f}", each: [{z: "1", f: c.csv}, {z: "1", f: e}]`: "in/1.zip#c.csv:1:c.csv in/1.zip#e:1:e-",
		`files: "in/b.zip#{*n}.csv"`:                                          "in/b.zip",
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
			if !strings.HasPrefix(f.ID, "/") || !strings.HasSuffix(f.ID, f.Source) {
				t.Errorf("%s: ID %s", f.Source, f.ID)
			}
		}
	}
	f := finderOf(t, jobFrom(`files: "in/1.zip#d/{*n}.csv"`), Shard{})
	files, err := f.Find(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if facts := files[0].Facts(f.fields); facts.Key != "d/a.csv" || facts.Name != "a.csv" || facts.Stem != "a" {
		t.Errorf("%+v", facts)
	}
	gone := strings.Replace(files[0].ID, "a.csv", "z.csv", 1)
	if got := described(f.Gone(func(yield func(string) bool) { yield(gone) })); got != "in/1.zip#d/z.csv:z-" {
		t.Error(got)
	}
}
