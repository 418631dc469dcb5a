package mapping_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/seed-128c3863/sluice/format"
	"github.com/seed-128c3863/sluice/mapping"
	"github.com/seed-128c3863/sluice/row"
)

// Rows at fault are taken out of every kind of column, and stand among those
// that the reader could not read.
func TestRejects(t *testing.T) {
	job := jobOf("", `n: {type: int64, from: n}
t: {type: timestamp, from: t}
l: {type: list(list(int16)), from: l}
s: {type: string, from: s, required: true}
f: {type: float32, from: f}
d: {type: "decimal(30,1)", from: f}
`)
	records := `{"n": 1, "t": "2024-04-17T00:00:00.000000001", "l": [[1], [2, 3]], "s": "a", "f": 0.5}
{"n": "x", "t": "y", "l": [[1], [70000]], "s": "b", "f": 0.5}
not json
{"n": 4, "t": "2024-04-17", "l": [], "s": "d", "f": 1}
{"n": 5, "t": null, "l": [[9]], "s": null, "f": 2}
{"n": 6, "t": "2024-04-17T00:00:00.000000002", "l": [[4], [], [5]], "s": "f", "f": null}
`
	if at := strings.Index(records, `{"n": 5`) + 1; at != 214 {
		t.Fatalf("row 5 begins at byte %d", at)
	}
	b := run(t, job, records)
	var got strings.Builder
	for r := range b.Len {
		fmt.Fprintf(&got, "%d at %d: %s", b.Row[r], b.Line[r], b.Record[r])
		for i := range b.Cols {
			fmt.Fprintf(&got, " %s", show(&b.Cols[i], r))
		}
		got.WriteByte('\n')
	}
	for _, bad := range b.Bad {
		fmt.Fprintf(&got, "%s|%s|%s\n", &bad.Error, bad.Value, bad.Record)
	}
	want := `1 at 1: {"n": 1, "t": "2024-04-17T00:00:00.000000001", "l": [[1], [2, 3]], "s": "a", "f": 0.5} 1 2024-04-17T00:00:00.000000001 [[1] [2 3]] a 0.5 00000000000000000000000000000005
4 at 4: {"n": 4, "t": "2024-04-17", "l": [], "s": "d", "f": 1} 4 2024-04-17T00:00:00 [] d 1 0000000000000000000000000000000a
6 at 6: {"n": 6, "t": "2024-04-17T00:00:00.000000002", "l": [[4], [], [5]], "s": "f", "f": null} 6 2024-04-17T00:00:00.000000002 [[4] [] [5]] f null null
`
	if !strings.HasPrefix(got.String(), want) {
		t.Errorf("got\n%s\nwant\n%s", got.String(), want)
	}
	rejects := strings.Split(strings.TrimSpace(got.String()[len(want):]), "\n")
	for i, want := range []string{
		`row 2: line 2: byte 88: column "n": "x" is a text, not an integer (write int(...) or number(...) where it holds one); t: "y" is not a timestamp such as 2024-04-17T05:30:00 (give its formats where it is written otherwise); l: element 1: element 0: 70000 is beyond int16 (-32768 to 32767)|x|{"n": "x"`,
		`row 3: line 3:`,
		`row 5: line 5: byte 214: column "s": null where a value is required||{"n": 5`,
	} {
		if len(rejects) != 3 || !strings.HasPrefix(rejects[i], want) {
			t.Errorf("got  %s\nwant %s", rejects[i], want)
		}
	}
}

// A mapper goes from file to file, and from batch to batch into the same
// memory.
func TestFilesAndBatches(t *testing.T) {
	p := compileJob(t, jobOf("both: file.area + row.s\nparts: split(both, \"-\")\n", `a: {type: string, value: 'parts[1]'}
b: {type: string, value: 'both + "!"'}
c: {type: string, value: file.area}
d: {type: list(string), value: 'split(file.area + "-x", "-")'}
e: {type: int64, value: file.size * 2}
`))
	m := p.NewMapper(testRun)
	dst := row.NewBatch(p.Schema())
	var got []string
	for i, area := range []string{"p-", "qq-"} {
		f := testFile
		f.Fields = map[string]any{"area": area, "kind": "k"}
		f.Size = int64(i)
		if err := m.Begin(f); err != nil {
			t.Fatal(err)
		}
		for _, records := range []string{`[{"s": "x"}, {"s": "y"}, {"s": 5}]`, `[{"s": "z"}]`} {
			m.Map(read(t, p, records), dst)
			checkShape(t, dst)
			for r := range dst.Len {
				line := ""
				for i := range dst.Cols {
					line += show(&dst.Cols[i], r) + " "
				}
				got = append(got, line)
			}
			for _, bad := range dst.Bad {
				got = append(got, bad.Err.Error())
			}
		}
	}
	reject := `both: cannot add "%s" and 5 (write string(...) or int(...))`
	want := []string{
		"x p-x! p- [p  x] 0 ", "y p-y! p- [p  x] 0 ", "parts: " + fmt.Sprintf(reject, "p-") + "; b: " + fmt.Sprintf(reject, "p-"), "z p-z! p- [p  x] 0 ",
		"x qq-x! qq- [qq  x] 2 ", "y qq-y! qq- [qq  x] 2 ", "parts: " + fmt.Sprintf(reject, "qq-") + "; b: " + fmt.Sprintf(reject, "qq-"), "z qq-z! qq- [qq  x] 2 ",
	}
	if strings.Join(got, "\n") != strings.Join(want, "\n") {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

// A constant of any type is the same in every row.
func TestConstants(t *testing.T) {
	tables(t, `
- | string: '"a"' | a
- | bool: true | true
- | int16: -5 | -5
- | float32: 1.5 | 1.5
- | decimal(4,2): 12.50 | 1250
- | decimal(20,2): 12.50 | 000000000000000000000000000004e2
- | date: param.day | 2024-04-17
- | timestamp: param.day | 2024-04-17T00:00:00
- | timestamptz: run.time | 2024-04-18T01:02:03.000004567
- | time: '"05:30"' | 05:30:00
- | uuid: '"123e4567-e89b-12d3-a456-426614174000"' | 123e4567e89b12d3a456426614174000
- | json: '{a: [1, "x"]}' | {"a":[1,"x"]}
- | list(list(timestamptz)): '[[run.time], [], null, [run.time, null]]' | [[2024-04-18T01:02:03.000004567] [] null [2024-04-18T01:02:03.000004567 null]]
- | list(list(decimal(20,1))): '[[1.5], [2, 3]]' | [[0000000000000000000000000000000f] [00000000000000000000000000000014 0000000000000000000000000000001e]]
- | list(float64): '[1, 2.5]' | [1 2.5]
- | int64: "null" | null
`, func(t *testing.T, _, source string) string {
		typ, expr, _ := strings.Cut(source, ": ")
		b := run(t, jobOf("", "c: {type: \""+typ+"\", value: "+expr+"}"), `[{"s": 1}, {"s": 2}, {"s": 3}]`)
		if b.Len != 3 || show(&b.Cols[0], 0) != show(&b.Cols[0], 2) {
			t.Errorf("%s: %d rows", source, b.Len)
		}
		return show(&b.Cols[0], 1)
	})
}

// What does not depend on the record is worked out, and refused, once a file.
func TestBegin(t *testing.T) {
	p := compileJob(t, jobOf("", "a: {type: int64, value: int(file.area)}"))
	m := p.NewMapper(testRun)
	err := m.Begin(testFile)
	if want := `in/a_b.json: column "a": int: "a" is not an integer`; err == nil || err.Error() != want {
		t.Errorf("got  %v\nwant %s", err, want)
	}
	p = compileJob(t, jobOf("", "a: {type: int64, value: param.n}"))
	err = p.NewMapper(mapping.Run{}).Begin(testFile)
	if want := `in/a_b.json: column "a": param.n is not given`; err == nil || err.Error() != want {
		t.Errorf("got  %v\nwant %s", err, want)
	}
}

// Params come as text or as what a job's params are made of.
func TestParams(t *testing.T) {
	job := strings.Replace(jobOf("", "c: {type: json, value: param.p}"), "params:\n", "params:\n  p: {type: TYPE}\n", 1)
	for _, tc := range []struct {
		typ  string
		v    any
		want string
	}{
		{"date", testRun.Params["day"], `"2024-04-17"`},
		{"date", "2024-04-17", `"2024-04-17"`},
		{"timestamp", testRun.Time, `"2024-04-18T01:02:03.000004567"`},
		{"timestamptz", testRun.Time, `"2024-04-18T01:02:03.000004567Z"`},
		{"int64", 5, "5"},
		{"int64", "5", "5"},
		{"bool", true, "true"},
		{"string", "7", `"7"`},
		{"time", testRun.Time.Sub(testRun.Time.Truncate(24 * 3600e9)), `"01:02:03.000004"`},
		{"float64", 2.5, "2.5"},
		{"decimal(4,2)", "2.50", "2.50"},
	} {
		p := compileJob(t, strings.Replace(job, "TYPE", `"`+tc.typ+`"`, 1))
		m := p.NewMapper(mapping.Run{Params: map[string]any{"p": tc.v}})
		if err := m.Begin(testFile); err != nil {
			t.Errorf("%s %v: %v", tc.typ, tc.v, err)
			continue
		}
		dst := row.NewBatch(p.Schema())
		m.Map(&row.Batch{Len: 1, Row: []int64{1}}, dst)
		if got := outcomeOf(dst); got != tc.want {
			t.Errorf("%s %v: got %s, want %s", tc.typ, tc.v, got, tc.want)
		}
	}
}

// The record as a whole is the empty path.
func TestWholeRecord(t *testing.T) {
	p := compileJob(t, jobOf("", "a: {type: json, value: row}\nb: {type: list(string), value: keys(row)}\nc: {type: json, value: 'row[param.word]'}"))
	if got := p.Paths(); len(got) != 1 || len(got[0]) != 0 {
		t.Fatalf("paths: %v", got)
	}
	m := p.NewMapper(testRun)
	if err := m.Begin(testFile); err != nil {
		t.Fatal(err)
	}
	src := &row.Batch{}
	if err := format.JSONBytes([]byte(`[{"seven": [1], "b": 2}]`), format.JSONOptions{Paths: p.Paths()}).Read(src); err != nil {
		t.Fatal(err)
	}
	dst := row.NewBatch(p.Schema())
	m.Map(src, dst)
	if got := show(&dst.Cols[0], 0) + show(&dst.Cols[1], 0) + show(&dst.Cols[2], 0); got != `{"seven": [1], "b": 2}[seven b][1]` {
		t.Errorf("got %s", got)
	}
}
