package table

import (
	"context"
	"errors"
	"testing"

	"github.com/seed-128c3863/sluice/flow"
	"github.com/seed-128c3863/sluice/plan"
)

// Runs of one job that begin together, on a database that has no state yet: each
// does what it planned, or nothing, and says so.
func TestRace(t *testing.T) {
	w := newWorld(t, articles, articleJob)
	file := []string{"code,kind,twin,n,tags", "a,new,old,1,red|blue", "b,new,,2,green", "c,,,3,"}
	var runs [6]struct {
		result *plan.Result
		err    error
	}
	var imports [len(runs)]*Import
	for i := range imports {
		var err error
		if imports[i], err = w.open(file...); err != nil {
			t.Fatal(err)
		}
	}
	var all []func(context.Context) error
	for i := range runs {
		all = append(all, func(ctx context.Context) error {
			runs[i].result, runs[i].err = imports[i].Apply(ctx, plan.ApplyOptions{})
			return nil
		})
	}
	if err := flow.Together(context.Background(), all...); err != nil {
		t.Fatal(err)
	}
	wrote := 0
	for _, r := range runs {
		var drift *plan.DriftError
		switch {
		case r.err == nil:
			wrote += int(r.result.Rows)
		case !errors.As(r.err, &drift) && !errors.Is(r.err, plan.ErrLocked):
			t.Error(r.err)
		}
	}
	if wrote != 3 {
		t.Errorf("%d rows were written in all, want 3", wrote)
	}
	same(t, "once", w.rows("article", "kind", "tag"), "(1,a,2,1,1) (2,b,2,,2) (3,c,,,3)\n(1,old,OLD) (2,new,NEW)\n(1,red) (2,blue) (3,green)")
}
