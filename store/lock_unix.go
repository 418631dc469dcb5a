//go:build unix && !solaris && !illumos && !aix

package store

import (
	"io/fs"
	"os"
	"syscall"
)

// LockFile takes the lock that is the file at path, which it makes, for this
// process, until unlock is called or the process ends. Others read in it who the
// holder is. If somebody else has it, unlock is nil, and by is what they wrote.
func LockFile(path, holder string, mode fs.FileMode) (unlock func(), by string, err error) {
	for {
		f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, mode)
		if err != nil {
			return nil, "", err
		}
		taken, err := lockOpen(f)
		switch {
		case err != nil:
			f.Close()
			return nil, "", &fs.PathError{Op: "lock", Path: path, Err: err}
		case taken:
			text, err := os.ReadFile(path)
			f.Close()
			if os.IsNotExist(err) {
				continue // it was given back
			}
			return nil, string(text), err
		case !current(f, path): // who had it has removed it
			f.Close()
			continue
		}
		_ = f.Chmod(mode) // whatever the umask is: others need it as much as the database
		if err = f.Truncate(0); err == nil {
			_, err = f.WriteString(holder)
		}
		if err != nil {
			f.Close()
			return nil, "", err
		}
		return func() {
			_ = os.Remove(path) // or the next run finds it, and that nobody has it
			f.Close()
		}, "", nil
	}
}

func lockOpen(f *os.File) (taken bool, err error) {
	for {
		switch err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err {
		case syscall.EINTR:
		case syscall.EWOULDBLOCK:
			return true, nil
		default:
			return false, err
		}
	}
}

// current says whether an open file is the one that is at path.
func current(f *os.File, path string) bool {
	mine, err := f.Stat()
	if err != nil {
		return false
	}
	there, err := os.Stat(path)
	return err == nil && os.SameFile(mine, there)
}
