package spec_test

import (
	"os"
	"testing"

	"github.com/seed-128c3863/sluice/spec"
)

func TestParseReferenceJobs(t *testing.T) {
	for _, name := range []string{"raw_to_stage", "products"} {
		text, err := os.ReadFile("testdata/" + name + ".yaml")
		if err != nil {
			t.Fatal(err)
		}
		j, err := spec.Parse(name+".yaml", text)
		if err != nil {
			t.Fatal(err)
		}
		if j.Name != name {
			t.Errorf("got name %q", j.Name)
		}
	}
}
