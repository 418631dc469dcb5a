package table

import (
	"cmp"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"time"

	driver "github.com/go-sql-driver/mysql"

	"github.com/seed-128c3863/sluice/spec"
)

// mysqlConfig reads mysql://USER:PASSWORD@HOST:PORT/NAME?OPTION=VALUE.
func mysqlConfig(address string) (*driver.Config, error) {
	u, err := url.Parse(address)
	if err != nil || u.Host == "" && !u.Query().Has("socket") {
		return nil, &spec.UsageError{Err: errors.New("the URL of the database cannot be read: it is written mysql://USER@HOST:PORT/NAME, with :PASSWORD behind USER, in which : / ? # % @ are %3A %2F %3F %23 %25 %40")}
	}
	c := driver.NewConfig()
	c.Net, c.Addr, c.DBName = "tcp", net.JoinHostPort(u.Hostname(), cmp.Or(u.Port(), "3306")), strings.TrimPrefix(u.Path, "/")
	if c.DBName == "" {
		return nil, &spec.UsageError{Err: fmt.Errorf("the URL of the database names none, as in mysql://%s/shop", u.Host)}
	}
	user, password := inMyCnf()
	c.User, c.Passwd = cmp.Or(u.User.Username(), user), cmp.Or(os.Getenv("MYSQL_PWD"), password)
	if given, ok := u.User.Password(); ok {
		c.Passwd = given
	}
	if err := mysqlOptions(c, u.Query()); err != nil {
		return nil, &spec.UsageError{Err: fmt.Errorf("the URL of the database has %w", err)}
	}
	c.ClientFoundRows, c.InterpolateParams, c.Collation = true, true, "utf8mb4_general_ci"
	c.Logger = log.New(io.Discard, "", 0) // what it says, it returns, too
	c.Timeout = 10 * time.Second
	c.Params = map[string]string{
		"sql_mode":                 "'ANSI_QUOTES,NO_BACKSLASH_ESCAPES,STRICT_ALL_TABLES,NO_AUTO_VALUE_ON_ZERO,ERROR_FOR_DIVISION_BY_ZERO,NO_ENGINE_SUBSTITUTION'",
		"time_zone":                "'+00:00'",
		"group_concat_max_len":     "4294967295",
		"autocommit":               "1",
		"foreign_key_checks":       "1",
		"unique_checks":            "1",
		"sql_safe_updates":         "0",
		"sql_auto_is_null":         "0",
		"innodb_lock_wait_timeout": "10",
	}
	return c, nil
}

// mysqlOptions are what stands behind the name of the database.
func mysqlOptions(c *driver.Config, options url.Values) error {
	for key, values := range options {
		value := values[0]
		switch {
		case key == "socket":
			c.Net, c.Addr = "unix", value
		case key == "tls" && (value == "true" || value == "false" || value == "skip-verify" || value == "preferred"):
			c.TLSConfig = value
		case key == "tls":
			return errors.New("a tls that is none of true, false, skip-verify, preferred")
		case key == "ssl-ca":
			text, err := os.ReadFile(value)
			if err != nil {
				return fmt.Errorf("a file of certificates that cannot be read: %w", err)
			}
			c.TLS = &tls.Config{RootCAs: x509.NewCertPool(), MinVersion: tls.VersionTLS12}
			if !c.TLS.RootCAs.AppendCertsFromPEM(text) {
				return fmt.Errorf("ssl-ca=%s, in which there is no certificate (PEM)", value)
			}
		default:
			return fmt.Errorf("the option %s, and sluice knows tls, ssl-ca and socket alone", key)
		}
	}
	if c.TLS == nil {
		return nil
	}
	if options.Has("tls") && c.TLSConfig != "true" {
		return fmt.Errorf("ssl-ca and tls=%s: it is for tls=true", c.TLSConfig)
	}
	c.TLS.ServerName, _, _ = net.SplitHostPort(c.Addr)
	c.TLSConfig = ""
	return nil
}

// inMyCnf returns the user and the password in ~/.my.cnf, where MySQL's own
// programs look for them, in its part [client].
func inMyCnf() (user, password string) {
	home, err := os.UserHomeDir()
	if err != nil {
		return "", ""
	}
	text, err := os.ReadFile(filepath.Join(home, ".my.cnf"))
	if err != nil {
		return "", "" // or whoever needs it is told that there is none
	}
	part := ""
	for line := range strings.Lines(string(text)) {
		line = strings.TrimSpace(line)
		key, value, _ := strings.Cut(line, "=")
		value = strings.TrimSpace(value)
		if n := len(value); n > 1 && (value[0] == '"' || value[0] == '\'') && value[n-1] == value[0] {
			value = value[1 : n-1]
		}
		value = strings.NewReplacer(`\\`, `\`, `\s`, " ", `\"`, `"`, `\'`, "'").Replace(value)
		switch key = strings.TrimSpace(key); {
		case strings.HasPrefix(line, "["):
			part = line
		case part == "[client]" && key == "user":
			user = value
		case part == "[client]" && key == "password":
			password = value
		}
	}
	return user, password
}

// Numbers of errors of MySQL: what a connection is refused for.
const (
	mysqlNoUser  = 1045 // of this name, password and host
	mysqlNoPlain = 3159 // connection, but by TLS
)

// mysqlPlainly is why a connection could not be made, and what to try.
func mysqlPlainly(err error) error {
	var refused *driver.MySQLError
	var op *net.OpError
	var name *net.DNSError
	var cert *tls.CertificateVerificationError
	switch {
	case errors.As(err, &refused):
		return errors.New(refused.Message + mysqlTry(refused))
	case errors.As(err, &name):
		return fmt.Errorf("there is no host %s", name.Name)
	case errors.Is(err, driver.ErrNoTLS):
		return errors.New("the server takes no TLS connections, and tls in the URL asks for one")
	case errors.As(err, &cert):
		return fmt.Errorf("%w: ?ssl-ca=FILE names who signed its certificate, ?tls=skip-verify takes any", cert.Err)
	case errors.As(err, &op) && op.Net == "unix":
		return fmt.Errorf("socket %s: %w: is the server there?", op.Addr, op.Err)
	case errors.As(err, &op):
		return fmt.Errorf("%w: is the server there, and is this its port?", op.Err)
	case mysqlLost(err), errors.Is(err, driver.ErrMalformPkt), errors.Is(err, driver.ErrPktSync), errors.Is(err, driver.ErrOldProtocol):
		return errors.New("what answers there is no MySQL and no MariaDB: is this its port?")
	}
	return err
}

func mysqlTry(refused *driver.MySQLError) string {
	switch {
	case refused.Number == mysqlDenied:
		return ": it is not there, or the user has no rights on it"
	case refused.Number == mysqlNoUser && strings.HasSuffix(refused.Message, "NO)"):
		return ": a password stands behind the user in the URL, in MYSQL_PWD or in ~/.my.cnf"
	case refused.Number == mysqlNoUser:
		return ": is this the password, and may the user come from this host, and without TLS (?tls=true)?"
	case refused.Number == mysqlNoPlain:
		return ": ?tls=true behind the URL"
	}
	return ""
}
