package stage

import (
	"context"
	"slices"

	"github.com/seed-128c3863/sluice/source"
	"github.com/seed-128c3863/sluice/store"
)

// open reads the ledger and takes the lock. A run of this shard that was cut
// off is taken up under its own name.
func (r *run) open(ctx context.Context, cancel func(error)) (*ledger, []*remains, error) {
	l := newLedger(r.target, r.base, r.job.Name)
	seen, alive, err := r.enter(ctx, l, cancel)
	if err != nil {
		return nil, nil, err
	}
	r.ledger = l
	if err := l.freshen(ctx, seen, alive, r.Shard); err != nil {
		return nil, nil, err
	}
	dead, err := l.dead(ctx, seen.left, alive)
	if err != nil {
		return nil, nil, err
	}
	r.stale = l.stale(seen)
	for _, d := range seen.left {
		if l.ended(d.id) && (d.shard() == r.Shard.Suffix() || !sameSharding(d.shard(), r.Shard.Suffix())) {
			r.litter = append(r.litter, d.keys...)
		}
	}
	for _, d := range dead {
		if d.shard() == r.Shard.Suffix() && d.verb() == r.result.Verb && d.verb() == "apply" {
			r.id, r.resumed = d.id, true
		}
	}
	return l, dead, nil
}

// enter reads the ledger and takes the lock as it was seen. So what was read is
// what there is: a run that began or ended since would have changed the lock.
// Only one that was silent may have ended: then the ledger is read again.
func (r *run) enter(ctx context.Context, l *ledger, cancel func(error)) (*sight, map[string]bool, error) {
	key := l.dir + lockPrefix + r.Shard.Suffix()
	for tries := 0; ; tries++ {
		var locks []held
		seen, err := l.open(ctx, func(ctx context.Context, seen *sight) (err error) {
			locks, err = readLocks(ctx, l.store, seen.locks)
			return err
		})
		if err != nil {
			return nil, nil, err
		}
		alive, err := l.others(locks, key)
		if err != nil || r.lock != nil {
			return seen, alive, err
		}
		mine := held{key: key}
		if i := slices.IndexFunc(locks, func(h held) bool { return h.key == key }); i >= 0 {
			mine = locks[i]
		}
		free := mine.etag == "" || l.ended(mine.Run)
		r.lock, err = mine.take(context.WithoutCancel(ctx), r.target, r.id, free, r.o.Takeover, cancel)
		switch {
		case store.IsChanged(err) && tries < 3: // somebody was there first
		case err != nil || free:
			return seen, alive, err
		}
	}
}

// freshen reads the ledger anew if a run of another shard seems dead: it may
// have ended while the listing went on, after the generations were listed.
func (l *ledger) freshen(ctx context.Context, seen *sight, alive map[string]bool, shard source.Shard) error {
	doubt := func(d *remains) bool { return d.shard() != shard.Suffix() && !alive[d.shard()] && !l.ended(d.id) }
	if !slices.ContainsFunc(seen.left, doubt) {
		return nil
	}
	now, err := look(ctx, l.store, l.dir)
	if err != nil || now.newest == seen.newest {
		return err
	}
	return l.load(ctx, now.newest)
}
