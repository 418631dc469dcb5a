package table

import (
	"context"
	"fmt"
	"strings"

	"github.com/seed-128c3863/sluice/plan"
)

// settled brings the hashes of updated rows up to date, and finds out whether all
// rows that were written are there.
func (w *mysqlWriter) settled(ctx context.Context) error {
	which, want := "j.op = 'u'", w.counts[plan.Update]
	if len(w.t.Triggers) > 0 && len(w.id) > 0 {
		which, want = "j.op <> 'd'", want+w.counts[plan.New]
	}
	if w.inBatches() {
		which, want = "j.op = 'u'", w.counts[plan.Update]
	}
	if want == 0 {
		return nil
	}
	return w.do(ctx, want, "left", fmt.Sprintf("UPDATE %s j JOIN %s ON %s SET j.h = %s WHERE %s", w.journal, w.t.found("t"), sameAs(w.id, "t.%c", "j.i%i")+w.ofPart("j.i%i"), hashed(w.t), which))
}

// asTheyWere finds out whether what was taken back is as it was before the run,
// where triggers may have written otherwise. from is the name that the tables of the
// journal begin with.
func (u *mysqlUndo) asTheyWere(ctx context.Context, from string) error {
	id := u.t.identity()
	if len(u.t.Triggers) > 0 && u.counts[plan.Update] > 0 {
		was := map[string]string{}
		for _, c := range u.t.columns {
			was[c.to.Name] = fmt.Sprintf("j.b%d", c.at)
		}
		if err := u.sameRows(ctx, u.t.Table, was, "(SELECT * FROM "+from+" WHERE op = 'u')", sameAs(id, "t.%c", "j.i%i"), names(id, ", ", inWords("j.i%i"))); err != nil {
			return err
		}
	}
	if put := u.wholes["_d"]; len(u.t.Triggers) > 0 && u.counts[plan.New] > 0 {
		if err := u.sameRows(ctx, u.t.Table, put.given(), behindName(from, "_d"), sameAs(id, "t.%c", "j.%c"), names(id, ", ", inWords("j.%c"))); err != nil {
			return err
		}
	}
	for _, c := range u.t.links {
		behind := fmt.Sprintf("_l%d", c.at)
		if put, there := u.wholes[behind]; there && len(c.link.Triggers) > 0 {
			pair := []*Column{c.link.own, c.link.other}
			if err := u.sameRows(ctx, c.link.Table, put.given(), "(SELECT * FROM "+behindName(from, behind)+" WHERE sluice_op = 'd')", names(pair, " AND ", "t.%c = j.%c"), names(pair, ", ", inWords("j.%c"))); err != nil {
				return err
			}
		}
	}
	return nil
}

// sameRows refuses rows j of a journal whose row t of the table has other values
// than was gives by column, or is not there.
func (u *mysqlUndo) sameRows(ctx context.Context, t *Table, was map[string]string, from, on, name string) error {
	var differ, found []string
	for _, c := range t.Columns {
		if value, there := was[c.Name]; there {
			differ = append(differ, fmt.Sprintf("if(%s, %s, NULL)", c.isOther("t."+quoteName(c.Name), value), quoteText(c.Name)))
		}
	}
	if err := u.texts(ctx, fmt.Sprintf("SELECT name, what FROM (SELECT concat_ws(' ', %s) AS name, concat_ws(', ', %s) AS what FROM %s j LEFT JOIN %s t ON %s) v WHERE what <> '' ORDER BY 1",
		name, strings.Join(differ, ", "), from, t.sqlName(), on), func(v []*string) error {
		found = append(found, *v[0]+": "+*v[1])
		return nil
	}); err != nil || found == nil {
		return err
	}
	return t.otherwise(found)
}
