package store

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"maps"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
)

// A bucket is a store that can only be listed. It counts the requests.
type bucket struct {
	keys  []string // sorted
	lists int
	err   error // of the request after failAt
	after int
}

func (b *bucket) Do(_ context.Context, req Request) (Answer, error) {
	if req.Op != OpList {
		return Answer{}, errors.New("only listed")
	}
	if b.lists++; b.err != nil && b.lists > b.after {
		return Answer{}, b.err
	}
	most := req.Max
	if most <= 0 || most > MaxKeys {
		most = MaxKeys
	}
	i, exact := slices.BinarySearch(b.keys, max(req.After, req.Key))
	if exact && req.After >= req.Key {
		i++
	}
	var a Answer
	for ; i < len(b.keys) && strings.HasPrefix(b.keys[i], req.Key); i++ {
		if len(a.List) == most {
			a.More = true
			break
		}
		a.List = append(a.List, Info{Key: b.keys[i], ETag: "e" + b.keys[i]})
	}
	return a, nil
}

// located returns which keys are found, and how many requests that took.
func located(t *testing.T, b *bucket, seen *Page, keys []string) ([]string, int) {
	t.Helper()
	wanted := map[string]string{}
	for _, k := range keys {
		wanted[k] = k
	}
	found := map[string]bool{}
	b.lists = 0
	err := Locate(context.Background(), b, seen, wanted, func(key string, info Info) {
		if found[key] || info.Key != key || info.ETag != "e"+key {
			t.Errorf("%s was found as %+v, before: %v", key, info, found[key])
		}
		found[key] = true
	})
	if err != nil {
		t.Fatal(err)
	}
	return slices.Sorted(maps.Keys(found)), b.lists
}

func numbered(form string, n int) []string {
	keys := make([]string, n)
	for i := range keys {
		keys[i] = fmt.Sprintf(form, i)
	}
	return keys
}

func TestLocate(t *testing.T) {
	year := numbered("flight/%05d.json", 20_000)
	for name, tc := range map[string]struct {
		keys, wanted, found []string
		most                int // requests
	}{
		"nothing wanted":      {year, nil, nil, 0},
		"nothing there":       {nil, []string{"a", "b"}, nil, 1},
		"one":                 {year, year[7000:7001], year[7000:7001], 1},
		"one that is not":     {year, []string{"flight/07000"}, nil, 1},
		"all":                 {year, year, year, 21},
		"a stretch":           {year, year[3000:3500], year[3000:3500], 1},
		"the ends":            {year, []string{year[0], year[19_999]}, []string{year[0], year[19_999]}, 3},
		"far apart":           {year, []string{year[0], year[9000], year[9001], year[19_999]}, []string{year[0], year[9000], year[9001], year[19_999]}, 6},
		"beyond the end":      {year, []string{year[0], "flight/9"}, year[:1], 3},
		"before the first":    {year, []string{"flight/", year[0]}, year[:1], 2},
		"prefix of another":   {[]string{"a", "a.json", "a/b"}, []string{"a", "a/b"}, []string{"a", "a/b"}, 1},
		"other than ASCII":    {[]string{"é/1", "é/2", "日本", "😀"}, []string{"é/1", "日本", "😀", "ü"}, []string{"é/1", "日本", "😀"}, 2},
		"blanks and controls": {[]string{"a ", "a\x01", "a!"}, []string{"a ", "a\x01"}, []string{"a\x01", "a "}, 2},
	} {
		b := &bucket{keys: slices.Sorted(slices.Values(tc.keys))}
		found, lists := located(t, b, nil, tc.wanted)
		if !slices.Equal(found, slices.Sorted(slices.Values(tc.found))) {
			t.Errorf("%s: found %d of %d: %.5q", name, len(found), len(tc.wanted), found)
		}
		if lists > tc.most {
			t.Errorf("%s: %d requests, want at most %d", name, lists, tc.most)
		}
	}
}

// However keys and wanted keys lie, Locate finds just those that are in both,
// with no more requests than a listing of all takes, nor than two a key.
func TestLocateFindsWhatIsThere(t *testing.T) {
	t.Parallel()
	most := numbered("p/%06d", 50_000)
	for seed := range uint64(60) {
		r := rand.New(rand.NewPCG(seed, 1))
		space := most[:1+r.IntN(50_000)]
		pick := func(share float64) []string {
			return slices.DeleteFunc(slices.Clone(space), func(string) bool { return r.Float64() > share })
		}
		b := &bucket{keys: pick(r.Float64())}
		wanted := pick(r.Float64() * r.Float64() * r.Float64())
		want := slices.DeleteFunc(slices.Clone(wanted), func(k string) bool {
			_, there := slices.BinarySearch(b.keys, k)
			return !there
		})
		found, lists := located(t, b, nil, wanted)
		if !slices.Equal(found, want) {
			t.Errorf("seed %d: found %d keys, want %d", seed, len(found), len(want))
		}
		a, err := b.Do(t.Context(), Request{Op: OpList, Key: "p/0"})
		if err != nil {
			t.Fatal(err)
		}
		seen := &Page{b, "p/0", a.List, a.More}
		found, again := located(t, b, seen, wanted)
		if !slices.Equal(found, want) || again > lists {
			t.Errorf("seed %d: found %d keys with a page seen, want %d; %d requests, %d without", seed, len(found), len(want), again, lists)
		}
		if !a.More && again != 0 && !slices.ContainsFunc(wanted, func(k string) bool { return !strings.HasPrefix(k, "p/0") }) {
			t.Errorf("seed %d: %d requests for what the page tells", seed, again)
		}
		if most := min(2*len(b.keys)/MaxKeys+2, 2*len(wanted)+1); lists > most {
			t.Errorf("seed %d: %d requests for %d of %d keys, want at most %d", seed, lists, len(wanted), len(b.keys), most)
		}
	}
}

func TestLocateFails(t *testing.T) {
	lost := errors.New("connection lost")
	keys := numbered("%05d", 10_000)
	for after := range 3 {
		b := &bucket{keys: keys, err: lost, after: after}
		wanted := map[string]int{keys[0]: 1, keys[5000]: 2, keys[9999]: 3}
		if err := Locate(context.Background(), b, nil, wanted, func(int, Info) {}); !errors.Is(err, lost) {
			t.Errorf("after %d requests: %v", after, err)
		}
	}
}

func TestBefore(t *testing.T) {
	for _, key := range []string{"a", "a/b.json", "a ", "a\x00", "a!", "é", "日本", "😀", "a\x7f"} {
		less := before(key)
		if less >= key {
			t.Errorf("before(%q) is %q", key, less)
		}
		if strings.ContainsRune(less, '\uFFFD') {
			t.Errorf("before(%q) is no UTF-8: %q", key, less)
		}
	}
	if got := before(""); got != "" {
		t.Errorf("before nothing is %q", got)
	}
}

// A web host cannot be listed: each file is asked for by its name.
func TestLocateOnTheWeb(t *testing.T) {
	t.Parallel()
	var asked atomic.Int64
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked.Add(1)
		switch name := strings.TrimPrefix(r.URL.Path, "/"); {
		case strings.HasPrefix(name, "there"):
			w.Header().Set("ETag", `"`+name+`"`)
		case strings.HasPrefix(name, "refused"):
			w.WriteHeader(http.StatusUnauthorized)
		default:
			w.WriteHeader(http.StatusNotFound)
		}
	}))
	server.Config.ErrorLog = log.New(io.Discard, "", 0)
	server.StartTLS()
	t.Cleanup(server.Close)
	s := HTTPS(HTTPSOptions{Base: server.URL, Transport: server.Client().Transport})
	keys := map[string]int{}
	for i := range 100 {
		keys[fmt.Sprintf("there-%d?token=hush", i)] = i
		keys[fmt.Sprintf("gone-%d", i)] = -1
	}
	found := map[int]string{}
	if err := Locate(t.Context(), s, nil, keys, func(i int, info Info) { found[i] = info.ETag }); err != nil {
		t.Fatal(err)
	}
	if len(found) != 100 || found[7] != "there-7" || asked.Load() != 200 {
		t.Errorf("%d found by %d requests, one of them %q", len(found), asked.Load(), found[7])
	}

	// One that is refused is there for all that is known, and is read.
	found = map[int]string{}
	if err := Locate(t.Context(), s, nil, map[string]int{"refused": 0}, func(i int, info Info) { found[i] = info.Mark() }); err != nil {
		t.Fatal(err)
	}
	if !strings.HasPrefix(found[0], "@unknown") {
		t.Errorf("what is refused is marked %q", found[0])
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := Locate(ctx, s, nil, map[string]int{"there": 0}, func(int, Info) { t.Error("found") }); err == nil {
		t.Error("a run that was stopped goes on")
	}
}
