package table

import (
	"context"
	"errors"

	"github.com/jackc/pgx/v5"

	"github.com/seed-128c3863/sluice/plan"
)

// commit does something in a transaction and commits it. If the answer to that is
// lost, it looks for the run in the ledger: what it returns is then a committed
// error, a plan.UnsettledError, or says that nothing was changed. Of a run that
// writes batches the ledger has to have as many rows.
func (p *postgres) commit(ctx context.Context, run plan.Run, do func(pgx.Tx) error) error {
	var at committing
	at.server, _ = serverOf(ctx, p.conn) // which not everybody may ask
	tx, err := p.conn.Begin(ctx)
	if err != nil {
		return err
	}
	if err = do(tx); err == nil {
		at.xid, err = oneOf[string](ctx, tx, "SELECT pg_current_xact_id()::text")
	}
	if err != nil {
		_ = tx.Rollback(ctx) // or the server does
		return err
	}
	if err = tx.Commit(ctx); err == nil || !p.conn.IsClosed() {
		return err
	}
	return settle(ctx, p.patience, run, err, func(ctx context.Context) (bool, error) { return p.settled(ctx, run, at) })
}

// A committing is what is known of a transaction that may be committed.
type committing struct {
	xid    string
	server string // that gave it its number; "": not known
}

// serverOf says which server a connection is to, and since which failover. Others
// count transactions by themselves.
func serverOf(ctx context.Context, conn *pgx.Conn) (string, error) {
	return one[string](ctx, conn, "SELECT system_identifier || ' ' || left(pg_walfile_name(pg_current_wal_lsn()), 8) FROM pg_control_system()")
}

// Why it is not known how a transaction ended.
var (
	errCommitting = errors.New("the transaction goes on")
	errElsewhere  = errors.New("another server has taken the place of the first")
)

// settled says whether a run is in the ledger, once its transaction has ended; of
// one without an ID, whether that is committed, if this is the server that did it.
func (p *postgres) settled(ctx context.Context, run plan.Run, at committing) (there bool, err error) {
	conn, err := connect(ctx, p.url)
	if err != nil {
		return false, err
	}
	defer func() { _ = conn.Close(context.WithoutCancel(ctx)) }()
	if _, err := execute(ctx, conn, "SET lock_timeout = '1s'"); err != nil {
		return false, err
	}
	server := ""
	if at.server != "" {
		if server, err = serverOf(ctx, conn); err != nil {
			return false, err
		}
	}
	switch {
	case run.ID == "" && (server == "" || server != at.server):
		return false, errElsewhere
	case server == at.server:
		committed, err := ended(ctx, conn, at.xid)
		if run.ID == "" || err != nil && codeOf(err) == "" {
			return committed, err
		}
	}
	return one[bool](ctx, conn, "SELECT EXISTS (SELECT FROM "+p.state+".run WHERE id = $1 AND (record->>'rows')::bigint >= $2)", run.ID, run.Rows)
}

// ended says whether a transaction is committed, once it has ended. One whose
// COMMIT does not arrive is ended: the server may not know that its connection is
// lost.
func ended(ctx context.Context, conn *pgx.Conn, xid string) (committed bool, err error) {
	if _, err := execute(ctx, conn, "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE backend_xid::text::bigint = $1::text::numeric % 4294967296 AND state = 'idle in transaction' AND state_change < now() - interval '1 second'", xid); err != nil {
		return false, err
	}
	status, err := one[string](ctx, conn, "SELECT pg_xact_status($1::text::xid8)", xid)
	if err == nil && status == "in progress" {
		err = errCommitting
	}
	return status == "committed", err
}
