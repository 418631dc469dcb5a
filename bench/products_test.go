package main

import (
	"encoding/csv"
	"maps"
	"os"
	"slices"
	"strconv"
	"testing"
)

// The counts that lie beside the files must be what the files hold, else every
// program measured on them is judged wrongly.
func TestProductsMatchTheirCounts(t *testing.T) {
	const n = 2_530 // the last hundred is not whole
	l := &lab{data: t.TempDir()}
	c, err := l.products(n)
	if err != nil {
		t.Fatal(err)
	}
	v1, v2, clean := readProducts(t, c.v1), readProducts(t, c.v2), readProducts(t, c.v2clean)
	got := counts{First: len(v1), Second: len(v2), Bad: map[string]int{}, BadRows: map[string]string{}}
	var good [][]string
	for i, row := range v2 {
		if what := c.counts.BadRows[strconv.Itoa(i+1)]; what != "" {
			got.note(i+1, what)
			continue
		}
		good = append(good, row)
		switch {
		case i >= n:
			got.New++
		case slices.Equal(row, v1[i]):
			got.Unchanged++
		default:
			got.Update++
		}
	}
	want := c.counts
	if got.First != want.First || got.Second != want.Second || got.New != want.New || got.Update != want.Update ||
		got.Unchanged != want.Unchanged || got.Invalid != want.Invalid || !maps.Equal(got.Bad, want.Bad) {
		t.Errorf("files hold %+v, expect.json says %+v", got, want)
	}
	if want.Update != 125 || want.Invalid != 25 || want.New != 50 {
		t.Errorf("%d changed, %d invalid, %d new of %d; want 125, 25, 50", want.Update, want.Invalid, want.New, n)
	}
	if !slices.EqualFunc(good, clean, slices.Equal) {
		t.Error("v2clean is not v2 without its invalid rows")
	}
}

func readProducts(t *testing.T, path string) [][]string {
	t.Helper()
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	rows, err := csv.NewReader(f).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(rows[0], productHeader) {
		t.Errorf("header %q, want %q", rows[0], productHeader)
	}
	return rows[1:]
}
