package mapping_test

import (
	"testing"

	"github.com/seed-128c3863/sluice/mapping"
	"github.com/seed-128c3863/sluice/spec"
)

// Columns at fixed positions have no names above them unless the job says so; the
// rejects file of their job, which is CSV, has.
func TestHeaderOfFixedColumns(t *testing.T) {
	for header, want := range map[string]bool{"": true, ", header: false": true, ", header: true": false, ", header: 2": false} {
		job, err := spec.Parse("j.yaml", []byte("sluice: 1\nname: j\nfrom: {files: a.txt, format: fixed, positions: {a: 1-3}"+header+"}\ncolumns: {a: {from: a, type: string}}\nto: {files: b.csv}\n"))
		if err != nil {
			t.Fatal(err)
		}
		if got := mapping.SheetOptions(&job.From).NoHeader; got != want {
			t.Errorf("%q: no header %v, want %v", header, got, want)
		}
		if o := mapping.CSVOptions(&job.From, "csv"); header == "" && o.NoHeader {
			t.Errorf("%q: its rejects file should have none", header)
		}
	}
}
