package store

import (
	"context"

	"github.com/seed-128c3863/sluice/flow"
)

// Limit returns s with each request waiting for a slot of l. Requests that
// write go before those that read: a file that was read is held in memory until
// its output is written.
func Limit(s Store, l *flow.Limiter) Store { return &limited{s, l} }

type limited struct {
	next    Store
	limiter *flow.Limiter
}

func (s *limited) Do(ctx context.Context, req Request) (a Answer, err error) {
	do := s.limiter.Do
	if req.First || req.Op != OpList && req.Op != OpHead && req.Op != OpGet {
		do = s.limiter.DoFirst
	}
	err = do(ctx, func(ctx context.Context) (err error) {
		a, err = s.next.Do(ctx, req)
		return err
	})
	return a, outside(ctx, req, err)
}

// outside returns err as an *Error if it is none because it came from waiting
// and not from a store.
func outside(ctx context.Context, req Request, err error) error {
	if err == nil || KindOf(err) != Other || ended(ctx) == nil {
		return err
	}
	return &Error{Op: req.Op.String(), URL: bare(req.Key), Err: context.Cause(ctx)}
}

// First returns s with each request going before those of others that wait for
// a slot: for the few that all others wait for.
func First(s Store) Store { return first{s} }

type first struct{ next Store }

func (s first) Do(ctx context.Context, req Request) (Answer, error) {
	req.First = true
	return s.next.Do(ctx, req)
}
