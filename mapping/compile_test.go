package mapping_test

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/seed-128c3863/sluice/mapping"
	"github.com/seed-128c3863/sluice/spec"
)

// What is wrong with an expression is said at its place: the caret of each
// case stands under it.
func TestCompileErrors(t *testing.T) {
	for _, tc := range []struct{ expr, at, want string }{
		{`row.a + `, ``, `the expression ends too early`},
		{`rwo.a`, `^`, `unknown name "rwo" (did you mean "row"?)`},
		{`1 + prat`, `    ^`, `unknown name "prat" (did you mean "part"?)`},
		{`depTime`, `^`, `unknown name "depTime" (row.depTime is the record's, "depTime" in quotes is a text)`},
		{`param.dya`, `      ^`, `there is no param "dya" (did you mean "day"?)`},
		{`param`, `^`, `param is used with a name, as in param.current_date`},
		{`param[row.a]`, `      ^`, `the name after param is written out, as in param.current_date`},
		{`file.araa`, `     ^`, `the file has no field "araa" (did you mean "area"?)`},
		{`file.sten`, `     ^`, `the file has no field "sten" (did you mean "stem"?)`},
		{`run.tiem`, `    ^`, `a run has run.time and run.id, not "tiem" (did you mean "time"?)`},
		{`strptimes(row.a, "%Y")`, `^`, `there is no function strptimes (did you mean "strptime"?)`},
		{`row.a + now()`, `        ^`, `there is no function now (write run.time is when the run began)`},
		{`strptime(row.a)`, `^`, `strptime takes 2 arguments: strptime(text, format)`},
		{`strptime(row.a, "%Q")`, `                ^`, `"%Q": there is no %Q here; known are`},
		{`strptime(row.a, "%d.%m.")`, `                ^`, `"%d.%m." has no year (%Y or %y)`},
		{`strptime(row.a, "%H:%M %I")`, `                ^`, `go together`},
		{`len(1)`, `    ^`, `len takes a text or a list or an object, not an integer`},
		{`split(row.a, 5)`, `             ^`, `split takes a text as argument 2, not an integer`},
		{`upper(null)`, `      ^`, `upper takes a text, not null`},
		{`"a" + 1`, `    ^`, `cannot add a text and an integer: write string(...) or int(...)`},
		{`1 < "a"`, `  ^`, `cannot compare an integer with a text`},
		{`param.day == "2024"`, `          ^`, `cannot compare a date with a text`},
		{`null > 1`, `     ^`, `null comes neither before nor after anything`},
		{`1 and true`, `^`, `a condition is true or false, and this is an integer`},
		{`"x" ? 1 : 2`, `^`, `a condition is true or false, and this is a text`},
		{`not 5`, `    ^`, `a condition is true or false, and this is an integer`},
		{`row.a[-1]`, `      ^`, `elements are counted from 0, and there is none at -1 (last(list) is the last element)`},
		{`"abc"[0]`, `     ^`, `a text has no members`},
		{`row.s[-2:]`, `      ^`, `positions are counted from 0`},
		{`row.a matches "("`, `              ^`, `this is no regular expression: missing closing ): `},
		{`row.a.trim()`, `      ^`, `there are no methods: write f(x), not x.f()`},
		{`#`, `^`, `unexpected`},
		{`row.a; row.b`, `^`, `this cannot stand in an expression`},
		{`let row = 1; row`, `    ^`, `the name row is taken`},
		{`filter(5, true)`, `       ^`, `filter takes a list, not an integer`},
		{`map(row.a, upper(#, 2, 3))`, `           ^`, `upper takes 1 argument: upper(text)`},
		{`"한국" + 1`, `     ^`, `cannot add a text and an integer`},
		{`int("x")`, `^`, `int: "x" is not an integer`},
	} {
		job := mustParse(t, jobOf("part: split(row.id, \"-\")\n", "c:\n  type: json\n  value: "+yamlQuote(tc.expr)))
		_, err := mapping.Compile(job)
		var errs spec.Errors
		if !errors.As(err, &errs) || len(errs) != 1 {
			t.Errorf("%s: got %v", tc.expr, err)
			continue
		}
		e := errs[0]
		const start = 13 // of the text, after its quote
		if want := start + strings.Index(tc.at, "^"); e.Line != 13 || e.Column != want && tc.at != "" || e.Path != "columns.c.value" || e.File != "job.yaml" {
			t.Errorf("%s: at %d:%d of %s, want 13:%d", tc.expr, e.Line, e.Column, e.Path, want)
		}
		if got := e.Error(); !strings.Contains(got, tc.want) {
			t.Errorf("%s:\n got %s\nwant %s", tc.expr, got, tc.want)
		}
	}
}

// What is wrong with a column is said before any file is read.
func TestCompileRefusesColumns(t *testing.T) {
	for _, tc := range []struct{ column, want string }{
		{`type: int64, value: split(row.a)`, "split takes 2 to 3 arguments"},
		{`type: int64, value: upper(row.a)`, "a column of type int64 cannot hold a text: write int(...) or number(...) where the text holds one"},
		{`type: bool, value: upper(row.a)`, `a column of type bool cannot hold a text: list words for it with "true" and "false"`},
		{`type: timestamp, value: run.time`, "a column of type timestamp cannot hold a timestamp with zone: give the column a timezone, or type timestamptz"},
		{`type: string, value: run.time`, "a column of type string cannot hold a timestamp with zone: write strftime"},
		{`type: int16, value: 40000`, "40000 is beyond int16"},
		{`type: int64, value: 3.5`, "3.5 is not an integer"},
		{`type: date, value: '"x"'`, `"x" is not a date such as 2024-04-17`},
		{`type: string, value: 5, match: "^a"`, `"5" does not match "^a"`},
		{`type: date, from: a, formats: ["%H:%M"]`, `"%H:%M" has no date, which date needs`},
		{`type: date, from: a, formats: ["%m"]`, `"%m" has no year`},
		{`type: time, from: a, formats: ["%Y"]`, `"%Y" has a date, which a time cannot hold`},
		{`type: timestamp, from: a, timezone: Asia/Soul`, `Asia/Soul`},
		{`type: int64, from: a, check: 'value + 1'`, "a check is true or false, and this is an integer"},
		{`type: int64, from: a, check: 'value == "a"'`, "cannot compare an integer with a text"},
		{`type: date, value: len(row.a)`, "a column of type date cannot hold an integer"},
		{`type: int64, value: 'split(row.a, "-")'`, "a column of type int64 cannot hold a list"},
		{`type: int64, value: '{a: row.a}'`, "a column of type int64 cannot hold an object"},
		{`type: int64, value: 'value + 1'`, `unknown name "value"`},
	} {
		text := jobOf("", "c: {"+tc.column+"}")
		job, err := spec.Parse("job.yaml", []byte(text))
		if err == nil {
			_, err = mapping.Compile(job)
		}
		if err == nil || !strings.Contains(err.Error(), tc.want) {
			t.Errorf("%s\n got %v\nwant %s", tc.column, err, tc.want)
		}
	}
}

// A text that is not known yet is taken by the columns that read texts.
func TestCompileTakesTexts(t *testing.T) {
	for _, typ := range []string{"string", "date", "time", "timestamp", "timestamptz", "bytes", "uuid", "json"} {
		compileJob(t, jobOf("", "c: {type: "+typ+", value: upper(row.a)}"))
	}
}

// All mistakes of a job come at once, in the order of the file.
func TestCompileErrorsTogether(t *testing.T) {
	job := mustParse(t, jobOf("a: rwo\nb: a.x + c\nc: 1\n", "d: {type: int64, value: nope()}\ne: {type: string, value: file.araa}"))
	_, err := mapping.Compile(job)
	var errs spec.Errors
	if !errors.As(err, &errs) || len(errs) != 4 {
		t.Fatalf("got %v", err)
	}
	var paths []string
	for _, e := range errs {
		paths = append(paths, e.Path)
	}
	if want := []string{"let.a", "let.b", "columns.d.value", "columns.e.value"}; !slices.Equal(paths, want) {
		t.Errorf("got %v", err)
	}
}

func TestFileNames(t *testing.T) {
	p := compileJob(t, jobOf("", "a: {type: string, value: file.area}\nb: {type: string, value: file.stem + file.kind + file.area}"))
	if got := p.FileNames(); !slices.Equal(got, []string{"area", "kind"}) {
		t.Errorf("names: %v", got)
	}
}

func TestFileText(t *testing.T) {
	f := testFile
	f.Fields = map[string]any{"area": "NRT", "n": 7, "f": 1.5, "none": nil, "list": []any{1}}
	for name, want := range map[string]string{
		"file.stem": "a_b", "file.name": "a_b.json", "file.size": "42", "file.modified": "2024-04-17T12:00:00Z", "file.area": "NRT", "area": "NRT", "n": "7", "f": "1.5",
		"none": "!", "list": "!", "file.zz": "!", "zz": "!", "name": "!",
	} {
		got, err := f.Text(name)
		if err != nil {
			got = "!"
		}
		if got != want {
			t.Errorf("%s: got %q (%v), want %q", name, got, err, want)
		}
	}
}

// Every function is documented, and its signature begins with its name.
func TestFunctions(t *testing.T) {
	for _, f := range mapping.Functions() {
		if !strings.HasPrefix(f.Signature, f.Name+"(") || !strings.HasSuffix(f.Doc, ".") {
			t.Errorf("%s: %s: %s", f.Name, f.Signature, f.Doc)
		}
	}
}
