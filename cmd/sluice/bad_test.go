package main

import (
	"bytes"
	"compress/gzip"
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/seed-128c3863/sluice/flow"
)

const badJob = `
sluice: 1
name: load
from:
  files: "in/{*part}.json"
columns:
  id:   {type: int64,  value: row.id, required: true}
  name: {type: string, value: row.name}
  day:  {type: date,   value: row.day}
  leg:  {type: string, value: "row.legs[0].carrier"}
to:
  files: "out/{part}.ndjson"
  format: ndjson
errors:
  rejects: "rejects.csv"
`

const (
	good    = `{"id":1,"name":"ann","day":"2024-04-17","legs":[{"carrier":"KE"}]}`
	goodOut = `{"id":1,"name":"ann","day":"2024-04-17","leg":"KE"}` + "\n"
)

// call runs sluice in this process.
func call(t *testing.T, args ...string) (status int, stdout, stderr string) {
	t.Helper()
	stop, done := flow.NewStop(context.Background(), nil, 0)
	defer done()
	var out, err bytes.Buffer
	status = run(stop, args, strings.NewReader(""), &out, &err)
	return status, out.String(), err.String()
}

// folder makes a folder of its own, with the job and one good file, and goes
// there.
func folder(t *testing.T) {
	t.Helper()
	t.Chdir(t.TempDir())
	write(t, "job.yaml", badJob)
	write(t, "in/good.json", "["+good+"]")
}

func write(t *testing.T, name, text string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(name, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}

func read(t *testing.T, name string) string {
	t.Helper()
	text, err := os.ReadFile(name)
	if err != nil && !os.IsNotExist(err) {
		t.Fatal(err)
	}
	return string(text)
}

func zipped(text string) string {
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	z.Write([]byte(text))
	z.Close()
	return b.String()
}

// TestBadFiles loads a file that cannot be read beside one that can: it is
// reported with the byte and the reason, it has no output, and the other is
// done.
func TestBadFiles(t *testing.T) {
	for name, tc := range map[string]struct{ text, says string }{
		"zero bytes":        {"", "is empty (0 bytes)"},
		"white space":       {" \n\t", "holds nothing but white space (3 bytes)"},
		"a byte order mark": {"\ufeff", "holds nothing but white space (3 bytes)"},
		"NUL":               {"\x00\x00", `byte 1: the file is not JSON that begins with "[" or "{": it begins with a NUL byte`},
		"text":              {"hello", `byte 1: the file is not JSON that begins with "[" or "{": it begins with 'h'`},
		"HTML":              {"<html>503</html>", `byte 1: the file is not JSON that begins with "[" or "{": it begins with '<'`},
		"a number":          {"42", `byte 1: the file is not JSON that begins with "[" or "{": it begins with '4'`},
		"UTF-16":            {"\xff\xfe[\x00]\x00", "byte 1: the file is UTF-16; JSON is read as UTF-8 only"},
		"cut off":           {"[" + good + `,{"id":`, "byte 75: the file ends inside an object"},
		"cut off in a text": {"[" + good + `,{"id":"a`, "byte 77: the file ends inside a string"},
		"bytes after":       {"[" + good + "]x", "byte 69: 'x' stands after the end of the document"},
		"a second document": {"[" + good + "] [" + good + "]", "byte 70: '[' stands after the end of the document"},
		"bad UTF-8":         {"[" + strings.Replace(good, "ann", "a\xffn", 1) + "]", "byte 19: the byte 0xff is not UTF-8 here"},
		"a control byte":    {"[" + strings.Replace(good, "ann", "a\x01n", 1) + "]", "byte 19: a raw control character, the byte 0x01, stands in a string; it must be written as \\u0001"},
		"10,000 levels":     {"[" + good + "," + strings.Repeat("[", 10_000) + strings.Repeat("]", 10_000) + "]", "byte 1069: is nested more than 1000 levels deep"},
		"NaN":               {`[{"id":NaN}]`, "byte 8: found 'N', want a value"},
		"single quotes":     {`[{'id':1}]`, `byte 3: found '\'', want a key in quotes`},
		"a comma too many":  {"[" + good + ",]", "byte 69: found ']', want a value"},
		"gzip, cut off":     {zipped("[" + good + "]")[:40], "the gzip data is cut off: unexpected EOF"},
		"zstd, cut off":     {"\x28\xb5\x2f\xfd\x00", "byte 1: the zstd data is cut off: unexpected EOF"},
	} {
		t.Run(name, func(t *testing.T) {
			folder(t)
			write(t, "in/bad.json", tc.text)
			status, _, stderr := call(t, "apply", "job.yaml")
			if status != 3 || !strings.Contains(stderr, "sluice: invalid: in/bad.json: ") || !strings.Contains(stderr, tc.says+"\n") {
				t.Errorf("status %d, want 3 and %s\n%s", status, tc.says, stderr)
			}
			if got := read(t, "out/good.ndjson"); got != goodOut {
				t.Errorf("the good file's output: %s", got)
			}
			if _, err := os.Stat("out/bad.ndjson"); err == nil {
				t.Error("the bad file has an output")
			}
			write(t, "in/bad.json", "["+good+"]")
			if status, stdout, _ := call(t, "apply", "job.yaml"); status != 0 || !strings.Contains(stdout, "2 files: 1 new, 1 unchanged") {
				t.Errorf("mended: status %d\n%s", status, stdout)
			}
		})
	}
}

// TestBadRows loads a file with one bad row: it goes to the rejects with its
// place and the reason, and the others are written.
func TestBadRows(t *testing.T) {
	for name, tc := range map[string]struct{ row, reject string }{
		"required, but missing": {`{"name":"bo","legs":[{"carrier":"KE"}]}`, `2,,id,,null where a value is required,`},
		"required, but null":    {`{"id":null,"legs":[{"carrier":"KE"}]}`, `2,,id,,null where a value is required,`},
		"text for a number":     {`{"id":"x","legs":[{"carrier":"KE"}]}`, `2,,id,x,"""x"" is a text, not an integer`},
		"a fraction":            {`{"id":1.5,"legs":[{"carrier":"KE"}]}`, `2,,id,1.5,1.5 is not an integer`},
		"a number too large":    {`{"id":99999999999999999999,"legs":[{"carrier":"KE"}]}`, `2,,id,99999999999999999999,99999999999999999999 is beyond int64,`},
		"an exponent too large": {`{"id":1e999,"legs":[{"carrier":"KE"}]}`, `2,,id,1e999,1e999 is beyond int64,`},
		"a bad date":            {`{"id":2,"day":"2024-13-01","legs":[{"carrier":"KE"}]}`, `2,,day,2024-13-01,"""2024-13-01"" is not a date such as 2024-04-17: there is no month 13",`},
		"no such day":           {`{"id":2,"day":"2023-02-29","legs":[{"carrier":"KE"}]}`, `2,,day,2023-02-29,"""2023-02-29"" is not a date such as 2024-04-17: `},
		"an empty list":         {`{"id":2,"legs":[]}`, `2,,leg,,row.legs[0]: the list is empty`},
		"a missing list":        {`{"id":2}`, `2,,leg,,"row.legs is null, so it has no element 0 (write ?.[0] where null is fine)",`},
		"an object for text":    {`{"id":2,"name":{"a":1},"legs":[{"carrier":"KE"}]}`, `2,,name,"{""a"":1}",an object is not a text (type json keeps lists and objects),`},
		"not an object":         {`7`, `2,,,,"the record is a number, not an object",7`},
		"a key twice":           {`{"id":2,"id":3,"legs":[{"carrier":"KE"}]}`, `2,,,,"the key ""id"" stands twice in its object, and is read by this job: which value is meant cannot be told",`},
		"half a character":      {`{"id":2,"name":"\ud800","legs":[{"carrier":"KE"}]}`, `2,,name,"""\ud800""","""\ud800"" holds \ud800, half of a surrogate pair, which is no character",`},
	} {
		t.Run(name, func(t *testing.T) {
			folder(t)
			write(t, "in/rows.json", "["+good+","+tc.row+","+good+"]")
			status, stdout, _ := call(t, "apply", "job.yaml")
			if status != 3 || !strings.Contains(stdout, "\n1 row rejected: see rejects.csv\n") {
				t.Errorf("status %d\n%s", status, stdout)
			}
			if got := read(t, "rejects.csv"); !strings.Contains(got, "\nin/rows.json,"+tc.reject) {
				t.Errorf("got  %s\nwant %s", got, tc.reject)
			}
			if got := read(t, "out/rows.ndjson"); got != goodOut+goodOut {
				t.Errorf("the output: %s", got)
			}
			status, stdout, _ = call(t, "apply", "job.yaml")
			if status != 3 || !strings.Contains(stdout, "nothing to do: 2 files: 2 unchanged\n1 row rejected in outputs that are current: see rejects.csv\n") {
				t.Errorf("a second apply: status %d\n%s", status, stdout)
			}
		})
	}
}

// TestNothingThere loads what is missing or has no records.
func TestNothingThere(t *testing.T) {
	for name, tc := range map[string]struct {
		job, text string // "": the file is not there
		status    int
		says      string
	}{
		"missing, skipped":   {"", "", 0, "notice: in/bad.json: there is no such file"},
		"missing":            {"missing: fail", "", 3, "sluice: invalid: in/bad.json: there is no such file (from.missing: skip would pass over it)"},
		"no records":         {"", "[]", 0, "notice: in/bad.json: there are no records in it: no output"},
		"no records, a fail": {"empty: fail", "[]", 3, "sluice: invalid: in/bad.json: there are no records in it (from.empty: skip would pass over it)"},
	} {
		t.Run(name, func(t *testing.T) {
			folder(t)
			from := "from:\n  missing: skip\n  each: [{part: good}, {part: bad}]\n"
			if tc.job != "" {
				from = strings.Replace(from, "missing: skip", tc.job, 1)
			}
			write(t, "job.yaml", strings.NewReplacer("from:\n", from, "{*part}", "{part}").Replace(badJob))
			if tc.text != "" {
				write(t, "in/bad.json", tc.text)
			}
			status, stdout, stderr := call(t, "apply", "job.yaml")
			if status != tc.status || !strings.Contains(stderr, tc.says+"\n") || !strings.Contains(stdout, "1 output written") {
				t.Errorf("status %d, want %d and %s\n%s%s", status, tc.status, tc.says, stdout, stderr)
			}
		})
	}
}
