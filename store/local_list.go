package store

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
)

// A cursor names a listing that is under way: what it lists, and the last key
// that it answered.
type cursor struct{ prefix, after string }

// maxWalks is how many listings under way are kept; beyond it one begins anew
// by reading its folders again.
const maxWalks = 16

// list answers one page. It goes on with the walk that the page before it left
// off, so that a big folder is read once and not once for each page.
func (l *local) list(ctx context.Context, req Request) (Answer, error) {
	n := req.Max
	if n <= 0 || n > MaxKeys {
		n = MaxKeys
	}
	w, err := l.take(cursor{req.Key, req.After})
	if err != nil {
		return Answer{}, err
	}
	var a Answer
	for {
		info, ok, err := w.next()
		if err != nil || !ok {
			return a, err
		}
		if len(a.List) == n {
			w.back(info)
			a.More = true
			l.keep(cursor{req.Key, a.List[n-1].Key}, w)
			return a, nil
		}
		a.List = append(a.List, info)
		if err := ended(ctx); err != nil {
			return Answer{}, err
		}
	}
}

func (l *local) take(c cursor) (*walk, error) {
	l.mu.Lock()
	w := l.walks[c]
	delete(l.walks, c)
	l.mu.Unlock()
	if w != nil {
		return w, nil
	}
	return newWalk(c)
}

func (l *local) keep(c cursor, w *walk) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for old := range l.walks {
		if len(l.walks) < maxWalks {
			break
		}
		delete(l.walks, old)
	}
	l.walks[c] = w
}

// A walk yields the files under a prefix in byte order of their keys. It holds
// the names of the folders between the first and where it is.
type walk struct {
	cursor
	stack []level
	ahead []Info // given back
}

// A level is one folder: the names in it that are still to come.
type level struct {
	dir   string // as keys begin with it: "" or with a slash at its end
	names []string
}

func newWalk(c cursor) (*walk, error) {
	w := &walk{cursor: c}
	dir := c.prefix[:strings.LastIndexByte(c.prefix, '/')+1]
	err := w.enter(dir)
	if errors.Is(err, fs.ErrNotExist) || errors.Is(err, syscall.ENOTDIR) {
		err = nil
	}
	return w, err
}

// enter reads a folder. Its folders are sorted as their keys go on, with a
// slash: "a-b" comes before "a/b", and "a0" after it.
func (w *walk) enter(dir string) error {
	entries, err := readFolder(dir)
	if err != nil {
		return err
	}
	names := make([]string, 0, len(entries))
	for _, e := range entries {
		if name := e.Name(); !strings.HasPrefix(name, ".") {
			if e.IsDir() || e.Type()&fs.ModeSymlink != 0 && w.leadsDown(dir, name) {
				name += "/"
			}
			names = append(names, name)
		}
	}
	slices.Sort(names)
	w.stack = append(w.stack, level{dir, names})
	return nil
}

// folderName returns the name of the folder that keys beginning with dir are in.
func folderName(dir string) string {
	if dir == "" {
		return "."
	}
	return filepath.FromSlash(dir)
}

// readFolder returns the entries of a folder in no order.
func readFolder(dir string) ([]os.DirEntry, error) {
	d, err := os.Open(folderName(dir))
	if err != nil {
		return nil, err
	}
	defer d.Close()
	return d.ReadDir(-1)
}

// leadsDown says whether a symbolic link leads to a folder, and not to one
// that holds it: that would have no end.
func (w *walk) leadsDown(dir, name string) bool {
	to, err := os.Stat(filepath.FromSlash(dir + name))
	if err != nil || !to.IsDir() {
		return false
	}
	for _, up := range append(w.stack, level{dir: dir}) {
		at, err := os.Stat(folderName(up.dir))
		if err == nil && os.SameFile(at, to) {
			return false
		}
	}
	return true
}

// next returns the next file, or false after the last.
func (w *walk) next() (Info, bool, error) {
	if n := len(w.ahead); n > 0 {
		info := w.ahead[n-1]
		w.ahead = w.ahead[:n-1]
		return info, true, nil
	}
	for len(w.stack) > 0 {
		top := &w.stack[len(w.stack)-1]
		if len(top.names) == 0 {
			w.stack = w.stack[:len(w.stack)-1]
			continue
		}
		key := top.dir + top.names[0]
		top.names = top.names[1:]
		if !w.wants(key) {
			continue
		}
		if strings.HasSuffix(key, "/") {
			if err := w.enter(key); err != nil && !errors.Is(err, fs.ErrNotExist) {
				return Info{}, false, err
			}
			continue
		}
		fi, err := os.Stat(filepath.FromSlash(key))
		switch {
		case errors.Is(err, fs.ErrNotExist), errors.Is(err, syscall.ELOOP), err == nil && !fi.Mode().IsRegular():
			continue // removed since, a link that leads nowhere, a pipe
		case err != nil:
			return Info{}, false, err
		}
		return infoOf(key, fi), true, nil
	}
	return Info{}, false, nil
}

// wants says whether key, a file or a folder that ends with a slash, is or may
// hold what is under the prefix and beyond after.
func (w *walk) wants(key string) bool {
	if !strings.HasSuffix(key, "/") {
		return strings.HasPrefix(key, w.prefix) && key > w.after
	}
	within := strings.HasPrefix(key, w.prefix) || strings.HasPrefix(w.prefix, key)
	return within && (key > w.after || strings.HasPrefix(w.after, key))
}

// back gives the last file back, to come again.
func (w *walk) back(info Info) { w.ahead = append(w.ahead, info) }
