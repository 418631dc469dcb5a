package store

import (
	"os"
	"path/filepath"
	"testing"
)

// TestLockFile takes a lock twice, and again when it is given back.
func TestLockFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "lock")
	first, by, err := LockFile(path, "the first", 0o600)
	if first == nil {
		t.Fatal(by, err)
	}
	if second, by, err := LockFile(path, "the second", 0o600); second != nil || by != "the first" || err != nil {
		t.Error("taken twice", by, err)
	}
	first()
	if _, err := os.Stat(path); err == nil {
		t.Error("it is left behind")
	}
	again, by, err := LockFile(path, "the third", 0o600)
	if again == nil {
		t.Fatal(by, err)
	}
	again()
	if _, _, err := LockFile(filepath.Join(path, "none"), "", 0o600); err == nil {
		t.Error("a lock in a folder that is not there")
	}
}
