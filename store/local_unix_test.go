//go:build unix

package store

import (
	"io/fs"
	"os"
	"path/filepath"
	"syscall"
	"testing"
)

// TestLocalLeavesPipes writes to a name that is a pipe's: a file must not take
// its place, nor that of /dev/null.
func TestLocalLeavesPipes(t *testing.T) {
	pipe := filepath.Join(t.TempDir(), "p")
	if err := syscall.Mkfifo(pipe, 0o600); err != nil {
		t.Skip(err)
	}
	s := Local()
	_, putErr := Put(t.Context(), s, pipe, []byte("x"), Condition{})
	w := Create(t.Context(), s, pipe, Condition{}, CreateOptions{})
	_, writeErr := w.Write(make([]byte, 32<<20))
	if writeErr == nil {
		_, writeErr = w.Commit(t.Context())
	}
	for name, err := range map[string]error{"put": putErr, "stream": writeErr} {
		if KindOf(err) != Unsupported {
			t.Errorf("%s: %v", name, err)
		}
	}
	if fi, err := os.Lstat(pipe); err != nil || fi.Mode()&fs.ModeNamedPipe == 0 {
		t.Errorf("it was replaced: %v, %v", fi, err)
	}
}
