package table

import (
	"bytes"
	"context"
	"testing"

	"github.com/seed-128c3863/sluice/plan"
)

// save plans a file, and returns the plan as it comes out of the file that it
// was saved in.
func (s *shop) save(input string, edit ...string) *plan.Plan {
	s.Helper()
	im := s.open(input, edit...)
	defer im.Close()
	p, err := im.Plan(context.Background(), plan.Options{Keep: true})
	if err != nil {
		s.Fatal(err)
	}
	return reread(s, p)
}

// reread writes a plan and reads it.
func reread(t testing.TB, p *plan.Plan) *plan.Plan {
	t.Helper()
	var text bytes.Buffer
	if err := p.Write(&text); err != nil {
		t.Fatal(err)
	}
	p, err := plan.Read(&text)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// applySaved applies a saved plan.
func (s *shop) applySaved(p *plan.Plan, input string, edit ...string) (*plan.Result, error) {
	s.Helper()
	im := s.open(input, edit...)
	defer im.Close()
	return im.Apply(context.Background(), plan.ApplyOptions{Plan: p})
}

// A saved plan does what an apply would have done, and is taken back like it.
func TestSavedPlan(t *testing.T) { eachShop(t, testSavedPlan) }

func testSavedPlan(t *testing.T, s *shop) {
	s.apply(v1)
	before := s.dump()
	direct := s.apply(v2clean)
	want := s.products()
	s.revert(direct.Run)

	p := s.save(v2clean)
	same(t, "after a plan", s.dump(), before)
	r, err := s.applySaved(p, v2clean)
	if err != nil {
		t.Fatal(err)
	}
	if r.Rows != direct.Rows || r.Counts[plan.New] != 6 || r.Counts[plan.Update] != 15 {
		t.Errorf("%+v", r)
	}
	same(t, "applied", s.products(), want)
	_, err = s.applySaved(p, v2clean)
	has(t, err, "run "+r.Run+" has applied it", "nothing was changed")
	s.revert(r.Run)
	same(t, "reverted", s.dump(), before)
}
