package main

import (
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"regexp"
	"runtime"
	"strconv"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
)

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"sluice": main})
}

// TestScripts runs testdata/*.txtar, which use sluice as a person or a
// scheduler would: as a program, in a folder of its own. Where there is an S3
// look-alike its buckets raw and stage are at hand.
func TestScripts(t *testing.T) {
	sim := os.Getenv("SLUICE_TEST_S3SIM")
	if sim == "" && os.Getenv("CI") != "" {
		t.Fatal("SLUICE_TEST_S3SIM is not set")
	}
	server := os.Getenv("SLUICE_TEST_POSTGRES")
	if server == "" && os.Getenv("CI") != "" {
		t.Fatal("SLUICE_TEST_POSTGRES is not set; scripts/postgres sets it")
	}
	mysql := os.Getenv("SLUICE_TEST_MYSQL")
	if mysql == "" && os.Getenv("CI") != "" {
		t.Fatal("SLUICE_TEST_MYSQL is not set; scripts/mariadb sets it")
	}
	addr := ""
	if sim != "" {
		addr = startSim(t, sim)
	}
	testscript.Run(t, testscript.Params{
		Dir: "testdata",
		Condition: func(name string) (bool, error) {
			switch name {
			case "s3":
				return addr != "", nil
			case "postgres":
				return server != "", nil
			case "mysql":
				return mysql != "", nil
			}
			return false, fmt.Errorf("unknown condition %q", name)
		},
		Setup: func(env *testscript.Env) error {
			env.Vars = append(env.Vars,
				"AWS_ENDPOINT_URL_S3=http://"+addr, "AWS_ACCESS_KEY_ID=test", "AWS_SECRET_ACCESS_KEY=testtest", "AWS_REGION=us-east-1",
				"AWS_CONFIG_FILE="+os.DevNull, "AWS_SHARED_CREDENTIALS_FILE="+os.DevNull)
			return nil
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"exits":   exits,
			"capture": capture,
			"postgres": func(ts *testscript.TestScript, neg bool, args []string) {
				newPostgres(ts, server, neg, args)
			},
			"mysql": func(ts *testscript.TestScript, neg bool, args []string) {
				newMySQL(ts, mysql, neg, args)
			},
			"silent": silent,
			"sql":    query,
		},
	})
}

// startSim starts an S3 look-alike for as long as the test runs, and returns
// its host and port once it answers.
func startSim(t *testing.T, sim string) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	addr := l.Addr().String()
	l.Close()
	cmd := exec.Command(sim, "-addr", addr, "-auth", "-get-latency", "0", "-put-latency", "0")
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		cmd.Process.Kill()
		cmd.Wait()
	})
	for deadline := time.Now().Add(20 * time.Second); ; {
		conn, err := net.DialTimeout("tcp", addr, time.Second)
		if err == nil {
			conn.Close()
			return addr
		}
		if time.Now().After(deadline) {
			t.Fatal(err)
		}
		runtime.Gosched()
	}
}

// exits runs a program and holds it to an exit status: "exits 2 sluice plan".
func exits(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: exits status program [args...]")
	}
	want, err := strconv.Atoi(args[0])
	ts.Check(err)
	got := 0
	err = ts.Exec(args[1], args[2:]...)
	var exit *exec.ExitError
	switch {
	case errors.As(err, &exit):
		got = exit.ExitCode()
	case err != nil:
		ts.Fatalf("%s: %v", args[1], err)
	}
	if got != want {
		ts.Fatalf("%s ended with status %d, want %d", args[1], got, want)
	}
}

// capture sets a variable to the first group of a regular expression, as it
// matches the last program's stdout: "capture RUN '^run ([^:]+):'".
func capture(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: capture name regexp")
	}
	re, err := regexp.Compile("(?m)" + args[1])
	ts.Check(err)
	match := re.FindStringSubmatch(ts.ReadFile("stdout"))
	if len(match) < 2 {
		ts.Fatalf("no match of %q in stdout", args[1])
	}
	ts.Setenv(args[0], match[1])
}
