package table

import (
	"context"
	"errors"
	"fmt"

	"github.com/seed-128c3863/sluice/plan"
)

// commit does something in a transaction and commits it. If the answer to that is
// lost, it looks for the run in the ledger: what it returns is then a committed
// error, a plan.UnsettledError, or says that nothing was changed. The journal of
// a run that is not committed is dropped, here or by the next run. Of a run that
// writes batches the ledger has to have as many rows.
func (m *mysql) commit(ctx context.Context, n int64, run plan.Run, do func() error) error {
	if _, err := m.exec(ctx, "START TRANSACTION"); err != nil {
		return err
	}
	err := do()
	if err == nil {
		_, err = m.exec(context.WithoutCancel(ctx), "COMMIT")
		switch {
		case err == nil || !mysqlLost(err):
		case n == 0: // and so no record to look for
			return &plan.UnsettledError{Run: run.ID, Err: err}
		default:
			return settle(ctx, m.patience, run, err, func(ctx context.Context) (bool, error) { return m.committed(ctx, n, run) })
		}
	}
	if err == nil {
		return nil
	}
	done := context.WithoutCancel(ctx)
	if _, failed := m.conn.ExecContext(done, "ROLLBACK"); failed == nil && n > 0 {
		_ = m.dropRun(done, fmt.Sprint(n))
	}
	return err
}

// committed says whether run n has its record, once its session has ended. One
// whose COMMIT did not arrive still holds the row of the run.
func (m *mysql) committed(ctx context.Context, n int64, run plan.Run) (there bool, err error) {
	conn, err := m.db.Conn(ctx)
	if err != nil {
		return false, err
	}
	defer func() { err = errors.Join(err, conn.Close()) }()
	if _, err := conn.ExecContext(ctx, "SET innodb_lock_wait_timeout = 1"); err != nil {
		return false, err
	}
	var done int
	sql := fmt.Sprintf("SELECT coalesce(json_extract(record, '$.rows') >= %d, false) FROM %s WHERE n = %d FOR UPDATE", run.Rows, m.state("run"), n)
	err = conn.QueryRowContext(ctx, sql).Scan(&done)
	if mysqlCode(err) != mysqlLockWait {
		return done == 1, err
	}
	var ours bool // the session that waits for a COMMIT which was lost, and no other that a new server gives its number to
	if failed := conn.QueryRowContext(ctx, "SELECT coalesce(is_used_lock("+m.lock+") = ?, false)", m.id).Scan(&ours); failed == nil && ours {
		_, _ = conn.ExecContext(ctx, fmt.Sprintf("KILL %d", m.id))
	}
	return false, err
}
