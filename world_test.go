package sluice_test

import (
	"context"
	"encoding/json"
	"fmt"
	"io/fs"
	"maps"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/seed-128c3863/sluice"
	"github.com/seed-128c3863/sluice/store"
)

// A world is a job with its source files and its outputs, in a folder of its
// own, or in a bucket.
type world struct {
	*testing.T
	dir    string
	sim    string // host and port of the S3 look-alike that has in and out; "": dir has them
	wrap   func(string, store.Store) store.Store
	params map[string]string
	events []sluice.Event
}

const worldJob = `
sluice: 1
name: load
params:
  in:  {type: string}
  out: {type: string}
from:
  files: "{in}/{*part}.json"
columns:
  id:   {type: int64,  value: row.id, required: true}
  name: {type: string, value: row.name}
  file: {type: string, value: file.name}
to:
  files: "{out}/{part}.ndjson"
  format: ndjson
errors:
  rejects: "{out}/rejects/{run}.csv"
`

// newWorld makes a world of n source files with two records each.
func newWorld(t *testing.T, n int) *world {
	w := &world{T: t, dir: t.TempDir()}
	w.params = map[string]string{"in": w.dir + "/in", "out": w.dir + "/out"}
	w.fill(n)
	return w
}

// newWorldAt makes a world in the bucket test of an S3 look-alike.
func newWorldAt(t *testing.T, sim string, n int) *world {
	w := &world{T: t, dir: t.TempDir(), sim: sim, params: map[string]string{"in": "s3://test/in", "out": "s3://test/out"}}
	w.ask(http.MethodGet, "/_sim/reset?bucket=test", "")
	w.fill(n)
	return w
}

func (w *world) fill(n int) {
	w.Helper()
	w.write("job.yaml", worldJob)
	for i := range n {
		w.source(i, "first")
	}
}

// source writes source file i, whose contents say what version they are of.
func (w *world) source(i int, version string) {
	w.Helper()
	w.write(fmt.Sprintf("in/%d.json", i), fmt.Sprintf(`[{"id":%d,"name":%q},{"id":%d,"name":"b"}]`, 10*i, version, 10*i+1))
}

func (w *world) write(name, text string) {
	w.Helper()
	if w.sim != "" && name != "job.yaml" {
		w.ask(http.MethodPut, "/test/"+name, text)
		return
	}
	name = filepath.Join(w.dir, name)
	if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
		w.Fatal(err)
	}
	if err := os.WriteFile(name, []byte(text), 0o644); err != nil {
		w.Fatal(err)
	}
}

func (w *world) remove(name string) {
	w.Helper()
	if w.sim != "" {
		w.ask(http.MethodDelete, "/test/"+name, "")
		return
	}
	if err := os.Remove(filepath.Join(w.dir, name)); err != nil {
		w.Fatal(err)
	}
}

// ask makes a request to the S3 look-alike.
func (w *world) ask(method, path, body string) {
	w.Helper()
	req, err := http.NewRequest(method, "http://"+w.sim+path, strings.NewReader(body))
	if err != nil {
		w.Fatal(err)
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		w.Fatal(err)
	}
	resp.Body.Close()
	if resp.StatusCode >= 300 {
		w.Fatalf("%s %s: %s", method, path, resp.Status)
	}
}

func (w *world) open() *sluice.Job {
	w.Helper()
	job, err := sluice.Open(context.Background(), w.dir+"/job.yaml", sluice.Options{
		Params: w.params, Wrap: w.wrap, Notify: func(e sluice.Event) { w.events = append(w.events, e) },
	})
	if err != nil {
		w.Fatal(err)
	}
	return job
}

// plan returns the plan's summary.
func (w *world) plan() string {
	w.Helper()
	p, err := w.open().Plan(context.Background(), sluice.PlanOptions{})
	if err != nil {
		w.Fatal(err)
	}
	return p.Summary()
}

func (w *world) apply(o sluice.ApplyOptions) *sluice.Result {
	w.Helper()
	r, err := w.open().Apply(context.Background(), o)
	if err != nil {
		w.Fatal(err)
	}
	return r
}

func (w *world) revert(run string) *sluice.Result {
	w.Helper()
	r, err := w.open().Revert(context.Background(), run, sluice.RevertOptions{})
	if err != nil {
		w.Fatal(err)
	}
	return r
}

// outputs returns the text of every output by name.
func (w *world) outputs() map[string]string {
	w.Helper()
	return w.files(func(name string) bool {
		return strings.HasSuffix(name, ".ndjson") && !strings.Contains(name, "_sluice")
	})
}

// files returns the text of every file under out that is wanted.
func (w *world) files(wanted func(string) bool) map[string]string {
	w.Helper()
	found := map[string]string{}
	dir := w.dir
	if w.sim != "" {
		dir = w.TempDir()
		w.ask(http.MethodGet, "/_sim/dump?bucket=test&dir="+dir, "")
	}
	err := filepath.WalkDir(dir+"/out", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || !wanted(name) {
			return nil
		}
		text, err := os.ReadFile(name)
		found[strings.TrimPrefix(name, dir+"/out/")] = string(text)
		return err
	})
	if err != nil {
		w.Fatal(err)
	}
	return found
}

// want checks that the outputs are those of files 0 to n-1, of these versions.
func (w *world) want(versions ...string) {
	w.Helper()
	want := map[string]string{}
	for i, v := range versions {
		if v != "" {
			want[fmt.Sprintf("%d.ndjson", i)] = fmt.Sprintf("{\"id\":%d,\"name\":%q,\"file\":\"%d.json\"}\n{\"id\":%d,\"name\":\"b\",\"file\":\"%d.json\"}\n", 10*i, v, i, 10*i+1, i)
		}
	}
	if got := w.outputs(); !maps.Equal(got, want) {
		w.Errorf("outputs %v\nwant %v", short(got), short(want))
	}
}

// short is outputs by name with the part that differs.
func short(files map[string]string) []string {
	var s []string
	for _, name := range slices.Sorted(maps.Keys(files)) {
		text, _, _ := strings.Cut(files[name], "\n")
		s = append(s, name+": "+text)
	}
	return s
}

// clean checks that nothing but the ledger and what is kept was left.
func (w *world) clean() {
	w.Helper()
	w.none(func(name string) bool { return strings.HasPrefix(name, ".") })
	w.ended()
}

// ended checks that no run seems to be going on: whose lock or journal is left
// has ended, as the ledger says. What a killed process was just writing may be
// left, under a name that nobody lists.
func (w *world) ended() {
	w.Helper()
	now := w.files(func(name string) bool {
		return strings.Contains(name, "/now/") && !strings.HasPrefix(filepath.Base(name), ".")
	})
	var newest struct {
		Runs []struct{ ID, Holder string }
	}
	ended := map[string]bool{}
	for _, name := range slices.Sorted(maps.Keys(now)) {
		base := filepath.Base(name)
		switch run, _, live := strings.Cut(base, "~"); {
		case strings.HasPrefix(base, "gen-"):
			if err := json.Unmarshal([]byte(now[name]), &newest); err != nil {
				w.Fatal(err)
			}
			for _, r := range newest.Runs {
				ended[r.ID], ended[r.Holder] = true, true
			}
		case live && !ended[run]:
			w.Errorf("left behind: %s", name)
		case strings.HasPrefix(base, "lock"):
			var holder struct{ Run string }
			if err := json.Unmarshal([]byte(now[name]), &holder); err != nil || !ended[holder.Run] {
				w.Errorf("left behind: %s of run %q, %v", name, holder.Run, err)
			}
		}
	}
}

func (w *world) none(unwanted func(base string) bool) {
	w.Helper()
	left := w.files(func(name string) bool { return unwanted(filepath.Base(name)) })
	if len(left) > 0 {
		w.Errorf("left behind: %v", slices.Sorted(maps.Keys(left)))
	}
}

// wantAll checks that the outputs are those of files 0 to n-1, of one version.
func (w *world) wantAll(version string, n int) {
	w.Helper()
	w.want(slices.Repeat([]string{version}, n)...)
}
