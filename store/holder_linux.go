package store

import (
	"bytes"
	"fmt"
	"os"
	"strconv"
	"strings"
	"syscall"
)

// WritingHolder names another process of this machine that has a lock on one of
// some files, as fcntl sets them, which keeps all others out; "" if the system
// tells of none.
func WritingHolder(paths ...string) string { return holder("WRITE", paths) }

// ReadingHolder is WritingHolder of a lock that others may have, too.
func ReadingHolder(paths ...string) string { return holder("READ", paths) }

func holder(lock string, paths []string) string {
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
	for line := range strings.Lines(string(locks)) {
		// 1: POSIX ADVISORY WRITE 4711 fe:00:9979319 1073741825 1073741825
		f := strings.Fields(line)
		if len(f) >= 6 && f[1] == "POSIX" && f[3] == lock && f[4] != strconv.Itoa(os.Getpid()) && hasSuffix(f[5], files) {
			return processName(f[4])
		}
	}
	return ""
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
