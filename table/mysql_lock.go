package table

import (
	"context"
	"crypto/sha256"
	"fmt"
	"time"

	"github.com/seed-128c3863/sluice/flow"
	"github.com/seed-128c3863/sluice/spec"
)

// hold takes the lock of the job, which the session keeps until release or its
// end. So who has it is the one run of the job that is alive.
func (m *mysql) hold(ctx context.Context, job *spec.Job, _ string, waiting func()) (release func(), err error) {
	name := quoteText(fmt.Sprintf("sluice %.28x", sha256.Sum256([]byte(m.state("run")+" "+job.Name))))
	until := time.Now().Add(m.wait)
	for {
		n, err := m.number(ctx, "SELECT coalesce(get_lock("+name+", 0), 0)")
		if err != nil {
			return nil, err
		}
		if n == 1 {
			m.lock = name
			return func() { _, _ = m.conn.ExecContext(context.WithoutCancel(ctx), "DO release_lock("+name+")") }, nil // or it goes with the session
		}
		waiting()
		if time.Now().After(until) {
			var who string
			_ = m.side.QueryRowContext(ctx, "SELECT "+processShown+" FROM information_schema.processlist WHERE id = is_used_lock("+name+")").Scan(&who) // or it has ended
			return nil, locked(who)
		}
		select {
		case <-ctx.Done():
			return nil, context.Cause(ctx)
		case <-time.After(lockPoll):
		}
	}
}

// processShown tells a session in words.
const processShown = "concat('process ', id, ', ', user, ', ', host, ', ', lower(command), ' since ', time_format(timediff(time(now()), sec_to_time(time)), '%H:%i:%s'), ' UTC')"

// lockLook is how long it takes at least from one look at who holds a lock to the
// next: what InnoDB tells of that stays the same while it is asked for more often
// than every 100 ms.
const lockLook = 200 * time.Millisecond

// watch looks, while a lock may be waited for, who holds it. What it returns ends
// that, and tells who it was; "" if nobody, or if the user may not see it.
func (m *mysql) watch(ctx context.Context) (stop func() string) {
	blocker := ""
	sql := "SELECT " + processShown + " FROM information_schema.innodb_lock_waits w JOIN information_schema.innodb_trx r ON r.trx_id = w.requesting_trx_id JOIN information_schema.innodb_trx b ON b.trx_id = w.blocking_trx_id JOIN information_schema.processlist p ON p.id = b.trx_mysql_thread_id WHERE r.trx_mysql_thread_id = ? LIMIT 1"
	if !m.maria {
		sql = "SELECT " + processShown + " FROM sys.innodb_lock_waits w JOIN information_schema.processlist p ON p.id = w.blocking_pid WHERE w.waiting_pid = ? LIMIT 1"
	}
	end := flow.Every(ctx, min(max(m.wait/8, lockLook), time.Second), func(ctx context.Context) {
		var who string
		if m.side.QueryRowContext(ctx, sql, m.id).Scan(&who) == nil {
			blocker = who
		}
	})
	return func() string {
		end()
		return blocker
	}
}
