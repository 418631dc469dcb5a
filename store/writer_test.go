package store

import (
	"context"
	"errors"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/seed-128c3863/sluice/flow"
)

// A slow store takes a second for each part, and counts those under way.
type slow struct {
	Store
	fail func(part int) error // perhaps nil

	mu        sync.Mutex // guards the rest
	now, most int        // parts
}

func (s *slow) done() {
	s.mu.Lock()
	s.now--
	s.mu.Unlock()
}

func (s *slow) Do(ctx context.Context, req Request) (Answer, error) {
	if req.Op != OpPart {
		return s.Store.Do(ctx, req)
	}
	s.mu.Lock()
	s.now++
	s.most = max(s.most, s.now)
	s.mu.Unlock()
	defer s.done()
	if s.fail != nil {
		if err := s.fail(req.Number); err != nil {
			return Answer{}, err
		}
	}
	select {
	case <-ctx.Done():
		return Answer{}, &Error{Op: "test", Err: context.Cause(ctx)}
	case <-time.After(time.Second):
		return s.Store.Do(ctx, req)
	}
}

// TestWriterAtOnce sends as many parts at once as there is room for, and one
// after the other where there is none.
func TestWriterAtOnce(t *testing.T) {
	const part = 1000
	body := bytesOf(8*part+10, 1)
	for name, tc := range map[string]struct {
		room, inUse int64 // bytes
		most        int   // parts
		takes       time.Duration
	}{
		"no room":         {0, 0, 1, 9 * time.Second},
		"of one":          {part, 0, 1, 9 * time.Second},
		"of three":        {3*part + 500, 0, 3, 3 * time.Second},
		"of many":         {100 * part, 0, partsAtOnce, 3 * time.Second},
		"taken by others": {3 * part, 2*part + 1, 1, 9 * time.Second},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			synctest.Test(t, func(t *testing.T) {
				s, room, begun := &slow{Store: Local()}, flow.NewBudget(tc.room), time.Now()
				if !room.Take(tc.inUse) {
					t.Fatal("no room")
				}
				_, err := writeAll(t.Context(), s, dir+"/k", body, Condition{}, CreateOptions{Part: part, Room: room})
				if err != nil || s.most != tc.most || room.InUse() != tc.inUse {
					t.Errorf("%d parts at once, want %d; %d bytes in use; %v", s.most, tc.most, room.InUse(), err)
				}
				if took := time.Since(begun); took != tc.takes {
					t.Errorf("%v, want %v", took, tc.takes)
				}
			})
			mustHold(t, Local(), dir+"/k", body)
		})
	}
}

// TestWriterFirstError: the first part that fails ends the others, and its
// error is that of the Writer, which leaves nothing behind.
func TestWriterFirstError(t *testing.T) {
	const part = 1000
	boom := &Error{Op: "test", Kind: Full, Err: errors.New("boom")}
	for name, size := range map[string]int{"while it writes": 20 * part, "when it commits": 4*part - 1} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			synctest.Test(t, func(t *testing.T) {
				s, room, begun := &slow{Store: Local(), fail: func(n int) error {
					if n == 3 {
						return boom
					}
					return nil
				}}, flow.NewBudget(100*part), time.Now()
				_, err := writeAll(t.Context(), s, dir+"/k", bytesOf(size, 1), Condition{}, CreateOptions{Part: part, Room: room})
				if !errors.Is(err, boom) || KindOf(err) != Full || time.Since(begun) != 0 || s.now != 0 || room.InUse() != 0 {
					t.Errorf("%v after %v, %d parts under way, %d bytes in use", err, time.Since(begun), s.now, room.InUse())
				}
			})
			mustBeEmpty(t, dir)
		})
	}
}

// TestWriterCancelled ends the context of the writes, and that of the commit.
func TestWriterCancelled(t *testing.T) {
	const part = 1000
	for _, commit := range []bool{false, true} {
		dir := t.TempDir()
		synctest.Test(t, func(t *testing.T) {
			s, room, why := &slow{Store: Local()}, flow.NewBudget(100*part), errors.New("enough")
			ctx, cancel := context.WithCancelCause(t.Context())
			writes, commits := ctx, t.Context()
			if commit {
				writes, commits = commits, writes
			}
			w := Create(writes, s, dir+"/k", Condition{}, CreateOptions{Part: part, Room: room})
			if _, err := w.Write(bytesOf(3*part+1, 1)); err != nil {
				t.Fatal(err)
			}
			cancel(why)
			var bad *Error
			if _, err := w.Commit(commits); !errors.Is(err, why) || !errors.As(err, &bad) {
				t.Errorf("commit %v: %v", commit, err)
			}
			if err := w.Abort(t.Context()); err != nil || s.now != 0 || room.InUse() != 0 {
				t.Errorf("%d parts under way, %d bytes in use, %v", s.now, room.InUse(), err)
			}
		})
		mustBeEmpty(t, dir)
	}
}

// An upload is dropped when no part of it is on its way any more: one that came
// later would stay.
func TestWriterAborted(t *testing.T) {
	const part = 1000
	dir := t.TempDir()
	synctest.Test(t, func(t *testing.T) {
		s, begun := &slow{Store: Local()}, time.Now()
		w := Create(t.Context(), s, dir+"/k", Condition{}, CreateOptions{Part: part, Room: flow.NewBudget(100 * part)})
		if _, err := w.Write(bytesOf(3*part+1, 1)); err != nil {
			t.Fatal(err)
		}
		if err := w.Abort(t.Context()); err != nil || s.now != 0 || time.Since(begun) != time.Second {
			t.Errorf("after %v, %d parts under way, %v", time.Since(begun), s.now, err)
		}
	})
	mustBeEmpty(t, dir)
}
