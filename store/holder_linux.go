package store

import (
	"bytes"
	"fmt"
	"os"
	"strconv"
	"strings"
	"syscall"
)

// Holder names another process of this machine that has a lock on one of some
// files, as fcntl sets them: one that writes before one that reads; "" if the
// system tells of none.
func Holder(paths ...string) string {
	var files []string
	for _, path := range paths {
		if info, err := os.Stat(path); err == nil {
			if stat, ok := info.Sys().(*syscall.Stat_t); ok {
				files = append(files, ":"+strconv.FormatUint(stat.Ino, 10))
			}
		}
	}
	locks, err := os.ReadFile("/proc/locks")
	if err != nil {
		return ""
	}
	found := ""
	for line := range strings.Lines(string(locks)) {
		// 1: POSIX ADVISORY WRITE 4711 fe:00:9979319 1073741825 1073741825
		f := strings.Fields(line)
		if len(f) < 6 || f[1] != "POSIX" || f[4] == strconv.Itoa(os.Getpid()) || !hasSuffix(f[5], files) {
			continue
		}
		if found == "" || f[3] == "WRITE" {
			found = processName(f[4])
		}
		if f[3] == "WRITE" {
			break
		}
	}
	return found
}

func hasSuffix(text string, ends []string) bool {
	for _, end := range ends {
		if strings.HasSuffix(text, end) {
			return true
		}
	}
	return false
}

// processName is a process and its program; "" of one that cannot be seen.
func processName(pid string) string {
	name, err := os.ReadFile("/proc/" + pid + "/comm")
	if err != nil {
		return ""
	}
	return fmt.Sprintf("process %s (%s)", pid, bytes.TrimSpace(name))
}
