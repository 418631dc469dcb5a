package format_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"math"
	"os"
	"reflect"
	"strings"
	"testing"
	"testing/iotest"
	"unicode/utf8"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/seed-128c3863/sluice/format"
	"github.com/seed-128c3863/sluice/row"
)

// valid asks the other parser whether text is one JSON value. Half a surrogate
// pair and a key that stands twice are well formed, as they are for us; bad
// UTF-8 is not.
func valid(text []byte) bool {
	return utf8.Valid(text) && jsontext.Value(text).IsValid(jsontext.AllowDuplicateNames(true), jsontext.AllowInvalidUTF8(true))
}

// tooDeep says whether text may be deeper than we allow: the other parser goes
// on to 10,000 levels.
func tooDeep(text []byte) bool {
	return bytes.Count(text, []byte("["))+bytes.Count(text, []byte("{")) > 900
}

// A found is what the other parser finds at a path.
type found struct {
	text   string
	broken row.Break
	twice  bool // a key of the path stands twice in its object
}

// find follows the path from a value.
func find(value jsontext.Value, path format.Path) (f found) {
	for k, step := range path {
		var inside []jsontext.Value
		kind := value.Kind()
		switch {
		case kind == 'n', value == nil:
			f.broken = row.Break{Why: row.OfNull, Step: k}
			return f
		case step.IsIndex && kind != '[':
			f.broken = row.Break{Why: row.NotAnArray, Step: k}
			return f
		case !step.IsIndex && kind != '{':
			f.broken = row.Break{Why: row.NotAnObject, Step: k}
			return f
		}
		inside = contents(value)
		var next jsontext.Value
		if step.IsIndex {
			if step.Index >= len(inside) {
				f.broken = row.Break{Why: row.OutOfRange, Step: k, Len: int64(len(inside))}
				return f
			}
			next = inside[step.Index]
		}
		for m := 0; !step.IsIndex && m < len(inside); m += 2 {
			if name, err := jsontext.AppendUnquote(nil, inside[m]); err == nil && string(name) == step.Name {
				if next != nil {
					f.twice = true
					return f
				}
				next = inside[m+1]
			}
		}
		value = next
	}
	if value != nil && value.Kind() != 'n' {
		f.text = string(value)
	}
	return f
}

// contents returns the elements of an array, or keys and values of an object.
func contents(value jsontext.Value) (inside []jsontext.Value) {
	dec := jsontext.NewDecoder(bytes.NewReader(value), jsontext.AllowDuplicateNames(true), jsontext.AllowInvalidUTF8(true))
	if _, err := dec.ReadToken(); err != nil {
		panic(err)
	}
	for {
		if k := dec.PeekKind(); k == ']' || k == '}' {
			return inside
		}
		v, err := dec.ReadValue()
		if err != nil {
			panic(err)
		}
		inside = append(inside, v.Clone())
	}
}

// wantedPaths are those that the fuzz targets ask for.
var wantedPaths = []string{"a", "b", "a.b", "a.a.b", "b[0]", "b[1].a", "b[1][0]", "a[2]"}

// FuzzJSON compares with another parser which arrays are accepted, which
// records are, and every wanted value.
func FuzzJSON(f *testing.F) {
	for _, texts := range accepted {
		for _, text := range texts {
			f.Add([]byte(`[{"a":` + text + `}]`))
			f.Add([]byte(`[{"b":[1,` + text + `]}, {"a":{"b":` + text + `}}]`))
		}
	}
	for _, cases := range refused {
		for _, tc := range cases {
			f.Add([]byte(`[{"a":` + tc.text + `}]`))
		}
	}
	flights, err := os.ReadFile("testdata/json/flights.json")
	if err != nil {
		f.Fatal(err)
	}
	f.Add(flights)
	f.Add(bytes.ReplaceAll(flights, []byte(`"legs"`), []byte(`"b"`)))
	f.Fuzz(func(t *testing.T, in []byte) {
		text := bytes.TrimPrefix(in, []byte("\ufeff"))
		if first := bytes.TrimLeft(text, " \t\r\n"); len(first) == 0 || first[0] != '[' || tooDeep(text) {
			return
		}
		o := format.JSONOptions{Paths: jsonPaths(t, wantedPaths...)}
		ours := records(t, format.JSONBytes(in, o))
		if ok := valid(text); ok != (ours.err == nil) {
			t.Fatalf("%q: %v, the other parser: %v", in, ours.err, ok)
		} else if !ok {
			return
		}
		values := contents(text)
		if len(values) != len(ours.rows) {
			t.Fatalf("%q: %d records, the other parser: %d", in, len(ours.rows), len(values))
		}
		for r, value := range values {
			compareRecord(t, value, o.Paths, ours.rows[r])
		}
	})
}

// compareRecord compares what was read of a record, nil for a bad one.
func compareRecord(t *testing.T, value jsontext.Value, paths []format.Path, got []found) {
	t.Helper()
	want := make([]found, len(paths))
	twice := false
	for c, path := range paths {
		want[c] = find(value, path)
		twice = twice || want[c].twice
	}
	if bad := value.Kind() != '{' || twice; bad != (got == nil) {
		t.Fatalf("%q: is read as %v, the other parser finds it bad: %v", value, got, bad)
	}
	if got != nil && !reflect.DeepEqual(got, want) {
		t.Fatalf("%q:\ngot  %v\nwant %v", value, got, want)
	}
}

// A reading is all that a reader gave.
type reading struct {
	rows [][]found // nil for a bad one
	err  error
}

func records(t *testing.T, r *format.JSONReader) (all reading) {
	t.Helper()
	var b row.Batch
	for {
		err := r.Read(&b)
		for good, bad := 0, 0; good < b.Len || bad < len(b.Bad); {
			if bad < len(b.Bad) && b.Bad[bad].Row == int64(len(all.rows)+1) {
				all.rows = append(all.rows, nil)
				bad++
				continue
			}
			if good == b.Len || b.Row[good] != int64(len(all.rows)+1) {
				t.Fatalf("rows %v, bad %v, after row %d", b.Row, b.Bad, len(all.rows))
			}
			values := make([]found, len(b.Cols))
			for c := range b.Cols {
				values[c] = found{text: string(b.Cols[c].Bytes[good]), broken: b.Cols[c].BreakAt(good)}
				if b.Cols[c].Null[good] != (values[c].text == "") {
					t.Fatalf("column %d, row %d: null is %v, text %q", c, b.Row[good], b.Cols[c].Null[good], values[c].text)
				}
			}
			all.rows = append(all.rows, values)
			good++
		}
		if err == io.EOF {
			return all
		}
		if err != nil {
			all.err = err
			return all
		}
	}
}

// FuzzJSONLines compares line by line, if the first line is an object.
func FuzzJSONLines(f *testing.F) {
	for _, text := range []string{"{\"a\":1}\n{\"b\":[1,[2]]}\n", "{}\n\n 12\r\n{\"a\":}\n{\"a\":1,\"a\":2}\n[]\n\"x", "{\"a\":{\"b\":1}}\n{\"a\":\"\\ud800\"}", "{}\n{}{}\n{} {\n}"} {
		f.Add([]byte(text))
	}
	f.Fuzz(func(t *testing.T, in []byte) {
		lines := bytes.Split(bytes.TrimPrefix(in, []byte("\ufeff")), []byte("\n"))
		for len(lines) > 0 && blank(lines[0]) {
			lines = lines[1:]
		}
		if len(lines) == 0 || !valid(lines[0]) || jsontext.Value(lines[0]).Kind() != '{' || tooDeep(in) {
			return
		}
		o := format.JSONOptions{Paths: jsonPaths(t, wantedPaths...)}
		ours := records(t, format.JSONBytes(in, o))
		if ours.err != nil {
			t.Fatalf("%q: %v", in, ours.err)
		}
		r := 0
		for _, line := range lines {
			switch {
			case blank(line):
				continue
			case r == len(ours.rows):
				t.Fatalf("%q: only %d rows", in, r)
			case valid(line):
				compareRecord(t, line, o.Paths, ours.rows[r])
			case ours.rows[r] != nil:
				t.Fatalf("%q: %q is read as %v", in, line, ours.rows[r])
			}
			r++
		}
		if r != len(ours.rows) {
			t.Fatalf("%q: %d rows, want %d", in, len(ours.rows), r)
		}
	})
}

func blank(line []byte) bool { return len(bytes.Trim(line, " \t\r\n")) == 0 }

// FuzzJSONStream checks that what is read does not depend on how the bytes
// arrive: all at once, or one by one into a buffer that begins small.
func FuzzJSONStream(f *testing.F) {
	for _, text := range []string{`[{"a":1},{"b":[1,{"a":"é\n"}]},3]`, `{"a":[{"b":1}],"c":2}`, `{"a":{"0":1,"1":2},"b":{"1":null}}`, `{"a":[1,2]}`, "{\"a\":1}\n{\"b\":}\n", "{\n\"a\":1}{\"b\":\n[2]}", "\ufeff \n[ ] "} {
		for at := range uint8(3) {
			f.Add([]byte(text), uint8(5), uint16(0), at)
			f.Add([]byte(text), uint8(1), uint16(10), at)
		}
	}
	f.Fuzz(func(t *testing.T, in []byte, size uint8, most uint16, at uint8) {
		for _, shape := range []format.Shape{format.Records, format.Columns} {
			o := format.JSONOptions{Shape: shape, Paths: jsonPaths(t, wantedPaths...), Record: true, MaxRecord: int(most)}
			if k := int(at) % 3; k > 0 {
				o.At = jsonPaths(t, []string{"a", "b[1]"}[k-1])[0]
			}
			whole := strings.Join(jsonDump(format.JSONBytes(in, o)), "\n")
			bits := strings.Join(jsonDump(format.JSONStreamOf(iotest.OneByteReader(bytes.NewReader(in)), o, 1+int(size))), "\n")
			if whole != bits {
				t.Errorf("%q, shape %d, at %q:\nwhole   %q\nby bits %q", in, shape, o.At, whole, bits)
			}
		}
	})
}

// FuzzJSONColumns writes the records of an array as an object of columns, and
// checks that both are read alike.
func FuzzJSONColumns(f *testing.F) {
	for _, text := range []string{`[{"a":1,"b":[2]},{"b":[1,{"a":3}]},{"a":{"b":{}}}]`, `[{},{"a":null}]`, `[{"\u0061":"\u00e9"}]`} {
		f.Add([]byte(text))
	}
	f.Fuzz(func(t *testing.T, in []byte) {
		o := format.JSONOptions{Paths: jsonPaths(t, wantedPaths...)}
		rows := records(t, format.JSONBytes(in, o))
		if rows.err != nil || tooDeep(in) {
			return
		}
		tops := records(t, format.JSONBytes(in, format.JSONOptions{Paths: jsonPaths(t, "a", "b")}))
		var text [2][]string
		for r := range tops.rows {
			if rows.rows[r] == nil {
				return
			}
			for c, v := range tops.rows[r] {
				if v.text != "" {
					text[c] = append(text[c], fmt.Sprintf(`"%d" : %s`, r, v.text))
				}
			}
		}
		// A column that nobody reads says which rows there are, and their order.
		var all []string
		for r := range tops.rows {
			all = append(all, fmt.Sprintf(`"%d":0`, r))
		}
		doc := fmt.Sprintf(`{"all":{%s},"a":{%s},"b":{%s}}`, strings.Join(all, ","), strings.Join(text[0], ","), strings.Join(text[1], ","))
		o.Shape = format.Columns
		if cols := records(t, format.JSONBytes([]byte(doc), o)); cols.err != nil || !reflect.DeepEqual(rows.rows, cols.rows) {
			t.Errorf("%q\nas columns %s: %v\ngot  %v\nwant %v", in, doc, cols.err, cols.rows, rows.rows)
		}
	})
}

// FuzzUnquote compares with another parser what a string is.
func FuzzUnquote(f *testing.F) {
	for _, kind := range []string{"string", "escape", "utf-8", "open"} {
		for _, text := range accepted[kind] {
			f.Add([]byte(text))
		}
		for _, tc := range refused[kind] {
			f.Add([]byte(tc.text))
		}
	}
	f.Fuzz(func(t *testing.T, in []byte) {
		want, wantErr := jsontext.AppendUnquote(nil, in)
		got, err := format.Unquote(in, make([]byte, 3, 9))
		if (err == nil) != (wantErr == nil) || err == nil && !bytes.Equal(got, want) {
			t.Errorf("%q: got %q, %v; want %q, %v", in, got, err, want, wantErr)
		}
	})
}

// FuzzDecode compares decoded values with those of encoding/json.
func FuzzDecode(f *testing.F) {
	for _, texts := range accepted {
		for _, text := range texts {
			f.Add([]byte(text))
			f.Add([]byte(`{"a":[` + text + `,1.5]}`))
		}
	}
	f.Fuzz(func(t *testing.T, in []byte) {
		if tooDeep(in) {
			return
		}
		got, err := format.Decode(in)
		if !jsontext.Value(in).IsValid() {
			if err == nil {
				t.Errorf("%q is decoded as %v", in, got)
			}
			return
		}
		dec := json.NewDecoder(bytes.NewReader(in))
		dec.UseNumber()
		var want any
		if err := dec.Decode(&want); err != nil {
			t.Skip(err)
		}
		want, fits := exact(want)
		if fits != (err == nil) || fits && !reflect.DeepEqual(got, want) {
			t.Errorf("%q: got %#v, %v; want %#v, which fits: %v", in, got, err, want, fits)
		}
	})
}

// exact replaces the numbers of v by int and float64, and says whether they fit.
func exact(v any) (any, bool) {
	fits := true
	switch v := v.(type) {
	case []any:
		for i := range v {
			var ok bool
			v[i], ok = exact(v[i])
			fits = fits && ok
		}
	case map[string]any:
		for k := range v {
			var ok bool
			v[k], ok = exact(v[k])
			fits = fits && ok
		}
	case json.Number:
		if strings.ContainsAny(v.String(), ".eE") {
			n, err := v.Float64()
			return n, err == nil && !math.IsInf(n, 0)
		}
		n, err := v.Int64()
		return int(n), err == nil
	}
	return v, fits
}
