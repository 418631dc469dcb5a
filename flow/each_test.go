package flow

import (
	"context"
	"errors"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

func TestEach(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var sum, now, most, pulled, ended atomic.Int64
		items := func(yield func(int, error) bool) {
			for i := range 100 {
				if early := pulled.Add(1) - ended.Load(); early > 7 {
					t.Errorf("item %d was pulled when there was no room", i)
				}
				if !yield(i, nil) {
					return
				}
			}
		}
		err := Each(t.Context(), 7, items, func(_ context.Context, i int) error {
			if n := now.Add(1); n > most.Load() {
				most.Store(n)
			}
			time.Sleep(time.Second)
			sum.Add(int64(i))
			now.Add(-1)
			ended.Add(1)
			return nil
		})
		if err != nil || sum.Load() != 4950 || most.Load() != 7 {
			t.Errorf("%v, sum %d, %d at once", err, sum.Load(), most.Load())
		}
	})
}

func TestEachError(t *testing.T) {
	failing := func(yield func(int, error) bool) {
		_ = yield(1, nil) && yield(0, errFault)
	}
	idle := func(ctx context.Context, _ int) error { return sleep(ctx, time.Hour) }
	for name, run := range map[string]func(context.Context) error{
		"of do": func(ctx context.Context) error {
			return Each(ctx, 4, count(100), func(ctx context.Context, i int) error {
				if i == 2 {
					return errFault
				}
				return idle(ctx, i)
			})
		},
		"of the last do": func(ctx context.Context) error {
			return Each(ctx, 4, count(3), func(ctx context.Context, i int) error {
				if i == 2 {
					return errFault
				}
				return idle(ctx, i)
			})
		},
		"of items": func(ctx context.Context) error { return Each(ctx, 4, failing, idle) },
		"of one of several": func(ctx context.Context) error {
			return Together(ctx,
				func(ctx context.Context) error { return idle(ctx, 0) },
				func(context.Context) error { return errFault })
		},
		"outside": func(ctx context.Context) error {
			ctx, cancel := context.WithTimeoutCause(ctx, time.Minute, errFault)
			defer cancel()
			return Each(ctx, 4, count(100), idle)
		},
		"outside, before": func(ctx context.Context) error {
			ctx, cancel := context.WithCancelCause(ctx)
			cancel(errFault)
			return Each(ctx, 4, count(100), func(context.Context, int) error {
				t.Error("do was called")
				return nil
			})
		},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				begun := time.Now()
				if err := run(t.Context()); !errors.Is(err, errFault) {
					t.Errorf("got %v", err)
				}
				if took := time.Since(begun); took > time.Minute {
					t.Errorf("the others were not cancelled: %v", took)
				}
			})
		})
	}
}

// TestTogetherWhole: work that is done is done, though the context ended meanwhile.
func TestTogetherWhole(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	if err := Together(ctx, func(context.Context) error { cancel(); return nil }); err != nil {
		t.Error(err)
	}
}

func TestAhead(t *testing.T) {
	for _, depth := range []int{0, 1, 3, 10, 50} {
		synctest.Test(t, func(t *testing.T) {
			var begun atomic.Int64
			want := 0
			for v, err := range Ahead(t.Context(), 10, depth, func(_ context.Context, i int) (int, error) {
				begun.Add(1)
				time.Sleep(time.Duration(10-i) * time.Second)
				return i * i, nil
			}) {
				if err != nil || v != want*want {
					t.Errorf("depth %d: item %d is %d, %v", depth, want, v, err)
				}
				want++
				synctest.Wait()
				if ahead := int(begun.Load()) - want; ahead > max(1, depth) {
					t.Errorf("depth %d: %d are fetched ahead", depth, ahead)
				}
			}
			if want != 10 {
				t.Errorf("depth %d: %d items", depth, want)
			}
		})
	}
}

func TestAheadEnds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		fetch := func(ctx context.Context, i int) (int, error) {
			if i == 3 {
				return 0, errFault
			}
			return i, sleep(ctx, time.Second)
		}
		n := 0
		for _, err := range Ahead(t.Context(), 100, 5, fetch) {
			if n++; (err != nil) != (n == 4) {
				t.Errorf("item %d: %v", n-1, err)
			}
		}
		if n != 4 {
			t.Errorf("%d items, want 3 and an error", n)
		}

		begun := time.Now()
		for range Ahead(t.Context(), 100, 5, func(ctx context.Context, i int) (int, error) {
			if i == 0 {
				return 0, nil
			}
			return 0, sleep(ctx, time.Hour)
		}) {
			break
		}
		if time.Since(begun) != 0 {
			t.Errorf("after break, fetches went on for %v", time.Since(begun))
		}
		for range Ahead(t.Context(), 0, 5, fetch) {
			t.Error("an item of none")
		}
	})
}
