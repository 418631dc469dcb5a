package sluice_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/seed-128c3863/sluice"
	"github.com/seed-128c3863/sluice/store"
)

// manyRows is a table of n rows with columns of each type, nulls, and what is
// rejected behind the part of it that types are inferred from.
func manyRows(n int) string {
	var b strings.Builder
	r := rand.New(rand.NewPCG(1, 1))
	b.WriteString("id,price,day,at,ok,word,text,late,empty\n")
	for i := range n {
		price, day, late := fmt.Sprintf("%.2f", r.ExpFloat64()*100), time.Date(2020, 1, 1+r.IntN(900), 0, 0, 0, 0, time.UTC), "1"
		if r.IntN(10) == 0 {
			price = ""
		}
		if i > 5000 && i%100 == 0 {
			late = "n/a"
		}
		fmt.Fprintf(&b, "%d,%s,%s,%s,%v,%s,%q,%s,\n", i, price, day.Format("2006-01-02"), day.Add(time.Duration(r.IntN(86400))*time.Second).Format("2006-01-02 15:04:05"),
			r.IntN(3) > 0, []string{"가", "나", "다라"}[r.IntN(3)], strings.Repeat("x ", r.IntN(9))+fmt.Sprint(r.IntN(70000)), late)
	}
	return b.String()
}

// TestProfileAgainstPandas holds profiles to what pandas says of the same files.
func TestProfileAgainstPandas(t *testing.T) {
	python := tool(t, "SLUICE_TEST_PYTHON")
	w := &world{T: t, dir: t.TempDir()}
	w.write("in/many.csv", manyRows(120_000))
	w.write("in/few.csv.gz", gzipped(manyRows(300)))
	w.write("in/few.ndjson", `{"a":1,"b":"x","c":1.5}`+"\n"+`{"a":2,"b":"","c":null}`+"\n"+`{"a":2,"b":"y","c":2.5}`+"\n")
	w.write("in/few.json", `[{"a":-1,"b":true},{"a":9007199254740993,"b":false},{"a":null,"b":true}]`)
	sheet := filepath.Join(w.dir, "in", "few.xlsx")
	if out, err := exec.Command(python, "-c", `import sys, pandas; pandas.read_csv(sys.argv[1])[["id", "price", "word"]].to_excel(sys.argv[2], index=False)`, filepath.Join(w.dir, "in/few.csv.gz"), sheet).CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	for _, name := range []string{"many.csv", "few.csv.gz", "few.ndjson", "few.json", "few.xlsx"} {
		t.Run(name, func(t *testing.T) {
			file := filepath.Join(w.dir, "in", name)
			p, err := sluice.Profile(t.Context(), file, sluice.ProfileOptions{})
			if err != nil {
				t.Fatal(err)
			}
			text, err := json.Marshal(p)
			if err != nil {
				t.Fatal(err)
			}
			w.write(name+".profile", string(text))
			out, err := exec.Command(python, "testdata/profile/check.py", file, filepath.Join(w.dir, name+".profile")).CombinedOutput()
			if err != nil || len(out) > 0 {
				t.Errorf("%v\n%s", err, out)
			}
		})
	}
}

// TestProfileWhereFilesAre profiles a file of a bucket, of a web host, and files of
// a folder, one of which cannot be read.
func TestProfileWhereFilesAre(t *testing.T) {
	sim := tool(t, "SLUICE_TEST_S3SIM")
	text := manyRows(5000)
	raw := &world{T: t, dir: t.TempDir()}
	raw.write("in/a.csv", text)
	raw.write("in/b.csv", text)
	raw.write("in/c.csv", "id,other\n1,x\n")
	raw.write("in/d.csv", "id\n1\n\"2\n")
	addr := freeAddr(t)
	serve(t, addr, nil, sim, "-addr", addr, "-get-latency", "0", "-put-latency", "0", "-bw", "0", "-buckets", "raw", "-preload", raw.dir, "-preload-bucket", "raw")
	environment(t, addr, "x", "y")
	server := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("ETag", `"1"`)
		http.ServeContent(w, r, "a.csv", time.Time{}, strings.NewReader(text))
	}))
	defer server.Close()
	web := func(name string, s store.Store) store.Store {
		if strings.HasPrefix(name, "https://") {
			return store.HTTPS(store.HTTPSOptions{Base: server.URL, Transport: server.Client().Transport})
		}
		return s
	}
	for source, want := range map[string]struct {
		rows    int64
		invalid int
	}{
		"s3://raw/in/a.csv":                        {rows: 5000},
		server.URL + "/a.csv?X-Amz-Signature=hush": {rows: 5000},
		filepath.Join(raw.dir, "in"):               {rows: 10002, invalid: 1},
	} {
		p, err := sluice.Profile(t.Context(), source, sluice.ProfileOptions{Wrap: web})
		if err != nil {
			t.Fatal(source, err)
		}
		if p.Rows != want.rows || len(p.Invalid) != want.invalid || p.Column("id").Distinct != 5000 {
			t.Errorf("%s: %d rows, invalid %v, %d different", source, p.Rows, p.Invalid, p.Column("id").Distinct)
		}
		if strings.Contains(p.Source, "hush") {
			t.Error("a secret is shown:", p.Source)
		}
	}
}

// TestProfileInterrupted returns what was seen before its context ended, as a
// part.
func TestProfileInterrupted(t *testing.T) {
	w := &world{T: t, dir: t.TempDir()}
	w.write("a.csv", manyRows(200_000))
	ctx, cancel := context.WithCancelCause(t.Context())
	progress, stop := &sluice.Progress{}, errors.New("enough")
	done := make(chan struct{})
	go func() {
		defer close(done)
		for progress.Rows.Load() == 0 && ctx.Err() == nil {
			time.Sleep(time.Microsecond)
		}
		cancel(stop)
	}()
	p, err := sluice.Profile(ctx, filepath.Join(w.dir, "a.csv"), sluice.ProfileOptions{Progress: progress})
	cancel(nil)
	<-done
	if !errors.Is(err, stop) || p == nil || !p.Partial || p.Rows == 0 || p.Rows >= 200_000 || p.Column("id").Values != p.Rows {
		t.Fatalf("%v, %+v", err, p)
	}
}

// TestProfileNothing refuses what init refuses.
func TestProfileNothing(t *testing.T) {
	w := &world{T: t, dir: t.TempDir()}
	w.write("empty.csv", "")
	for _, source := range []string{"none", "empty.csv", "-"} {
		if source != "-" {
			source = filepath.Join(w.dir, source)
		}
		_, err := sluice.Profile(t.Context(), source, sluice.ProfileOptions{})
		if usage := (*sluice.UsageError)(nil); !errors.As(err, &usage) {
			t.Errorf("%s: %v", source, err)
		}
	}
}
