package flow

import (
	"container/list"
	"context"
	"sync"
)

// A Budget hands out a fixed number of bytes of memory, first come, first
// served: a large request waits for room at the head of the line, and smaller
// ones behind it wait too, so that it is never starved. It limits memory alone;
// requests have a [Limiter], CPU work has [Workers].
type Budget struct {
	size int64

	mu    sync.Mutex
	used  int64
	queue list.List // of *claim, oldest first
}

// A claim is an Acquire that waits. Its channel is closed when it is granted.
type claim struct {
	bytes   int64
	granted chan struct{}
}

// NewBudget returns a budget of so many bytes, at least 1.
func NewBudget(bytes int64) *Budget {
	return &Budget{size: max(1, bytes)}
}

// Acquire takes n bytes, waiting until they are free. An n above the whole
// budget is cut to the whole, so that a file larger than the budget passes
// alone. If ctx ends first nothing is taken and its cause is returned.
func (b *Budget) Acquire(ctx context.Context, n int64) error {
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	n = b.cut(n)
	b.mu.Lock()
	if b.queue.Len() == 0 && b.used+n <= b.size {
		b.used += n
		b.mu.Unlock()
		return nil
	}
	c := &claim{bytes: n, granted: make(chan struct{})}
	place := b.queue.PushBack(c)
	b.mu.Unlock()

	select {
	case <-c.granted:
		return nil
	case <-ctx.Done():
		return b.withdraw(ctx, c, place)
	}
}

// Take takes n bytes if they are free and nobody waits for some, and says
// whether. An n above the whole budget never is.
func (b *Budget) Take(n int64) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.queue.Len() > 0 || b.used+n > b.size {
		return false
	}
	b.used += n
	return true
}

// withdraw takes a claim out of the line. One that was granted meanwhile is
// given back.
func (b *Budget) withdraw(ctx context.Context, c *claim, place *list.Element) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	select {
	case <-c.granted:
		b.used -= c.bytes
	default:
		b.queue.Remove(place)
	}
	b.grant()
	return context.Cause(ctx)
}

// Release gives back n bytes: the n of the Acquire, cut in the same way. It
// panics if more is given back than was taken.
func (b *Budget) Release(n int64) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.used -= b.cut(n)
	if b.used < 0 {
		panic("flow: more bytes released than acquired")
	}
	b.grant()
}

// grant lets the head of the line in while there is room. mu is held.
func (b *Budget) grant() {
	for e := b.queue.Front(); e != nil; e = b.queue.Front() {
		c := e.Value.(*claim)
		if b.used+c.bytes > b.size {
			return
		}
		b.used += c.bytes
		b.queue.Remove(e)
		close(c.granted)
	}
}

func (b *Budget) cut(n int64) int64 { return min(max(0, n), b.size) }

// InUse returns the bytes taken at this moment.
func (b *Budget) InUse() int64 {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.used
}

// Size returns the bytes of the whole budget.
func (b *Budget) Size() int64 { return b.size }
