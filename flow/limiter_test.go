package flow

import (
	"context"
	"errors"
	"math/rand/v2"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

type timeoutError struct{}

func (timeoutError) Error() string { return "no answer" }
func (timeoutError) Timeout() bool { return true }

func count(n int) func(func(int, error) bool) {
	return func(yield func(int, error) bool) {
		for i := range n {
			if !yield(i, nil) {
				return
			}
		}
	}
}

// wait is a request of so long.
func wait(d time.Duration) func(context.Context) error {
	return func(ctx context.Context) error { return sleep(ctx, d) }
}

// TestLimiterPipeline is what the limiter is for: files are got, worked on by
// two cores, and put. The ramp must cost little against many slots from the
// start.
func TestLimiterPipeline(t *testing.T) {
	run := func(open func() gate, cpu time.Duration) time.Duration {
		var took time.Duration
		synctest.Test(t, func(t *testing.T) {
			begun := time.Now()
			g, w := open(), NewWorkers(2)
			err := Each(t.Context(), 300, count(300), func(ctx context.Context, i int) error {
				jitter := 0.8 + 0.4*float64(i*7919%300)/300
				if err := g.Do(ctx, wait(time.Duration(jitter*1e8))); err != nil {
					return err
				}
				if err := w.Do(ctx, func() error { return sleep(ctx, cpu) }); err != nil {
					return err
				}
				return g.Do(ctx, wait(time.Duration(jitter*1.5e8)))
			})
			if err != nil {
				t.Error(err)
			}
			took = time.Since(begun)
		})
		return took
	}
	for _, cpu := range []time.Duration{0, time.Millisecond, 3 * time.Millisecond} {
		best, took := run(fixed(256), cpu), run(adaptive(1), cpu)
		t.Logf("work of %v a file: 256 slots %.2fs, adaptive %.2fs", cpu, best.Seconds(), took.Seconds())
		if took > best*8/5 {
			t.Errorf("took %v, more than 1.6 times the %v of 256 slots", took, best)
		}
	}
}

// TestLimiterLearnsNothingFromItsCaller has a caller with too few requests for
// a while, in a store that needs many at once: nothing may be lost by that.
func TestLimiterLearnsNothingFromItsCaller(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := NewLimiter(LimiterOptions{Max: 200})
		send := func(callers, n int) {
			if err := Each(t.Context(), callers, count(n), func(ctx context.Context, _ int) error {
				return l.Do(ctx, wait(50*time.Millisecond))
			}); err != nil {
				t.Error(err)
			}
		}
		send(5, 500)
		if got := l.Stats().Limit; got != 20 {
			t.Errorf("limit is %d after 5 callers, want the 20 it began with", got)
		}
		send(300, 5000)
		if got := l.Stats().Limit; got < 180 {
			t.Errorf("limit is %d after 300 callers, want nearly 200", got)
		}
		send(3, 2000)
		if got := l.Stats().Limit; got < 180 {
			t.Errorf("limit is %d after 3 callers for long, want nearly 200 still", got)
		}
	})
}

func TestLimiterBounds(t *testing.T) {
	for name, tc := range map[string]struct {
		o    LimiterOptions
		most int64
	}{
		"fixed":             {LimiterOptions{Fixed: 7}, 7},
		"fixed above max":   {LimiterOptions{Fixed: 30, Max: 10}, 30},
		"max":               {LimiterOptions{Max: 40}, 40},
		"max below start":   {LimiterOptions{Max: 3}, 3},
		"min above max":     {LimiterOptions{Min: 9, Max: 4}, 4},
		"one":               {LimiterOptions{Max: 1}, 1},
		"more than default": {LimiterOptions{Start: 1500, Max: 3000}, 3000},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				l := NewLimiter(tc.o)
				var now, most atomic.Int64
				n := int(min(20*tc.most, 9000))
				if err := Each(t.Context(), n, count(n), func(ctx context.Context, _ int) error {
					return l.Do(ctx, func(ctx context.Context) error {
						if n := now.Add(1); n > most.Load() {
							most.Store(n)
						}
						defer now.Add(-1)
						return sleep(ctx, 50*time.Millisecond)
					})
				}); err != nil {
					t.Error(err)
				}
				if got := most.Load(); got != tc.most {
					t.Errorf("at most %d were in flight, want %d", got, tc.most)
				}
				if s := l.Stats(); s.InFlight != 0 || s.Waiting != 0 || s.Done != int64(n) {
					t.Errorf("at the end: %+v", s)
				}
			})
		})
	}
}

func TestLimiterRate(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := NewLimiter(LimiterOptions{Rate: 50})
		begun := time.Now()
		if err := Each(t.Context(), 100, count(500), func(ctx context.Context, _ int) error {
			return l.Do(ctx, wait(30*time.Millisecond))
		}); err != nil {
			t.Error(err)
		}
		if got := time.Since(begun).Seconds(); got < 9.9 || got > 10.2 {
			t.Errorf("500 requests at 50/s took %.2fs", got)
		}
		if got := l.Stats().Rate; got != 50 {
			t.Errorf("rate is %v, want 50", got)
		}
	})
}

// TestLimiterPauses checks that after a refusal nothing is sent for a moment,
// even if the number of slots is fixed, and that a store that refuses all gets
// single requests, further and further apart.
func TestLimiterPauses(t *testing.T) {
	for name, o := range map[string]LimiterOptions{"adaptive": {}, "fixed": {Fixed: 20}} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
				defer cancel()
				l := NewLimiter(o)
				var mu sync.Mutex
				var sent []time.Duration
				begun := time.Now()
				_ = Each(ctx, 100, count(100), func(ctx context.Context, _ int) error {
					for ctx.Err() == nil {
						_ = l.Do(ctx, func(ctx context.Context) error {
							mu.Lock()
							sent = append(sent, time.Since(begun))
							mu.Unlock()
							_ = sleep(ctx, 10*time.Millisecond)
							return throttledError{}
						})
					}
					return nil
				})
				if len(sent) < 30 || len(sent) > 60 {
					t.Errorf("%d requests in 30s, want the first 20 and some single ones", len(sent))
				}
				if gap := sent[len(sent)-1] - sent[len(sent)-2]; gap < time.Second || gap > 3*time.Second {
					t.Errorf("the last two are %v apart", gap)
				}
			})
		})
	}
}

func TestLimiterTimeout(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := NewLimiter(LimiterOptions{Start: 100})
		err := l.Do(t.Context(), func(context.Context) error { return timeoutError{} })
		if !errors.Is(err, timeoutError{}) {
			t.Errorf("got %v", err)
		}
		if s := l.Stats(); s.Limit != 70 || s.TimedOut != 1 {
			t.Errorf("after a timeout: %+v", s)
		}

		// The caller's own deadline is no sign of load.
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if err := l.Do(ctx, wait(time.Minute)); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("got %v", err)
		}
		if s := l.Stats(); s.Limit != 70 || s.TimedOut != 1 {
			t.Errorf("after a deadline: %+v", s)
		}
	})
}

// TestLimiterCancel takes waiting requests out of the line, from its head as
// well, without losing the turn of those behind.
func TestLimiterCancel(t *testing.T) {
	for name, o := range map[string]LimiterOptions{"by slots": {Fixed: 1}, "by rate": {Rate: 1}} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				l := NewLimiter(o)
				why := errors.New("not wanted")
				ctx, cancel := context.WithCancelCause(t.Context())
				done := make(chan error, 3)
				for _, ctx := range []context.Context{t.Context(), ctx, t.Context()} {
					go func() { done <- l.Do(ctx, wait(100*time.Millisecond)) }()
					synctest.Wait()
				}
				cancel(why)
				if err := <-done; !errors.Is(err, why) {
					t.Errorf("the cancelled one returned %v", err)
				}
				for range 2 {
					if err := <-done; err != nil {
						t.Error(err)
					}
				}
				if s := l.Stats(); s.Done != 2 || s.Waiting != 0 || s.InFlight != 0 {
					t.Errorf("at the end: %+v", s)
				}
			})
		})
	}
}

func TestLimiterPanic(t *testing.T) {
	l := NewLimiter(LimiterOptions{Fixed: 1})
	func() {
		defer func() {
			if recover() == nil {
				t.Error("the panic was swallowed")
			}
		}()
		_ = l.Do(t.Context(), func(context.Context) error { panic("fn") })
	}()
	if err := l.Do(t.Context(), wait(0)); err != nil {
		t.Error(err)
	}
}

// TestLimiterMess sends requests that are answered, refused, time out, fail and
// are cancelled, all at random, and checks that none is lost.
func TestLimiterMess(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := NewLimiter(LimiterOptions{Max: 50})
		fates := []error{nil, nil, nil, nil, throttledError{}, timeoutError{}, errors.New("fault")}
		var sent atomic.Int64
		err := Each(t.Context(), 200, count(3000), func(ctx context.Context, _ int) error {
			ctx, cancel := context.WithTimeout(ctx, rand.N(20*time.Second))
			defer cancel()
			_ = l.Do(ctx, func(ctx context.Context) error {
				sent.Add(1)
				_ = sleep(ctx, rand.N(50*time.Millisecond))
				return fates[rand.IntN(len(fates))]
			})
			return nil
		})
		s := l.Stats()
		if err != nil || s.InFlight != 0 || s.Waiting != 0 || s.Done != sent.Load() || s.Limit < 1 || s.Limit > 50 {
			t.Errorf("%v; %d sent; at the end: %+v", err, sent.Load(), s)
		}
	})
}

func BenchmarkLimiterDo(b *testing.B) {
	fn := func(context.Context) error { return nil }
	b.Run("free", func(b *testing.B) {
		l, ctx := NewLimiter(LimiterOptions{}), b.Context()
		b.ReportAllocs()
		for b.Loop() {
			_ = l.Do(ctx, fn)
		}
	})
	b.Run("contended", func(b *testing.B) {
		l, ctx := NewLimiter(LimiterOptions{Fixed: 4}), b.Context()
		b.ReportAllocs()
		b.SetParallelism(64)
		b.RunParallel(func(pb *testing.PB) {
			for pb.Next() {
				_ = l.Do(ctx, fn)
			}
		})
	})
}

// TestLimiterFirst checks that what ends work goes before what begins it, and
// that both keep their order.
func TestLimiterFirst(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := NewLimiter(LimiterOptions{Fixed: 1})
		var mu sync.Mutex
		var order []string
		note := func(name string) func(context.Context) error {
			return func(ctx context.Context) error {
				mu.Lock()
				order = append(order, name)
				mu.Unlock()
				return sleep(ctx, time.Second)
			}
		}
		var all sync.WaitGroup
		for _, name := range []string{"held", "get 1", "get 2", "put 1", "put 2"} {
			do := l.Do
			if name[0] == 'p' {
				do = l.DoFirst
			}
			all.Go(func() { _ = do(t.Context(), note(name)) })
			synctest.Wait()
		}
		all.Wait()
		want := []string{"held", "put 1", "put 2", "get 1", "get 2"}
		if !slices.Equal(order, want) {
			t.Errorf("order %v, want %v", order, want)
		}
	})
}
