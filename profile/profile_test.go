package profile

import (
	"encoding/xml"
	"fmt"
	"io"
	"math"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/seed-128c3863/sluice/row"
)

// TestRegisters holds estimates to the truth, for few values and many, and values
// that come again.
func TestRegisters(t *testing.T) {
	for _, n := range []int{0, 1, 10, 1000, 20_000, 60_000, 100_000, 1_000_000} {
		for name, hash := range map[string]func(i int) uint64{
			"numbers": func(i int) uint64 { return hashInt(uint64(i)) },
			"texts":   func(i int) uint64 { return hashText(fmt.Appendf(nil, "SKU%09d", i)) },
		} {
			var r registers
			for i := range n + n/2 {
				r.add(hash(i % max(n, 1)))
			}
			if got := r.estimate(); math.Abs(float64(got)-float64(n)) > math.Max(4*distinctError*float64(n), .5) {
				t.Errorf("%d %s: estimate %d", n, name, got)
			}
		}
	}
}

// TestHashText tells texts apart that differ in one place, or in length.
func TestHashText(t *testing.T) {
	seen := map[uint64]string{}
	for n := range 40 {
		for at := range max(n, 1) {
			for _, b := range []byte{0, 1, 0x80} {
				text := make([]byte, n)
				if n > 0 {
					text[at] = b
				}
				hash := hashText(text)
				if other, ok := seen[hash]; ok && other != string(text) {
					t.Errorf("%q and %q have one hash", text, other)
				}
				seen[hash] = string(text)
			}
		}
	}
}

// TestTally counts a few frequent values among many rare ones: what it tells is
// never too much, and never short by more than it says.
func TestTally(t *testing.T) {
	for _, most := range []int{64, 1000, 1 << 20} {
		r := rand.New(rand.NewPCG(1, 2))
		tl, truth := newTally(most), map[string]int64{}
		for i := range 200_000 {
			text := fmt.Sprint("rare", i/2)
			if r.IntN(3) == 0 {
				text = fmt.Sprint("often", int(r.ExpFloat64()*3))
			}
			truth[text]++
			if e := tl.add(hashText([]byte(text))); e != nil {
				e.text = text
			}
			if len(tl.entries) > most {
				t.Fatalf("%d entries, most %d", len(tl.entries), most)
			}
		}
		if tl.exact() != (most > 200_000) {
			t.Errorf("most %d: exact %v", most, tl.exact())
		}
		top := tl.top()
		for i, c := range top {
			if n := truth[c.Value]; c.Count > n || n > c.Count+tl.missed {
				t.Errorf("most %d: %s is there %d times, told %d + %d", most, c.Value, n, c.Count, tl.missed)
			}
			if want := fmt.Sprint("often", i); i < 5 && c.Value != want {
				t.Errorf("most %d: place %d has %s, want %s", most, i, c.Value, want)
			}
		}
		if len(top) < 3 {
			t.Errorf("most %d: top %v", most, top)
		}
	}
}

// TestTallyOfOne has the same value again and again after it was full.
func TestTallyOfOne(t *testing.T) {
	tl := newTally(4)
	for range 1000 {
		for i := range 5 {
			tl.add(uint64(i))
		}
	}
	if len(tl.entries) > 4 || tl.missed == 0 {
		t.Errorf("%d entries, missed %d", len(tl.entries), tl.missed)
	}
}

// TestSample is as likely to have a value of the beginning as one of the end.
func TestSample(t *testing.T) {
	s := sample{most: mostSampled}
	for i := range 1_000_000 {
		s.add(float64(i))
	}
	q := s.quartiles()
	for i, want := range []float64{250_000, 500_000, 750_000} {
		if math.Abs(q[i]-want) > 20_000 {
			t.Errorf("quartile %d: %.0f", i+1, q[i])
		}
	}
	if len(s.values) != mostSampled {
		t.Errorf("%d values", len(s.values))
	}
}

// TestBars puts each value of the sample into one bar.
func TestBars(t *testing.T) {
	for _, values := range [][]float64{{1, 2, 3}, {0, 1e300}, {-1e308, 1e308}, {5, 5}, {0, 1e-320}, {math.Inf(-1), 0, math.Inf(1)}, {0, 23}, {0, 24}} {
		for _, whole := range []bool{true, false} {
			s := sample{most: mostSampled}
			for _, v := range values {
				s.add(v)
			}
			from, counts := s.bars(values[0], values[len(values)-1], whole)
			sum := int64(0)
			for _, n := range counts {
				sum += n
			}
			if len(from) != len(counts) || len(from) > mostBars || from != nil && sum != int64(len(values)) {
				t.Errorf("%v: %v %v", values, from, counts)
			}
		}
	}
}

// TestCounterKinds counts values of every kind, null among them.
func TestCounterKinds(t *testing.T) {
	for name, tc := range map[string]struct {
		add      func(c *row.Column)
		min, max string
		distinct int64
	}{
		"int16":        {func(c *row.Column) { c.AppendInt(3); c.AppendInt(-3); c.AppendInt(3) }, "-3", "3", 2},
		"float64":      {func(c *row.Column) { c.AppendFloat(0); c.AppendFloat(math.Copysign(0, -1)); c.AppendFloat(1.5) }, "0", "1.5", 2},
		"bool":         {func(c *row.Column) { c.AppendInt(1); c.AppendInt(0); c.AppendInt(1) }, "", "", 2},
		"decimal(5,2)": {func(c *row.Column) { c.AppendInt(-150); c.AppendInt(10); c.AppendInt(99999) }, "-1.50", "999.99", 3},
		"decimal(20,1)": {func(c *row.Column) {
			c.AppendBytes(unscaledOf(-15))
			c.AppendBytes(unscaledOf(3))
			c.AppendBytes(unscaledOf(-20))
		}, "-2.0", "0.3", 3},
		"date":      {func(c *row.Column) { c.AppendInt(0); c.AppendInt(-1); c.AppendInt(0) }, "1969-12-31", "1970-01-01", 2},
		"time":      {func(c *row.Column) { c.AppendInt(1e6); c.AppendInt(0); c.AppendInt(0) }, "00:00:00", "00:00:01", 2},
		"timestamp": {func(c *row.Column) { c.AppendTime(1, 5); c.AppendTime(1, 6); c.AppendTime(1, 5) }, "1970-01-01 00:00:00.000001005", "1970-01-01 00:00:00.000001006", 2},
		"string":    {func(c *row.Column) { c.AppendBytes([]byte("b")); c.AppendBytes([]byte("a")); c.AppendBytes(nil) }, "", "b", 3},
		"uuid":      {func(c *row.Column) { c.AppendBytes(make([]byte, 16)); c.AppendBytes(make([]byte, 16)); c.AppendNull() }, "00000000-0000-0000-0000-000000000000", "00000000-0000-0000-0000-000000000000", 1},
		"json":      {func(c *row.Column) { c.AppendBytes([]byte("{}")); c.AppendBytes([]byte("[1]")); c.AppendNull() }, "", "", 2},
		"list(list(int64))": {func(c *row.Column) {
			c.AppendList()
			c.Elem.Elem.AppendInt(1)
			c.Elem.AppendList()
			c.AppendList()
			c.AppendList()
		}, "", "", 2},
	} {
		typ, err := row.ParseType(name)
		if err != nil {
			t.Fatal(err)
		}
		col := row.NewColumn(typ)
		tc.add(&col)
		c := newCounter(Column{}, typ, 64, 100)
		c.add(&col)
		got := c.result()
		if got.Min != tc.min || got.Max != tc.max || got.Distinct != tc.distinct || got.Values+got.Nulls != 3 || !got.DistinctExact {
			t.Errorf("%s: %+v", name, got)
		}
	}
}

// unscaledOf is an unscaled decimal of many digits.
func unscaledOf(v int64) []byte {
	b := make([]byte, 16)
	for i := range b {
		b[15-i] = byte(v >> min(8*i, 63))
	}
	return b
}

// TestHTML writes a page that is well formed, that asks for nothing else, and in
// which what a file says is text.
func TestHTML(t *testing.T) {
	evil := `</title><script>alert(1)</script>" onload="x" '&`
	mean := 1.5
	p := &Profile{Source: evil, Rows: 3, Partial: true, Invalid: []Problem{{evil, evil}}, Broken: Rejects{1, []Reject{{evil, 1, 1, evil, evil}}}, Columns: []Column{
		{
			Name: evil, Type: "int64", From: "x" + evil, Values: 2, Nulls: 1, Distinct: 2, Min: evil, Max: evil, Mean: &mean, Quartiles: []string{"1", evil, "3"}, Sampled: 1,
			Bars: []Bar{{evil, 1}, {"2", 0}}, Top: []Count{{evil, 2}}, TopError: 1, Examples: []string{evil}, Longest: 3, Empty: 1, Rejects: Rejects{1, []Reject{{evil, 1, 1, evil, evil}}},
		},
		{Name: "none", Type: "string", From: "none"},
	}}
	var b strings.Builder
	if err := HTML(&b, []*Profile{p, p}); err != nil {
		t.Fatal(err)
	}
	page := b.String()
	for _, bad := range []string{"<script", "alert(1)<", `" onload`, "src=", "href=", "url(", "@import", "ZgotmplZ", "NaN"} {
		if strings.Contains(page, bad) {
			t.Errorf("the page has %s", bad)
		}
	}
	d := xml.NewDecoder(strings.NewReader(page[strings.Index(page, "<body"):strings.Index(page, "</html>")]))
	for {
		if _, err := d.Token(); err == io.EOF {
			break
		} else if err != nil {
			t.Fatal(err)
		}
	}
	if strings.Count(page, "<rect ") != 4 || !strings.Contains(page, "prefers-color-scheme: dark") {
		t.Error("bars, or dark")
	}
}

// TestText keeps to 80 characters, and to its lines.
func TestText(t *testing.T) {
	long := strings.Repeat("long\n\x1b[31m", 50)
	var b strings.Builder
	p := &Profile{Source: "a.csv", Rows: 1_234_567, Columns: []Column{{
		Name: "a", From: "a", Type: "string", Values: 1_234_567, Distinct: 1000, DistinctError: .008, Min: long, Max: long + "x", Longest: 900, LongestText: long, MeanLength: 3,
		Top: []Count{{long, 9000}, {"b, c", 8000}, {"d", 7000}, {strings.Repeat("x", 90), 10}}, TopError: 5, Examples: []string{long},
	}}}
	if err := p.Text(&b, false); err != nil {
		t.Fatal(err)
	}
	for line := range strings.SplitSeq(b.String(), "\n") {
		if n := len([]rune(line)); n > 100 || strings.Contains(line, "\x1b") { // escapes make it longer
			t.Errorf("%d characters: %q", n, line)
		}
	}
	for _, part := range []string{"1,234,567 rows", "~1,000 different (±0.8%)", `"b, c" (≥8,000)`} {
		if !strings.Contains(b.String(), part) {
			t.Errorf("there is no %s in\n%s", part, b.String())
		}
	}
}

// BenchmarkCounter counts texts that are all different.
func BenchmarkCounter(b *testing.B) {
	typ := row.Type{Kind: row.String}
	col := row.NewColumn(typ)
	for i := range 1024 {
		col.AppendBytes(fmt.Appendf(nil, "SKU%09d", i))
	}
	c := newCounter(Column{}, typ, mostTallied, mostSampled)
	n := 0
	for b.Loop() {
		for r := range col.Bytes {
			n++
			copy(col.Bytes[r][3:], fmt.Sprintf("%09d", n))
		}
		c.add(&col)
	}
	b.ReportMetric(float64(n)/b.Elapsed().Seconds(), "values/s")
}
