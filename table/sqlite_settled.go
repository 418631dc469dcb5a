package table

import (
	"bytes"
	"context"
	"database/sql/driver"
	"fmt"
	"slices"
	"strings"
)

// triggered reports whether triggers may have written otherwise than was given
// back.
func (r *sqliteReverter) triggered() bool {
	return len(r.Triggers) > 0 || slices.ContainsFunc(r.links, func(c *binding) bool { return len(c.link.Triggers) > 0 })
}

// asItWas finds out whether what was taken back of a part is as it was before the
// run.
func (r *sqliteReverter) asItWas(ctx context.Context, p *journalPart, t *Table) (err error) {
	if len(t.Triggers) == 0 {
		return nil
	}
	var found []string
	if p.op == "update" {
		found, err = r.otherFields(ctx, r.touched(p))
	} else {
		found, err = r.otherRows(ctx, t, r.wholeRows(p, t))
	}
	if err != nil || found == nil {
		return err
	}
	return t.otherwise(found)
}

// otherFields names the restored rows whose fields are not as they were.
func (r *sqliteReverter) otherFields(ctx context.Context, rows []touchedRow) (found []string, err error) {
	t, k := r.bare(), &rowChunk{}
	for part := range slices.Chunk(rows, chunkRows) {
		if err := r.giveTouched(ctx, part); err != nil {
			return nil, err
		}
		if err := r.read(ctx, t, t.at(), k); err != nil {
			return nil, err
		}
		if len(k.rows) != len(part) {
			return nil, fmt.Errorf("%d rows of table %s were restored, and %d of them are there: a trigger of the table may have done it", len(part), r.Name, len(k.rows))
		}
		for i := range part {
			var other []string
			_, now := k.row(i)
			was := part[i].was
			for n, c := range r.columns {
				var is, old []byte
				is, now = cutStored(now, 1)
				if part[i].mask[n/8]&(1<<(n%8)) == 0 {
					continue
				}
				if old, was = cutStored(was, 1); !bytes.Equal(is, old) {
					other = append(other, c.to.Name)
				}
			}
			if other != nil {
				found = append(found, textsStored(part[i].ids, len(r.ids))+": "+strings.Join(other, ", "))
			}
		}
	}
	return found, nil
}

// otherRows names the rows that were made again and are not as they were.
func (r *sqliteReverter) otherRows(ctx context.Context, t *Table, records [][]byte) (found []string, err error) {
	at, columns := wholeIDs(t), t.whole()
	ids := make([][]byte, len(records))
	for i, record := range records {
		for _, n := range at {
			ids[i] = append(ids[i], fieldAt(record, n)...)
		}
	}
	if err := r.giveFields(ctx, "ids", len(at), ids); err != nil {
		return nil, err
	}
	there := make([]bool, len(records))
	err = r.scan(ctx, selectValues(append([]string{"s.rowid"}, of("k", columns)...), rowQuery{from: idsJoin(t)}), len(columns)+1, func(v []driver.Value) error {
		i := v[0].(int64) - 1
		there[i] = true
		var other []string
		for n, name := range columns {
			if !bytes.Equal(putWhole(nil, v[n+1:n+2]), fieldAt(records[i], n)) {
				other = append(other, name)
			}
		}
		if other != nil {
			found = append(found, textsStored(ids[i], len(at))+": "+strings.ReplaceAll(strings.Join(other, ", "), `"`, ""))
		}
		return nil
	})
	for i := range there {
		if err == nil && !there[i] {
			found = append(found, textsStored(ids[i], len(at))+" is not there")
		}
	}
	return found, err
}
