package table

import (
	"bytes"
	"cmp"
	"context"
	"encoding/binary"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/seed-128c3863/sluice/plan"
)

// What changes is in a file beside the spool, in the order of the table, an
// entry for each row:
//
//	uvarint, bytes of the entry
//	uvarint, place of the incoming row
//	the IDs of the table's row
//	the mask: a bit for each column and link that differs
//	of each of these the field, or the set, as it is before; of a row that is
//	deleted, which has no bit in its mask, the whole record
//
// The spool keeps each entry's place. New rows are those that the spool says are
// not in the table.

// classify holds the incoming rows against the table, and returns how many there
// are of each state.
func (s *sqliteImport) classify(ctx context.Context) (plan.Counts, error) {
	repeated, err := s.in.index()
	if err != nil {
		return nil, err
	}
	if len(s.key) > 0 {
		if err := s.repeats(repeated); err != nil {
			return nil, err
		}
	}
	err = s.transaction(ctx, "BEGIN", func() error { return s.look(ctx) })
	if err == nil {
		err = s.use()
	}
	if err != nil {
		return nil, err
	}
	counts := plan.Counts{plan.New: 0, plan.Update: 0, plan.Delete: 0, plan.Unchanged: 0, plan.Invalid: s.load.rejects}
	for i := range s.in.n {
		if state := *s.in.state(i); state != rowKept && state != rowGone {
			counts[stateOf(state)]++
		}
	}
	if s.deleted > 0 {
		counts[plan.Delete] = s.deleted
	}
	if counts.Written() > 0 {
		s.load.remark(s.meddlers())
	}
	slices.SortFunc(s.refused, func(a, b sqliteRefusal) int { return cmp.Or(a.i-b.i, a.col-b.col, strings.Compare(a.why, b.why)) })
	return counts, nil
}

// look compares the rows with the table as it is at one moment.
func (s *sqliteImport) look(ctx context.Context) (err error) {
	if err = s.altered(ctx); err != nil {
		return err
	}
	if len(s.key) > 0 {
		if err := s.compare(ctx); err != nil {
			return err
		}
	}
	s.allow()
	if err := s.check(ctx); err != nil {
		return err
	}
	if err := s.guard(ctx); err != nil {
		return err
	}
	return s.settle(ctx)
}

// settle ends a comparison: what was looked up before it began is to hold in it,
// too.
func (s *sqliteImport) settle(ctx context.Context) error {
	version, err := s.number(ctx, "PRAGMA data_version")
	if err != nil || version == s.version {
		return err
	}
	s.version = version
	d := &driftCheck{sqliteImport: s}
	if err := d.looked(ctx); err != nil {
		return err
	}
	return driftOf(d.moved)
}

func stateOf(s rowState) plan.State {
	return [...]plan.State{rowFresh: plan.New, rowSame: plan.Unchanged, rowChanged: plan.Update, rowDrop: plan.Unchanged, rowGone: plan.Delete, rowKept: plan.Invalid, rowBad: plan.Invalid}[s]
}

// refuse notes that a row is bad.
func (s *sqliteImport) refuse(i int, c *binding, format string, args ...any) {
	*s.in.state(i) = rowBad
	s.refused = append(s.refused, sqliteRefusal{i, c.at, fmt.Sprintf(format, args...)})
}

// repeats refuses the rows whose key another row of the files has, too.
func (s *sqliteImport) repeats(repeated map[int][]int) error {
	for first, others := range repeated {
		if err := s.refuseAll(append([]int{first}, others...), s.key[0], "the same key"); err != nil {
			return err
		}
	}
	return nil
}

// allow refuses the rows that the way of writing does not allow for.
func (s *sqliteImport) allow() {
	for i := range s.in.n {
		switch state := *s.in.state(i); {
		case s.job.To.Write == "insert" && (state == rowSame || state == rowChanged):
			s.refuse(i, s.key[0], "table %s has a row with this key (write: insert)", s.Name)
		case s.job.To.Write == "update" && state == rowFresh:
			s.refuse(i, s.key[0], "table %s has no row with this key (write: update)", s.Name)
		case state == rowFresh:
			for _, c := range s.unfilled {
				s.refuse(i, c, whyUnfilled)
			}
		}
	}
}

// compare finds for each row what differs from the table.
func (s *sqliteImport) compare(ctx context.Context) error {
	mirrors := s.mirrors()
	if mirrors && s.unkeyed > 0 {
		mirrors = false
		s.load.spares(s.unkeyed)
	}
	w := &changeWriter{sqliteImport: s}
	read := s.all
	if few, err := s.few(ctx); err != nil {
		return err
	} else if few && !mirrors {
		read = s.byKey
	}
	err := read(ctx, func(k *rowChunk) error {
		var missing []int
		for i := range k.rows {
			there, err := w.row(k.row(i))
			if err != nil {
				return err
			}
			if !there && mirrors {
				missing = append(missing, i)
			}
		}
		return w.missing(ctx, k, missing)
	})
	if err == nil {
		_, err = s.changes.Write(w.out)
	}
	return err
}

// all gives the rows of the table, some at a time.
func (s *sqliteImport) all(ctx context.Context, each func(k *rowChunk) error) error {
	k := &rowChunk{}
	for q := s.above(nil); ; q = s.above(k.rows[len(k.rows)-1]) {
		if err := s.read(ctx, s.sqliteTarget, q, k); err != nil {
			return err
		}
		if err := each(k); err != nil || len(k.rows) < chunkRows {
			return err
		}
	}
}

// few reports whether there are so few incoming rows that each is better looked
// up by its key, which has an index.
func (s *sqliteImport) few(ctx context.Context) (bool, error) {
	if u := s.sound.Unique; u == nil || u.Where != "" || slices.ContainsFunc(u.Parts, func(p Part) bool { return p.Column == "" || s.Column(p.Column).Collation != p.Collation }) {
		return false, nil
	}
	limit := int64(s.in.n) * 8 // to look one up costs as much as to read three, more if they lie apart
	n, err := s.number(ctx, fmt.Sprintf("SELECT count(*) FROM (SELECT 1 FROM %s LIMIT %d)", s.sqlName(), limit))
	return n == limit, err
}

// byKey gives the rows of the table that have the keys of incoming ones, some at
// a time.
func (s *sqliteImport) byKey(ctx context.Context, each func(k *rowChunk) error) error {
	q := s.withKeys("wanted")
	in, k, i := s.in.reader(), &rowChunk{}, 0
	for i >= 0 {
		var keys [][]byte
		for len(keys) < chunkRows {
			var fields []byte
			var err error
			if i, _, fields, err = in.next(rowFresh, rowDrop); err != nil {
				return err
			}
			if i < 0 {
				break
			}
			keys = append(keys, s.keyFields(fields))
		}
		if err := s.giveFields(ctx, "wanted", len(s.key), keys); err != nil {
			return err
		}
		if err := s.read(ctx, s.sqliteTarget, q, k); err != nil {
			return err
		}
		if err := each(k); err != nil {
			return err
		}
	}
	return nil
}

// A changeWriter writes the entries of what changes.
type changeWriter struct {
	*sqliteImport
	buf, entry, out []byte
	size            int64 // of what is written
}

// row compares a row of the table with the incoming one that has its key.
func (w *changeWriter) row(ids, record []byte) (there bool, err error) {
	i, fields, err := w.in.find(record, w.buf)
	if err != nil || i < 0 {
		return false, err
	}
	state := w.in.state(i)
	switch {
	case *state == rowBad || *state == rowKept:
		return true, nil
	case *state == rowDrop:
		return true, w.delete(i, ids, record)
	case *state != rowFresh:
		number, _, err := w.in.record(i, nil)
		if err == nil {
			err = w.load.ambiguous(number, w.target)
		}
		return true, err
	case fields == nil:
		*state = rowSame
		return true, nil
	}
	w.buf = fields
	mask, before, moved := w.differ(fields, record)
	switch {
	case mask == nil:
		*state = rowSame
	case moved != nil:
		w.refuse(i, moved, "%s", moved.whyFixed())
	default:
		*state = rowChanged
		*w.in.value(i) = uint64(w.size + int64(len(w.out)))
		err = w.note(uint64(i), ids, mask, before)
	}
	return true, err
}

// differ returns the mask of what differs between an incoming row and the
// table's, nil if nothing does, and how that is before. moved is a column that
// differs and is fixed.
func (t *sqliteTarget) differ(incoming, record []byte) (mask, before []byte, moved *binding) {
	bits := make([]byte, t.maskSize())
	differs := func(n int, old []byte) {
		bits[n/8] |= 1 << (n % 8)
		mask, before = bits, append(before, old...)
	}
	for n, c := range t.columns {
		var is, was []byte
		is, incoming = cutStored(incoming, 1)
		was, record = cutStored(record, 1)
		if t.inKey[n] || bytes.Equal(is, was) || c.lookup == nil && sameStored(c.col.Type.Kind, is, was) {
			continue
		}
		differs(n, was)
		if t.fixed[n] {
			moved = c
		}
	}
	for n := len(t.columns); n < len(t.columns)+len(t.links); n++ {
		var is, was []byte
		is, incoming = t.cut(incoming, n)
		was, record = t.cut(record, n)
		if !bytes.Equal(is, was) {
			differs(n, was)
		}
	}
	return mask, before, moved
}

// maskSize is the bytes of a mask.
func (t *sqliteTarget) maskSize() int { return (len(t.columns) + len(t.links) + 7) / 8 }

// A rowChange is one entry of what changes.
type rowChange struct {
	i      int
	ids    []byte
	mask   []byte
	record []byte   // as it was, if it is deleted
	was    [][]byte // by columns, then links: the field or set; nil: it does not differ
}

// changeAt reads the entry at a place, and returns the place of the next; nil:
// there is none.
func (s *sqliteImport) changeAt(at int64) (c *rowChange, next int64, err error) {
	var head [binary.MaxVarintLen64]byte
	n, err := s.changes.ReadAt(head[:], at)
	if err != nil && err != io.EOF {
		return nil, 0, err
	}
	if n == 0 {
		return nil, at, nil
	}
	size, w := binary.Uvarint(head[:n])
	body := make([]byte, size)
	at += int64(w)
	if _, err := s.changes.ReadAt(body, at); err != nil {
		return nil, 0, err
	}
	return s.parse(body), at + int64(size), nil
}

// parse makes a change of the bytes of an entry.
func (t *sqliteTarget) parse(body []byte) *rowChange {
	i, w := binary.Uvarint(body)
	c := &rowChange{i: int(i)}
	var rest []byte
	c.ids, rest = cutStored(body[w:], len(t.ids))
	c.mask, rest = rest[:t.maskSize()], rest[t.maskSize():]
	if c.deletes() {
		c.record = rest
	}
	c.was = t.masked(c.mask, rest)
	return c
}

// masked returns the fields and sets of a mask.
func (t *sqliteTarget) masked(mask, from []byte) [][]byte {
	was := make([][]byte, len(t.columns)+len(t.links))
	for n := range was {
		if mask[n/8]&(1<<(n%8)) == 0 {
			continue
		}
		was[n], from = t.cut(from, n)
	}
	return was
}

// cut parts a record, or what is left of it, behind its column or set n.
func (t *sqliteTarget) cut(from []byte, n int) (part, rest []byte) {
	if n < len(t.columns) {
		return cutStored(from, 1)
	}
	_, rest = takeSet(nil, from)
	return from[:len(from)-len(rest)], rest
}
