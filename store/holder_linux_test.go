package store

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// Another process is told who has a lock, and the one that has it is not.
func TestHolder(t *testing.T) {
	if path := os.Getenv("SLUICE_TEST_HOLDER"); path != "" {
		fmt.Printf("writer %q, reader %q\n", WritingHolder(path, path+"-none"), ReadingHolder(path))
		return
	}
	t.Parallel()
	path := filepath.Join(t.TempDir(), "a.db")
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	ask := func() string {
		cmd := exec.Command(os.Args[0], "-test.run=^TestHolder$")
		cmd.Env = append(os.Environ(), "SLUICE_TEST_HOLDER="+path)
		out, err := cmd.CombinedOutput()
		if err != nil {
			t.Fatalf("%v: %s", err, out)
		}
		return string(out)
	}
	if got := ask(); !strings.Contains(got, `writer "", reader ""`) {
		t.Error("nobody has it: ", got)
	}
	for kind, want := range map[int16]string{syscall.F_WRLCK: `writer "process %d (`, syscall.F_RDLCK: `writer "", reader "process %d (`} {
		if err := syscall.FcntlFlock(f.Fd(), syscall.F_SETLK, &syscall.Flock_t{Type: kind, Start: 1 << 30, Len: 1}); err != nil {
			t.Fatal(err)
		}
		if got, want := ask(), fmt.Sprintf(want, os.Getpid()); !strings.Contains(got, want) {
			t.Errorf("no %q in %s", want, got)
		}
	}
	if got := WritingHolder(path) + ReadingHolder(path); got != "" {
		t.Error("itself: ", got)
	}
}
