package table

import (
	"context"
	"path/filepath"
	"testing"

	"github.com/seed-128c3863/sluice/plan"
)

// TestParquet exports the products as Parquet, and finds that a plan of the file
// changes nothing, and one of it against a table that is empty inserts all. SQLite
// knows no digits of its decimals, so that they are texts in the file.
func TestParquet(t *testing.T) { eachShop(t, testParquet) }

func testParquet(t *testing.T, s *shop) {
	s.apply(v1)
	s.apply(v2clean)
	file := filepath.Join(t.TempDir(), "products.parquet")
	exportTo(t, s.open("none.csv"), file, "parquet")
	texts := []string{"{from: price,", `{from: price, decimal: ".",`, "{from: weight}", `{from: weight, decimal: "."}`}
	p, err := s.open(file, texts...).Plan(context.Background(), plan.Options{})
	if err != nil {
		t.Fatal(err)
	}
	if p.Counts[plan.Unchanged] != 306 || p.Counts.Total() != 306 {
		t.Errorf("a plan of the export: %v %+v", p.Counts, p.Table.Rows[:min(3, len(p.Table.Rows))])
	}
	want := s.products()
	s.exec("DELETE FROM shop_product_tags")
	s.exec("DELETE FROM shop_product")
	r, err := s.open(file, texts...).Apply(context.Background(), plan.ApplyOptions{})
	if err != nil || r.Counts[plan.New] != 306 {
		t.Fatalf("%+v, %v", r, err)
	}
	same(t, "the products", s.products(), want)
}
