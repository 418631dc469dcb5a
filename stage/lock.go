package stage

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path"
	"strings"
	"sync"
	"time"

	"github.com/seed-128c3863/sluice/flow"
	"github.com/seed-128c3863/sluice/store"
)

const (
	beatEvery = 15 * time.Second
	silence   = 60 * time.Second // after this without a beat a lock may be taken over
)

// ErrLocked means that another run of the job is going on.
var ErrLocked = errors.New("another run of this job is going on")

// errLostLock ends a run whose lock was taken over by another.
var errLostLock = errors.New("the lock of this run was taken over by another run; what was finished is in the ledger")

// A holder is what a lock object says.
type holder struct {
	Run     string    `json:"run"`
	Host    string    `json:"host"`
	Space   string    `json:"space"` // of process numbers, on the host: they mean nothing in another
	PID     int       `json:"pid"`
	Began   string    `json:"began"` // of the process: a number that is used again is not the same process
	Started time.Time `json:"started"`
	Beat    int64     `json:"beat"`
}

// A lock is held by one run of a job, or of a shard of it. Its object is
// rewritten every beatEvery for as long as the run lives.
type lock struct {
	store store.Store
	key   string

	mu   sync.Mutex // guards the rest
	me   holder
	etag string
	at   time.Time // of the last beat that was written

	lost func(error)
	stop func()
}

// acquire takes the lock, or returns ErrLocked with who holds it. lost is
// called once if it is lost afterwards.
func acquire(ctx context.Context, s store.Store, key, run string, takeover bool, lost func(error)) (*lock, error) {
	l := &lock{store: s, key: key, lost: lost, me: self(run)}
	err := l.put(ctx, store.Condition{None: true})
	for tries := 0; store.IsChanged(err) && tries < 3; tries++ {
		err = l.replace(ctx, takeover)
	}
	if err != nil {
		return nil, err
	}
	l.stop = flow.Every(ctx, beatEvery, l.beat)
	return l, nil
}

// replace takes the place of a holder that is dead or silent.
func (l *lock) replace(ctx context.Context, takeover bool) error {
	info, err := store.Head(ctx, l.store, l.key)
	var other holder
	var quiet time.Duration
	if err == nil {
		other, quiet, err = readHolder(ctx, l.store, l.key)
	}
	if store.IsNotExist(err) { // it has just ended
		return l.put(ctx, store.Condition{None: true})
	}
	if err != nil && !takeover {
		return err
	}
	if !takeover && !other.dead() && quiet < silence {
		return busy(other, quiet)
	}
	return l.put(ctx, store.Condition{Match: info.ETag})
}

// readHolder returns who holds a lock, and how long nothing was heard of it.
func readHolder(ctx context.Context, s store.Store, key string) (h holder, quiet time.Duration, err error) {
	text, info, err := store.Get(ctx, s, key, "")
	if err != nil {
		return h, 0, err
	}
	if err := json.Unmarshal(text, &h); err != nil {
		return h, 0, fmt.Errorf("lock %s is not one of sluice's: %w", key, err)
	}
	now := info.Served
	if now.IsZero() {
		now = time.Now()
	}
	return h, now.Sub(info.Modified), nil
}

func busy(h holder, quiet time.Duration) error {
	return fmt.Errorf("%w: run %s on %s (process %d, begun %s, last heard of %s ago): wait for it, or take over with --takeover if it is dead",
		ErrLocked, h.Run, h.Host, h.PID, h.Started.Format(time.DateTime), max(0, quiet.Round(time.Second)))
}

// sameSharding says whether two locks are those of different shards of the
// same number: those have no file in common.
func sameSharding(a, b string) bool {
	_, n, ok := strings.Cut(path.Base(a), "-of-")
	_, m, ok2 := strings.Cut(path.Base(b), "-of-")
	return ok && ok2 && n == m
}

func (l *lock) put(ctx context.Context, c store.Condition) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.me.Beat++
	text, err := json.Marshal(l.me)
	if err != nil {
		return err
	}
	info, err := store.Put(ctx, l.store, l.key, text, c)
	if err == nil {
		l.etag, l.at = info.ETag, time.Now()
	}
	return err
}

func (l *lock) beat(ctx context.Context) {
	l.mu.Lock()
	etag := l.etag
	l.mu.Unlock()
	err := l.put(ctx, store.Condition{Match: etag})
	if store.IsChanged(err) || store.IsNotExist(err) {
		l.lost(errLostLock)
	}
}

// release gives the lock back. It is called once.
func (l *lock) release(ctx context.Context) error {
	l.stop()
	if time.Since(l.at) > silence/2 { // it may have been taken over
		info, err := store.Head(ctx, l.store, l.key)
		if store.IsNotExist(err) || err == nil && info.ETag != l.etag {
			return nil
		}
		if err != nil {
			return err
		}
	}
	return store.Delete(ctx, l.store, l.key)
}

// others refuses to go on beside a run whose files are also this one's, and
// returns the other shards, by suffix, whose runs go on.
func (r *run) others(ctx context.Context, locks []string) (map[string]bool, error) {
	alive := map[string]bool{}
	for _, key := range locks {
		if key == r.lock.key {
			continue
		}
		h, quiet, err := readHolder(ctx, r.target, key)
		if store.IsNotExist(err) {
			continue
		}
		if err != nil {
			return nil, err
		}
		if h.dead() || quiet >= silence {
			continue
		}
		if !sameSharding(key, r.lock.key) {
			return nil, busy(h, quiet)
		}
		alive[strings.TrimPrefix(path.Base(key), path.Base(lockPrefix))] = true
	}
	return alive, nil
}

// self describes this process.
func self(run string) holder {
	host, _ := os.Hostname()
	return holder{Run: run, Host: host, Space: processSpace(), PID: os.Getpid(), Began: processBegan(os.Getpid()), Started: time.Now().UTC()}
}

// dead says whether the holder is a process of this host that is no more.
func (h holder) dead() bool {
	me := self("")
	return h.Host == me.Host && h.Space == me.Space && h.Space != "" && processBegan(h.PID) != h.Began
}
