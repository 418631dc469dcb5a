package table

import (
	"archive/zip"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/seed-128c3863/sluice/plan"
)

// eachFolder runs a test on each database, with a table and a folder for files.
func eachFolder(t *testing.T, test func(w *world, dir string)) {
	const ddl = "CREATE TABLE a (k varchar(9) PRIMARY KEY, n int, part varchar(20))"
	const job = "columns: {k: {from: k, required: true}, n: {from: n}, part: {value: file.stem}}\nto: {DATABASE, table: a, key: k}\nreport: all\n"
	newWorlds(t, ddl, ddl, job, func(w *world) { test(w, w.TempDir()) })
}

// list is the names of files of a folder as one list of a job.
func list(dir string, names ...string) string {
	for i, name := range names {
		names[i] = filepath.Join(dir, name)
	}
	return strings.Join(names, "', '")
}

// placed returns the rows of a plan of files by name and row, with their states.
func (w *world) placed(files string) (*plan.Plan, string, error) {
	w.Helper()
	im, err := w.openFile(files)
	if err != nil {
		w.Fatal(err)
	}
	var rows []string
	p, err := im.Plan(context.Background(), plan.Options{Row: func(r *plan.Row) error {
		rows = append(rows, fmt.Sprintf("%s:%d:%s:%s", filepath.Base(r.File), r.Row, r.State, r.Why))
		return nil
	}})
	return p, strings.Join(rows, "\n"), err
}

// Files of a list and of patterns are one plan, in the order of the list and,
// of a pattern, of their names; every row is told by its file and the row in it.
func TestRowsOfSeveralFiles(t *testing.T) {
	eachFolder(t, func(w *world, dir string) {
		w.file(dir+"/b10.csv", "k,n", "b10,1", "twice,1")
		w.file(dir+"/b2.csv", "k,n", "b2,1", "bad,x")
		w.file(dir+"/b3.csv", "k,n")
		w.file(dir+"/last.csv", "k,n", "last,1")
		w.file(dir+"/first.csv", "k,n", "twice,2", "first,1", "again,1", "again,1")
		p, rows, err := w.placed(list(dir, "first.csv", "b{*n}.csv", "last.csv", "first.csv"))
		if err != nil {
			w.Fatal(err)
		}
		same(w, "rows", rows, `first.csv:1:invalid:row 2 of `+dir+`/b10.csv has the same key
first.csv:3:invalid:row 4 has the same key
first.csv:4:invalid:row 3 has the same key
b10.csv:2:invalid:row 1 of `+dir+`/first.csv has the same key
b2.csv:2:invalid:"x" is not an integer
first.csv:2:new:
b10.csv:1:new:
b2.csv:1:new:
last.csv:1:new:`)
		var files []string
		for _, f := range p.Table.Files {
			files = append(files, filepath.Base(f.Source))
		}
		same(w, "files", strings.Join(files, " "), "first.csv b10.csv b2.csv b3.csv last.csv")
	})
}

// A file that lacks a column, or is none of the job, is named, with all others
// that cannot be read, and nothing is loaded; errors.files: stop names the first.
func TestUnreadableAmongSeveralFiles(t *testing.T) {
	eachFolder(t, func(w *world, dir string) {
		w.file(dir+"/1.csv", "k,n", "a,1")
		w.file(dir+"/2.csv", "k", "b")
		w.file(dir+"/3.csv", "k,n", `"c,1`)
		if err := os.WriteFile(dir+"/4.csv", nil, 0o600); err != nil {
			w.Fatal(err)
		}
		files := list(dir, "{*n}.csv", "absent.csv")
		apply := func() (*plan.Result, error) {
			im, err := w.openFile(files)
			if err != nil {
				w.Fatal(err)
			}
			return im.Apply(context.Background(), plan.ApplyOptions{})
		}
		r, err := apply()
		var invalid *plan.InvalidError
		if !errors.As(err, &invalid) || r.Status != 3 || r.Rows != 0 {
			w.Fatalf("%v, %+v", err, r)
		}
		var names []string
		for _, p := range r.Invalid {
			names = append(names, filepath.Base(p.File))
		}
		same(w, "invalid", strings.Join(names, " "), "2.csv 3.csv 4.csv absent.csv")
		has(w, r.Invalid[0].Why, `the header has no "n"`)
		same(w, "loaded", w.rows("a"), "")
		w.errors = ", files: stop"
		if r, _ = apply(); len(r.Invalid) != 1 || filepath.Base(r.Invalid[0].File) != "2.csv" {
			w.Errorf("%+v", r)
		}
	})
}

// Of several files that a plan was made of, those are named that are no longer
// what they were.
func TestSeveralFilesMove(t *testing.T) {
	eachFolder(t, func(w *world, dir string) {
		for i := range 4 {
			w.file(fmt.Sprintf("%s/%d.csv", dir, i), "k,n", fmt.Sprintf("k%d,%d", i, i))
		}
		files := list(dir, "{*n}.csv")
		p := w.saved(files)
		w.file(dir+"/1.csv", "k,n", "k1,100")
		if err := os.Remove(dir + "/2.csv"); err != nil {
			w.Fatal(err)
		}
		_, err := w.applySaved(p, files)
		var drift *plan.DriftError
		if !errors.As(err, &drift) {
			w.Fatal(err)
		}
		same(w, "moved", fmt.Sprint(drift.Moved), fmt.Sprintf("[{%s/1.csv the source has changed} {%[1]s/2.csv the source is gone}]", dir))
		same(w, "loaded", w.rows("a"), "")
		w.file(dir+"/2.csv", "k,n", "k2,2")
		if _, err = w.applySaved(p, files); err == nil {
			w.Error("applied to a file that was written anew")
		}
		if r, err := w.applySaved(w.saved(files), files); err != nil || r.Rows != 4 {
			w.Errorf("%v, %+v", err, r)
		}
	})
}

// Standard input is one file: its bad rows are told of, it goes to the rejects
// file, and what a plan was made of is known again by its content.
func TestStandardInput(t *testing.T) {
	eachFolder(t, func(w *world, dir string) {
		w.from = "format: csv"
		give := func(lines ...string) { w.stdin = strings.NewReader(strings.Join(lines, "\n") + "\n") }
		give("k,n", "a,1", "b,x")
		im, err := w.openFile("-")
		if err != nil {
			w.Fatal(err)
		}
		r, err := im.Apply(context.Background(), plan.ApplyOptions{})
		if err != nil || r.Rows != 1 || r.Status != 3 {
			w.Fatalf("%v, %+v", err, r)
		}
		same(w, "rejects", fmt.Sprint(records(w, r.Rejected)[1]), `[- 2 3 n x "x" is not an integer b x]`)
		give("k,n", "a,2")
		p := w.saved("-")
		give("k,n", "a,3")
		_, err = w.applySaved(p, "-")
		has(w, err, "standard input is not what the plan was made of")
		give("k,n", "a,2")
		if r, err := w.applySaved(p, "-"); err != nil || r.Rows != 1 {
			w.Errorf("%v, %+v", err, r)
		}
		same(w, "loaded", w.rows("a"), "(a,2,-)")
		w.stdin = nil
		im, err = w.openFile("-")
		if err == nil {
			_, err = im.Plan(context.Background(), plan.Options{})
		}
		has(w, err, "standard input is not there to be read")
		w.from = ""
		_, err = w.openFile("-")
		has(w, err, "from.files: standard input has no name that tells its format (say it, as in from.format: csv)")
	})
}

// Standard input that ends in an error is not taken for what came before.
func TestStandardInputBreaks(t *testing.T) {
	eachFolder(t, func(w *world, _ string) {
		w.from = "format: csv"
		w.stdin = io.MultiReader(strings.NewReader("k,n\na,1\n"), iotest.ErrReader(errors.New("broken pipe")))
		im, err := w.openFile("-")
		if err != nil {
			w.Fatal(err)
		}
		_, err = im.Apply(context.Background(), plan.ApplyOptions{})
		has(w, err, "standard input: broken pipe")
		same(w, "loaded", w.rows("a"), "")
	})
}

// Files in archives are files: each has its rows, and its name says where it is.
func TestFilesInArchives(t *testing.T) {
	eachFolder(t, func(w *world, dir string) {
		archive := func(name string, files ...string) {
			var out bytes.Buffer
			z := zip.NewWriter(&out)
			for i := 0; i < len(files); i += 2 {
				f, err := z.Create(files[i])
				if err == nil {
					_, err = io.WriteString(f, files[i+1])
				}
				if err != nil {
					w.Fatal(err)
				}
			}
			if err := errors.Join(z.Close(), os.WriteFile(filepath.Join(dir, name), out.Bytes(), 0o600)); err != nil {
				w.Fatal(err)
			}
		}
		archive("1.zip", "in/b.csv", "k,n\nb,1\nb2,x\n", "in/a.csv", "k,n\na,1\n", "readme.txt", "read me")
		archive("2.zip", "in/c.csv", "k,n\nb,2\n")
		w.file(dir+"/3.csv", "k,n", "d,4")
		_, rows, err := w.placed(list(dir, "{*day}.zip#in/{*part}.csv", "3.csv"))
		if err != nil {
			w.Fatal(err)
		}
		same(w, "rows", strings.ReplaceAll(rows, dir+"/", ""), `b.csv:1:invalid:row 1 of 2.zip#in/c.csv has the same key
b.csv:2:invalid:"x" is not an integer
c.csv:1:invalid:row 1 of 1.zip#in/b.csv has the same key
a.csv:1:new:
3.csv:1:new:`)
		if err := os.WriteFile(dir+"/2.zip", []byte("no archive"), 0o600); err != nil {
			w.Fatal(err)
		}
		archive("3.zip", "in/c.csv", "k\nb\n")
		im, err := w.openFile(list(dir, "{*day}.zip#in/{*part}.csv"))
		if err != nil {
			w.Fatal(err)
		}
		r, _ := im.Apply(context.Background(), plan.ApplyOptions{})
		if r == nil || len(r.Invalid) != 2 || r.Invalid[0].File != dir+"/2.zip" || r.Invalid[1].File != dir+"/3.zip#in/c.csv" {
			w.Fatalf("%+v", r)
		}
		has(w, r.Invalid[0].Why, "the archive is cut off or damaged")
		archive("3.zip", "in/a.csv", "k,n\na,1\n", "in/b.csv", "k,n\nb,2\n")
		_, err = w.openFile(dir + "/3.zip")
		has(w, err, "the name of an archive does not tell the format of its files")
		w.from = "format: csv"
		p := w.saved(dir + "/3.zip")
		archive("3.zip", "in/a.csv", "k,n\na,1\n")
		_, err = w.applySaved(p, dir+"/3.zip")
		has(w, err, "3.zip#in/a.csv: the source has changed, and 1 more")
		if r, err := w.applySaved(w.saved(dir+"/3.zip"), dir+"/3.zip"); err != nil || r.Rows != 1 {
			w.Errorf("%v, %+v", err, r)
		}
		same(w, "loaded", w.rows("a"), "(a,1,a)")
	})
}
