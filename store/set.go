package store

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"path"
	"slices"
	"strings"
	"sync"

	"github.com/seed-128c3863/sluice/flow"
)

// Settings say of one bucket what the AWS environment and config files do not.
type Settings struct {
	Endpoint, Region, Profile string
	PathStyle                 *bool // default: true for an endpoint that is not AWS's
}

// Options say how the stores of a Set are opened. The zero value is a good
// default.
type Options struct {
	// Stores are the settings of buckets, by name.
	Stores map[string]Settings

	// MaxRequests is the most requests in flight to one store. Default: 512.
	MaxRequests int

	// Fixed is how many requests are in flight to one store, always. Default:
	// as many as turn out to be best, at most MaxRequests.
	Fixed int

	// Rate is the most requests begun a second, to one store. Default: no limit.
	Rate float64

	// Retry says how often and how long a request is tried again. Retryable
	// of it is not used.
	Retry flow.RetryOptions

	// Wrap is put around each store, inside limit and retry. name is the URL
	// of the store, such as s3://bucket. It is for tests, which use Fault.
	Wrap func(name string, s Store) Store
}

// localRequests is how many requests to the local disk are under way at once:
// enough for syncs to share a commit of the file system, and not more threads
// than that.
const localRequests = 32

// A Set opens the stores that URLs name, each once. The stores of one endpoint
// share one limiter; at AWS each bucket has its own.
type Set struct {
	options Options

	mu       sync.Mutex
	stores   map[string]Store // by URL without a key
	accounts map[string]*account
	limiters map[string]*flow.Limiter
}

// NewSet returns a Set with no store open.
func NewSet(o Options) *Set {
	o.Retry.Retryable = Retryable
	return &Set{options: o, stores: map[string]Store{}, accounts: map[string]*account{}, limiters: map[string]*flow.Limiter{}}
}

// Open returns the store that the URL names, and the key in it: s3://bucket/key,
// https://host/path, file:///path, or the path of a local file, which is
// cleaned but may end with a slash. Behind the URL of a zip # and a name stand
// for a file in it. It makes no request.
func (s *Set) Open(ctx context.Context, url string) (Store, string, error) {
	if archive, name, ok := Member(url); ok {
		of, key, err := s.Open(ctx, archive)
		if err != nil {
			return nil, "", err
		}
		return s.archive(archive, func() Store { return newArchive(of, key, archive) }), name, nil
	}
	scheme, rest, ok := strings.Cut(url, "://")
	if !ok {
		st, err := s.open("file://", func() (Store, string, error) { return Local(), "", nil })
		return st, cleanPath(url), err
	}
	host, key, _ := strings.Cut(rest, "/")
	switch strings.ToLower(scheme) {
	case "file":
		if host != "" && host != "localhost" {
			return nil, "", badURL(url, "a file:// URL has three slashes before the path: file:///"+host+"/"+key)
		}
		return s.Open(ctx, "/"+key)
	case "s3":
		if host == "" {
			return nil, "", badURL(url, "there is no bucket in it: s3://bucket/key")
		}
		st, err := s.open("s3://"+host, func() (Store, string, error) { return s.bucket(ctx, host) })
		return st, key, err
	case "https":
		if host == "" {
			return nil, "", badURL(url, "there is no host in it: https://host/path")
		}
		st, err := s.open("https://"+host, func() (Store, string, error) {
			return HTTPS(HTTPSOptions{Base: "https://" + host}), hostOf(url), nil
		})
		return st, key, err
	}
	return nil, "", badURL(url, "known are s3://bucket/key, https://host/path (for reading), file:///path, and a plain path")
}

func badURL(url, hint string) error {
	return &Error{Op: "open", URL: bare(url), Kind: Other, Err: errors.New("not the URL of a store"), Hint: hint}
}

// cleanPath cleans a path and keeps the slash at its end, and that a prefix is
// empty.
func cleanPath(p string) string {
	if p == "" {
		return ""
	}
	clean := path.Clean(p)
	if strings.HasSuffix(p, "/") && clean != "/" {
		clean += "/"
	}
	if clean == "./" {
		return ""
	}
	return clean
}

// open returns the store of that name, and makes it if there is none yet. fresh
// returns it with the name of the limiter that it shares, "" for one of its own.
func (s *Set) open(name string, fresh func() (Store, string, error)) (Store, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if st := s.stores[name]; st != nil {
		return st, nil
	}
	st, shared, err := fresh()
	if err != nil {
		return nil, err
	}
	if s.options.Wrap != nil {
		st = s.options.Wrap(bare(name), st)
	}
	limiter := s.limiter(cmp.Or(shared, bare(name)), name == "file://")
	st = Retry(Limit(st, limiter), flow.NewRetrier(s.options.Retry))
	s.stores[name] = st
	return st, nil
}

// archive returns the store of an archive, of which there is one.
func (s *Set) archive(url string, fresh func() Store) Store {
	s.mu.Lock()
	defer s.mu.Unlock()
	st := s.stores[url+"#"]
	if st == nil {
		st = fresh()
		s.stores[url+"#"] = st
	}
	return st
}

// bucket opens a bucket with its settings. Buckets of one profile share an
// account.
func (s *Set) bucket(ctx context.Context, name string) (Store, string, error) {
	set := s.options.Stores[name]
	a := s.accounts[set.Profile]
	if a == nil {
		var err error
		if a, err = newAccount(ctx, set.Profile); err != nil {
			return nil, "", err
		}
		s.accounts[set.Profile] = a
	}
	st, err := newS3(ctx, a, S3Options{Bucket: name, Endpoint: set.Endpoint, Region: set.Region, Profile: set.Profile, PathStyle: set.PathStyle})
	if err != nil {
		return nil, "", err
	}
	return st, st.endpoint, nil
}

// limiter returns the limiter of that name.
func (s *Set) limiter(name string, local bool) *flow.Limiter {
	if l := s.limiters[name]; l != nil {
		return l
	}
	o := flow.LimiterOptions{Max: s.options.MaxRequests, Fixed: s.options.Fixed, Rate: s.options.Rate}
	if local {
		o = flow.LimiterOptions{Fixed: cmp.Or(s.options.Fixed, localRequests)}
	}
	l := flow.NewLimiter(o)
	s.limiters[name] = l
	return l
}

// Stats are the figures of one limiter.
type Stats struct {
	Name string // host of the endpoint, s3://bucket, or file://
	flow.LimiterStats
}

// Stats returns the figures of all limiters, by name.
func (s *Set) Stats() []Stats {
	s.mu.Lock()
	defer s.mu.Unlock()
	all := make([]Stats, 0, len(s.limiters))
	for name, l := range s.limiters {
		all = append(all, Stats{name, l.Stats()})
	}
	slices.SortFunc(all, func(a, b Stats) int { return cmp.Compare(a.Name, b.Name) })
	return all
}

// String returns the figures as a progress line has them.
func (s Stats) String() string {
	return fmt.Sprintf("%s: %d of %d in flight, %d throttled", s.Name, s.InFlight, s.Limit, s.Throttled)
}
