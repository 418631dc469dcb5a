package main

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime/debug"
	"strings"
	"syscall"
	"time"
)

const (
	flightJob = "bench/raw_to_stage.yaml"
	smallJob  = "bench/small.yaml"
	day       = "current_date=2024-04-17" // the param that bench/flights/gen.py writes files for
)

// A lab knows where programs, data and outputs are.
type lab struct {
	root, data, out string
	flights         *dataset
}

// A dataset is what a store is filled with and what must come out.
type dataset struct {
	raw   string // folder of sources
	stage string // folder of the right outputs; "": sources and outputs have the same sizes
}

func newLab() (*lab, error) {
	root, err := filepath.Abs(".")
	if err != nil {
		return nil, err
	}
	if _, err := os.Stat(filepath.Join(root, flightJob)); err != nil {
		return nil, fmt.Errorf("run it from the project's folder, by make bench: %w", err)
	}
	l := &lab{root: root, data: filepath.Join(root, "bench/data"), out: filepath.Join(root, "bench/out")}
	l.flights = &dataset{raw: filepath.Join(l.data, "flights"), stage: filepath.Join(l.data, "flights-stage")}
	return l, errors.Join(os.MkdirAll(l.data, 0o755), os.MkdirAll(l.out, 0o755))
}

func (l *lab) python() string { return filepath.Join(l.root, ".tools/bench-venv/bin/python") }

// sluice is the command that applies job; s is nil where no store is needed.
func (l *lab) sluice(s *server, job string, params ...string) *exec.Cmd {
	args := []string{"apply", filepath.Join(l.root, job), "--json"}
	for _, p := range params {
		args = append(args, "--param", p)
	}
	return l.command(s, filepath.Join(l.root, "bin/sluice"), args...)
}

// peer is the command that runs the program bench/peers/name.py.
func (l *lab) peer(s *server, name string, args ...string) *exec.Cmd {
	script := filepath.Join(l.root, "bench/peers", name+".py")
	return l.command(s, l.python(), append([]string{script}, args...)...)
}

func (l *lab) command(s *server, program string, args ...string) *exec.Cmd {
	cmd := exec.Command(program, args...)
	cmd.Dir = l.out
	for _, v := range os.Environ() {
		if !strings.HasPrefix(v, "AWS_") && !strings.HasPrefix(v, "SLUICE_") {
			cmd.Env = append(cmd.Env, v)
		}
	}
	cmd.Env = append(cmd.Env, "PYTHONDONTWRITEBYTECODE=1", "AWS_EC2_METADATA_DISABLED=true",
		"AWS_CONFIG_FILE=/dev/null", "AWS_SHARED_CREDENTIALS_FILE=/dev/null",
		"AWS_REGION=us-east-1", "AWS_DEFAULT_REGION=us-east-1",
		"AWS_ACCESS_KEY_ID=key", "AWS_SECRET_ACCESS_KEY=secret")
	if s != nil {
		cmd.Env = append(cmd.Env, "AWS_ENDPOINT_URL_S3="+s.url)
	}
	return cmd
}

// measure runs cmd to its end, then check, and adds what it took, or how it
// failed, to c.
func (l *lab) measure(c *section, program string, cmd *exec.Cmd, check func() error) {
	l.measureAs(c, program, cmd, check, func(*sample) error { return nil })
}

// measureAs is measure with the last word on what a run took.
func (l *lab) measureAs(c *section, program string, cmd *exec.Cmd, check func() error, as func(*sample) error) {
	fmt.Fprintf(os.Stderr, "   %s\n", program)
	took, err := run(cmd)
	if err == nil {
		err = as(&took)
	}
	if err == nil {
		err = check()
	}
	c.add(program, took, err)
}

func run(cmd *exec.Cmd) (sample, error) {
	// Linux counts the peak of the process that starts another as the other's, too.
	debug.FreeOSMemory()
	_ = os.WriteFile("/proc/self/clear_refs", []byte("5"), 0) // the peak is now what there is
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	begin := time.Now()
	if err := cmd.Run(); err != nil {
		text := strings.TrimSpace(stderr.String())
		return sample{}, fmt.Errorf("%w: %s", err, text[max(0, len(text)-300):])
	}
	took := sample{wall: time.Since(begin), cpu: cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime()}
	if ru, ok := cmd.ProcessState.SysUsage().(*syscall.Rusage); ok {
		took.rss = ru.Maxrss * 1024
	}
	return took, nil
}

// inOut runs a program over the flights in s, into an empty stage bucket, and
// checks its outputs.
func (l *lab) inOut(c *section, s *server, program string) {
	if err := s.reset("stage"); err != nil {
		c.add(program, sample{}, err)
		return
	}
	cmd := l.peer(s, program)
	if program == "sluice" {
		cmd = l.sluice(s, flightJob, "raw=s3://raw", "stage=s3://stage", day)
	}
	l.measure(c, program, cmd, func() error { return l.checkStage(s, program) })
}

// checkStage compares the stage bucket of s with the right outputs.
func (l *lab) checkStage(s *server, program string) error {
	dir := filepath.Join(l.out, program)
	if err := errors.Join(empty(dir), s.dump("stage", dir)); err != nil {
		return err
	}
	return l.compare(l.flights.stage, dir)
}

// compare fails unless the Parquet files in two folders have the same values.
func (l *lab) compare(want, got string) error {
	script := filepath.Join(l.root, "bench/flights/compare.py")
	text, err := exec.Command(l.python(), script, "--skip-empty", want, got).Output()
	if err != nil {
		lines := strings.Split(strings.TrimSpace(string(text)), "\n")
		return fmt.Errorf("outputs differ: %s; %s", lines[0], lines[len(lines)-1])
	}
	return nil
}

// empty makes each folder anew.
func empty(dirs ...string) error {
	for _, dir := range dirs {
		if err := errors.Join(os.RemoveAll(dir), os.MkdirAll(dir, 0o755)); err != nil {
			return err
		}
	}
	return nil
}
