package table

import (
	"encoding/pem"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"testing"
)

// The URL names what is connected to, and how.
func TestMySQLURL(t *testing.T) {
	t.Setenv("MYSQL_PWD", "")
	t.Setenv("HOME", t.TempDir())
	server := httptest.NewTLSServer(nil)
	defer server.Close()
	ca := filepath.Join(t.TempDir(), "ca.pem")
	if err := os.WriteFile(ca, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: server.Certificate().Raw}), 0o600); err != nil {
		t.Fatal(err)
	}
	for address, want := range map[string][5]string{ // network, address, user, password, TLS
		"mysql://clerk:a%2Fb@db/shop":                            {"tcp", "db:3306", "clerk", "a/b", ""},
		"mariadb://clerk@[::1]:3307/shop?tls=preferred":          {"tcp", "[::1]:3307", "clerk", "", "preferred"},
		"mysql://clerk@/shop?socket=/run/s":                      {"unix", "/run/s", "clerk", "", ""},
		"mysql://db/shop?ssl-ca=" + url.QueryEscape(ca):          {"tcp", "db:3306", "", "", "of db"},
		"mysql://db/shop?tls=true&ssl-ca=" + url.QueryEscape(ca): {"tcp", "db:3306", "", "", "of db"},
		"mysql://db/shop?tls=true":                               {"tcp", "db:3306", "", "", "true"},
		"mysql://clerk:@db/shop?tls=false":                       {"tcp", "db:3306", "clerk", "", "false"},
	} {
		c, err := mysqlConfig(address)
		if err != nil {
			t.Fatal(address, err)
		}
		got := [5]string{c.Net, c.Addr, c.User, c.Passwd, c.TLSConfig}
		if c.TLS != nil {
			got[4] += "of " + c.TLS.ServerName
		}
		if got != want || c.DBName != "shop" {
			t.Errorf("%s: %q, not %q", address, got, want)
		}
	}
}

// What the URL leaves out is where MySQL's own programs have it.
func TestMySQLOwnFile(t *testing.T) {
	home := t.TempDir()
	t.Setenv("HOME", home)
	t.Setenv("MYSQL_PWD", "")
	text := "# of the shop\n[mysqldump]\npassword=no\n[client]\nuser = clerk\npassword = 'a\\\\b\\sc'\n[mysql]\npassword=no\n"
	if err := os.WriteFile(filepath.Join(home, ".my.cnf"), []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	of := func(address string) string {
		c, err := mysqlConfig(address)
		if err != nil {
			t.Fatal(err)
		}
		return c.User + " " + c.Passwd
	}
	same(t, "of the file", of("mysql://db/shop"), `clerk a\b c`)
	same(t, "of the URL", of("mysql://boss:x@db/shop"), "boss x")
	t.Setenv("MYSQL_PWD", "y")
	same(t, "of the environment", of("mysql://boss@db/shop"), "boss y")
}
