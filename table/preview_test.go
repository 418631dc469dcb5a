package table

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/seed-128c3863/sluice/plan"
)

// A preview has the first rows as they are held against the table, with its
// types, and leaves nothing behind.
func TestPreview(t *testing.T) { eachShop(t, testPreview) }

func testPreview(t *testing.T, s *shop) {
	before := s.dump()
	im := s.open(v1)
	defer im.Close()
	p, err := im.Preview(context.Background(), 2)
	if err != nil {
		t.Fatal(err)
	}
	lines := records(t, v1)
	if len(p.Rows) != 2 || p.Files != 1 || p.Sources != 1 || len(p.Columns) != len(im.Job.Cols) {
		t.Fatalf("%+v", p)
	}
	has(t, string(p.Rows[1].Values), fmt.Sprintf(`"sku":%q`, lines[2][sku]), fmt.Sprintf(`"category_id":%q`, lines[2][category]), `"tags":[`)
	same(t, "the shop", s.dump(), before)
	same(t, "kept", s.kept(), "")
}

// What cannot be read is said; rows that delete others are not shown.
func TestPreviewRejects(t *testing.T) {
	const ddl = "CREATE TABLE item (id integer PRIMARY KEY, n integer NOT NULL, note varchar(3))"
	const job = "columns: {id: {from: id}, n: {from: n}, note: {from: note}}\nto: {DATABASE, table: item, key: id, delete_when: 'row.n == \"0\"'}"
	newWorlds(t, ddl, ddl, job, func(w *world) {
		w.more = []string{"id,n,note\n9,9,\n", "id,m\n"}
		im, err := w.open("id,n,note", "1,1,a", "2,x,b", "3,0,c", "4,4,long", "5,5,")
		if err != nil {
			w.Fatal(err)
		}
		preview := func(n int) (*plan.Preview, string) {
			p, err := im.Preview(context.Background(), n)
			if err != nil {
				w.Fatal(err)
			}
			var text []string
			for _, r := range p.Rows {
				text = append(text, fmt.Sprintf("%d %s", r.Row, r.Values))
			}
			for _, r := range p.Rejects {
				text = append(text, fmt.Sprintf("%d %s", r.Row, r.Column))
			}
			for _, r := range p.Invalid {
				text = append(text, r.Why)
			}
			return p, strings.Join(text, "\n")
		}
		_, text := preview(1)
		same(w, "one row", text, `1 {"id":1,"n":1,"note":"a"}`)
		_, text = preview(2)
		same(w, "two rows", text, `1 {"id":1,"n":1,"note":"a"}`+"\n"+`5 {"id":5,"n":5,"note":null}`+"\n2 n\n4 note")
		p, text := preview(9)
		has(w, text, `1 {"id":9,"n":9,"note":null}`, `the header has no "n"`)
		if p.Files != 3 || len(p.Rows) != 3 {
			w.Errorf("%+v", p)
		}
		w.from, w.more = `absent_columns: "null"`, nil
		if im, err = w.open("id,n", "1,1"); err != nil {
			w.Fatal(err)
		}
		if p, text = preview(9); len(p.Columns) != 2 {
			w.Errorf("%+v", p)
		}
		same(w, "without a column", text, `1 {"id":1,"n":1}`)
	})
}
