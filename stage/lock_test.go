package stage

import (
	"context"
	"encoding/json"
	"errors"
	"os"
	"runtime"
	"strings"
	"testing"
	"time"

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

func TestAcquire(t *testing.T) {
	me := self("other")
	elsewhere, reused, container := me, me, me
	elsewhere.Host = "elsewhere"
	reused.Began = "1"
	container.Space = "another boot"
	for name, tc := range map[string]struct {
		holder   holder
		quiet    time.Duration
		takeover bool
		taken    bool
	}{
		"lives":                       {me, time.Second, false, false},
		"lives, told to take over":    {me, time.Second, true, true},
		"on another host":             {elsewhere, 50 * time.Second, false, false},
		"on another host, silent":     {elsewhere, 70 * time.Second, false, true},
		"its process is another's":    {reused, time.Second, false, true},
		"of numbers that mean others": {container, time.Second, false, false},
		"its clock is ahead":          {elsewhere, -time.Hour, false, false},
	} {
		t.Run(name, func(t *testing.T) {
			if runtime.GOOS != "linux" && tc.holder == reused {
				t.Skip("processes are not known")
			}
			ctx, key := context.Background(), t.TempDir()+"/now/lock"
			heldBy(t, key, tc.holder, tc.quiet)
			l, err := acquire(ctx, store.Local(), key, "mine", tc.takeover, func(error) { t.Error("lost") })
			if !tc.taken {
				if !errors.Is(err, ErrLocked) || !strings.Contains(err.Error(), "run other on "+tc.holder.Host) {
					t.Errorf("got %v", err)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			h, _, err := readHolder(ctx, store.Local(), key)
			if err != nil || h.Run != "mine" || h.PID != os.Getpid() {
				t.Errorf("the lock is of %+v, %v", h, err)
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

// A lock that is no lock of sluice's is taken over only if that is asked for.
func TestAcquireWhatIsNoLock(t *testing.T) {
	ctx, key := context.Background(), t.TempDir()+"/lock"
	writeFile(t, key, "hello")
	if _, err := acquire(ctx, store.Local(), key, "mine", false, nil); err == nil || errors.Is(err, ErrLocked) || !strings.Contains(err.Error(), "is not one of sluice's") {
		t.Errorf("got %v", err)
	}
	l, err := acquire(ctx, store.Local(), key, "mine", true, nil)
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
	l, err := acquire(ctx, store.Local(), key, "mine", false, func(err error) { lost = err })
	if err != nil {
		t.Fatal(err)
	}
	l.beat(ctx)
	if h, _, err := readHolder(ctx, store.Local(), key); lost != nil || err != nil || h.Beat != 2 {
		t.Errorf("after a beat: lost %v, holder %+v, %v", lost, h, err)
	}
	other, err := acquire(ctx, store.Local(), key, "other", true, nil)
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
	if h, _, err := readHolder(ctx, store.Local(), key); err != nil || h.Run != "other" {
		t.Errorf("the other's lock: %+v, %v", h, err)
	}
	if err := other.release(ctx); err != nil {
		t.Error(err)
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
