package sluice_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// built is the folder of the program under test; TestMain removes it.
var built string

var build = sync.OnceValues(func() (string, error) {
	var err error
	if built, err = os.MkdirTemp("", "sluice"); err != nil {
		return "", err
	}
	program := filepath.Join(built, "sluice")
	out, err := exec.Command("go", "build", "-o", program, "./cmd/sluice").CombinedOutput()
	if err != nil {
		return "", errors.New(string(out))
	}
	return program, nil
})

// command is a call of the program on the world's job.
func (w *world) command(args ...string) *exec.Cmd {
	w.Helper()
	program, err := build()
	if err != nil {
		w.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	w.Cleanup(cancel)
	cmd := exec.CommandContext(ctx, program, args...)
	cmd.Dir = w.dir
	cmd.Env = append(os.Environ(), "SLUICE_PARAM_IN="+w.params["in"], "SLUICE_PARAM_OUT="+w.params["out"])
	return cmd
}

// An ending is how a call of the program ended.
type ending struct {
	status         int
	stdout, stderr string
	took           time.Duration
}

// sluice calls the program and waits for its end.
func (w *world) sluice(args ...string) ending {
	w.Helper()
	return w.end(w.command(args...))
}

func (w *world) end(cmd *exec.Cmd) ending {
	w.Helper()
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	began := time.Now()
	err := cmd.Run()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		w.Fatal(err)
	}
	return ending{cmd.ProcessState.ExitCode(), stdout.String(), stderr.String(), time.Since(began)}
}

// ends holds an ending to a status and to texts on either stream.
func (w *world) ends(e ending, status int, texts ...string) {
	w.Helper()
	for _, text := range texts {
		if !strings.Contains(e.stdout+e.stderr, text) {
			w.Errorf("%q is not in what it said", text)
		}
	}
	if e.status != status {
		w.Errorf("status %d, want %d", e.status, status)
	}
	if w.Failed() {
		w.Fatalf("stdout:\n%s\nstderr:\n%s", e.stdout, e.stderr)
	}
}

// startSim starts an S3 look-alike with a bucket named test, sets the AWS
// environment to it, and returns its host and port.
func startSim(t *testing.T, flags ...string) string {
	t.Helper()
	sim, addr := tool(t, "SLUICE_TEST_S3SIM"), freeAddr(t)
	serve(t, addr, nil, sim, append([]string{"-addr", addr, "-buckets", "test", "-get-latency", "0", "-put-latency", "0", "-bw", "0"}, flags...)...)
	environment(t, addr, "test", "testtest")
	return addr
}

// A gate stands before an S3 server. It counts requests, and its rule says what
// becomes of each.
type gate struct {
	requests atomic.Int64
	held     chan string // the path of each request that is held
	open     chan struct{}
	rule     atomic.Value // func(*http.Request) fate
}

// A fate is what becomes of a request.
type fate int

const (
	pass fate = iota
	hold      // until the gate is opened; then the rule is asked anew
	deny      // AccessDenied
	lose      // the connection
)

// newGate sets the AWS environment to a gate before the server.
func newGate(t *testing.T, server string, rule func(*http.Request) fate) *gate {
	t.Helper()
	g := &gate{held: make(chan string, 1000), open: make(chan struct{})}
	g.rule.Store(rule)
	proxy := &httputil.ReverseProxy{
		Rewrite:  func(r *httputil.ProxyRequest) { r.Out.URL.Scheme, r.Out.URL.Host = "http", server },
		ErrorLog: log.New(io.Discard, "", 0),
	}
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		g.requests.Add(1)
		if g.fate(r) == hold {
			g.held <- r.URL.Path
			select {
			case <-g.open:
			case <-r.Context().Done():
				return
			}
		}
		switch g.fate(r) {
		case pass:
			proxy.ServeHTTP(w, r)
		case deny:
			w.WriteHeader(http.StatusForbidden)
			io.WriteString(w, `<?xml version="1.0"?><Error><Code>AccessDenied</Code><Message>Access Denied</Message></Error>`)
		default:
			panic(http.ErrAbortHandler)
		}
	}))
	t.Cleanup(s.Close)
	environment(t, strings.TrimPrefix(s.URL, "http://"), "test", "testtest")
	return g
}

func (g *gate) fate(r *http.Request) fate { return g.rule.Load().(func(*http.Request) fate)(r) }

// always is a rule for all requests.
func always(f fate) func(*http.Request) fate { return func(*http.Request) fate { return f } }

// outputsAre is a rule for the requests that write outputs; others pass.
func outputsAre(f fate) func(*http.Request) fate {
	return func(r *http.Request) fate {
		if r.Method == http.MethodPut && strings.HasPrefix(r.URL.Path, "/test/out/") && strings.HasSuffix(r.URL.Path, ".ndjson") {
			return f
		}
		return pass
	}
}

// opened lets what is held go on under another rule.
func (g *gate) opened(rule func(*http.Request) fate) {
	g.rule.Store(rule)
	close(g.open)
}
