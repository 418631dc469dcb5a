package table

import (
	"context"
	"fmt"

	"github.com/seed-128c3863/sluice/plan"
)

// missing plans to delete the rows of the table that a mirror lacks. All that
// was read of the files protects them, bad rows, too: if it is not known of one
// which row it is, nothing is deleted.
func (s *postgresImport) missing(ctx context.Context) error {
	t := s.t
	if !t.mirrors() {
		return nil
	}
	if s.unkeyed > 0 {
		s.load.spares(s.unkeyed)
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
