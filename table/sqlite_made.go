package table

import (
	"bytes"
	"context"
	"database/sql/driver"
	"encoding/binary"
	"fmt"
	"slices"

	"github.com/seed-128c3863/sluice/plan"
)

// eachField gives each field, and each element of a set, of a record.
func (t *sqliteTarget) eachField(fields []byte, each func(c *binding, field []byte)) {
	for _, c := range t.columns {
		var field []byte
		field, fields = cutStored(fields, 1)
		each(c, field)
	}
	for _, c := range t.links {
		var set [][]byte
		set, fields = takeSet(nil, fields)
		for _, id := range set {
			each(c, id)
		}
	}
}

// creates are the lookers that have rows to make, in the order of the job.
func (s *sqliteImport) creates() (lookers []*sqliteLooker) {
	for _, group := range s.lookups() {
		if k := s.looks[group[0]].sqliteLooker; len(k.made) > 0 {
			lookers = append(lookers, k)
		}
	}
	return lookers
}

// madeOf returns the place of a row that is yet to be made; -1: it is there.
func madeOf(field []byte) int {
	if field[0] != storedMade {
		return -1
	}
	n, _ := binary.Uvarint(field[1:])
	return int(n)
}

// use finds which rows of look-ups are to be made, and notes them on the plan.
func (s *sqliteImport) use() error {
	if len(s.creates()) == 0 {
		return nil
	}
	err := s.eachWritten(func(fields []byte) {
		s.eachField(fields, func(c *binding, field []byte) {
			if n := madeOf(field); n >= 0 {
				s.looks[c].made[n].used = true
			}
		})
	})
	if err != nil {
		return err
	}
	for _, k := range s.creates() {
		n, first := int64(0), []string(nil)
		for _, m := range k.made {
			if m.used {
				if n++; len(first) < 10 {
					first = append(first, textStored(m.key))
				}
			}
		}
		s.load.remark(madeNote(k.lookup, n, first))
	}
	return nil
}

// create makes the rows of look-ups that the rows which are written refer to.
func (w *sqliteWriter) create(ctx context.Context) error {
	if w.begun {
		return nil // the first batch has
	}
	for _, k := range w.creates() {
		if err := w.vacant(ctx, k); err != nil {
			return err
		}
		for n := range k.made {
			if k.made[n].used {
				if err := w.createOne(ctx, k, &k.made[n]); err != nil {
					return err
				}
			}
		}
	}
	return nil
}

// vacant looks whether somebody else has made a row since.
func (w *sqliteWriter) vacant(ctx context.Context, k *sqliteLooker) error {
	var wanted []string
	for _, m := range k.made {
		if m.used {
			wanted = append(wanted, string(m.key))
		}
	}
	var there []plan.Problem
	err := k.ask(ctx, wanted, func(key string, _ []byte) {
		there = append(there, plan.Problem{File: k.Name, Why: fmt.Sprintf("a row with the %s %q was made since it was looked up", k.by.Name, textStored([]byte(key)))})
	})
	if err == nil && there != nil {
		err = &plan.DriftError{Moved: there}
	}
	return err
}

// remade looks whether rows that the first batch has made, and that are to be
// referred to, are those still.
func (d *driftCheck) remade(ctx context.Context) error {
	if !d.begun || len(d.creates()) == 0 {
		return nil
	}
	used := map[*madeRow]bool{}
	if err := d.eachWritten(func(fields []byte) {
		d.eachField(fields, func(c *binding, field []byte) {
			if n := madeOf(field); n >= 0 {
				used[&d.looks[c].made[n]] = true
			}
		})
	}); err != nil {
		return err
	}
	for _, k := range d.creates() {
		var wanted []string
		for i := range k.made {
			if used[&k.made[i]] {
				wanted = append(wanted, string(k.made[i].key))
			}
		}
		now := map[string][][]byte{}
		if err := k.ask(ctx, wanted, func(key string, id []byte) { now[key] = append(now[key], id) }); err != nil {
			return err
		}
		for i := range k.made {
			m := &k.made[i]
			ids := now[string(m.key)]
			if used[m] && (len(ids) != 1 || !bytes.Equal(m.id, ids[0])) && len(d.moved) < mostMoved {
				d.moved = append(d.moved, k.moved(textStored(m.key), len(ids)))
			}
		}
	}
	return nil
}

func (w *sqliteWriter) createOne(ctx context.Context, k *sqliteLooker, m *madeRow) error {
	if _, err := w.exec(ctx, fmt.Sprintf("INSERT%s INTO %s (%s) VALUES (?)", k.lookup.orAbort(), k.lookup.sqlName(), quoteName(k.by.Name)), valueStored(m.key)); err != nil {
		return err
	}
	var entry []byte
	n := 1 + len(k.rowIDs())
	columns := slices.Concat([]string{quoteName(k.id.Name)}, k.rowIDs(), k.whole())
	q := rowQuery{from: k.lookup.sqlName(), where: " WHERE " + quoteName(k.by.Name) + " = ?"}
	err := w.scan(ctx, selectValues(columns, q), len(columns), func(v []driver.Value) error {
		m.id, entry = putValue(nil, v[0]), putHash(putValues(nil, v[1:n]), putWhole(nil, v[n:]))
		return nil
	}, valueStored(m.key))
	if err == nil && m.id == nil {
		err = fmt.Errorf("a row of table %s was made and is not there: a trigger of the table may have done it", k.Name)
	}
	if err != nil {
		return err
	}
	return w.journal.add(ctx, "make", k.lookup.Table, entry)
}

// resolve puts the IDs of rows that were made into a record.
func (w *sqliteWriter) resolve(fields []byte) []byte {
	if len(w.creates()) == 0 {
		return fields
	}
	known := func(c *binding, field []byte) []byte {
		if n := madeOf(field); n >= 0 {
			return w.looks[c].made[n].id
		}
		return field
	}
	var out []byte
	for _, c := range w.columns {
		var field []byte
		field, fields = cutStored(fields, 1)
		out = append(out, known(c, field)...)
	}
	for _, c := range w.links {
		var set [][]byte
		set, fields = takeSet(nil, fields)
		for i := range set {
			set[i] = known(c, set[i])
		}
		out = putSet(out, sorted(set))
	}
	return out
}
