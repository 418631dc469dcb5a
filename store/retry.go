package store

import (
	"context"
	"fmt"
	"strings"

	"github.com/seed-128c3863/sluice/flow"
)

// Retry returns s with each request tried again by r, which must have
// Retryable of this package as its predicate.
//
// A conditional write whose answer was lost fails when it is tried again: its
// own first attempt has changed the object. Retry then asks the object for its
// Token, and if it is the one of the request, the write has succeeded.
func Retry(s Store, r *flow.Retrier) Store { return &retried{s, r} }

type retried struct {
	next    Store
	retrier *flow.Retrier
}

func (s *retried) Do(ctx context.Context, req Request) (a Answer, err error) {
	lost := false // an attempt may have been carried out
	err = s.retrier.Do(ctx, func(ctx context.Context, _ int) (err error) {
		a, err = s.next.Do(ctx, req)
		if err != nil && lost && contested(req, err) {
			a, err = s.settle(ctx, req, err)
		}
		lost = lost || unsure(err)
		return err
	})
	return a, err
}

// contested says whether err is what a write gets when it was carried out
// before.
func contested(req Request, err error) bool {
	switch req.Op {
	case OpPut, OpCopy:
		return KindOf(err) == Changed && req.Token != ""
	case OpComplete:
		return KindOf(err) == Changed || KindOf(err) == NotExist
	}
	return false
}

// settle finds out whether the object that is there is the one that the
// request wrote. If so that is its answer; if not, failed is its error.
func (s *retried) settle(ctx context.Context, req Request, failed error) (Answer, error) {
	a, err := s.next.Do(ctx, Request{Op: OpHead, Key: req.Key})
	switch {
	case IsNotExist(err):
		return Answer{}, failed
	case err != nil:
		return Answer{}, err // if it may be tried again so is the write, and asked again
	case !own(req, a.Info):
		return Answer{}, failed
	}
	return Answer{Info: a.Info}, nil
}

// own says whether info is of the object that the request wrote.
func own(req Request, info Info) bool {
	if req.Op != OpComplete {
		return info.Token == req.Token
	}
	if info.Size != sizeOf(req.Parts) {
		return false
	}
	if info.Token != "" {
		return info.Token == req.Token
	}
	// A store that drops the Token of an upload still says how many parts an
	// object was made of.
	return strings.HasSuffix(info.ETag, fmt.Sprintf("-%d", len(req.Parts)))
}
