package table

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/seed-128c3863/sluice/plan"
)

// found is the target by an alias, whose rows are found by their identity: a statement
// that writes locks all rows that it looks at, and others' are none of its business.
func (t *target) found(alias string) string {
	var names []string
	for _, c := range t.identity() {
		names = append(names, c.Name)
	}
	return t.sqlName() + " " + alias + t.foundBy(names)
}

// foundBy is a hint that rows are found by columns which are unique.
func (t *Table) foundBy(columns []string) string {
	for _, u := range t.Uniques {
		if slices.Equal(u.columns(), columns) {
			return " FORCE INDEX (" + quoteName(u.Name) + ")"
		}
	}
	return ""
}

// lock takes the rows that are updated or deleted, in the order of their
// identity, into the journal, as they are before. While they are locked no row
// can come to refer to them.
func (w *mysqlWriter) lock(ctx context.Context) error {
	if w.counts[plan.Update]+w.counts[plan.Delete] == 0 {
		return nil
	}
	on := fmt.Sprintf("%s p STRAIGHT_JOIN %s ON %s", w.plan, w.t.found("t"), sameAs(w.id, "t.%c", "p.i%i"))
	if err := w.do(ctx, -1, "", fmt.Sprintf("INSERT INTO %s (op, mask, h, %s, %s) SELECT p.op, p.mask, %s, %s, %s FROM %s WHERE p.op <> 'n' ORDER BY %s FOR UPDATE",
		w.journal, names(w.id, ", ", "i%i"), each(w.t.columns, ", ", "b%i"), hashed(w.t), names(w.id, ", ", "t.%c"), each(w.t.columns, ", ", "t.%c"), on, names(w.id, ", ", "p.i%i"))); err != nil {
		return err
	}
	if w.counts[plan.Delete] > 0 {
		if err := w.do(ctx, -1, "", fmt.Sprintf("INSERT INTO %s (%s) SELECT %s FROM %s WHERE p.op = 'd'", w.journalOf("_d"), w.t.rowOf(""), w.t.rowOf("t"), on)); err != nil {
			return err
		}
	}
	return w.lockReferred(ctx, w.t, w.plan, "d")
}

// lockReferred locks rows by the index that others refer to them by, too, if these
// would follow: InnoDB lets a row come to refer to one that is locked by its primary
// key alone, and then has it follow. Rows are those of a plan or journal, with gone
// as the op of what is deleted.
func (m *mysql) lockReferred(ctx context.Context, t *target, rows, gone string) error {
	for i := range t.Referrers {
		fk := &t.Referrers[i]
		key, which := t.PrimaryKey(), []string{}
		if fk.OnDelete == Cascade || fk.OnDelete == SetNull {
			which = append(which, "x.op = '"+gone+"'")
		}
		if loaded := t.loadedOf(fk.RefColumns); fk.follows() && loaded != nil {
			which = append(which, "x.op = 'u' AND "+masked("x.mask", loaded))
		}
		if len(which) == 0 || len(fk.RefColumns) <= len(key) && slices.Equal(fk.RefColumns, key[:len(fk.RefColumns)]) {
			continue
		}
		var of, on []string
		for _, name := range fk.RefColumns {
			of, on = append(of, "r."+quoteName(name)), append(on, "t."+quoteName(name)+" = d."+quoteName(name))
		}
		if err := m.texts(ctx, fmt.Sprintf("SELECT count(*) FROM (SELECT 1 FROM (SELECT %s FROM %s x STRAIGHT_JOIN %s ON %s WHERE %s) d STRAIGHT_JOIN %s t%s ON %s FOR UPDATE) o",
			strings.Join(of, ", "), rows, t.found("r"), sameAs(t.identity(), "r.%c", "x.i%i"), strings.Join(which, " OR "), t.sqlName(), t.foundBy(fk.RefColumns), strings.Join(on, " AND ")), func([]*string) error { return nil }); err != nil {
			return err
		}
	}
	return nil
}

// drifted compares the rows that are locked with what was compared.
func (w *mysqlWriter) drifted(ctx context.Context) error {
	var checks []string
	if w.counts[plan.Update]+w.counts[plan.Delete] > 0 {
		checks = append(checks, w.removed(), w.changed())
		for _, c := range w.t.links {
			checks = append(checks, w.linkedElse(c))
		}
		if w.counts[plan.Delete] > 0 && w.t.job.To.Within.S != "" {
			checks = append(checks, w.left())
		}
	}
	if w.counts[plan.New] > 0 && len(w.t.key) > 0 {
		checks = append(checks, fmt.Sprintf("SELECT p.sluice_row, concat_ws(' ', %s), 'its key was taken since it was compared' FROM %s p JOIN sluice_incoming s ON s.sluice_row = p.sluice_row JOIN %s t ON %s WHERE p.op = 'n'",
			each(w.t.key, ", ", inWords("s.%c")), w.plan, w.t.sqlName(), w.t.keySame("s", "t")))
	}
	var moved []plan.Problem
	for _, sql := range checks {
		if err := w.texts(ctx, sql+" ORDER BY 1, 2 LIMIT 20", func(v []*string) error {
			var number *int64
			if v[0] != nil {
				n, err := strconv.ParseInt(*v[0], 10, 64)
				if err != nil {
					return err
				}
				number = &n
			}
			moved = append(moved, w.load.moved(w.t.Table, number, *v[1], *v[2]))
			return nil
		}); err != nil {
			return err
		}
	}
	return driftOf(moved)
}

// known is how a row of the plan, that was there when it was compared, is named:
// by its key, else its identity.
func (w *mysqlWriter) known() string {
	if len(w.t.key) > 0 {
		return "concat_ws(' ', " + each(w.t.key, ", ", inWords("p.b%i")) + ")"
	}
	return "concat_ws(' ', " + names(w.id, ", ", inWords("p.i%i")) + ")"
}

// inWords is a value as it is joined to others of any character set.
func inWords(value string) string { return "convert(" + value + " USING utf8mb4) COLLATE utf8mb4_bin" }

func (w *mysqlWriter) removed() string {
	return fmt.Sprintf("SELECT p.sluice_row, %s, 'the row of the table was removed since it was compared' FROM %s p LEFT JOIN %s j ON %s WHERE p.op <> 'n' AND j.op IS NULL",
		w.known(), w.plan, w.journal, sameAs(w.id, "j.i%i", "p.i%i"))
}

// changed finds rows that now have other values in the loaded columns.
func (w *mysqlWriter) changed() string {
	var differ, what []string
	for _, c := range w.t.columns {
		was, is := fmt.Sprintf("p.b%d", c.at), fmt.Sprintf("j.b%d", c.at)
		d := c.to.isOther(was, is)
		differ = append(differ, d)
		what = append(what, fmt.Sprintf("CASE WHEN %s THEN concat(%s, coalesce(%s, 'null'), ' → ', coalesce(%s, 'null')) END", d, quoteText(c.col.Name+" "), inWords(c.to.asShown(was)), inWords(c.to.asShown(is))))
	}
	return fmt.Sprintf("SELECT p.sluice_row, %s, concat('the row of the table was changed since it was compared: ', concat_ws(', ', %s)) FROM %s p JOIN %s j ON %s WHERE p.op <> 'n' AND (%s)",
		w.known(), strings.Join(what, ", "), w.plan, w.journal, sameAs(w.id, "j.i%i", "p.i%i"), strings.Join(differ, " OR "))
}

// linkedElse finds rows whose links are others than those that were compared,
// where these are to change.
func (w *mysqlWriter) linkedElse(c *binding) string {
	now := linkedNow(c)
	return fmt.Sprintf("SELECT p.sluice_row, %s, concat(%s, convert(p.k%d USING utf8mb4) COLLATE utf8mb4_bin, ' → ', %s) FROM %s p STRAIGHT_JOIN %s t ON %s WHERE (p.op = 'd' OR %s) AND p.k%d <> %s",
		w.known(), quoteText("the row of the table was changed since it was compared: "+c.col.Name+" "), c.at, inWords(now), w.plan, w.t.sqlName(), sameAs(w.id, "t.%c", "p.i%i"), masked("p.mask", []*binding{c}), c.at, now)
}

// left finds rows that the files lack, but no longer mirror.
func (w *mysqlWriter) left() string {
	return fmt.Sprintf("SELECT p.sluice_row, %s, 'the row of the table is no longer within what the files mirror' FROM %s p WHERE p.op = 'd' AND p.sluice_row IS NULL AND NOT EXISTS (SELECT 1 FROM (SELECT %s FROM %s t WHERE %s) v WHERE %s)",
		w.known(), w.plan, names(w.id, ", ", "t.%c AS i%i"), w.t.sqlName(), w.t.within(), sameAs(w.id, "v.i%i", "p.i%i"))
}
