package table

import (
	"cmp"
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
		if err != nil {
			return nil, fmt.Errorf("runs of a job wait for each other by a file beside the database: %w", err)
		}
		if unlock != nil {
			return unlock, nil
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

// beginWriting begins a transaction that writes. Without WAL it waits for those
// who read, once and before anything is written: of a transaction that is not
// exclusive each statement does for whose pages the cache has no room, and then
// the commit. With WAL it waits for who writes alone.
const (
	beginWriting = "BEGIN EXCLUSIVE"
	beginRows    = beginWriting + "; PRAGMA defer_foreign_keys = ON"
)

// readersOf is what beginWriting has failed with, in words if it waited for none
// but those who read: then a transaction can begin that shuts nobody out.
func (d *sqlite) readersOf(ctx context.Context, err error) error {
	if sqliteCode(err)&0xff != sqliteBusy {
		return err
	}
	d.wait(ctx, 0)
	defer d.wait(ctx, d.timeout)
	var mode string
	if d.conn.QueryRowContext(ctx, "PRAGMA journal_mode").Scan(&mode) != nil || mode == "wal" {
		return err
	}
	if _, taken := d.exec(ctx, "BEGIN IMMEDIATE"); taken != nil {
		return err
	}
	_, _ = d.exec(ctx, "ROLLBACK")
	return heldBy(store.ReadingHolder(d.path), "reads it, and with PRAGMA journal_mode = WAL would be in nobody's way", err)
}

// wait sets how long a lock is waited for.
func (d *sqlite) wait(ctx context.Context, timeout time.Duration) {
	_, _ = d.exec(context.WithoutCancel(ctx), fmt.Sprintf("PRAGMA busy_timeout = %d", timeout.Milliseconds()))
}

// heldBy is the error of who has waited too long for another, "" if it is not known.
func heldBy(who, does string, err error) error {
	who = cmp.Or(who, "another connection, which SQLite does not name,")
	return told{fmt.Sprintf("the database is locked: %s %s; have it end its transaction, or try again when it has (to.lock_timeout says how long to wait); nothing was changed: %v", who, does, err), err}
}
