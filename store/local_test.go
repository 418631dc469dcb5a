//go:build linux

package store

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"

	"github.com/seed-128c3863/sluice/flow"
)

// TestLocalKilled kills a program that writes a file again and again, at many
// moments. The file is always whole, and nothing else is listed.
func TestLocalKilled(t *testing.T) {
	t.Parallel()
	const writer = "SLUICE_TEST_LOCAL_WRITER"
	if key := os.Getenv(writer); key != "" {
		writeForever(key)
	}
	key := t.TempDir() + "/out/file"
	mustPut(t, Local(), key, bytes.Repeat([]byte{0}, killedSize))
	for range 30 {
		cmd := exec.Command(os.Args[0], "-test.run=^TestLocalKilled$")
		cmd.Env = append(os.Environ(), writer+"="+key)
		out, err := cmd.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		lines := bufio.NewScanner(out)
		for range 1 + rand.IntN(8) {
			lines.Scan()
		}
		cmd.Process.Kill()
		cmd.Wait()
		body, _, err := Get(t.Context(), Local(), key, "")
		if err != nil || len(body) < killedSize || bytes.Count(body, body[:1]) != len(body) {
			t.Fatalf("%d bytes of several writes, %v", len(body), err)
		}
		if got := collect(t, Local(), filepath.Dir(key), ""); !slices.Equal(got, []string{key}) {
			t.Fatalf("listed: %q", got)
		}
	}
}

const killedSize = 300_000

// writeForever writes the file by Put and by parts in turn, and says each time
// that it begins.
func writeForever(key string) {
	ctx, s := context.Background(), Local()
	for i := byte(1); ; i++ {
		fmt.Println(i)
		var err error
		if i%4 == 0 {
			_, err = writeAll(ctx, s, key, bytes.Repeat([]byte{i}, 2*killedSize), Condition{}, beds{}.create())
		} else {
			_, err = Put(ctx, s, key, bytes.Repeat([]byte{i}, killedSize), Condition{})
		}
		if err != nil {
			fmt.Println(err)
			os.Exit(1)
		}
	}
}

// TestLocalTidy: a write that fails leaves no temporary file behind.
func TestLocalTidy(t *testing.T) {
	dir := t.TempDir()
	s, key := Local(), dir+"/k"
	mustPut(t, s, key, []byte("x"))
	if _, err := Put(t.Context(), s, key, []byte("y"), Condition{None: true}); !IsChanged(err) {
		t.Fatal(err)
	}
	if _, err := Copy(t.Context(), s, dir+"/none", dir+"/to", Condition{}); !IsNotExist(err) {
		t.Fatal(err)
	}
	if _, err := writeAll(t.Context(), s, key, bytesOf(beds{}.part()*5, 1), Condition{None: true}, beds{}.create()); !IsChanged(err) {
		t.Fatal(err)
	}
	names, err := os.ReadDir(dir)
	if err != nil || len(names) != 1 {
		t.Errorf("%v, %v", names, err)
	}
}

func TestLocalList(t *testing.T) {
	t.Chdir(t.TempDir())
	for _, name := range []string{"a/x", "a/.hidden", ".git/y", "a/.x.sluice-ABC.tmp", "a/b/z", "c"} {
		if err := os.MkdirAll(filepath.Dir(name), 0o777); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(name, nil, 0o666); err != nil {
			t.Fatal(err)
		}
	}
	for link, to := range map[string]string{"l": "a", "a/b/up": "../..", "a/file": "x", "dead": "nowhere", "self": "self"} {
		if err := os.Symlink(to, link); err != nil {
			t.Skip(err)
		}
	}
	if err := syscall.Mkfifo("a/pipe", 0o666); err != nil {
		t.Fatal(err)
	}
	if got, want := collect(t, Local(), "", ""), []string{"a/b/z", "a/file", "a/x", "c", "l/b/z", "l/file", "l/x"}; !slices.Equal(got, want) {
		t.Errorf("\ngot  %q\nwant %q", got, want)
	}
	if got, want := collect(t, Local(), ".git/", ""), []string{".git/y"}; !slices.Equal(got, want) {
		t.Errorf("a hidden folder that is named: %q", got)
	}
}

// TestLocalWalks: many listings under way at once, more than are kept, all
// come to their end.
func TestLocalWalks(t *testing.T) {
	s, dir := Local(), t.TempDir()
	for i := range 50 {
		if err := os.WriteFile(fmt.Sprintf("%s/%02d", dir, i), nil, 0o666); err != nil {
			t.Fatal(err)
		}
	}
	after := make([]string, 3*maxWalks)
	for page := range 5 {
		for i := range after {
			a, err := s.Do(t.Context(), Request{Op: OpList, Key: dir + "/"[:i%2], After: after[i], Max: 10})
			if err != nil || len(a.List) != 10 || a.More != (page < 4) {
				t.Fatalf("page %d: %d, more %v, %v", page, len(a.List), a.More, err)
			}
			after[i] = a.List[9].Key
		}
	}
}

func TestLocalOdd(t *testing.T) {
	s, dir := Local(), t.TempDir()
	mustPut(t, s, dir+"/file", []byte("x"))
	long := dir + "/" + strings.Repeat("n", 255)
	mustPut(t, s, long, []byte("long"))
	mustHold(t, s, long, []byte("long"))
	for name, c := range map[string]struct {
		err  error
		kind Kind
		text string
	}{
		"get of a folder":  {errOf(Get(t.Context(), s, dir, "")), NotExist, "is a folder"},
		"head of a folder": {errOf2(Head(t.Context(), s, dir)), NotExist, "is a folder"},
		"put on a folder":  {errOf2(Put(t.Context(), s, dir, nil, Condition{})), Other, dir},
		"put below a file": {errOf2(Put(t.Context(), s, dir+"/file/x/y", nil, Condition{})), Other, "not a directory"},
		"put of no name":   {errOf2(Put(t.Context(), s, dir+"/", nil, Condition{})), Other, "names a folder"},
		"get below a file": {errOf(Get(t.Context(), s, dir+"/file/x", "")), NotExist, "not a directory"},
	} {
		if KindOf(c.err) != c.kind || !strings.Contains(fmt.Sprint(c.err), c.text) || Retryable(c.err) {
			t.Errorf("%s: kind %d: %v", name, KindOf(c.err), c.err)
		}
	}
	if err := Delete(t.Context(), s, dir); err != nil {
		t.Errorf("delete of a folder: %v", err)
	}
	for _, upload := range []string{"", "x", "../x", ".x.sluice-../../y", ".bashrc"} {
		if _, err := s.Do(t.Context(), Request{Op: OpPart, Key: dir + "/k", Upload: upload, Body: []byte("x")}); !IsNotExist(err) {
			t.Errorf("upload %q: %v", upload, err)
		}
	}
}

func errOf(_ []byte, _ Info, err error) error { return err }
func errOf2(_ Info, err error) error          { return err }

func TestLocalErrors(t *testing.T) {
	put := Request{Op: OpPut, Key: "out/a.parquet"}
	for cause, want := range map[syscall.Errno]struct {
		kind Kind
		text string
		hint string
	}{
		syscall.ENOSPC:  {Full, "put out/a.parquet: no space left on device", "free some space"},
		syscall.EROFS:   {Full, "put out/a.parquet: read-only file system", "another folder: out"},
		errQuota:        {Full, "put out/a.parquet: disk quota exceeded", "out"},
		syscall.EACCES:  {Denied, "put out/a.parquet: permission denied", "permissions of out"},
		syscall.EPERM:   {Denied, "put out/a.parquet: operation not permitted", "permissions of out"},
		syscall.EMFILE:  {Broken, "put out/a.parquet: too many open files", ""},
		syscall.ENOTDIR: {Other, "put out/a.parquet: not a directory", "a part of this path is a file"},
		syscall.EIO:     {Other, "put out/a.parquet: input/output error", ""},
	} {
		err := localError(put, errors.Join(&fs.PathError{Op: "write", Path: "out/.a.parquet.tmp", Err: cause}, nil))
		if KindOf(err) != want.kind || err.Error() != want.text || !strings.Contains(Hint(err), want.hint) {
			t.Errorf("kind %d, hint %q: %v", KindOf(err), Hint(err), err)
		}
	}
}

// TestLocalFull writes to a file system of 1 MiB.
func TestLocalFull(t *testing.T) {
	dir := t.TempDir()
	if err := syscall.Mount("none", dir, "tmpfs", 0, "size=1m"); err != nil {
		t.Skip("no small file system can be mounted here: ", err)
	}
	t.Cleanup(func() { syscall.Unmount(dir, 0) })
	s, key := Local(), dir+"/out/k"
	mustPut(t, s, key, []byte("old"))
	_, err := Put(t.Context(), s, key, bytesOf(2<<20, 1), Condition{})
	if KindOf(err) != Full || !IsFatal(err) || !strings.Contains(err.Error(), key) || Hint(err) == "" {
		t.Errorf("put: %v", err)
	}
	if _, err := writeAll(t.Context(), s, key, bytesOf(2<<20, 1), Condition{}, beds{}.create()); KindOf(err) != Full {
		t.Errorf("writer: %v", err)
	}
	mustHold(t, s, key, []byte("old"))
	if names, err := os.ReadDir(dir + "/out"); err != nil || len(names) != 1 {
		t.Errorf("left behind: %v, %v", names, err)
	}
}

// TestLocalReplaceOne: of many who replace the same version one succeeds, also
// when they are different stores.
func TestLocalReplaceOne(t *testing.T) {
	key := t.TempDir() + "/k"
	info := mustPut(t, Local(), key, []byte("first"))
	won := make([]bool, 20)
	err := flow.Each(t.Context(), len(won), indexes(len(won)), func(ctx context.Context, i int) error {
		_, err := Put(ctx, Local(), key, []byte{byte(i)}, Condition{Match: info.ETag})
		if won[i] = err == nil; won[i] || IsChanged(err) {
			return nil
		}
		return err
	})
	n := 0
	for _, w := range won {
		if w {
			n++
		}
	}
	if err != nil || n != 1 {
		t.Errorf("%d have replaced it, %v", n, err)
	}
}

func indexes(n int) func(func(int, error) bool) {
	items := make([]int, n)
	for i := range items {
		items[i] = i
	}
	return all(items)
}

// mustBeEmpty looks for any file, those that are not listed too.
func mustBeEmpty(t *testing.T, dir string) {
	t.Helper()
	if names, err := os.ReadDir(dir); err != nil || len(names) > 0 {
		t.Errorf("left behind: %v, %v", names, err)
	}
}
