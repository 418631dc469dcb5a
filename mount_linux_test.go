package sluice_test

import (
	"os"
	"syscall"
	"testing"
)

// mountSmall makes a file system of 400 KB, where that is allowed.
func mountSmall(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	if os.Getuid() != 0 || syscall.Mount("tmpfs", dir, "tmpfs", 0, "size=400k") != nil {
		t.Skip("a small file system can be mounted by root only")
	}
	t.Cleanup(func() { syscall.Unmount(dir, 0) })
	return dir
}

// grow makes it as big as is needed.
func grow(t *testing.T, dir string) {
	t.Helper()
	if err := syscall.Mount("tmpfs", dir, "tmpfs", syscall.MS_REMOUNT, "size=16m"); err != nil {
		t.Fatal(err)
	}
}
