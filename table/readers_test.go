package table

import (
	"context"
	"strings"
	"testing"

	"github.com/seed-128c3863/sluice/plan"
)

// A deed is something that sluice does while others read and write: from one
// state of the table a to another.
type deed struct {
	name     string
	from, to string
	before   func(w *world) // what leads there
	do       func(w *world) error
}

const readDDL = "CREATE TABLE a (k int PRIMARY KEY, v text); INSERT INTO a VALUES (1, 'a'), (2, 'b'), (9, 'z')"

// deeds are of readDDL and plainJob.
func deeds() []deed {
	const before, after = "(1,a) (2,b) (9,z)", "(1,c) (2,d) (3,n) (9,z)"
	file := []string{"k,v", "1,c", "2,d", "3,n"}
	run := ""
	batches := func(w *world) error {
		job := w.job
		defer func() { w.job = job }()
		w.job = strings.Replace(job, "to: {", "transaction: batch\nto: {", 1)
		im, err := w.open(file...)
		if err == nil {
			im.batch = 1
			_, err = im.Apply(context.Background(), plan.ApplyOptions{})
			im.Close()
		}
		return err
	}
	return []deed{
		{"apply", before, after, nil, func(w *world) error { _, err := w.tryApply(file...); return err }},
		{"batches", before, after, nil, batches},
		{"revert", after, before, func(w *world) { run = w.apply(file...).Run }, func(w *world) error { _, err := w.tryRevert(run); return err }},
		{"plan --out", before, before, nil, func(w *world) error {
			im, err := w.open(file...)
			if err == nil {
				_, err = im.Plan(context.Background(), plan.Options{Keep: true})
				im.Close()
			}
			return err
		}},
	}
}

// Who reads all the while, or edits other rows, is in nobody's way, and sees the
// table as it was.
func TestPostgresReader(t *testing.T) {
	for _, d := range deeds() {
		t.Run(d.name, func(t *testing.T) {
			w := newWorld(t, readDDL, plainJob)
			if d.before != nil {
				d.before(w)
			}
			reader := w.hold("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ; SELECT * FROM a")
			editor := w.hold("UPDATE a SET v = 'theirs' WHERE k = 9; INSERT INTO a VALUES (8, 'new')")
			if err := d.do(w); err != nil {
				t.Fatal(err)
			}
			var seen string
			if err := reader.QueryRow(context.Background(), "SELECT string_agg(a::text, ' ' ORDER BY k) FROM a").Scan(&seen); err != nil {
				t.Fatal(err)
			}
			same(t, "what the reader sees", seen, d.from)
			if err := editor.Commit(context.Background()); err != nil {
				t.Fatal(err)
			}
			same(t, "left", w.rows("a"), strings.Replace(d.to, "(9,z)", "(8,new) (9,theirs)", 1))
		})
	}
}
