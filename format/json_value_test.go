package format_test

import (
	"fmt"
	"reflect"
	"strings"
	"testing"

	"github.com/seed-128c3863/sluice/format"
	"github.com/seed-128c3863/sluice/row"
)

func TestLookup(t *testing.T) {
	for _, tc := range []struct {
		value string
		step  format.Step
		want  string
		why   row.Why
		n     int64
	}{
		{`{"a":1,"b":{ "c" : 2 }}`, name("b"), `{ "c" : 2 }`, row.Whole, 0},
		{`{ "a" : 1 }`, name("a"), `1`, row.Whole, 0},
		{`{"a":null}`, name("a"), `null`, row.Whole, 0},
		{`{"a":1}`, name("x"), ``, row.Whole, 0},
		{`{}`, name("x"), ``, row.Whole, 0},
		{`{"\u0061":1}`, name("a"), `1`, row.Whole, 0},
		{`{"a":1,"a":2}`, name("a"), `2`, row.Whole, 0},
		{`{"\ud800":1}`, name("\ufffd"), ``, row.Whole, 0},
		{`[1, [2] , 3]`, index(1), `[2]`, row.Whole, 0},
		{`[1,2,3]`, index(2), `3`, row.Whole, 0},
		{`[1,2,3]`, index(3), ``, row.OutOfRange, 3},
		{`[ ]`, index(0), ``, row.OutOfRange, 0},
		{`null`, name("a"), ``, row.OfNull, 0},
		{`null`, index(0), ``, row.OfNull, 0},
		{``, name("a"), ``, row.OfNull, 0},
		{`"x"`, name("a"), ``, row.NotAnObject, 0},
		{`[1]`, name("a"), ``, row.NotAnObject, 0},
		{`{"0":1}`, index(0), ``, row.NotAnArray, 0},
		{`12`, index(0), ``, row.NotAnArray, 0},
	} {
		got, why, n := format.Lookup([]byte(tc.value), tc.step)
		if string(got) != tc.want || why != tc.why || n != tc.n {
			t.Errorf("%s %v: got %s, %v, %d; want %s, %v, %d", tc.value, tc.step, got, why, n, tc.want, tc.why, tc.n)
		}
	}
}

// TestLookupCutOff looks into texts that no reader gives: it must not panic.
func TestLookupCutOff(t *testing.T) {
	for _, text := range []string{`{"a":[1,{"b":2}],"c":3}`, `[1,[2,{"b":"x"}],3]`} {
		for n := range len(text) {
			format.Lookup([]byte(text[:n]), name("c"))
			format.Lookup([]byte(text[:n]), index(2))
		}
	}
}

func TestDecode(t *testing.T) {
	for text, want := range map[string]any{
		`null`: nil, `true`: true, ` false `: false, `0`: 0, `-0`: 0, `9223372036854775807`: 9223372036854775807, `-9223372036854775808`: -9223372036854775808,
		`1.0`: 1.0, `1e2`: 100.0, `-1.5E-1`: -0.15, `1e-999`: 0.0, `""`: "", `"a\u00e9\ud83d\ude00"`: "aé😀",
		`[]`: []any{}, `{}`: map[string]any{}, `[1,"x",[null]]`: []any{1, "x", []any{nil}}, "{\"a\" : {\"b\":[1 , 2]},\n\"\":true}": map[string]any{"a": map[string]any{"b": []any{1, 2}}, "": true},
	} {
		if got, err := format.Decode([]byte(text)); err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("%s: got %#v, %v; want %#v", text, got, err, want)
		}
	}
	for text, want := range map[string]string{
		``: "empty", ` `: "empty", `9223372036854775808`: "integer beyond 64 bits", `[-9223372036854775809]`: "integer beyond 64 bits", `1e999`: "too large", `-1e400`: "too large", `"\ud800"`: "surrogate",
		`{"a":1,"a":2}`: "twice", `{"\udc00":1}`: "surrogate", `[1,]`: "want a value", `1 2`: "after the end", `"x`: "ends inside a string", `nul`: "the text ends", `{"a":`: "ends inside an object",
		strings.Repeat("[", 5000) + strings.Repeat("]", 5000): "1000 levels", strings.Repeat("9", 100): "(100 bytes)",
	} {
		if got, err := format.Decode([]byte(text)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: got %#v, %v; want an error with %q", text, got, err, want)
		}
	}
}

func TestUnquote(t *testing.T) {
	scratch := make([]byte, 0, 64)
	for text, want := range map[string]string{
		`""`: "", `"abc"`: "abc", `"é😀"`: "é😀", `"\"\\\/\b\f\n\r\t"`: "\"\\/\b\f\n\r\t", `"\u0000x"`: "\x00x", `"\u00e9"`: "é", `"\uD83D\uDE00!"`: "😀!", `"a\nb\nc"`: "a\nb\nc",
	} {
		if got, err := format.Unquote([]byte(text), scratch); err != nil || string(got) != want {
			t.Errorf("%s: got %q, %v; want %q", text, got, err, want)
		}
	}
	for text, want := range map[string]string{
		``: "no JSON string", `"`: "no JSON string", `abc`: "no JSON string", `1`: "no JSON string", `"abc`: "ends inside", `"a"b"`: "goes on", "\"\n\"": "control", "\"\xff\"": "UTF-8", `"\x"`: "escape",
		`"\ud800"`: `\ud800, half`, `"\ud800\ud800"`: `\ud800, half`, `"\udc00\ud800"`: `\udc00, half`, `"\ud800x"`: `\ud800, half`, `"\uD800\n"`: `\ud800, half`, `"\ud800\u0041"`: `\ud800, half`, `"\ud83d\ude00\ud83d"`: `\ud83d, half`,
	} {
		if got, err := format.Unquote([]byte(text), scratch); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: got %q, %v; want an error with %q", text, got, err, want)
		}
	}
	plain, escaped := []byte(`"plain text"`), []byte(`"with \"escapes\""`)
	if n := testing.AllocsPerRun(10, func() {
		_, _ = format.Unquote(plain, nil)
		_, _ = format.Unquote(escaped, scratch)
	}); n > 0 {
		t.Errorf("%v allocations", n)
	}
	if got, _ := format.Unquote(plain, nil); &got[0] != &plain[1] {
		t.Error("a string without escapes is copied")
	}
}

func BenchmarkUnquote(b *testing.B) {
	for _, text := range []string{`"10333-2405011815"`, `"a short \"quote\" \u00e9"`, `"` + strings.Repeat("a long text ", 50) + `"`, `"` + strings.Repeat("가나다라 ", 50) + `"`} {
		b.Run(fmt.Sprint(len(text)), func(b *testing.B) {
			value := []byte(text)
			b.SetBytes(int64(len(text)))
			b.ReportAllocs()
			var scratch []byte
			for b.Loop() {
				got, err := format.Unquote(value, scratch)
				if err != nil {
					b.Fatal(err)
				}
				if &got[0] != &value[1] {
					scratch = got
				}
			}
		})
	}
}
