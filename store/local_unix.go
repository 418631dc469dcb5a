//go:build unix && !solaris && !illumos && !aix

package store

import (
	"io/fs"
	"os"
	"path/filepath"
	"syscall"
)

// errQuota is the error of a user who has used up their share of a disk.
const errQuota = syscall.EDQUOT

// inode returns the number of the file in its file system.
func inode(fi fs.FileInfo) uint64 {
	if st, ok := fi.Sys().(*syscall.Stat_t); ok {
		return uint64(st.Ino)
	}
	return 0
}

// lockFolder waits for the turn of this write among the conditional writes, of
// all processes, to the folder that holds key. A folder that is not there
// needs no lock.
func lockFolder(key string) (unlock func(), err error) {
	d, err := os.Open(filepath.Dir(filepath.FromSlash(key)))
	if os.IsNotExist(err) {
		return func() {}, nil
	}
	if err != nil {
		return nil, err
	}
	for {
		err = syscall.Flock(int(d.Fd()), syscall.LOCK_EX)
		if err != syscall.EINTR {
			break
		}
	}
	if err != nil {
		d.Close()
		return nil, &fs.PathError{Op: "lock", Path: d.Name(), Err: err}
	}
	return func() { d.Close() }, nil
}

// syncFolder makes the names in a folder outlast a loss of power. File
// systems that cannot are left alone.
func syncFolder(dir string) error {
	d, err := os.Open(dir)
	if os.IsPermission(err) {
		return nil // may be written but not read: no handle to sync it by
	}
	if err != nil {
		return err
	}
	defer d.Close()
	err = d.Sync()
	if pe, ok := err.(*fs.PathError); ok && (pe.Err == syscall.EINVAL || pe.Err == syscall.ENOTSUP) {
		return nil
	}
	return err
}
