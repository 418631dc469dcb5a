package store

import (
	"context"
	"sync/atomic"
)

// A Failure is what becomes of one request. The zero Failure lets it through.
type Failure struct {
	Before error // fail like this without carrying the request out
	After  error // carry it out, and fail like this if it succeeded
}

// Fault returns s with the failures that plan gives to its requests, which it
// sees with their number, from 1, in the order in which they begin. It is for
// tests. plan may be called by many goroutines at once.
func Fault(s Store, plan func(n int64, req Request) Failure) Store {
	return &faulty{next: s, plan: plan}
}

// Unreadable returns a store whose every request is answered by an error.
func Unreadable(err error) Store { return unreadable{err} }

type unreadable struct{ err error }

func (b unreadable) Do(context.Context, Request) (Answer, error) { return Answer{}, b.err }

type faulty struct {
	next Store
	plan func(n int64, req Request) Failure
	n    atomic.Int64
}

func (s *faulty) Do(ctx context.Context, req Request) (Answer, error) {
	f := s.plan(s.n.Add(1), req)
	if f.Before != nil {
		return Answer{}, f.Before
	}
	a, err := s.next.Do(ctx, req)
	if err == nil && f.After != nil {
		return Answer{}, f.After
	}
	return a, err
}
