package stage

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/seed-128c3863/sluice/plan"
	"github.com/seed-128c3863/sluice/spec"
	"github.com/seed-128c3863/sluice/store"
)

// A web host cannot be listed: each file is asked for by its name.
func TestLocateOnTheWeb(t *testing.T) {
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
	s := store.HTTPS(store.HTTPSOptions{Base: server.URL, Transport: server.Client().Transport})
	keys := map[string]int{}
	for i := range 100 {
		keys[fmt.Sprintf("there-%d?token=hush", i)] = i
		keys[fmt.Sprintf("gone-%d", i)] = -1
	}
	found := map[int]string{}
	if err := locate(t.Context(), s, nil, keys, func(i int, info store.Info) { found[i] = info.ETag }); err != nil {
		t.Fatal(err)
	}
	if len(found) != 100 || found[7] != "there-7" || asked.Load() != 200 {
		t.Errorf("%d found by %d requests, one of them %q", len(found), asked.Load(), found[7])
	}

	// One that is refused is there for all that is known, and is read.
	found = map[int]string{}
	if err := locate(t.Context(), s, nil, map[string]int{"refused": 0}, func(i int, info store.Info) { found[i] = mark(info) }); err != nil {
		t.Fatal(err)
	}
	if !strings.HasPrefix(found[0], "@unknown") {
		t.Errorf("what is refused is marked %q", found[0])
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := locate(ctx, s, nil, map[string]int{"there": 0}, func(int, store.Info) { t.Error("found") }); err == nil {
		t.Error("a run that was stopped goes on")
	}
}

// What is secret in the URL of a source stands neither in its names nor in the
// ledger's.
func TestWebNames(t *testing.T) {
	const url, key = "https://me:hush@host/a%20b/day.json.gz?v=1&X-Amz-Signature=hush", "a%20b/day.json.gz?v=1&X-Amz-Signature=hush"
	task := &task{File: plan.File{Source: shown(url)}, key: key, id: identity(url, key)}
	facts := task.facts(nil)
	if facts.Key != "a b/day.json.gz" || facts.Name != "day.json.gz" || facts.Stem != "day" {
		t.Errorf("names are %q, %q, %q", facts.Key, facts.Name, facts.Stem)
	}
	for _, text := range []string{task.Source, task.id, facts.URL} {
		if text != "https://me:xxxxx@host/a%20b/day.json.gz?v=1&X-Amz-Signature=xxxxx" {
			t.Errorf("it is called %s", text)
		}
	}
	if text := "s3://bucket/a?token=b"; shown(text) != text || identity(text, "a?token=b") != text {
		t.Error("the name of an object is no secret")
	}
}

// Two sources that only a secret tells apart must not be taken for one.
func TestDistinctOnTheWeb(t *testing.T) {
	named := func(url string) *task {
		_, key, _ := strings.Cut(strings.TrimPrefix(url, "https://"), "/")
		return &task{File: plan.File{Source: shown(url)}, key: key, id: identity(url, key)}
	}
	one := func() *task { return named("https://host/get?key=one") }
	kept, err := (&Stage{}).distinct([]*task{one(), one(), named("https://host/get?name=two")})
	if err != nil || len(kept) != 2 {
		t.Errorf("%d kept, %v", len(kept), err)
	}
	var usage *spec.UsageError
	if _, err := (&Stage{}).distinct([]*task{one(), named("https://host/get?key=two")}); !errors.As(err, &usage) || !strings.Contains(err.Error(), "https://host/get?key=xxxxx") {
		t.Errorf("got %v", err)
	}
}

// A source that says nothing of its version is read again each time.
func TestMarkOfTheUnknown(t *testing.T) {
	a, b := mark(store.Info{Size: 3}), mark(store.Info{Size: 3})
	if a == b || etag(a) != "" {
		t.Errorf("the marks are %q and %q", a, b)
	}
}
