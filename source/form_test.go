package source_test

import (
	"fmt"
	"testing"

	"github.com/seed-128c3863/sluice/format"
	"github.com/seed-128c3863/sluice/source"
	"github.com/seed-128c3863/sluice/spec"
)

// Every encoding that is read can stand in a job.
func TestJobsTakeEveryEncoding(t *testing.T) {
	for _, name := range append(format.Encodings(), "auto") {
		job, err := spec.Parse("job.yaml", fmt.Appendf(nil, "sluice: 1\nname: a\nfrom: {files: a.csv, encoding: %s}\ncolumns: {a: {type: string, from: a}}\nto: {files: b.csv}\n", name))
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if err := source.Ready(job); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}
