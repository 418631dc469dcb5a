package stage

import (
	"fmt"
	"os"
	"strings"
)

// processBegan returns when a process began, in the kernel's ticks, or "" if
// there is none of this number: field 22 of proc(5)'s stat.
func processBegan(pid int) string {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return ""
	}
	// The second field is the name in parentheses, which may hold anything.
	fields := strings.Fields(string(text[strings.LastIndexByte(string(text), ')')+1:]))
	if len(fields) < 20 || fields[0] == "Z" { // a zombie is dead
		return ""
	}
	return fields[19]
}

// processSpace names the space that process numbers are counted in: this boot
// of this host, and the container. "" if that cannot be told.
func processSpace() string {
	boot, err := os.ReadFile("/proc/sys/kernel/random/boot_id")
	if err != nil {
		return ""
	}
	ns, err := os.Readlink("/proc/self/ns/pid")
	if err != nil {
		return ""
	}
	return strings.TrimSpace(string(boot)) + " " + ns
}
