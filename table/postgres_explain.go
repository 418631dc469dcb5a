package table

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"net"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"github.com/seed-128c3863/sluice/plan"
	"github.com/seed-128c3863/sluice/store"
)

// SQLSTATEs: of a lock that was waited for too long, of a right that the user
// lacks, and of a table that is not there.
const (
	lockNotAvailable      = "55P03"
	insufficientPrivilege = "42501"
	undefinedTable        = "42P01"
)

// explain says in words what a user can do about an error of the database, unless
// that was said.
func (p *postgres) explain(ctx context.Context, err error) error { return p.tell(ctx, err, "") }

// tell is explain; blocker is the session that a lock was waited for, "" if that
// is not known.
func (p *postgres) tell(ctx context.Context, err error, blocker string) error {
	var pg *pgconn.PgError
	var refused *plan.RefusedError
	var unsettled *plan.UnsettledError
	var was told
	if err == nil || errors.As(err, &was) || errors.As(err, &refused) || errors.As(err, &unsettled) || errors.As(err, &committed{}) {
		return err
	}
	if p.lost(err) {
		return told{fmt.Sprintf("the connection to the database was lost: %s; nothing was changed (%s)", reason(err), cmp.Or(remedies[codeOf(err)], "run it again")), err}
	}
	if !errors.As(err, &pg) {
		return err
	}
	text := pg.Message
	if pg.Detail != "" {
		text += ": " + pg.Detail
	}
	if pg.Code == lockNotAvailable {
		if blocker == "" {
			blocker = p.blocker(ctx)
		}
		text += ": " + blocker + " holds it (to.lock_timeout says how long to wait)"
	}
	if pg.Code == insufficientPrivilege {
		text += ": `sluice setup JOB --sql` prints what somebody has to run who may"
	}
	text += "; nothing was changed"
	if remedy := remedies[pg.Code]; remedy != "" {
		text += " (" + remedy + ")"
	}
	if _, alone := err.(*pgconn.PgError); alone { // with nothing around it that would be lost
		return told{text, err}
	}
	return told{fmt.Sprintf("%s: %v", text, err), err}
}

// blocker is the session that keeps all others from a table of the job, as far as
// one does so now.
func (p *postgres) blocker(ctx context.Context) string {
	who := "another transaction"
	for _, conn := range []*pgx.Conn{p.conn, p.side} {
		if !open(conn) {
			continue
		}
		_ = conn.QueryRow(ctx, `SELECT `+doesWhat+` FROM pg_locks l JOIN pg_stat_activity a USING (pid)
			WHERE locktype = 'relation' AND database = (SELECT oid FROM pg_database WHERE datname = current_database()) AND mode = 'AccessExclusiveLock' AND l.pid <> ALL ($1)
				AND relation IN (SELECT to_regclass(n) FROM unnest($2::text[]) n UNION SELECT oid FROM pg_class WHERE relnamespace = to_regnamespace($3))
			ORDER BY granted DESC, waitstart LIMIT 1`, []int32{int32(p.conn.PgConn().PID()), int32(p.side.PgConn().PID())}, p.tables, p.state).Scan(&who) // or it has ended
		break
	}
	return who
}

// lost says whether an error is that of a connection that is no more.
func (p *postgres) lost(err error) bool {
	var refused *pgconn.PgError
	var op *net.OpError
	var stored *store.Error
	switch {
	case open(p.conn) && open(p.side), errors.Is(err, context.Canceled), errors.As(err, &stored):
		return false
	case errors.As(err, &refused):
		return refused.SeverityUnlocalized == "FATAL" || refused.SeverityUnlocalized == "PANIC"
	}
	return errors.As(err, &op) || errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, pgconn.ErrConnClosed)
}

func open(conn *pgx.Conn) bool { return conn != nil && !conn.IsClosed() }

// reason is why a connection was lost, in words.
func reason(err error) string {
	var refused *pgconn.PgError
	var op *net.OpError
	switch {
	case errors.As(err, &refused):
		return refused.Message
	case errors.As(err, &op):
		return op.Err.Error()
	}
	return "it was ended from the other side"
}

// remedies say what to do if the server ended a connection, or a statement, of its
// own accord: by SQLSTATE.
var remedies = map[string]string{
	"57014": "whoever administers the server canceled it, or it took longer than statement_timeout, which may be set for this role or database: ?statement_timeout=0 behind the URL of the database lifts that",
	"57P01": "whoever administers the server did that: run it again",
	"57P05": "?idle_session_timeout=0 behind the URL of the database lifts that",
	"25P03": "?idle_in_transaction_session_timeout=0 behind the URL of the database lifts that",
	"25P04": "?transaction_timeout=0 behind the URL of the database lifts that, and transaction: batch has shorter ones",
}
