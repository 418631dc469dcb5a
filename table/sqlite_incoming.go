package table

import (
	"bytes"
	"context"
	"errors"
	"os"
	"slices"

	"github.com/seed-128c3863/sluice/row"
)

// A sqliteImport is one plan of an import, and perhaps its apply. Rows on their
// way are in a spool; what changes is in a file beside it: see sqlite_plan.go.
type sqliteImport struct {
	*sqlite
	*sqliteTarget
	load    *load
	in      *spool
	fields  []storeField
	looks   map[*binding]*sqliteLook
	changes *os.File // the rows that are changed, as they are before
	refused []sqliteRefusal
	unkeyed int64      // bad rows of which it is not known which they are
	deleted int64      // rows of the table
	part    sqlitePart // that is written
	done    sqlitePart // that the batches before have written
	begun   bool       // a batch is written
	saved   string     // the ID of the saved plan that this is; "": none
	version int64      // PRAGMA data_version, when look-ups were begun, and then when the table was compared
	schema  int64      // PRAGMA schema_version, when the table was last seen to be as it was inspected
	buf     []byte
	set     [][]byte
}

// A sqliteRefusal is an incoming row that only the database can tell to be bad.
type sqliteRefusal struct {
	i   int
	col int // in the job
	why string
}

// begin makes an empty spool.
func (d *sqlite) begin(_ context.Context, t *target) (comparison, error) {
	st, err := newSQLiteTarget(t)
	if err != nil {
		return nil, err
	}
	s := &sqliteImport{sqlite: d, sqliteTarget: st, part: wholePlan}
	if s.looks, err = d.newLooks(t); err != nil {
		return nil, err
	}
	for _, c := range t.columns {
		var field storeField
		if c.lookup == nil {
			if field, err = storeFieldOf(*c.col.Type, c.to); err != nil {
				return nil, err
			}
		}
		s.fields = append(s.fields, field)
	}
	if s.in, err = newSpool(s.keyOf); err != nil {
		return nil, err
	}
	if s.changes, err = unnamedFile(); err != nil {
		return nil, errors.Join(err, s.in.close())
	}
	return s, nil
}

func (s *sqliteImport) loaded() *load { return s.load }

// drop removes what is left of the import.
func (s *sqliteImport) drop(ctx context.Context) {
	s.take(context.WithoutCancel(ctx))
	_ = s.in.close()
	_ = s.changes.Close()
}

// fill stores the rows that read gives.
func (s *sqliteImport) fill(ctx context.Context, read func(context.Context, incoming) (*load, error)) (err error) {
	if s.version, err = s.number(ctx, "PRAGMA data_version"); err != nil {
		return err
	}
	s.load, err = read(ctx, s)
	return err
}

// add stores the rows of a batch whose look-ups are there.
func (s *sqliteImport) add(ctx context.Context, b *row.Batch, numbers []int64) (refused []row.Reject, err error) {
	for c, look := range s.looks {
		if err := look.know(ctx, &b.Cols[c.at]); err != nil {
			return nil, err
		}
	}
	s.unkeyed += int64(len(b.Bad))
	for r, n := range numbers {
		bad, done := (*row.Reject)(nil), false
		if s.verdict >= 0 {
			bad, done = s.judged(b, r, n)
		}
		if !done {
			if bad = s.addRow(b, r); bad != nil && s.verdict >= 0 {
				s.protect(b, r, n)
			}
		}
		if bad != nil {
			bad.Row, bad.Line = b.Row[r], lineOf(b, r)
			refused = append(refused, *bad)
		}
		if bad != nil || done {
			continue
		}
		if err := s.in.add(n, s.buf); err != nil {
			return nil, err
		}
	}
	return refused, nil
}

// addRow stores the values of a row in buf, or says why not.
func (s *sqliteImport) addRow(b *row.Batch, r int) (bad *row.Reject) {
	s.buf = s.buf[:0]
	for i, c := range s.columns {
		if bad = s.addField(b, i, c, r); bad != nil {
			return bad
		}
	}
	for _, c := range s.links {
		if s.buf, bad = s.appendSet(s.buf, c, &b.Cols[c.at], r); bad != nil {
			return bad
		}
	}
	return nil
}

// addField stores the value of one column.
func (s *sqliteImport) addField(b *row.Batch, i int, c *binding, r int) (bad *row.Reject) {
	v := &b.Cols[c.at]
	if c.lookup != nil {
		s.buf, bad = s.looks[c].append(s.buf, v, r)
		return bad
	}
	var err error
	at := len(s.buf)
	if s.buf, err = s.fields[i](s.buf, v, r); err != nil {
		return refusal(c, keyText(v, r), "%w", err)
	}
	if s.buf[at] == storedText && bytes.IndexByte(contentStored(s.buf[at:]), 0) >= 0 {
		return refusal(c, keyText(v, r), "the text holds a NUL, at which SQLite's own functions cut it")
	}
	return nil
}

// appendSet appends the IDs for list r.
func (s *sqliteImport) appendSet(b []byte, c *binding, v *row.Column, r int) ([]byte, *row.Reject) {
	start := 0
	if r > 0 {
		start = v.Ends[r-1]
	}
	s.set = s.set[:0]
	for e := start; e < v.Ends[r]; e++ {
		if v.Elem.Null[e] {
			continue
		}
		id, bad := s.looks[c].find(v.Elem, e)
		if bad != nil {
			return b, bad
		}
		if id != nil {
			s.set = append(s.set, id)
		}
	}
	return putSet(b, sorted(s.set)), nil
}

// sorted orders a set by the bytes of its fields, without repetition.
func sorted(set [][]byte) [][]byte {
	slices.SortFunc(set, bytes.Compare)
	return slices.CompactFunc(set, bytes.Equal)
}

// keyOf appends what equal keys have equal.
func (t *sqliteTarget) keyOf(buf, fields []byte) []byte {
	for i, c := range t.columns {
		var field []byte
		field, fields = cutStored(fields, 1)
		if t.inKey[i] {
			buf = foldStored(buf, field, c.to.Collation)
		}
	}
	return buf
}
