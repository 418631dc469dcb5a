package stage

import (
	"context"
	"strings"

	"github.com/seed-128c3863/sluice/spec"
	"github.com/seed-128c3863/sluice/store"
)

// A page is the first one of a listing that was asked for before it was known
// which of its keys matter: mostly it has them all, and saves asking for them.
type page struct {
	store  store.Store
	prefix string
	list   []store.Info
	more   bool
}

// peek lists what begins with the part of a template that params alone fix, one
// page of it. Where that cannot be, it returns nil: what is wrong shows again.
func (s *Stage) peek(ctx context.Context, t spec.Template) *page {
	url, err := s.expand(t.Fixed(s.params.Has), nil)
	if err != nil || !strings.HasPrefix(url, "s3://") {
		return nil
	}
	st, prefix, err := s.stores.Open(ctx, url)
	if err != nil {
		return nil
	}
	a, err := st.Do(ctx, store.Request{Op: store.OpList, Key: prefix})
	if err != nil {
		return nil
	}
	return &page{st, prefix, a.List, a.More}
}

// tells says whether the page tells of the key if it is there.
func (p *page) tells(key string) bool {
	return strings.HasPrefix(key, p.prefix) && (!p.more || key <= p.list[len(p.list)-1].Key)
}
