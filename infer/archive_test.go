package infer

import "testing"

// What is found in an archive is named by it.
func TestRootOfArchive(t *testing.T) {
	for source, want := range map[string]string{"in/a.zip#b/c.csv": "in/a.zip#", "s3://raw/a.zip#": "s3://raw/a.zip#", "s3://raw/a.zip": "s3://raw/", "in/c.csv": ""} {
		if got := rootOf(source); got != want {
			t.Errorf("%s: %q, want %q", source, got, want)
		}
	}
}
