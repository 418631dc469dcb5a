package store

import (
	"context"
	"maps"
	"slices"
	"sync"
	"unicode/utf8"

	"github.com/seed-128c3863/sluice/flow"
)

// Locate finds which of the keys there are, by listing. It skips from one
// wanted key to the next where too many others lie between, so that it costs
// no more than a listing of all, nor more than a request a key. What the page
// seen tells, if it is not nil, is not asked for again.
func Locate[T any](ctx context.Context, s Store, seen *Page, keys map[string]T, found func(T, Info)) error {
	wanted := slices.Sorted(maps.Keys(keys))
	if seen != nil && seen.store == s {
		wanted = slices.DeleteFunc(wanted, seen.tells)
		for _, info := range seen.list {
			if t, ok := keys[info.Key]; ok {
				found(t, info)
			}
		}
	}
	if len(wanted) == 0 {
		return nil
	}
	prefix := commonPrefix(wanted[0], wanted[len(wanted)-1])
	for len(wanted) > 0 {
		var err error
		wanted, err = scan(ctx, s, prefix, wanted, func(info Info) { found(keys[info.Key], info) })
		if KindOf(err) == Unsupported {
			return lookUp(ctx, s, keys, found)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// lookUp finds the keys one by one, in a store that cannot be listed.
func lookUp[T any](ctx context.Context, s Store, keys map[string]T, found func(T, Info)) error {
	const atOnce = 64 // the store's limiter admits fewer, if need be
	var mu sync.Mutex
	wanted := func(yield func(string, error) bool) {
		for _, key := range slices.Sorted(maps.Keys(keys)) {
			if !yield(key, nil) {
				return
			}
		}
	}
	return flow.Each(ctx, atOnce, wanted, func(ctx context.Context, key string) error {
		info, err := Head(ctx, s, key)
		switch kind := KindOf(err); {
		case err == nil:
		case kind == NotExist:
			return nil
		case ctx.Err() == nil && (kind == Denied || kind == Other):
			info = Info{Key: key} // to read it will say what is wrong, of this file alone
		default:
			return err
		}
		mu.Lock()
		defer mu.Unlock()
		found(keys[key], info)
		return nil
	})
}

// scan lists from the first wanted key on, and returns those that it did not
// come to: it stops when a page's worth of keys went by without a wanted one.
func scan(ctx context.Context, s Store, prefix string, wanted []string, found func(Info)) ([]string, error) {
	passed := 0
	for info, err := range List(ctx, s, prefix, before(wanted[0])) {
		if err != nil {
			return nil, err
		}
		for len(wanted) > 0 && wanted[0] < info.Key {
			wanted = wanted[1:]
		}
		if len(wanted) == 0 {
			return nil, nil
		}
		if wanted[0] == info.Key {
			found(info)
			wanted, passed = wanted[1:], 0
			if len(wanted) == 0 {
				return nil, nil
			}
			continue
		}
		if passed++; passed >= MaxKeys && before(wanted[0]) > info.Key {
			return wanted, nil
		}
	}
	return nil, nil
}

// before returns a key a little less than key, to list after. It is UTF-8 if key
// is: stores refuse what is not.
func before(key string) string {
	last, size := utf8.DecodeLastRuneInString(key)
	less := key[:len(key)-size]
	if prev := last - 1; last > ' ' && last != utf8.RuneError && utf8.ValidRune(prev) {
		return less + string(prev) + string(utf8.MaxRune)
	}
	return less
}
