package table

import (
	"context"
	"fmt"
	"time"

	"github.com/seed-128c3863/sluice/flow"
	"github.com/seed-128c3863/sluice/plan"
	"github.com/seed-128c3863/sluice/spec"
)

// lockTimeout is how long a lock is waited for if the job does not say.
const lockTimeout = 10 * time.Second

// lockWait is how long the job waits for a lock.
func lockWait(job *spec.Job) time.Duration {
	if d := job.To.LockTimeout; d > 0 {
		return d
	}
	return lockTimeout
}

// hold takes the lock of the job, which the session keeps until release or its
// end. So who has it is the one run of the job that is alive.
func (p *postgres) hold(ctx context.Context, job *spec.Job, _ string, waiting func()) (release func(), err error) {
	const lock = "(hashtextextended($1, 0))"
	name := "sluice " + p.state + " " + job.Name
	taken, err := one[bool](ctx, p.conn, "SELECT pg_try_advisory_lock"+lock, name)
	if err == nil && !taken {
		waiting()
		watch := p.watch(ctx, whoHolds)
		_, err = execute(ctx, p.conn, "SELECT pg_advisory_lock"+lock, name)
		if blocker := watch(); codeOf(err) == lockNotAvailable {
			err = locked(blocker)
		}
	}
	if err != nil {
		return nil, err
	}
	return func() { _, _ = execute(context.WithoutCancel(ctx), p.conn, "SELECT pg_advisory_unlock"+lock, name) }, nil // or it goes with the session
}

// locked is the error of a run that has waited for another too long.
func locked(holder string) error {
	if holder == "" {
		holder = "it has just ended"
	}
	return fmt.Errorf("%w: %s; nothing was changed (to.lock_timeout says how long to wait)", plan.ErrLocked, holder)
}

// watch looks, while a lock may be waited for, who holds it. What it returns ends
// that, and tells who it was, in the words of an expression over its session a;
// "" if nobody.
func (p *postgres) watch(ctx context.Context, words string) (stop func() string) {
	blocker, pid := "", p.conn.PgConn().PID()
	end := flow.Every(ctx, min(max(p.wait/8, 10*time.Millisecond), time.Second), func(ctx context.Context) {
		var who string
		err := p.side.QueryRow(ctx, `SELECT `+words+` FROM unnest(pg_blocking_pids($1)) b JOIN pg_stat_activity a ON a.pid = b LIMIT 1`, int32(pid)).Scan(&who)
		if err == nil {
			blocker = who
		}
	})
	return func() string {
		end()
		return blocker
	}
}

// watched does something that may wait for a lock, and tells who held it. Meanwhile
// the side connection is the watch's.
func (p *postgres) watched(ctx context.Context, do func() error) error {
	watch := p.watch(ctx, doesWhat)
	err := do()
	return p.tell(ctx, err, watch())
}

// whoHolds tells a session a in words, doesWhat what it did last, too.
const (
	whoHolds = `concat_ws(', ', 'process ' || a.pid, nullif(usename, ''), nullif(application_name, ''), host(client_addr),
		state || ' since ' || to_char(coalesce(state_change, backend_start), 'HH24:MI:SS "UTC"'))`
	doesWhat = whoHolds + ` || ': ' || left(regexp_replace(query, '\s+', ' ', 'g'), 80)`
)
