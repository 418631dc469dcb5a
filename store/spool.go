package store

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"io"
	"os"
)

// A Spool is a store of one object, under any key: a copy on the local disk of
// what can be read but once. Its ETag is a hash of its bytes. The file has no
// name where the system allows that, so that nothing is left of it whatever ends
// the process.
type Spool struct {
	name string // of what is copied, for errors
	file *os.File
	hash hash.Hash
	size int64
	most int64

	version string // of the web's file that it is a copy of
}

// NewSpool returns an empty one; more than most bytes, if that is not 0, are an
// error. The caller closes it.
func NewSpool(name string, most int64) (*Spool, error) {
	f, err := os.CreateTemp("", "sluice-*")
	if err != nil {
		return nil, spoolError(name, err)
	}
	_ = os.Remove(f.Name()) // else Close does
	return &Spool{name: name, file: f, hash: sha256.New(), most: most}, nil
}

// Write adds to what is there.
func (s *Spool) Write(p []byte) (int, error) {
	if s.most > 0 && s.size+int64(len(p)) > s.most {
		return 0, &Error{Op: "copy", URL: s.name, Kind: Other, Err: fmt.Errorf("it has more than the %d GiB that are copied to the local disk", s.most>>30), Hint: "download it first"}
	}
	n, err := s.file.Write(p)
	s.hash.Write(p[:n])
	s.size += int64(n)
	if err != nil {
		err = spoolError(s.name, err)
	}
	return n, err
}

// Reset makes it empty again.
func (s *Spool) Reset() error {
	s.size = 0
	s.hash.Reset()
	_, err := s.file.Seek(0, io.SeekStart)
	if err == nil {
		err = s.file.Truncate(0)
	}
	if err != nil {
		err = spoolError(s.name, err)
	}
	return err
}

func spoolError(name string, err error) error {
	e := &Error{Op: "copy", URL: name, Kind: localKind(err), Err: err}
	if e.Kind == Full {
		e.Hint = "what can be read but once is copied to " + os.TempDir() + " first; free some space, or set TMPDIR to a folder that has it"
	}
	return e
}

// Info is of what was written.
func (s *Spool) Info() Info {
	return Info{ETag: "sha256-" + hex.EncodeToString(s.hash.Sum(nil)), Size: s.size}
}

// Size returns how many bytes were written.
func (s *Spool) Size() int64 { return s.size }

// ReadAt reads what was written.
func (s *Spool) ReadAt(p []byte, at int64) (int, error) { return s.file.ReadAt(p, at) }

// Do answers head and get.
func (s *Spool) Do(_ context.Context, req Request) (a Answer, err error) {
	if a.Info = s.Info(); req.If.Match != "" && req.If.Match != a.Info.ETag {
		return Answer{}, &Error{Op: req.Op.String(), URL: s.name, Kind: Changed, Err: errChanged}
	}
	a.Info.Key = req.Key
	switch req.Op {
	case OpHead:
		return a, nil
	case OpGet:
		var n int64
		if n, err = req.Range.within(s.size); err == nil {
			a.Body = sized(req.Body, n)
			_, err = io.ReadFull(io.NewSectionReader(s.file, req.Range.Offset, n), a.Body)
		}
	case OpList:
		err = &Error{Kind: Unsupported, Err: errors.New("it is no folder")}
	default:
		err = &Error{Kind: Unsupported, Err: errors.New("it is for reading alone")}
	}
	if err != nil {
		return Answer{}, &Error{Op: req.Op.String(), URL: s.name, Kind: localKind(err), Err: err}
	}
	return a, nil
}

// Close gives the disk back.
func (s *Spool) Close() error {
	err := s.file.Close()
	_ = os.Remove(s.file.Name())
	return err
}
