package sluice_test

import (
	"context"
	"errors"
	"maps"
	"net/http"
	"strings"
	"sync"
	"testing"

	"github.com/seed-128c3863/sluice"
	"github.com/seed-128c3863/sluice/store"
)

// watched counts the gets of sources, and holds the lock's write back until
// some were begun.
type watched struct {
	mu     sync.Mutex
	gets   map[string]int
	during int
	some   chan struct{}
}

func (w *watched) wrap(_ string, s store.Store) store.Store { return &watching{s, w} }

type watching struct {
	store.Store
	*watched
}

func (s *watching) Do(ctx context.Context, req store.Request) (store.Answer, error) {
	switch {
	case req.Op == store.OpGet && strings.HasSuffix(req.Key, ".json"):
		s.count(req.Key, 1)
		defer s.count("", -1)
	case req.Op == store.OpPut && strings.HasSuffix(req.Key, "/now/lock") && s.some != nil:
		select {
		case <-s.some:
		case <-ctx.Done():
			return store.Answer{}, context.Cause(ctx)
		}
	}
	return s.Store.Do(ctx, req)
}

func (s *watching) count(key string, n int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.during += n
	if key == "" {
		return
	}
	if s.gets[key]++; len(s.gets) == 3 && s.some != nil {
		close(s.some)
	}
}

// begun makes a world whose outputs are in a bucket of their own, watched.
func begun(t *testing.T, early bool) (*world, *watched) {
	w := newWorldAt(t, startSim(t, "-buckets", "test,stage", "-get-latency", "1ms", "-put-latency", "2ms"), 40)
	w.params["out"] = "s3://stage/out"
	w.ask(http.MethodGet, "/_sim/reset?bucket=stage", "")
	x := &watched{gets: map[string]int{}}
	if early {
		x.some = make(chan struct{})
	}
	w.wrap = x.wrap
	return w, x
}

// TestEarly has the lock wait for sources to be got: that must not wait for the
// lock. Each is got once.
func TestEarly(t *testing.T) {
	w, x := begun(t, true)
	w.write("in/0.json", "[]")
	if r := w.apply(sluice.ApplyOptions{}); r.Written != 39 || r.Empty != 1 || r.Status != 0 {
		t.Errorf("got %+v", r)
	}
	for key, n := range x.gets {
		if n != 1 {
			t.Errorf("%s was got %d times", key, n)
		}
	}
	// A file without records has no output, so it is got again, in vain.
	x.some, x.gets = nil, map[string]int{}
	if r := w.apply(sluice.ApplyOptions{}); r.Written != 0 || r.Run != "" || r.Status != 0 {
		t.Errorf("got %+v", r)
	}
	if want := map[string]int{"in/0.json": 1}; !maps.Equal(x.gets, want) && len(x.gets) > 0 {
		t.Errorf("got %v, want at most %v", x.gets, want)
	}
}

// TestEarlyInVain is told that another run goes on: nothing that was begun may
// outlast that.
func TestEarlyInVain(t *testing.T) {
	w, x := begun(t, false)
	w.ask(http.MethodPut, "/stage/out/_sluice/load/now/lock", `{"run":"other","host":"elsewhere","space":"s","pid":1}`)
	_, err := w.open().Apply(t.Context(), sluice.ApplyOptions{})
	if !errors.Is(err, sluice.ErrLocked) {
		t.Fatalf("got %v", err)
	}
	x.mu.Lock()
	defer x.mu.Unlock()
	if x.during != 0 {
		t.Errorf("%d gets are still under way", x.during)
	}
}
