package sluice_test

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/klauspost/compress/zstd"

	"github.com/seed-128c3863/sluice"
	"github.com/seed-128c3863/sluice/spec"
	"github.com/seed-128c3863/sluice/store"
)

func gzipped(text string) string {
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	_, _ = z.Write([]byte(text))
	_ = z.Close()
	return b.String()
}

func zstandard(text string) string {
	z, err := zstd.NewWriter(nil)
	if err != nil {
		panic(err)
	}
	return string(z.EncodeAll([]byte(text), nil))
}

// big is an array of records that is longer than what is sampled.
func big(open, end string) string {
	var b strings.Builder
	b.WriteString(open)
	for i := 0; b.Len() < 9<<20; i++ {
		if i > 0 {
			b.WriteString(",\n")
		}
		fmt.Fprintf(&b, `{"id":%d,"text":%q}`, i, strings.Repeat("x", 1000))
	}
	return b.String() + end
}

const flight = `[{"id":"a-1","price":{"amount":1.5,"currency":{"code":"JPY","of":{"deep":1}}},"_carriers":{"-31":{"name":"x"}},"legs":[{"id":1}],"stops":0,"at":"2024-04-17T05:30:00","eco":null},
{"id":"a-2","price":{"amount":2,"currency":{"code":"KRW","of":{"deep":2}}},"_carriers":{"-32":{"name":"y"}},"legs":[],"stops":1,"at":"2024-04-18T05:30","eco":{"delta":1.5}}]`

// TestInit holds jobs for sources of many kinds to what is promised: they have
// these parts, and check, preview and apply work on them as they stand.
func TestInit(t *testing.T) {
	for name, tc := range map[string]struct {
		files   map[string]string
		source  string // in the folder; "": the folder itself
		job     []string
		outputs []string
		note    string
	}{
		"nested records": {
			files: map[string]string{"f.json": flight}, source: "f.json",
			job: []string{
				"{type: string,    from: id}", "{type: float64,   from: price.amount}", "{type: string,    from: price.currency.code}",
				"{type: json,      from: price.currency.of}  ", "{type: json,      from: _carriers} ", "{type: json,      from: legs} ",
				"{type: int64,     from: stops}", "{type: timestamp, from: at}", `{type: float64,   value: "row.eco?.delta"}`, "row.legs[0].id",
			},
			outputs: []string{"f.parquet"}, note: "_carriers",
		},
		"lines": {
			files: map[string]string{"in/a.ndjson": "{\"a\":1}\n{\"a\":2,\"b\":\"007\"}\n", "in/b.ndjson": "{\"a\":3}\n"}, source: "in",
			job:     []string{"format: ndjson", "{type: int64,  from: a}", "{type: string, from: b}", `files: "{source}/{*base}.ndjson"`},
			outputs: []string{"a.parquet", "b.parquet"},
		},
		"hive folders": {
			files:   map[string]string{"day=2024-01-01/x.json": `[{"a":1}]`, "day=2024-01-02/x.json": `[{"a":2}]`, "day=2024-01-02/README.md": "# no", "top.json": `[]`},
			job:     []string{`/day={*day}/{*base}.json"`, `"{out}/day={day}/{file.stem}.parquet"`},
			outputs: []string{"day=2024-01-01/x.parquet", "day=2024-01-02/x.parquet"}, note: "left out 2 files",
		},
		"folders by date": {
			files:   map[string]string{"2024/01/31/x.json": `[{"a":1}]`, "2024/02/01/x.json": `[{"a":1}]`},
			job:     []string{`/{*year}/{*month}/{*day}/{*base}.json"`, `"{out}/{year}/{month}/{day}/{file.stem}.parquet"`},
			outputs: []string{"2024/01/31/x.parquet", "2024/02/01/x.parquet"},
		},
		"a folder that all are in": {
			files:   map[string]string{"raw/api/eu/x.json": `[{"a":1}]`, "raw/api/us/x.json": `[{"a":1}]`, "raw/api/us/_sluice/j/gen-1.json": `{}`},
			job:     []string{`/raw/api"}`, `"{source}/{*folder}/{*base}.json"`},
			outputs: []string{"eu/x.parquet", "us/x.parquet"},
		},
		"braces and a prefix": {
			files: map[string]string{"in/{x}/ab1.json": `[{"a":1}]`, "in/{x}/ab2.json": `[{"a":1}]`, "in/{x}/c.json": `[{"b":1}]`}, source: "in/{x}/ab",
			job: []string{`"{source}/ab{*base}.json"`}, outputs: []string{"ab1.parquet", "ab2.parquet"},
		},
		"no extension": {
			files: map[string]string{"in/part-0": `[{"a":1}]`, "in/part-1": `[{"a":1}]`}, source: "in/",
			job: []string{`"{source}/{*base}"`}, outputs: []string{"part-0.parquet", "part-1.parquet"},
		},
		"gzip":          {files: map[string]string{"a.json.gz": gzipped(`[{"a":1}]`), "b.json.gz": gzipped(`[{"a":1.5}]`)}, job: []string{"{type: float64, from: a}", "{*base}.json.gz"}, outputs: []string{"a.parquet", "b.parquet"}},
		"zstd":          {files: map[string]string{"a.jsonl.zst": zstandard("{\"a\":1}\n{\"a\":2}")}, source: "a.jsonl.zst", job: []string{"{type: int64, from: a}"}, outputs: []string{"a.parquet"}},
		"columns":       {files: map[string]string{"a.json": `{"a":{"0":1,"1":2},"b":{"0":"x","1":null}}`}, job: []string{"shape: columns", "{type: int64,  from: a}", "{type: string, from: b}"}, outputs: []string{"a.parquet"}, note: "shape: columns"},
		"lists":         {files: map[string]string{"a.json": `{"a":[1,2,3],"b":["x","y",null]}`}, job: []string{"shape: columns"}, outputs: []string{"a.parquet"}},
		"at":            {files: map[string]string{"a.json": `{"meta":{"n":2},"data":{"items":[{"a":1},{"a":2}]}}`, "b.json": `{"meta":{"n":0},"data":{"items":[]}}`}, job: []string{"at: data.items", "{type: int64, from: a}"}, outputs: []string{"a.parquet"}, note: "data.items"},
		"two lists":     {files: map[string]string{"a.json": `{"x":[{"a":1}],"y":[{"a":2}]}`}, job: []string{"{type: json, from: x}"}, outputs: []string{"a.parquet"}, note: "at: x or y"},
		"hollow":        {files: map[string]string{"a.json": `[{"a":1}]`, "b.json": "[]"}, outputs: []string{"a.parquet"}, note: "1 file of those looked at had no record"},
		"one record":    {files: map[string]string{"a.json": `{"a":1,"b":{"c":"d"}}`}, job: []string{"{type: string, from: b.c}"}, outputs: []string{"a.parquet"}},
		"big":           {files: map[string]string{"a.json": big("[", "]")}, job: []string{"{type: int64,  from: id}"}, outputs: []string{"a.parquet"}},
		"big at a path": {files: map[string]string{"a.json": big(`{"meta":{"n":1},"rows":[`, `],"end":{}}`)}, job: []string{"at: rows"}, outputs: []string{"a.parquet"}},
		"mixed": {
			files:   map[string]string{"a.json": `[{"a":1,"b":1,"c":[1],"d":[],"e":null,"f":12345678901234567890,"g":[1,"x"],"h":1e999},{"a":"x","b":{"x":1},"c":[null],"f":2}]`},
			job:     []string{"from: a}  ", "# mixed: 1 text, 1 number", "{type: json,            from: b}", "{type: list(int64),     from: c}", "# lists, empty", "# null in every record", `{type: "decimal(38,0)", from: f}`, "{type: string,          from: h}"},
			outputs: []string{"a.parquet"}, note: "column b is json: mixed: 1 number, 1 object",
		},
		"names": {
			files: map[string]string{"a.json": `[{"a.b":1,"c d":{"e\"f":2,"":3},"한글":"가","null":1,"yes":true,"1st":1,"in":{"not":5},"ID":1,"id":2,"{b}":"q","b\\s":1,"t\tx":2,"'":3,"😀":4,"#":1,"x: y":2,"-":1,"a,b":[1],"row":{"a":1}},{"c d":null,"in":null}]`},
			job: []string{
				`from: '["a.b"]'`, `value: 'row["c d"]?.["e\"f"]'`, `"한글":`, `"null":`, `"yes":`, "_1st:", `value: 'row["in"]?.["not"]'`, "id_2:",
			},
			outputs: []string{"a.parquet"},
		},
		"texts": {
			files:   map[string]string{"a.json": `[{"d":"2024-02-29","z":"2024-01-01T00:00:00.123456789Z","m":"2024-01-01T00:00:00Z","u":"123e4567-e89b-12d3-a456-426614174000","n":"0042","e":"","l":["2024-01-01"]},{"d":"","z":"2024-01-01 00:00:00+0900","m":"2024-01-01T00:00:00","u":"123E4567-E89B-12D3-A456-426614174000","n":"1","e":"x","l":[""]}]`},
			job:     []string{`{type: date,         from: d, empty: "null"}`, "timestamptz,  from: z}", "string,       from: m}", "# times with a zone and without", "uuid,         from: u}", `string,       from: "n"}`, "string,       from: e}", "list(string), from: l}", "parquet: {timestamps: ns}"},
			outputs: []string{"a.parquet"},
		},
		"what only a run finds": {
			// Go reads a comma before a fraction, and a date such as this; jobs do not.
			files: map[string]string{"a.json": `[{"a":"2024-01-01T24:00:00","b":"0000-01-01","c":"2024-01-01T00:00:00,5"}]`}, outputs: []string{"a.parquet"},
		},
		"CSV": {
			files: map[string]string{
				"a.csv": "id,code,price,day,at,active,note,품 명,\n1,007,1.5,2024-02-29,2024-02-29 10:00:00,true,\"x, y\",커피,\n2,12,2,,2024-03-01 10:00:00,False,\"\",,z\n",
			}, source: "a.csv",
			job: []string{
				"format: csv", "{type: int64,     from: id}", "{type: string,    from: code}\n", "{type: float64,   from: price}", "{type: date,      from: day}", "{type: timestamp, from: at}", "{type: bool,      from: active}",
				`"품_명": {type: string,    from: "품 명"}`,
			}, outputs: []string{"a.parquet"},
		},
		"TSV":  {files: map[string]string{"a.tsv": "a\tb,c\n1\tx\n", "b.tsv": "a\tb,c\n2.5\ty\n"}, job: []string{"format: tsv", "{type: float64, from: a}", `from: "b,c"`}, outputs: []string{"a.parquet", "b.parquet"}},
		"wide": {files: map[string]string{"a.json": wideRecord()}, outputs: []string{"a.parquet"}, note: "more than 200 values"},
	} {
		t.Run(name, func(t *testing.T) {
			w := &world{T: t, dir: t.TempDir()}
			for name, text := range tc.files {
				w.write("in/"+name, text)
			}
			source := filepath.Join(w.dir, "in", tc.source)
			if strings.HasSuffix(tc.source, "/") {
				source += "/"
			}
			draft, err := sluice.Init(context.Background(), source, sluice.InitOptions{})
			if err != nil {
				t.Fatal(err)
			}
			w.write("job.yaml", string(draft.Text))
			for _, part := range tc.job {
				if !strings.Contains(string(draft.Text), part) {
					t.Errorf("there is no %q in\n%s", part, draft.Text)
				}
			}
			if notes := strings.Join(draft.Notes, "\n"); !strings.Contains(notes, tc.note) {
				t.Errorf("there is no %q in\n%s", tc.note, notes)
			}
			w.worksAsItStands(tc.outputs)
			if t.Failed() {
				t.Logf("%s\n%s", draft.Text, strings.Join(draft.Notes, "\n"))
			}
		})
	}
}

func wideRecord() string {
	var b strings.Builder
	for i := range 150 {
		fmt.Fprintf(&b, `,"o%d":{"a":1,"b":{"c":1,"d":2}}`, i)
	}
	return `[{"id":1` + b.String() + `}]`
}

// worksAsItStands previews and applies the job, and wants these outputs.
func (w *world) worksAsItStands(outputs []string) {
	w.Helper()
	ctx := context.Background()
	file, out := filepath.Join(w.dir, "job.yaml"), filepath.Join(w.dir, "out")
	if _, err := sluice.Check(file); err != nil {
		w.Fatal(err)
	}
	job, err := sluice.Open(ctx, file, sluice.Options{Params: map[string]string{"out": out}})
	if err != nil {
		w.Fatal(err)
	}
	p, err := job.Preview(ctx, 10)
	if err != nil {
		w.Fatal(err)
	}
	if len(p.Rows) == 0 || len(p.Rejects)+len(p.Invalid) > 0 {
		w.Errorf("preview: %d rows, rejects %v, invalid %v", len(p.Rows), p.Rejects, p.Invalid)
	}
	r, err := job.Apply(ctx, sluice.ApplyOptions{})
	if err != nil || r.Status != 0 {
		w.Fatalf("apply: %+v, %v", r, err)
	}
	if int(r.Written) != len(outputs) {
		w.Errorf("%d outputs, want %d", r.Written, len(outputs))
	}
	for _, name := range outputs {
		if _, err := os.Stat(filepath.Join(out, name)); err != nil {
			w.Error(err)
		}
	}
}

// TestInitRefuses holds sources that no job can be made for to what is said.
func TestInitRefuses(t *testing.T) {
	for name, tc := range map[string]struct {
		files  map[string]string
		source string
		want   string
		usage  bool
	}{
		"nothing there":   {source: "in/none", want: "there is no file or folder of that name", usage: true},
		"empty folder":    {files: map[string]string{"in/.keep": ""}, source: "in", want: "none with a file in it", usage: true},
		"empty files":     {files: map[string]string{"in/a.json": "", "in/b.json": "[ ]", "in/c.json": " \n"}, source: "in", want: "no records in the 3 files looked at", usage: true},
		"empty file":      {files: map[string]string{"in/a.json": ""}, source: "in/a.json", want: "in/a.json: there are no records in it", usage: true},
		"no keys":         {files: map[string]string{"in/a.json": "[{},{}]"}, source: "in/a.json", want: "its records have no key", usage: true},
		"CSV of a header": {files: map[string]string{"in/a.csv": "a,b,c\n"}, source: "in/a.csv", want: "there are no records in it", usage: true},
		"ZIP named CSV":   {files: map[string]string{"in/a.csv": "PK\x03\x04"}, source: "in/a.csv", want: "this is a ZIP or Excel file"},
		"Parquet":         {files: map[string]string{"in/a.parquet": "PAR1\x00"}, source: "in", want: "it begins as a Parquet file, and does not end as one"},
		"HTML":            {files: map[string]string{"in/a.json": "<!doctype html>"}, source: "in", want: "this is HTML or XML"},
		"gzip of CSV":     {files: map[string]string{"in/a.json.gz": gzipped("a,b,c\n1,2,3\n")}, source: "in", want: "such as CSV"},
		"cut off":         {files: map[string]string{"in/a.json": `[{"a":1},{"a"`}, source: "in", want: "a.json: byte 14"},
		"numbers":         {files: map[string]string{"in/a.json": `[1,2]`}, source: "in", want: "the record is a number, not an object"},
		"standard input":  {source: "-", want: "standard input can be read once only", usage: true},
		"scheme":          {source: "ftp://x/y", want: "not the URL of a store"},
	} {
		t.Run(name, func(t *testing.T) {
			w := &world{T: t, dir: t.TempDir()}
			for name, text := range tc.files {
				w.write(name, text)
			}
			t.Chdir(w.dir)
			_, err := sluice.Init(context.Background(), tc.source, sluice.InitOptions{})
			if err == nil || !strings.Contains(err.Error(), tc.want) {
				t.Fatalf("got  %v\nwant %s", err, tc.want)
			}
			if usage := (*spec.UsageError)(nil); errors.As(err, &usage) != tc.usage {
				t.Errorf("a usage error: %v, want %v", !tc.usage, tc.usage)
			}
		})
	}
}

// TestInitPacked takes the end of a large compressed file for no end of a table.
func TestInitPacked(t *testing.T) {
	w := &world{T: t, dir: t.TempDir()}
	var b bytes.Buffer
	z, err := gzip.NewWriterLevel(&b, gzip.BestSpeed)
	if err != nil {
		t.Fatal(err)
	}
	r := rand.New(rand.NewPCG(1, 1))
	for i := range 450_000 {
		fmt.Fprintf(z, "%d,%x,%x,%d,%d,%d,%d\n", i, r.Uint64(), r.Uint64(), i%7, i%11, i%13, i%17)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	w.write("a.csv.gz", b.String())
	draft, err := sluice.Init(t.Context(), filepath.Join(w.dir, "a.csv.gz"), sluice.InitOptions{})
	if err != nil || strings.Contains(string(draft.Text), "footer") {
		t.Errorf("%v\n%s", err, draft.Text)
	}
}

// TestInitS3 drafts jobs for what is in a bucket.
func TestInitS3(t *testing.T) {
	sim := tool(t, "SLUICE_TEST_S3SIM")
	raw := &world{T: t, dir: t.TempDir()}
	for name, text := range map[string]string{
		"t/day=1/a.json.gz": gzipped(`[{"a":1}]`), "t/day=2/b.json.gz": gzipped(`[{"a":2.5}]`), "lines/x.ndjson": `{"a":1}`, "lines/y.ndjson": "[]", "table/a.csv": "a,b,c\n1,2,3\n",
		"big.json": big(`{"rows":[`, "]}"),
	} {
		raw.write(name, text)
	}
	addr := freeAddr(t)
	serve(t, addr, nil, sim, "-addr", addr, "-get-latency", "0", "-put-latency", "0", "-bw", "0", "-buckets", "raw,none", "-preload", raw.dir, "-preload-bucket", "raw")
	environment(t, addr, "x", "y")
	for source, tc := range map[string]struct {
		job     string
		outputs []string
		refused string
	}{
		"s3://raw/t":              {job: `"{source}/day={*day}/{*base}.json.gz"`, outputs: []string{"day=1/a.parquet", "day=2/b.parquet"}},
		"s3://raw/t/":             {job: `default: "s3://raw/t"`, outputs: []string{"day=1/a.parquet", "day=2/b.parquet"}},
		"s3://raw/t/day=":         {job: `"{source}/day={*folder}/{*base}.json.gz"`, outputs: []string{"day=1/a.parquet", "day=2/b.parquet"}},
		"s3://raw/lines/":         {job: "format: ndjson", outputs: []string{"x.parquet"}},
		"s3://raw/lines/x":        {job: `"s3://raw/lines/x.ndjson"`, outputs: []string{"x.parquet"}},
		"s3://raw/lines/x.ndjson": {job: `"s3://raw/lines/x.ndjson"`, outputs: []string{"x.parquet"}},
		"s3://raw/big.json":       {job: "at: rows", outputs: []string{"big.parquet"}},
		"s3://raw/nothing/":       {refused: "there is no file or folder of that name"},
		"s3://none":               {refused: "none with a file in it"},
		"s3://nowhere/x":          {refused: "NoSuchBucket"},
		"s3://raw/table":          {job: "format: csv", outputs: []string{"a.parquet"}},
	} {
		t.Run(source, func(t *testing.T) {
			draft, err := sluice.Init(t.Context(), source, sluice.InitOptions{})
			if err != nil || tc.refused != "" {
				if err == nil || !strings.Contains(err.Error(), tc.refused) {
					t.Fatalf("got %v, want %q", err, tc.refused)
				}
				return
			}
			if !strings.Contains(string(draft.Text), tc.job) {
				t.Errorf("there is no %q in\n%s", tc.job, draft.Text)
			}
			w := &world{T: t, dir: t.TempDir()}
			w.write("job.yaml", string(draft.Text))
			w.worksAsItStands(tc.outputs)
		})
	}
}

// TestInitWeb drafts a job for a file of a web host, whose address has a secret
// that is not to stand in the job.
func TestInitWeb(t *testing.T) {
	server := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/get/data.json" {
			http.NotFound(w, r)
			return
		}
		w.Header().Set("ETag", `"1"`)
		http.ServeContent(w, r, "data.json", time.Time{}, strings.NewReader(`[{"a":1},{"a":2}]`))
	}))
	defer server.Close()
	web := func(name string, s store.Store) store.Store {
		if strings.HasPrefix(name, "https://") {
			return store.HTTPS(store.HTTPSOptions{Base: server.URL, Transport: server.Client().Transport})
		}
		return s
	}
	source := server.URL + "/get/data.json?X-Amz-Signature=hush"
	draft, err := sluice.Init(t.Context(), source, sluice.InitOptions{Wrap: web})
	if err != nil {
		t.Fatal(err)
	}
	if said := string(draft.Text) + strings.Join(draft.Notes, "\n"); strings.Contains(said, "hush") || !strings.Contains(said, "--param source=URL") {
		t.Errorf("got\n%s", said)
	}
	w := newWorld(t, 0)
	w.write("job.yaml", string(draft.Text))
	w.wrap, w.params = web, map[string]string{"source": source, "out": filepath.Join(w.dir, "out")}
	if r := w.apply(sluice.ApplyOptions{}); r.Status != 0 || r.Rows != 2 {
		t.Errorf("result %+v", r)
	}
	if _, err := sluice.Init(t.Context(), server.URL+"/none.json", sluice.InitOptions{Wrap: web}); err == nil || !strings.Contains(err.Error(), "404") {
		t.Errorf("got %v, want 404", err)
	}
}

// TestInitRelative drafts a job of the working directory, and of a path that
// climbs out of it.
func TestInitRelative(t *testing.T) {
	w := &world{T: t, dir: t.TempDir()}
	w.write("raw/a.json", `[{"a":1}]`)
	w.write("other/x", "")
	for dir, source := range map[string]string{"raw": ".", "other": "../raw/", ".": "./raw//"} {
		t.Run(source, func(t *testing.T) {
			t.Chdir(filepath.Join(w.dir, dir))
			draft, err := sluice.Init(context.Background(), source, sluice.InitOptions{})
			if err != nil {
				t.Fatal(err)
			}
			if draft.Name != "raw" {
				t.Errorf("name %q", draft.Name)
			}
			w := &world{T: t, dir: t.TempDir()}
			w.write("job.yaml", string(draft.Text))
			w.worksAsItStands([]string{"a.parquet"})
		})
	}
}

// FuzzInit checks that the job drafted for any records, as an array or a record
// a line, loads all of them as it stands: nothing is rejected or invalid.
func FuzzInit(f *testing.F) {
	for _, text := range []string{
		flight, `[{"a":1},{"a":"x","b":null},{"b":{"c":[1,[2],{}]}}]`, `{"a":{"0":1},"b":{"0":2}}`, `[{"a":{"b":1}},{"a":{"b":{"c":1}}},{"a":null}]`,
		`[{"t":"2024-01-01T00:00:00.123456789Z","u":"9999-12-31T23:59:60Z"},{"t":"0001-01-01T00:00:00+23:59"}]`, `[{"":{"":1}},{"":{"":null," ":"\u0000"}}]`,
		`[{"a":123456789012345678901234567890123456789,"b":-0,"c":1e-400,"d":0.1e99999999999}]`, `[{"d":"0000-01-01","e":["2024-01-01","x"],"f":[[null]]}]`,
		`[{"row":1,"file":{"in":2},"null":3,"yes":{"no":4},"a.b[0]":5,"\"'":6}]`, `{"rows":[{"a":1},{"a":2}],"n":2}`,
	} {
		f.Add([]byte(text), false)
		f.Add([]byte(text), true)
	}
	f.Fuzz(func(t *testing.T, text []byte, lines bool) {
		loadsWhole(t, records(text, lines))
	})
}

// loadsWhole drafts a job for a file and wants it to load all of it.
func loadsWhole(t *testing.T, in []byte) {
	t.Helper()
	if in == nil {
		t.Skip()
	}
	w := &world{T: t, dir: t.TempDir()}
	w.write("in.json", string(in))
	draft, err := sluice.Init(t.Context(), filepath.Join(w.dir, "in.json"), sluice.InitOptions{})
	if err != nil {
		if usage := (*spec.UsageError)(nil); errors.As(err, &usage) {
			t.Skip() // there is no key in the records
		}
		t.Fatalf("%v\n%s", err, in)
	}
	w.write("job.yaml", string(draft.Text))
	if w.worksAsItStands([]string{"in.parquet"}); t.Failed() {
		t.Logf("%s\n%s", in, draft.Text)
	}
	w.profiledWhole("in.json")
}

// profiledWhole wants a profile of a file to count every row in every column.
func (w *world) profiledWhole(name string) {
	w.Helper()
	p, err := sluice.Profile(context.Background(), filepath.Join(w.dir, name), sluice.ProfileOptions{})
	if err != nil {
		w.Fatal(err)
	}
	for _, c := range p.Columns {
		if c.Values+c.Nulls+c.Rejects.Count != p.Rows || p.Rows == 0 || c.Distinct > c.Values || !c.DistinctExact || (c.Distinct == 0) != (c.Values == 0) {
			w.Errorf("%d rows: %+v", p.Rows, c)
		}
	}
	text, err := json.Marshal(p)
	if err != nil || p.Text(io.Discard, true) != nil || len(text) == 0 {
		w.Errorf("as JSON and text: %v", err)
	}
}

// TestInitAny is FuzzInit over records of a few values each that are apt to make
// a type of a column, or to break it.
func TestInitAny(t *testing.T) {
	for seed := range uint64(80) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			t.Parallel()
			m := maker{Rand: rand.New(rand.NewPCG(seed, 1))}
			for range 1 + m.IntN(3) {
				m.scalars = append(m.scalars, m.one(aptScalars))
			}
			var all []string
			for range 1 + m.IntN(6) {
				all = append(all, m.object(3))
			}
			loadsWhole(t, records([]byte("["+strings.Join(all, ",")+"]"), seed%2 == 0))
		})
	}
}

var (
	aptKeys    = []string{"a", "b", "c d", "A", "a_b", "", "null", "1", "in", "x.y", "é", "'\"", "{", "row", "17", "a\tb"}
	aptScalars = []string{
		"null", "true", "0", "-0", "7", "1.5", "1e999", "1e-999", "9223372036854775808", strings.Repeat("9", 39), `""`, `" "`, `"007"`, `"x\ny"`, `"\ud800"`, `"null"`,
		`"2024-02-29"`, `"0000-01-01"`, `"2024-02-29T05:30"`, `"2024-02-29 05:30:00.123456789"`, `"1600-01-01T00:00:00"`, `"9999-12-31T23:59:59.999999Z"`,
		`"2024-02-29T24:00:00Z"`, `"2024-02-29T05:30:60+09:00"`, `"0001-01-01T00:00:00+23:59"`, `"123e4567-e89b-12d3-a456-426614174000"`,
	}
)

// A maker makes records of the scalars.
type maker struct {
	*rand.Rand
	scalars []string
}

func (m *maker) one(of []string) string { return of[m.IntN(len(of))] }

func (m *maker) object(depth int) string {
	members := []string{`"id":1`}
	for _, key := range aptKeys {
		if m.IntN(4) == 0 {
			members = append(members, fmt.Sprintf("%s:%s", jsonText(key), m.value(depth)))
		}
	}
	return "{" + strings.Join(members, ",") + "}"
}

func (m *maker) value(depth int) string {
	switch n := m.IntN(20); {
	case n < 16 || depth == 0:
		return m.one(m.scalars)
	case n < 19:
		return m.object(depth - 1)
	}
	var elems []string
	for range m.IntN(4) {
		elems = append(elems, m.value(depth-1))
	}
	return "[" + strings.Join(elems, ",") + "]"
}

func jsonText(text string) string {
	quoted, _ := json.Marshal(text)
	return string(quoted)
}

// records writes the objects of a JSON text, in an array or a line each; nil if
// there are none.
func records(text []byte, lines bool) []byte {
	d := json.NewDecoder(bytes.NewReader(text))
	d.UseNumber()
	var v any
	if d.Decode(&v) != nil {
		return nil
	}
	all, ok := v.([]any)
	if !ok {
		all = []any{v}
	}
	var objects [][]byte
	for _, v := range all {
		if _, ok := v.(map[string]any); ok {
			object, _ := json.Marshal(v)
			objects = append(objects, object)
		}
	}
	switch {
	case len(objects) == 0:
		return nil
	case lines:
		return bytes.Join(objects, []byte("\n"))
	}
	return slices.Concat([]byte("["), bytes.Join(objects, []byte(",\n")), []byte("]"))
}
