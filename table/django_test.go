package table

import (
	"fmt"
	"strings"
	"testing"
)

// What docs/from-django-import-export.md says is different on purpose: each of
// these rows is taken there, and changed or lost without a word.
func TestDjangoTraps(t *testing.T) {
	const ddl = `CREATE TABLE cat (id int PRIMARY KEY, slug varchar(10) NOT NULL UNIQUE); CREATE TABLE tag (id int PRIMARY KEY, name varchar(10) NOT NULL UNIQUE);
		CREATE TABLE prod (id %[1]s, sku varchar(10) NOT NULL UNIQUE, title varchar(5) NOT NULL, stock integer NOT NULL, price decimal(8,2) NOT NULL, active boolean, cat_id int REFERENCES cat (id));
		CREATE TABLE prod_tags (id %[1]s, prod_id int NOT NULL REFERENCES prod (id), tag_id int NOT NULL REFERENCES tag (id), UNIQUE (prod_id, tag_id));
		INSERT INTO cat VALUES (1, 'a'); INSERT INTO tag VALUES (1, 'x'), (2, 'y')`
	const job = `columns:
  sku: {from: sku, required: true}
  title: {from: title}
  stock: {from: stock}
  price: {from: price}
  active: {from: active, "true": ["1"], "false": ["0"]}
  cat_id: {from: cat, lookup: cat.slug}
  tags: {from: tags, split: "|", through: prod_tags, lookup: tag.name}
to: {DATABASE, table: prod, key: sku}
`
	traps := []struct{ row, want string }{
		{"1,ok,1,1.50,1,a,x", ""},
		{"2,yes,1,1.50,yes,a,x", `column "active": "yes" is not among the words for true`},
		{"3,int,3.9,1.50,1,a,x", `column "stock": "3.9" is not an integer`},
		{"4,dec,1,1.005,1,a,x", `column "price": "1.005" has more than 2 digits after the point`},
		{"5,toolong,1,1.50,1,a,x", `column "title": "toolong" has 7 characters, and 5 is the most`},
		{"6,tag,1,1.50,1,a,nope", `column "tags": there is no row of tag whose name is "nope"`},
		{"7,dup,1,1.50,1,a,x", `column "sku": row 8 has the same key`},
		{"7,dup,2,1.50,1,a,x", `column "sku": row 7 has the same key`},
		{"8,cat,1,1.50,1,zz,x", `column "cat_id": there is no row of cat whose slug is "zz"`},
		{"9,null,1,1.50,null,a,x", `column "active": "null" is not among the words for true`},
		{"10,none,1,1.50,none,a,x", `column "active": "none" is not among the words for true`},
		{"11,blank,1,1.50,1,a,x | y", `column "tags": there is no row of tag whose name is "x "`},
		{"12,empty,1,1.50,,,", ""},
	}
	newWorlds(t, fmt.Sprintf(ddl, "serial PRIMARY KEY"), fmt.Sprintf(ddl, "integer PRIMARY KEY"), job, func(w *world) {
		file := []string{"sku,title,stock,price,active,cat,tags"}
		for _, trap := range traps {
			file = append(file, trap.row)
		}
		p, text := w.plan(file...)
		has(w, text, "13 rows: 2 new, 11 invalid")
		bad := map[int64]string{}
		for _, r := range p.Table.Rows {
			bad[r.Row] = fmt.Sprintf("column %q: %s", r.Column, r.Why)
		}
		for i, trap := range traps {
			if trap.want != "" && !strings.HasPrefix(bad[int64(i+1)], trap.want) {
				w.Errorf("%s: %s", trap.row, bad[int64(i+1)])
			}
		}
		w.apply(file...)
		has(w, w.rows("prod"), "(1,1,ok,1,1.5", "(2,12,empty,1,1.5")
		_, err := w.tryApply("sku,title,stok,price,active,cat,tags", "1,ok,2,1.50,1,a,x")
		has(w, err, `the header has no "stock"`)
	})
}
