package store

import (
	"bytes"
	"context"
	"encoding/xml"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/seed-128c3863/sluice/flow"
)

// shapes are ways to name many files.
var shapes = map[string]func(i int) string{
	"flat":    func(i int) string { return fmt.Sprintf("raw/file-%06d.json", i) },
	"bare":    func(i int) string { return fmt.Sprintf("%d", i) },
	"dates":   func(i int) string { return fmt.Sprintf("raw/date=2024-%02d-%02d/%03d", i/2000%12+1, i/70%28+1, i) },
	"hex":     func(i int) string { return fmt.Sprintf("x/%016x", uint64(i)*0x9e3779b97f4a7c15) },
	"words":   func(i int) string { return string([]rune("abcdefghijklmnopqrstuvwxyz한é🚀")[i%29]) + fmt.Sprint(i) },
	"unicode": func(i int) string { return fmt.Sprintf("서울/%c/%d", 'ㄱ'+rune(i%500), i) },
	"nested":  func(i int) string { return strings.Repeat("9/", i%40) + fmt.Sprint(i) },
	"one":     func(i int) string { return strings.Repeat("0", i+1) },
}

// TestSplitAfter: the stretches give what comes after the page, each key once
// and in order.
func TestSplitAfter(t *testing.T) {
	for name, shape := range shapes {
		keys := map[string]bool{}
		for i := range 400 {
			keys[strings.ToValidUTF8(shape(i*37%3000), "?")] = true
		}
		for range 200 {
			checkSplit(t, name, keys, rand.IntN(len(keys)), 1+rand.IntN(50))
		}
	}
}

func checkSplit(t *testing.T, name string, set map[string]bool, at, n int) {
	t.Helper()
	var keys []string
	for k := range set {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	page := keys[at:min(len(keys), at+n)]
	prefix := commonPrefix(keys[0], keys[len(keys)-1])
	for prefix != strings.ToValidUTF8(prefix, "") {
		prefix = prefix[:len(prefix)-1]
	}
	var got []string
	for _, s := range splitAfter(prefix, page[0], page[len(page)-1]) {
		for _, k := range keys {
			if strings.HasPrefix(k, s.prefix) && k > s.after {
				got = append(got, k)
			}
		}
	}
	if want := keys[at+len(page):]; !slices.Equal(got, want) {
		t.Fatalf("%s: after %q\ngot  %q\nwant %q", name, page[len(page)-1], got, want)
	}
}

func FuzzSplitAfter(f *testing.F) {
	f.Add("a1 a2 a3 b0 b9 c/f c/0", 1, 2)
	f.Add("9 90 99 :9 9a 9f 9g", 0, 3)
	f.Fuzz(func(t *testing.T, text string, at, n int) {
		keys := map[string]bool{}
		for _, k := range strings.Fields(strings.ToValidUTF8(text, "?")) {
			if !strings.Contains(k, "\U0010ffff") {
				keys[k] = true
			}
		}
		if len(keys) > 0 && at >= 0 && n > 0 {
			checkSplit(t, "fuzz", keys, at%len(keys), n%50+1)
		}
	})
}

// TestListLong lists more keys than are asked for page after page, of
// different shapes, in fewer steps than pages.
func TestListLong(t *testing.T) {
	t.Parallel()
	s := openS3(t, startSim(t))
	for _, name := range []string{"flat", "hex", "dates"} {
		var want []string
		for i := range 6000 {
			want = append(want, name+"/"+shapes[name](i))
		}
		err := flow.Each(t.Context(), 16, all(want), func(ctx context.Context, key string) error {
			_, err := Put(ctx, s, key, nil, Condition{})
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		slices.Sort(want)
		if got := collect(t, s, name+"/", ""); !slices.Equal(got, want) {
			t.Errorf("%s: %d keys, want %d", name, len(got), len(want))
		}
		if got := collect(t, s, "", want[5]); len(got) < 5994 {
			t.Errorf("%s: %d keys after the sixth", name, len(got))
		}
	}
}

const onePage = `<?xml version="1.0" encoding="UTF-8"?>
<ListBucketResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><Name>b</Name><Prefix></Prefix><KeyCount>2</KeyCount><MaxKeys>1000</MaxKeys><IsTruncated>true</IsTruncated>` +
	`<Contents><Key>a &amp; b&#xe9;.json</Key><LastModified>2024-04-17T10:00:00.000Z</LastModified><ETag>&quot;abc-2&quot;</ETag><Size>12</Size><StorageClass>STANDARD</StorageClass></Contents>` +
	`<Contents><Key>c</Key><LastModified>2024-04-17T10:00:01Z</LastModified><ETag>"d"</ETag><Size>0</Size><Owner><ID>Key</ID></Owner></Contents></ListBucketResult>`

func TestListing(t *testing.T) {
	var l listing
	if !l.scan([]byte(onePage)) || !l.more || len(l.objects) != 2 {
		t.Fatalf("%+v", l)
	}
	if o := l.objects[0]; o.Key != "a & bé.json" || o.ETag != "abc-2" || o.Size != 12 || o.Modified.Year() != 2024 {
		t.Errorf("%+v", o)
	}
}

// FuzzListing: where the scan takes a page, encoding/xml finds the same in it.
func FuzzListing(f *testing.F) {
	f.Add([]byte(onePage))
	f.Add([]byte(strings.ReplaceAll(onePage, "<Contents>", "<!-- x --><Contents>")))
	f.Add([]byte(strings.ReplaceAll(onePage, "<Key>c</Key>", "<Key><![CDATA[c]]></Key>")))
	f.Fuzz(func(t *testing.T, text []byte) {
		var fast, slow listing
		if xml.Unmarshal(text, new(struct{})) != nil || bytes.Count(text, []byte("ListBucketResult")) != 2 {
			return // not well-formed, or not from a server
		}
		if !fast.scan(text) {
			return
		}
		if err := slow.decode(text); err != nil || fast.more != slow.more || len(fast.objects) != len(slow.objects) {
			t.Skip("not of the form that servers write")
		}
		for i := range fast.objects {
			a, b := fast.objects[i], slow.objects[i]
			if a.Key != b.Key || a.ETag != b.ETag || a.Size != b.Size || !a.Modified.Equal(b.Modified) {
				t.Errorf("%+v, want %+v", a, b)
			}
		}
	})
}
