package sluice_test

import (
	"context"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// Most requests that an apply may make of a store that refuses it, and the
// longest it may take: it ends at once, not after retries of every file.
const (
	mostRefused   = 12
	longestRefuse = 10 * time.Second
)

// refused applies a job of 50 files, which must end with one error and a hint.
func (w *world) refused(why, hint string, env ...string) {
	w.Helper()
	cmd := w.command("apply", "job.yaml")
	cmd.Env = append(cmd.Env, env...)
	e := w.end(cmd)
	w.ends(e, 1, why, "sluice: hint: ", hint)
	if e.took > longestRefuse {
		w.Errorf("it took %v", e.took)
	}
	if n := strings.Count(e.stderr, "\n"); n != 2 || e.stdout != "" {
		w.Errorf("want an error and a hint, got:\n%s%s", e.stderr, e.stdout)
	}
	cmd = w.command("apply", "job.yaml", "--json")
	cmd.Env = append(cmd.Env, env...)
	w.ends(w.end(cmd), 1, `"type":"result"`, `"status":1`, why, `"hint":"`)
}

// TestRefused holds the program to one clear error, at once, where no request
// to a store can work.
func TestRefused(t *testing.T) {
	sim := startSim(t, "-auth")
	data := t.TempDir()
	for i := range 50 {
		name := filepath.Join(data, "test", "in", fmt.Sprint(i, ".json"))
		if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(name, []byte(`[{"id":1}]`), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	versity := freeAddr(t)
	serve(t, versity, nil, tool(t, "SLUICE_TEST_VERSITYGW"), "--access", "test", "--secret", "testtest", "--port", versity, "--quiet", "posix", data)
	none := []string{"AWS_ACCESS_KEY_ID=", "AWS_SECRET_ACCESS_KEY=", "AWS_EC2_METADATA_DISABLED=true", "HOME=" + t.TempDir()}

	for name, tc := range map[string]struct {
		server    string
		in, out   string
		env       []string
		why, hint string
	}{
		"no such bucket to read":   {versity, "s3://nowhere/in", "", nil, "NoSuchBucket (404)", `there is no bucket "nowhere" at `},
		"no such bucket to write":  {versity, "", "s3://nowhere/out", nil, "NoSuchBucket (404)", `there is no bucket "nowhere" at `},
		"the same of s3sim":        {sim, "", "s3://nowhere/out", nil, "NoSuchBucket (404)", `there is no bucket "nowhere" at `},
		"wrong secret":             {versity, "", "", []string{"AWS_SECRET_ACCESS_KEY=wrong"}, "SignatureDoesNotMatch (403)", "AWS_SECRET_ACCESS_KEY"},
		"unknown key":              {versity, "", "", []string{"AWS_ACCESS_KEY_ID=nobody"}, "XAdminUserNotFound", "AWS_ACCESS_KEY_ID"},
		"no credentials":           {versity, "", "", none, "no AWS credentials", "AWS_PROFILE"},
		"no credentials for s3sim": {sim, "", "", none, "no AWS credentials", "AWS_PROFILE"},
		"wrong region":             {versity, "", "", []string{"AWS_REGION=eu-north-7"}, "AuthorizationHeaderMalformed (400)", "check the region, which is eu-north-7"},
		"no such profile":          {versity, "", "", []string{"AWS_PROFILE=nobody"}, "nobody", "AWS_PROFILE"},
		"connection refused":       {versity, "", "", []string{"AWS_ENDPOINT_URL_S3=http://" + freeAddr(t)}, "connection refused", "check the endpoint, which is 127.0.0.1:"},
		"no such host":             {versity, "", "", []string{"AWS_ENDPOINT_URL_S3=http://nowhere.invalid"}, "no such host", "check the endpoint, which is nowhere.invalid"},
		"https to a http server":   {versity, "", "", []string{"AWS_ENDPOINT_URL_S3=https://" + versity}, "tls: ", "check the endpoint"},
		"no URL":                   {versity, "", "", []string{"AWS_ENDPOINT_URL_S3=" + versity}, "not the URL of an endpoint", "write http://host:port"},
	} {
		t.Run(name, func(t *testing.T) {
			g := newGate(t, tc.server, always(pass))
			w := &world{T: t, dir: t.TempDir(), params: map[string]string{"in": "s3://test/in", "out": "s3://test/out"}}
			w.write("job.yaml", worldJob)
			if tc.in != "" {
				w.params["in"] = tc.in
			}
			if tc.out != "" {
				w.params["out"] = tc.out
			}
			w.refused(tc.why, tc.hint, tc.env...)
			if n := g.requests.Load(); n > 2*mostRefused {
				t.Errorf("two applies made %d requests", n)
			}
		})
	}
}

// TestDeniedFiles denies the reading of each file, though all may be listed.
func TestDeniedFiles(t *testing.T) {
	sim := startSim(t)
	g := newGate(t, sim, func(r *http.Request) fate {
		if strings.HasPrefix(r.URL.Path, "/test/in/") {
			return deny
		}
		return pass
	})
	w := newWorldAt(t, sim, 300)
	e := w.sluice("apply", "job.yaml")
	w.ends(e, 1, "AccessDenied (403)", "these credentials may not do this: check the policies")
	if n := g.requests.Load(); n > 100 {
		t.Errorf("%d requests for 300 files that may not be read", n)
	}
	if n := strings.Count(e.stderr, "AccessDenied"); n != 1 {
		t.Errorf("told %d times:\n%s", n, e.stderr)
	}
	g.rule.Store(always(pass))
	w.ends(w.sluice("apply", "job.yaml"), 0, "300 new")
	w.clean()
}

// TestDiskFull fills the disk below the target: what was finished is in the
// ledger, and the next apply goes on from there.
func TestDiskFull(t *testing.T) {
	w := newWorld(t, 0)
	out := mountSmall(t)
	w.params["out"] = out
	const files = 30
	for i := range files {
		w.write(fmt.Sprintf("in/%d.json", i), bulk(i))
	}
	full := w.sluice("apply", "job.yaml")
	w.ends(full, 1, "no space left on device", "free some space", "to go on: sluice apply job.yaml")
	runs, err := w.open().Runs(context.Background())
	if err != nil || len(runs) != 1 || runs[0].State != "failed" || runs[0].Counts["new"] == 0 {
		t.Fatalf("runs %+v, %v", runs, err)
	}
	done := runs[0].Counts["new"]
	entries, err := filepath.Glob(out + "/*.ndjson")
	if err != nil || int64(len(entries)) != done {
		t.Errorf("%d outputs, and %d in the ledger: %v", len(entries), done, err)
	}
	if part, _ := filepath.Glob(out + "/.*.ndjson*"); len(part) > 0 {
		t.Errorf("left behind: %v", part)
	}
	grow(t, out)
	w.ends(w.sluice("apply", "job.yaml"), 0, fmt.Sprintf("%d files: %d new, %d unchanged", files, files-done, done))
	entries, _ = filepath.Glob(out + "/*.ndjson")
	for _, name := range entries {
		if text, err := os.ReadFile(name); err != nil || strings.Count(string(text), "\n") != bulkRows {
			t.Errorf("%s is not whole: %v", name, err)
		}
	}
	if len(entries) != files {
		t.Errorf("%d outputs, want %d", len(entries), files)
	}
}

const bulkRows = 1000

// bulk is a source file of some 20 KB.
func bulk(i int) string {
	var s strings.Builder
	for n := range bulkRows {
		fmt.Fprintf(&s, "{\"id\":%d,\"name\":\"n%d\"}\n", i, n)
	}
	return s.String()
}

// TestTargetNotWritable has a file where a folder must be.
func TestTargetNotWritable(t *testing.T) {
	w := newWorld(t, 3)
	w.write("out", "a file")
	w.ends(w.sluice("apply", "job.yaml"), 1, "not a directory")
	w.remove("out")
	w.ends(w.sluice("apply", "job.yaml"), 0, "3 new")

	// One output's place is taken: the others are done, and it is tried again.
	w.source(0, "second")
	w.source(1, "second")
	w.remove("out/1.ndjson")
	w.write("out/1.ndjson/file", "in the way")
	w.ends(w.sluice("apply", "job.yaml"), 1, "failed: ", "/in/1.json: ", "1 changed", "to go on: ")
	w.remove("out/1.ndjson/file")
	w.remove("out/1.ndjson")
	w.ends(w.sluice("apply", "job.yaml"), 0, "3 files: 1 changed, 2 unchanged")
	w.want("second", "second", "first")
	w.clean()
}

// TestConnectionLost loses the store for good in the midst of a run, with what
// was finished and what was not: the next apply goes on from there.
func TestConnectionLost(t *testing.T) {
	sim := startSim(t)
	g := newGate(t, sim, func(r *http.Request) fate {
		if strings.HasSuffix(r.URL.Path, "/out/2.ndjson") {
			return hold
		}
		return pass
	})
	w := newWorldAt(t, sim, 4)
	r := w.start(w.command("apply", "job.yaml"))
	<-g.held
	g.opened(always(lose))
	w.ends(r.wait(), 1, "connection lost")
	g.rule.Store(always(pass))
	w.ends(w.sluice("apply", "job.yaml"), 0, "4 files: ")
	w.wantAll("first", 4)
	w.clean()
}
