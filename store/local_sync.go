package store

import (
	"sync"
	"sync/atomic"
)

// syncs has writes that end at about the same time share one sync of their
// folder: each needs one that begins after its own rename, and one sync takes
// as long for a hundred names as for one.
type syncs struct {
	mu      sync.Mutex // guards folders and their users
	folders map[string]*shared
}

// A shared is a folder that somebody waits to be synced.
type shared struct {
	users int
	begun atomic.Int64 // syncs

	mu   sync.Mutex // held while syncing; guards done
	done int64      // the last sync that succeeded, as begun counts them
}

var syncing = syncs{folders: map[string]*shared{}}

// folder returns when the names that dir has now outlast a loss of power.
func (s *syncs) folder(dir string) error {
	s.mu.Lock()
	f := s.folders[dir]
	if f == nil {
		f = &shared{}
		s.folders[dir] = f
	}
	f.users++
	need := f.begun.Load() + 1
	s.mu.Unlock()
	err := f.sync(dir, need)
	s.mu.Lock()
	if f.users--; f.users == 0 {
		delete(s.folders, dir)
	}
	s.mu.Unlock()
	return err
}

// sync returns when sync number need, or a later one, has succeeded.
func (f *shared) sync(dir string, need int64) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.done >= need {
		return nil
	}
	n := f.begun.Add(1)
	if err := syncFolder(dir); err != nil {
		return err
	}
	f.done = n
	return nil
}
