package flow

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"testing"
	"testing/synctest"
	"time"
)

// A made is an item of the tests of Lanes.
type made struct{ part, n int }

// makeItems sends so many items of a part, of a size, each after a wait, and ends
// with the error that end has for the part.
func makeItems(items int, size int64, wait func() time.Duration, end map[int]error) func(context.Context, int, *made, func(*made, int64) (*made, error)) error {
	return func(ctx context.Context, part int, item *made, send func(*made, int64) (*made, error)) error {
		for n := range items {
			if err := sleep(ctx, wait()); err != nil {
				return err
			}
			*item = made{part, n}
			var err error
			if item, err = send(item, size); err != nil {
				return err
			}
		}
		return end[part]
	}
}

func second() time.Duration { return time.Second }

func TestLanes(t *testing.T) {
	const parts, items = 10, 40
	for _, n := range []int{1, 2, 3, 16} {
		for _, size := range []int64{0, 1, 30, 1000} { // of 100 that there is room for
			synctest.Test(t, func(t *testing.T) {
				random := func() time.Duration { return time.Duration(rand.Int64N(int64(time.Second))) }
				got := 0
				err := Lanes(t.Context(), n, parts, 100, makeItems(items, size, random, nil), func(_ context.Context, m *made) error {
					if want := (made{got / items, got % items}); *m != want {
						t.Fatalf("%d at once, of %d bytes: %v, want %v", n, size, *m, want)
					}
					got++
					time.Sleep(random())
					return nil
				})
				if err != nil || got != parts*items {
					t.Errorf("%d at once, of %d bytes: %d items, %v", n, size, got, err)
				}
			})
		}
	}
}

// TestLanesAtOnce: as many parts are made at once as there are lanes, as far as
// there is room for what nobody takes yet, and one takes meanwhile.
func TestLanesAtOnce(t *testing.T) {
	for _, tc := range []struct {
		n    int
		size int64
		want time.Duration
	}{
		{1, 1, 80 * time.Second},
		{4, 1, 20 * time.Second}, // ten of a part, and two parts each
		{8, 1, 10 * time.Second},
		{4, 100, 66 * time.Second}, // of each other part one is there already, and one made
	} {
		synctest.Test(t, func(t *testing.T) {
			begun := time.Now()
			err := Lanes(t.Context(), tc.n, 8, 100, makeItems(10, tc.size, second, nil), func(context.Context, *made) error { return nil })
			if took := time.Since(begun); err != nil || took != tc.want {
				t.Errorf("%d at once, of %d bytes: %v, %v, want %v", tc.n, tc.size, took, err, tc.want)
			}
		})
	}
}

// TestLanesEnd: an error comes when its turn comes, and ends the others.
func TestLanesEnd(t *testing.T) {
	bad, worse := errors.New("bad"), errors.New("worse")
	for _, n := range []int{1, 2, 5} {
		synctest.Test(t, func(t *testing.T) {
			got := 0
			err := Lanes(t.Context(), n, 5, 100, makeItems(3, 1, second, map[int]error{2: bad, 3: worse}), func(context.Context, *made) error {
				got++
				return nil
			})
			if err != bad || got != 9 {
				t.Errorf("%d at once: %v after %d items", n, err, got)
			}
			got = 0
			err = Lanes(t.Context(), n, 5, 100, makeItems(3, 100, second, map[int]error{4: worse}), func(context.Context, *made) error {
				if got++; got == 5 {
					return bad
				}
				return nil
			})
			if err != bad || got != 5 {
				t.Errorf("%d at once: %v after %d items", n, err, got)
			}
			ctx, cancel := context.WithCancelCause(t.Context())
			time.AfterFunc(2500*time.Millisecond, func() { cancel(worse) })
			if err := Lanes(ctx, n, 5, 1, makeItems(3, 1, second, nil), func(context.Context, *made) error { return nil }); err != worse {
				t.Errorf("%d at once: %v, want the cause of the end", n, err)
			}
		})
	}
}

// TestLanesReuse: what was taken is filled again.
func TestLanesReuse(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		seen := map[*made]bool{}
		err := Lanes(t.Context(), 2, 4, 3, makeItems(100, 1, second, nil), func(_ context.Context, m *made) error {
			seen[m] = true
			return nil
		})
		if err != nil || len(seen) > 2*(3+2) {
			t.Errorf("%d items, %v", len(seen), err)
		}
	})
}

func TestSpare(t *testing.T) {
	w := NewWorkers(3)
	err := w.Do(t.Context(), func() error {
		if n := w.Spare(5); n != 2 {
			return fmt.Errorf("%d of 2 places", n)
		}
		if n := w.Spare(1); n != 0 {
			return fmt.Errorf("%d of none", n)
		}
		w.Return(2)
		if n := w.Spare(1); n != 1 {
			return fmt.Errorf("%d of those that were given back", n)
		}
		w.Return(1)
		return nil
	})
	if err != nil {
		t.Error(err)
	}
}
