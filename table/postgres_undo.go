package table

import (
	"context"
	"fmt"
	"strings"

	"github.com/jackc/pgx/v5"

	"github.com/seed-128c3863/sluice/plan"
)

// A step is one statement, and how many rows it must touch: -1 is any number.
type step struct {
	what string
	want int64
	sql  string
}

// steps are the statements that take back what a journal has, the other way
// round, and journal that. Counts are those of the reversal.
func (u *postgresUndo) steps(from, journal string, counts plan.Counts) (steps []step) {
	for _, g := range u.t.creates() {
		if put, there := u.wholes[fmt.Sprintf("_c%d", g[0].at)]; there {
			steps = append(steps, u.remake(g, put, journal))
		}
	}
	for _, c := range u.t.links {
		steps = append(steps, u.unlink(c, from, journal)...)
	}
	if n := counts[plan.Delete]; n > 0 {
		steps = append(steps, u.remove(n, from, journal)...)
	}
	if n := counts[plan.Update]; n > 0 {
		steps = append(steps, u.restore(n, from, journal)...)
	}
	if n := counts[plan.New]; n > 0 {
		steps = append(steps, u.putBack(n, from, journal))
	}
	for _, c := range u.t.links {
		steps = append(steps, u.relink(c, from, journal)...)
	}
	for _, g := range u.t.creates() {
		steps = append(steps, u.unmake(g, journal)...)
	}
	return append(steps, step{"", -1, "SET CONSTRAINTS ALL IMMEDIATE"})
}

// unlink removes the links of rows that go, and those that the run made.
func (u *postgresUndo) unlink(c *binding, from, journal string) (steps []step) {
	t, id := u.t, u.t.identity()
	own, other, through := quoteName(c.link.own.Name), quoteName(c.link.other.Name), c.link.sqlName()
	of, to := fmt.Sprintf("%s_l%d", from, c.at), fmt.Sprintf("%s_l%d", journal, c.at)
	into := fmt.Sprintf("INSERT INTO %s (sluice_op, %s, %s) SELECT 'd', ", to, names(id, ", ", "sluice_i%i"), c.link.rowOf(""))
	steps = []step{
		{"", -1, into + fmt.Sprintf("%s, %s FROM %s j JOIN %s t ON %s JOIN %s k ON k.%s = t.%s WHERE j.op = 'n'",
			names(id, ", ", "t.%c"), c.link.rowOf("k"), from, t.sqlName(), equal(id, "t.%c", "j.i%i"), through, own, quoteName(c.link.ownID.Name))},
		{"", -1, into + fmt.Sprintf("%[1]s, %[2]s FROM (SELECT DISTINCT %[8]s, %[5]s, %[6]s FROM %[3]s WHERE sluice_op = 'n') j JOIN %[4]s k ON k.%[5]s = j.%[5]s AND k.%[6]s = j.%[6]s WHERE NOT EXISTS (SELECT FROM %[7]s d WHERE d.%[5]s = k.%[5]s AND d.%[6]s = k.%[6]s)",
			names(id, ", ", "j.sluice_i%i"), c.link.rowOf("k"), of, through, own, other, to, names(id, ", ", "sluice_i%i"))},
		{"", -1, fmt.Sprintf("DELETE FROM %[1]s k USING %[2]s j WHERE j.sluice_op = 'd' AND k.%[3]s = j.%[3]s AND k.%[4]s = j.%[4]s", through, to, own, other)},
	}
	if len(c.link.Triggers)+len(c.link.Rules) > 0 {
		steps = append(steps, step{"linked still", 0, fmt.Sprintf("SELECT FROM %[1]s k JOIN %[2]s j ON j.sluice_op = 'd' AND k.%[3]s = j.%[3]s AND k.%[4]s = j.%[4]s", through, to, own, other)})
	}
	return steps
}

// remove deletes the rows that the run made.
func (u *postgresUndo) remove(n int64, from, journal string) []step {
	t, id := u.t, u.t.identity()
	on := equal(id, "t.%c", "j.i%i")
	return []step{
		{"", n, fmt.Sprintf("INSERT INTO %s_d (%s) SELECT %s FROM %s j JOIN %s t ON %s WHERE j.op = 'n'", journal, t.rowOf(""), t.rowOf("t"), from, t.sqlName(), on)},
		{"", n, fmt.Sprintf("INSERT INTO %s (op, %s) SELECT 'd', %s FROM %s_d t", journal, names(id, ", ", "i%i"), names(id, ", ", "t.%c"), journal)},
		{"deleted", n, fmt.Sprintf("DELETE FROM %s t USING %s j WHERE j.op = 'n' AND %s", t.sqlName(), from, on)},
	}
}

// restore writes the loaded columns of rows as they were before the run.
func (u *postgresUndo) restore(n int64, from, journal string) (steps []step) {
	t, id := u.t, u.t.identity()
	on := equal(id, "t.%c", "j.i%i")
	steps = append(steps, step{"", n, fmt.Sprintf("INSERT INTO %s (op, mask, x, %s, %s) SELECT 'u', j.mask, t.xmin::text::bigint, %s, %s FROM %s j JOIN %s t ON %s WHERE j.op = 'u'",
		journal, names(id, ", ", "i%i"), each(t.columns, ", ", "b%i"), names(id, ", ", "t.%c"), each(t.columns, ", ", "t.%c"), from, t.sqlName(), on)})
	var set []string
	for _, c := range t.written() {
		set = append(set, quoteName(c.to.Name)+" = "+c.to.back(fmt.Sprintf("j.b%d", c.at)))
	}
	if set != nil {
		steps = append(steps, step{"updated", n, fmt.Sprintf("UPDATE %s t SET %s FROM %s j WHERE j.op = 'u' AND %s", t.sqlName(), strings.Join(set, ", "), from, on)})
	}
	return append(steps, step{"", n, fmt.Sprintf("UPDATE %s j SET h = %s FROM %s t WHERE j.op = 'u' AND %s", journal, hash(t), t.sqlName(), on)})
}

// putBack makes the rows again that the run deleted.
func (u *postgresUndo) putBack(n int64, from, journal string) step {
	t, id, put := u.t, u.t.identity(), u.wholes["_d"]
	return step{"inserted", n, fmt.Sprintf("WITH t AS (INSERT INTO %s AS t (%s) OVERRIDING SYSTEM VALUE SELECT %s FROM %s_d j RETURNING %s, %s AS h) INSERT INTO %s (op, h, %s) SELECT 'n', h, %s FROM t",
		t.sqlName(), put.columns, put.values, from, names(id, ", ", "t.%c AS i%i"), hash(t), journal, names(id, ", ", "i%i"), names(id, ", ", "i%i"))}
}

// relink makes the links again that the run removed, and notes which there are.
func (u *postgresUndo) relink(c *binding, from, journal string) (steps []step) {
	id := u.t.identity()
	if put, there := u.wholes[fmt.Sprintf("_l%d", c.at)]; there {
		own := quoteName(c.link.own.Name)
		steps = append(steps, step{"", -1, fmt.Sprintf(`WITH k AS (INSERT INTO %[1]s AS k (%[2]s) OVERRIDING SYSTEM VALUE SELECT %[3]s FROM %[4]s_l%[5]d j WHERE j.sluice_op = 'd' RETURNING %[6]s)
			INSERT INTO %[7]s_l%[5]d (sluice_op, %[8]s, %[9]s) SELECT 'n', %[10]s, %[6]s FROM k JOIN (SELECT DISTINCT %[8]s, %[11]s FROM %[4]s_l%[5]d WHERE sluice_op = 'd') j ON j.%[11]s = k.%[11]s`,
			c.link.sqlName(), put.columns, put.values, from, c.at, c.link.rowOf("k"), journal, names(id, ", ", "sluice_i%i"), c.link.rowOf(""), names(id, ", ", "j.sluice_i%i"), own)})
	}
	return append(steps, step{"", -1, fmt.Sprintf("UPDATE %s j SET k%d = %s FROM %s t WHERE j.op = 'u' AND %d = ANY (j.mask) AND %s",
		journal, c.at, linksNow(c), u.t.sqlName(), c.at, equal(id, "t.%c", "j.i%i"))})
}

// remake makes rows again that were taken back by unmake, unless there are
// others in their place.
func (u *postgresUndo) remake(g []*binding, put putBack, journal string) step {
	l, behind := g[0].lookup, fmt.Sprintf("_c%d", g[0].at)
	return step{"", -1, fmt.Sprintf("WITH l AS (INSERT INTO %s AS l (%s) OVERRIDING SYSTEM VALUE SELECT %s FROM %s j WHERE j.sluice_op = 'd' AND %s RETURNING %s) INSERT INTO %s (sluice_op, %s) SELECT 'n', %s FROM l",
		l.sqlName(), put.columns, put.values, u.journal+behind, l.vacant("j"), l.rowOf("l"), journal+behind, l.rowOf(""), l.rowOf("l"))}
}

// vacant is the condition that no row is in the place of a whole row.
func (l *lookup) vacant(alias string) string {
	id, by := quoteName(l.id.Name), quoteName(l.by.Name)
	return fmt.Sprintf("NOT EXISTS (SELECT FROM %s o WHERE o.%s = %s OR o.%s = %s)", l.sqlName(), id, l.id.back(alias+"."+id), by, l.by.back(alias+"."+by))
}

// unmake takes back the creation of rows for a look-up: of those that are as
// they were made, and that nothing refers to.
func (u *postgresUndo) unmake(g []*binding, journal string) []step {
	l, behind := g[0].lookup, fmt.Sprintf("_c%d", g[0].at)
	id := quoteName(l.id.Name)
	return []step{
		{"", -1, fmt.Sprintf("SELECT FROM %s l JOIN %s%s j ON l.%s = j.%s WHERE j.sluice_op = 'n' FOR UPDATE OF l", l.sqlName(), u.journal, behind, id, id)}, // so that nothing comes to refer to them
		{"", -1, fmt.Sprintf("INSERT INTO %[1]s%[2]s (sluice_op, %[3]s) SELECT 'd', %[4]s FROM %[5]s l JOIN %[6]s%[2]s j ON l.%[7]s = j.%[7]s WHERE j.sluice_op = 'n' AND ROW(%[4]s)::text = ROW(%[8]s)::text AND NOT %[9]s",
			journal, behind, l.rowOf(""), l.rowOf("l"), l.sqlName(), u.journal, id, l.rowOf("j"), u.used(g))},
		{"", -1, fmt.Sprintf("DELETE FROM %[1]s l USING %[2]s%[3]s j WHERE j.sluice_op = 'd' AND l.%[4]s = j.%[4]s", l.sqlName(), journal, behind, id)},
	}
}

// used is the condition that something refers to a row l which is looked up.
func (u *postgresUndo) used(g []*binding) string {
	l := g[0].lookup
	var by []string
	for _, fk := range l.Referrers {
		by = append(by, fmt.Sprintf("EXISTS (SELECT FROM (SELECT 1) o JOIN %s)", fk.from("k", "l")))
	}
	for _, c := range g {
		if c.link == nil && u.t.reference(c.to.Name) == nil {
			by = append(by, fmt.Sprintf("EXISTS (SELECT FROM %s k WHERE k.%s = l.%s)", u.t.sqlName(), quoteName(c.to.Name), quoteName(l.id.Name)))
		}
	}
	return "(" + strings.Join(append(by, "false"), " OR ") + ")"
}

// left names the rows that the run made to be looked up, and that stay.
func (u *postgresUndo) left(ctx context.Context, tx pgx.Tx) (left []plan.Problem, err error) {
	for _, g := range u.t.creates() {
		l := g[0].lookup
		id := quoteName(l.id.Name)
		rows, err := tx.Query(ctx, fmt.Sprintf("SELECT l.%s::text, %s FROM %s l JOIN %s_c%d j ON l.%s = j.%s WHERE j.sluice_op = 'n' ORDER BY l.%s LIMIT %d",
			quoteName(l.by.Name), u.used(g), l.sqlName(), u.journal, g[0].at, id, id, id, mostConflicts))
		if err != nil {
			return nil, err
		}
		var name *string
		var used bool
		if _, err := pgx.ForEachRow(rows, []any{&name, &used}, func() error {
			p := plan.Problem{File: l.Name, Why: "it stays: it was changed since"}
			if name != nil {
				p.File += " " + *name
			}
			if used {
				p.Why = "it stays: rows refer to it"
			}
			left = append(left, p)
			return nil
		}); err != nil {
			return nil, err
		}
	}
	return left, nil
}
