package store

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"
)

// A cutting server breaks off each answer after so many bytes, so many times.
type cutting struct {
	body          []byte
	after         int
	cuts          atomic.Int64
	ranges, sized bool
	etag          func(n int64) string // by the number of the request
	n             atomic.Int64
}

func (c *cutting) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	tag := c.etag(c.n.Add(1))
	if tag != "" {
		w.Header().Set("ETag", tag)
	}
	body, status := c.body, http.StatusOK
	if from, to, ok := asked(r, len(body)); ok && c.ranges {
		w.Header().Set("Content-Range", fmt.Sprintf("bytes %d-%d/%d", from, to-1, len(body)))
		body, status = body[from:to], http.StatusPartialContent
	}
	if c.sized {
		w.Header().Set("Content-Length", strconv.Itoa(len(body)))
	}
	w.WriteHeader(status)
	if r.Method == http.MethodHead {
		return
	}
	if c.after < len(body) && c.cuts.Add(-1) >= 0 {
		_, _ = w.Write(body[:c.after])
		w.(http.Flusher).Flush()
		panic(http.ErrAbortHandler)
	}
	_, _ = w.Write(body[:len(body)/2])
	w.(http.Flusher).Flush()
	_, _ = w.Write(body[len(body)/2:])
}

// asked is the range that a request asks for.
func asked(r *http.Request, size int) (from, to int, ok bool) {
	text, ok := strings.CutPrefix(r.Header.Get("Range"), "bytes=")
	first, last, _ := strings.Cut(text, "-")
	from, _ = strconv.Atoi(first)
	if to, _ = strconv.Atoi(last); last == "" {
		to = size - 1
	}
	return from, min(to+1, size), ok && from < size
}

// Wherever an answer breaks off, of whatever server, what is read is the file.
func TestHTTPSGoesOn(t *testing.T) {
	t.Parallel()
	body := bytesOf(1000, 1)
	always := func(tag string) func(int64) string { return func(int64) string { return tag } }
	for name, etag := range map[string]func(int64) string{"etag": always(`"v1"`), "weak": always(`W/"v1"`), "none": always("")} {
		for _, how := range []struct{ ranges, sized bool }{{true, true}, {false, true}, {false, false}, {true, false}} {
			t.Run(fmt.Sprintf("%s %+v", name, how), func(t *testing.T) {
				t.Parallel()
				(&cutting{body: body, etag: etag, ranges: how.ranges, sized: how.sized}).everywhere(t)
			})
		}
	}
}

// everywhere reads the file again and again, and has it break off elsewhere each
// time.
func (c *cutting) everywhere(t *testing.T) {
	base, _ := openHTTPS(t, c.ServeHTTP)
	s := wrapped(base)
	for cut := 0; cut <= len(c.body); cut += 77 {
		c.after = cut
		c.cuts.Store(3)
		mustGet(t, s, c.body)
		c.cuts.Store(3)
		info, err := Head(t.Context(), s, "k")
		if err != nil {
			t.Fatal(err)
		}
		r := Open(t.Context(), s, info, OpenOptions{Range: 300})
		got, err := io.ReadAll(r)
		at := make([]byte, 50)
		_, atErr := r.ReadAt(at, 800)
		if err != nil || atErr != nil || !bytes.Equal(got, c.body) || !bytes.Equal(at, c.body[800:850]) || r.Size() != 1000 {
			t.Fatalf("cut off after %d: %d bytes of %d, %v, %v", cut, len(got), r.Size(), err, atErr)
		}
		_ = r.Close()
	}
}

func mustGet(t *testing.T, s Store, want []byte) {
	t.Helper()
	got, info, err := Get(t.Context(), s, "k", "")
	if err != nil || !bytes.Equal(got, want) || info.Size != int64(len(want)) {
		t.Fatalf("%d bytes of %d, %v", len(got), info.Size, err)
	}
}

// What was written anew while it was read is an error, and never put together.
func TestHTTPSChanges(t *testing.T) {
	for _, ranges := range []bool{true, false} {
		c := &cutting{body: bytesOf(1000, 1), after: 100, ranges: ranges, sized: true, etag: func(n int64) string { return fmt.Sprintf(`"v%d"`, n) }}
		c.cuts.Store(1)
		base, _ := openHTTPS(t, c.ServeHTTP)
		if _, _, err := Get(t.Context(), wrapped(base), "k", ""); !IsChanged(err) {
			t.Errorf("ranges %t: %v", ranges, err)
		}
		c.cuts.Store(1)
		s, err := NewSpool("k", 0)
		if err != nil {
			t.Fatal(err)
		}
		if _, err = wrapped(base).Do(t.Context(), Request{Op: OpGet, Key: "k", To: s}); !IsChanged(err) {
			t.Errorf("ranges %t, to the disk: %v", ranges, err)
		}
		_ = s.Close()
	}
}

// A large file goes on from where it broke off, and is not begun anew.
func TestHTTPSGoesOnFromThere(t *testing.T) {
	body := bytesOf(1<<20, 2)
	c := &cutting{body: body, after: 100 << 10, ranges: true, sized: true, etag: func(int64) string { return `"v1"` }}
	c.cuts.Store(1 << 30) // always
	base, _ := openHTTPS(t, c.ServeHTTP)
	mustGet(t, base, body)
	if n := c.n.Load(); n > 16 {
		t.Errorf("%d requests", n)
	}
	c.after = 0
	began := time.Now()
	if _, _, err := Get(t.Context(), base, "k", ""); !Retryable(err) || time.Since(began) > 10*time.Second {
		t.Errorf("a server that gives nothing: %v", err)
	}
}
