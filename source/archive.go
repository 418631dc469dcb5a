package source

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/seed-128c3863/sluice/plan"
	"github.com/seed-128c3863/sluice/spec"
	"github.com/seed-128c3863/sluice/store"
)

// inArchives adds the files of each archive that a listing finds: those that a
// template matches, or all, if it ends with the name of the archive.
func (f *Finder) inArchives(ctx context.Context, archives, files *spec.Matcher, to []*File) ([]*File, error) {
	st, under, err := f.Stores.Open(ctx, archives.Prefix())
	if err != nil {
		return nil, err
	}
	root := strings.TrimSuffix(archives.Prefix(), under)
	for info, err := range store.List(ctx, st, under, "") {
		if err != nil {
			return nil, err
		}
		url := root + info.Key
		captured, ok := archives.Match(url)
		if !ok || strings.Contains(info.Key, "/_sluice/") {
			continue
		}
		if _, whole := files.Match(url); whole {
			to, err = f.inArchive(ctx, url, captured, to)
		} else {
			to, err = f.listed(ctx, url+"#", files, to)
		}
		if err != nil {
			return nil, err
		}
	}
	return to, nil
}

// inArchive adds all files of one archive, or a file that is not there, if there
// is none.
func (f *Finder) inArchive(ctx context.Context, url string, captured map[string]string, to []*File) ([]*File, error) {
	if f.Job.From.Format == "" {
		return nil, &spec.UsageError{Err: fmt.Errorf("from.files: %s: %w", url, errFormat)}
	}
	st, key, err := f.Stores.Open(ctx, url)
	if err != nil {
		return nil, err
	}
	_, err = store.Head(ctx, st, key)
	if store.IsNotExist(err) {
		return append(to, &File{File: plan.File{Source: shown(url), Fields: f.values(captured)}, Store: st, Key: key, ID: identity(url, key)}), nil
	}
	if err != nil {
		return nil, err
	}
	members, _, err := f.Stores.Open(ctx, url+"#")
	if err != nil {
		return nil, err
	}
	for one, err := range store.List(ctx, members, "", "") {
		if err != nil {
			return f.broken(ctx, url, to, err)
		}
		name := url + "#" + one.Key
		if !f.Shard.has(name) {
			continue
		}
		file := &File{File: plan.File{Source: shown(name), Fields: f.values(captured)}, Store: members, Key: one.Key, ID: identity(name, one.Key)}
		file.know(one)
		to = append(to, file)
	}
	return to, nil
}

var errFormat = errors.New("the name of an archive does not tell the format of its files: name them, as in orders.zip#{*name}.csv, or say from.format")

// broken makes an archive whose list of files cannot be read a file that cannot,
// so that it is named with all others. All other errors it returns.
func (f *Finder) broken(ctx context.Context, url string, to []*File, why error) ([]*File, error) {
	var bad *store.Error
	if errors.As(why, &bad) || ctx.Err() != nil {
		return nil, why
	}
	st, key, err := f.Stores.Open(ctx, url)
	if err != nil {
		return nil, err
	}
	info, err := store.Head(ctx, st, key)
	if err != nil {
		return nil, err
	}
	file := &File{File: plan.File{Source: shown(url), Fields: make([]any, len(f.fields))}, Store: store.Unreadable(errors.Unwrap(why)), Key: key, ID: identity(url, key)}
	file.know(info)
	return append(to, file), nil
}
