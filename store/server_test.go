package store

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/seed-128c3863/sluice/flow"
)

// TestMain makes the AWS environment of the tests: nothing of the machine's
// own, and keys that the servers which check them know.
func TestMain(m *testing.M) {
	for name, value := range map[string]string{
		"AWS_ACCESS_KEY_ID":           "testaccess",
		"AWS_SECRET_ACCESS_KEY":       "testsecret",
		"AWS_SESSION_TOKEN":           "",
		"AWS_PROFILE":                 "",
		"AWS_REGION":                  "",
		"AWS_DEFAULT_REGION":          "",
		"AWS_ENDPOINT_URL":            "",
		"AWS_ENDPOINT_URL_S3":         "",
		"AWS_CONFIG_FILE":             os.DevNull,
		"AWS_SHARED_CREDENTIALS_FILE": os.DevNull,
		"AWS_EC2_METADATA_DISABLED":   "true",
	} {
		os.Setenv(name, value)
	}
	goleak.VerifyTestMain(m,
		// Connections that are kept for the next request.
		goleak.IgnoreAnyFunction("net/http.(*persistConn).readLoop"),
		goleak.IgnoreAnyFunction("net/http.(*persistConn).writeLoop"),
	)
}

// tool returns the program that the variable names, or skips the test.
func tool(t testing.TB, variable string) string {
	t.Helper()
	path := os.Getenv(variable)
	if path == "" {
		if os.Getenv("CI") != "" {
			t.Fatalf("%s is not set", variable)
		}
		t.Skipf("%s is not set: it names the program that this test needs", variable)
	}
	return path
}

// freePort returns a loopback address that nothing listens on.
func freePort(t testing.TB) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}

// start runs a server until the test ends, and returns when it answers at addr.
func start(t testing.TB, addr, name string, args ...string) {
	t.Helper()
	log, err := os.Create(filepath.Join(t.TempDir(), "log"))
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(name, args...)
	cmd.Stdout, cmd.Stderr = log, log
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		cmd.Process.Kill()
		cmd.Wait()
		log.Close()
	})
	for deadline := time.Now().Add(20 * time.Second); ; {
		resp, err := http.Get("http://" + addr + "/")
		if err == nil {
			resp.Body.Close()
			return
		}
		if time.Now().After(deadline) {
			text, _ := os.ReadFile(log.Name())
			t.Fatalf("%s does not answer: %v\n%s", name, err, text)
		}
		<-time.After(10 * time.Millisecond)
	}
}

// startSim starts an S3 look-alike without latency, with a bucket named test.
func startSim(t testing.TB, flags ...string) (endpoint string) {
	t.Helper()
	addr := freePort(t)
	flags = append([]string{"-addr", addr, "-buckets", "test", "-get-latency", "0", "-put-latency", "0", "-bw", "0"}, flags...)
	start(t, addr, tool(t, "SLUICE_TEST_S3SIM"), flags...)
	return "http://" + addr
}

// startVersity starts a real S3 server on a folder, with a bucket named test.
func startVersity(t testing.TB) (endpoint string) {
	t.Helper()
	addr, dir := freePort(t), t.TempDir()
	if err := os.Mkdir(filepath.Join(dir, "test"), 0o777); err != nil {
		t.Fatal(err)
	}
	start(t, addr, tool(t, "SLUICE_TEST_VERSITYGW"), "--access", "testaccess", "--secret", "testsecret", "--port", addr, "--quiet", "--keep-alive", "posix", dir)
	return "http://" + addr
}

// openS3 returns the bucket named test at the endpoint.
func openS3(t testing.TB, endpoint string) Store {
	t.Helper()
	s, err := S3(context.Background(), S3Options{Bucket: "test", Endpoint: endpoint})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// wrapped returns s as a Set wraps it, with retries that do not wait long.
func wrapped(s Store) Store {
	retrier := flow.NewRetrier(flow.RetryOptions{Attempts: 12, Base: time.Millisecond, Max: 20 * time.Millisecond, Budget: 10_000, Retryable: Retryable})
	return Retry(Limit(s, flow.NewLimiter(flow.LimiterOptions{Fixed: 16})), retrier)
}

// broken is the error of a connection that was lost.
func broken() error {
	return &Error{Op: "test", URL: "test", Kind: Broken, Err: fmt.Errorf("lost by the test")}
}
