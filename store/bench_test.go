//go:build unix

package store

import (
	"fmt"
	"net/http"
	"os"
	"syscall"
	"testing"
	"time"
)

// cpu returns the CPU time that this process has used.
func cpu() time.Duration {
	var u syscall.Rusage
	syscall.Getrusage(syscall.RUSAGE_SELF, &u)
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// perRequest runs do from many goroutines and reports the CPU of each.
func perRequest(b *testing.B, do func() error) {
	b.ReportAllocs()
	b.SetParallelism(16)
	begun := cpu()
	b.ResetTimer()
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			if err := do(); err != nil {
				b.Error(err)
			}
		}
	})
	b.ReportMetric(float64((cpu()-begun).Microseconds())/float64(b.N), "cpu-us/op")
}

func BenchmarkS3(b *testing.B) {
	endpoint := startSim(b)
	s := openS3(b, endpoint)
	for _, size := range []int{1 << 10, 100 << 10} {
		body := bytesOf(size, 1)
		b.Run(fmt.Sprintf("put/%dK", size>>10), func(b *testing.B) {
			perRequest(b, func() error { _, err := Put(b.Context(), s, "k", body, Condition{}); return err })
		})
		b.Run(fmt.Sprintf("get/%dK", size>>10), func(b *testing.B) {
			perRequest(b, func() error { _, _, err := Get(b.Context(), s, "k", ""); return err })
		})
		// The floor: the same request without an SDK or a signature.
		t := tune(http.DefaultTransport.(*http.Transport).Clone())
		b.Run(fmt.Sprintf("bare/%dK", size>>10), func(b *testing.B) {
			perRequest(b, func() error {
				req, _ := http.NewRequest(http.MethodGet, endpoint+"/test/k", nil)
				resp, err := t.RoundTrip(req)
				if err != nil {
					return err
				}
				defer resp.Body.Close()
				_, err = readBody(resp.Body, resp.ContentLength, nil)
				return err
			})
		})
	}
	for i := range 5000 {
		if _, err := Put(b.Context(), s, fmt.Sprintf("list/%05d", i), nil, Condition{}); err != nil {
			b.Fatal(err)
		}
	}
	b.Run("list", func(b *testing.B) { // a page of 1000
		begun := cpu()
		b.ReportAllocs()
		for b.Loop() {
			if _, err := s.Do(b.Context(), Request{Op: OpList, Key: "list/"}); err != nil {
				b.Fatal(err)
			}
		}
		b.ReportMetric(float64((cpu()-begun).Microseconds())/float64(b.N), "cpu-us/op")
	})
}

func BenchmarkLocal(b *testing.B) {
	s, dir, body := Local(), b.TempDir()+"/", bytesOf(30_000, 1)
	b.Run("put", func(b *testing.B) {
		perRequest(b, func() error {
			_, err := Put(b.Context(), s, fmt.Sprintf("%s%d", dir, time.Now().UnixNano()), body, Condition{})
			return err
		})
	})
	os.WriteFile(dir+"k", body, 0o666)
	b.Run("get", func(b *testing.B) {
		perRequest(b, func() error { _, _, err := Get(b.Context(), s, dir+"k", ""); return err })
	})
}
