package store

import (
	"context"
	"strings"
)

// A Page is the first one of a listing that was asked for before it was known
// which of its keys matter: mostly it has them all, and saves asking for them.
type Page struct {
	store  Store
	prefix string
	list   []Info
	more   bool
}

// FirstPage lists one page of what is there under the prefix.
func FirstPage(ctx context.Context, s Store, prefix string) (*Page, error) {
	a, err := s.Do(ctx, Request{Op: OpList, Key: prefix})
	if err != nil {
		return nil, err
	}
	return &Page{s, prefix, a.List, a.More}, nil
}

// tells says whether the page tells of the key if it is there.
func (p *Page) tells(key string) bool {
	return strings.HasPrefix(key, p.prefix) && (!p.more || key <= p.list[len(p.list)-1].Key)
}
