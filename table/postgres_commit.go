package table

import (
	"context"
	"errors"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/seed-128c3863/sluice/plan"
)

// A committed error says that a run was committed, though the connection that
// did it was lost.
type committed struct{ error }

func (c committed) Unwrap() error { return c.error }

// commit does something in a transaction and commits it. If the answer to that is
// lost, it looks for the run in the ledger: what it returns is then a committed
// error, a plan.UnsettledError, or says that nothing was changed. Of a run that
// writes batches the ledger has to have as many rows.
func (p *postgres) commit(ctx context.Context, run plan.Run, do func(pgx.Tx) error) error {
	tx, err := p.conn.Begin(ctx)
	if err != nil {
		return err
	}
	var xid string
	if err = do(tx); err == nil {
		xid, err = oneOf[string](ctx, tx, "SELECT pg_current_xact_id()::text")
	}
	if err != nil {
		_ = tx.Rollback(ctx) // or the server does
		return err
	}
	if err = tx.Commit(ctx); err == nil || !p.conn.IsClosed() {
		return err
	}
	return p.settle(ctx, run, xid, err)
}

// settlePoll is how often it is tried to find out how a commit ended.
const settlePoll = 100 * time.Millisecond

// settle finds out whether a run is committed whose connection is lost.
func (p *postgres) settle(ctx context.Context, run plan.Run, xid string, why error) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), p.patience)
	defer cancel()
	for {
		there, err := p.settled(ctx, run, xid)
		switch {
		case err == nil && there:
			return committed{why}
		case err == nil:
			return why
		}
		select {
		case <-ctx.Done():
			return &plan.UnsettledError{Run: run.ID, Err: why}
		case <-time.After(settlePoll):
		}
	}
}

// errCommitting means that a transaction goes on.
var errCommitting = errors.New("the transaction goes on")

// settled says whether a run is in the ledger, once its transaction has ended. One
// whose COMMIT does not arrive is ended: the server may not know that its
// connection is lost.
func (p *postgres) settled(ctx context.Context, run plan.Run, xid string) (there bool, err error) {
	conn, err := connect(ctx, p.url)
	if err != nil {
		return false, err
	}
	defer func() { _ = conn.Close(context.WithoutCancel(ctx)) }()
	if _, err := execute(ctx, conn, "SET lock_timeout = '1s'"); err != nil {
		return false, err
	}
	if _, err := execute(ctx, conn, "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE backend_xid::text::bigint = $1::text::numeric % 4294967296 AND state = 'idle in transaction' AND state_change < now() - interval '1 second'", xid); err != nil {
		return false, err
	}
	goesOn, err := one[bool](ctx, conn, "SELECT pg_xact_status($1::text::xid8) = 'in progress'", xid)
	if err == nil && goesOn {
		err = errCommitting
	}
	if run.ID == "" && err == nil { // no ledger has it
		return one[bool](ctx, conn, "SELECT coalesce(pg_xact_status($1::text::xid8) = 'committed', false)", xid)
	}
	if run.ID == "" {
		return false, err
	}
	// What another server knows of transactions says nothing of this one: the
	// server may be one that took the place of the first.
	if err != nil && codeOf(err) == "" {
		return false, err
	}
	return one[bool](ctx, conn, "SELECT EXISTS (SELECT FROM "+p.state+".run WHERE id = $1 AND (record->>'rows')::bigint >= $2)", run.ID, run.Rows)
}
