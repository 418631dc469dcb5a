package main

import (
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// A cluster is a running PostgreSQL server of the bench's own, with its data in
// a temporary folder that ends with it.
type cluster struct {
	dir, bin, port string
	cmd            *exec.Cmd
}

// clusterSettings differ from what a server has as it is installed in what
// would make two runs of one program unlike each other: a checkpoint or a vacuum
// falls between runs (settle), never into one.
var clusterSettings = []string{"max_wal_size=8GB", "checkpoint_timeout=1d", "autovacuum=off"}

// postgres starts a cluster on a free port of the loopback.
func postgres() (*cluster, error) {
	c := &cluster{}
	var err error
	if c.bin, err = postgresPrograms(); err != nil {
		return nil, err
	}
	if c.port, err = freePort(); err != nil {
		return nil, err
	}
	if c.dir, err = os.MkdirTemp("", "sluice-bench-"); err != nil {
		return nil, err
	}
	if err := c.start(); err != nil {
		return nil, errors.Join(err, os.RemoveAll(c.dir))
	}
	return c, nil
}

func (c *cluster) start() error {
	as, err := serverUser(c.dir)
	if err != nil {
		return err
	}
	data := filepath.Join(c.dir, "data")
	initdb := exec.Command(filepath.Join(c.bin, "initdb"), "-D", data, "-U", "bench", "-A", "trust", "-E", "UTF8", "--locale=C", "--no-sync")
	initdb.Dir, initdb.SysProcAttr = c.dir, as
	if text, err := initdb.CombinedOutput(); err != nil {
		return fmt.Errorf("initdb: %w: %s", err, text)
	}
	args := []string{"-D", data, "-h", "127.0.0.1", "-p", c.port, "-k", c.dir}
	for _, s := range clusterSettings {
		args = append(args, "-c", s)
	}
	log, err := os.Create(filepath.Join(c.dir, "log"))
	if err != nil {
		return err
	}
	defer log.Close()
	c.cmd = exec.Command(filepath.Join(c.bin, "postgres"), args...)
	c.cmd.Dir, c.cmd.SysProcAttr, c.cmd.Stdout, c.cmd.Stderr = c.dir, as, log, log
	if err := c.cmd.Start(); err != nil {
		return err
	}
	return c.ready()
}

// ready waits until the server answers.
func (c *cluster) ready() error {
	var err error
	for deadline := time.Now().Add(time.Minute); time.Now().Before(deadline); time.Sleep(50 * time.Millisecond) {
		if _, err = c.query("postgres", "SELECT 1"); err == nil {
			return nil
		}
	}
	log, _ := os.ReadFile(filepath.Join(c.dir, "log"))
	return errors.Join(fmt.Errorf("postgres does not answer: %w: %s", err, log), c.halt())
}

// stop ends the server and removes its data.
func (c *cluster) stop() error {
	return errors.Join(c.halt(), os.RemoveAll(c.dir))
}

// halt is the server's fast shutdown, which waits for no client.
func (c *cluster) halt() error {
	return errors.Join(c.cmd.Process.Signal(os.Interrupt), c.cmd.Wait())
}

// url is how programs reach a database of the cluster.
func (c *cluster) url(database string) string {
	return fmt.Sprintf("postgres://bench@127.0.0.1:%s/%s?sslmode=disable", c.port, database)
}

// fresh makes a database anew, with the tables of the schema file, and gives
// its URL.
func (c *cluster) fresh(database, schema string) (string, error) {
	_, err1 := c.query("postgres", "DROP DATABASE IF EXISTS "+database+" WITH (FORCE)")
	_, err2 := c.query("postgres", "CREATE DATABASE "+database)
	if err := errors.Join(err1, err2); err != nil {
		return "", err
	}
	if _, err := c.psql(database, "-f", schema); err != nil {
		return "", err
	}
	return c.url(database), c.settle(database)
}

// copyOf makes database anew, with what lies in from, and gives its URL. Nobody
// may be connected to from.
func (c *cluster) copyOf(from, database string) (string, error) {
	_, err1 := c.query("postgres", "DROP DATABASE IF EXISTS "+database+" WITH (FORCE)")
	_, err2 := c.query("postgres", "CREATE DATABASE "+database+" TEMPLATE "+from)
	if err := errors.Join(err1, err2); err != nil {
		return "", err
	}
	return c.url(database), c.settle(database)
}

// settle does what autovacuum and checkpoints would do in time, so that the
// next run finds neither of them to do.
func (c *cluster) settle(database string) error {
	_, err1 := c.query(database, "VACUUM ANALYZE") //nolint:misspell // the statement's name
	_, err2 := c.query(database, "CHECKPOINT")
	return errors.Join(err1, err2)
}

// query is the answer to one statement, columns parted by |, a line a row.
func (c *cluster) query(database, sql string) (string, error) {
	return c.psql(database, "-c", sql)
}

func (c *cluster) psql(database string, args ...string) (string, error) {
	args = append([]string{"-d", c.url(database), "-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1"}, args...)
	text, err := exec.Command(filepath.Join(c.bin, "psql"), args...).CombinedOutput()
	if err != nil {
		return "", fmt.Errorf("psql: %w: %s", err, strings.TrimSpace(string(text)))
	}
	return strings.TrimSpace(string(text)), nil
}

// postgresPrograms is the folder of initdb, postgres and psql: where Debian keeps
// them, the newest version first, else beside the initdb of the PATH.
func postgresPrograms() (string, error) {
	found, _ := filepath.Glob("/usr/lib/postgresql/*/bin/initdb")
	if len(found) > 0 {
		return filepath.Dir(slices.MaxFunc(found, func(a, b string) int { return postgresVersion(a) - postgresVersion(b) })), nil
	}
	path, err := exec.LookPath("initdb")
	if err != nil {
		return "", errors.New("no PostgreSQL server here; install the package postgresql")
	}
	path, err = filepath.EvalSymlinks(path)
	return filepath.Dir(path), err
}

func postgresVersion(initdb string) int {
	n, _ := strconv.Atoi(filepath.Base(filepath.Dir(filepath.Dir(initdb))))
	return n
}

// serverUser is who runs the server: root, whom it refuses, becomes the user
// postgres of the package, to whom dir is given.
func serverUser(dir string) (*syscall.SysProcAttr, error) {
	if os.Getuid() != 0 {
		return nil, nil
	}
	u, err := user.Lookup("postgres")
	if err != nil {
		return nil, fmt.Errorf("the server does not run as root, and there is no user postgres: %w", err)
	}
	uid, err1 := strconv.Atoi(u.Uid)
	gid, err2 := strconv.Atoi(u.Gid)
	if err := errors.Join(err1, err2, os.Chown(dir, uid, gid)); err != nil {
		return nil, err
	}
	return &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}}, nil
}

func freePort() (string, error) {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	_, port, err := net.SplitHostPort(ln.Addr().String())
	return port, errors.Join(err, ln.Close())
}
