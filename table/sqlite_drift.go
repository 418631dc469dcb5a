package table

import (
	"bytes"
	"context"
	"database/sql/driver"
	"fmt"
	"slices"
	"strings"

	"github.com/seed-128c3863/sluice/plan"
)

// drift compares what the plan touches with the database once more. Rows that
// others have changed and the plan does not touch may be as they are.
func (s *sqliteImport) drift(ctx context.Context) error {
	if err := s.altered(ctx); err != nil {
		return err
	}
	d := &driftCheck{sqliteImport: s}
	for _, check := range []func(context.Context) error{d.looked, d.remade, d.taken, d.touched} {
		if err := check(ctx); err != nil {
			return err
		}
	}
	if err := driftOf(d.moved); err != nil {
		return err
	}
	if err := s.followers(ctx); err != nil {
		return err
	}
	return s.children(ctx)
}

// altered looks whether the table is as it was inspected.
func (s *sqliteImport) altered(ctx context.Context) error {
	schema, err := s.number(ctx, "PRAGMA schema_version")
	if err != nil || schema == s.schema {
		return err
	}
	there, err := s.hasTable(ctx, s.Name)
	if err != nil {
		return err
	}
	what := "the table is no longer there"
	if there {
		now, err := s.inspect(ctx, jobName(s.Name))
		if err != nil {
			return err
		}
		if what = altered(s.Table, now); what != "" {
			what = "the table was altered since it was compared: " + what
		}
	}
	if what != "" {
		return &plan.DriftError{Moved: []plan.Problem{{File: s.Name, Why: what}}}
	}
	s.schema = schema
	return nil
}

// A driftCheck looks for what is no longer as it was compared.
type driftCheck struct {
	*sqliteImport
	moved []plan.Problem
}

// mostMoved is how many are named.
const mostMoved = 20

// note names an incoming row, or a row of the table that none tells of.
func (d *driftCheck) note(i int, ids, key []byte, why string) error {
	if len(d.moved) >= mostMoved {
		return nil
	}
	n := len(d.key)
	if n == 0 {
		key, n = ids, len(d.ids)
	}
	name := textsStored(key, n)
	p := plan.Problem{File: d.Name, Why: fmt.Sprintf("row %s: %s", name, why)}
	if i < d.in.n {
		file, r, err := d.placeOf(i)
		if err != nil {
			return err
		}
		p = plan.Problem{File: file, Why: fmt.Sprintf("row %d (%s): %s", r, name, why)}
	}
	d.moved = append(d.moved, p)
	return nil
}

// keyFields are the fields of the key of a record, as they are.
func (t *sqliteTarget) keyFields(record []byte) (fields []byte) {
	for i := range t.columns {
		var field []byte
		field, record = cutStored(record, 1)
		if t.inKey[i] {
			fields = append(fields, field...)
		}
	}
	return fields
}

// looked looks up once more what the rows that are written refer to.
func (d *driftCheck) looked(ctx context.Context) error {
	return d.eachFound(func(k *sqliteLooker, keys []string) error {
		now := map[string][][]byte{}
		if err := k.ask(ctx, keys, func(key string, id []byte) { now[key] = append(now[key], id) }); err != nil {
			return err
		}
		for _, key := range keys {
			ids := now[key]
			same := len(ids) == 1 && bytes.Equal(ids[0], k.ids[key][0])
			if !same && len(d.moved) < mostMoved {
				d.moved = append(d.moved, k.moved(textStored([]byte(key)), len(ids)))
			}
		}
		return nil
	})
}

// taken looks for rows of the table that have the keys of new ones.
func (d *driftCheck) taken(ctx context.Context) error {
	if len(d.key) == 0 {
		return nil
	}
	columns := []string{"at"}
	for n := range d.key {
		columns = append(columns, fmt.Sprintf("sluice_i%d", n))
	}
	err := d.give(ctx, "fresh", strings.Join(columns, ", "), func() (rowFeed, error) {
		from, to := d.news()
		in, values := d.in.reader().at(from), []driver.Value(nil)
		return func() ([]driver.Value, error) {
			i, _, fields, err := in.next(rowFresh)
			if err != nil || i < 0 || i >= to {
				return nil, err
			}
			values, _ = takeValues(append(values[:0], int64(i)), d.keyFields(fields), len(d.key))
			return values, nil
		}, nil
	})
	if err != nil {
		return err
	}
	var found []int
	err = d.scanSome(ctx, selectValues([]string{"s.at"}, d.withKeys("fresh")), mostMoved, 1, func(v []driver.Value) error {
		found = append(found, int(v[0].(int64)))
		return nil
	})
	for _, i := range found {
		_, fields, err := d.in.record(i, nil)
		if err == nil {
			err = d.note(i, nil, d.keyFields(fields), "its key was taken since it was compared")
		}
		if err != nil {
			return err
		}
	}
	return err
}

// touched looks at the rows that are updated or deleted.
func (d *driftCheck) touched(ctx context.Context) error {
	var some []*rowChange
	err := d.touches(func(c *rowChange) error {
		if some = append(some, c); len(some) < chunkRows {
			return nil
		}
		defer func() { some = some[:0] }()
		return d.compareAgain(ctx, some)
	})
	if err != nil || len(some) == 0 {
		return err
	}
	return d.compareAgain(ctx, some)
}

// compareAgain looks at some of these rows.
func (d *driftCheck) compareAgain(ctx context.Context, some []*rowChange) error {
	ids := make([][]byte, len(some))
	for i, c := range some {
		ids[i] = c.ids
	}
	if err := d.giveFields(ctx, "ids", len(d.ids), ids); err != nil {
		return err
	}
	inside, err := d.inside(ctx, some)
	if err != nil {
		return err
	}
	k := &rowChunk{}
	if err := d.sqlite.read(ctx, d.sqliteTarget, d.at(), k); err != nil {
		return err
	}
	at := 0
	for i, c := range some {
		was, err := d.before(c)
		if err != nil {
			return err
		}
		why := "the row of the table was removed since it was compared"
		if at < len(k.rows) {
			if ids, now := k.row(at); bytes.Equal(ids, c.ids) {
				at++
				if why, err = d.changed(ctx, was, now); err != nil {
					return err
				}
				if why == "" && inside != nil && c.i == d.in.n && !inside[i] {
					why = "the row of the table is no longer within what the files mirror"
				}
			}
		}
		if why == "" {
			continue
		}
		if err := d.note(c.i, c.ids, d.keyFields(was), why); err != nil {
			return err
		}
	}
	return nil
}

// inside says which of the rows in temp.sluice_ids are within what the files
// mirror; nil: it does not matter.
func (d *driftCheck) inside(ctx context.Context, some []*rowChange) ([]bool, error) {
	if d.job.To.Within.S == "" || d.deleted == 0 {
		return nil, nil
	}
	inside := make([]bool, len(some))
	q := d.at()
	q.where = " WHERE " + d.within()
	return inside, d.scan(ctx, selectValues([]string{"s.rowid"}, q), 1, func(v []driver.Value) error {
		inside[v[0].(int64)-1] = true
		return nil
	})
}

// before is the record of a row of the table as it was compared. Fields that
// did not differ are as in the files.
func (d *driftCheck) before(c *rowChange) (record []byte, err error) {
	if c.deletes() {
		return c.record, nil
	}
	_, fields, err := d.in.record(c.i, nil)
	if err != nil {
		return nil, err
	}
	for n := range len(d.columns) + len(d.links) {
		var is []byte
		if is, fields = d.cut(fields, n); c.was[n] != nil {
			is = c.was[n]
		}
		record = append(record, is...)
	}
	return record, nil
}

// changed says what of a row is not as it was, "" if all is.
func (d *driftCheck) changed(ctx context.Context, was, now []byte) (string, error) {
	mask, _, _ := d.differ(now, was)
	moved := !bytes.Equal(d.keyOf(nil, was), d.keyOf(nil, now))
	if mask == nil && !moved {
		return "", nil
	}
	var what []string
	for n, c := range slices.Concat(d.columns, d.links) {
		var old, is []byte
		old, was = d.cut(was, n)
		is, now = d.cut(now, n)
		key := moved && n < len(d.columns) && d.inKey[n]
		if !key && (mask == nil || mask[n/8]&(1<<(n%8)) == 0) {
			continue
		}
		before, err := d.shown(ctx, c, old)
		if err != nil {
			return "", err
		}
		after, err := d.shown(ctx, c, is)
		if err != nil {
			return "", err
		}
		what = append(what, fmt.Sprintf("%s %s → %s", c.col.Name, valueText(before), valueText(after)))
	}
	return "the row of the table was changed since it was compared: " + strings.Join(what, ", "), nil
}

func valueText(v any) string {
	if v == nil {
		return "null"
	}
	return fmt.Sprint(v)
}
