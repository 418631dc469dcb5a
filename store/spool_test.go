package store

import (
	"io"
	"os"
	"strings"
	"testing"
)

// A spool is read as any other store, has a version, and leaves nothing behind.
func TestSpool(t *testing.T) {
	t.Setenv("TMPDIR", t.TempDir())
	s, err := NewSpool("standard input", 10)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := io.WriteString(s, "too long already"); err == nil || !strings.Contains(err.Error(), "copy standard input: it has more than") {
		t.Error(err)
	}
	for _, text := range []string{"01", "0123", "4567"} {
		if text == "0123" {
			if err := s.Reset(); err != nil {
				t.Fatal(err)
			}
		}
		if _, err := io.WriteString(s, text); err != nil {
			t.Fatal(err)
		}
	}
	info := mustHold(t, s, "-", []byte("01234567"))
	if info.ETag != "sha256-924592b9b103f14f833faafb67f480691f01988aa457c0061769f58cd47311bc" {
		t.Error(info)
	}
	part, _, err := GetRange(t.Context(), s, "-", info.ETag, Range{Offset: 3, Length: 2})
	if err != nil || string(part) != "34" {
		t.Errorf("%q, %v", part, err)
	}
	if _, _, err := Get(t.Context(), s, "-", "other"); !IsChanged(err) {
		t.Error(err)
	}
	r := Open(t.Context(), s, info, OpenOptions{Range: 3})
	defer r.Close()
	if all, err := io.ReadAll(r); err != nil || string(all) != "01234567" {
		t.Errorf("%q, %v", all, err)
	}
	if left, err := os.ReadDir(os.Getenv("TMPDIR")); err != nil || len(left) != 0 {
		t.Errorf("%v, %v", left, err)
	}
	if err := s.Close(); err != nil {
		t.Error(err)
	}
}
