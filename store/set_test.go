package store

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/seed-128c3863/sluice/flow"
)

func TestSetOpen(t *testing.T) {
	t.Setenv("AWS_REGION", "eu-west-1")
	set := NewSet(Options{Stores: map[string]Settings{"own": {Endpoint: "http://127.0.0.1:9"}}})
	for _, c := range []struct{ url, key, err, hint string }{
		{"s3://bucket/a/b.json", "a/b.json", "", ""},
		{"s3://bucket/a//b/../c.json", "a//b/../c.json", "", ""},
		{"s3://bucket/a b+c%20d?e#f", "a b+c%20d?e#f", "", ""},
		{"s3://bucket", "", "", ""},
		{"s3://bucket/", "", "", ""},
		{"S3://own/x", "x", "", ""},
		{"https://host/a/b.csv?token=x", "a/b.csv?token=x", "", ""},
		{"file:///abs/x/../y", "/abs/y", "", ""},
		{"file://localhost/abs", "/abs", "", ""},
		{"/abs/dir/", "/abs/dir/", "", ""},
		{"./a//b/./c.json", "a/b/c.json", "", ""},
		{"../a/", "../a/", "", ""},
		{"", "", "", ""},
		{"./", "", "", ""},
		{"/", "/", "", ""},
		{"s3:///key", "", "open s3:///key: not the URL of a store", "no bucket"},
		{"https:///key", "", "not the URL", "no host"},
		{"file://a/b", "", "not the URL", "file:///a/b"},
		{"gs://bucket/key", "", "open gs://bucket/key: not the URL of a store", "s3://bucket/key, https://host/path"},
		{"http://me:hush@host/x?y=hush", "", "open http://host/x: not the URL", "known are"},
	} {
		s, key, err := set.Open(t.Context(), c.url)
		switch {
		case c.err == "" && err != nil:
			t.Errorf("%s: %v", c.url, err)
		case c.err != "" && (err == nil || !strings.Contains(err.Error(), c.err) || !strings.Contains(Hint(err), c.hint)):
			t.Errorf("%s: %v (hint %s)", c.url, err, Hint(err))
		case err == nil && (s == nil || key != c.key):
			t.Errorf("%s: key %q, want %q", c.url, key, c.key)
		}
	}
	one, _, _ := set.Open(t.Context(), "s3://bucket/x")
	two, _, _ := set.Open(t.Context(), "s3://bucket/y")
	if one != two {
		t.Error("a bucket was opened twice")
	}
	var names []string
	for _, st := range set.Stats() {
		names = append(names, st.Name)
	}
	if got := strings.Join(names, " "); got != "127.0.0.1:9 file:// host s3://bucket" {
		t.Errorf("limiters: %s", got)
	}
}

// TestSetBuckets: two buckets at one endpoint share its limiter, and what wraps
// a store is inside limit and retry.
func TestSetBuckets(t *testing.T) {
	endpoint := startSim(t, "-buckets", "raw,stage")
	t.Setenv("AWS_ENDPOINT_URL_S3", endpoint)
	var calls, failed atomic.Int64
	set := NewSet(Options{
		Fixed: 3,
		Retry: flow.RetryOptions{Base: time.Millisecond},
		Wrap: func(name string, s Store) Store {
			if name != "s3://raw" && name != "s3://stage" {
				t.Errorf("wraps %s", name)
			}
			return Fault(s, func(n int64, _ Request) (f Failure) {
				if calls.Add(1); n == 1 {
					failed.Add(1)
					f.Before = broken()
				}
				return f
			})
		},
	})
	for _, url := range []string{"s3://raw/a b", "s3://stage/c"} {
		s, key, err := set.Open(t.Context(), url)
		if err != nil {
			t.Fatal(err)
		}
		mustPut(t, s, key, []byte(url))
		mustHold(t, s, key, []byte(url))
	}
	stats := set.Stats()
	if len(stats) != 1 || stats[0].Name != strings.TrimPrefix(endpoint, "http://") || stats[0].Done != 6 || stats[0].Limit != 3 {
		t.Errorf("%+v", stats)
	}
	if calls.Load() != 6 || failed.Load() != 2 {
		t.Errorf("%d calls, %d failed", calls.Load(), failed.Load())
	}
}

// TestSetProfile: endpoint, region and keys of a bucket come from its profile.
func TestSetProfile(t *testing.T) {
	endpoint := startVersity(t)
	dir := t.TempDir()
	conf := fmt.Sprintf("[profile there]\nregion = us-east-1\nservices = it\naws_access_key_id = testaccess\naws_secret_access_key = testsecret\n"+
		"[services it]\ns3 =\n  endpoint_url = %s\n", endpoint)
	if err := os.WriteFile(filepath.Join(dir, "config"), []byte(conf), 0o600); err != nil {
		t.Fatal(err)
	}
	t.Setenv("AWS_CONFIG_FILE", filepath.Join(dir, "config"))
	t.Setenv("AWS_ACCESS_KEY_ID", "")
	t.Setenv("AWS_SECRET_ACCESS_KEY", "")
	set := NewSet(Options{Stores: map[string]Settings{"test": {Profile: "there"}}})
	s, key, err := set.Open(t.Context(), "s3://test/k")
	if err != nil {
		t.Fatal(err)
	}
	mustPut(t, s, key, []byte("x"))

	set = NewSet(Options{Stores: map[string]Settings{"test": {Profile: "nowhere"}}})
	if _, _, err := set.Open(t.Context(), "s3://test/k"); !IsFatal(err) || !strings.Contains(err.Error(), "nowhere") {
		t.Errorf("a profile that is not there: %v", err)
	}
}

func TestSetBadSettings(t *testing.T) {
	for name, c := range map[string]struct {
		settings Settings
		hint     string
	}{
		"no region":   {Settings{}, "AWS_REGION"},
		"no scheme":   {Settings{Endpoint: "me:hush@localhost:9000"}, "http://host:port"},
		"no endpoint": {Settings{Endpoint: "minio"}, "http://host:port"},
	} {
		set := NewSet(Options{Stores: map[string]Settings{"b": c.settings}})
		_, _, err := set.Open(t.Context(), "s3://b/k")
		if !IsFatal(err) || !strings.Contains(Hint(err), c.hint) || strings.Contains(err.Error(), "hush") {
			t.Errorf("%s: %v (hint %s)", name, err, Hint(err))
		}
	}
}
