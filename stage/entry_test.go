package stage

import (
	"bytes"
	"fmt"
	"reflect"
	"strings"
	"testing"
)

func TestPackRoundTrip(t *testing.T) {
	changes := []change{
		{entry: entry{Source: "s3://raw/a.json", ETag: "1", Size: 10, Version: "v", Output: "a.parquet", OETag: "2", Rows: 3, Rejects: 1, Run: "r1", State: stateDone}, Kept: true, Prior: prior{ETag: "0"}},
		{entry: entry{Source: "b <&> \n \u2028.json", State: stateInvalid, Why: strings.Repeat("why ", 50_000)}, Prior: prior{Entry: &entry{Source: "b", Run: "r0", State: stateEmpty}}},
		{entry: entry{Source: "c", State: stateNone}},
	}
	for n := range len(changes) + 1 {
		packed, err := pack(changes[:n])
		if err != nil {
			t.Fatal(err)
		}
		got := []change{}
		if err := unpack("seg", packed, func(c change) { got = append(got, c) }); err != nil || !reflect.DeepEqual(got, changes[:n]) {
			t.Errorf("%d changes came back as %+v, %v", n, got, err)
		}
	}
}

// What is written for two runs with the same changes is the same, byte for
// byte.
func TestPackIsDeterministic(t *testing.T) {
	var changes []change
	for i := range 5000 {
		changes = append(changes, change{entry: entry{Source: fmt.Sprint("s3://raw/", i), Rows: int64(i), State: stateDone}})
	}
	a, err := pack(changes)
	b, err2 := pack(changes)
	if err != nil || err2 != nil || !bytes.Equal(a, b) {
		t.Errorf("%d and %d bytes, %v %v", len(a), len(b), err, err2)
	}
	if len(a) > 60_000 {
		t.Errorf("%d bytes for 5,000 changes", len(a))
	}
}

func TestUnpackNamesWhatIsDamaged(t *testing.T) {
	packed, err := pack([]change{{entry: entry{Source: "a", State: stateDone}}, {entry: entry{Source: "b", State: stateDone}}})
	if err != nil {
		t.Fatal(err)
	}
	other, err := pack([]string{"no", "changes"})
	if err != nil {
		t.Fatal(err)
	}
	bad := map[string][]byte{"no zstd": []byte("hello"), "other values": other}
	for n := 1; n < len(packed); n++ {
		bad[fmt.Sprintf("cut to %d", n)] = packed[:n]
	}
	for name, text := range bad {
		err := unpack("seg/x", text, func(change) {})
		if err == nil || !strings.Contains(err.Error(), "ledger file seg/x is damaged") {
			t.Errorf("%s: %v", name, err)
		}
	}
	flipped := 0
	for i := range packed {
		text := bytes.Clone(packed)
		text[i] ^= 0x20
		var got []string
		if err := unpack("seg/x", text, func(c change) { got = append(got, c.Source+c.State) }); err != nil {
			continue
		}
		flipped++
		if strings.Join(got, " ") != "adone bdone" {
			t.Errorf("byte %d changed: %v, and no error", i, got)
		}
	}
	if flipped > len(packed)/10 {
		t.Errorf("of %d changed bytes %d went unseen", len(packed), flipped)
	}
}

func TestMerge(t *testing.T) {
	list := func(text string) []change {
		var changes []change
		for i, c := range text {
			changes = append(changes, change{entry: entry{Source: string(c), Rows: int64(i)}})
		}
		return changes
	}
	for _, tc := range []struct{ before, after, want string }{
		{"", "", ""},
		{"ab", "", "ab"},
		{"", "ab", "ab"},
		{"ab", "cd", "abcd"},
		{"ab", "bc", "abc"},
		{"aba", "", "ba"},
		{"abab", "b", "ab"},
	} {
		got := ""
		for _, c := range merge(list(tc.before), list(tc.after)) {
			got += c.Source
		}
		if got != tc.want {
			t.Errorf("%q and %q: %q, want %q", tc.before, tc.after, got, tc.want)
		}
	}
	last := merge(list("aba"), nil)
	if last[1].Rows != 2 {
		t.Errorf("of two changes of a source that of index %d is left", last[1].Rows)
	}
}
