package main

import (
	"bufio"
	"bytes"
	"crypto/md5"
	"encoding/hex"
	"encoding/xml"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
)

func newObject(b []byte, ct string) *object {
	sum := md5.Sum(b)
	if ct == "" {
		ct = "binary/octet-stream"
	}
	o := &object{size: len(b), etag: `"` + hex.EncodeToString(sum[:]) + `"`, mod: time.Now(), ct: ct}
	if !*discard {
		o.data = b
	}
	return o
}

func get(w http.ResponseWriter, r *http.Request, objects map[string]*object, key string) {
	time.Sleep(latency(*getLat))
	mu.RLock()
	o := objects[key]
	mu.RUnlock()
	if o == nil {
		n404.Add(1)
		fail(w, r, http.StatusNotFound, "NoSuchKey", "The specified key does not exist.")
		return
	}
	h := w.Header()
	h.Set("ETag", o.etag)
	h.Set("Last-Modified", o.mod.UTC().Format(http.TimeFormat))
	h.Set("Accept-Ranges", "bytes")
	h.Set("Content-Type", o.ct)
	for k, v := range o.meta {
		h[k] = v
	}
	if r.Header.Get("If-None-Match") == o.etag {
		w.WriteHeader(http.StatusNotModified)
		return
	}
	if m := r.Header.Get("If-Match"); m != "" && m != o.etag {
		failCondition(w, r)
		return
	}
	data, status, size := o.data, http.StatusOK, o.size
	if rg := r.Header.Get("Range"); strings.HasPrefix(rg, "bytes=") && !strings.Contains(rg, ",") {
		lo, hi := bounds(rg[len("bytes="):], size)
		if lo > hi || lo >= size {
			fail(w, r, http.StatusRequestedRangeNotSatisfiable, "InvalidRange", "The requested range is not satisfiable")
			return
		}
		h.Set("Content-Range", fmt.Sprintf("bytes %d-%d/%d", lo, hi, size))
		if len(data) == size {
			data = data[lo : hi+1]
		}
		status, size = http.StatusPartialContent, hi-lo+1
	}
	h.Set("Content-Length", strconv.Itoa(size))
	w.WriteHeader(status)
	if r.Method != http.MethodHead && len(data) > 0 {
		send(w, data)
	}
}

// bounds gives the first and the last byte that a Range header asks for.
func bounds(spec string, size int) (lo, hi int) {
	a, b, _ := strings.Cut(spec, "-")
	hi = size - 1
	if a == "" {
		n, _ := strconv.Atoi(b)
		return max(0, size-n), hi
	}
	lo, _ = strconv.Atoi(a)
	if v, err := strconv.Atoi(b); err == nil && v < hi {
		hi = v
	}
	return lo, hi
}

// send writes data at the bandwidth of one connection, or, with probability
// -ptrunc, half of it before it drops the connection.
func send(w http.ResponseWriter, data []byte) {
	cut := chance(*pTrunc)
	if cut {
		data = data[:len(data)/2]
	}
	paced(w, data)
	bytesOut.Add(int64(len(data)))
	if cut {
		nTrunc.Add(1)
		if f, ok := w.(http.Flusher); ok {
			f.Flush()
		}
		panic(http.ErrAbortHandler)
	}
}

func paced(w io.Writer, data []byte) {
	if *bw <= 0 {
		_, _ = w.Write(data)
		return
	}
	begin := time.Now()
	for sent := 0; sent < len(data); {
		n := min(64<<10, len(data)-sent)
		if _, err := w.Write(data[sent : sent+n]); err != nil {
			return
		}
		sent += n
		if ahead := transfer(sent) - time.Since(begin); ahead > *maxSkew {
			time.Sleep(ahead)
		}
	}
}

// transfer is how long n bytes take at the bandwidth of one connection.
func transfer(n int) time.Duration {
	return time.Duration(float64(n) / (*bw * 1e6) * 1e9)
}

func readBody(r *http.Request) ([]byte, error) {
	begin := time.Now()
	var raw []byte
	var err error
	if n := r.ContentLength; n >= 0 {
		raw = make([]byte, n)
		_, err = io.ReadFull(r.Body, raw)
	} else {
		raw, err = io.ReadAll(r.Body)
	}
	if err != nil {
		return nil, err
	}
	if *bw > 0 {
		if d := transfer(len(raw)) - time.Since(begin); d > *maxSkew {
			time.Sleep(d)
		}
	}
	bytesIn.Add(int64(len(raw)))
	if strings.Contains(r.Header.Get("Content-Encoding"), "aws-chunked") ||
		strings.HasPrefix(r.Header.Get("X-Amz-Content-Sha256"), "STREAMING-") {
		return unchunk(raw)
	}
	return raw, nil
}

// unchunk takes the payload out of an aws-chunked body.
func unchunk(raw []byte) ([]byte, error) {
	br := bufio.NewReader(bytes.NewReader(raw))
	var out []byte
	for {
		line, err := br.ReadString('\n')
		if err != nil {
			return nil, err
		}
		size, _, _ := strings.Cut(strings.TrimSpace(line), ";")
		n, err := strconv.ParseInt(size, 16, 64)
		if err != nil {
			return nil, err
		}
		if n == 0 {
			return out, nil
		}
		at := len(out)
		out = append(out, make([]byte, n)...)
		if _, err = io.ReadFull(br, out[at:]); err != nil {
			return nil, err
		}
		if _, err = br.ReadString('\n'); err != nil {
			return nil, err
		}
	}
}

func copyObject(w http.ResponseWriter, r *http.Request, objects map[string]*object, key string) {
	source, _ := url.QueryUnescape(strings.TrimPrefix(r.Header.Get("X-Amz-Copy-Source"), "/"))
	bucket, from, _ := strings.Cut(source, "/")
	time.Sleep(latency(*putLat))
	mu.Lock()
	o := store[bucket][from]
	if o != nil {
		objects[key] = o
	}
	mu.Unlock()
	if o == nil {
		fail(w, r, http.StatusNotFound, "NoSuchKey", "The specified key does not exist.")
		return
	}
	answer(w, struct {
		XMLName xml.Name `xml:"CopyObjectResult"`
		ETag    string
	}{ETag: o.etag})
}

func put(w http.ResponseWriter, r *http.Request, objects map[string]*object, key string, q url.Values) {
	b, err := readBody(r)
	if err != nil {
		fail(w, r, http.StatusBadRequest, "IncompleteBody", "bad body")
		return
	}
	if want := r.Header.Get("X-Amz-Decoded-Content-Length"); want != "" && want != strconv.Itoa(len(b)) {
		fail(w, r, http.StatusBadRequest, "IncompleteBody", "decoded length mismatch")
		return
	}
	o := newObject(b, r.Header.Get("Content-Type"))
	time.Sleep(latency(*putLat))
	mu.Lock()
	if id := q.Get("uploadId"); id != "" {
		u := uploads[id]
		if u == nil {
			mu.Unlock()
			fail(w, r, http.StatusNotFound, "NoSuchUpload", "no such upload")
			return
		}
		n, _ := strconv.Atoi(q.Get("partNumber"))
		u.parts[n] = o
	} else if !holds(r, objects[key]) {
		mu.Unlock()
		failCondition(w, r)
		return
	} else {
		o.meta = metadata(r)
		objects[key] = o
	}
	mu.Unlock()
	lose()
	w.Header().Set("ETag", o.etag)
	w.Header().Set("Content-Length", "0")
	w.WriteHeader(http.StatusOK)
}

// holds says whether the request's preconditions hold for the object that is
// there now (nil: none).
func holds(r *http.Request, now *object) bool {
	if r.Header.Get("If-None-Match") == "*" && now != nil {
		return false
	}
	m := r.Header.Get("If-Match")
	return m == "" || now != nil && m == now.etag
}

func failCondition(w http.ResponseWriter, r *http.Request) {
	fail(w, r, http.StatusPreconditionFailed, "PreconditionFailed", "At least one of the pre-conditions you specified did not hold")
}

func metadata(r *http.Request) http.Header {
	m := http.Header{}
	for k, v := range r.Header {
		if strings.HasPrefix(k, "X-Amz-Meta-") {
			m[k] = v
		}
	}
	return m
}

// lose drops the connection after the work is done, with probability -plost.
func lose() {
	if chance(*pLost) {
		nReset.Add(1)
		panic(http.ErrAbortHandler)
	}
}

// post begins or completes a multipart upload.
func post(w http.ResponseWriter, r *http.Request, bucket, key string, q url.Values) {
	_, _ = io.Copy(io.Discard, r.Body)
	time.Sleep(latency(*putLat))
	if q.Has("uploads") {
		id := fmt.Sprintf("%016x", rand.Uint64())
		mu.Lock()
		uploads[id] = &upload{bucket, key, map[int]*object{}}
		mu.Unlock()
		answer(w, struct {
			XMLName  xml.Name `xml:"InitiateMultipartUploadResult"`
			Bucket   string
			Key      string
			UploadID string `xml:"UploadId"`
		}{Bucket: bucket, Key: key, UploadID: id})
		return
	}
	id := q.Get("uploadId")
	mu.Lock()
	u := uploads[id]
	if u == nil {
		mu.Unlock()
		fail(w, r, http.StatusNotFound, "NoSuchUpload", "no such upload")
		return
	}
	if !holds(r, store[u.bucket][u.key]) {
		mu.Unlock()
		failCondition(w, r)
		return
	}
	delete(uploads, id)
	o := u.join()
	store[bucket][key] = o
	mu.Unlock()
	lose()
	answer(w, struct {
		XMLName           xml.Name `xml:"CompleteMultipartUploadResult"`
		Bucket, Key, ETag string
	}{Bucket: bucket, Key: key, ETag: o.etag})
}

// join makes one object of all parts, in the order of their numbers.
func (u *upload) join() *object {
	var numbers []int
	for n := range u.parts {
		numbers = append(numbers, n)
	}
	slices.Sort(numbers)
	var all []byte
	size := 0
	for _, n := range numbers {
		all = append(all, u.parts[n].data...)
		size += u.parts[n].size
	}
	o := newObject(all, "")
	o.size = size
	o.etag = fmt.Sprintf(`"%s-%d"`, strings.Trim(o.etag, `"`), len(numbers))
	return o
}

func deleteMany(w http.ResponseWriter, r *http.Request, objects map[string]*object) {
	var request struct {
		Object []struct{ Key string }
	}
	b, err := readBody(r)
	if err == nil {
		err = xml.Unmarshal(b, &request)
	}
	if err != nil {
		fail(w, r, http.StatusBadRequest, "MalformedXML", "bad body")
		return
	}
	mu.Lock()
	for _, o := range request.Object {
		delete(objects, o.Key)
	}
	mu.Unlock()
	time.Sleep(latency(*putLat))
	answer(w, struct {
		XMLName xml.Name `xml:"DeleteResult"`
	}{})
}
