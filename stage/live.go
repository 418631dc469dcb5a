package stage

import (
	"context"
	"errors"
	"fmt"
	"path"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/seed-128c3863/sluice/flow"
	"github.com/seed-128c3863/sluice/plan"
	"github.com/seed-128c3863/sluice/store"
)

// An intent is an output that a run is about to write, and what was there
// before.
type intent struct {
	Source string `json:"src"`
	Output string `json:"out"`
	Prior  prior  `json:"prior"`
}

// A remains is what a run that did not end has left under live.
type remains struct {
	id      string
	keys    []string          // of its objects
	intents map[string]prior  // by output
	sources map[string]string // by output
	changes []change
}

// shard is that of the run, by its ID's suffix.
func (r *remains) shard() string {
	_, suffix, ok := strings.Cut(r.id, ".")
	if !ok {
		return ""
	}
	return "." + suffix
}

// verb is what the run was: a revert's intents have another name.
func (r *remains) verb() string {
	for _, key := range r.keys {
		if _, name := liveName(key); strings.HasPrefix(name, "undo-") {
			return "revert"
		}
	}
	return "apply"
}

// A sight is what one listing of a ledger shows.
type sight struct {
	older  []string     // keys of the generations before the newest
	newest string       // the key of the newest; "": there is none
	left   []*remains   // of runs that did not end, or that nobody cleared away after yet
	locks  []store.Info // by key
}

// look lists what a run must know before it begins. Whether runs that have left
// something and did not end are dead or still going on only the locks say: a run
// takes its lock before it writes anything else.
func look(ctx context.Context, s store.Store, dir string) (*sight, error) {
	seen := &sight{}
	found := map[string]*remains{}
	for info, err := range store.List(ctx, s, dir+"now/", "") {
		if err != nil {
			return nil, err
		}
		name := strings.TrimPrefix(info.Key, dir)
		switch {
		case strings.HasPrefix(name, genPrefix):
			if seen.newest != "" {
				seen.older = append(seen.older, seen.newest)
			}
			seen.newest = info.Key
		case strings.HasPrefix(name, lockPrefix):
			seen.locks = append(seen.locks, info)
		case strings.HasPrefix(name, livePrefix):
			id, _ := liveName(name)
			if found[id] == nil {
				found[id] = &remains{id: id, intents: map[string]prior{}, sources: map[string]string{}}
				seen.left = append(seen.left, found[id])
			}
			found[id].keys = append(found[id].keys, info.Key)
		}
	}
	return seen, nil
}

const (
	lockPrefix = "now/lock"
	livePrefix = "now/live/"
)

// liveName returns the run that wrote an object under live, and the name it gave
// it.
func liveName(key string) (run, name string) {
	run, name, _ = strings.Cut(path.Base(key), "~")
	return run, name
}

// dead reads those of left whose runs neither ended nor are owned by a living
// run of their shard.
func (l *ledger) dead(ctx context.Context, left []*remains, alive map[string]bool) ([]*remains, error) {
	var dead []*remains
	for _, d := range left {
		if l.ended(d.id) || alive[d.shard()] {
			continue
		}
		if err := d.read(ctx, l.store); err != nil {
			return nil, err
		}
		dead = append(dead, d)
	}
	return dead, nil
}

// ended says whether a run ended. What it left under live is then litter, and
// its lock is free.
func (l *ledger) ended(id string) bool {
	return slices.ContainsFunc(l.gen.Runs, func(r plan.Run) bool { return id != "" && (r.ID == id || r.Holder == id) })
}

func (r *remains) read(ctx context.Context, s store.Store) error {
	for _, key := range r.keys {
		packed, _, err := store.Get(ctx, s, key, "")
		if store.IsNotExist(err) {
			continue // its run has just ended
		}
		if err != nil {
			return err
		}
		if _, name := liveName(key); !strings.HasPrefix(name, "part-") {
			err = unpack(key, packed, func(i intent) {
				r.sources[i.Output] = i.Source
				if _, ok := r.intents[i.Output]; !ok { // the first one knows what was there before the run
					r.intents[i.Output] = i.Prior
				}
			})
		} else {
			err = unpack(key, packed, func(c change) { r.changes = append(r.changes, c) })
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// lostRejects returns the sources whose rejects were to go to a rejects file
// that was never finished.
func lostRejects(dead []*remains) map[string]bool {
	lost := map[string]bool{}
	for _, d := range dead {
		for _, c := range d.changes {
			lost[c.Source] = c.Rejects > 0
		}
	}
	return lost
}

// A journal is what a run writes under live while it goes on, so that the
// next one can take it up.
type journal struct {
	store  store.Store
	prefix string // now/live/RUN~

	mu      sync.Mutex // guards the rest
	keys    []string   // of what was written, or may have been
	pending []change
	changes []change // all of the run's, in the order they were made
	parts   int
	err     error // of a part that could not be written: final
}

const (
	partEvery = 2 * time.Second
	partMost  = 2000 // changes
)

// intend writes what the run is about to replace. It comes before the first
// output. The prefix of its name says whether this is an apply's plan or a
// revert's undo.
func (j *journal) intend(ctx context.Context, prefix string, intents []intent) error {
	packed, err := pack(intents)
	if err != nil {
		return err
	}
	return j.put(ctx, prefix+time.Now().UTC().Format("20060102T150405.000"), packed)
}

func (j *journal) put(ctx context.Context, name string, packed []byte) error {
	j.mu.Lock()
	j.keys = append(j.keys, j.prefix+name)
	j.mu.Unlock()
	_, err := store.Put(ctx, j.store, j.prefix+name, packed, store.Condition{})
	return err
}

// record notes a change. It is durable partEvery later at most.
func (j *journal) record(ctx context.Context, c change) error {
	j.mu.Lock()
	j.pending = append(j.pending, c)
	full := len(j.pending) >= partMost
	err := j.err
	j.mu.Unlock()
	if full {
		j.flush(ctx)
	}
	return err
}

// flush writes the changes that are not written yet.
func (j *journal) flush(ctx context.Context) {
	j.mu.Lock()
	part := j.pending
	j.pending = nil
	j.changes = append(j.changes, part...)
	j.parts++
	name := fmt.Sprintf("part-%06d-%s", j.parts, token())
	j.mu.Unlock()
	if len(part) == 0 {
		return
	}
	packed, err := pack(part)
	if err == nil {
		err = j.put(ctx, name, packed)
	}
	if err != nil && !errors.Is(err, context.Canceled) {
		j.mu.Lock()
		j.err = err
		j.mu.Unlock()
	}
}

// start writes parts from now on, until stop.
func (j *journal) start(ctx context.Context) (stop func()) {
	return flow.Every(ctx, partEvery, j.flush)
}

// all returns every change of the run.
func (j *journal) all() []change {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.changes = append(j.changes, j.pending...)
	j.pending = nil
	return j.changes
}
