package table

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/seed-128c3863/sluice/plan"
	"github.com/seed-128c3863/sluice/row"
)

// bad yields what is wrong with the rows that classify refused.
func (s *sqliteImport) bad(ctx context.Context, yield func(number int64, key plan.Values, column, why string) error) error {
	for n, r := range s.refused {
		number, fields, err := s.in.record(r.i, nil)
		if err != nil {
			return err
		}
		var key plan.Values
		if n < mostShown {
			if key, err = s.shownKey(ctx, fields); err != nil {
				return err
			}
		}
		if err := yield(number, key, s.job.Cols[r.col].Name, r.why); err != nil {
			return err
		}
	}
	return nil
}

// shownKey is the key of an incoming row, as a plan shows it.
func (s *sqliteImport) shownKey(ctx context.Context, fields []byte) (key plan.Values, err error) {
	for n, c := range s.columns {
		var is []byte
		is, fields = s.cut(fields, n)
		if !s.inKey[n] {
			continue
		}
		v := plan.Value{Column: c.col.Name}
		if v.Value, err = s.shown(ctx, c, is); err != nil {
			return nil, err
		}
		key = append(key, v)
	}
	return key, nil
}

// rows yields the rows that change, in their order, or all of them. limit 0 is
// none.
func (s *sqliteImport) rows(ctx context.Context, limit int, all bool, yield func(*plan.Row) error) error {
	wanted := []rowState{rowFresh, rowChanged, rowGone}
	if all {
		wanted = append(wanted, rowSame, rowDrop)
	}
	in := s.in.reader()
	n := 0
	for ; limit == 0 || n < limit; n++ {
		i, number, fields, err := in.next(wanted...)
		if err != nil {
			return err
		}
		if i < 0 {
			break
		}
		r, err := s.change(ctx, i, number, fields)
		if err != nil {
			return err
		}
		if err := yield(r); err != nil {
			return err
		}
	}
	return s.gone(ctx, func(r *plan.Row) error {
		if n++; limit > 0 && n > limit {
			return nil
		}
		return yield(r)
	})
}

// change makes the change of an incoming row.
func (s *sqliteImport) change(ctx context.Context, i int, number int64, fields []byte) (*plan.Row, error) {
	state := *s.in.state(i)
	r := &plan.Row{State: stateOf(state)}
	r.File, r.Row = s.load.place(number)
	if state == rowGone {
		c, _, err := s.changeAt(int64(*s.in.value(i)))
		if err != nil {
			return nil, err
		}
		return r, s.tellDeleted(ctx, c, r)
	}
	was := make([][]byte, len(s.columns)+len(s.links))
	if state == rowChanged {
		c, _, err := s.changeAt(int64(*s.in.value(i)))
		if err != nil {
			return nil, err
		}
		was = c.was
	}
	for n, c := range slices.Concat(s.columns, s.links) {
		var is []byte
		is, fields = s.cut(fields, n)
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
