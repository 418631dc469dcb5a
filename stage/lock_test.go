package stage

import (
	"context"
	"encoding/json"
	"errors"
	"maps"
	"os"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/seed-128c3863/sluice/plan"
	"github.com/seed-128c3863/sluice/store"
)

// heldBy writes a lock of that holder, last heard of so long ago.
func heldBy(t *testing.T, key string, h holder, quiet time.Duration) {
	t.Helper()
	text, err := json.Marshal(h)
	if err != nil {
		t.Fatal(err)
	}
	writeFile(t, key, string(text))
	age(t, key, quiet)
}

func age(t *testing.T, key string, quiet time.Duration) {
	t.Helper()
	at := time.Now().Add(-quiet)
	if err := os.Chtimes(key, at, at); err != nil {
		t.Fatal(err)
	}
}

// seen returns the lock of that key as one sees it now.
func seen(t *testing.T, key string) held {
	t.Helper()
	info, err := store.Head(context.Background(), store.Local(), key)
	if store.IsNotExist(err) {
		return held{key: key}
	}
	h, err2 := readLock(context.Background(), store.Local(), info)
	if err = errors.Join(err, err2); err != nil {
		t.Fatal(err)
	}
	return h
}

func TestTake(t *testing.T) {
	me := self("other")
	elsewhere, reused, container := me, me, me
	elsewhere.Host = "elsewhere"
	reused.Began = "1"
	container.Space = "another boot"
	for name, tc := range map[string]struct {
		holder   holder
		quiet    time.Duration
		free     bool
		takeover bool
		taken    bool
	}{
		"lives":                       {holder: me, quiet: time.Second},
		"lives, told to take over":    {holder: me, quiet: time.Second, takeover: true, taken: true},
		"lives, its run has ended":    {holder: me, quiet: time.Second, free: true, taken: true},
		"on another host":             {holder: elsewhere, quiet: 50 * time.Second},
		"on another host, silent":     {holder: elsewhere, quiet: 70 * time.Second, taken: true},
		"its process is another's":    {holder: reused, quiet: time.Second, taken: true},
		"of numbers that mean others": {holder: container, quiet: time.Second},
		"its clock is ahead":          {holder: elsewhere, quiet: -time.Hour},
	} {
		t.Run(name, func(t *testing.T) {
			if runtime.GOOS != "linux" && tc.holder == reused {
				t.Skip("processes are not known")
			}
			ctx, key := context.Background(), t.TempDir()+"/now/lock"
			heldBy(t, key, tc.holder, tc.quiet)
			h := seen(t, key)
			l, err := h.take(ctx, store.Local(), "mine", tc.free, tc.takeover, func(error) { t.Error("lost") })
			if !tc.taken {
				if !errors.Is(err, plan.ErrLocked) || !strings.Contains(err.Error(), "run other on "+tc.holder.Host) {
					t.Errorf("got %v", err)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if now := seen(t, key); now.Run != "mine" || now.PID != os.Getpid() {
				t.Errorf("the lock is %+v", now)
			}
			if err := l.release(ctx); err != nil {
				t.Error(err)
			}
			if _, err := os.Stat(key); !errors.Is(err, os.ErrNotExist) {
				t.Errorf("the lock is still there: %v", err)
			}
		})
	}
}

// A lock is taken as it was seen: not if somebody was there first, whether it
// was free, not there, or held by one that is dead.
func TestTakeWhatHasChanged(t *testing.T) {
	ctx, key := context.Background(), t.TempDir()+"/lock"
	absent := seen(t, key)
	heldBy(t, key, self("ended"), time.Second)
	free := seen(t, key)
	heldBy(t, key, self("another that ended"), time.Second)
	for name, h := range map[string]held{"not there": absent, "free": free} {
		if _, err := h.take(ctx, store.Local(), "mine", true, false, nil); !store.IsChanged(err) {
			t.Errorf("%s: got %v", name, err)
		}
	}
}

// A lock that is no lock of sluice's is taken over only if that is asked for.
func TestTakeWhatIsNoLock(t *testing.T) {
	ctx, key := context.Background(), t.TempDir()+"/lock"
	writeFile(t, key, "hello")
	h := seen(t, key)
	if _, err := h.take(ctx, store.Local(), "mine", false, false, nil); err == nil || errors.Is(err, plan.ErrLocked) || !strings.Contains(err.Error(), "is not one of sluice's") {
		t.Errorf("got %v", err)
	}
	l, err := h.take(ctx, store.Local(), "mine", false, true, nil)
	if err != nil {
		t.Fatal(err)
	}
	if err := l.release(ctx); err != nil {
		t.Error(err)
	}
}

// A beat finds out that another took the lock over, and the end of the run
// leaves that one's lock alone.
func TestBeat(t *testing.T) {
	ctx, key := context.Background(), t.TempDir()+"/lock"
	var lost error
	h := seen(t, key)
	l, err := h.take(ctx, store.Local(), "mine", true, false, func(err error) { lost = err })
	if err != nil {
		t.Fatal(err)
	}
	l.beat(ctx)
	if h = seen(t, key); lost != nil || h.Beat != 2 {
		t.Errorf("after a beat: lost %v, lock %+v", lost, h)
	}
	other, err := h.take(ctx, store.Local(), "other", false, true, nil)
	if err != nil {
		t.Fatal(err)
	}
	l.beat(ctx)
	if !errors.Is(lost, errLostLock) {
		t.Errorf("lost: %v", lost)
	}
	l.at = time.Now().Add(-silence)
	if err := l.release(ctx); err != nil {
		t.Error(err)
	}
	if h := seen(t, key); h.Run != "other" {
		t.Errorf("the other's lock: %+v", h)
	}
	if err := other.release(ctx); err != nil {
		t.Error(err)
	}
}

// Beside this run may go those of other shards, those that ended, and those
// that are dead.
func TestOthers(t *testing.T) {
	l := &ledger{gen: generation{Runs: []plan.Run{{ID: "ended"}, {ID: "cut off", Holder: "went on"}}}}
	at := func(name, run string) held {
		return held{key: "now/" + name, etag: "1", holder: holder{Run: run, Host: "elsewhere"}}
	}
	silent := at("lock", "silent")
	silent.quiet = silence
	for name, tc := range map[string]struct {
		mine  string
		locks []held
		alive []string
		busy  bool
	}{
		"none":              {mine: "lock"},
		"its own":           {mine: "lock", locks: []held{at("lock", "lives")}},
		"a shard":           {mine: "lock", locks: []held{at("lock.1-of-2", "lives")}, busy: true},
		"a shard's ended":   {mine: "lock", locks: []held{at("lock.1-of-2", "ended"), at("lock.2-of-2", "went on")}},
		"other shards":      {mine: "lock.1-of-3", locks: []held{at("lock.2-of-3", "lives"), at("lock.3-of-3", "ended")}, alive: []string{".2-of-3"}},
		"another sharding":  {mine: "lock.1-of-3", locks: []held{at("lock.1-of-2", "lives")}, busy: true},
		"all, silent":       {mine: "lock.1-of-3", locks: []held{silent}},
		"all, while it was": {mine: "lock.1-of-3", locks: []held{at("lock", "lives")}, busy: true},
	} {
		alive, err := l.others(tc.locks, "now/"+tc.mine)
		if errors.Is(err, plan.ErrLocked) != tc.busy || !tc.busy && err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if got := slices.Sorted(maps.Keys(alive)); !slices.Equal(got, tc.alive) {
			t.Errorf("%s: alive are %v, want %v", name, got, tc.alive)
		}
	}
}

func TestSameSharding(t *testing.T) {
	for _, tc := range []struct {
		a, b string
		want bool
	}{
		{"now/lock", "now/lock", false},
		{"now/lock", "now/lock.1-of-2", false},
		{"now/lock.1-of-2", "now/lock", false},
		{"now/lock.1-of-2", "now/lock.2-of-2", true},
		{"now/lock.1-of-2", "now/lock.1-of-3", false},
		{"now/lock.1-of-2", "now/lock.1-of-20", false},
		{"a-of-2/now/lock", "a-of-2/now/lock", false},
	} {
		if got := sameSharding(tc.a, tc.b); got != tc.want {
			t.Errorf("%s and %s: %v", tc.a, tc.b, got)
		}
	}
}
