package flow

import (
	"context"
	"math"
	"math/rand/v2"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// A simStore is a store in virtual time: it answers after a latency, and may
// refuse. All its times are those of the bubble.
type simStore struct {
	// median is the latency of a request without load; half of the requests
	// (the GETs) take two thirds of it, the others (the PUTs) four thirds.
	median time.Duration
	sigma  float64 // of the lognormal jitter

	rate, burst float64                     // requests a second; 0: any
	rateAt      func(time.Duration) float64 // the same as it changes with time
	most        int                         // in flight
	mostAt      func(time.Duration) int     // the same as it changes with time
	load        func(inFlight int) float64  // factor of latency
	servers     int                         // work off a queue; 0: any number

	mu       sync.Mutex
	rng      *rand.Rand
	begun    time.Time
	tokens   float64
	filled   time.Time
	inFlight int
	places   chan struct{} // of the servers

	sent, refused int
}

func (s *simStore) start(seed uint64) {
	s.rng = rand.New(rand.NewPCG(seed, 1))
	s.begun, s.filled = time.Now(), time.Now()
	s.tokens = s.burst
	s.places = make(chan struct{}, s.servers)
}

type throttledError struct{}

func (throttledError) Error() string   { return "503 SlowDown" }
func (throttledError) Throttled() bool { return true }

// serve is one request.
func (s *simStore) serve(ctx context.Context) error {
	took, accepted := s.admit()
	defer func() {
		s.mu.Lock()
		s.inFlight--
		s.mu.Unlock()
	}()
	if !accepted {
		_ = sleep(ctx, took/4)
		return throttledError{}
	}
	if s.servers > 0 {
		s.places <- struct{}{}
		defer func() { <-s.places }()
	}
	return sleep(ctx, took)
}

func (s *simStore) admit() (took time.Duration, accepted bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.sent++
	s.inFlight++
	factor := math.Exp(s.sigma * s.rng.NormFloat64())
	if s.rng.IntN(2) == 0 {
		factor *= 2. / 3
	} else {
		factor *= 4. / 3
	}
	if s.load != nil {
		factor *= s.load(s.inFlight)
	}
	took = time.Duration(float64(s.median) * factor)
	most := s.most
	if s.mostAt != nil {
		most = s.mostAt(time.Since(s.begun))
	}
	if most > 0 && s.inFlight > most || !s.token() {
		s.refused++
		return took, false
	}
	return took, true
}

func (s *simStore) token() bool {
	rate := s.rate
	if s.rateAt != nil {
		rate = s.rateAt(time.Since(s.begun))
	}
	if rate == 0 {
		return true
	}
	s.tokens = min(s.burst, s.tokens+rate*time.Since(s.filled).Seconds())
	s.filled = time.Now()
	if s.tokens < 1 {
		return false
	}
	s.tokens--
	return true
}

// A gate is what admits requests: a Limiter or, for comparison, a semaphore.
type gate interface {
	Do(context.Context, func(context.Context) error) error
}

type semaphore chan struct{}

func (s semaphore) Do(ctx context.Context, fn func(context.Context) error) error {
	s <- struct{}{}
	defer func() { <-s }()
	return fn(ctx)
}

// simulate sends n requests, as many at once as the gate admits, and returns
// the time that took and the share of refused ones.
func simulate(t *testing.T, store *simStore, n int, seed uint64, open func() gate) (took time.Duration, wasted float64) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		store.start(seed)
		g, r := open(), NewRetrier(RetryOptions{})
		err := Each(t.Context(), 600, count(n), func(ctx context.Context, _ int) error {
			return r.Do(ctx, func(ctx context.Context, _ int) error { return g.Do(ctx, store.serve) })
		})
		if err != nil {
			t.Error(err)
		}
		took = time.Since(store.begun)
		wasted = float64(store.refused) / float64(store.sent)
	})
	return took, wasted
}

func adaptive(seed uint64) func() gate {
	return func() gate {
		l := NewLimiter(LimiterOptions{})
		l.jitter = rand.New(rand.NewPCG(seed, 2)).Float64
		return l
	}
}

func fixed(n int) func() gate {
	return func() gate { return make(semaphore, n) }
}

var simCases = []struct {
	name   string
	n      int
	fixed  []int
	within float64 // times the best
	wasted float64 // share of requests
	store  func() *simStore
}{
	{"200 requests/s", 6000, []int{8, 9, 10, 12}, 1.15, 0.03, func() *simStore {
		return &simStore{median: 45 * time.Millisecond, sigma: 0.3, rate: 200, burst: 20}
	}},
	{"200 requests/s, burst 200", 6000, []int{8, 9, 10, 12}, 1.15, 0.03, func() *simStore {
		return &simStore{median: 45 * time.Millisecond, sigma: 0.3, rate: 200, burst: 200}
	}},
	{"200 requests/s, slow", 6000, []int{24, 26, 28}, 1.15, 0.03, func() *simStore {
		return &simStore{median: 125 * time.Millisecond, sigma: 0.3, rate: 200, burst: 20}
	}},
	{"200 requests/s, at once", 6000, []int{1, 2}, 1.15, 0.03, func() *simStore {
		return &simStore{median: time.Millisecond, sigma: 0.3, rate: 200, burst: 20}
	}},
	{"30 in flight", 8000, []int{28, 29, 30, 31, 32}, 1.15, 0.03, func() *simStore {
		return &simStore{median: 45 * time.Millisecond, sigma: 0.3, most: 30}
	}},
	{"30 in flight, even", 8000, []int{29, 30, 31}, 1.15, 0.03, func() *simStore {
		return &simStore{median: 45 * time.Millisecond, most: 30}
	}},
	{"latency doubles each 64", 8000, []int{64, 80, 96, 112}, 1.15, 0, func() *simStore {
		return &simStore{median: 50 * time.Millisecond, sigma: 0.3, load: func(n int) float64 { return math.Exp2(float64(n) / 64) }}
	}},
	{"40 servers", 8000, []int{40, 48, 64}, 1.15, 0, func() *simStore {
		return &simStore{median: 50 * time.Millisecond, sigma: 0.3, servers: 40}
	}},
	{"recovers", 11000, []int{16, 24, 32}, 1.15, 0.03, func() *simStore {
		return &simStore{median: 45 * time.Millisecond, sigma: 0.3, burst: 20, rateAt: func(d time.Duration) float64 {
			if d < 20*time.Second {
				return 50
			}
			return 500
		}}
	}},
	{"silent, then recovers", 10000, []int{16, 32}, 1.15, 0.03, func() *simStore {
		return &simStore{median: 45 * time.Millisecond, sigma: 0.3, burst: 20, rateAt: func(d time.Duration) float64 {
			if d > time.Second && d < 20*time.Second {
				return 1e-9
			}
			return 500
		}}
	}},
	{"30 in flight, then 120", 60000, []int{30, 60, 120}, 1.15, 0.03, func() *simStore {
		return &simStore{median: 45 * time.Millisecond, sigma: 0.3, mostAt: func(d time.Duration) int {
			if d < 20*time.Second {
				return 30
			}
			return 120
		}}
	}},
	{"no limit", 12000, []int{512}, 1.25, 0, func() *simStore {
		return &simStore{median: 100 * time.Millisecond}
	}},
	{"no limit, 600 requests", 600, []int{256}, 1.6, 0, func() *simStore {
		return &simStore{median: 125 * time.Millisecond}
	}},
}

// TestLimiterAgainstBestFixed holds the limiter against the best of the fixed
// numbers of slots, found by trying them. Those are hard to beat: a semaphore
// that hammers a store loses nothing by it here, however much is refused.
func TestLimiterAgainstBestFixed(t *testing.T) {
	t.Logf("%-26s %9s %8s %8s   %8s %5s %8s", "store", "best of", "time", "refused", "adaptive", "x", "refused")
	for _, tc := range simCases {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			best, at, waste := time.Duration(math.MaxInt64), 0, 0.
			for _, n := range tc.fixed {
				if took, w := simulate(t, tc.store(), tc.n, 1, fixed(n)); took < best {
					best, at, waste = took, n, w
				}
			}
			for seed := range uint64(2) {
				took, wasted := simulate(t, tc.store(), tc.n, seed+2, adaptive(seed))
				ratio := took.Seconds() / best.Seconds()
				t.Logf("%-26s %9d %7.2fs %7.1f%%   %7.2fs %5.2f %7.1f%%",
					tc.name, at, best.Seconds(), 100*waste, took.Seconds(), ratio, 100*wasted)
				if ratio > tc.within {
					t.Errorf("took %v, %.2f times the %v of %d slots", took, ratio, best, at)
				}
				if wasted > tc.wasted {
					t.Errorf("%.1f%% of the requests were refused, want at most %.1f%%", 100*wasted, 100*tc.wasted)
				}
			}
		})
	}
}
