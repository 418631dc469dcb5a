package infer

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/seed-128c3863/sluice/format"
	"github.com/seed-128c3863/sluice/spec"
	"github.com/seed-128c3863/sluice/store"
)

// drafted returns the columns of a draft of these records, one after another.
func drafted(records ...string) []*column {
	s := &sample{}
	for _, r := range records {
		s.records = append(s.records, []byte(r))
	}
	d := &draft{place: &place{form: "json"}, samples: []*sample{s}}
	_ = d.choose() // nobody is asked
	return d.columns
}

// TestTypes holds the type of a column to the values that it is to hold.
func TestTypes(t *testing.T) {
	for values, want := range map[string]string{
		`1 -2 9223372036854775807`: "int64",
		`1 null`:                   "int64",
		`9223372036854775808 1`:    "decimal(38,0)?",
		`1 2.5`:                    "float64",
		`1e3`:                      "float64",
		`1e999`:                    "string?",
		`1 1000000000000000000000000000000000000000`: "string?",
		`true false null`:                        "bool",
		`true 1`:                                 "string?",
		`"x" 1`:                                  "string?",
		`null null`:                              "string?",
		`"" ""`:                                  "string",
		`"007"`:                                  "string",
		`"2024-02-29" "2024-01-01"`:              "date",
		`"2024-02-30"`:                           "string",
		`"2024-02-29" ""`:                        "date, empty is null",
		`"2024-02-29" "2024-02-29T05:30"`:        "timestamp",
		`"2024-02-29 05:30:01.5"`:                "timestamp",
		`"2024-02-29T05:30:00Z"`:                 "timestamptz",
		`"2024-02-29T05:30:00+09:00"`:            "timestamptz",
		`"2024-02-29T05:30Z" "2024-02-29"`:       "string?",
		`"05:30"`:                                "string",
		`"123e4567-e89b-12d3-a456-426614174000"`: "uuid",
		`[1,2] []`:                               "list(int64)",
		`[1,2.5]`:                                "list(float64)",
		`["2024-01-01"]`:                         "list(date)",
		`["2024-01-01",""]`:                      "list(string)",
		`["x",null]`:                             "list(string)",
		`[1,"x"]`:                                "json?",
		`[[1]]`:                                  "json",
		`[] []`:                                  "json?",
		`[{"a":1}] null`:                         "json",
		`{"a":1} 5`:                              "json?",
		`{}`:                                     "json",
		`{"-31":1} {"-32":1}`:                    "json",
		`{"2024-01-01":1}`:                       "json",
		`[1] 1`:                                  "json?",
		`{"a":{"b":{"c":{"d":{"e":1}}}}} {"a":2}`: "json?",
	} {
		var records []string
		for v := range strings.FieldsSeq(spaces.Replace(values)) {
			records = append(records, `{"v":`+v+`}`)
		}
		c := drafted(records...)
		got := "no column"
		if len(c) == 1 {
			got = c[0].typ
			if c[0].unsure {
				got += "?"
			}
			if c[0].empty {
				got += ", empty is null"
			}
		}
		if got != want {
			t.Errorf("%s: got %s, want %s", values, got, want)
		}
	}
}

// spaces writes the space within a timestamp so that it does not part values.
var spaces = strings.NewReplacer("29 05", `29\u002005`)

// TestFlatten holds columns to where their values are.
func TestFlatten(t *testing.T) {
	for name, tc := range map[string]struct {
		records []string
		want    []string
	}{
		"in order":         {[]string{`{"b":1,"a":2}`, `{"c":3}`}, []string{"b: row.b", "a: row.a", "c: row.c"}},
		"nested":           {[]string{`{"a":{"b":{"c":1,"d":{"e":1}}}}`}, []string{"a_b_c: row.a.b.c", "a_b_d: row.a.b.d"}},
		"null at times":    {[]string{`{"a":{"b":{"c":1}}}`, `{"a":{"b":null}}`, `{"a":null}`}, []string{"a_b_c: row.a?.b?.c"}},
		"not there always": {[]string{`{"a":{"b":1}}`, `{}`}, []string{"a_b: row.a?.b"}},
		"always null":      {[]string{`{"a":{"b":null}}`}, []string{"a_b: row.a.b"}},
		"same names":       {[]string{`{"a":{"b":1},"a_b":2,"A_B":3,"a_b_2":4}`}, []string{"a_b: row.a.b", "a_b_2: row.a_b", "A_B_3: row.A_B", "a_b_2_2: row.a_b_2"}},
		"strange names":    {[]string{`{"a b":1,"é":2,"1":3,"":4,"@type":5,"in":6}`}, []string{`a_b: row["a b"]`, `é: row["é"]`, `_1: row["1"]`, `column: row[""]`, `type: row["@type"]`, `in: row["in"]`}},
		"keys that vary":   {[]string{`{"a":{"7":{"x":1}}}`, `{"a":{"8":{"x":1}}}`}, []string{"a: row.a"}},
		"most are not there": {[]string{
			`{"a":{"k1":1,"k2":1}}`, `{"a":{"k3":1,"k4":1}}`, `{"a":{"k5":1,"k6":1}}`, `{"a":{"k7":1,"k8":1}}`,
		}, []string{"a: row.a"}},
	} {
		t.Run(name, func(t *testing.T) {
			var got []string
			for _, c := range drafted(tc.records...) {
				got = append(got, c.name+": "+c.expression())
			}
			if !slices.Equal(got, tc.want) {
				t.Errorf("got  %q\nwant %q", got, tc.want)
			}
		})
	}
}

// TestTemplate holds the template of files to the keys that are there.
func TestTemplate(t *testing.T) {
	for name, tc := range map[string]struct {
		prefix string
		keys   string
		want   string // source, names, output
		files  int
	}{
		"a folder":            {"raw/", "raw/a.json raw/b.json", "s3://b/raw /{*base}.json {file.stem}.parquet", 2},
		"a bucket":            {"", "a.json", "s3://b /{*base}.json {file.stem}.parquet", 1},
		"common folders":      {"", "x/y/a.json x/y/b.json", "s3://b/x/y /{*base}.json {file.stem}.parquet", 2},
		"hive":                {"t/", "t/day=1/h=2/a.json t/day=2/h=2/a.json", "s3://b/t /day={*day}/h={*h}/{*base}.json day={day}/h={h}/{file.stem}.parquet", 2},
		"hive, one value":     {"t/", "t/day=1/a.json", "s3://b/t /day={*day}/{*base}.json day={day}/{file.stem}.parquet", 1},
		"hive, a taken name":  {"", "name=1/a.json out=2/a.json name=2/b.json", "s3://b /{*folder}/{*base}.json {folder}/{file.stem}.parquet", 3},
		"hive, a fact":        {"", "size=1/a.json", "s3://b /size={*size2}/{*base}.json size={size2}/{file.stem}.parquet", 1},
		"dates":               {"", "2024-01-01/05/a.json 2024-01-02/23/a.json", "s3://b /{*date}/{*hour}/{*base}.json {date}/{hour}/{file.stem}.parquet", 2},
		"year, month, day":    {"", "2024/12/31/a.json", "s3://b /{*year}/{*month}/{*day}/{*base}.json {year}/{month}/{day}/{file.stem}.parquet", 1},
		"numbers":             {"", "1/13/a.json 2/14/a.json", "s3://b /{*folder}/{*folder2}/{*base}.json {folder}/{folder2}/{file.stem}.parquet", 2},
		"below what varies":   {"", "eu/x/a.json us/x/a.json", "s3://b /{*folder}/x/{*base}.json {folder}/x/{file.stem}.parquet", 2},
		"a prefix":            {"raw/fl", "raw/fl1.json raw/fl2.json raw/fl.json", "s3://b/raw /fl{*base}.json {file.stem}.parquet", 2},
		"a whole name":        {"raw/fl", "raw/fl.json", "s3://b/raw/fl.json  {file.stem}.parquet", 1},
		"a prefix of folders": {"raw/fl", "raw/fl1/a.json raw/fl2/a.json", "s3://b/raw /fl{*folder}/{*base}.json fl{folder}/{file.stem}.parquet", 2},
		"braces":              {"{x}/", "{x}/{y}/a.json {x}/z/a.json", "s3://b/{x} /{*folder}/{*base}.json {folder}/{file.stem}.parquet", 2},
		"the most":            {"", "a.json b.json c.csv d.csv e.csv sub/f.json", "s3://b /{*base}.json {file.stem}.parquet", 2},
		"no JSON":             {"", "a.csv b.csv c.txt", "s3://b /{*base}.csv {file.stem}.parquet", 2},
		"compressed":          {"", "a.json.gz b.json.gz c.json", "s3://b /{*base}.json.gz {file.stem}.parquet", 2},
		"no extension":        {"", "a b c.json.d/x y.txt", "s3://b /{*base} {file.name}.parquet", 3},
	} {
		t.Run(name, func(t *testing.T) {
			p := &place{root: "s3://b/"}
			var keys []store.Info
			for key := range strings.FieldsSeq(tc.keys) {
				keys = append(keys, store.Info{Key: key})
			}
			p.arrange(tc.prefix, keys)
			if got := p.source + " " + p.names + " " + p.output; got != tc.want || len(p.files) != tc.files {
				t.Errorf("got  %s of %d files\nwant %s of %d", got, len(p.files), tc.want, tc.files)
			}
		})
	}
}

func TestNameOf(t *testing.T) {
	for source, want := range map[string]string{
		"raw/": "raw", "/x/flights.json": "flights", "s3://b": "b", "s3://b/x/day=1/": "day_1", "a.json.gz": "a", "file:///x/y.ndjson": "y",
		"https://example.org/get.json?key=1": "get", "/x/한글": "hangeul", "/x/_a b-": "a_b", "/x/2024": "2024", "/x/" + strings.Repeat("n", 99): strings.Repeat("n", 60),
	} {
		if got := nameOf(source); got != want {
			t.Errorf("%s: got %s, want %s", source, got, want)
		}
	}
}

func TestExtension(t *testing.T) {
	for name, want := range map[string]string{
		"a.json": ".json", "a.b.ndjson.gz": ".ndjson.gz", "a.zst": ".zst", "a": "", ".json": "", "v1.2": "", "a.": "", "2024-01-01T00:00.5": "", "a.JSON": ".JSON",
	} {
		if got := extension(name); got != want {
			t.Errorf("%s: got %q, want %q", name, got, want)
		}
	}
}

// TestGuess holds where records are in a document to what is taken for them.
func TestGuess(t *testing.T) {
	for name, tc := range map[string]struct {
		text string
		cut  bool
		want string
	}{
		"an array":            {text: `[{"a":[{"b":1}]}]`},
		"lines":               {text: "{\"a\":[{\"b\":1}]}\n{\"a\":[]}"},
		"one object":          {text: `{"a":1,"b":{"c":[1,2]}}`},
		"a list":              {text: `{"a":1,"b":[{"c":1}]}`, want: "b"},
		"deeper":              {text: ` {"a":{"b":{"c":[{"d":1}]}}}`, want: "a.b.c"},
		"too deep":            {text: `{"a":{"b":{"c":{"d":[{"e":1}]}}}}`},
		"two lists":           {text: `{"a":[{"c":1}],"b":[{"c":1}]}`},
		"a list of both":      {text: `{"a":[{"c":1},2]}`},
		"below an id":         {text: `{"17":{"a":[{"c":1}]}}`},
		"columns":             {text: `{"a":{"0":1,"1":2},"b":{"0":"x","1":"y"}}`, want: "columns"},
		"columns of lists":    {text: `{"a":[1,2],"b":["x",null]}`, want: "columns"},
		"lists of two sizes":  {text: `{"a":[1,2],"b":["x"]}`},
		"other indexes":       {text: `{"a":{"0":1},"b":{"1":2}}`},
		"names for indexes":   {text: `{"a":{"x":1},"b":{"x":2}}`},
		"cut in a list":       {text: "{\"n\":1,\"m\":{},\n\"b\":[{\"c\":1},\n{\"c\":", cut: true, want: "b"},
		"cut in a deep list":  {text: `{"n":[1],"b":{"c":[{"d":1},{"d":2`, cut: true, want: "b.c"},
		"cut in a line":       {text: "{\"a\":[{\"b\":1}]}\n{\"a\":[{\"b\"", cut: true},
		"cut in other things": {text: `{"a":{"b":"xxx`, cut: true},
	} {
		t.Run(name, func(t *testing.T) {
			l := guessOne(&sample{data: []byte(tc.text), cut: tc.cut}, false)
			got := ""
			if l.shape != format.Records || l.at != nil {
				got = l.String()
			}
			if got != tc.want {
				t.Errorf("got %q, want %q", got, tc.want)
			}
		})
	}
}

func TestOrder(t *testing.T) {
	for n := range 40 {
		got := order(n)
		if n <= mostTries && len(got) != min(n, len(got)) || n > 0 && got[0] != 0 || n > 2 && got[2] != n-1 {
			t.Errorf("%d: %v", n, got)
		}
		slices.Sort(got)
		if len(slices.Compact(got)) != len(order(n)) || n >= mostTries && len(got) < mostTries || n < 4 && len(got) != n {
			t.Errorf("%d: %v", n, got)
		}
	}
}

// TestScalar reads back what is written as YAML, in a job.
func TestScalar(t *testing.T) {
	texts := []string{
		"a", "a.b", "", " ", "n", "Yes", "null", "1", "1e3", "-", "a: b", "#", "a #b", `"`, `'`, `\`, `'"\`, "{", "}", "[", ",", "&a", "*a", "!a", "%a", "@a", "`a",
		"\n", "\t", "\x00", "\u0085", "\u2028", "\ufeff", "\ufffd", "😀", "한글", "a\u0301", "\x7f", "\u00a0", "<<", "=", "0x1f", "~", ".inf", "2024-01-01", "?", "|", ">",
	}
	for _, text := range texts {
		for _, written := range []string{scalar(text), quoted(text)} {
			job := fmt.Sprintf("sluice: 1\nname: a\nparams: {p: {type: string, default: %s}}\nfrom: {files: a.json}\ncolumns: {a: {type: string, from: a}}\nto: {files: out.parquet}\n", written)
			j, err := spec.Parse("job.yaml", []byte(job))
			if err != nil {
				t.Errorf("%q as %s: %v", text, written, err)
				continue
			}
			bound, err := j.Bind(nil, nil)
			if err != nil {
				t.Errorf("%q as %s: %v", text, written, err)
				continue
			}
			if got := bound.Values()["p"]; got != text {
				t.Errorf("%q as %s: got %q", text, written, got)
			}
		}
	}
}

// FuzzJob checks that a job is drafted for any text that can be read, and that
// drafting finds nothing in it that cannot be written.
func FuzzJob(f *testing.F) {
	for _, text := range []string{
		`[{"a":1}]`, "{\"a\":1}\n{\"b\":2}", `{"a":{"b":[{"c":1}]}}`, `{"a":{"0":1},"b":{"0":2}}`, `[{"a":"2024-01-01T00:00:00.123456789Z"},{"a":null}]`,
		`[{"":{"\u0000":1}},{"":null}]`, `[{"a":{"b":1}},{"a":[]}]`, `[{"\ud800":1,"null":[true,"x"]}]`, `[{"a":1e999,"b":"9999-12-31T00:00:00","c":123456789012345678901234567890}]`,
	} {
		f.Add([]byte(text))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		file := filepath.Join(t.TempDir(), "in.json")
		if err := os.WriteFile(file, text, 0o600); err != nil {
			t.Fatal(err)
		}
		d, err := Job(context.Background(), store.NewSet(store.Options{}), file, Options{})
		switch {
		case err != nil && strings.Contains(err.Error(), "cannot be written as a job"):
			t.Fatal(err)
		case err == nil && (d.Columns == 0 || d.Records == 0):
			t.Fatalf("%d columns of %d records", d.Columns, d.Records)
		}
	})
}
