package store

import (
	"errors"
	"os"
	"path/filepath"
	"strconv"
	"sync"
	"testing"
	"time"
)

// Files that are synced together are each answered for: the error of one is not
// that of another.
func TestGroupOfFiles(t *testing.T) {
	var g group
	g.last = time.Now().Add(time.Hour) // so that the first one waits for the others
	const n = 40
	errs := make([]error, n)
	var writers sync.WaitGroup
	for i := range n {
		f, err := os.Create(filepath.Join(t.TempDir(), strconv.Itoa(i)))
		if err != nil {
			t.Fatal(err)
		}
		if i%10 == 3 {
			f.Close() // cannot be synced
		} else {
			defer f.Close()
		}
		writers.Go(func() { errs[i] = g.file(f) })
	}
	writers.Wait()
	for i, err := range errs {
		if closed := i%10 == 3; errors.Is(err, os.ErrClosed) != closed || !closed && err != nil {
			t.Errorf("file %d: %v", i, err)
		}
	}
	if g.open != nil {
		t.Error("a group is left open")
	}
}

// A batch that several joined is synced once for all of them.
func TestBatchSync(t *testing.T) {
	b := &batch{done: make(chan struct{})}
	for i := range 3 {
		f, err := os.Create(filepath.Join(t.TempDir(), strconv.Itoa(i)))
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		if _, err := f.WriteString("text"); err != nil {
			t.Fatal(err)
		}
		b.files = append(b.files, f)
	}
	b.files[1].Close()
	b.sync()
	if b.errs[0] != nil || !errors.Is(b.errs[1], os.ErrClosed) || b.errs[2] != nil {
		t.Errorf("errors %v", b.errs)
	}
}
