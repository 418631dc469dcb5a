package table

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"slices"
	"time"

	"github.com/seed-128c3863/sluice/plan"
)

// A saved plan is a row of sluice_plan, which has all but its rows. These lie in
// sluice_plan_part, many entries of one kind in each row, the kinds in this order:
//
//	made     rows of look-ups that are yet to be made: place of the look-up, 1 if it is used, key
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

// kept takes a plan up that keep has kept.
func (d *sqlite) kept(ctx context.Context, t *target, of plan.Saved, done int64) (comparison, *keptPlan, error) {
	c, err := d.begin(ctx, t)
	if err != nil {
		return nil, nil, err
	}
	s, k := c.(*sqliteImport), (*keptPlan)(nil)
	err = s.transaction(ctx, "BEGIN", func() (err error) {
		k, err = s.recall(ctx, of, done)
		return err
	})
	if err != nil {
		s.drop(ctx)
		return nil, nil, err
	}
	return s, k, nil
}

// keptText returns all of a plan but its rows.
func (d *sqlite) keptText(ctx context.Context, job, id string) (text []byte, err error) {
	_, text, err = d.keptPlan(ctx, job, id)
	return text, err
}

// keptPlan returns the number of a plan, and all of it but its rows.
func (d *sqlite) keptPlan(ctx context.Context, job, id string) (n int64, text []byte, err error) {
	if there, err := d.hasTable(ctx, "sluice_plan"); err != nil || !there {
		return 0, nil, errors.Join(err, errGone)
	}
	err = d.conn.QueryRowContext(ctx, "SELECT n, kept FROM main.sluice_plan WHERE id = ? AND job = ?", id, job).Scan(&n, &text)
	if errors.Is(err, sql.ErrNoRows) {
		err = errGone
	}
	return n, text, err
}

// recall reads a plan, of which the first rows are done: all that is kept of it
// first for its checksum alone.
func (s *sqliteImport) recall(ctx context.Context, of plan.Saved, done int64) (*keptPlan, error) {
	n, text, err := s.keptPlan(ctx, s.job.Name, of.ID)
	if err != nil {
		return nil, err
	}
	all := sha256.New()
	sumPart(all, "plan", text)
	err = s.eachPart(ctx, n, func(kind string, data []byte) error {
		sumPart(all, kind, data)
		return nil
	})
	if err == nil && of.Sum != "" && hex.EncodeToString(all.Sum(nil)) != of.Sum {
		err = errOther
	}
	if err != nil {
		return nil, err
	}
	k, err := readKept(text)
	if err != nil {
		return nil, err
	}
	s.load, s.saved, s.version = k.load(), of.ID, -1
	r := &keptReader{sqliteImport: s, lookers: s.lookers()}
	if err := s.eachPart(ctx, n, r.part); err != nil {
		return nil, err
	}
	if _, err := s.in.index(); err != nil {
		return nil, err
	}
	s.begun = done > 0
	s.done, _, err = s.after(s.done, done)
	return k, err
}

// eachPart gives the parts of plan n.
func (d *sqlite) eachPart(ctx context.Context, n int64, each func(kind string, data []byte) error) error {
	parts, err := d.number(ctx, "SELECT count(*) FROM main.sluice_plan_part WHERE plan = ?", n)
	for seq := int64(1); seq <= parts && err == nil; seq++ {
		var kind string
		var data []byte
		err = d.conn.QueryRowContext(ctx, "SELECT kind, data FROM main.sluice_plan_part WHERE plan = ? AND seq = ?", n, seq).Scan(&kind, &data)
		if err == nil {
			err = each(kind, data)
		}
	}
	return err
}

// A keptReader makes a comparison of the parts of a plan.
type keptReader struct {
	*sqliteImport
	lookers []*sqliteLooker
	size    int64 // of the changes
}

func (r *keptReader) part(kind string, data []byte) (err error) {
	switch kind {
	case "made":
		r.made(data)
	case "found":
		r.found(data)
	case "row":
		err = r.rows(data)
	case "change":
		err = r.changed(data)
	}
	return err
}

// uvarint takes a number off data.
func uvarint(data []byte) (n int, rest []byte) {
	v, w := binary.Uvarint(data)
	return int(v), data[w:]
}

func (r *keptReader) made(data []byte) {
	for len(data) > 0 {
		var at int
		at, data = uvarint(data)
		m := madeRow{used: data[0] == 1}
		m.key, data = cutStored(data[1:], 1)
		r.lookers[at].made = append(r.lookers[at].made, m)
	}
}

func (r *keptReader) found(data []byte) {
	for len(data) > 0 {
		var at int
		var key, id []byte
		at, data = uvarint(data)
		key, data = cutStored(data, 1)
		id, data = cutStored(data, 1)
		k := r.lookers[at]
		k.ids[string(key)] = [][]byte{id}
		k.names[string(id)] = k.keyShown(key)
	}
}

func (r *keptReader) rows(data []byte) error {
	for len(data) > 0 {
		state := rowState(data[0])
		var size int
		size, data = uvarint(data[1:])
		number, fields := numbered(data[:size])
		data = data[size:]
		if err := r.in.add(number, fields); err != nil {
			return err
		}
		*r.in.state(r.in.n - 1) = state
	}
	return nil
}

func (r *keptReader) changed(data []byte) error {
	for rest := data; len(rest) > 0; {
		size, body := uvarint(rest)
		c := r.parse(body[:size])
		if c.deletes() {
			r.deleted++
		}
		if c.i < r.in.n {
			*r.in.value(c.i) = uint64(r.size + int64(len(data)-len(rest)))
		}
		rest = body[size:]
	}
	r.size += int64(len(data))
	_, err := r.changes.Write(data)
	return err
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
