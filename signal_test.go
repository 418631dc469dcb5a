package sluice_test

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"
)

// A running is a call of the program that goes on.
type running struct {
	*world
	cmd    *exec.Cmd
	stderr *bufio.Scanner
	said   strings.Builder // what was read of stderr
	stdout bytes.Buffer
}

func (w *world) start(cmd *exec.Cmd) *running {
	w.Helper()
	r := &running{world: w, cmd: cmd}
	pipe, err := cmd.StderrPipe()
	if err != nil {
		w.Fatal(err)
	}
	cmd.Stdout = &r.stdout
	r.stderr = bufio.NewScanner(pipe)
	if err := cmd.Start(); err != nil {
		w.Fatal(err)
	}
	return r
}

// says waits until the program says a text on stderr.
func (r *running) says(text string) {
	r.Helper()
	for r.stderr.Scan() {
		r.said.WriteString(r.stderr.Text() + "\n")
		if strings.Contains(r.stderr.Text(), text) {
			return
		}
	}
	r.Fatalf("it never said %q, but:\n%s", text, r.said.String())
}

func (r *running) signal(s os.Signal) {
	r.Helper()
	if err := r.cmd.Process.Signal(s); err != nil {
		r.Fatal(err)
	}
}

// wait waits for its end.
func (r *running) wait() ending {
	r.Helper()
	for r.stderr.Scan() {
		r.said.WriteString(r.stderr.Text() + "\n")
	}
	err := r.cmd.Wait()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		r.Fatal(err)
	}
	return ending{status: r.cmd.ProcessState.ExitCode(), stdout: r.stdout.String(), stderr: r.said.String()}
}

// signalled begins an apply of 40 files whose first outputs are held back, and
// sends a signal once one of them is on its way.
func signalled(t *testing.T, first os.Signal) (*gate, *running) {
	sim := startSim(t)
	g := newGate(t, sim, outputsAre(hold))
	w := newWorldAt(t, sim, 40)
	w.write("job.yaml", worldJob+"limits: {requests: 3, cpus: 1}\n")
	r := w.start(w.command("apply", "job.yaml"))
	r.says("run ")
	<-g.held
	r.signal(first)
	r.says("a second signal stops at once")
	return g, r
}

// TestFirstSignal holds a run to finish the files that it has begun, and the
// next to do the others.
func TestFirstSignal(t *testing.T) {
	for _, sig := range []os.Signal{os.Interrupt, syscall.SIGTERM} {
		t.Run(sig.String(), func(t *testing.T) {
			g, r := signalled(t, sig)
			g.opened(always(pass))
			r.ends(r.wait(), 130, "interrupted by signal: "+sig.String(), "to go on: sluice apply job.yaml", "to take it back: ")
			done := len(r.outputs())
			if done == 0 || done == 40 {
				t.Fatalf("%d of 40 files were done, want those that were begun", done)
			}
			r.clean()
			r.ends(r.sluice("runs", "job.yaml"), 0, "interrupted")
			r.ends(r.sluice("apply", "job.yaml"), 0, fmt.Sprintf("40 files: %d new, %d unchanged", 40-done, done))
			r.wantAll("first", 40)
			r.clean()
		})
	}
}

// TestSecondSignal ends a run whose store does not answer at once. Nothing of
// what was on its way is there, or all of it, and the next apply does it.
func TestSecondSignal(t *testing.T) {
	g, r := signalled(t, syscall.SIGTERM)
	r.signal(os.Interrupt)
	r.ends(r.wait(), 130, "interrupted by a second signal: interrupt")
	if n := len(r.outputs()); n != 0 {
		t.Errorf("%d outputs are there", n)
	}
	g.opened(always(pass))
	r.clean()
	r.ends(r.sluice("apply", "job.yaml"), 0, "40 files: 40 new")
	r.wantAll("first", 40)
	r.clean()
}

// TestSignalAtStdin interrupts a program that waits for its standard input.
func TestSignalAtStdin(t *testing.T) {
	w := newWorld(t, 1)
	w.write("job.yaml", strings.Replace(worldJob, `{*part}.json"`, `{part}.json"`+"\n  each: {file: \"-\", fields: [part]}", 1))
	for _, verb := range []string{"apply", "plan"} {
		cmd := w.command(verb, "job.yaml")
		in, err := cmd.StdinPipe()
		if err != nil {
			t.Fatal(err)
		}
		r := w.start(cmd)
		// It has taken standard input when a pipe's worth of it is gone.
		if _, err := io.WriteString(in, strings.Repeat(" ", 1<<20)); err != nil {
			t.Fatal(err)
		}
		r.signal(os.Interrupt)
		w.ends(r.wait(), 130, "interrupted by signal: interrupt")
	}
	runs, err := w.open().Runs(context.Background())
	if err != nil || len(runs) > 0 {
		t.Errorf("runs %v, %v", runs, err)
	}
}
