package table

import (
	"cmp"
	"context"
	sqldriver "database/sql/driver"
	"errors"
	"fmt"
	"io"
	"net"
	"slices"

	driver "github.com/go-sql-driver/mysql"

	"github.com/seed-128c3863/sluice/plan"
)

// Numbers of errors of MySQL: of a lock that was waited for too long, of a
// deadlock, for which the transaction is taken back, and of a right on a database
// or a table that the user lacks.
const (
	mysqlLockWait = 1205
	mysqlDeadlock = 1213

	mysqlDenied      = 1044
	mysqlTableDenied = 1142
)

// mysqlRemedies say what to do about errors, by their numbers.
var mysqlRemedies = map[uint16]string{
	1148: mysqlInfile, 3948: mysqlInfile, 4166: mysqlInfile,
	1153: "a row is longer than max_allowed_packet of the server",
	1317: mysqlEnded, 1053: mysqlEnded, 1927: mysqlEnded,
	4031: "it was idle for longer than wait_timeout, which may be set for this server",
	1969: "it took longer than max_statement_time, which may be set for this user",
	3024: "it took longer than max_execution_time, which may be set for this server",
}

const (
	mysqlInfile = "something between sluice and the server refuses LOAD DATA LOCAL: with local_infile off in the server rows go by INSERT"
	mysqlEnded  = "whoever administers the server did that: run it again"
)

// wordsOf is an error as the server words it.
func wordsOf(err error) error {
	var my *driver.MySQLError
	switch {
	case err != nil && mysqlLost(err):
		return fmt.Errorf("the connection to the database was lost: %s", mysqlReason(err))
	case errors.As(err, &my):
		return errors.New(my.Message)
	}
	return err
}

// explain says in words what a user can do about an error of the database, unless
// that was said.
func (m *mysql) explain(_ context.Context, err error) error { return m.tell(err, "") }

// tell is explain; blocker is the session that a lock was waited for, "" if that
// is not known.
func (m *mysql) tell(err error, blocker string) error {
	var was told
	var refused *plan.RefusedError
	var unsettled *plan.UnsettledError
	if err == nil || errors.As(err, &was) || errors.As(err, &refused) || errors.As(err, &unsettled) || errors.As(err, &committed{}) || errors.Is(err, context.Canceled) {
		return err
	}
	if mysqlLost(err) {
		return told{fmt.Sprintf("the connection to the database was lost: %s; nothing was changed (%s)", mysqlReason(err), cmp.Or(mysqlRemedies[mysqlCode(err)], "run it again")), err}
	}
	var my *driver.MySQLError
	if !errors.As(err, &my) {
		return err
	}
	text := my.Message
	switch my.Number {
	case mysqlLockWait:
		if blocker == "" {
			blocker = "another transaction"
		}
		text = "a lock was waited for too long: " + blocker + " holds it (to.lock_timeout says how long to wait)"
	case mysqlDenied, mysqlTableDenied:
		text += ": `sluice setup JOB --sql` prints what somebody has to run who may"
	case mysqlDeadlock:
		text = "another transaction and this one waited for each other, and this one was ended: try again"
	}
	text += "; nothing was changed"
	if remedy := mysqlRemedies[my.Number]; remedy != "" {
		text += " (" + remedy + ")"
	}
	if _, alone := err.(*driver.MySQLError); alone { // with nothing around it that would be lost
		return told{text, err}
	}
	return told{fmt.Sprintf("%s: %v", text, err), err}
}

// mysqlGone are the numbers of errors by which the server takes leave.
var mysqlGone = []uint16{1053, 1927, 4031}

// mysqlLost says whether an error is that of a connection that is no more.
func mysqlLost(err error) bool {
	var op *net.OpError
	return errors.Is(err, driver.ErrInvalidConn) || errors.Is(err, sqldriver.ErrBadConn) || errors.Is(err, io.ErrUnexpectedEOF) || errors.As(err, &op) || slices.Contains(mysqlGone, mysqlCode(err))
}

// mysqlReason is why a connection was lost, in words.
func mysqlReason(err error) string {
	var my *driver.MySQLError
	if errors.As(err, &my) {
		return my.Message
	}
	return reason(err)
}
