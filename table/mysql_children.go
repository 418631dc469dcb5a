package table

import (
	"context"
	"fmt"
)

// children refuses to delete rows that others refer to, or which others would
// follow or forget: the plan does not hold these. The links of the job it does.
func (s *mysqlImport) children(ctx context.Context, plan string) error {
	return s.t.unreferred((*ForeignKey).left, func(fk *ForeignKey) (n int64, err error) {
		if !s.t.linked(fk) {
			n, err = s.number(ctx, s.referring(fk, plan))
		}
		return n, err
	})
}

// linkChildren refuses to remove links that rows refer to.
func (s *mysqlImport) linkChildren(ctx context.Context, plan string) error {
	for _, c := range s.t.links {
		err := c.link.unreferred((*ForeignKey).left, func(fk *ForeignKey) (int64, error) {
			return s.number(ctx, "SELECT count(*)"+s.unlinking(c, plan)+" JOIN "+fk.from("c", "k"))
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// unlinking joins the links k of rows t of the plan p that go.
func (s *mysqlImport) unlinking(c *binding, plan string) string {
	return fmt.Sprintf(` FROM %s p STRAIGHT_JOIN %s t ON %s STRAIGHT_JOIN %s k ON k.%s = t.%s AND (p.op = 'd' OR p.op = 'u' AND %s AND NOT EXISTS (SELECT 1 FROM sluice_links l WHERE l.col = %d AND l.sluice_row = p.sluice_row AND l.id = k.%s))`,
		plan, s.t.sqlName(), sameAs(s.t.identity(), "t.%c", "p.i%i"), c.link.sqlName(), quoteName(c.link.own.Name), quoteName(c.link.ownID.Name), masked("p.mask", []*binding{c}), c.at, quoteName(c.link.other.Name))
}

// followers refuses to change what other rows follow.
func (s *mysqlImport) followers(ctx context.Context, plan string) error {
	return s.t.unreferred((*ForeignKey).moved, func(fk *ForeignKey) (n int64, err error) {
		if columns := s.t.loadedOf(fk.RefColumns); fk.follows() && columns != nil {
			n, err = s.number(ctx, s.referrers(fk, plan, "p.op = 'u' AND "+masked("p.mask", columns)))
		}
		return n, err
	})
}

// referring counts the rows that refer by a foreign key to those that are deleted,
// and are not deleted themselves, nor about to refer to others.
func (s *mysqlImport) referring(fk *ForeignKey, plan string) string {
	t, but := s.t, ""
	if fk.Table == t.Name && fk.Schema == t.Schema {
		but = fmt.Sprintf(" WHERE NOT EXISTS (SELECT 1 FROM %s d WHERE (d.op = 'd' OR d.op = 'u' AND %s) AND %s)", plan, masked("d.mask", t.freed(fk)), sameAs(t.identity(), "k.%c", "d.i%i"))
	}
	return s.referrers(fk, plan, "p.op = 'd'") + but
}

// referrers counts the rows k that refer by a foreign key to rows p of the plan.
func (s *mysqlImport) referrers(fk *ForeignKey, plan, which string) string {
	return fmt.Sprintf("SELECT count(*) FROM %s p JOIN %s t ON %s AND %s JOIN %s",
		plan, s.t.sqlName(), which, sameAs(s.t.identity(), "t.%c", "p.i%i"), fk.from("k", "t"))
}
