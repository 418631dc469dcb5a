package main

import (
	"encoding/json"
	"math"
	"math/rand/v2"
	"net"
	"net/http"
	"sync"
	"sync/atomic"
	"syscall"
	"time"
)

var (
	rngMu sync.Mutex
	rng   *rand.Rand

	tokenMu sync.Mutex
	tokens  float64
	tokenAt = time.Now()

	inflight, maxInflight, connsOpen, connsTotal, connsMax atomic.Int64
	n503, n500, nTrunc, nReset, nExpired, n404             atomic.Int64
	bytesOut, bytesIn                                      atomic.Int64

	countMu           sync.Mutex
	counts            = map[string]int64{} // requests by operation
	firstReq, lastReq time.Time
	cpuBase           float64 // CPU seconds at the last reset
)

// chance is true with probability p.
func chance(p float64) bool {
	if p <= 0 {
		return false
	}
	rngMu.Lock()
	defer rngMu.Unlock()
	return rng.Float64() < p
}

// latency draws from the lognormal distribution around median, with its tail.
func latency(median time.Duration) time.Duration {
	if median <= 0 {
		return 0
	}
	rngMu.Lock()
	z, u := rng.NormFloat64(), rng.Float64()
	rngMu.Unlock()
	f := math.Exp(*sigma * z)
	if u < *pSlow {
		f *= *slowF
	}
	return time.Duration(float64(median) * f)
}

// allowed takes a token from the bucket that -rate fills.
func allowed() bool {
	if *maxConc > 0 && inflight.Load() > int64(*maxConc) {
		return false
	}
	if *rate <= 0 {
		return true
	}
	tokenMu.Lock()
	defer tokenMu.Unlock()
	depth := *burst
	if depth <= 0 {
		depth = *rate
	}
	now := time.Now()
	tokens = min(depth, tokens+now.Sub(tokenAt).Seconds()**rate)
	tokenAt = now
	if tokens < 1 {
		return false
	}
	tokens--
	return true
}

// raise sets a to v if that is more.
func raise(a *atomic.Int64, v int64) {
	for {
		old := a.Load()
		if v <= old || a.CompareAndSwap(old, v) {
			return
		}
	}
}

func count(op string) {
	countMu.Lock()
	defer countMu.Unlock()
	counts[op]++
	lastReq = time.Now()
	if firstReq.IsZero() {
		firstReq = lastReq
	}
}

func countConn(_ net.Conn, state http.ConnState) {
	switch state {
	case http.StateNew:
		connsTotal.Add(1)
		raise(&connsMax, connsOpen.Add(1))
	case http.StateClosed, http.StateHijacked:
		connsOpen.Add(-1)
	}
}

func writeStats(w http.ResponseWriter) {
	_ = json.NewEncoder(w).Encode(summary())
}

func summary() map[string]any {
	countMu.Lock()
	defer countMu.Unlock()
	requests := map[string]int64{}
	for k, v := range counts {
		requests[k] = v
	}
	return map[string]any{
		"requests": requests, "max_in_flight": maxInflight.Load(), "max_connections": connsMax.Load(), "connections": connsTotal.Load(),
		"status_503": n503.Load(), "status_500": n500.Load(), "status_404": n404.Load(), "expired_400": nExpired.Load(),
		"truncated": nTrunc.Load(), "resets": nReset.Load(),
		"mb_out": float64(bytesOut.Load()) / 1e6, "mb_in": float64(bytesIn.Load()) / 1e6, "span_s": lastReq.Sub(firstReq).Seconds(),
		"server_cpu_s": cpuSeconds() - cpuBase,
	}
}

func cpuSeconds() float64 {
	var ru syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &ru); err != nil {
		return 0
	}
	return float64(ru.Utime.Sec+ru.Stime.Sec) + float64(ru.Utime.Usec+ru.Stime.Usec)/1e6
}

func resetCounters() {
	countMu.Lock()
	cpuBase = cpuSeconds()
	counts = map[string]int64{}
	firstReq, lastReq = time.Time{}, time.Time{}
	countMu.Unlock()
	for _, a := range []*atomic.Int64{&maxInflight, &n503, &n500, &nTrunc, &nReset, &nExpired, &n404, &bytesOut, &bytesIn, &connsTotal} {
		a.Store(0)
	}
	connsMax.Store(connsOpen.Load())
}
