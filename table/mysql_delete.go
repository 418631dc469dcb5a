package table

import (
	"context"
	"fmt"
	"strings"

	"github.com/seed-128c3863/sluice/plan"
	"github.com/seed-128c3863/sluice/row"
)

// missing plans to delete the rows of the table that a mirror lacks. All that
// was read of the files protects them, bad rows, too: if it is not known of one
// which row it is, nothing is deleted.
func (s *mysqlImport) missing(ctx context.Context) error {
	t := s.t
	if !t.mirrors() {
		return nil
	}
	if s.unkeyed > 0 {
		s.load.spares(s.unkeyed)
		return nil
	}
	if all, err := s.allThere(ctx); all || err != nil {
		return err
	}
	if err := s.all(ctx, "ALTER TABLE sluice_incoming ADD "+keyOf(t.keyColumns(), "%c")[0]); err != nil {
		return err
	}
	_, err := s.exec(ctx, fmt.Sprintf("INSERT INTO sluice_plan SELECT NULL, 'd', NULL, %s FROM %s t WHERE %s AND NOT EXISTS (SELECT 1 FROM sluice_incoming s WHERE %s)",
		t.seenAs("true"), t.sqlName(), t.within(), t.keySame("s", "t")))
	return t.faultOfWithin(err)
}

// allThere reports whether the files have as many rows of the table as there are, so
// that none can be missing.
func (s *mysqlImport) allThere(ctx context.Context) (bool, error) {
	if s.t.sound.Faults != nil {
		return false, nil
	}
	found, err := s.number(ctx, "SELECT (SELECT count(*) FROM sluice_incoming WHERE sluice_op IS NULL) - (SELECT count(*) FROM sluice_plan WHERE op = 'n') - (SELECT count(DISTINCT sluice_row) FROM sluice_bad)")
	if err != nil {
		return false, err
	}
	all, err := s.number(ctx, "SELECT count(*) FROM "+s.t.sqlName())
	return found == all, err
}

// keyOf is an index over columns, named by a pattern, as CREATE TABLE has it, of as
// much of them as an index of InnoDB takes; none if there are no columns.
func keyOf(columns []*Column, pattern string) (key []string) {
	const most, room = 191, 4 // characters of a column, and columns of so many
	var parts []string
	for i, c := range columns {
		part := c.named(pattern, i)
		if _, args := splitType(c.Declared); (c.Charset != "" && c.Enum == nil || c.Type.Kind == row.Bytes) && (args == nil || args[0] > most) {
			part += fmt.Sprintf("(%d)", most)
		}
		parts = append(parts, part)
	}
	if parts == nil {
		return nil
	}
	return []string{"KEY (" + strings.Join(parts[:min(len(parts), room)], ", ") + ")"}
}

// guard refuses a plan that deletes too much, or what other rows refer to.
func (s *mysqlImport) guard(ctx context.Context) error {
	if err := s.followers(ctx, "sluice_plan"); err != nil {
		return err
	}
	if err := s.linkChildren(ctx, "sluice_plan"); err != nil {
		return err
	}
	gone, err := s.number(ctx, "SELECT count(*) FROM sluice_plan WHERE op = 'd'")
	if err != nil || gone == 0 {
		return err
	}
	if err := s.seesReferrers(ctx); err != nil {
		return err
	}
	all, err := s.number(ctx, "SELECT count(*) FROM "+s.t.sqlName())
	if err != nil {
		return err
	}
	if err := s.t.tooMany(gone, all); err != nil {
		return err
	}
	return s.children(ctx, "sluice_plan")
}

// seesReferrers refuses to delete for a user who may not see which tables refer to
// the one that is loaded: one who is not told its constraints either.
func (s *mysqlImport) seesReferrers(ctx context.Context) error {
	n, err := s.number(ctx, "SELECT count(*) FROM information_schema.table_constraints WHERE table_schema = "+quoteText(s.t.Schema)+" AND table_name = "+quoteText(s.t.Name))
	if err == nil && n == 0 && len(s.t.Uniques) > 0 {
		err = fmt.Errorf("rows of table %s are not deleted by a user without rights on database %s, to whom MariaDB does not tell which tables refer to it: `sluice setup JOB --sql` prints what somebody has to run who may", s.t.Name, s.t.Schema)
	}
	return err
}

// remove deletes rows, after their links; they are in the journal already.
func (w *mysqlWriter) remove(ctx context.Context) error {
	for _, c := range w.t.links {
		if err := w.unlink(ctx, c); err != nil {
			return err
		}
	}
	n := w.counts[plan.Delete]
	if n == 0 {
		return nil
	}
	if err := w.children(ctx, w.plan); err != nil {
		return err
	}
	joins, none := w.t.leaves()
	gone, err := w.deleting(ctx, n, fmt.Sprintf("DELETE t FROM %s JOIN %s p ON %s%s WHERE p.op = 'd'%s", w.t.found("t"), w.plan, sameAs(w.id, "t.%c", "p.i%i"), joins, none))
	if err == nil {
		err = w.touched(gone, n, "deleted")
	}
	return err
}

// unlink removes the links of deleted rows, and those that updated rows lose.
func (w *mysqlWriter) unlink(ctx context.Context, c *binding) error {
	own, other, journal := quoteName(c.link.own.Name), quoteName(c.link.other.Name), w.journalOf(fmt.Sprintf("_l%d", c.at))
	n, err := w.exec(ctx, fmt.Sprintf("INSERT INTO %s (sluice_op, %s, %s) SELECT 'd', %s, %s%s FOR UPDATE",
		journal, names(w.id, ", ", "sluice_i%i"), c.link.rowOf(""), names(w.id, ", ", "t.%c"), c.link.rowOf("k"), w.unlinking(c, w.plan)))
	if err != nil || n == 0 {
		return err
	}
	if err := w.linkChildren(ctx, w.plan); err != nil {
		return err
	}
	return w.do(ctx, n, "unlinked", fmt.Sprintf("DELETE k FROM %s k JOIN %s j ON j.sluice_op = 'd' AND k.%s = j.%s AND k.%s = j.%s%s", c.link.sqlName(), journal, own, own, other, other, w.ofPart("j.sluice_i%i")))
}
