package sluice_test

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/klauspost/compress/zstd"
	"github.com/parquet-go/parquet-go"

	"github.com/seed-128c3863/sluice"
)

const csvJob = `
sluice: 1
name: load
params:
  in:  {type: string}
  out: {type: string}
from:
  files: ["{in}/{*part}.csv", "{in}/{*part}.tsv", "{in}/{*part}.csv.gz", "{in}/{*part}.csv.zst"]
columns:
  id:    {type: int64,          from: id, required: true}
  name:  {type: string,         from: full name}
  price: {type: "decimal(8,2)", from: price}
  seen:  {type: timestamp,      from: seen}
to:
  files: "{out}/{part}.parquet"
errors:
  rejects: "{out}/rejects/{run}.csv"
limits: {memory: 32 MiB}
`

// csvRow is a row of csvJob's outputs, as another program reads it.
type csvRow struct {
	ID    int64     `parquet:"id"`
	Name  *string   `parquet:"name,optional"`
	Price *int64    `parquet:"price,optional"`
	Seen  time.Time `parquet:"seen,optional,timestamp(microsecond:local)"`
}

func csvWorld(t *testing.T) *world {
	w := &world{T: t, dir: t.TempDir()}
	w.params = map[string]string{"in": w.dir + "/in", "out": w.dir + "/out"}
	w.write("job.yaml", csvJob)
	return w
}

// rows reads an output.
func (w *world) csvRows(name string) []csvRow {
	w.Helper()
	rows, err := parquet.ReadFile[csvRow](filepath.Join(w.dir, "out", name))
	if err != nil {
		w.Fatal(err)
	}
	return rows
}

// csvText is a file of n rows in a form that has quotes, line breaks and empty
// cells.
func csvText(n int, delimiter string) string {
	var text strings.Builder
	text.WriteString("\ufeff" + strings.Join([]string{"id", "full name", "other", "price", "seen"}, delimiter) + "\r\n")
	for i := range n {
		price := fmt.Sprintf("%d.%02d", i%1000, i%100)
		if i%10 == 9 {
			price = ""
		}
		fmt.Fprintf(&text, "%d%s\"chair %q\r\n의자, %d\"%sx%s%s%s2024-04-17 05:30:%02d\r\n", i, delimiter, `"x"`, i, delimiter, delimiter, price, delimiter, i%60)
	}
	return strings.ReplaceAll(text.String(), `\"`, `"`)
}

func packed(t *testing.T, text string, how string) string {
	var out bytes.Buffer
	var err error
	switch how {
	case "gzip":
		z := gzip.NewWriter(&out)
		_, _ = z.Write([]byte(text))
		err = z.Close()
	case "zstd":
		z, _ := zstd.NewWriter(&out)
		_, _ = z.Write([]byte(text))
		err = z.Close()
	}
	if err != nil {
		t.Fatal(err)
	}
	return out.String()
}

// Every way in which a table of text lies in a file gives the same rows, of a
// file that is held as of one that is streamed.
func TestCSVToParquet(t *testing.T) {
	w := csvWorld(t)
	const small, large = 300, 60_000 // the second is beyond what is held
	w.write("in/comma.csv", csvText(small, ","))
	w.write("in/semicolon.csv", csvText(small, ";"))
	w.write("in/tab.tsv", csvText(small, "\t"))
	w.write("in/gz.csv.gz", packed(t, csvText(small, ","), "gzip"))
	w.write("in/zst.csv.zst", packed(t, csvText(small, ","), "zstd"))
	w.write("in/large.csv", csvText(large, ","))
	w.write("in/largegz.csv.gz", packed(t, csvText(large, ","), "gzip"))
	w.expectPlan("7 files: 7 new")
	r := w.apply(sluice.ApplyOptions{})
	if r.Status != 0 || r.Written != 7 || r.Rejects != 0 {
		t.Fatalf("result %+v", r)
	}
	for name, n := range map[string]int{"comma": small, "semicolon": small, "tab": small, "gz": small, "zst": small, "large": large, "largegz": large} {
		rows := w.csvRows(name + ".parquet")
		if len(rows) != n {
			t.Errorf("%s: %d rows, want %d", name, len(rows), n)
			continue
		}
		for i, row := range rows {
			want := fmt.Sprintf("chair \"x\"\r\n의자, %d", i)
			fine := row.ID == int64(i) && *row.Name == want && (row.Price == nil) == (i%10 == 9) &&
				(row.Price == nil || *row.Price == int64(i%1000*100+i%100)) && row.Seen.Second() == i%60
			if !fine {
				t.Fatalf("%s: row %d: %+v", name, i, row)
			}
		}
	}
	if w.expectPlan("7 files: 7 unchanged"); len(w.events) == 0 {
		t.Error("nobody was told of the column that nothing reads")
	}
	w.revert(r.Run)
	if left := w.files(func(name string) bool { return strings.HasSuffix(name, ".parquet") }); len(left) != 0 {
		t.Errorf("left: %v", left)
	}
}

// The rejects file is read as a source as it stands: what is still wrong is
// rejected again, for the same reasons.
func TestRejectsOfCSVAreCSV(t *testing.T) {
	for name, tc := range map[string]struct{ from, text, header, mend, by string }{
		"comma":     {"", "id,full name,price,seen,file\n1,a,1,,x\nx,\"b, \"\"c\"\"\n\",2,,y\n3,c\n4,d,4,,z,more\n5,e\"f,5,,z\n", "sluice_file,row,line,column,value,reason,id,full name,price,seen,file", `,x,"b, `, `,2,"b, `},
		"semicolon": {`, delimiter: ";"`, "id;full name;price;seen\n1;a;1;\nx;'b;2;\n", "file;row;line;column;value;reason;id;full name;price;seen", ";x;'b", ";2;'b"},
		"quote":     {`, quote: "'"`, "id,full name,price,seen\n1,a,1,\nx,'b, ''\"c',2,\n", "file,row,line,column,value,reason,id,full name,price,seen", `,x,'b, `, `,2,'b, `},
		"none":      {`, quote: none, delimiter: "|"`, "id|full name|price|seen\n1|a|1|\nx|\"b|2|\n", "file|row|line|column|value|reason|id|full name|price|seen", `|x|"b`, `|2|"b`},
	} {
		t.Run(name, func(t *testing.T) {
			w := csvWorld(t)
			w.write("job.yaml", strings.Replace(csvJob, `{in}/{*part}.csv.zst"]`, `{in}/{*part}.csv.zst"]`+strings.ReplaceAll(tc.from, ", ", "\n  "), 1))
			w.write("in/a.csv", tc.text)
			r := w.apply(sluice.ApplyOptions{})
			if r.Status != 3 || r.Rejects == 0 {
				t.Fatalf("result %+v", r)
			}
			text, err := os.ReadFile(r.Rejected)
			if err != nil {
				t.Fatal(err)
			}
			if header, _, _ := strings.Cut(string(text), "\n"); header != tc.header {
				t.Errorf("header %s\nwant   %s", header, tc.header)
			}
			mended := strings.Replace(string(text), tc.mend, tc.by, 1)
			if mended == string(text) {
				t.Fatalf("no %s in:\n%s", tc.mend, text)
			}
			w.remove("in/a.csv")
			w.write("in/b.csv", mended)
			again := w.apply(sluice.ApplyOptions{})
			if left := again.Rejects - r.Rejects; left != r.Rejects-1 || // beside those of the output whose source is gone
				again.Rows != 1 {
				t.Errorf("the mended file: %+v\n%s", again, mended)
			}
			if rows := w.csvRows("b.parquet"); len(rows) != 1 || rows[0].ID != 2 || !strings.Contains(*rows[0].Name, "b") {
				t.Errorf("rows %+v", rows)
			}
		})
	}
}

// Sources with other columns, and other formats, have their rejects in one
// file too.
func TestRejectsOfSeveralForms(t *testing.T) {
	w := csvWorld(t)
	w.write("job.yaml", strings.Replace(csvJob, `{in}/{*part}.tsv`, `{in}/{*part}.json`, 1))
	w.write("in/a.csv", "seen,extra,id,full name,price\n,e,x,a,1\n,e,1,a,1\n")
	w.write("in/b.csv", "id,full name,price,seen\ny,b,2,\n2,b,2,\n3\n")
	w.write("in/c.json", `[{"id":"z","full name":"c"},{"id":3}]`)
	r := w.apply(sluice.ApplyOptions{})
	if r.Written != 3 || r.Rejects != 4 {
		t.Fatalf("result %+v", r)
	}
	text, err := os.ReadFile(r.Rejected)
	if err != nil {
		t.Fatal(err)
	}
	if n := strings.Count(string(text), "\n"); n != 5 {
		t.Errorf("rejects:\n%s", text)
	}
}

func TestCSVFilesThatCannotBeRead(t *testing.T) {
	w := csvWorld(t)
	for name, text := range map[string]string{
		"zero": "", "absent": "id,price,seen\n1,2,\n", "twice": "id,full name,price,seen,id\n", "open": "id,full name,price,seen\n1,\"x,2,\n2,y,3,\n",
		"unclear": "a;b,c\n", "utf16": "\xff\xfei\x00d\x00", "header": "id,full name,price,seen\n", "long": "id,full name,price,seen\n1," + strings.Repeat("x", 5<<20) + ",1,\n",
		"bytes": "id,full name,price,seen\n1,\xff,1,\n",
	} {
		w.write("in/"+name+".csv", text)
	}
	r := w.apply(sluice.ApplyOptions{})
	why := map[string]string{}
	for _, p := range r.Invalid {
		why[strings.TrimSuffix(filepath.Base(p.File), ".csv")] = p.Why
	}
	for name, part := range map[string]string{
		"zero": "is empty (0 bytes)", "absent": `the header has no "full name"`, "twice": `the header has "id" more than once: say which of them, as "id (1)" for the first`, "open": "line 2: byte 27: the quote that stands here is not closed",
		"unclear": "it is not clear which of", "utf16": `byte 3: the header has no "full name"`, "long": "an eighth of limits.memory", "bytes": "line 2: byte 27: the byte 0xff is not UTF-8, and which encoding it is of is not certain",
	} {
		if !strings.Contains(why[name], part) {
			t.Errorf("%s: %q, want %q in it", name, why[name], part)
		}
	}
	if len(why) != 8 || r.Empty != 1 || r.Status != 3 {
		t.Errorf("result %+v", r)
	}
}
