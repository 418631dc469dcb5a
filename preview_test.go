package sluice_test

import (
	"fmt"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/seed-128c3863/sluice"
)

// TestPreviewFormats previews the same rows in every format: the first are typed,
// and what would be rejected is named with the reason.
func TestPreviewFormats(t *testing.T) {
	python := tool(t, "SLUICE_TEST_PYTHON")
	w := &world{T: t, dir: t.TempDir()}
	w.write("in/a.csv", "id,name,n\n1,가,10\n2,나,x\n3,다,30\n")
	w.write("in/a.tsv", "id\tname\tn\n1\t가\t10\n2\t나\tx\n3\t다\t30\n")
	w.write("in/a.csv.gz", gzipped("id,name,n\n1,가,10\n2,나,x\n3,다,30\n"))
	w.write("in/a.json", `[{"id":1,"name":"가","n":10},{"id":2,"name":"나","n":"x"},{"id":3,"name":"다","n":30}]`)
	w.write("in/a.ndjson", `{"id":1,"name":"가","n":10}`+"\n"+`{"id":2,"name":"나","n":"x"}`+"\n"+`{"id":3,"name":"다","n":30}`)
	script := `import sys, pandas
d = pandas.DataFrame({"id": [1, 2, 3], "name": ["가", "나", "다"], "n": ["10", "x", "30"]})
d.to_excel("a.xlsx", index=False)
d.to_parquet("a.parquet")`
	cmd := exec.Command(python, "-c", script)
	cmd.Dir = filepath.Join(w.dir, "in")
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	for _, name := range []string{"a.csv", "a.tsv", "a.csv.gz", "a.json", "a.ndjson", "a.xlsx", "a.parquet"} {
		t.Run(name, func(t *testing.T) {
			number := "from: n"
			if name == "a.parquet" { // a text is no number there, as in JSON
				number = "value: int(row.n)"
			}
			w.write("job.yaml", fmt.Sprintf("sluice: 1\nname: a\nfrom: {files: %q}\ncolumns:\n  id: {type: int64, from: id}\n  name: {type: string, from: name}\n  n: {type: int32, %s}\nto: {files: %q}\n",
				filepath.Join(w.dir, "in", name), number, filepath.Join(w.dir, "out", "{file.stem}.parquet")))
			job, err := sluice.Open(t.Context(), filepath.Join(w.dir, "job.yaml"), sluice.Options{})
			if err != nil {
				t.Fatal(err)
			}
			p, err := job.Preview(t.Context(), 10)
			if err != nil {
				t.Fatal(err)
			}
			if len(p.Rows) != 2 || string(p.Rows[0].Values) != `{"id":1,"name":"가","n":10}` || p.Rows[1].Row != 3 || p.Columns[2].Type != "int32" {
				t.Errorf("rows %+v", p.Rows)
			}
			if len(p.Rejects) != 1 || p.Rejects[0].Row != 2 || p.Rejects[0].Column != "n" || p.Rejects[0].Value != "x" {
				t.Errorf("rejects %+v", p.Rejects)
			}
		})
	}
}
