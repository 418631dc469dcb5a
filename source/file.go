package source

import (
	"context"
	"path"
	"path/filepath"
	"strings"

	"github.com/seed-128c3863/sluice/format"
	"github.com/seed-128c3863/sluice/mapping"
	"github.com/seed-128c3863/sluice/plan"
	"github.com/seed-128c3863/sluice/store"
)

// A File is one source file: what a plan says of it, and where it is read. Of
// plan.File a Finder fills in Source and Fields, and, if the file is there,
// ETag (its store.Info.Mark), Size and Modified.
type File struct {
	plan.File
	Store store.Store
	Key   string // in Store
	ID    string // the ledger's name of it
}

// Facts returns what expressions and templates may ask of the file, whose
// Fields have these names.
func (f *File) Facts(names []string) mapping.File {
	key := f.Path()
	facts := mapping.File{URL: f.Source, Key: key, Name: path.Base(key), Stem: stem(key), Size: f.Size, Modified: f.Modified}
	if len(names) > 0 {
		facts.Fields = make(map[string]any, len(names))
		for i, name := range names {
			facts.Fields[name] = f.Fields[i]
		}
	}
	return facts
}

// Path returns the file's key as people write it: of a web host, without the
// query.
func (f *File) Path() string {
	if isWeb(f.Source) {
		return webPath(f.Key)
	}
	return f.Key
}

// Look looks anew at a file that was written since it was found.
func (f *File) Look(ctx context.Context) error {
	info, err := store.Head(ctx, f.Store, f.Key)
	if err != nil {
		return err
	}
	f.know(info)
	return nil
}

func (f *File) know(info store.Info) {
	f.ETag, f.Size, f.Modified = info.Mark(), info.Size, info.Modified
}

// stem is the file's name without its last ending, and without that of a
// compression before it: "a.json.gz" is "a".
func stem(key string) string {
	name := format.PlainName(path.Base(key))
	return strings.TrimSuffix(name, path.Ext(name))
}

// identity is the name of a source in the ledger: its URL, or the absolute
// path of a local file, so that it does not depend on the working directory.
func identity(url, key string) string {
	if archive, name, ok := store.Member(url); ok {
		return identity(archive, strings.TrimPrefix(archive, "file://")) + "#" + name
	}
	if strings.Contains(url, "://") && !strings.HasPrefix(url, "file://") {
		return shown(url)
	}
	if abs, err := filepath.Abs(key); err == nil {
		return filepath.ToSlash(abs)
	}
	return key
}

// asWritten turns the ledger's absolute path into the form of the template.
func asWritten(prefix, id string) string {
	if strings.Contains(prefix, "://") || filepath.IsAbs(prefix) {
		return id
	}
	cwd, err := filepath.Abs(".")
	if err != nil {
		return id
	}
	rel, err := filepath.Rel(cwd, id)
	if err != nil {
		return id
	}
	return filepath.ToSlash(rel)
}
