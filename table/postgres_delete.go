package table

import (
	"context"
	"fmt"
	"strings"

	"github.com/seed-128c3863/sluice/plan"
)

// mostDeleted is the share of a table's rows that a run deletes at most, if the
// job does not say.
const mostDeleted = 0.2

// missing plans to delete the rows of the table that a mirror lacks. All that
// was read of the files protects them, bad rows, too: if it is not known of one
// which row it is, nothing is deleted.
func (s *postgresImport) missing(ctx context.Context) error {
	t := s.t
	if !t.mirrors() {
		return nil
	}
	if s.unkeyed > 0 {
		s.load.remark(fmt.Sprintf("deletes nothing that the files lack: of %s the key cannot be read", count(s.unkeyed, "bad row")))
		return nil
	}
	_, err := execute(ctx, s.conn, fmt.Sprintf("INSERT INTO sluice_plan SELECT NULL, 'd', NULL, %s FROM %s t%s WHERE %s AND NOT EXISTS (SELECT FROM sluice_incoming s WHERE %s)",
		t.seen(), t.sqlName(), t.joins(false), t.within(), t.onKey()))
	if err == nil {
		_, err = execute(ctx, s.conn, "ANALYSE sluice_plan")
	}
	return t.faultOfWithin(err)
}

// within is the condition on the rows t of the target that the files mirror.
func (t *target) within() string {
	if t.job.To.Within.S == "" {
		return "true"
	}
	return "(" + t.job.To.Within.S + ")"
}

func (t *target) faultOfWithin(err error) error {
	if err == nil || t.job.To.Within.S == "" {
		return err
	}
	return t.job.ErrorAt(t.job.To.Within, 0, err.Error(), "a condition as SQL writes it after WHERE, over the columns of the table")
}

// guard refuses a plan that deletes too much, or what other rows refer to.
func (s *postgresImport) guard(ctx context.Context) error {
	if err := s.followers(ctx, s.conn, "sluice_plan"); err != nil {
		return err
	}
	if err := s.linkChildren(ctx, s.conn, "sluice_plan"); err != nil {
		return err
	}
	gone, err := one[int64](ctx, s.conn, "SELECT count(*) FROM sluice_plan WHERE op = 'd'")
	if err != nil || gone == 0 {
		return err
	}
	all, err := one[int64](ctx, s.conn, "SELECT count(*) FROM "+s.t.sqlName())
	if err != nil {
		return err
	}
	if err := s.t.tooMany(gone, all); err != nil {
		return err
	}
	return s.children(ctx, s.conn, "sluice_plan")
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

// tooMany refuses to delete more rows of the table than the job lets.
func (t *target) tooMany(gone, all int64) error {
	allow := t.job.To.MaxDelete
	if !allow.Set {
		allow.IsShare, allow.Share = true, mostDeleted
	}
	rule := ""
	switch {
	case allow.IsShare && float64(gone) > allow.Share*float64(all):
		rule = fmt.Sprintf("%g%% of them", allow.Share*100)
	case !allow.IsShare && gone > allow.Rows:
		rule = fmt.Sprint(allow.Rows)
	}
	if rule != "" {
		return fmt.Errorf("%d of the %s of table %s would be deleted, and to.max_delete lets %s: nothing was changed", gone, count(all, "row"), t.Name, rule)
	}
	return nil
}

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
	for _, c := range t.links {
		if c.link.Name == fk.Table && c.link.Schema == fk.Schema && len(fk.Columns) == 1 && fk.Columns[0] == c.link.own.Name {
			return true
		}
	}
	return false
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

// remove deletes rows, after their links; they are in the journal already.
func (w *postgresWriter) remove(ctx context.Context) error {
	for _, c := range w.t.links {
		if err := w.unlink(ctx, c); err != nil {
			return err
		}
	}
	n := w.counts[plan.Delete]
	if n == 0 {
		return nil
	}
	if err := w.children(ctx, w.tx, w.plan); err != nil {
		return err
	}
	return w.do(ctx, n, "deleted", fmt.Sprintf("DELETE FROM %s t USING %s p WHERE p.op = 'd' AND %s", w.t.sqlName(), w.plan, equal(w.id, "t.%c", "p.i%i")))
}

// unlink removes the links of deleted rows, and those that updated rows lose.
func (w *postgresWriter) unlink(ctx context.Context, c *binding) error {
	journal := fmt.Sprintf("%s_l%d", w.journal, c.at)
	own, other, through := quoteName(c.link.own.Name), quoteName(c.link.other.Name), c.link.sqlName()
	tag, err := w.tx.Exec(ctx, fmt.Sprintf("INSERT INTO %s (sluice_op, %s, %s) SELECT 'd', %s, %s%s FOR UPDATE OF k",
		journal, names(w.id, ", ", "sluice_i%i"), c.link.rowOf(""), names(w.id, ", ", "t.%c"), c.link.rowOf("k"), w.unlinking(c, w.plan)))
	if err != nil || tag.RowsAffected() == 0 {
		return err
	}
	if err := w.linkChildren(ctx, w.tx, w.plan); err != nil {
		return err
	}
	return w.do(ctx, tag.RowsAffected(), "unlinked", fmt.Sprintf("DELETE FROM %s k USING %s j WHERE j.sluice_op = 'd' AND k.%s = j.%s AND k.%s = j.%s", through, journal, own, own, other, other))
}
