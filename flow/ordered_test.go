package flow

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

// A job is an item of the tests of Ordered: its number, and twice that once it
// was worked on.
type job struct{ n, twice int }

// fillJobs sends jobs 0 to n-1, each after a wait, and ends with an error.
func fillJobs(n int, wait time.Duration, end error) func(context.Context, *job, func(*job) (*job, error)) error {
	return func(ctx context.Context, item *job, send func(*job) (*job, error)) error {
		for i := range n {
			if wait > 0 {
				if err := sleep(ctx, wait); err != nil {
					return err
				}
			}
			*item = job{n: i}
			var err error
			if item, err = send(item); err != nil {
				return err
			}
		}
		return end
	}
}

func doubling(wait func(*job) time.Duration) func() func(*job) {
	return func() func(*job) {
		return func(j *job) {
			time.Sleep(wait(j))
			j.twice = 2 * j.n
		}
	}
}

func no(*job) time.Duration { return 0 }

func TestOrdered(t *testing.T) {
	for _, n := range []int{0, 1, 2, 3, 16} {
		t.Run(fmt.Sprint(n), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var got []int
				seen := map[*job]bool{}
				var ahead atomic.Int64
				random := func(*job) time.Duration { return time.Duration(rand.Int64N(int64(time.Second))) }
				fill := fillJobs(100, 0, nil)
				err := Ordered(t.Context(), n, func(ctx context.Context, item *job, send func(*job) (*job, error)) error {
					return fill(ctx, item, func(item *job) (*job, error) {
						if ahead.Add(1) > int64(2*max(n, 0)+1) {
							t.Errorf("%d items are under way", ahead.Load())
						}
						return send(item)
					})
				}, doubling(random), func(_ context.Context, j *job) error {
					seen[j] = true
					got = append(got, j.twice)
					time.Sleep(random(j))
					ahead.Add(-1)
					return nil
				})
				if err != nil || len(got) != 100 || !slices.IsSorted(got) || got[99] != 198 {
					t.Errorf("%v, %v", err, got)
				}
				if len(seen) > 2*n+1 {
					t.Errorf("%d items for %d workers", len(seen), n)
				}
			})
		})
	}
}

// TestOrderedAtOnce: the one who fills, the workers and the one who takes all
// work at the same time.
func TestOrderedAtOnce(t *testing.T) {
	for n, want := range map[int]time.Duration{1: 600 * time.Second, 2: 200 * time.Second, 4: 100 * time.Second, 16: 100 * time.Second} {
		synctest.Test(t, func(t *testing.T) {
			begun := time.Now()
			four := func(*job) time.Duration { return 4 * time.Second }
			if err := Ordered(t.Context(), n, fillJobs(100, time.Second, nil), doubling(four), func(ctx context.Context, _ *job) error {
				return sleep(ctx, time.Second)
			}); err != nil {
				t.Error(err)
			}
			if took := time.Since(begun); took < want || took > want+want/15 {
				t.Errorf("%d workers took %v, want little more than %v", n, took, want)
			}
		})
	}
}

// TestOrderedErrors: what comes first in the order of the items is the error,
// however many work on them and however long that takes.
func TestOrderedErrors(t *testing.T) {
	refused := errors.New("refused")
	for name, tc := range map[string]struct {
		filled int   // items, then
		end    error // of fill
		refuse int   // the item that take refuses; -1: none
		want   error
		taken  int
	}{
		"fill fails":             {20, errFault, -1, errFault, 20},
		"fill fails at once":     {0, errFault, -1, errFault, 0},
		"take fails":             {1 << 30, nil, 12, refused, 12},
		"take fails first":       {13, errFault, 12, refused, 12},
		"take fails at once":     {1, errFault, 0, refused, 0},
		"fill fails just before": {12, errFault, 12, errFault, 12},
		"nothing to do":          {0, nil, -1, nil, 0},
	} {
		for _, n := range []int{1, 2, 16} {
			t.Run(fmt.Sprintf("%s, %d workers", name, n), func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					taken := 0
					random := func(*job) time.Duration { return time.Duration(rand.Int64N(int64(time.Second))) }
					err := Ordered(t.Context(), n, fillJobs(tc.filled, time.Millisecond, tc.end), doubling(random), func(_ context.Context, j *job) error {
						time.Sleep(random(j))
						if j.n == tc.refuse {
							return refused
						}
						taken++
						return nil
					})
					if err != tc.want || taken != tc.taken {
						t.Errorf("%v after %d items", err, taken)
					}
				})
			})
		}
	}
}

// TestOrderedCancel: when the context ends, or take fails, fill is not waited for.
func TestOrderedCancel(t *testing.T) {
	slow := func(ctx context.Context, item *job, send func(*job) (*job, error)) error {
		if _, err := send(item); err != nil {
			return err
		}
		return sleep(ctx, time.Hour)
	}
	for _, n := range []int{1, 2, 16} {
		synctest.Test(t, func(t *testing.T) {
			begun := time.Now()
			ctx, cancel := context.WithTimeoutCause(t.Context(), time.Second, errFault)
			defer cancel()
			if err := Ordered(ctx, n, slow, doubling(no), func(context.Context, *job) error { return nil }); !errors.Is(err, errFault) {
				t.Errorf("%d workers: %v", n, err)
			}
			if err := Ordered(t.Context(), n, slow, doubling(no), func(context.Context, *job) error { return errFault }); !errors.Is(err, errFault) {
				t.Errorf("%d workers: %v", n, err)
			}
			if took := time.Since(begun); took != time.Second {
				t.Errorf("%d workers took %v", n, took)
			}
		})
	}
}

// TestOrderedOwn: each worker has its own, and only one of them at a time works
// on an item.
func TestOrderedOwn(t *testing.T) {
	var mu sync.Mutex
	workers := 0
	err := Ordered(t.Context(), 16, fillJobs(10000, 0, nil), func() func(*job) {
		mu.Lock()
		defer mu.Unlock()
		workers++
		own := 0
		return func(j *job) {
			own++ // a race if two shared it
			j.twice = 2 * j.n
		}
	}, func(_ context.Context, j *job) error {
		if j.twice != 2*j.n {
			t.Errorf("item %d was not worked on", j.n)
		}
		return nil
	})
	if err != nil || workers != 16 {
		t.Errorf("%v, %d workers", err, workers)
	}
}

// BenchmarkOrdered measures what it costs to pass an item on.
func BenchmarkOrdered(b *testing.B) {
	for _, n := range []int{1, 2, 16} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			b.ReportAllocs()
			_ = Ordered(b.Context(), n, fillJobs(b.N, 0, nil), doubling(no), func(context.Context, *job) error { return nil })
		})
	}
}
