package profile

import "slices"

// A tally counts values by their hashes: exactly as long as there are not more
// different ones than it may hold. From then on it holds those that are frequent,
// as Misra and Gries do: whenever it is full, all counts are lowered, and those
// that were no more are dropped. What is left was there at least that often, and
// at most missed times more.
type tally struct {
	most    int // entries
	at      map[uint64]int32
	entries []entry
	missed  int64
}

type entry struct {
	hash  uint64
	count int64
	text  string // "": not known yet
}

func newTally(most int) *tally { return &tally{most: most, at: map[uint64]int32{}} }

// exact says whether every value was counted.
func (t *tally) exact() bool { return t.missed == 0 }

// full says whether there is no room for one more.
func (t *tally) full() bool { return len(t.entries) == t.most }

// add counts a value. It returns the entry of one that is there again and has no
// text yet, which the caller gives it; else nil. So the texts of values that are
// there once are never made.
func (t *tally) add(hash uint64) *entry {
	if i, ok := t.at[hash]; ok {
		e := &t.entries[i]
		if e.count++; e.text == "" {
			return e
		}
		return nil
	}
	if t.full() {
		t.purge()
	}
	t.at[hash] = int32(len(t.entries))
	t.entries = append(t.entries, entry{hash: hash, count: 1})
	return nil
}

// mostFrequent is how many entries a tally has that is no longer exact: more make
// it slower than the caches of a CPU let it be.
const mostFrequent = 1 << 14

// purge makes room: it lowers all counts by one in the middle of them.
func (t *tally) purge() {
	t.most = min(t.most, mostFrequent)
	counts := make([]int64, 0, 1024)
	for i := 0; i < len(t.entries); i += 1 + len(t.entries)/1024 {
		counts = append(counts, t.entries[i].count)
	}
	slices.Sort(counts)
	by := counts[len(counts)/2]
	for {
		t.lower(by)
		if len(t.entries) <= t.most/2 {
			return
		}
		by = 1
		for _, e := range t.entries {
			by = max(by, e.count/4)
		}
	}
}

func (t *tally) lower(by int64) {
	t.missed += by
	kept := t.entries[:0]
	clear(t.at)
	for _, e := range t.entries {
		if e.count -= by; e.count > 0 {
			t.at[e.hash] = int32(len(kept))
			kept = append(kept, e)
		}
	}
	clear(t.entries[len(kept):])
	t.entries = kept
}

// mostTop is how many of the most frequent values are told.
const mostTop = 10

// top returns the most frequent values, and by how much their counts may fall
// short. A value that may be less frequent than one that is not held is left out.
func (t *tally) top() (values []Count) {
	for _, e := range t.entries {
		if e.count > max(1, t.missed) && e.text != "" {
			values = append(values, Count{e.text, e.count})
		}
	}
	slices.SortFunc(values, func(a, b Count) int {
		switch {
		case a.Count > b.Count:
			return -1
		case a.Count < b.Count:
			return 1
		case a.Value < b.Value:
			return -1
		}
		return 1
	})
	return values[:min(len(values), mostTop)]
}
