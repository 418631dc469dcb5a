package table

import (
	"context"
	"fmt"
	"strings"

	"github.com/seed-128c3863/sluice/plan"
)

// steps are the statements that take back what a journal has, the other way
// round, and journal that. Counts are those of the reversal.
func (u *mysqlUndo) steps(from, journal string, counts plan.Counts) (steps []step) {
	for _, g := range u.t.creates() {
		behind := fmt.Sprintf("_c%d", g[0].at)
		if put, there := u.wholes[behind]; there {
			steps = append(steps, u.remake(g[0].lookup, put, behind, journal)...)
		}
	}
	for _, c := range u.t.links {
		steps = append(steps, u.unlink(c, from, journal)...)
	}
	steps = append(append(steps, u.keep(from, journal, counts)...), u.loosen(from)...)
	if n := counts[plan.Delete]; n > 0 {
		joins, none := u.t.leaves()
		steps = append(steps, step{"deleted", n, fmt.Sprintf("DELETE t FROM %s JOIN %s j ON %s%s WHERE j.op = 'n'%s", u.t.found("t"), from, sameAs(u.t.identity(), "t.%c", "j.i%i"), joins, none)})
	}
	if set := each(u.t.tight(), ", ", "t.%c = j.b%i"); counts[plan.Update] > 0 && set != "" {
		steps = append(steps, step{"updated", counts[plan.Update], fmt.Sprintf("UPDATE %s JOIN %s j ON %s SET %s WHERE j.op = 'u'", u.t.found("t"), from, sameAs(u.t.identity(), "t.%c", "j.i%i"), set)})
	}
	if n := counts[plan.New]; n > 0 {
		steps = append(steps, u.putBack(n, from, journal)...)
	}
	steps = append(steps, u.tighten(from)...)
	for _, c := range u.t.links {
		steps = append(steps, u.relink(c, from, journal)...)
	}
	if n := counts[plan.Update] + counts[plan.New]; n > 0 {
		steps = append(steps, u.settle(n, journal))
	}
	for _, g := range u.t.creates() {
		steps = append(steps, u.unmake(g, journal)...)
	}
	return steps
}

// settle journals what rows are like that were restored or put back.
func (u *mysqlUndo) settle(n int64, journal string) step {
	set := []string{"j.h = " + hashed(u.t)}
	for _, c := range u.t.links {
		set = append(set, fmt.Sprintf("j.k%[1]d = if(j.op = 'n' OR %[2]s, %[3]s, NULL)", c.at, masked("j.mask", []*binding{c}), linkedNow(c)))
	}
	return step{"left", n, fmt.Sprintf("UPDATE %s j JOIN %s ON %s SET %s WHERE j.op <> 'd'", journal, u.t.found("t"), sameAs(u.t.identity(), "t.%c", "j.i%i"), strings.Join(set, ", "))}
}

// unlink removes the links of rows that go, and those that the run made.
func (u *mysqlUndo) unlink(c *binding, from, journal string) []step {
	t, id := u.t, u.t.identity()
	own, other, through := quoteName(c.link.own.Name), quoteName(c.link.other.Name), c.link.sqlName()
	behind := fmt.Sprintf("_l%d", c.at)
	of, to := behindName(from, behind), behindName(journal, behind)
	into := fmt.Sprintf("INSERT INTO %s (sluice_op, %s, %s) SELECT 'd', ", to, names(id, ", ", "sluice_i%i"), c.link.rowOf(""))
	return []step{
		{"", -1, into + fmt.Sprintf("%s, %s FROM %s j JOIN %s t ON %s JOIN %s k ON k.%s = t.%s WHERE j.op = 'n'",
			names(id, ", ", "t.%c"), c.link.rowOf("k"), from, t.sqlName(), sameAs(id, "t.%c", "j.i%i"), through, own, quoteName(c.link.ownID.Name))},
		{"", -1, into + fmt.Sprintf("%[1]s, %[2]s FROM (SELECT DISTINCT %[8]s, %[5]s, %[6]s FROM %[3]s WHERE sluice_op = 'n') j JOIN %[4]s k ON k.%[5]s = j.%[5]s AND k.%[6]s = j.%[6]s WHERE NOT EXISTS (SELECT 1 FROM %[7]s d WHERE d.%[5]s = k.%[5]s AND d.%[6]s = k.%[6]s)",
			names(id, ", ", "j.sluice_i%i"), c.link.rowOf("k"), of, through, own, other, to, names(id, ", ", "sluice_i%i"))},
		{"", -1, fmt.Sprintf("DELETE k FROM %[1]s k JOIN %[2]s j ON j.sluice_op = 'd' AND k.%[3]s = j.%[3]s AND k.%[4]s = j.%[4]s", through, to, own, other)},
	}
}

// keep journals the rows that go, and those that are restored, as they are.
func (u *mysqlUndo) keep(from, journal string, counts plan.Counts) (steps []step) {
	t, id, whole := u.t, u.t.identity(), behindName(journal, "_d")
	on := sameAs(id, "t.%c", "j.i%i")
	if n := counts[plan.Delete]; n > 0 {
		steps = append(steps,
			step{"found", n, fmt.Sprintf("INSERT INTO %s (%s) SELECT %s FROM %s j JOIN %s t ON %s WHERE j.op = 'n'", whole, t.rowOf(""), t.rowOf("t"), from, t.sqlName(), on)},
			step{"found", n, fmt.Sprintf("INSERT INTO %s (op, %s) SELECT 'd', %s FROM %s t", journal, names(id, ", ", "i%i"), names(id, ", ", "t.%c"), whole)})
	}
	if n := counts[plan.Update]; n > 0 {
		steps = append(steps, step{"found", n, fmt.Sprintf("INSERT INTO %s (op, mask, %s, %s) SELECT 'u', j.mask, %s, %s FROM %s j JOIN %s t ON %s WHERE j.op = 'u'",
			journal, names(id, ", ", "i%i"), each(t.columns, ", ", "b%i"), names(id, ", ", "t.%c"), each(t.columns, ", ", "t.%c"), from, t.sqlName(), on)})
	}
	return steps
}

// putBack makes the rows again that the run deleted.
func (u *mysqlUndo) putBack(n int64, from, journal string) []step {
	id, put, whole := u.t.identity(), u.wholes["_d"], behindName(from, "_d")
	return []step{
		{"inserted", n, fmt.Sprintf("INSERT INTO %s (%s) SELECT %s FROM %s j", u.t.sqlName(), put.columns, u.looseValues(put), whole)},
		{"found", n, fmt.Sprintf("INSERT INTO %s (op, %s) SELECT 'n', %s FROM %s j", journal, names(id, ", ", "i%i"), names(id, ", ", "j.%c"), whole)},
	}
}

// relink makes the links again that the run removed.
func (u *mysqlUndo) relink(c *binding, from, journal string) (steps []step) {
	behind := fmt.Sprintf("_l%d", c.at)
	put, there := u.wholes[behind]
	if !there {
		return nil
	}
	id, of := u.t.identity(), behindName(from, behind)
	return []step{
		{"", -1, fmt.Sprintf("INSERT INTO %s (%s) SELECT %s FROM %s j WHERE j.sluice_op = 'd'", c.link.sqlName(), put.columns, put.values, of)},
		{"", -1, fmt.Sprintf("INSERT INTO %s (sluice_op, %s, %s) SELECT 'n', %s, %s FROM %s j WHERE j.sluice_op = 'd' AND NOT EXISTS (SELECT 1 FROM %s o WHERE o.op = 'd' AND %s)",
			behindName(journal, behind), names(id, ", ", "sluice_i%i"), c.link.rowOf(""), names(id, ", ", "j.sluice_i%i"), c.link.rowOf("j"), of, from, sameAs(id, "o.i%i", "j.sluice_i%i"))},
	}
}

// remake makes rows again that were taken back by unmake, unless there are
// others in their place.
func (u *mysqlUndo) remake(l *lookup, put putBack, behind, journal string) []step {
	of, to := behindName(u.journal, behind), behindName(journal, behind)
	return []step{
		{"", -1, fmt.Sprintf("INSERT INTO %s (sluice_op, %s) SELECT 'n', %s FROM %s j WHERE j.sluice_op = 'd' AND %s", to, l.rowOf(""), l.rowOf("j"), of, u.vacant(l))},
		{"", -1, fmt.Sprintf("INSERT INTO %s (%s) SELECT %s FROM %s j WHERE j.sluice_op = 'n'", l.sqlName(), put.columns, put.values, to)},
	}
}

// vacant is the condition that no row is in the place of a whole row j.
func (u *mysqlUndo) vacant(l *lookup) string {
	id, by := quoteName(l.id.Name), quoteName(l.by.Name)
	return fmt.Sprintf("NOT EXISTS (SELECT 1 FROM %s o WHERE o.%[2]s = j.%[2]s OR o.%[3]s = j.%[3]s)", l.sqlName(), id, by)
}

// unmake takes back the creation of rows for a look-up: of those that are as
// they were made, and that nothing refers to.
func (u *mysqlUndo) unmake(g []*binding, journal string) []step {
	l, behind := g[0].lookup, fmt.Sprintf("_c%d", g[0].at)
	id := quoteName(l.id.Name)
	var same []string
	for i := range l.Columns {
		name := quoteName(l.Columns[i].Name)
		same = append(same, "NOT ("+l.Columns[i].isOther("l."+name, "j."+name)+")")
	}
	of, to := behindName(u.journal, behind), behindName(journal, behind)
	return []step{
		{"", -1, fmt.Sprintf("INSERT INTO %s (sluice_op, %s) SELECT 'd', %s FROM %s l JOIN %s j ON l.%[6]s = j.%[6]s WHERE j.sluice_op = 'n' AND %s AND NOT %s FOR UPDATE",
			to, l.rowOf(""), l.rowOf("l"), l.sqlName(), of, id, strings.Join(same, " AND "), u.used(g))},
		{"", -1, fmt.Sprintf("DELETE l FROM %s l JOIN %s j ON j.sluice_op = 'd' AND l.%[3]s = j.%[3]s", l.sqlName(), to, id)},
	}
}

// used is the condition that something refers to a row l which is looked up.
func (u *mysqlUndo) used(g []*binding) string {
	l := g[0].lookup
	by := []string{"false"}
	for _, fk := range l.Referrers {
		var on []string
		for i, c := range fk.Columns {
			on = append(on, fmt.Sprintf("k.%s = l.%s", quoteName(c), quoteName(fk.RefColumns[i])))
		}
		by = append(by, fmt.Sprintf("EXISTS (SELECT 1 FROM %s.%s k WHERE %s)", quoteName(fk.Schema), quoteName(fk.Table), strings.Join(on, " AND ")))
	}
	for _, c := range g {
		if c.link == nil && u.t.reference(c.to.Name) == nil {
			by = append(by, fmt.Sprintf("EXISTS (SELECT 1 FROM %s k WHERE k.%s = l.%s)", u.t.sqlName(), quoteName(c.to.Name), quoteName(l.id.Name)))
		}
	}
	return "(" + strings.Join(by, " OR ") + ")"
}

// left names the rows that the run made to be looked up, and that stay.
func (u *mysqlUndo) left(ctx context.Context) (left []plan.Problem, err error) {
	for _, g := range u.t.creates() {
		l := g[0].lookup
		id := quoteName(l.id.Name)
		err := u.texts(ctx, fmt.Sprintf("SELECT l.%s, %s FROM %s l JOIN %s j ON l.%[5]s = j.%[5]s WHERE j.sluice_op = 'n' ORDER BY l.%[5]s LIMIT %[6]d",
			quoteName(l.by.Name), u.used(g), l.sqlName(), behindName(u.journal, fmt.Sprintf("_c%d", g[0].at)), id, mostConflicts), func(v []*string) error {
			p := plan.Problem{File: l.Name + " " + orEmpty(v[0]), Why: "it stays: it was changed since"}
			if *v[1] == "1" {
				p.Why = "it stays: rows refer to it"
			}
			left = append(left, p)
			return nil
		})
		if err != nil {
			return nil, err
		}
	}
	return left, nil
}
