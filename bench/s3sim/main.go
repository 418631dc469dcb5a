// S3sim is an in-memory, path-style S3 look-alike with latency, bandwidth, a
// request rate and faults. It uses the standard library only.
//
//	s3sim -addr 127.0.0.1:19000 -buckets raw,stage -preload DIR -preload-bucket raw
//
// It speaks: ListBuckets, CreateBucket, HeadBucket, ListObjectsV2 (prefix,
// delimiter, paging), GET and HEAD of an object (a single Range), PUT of an
// object (also aws-chunked bodies and x-amz-copy-source), multipart upload,
// DELETE and POST ?delete.
//
// Conditional requests: PUT and CompleteMultipartUpload honour
// If-None-Match: * and If-Match, GET honours both; x-amz-meta-* is kept.
//
// Admin requests have no latency and are not counted: GET /_sim/stats,
// /_sim/reset?bucket=B (drop the objects, zero the counters) and
// /_sim/dump?bucket=B&dir=D.
//
// Signatures are not checked; with -auth a request without an Authorization
// header or X-Amz-Signature gets 403. An access key id of the form
// EXP<unix seconds> is refused (400 ExpiredToken) from that second on, whatever
// the flags: a credential_process that hands out such keys shows whether a
// client refreshes them.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"io/fs"
	"log"
	"math/rand/v2"
	"net"
	"net/http"
	"os"
	"os/signal"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"time"
)

var (
	addr      = flag.String("addr", "127.0.0.1:19000", "listen address")
	getLat    = flag.Duration("get-latency", 30*time.Millisecond, "median first-byte latency of GET/HEAD/LIST")
	putLat    = flag.Duration("put-latency", 60*time.Millisecond, "median latency of PUT/POST/DELETE (after the body is in)")
	sigma     = flag.Float64("jitter", 0.3, "sigma of the lognormal latency jitter (0 = none)")
	bw        = flag.Float64("bw", 80, "bandwidth per connection, MB/s (0 = unlimited)")
	rate      = flag.Float64("rate", 0, "requests/s allowed before 503 SlowDown (0 = unlimited)")
	burst     = flag.Float64("burst", 0, "token bucket depth (0 = one second's worth)")
	maxConc   = flag.Int("max-inflight", 0, "requests in flight before 503 SlowDown (0 = unlimited)")
	p500      = flag.Float64("p500", 0, "probability of 500 InternalError")
	pTrunc    = flag.Float64("ptrunc", 0, "probability that a GET body is cut half-way and the connection dropped")
	pLost     = flag.Float64("plost", 0, "probability that a PUT or POST is carried out and the connection dropped before the answer")
	pReset    = flag.Float64("preset", 0, "probability that the connection is dropped before any answer")
	pSlow     = flag.Float64("pslow", 0, "probability that the latency is multiplied by -slow-factor")
	slowF     = flag.Float64("slow-factor", 20, "tail latency factor")
	expire    = flag.Duration("expire-after", 0, "answer 400 ExpiredToken this long after start (0 = never)")
	buckets   = flag.String("buckets", "raw,stage", "buckets to create, comma separated")
	preload   = flag.String("preload", "", "directory to load (keys = relative paths)")
	preBucket = flag.String("preload-bucket", "", "bucket to preload (default: first of -buckets)")
	discard   = flag.Bool("discard", false, "discard PUT bodies")
	auth      = flag.Bool("auth", false, "403 for requests without a signature")
	seed      = flag.Uint64("seed", 0, "seed of latency and faults (0 = random)")
	verbose   = flag.Bool("v", false, "log every request")
	maxSkew   = flag.Duration("pace", time.Millisecond, "bandwidth pacing granularity")
)

// An object is one version of a key; data is nil with -discard.
type object struct {
	data []byte
	size int
	etag string
	mod  time.Time
	ct   string
	meta http.Header
}

// An upload is a multipart upload that is not complete yet.
type upload struct {
	bucket, key string
	parts       map[int]*object
}

var (
	mu      sync.RWMutex
	store   = map[string]map[string]*object{} // by bucket and key
	uploads = map[string]*upload{}
	start   = time.Now()
)

func main() {
	flag.Parse()
	s := *seed
	if s == 0 {
		s = uint64(time.Now().UnixNano())
	}
	rng = rand.New(rand.NewPCG(s, s))
	names := strings.Split(*buckets, ",")
	for _, b := range names {
		store[b] = map[string]*object{}
	}
	if *preload != "" {
		b := *preBucket
		if b == "" {
			b = names[0]
		}
		if err := load(*preload, b); err != nil {
			log.Fatal(err)
		}
	}
	tokens = max(*burst, *rate)
	if err := serve(); err != nil {
		log.Fatal(err)
	}
	b, _ := json.Marshal(summary())
	fmt.Println(string(b))
}

// load puts the files below dir into bucket.
func load(dir, bucket string) error {
	n, total := 0, 0
	err := filepath.WalkDir(dir, func(p string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		b, err := os.ReadFile(p)
		if err != nil {
			return err
		}
		rel, err := filepath.Rel(dir, p)
		if err != nil {
			return err
		}
		o := newObject(b, "")
		o.data = b
		store[bucket][filepath.ToSlash(rel)] = o
		n++
		total += len(b)
		return nil
	})
	if err == nil {
		log.Printf("preloaded %d objects, %.1f MB into %s", n, float64(total)/1e6, bucket)
	}
	return err
}

// serve answers requests until SIGTERM or an interrupt.
func serve() error {
	srv := &http.Server{
		Handler:   http.HandlerFunc(handler),
		ErrorLog:  log.New(io.Discard, "", 0),
		ConnState: countConn,
	}
	ln, err := net.Listen("tcp", *addr)
	if err != nil {
		return err
	}
	log.Printf("s3sim on http://%s", ln.Addr())
	done := make(chan struct{})
	go func() {
		c := make(chan os.Signal, 1)
		signal.Notify(c, syscall.SIGTERM, os.Interrupt)
		<-c
		ctx, cancel := context.WithTimeout(context.Background(), 200*time.Millisecond)
		defer cancel()
		_ = srv.Shutdown(ctx) // what is still running after that is dropped with the process
		close(done)
	}()
	if err := srv.Serve(ln); !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	<-done
	return nil
}
