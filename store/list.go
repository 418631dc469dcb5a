package store

import (
	"context"
	"iter"
	"strings"
	"unicode/utf8"

	"github.com/seed-128c3863/sluice/flow"
)

const (
	// calmPages is after how many pages a listing is taken for a long one,
	// whose rest is asked for by many requests at once.
	calmPages = 2

	// listAhead is how many of those are under way or ready: each may hold a
	// page of MaxKeys.
	listAhead = 16
)

// List yields what is there under the prefix and greater than after, in byte
// order of keys. It stops at the first error. It holds some tens of pages of
// MaxKeys at most, however many keys there are.
//
// A bucket answers one page in a tenth of a second or more, and each page
// begins where the one before it ended. So that a hundred thousand keys do not
// take a minute, the rest of a long listing is split by the keys seen so far:
// after file-0042.json come those that begin with file-0043, file-0044, and so
// on, which can all be asked for at once.
func List(ctx context.Context, s Store, prefix, after string) iter.Seq2[Info, error] {
	return func(yield func(Info, error) bool) {
		l := lister{s, func(page []Info, err error) bool {
			if err != nil {
				yield(Info{}, err)
				return false
			}
			for _, info := range page {
				if !yield(info, nil) {
					return false
				}
			}
			return true
		}}
		l.list(ctx, stretch{prefix, after})
	}
}

// A stretch is a part of a listing: what is under a prefix and greater than
// after.
type stretch struct{ prefix, after string }

// A lister gives pages to the loop over a List, which may end it.
type lister struct {
	store Store
	yield func([]Info, error) bool
}

func (l lister) page(ctx context.Context, s stretch) (Answer, error) {
	return l.store.Do(ctx, Request{Op: OpList, Key: s.prefix, After: s.after})
}

// list yields all of the stretch. It returns false when the loop has ended.
func (l lister) list(ctx context.Context, s stretch) bool {
	for n := 1; ; n++ {
		a, err := l.page(ctx, s)
		if !l.yield(a.List, err) {
			return false
		}
		if !a.More || len(a.List) == 0 {
			return true
		}
		if a.Remote && n >= calmPages {
			return l.split(ctx, s.prefix, a.List)
		}
		s.after = a.List[len(a.List)-1].Key
	}
}

// split yields what comes after the page under the prefix.
func (l lister) split(ctx context.Context, prefix string, page []Info) bool {
	rest := splitAfter(prefix, page[0].Key, page[len(page)-1].Key)
	first := func(ctx context.Context, i int) (Answer, error) { return l.page(ctx, rest[i]) }
	i := 0
	for a, err := range flow.Ahead(ctx, len(rest), listAhead, first) {
		if !l.yield(a.List, err) {
			return false
		}
		if a.More && len(a.List) > 0 && !l.split(ctx, rest[i].prefix, a.List) {
			return false
		}
		i++
	}
	return true
}

// maxLevels is at how many places of a key a listing is split at once.
const maxLevels = 4

// splitAfter returns stretches, in order and without a gap, that together are
// what comes after last under the prefix, where first and last are keys of one
// page. It expects that numbers go on being counted: where the page's keys all
// have a digit, those with a greater digit are stretches of their own.
func splitAfter(prefix, first, last string) []stretch {
	common := commonPrefix(first, last)
	for len(common) > len(prefix) && !utf8.ValidString(common) {
		common = common[:len(common)-1]
	}
	rest := []stretch{{common, last}}
	done := common // all that begins with it, or is less, is in rest
	levels := 0
	for i := len(common) - 1; i >= len(prefix) && levels < maxLevels; i-- {
		next := greater(common, i)
		if next == "" {
			continue
		}
		levels++
		if len(done) > i+1 {
			rest = append(rest, stretch{common[:i+1], beyond(done)})
		}
		for _, c := range next {
			done = common[:i] + string(c)
			rest = append(rest, stretch{prefix: done})
		}
	}
	if len(done) > len(prefix) {
		rest = append(rest, stretch{prefix, beyond(done)})
	}
	return rest
}

// beyond returns what no key that begins with prefix is greater than.
func beyond(prefix string) string { return prefix + "\U0010ffff\U0010ffff" }

// greater returns the digits that may come after the one at i when a number in
// s is counted on, in order and without a gap: none if it is no digit, or the
// last.
func greater(s string, i int) string {
	const decimal, hex = "0123456789", "abcdef"
	if at := strings.IndexByte(decimal, s[i]); at >= 0 {
		return decimal[at+1:]
	}
	at := strings.IndexByte(hex, s[i])
	beside := i > 0 && strings.IndexByte(decimal, s[i-1]) >= 0 || i+1 < len(s) && strings.IndexByte(decimal, s[i+1]) >= 0
	if at >= 0 && beside {
		return hex[at+1:]
	}
	return ""
}

func commonPrefix(a, b string) string {
	n := 0
	for n < len(a) && n < len(b) && a[n] == b[n] {
		n++
	}
	return a[:n]
}
