package flow

import (
	"context"
	"errors"
	"math/rand/v2"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

func TestBudget(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, b := t.Context(), NewBudget(100)
		var order []string
		take := func(name string, n int64) {
			go func() {
				if err := b.Acquire(ctx, n); err != nil {
					t.Error(err)
				}
				order = append(order, name)
			}()
			synctest.Wait()
		}
		check := func(inUse int64, want ...string) {
			t.Helper()
			synctest.Wait()
			if b.InUse() != inUse || len(order) != len(want) || order[len(order)-1] != want[len(want)-1] {
				t.Fatalf("%d in use by %v, want %d by %v", b.InUse(), order, inUse, want)
			}
		}
		take("a", 60)
		take("large", 1000) // waits for the whole
		take("b", 10)       // there is room, but it came later
		check(60, "a")
		b.Release(60)
		check(100, "a", "large")
		b.Release(1000)
		check(10, "a", "large", "b")
		take("none", 0)
		check(10, "a", "large", "b", "none")
		b.Release(10)
		if b.InUse() != 0 || b.Size() != 100 {
			t.Errorf("%d of %d in use at the end", b.InUse(), b.Size())
		}
	})
}

func TestBudgetTake(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := NewBudget(100)
		if !b.Take(60) || b.Take(41) || !b.Take(30) || b.InUse() != 90 {
			t.Errorf("%d in use", b.InUse())
		}
		go func() { _ = b.Acquire(t.Context(), 20) }()
		synctest.Wait()
		if b.Take(1) {
			t.Error("taken before one who waits")
		}
		b.Release(90)
		synctest.Wait()
		if b.InUse() != 20 || NewBudget(100).Take(101) {
			t.Errorf("%d in use, or more taken than there is", b.InUse())
		}
	})
}

// TestBudgetCancel takes the head out of the line: the one behind it must not
// wait for room that is there.
func TestBudgetCancel(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b, why := NewBudget(100), errors.New("not wanted")
		if err := b.Acquire(t.Context(), 50); err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithCancelCause(t.Context())
		head, next := make(chan error, 1), make(chan error, 1)
		go func() { head <- b.Acquire(ctx, 80) }()
		synctest.Wait()
		go func() { next <- b.Acquire(t.Context(), 50) }()
		synctest.Wait()
		cancel(why)
		if err := <-head; !errors.Is(err, why) {
			t.Errorf("got %v", err)
		}
		if err := <-next; err != nil {
			t.Error(err)
		}
		if err := b.Acquire(ctx, 0); !errors.Is(err, why) {
			t.Errorf("of an ended context: %v", err)
		}
		if b.InUse() != 100 {
			t.Errorf("%d in use", b.InUse())
		}
	})
}

// TestBudgetMess checks that the budget holds whatever comes, and that all is
// free in the end.
func TestBudgetMess(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := NewBudget(1000)
		var held atomic.Int64
		if err := Each(t.Context(), 50, count(5000), func(ctx context.Context, _ int) error {
			ctx, cancel := context.WithTimeout(ctx, rand.N(time.Second))
			defer cancel()
			n := rand.Int64N(1500)
			if b.Acquire(ctx, n) != nil {
				return nil
			}
			if got := held.Add(min(n, 1000)); got > 1000 {
				t.Errorf("%d bytes are held", got)
			}
			time.Sleep(rand.N(50 * time.Millisecond))
			held.Add(-min(n, 1000))
			b.Release(n)
			return nil
		}); err != nil {
			t.Error(err)
		}
		if b.InUse() != 0 {
			t.Errorf("%d in use at the end", b.InUse())
		}
	})
}

func TestWorkers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := NewWorkers(3)
		var now, most atomic.Int64
		begun := time.Now()
		if err := Each(t.Context(), 100, count(30), func(ctx context.Context, _ int) error {
			return w.Do(ctx, func() error {
				if n := now.Add(1); n > most.Load() {
					most.Store(n)
				}
				defer now.Add(-1)
				time.Sleep(time.Second)
				return nil
			})
		}); err != nil {
			t.Error(err)
		}
		if most.Load() != 3 || time.Since(begun) != 10*time.Second {
			t.Errorf("%d at once, %v", most.Load(), time.Since(begun))
		}
		ctx, cancel := context.WithCancelCause(t.Context())
		cancel(errFault)
		err := w.Do(ctx, func() error { t.Error("it ran"); return nil })
		if !errors.Is(err, errFault) {
			t.Errorf("got %v", err)
		}
	})
}

func BenchmarkBudget(b *testing.B) {
	b.Run("free", func(b *testing.B) {
		budget, ctx := NewBudget(1<<20), b.Context()
		b.ReportAllocs()
		for b.Loop() {
			_ = budget.Acquire(ctx, 1000)
			budget.Release(1000)
		}
	})
	b.Run("contended", func(b *testing.B) {
		budget, ctx := NewBudget(4000), b.Context()
		b.ReportAllocs()
		b.SetParallelism(64)
		b.RunParallel(func(pb *testing.PB) {
			for pb.Next() {
				_ = budget.Acquire(ctx, 1000)
				budget.Release(1000)
			}
		})
	})
}
