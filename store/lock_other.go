//go:build !unix || solaris || illumos || aix

package store

import (
	"io/fs"
	"sync"
)

var locks sync.Map // who holds a lock, by its path

// LockFile takes a lock for this process, until unlock is called. If it is taken,
// unlock is nil, and by is who has it. Other processes are not known here.
func LockFile(path, holder string, _ fs.FileMode) (unlock func(), by string, err error) {
	if by, taken := locks.LoadOrStore(path, holder); taken {
		return nil, by.(string), nil
	}
	return func() { locks.Delete(path) }, "", nil
}
