package table

import (
	"testing"
)

// TestCatalog looks at a shop before there is a job.
func TestCatalog(t *testing.T) { eachShop(t, testCatalog) }

func testCatalog(t *testing.T, s *shop) {
	ctx := t.Context()
	c, err := OpenCatalog(ctx, s.url)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close(t.Context())
	if _, err := c.Table(ctx, "shop_produkt"); err == nil {
		t.Error("there is a shop_produkt")
	}
	product, err := c.Table(ctx, "shop_product")
	if err != nil {
		t.Fatal(err)
	}
	fk := product.reference("category_id")
	category, name, err := c.Refer(ctx, fk.RefSchema, fk.RefTable)
	if err != nil || name != "shop_category" {
		t.Fatal(name, err)
	}
	for _, tc := range []struct {
		table  *Table
		column string
		values []string
		want   int
	}{
		{category, "slug", []string{"cat-001", "cat-200", "cat-201", "", "CAT-001"}, 2},
		{category, "id", []string{"1", "200", "201", "-5"}, 2},
		{category, "slug", nil, 0},
		{product, "sku", []string{"SKU000000001"}, 0},
	} {
		got, err := c.Found(ctx, tc.table, tc.column, tc.values)
		if err != nil || got != tc.want {
			t.Errorf("%s.%s: %d of %q, %v; want %d", tc.table.Name, tc.column, got, tc.values, err, tc.want)
		}
	}
	if _, err := c.Found(ctx, category, "slog", nil); err == nil {
		t.Error("there is a slog")
	}
}

// TestCatalogOtherSchema names a table that is not found by its name alone with
// its schema.
func TestCatalogOtherSchema(t *testing.T) {
	s := newShop(t)
	s.exec(`CREATE SCHEMA other; CREATE TABLE other."a b" (id int PRIMARY KEY); CREATE TABLE refers (id int PRIMARY KEY, other_id int REFERENCES other."a b")`)
	c, err := OpenCatalog(t.Context(), s.url)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close(t.Context())
	refers, err := c.Table(t.Context(), "refers")
	if err != nil {
		t.Fatal(err)
	}
	fk := refers.reference("other_id")
	if _, name, err := c.Refer(t.Context(), fk.RefSchema, fk.RefTable); err != nil || name != `other."a b"` {
		t.Error(name, err)
	}
}
