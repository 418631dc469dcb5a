//go:build !linux

package stage

// Elsewhere a dead holder is known by its silence alone.

func processBegan(int) string { return "" }

func processSpace() string { return "" }
