package table

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"os/exec"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
)

// A mysqlServer is a server of one test's own, which may crash it.
type mysqlServer struct {
	url  string // of a database of it
	pid  int
	args []string  // that it is started anew with
	cmd  *exec.Cmd // it, since it was
}

// startMySQLServer starts a server that ends with the test. What is committed
// there is on the disk.
func startMySQLServer(t testing.TB) *mysqlServer {
	t.Helper()
	mysqlServerOfTests(t) // one is installed
	cmd := exec.Command("../scripts/mariadb", "sh", "-c", `echo "$SLUICE_TEST_MYSQL"; exec cat`)
	cmd.Stderr = os.Stderr
	stdin, err := cmd.StdinPipe()
	must(t, err)
	stdout, err := cmd.StdoutPipe()
	must(t, err)
	must(t, cmd.Start())
	s := &mysqlServer{}
	t.Cleanup(func() {
		if s.cmd != nil {
			_ = s.cmd.Process.Kill()
			_ = s.cmd.Wait()
		}
		stdin.Close()
		_ = cmd.Wait()
	})
	s.url, err = bufio.NewReader(stdout).ReadString('\n')
	must(t, err)
	s.url = strings.TrimSpace(s.url)
	admin := openMySQLServer(t, s.url)
	execMySQL(t, admin, "SET GLOBAL innodb_flush_log_at_trx_commit = 1")
	s.pid, err = strconv.Atoi(strings.TrimSpace(textOf(t, rowsOfMySQL(t, admin, "SELECT @@pid_file")[0])))
	must(t, err)
	line, err := os.ReadFile(fmt.Sprintf("/proc/%d/cmdline", s.pid))
	if err != nil {
		t.Skip("how the server was started cannot be seen here: ", err)
	}
	s.args = slices.DeleteFunc(strings.Split(strings.TrimRight(string(line), "\x00"), "\x00"), func(arg string) bool {
		return strings.HasPrefix(arg, "--init-file") || strings.HasPrefix(arg, "--innodb-flush-log")
	})
	return s
}

// Crash stops the server as a loss of power would, and returns when another goes on
// with its files.
func (s *mysqlServer) Crash(t testing.TB) {
	t.Helper()
	old, err := os.FindProcess(s.pid)
	must(t, err)
	must(t, old.Kill())
	if s.cmd != nil {
		_ = s.cmd.Wait()
	}
	db := openMySQLServer(t, s.url)
	for db.PingContext(context.Background()) == nil { // it still ends
		<-time.After(time.Millisecond)
	}
	s.cmd = exec.Command(s.args[0], append(s.args[1:], "--innodb-flush-log-at-trx-commit=1")...)
	must(t, s.cmd.Start())
	s.pid = s.cmd.Process.Pid
	for until := time.Now().Add(time.Minute); ; <-time.After(10 * time.Millisecond) {
		if err = db.PingContext(context.Background()); err == nil {
			return
		}
		if time.Now().After(until) {
			t.Fatal(err)
		}
	}
}
