package table

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/binary"
	"encoding/hex"
	"errors"

	"github.com/seed-128c3863/sluice/plan"
)

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

// plans are the IDs of the plans of a job that are kept.
func (d *sqlite) plans(ctx context.Context, job string) (ids []string, err error) {
	if there, err := d.hasTable(ctx, "sluice_plan"); err != nil || !there {
		return nil, err
	}
	return idsOf(ctx, d.conn, "SELECT id FROM main.sluice_plan WHERE job = ?", job)
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
	case "id":
		r.madeIDs(data)
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

func (r *keptReader) madeIDs(data []byte) {
	for len(data) > 0 {
		var at, i int
		at, data = uvarint(data)
		i, data = uvarint(data)
		r.lookers[at].made[i].id, data = cutStored(data, 1)
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
