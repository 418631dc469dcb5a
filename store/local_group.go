package store

import (
	"os"
	"sync"
	"time"
)

// A group has files that are written within a few milliseconds synced one right
// after the other, when the disk is writing all of them already: the first sync
// commits the file system's journal for the others too, so that together they
// take less than half as long, during which a core would be waiting. It is the
// group commit of databases.
type group struct {
	mu   sync.Mutex // guards the rest
	open *batch     // that files may still join; nil: the next file begins one
	last time.Time  // a file joined
}

// A batch is synced by the writer of its first file, the others wait.
type batch struct {
	files []*os.File
	errs  []error       // of the files
	done  chan struct{} // closed when errs is there
}

var grouping group

// file returns when f outlasts a loss of power. It waits for other files only
// if there was one just before.
func (g *group) file(f *os.File) error {
	g.mu.Lock()
	busy := time.Since(g.last) < groupFor
	g.last = time.Now()
	b, first := g.open, g.open == nil
	if first {
		b = &batch{done: make(chan struct{})}
		g.open = b
	}
	i := len(b.files)
	b.files = append(b.files, f)
	g.mu.Unlock()
	if first {
		if busy {
			time.Sleep(groupFor)
		}
		g.mu.Lock()
		g.open = nil
		g.mu.Unlock()
		b.sync()
	}
	<-b.done
	return b.errs[i]
}

func (b *batch) sync() {
	if len(b.files) > 1 {
		for _, f := range b.files {
			beginWriteback(f)
		}
	}
	b.errs = make([]error, len(b.files))
	for i, f := range b.files {
		b.errs[i] = f.Sync()
	}
	close(b.done)
}
