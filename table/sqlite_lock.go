package table

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/seed-128c3863/sluice/spec"
	"github.com/seed-128c3863/sluice/store"
)

// lockPoll is how often it is seen whether another run has ended.
const lockPoll = 20 * time.Millisecond

// hold takes the lock of the job: a file beside the database, which goes with
// release, and whose lock goes with the process. So who has it is the one run of
// the job that is alive. SQLite's own lock does not do: it would keep all others
// from writing while files are read and compared.
func (d *sqlite) hold(ctx context.Context, job *spec.Job, verb string, waiting func()) (release func(), err error) {
	path, err := filepath.EvalSymlinks(d.path)
	if err != nil {
		return nil, err
	}
	info, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	host, _ := os.Hostname()
	holder := fmt.Sprintf("%s by process %d on %s, since %s UTC", verb, os.Getpid(), host, time.Now().UTC().Format(time.TimeOnly))
	for until := time.Now().Add(lockWait(job)); ; {
		unlock, by, err := store.LockFile(path+"-sluice-"+job.Name, holder, info.Mode().Perm())
		if unlock != nil || err != nil {
			return unlock, err
		}
		if time.Now().After(until) {
			return nil, locked(by)
		}
		waiting()
		select {
		case <-ctx.Done():
			return nil, context.Cause(ctx)
		case <-time.After(lockPoll):
		}
	}
}
