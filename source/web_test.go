package source

import (
	"errors"
	"strings"
	"testing"

	"github.com/seed-128c3863/sluice/plan"
	"github.com/seed-128c3863/sluice/spec"
)

// What is secret in the URL of a source stands neither in its names nor in the
// ledger's.
func TestWebNames(t *testing.T) {
	const url, key = "https://me:hush@host/a%20b/day.json.gz?v=1&X-Amz-Signature=hush", "a%20b/day.json.gz?v=1&X-Amz-Signature=hush"
	file := &File{File: plan.File{Source: shown(url)}, Key: key, ID: identity(url, key)}
	facts := file.Facts(nil)
	if facts.Key != "a b/day.json.gz" || facts.Name != "day.json.gz" || facts.Stem != "day" {
		t.Errorf("names are %q, %q, %q", facts.Key, facts.Name, facts.Stem)
	}
	for _, text := range []string{file.Source, file.ID, facts.URL} {
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
	named := func(url string) *File {
		_, key, _ := strings.Cut(strings.TrimPrefix(url, "https://"), "/")
		return &File{File: plan.File{Source: shown(url)}, Key: key, ID: identity(url, key)}
	}
	one := func() *File { return named("https://host/get?key=one") }
	kept, err := (&Finder{}).distinct([]*File{one(), one(), named("https://host/get?name=two")})
	if err != nil || len(kept) != 2 {
		t.Errorf("%d kept, %v", len(kept), err)
	}
	var usage *spec.UsageError
	if _, err := (&Finder{}).distinct([]*File{one(), named("https://host/get?key=two")}); !errors.As(err, &usage) || !strings.Contains(err.Error(), "https://host/get?key=xxxxx") {
		t.Errorf("got %v", err)
	}
}
