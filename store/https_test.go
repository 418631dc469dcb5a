package store

import (
	"bytes"
	"fmt"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"
)

// quietly returns a TLS server that does not print the handshakes that fail.
func quietly(h http.HandlerFunc) *httptest.Server {
	server := httptest.NewUnstartedServer(h)
	server.Config.ErrorLog = log.New(io.Discard, "", 0)
	server.StartTLS()
	return server
}

// openHTTPS serves h over TLS, and returns the store of it and its URL.
func openHTTPS(t *testing.T, h http.HandlerFunc) (Store, string) {
	server := quietly(h)
	t.Cleanup(server.Close)
	return HTTPS(HTTPSOptions{Base: server.URL, Transport: server.Client().Transport}), server.URL
}

func TestHTTPSRead(t *testing.T) {
	body := bytesOf(100_000, 1)
	s, _ := openHTTPS(t, func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/a b/한.json" || r.URL.Query().Get("sig") != "x/y" {
			http.NotFound(w, r)
			return
		}
		w.Header().Set("ETag", `"v1"`)
		http.ServeContent(w, r, "", time.Unix(1_700_000_000, 0), bytes.NewReader(body))
	})
	key := "a%20b/%ED%95%9C.json?sig=x%2Fy"
	info := mustHold(t, s, key, body)
	head, err := Head(t.Context(), s, key)
	if err != nil || head != info || info.ETag != "v1" || info.Size != 100_000 || info.Modified.Unix() != 1_700_000_000 {
		t.Errorf("head %+v, %v; get %+v", head, err, info)
	}
	part, at, err := GetRange(t.Context(), s, key, "v1", Range{99_990, 100})
	if err != nil || !bytes.Equal(part, body[99_990:]) || at.Size != 100_000 {
		t.Errorf("range: %d bytes of %+v, %v", len(part), at, err)
	}
	if _, _, err := Get(t.Context(), s, key, "v0"); !IsChanged(err) {
		t.Errorf("get of a version that is gone: %v", err)
	}
	if _, err := Head(t.Context(), s, "none"); !IsNotExist(err) {
		t.Errorf("head of nothing: %v", err)
	}
	r := Open(t.Context(), s, info, OpenOptions{Range: 30_000})
	defer r.Close()
	if got, err := io.ReadAll(r); err != nil || !bytes.Equal(got, body) {
		t.Errorf("stream: %d bytes, %v", len(got), err)
	}
}

// TestHTTPSNoETag: without an ETag the time of change says what a version is.
func TestHTTPSNoETag(t *testing.T) {
	var modified atomic.Int64
	modified.Store(1_700_000_000)
	s, _ := openHTTPS(t, func(w http.ResponseWriter, r *http.Request) {
		http.ServeContent(w, r, "x.json", time.Unix(modified.Load(), 0), strings.NewReader("[]"))
	})
	info := mustHold(t, s, "x.json", []byte("[]"))
	if _, _, err := Get(t.Context(), s, "x.json", info.ETag); info.ETag == "" || err != nil {
		t.Errorf("the same version: %+v, %v", info, err)
	}
	modified.Add(1)
	if _, _, err := Get(t.Context(), s, "x.json", info.ETag); !IsChanged(err) {
		t.Errorf("another version: %v", err)
	}
}

func TestHTTPSErrors(t *testing.T) {
	for status, kind := range map[int]Kind{
		401: Denied, 403: Denied, 404: NotExist, 410: NotExist, 412: Changed, 418: Other, 429: Throttled,
		500: Broken, 501: Other, 502: Broken, 503: Throttled, 504: Broken,
	} {
		s, _ := openHTTPS(t, func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(status) })
		_, _, err := Get(t.Context(), s, "a?X-Amz-Signature=hush", "")
		if KindOf(err) != kind || !strings.Contains(err.Error(), fmt.Sprint(status)) || strings.Contains(err.Error(), "hush") {
			t.Errorf("%d: kind %d, want %d: %v", status, KindOf(err), kind, err)
		}
	}
}

func TestHTTPSUnsupported(t *testing.T) {
	s, _ := openHTTPS(t, func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, "0123456789") })
	for op := OpList; op <= OpAbort; op++ {
		_, err := s.Do(t.Context(), Request{Op: op, Key: "k"})
		if reads := op == OpHead || op == OpGet; reads != (err == nil) || !reads && KindOf(err) != Unsupported {
			t.Errorf("%v: %v", op, err)
		}
	}
	for _, err := range List(t.Context(), s, "", "") {
		if !strings.Contains(err.Error(), "cannot be listed") || Hint(err) == "" {
			t.Error(err)
		}
	}
	if _, _, err := GetRange(t.Context(), s, "k", "", Range{5, 2}); KindOf(err) != Unsupported {
		t.Errorf("range of a server that knows none: %v", err)
	}
}

func TestHTTPSRedirects(t *testing.T) {
	plain := serve(t, func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, "not to be had") })
	s, base := openHTTPS(t, func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/there":
			fmt.Fprint(w, "found")
		case "/here":
			http.Redirect(w, r, "/there?token=hush", http.StatusFound)
		case "/unsafe":
			http.Redirect(w, r, plain+"/?token=hush", http.StatusFound)
		default:
			http.Redirect(w, r, r.URL.Path+"?token=hush", http.StatusFound)
		}
	})
	mustHold(t, s, "here", []byte("found"))
	for key, word := range map[string]string{"unsafe": "not secure", "loop": "more than 10"} {
		_, _, err := Get(t.Context(), s, key, "")
		if err == nil || !strings.Contains(err.Error(), word) || strings.Contains(err.Error(), "hush") || Retryable(err) {
			t.Errorf("%s/%s: %v", base, key, err)
		}
	}
}

func TestHTTPSConnection(t *testing.T) {
	var n atomic.Int64
	s, base := openHTTPS(t, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Length", "10")
		if n.Add(1) == 1 {
			fmt.Fprint(w, "0123")
			w.(http.Flusher).Flush()
			panic(http.ErrAbortHandler)
		}
		fmt.Fprint(w, "0123456789")
	})
	mustHold(t, wrapped(s), "k", []byte("0123456789"))

	// A certificate that nobody vouches for, and a secret in the URL.
	secret := strings.Replace(base, "https://", "https://me:hush@", 1)
	_, _, err := Get(t.Context(), wrapped(HTTPS(HTTPSOptions{Base: secret})), "k?token=hush", "")
	if KindOf(err) != BadStore || !IsFatal(err) || strings.Contains(err.Error()+Hint(err), "hush") {
		t.Errorf("unknown certificate: %v (hint %s)", err, Hint(err))
	}
	_, _, err = Get(t.Context(), HTTPS(HTTPSOptions{Base: "https://me:hush@" + freePort(t)}), "k?token=hush", "")
	if KindOf(err) != Down || strings.Contains(err.Error()+Hint(err), "hush") {
		t.Errorf("refused: %v (hint %s)", err, Hint(err))
	}
}

func TestHTTPSPassword(t *testing.T) {
	server := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if user, password, _ := r.BasicAuth(); user != "me" || password != "hush" {
			w.WriteHeader(http.StatusUnauthorized)
		}
	}))
	defer server.Close()
	base := strings.Replace(server.URL, "https://", "https://me:hush@", 1)
	if _, _, err := Get(t.Context(), HTTPS(HTTPSOptions{Base: base, Transport: server.Client().Transport}), "k", ""); err != nil {
		t.Error(err)
	}
	_, _, err := Get(t.Context(), HTTPS(HTTPSOptions{Base: server.URL, Transport: server.Client().Transport}), "k", "")
	if !IsDenied(err) || !strings.Contains(Hint(err), "password") {
		t.Errorf("%v (hint %s)", err, Hint(err))
	}
}

func TestBare(t *testing.T) {
	for raw, want := range map[string]string{
		"https://h/p":                     "https://h/p",
		"https://u:p@ss@h:1/a@b/c?x=y#z":  "https://h:1/a@b/c",
		"https://h?x=y":                   "https://h",
		"s3://bucket/key":                 "s3://bucket/key",
		"some/path":                       "some/path",
		"postgres://u:p@h/db?sslmode=off": "postgres://h/db",
	} {
		if got := bare(raw); got != want {
			t.Errorf("%s: %s, want %s", raw, got, want)
		}
	}
}

// TestHTTPSHeadRefused: a URL signed for GET is refused a HEAD, and some
// servers know none.
func TestHTTPSHeadRefused(t *testing.T) {
	for name, ranges := range map[string]bool{"ranges": true, "no ranges": false} {
		t.Run(name, func(t *testing.T) {
			s, _ := openHTTPS(t, func(w http.ResponseWriter, r *http.Request) {
				w.Header().Set("ETag", `"v1"`)
				switch {
				case r.Method == http.MethodHead && r.URL.Path == "/signed":
					w.WriteHeader(http.StatusForbidden)
				case r.Method == http.MethodHead:
					w.WriteHeader(http.StatusMethodNotAllowed)
				case r.URL.Path == "/denied":
					w.WriteHeader(http.StatusForbidden)
				case r.URL.Path == "/none":
					w.WriteHeader(http.StatusNotFound)
				case ranges:
					http.ServeContent(w, r, "", time.Time{}, strings.NewReader("0123456789"))
				default:
					w.Header().Set("Content-Length", "10")
					fmt.Fprint(w, "0123456789")
				}
			})
			for _, key := range []string{"signed", "known"} {
				info, err := Head(t.Context(), s, key)
				if want := (Info{Key: key, ETag: "v1", Size: 10, Served: info.Served}); err != nil || info != want {
					t.Errorf("%s: %+v, %v, want %+v", key, info, err, want)
				}
			}
			if _, err := Head(t.Context(), s, "none"); !IsNotExist(err) {
				t.Errorf("none: %v", err)
			}
			if _, err := Head(t.Context(), s, "denied"); !IsDenied(err) {
				t.Errorf("denied: %v", err)
			}
		})
	}
}
