package source

import (
	"path/filepath"
	"testing"
)

func TestStem(t *testing.T) {
	for key, want := range map[string]string{
		"a.json": "a", "in/a.json": "a", "a.json.gz": "a", "a.ndjson.zst": "a", "a": "a", "a.gz": "a", "a.b.json": "a.b", ".json": "", "a.json.bak": "a.json", "x/y.z/a": "a",
	} {
		if got := stem(key); got != want {
			t.Errorf("%s: %q, want %q", key, got, want)
		}
	}
}

func TestIdentity(t *testing.T) {
	here, err := filepath.Abs(".")
	if err != nil {
		t.Fatal(err)
	}
	for _, tc := range []struct{ url, key, want string }{
		{"s3://raw/a.json", "a.json", "s3://raw/a.json"},
		{"in/a.json", "in/a.json", here + "/in/a.json"},
		{"./in/../a.json", "a.json", here + "/a.json"},
		{"/data/a.json", "/data/a.json", "/data/a.json"},
		{"file:///data/a.json", "/data/a.json", "/data/a.json"},
	} {
		if got := identity(tc.url, tc.key); got != tc.want {
			t.Errorf("%s: %s, want %s", tc.url, got, tc.want)
		}
	}
}
