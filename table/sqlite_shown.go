package table

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/seed-128c3863/sluice/plan"
	"github.com/seed-128c3863/sluice/row"
)

// rows yields the rows that are bad, then those that change, in order. limit 0
// is all.
func (s *sqliteImport) rows(ctx context.Context, limit int, yield func(*plan.Row) error) error {
	if err := s.badRows(yield); err != nil {
		return err
	}
	in := s.in.reader()
	for n := 0; limit == 0 || n < limit; n++ {
		i, number, fields, err := in.next(rowFresh, rowChanged)
		if err != nil || i < 0 {
			return err
		}
		r, err := s.change(ctx, i, number, fields)
		if err != nil {
			return err
		}
		if err := yield(r); err != nil {
			return err
		}
	}
	return nil
}

// badRows yields the rows that were refused while they were read, as many as
// are held, and those that only the database found to be bad.
func (s *sqliteImport) badRows(yield func(*plan.Row) error) error {
	for i := range s.load.bad {
		if err := yield(&s.load.bad[i]); err != nil {
			return err
		}
	}
	for from := 0; from < len(s.bad); {
		to := from
		var whys []string
		for ; to < len(s.bad) && s.bad[to].i == s.bad[from].i; to++ {
			whys = append(whys, fmt.Sprintf("column %q: %s", s.job.Cols[s.bad[to].col].Name, s.bad[to].why))
		}
		number, _, err := s.in.record(s.bad[from].i, nil)
		if err != nil {
			return err
		}
		r := &plan.Row{State: plan.Invalid, Why: strings.Join(whys, "; ")}
		r.File, r.Row = s.load.place(number)
		if err := yield(r); err != nil {
			return err
		}
		from = to
	}
	return nil
}

// change makes the change of an incoming row.
func (s *sqliteImport) change(ctx context.Context, i int, number int64, fields []byte) (*plan.Row, error) {
	r := &plan.Row{State: plan.New}
	r.File, r.Row = s.load.place(number)
	was := make([][]byte, len(s.columns)+len(s.links))
	if *s.in.state(i) == rowChanged {
		c, _, err := s.changeAt(int64(*s.in.value(i)))
		if err != nil {
			return nil, err
		}
		r.State, was = plan.Update, c.was
	}
	for n, c := range slices.Concat(s.columns, s.links) {
		is, rest := fields, fields
		if n < len(s.columns) {
			_, rest = cutStored(fields, 1)
		} else {
			_, rest = takeSet(nil, fields)
		}
		is, fields = is[:len(is)-len(rest)], rest
		value, err := s.shown(ctx, c, is)
		if err != nil {
			return nil, err
		}
		old, err := s.shown(ctx, c, was[n])
		if err != nil {
			return nil, err
		}
		switch {
		case slices.Contains(s.key, c):
			r.Key = append(r.Key, plan.Value{Column: c.col.Name, Value: value})
		case r.State == plan.New || was[n] != nil:
			r.Values = append(r.Values, plan.Change{Column: c.col.Name, Old: old, New: value})
		}
	}
	return r, nil
}

// shown is what a plan shows of a field or set: of a look-up its key.
func (s *sqliteImport) shown(ctx context.Context, c *binding, stored []byte) (any, error) {
	switch {
	case c.link != nil:
		list := []any{}
		var set [][]byte
		if stored != nil {
			set, _ = takeSet(nil, stored)
		}
		for _, id := range set {
			name, err := s.looks[c].name(ctx, id)
			if err != nil {
				return nil, err
			}
			list = append(list, name)
		}
		slices.SortFunc(list, func(a, b any) int { return strings.Compare(fmt.Sprint(a), fmt.Sprint(b)) })
		return list, nil
	case stored == nil:
		return nil, nil
	case c.lookup != nil:
		return s.looks[c].name(ctx, stored)
	}
	t := c.col.Type
	if t.Kind == row.Decimal && t.Precision == 0 {
		return shown(t.Kind, 0, stored), nil
	}
	return shown(t.Kind, t.Scale, stored), nil
}
