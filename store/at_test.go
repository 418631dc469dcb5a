package store

import (
	"bytes"
	"io"
	"math/rand/v2"
	"testing"
)

// An object is read anywhere in it as from its beginning to its end.
func TestReadAt(t *testing.T) {
	text := make([]byte, 10_000)
	for i := range text {
		text[i] = byte(rand.Uint32())
	}
	s, key, err := NewSet(Options{}).Open(t.Context(), t.TempDir()+"/object")
	if err != nil {
		t.Fatal(err)
	}
	info, err := Put(t.Context(), s, key, text, Condition{})
	if err != nil {
		t.Fatal(err)
	}
	info.Key, info.Size = key, int64(len(text))
	r := Open(t.Context(), s, info, OpenOptions{Range: 700})
	if r.Size() != 10_000 {
		t.Errorf("size %d", r.Size())
	}
	for range 200 {
		at, n := rand.IntN(len(text)), rand.IntN(3000)
		got := make([]byte, n)
		k, err := r.ReadAt(got, int64(at))
		want := text[at:min(at+n, len(text))]
		if k != len(want) || !bytes.Equal(got[:k], want) || (err == io.EOF) != (at+n > len(text)) || err != nil && err != io.EOF {
			t.Fatalf("%d bytes at %d: %d, %v", n, at, k, err)
		}
	}
	for range 20 {
		at := rand.IntN(len(text))
		n := rand.IntN(len(text) - at)
		if got, err := r.Ahead(int64(at), int64(n))(); err != nil || !bytes.Equal(got, text[at:at+n]) {
			t.Fatalf("%d bytes at %d, ahead: %d, %v", n, at, len(got), err)
		}
	}
	if _, err := r.Ahead(9_999, 2)(); err != io.ErrUnexpectedEOF {
		t.Errorf("behind the end, ahead: %v", err)
	}
	if whole, err := io.ReadAll(r); err != nil || !bytes.Equal(whole, text) {
		t.Errorf("read: %d bytes, %v", len(whole), err)
	}
	if n, err := r.ReadAt(make([]byte, 1), 10_000); n != 0 || err != io.EOF {
		t.Errorf("behind the end: %d, %v", n, err)
	}
	if _, err := Put(t.Context(), s, key, append(text, 'x'), Condition{}); err != nil {
		t.Fatal(err)
	}
	if _, err := r.ReadAt(make([]byte, 5000), 0); !IsChanged(err) {
		t.Errorf("of another object: %v", err)
	}
	if _, err := r.Ahead(0, 5000)(); !IsChanged(err) {
		t.Errorf("of another object, ahead: %v", err)
	}
	r.Ahead(0, 5000) // which Close ends
	r.Close()
	if _, err := r.ReadAt(make([]byte, 1), 0); err == nil {
		t.Error("it reads after Close")
	}
}
