package main

import (
	"crypto/md5"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	_ "github.com/go-sql-driver/mysql" // the driver "mysql"
)

// A mariadb is a MariaDB server of the bench's own. Its data directories lie in
// a temporary folder that ends with it; it runs on one of them at a time.
type mariadb struct {
	dir, program, port string
	as                 []string // the arguments that say who runs it
	cmd                *exec.Cmd
}

// mariadbSettings differ from what a server has as it is installed: it has the
// memory that the tables need, and no checkpoint has to fall into a run.
var mariadbSettings = []string{
	"--innodb-buffer-pool-size=1G", "--innodb-log-file-size=1G", "--innodb-flush-log-at-trx-commit=1",
	"--skip-log-bin", "--skip-name-resolve", "--innodb-buffer-pool-dump-at-shutdown=OFF", "--innodb-buffer-pool-load-at-startup=OFF",
}

// newMariaDB makes a data directory with the tables of a schema file. No server
// runs yet.
func newMariaDB(database, schema string) (*mariadb, error) {
	m := &mariadb{}
	install, err := mariadbProgram("mariadb-install-db", "mysql_install_db")
	if err != nil {
		return nil, err
	}
	if m.program, err = mariadbProgram("mariadbd", "mysqld"); err != nil {
		return nil, err
	}
	if m.dir, err = os.MkdirTemp("", "sluice-bench-"); err != nil {
		return nil, err
	}
	if err := m.make(install, database, schema); err != nil {
		return nil, errors.Join(err, m.stop())
	}
	return m, nil
}

func (m *mariadb) make(install, database, schema string) error {
	if os.Getuid() == 0 { // the server gives the rights of root up
		if _, err := user.Lookup("mysql"); err != nil {
			return fmt.Errorf("the server does not run as root, and there is no user mysql: %w", err)
		}
		m.as = []string{"--user=mysql"}
		if err := os.Chmod(m.dir, 0o777); err != nil {
			return err
		}
	}
	args := append([]string{"--no-defaults", "--datadir=" + m.data(database), "--auth-root-authentication-method=normal", "--skip-test-db"}, m.as...)
	if text, err := m.command(install, args...).CombinedOutput(); err != nil {
		return fmt.Errorf("%s: %w: %s", install, err, text)
	}
	text, err := os.ReadFile(schema)
	if err != nil {
		return err
	}
	first := "CREATE USER bench@127.0.0.1; GRANT ALL ON *.* TO bench@127.0.0.1; CREATE DATABASE shop;"
	if err := os.WriteFile(m.init(), []byte(strings.ReplaceAll(first, "; ", ";\n")), 0o644); err != nil {
		return err
	}
	if err := m.start(database, "--init-file="+m.init()); err != nil {
		return err
	}
	return m.do(string(text))
}

// command has a folder for temporary files of its own: a server that starts clears
// away what others have in theirs.
func (m *mariadb) command(program string, args ...string) *exec.Cmd {
	cmd := exec.Command(program, args...)
	cmd.Env = append(os.Environ(), "TMPDIR="+m.dir)
	return cmd
}

func (m *mariadb) data(database string) string { return filepath.Join(m.dir, database) }
func (m *mariadb) init() string                { return filepath.Join(m.dir, "init.sql") }

// start runs the server on a data directory, and waits until it answers.
func (m *mariadb) start(database string, more ...string) (err error) {
	if m.port, err = freePort(); err != nil {
		return err
	}
	log, err := os.Create(filepath.Join(m.dir, "log"))
	if err != nil {
		return err
	}
	defer log.Close()
	args := append([]string{
		"--no-defaults", "--datadir=" + m.data(database), "--port=" + m.port, "--bind-address=127.0.0.1",
		"--socket=" + filepath.Join(m.data(database), "socket"), "--pid-file=" + filepath.Join(m.data(database), "pid"),
	}, m.as...)
	m.cmd = m.command(m.program, append(append(args, mariadbSettings...), more...)...)
	m.cmd.Stdout, m.cmd.Stderr = log, log
	if err := m.cmd.Start(); err != nil {
		m.cmd = nil
		return err
	}
	for deadline := time.Now().Add(time.Minute); time.Now().Before(deadline); time.Sleep(50 * time.Millisecond) {
		if err = m.do("SELECT 1"); err == nil {
			return nil
		}
	}
	text, _ := os.ReadFile(log.Name())
	return fmt.Errorf("mariadbd does not answer: %w: %s", err, text)
}

// halt ends the server, behind a checkpoint.
func (m *mariadb) halt() error {
	if m.cmd == nil {
		return nil
	}
	err := errors.Join(m.cmd.Process.Signal(syscall.SIGTERM), m.cmd.Wait())
	m.cmd = nil
	return err
}

// stop ends the server and removes its data.
func (m *mariadb) stop() error { return errors.Join(m.halt(), os.RemoveAll(m.dir)) }

// copyOf makes a data directory anew, with what lies in another, and runs the
// server on it. It has read all tables then, as one that has run for a while.
func (m *mariadb) copyOf(from, database string) error {
	if err := errors.Join(m.halt(), os.RemoveAll(m.data(database))); err != nil {
		return err
	}
	if text, err := exec.Command("cp", "-a", m.data(from), m.data(database)).CombinedOutput(); err != nil {
		return fmt.Errorf("cp: %w: %s", err, text)
	}
	syscall.Sync()
	if err := m.start(database); err != nil {
		return err
	}
	return m.do("CHECKSUM TABLE " + strings.Join(shopTables, ", "))
}

// url is how programs reach the tables.
func (m *mariadb) url() string { return "mysql://bench@127.0.0.1:" + m.port + "/shop" }

// do runs statements.
func (m *mariadb) do(statements string) error {
	db, err := m.open()
	if err != nil {
		return err
	}
	_, err = db.Exec(statements)
	return errors.Join(err, db.Close())
}

func (m *mariadb) open() (*sql.DB, error) {
	return sql.Open("mysql", "bench@tcp(127.0.0.1:"+m.port+")/shop?multiStatements=true&collation=utf8mb4_bin")
}

// shopTables are the tables of the schema.
var shopTables = []string{"shop_category", "shop_author", "shop_tag", "shop_product", "shop_product_tags"}

// content is what cluster.content is.
func (m *mariadb) content() (string, error) {
	return m.hash("SELECT p.sku, p.title, p.description, c.slug, p.author_id, p.price, p.stock, p.published, p.updated_at, p.active, p.isbn, p.weight, " +
		"(SELECT group_concat(t.name ORDER BY t.name) FROM shop_product_tags l JOIN shop_tag t ON t.id = l.tag_id WHERE l.product_id = p.id) " +
		"FROM shop_product p JOIN shop_category c ON c.id = p.category_id ORDER BY p.sku")
}

// dump is what cluster.dump is.
func (m *mariadb) dump() (string, error) {
	var hashes []string
	for _, table := range shopTables {
		hash, err := m.hash("SELECT * FROM " + table + " ORDER BY id")
		if err != nil {
			return "", err
		}
		hashes = append(hashes, hash)
	}
	return strings.Join(hashes, " "), nil
}

// hash is how many rows a query gives, and a hash of them in their order.
func (m *mariadb) hash(query string) (string, error) {
	db, err := m.open()
	if err != nil {
		return "", err
	}
	defer func() { _ = db.Close() }() // it was only read
	rows, err := db.Query(query)
	if err != nil {
		return "", err
	}
	defer rows.Close()
	names, err := rows.Columns()
	if err != nil {
		return "", err
	}
	values, into := make([]sql.NullString, len(names)), make([]any, len(names))
	for i := range values {
		into[i] = &values[i]
	}
	n, all := 0, md5.New()
	for ; rows.Next(); n++ {
		if err := rows.Scan(into...); err != nil {
			return "", err
		}
		fmt.Fprintln(all, values)
	}
	return fmt.Sprintf("%d|%x", n, all.Sum(nil)), rows.Err()
}

func mariadbProgram(names ...string) (string, error) {
	for _, name := range names {
		if path, err := exec.LookPath(name); err == nil {
			return path, nil
		}
		if path := filepath.Join("/usr/sbin", name); exists(path) {
			return path, nil
		}
	}
	return "", fmt.Errorf("no %s here; install the package mariadb-server", names[0])
}
