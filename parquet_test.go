package sluice_test

import (
	"bytes"
	"context"
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/seed-128c3863/sluice"
	"github.com/seed-128c3863/sluice/format"
	"github.com/seed-128c3863/sluice/row"
	"github.com/seed-128c3863/sluice/store"
)

// wideFile writes a Parquet file of so many columns of numbers that cannot be
// compressed, and returns its size.
func wideFile(t *testing.T, name string, columns, rows int) int64 {
	t.Helper()
	var s row.Schema
	for c := range columns {
		s = append(s, row.Field{Name: "c" + strconv.Itoa(c), Type: row.Type{Kind: row.Int64}})
	}
	f, err := os.Create(name)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	p, err := format.NewParquet(f, s, format.ParquetOptions{RowGroupRows: rows / 2, Compression: "none"})
	if err != nil {
		t.Fatal(err)
	}
	random := rand.New(rand.NewPCG(1, 2))
	for b := row.NewBatch(s); rows > 0; rows -= b.Len {
		b.Reset()
		for range min(rows, 1000) {
			for c := range b.Cols {
				b.Cols[c].AppendInt(random.Int64())
			}
			b.Len++
		}
		if err := p.Write(b); err != nil {
			t.Fatal(err)
		}
	}
	if err := p.Close(); err != nil {
		t.Fatal(err)
	}
	info, err := f.Stat()
	if err != nil {
		t.Fatal(err)
	}
	return info.Size()
}

// gets counts what is read of objects of an ending.
type gets struct {
	store.Store
	ending          string
	requests, bytes *atomic.Int64
	now, most       *atomic.Int64 // requests at once; nil: not counted
}

func (g gets) Do(ctx context.Context, r store.Request) (store.Answer, error) {
	ours := r.Op == store.OpGet && strings.HasSuffix(r.Key, g.ending)
	if ours && g.now != nil {
		now := g.now.Add(1)
		for most := g.most.Load(); now > most && !g.most.CompareAndSwap(most, now); most = g.most.Load() {
			continue
		}
		defer g.now.Add(-1)
	}
	a, err := g.Store.Do(ctx, r)
	if ours {
		g.requests.Add(1)
		g.bytes.Add(int64(len(a.Body)))
	}
	return a, err
}

// Of a Parquet file the footer and the wanted columns are fetched, and nothing
// else: columns that lie next to each other by one request.
func TestProjection(t *testing.T) {
	gw := tool(t, "SLUICE_TEST_VERSITYGW")
	dir := t.TempDir()
	for _, bucket := range []string{"raw", "stage"} {
		if err := os.Mkdir(filepath.Join(dir, bucket), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	const columns, rows = 100, 40_000
	size := wideFile(t, filepath.Join(dir, "raw", "wide.parquet"), columns, rows)
	addr := freeAddr(t)
	serve(t, addr, nil, gw, "--access", "test", "--secret", "testtest", "--port", addr, "posix", dir)
	environment(t, addr, "test", "testtest")
	for name, tc := range map[string]struct {
		wanted   []string
		requests int64 // the footer, and for each of two row groups
	}{
		"apart":    {[]string{"c3", "c50", "c90"}, 1 + 2*3},
		"adjacent": {[]string{"c7", "c8", "c9"}, 1 + 2*1},
	} {
		t.Run(name, func(t *testing.T) {
			text := "sluice: 1\nname: wide\nfrom: {files: s3://raw/wide.parquet}\ncolumns:\n"
			for _, c := range tc.wanted {
				text += "  " + c + ": {type: int64, from: " + c + "}\n"
			}
			file := filepath.Join(t.TempDir(), "wide.yaml")
			if err := os.WriteFile(file, []byte(text+"to: {files: \"s3://stage/"+name+"/{file.stem}.csv\"}\n"), 0o644); err != nil {
				t.Fatal(err)
			}
			var requests, bytes atomic.Int64
			job, err := sluice.Open(t.Context(), file, sluice.Options{
				Wrap: func(_ string, s store.Store) store.Store {
					return gets{Store: s, ending: "wide.parquet", requests: &requests, bytes: &bytes}
				},
			})
			if err != nil {
				t.Fatal(err)
			}
			r, err := job.Apply(t.Context(), sluice.ApplyOptions{})
			if err != nil || r.Rows != rows {
				t.Fatalf("%+v, %v", r, err)
			}
			chunks := int64(len(tc.wanted)) * size / columns
			if got := bytes.Load(); got < chunks*9/10 || got > chunks+chunks/20+(256<<10) {
				t.Errorf("%d bytes of %d were read, and the columns have %d", got, size, chunks)
			}
			if got := requests.Load(); got != tc.requests {
				t.Errorf("%d requests, want %d", got, tc.requests)
			}
			t.Logf("%d of %d bytes by %d requests", bytes.Load(), size, requests.Load())
		})
	}
}

// Of a far store what is wanted of the columns is fetched at once, and the next
// row group while one is read.
func TestAhead(t *testing.T) {
	dir := t.TempDir()
	const columns, rows = 40, 40_000
	wideFile(t, filepath.Join(dir, "wide.parquet"), columns, rows)
	sim, addr := tool(t, "SLUICE_TEST_S3SIM"), freeAddr(t)
	serve(t, addr, nil, sim, "-addr", addr, "-buckets", "raw,stage", "-preload", dir, "-get-latency", "100ms", "-jitter", "0")
	environment(t, addr, "x", "y")
	text := "sluice: 1\nname: wide\nfrom: {files: s3://raw/wide.parquet}\ncolumns:\n"
	for c := 0; c < columns; c += 5 {
		text += fmt.Sprintf("  c%d: {type: int64, from: c%d}\n", c, c)
	}
	file := filepath.Join(t.TempDir(), "wide.yaml")
	if err := os.WriteFile(file, []byte(text+"to: {files: \"s3://stage/{file.stem}.csv\"}\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	var requests, bytes, now, most atomic.Int64
	job, err := sluice.Open(t.Context(), file, sluice.Options{
		Wrap: func(_ string, s store.Store) store.Store {
			return gets{s, "wide.parquet", &requests, &bytes, &now, &most}
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	r, err := job.Apply(t.Context(), sluice.ApplyOptions{})
	if err != nil || r.Rows != rows {
		t.Fatalf("%+v, %v", r, err)
	}
	if requests.Load() != 1+2*columns/5 || most.Load() != columns/5 {
		t.Errorf("%d requests, %d at once", requests.Load(), most.Load())
	}
}

// A large file that waits for a core does not hold the memory that smaller ones
// wait for on theirs.
func TestParquetOfAllSizesOnOneCore(t *testing.T) {
	w := &world{T: t, dir: t.TempDir()}
	w.params = map[string]string{"in": w.dir + "/in", "out": w.dir + "/out"}
	const columns, small = 24, 12 // and so many columns have all the room that there is
	text := "sluice: 1\nname: all\nparams: {in: {type: string}, out: {type: string}}\nlimits: {cpus: 1}\nfrom: {files: \"{in}/{*part}.parquet\"}\ncolumns:\n"
	for c := range columns {
		text += fmt.Sprintf("  c%d: {type: int64, from: c%d}\n", c, c)
	}
	w.write("job.yaml", text+"to: {files: \"{out}/{part}.csv\"}\n")
	w.write("in/readme", "")
	wideFile(t, filepath.Join(w.dir, "in", "the large.parquet"), columns, 48_000)
	for i := range small {
		wideFile(t, filepath.Join(w.dir, "in", fmt.Sprintf("small%d.parquet", i)), columns, 2_000)
	}
	if r := w.apply(sluice.ApplyOptions{}); r.Status != 0 || r.Written != small+1 {
		t.Errorf("result %+v", r)
	}
}

// What is made of a large file is the same on any number of cores: rows, their
// order and numbers, and rejects. Row groups of Parquet are read at once.
func TestPiecesOnManyCores(t *testing.T) {
	const rows = 60_000
	kinds := map[string]func(name string){
		"parquet": func(name string) { groupsFile(t, name, rows, 7) },
		"csv": func(name string) {
			text := strings.Builder{}
			text.WriteString("n,t\n")
			for i := range rows {
				fmt.Fprintf(&text, "%d,%s\n", i, strings.Repeat("x", i%1500))
			}
			if err := os.WriteFile(name, []byte(text.String()), 0o644); err != nil {
				t.Fatal(err)
			}
		},
	}
	for ending, file := range kinds {
		t.Run(ending, func(t *testing.T) {
			outputs := map[int]map[string]string{}
			for _, cores := range []int{1, 2, 5} {
				w := &world{T: t, dir: t.TempDir()}
				w.params = map[string]string{"in": w.dir + "/in", "out": w.dir + "/out"}
				w.write("job.yaml", fmt.Sprintf(`
sluice: 1
name: pieces
params: {in: {type: string}, out: {type: string}}
limits: {cpus: %d, memory: 96 MiB}
from: {files: "{in}/{*part}.%s"}
columns:
  n: {type: int64, from: n, check: value %% 1000 != 999}
  t: {type: string, from: t}
to: {files: "{out}/{part}.csv"}
errors: {rejects: "{out}/rejects.csv"}
`, cores, ending))
				w.write("in/readme", "")
				file(filepath.Join(w.dir, "in", "a."+ending))
				if r := w.apply(sluice.ApplyOptions{}); r.Status != 3 || r.Rows != rows*999/1000 || r.Rejects != rows/1000 {
					t.Fatalf("%d cores: %+v", cores, r)
				}
				outputs[cores] = w.files(func(name string) bool { return strings.HasSuffix(name, ".csv") })
				outputs[cores]["rejects.csv"] = strings.ReplaceAll(outputs[cores]["rejects.csv"], w.dir, "")
				if len(outputs[cores]) != 2 || !maps.Equal(outputs[cores], outputs[1]) {
					t.Errorf("%d cores: %d outputs, and they are not those of one core", cores, len(outputs[cores]))
				}
			}
		})
	}
}

// groupsFile writes a Parquet file of rows in so many row groups.
func groupsFile(t *testing.T, name string, rows, groups int) {
	t.Helper()
	s := row.Schema{{Name: "n", Type: row.Type{Kind: row.Int64}}, {Name: "t", Type: row.Type{Kind: row.String}}}
	f, err := os.Create(name)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	p, err := format.NewParquet(f, s, format.ParquetOptions{RowGroupRows: rows/groups + 1, Compression: "none"})
	if err != nil {
		t.Fatal(err)
	}
	b := row.NewBatch(s)
	for i := range rows {
		b.Cols[0].AppendInt(int64(i))
		b.Cols[1].AppendBytes(bytes.Repeat([]byte{byte('a' + i%26)}, i%400))
		if b.Len++; b.Len == 1000 || i == rows-1 {
			if err := p.Write(b); err != nil {
				t.Fatal(err)
			}
			b.Reset()
		}
	}
	if err := p.Close(); err != nil {
		t.Fatal(err)
	}
}
