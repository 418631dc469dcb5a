package table

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"io"
	"slices"
	"time"
)

// A saved plan is a row of sluice_plan, which has all but its rows. These lie in
// sluice_plan_part, many entries of one kind in each row, the kinds in this order:
//
//	made     rows of look-ups that are yet to be made: place of the look-up, 1 if it is used, key
//	id       those that a first batch has made: place of the look-up, place among its made rows, ID; behind all others
//	found    rows that look-ups have found: place of the look-up, key, ID
//	row      incoming rows that are new, changed or deleted: state, bytes of the record, record
//	change   as in sqlite_plan.go; the places of incoming rows are those among the rows here
const sqliteKept = `
	CREATE TABLE IF NOT EXISTS main.sluice_plan (n INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, job TEXT NOT NULL, until INTEGER NOT NULL, kept TEXT NOT NULL);
	CREATE TABLE IF NOT EXISTS main.sluice_plan_part (plan INTEGER NOT NULL, seq INTEGER NOT NULL, kind TEXT NOT NULL, data BLOB NOT NULL, PRIMARY KEY (plan, seq))`

// keptStates are those of the rows that are kept.
var keptStates = []rowState{rowFresh, rowChanged, rowGone}

// keep keeps the plan in tables beside those of the state.
func (s *sqliteImport) keep(ctx context.Context, k *keptPlan) (sum string, err error) {
	err = s.transaction(ctx, beginWriting, func() (err error) {
		sum, err = s.putPlan(ctx, k)
		return err
	})
	if err == nil {
		s.saved = k.saved.ID
	}
	return sum, err
}

// putPlan is keep within a transaction.
func (s *sqliteImport) putPlan(ctx context.Context, k *keptPlan) (sum string, err error) {
	text, err := k.marshal()
	if err != nil {
		return "", err
	}
	if _, err := s.exec(ctx, sqliteKept); err != nil {
		return "", err
	}
	if err := s.expire(ctx); err != nil {
		return "", err
	}
	if _, err := s.exec(ctx, "INSERT INTO main.sluice_plan (id, job, until, kept) VALUES (?, ?, ?, ?)", k.saved.ID, s.job.Name, k.saved.Until.Unix(), string(text)); err != nil {
		return "", err
	}
	all := sha256.New()
	sumPart(all, "plan", text)
	w := &keptWriter{sqliteImport: s, sum: all}
	if w.plan, err = s.number(ctx, "SELECT last_insert_rowid()"); err != nil {
		return "", err
	}
	for _, part := range []func(context.Context) error{w.made, w.found, w.rows, w.changed, w.flush} {
		if err := part(ctx); err != nil {
			return "", err
		}
	}
	return hex.EncodeToString(all.Sum(nil)), nil
}

// sumPart adds a part to the checksum of what is kept.
func sumPart(sum io.Writer, kind string, data []byte) {
	fmt.Fprintf(sum, "%s %d\n%s", kind, len(data), data)
}

// A keptWriter writes the parts of a plan.
type keptWriter struct {
	*sqliteImport
	sum       io.Writer
	plan, seq int64
	kind      string
	buf       []byte
	before    []int // rows that are kept before each block of the spool; the last is all of them
}

// add writes an entry, given in pieces.
func (w *keptWriter) add(ctx context.Context, kind string, pieces ...[]byte) error {
	if w.kind != kind || len(w.buf) >= journalChunk {
		if err := w.flush(ctx); err != nil {
			return err
		}
		w.kind = kind
	}
	for _, piece := range pieces {
		w.buf = append(w.buf, piece...)
	}
	return nil
}

func (w *keptWriter) flush(ctx context.Context) error {
	if len(w.buf) == 0 {
		return nil
	}
	w.seq++
	sumPart(w.sum, w.kind, w.buf)
	_, err := w.exec(ctx, "INSERT INTO main.sluice_plan_part (plan, seq, kind, data) VALUES (?, ?, ?, ?)", w.plan, w.seq, w.kind, w.buf)
	w.buf = w.buf[:0]
	return err
}

// lookers are those of the look-ups, in the order of the job.
func (s *sqliteImport) lookers() (lookers []*sqliteLooker) {
	for _, group := range s.lookups() {
		lookers = append(lookers, s.looks[group[0]].sqliteLooker)
	}
	return lookers
}

func (w *keptWriter) made(ctx context.Context) error {
	for at, k := range w.lookers() {
		for _, m := range k.made {
			used := byte(0)
			if m.used {
				used = 1
			}
			if err := w.add(ctx, "made", binary.AppendUvarint(nil, uint64(at)), []byte{used}, m.key); err != nil {
				return err
			}
		}
	}
	return nil
}

// keepMade adds the IDs of the rows that a first batch has made.
func (s *sqliteImport) keepMade(ctx context.Context) error {
	w := &keptWriter{sqliteImport: s, sum: io.Discard}
	var err error
	if w.plan, err = s.number(ctx, "SELECT n FROM main.sluice_plan WHERE id = ?", s.saved); err != nil {
		return err
	}
	if w.seq, err = s.number(ctx, "SELECT count(*) FROM main.sluice_plan_part WHERE plan = ?", w.plan); err != nil {
		return err
	}
	for at, k := range w.lookers() {
		for i, m := range k.made {
			if m.used {
				if err := w.add(ctx, "id", binary.AppendUvarint(nil, uint64(at)), binary.AppendUvarint(nil, uint64(i)), m.id); err != nil {
					return err
				}
			}
		}
	}
	return w.flush(ctx)
}

func (w *keptWriter) found(ctx context.Context) error {
	lookers := w.lookers()
	return w.eachFound(func(k *sqliteLooker, keys []string) error {
		at := binary.AppendUvarint(nil, uint64(slices.Index(lookers, k)))
		for _, key := range keys {
			if err := w.add(ctx, "found", at, []byte(key), k.ids[key][0]); err != nil {
				return err
			}
		}
		return nil
	})
}

func (w *keptWriter) rows(ctx context.Context) error {
	in, n := w.in.reader(), 0
	for {
		i, number, fields, err := in.next(keptStates...)
		if err != nil {
			return err
		}
		for i < 0 || len(w.before) <= i/spoolRows {
			if w.before = append(w.before, n); i < 0 {
				return nil
			}
		}
		n++
		head := binary.AppendUvarint(nil, uint64(number))
		size := binary.AppendUvarint([]byte{byte(*w.in.state(i))}, uint64(len(head)+len(fields)))
		if err := w.add(ctx, "row", size, head, fields); err != nil {
			return err
		}
	}
}

// place is that of an incoming row among those that are kept.
func (w *keptWriter) place(i int) int {
	if i == w.in.n {
		return w.before[len(w.before)-1]
	}
	n := w.before[i/spoolRows]
	for j := i - i%spoolRows; j < i; j++ {
		if slices.Contains(keptStates, *w.in.state(j)) {
			n++
		}
	}
	return n
}

func (w *keptWriter) changed(ctx context.Context) error {
	return w.eachChange(func(c *rowChange) error {
		entry := slices.Concat(binary.AppendUvarint(nil, uint64(w.place(c.i))), c.ids, c.mask, c.record, slices.Concat(c.was...))
		return w.add(ctx, "change", binary.AppendUvarint(nil, uint64(len(entry))), entry)
	})
}

// forget drops what is kept of the plan that is applied in this transaction, and
// of those that have lapsed.
func (s *sqliteImport) forget(ctx context.Context) error {
	if s.saved != "" {
		n, err := s.exec(ctx, "DELETE FROM main.sluice_plan WHERE id = ?", s.saved)
		if err == nil && n == 0 {
			err = errGone
		}
		if err != nil {
			return err
		}
	}
	if there, err := s.hasTable(ctx, "sluice_plan"); err != nil || !there {
		return err
	}
	return s.expire(ctx)
}

// expire drops what is kept of plans that have lapsed, or were applied.
func (d *sqlite) expire(ctx context.Context) error {
	if _, err := d.exec(ctx, "DELETE FROM main.sluice_plan WHERE until < ?", time.Now().Unix()); err != nil {
		return err
	}
	_, err := d.exec(ctx, "DELETE FROM main.sluice_plan_part WHERE plan NOT IN (SELECT n FROM main.sluice_plan)")
	return err
}

func (d *sqlite) hasTable(ctx context.Context, name string) (bool, error) {
	n, err := d.number(ctx, "SELECT count(*) FROM main.sqlite_schema WHERE type = 'table' AND name = ?", name)
	return n == 1, err
}
