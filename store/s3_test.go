package store

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/seed-128c3863/sluice/flow"
)

// answer returns an endpoint that answers every request like this.
func answer(t *testing.T, status int, code, message string, header ...string) string {
	return serve(t, func(w http.ResponseWriter, r *http.Request) {
		for i := 0; i < len(header); i += 2 {
			w.Header().Set(header[i], header[i+1])
		}
		w.WriteHeader(status)
		if code != "" && r.Method != http.MethodHead {
			fmt.Fprintf(w, "<?xml version=\"1.0\"?>\n<Error><Code>%s</Code><Message>%s</Message></Error>", code, message)
		}
	})
}

func serve(t *testing.T, h http.HandlerFunc) string {
	s := httptest.NewServer(h)
	t.Cleanup(s.Close)
	return s.URL
}

func TestS3Errors(t *testing.T) {
	t.Parallel()
	get := Request{Op: OpGet, Key: "k"}
	put := Request{Op: OpPut, Key: "k", If: Condition{None: true}, Token: "x"}
	replace := Request{Op: OpPut, Key: "k", If: Condition{Match: "x"}, Token: "x"}
	done := Request{Op: OpComplete, Key: "k", Upload: "u", If: Condition{None: true}}
	for _, c := range []struct {
		req    Request
		status int
		code   string
		header []string
		kind   Kind
		hint   string // in it
	}{
		{get, 404, "NoSuchKey", nil, NotExist, ""},
		{get, 404, "NoSuchBucket", nil, BadStore, `no bucket "test" at 127.0.0.1`},
		{get, 403, "AccessDenied", nil, Denied, "policies"},
		{get, 403, "SignatureDoesNotMatch", nil, BadCredentials, "AWS_SECRET_ACCESS_KEY"},
		{get, 403, "InvalidAccessKeyId", nil, BadCredentials, "AWS_ACCESS_KEY_ID"},
		{get, 301, "PermanentRedirect", []string{"X-Amz-Bucket-Region", "eu-west-1"}, BadStore, "region eu-west-1, not us-east-1"},
		{get, 400, "AuthorizationHeaderMalformed", nil, BadStore, "AWS_REGION"},
		{get, 400, "ExpiredToken", nil, Expired, "AWS_SESSION_TOKEN"},
		{get, 400, "InvalidToken", nil, Expired, ""},
		{get, 403, "RequestTimeTooSkewed", nil, Expired, "clock"},
		{get, 503, "SlowDown", nil, Throttled, ""},
		{get, 429, "", nil, Throttled, ""},
		{get, 500, "InternalError", nil, Broken, ""},
		{get, 502, "", nil, Broken, ""},
		{get, 400, "RequestTimeout", nil, Timeout, ""},
		{get, 412, "PreconditionFailed", nil, Changed, ""},
		{get, 416, "InvalidRange", nil, Other, ""},
		{get, 400, "InvalidArgument", nil, Other, ""},
		{put, 412, "PreconditionFailed", nil, Changed, ""},
		{put, 409, "ConditionalRequestConflict", nil, Conflict, ""},
		{done, 409, "ConditionalRequestConflict", nil, Changed, ""},
		{replace, 404, "NoSuchKey", nil, Changed, ""},
		{put, 501, "NotImplemented", nil, Unsupported, "conditional writes"},
		{put, 400, "InvalidArgument", nil, Unsupported, "conditional writes"},
		{Request{Op: OpHead, Key: "k"}, 404, "", nil, NotExist, ""},
		{Request{Op: OpHead, Key: "k"}, 403, "", nil, Denied, ""},
		{Request{Op: OpHead, Key: "k"}, 400, "", nil, Expired, ""},
		{Request{Op: OpHead, Key: "k"}, 503, "", nil, Throttled, ""},
		{Request{Op: OpList}, 403, "AccessDenied", nil, Denied, ""},
	} {
		t.Run(fmt.Sprintf("%v %d %s", c.req.Op, c.status, c.code), func(t *testing.T) {
			s := openS3(t, answer(t, c.status, c.code, "words of the server", c.header...))
			_, err := s.Do(t.Context(), c.req)
			if KindOf(err) != c.kind {
				t.Errorf("kind %d, want %d: %v", KindOf(err), c.kind, err)
			}
			if !strings.Contains(Hint(err), c.hint) || c.hint != "" && Hint(err) == "" {
				t.Errorf("hint %q, want %q in it", Hint(err), c.hint)
			}
			if text := err.Error(); !strings.HasPrefix(text, c.req.Op.String()+" s3://test/") || !strings.Contains(text, c.code) || strings.Contains(text, "operation error") {
				t.Errorf("text: %s", text)
			}
		})
	}
}

// TestS3Unreachable: a wrong endpoint is told at once, however many ask.
func TestS3Unreachable(t *testing.T) {
	t.Parallel()
	for name, endpoint := range map[string]string{"refused": "http://" + freePort(t), "no such host": "http://no-such-host.invalid"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := Retry(openS3(t, endpoint), flow.NewRetrier(flow.RetryOptions{Retryable: Retryable}))
			begun := time.Now()
			err := flow.Each(t.Context(), 50, all(make([]int, 50)), func(ctx context.Context, _ int) error {
				_, err := Head(ctx, s, "k")
				if !IsFatal(err) || KindOf(err) != Unreachable || !strings.Contains(Hint(err), "AWS_ENDPOINT_URL_S3") {
					return fmt.Errorf("%w (hint %q)", err, Hint(err))
				}
				return nil
			})
			if took := time.Since(begun); err != nil || took > 15*time.Second {
				t.Errorf("after %v: %v", took, err)
			}
		})
	}
}

// TestS3NotS3: what answers at the endpoint is something else.
func TestS3NotS3(t *testing.T) {
	html := serve(t, func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, "<html><p>Welcome<br></html>") })
	if _, err := openS3(t, html).Do(t.Context(), Request{Op: OpList}); KindOf(err) != BadStore || !strings.Contains(Hint(err), "endpoint") {
		t.Errorf("a web page: %v", err)
	}
	plain := strings.Replace(html, "http:", "https:", 1)
	if _, err := Head(t.Context(), openS3(t, plain), "k"); KindOf(err) != BadStore {
		t.Errorf("https where there is none: %v", err)
	}
}

func TestS3Truncated(t *testing.T) {
	var n atomic.Int64
	url := serve(t, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Length", "1000")
		w.Header().Set("ETag", `"x"`)
		if n.Add(1) == 1 {
			w.Write(make([]byte, 400))
			w.(http.Flusher).Flush()
			panic(http.ErrAbortHandler)
		}
		w.Write(make([]byte, 1000))
	})
	s := openS3(t, url)
	if _, _, err := Get(t.Context(), s, "k", ""); KindOf(err) != Broken || !strings.Contains(err.Error(), "400 of 1000") {
		t.Errorf("a body cut short: %v", err)
	}
	n.Store(0)
	if body, _, err := Get(t.Context(), wrapped(s), "k", ""); err != nil || len(body) != 1000 {
		t.Errorf("tried again: %d bytes, %v", len(body), err)
	}
}

// TestS3IgnoredRange: a server that answers the whole for a range.
func TestS3IgnoredRange(t *testing.T) {
	url := serve(t, func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, "0123456789") })
	if _, _, err := GetRange(t.Context(), openS3(t, url), "k", "", Range{5, 2}); KindOf(err) != Unsupported {
		t.Error(err)
	}
}

func TestS3BadSignature(t *testing.T) {
	endpoint := startVersity(t)
	t.Setenv("AWS_SECRET_ACCESS_KEY", "not-the-secret")
	_, err := Head(t.Context(), openS3(t, endpoint), "k")
	if !IsDenied(err) {
		t.Errorf("head: %v", err)
	}
	_, _, err = Get(t.Context(), openS3(t, endpoint), "k", "")
	if KindOf(err) != BadCredentials || strings.Contains(err.Error(), "not-the-secret") {
		t.Errorf("wrong secret: %v", err)
	}
	t.Setenv("AWS_ACCESS_KEY_ID", "nobody-knows-me")
	_, _, err = Get(t.Context(), openS3(t, endpoint), "k", "")
	if KindOf(err) != BadCredentials {
		t.Errorf("unknown key: %v", err)
	}
}

func TestS3NoSuchBucket(t *testing.T) {
	s, err := S3(t.Context(), S3Options{Bucket: "other", Endpoint: startVersity(t)})
	if err != nil {
		t.Fatal(err)
	}
	for _, op := range []Op{OpList, OpGet, OpPut} {
		if _, err := s.Do(t.Context(), Request{Op: op, Key: "k"}); !IsFatal(err) {
			t.Errorf("%v: %v", op, err)
		}
	}
}

// TestS3NoCredentials: none anywhere is told at once.
func TestS3NoCredentials(t *testing.T) {
	t.Setenv("AWS_ACCESS_KEY_ID", "")
	t.Setenv("AWS_SECRET_ACCESS_KEY", "")
	begun := time.Now()
	_, err := Head(t.Context(), wrapped(openS3(t, answer(t, 200, "", ""))), "k")
	if KindOf(err) != BadCredentials || !IsFatal(err) || !IsDenied(err) || !strings.Contains(Hint(err), "AWS_PROFILE") {
		t.Errorf("%v (hint %q)", err, Hint(err))
	}
	if took := time.Since(begun); took > 2*time.Second {
		t.Errorf("took %v", took)
	}
}

// credentialProcess makes a profile whose credentials come from a script.
func credentialProcess(t *testing.T, script string) {
	dir := t.TempDir()
	file := filepath.Join(dir, "process.sh")
	if err := os.WriteFile(file, []byte("#!/bin/sh\n"+script), 0o755); err != nil {
		t.Fatal(err)
	}
	conf := filepath.Join(dir, "config")
	if err := os.WriteFile(conf, []byte("[profile short]\nregion = us-east-1\ncredential_process = "+file+"\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	t.Setenv("AWS_CONFIG_FILE", conf)
	t.Setenv("AWS_PROFILE", "short")
	t.Setenv("AWS_ACCESS_KEY_ID", "")
	t.Setenv("AWS_SECRET_ACCESS_KEY", "")
}

// TestS3ShortKeys makes requests for some seconds with keys that live for one
// or two. That the process says when they expire, or does not, must not matter.
func TestS3ShortKeys(t *testing.T) {
	endpoint := startSim(t)
	for name, expiration := range map[string]string{
		"no expiration": "",
		"expiration":    `, "Expiration": "'$(date -u -d @$at +%Y-%m-%dT%H:%M:%SZ)'"`,
	} {
		credentialProcess(t, `at=$(($(date +%s) + 2)); echo '{"Version": 1, "AccessKeyId": "EXP'$at'", "SecretAccessKey": "x"`+expiration+`}'`)
		s := wrapped(openS3(t, endpoint))
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			done := 0
			for begun := time.Now(); time.Since(begun) < 4*time.Second; done++ {
				err := flow.Each(t.Context(), 20, all(make([]int, 20)), func(ctx context.Context, i int) error {
					_, err := Put(ctx, s, "k", []byte("x"), Condition{})
					return err
				})
				if err != nil {
					t.Fatal(err)
				}
			}
			if done < 10 {
				t.Errorf("only %d rounds", done)
			}
		})
	}
}

// TestS3StaleKeys: keys that never become good end as bad, and soon.
func TestS3StaleKeys(t *testing.T) {
	credentialProcess(t, `echo '{"Version": 1, "AccessKeyId": "EXP1000000000", "SecretAccessKey": "x"}'`)
	s := wrapped(openS3(t, startSim(t)))
	_, _, err := Get(t.Context(), s, "k", "")
	if KindOf(err) != BadCredentials {
		t.Error(err)
	}
}

func TestS3BadProcess(t *testing.T) {
	for name, script := range map[string]string{
		"not JSON": `echo "SecretAccessKey=hush-hush-hush"`,
		"fails":    `echo hush-hush-hush; exit 3`,
	} {
		t.Run(name, func(t *testing.T) {
			credentialProcess(t, script)
			_, err := Head(t.Context(), openS3(t, answer(t, 200, "", "")), "k")
			if KindOf(err) != BadCredentials || strings.Contains(err.Error(), "hush") || !strings.Contains(err.Error(), "credential_process") {
				t.Error(err)
			}
			if !strings.Contains(Hint(err), "short") {
				t.Errorf("hint %q", Hint(err))
			}
		})
	}
}

func TestS3NoSecretInErrors(t *testing.T) {
	t.Setenv("AWS_SESSION_TOKEN", "token-token-token")
	echo := "key testaccess secret testsecret token token-token-token"
	for _, code := range []string{"AccessDenied", "SignatureDoesNotMatch", "Strange"} {
		_, _, err := Get(t.Context(), openS3(t, answer(t, 403, code, echo)), "k", "")
		for _, secret := range strings.Fields(echo)[1:] {
			if len(secret) > 6 && strings.Contains(err.Error(), secret) {
				t.Errorf("%q in %v", secret, err)
			}
		}
	}
	_, err := Head(t.Context(), openS3(t, "http://me:hush@"+freePort(t)), "k")
	if strings.Contains(err.Error()+Hint(err), "hush") {
		t.Errorf("%v (hint %s)", err, Hint(err))
	}
}

func TestForeign(t *testing.T) {
	for endpoint, want := range map[string]string{
		"":                                       "",
		"https://s3.eu-west-1.amazonaws.com":     "",
		"https://s3.cn-north-1.amazonaws.com.cn": "",
		"https://bucket.vpce-1.s3.us-east-1.vpce.amazonaws.com": "",
		"http://127.0.0.1:9000":                                 "127.0.0.1:9000",
		"https://minio.example.com":                             "minio.example.com",
		"https://amazonaws.com.evil.io":                         "amazonaws.com.evil.io",
	} {
		if got := foreign(endpoint); got != want {
			t.Errorf("%q: %q, want %q", endpoint, got, want)
		}
	}
}

func TestNetKind(t *testing.T) {
	_, err := net.DialTimeout("tcp", "192.0.2.1:9", time.Nanosecond)
	if netKind(err) != Down {
		t.Errorf("%v", err)
	}
	if err := fmt.Errorf("read: %w", os.ErrDeadlineExceeded); netKind(err) != Timeout {
		t.Errorf("%v", err)
	}
}
