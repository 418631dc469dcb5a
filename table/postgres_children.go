package table

import (
	"context"
	"fmt"
	"slices"
	"strings"
)

// children refuses to delete rows that others refer to, or which others would
// follow or forget: the plan does not hold these. The links of the job it does.
func (s *postgresImport) children(ctx context.Context, conn postgresQuerier, plan string) error {
	return s.t.unreferred((*ForeignKey).left, func(fk *ForeignKey) (n int64, err error) {
		if !s.t.linked(fk) {
			err = conn.QueryRow(ctx, s.referring(fk, plan)).Scan(&n)
		}
		return n, err
	})
}

// linkChildren refuses to remove links that rows refer to.
func (s *postgresImport) linkChildren(ctx context.Context, conn postgresQuerier, plan string) error {
	for _, c := range s.t.links {
		err := c.link.unreferred((*ForeignKey).left, func(fk *ForeignKey) (n int64, err error) {
			err = conn.QueryRow(ctx, "SELECT count(*)"+s.unlinking(c, plan)+" JOIN "+fk.from("c", "k")).Scan(&n)
			return n, err
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// unlinking joins the links k of rows t of the plan p that go.
func (s *postgresImport) unlinking(c *binding, plan string) string {
	return fmt.Sprintf(` FROM %s p JOIN %s t ON %s LEFT JOIN sluice_incoming s ON s.sluice_row = p.sluice_row
		JOIN %s k ON k.%s = t.%s AND (p.op = 'd' OR p.op = 'u' AND %d = ANY (p.mask) AND k.%s <> ALL (s.sluice_l%d))`,
		plan, s.t.sqlName(), equal(s.t.identity(), "t.%c", "p.i%i"), c.link.sqlName(), quoteName(c.link.own.Name), quoteName(c.link.ownID.Name), c.at, quoteName(c.link.other.Name), c.at)
}

// followers refuses to change what other rows follow.
func (s *postgresImport) followers(ctx context.Context, conn postgresQuerier, plan string) error {
	return s.t.unreferred((*ForeignKey).moved, func(fk *ForeignKey) (n int64, err error) {
		if columns := s.t.loadedOf(fk.RefColumns); fk.follows() && columns != nil {
			err = conn.QueryRow(ctx, s.referrers(fk, plan, "p.op = 'u' AND p.mask && '{"+each(columns, ",", "%i")+"}'")).Scan(&n)
		}
		return n, err
	})
}

// follows reports whether rows change with those that they refer to.
func (fk *ForeignKey) follows() bool {
	return fk.OnUpdate == Cascade || fk.OnUpdate == SetNull || fk.OnUpdate == SetDefault
}

// moved says what becomes of n rows when those that they refer to change.
func (fk *ForeignKey) moved(n int64) string {
	return fmt.Sprintf("%s of table %s would change with the rows that they refer to (on update %s), which the plan does not hold", count(n, "row"), fk.Table, fk.OnUpdate)
}

// left says what becomes of n rows when those that they refer to are deleted.
func (fk *ForeignKey) left(n int64) string {
	what := "would be left without the rows that they refer to"
	switch fk.OnDelete {
	case Cascade:
		what = "would be deleted with the rows that they refer to, which the plan does not hold"
	case SetNull, SetDefault:
		what = fmt.Sprintf("would lose the rows that they refer to (on delete %s), which the plan does not hold", fk.OnDelete)
	}
	return fmt.Sprintf("%s of table %s %s", count(n, "row"), fk.Table, what)
}

// unreferred refuses what would leave, or move, rows that refer to the table: as
// many as count gives for a foreign key, which tell puts into words.
func (t *Table) unreferred(tell func(*ForeignKey, int64) string, count func(*ForeignKey) (int64, error)) error {
	var found []string
	for i := range t.Referrers {
		fk := &t.Referrers[i]
		n, err := count(fk)
		if err != nil {
			return err
		}
		if n > 0 {
			found = append(found, tell(fk, n))
		}
	}
	if found == nil {
		return nil
	}
	return fmt.Errorf("%s: nothing was changed; change or remove these first", strings.Join(found, "; "))
}

// linked reports whether a foreign key is that of a link of the job.
func (t *target) linked(fk *ForeignKey) bool {
	return slices.ContainsFunc(t.links, func(c *binding) bool { return c.link.refersBy(fk) })
}

// refersBy reports whether a foreign key is that of the link to the target.
func (l *link) refersBy(fk *ForeignKey) bool {
	return l.Name == fk.Table && l.Schema == fk.Schema && len(fk.Columns) == 1 && fk.Columns[0] == l.own.Name
}

// referring counts the rows that refer by a foreign key to those that are deleted,
// and are not deleted themselves.
func (s *postgresImport) referring(fk *ForeignKey, plan string) string {
	t, id := s.t, s.t.identity()
	but := ""
	if fk.Table == t.Name && fk.Schema == t.Schema {
		freed := ""
		if columns := t.bindings(fk.Columns); columns != nil && fk.Deferrable && (fk.OnDelete == NoAction || t.job.Transaction == "batch") { // a batch moves them before
			freed = " OR d.mask && '{" + each(columns, ",", "%i") + "}'"
		}
		but = fmt.Sprintf(" WHERE NOT EXISTS (SELECT FROM %s d WHERE (d.op = 'd'%s) AND %s)", plan, freed, equal(id, "k.%c", "d.i%i"))
	}
	return s.referrers(fk, plan, "p.op = 'd'") + but
}

// referrers counts the rows k that refer by a foreign key to rows p of the plan.
func (s *postgresImport) referrers(fk *ForeignKey, plan, which string) string {
	return fmt.Sprintf("SELECT count(*) FROM %s p JOIN %s t ON %s AND %s JOIN %s",
		plan, s.t.sqlName(), which, equal(s.t.identity(), "t.%c", "p.i%i"), fk.from("k", "t"))
}
