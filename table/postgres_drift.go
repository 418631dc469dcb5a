package table

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5"

	"github.com/seed-128c3863/sluice/plan"
	"github.com/seed-128c3863/sluice/row"
)

// lock takes the rows that are updated or deleted, in the order of their
// identity, into the journal, as they are before. A row that is deleted, or
// whose links change, or what others follow, is locked against rows that would
// refer to it.
func (w *postgresWriter) lock(ctx context.Context) error {
	if w.counts[plan.Update]+w.counts[plan.Delete] == 0 {
		return nil
	}
	var links []string
	for _, c := range w.t.links {
		links = append(links, fmt.Sprint(c.at))
	}
	for i := range w.t.Referrers {
		if fk := &w.t.Referrers[i]; fk.follows() {
			links = append(links, each(w.t.loadedOf(fk.RefColumns), ",", "%i"))
		}
	}
	links = slices.DeleteFunc(links, func(at string) bool { return at == "" })
	linked := "p.mask && '{" + strings.Join(links, ",") + "}'::int[]"
	for _, part := range []struct{ which, strength string }{
		{"p.op = 'u' AND NOT " + linked, "NO KEY UPDATE"},
		{"(p.op = 'd' OR p.op = 'u' AND " + linked + ")", "UPDATE"},
	} {
		sql := fmt.Sprintf(`INSERT INTO %s (op, mask, x, h, %s, %s)
			SELECT p.op, p.mask, t.xmin::text::bigint, %s, %s, %s FROM %s p JOIN %s t ON %s WHERE %s ORDER BY %s FOR %s OF t`,
			w.journal, names(w.id, ", ", "i%i"), each(w.t.columns, ", ", "b%i"),
			hash(w.t), names(w.id, ", ", "t.%c"), each(w.t.columns, ", ", "t.%c"), w.plan, w.t.sqlName(), equal(w.id, "t.%c", "p.i%i"),
			part.which, names(w.id, ", ", "t.%c"), part.strength)
		if err := w.do(ctx, -1, "", sql); err != nil {
			return err
		}
	}
	if w.counts[plan.Delete] > 0 {
		if err := w.do(ctx, -1, "", fmt.Sprintf("INSERT INTO %s_d (%s) SELECT %s FROM %s p JOIN %s t ON %s WHERE p.op = 'd'",
			w.journal, w.t.rowOf(""), w.t.rowOf("t"), w.plan, w.t.sqlName(), equal(w.id, "t.%c", "p.i%i"))); err != nil {
			return err
		}
	}
	return w.do(ctx, -1, "", "ANALYSE "+w.journal)
}

// drifted compares the rows that are locked with what was compared.
func (w *postgresWriter) drifted(ctx context.Context) error {
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
		checks = append(checks, fmt.Sprintf("SELECT p.sluice_row, concat_ws(' ', %s), 'its key was taken since it was compared' FROM %s p JOIN sluice_incoming s USING (sluice_row) JOIN %s t ON %s WHERE p.op = 'n'",
			each(w.t.key, ", ", "s.%c"), w.plan, w.t.sqlName(), w.t.onKey()))
	}
	var moved []plan.Problem
	for _, sql := range checks {
		rows, err := w.tx.Query(ctx, sql+" ORDER BY 1, 2 LIMIT 20")
		if err != nil {
			return err
		}
		var number *int64
		var key, why string
		if _, err := pgx.ForEachRow(rows, []any{&number, &key, &why}, func() error {
			moved = append(moved, w.load.moved(w.t.Table, number, key, why))
			return nil
		}); err != nil {
			return err
		}
	}
	return driftOf(moved)
}

// known is how a row of the plan, that was there when it was compared, is named:
// by its key, else its identity.
func (w *postgresWriter) known() string {
	if len(w.t.key) > 0 {
		return "concat_ws(' ', " + each(w.t.key, ", ", "p.b%i") + ")"
	}
	return "concat_ws(' ', " + names(w.id, ", ", "p.i%i") + ")"
}

func (w *postgresWriter) removed() string {
	return fmt.Sprintf("SELECT p.sluice_row, %s, 'the row of the table was removed since it was compared' FROM %s p LEFT JOIN %s j ON %s WHERE p.op <> 'n' AND j.x IS NULL",
		w.known(), w.plan, w.journal, equal(w.id, "j.i%i", "p.i%i"))
}

// changed finds rows that were written since, and now differ in a loaded column.
func (w *postgresWriter) changed() string {
	var differ, what []string
	for _, c := range w.t.columns {
		d := strings.NewReplacer("s."+quoteName(c.to.Name), fmt.Sprintf("p.b%d", c.at), "t."+quoteName(c.to.Name), fmt.Sprintf("j.b%d", c.at)).Replace(differs(c))
		differ = append(differ, d)
		what = append(what, fmt.Sprintf("CASE WHEN %s THEN %s || coalesce(p.b%d::text, 'null') || ' → ' || coalesce(j.b%d::text, 'null') END", d, quoteText(c.col.Name+" "), c.at, c.at))
	}
	return fmt.Sprintf("SELECT p.sluice_row, %s, 'the row of the table was changed since it was compared: ' || concat_ws(', ', %s) FROM %s p JOIN %s j ON %s WHERE p.op <> 'n' AND p.x <> j.x AND (%s)",
		w.known(), strings.Join(what, ", "), w.plan, w.journal, equal(w.id, "j.i%i", "p.i%i"), strings.Join(differ, " OR "))
}

// linkedElse finds rows whose links are others than those that were compared,
// where these are to change.
func (w *postgresWriter) linkedElse(c *binding) string {
	now := linksNow(c)
	return fmt.Sprintf("SELECT p.sluice_row, %s, %s || p.k%d::text || ' → ' || %s::text FROM %s p JOIN %s t ON %s WHERE (p.op = 'd' OR %d = ANY (p.mask)) AND p.k%d IS DISTINCT FROM %s",
		w.known(), quoteText("the row of the table was changed since it was compared: "+c.col.Name+" "), c.at, now, w.plan, w.t.sqlName(), equal(w.id, "t.%c", "p.i%i"), c.at, c.at, now)
}

// linksNow are the IDs that a row t of the target is linked to, as a sorted
// array.
func linksNow(c *binding) string {
	order := "k." + quoteName(c.link.other.Name)
	if c.link.other.Type.Kind == row.String {
		order += ` COLLATE "C"`
	}
	return fmt.Sprintf("coalesce((SELECT array_agg(v) FROM (SELECT k.%s AS v FROM %s k WHERE k.%s = t.%s ORDER BY %s) o), '{}')",
		quoteName(c.link.other.Name), c.link.sqlName(), quoteName(c.link.own.Name), quoteName(c.link.ownID.Name), order)
}

// left finds rows that the files lack, but no longer mirror.
func (w *postgresWriter) left() string {
	return fmt.Sprintf("SELECT p.sluice_row, %s, 'the row of the table is no longer within what the files mirror' FROM %s p WHERE p.op = 'd' AND p.sluice_row IS NULL AND NOT EXISTS (SELECT FROM (SELECT %s FROM %s t WHERE %s) v WHERE %s)",
		w.known(), w.plan, names(w.id, ", ", "t.%c AS i%i"), w.t.sqlName(), w.t.within(), equal(w.id, "v.i%i", "p.i%i"))
}
