package table

import (
	"encoding/json"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/seed-128c3863/sluice/plan"
)

// TestImport loads the products, then their second version, and takes both back.
func TestImport(t *testing.T) { eachShop(t, testImport) }

func testImport(t *testing.T, s *shop) {
	empty := s.dump()
	if p := s.plan(v1); p.Counts[plan.New] != 300 || p.Counts.Total() != 300 {
		t.Errorf("plan of the first file: %v", p.Counts)
	}
	same(t, "after a plan", s.dump(), empty)
	first := s.apply(v1)
	if first.Run == "" || first.Status != 0 || first.Counts[plan.New] != 300 {
		t.Errorf("the first file: %+v", first)
	}
	same(t, "the first file", s.products(), s.byHand(v1))
	before := s.dump()
	if again := s.apply(v1); again.Run != "" || again.Counts[plan.Unchanged] != 300 {
		t.Errorf("the same file again: %+v", again)
	}

	second := s.apply(v2clean)
	if second.Counts[plan.New] != 6 || second.Counts[plan.Update] != 15 {
		t.Errorf("the second file: %+v", second)
	}
	taken := s.products()
	for _, line := range strings.Split(s.byHand(v2clean), "\n") {
		if !strings.Contains(taken, line) {
			t.Errorf("missing: %s", line)
		}
	}
	after := s.dump()
	back := s.revert(second.Run)
	if back.Counts[plan.Delete] != 6 || back.Counts[plan.Update] != 15 {
		t.Errorf("reverted: %+v", back)
	}
	same(t, "the second file reverted", s.dump(), before)
	if twice := s.revert(second.Run); twice.Run != "" {
		t.Errorf("reverted twice: %+v", twice)
	}
	s.revert(back.Run)
	same(t, "the revert reverted", s.dump(), after)
	s.revert(s.lastRun())
	s.revert(first.Run)
	same(t, "the first file reverted", s.dump(), empty)
}

// TestExpected holds the counts and the invalid rows against those that the
// generator of the files expects.
func TestExpected(t *testing.T) { eachShop(t, testExpected) }

func testExpected(t *testing.T, s *shop) {
	text, err := os.ReadFile("testdata/products/expect.json")
	if err != nil {
		t.Fatal(err)
	}
	var want struct {
		Update, New, Invalid, Skip int64
		Bad                        map[string]string `json:"bad_rows_1based"`
	}
	if err := json.Unmarshal(text, &want); err != nil {
		t.Fatal(err)
	}
	s.apply(v1)
	p := s.plan(v2)
	got := p.Counts
	if got[plan.New] != want.New || got[plan.Update] != want.Update || got[plan.Invalid] != want.Invalid || got[plan.Unchanged] != want.Skip {
		t.Errorf("got %v, want %+v", got, want)
	}
	var bad []string
	for _, r := range p.Table.Rows {
		if r.State == plan.Invalid {
			bad = append(bad, fmt.Sprint(r.Row))
			t.Log(r.Row, r.Why)
		}
	}
	slices.Sort(bad)
	var rows []string
	for row := range want.Bad {
		rows = append(rows, row)
	}
	slices.Sort(rows)
	if !slices.Equal(bad, rows) {
		t.Errorf("bad rows %v, want %v", bad, rows)
	}
}
