package flow

import (
	"context"
	"sync"
)

// Ordered has items filled by one, worked on by n and taken by one, in the order
// in which they were filled.
//
// fill is given the first item, hands it to send when it is full, and goes on
// with the one that send returns: a new one, or one that was taken before. It
// returns what send returns as an error. worker is called once for each of the
// n, and returns what that does with an item. There are 2n+1 items at most.
//
// With n below 2 the goroutine of the caller does all of it. Otherwise it takes,
// and the others go on beside it. Both end alike, by what comes first in the
// order of the items: an error of take, or one of fill after all that it sent
// was taken. When take fails the context of fill ends. If ctx ended before, its
// cause is returned.
func Ordered[T any](ctx context.Context, n int, fill func(ctx context.Context, item *T, send func(*T) (*T, error)) error, worker func() func(*T), take func(context.Context, *T) error) error {
	if n < 2 {
		work := worker()
		return causeOf(ctx, fill(ctx, new(T), func(item *T) (*T, error) {
			work(item)
			return item, take(ctx, item)
		}))
	}
	ctx, cancel := context.WithCancelCause(ctx)
	var wg sync.WaitGroup
	defer wg.Wait()
	defer cancel(nil)
	b := newBelt[*worked[T]](2*n + 1)
	begun := make(chan *worked[T], 2*n+1)
	wg.Go(func() {
		defer close(begun)
		w, err := free(ctx, b)
		if err == nil {
			err = fill(ctx, &w.item, func(*T) (_ *T, err error) {
				b.full <- w
				begun <- w
				w, err = free(ctx, b)
				return &w.item, err
			})
		}
		b.end(err)
	})
	for range n {
		work := worker()
		wg.Go(func() {
			for w := range begun {
				work(&w.item)
				w.done <- struct{}{}
			}
		})
	}
	for w := range b.full {
		<-w.done
		if err := take(ctx, &w.item); err != nil {
			cancel(err)
			return context.Cause(ctx)
		}
		b.used <- w
	}
	return causeOf(ctx, b.err)
}

// causeOf returns err, or the cause of it if that is the end of ctx.
func causeOf(ctx context.Context, err error) error {
	if err != nil && ctx.Err() != nil {
		return context.Cause(ctx)
	}
	return err
}

// A worked is an item of Ordered. It is on the belt while it is worked on.
type worked[T any] struct {
	item T
	done chan struct{}
}

// free returns an item to be filled, as soon as there is one.
func free[T any](ctx context.Context, b *belt[*worked[T]]) (*worked[T], error) {
	w, err := b.free(ctx)
	if w == nil {
		w = &worked[T]{done: make(chan struct{}, 1)}
	}
	return w, err
}
