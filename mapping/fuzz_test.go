package mapping_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"reflect"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/seed-128c3863/sluice/format"
	"github.com/seed-128c3863/sluice/mapping"
	"github.com/seed-128c3863/sluice/row"
	"github.com/seed-128c3863/sluice/spec"
)

// words that only Go's own messages have.
var goWords = []string{"runtime error", "interface conversion", "%!", "<nil>", "goroutine", "reflect", "strconv", "nil pointer"}

// checkResult checks what holds of every result: each row is there once, as a
// row or as a reject, in order, with a reason in words: not in those of Go,
// unless the record or the expression given has them.
func checkResult(t *testing.T, src, dst *row.Batch, given string) {
	t.Helper()
	checkShape(t, dst)
	if dst.Len+len(dst.Bad) != src.Len+len(src.Bad) {
		t.Errorf("%d rows and %d bad ones became %d and %d", src.Len, len(src.Bad), dst.Len, len(dst.Bad))
	}
	last := int64(0)
	for _, bad := range dst.Bad {
		if bad.Row < last {
			t.Errorf("the reject of row %d comes after that of row %d", bad.Row, last)
		}
		last = bad.Row
		reason := bad.Err.Error()
		for _, w := range goWords {
			if strings.Contains(reason, w) && !bytes.Contains(bad.Record, []byte(w)) && !strings.Contains(given, w) {
				t.Errorf("row %d: %s", bad.Row, reason)
			}
		}
	}
	for i := range dst.Cols {
		c := &dst.Cols[i]
		for r, b := range c.Bytes {
			if c.Type.Kind == row.JSON && !c.Null[r] && !json.Valid(b) {
				t.Errorf("column %d holds %q, which is not JSON", i, b)
			}
			if c.Type.Kind == row.String && !utf8.Valid(b) {
				t.Errorf("column %d holds %q, which is not UTF-8", i, b)
			}
		}
	}
}

// fuzzColumns are lines of YAML: the expressions of TestExpressions, and
// columns of each type.
func fuzzColumns() []string {
	var columns []string
	for line := range strings.Lines(expressions) {
		_, rest, ok := strings.Cut(strings.TrimSpace(line)+" ", "- | ")
		if ok && !strings.Contains(line, "| !!") {
			columns = append(columns, "c:\n  type: json\n  value: "+yamlQuote(strings.TrimSpace(rest[:strings.LastIndex(rest, "| ")])))
		}
	}
	for _, typ := range row.Names() {
		typ = strings.Replace(strings.Replace(typ, "(p,s)", "(20,2)", 1), "(type)", "(int64)", 1)
		for _, from := range []string{"s", "n", "list", "stamp"} {
			columns = append(columns, "c: {type: \""+typ+"\", from: "+from+"}")
		}
	}
	return columns
}

// FuzzRecords maps any JSON by every one of fuzzColumns alone, so that no
// reject hides another: nothing panics, no row is lost, and a second time gives
// the same.
func FuzzRecords(f *testing.F) {
	var programs []*mapping.Program
	for _, column := range fuzzColumns() {
		programs = append(programs, compileJob(f, jobOf("part: split(row.id, \"-\")\n", column)))
	}
	f.Add([]byte(testRecord))
	f.Add([]byte(`{"n": "7", "s": 1, "list": {}, "deep": [], "items": [1, null, {"k": "x"}], "id": "", "stamp": null}`))
	f.Add([]byte(`{"n": 1e999, "s": "\ud800", "list": [[1]], "items": [{"k": 1e99, "v": "a"}], "deep": {"a": null}, "big": -1, "f": {}}`))
	f.Add([]byte("{\"id\": \"a-b-c\"}\n{\"id\": \"\u00e9-\"}\n"))
	f.Fuzz(func(t *testing.T, data []byte) {
		for _, p := range programs {
			src := &row.Batch{}
			r := format.JSONBytes(data, format.JSONOptions{Paths: p.Paths(), Record: true})
			if err := r.Read(src); err != nil && err != io.EOF {
				return
			}
			m := p.NewMapper(testRun)
			if err := m.Begin(testFile); err != nil {
				continue // a file as a whole may be refused
			}
			first, again := row.NewBatch(p.Schema()), row.NewBatch(p.Schema())
			m.Map(src, first)
			checkResult(t, src, first, "")
			m.Map(src, again)
			if !reflect.DeepEqual(clean(first), clean(again)) {
				t.Errorf("the second time gives other rows:\n%+v\n%+v", first, again)
			}
		}
	})
}

// clean returns what two batches that hold the same have in common.
func clean(b *row.Batch) []string {
	var out []string
	for i := range b.Cols {
		for r := range b.Len {
			out = append(out, show(&b.Cols[i], r))
		}
	}
	for _, bad := range b.Bad {
		out = append(out, bad.Error.Error(), bad.Value)
	}
	return out
}

// FuzzExpression compiles any text: it is refused at a place inside it, or
// gives a value or a reject, and never panics.
func FuzzExpression(f *testing.F) {
	for line := range strings.Lines(expressions) {
		if _, rest, ok := strings.Cut(strings.TrimSpace(line)+" ", "- | "); ok {
			f.Add(strings.TrimSpace(rest[:strings.LastIndex(rest, "| ")]))
		}
	}
	for _, s := range []string{"row", "row[row.n]", "row.a?.b?.[0]?.c", "let x = 1; x", "#", "1..1000000000", "repeat('x', 999999999)", "-9223372036854775808", "{(1): 2}", "reduce([], #acc)", "b'x'", "let A=0;0", "::len('a')", "$env"} {
		f.Add(s)
	}
	job := mustParse(f, jobOf("part: split(row.id, \"-\")\n", "c: {type: json, value: row.n}"))
	f.Fuzz(func(t *testing.T, text string) {
		if len(text) > 200 || strings.Count(text, "..") > 2 || strings.Count(text, "repeat") > 1 {
			return // big ones only take long
		}
		job.Cols[0].Value.S = text
		p, err := mapping.Compile(job)
		var errs spec.Errors
		if errors.As(err, &errs) {
			for _, e := range errs {
				for _, w := range goWords {
					if strings.Contains(e.Msg, w) && !strings.Contains(text, w) {
						t.Errorf("%q: %s", text, e)
					}
				}
			}
			return
		}
		if err != nil {
			t.Fatal(err)
		}
		src := read(t, p, testRecord)
		m := p.NewMapper(testRun)
		if err := m.Begin(testFile); err != nil {
			return
		}
		dst := row.NewBatch(p.Schema())
		m.Map(src, dst)
		checkResult(t, src, dst, text)
	})
}
