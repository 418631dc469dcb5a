package store

import (
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// write makes the request's file of what fill writes, if its condition holds.
func write(req Request, fill func(*os.File) error) (Answer, error) {
	f, err := createTemp(req.Key)
	if err != nil {
		return Answer{}, err
	}
	err = fill(f)
	if err == nil {
		err = grouping.file(f)
	}
	info, err := closeWith(f, err)
	if err == nil {
		err = publish(f.Name(), req)
	}
	if err != nil {
		os.Remove(f.Name())
		return Answer{}, err
	}
	info.Served = time.Now()
	return Answer{Info: info}, nil
}

// closeWith closes f and returns what is known about it, which stays true
// when it is renamed.
func closeWith(f *os.File, err error) (Info, error) {
	fi, statErr := f.Stat()
	if err = errors.Join(err, statErr, f.Close()); err != nil {
		return Info{}, err
	}
	return infoOf("", fi), nil
}

// createTemp makes a temporary file beside the one that key names, and the
// folder that is to hold both.
func createTemp(key string) (*os.File, error) {
	dir, name := filepath.Split(filepath.FromSlash(key))
	if name == "" {
		return nil, &Error{Kind: Other, Err: errors.New("names a folder, not a file")}
	}
	if fi, err := os.Stat(dir + name); err == nil && !fi.Mode().IsRegular() && !fi.IsDir() {
		return nil, &Error{Kind: Unsupported, Err: errors.New("is a device or a pipe, which a file would take the place of"), Hint: "name a file"}
	}
	temp := dir + tempName(name)
	f, err := os.OpenFile(temp, os.O_RDWR|os.O_CREATE|os.O_EXCL, 0o666)
	if errors.Is(err, fs.ErrNotExist) {
		if err = makeFolder(filepath.Clean(dir)); err == nil {
			f, err = os.OpenFile(temp, os.O_RDWR|os.O_CREATE|os.O_EXCL, 0o666)
		}
	}
	return f, err
}

// tempMark is in the name of each temporary file.
const tempMark = ".sluice-"

// tempName returns a new name for a temporary file that becomes name. Of a
// long name only the beginning is in it: most file systems allow 255 bytes.
func tempName(name string) string {
	return "." + strings.ToValidUTF8(name[:min(len(name), 200)], "") + tempMark + rand.Text()[:12] + ".tmp"
}

// makeFolder makes the folder and those above it that are not there, and
// syncs the one above each so that they stay.
func makeFolder(dir string) error {
	if _, err := os.Stat(dir); err == nil {
		return nil
	}
	above := filepath.Dir(dir)
	if above != dir {
		if err := makeFolder(above); err != nil {
			return err
		}
	}
	if err := os.Mkdir(dir, 0o777); err != nil && !errors.Is(err, fs.ErrExist) {
		return err
	}
	return syncFolder(above)
}

// publish gives the temporary file its real name, if the condition holds, and
// syncs the folder.
func publish(temp string, req Request) error {
	name := filepath.FromSlash(req.Key)
	if err := rename(temp, name, req); err != nil {
		return err
	}
	return syncing.folder(filepath.Dir(name))
}

// rename gives the temporary file its real name, if the condition holds.
// Conditional writes of one folder take turns, so that nothing comes between
// looking and renaming.
func rename(temp, name string, req Request) error {
	if req.If == (Condition{}) {
		return os.Rename(temp, name)
	}
	unlock, err := lockFolder(req.Key)
	if err != nil {
		return err
	}
	defer unlock()
	if err := req.If.holds(req.Key); err != nil {
		return err
	}
	if req.If.None {
		return create(temp, name)
	}
	return os.Rename(temp, name)
}

// create gives the temporary file its real name if there is none of that name
// yet, which link decides even against those who take no lock.
func create(temp, name string) error {
	err := os.Link(temp, name)
	switch {
	case errors.Is(err, fs.ErrExist):
		return &Error{Kind: Changed, Err: errors.New("exists already")}
	case errors.Is(err, errors.ErrUnsupported), errors.Is(err, fs.ErrPermission):
		return &Error{
			Kind: Unsupported, Err: errors.New("this file system has no hard links, which a safe creation needs"),
			Hint: "put the data on a local disk, or in a bucket",
		}
	case err != nil:
		return err
	}
	return os.Remove(temp)
}

// copyFrom writes the file that key names to f.
func copyFrom(f *os.File, key string) error {
	src, err := os.Open(filepath.FromSlash(key))
	if err != nil {
		return &Error{Kind: localKind(err), Err: err}
	}
	defer src.Close()
	_, err = io.Copy(f, src)
	return err
}

// begin makes the temporary file that the parts are written to. Its name is
// the upload.
func begin(req Request) (Answer, error) {
	f, err := createTemp(req.Key)
	if err != nil {
		return Answer{}, err
	}
	return Answer{Upload: filepath.Base(f.Name())}, f.Close()
}

// tempFile returns the path of the request's upload.
func tempFile(req Request) (string, error) {
	u := req.Upload
	if !strings.HasPrefix(u, ".") || !strings.Contains(u, tempMark) || strings.ContainsAny(u, `/\`) {
		return "", &Error{Kind: NotExist, Err: fmt.Errorf("no such upload: %q", u)}
	}
	return filepath.Join(filepath.Dir(filepath.FromSlash(req.Key)), u), nil
}

func putPart(req Request) (Answer, error) {
	temp, err := tempFile(req)
	if err != nil {
		return Answer{}, err
	}
	f, err := os.OpenFile(temp, os.O_WRONLY, 0)
	if err != nil {
		return Answer{}, err
	}
	_, err = f.WriteAt(req.Body, req.Range.Offset)
	if err = errors.Join(err, f.Close()); err != nil {
		return Answer{}, err
	}
	return Answer{Part: Part{Number: req.Number, Size: int64(len(req.Body))}}, nil
}

func complete(req Request) (Answer, error) {
	temp, err := tempFile(req)
	if err != nil {
		return Answer{}, err
	}
	f, err := os.OpenFile(temp, os.O_RDWR, 0)
	if err != nil {
		return Answer{}, err
	}
	info, err := closeWith(f, f.Sync())
	if err != nil {
		return Answer{}, err
	}
	if size := sizeOf(req.Parts); size != info.Size {
		return Answer{}, &Error{Kind: Other, Err: fmt.Errorf("the parts have %d bytes, but %d were written", size, info.Size)}
	}
	if err := publish(temp, req); err != nil {
		return Answer{}, err
	}
	info.Served = time.Now()
	return Answer{Info: info}, nil
}

func abort(req Request) error {
	temp, err := tempFile(req)
	if err == nil {
		err = os.Remove(temp)
	}
	if errors.Is(err, fs.ErrNotExist) || KindOf(err) == NotExist {
		return nil
	}
	return err
}

func sizeOf(parts []Part) (size int64) {
	for _, p := range parts {
		size += p.Size
	}
	return size
}
