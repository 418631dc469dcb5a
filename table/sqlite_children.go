package table

import (
	"context"
	"fmt"
	"slices"
	"strings"
)

// own are the conditions that rows k of the target, which refer to deleted ones,
// are neither deleted nor about to refer to others.
func (s *sqliteImport) own(ctx context.Context, fk *ForeignKey) (string, error) {
	ids, err := s.changing(func(c *rowChange) bool {
		return c.deletes() || slices.ContainsFunc(fk.Columns, func(name string) bool {
			at := s.loadedAt(name)
			return at >= 0 && c.was[at] != nil
		})
	})
	if err != nil {
		return "", err
	}
	given := make([]string, len(s.ids))
	for i := range given {
		given[i] = fmt.Sprintf("sluice_i%d", i)
	}
	return fmt.Sprintf(" WHERE (%s) NOT IN (SELECT %s FROM temp.sluice_freed)", s.idList("k.%c"), strings.Join(given, ", ")), s.giveFields(ctx, "freed", len(s.ids), ids)
}

// giveGone makes temp.sluice_gone: the IDs of the rows that are deleted.
func (s *sqliteImport) giveGone(ctx context.Context) error {
	gone, err := s.changing(func(c *rowChange) bool { return c.deletes() })
	if err != nil {
		return err
	}
	return s.giveFields(ctx, "gone", len(s.ids), gone)
}

// children refuses to delete rows, or links, that others refer to.
func (s *sqliteImport) children(ctx context.Context) error {
	if err := s.giveGone(ctx); err != nil {
		return err
	}
	if err := s.linkChildren(ctx); err != nil || s.deleted == 0 {
		return err
	}
	return s.unreferred((*ForeignKey).left, func(fk *ForeignKey) (int64, error) {
		if fk.RefColumns == nil || s.linked(fk) {
			return 0, nil
		}
		sql := s.referrers(fk)
		if fk.Table == s.Name {
			but, err := s.own(ctx, fk)
			if err != nil {
				return 0, err
			}
			sql += but
		}
		return s.number(ctx, sql)
	})
}

// linkChildren refuses to remove links that rows refer to: those of the rows in
// temp.sluice_gone, and those that updated rows lose.
func (s *sqliteImport) linkChildren(ctx context.Context) error {
	for l, c := range s.links {
		if len(c.link.Referrers) == 0 {
			continue
		}
		lost, err := s.lostLinks(l)
		if err == nil {
			err = s.giveFields(ctx, "lost", 2, lost)
		}
		if err != nil {
			return err
		}
		own, other := quoteName(c.link.own.Name), quoteName(c.link.other.Name)
		gone := strings.ReplaceAll(s.at().from, "temp.sluice_ids", "temp.sluice_gone") + fmt.Sprintf(" CROSS JOIN %s AS l ON l.%s = t.%s", c.link.sqlName(), own, quoteName(c.link.ownID.Name))
		pairs := fmt.Sprintf("temp.sluice_lost AS s CROSS JOIN %s AS l ON l.%s = s.sluice_i0 AND l.%s = s.sluice_i1", c.link.sqlName(), own, other)
		err = c.link.unreferred((*ForeignKey).left, func(fk *ForeignKey) (int64, error) {
			if fk.RefColumns == nil {
				return 0, nil
			}
			return s.number(ctx, fmt.Sprintf("SELECT (SELECT count(*) FROM %[1]s CROSS JOIN %[3]s) + (SELECT count(*) FROM %[2]s CROSS JOIN %[3]s)", gone, pairs, fk.join("k", "l")))
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// lostLinks returns the links that updated rows lose, as pairs.
func (s *sqliteImport) lostLinks(l int) (pairs [][]byte, err error) {
	at := len(s.columns) + l
	err = s.eachChange(func(c *rowChange) error {
		if c.deletes() || c.was[at] == nil {
			return nil
		}
		_, fields, err := s.in.record(c.i, nil)
		if err != nil {
			return err
		}
		_, sets := cutStored(fields, len(s.columns))
		var is [][]byte
		for range l + 1 {
			is, sets = takeSet(nil, sets)
		}
		was, _ := takeSet(nil, c.was[at])
		pairs = append(pairs, without(s.ownBefore(c, l, fields), was, is)...)
		return nil
	})
	return pairs, err
}

// followers refuses to change what other rows follow.
func (s *sqliteImport) followers(ctx context.Context) error {
	return s.unreferred((*ForeignKey).moved, func(fk *ForeignKey) (int64, error) {
		if fk.RefColumns == nil || !fk.follows() {
			return 0, nil
		}
		var ids [][]byte
		err := s.eachIn(s.part.updates, false, func(c *rowChange) error {
			if slices.ContainsFunc(fk.RefColumns, func(name string) bool {
				at := s.loadedAt(name)
				return at >= 0 && c.was[at] != nil
			}) {
				ids = append(ids, c.ids)
			}
			return nil
		})
		if err == nil {
			err = s.giveFields(ctx, "gone", len(s.ids), ids)
		}
		if err != nil {
			return 0, err
		}
		return s.number(ctx, s.referrers(fk))
	})
}

// referrers counts the rows k that refer by a foreign key to those whose IDs are
// in temp.sluice_gone.
func (s *sqliteImport) referrers(fk *ForeignKey) string {
	return strings.ReplaceAll("SELECT count(*) FROM "+s.at().from, "temp.sluice_ids", "temp.sluice_gone") + " CROSS JOIN " + fk.join("k", "t")
}

// join is that of the rows of an alias that refer to those of another.
func (fk *ForeignKey) join(alias, to string) string {
	on := make([]string, len(fk.Columns))
	for i, name := range fk.Columns {
		on[i] = fmt.Sprintf("%s.%s = %s.%s", alias, quoteName(name), to, quoteName(fk.RefColumns[i]))
	}
	return fmt.Sprintf("main.%s AS %s ON %s", quoteName(fk.Table), alias, strings.Join(on, " AND "))
}
