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
	"github.com/seed-128c3863/sluice/plan"
	"github.com/seed-128c3863/sluice/store"
)

const (
	beatEvery = 15 * time.Second
	silence   = 60 * time.Second // after this without a beat a lock may be taken over
)

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
// rewritten every beatEvery for as long as the run lives. A run that changed
// something leaves it: the generation that records the run gives the lock back,
// by the same request.
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

// A held is a lock as it was seen.
type held struct {
	holder
	key   string
	etag  string        // "": there is none
	quiet time.Duration // since anything was heard of its holder
	err   error         // why its holder could not be read
}

// take takes a lock that is still as it was seen, or returns ErrLocked with who
// holds it; if it is no longer as it was seen the error is a Changed of the
// store. free says that the holder's run ended. lost is called once if the lock
// is lost afterwards.
func (h *held) take(ctx context.Context, s store.Store, run string, free, takeover bool, lost func(error)) (*lock, error) {
	c := store.Condition{None: true}
	if h.etag != "" {
		switch c = (store.Condition{Match: h.etag}); {
		case takeover || free:
		case h.err != nil:
			return nil, h.err
		case !h.silent():
			return nil, h.busy()
		}
	}
	l := &lock{store: s, key: h.key, lost: lost, me: self(run)}
	if err := l.put(ctx, c); err != nil {
		return nil, err
	}
	l.stop = flow.Every(ctx, beatEvery, l.beat)
	return l, nil
}

// silent says whether a run that did not end is one that no longer lives.
func (h *held) silent() bool { return h.dead() || h.quiet >= silence }

// readLock reads who holds a lock, and how long nothing was heard of it. info
// is from before: if the lock has changed since, that ETag is no longer its own,
// and nobody can take it by that.
func readLock(ctx context.Context, s store.Store, info store.Info) (held, error) {
	h := held{key: info.Key, etag: info.ETag}
	text, now, err := store.Get(ctx, s, info.Key, "")
	if err != nil {
		return h, err
	}
	if err := json.Unmarshal(text, &h.holder); err != nil {
		h.err = fmt.Errorf("lock %s is not one of sluice's: %w", info.Key, err)
	}
	if now.Served.IsZero() {
		now.Served = time.Now()
	}
	h.quiet = now.Served.Sub(now.Modified)
	return h, nil
}

// readLocks reads the locks that were listed. Those that were given back
// meanwhile are left out.
func readLocks(ctx context.Context, s store.Store, listed []store.Info) ([]held, error) {
	read := func(ctx context.Context, i int) (*held, error) {
		h, err := readLock(ctx, s, listed[i])
		if store.IsNotExist(err) {
			return nil, nil
		}
		return &h, err
	}
	var locks []held
	for h, err := range flow.Ahead(ctx, len(listed), 16, read) {
		if err != nil {
			return nil, err
		}
		if h != nil {
			locks = append(locks, *h)
		}
	}
	return locks, nil
}

func (h *held) busy() error {
	return fmt.Errorf("%w: run %s on %s (process %d, begun %s, last heard of %s ago): wait for it, or take over with --takeover if it is dead",
		plan.ErrLocked, h.Run, h.Host, h.PID, h.Started.Format(time.DateTime), max(0, h.quiet.Round(time.Second)))
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

// release gives the lock of a run that changed nothing back. It is called once.
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
// returns the other shards, by suffix, whose runs go on. mine is the key of this
// one's lock.
func (l *ledger) others(locks []held, mine string) (map[string]bool, error) {
	alive := map[string]bool{}
	for _, h := range locks {
		switch {
		case h.key == mine:
		case h.err != nil:
			return nil, h.err
		case l.ended(h.Run) || h.silent():
		case !sameSharding(h.key, mine):
			return nil, h.busy()
		default:
			alive[strings.TrimPrefix(path.Base(h.key), path.Base(lockPrefix))] = true
		}
	}
	return alive, nil
}

// alone looks for the locks of others once more, before the run writes its first
// output: of two runs that take their locks at the same time at least one sees
// that of the other.
func (r *run) alone(ctx context.Context) error {
	var listed []store.Info
	for info, err := range store.List(ctx, r.ledger.store, r.ledger.dir+lockPrefix, "") {
		if err != nil {
			return err
		}
		if info.Key != r.lock.key && !sameSharding(info.Key, r.lock.key) {
			listed = append(listed, info)
		}
	}
	locks, err := readLocks(ctx, r.ledger.store, listed)
	if err == nil {
		_, err = r.ledger.others(locks, r.lock.key)
	}
	return err
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
