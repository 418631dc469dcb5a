package spec

import (
	"fmt"
	"slices"
	"strings"

	"github.com/seed-128c3863/sluice/row"
)

func (c *checker) checkColumns() {
	if at, ok := c.there("", "columns"); ok && len(c.job.Cols) == 0 && !c.failed("columns") {
		c.fail(at, "there are no columns", "as in id: {from: id, type: string}")
	}
	for i := range c.job.Cols {
		col := &c.job.Cols[i]
		if c.wrong(col.Pos.Path) {
			continue // not even a mapping
		}
		c.checkSource(col)
		c.checkLookup(col)
		c.checkWords(col)
		if _, ok := c.there(col.Pos.Path, "type"); !ok && c.target == fileTarget {
			c.fail(col.Pos, `the key "type" is missing`, "as in type: string")
		}
		if col.Type != nil {
			c.checkOfType(col)
		}
	}
}

// checkSource sees that a column has one source.
func (c *checker) checkSource(col *Column) {
	path := col.Pos.Path
	_, from := c.there(path, "from")
	at, value := c.there(path, "value")
	switch {
	case from && value:
		c.fail(at, "a column has from or value, not both", "value: row."+col.From.S+" is an expression over it")
	case !from && !value:
		c.fail(col.Pos, "the column has neither from nor value", "from names what it is read from, value is an expression")
	}
}

func (c *checker) checkLookup(col *Column) {
	path := col.Pos.Path
	if _, ok := c.there(path, "lookup"); !ok {
		c.failKey(path, "missing", "only a lookup has this", "as in lookup: shop_category.slug")
		c.failKey(path, "through", "only a lookup has this", "as in lookup: shop_tag.name")
	} else if _, ok := c.there(path, "split"); !ok {
		c.failKey(path, "through", "only a cell that is split has this", `as in split: "|"`)
	}
}

// checkWords sees that no text means two things.
func (c *checker) checkWords(col *Column) {
	path := col.Pos.Path
	for _, pair := range []struct {
		key, other string
		a, b       []string
	}{
		{"false", "true", col.False, col.True}, {"null", "true", col.Null, col.True}, {"null", "false", col.Null, col.False},
	} {
		for _, w := range pair.a {
			if slices.Contains(pair.b, w) {
				c.failKey(path, pair.key, fmt.Sprintf("%q is in %s as well", w, pair.other), "leave it out of one of them")
			}
		}
	}
	if col.Decimal != "" && col.Decimal == col.Thousand || col.Decimal == "" && col.Thousand == "." {
		c.failKey(path, "thousands", fmt.Sprintf("%q is the decimal mark as well", col.Thousand), `as in decimal: ","`)
	}
}

// checkOfType reports the keys that the column's type has no use for.
func (c *checker) checkOfType(col *Column) {
	kind := col.Type.Kind
	for t := col.Type; kind == row.List; t = t.Elem {
		kind = t.Elem.Kind
	}
	for _, k := range ofTypes {
		if !slices.Contains(k.kinds, kind) {
			c.failKey(col.Pos.Path, k.key, fmt.Sprintf("type %s has no use for this", col.Type), "it is for "+kindList(k.kinds))
		}
	}
}

func kindList(kinds []row.Kind) string {
	names := make([]string, len(kinds))
	for i, k := range kinds {
		names[i] = k.String()
	}
	return strings.Join(names, ", ")
}
