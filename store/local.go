package store

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"sync"
	"syscall"
	"time"
)

// Local returns the store of the files of this machine. Its keys are cleaned
// slash paths, absolute or relative to the working directory. Names that start
// with "." are not listed.
//
// An ETag is made of a file's number, size and time of change, so that it
// costs no reading. A write goes to a temporary file beside its target, named
// ".NAME.sluice-XXXX.tmp", and is then synced and renamed, so that a reader,
// or a machine that lost its power, has the old file or the new one. Folders
// are made as needed. Tokens are not kept: no answer of Local is ever lost.
func Local() Store { return &local{walks: map[cursor]*walk{}} }

type local struct {
	mu    sync.Mutex
	walks map[cursor]*walk // listings under way, by where they stopped
}

func (l *local) Do(ctx context.Context, req Request) (Answer, error) {
	if err := ended(ctx); err != nil {
		return Answer{}, &Error{Op: req.Op.String(), URL: req.Key, Err: err}
	}
	a, err := l.do(ctx, req)
	if err != nil {
		return Answer{}, localError(req, err)
	}
	a.Info.Key = req.Key
	return a, nil
}

func (l *local) do(ctx context.Context, req Request) (Answer, error) {
	switch req.Op {
	case OpList:
		return l.list(ctx, req)
	case OpHead:
		info, err := stat(req.Key)
		return Answer{Info: info}, err
	case OpGet:
		return read(req)
	case OpPut:
		return write(req, func(f *os.File) error { _, err := f.Write(req.Body); return err })
	case OpCopy:
		return write(req, func(f *os.File) error { return copyFrom(f, req.Source) })
	case OpDelete:
		return Answer{}, remove(req)
	case OpBegin:
		return begin(req)
	case OpPart:
		return putPart(req)
	case OpComplete:
		return complete(req)
	case OpAbort:
		return Answer{}, abort(req)
	}
	return Answer{}, &Error{Kind: Unsupported, Err: errors.New("unknown operation")}
}

// errChanged is the cause of every Changed of this store.
var errChanged = errors.New("the file is not the one that was expected")

// stat returns what is known about the file. A folder is no object.
func stat(key string) (Info, error) {
	fi, err := os.Stat(filepath.FromSlash(key))
	if err != nil {
		return Info{}, err
	}
	if fi.IsDir() {
		return Info{}, &Error{Kind: NotExist, Err: errors.New("is a folder, not a file")}
	}
	info := infoOf(key, fi)
	info.Served = time.Now()
	return info, nil
}

func infoOf(key string, fi fs.FileInfo) Info {
	etag := fmt.Sprintf("%x-%x-%x", inode(fi), fi.Size(), fi.ModTime().UnixNano())
	return Info{Key: key, ETag: etag, Size: fi.Size(), Modified: fi.ModTime()}
}

// read returns the bytes of the file in the request's range.
func read(req Request) (Answer, error) {
	f, err := os.Open(filepath.FromSlash(req.Key))
	if err != nil {
		return Answer{}, err
	}
	defer f.Close()
	fi, err := f.Stat()
	if err != nil {
		return Answer{}, err
	}
	switch {
	case fi.IsDir():
		return Answer{}, &Error{Kind: NotExist, Err: errors.New("is a folder, not a file")}
	case !fi.Mode().IsRegular():
		return readPipe(f, fi)
	}
	info := infoOf(req.Key, fi)
	info.Served = time.Now()
	if req.If.Match != "" && req.If.Match != info.ETag {
		return Answer{}, errChanged
	}
	size, err := req.Range.within(info.Size)
	if err != nil {
		return Answer{}, err
	}
	body := sized(req.Body, size)
	if _, err := f.ReadAt(body, req.Range.Offset); err != nil && !errors.Is(err, io.EOF) {
		return Answer{}, err
	}
	if now, err := f.Stat(); err != nil || infoOf(req.Key, now).ETag != info.ETag {
		return Answer{}, &Error{Kind: Broken, Err: errors.New("the file changed while it was read")}
	}
	return Answer{Info: info, Body: body}, nil
}

// readPipe reads to the end what has no size of its own: a pipe or a device.
func readPipe(f *os.File, fi fs.FileInfo) (Answer, error) {
	body, err := io.ReadAll(f)
	return Answer{Info: Info{Size: int64(len(body)), Modified: fi.ModTime()}, Body: body}, err
}

// within returns how many bytes of an object of so many bytes are in r.
func (r Range) within(size int64) (int64, error) {
	if r == (Range{}) {
		return size, nil
	}
	if r.Offset < 0 || r.Offset >= size {
		return 0, &Error{Kind: Other, Err: fmt.Errorf("range begins at byte %d of %d", r.Offset, size)}
	}
	if r.Length == 0 {
		return size - r.Offset, nil
	}
	return min(r.Length, size-r.Offset), nil
}

// holds returns an error if c does not hold of the file.
func (c Condition) holds(key string) error {
	if c == (Condition{}) {
		return nil
	}
	info, err := stat(key)
	switch {
	case c.None && err == nil:
		return &Error{Kind: Changed, Err: errors.New("exists already")}
	case c.None && errors.Is(err, fs.ErrNotExist):
		return nil
	case errors.Is(err, fs.ErrNotExist), err == nil && info.ETag != c.Match:
		return errChanged
	}
	return err
}

func remove(req Request) error {
	if req.If != (Condition{}) {
		unlock, err := lockFolder(req.Key)
		if err != nil {
			return err
		}
		defer unlock()
		if err := req.If.holds(req.Key); err != nil {
			return err
		}
	}
	name := filepath.FromSlash(req.Key)
	fi, err := os.Lstat(name)
	if err == nil && fi.IsDir() {
		return nil // no object, so there is nothing to delete
	}
	if err == nil {
		err = os.Remove(name)
	}
	if errors.Is(err, fs.ErrNotExist) || errors.Is(err, syscall.ENOTDIR) {
		return nil
	}
	return err
}

// localError returns err as an Error about the request.
func localError(req Request, err error) error {
	e := &Error{Op: req.Op.String(), URL: req.Key, Kind: localKind(err), Err: err}
	var own *Error
	if errors.As(err, &own) {
		e.Err, e.Hint = own.Err, own.Hint
	}
	var path *fs.PathError
	var link *os.LinkError
	if e.Kind == NotExist && (req.Op == OpPut || req.Op == OpBegin) {
		e.Kind = Other // the folder cannot be made: a part of its path is a file
	}
	switch { // the text of these begins with a path, which the Error has already
	case own != nil:
	case errors.As(err, &path):
		e.Err = path.Err
	case errors.As(err, &link):
		e.Err = link.Err
	}
	switch {
	case e.Hint != "":
	case e.Kind == Full:
		e.Hint = "free some space or choose another folder: " + filepath.Dir(req.Key)
	case errors.Is(err, syscall.ENOTDIR):
		e.Hint = "a part of this path is a file, not a folder: choose another, or move the file"
	case e.Kind == Denied && req.Op >= OpPut:
		e.Hint = "this user may not write there: check the permissions of " + filepath.Dir(req.Key)
	case e.Kind == Denied:
		e.Hint = "this user may not read it: check its permissions"
	}
	return e
}

func localKind(err error) Kind {
	var e *Error
	switch {
	case errors.As(err, &e):
		return e.Kind
	case errors.Is(err, errChanged):
		return Changed
	case errors.Is(err, fs.ErrNotExist):
		return NotExist
	case errors.Is(err, fs.ErrPermission):
		return Denied
	case errors.Is(err, syscall.ENOSPC), errors.Is(err, syscall.EROFS), errors.Is(err, errQuota):
		return Full
	case errors.Is(err, syscall.EINTR), errors.Is(err, syscall.EAGAIN), errors.Is(err, syscall.EMFILE), errors.Is(err, syscall.ENFILE):
		return Broken
	case errors.Is(err, syscall.ENOTDIR):
		return NotExist
	}
	return Other
}
