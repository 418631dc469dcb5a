package table

import (
	"context"
	"encoding/json"
	"strings"
	"testing"

	"github.com/seed-128c3863/sluice/plan"
)

// A bad row is told with its key, if that can be read, whoever found it bad.
func TestBadRowsHaveKeys(t *testing.T) {
	const ddl = `CREATE TABLE kind (id integer PRIMARY KEY, name text NOT NULL UNIQUE);
		CREATE TABLE item (id integer PRIMARY KEY, kind_id integer NOT NULL REFERENCES kind, n integer NOT NULL, price numeric(6,2) CHECK (price > 0), owner integer REFERENCES kind, UNIQUE (kind_id, n));
		INSERT INTO kind VALUES (1, 'red'), (2, 'blue'); INSERT INTO item VALUES (1, 1, 1, 5, NULL)`
	const job = `columns:
  n: {from: n}
  price: {from: price}
  owner: {from: owner, lookup: kind.name}
  kind_id: {from: kind, lookup: kind.name}
  id: {from: id}
to: {DATABASE, table: item, key: [kind_id, n]}`
	lines := []string{
		"id,kind,n,price,owner",
		"1,red,1,x,",    // found while mapping
		"2,red,many,1,", // the key itself
		"3,blue,3,1,no", // by a look-up
		"4,none,4,1,",   // the key, by a look-up
		"5,blue,5,-1,",  // by a check of the table
		"6,blue,6,1,", "7,blue,6,2,",
		"8,red", // is no row
	}
	want := []string{`{"n":1,"kind_id":"red"}`, "null", `{"n":3,"kind_id":"blue"}`, `{"n":4,"kind_id":"none"}`, `{"n":5,"kind_id":"blue"}`, `{"n":6,"kind_id":"blue"}`, `{"n":6,"kind_id":"blue"}`, "null"}
	newWorlds(t, ddl, ddl, job, func(w *world) {
		im, err := w.open(lines...)
		if err != nil {
			w.Fatal(err)
		}
		var told []string
		p, err := im.Plan(context.Background(), plan.Options{Row: func(r *plan.Row) error {
			told = append(told, keyJSON(r.Key))
			return nil
		}})
		if err != nil {
			w.Fatal(err)
		}
		same(w, "told", strings.Join(told, "\n"), strings.Join(want, "\n"))
		var held []string
		for _, r := range p.Table.Rows {
			held = append(held, keyJSON(r.Key))
		}
		same(w, "held", strings.Join(held, "\n"), strings.Join(want, "\n"))
		_, text := w.plan(lines...)
		has(w, text, `! row 1 1 red: column "price": `, `! row 2: column "n": `, `! row 5 5 blue: column "price": `)
	})
}

func keyJSON(key plan.Values) string {
	if key == nil {
		return "null"
	}
	text, _ := json.Marshal(key)
	return string(text)
}
