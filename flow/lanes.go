package flow

import (
	"context"
	"sync"
)

// Lanes has the items of parts made by n at once, each its own part, and taken by
// the goroutine of the caller: those of the first part in their order, then those
// of the second, and so on.
//
// fill is given an item to fill, hands it to send with the bytes that it takes, and
// goes on with the one that send returns: a new one, or one that was taken before.
// It returns what send returns as an error. What each of the n has made and is not
// yet taken has room bytes, or is one item.
//
// An error of fill comes after all that it sent, and all of the parts before it,
// was taken; it is returned, as is one of take. Then the context of fill ends. If
// ctx ended before, its cause is returned.
func Lanes[T any](ctx context.Context, n, parts int, room int64, fill func(ctx context.Context, part int, item *T, send func(*T, int64) (*T, error)) error, take func(context.Context, *T) error) error {
	ctx, cancel := context.WithCancelCause(ctx)
	var wg sync.WaitGroup
	defer wg.Wait()
	defer cancel(nil)
	lanes := newLanes[T](min(n, parts), room)
	for i, l := range lanes {
		wg.Go(func() {
			defer close(l.full)
			for part := i; part < parts && l.err == nil; part += len(lanes) {
				if l.err = fill(ctx, part, l.free(), func(item *T, size int64) (*T, error) { return l.send(ctx, item, size) }); l.err == nil {
					_, l.err = l.send(ctx, nil, 0)
				}
			}
		})
	}
	for part := range parts {
		if err := lanes[part%len(lanes)].take(func(item *T) error { return take(ctx, item) }); err != nil {
			cancel(err)
			return context.Cause(ctx)
		}
	}
	return nil
}

// laneItems is how many items a lane holds at most, however small they are.
const laneItems = 256

// A lane carries the items of every n-th part.
type lane[T any] struct {
	room *Budget
	full chan sized[T]
	used chan *T
	err  error // why no more are made; set before full is closed
}

// A sized is an item with the bytes that it takes; none is the end of a part.
type sized[T any] struct {
	item *T
	size int64
}

func newLanes[T any](n int, room int64) []*lane[T] {
	lanes := make([]*lane[T], n)
	for i := range lanes {
		lanes[i] = &lane[T]{room: NewBudget(room), full: make(chan sized[T], laneItems), used: make(chan *T, laneItems)}
	}
	return lanes
}

// free returns an item to be filled.
func (l *lane[T]) free() *T {
	select {
	case item := <-l.used:
		return item
	default:
		return new(T)
	}
}

// send hands on an item as soon as there is room for it, and returns the next.
func (l *lane[T]) send(ctx context.Context, item *T, size int64) (*T, error) {
	if err := l.room.Acquire(ctx, size); err != nil {
		return nil, err
	}
	select {
	case l.full <- sized[T]{item, size}:
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	}
	if item == nil {
		return nil, nil
	}
	return l.free(), nil
}

// take gives the items of one part to take.
func (l *lane[T]) take(take func(*T) error) error {
	for s := range l.full {
		if s.item == nil {
			return nil
		}
		if err := take(s.item); err != nil {
			return err
		}
		l.room.Release(s.size)
		select {
		case l.used <- s.item:
		default:
		}
	}
	return l.err
}
