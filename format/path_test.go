package format_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/seed-128c3863/sluice/format"
)

func name(s string) format.Step { return format.Step{Name: s} }
func index(i int) format.Step   { return format.Step{Index: i, IsIndex: true} }

func TestParsePath(t *testing.T) {
	for text, want := range map[string]format.Path{
		"id":             {name("id")},
		"a.b[0].c":       {name("a"), name("b"), index(0), name("c")},
		"[3].a":          {index(3), name("a")},
		"a[0][12]":       {name("a"), index(0), index(12)},
		`a["b.c"]`:       {name("a"), name("b.c")},
		`["x]\"y"][1]`:   {name(`x]"y`), index(1)},
		`[""].a`:         {name(""), name("a")},
		"가격.an amount-1": {name("가격"), name("an amount-1")},
		"$id.@type.#":    {name("$id"), name("@type"), name("#")},
	} {
		got, err := format.ParsePath(text)
		if err != nil || !slices.Equal(got, want) {
			t.Errorf("%s: got %v, %v", text, got, err)
			continue
		}
		if back := got.String(); back != text {
			t.Errorf("%s: written as %s", text, back)
		}
	}
}

func TestParsePathRefuses(t *testing.T) {
	for text, want := range map[string]string{
		"":                      "at least one key",
		".a":                    "a name is missing",
		"a.":                    "a name is missing",
		"a..b":                  "a name is missing",
		"a[0]b":                 "want a point or [",
		"a]":                    "want a point or [",
		`a"b"`:                  "want a point or [",
		"a[":                    "not closed",
		"a[1":                   "not closed",
		`a["b"`:                 "not closed",
		`a["b"x]`:               "not closed",
		"a[]":                   "is no index",
		"a[-1]":                 "is no index",
		"a[+1]":                 "is no index",
		"a[b]":                  "is no index",
		"a['b']":                "is no index",
		"a[99999999999999]":     "is no index",
		"a[0].[1]":              "a name is missing",
		"a[9999999999999999999": "not closed",
	} {
		if p, err := format.ParsePath(text); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: got %v, %v; want an error with %q", text, p, err, want)
		}
	}
}

func TestUpto(t *testing.T) {
	p, err := format.ParsePath("a.b[0].c")
	if err != nil {
		t.Fatal(err)
	}
	for n, want := range []string{"", "a", "a.b", "a.b[0]", "a.b[0].c"} {
		if got := p.Upto(n); got != want {
			t.Errorf("%d steps: got %q, want %q", n, got, want)
		}
	}
}

func FuzzParsePath(f *testing.F) {
	for _, text := range []string{"a.b[0].c", `a["b.c"]`, "[1]", `["\xff"]`} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		p, err := format.ParsePath(text)
		if err != nil {
			return
		}
		if again, err := format.ParsePath(p.String()); err != nil || !slices.Equal(p, again) {
			t.Errorf("%q is written as %q, read back as %v, %v", text, p.String(), again, err)
		}
	})
}
