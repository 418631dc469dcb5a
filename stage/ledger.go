package stage

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"path"
	"slices"
	"time"

	"github.com/seed-128c3863/sluice/flow"
	"github.com/seed-128c3863/sluice/plan"
	"github.com/seed-128c3863/sluice/store"
)

// A ledger lies beside the outputs it describes:
//
//	_sluice/JOB/now/gen-000000000012   the highest is current; written once, never changed
//	_sluice/JOB/now/live/RUN~plan-…    what a run is about to replace, before it does
//	_sluice/JOB/now/live/RUN~part-…    entries, as files finish
//	_sluice/JOB/now/lock…              who is running, or was: free if a generation has that run
//	_sluice/JOB/seg/…                  entries, that generations name; later ones override
//	_sluice/JOB/kept/RUN/…             outputs that a run replaced
//
// One listing of now/ tells all that a run must know before it begins.
type ledger struct {
	store store.Store
	base  string // key prefix of the outputs; "" or ends with "/"
	dir   string // key prefix of the ledger, ends with "/"
	gen   generation
	files map[string]entry // by source

	cleared []string // segments that no generation needs, which this run deletes
}

// A generation is one state of the ledger, whole.
type generation struct {
	Number   int64      `json:"number"`
	Written  time.Time  `json:"written"`
	Segments []string   `json:"segments"`          // their names, oldest first
	Runs     []plan.Run `json:"runs"`              // oldest first
	Dropped  []string   `json:"dropped,omitempty"` // under seg/, what no longer needed is; the next run deletes it

	// Inline holds small segments, by name. All others are under seg/.
	Inline map[string][]byte `json:"inline,omitempty"`
}

const (
	genPrefix = "now/gen-"
	keepGens  = 3   // generations left for readers that have begun with an older one
	keepRuns  = 500 // run records in a generation
	maxSegs   = 12  // segments before they are merged

	inlineMost = 64 << 10  // a segment up to this size lies in the generation, in bytes
	inlineAll  = 512 << 10 // all of those, in bytes
)

func genKey(n int64) string { return fmt.Sprintf("%s%012d", genPrefix, n) }

// ledgerDir is where the ledger of a job lies, beside outputs under base.
func ledgerDir(base, job string) string { return base + "_sluice/" + job + "/" }

// openLedger reads the ledger's current generation and its entries, and tells
// what else it saw.
func openLedger(ctx context.Context, s store.Store, base, job string) (*ledger, *sight, error) {
	l := newLedger(s, base, job)
	seen, err := l.open(ctx, func(context.Context, *sight) error { return nil })
	return l, seen, err
}

func newLedger(s store.Store, base, job string) *ledger {
	return &ledger{store: store.First(s), base: base, dir: ledgerDir(base, job)}
}

// open reads the current generation and its entries; beside is done meanwhile
// with what the listing saw.
func (l *ledger) open(ctx context.Context, beside func(context.Context, *sight) error) (*sight, error) {
	for before := int64(-1); ; before = l.gen.Number {
		seen, err := look(ctx, l.store, l.dir)
		if err != nil {
			return nil, err
		}
		var missing bool
		err = flow.Together(ctx, func(ctx context.Context) error {
			err := l.load(ctx, seen.newest)
			if missing = store.IsNotExist(err); err != nil {
				err = fmt.Errorf("the ledger %s: %w", l.dir, err)
			}
			return err
		}, func(ctx context.Context) error { return beside(ctx, seen) })
		// A run that began meanwhile may have removed what this generation
		// names: then there is a newer one.
		if missing && l.gen.Number != before {
			continue
		}
		return seen, err
	}
}

// load reads the generation of this key, "" for none yet, and its entries.
func (l *ledger) load(ctx context.Context, newest string) error {
	l.gen, l.files = generation{}, map[string]entry{}
	if newest == "" {
		return nil
	}
	if err := l.read(ctx, newest); err != nil {
		return err
	}
	fetch := func(ctx context.Context, i int) ([]byte, error) { return l.packed(ctx, &l.gen, l.gen.Segments[i]) }
	i := 0
	for packed, err := range flow.Ahead(ctx, len(l.gen.Segments), 4, fetch) {
		if err == nil {
			err = unpack(l.gen.Segments[i], packed, func(c change) { l.set(c.entry) })
		}
		if err != nil {
			return err
		}
		i++
	}
	return nil
}

func (l *ledger) read(ctx context.Context, key string) error {
	text, _, err := store.Get(ctx, l.store, key, "")
	if err != nil {
		return err
	}
	var g generation
	if err := json.Unmarshal(text, &g); err != nil {
		return fmt.Errorf("ledger file %s is damaged: %w", key, err)
	}
	l.gen = g
	return nil
}

// set makes e what the ledger knows of its source.
func (l *ledger) set(e entry) {
	if e.State == stateNone {
		delete(l.files, e.Source)
		return
	}
	l.files[e.Source] = e
}

// packed returns a segment of the generation.
func (l *ledger) packed(ctx context.Context, g *generation, name string) ([]byte, error) {
	if packed, ok := g.Inline[name]; ok {
		return packed, nil
	}
	packed, _, err := store.Get(ctx, l.store, l.dir+"seg/"+name, "")
	return packed, err
}

// segment reads a segment of the generation.
func (l *ledger) segment(ctx context.Context, g *generation, name string, each func(change)) error {
	packed, err := l.packed(ctx, g, name)
	if err != nil {
		return err
	}
	return unpack(name, packed, each)
}

// addSegment makes packed changes the newest segment of the generation. A small
// one is written with the generation itself, by the same request.
func (l *ledger) addSegment(ctx context.Context, g *generation, name string, packed []byte) error {
	g.Segments = append(g.Segments, name)
	all := len(packed)
	for _, other := range g.Inline {
		all += len(other)
	}
	if len(packed) <= inlineMost && all <= inlineAll {
		g.Inline[name] = packed
		return nil
	}
	_, err := store.Put(ctx, l.store, l.dir+"seg/"+name, packed, store.Condition{})
	return err
}

// drop takes the oldest n segments out of the generation.
func (g *generation) drop(n int) {
	for _, name := range g.Segments[:n] {
		if _, ok := g.Inline[name]; ok {
			delete(g.Inline, name)
		} else {
			g.Dropped = append(g.Dropped, name)
		}
	}
	for i := range g.Runs {
		if slices.Contains(g.Segments[:n], g.Runs[i].Segment) {
			g.Runs[i].Segment = ""
		}
	}
	g.Segments = slices.Clone(g.Segments[n:])
}

// commit writes the next generation, with what edit makes of the current one.
// A run of another shard may have written one meanwhile: edit is then called
// anew with that.
func (l *ledger) commit(ctx context.Context, edit func(*generation) error) error {
	for {
		next := l.gen
		next.Segments, next.Runs = slices.Clone(next.Segments), slices.Clone(next.Runs)
		next.Inline = map[string][]byte{}
		maps.Copy(next.Inline, l.gen.Inline)
		next.Number, next.Written = next.Number+1, time.Now().UTC()
		next.Dropped = slices.DeleteFunc(slices.Clone(next.Dropped), func(name string) bool { return slices.Contains(l.cleared, name) })
		if err := edit(&next); err != nil {
			return err
		}
		next.Runs = next.Runs[max(0, len(next.Runs)-keepRuns):]
		text, err := json.Marshal(next)
		if err != nil {
			return err
		}
		_, err = store.Put(ctx, l.store, l.dir+genKey(next.Number), text, store.Condition{None: true})
		if store.IsChanged(err) {
			seen, err := look(ctx, l.store, l.dir)
			if err == nil {
				err = l.read(ctx, seen.newest)
			}
			if err != nil {
				return err
			}
			continue
		}
		if err != nil {
			return err
		}
		l.gen = next
		return nil
	}
}

// stale returns the keys of what no reader of a recent generation needs.
func (l *ledger) stale(seen *sight) []string {
	keys := slices.Clone(seen.older[:max(0, len(seen.older)-keepGens+1)])
	l.cleared = l.gen.Dropped
	for _, name := range l.cleared {
		keys = append(keys, l.dir+"seg/"+name)
	}
	return keys
}

// compact returns the generation's segments with all but the newest keep
// merged into one, which it writes. It is called with a generation that is
// about to be committed and that this ledger has loaded.
func (l *ledger) compact(ctx context.Context, g *generation, keep int) error {
	if len(g.Segments) <= max(maxSegs, keep+1) {
		return nil
	}
	cut := len(g.Segments) - keep
	files := map[string]entry{}
	for _, name := range g.Segments[:cut] {
		err := l.segment(ctx, g, name, func(c change) {
			// A source that was taken back hides entries of merged segments only.
			if c.State == stateNone {
				delete(files, c.Source)
			} else {
				files[c.Source] = c.entry
			}
		})
		if err != nil {
			return err
		}
	}
	merged := make([]change, 0, len(files))
	for _, source := range slices.Sorted(maps.Keys(files)) {
		merged = append(merged, change{entry: files[source]})
	}
	packed, err := pack(merged)
	if err != nil {
		return err
	}
	name := fmt.Sprintf("base-%012d-%s", g.Number, token())
	if _, err := store.Put(ctx, l.store, l.dir+"seg/"+name, packed, store.Condition{}); err != nil {
		return err
	}
	g.drop(cut)
	g.Segments = append([]string{name}, g.Segments...)
	return nil
}

// run returns the record of a run, which may be named by the start of its ID.
func (l *ledger) run(id string) (plan.Run, error) { return plan.FindRun(l.gen.Runs, id, " at "+l.dir) }

// keptKey is where an output that a run replaced is kept: under a name that no
// *.parquet finds.
func (l *ledger) keptKey(run, output string) string {
	return l.dir + "kept/" + run + "/" + path.Clean(output) + ".kept"
}
