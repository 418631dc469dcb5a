package flow

import (
	"context"
	"iter"
	"sync"
)

// Ahead yields what fetch(i) returns for i = 0 to n-1, in this order, while at
// most depth of the next ones (at least 1) are being fetched or lie ready: so
// depth follows memory as well as latency. An error is yielded in its place
// and is the last. When the loop ends, early or not, what is still being
// fetched is cancelled and waited for.
func Ahead[T any](ctx context.Context, n, depth int, fetch func(context.Context, int) (T, error)) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		ctx, cancel := context.WithCancel(ctx)
		var wg sync.WaitGroup
		defer wg.Wait()
		defer cancel()

		depth := max(1, depth)
		ready := make([]chan result[T], depth) // of i at i%depth
		start := func(i int) {
			c := make(chan result[T], 1)
			ready[i%depth] = c
			wg.Go(func() {
				v, err := fetch(ctx, i)
				c <- result[T]{v, err}
			})
		}
		for i := range min(n, depth) {
			start(i)
		}
		for i := range n {
			r := <-ready[i%depth]
			if r.err == nil && i+depth < n {
				start(i + depth)
			}
			if !yield(r.value, r.err) || r.err != nil {
				return
			}
		}
	}
}

type result[T any] struct {
	value T
	err   error
}
