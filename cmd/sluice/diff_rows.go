package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"

	"github.com/seed-128c3863/sluice/plan"
	"github.com/seed-128c3863/sluice/row"
	"github.com/seed-128c3863/sluice/spec"
)

// A rowDiff is a file that lists what a table's plan changes: a row for each
// value, or for each of what has none (a bad row, one that is deleted).
type rowDiff struct {
	file  *os.File
	out   rowWriter
	batch *row.Batch
	keys  []string
}

func newRowDiff(name string, form diffFormat, job *spec.Job) (*rowDiff, error) {
	text, number := row.Type{Kind: row.String}, row.Type{Kind: row.Int64}
	s := row.Schema{{Name: "state", Type: text}, {Name: "file", Type: text}, {Name: "row", Type: number}, {Name: "line", Type: number}}
	var keys []string
	for _, k := range job.To.Key {
		keys = append(keys, k.S)
		s = append(s, row.Field{Name: "key." + k.S, Type: text})
	}
	for _, name := range []string{"column", "old", "new", "why"} {
		s = append(s, row.Field{Name: name, Type: text})
	}
	f, err := os.Create(name)
	if err != nil {
		return nil, err
	}
	d := &rowDiff{file: f, batch: row.NewBatch(s), keys: keys}
	if d.out, err = form(f, s); err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return d, nil
}

// add lists a row, unless it is unchanged.
func (d *rowDiff) add(r *plan.Row) error {
	if r.State == plan.Unchanged {
		return nil
	}
	if len(r.Values) == 0 {
		bad := plan.Change{Column: r.Column}
		if r.Value != "" {
			bad.New = r.Value
		}
		return d.value(r, &bad)
	}
	for i := range r.Values {
		if err := d.value(r, &r.Values[i]); err != nil {
			return err
		}
	}
	return nil
}

func (d *rowDiff) value(r *plan.Row, c *plan.Change) error {
	d.text(0, string(r.State))
	d.text(1, r.File)
	d.number(2, r.Row)
	d.number(3, r.Line)
	for i, name := range d.keys {
		var value any
		for _, k := range r.Key {
			if k.Column == name {
				value = k.Value
			}
		}
		d.any(4+i, value)
	}
	at := 4 + len(d.keys)
	d.text(at, c.Column)
	d.any(at+1, c.Old)
	d.any(at+2, c.New)
	d.text(at+3, r.Why)
	d.batch.Len++
	d.batch.Row = append(d.batch.Row, int64(d.batch.Len))
	if d.batch.Len < 1000 {
		return nil
	}
	return d.write()
}

// text adds a text, of which there is none if it is empty.
func (d *rowDiff) text(column int, text string) {
	if text == "" {
		d.any(column, nil)
	} else {
		d.any(column, text)
	}
}

func (d *rowDiff) number(column int, n int64) {
	if c := &d.batch.Cols[column]; n == 0 {
		c.AppendNull()
	} else {
		c.AppendInt(n)
	}
}

// any adds a value as text, a list as JSON.
func (d *rowDiff) any(column int, v any) {
	c := &d.batch.Cols[column]
	switch v := v.(type) {
	case nil:
		c.AppendNull()
	case []any:
		text, _ := json.Marshal(v) // of what came as JSON
		c.AppendBytes(text)
	default:
		c.AppendBytes(d.batch.Keep(fmt.Append(nil, v)))
	}
}

func (d *rowDiff) write() error {
	defer d.batch.Reset()
	return d.out.Write(d.batch)
}

func (d *rowDiff) close() error {
	return errors.Join(d.write(), d.out.Close(), d.file.Close())
}
