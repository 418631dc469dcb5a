//go:build !unix || solaris || illumos || aix

package store

import (
	"errors"
	"io/fs"
	"sync"
)

// errQuota is never met here.
var errQuota = errors.New("quota exceeded")

// inode is not known here: an ETag is a file's size and time alone.
func inode(fs.FileInfo) uint64 { return 0 }

// turns is held by the conditional write whose turn it is. Other processes are
// not waited for here.
var turns sync.Mutex

func lockFolder(string) (unlock func(), err error) {
	turns.Lock()
	return turns.Unlock, nil
}

// syncFolder does nothing: folders cannot be synced here.
func syncFolder(string) error { return nil }
