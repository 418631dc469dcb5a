package main

import (
	"encoding/xml"
	"fmt"
	"io"
	"log"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

func handler(w http.ResponseWriter, r *http.Request) {
	if strings.HasPrefix(r.URL.Path, "/_sim/") {
		admin(w, r)
		return
	}
	raise(&maxInflight, inflight.Add(1))
	defer inflight.Add(-1)
	w.Header().Set("Server", "AmazonS3")
	w.Header().Set("X-Amz-Request-Id", "SIM")
	bucket, key, _ := strings.Cut(strings.TrimPrefix(r.URL.Path, "/"), "/")
	q := r.URL.Query()
	count(operation(r, key, q))
	if *verbose {
		log.Printf("%s %s range=%q te=%q sha=%q", r.Method, r.URL, r.Header.Get("Range"),
			r.Header.Get("Content-Encoding"), r.Header.Get("X-Amz-Content-Sha256"))
	}
	if refused(w, r, q) {
		return
	}
	if bucket == "" {
		time.Sleep(latency(*getLat))
		listBuckets(w)
		return
	}
	mu.RLock()
	objects, ok := store[bucket]
	mu.RUnlock()
	switch {
	case key == "" && r.Method == http.MethodPut:
		createBucket(w, bucket)
	case !ok:
		n404.Add(1)
		time.Sleep(latency(*getLat))
		fail(w, r, http.StatusNotFound, "NoSuchBucket", "The specified bucket does not exist")
	case key == "":
		onBucket(w, r, bucket, objects, q)
	default:
		onObject(w, r, bucket, key, objects, q)
	}
}

// operation is the name that a request is counted under.
func operation(r *http.Request, key string, q url.Values) string {
	switch {
	case r.Method == http.MethodGet && key == "":
		return "LIST"
	case q.Has("uploads") || q.Has("uploadId"):
		return r.Method + "-multipart"
	case r.Method == http.MethodPost && q.Has("delete"):
		return "POST-delete"
	}
	return r.Method
}

// refused answers what the rate, the credentials or a fault turns away.
func refused(w http.ResponseWriter, r *http.Request, q url.Values) bool {
	switch {
	case !allowed():
		n503.Add(1)
		time.Sleep(latency(*getLat) / 4)
		fail(w, r, http.StatusServiceUnavailable, "SlowDown", "Please reduce your request rate.")
	case *auth && r.Header.Get("Authorization") == "" && !q.Has("X-Amz-Signature"):
		fail(w, r, http.StatusForbidden, "AccessDenied", "Access Denied")
	case *expire > 0 && time.Since(start) > *expire || keyExpired(r):
		nExpired.Add(1)
		fail(w, r, http.StatusBadRequest, "ExpiredToken", "The provided token has expired.")
	case chance(*pReset):
		nReset.Add(1)
		panic(http.ErrAbortHandler)
	case chance(*p500):
		n500.Add(1)
		time.Sleep(latency(*getLat))
		fail(w, r, http.StatusInternalServerError, "InternalError", "We encountered an internal error. Please try again.")
	default:
		return false
	}
	return true
}

// keyExpired reads the moment from which on an access key EXP<unix seconds> is
// refused.
func keyExpired(r *http.Request) bool {
	_, cred, ok := strings.Cut(r.Header.Get("Authorization"), "Credential=EXP")
	digits, _, _ := strings.Cut(cred, "/")
	at, err := strconv.ParseInt(digits, 10, 64)
	return ok && err == nil && time.Now().Unix() >= at
}

func createBucket(w http.ResponseWriter, bucket string) {
	mu.Lock()
	if store[bucket] == nil {
		store[bucket] = map[string]*object{}
	}
	mu.Unlock()
	w.WriteHeader(http.StatusOK)
}

func onBucket(w http.ResponseWriter, r *http.Request, bucket string, objects map[string]*object, q url.Values) {
	switch {
	case r.Method == http.MethodHead:
		time.Sleep(latency(*getLat))
		w.WriteHeader(http.StatusOK)
	case r.Method == http.MethodGet && q.Has("location"):
		answer(w, struct {
			XMLName xml.Name `xml:"LocationConstraint"`
		}{})
	case r.Method == http.MethodGet:
		time.Sleep(latency(*getLat))
		list(w, bucket, q)
	case r.Method == http.MethodPost && q.Has("delete"):
		deleteMany(w, r, objects)
	default:
		fail(w, r, http.StatusNotImplemented, "NotImplemented", "not implemented")
	}
}

func onObject(w http.ResponseWriter, r *http.Request, bucket, key string, objects map[string]*object, q url.Values) {
	switch r.Method {
	case http.MethodGet, http.MethodHead:
		get(w, r, objects, key)
	case http.MethodPut:
		if r.Header.Get("X-Amz-Copy-Source") != "" {
			copyObject(w, r, objects, key)
		} else {
			put(w, r, objects, key, q)
		}
	case http.MethodPost:
		post(w, r, bucket, key, q)
	case http.MethodDelete:
		time.Sleep(latency(*putLat))
		mu.Lock()
		if id := q.Get("uploadId"); id != "" {
			delete(uploads, id)
		} else {
			delete(objects, key)
		}
		mu.Unlock()
		w.WriteHeader(http.StatusNoContent)
	default:
		fail(w, r, http.StatusNotImplemented, "NotImplemented", "not implemented")
	}
}

// fail answers with an error document.
func fail(w http.ResponseWriter, r *http.Request, status int, code, msg string) {
	if r.Method != http.MethodGet && r.Body != nil { // as S3 does for small bodies: read it, so the connection stays usable
		_, _ = io.CopyN(io.Discard, r.Body, 8<<20)
	}
	b := fmt.Appendf(nil, "%s<Error><Code>%s</Code><Message>%s</Message><RequestId>SIM</RequestId></Error>", xml.Header, code, msg)
	w.Header().Set("Content-Type", "application/xml")
	w.Header().Set("Content-Length", strconv.Itoa(len(b)))
	w.WriteHeader(status)
	if r.Method != http.MethodHead {
		_, _ = w.Write(b)
	}
}

// answer writes v as an XML document.
func answer(w http.ResponseWriter, v any) {
	b, err := xml.Marshal(v)
	if err != nil {
		panic(err)
	}
	w.Header().Set("Content-Type", "application/xml")
	w.Header().Set("Content-Length", strconv.Itoa(len(xml.Header)+len(b)))
	_, _ = io.WriteString(w, xml.Header)
	_, _ = w.Write(b)
}

func admin(w http.ResponseWriter, r *http.Request) {
	bucket := r.URL.Query().Get("bucket")
	switch strings.TrimPrefix(r.URL.Path, "/_sim/") {
	case "stats":
		writeStats(w)
	case "reset":
		if bucket != "" {
			mu.Lock()
			store[bucket] = map[string]*object{}
			mu.Unlock()
		}
		resetCounters()
		_, _ = fmt.Fprintln(w, "ok")
	case "dump":
		n, err := dump(bucket, r.URL.Query().Get("dir"))
		if err != nil {
			http.Error(w, err.Error(), http.StatusInternalServerError)
			return
		}
		_, _ = fmt.Fprintln(w, n)
	default:
		http.NotFound(w, r)
	}
}

// dump writes the objects of bucket as files below dir and counts them.
func dump(bucket, dir string) (int, error) {
	mu.RLock()
	defer mu.RUnlock()
	n := 0
	for k, o := range store[bucket] {
		p := filepath.Join(dir, filepath.FromSlash(k))
		if err := os.MkdirAll(filepath.Dir(p), 0o755); err != nil {
			return n, err
		}
		if err := os.WriteFile(p, o.data, 0o644); err != nil {
			return n, err
		}
		n++
	}
	return n, nil
}
