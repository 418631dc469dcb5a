package stage

import (
	"context"
	"errors"
	"io"
	"testing"
	"testing/synctest"

	"github.com/seed-128c3863/sluice/flow"
	"github.com/seed-128c3863/sluice/mapping"
	"github.com/seed-128c3863/sluice/plan"
	"github.com/seed-128c3863/sluice/source"
	"github.com/seed-128c3863/sluice/spec"
)

func TestClaim(t *testing.T) {
	ctx := context.Background()
	b := flow.NewBudget(100)
	a, c := claim{budget: b}, claim{budget: b}
	for _, step := range []struct {
		of          *claim
		to, use     int64
		description string
	}{
		{&a, 30, 30, "taken"},
		{&c, 60, 90, "beside another"},
		{&c, 20, 50, "given back in part"},
		{&c, 70, 100, "grown"},
		{&a, 0, 70, "given back"},
		{&c, 1000, 100, "cut to the whole"},
	} {
		if err := step.of.change(ctx, step.to); err != nil || b.InUse() != step.use {
			t.Errorf("%s: %v, %d in use, want %d", step.description, err, b.InUse(), step.use)
		}
	}
	c.release()
	c.release()
	if b.InUse() != 0 {
		t.Errorf("%d in use at the end", b.InUse())
	}
}

// Two claims that grow beyond what is there for both come one after the other.
func TestClaimsDoNotWaitForEachOther(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := flow.NewBudget(100)
		grow := func(ctx context.Context) error {
			c := claim{budget: b}
			defer c.release()
			for _, n := range []int64{40, 60, 90} {
				if err := c.change(ctx, n); err != nil {
					return err
				}
			}
			return nil
		}
		if err := flow.Together(t.Context(), grow, grow, grow); err != nil || b.InUse() != 0 {
			t.Errorf("%v, %d in use", err, b.InUse())
		}
	})
}

func TestClaimEndsWithItsContext(t *testing.T) {
	b := flow.NewBudget(100)
	a, c := claim{budget: b}, claim{budget: b}
	ctx, cancel := context.WithCancelCause(context.Background())
	if err := errors.Join(a.change(ctx, 50), c.change(ctx, 50)); err != nil {
		t.Fatal(err)
	}
	why := errors.New("told to")
	cancel(why)
	if err := a.change(ctx, 60); !errors.Is(err, why) {
		t.Errorf("got %v", err)
	}
	a.release()
	c.release()
	if b.InUse() != 0 {
		t.Errorf("%d in use", b.InUse())
	}
}

func TestUnfoldingClaimsWhatItReads(t *testing.T) {
	b := flow.NewBudget(1 << 40)
	room := &claim{budget: b}
	if err := room.change(context.Background(), 1000); err != nil {
		t.Fatal(err)
	}
	u := &unfolding{ctx: context.Background(), in: io.LimitReader(blanks{}, 200<<20), room: room}
	buf := make([]byte, 64<<10)
	for read := int64(0); ; {
		n, err := u.Read(buf)
		read += int64(n)
		if want := min(read, unfoldCost); room.bytes < want || room.bytes > max(1000, 2*want, unfoldCost) {
			t.Fatalf("%d bytes claimed for %d", room.bytes, read)
		}
		if err == io.EOF {
			break
		}
	}
	if room.bytes != unfoldCost {
		t.Errorf("%d bytes claimed in the end", room.bytes)
	}
}

// blanks never ends.
type blanks struct{}

func (blanks) Read(p []byte) (int, error) {
	for i := range p {
		p[i] = ' '
	}
	return len(p), nil
}

func TestStreamed(t *testing.T) {
	s := &Stage{job: &spec.Job{From: spec.From{Files: make([]spec.Template, 1)}}}
	var err error
	if s.form, err = source.NewForm(s.job, &mapping.Program{}); err != nil {
		t.Fatal(err)
	}
	c := &converter{Stage: s, budget: flow.NewBudget(128 << 20)}
	for size, want := range map[int64]bool{0: false, 25 << 20: false, 26 << 20: true, 1 << 40: true} {
		if got := c.streamed(&task{File: &source.File{Key: "a.json", File: plan.File{Size: size}}}); got != want {
			t.Errorf("%d bytes: %v", size, got)
		}
	}
	c.job.From.Shape = "columns"
	for size, want := range map[int64]bool{0: false, 25 << 20: false, 26 << 20: true} {
		if got := c.streamed(&task{File: &source.File{Key: "a.json", File: plan.File{Size: size}}}); got != want {
			t.Errorf("columns of %d bytes: %v", size, got)
		}
	}
}

func TestBuffers(t *testing.T) {
	var p buffers
	if b := p.get(1000); b != nil {
		t.Errorf("a small one has %d bytes", cap(b))
	}
	for size := int64(smallest); size < 1<<36; size += size/3 + 1 {
		_, n := p.class(size)
		if _, again := p.class(n); n < size || n > size+size/4 || again != n {
			t.Fatalf("for %d bytes: %d, and for these %d", size, n, again)
		}
	}
	b := p.get(1 << 20)
	p.put(b[:10])
	p.put(make([]byte, 1<<20+1)) // none of its own
	for range 2 {
		if b := p.get(1<<20 - 5); cap(b) != 1<<20 {
			t.Errorf("got one of %d bytes", cap(b))
		}
	}
}
