package sluice_test

import (
	"bytes"
	"context"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/seed-128c3863/sluice"
)

// tool returns a program that a test needs, by the variable that names it.
func tool(t *testing.T, name string) string {
	t.Helper()
	program := os.Getenv(name)
	if program == "" && os.Getenv("CI") != "" {
		t.Fatalf("%s is not set", name)
	}
	if program == "" {
		t.Skipf("%s is not set: `make test` sets it", name)
	}
	return program
}

// TestGolden runs the reference job and compares its outputs, types and all,
// with those of the pandas program that it replaces: from a folder to a
// folder, and from a bucket to a bucket.
func TestGolden(t *testing.T) {
	python := tool(t, "SLUICE_TEST_PYTHON")
	t.Run("folder", func(t *testing.T) {
		out := t.TempDir()
		golden(t, "testdata/flights/raw", out)
		compare(t, python, out)
	})
	t.Run("s3sim", func(t *testing.T) {
		sim := tool(t, "SLUICE_TEST_S3SIM")
		addr := freeAddr(t)
		serve(t, addr, nil, sim, "-addr", addr, "-get-latency", "1ms", "-put-latency", "1ms", "-preload", "testdata/flights/raw", "-preload-bucket", "raw")
		environment(t, addr, "x", "y")
		golden(t, "s3://raw", "s3://stage")
		out := t.TempDir()
		resp, err := http.Get("http://" + addr + "/_sim/dump?bucket=stage&dir=" + out)
		if err != nil {
			t.Fatal(err)
		}
		resp.Body.Close()
		compare(t, python, out)
	})
	t.Run("versitygw", func(t *testing.T) {
		gw := tool(t, "SLUICE_TEST_VERSITYGW")
		dir := t.TempDir()
		if err := os.CopyFS(filepath.Join(dir, "raw"), os.DirFS("testdata/flights/raw")); err != nil {
			t.Fatal(err)
		}
		if err := os.Mkdir(filepath.Join(dir, "stage"), 0o755); err != nil {
			t.Fatal(err)
		}
		addr := freeAddr(t)
		serve(t, addr, nil, gw, "--access", "test", "--secret", "testtest", "--port", addr, "posix", dir)
		environment(t, addr, "test", "testtest")
		golden(t, "s3://raw", "s3://stage")
		compare(t, python, filepath.Join(dir, "stage"))
	})
}

// golden applies the reference job; one of its files is missing and one is
// empty, and both are passed over.
func golden(t *testing.T, raw, stage string) {
	t.Helper()
	job, err := sluice.Open(context.Background(), "cmd/sluice/demo/raw_to_stage.yaml", sluice.Options{
		Params: map[string]string{"current_date": "2024-04-17", "raw": raw, "stage": stage},
	})
	if err != nil {
		t.Fatal(err)
	}
	p, err := job.Preview(context.Background(), 3)
	if err != nil || len(p.Rows) != 3 || len(p.Invalid) != 0 {
		t.Fatalf("preview %+v, %v", p, err)
	}
	r, err := job.Apply(context.Background(), sluice.ApplyOptions{})
	if err != nil || r.Status != 0 || r.Written != 1 || r.Empty != 1 {
		t.Fatalf("result %+v, %v", r, err)
	}
	if r, err = job.Apply(context.Background(), sluice.ApplyOptions{}); err != nil || r.Run != "" {
		t.Fatalf("second result %+v, %v", r, err)
	}
}

func compare(t *testing.T, python, out string) {
	t.Helper()
	text, err := exec.Command(python, "bench/flights/compare.py", "testdata/flights/stage", out, "--strict").CombinedOutput()
	if err != nil {
		t.Errorf("%v\n%s", err, text)
	}
}

func environment(t *testing.T, addr, key, secret string) {
	for name, value := range map[string]string{
		"AWS_ENDPOINT_URL_S3": "http://" + addr, "AWS_ACCESS_KEY_ID": key, "AWS_SECRET_ACCESS_KEY": secret, "AWS_REGION": "us-east-1",
		"AWS_CONFIG_FILE": os.DevNull, "AWS_SHARED_CREDENTIALS_FILE": os.DevNull,
	} {
		t.Setenv(name, value)
	}
}

func freeAddr(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}

// serve runs a server until the test ends, and returns when it answers.
func serve(t *testing.T, addr string, env []string, program string, args ...string) {
	t.Helper()
	cmd := exec.Command(program, args...)
	cmd.Env = append(os.Environ(), env...)
	var log bytes.Buffer
	cmd.Stdout, cmd.Stderr = &log, &log
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		cmd.Process.Kill()
		cmd.Wait()
	})
	for deadline := time.Now().Add(20 * time.Second); ; {
		conn, err := net.DialTimeout("tcp", addr, 100*time.Millisecond)
		if err == nil {
			conn.Close()
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("%s does not answer: %v\n%s", program, err, log.String())
		}
	}
}
