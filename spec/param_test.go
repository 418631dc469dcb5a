package spec_test

import (
	"encoding/json"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"
)

func env(pairs map[string]string) func(string) (string, bool) {
	return func(name string) (string, bool) { v, ok := pairs[name]; return v, ok }
}

func TestBindTypes(t *testing.T) {
	day := time.Date(2024, 4, 17, 0, 0, 0, 0, time.UTC)
	for _, tc := range []struct {
		typ, given, text string
		value            any // nil: refused
	}{
		{"string", "", "", ""},
		{"string", " a ", " a ", " a "},
		{"bool", "true", "true", true},
		{"bool", "yes", "", nil},
		{"bool", "", "", nil},
		{"int16", "-32768", "-32768", -32768},
		{"int16", "32768", "", nil},
		{"int32", "+7", "7", 7},
		{"int64", "9223372036854775807", "9223372036854775807", 9223372036854775807},
		{"int64", "1.0", "", nil},
		{"int64", "1_000", "", nil},
		{"float64", "1e3", "1000", 1000.0},
		{"float64", "NaN", "", nil},
		{"float64", "0x1p4", "", nil},
		{"float64", "1e999", "", nil},
		{"decimal(5,2)", "-001.5", "-1.50", json.Number("-1.50")},
		{"decimal(5,2)", "-0", "0.00", json.Number("0.00")},
		{"decimal(5,2)", "1.500", "1.50", json.Number("1.50")},
		{"decimal(5,2)", "1.505", "", nil},
		{"decimal(5,2)", "1000", "", nil},
		{"decimal(3,0)", "7", "7", json.Number("7")},
		{"date", "2024-04-17", "2024-04-17", day},
		{"date", "2024-4-17", "", nil},
		{"date", "2024-04-31", "", nil},
		{"time", "09:30", "09:30:00", time.Unix(9*3600+30*60, 0).UTC()},
		{"time", "09:30:00.25", "09:30:00.25", time.Unix(9*3600+30*60, 250_000_000).UTC()},
		{"timestamp", "2024-04-17", "2024-04-17T00:00:00", day},
		{"timestamp", "2024-04-17 09:30:01.5", "2024-04-17T09:30:01.5", day.Add(9*time.Hour + 30*time.Minute + 1500*time.Millisecond)},
		{"timestamp", "2024-04-17T09:30:00Z", "", nil},
		{"timestamptz", "2024-04-17T09:30:00+09:00", "2024-04-17T00:30:00Z", day.Add(30 * time.Minute)},
		{"timestamptz", "2024-04-17T09:30:00", "", nil},
	} {
		j := parse(t, "params: {p: {type: \""+tc.typ+"\"}}\n")
		v, err := j.Bind(map[string]string{"p": tc.given}, nil)
		if err != nil {
			if tc.value != nil {
				t.Errorf("%s %q: %v", tc.typ, tc.given, err)
			}
			continue
		}
		text, ok := v.Text("p")
		if !ok || text != tc.text || v.Value("p") != tc.value {
			t.Errorf("%s %q: got %q, %#v; want %q, %#v", tc.typ, tc.given, text, v.Value("p"), tc.text, tc.value)
		}
	}
}

func TestBindOrder(t *testing.T) {
	j := parse(t, `
params:
  day: {type: date, default: 2024-01-01}
  db: {type: string, default: "postgres://u:${PW}@h/d"}
`)
	vars := map[string]string{"PW": "hunter2"}
	v, err := j.Bind(nil, env(vars))
	if err != nil {
		t.Fatal(err)
	}
	db, _ := v.Text("db")
	pw, _ := v.Text("${PW}")
	if db != "postgres://u:hunter2@h/d" || pw != "hunter2" || v.Value("db") != db {
		t.Errorf("got %q, %q", db, pw)
	}
	if want := map[string]string{"day": "2024-01-01", "db": "postgres://u:${PW}@h/d"}; !maps.Equal(v.Shown(), want) {
		t.Errorf("shown: got %v, want %v", v.Shown(), want)
	}
	vars["SLUICE_PARAM_DAY"] = "2024-02-02"
	if v, err = j.Bind(nil, env(vars)); err != nil || v.Shown()["day"] != "2024-02-02" {
		t.Errorf("got %v, %v", v, err)
	}
	if v, err = j.Bind(map[string]string{"day": "2024-03-03", "db": "mysql://u:secret@h"}, env(vars)); err != nil || v.Shown()["day"] != "2024-03-03" || v.Shown()["db"] != "mysql://u:xxxxx@h" {
		t.Errorf("got %v, %v", v, err)
	}
	if !v.Has("day") || v.Has("dya") || len(v.Values()) != 2 {
		t.Errorf("got %v", v.Values())
	}
}

func TestBindErrors(t *testing.T) {
	j := parse(t, `params:
  day: {type: date}
  n: {type: int16}
  db: {type: string, default: "${PW}"}
`)
	_, err := j.Bind(map[string]string{"dya": "x", "zzzzzz": "x"}, env(map[string]string{"SLUICE_PARAM_N": "many"}))
	want := []string{
		`j.yaml:1:1: params.dya: the job has no such param (did you mean "day"?)`,
		`j.yaml:1:1: params.zzzzzz: the job has no such param (the job has day, n, db)`,
		`j.yaml:2:3: params.day: the param is not given: a date (--param day=2024-04-17 or the environment variable SLUICE_PARAM_DAY)`,
		`j.yaml:3:3: params.n: "many" (SLUICE_PARAM_N) is not an integer (int16) (as in 42)`,
		`j.yaml:4:3: params.db: the environment variable PW of its default is not set (set it, or --param db=TEXT)`,
	}
	if err == nil || !slices.Equal(strings.Split(err.Error(), "\n"), want) {
		t.Errorf("got\n%v\nwant\n%s", err, strings.Join(want, "\n"))
	}
}

func TestFingerprint(t *testing.T) {
	const base = `params: {day: {type: date, default: 2024-04-17}, unused: {type: string, default: a}, used: {type: string, default: a}}
from: {files: "s3://b/${KEY}/{day}/{*d}.json", missing: fail}
let: {a: row.a, b: row.b}
columns: {x: {from: x, type: string, null: [a, b]}, y: {value: param.used, type: string}}
to: {files: "out/{d}.parquet", keep: 3}
`
	given := map[string]string{}
	of := func(text string) string {
		j := parse(t, text)
		v, err := j.Bind(given, env(map[string]string{"KEY": "k"}))
		if err != nil {
			t.Fatal(err)
		}
		return j.Fingerprint(v)
	}
	want := of(base)
	if want != "48b449731b556bf0" {
		t.Errorf("the fingerprint of old ledgers has changed: %s", want)
	}
	for _, change := range [][2]string{
		{"from: {files:", "# a comment\nfrom: {empty: skip, files:"},
		{"null: [a, b]", "null: [b, a]"},
		{"keep: 3", "keep: 7"},
		{"missing: fail", "missing: skip"},
		{"{x: {from: x, type: string, null: [a, b]}", "{x: {type: \"string\", null: ['a', b], from: x}"},
		{"unused: {type: string, default: a}", "unused: {type: string, default: b}"},
		{"keep: 3}", "keep: 3, parquet: {compression: snappy}}\nlimits: {cpus: 1}\nerrors: {rows: fail}"},
	} {
		if got := of(strings.Replace(base, change[0], change[1], 1)); got != want {
			t.Errorf("%s: changes the fingerprint", change[1])
		}
	}
	for _, change := range [][2]string{
		{"${KEY}", "${KEYS}"},
		{"default: 2024-04-17", "default: 2024-04-18"},
		{"{a: row.a, b: row.b}", "{b: row.b, a: row.a}"},
		{"{x: {from: x, type: string, null: [a, b]}, y: {value: param.used, type: string}}", "{y: {value: param.used, type: string}, x: {from: x, type: string, null: [a, b]}}"},
		{"from: x, type: string", "from: x, type: json"},
		{"from: x, type: string", "from: x, required: true, type: string"},
		{"used: {type: string, default: a}}", "used: {type: string, default: b}}"},
		{"value: param.used", "value: 'param[\"used\"]'"},
		{"keep: 3", "parquet: {timestamps: int96}"},
		{"out/", "out2/"},
	} {
		if got := of(strings.Replace(base, change[0], change[1], 1)); got == want {
			t.Errorf("%s: does not change the fingerprint", change[1])
		}
	}
	given["day"] = "2024-04-17"
	if of(base) != want {
		t.Error("a default that is given changes the fingerprint")
	}
	given["unused"] = "z"
	if of(base) != want {
		t.Error("a param that is not used changes the fingerprint")
	}
	given["day"] = "2024-04-19"
	if of(base) == want {
		t.Error("a param that is used does not change the fingerprint")
	}
}

func TestParamsUsed(t *testing.T) {
	for value, want := range map[string]string{
		"row.a": "", "param.a": "a", "param?.b + param . a": "a b", `param["a"]`: "a b", "toJSON(param)": "a b", "row.params.a": "", "row.param2.a": "",
	} {
		j := parse(t, "params: {a: {type: string}, b: {type: string}}\ncolumns: {x: {type: string, value: '"+value+"'}}\n")
		if got := strings.Join(j.ParamsUsed(), " "); got != want {
			t.Errorf("%s: got %s, want %s", value, got, want)
		}
	}
}
