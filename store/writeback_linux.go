package store

import (
	"os"
	"syscall"
	"time"
)

// groupFor is how long a file waits to be synced with others.
const groupFor = 5 * time.Millisecond

// beginWriteback has the disk begin to write what it has not of the file, and
// does not wait: sync_file_range(2). What goes wrong is told by the sync, which
// must follow.
func beginWriteback(f *os.File) {
	const write = 2 // SYNC_FILE_RANGE_WRITE
	_ = syscall.SyncFileRange(int(f.Fd()), 0, 0, write)
}
