package table

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/seed-128c3863/sluice/plan"
)

// Rows in conflict are in sluice_skip: op and identity, as in the journal, and
// why. What a row of it is to the others depends on them: it stays as it is.

// conflicts finds the rows that cannot be taken back, and says what is left.
func (u *mysqlUndo) conflicts(ctx context.Context) (*plan.Reversal, error) {
	u.skipped = 0
	columns := []string{"op char(1) CHARACTER SET ascii NOT NULL", "why text CHARACTER SET utf8mb4 COLLATE utf8mb4_bin", names(u.t.identity(), ", ", "i%i %t")}
	columns = append(columns, keyOf(u.t.identity(), "i%i")...)
	if err := u.all(ctx, "DROP TEMPORARY TABLE IF EXISTS sluice_skip", "CREATE TEMPORARY TABLE sluice_skip ("+strings.Join(columns, ", ")+") ENGINE=InnoDB"); err != nil {
		return nil, err
	}
	if _, err := u.skip(ctx, u.moved()); err != nil {
		return nil, err
	}
	for more := true; more; {
		n, err := u.skip(ctx, u.dependent())
		if err != nil {
			return nil, err
		}
		more = n > 0
	}
	return u.reckon(ctx)
}

// skip adds what queries find to sluice_skip, and returns how many rows that is.
func (u *mysqlUndo) skip(ctx context.Context, queries []string) (added int64, err error) {
	ids := names(u.t.identity(), ", ", "i%i")
	for _, sql := range queries {
		n, err := u.exec(ctx, fmt.Sprintf("INSERT INTO sluice_skip (op, why, %[1]s) SELECT op, min(why), %[1]s FROM (%[2]s) c WHERE NOT EXISTS (SELECT 1 FROM sluice_skip x WHERE x.op = c.op AND %[3]s) GROUP BY op, %[1]s",
			ids, sql, sameAs(u.t.identity(), "x.i%i", "c.i%i")))
		if err != nil {
			return 0, err
		}
		added += n
	}
	u.skipped += added
	return added, nil
}

// stays is the condition that a row of the journal is skipped, of which op and,
// by a pattern for names, the identity are given.
func (u *mysqlUndo) stays(op, ids string) string {
	if u.skipped == 0 {
		return "false"
	}
	return "EXISTS (SELECT 1 FROM sluice_skip x WHERE x.op " + op + " AND " + sameAs(u.t.identity(), "x.i%i", ids) + ")"
}

// found selects a row j of the journal for sluice_skip.
func (u *mysqlUndo) found(why string) string {
	return fmt.Sprintf("SELECT j.op, %s AS why, %s FROM %s j ", quoteText(why), names(u.t.identity(), ", ", "j.i%i"), u.journal)
}

// moved finds the rows that are no longer as the run left them.
func (u *mysqlUndo) moved() []string {
	same := sameAs(u.t.identity(), "t.%c", "j.i%i")
	on := u.t.sqlName() + " t ON " + same
	queries := []string{
		u.found("it was removed since") + fmt.Sprintf("WHERE j.op <> 'd' AND NOT EXISTS (SELECT 1 FROM %s t WHERE %s)", u.t.sqlName(), same),
		u.found("it was changed since") + fmt.Sprintf("JOIN %s WHERE j.op <> 'd' AND NOT (%s <=> j.h)", on, hashed(u.t)),
	}
	for _, c := range u.t.links {
		queries = append(queries, u.found("its "+c.col.Name+" were changed since")+
			fmt.Sprintf("JOIN %s WHERE j.op = 'u' AND %s AND NOT (j.k%d <=> %s)", on, masked("j.mask", []*binding{c}), c.at, linkedNow(c)))
	}
	return queries
}

// dependent finds the rows that cannot be taken back because of others, or of
// rows that are skipped.
func (u *mysqlUndo) dependent() (queries []string) {
	if u.counts[plan.New] > 0 {
		queries = append(queries, u.again())
	}
	for i := range u.t.Referrers {
		queries = append(queries, u.referring(&u.t.Referrers[i]), u.followed(&u.t.Referrers[i]))
	}
	for _, one := range u.t.distinct() {
		queries = append(queries, u.taken(one))
	}
	for i := range u.t.ForeignKeys {
		queries = append(queries, u.dangling(&u.t.ForeignKeys[i]))
	}
	for _, c := range u.t.links {
		queries = append(queries, u.unlinked(c))
		for i := range c.link.Referrers {
			queries = append(queries, u.linkReferred(c, &c.link.Referrers[i])...)
		}
	}
	return slices.DeleteFunc(queries, func(sql string) bool { return sql == "" })
}

// again finds deleted rows that are there again, unless that is one which goes.
func (u *mysqlUndo) again() string {
	id := u.t.identity()
	return u.found("there is such a row again") + fmt.Sprintf("JOIN %s t ON %s WHERE j.op = 'd' AND NOT EXISTS (SELECT 1 FROM %s o WHERE o.op = 'n' AND %s AND NOT %s)",
		u.t.sqlName(), sameAs(id, "t.%c", "j.i%i"), u.journal, sameAs(id, "o.i%i", "j.i%i"), u.stays("= o.op", "o.i%i"))
}

// referring finds new rows that rows refer to which do not go with them, nor are
// restored to refer to others: rows of any table, and links that somebody else
// made.
func (u *mysqlUndo) referring(fk *ForeignKey) string {
	if u.counts[plan.Delete] == 0 {
		return ""
	}
	return u.found("a row of "+fk.Table+" refers to it") + fmt.Sprintf("JOIN %s t ON %s JOIN %s WHERE j.op = 'n'%s",
		u.t.sqlName(), sameAs(u.t.identity(), "t.%c", "j.i%i"), fk.from("k", "t"), u.staying(fk, true))
}

// followed finds rows whose columns are restored that other rows refer to as they
// are now: these would be left, or would follow.
func (u *mysqlUndo) followed(fk *ForeignKey) string {
	if u.counts[plan.Update] == 0 || u.t.loadedOf(fk.RefColumns) == nil {
		return ""
	}
	id, rows := u.t.identity(), u.restored(fk.RefColumns)
	var moves []string
	for _, name := range fk.RefColumns {
		moves = append(moves, fmt.Sprintf("NOT (v.%[1]s <=> t.%[1]s)", quoteName(name)))
	}
	return fmt.Sprintf("SELECT v.op, %s AS why, %s FROM (%s) v JOIN %s t ON v.op = 'u' AND %s JOIN %s WHERE (%s)%s",
		quoteText("a row of "+fk.Table+" refers to it"), names(id, ", ", "v.sluice_i%i AS i%i"), rows, u.t.sqlName(), sameAs(id, "t.%c", "v.sluice_i%i"),
		fk.from("k", "t"), strings.Join(moves, " OR "), u.staying(fk, false))
}

// staying is the condition, as the end of others, that a row k which refers to
// the target neither goes nor is restored to refer to another before. Links of the
// run go: of an updated row those in the journal, of a new one j, if it is of that,
// those that it was given.
func (u *mysqlUndo) staying(fk *ForeignKey, ofNew bool) string {
	if fk.Table == u.t.Name && fk.Schema == u.t.Schema {
		elsewhere := []string{"false"}
		for _, c := range u.t.freed(fk) {
			elsewhere = append(elsewhere, fmt.Sprintf("NOT (o.b%d <=> k.%s)", c.at, quoteName(c.to.Name)))
		}
		return fmt.Sprintf(" AND NOT EXISTS (SELECT 1 FROM %s o WHERE %s AND (o.op = 'n' OR o.op = 'u' AND (%s)) AND NOT %s)",
			u.journal, sameAs(u.t.identity(), "k.%c", "o.i%i"), strings.Join(elsewhere, " OR "), u.stays("= o.op", "o.i%i"))
	}
	for _, c := range u.t.links {
		own, other := quoteName(c.link.own.Name), quoteName(c.link.other.Name)
		switch {
		case !c.link.refersBy(fk):
		case ofNew:
			return fmt.Sprintf(" AND NOT coalesce(find_in_set(k.%s, j.k%d) > 0, false)", other, c.at)
		default:
			return fmt.Sprintf(" AND NOT EXISTS (SELECT 1 FROM %s o WHERE o.sluice_op = 'n' AND o.%[2]s = k.%[2]s AND o.%[3]s = k.%[3]s)", behindName(u.journal, fmt.Sprintf("_l%d", c.at)), own, other)
		}
	}
	return ""
}

// restored selects the rows that are restored or put back, as they will be: op,
// identity and columns. Updated ones are there only if the run has changed one
// of the columns; "": there are none.
func (u *mysqlUndo) restored(columns []string) string {
	id, t, changed := u.t.identity(), u.t, u.t.loadedOf(columns)
	var values, from []string
	for _, name := range columns {
		value := "t." + quoteName(name)
		if c := t.binding(name); c != nil {
			value = fmt.Sprintf("j.b%d", c.at)
		}
		values = append(values, value+" AS "+quoteName(name))
	}
	if u.counts[plan.Update] > 0 && changed != nil {
		from = append(from, fmt.Sprintf("SELECT j.op, %s, %s FROM %s j JOIN %s t ON %s WHERE j.op = 'u' AND %s",
			names(id, ", ", "j.i%i AS sluice_i%i"), strings.Join(values, ", "), u.journal, t.sqlName(), sameAs(id, "t.%c", "j.i%i"), masked("j.mask", changed)))
	}
	if put := u.wholes["_d"]; u.counts[plan.New] > 0 && put.has(columns) {
		values = values[:0]
		for _, name := range columns {
			values = append(values, put.of[name]+" AS "+quoteName(name))
		}
		from = append(from, fmt.Sprintf("SELECT 'd' AS op, %s, %s FROM %s j", names(id, ", ", "j.%c AS sluice_i%i"), strings.Join(values, ", "), behindName(u.journal, "_d")))
	}
	return strings.Join(from, " UNION ALL ")
}

// changes is the condition that a row o of the journal goes, or changes in one of
// the columns.
func (u *mysqlUndo) changes(columns []string) string {
	return fmt.Sprintf("(o.op = 'n' OR o.op = 'u' AND %s) AND NOT %s", masked("o.mask", u.t.loadedOf(columns)), u.stays("= o.op", "o.i%i"))
}

// taken finds the rows whose place is taken: a row that stays has what is to be
// unique.
func (u *mysqlUndo) taken(one *Unique) string {
	values, reads, ok := one.values(u.t.Table)
	rows := u.restored(reads)
	if !ok || rows == "" {
		return ""
	}
	id := u.t.identity()
	var named, same []string
	for i, v := range values {
		named = append(named, fmt.Sprintf("%s AS u%d", v, i))
		same = append(same, fmt.Sprintf("a.u%d = b.u%d", i, i))
	}
	what := "there is a row with the same " + strings.Join(one.shown(), ", ")
	if len(u.t.key) > 0 && sameNames(one.columns(), u.t.keyNames()) {
		what = "there is a row with its key"
	}
	list := strings.Join(named, ", ")
	return fmt.Sprintf(`SELECT a.op, %s AS why, %s FROM (SELECT op, %s, %s FROM (%s) v) a JOIN (SELECT %s, %s FROM %s) b ON %s
		WHERE NOT EXISTS (SELECT 1 FROM %s o WHERE %s AND %s)`,
		quoteText(what), names(id, ", ", "a.sluice_i%i AS i%i"), names(id, ", ", "sluice_i%i"), list, rows,
		names(id, ", ", "%c AS sluice_i%i"), list, u.t.sqlName(), strings.Join(same, " AND "),
		u.journal, sameAs(id, "o.i%i", "b.sluice_i%i"), u.changes(reads))
}

// dangling finds the rows that would refer to a row which is not there then.
func (u *mysqlUndo) dangling(fk *ForeignKey) string {
	rows := u.restored(fk.Columns)
	if rows == "" {
		return ""
	}
	id := u.t.identity()
	var given, there, back []string
	for i, name := range fk.Columns {
		c, ref := quoteName(name), quoteName(fk.RefColumns[i])
		given = append(given, "v."+c+" IS NOT NULL")
		there = append(there, "r."+ref+" = v."+c)
		back = append(back, "o."+ref+" = v."+c)
	}
	kept, again := "", ""
	if fk.RefTable == u.t.Name && fk.RefSchema == u.t.Schema {
		kept = fmt.Sprintf(" AND NOT EXISTS (SELECT 1 FROM %s o WHERE %s AND %s)", u.journal, sameAs(id, "o.i%i", "r.%c"), u.changes(fk.RefColumns))
		if rows := u.restored(fk.RefColumns); rows != "" {
			again = fmt.Sprintf(" AND NOT EXISTS (SELECT 1 FROM (%s) o WHERE %s AND NOT %s)", rows, strings.Join(back, " AND "), u.stays("= o.op", "o.sluice_i%i"))
		}
	}
	if len(fk.Columns) == 1 {
		again += u.notRemade(fk.RefSchema, fk.RefTable, fk.RefColumns[0], "v."+quoteName(fk.Columns[0]))
	}
	return fmt.Sprintf("SELECT v.op, %s AS why, %s FROM (%s) v WHERE %s AND NOT EXISTS (SELECT 1 FROM %s.%s r WHERE %s%s)%s",
		quoteText("it refers to a row of "+fk.RefTable+" that is gone"), names(id, ", ", "v.sluice_i%i AS i%i"), rows, strings.Join(given, " AND "),
		quoteName(fk.RefSchema), quoteName(fk.RefTable), strings.Join(there, " AND "), kept, again)
}

// unlinked finds the rows with links that are put back, to a row that is not
// there then.
func (u *mysqlUndo) unlinked(c *binding) string {
	behind := fmt.Sprintf("_l%d", c.at)
	if _, there := u.wholes[behind]; !there {
		return ""
	}
	other := "l." + quoteName(c.link.other.Name)
	return u.found("its "+c.col.Name+" have a row of "+c.lookup.Name+" that is gone") + fmt.Sprintf("JOIN %s l ON l.sluice_op = 'd' AND %s WHERE j.op IN ('u', 'd') AND NOT EXISTS (SELECT 1 FROM %s r WHERE r.%s = %s)%s",
		behindName(u.journal, behind), sameAs(u.t.identity(), "l.sluice_i%i", "j.i%i"), c.lookup.sqlName(), quoteName(c.lookup.id.Name), other,
		u.notRemade(c.lookup.Schema, c.lookup.Name, c.lookup.id.Name, other))
}

// linkReferred finds the rows with links that go, to which rows of another table
// refer.
func (u *mysqlUndo) linkReferred(c *binding, fk *ForeignKey) []string {
	id, own, other, through := u.t.identity(), quoteName(c.link.own.Name), quoteName(c.link.other.Name), c.link.sqlName()
	found := u.found("a row of " + fk.Table + " refers to its " + c.col.Name)
	return []string{
		found + fmt.Sprintf("JOIN %s t ON %s JOIN %s k ON k.%s = t.%s JOIN %s WHERE j.op = 'n'",
			u.t.sqlName(), sameAs(id, "t.%c", "j.i%i"), through, own, quoteName(c.link.ownID.Name), fk.from("c", "k")),
		found + fmt.Sprintf("JOIN %[1]s l ON l.sluice_op = 'n' AND %[2]s JOIN %[3]s k ON k.%[4]s = l.%[4]s AND k.%[5]s = l.%[5]s JOIN %[6]s WHERE j.op = 'u'",
			behindName(u.journal, fmt.Sprintf("_l%d", c.at)), sameAs(id, "l.sluice_i%i", "j.i%i"), through, own, other, fk.from("c", "k")),
	}
}

// notRemade is the condition that no row of a table is made again which has a
// value as its ID, as the end of others; "" if none is made.
func (u *mysqlUndo) notRemade(schema, table, id, value string) (conditions string) {
	for _, g := range u.t.creates() {
		l, behind := g[0].lookup, fmt.Sprintf("_c%d", g[0].at)
		if put, there := u.wholes[behind]; there && l.Schema == schema && l.Name == table && l.id.Name == id {
			conditions += fmt.Sprintf(" AND NOT EXISTS (SELECT 1 FROM %s j WHERE j.sluice_op = 'd' AND %s = %s AND %s)", behindName(u.journal, behind), put.of[id], value, u.vacant(l))
		}
	}
	return conditions
}

// reckon counts what is left to be taken back, and names what is not.
func (u *mysqlUndo) reckon(ctx context.Context) (*plan.Reversal, error) {
	rev := &plan.Reversal{Run: u.of.ID, Restore: []string{}, Remove: []string{}, Counts: maps.Clone(u.counts)}
	if u.skipped == 0 {
		return rev, nil
	}
	rev.Counts[plan.Unchanged] = u.skipped
	if err := u.texts(ctx, "SELECT op, count(*) FROM sluice_skip GROUP BY op", func(v []*string) error {
		n, err := strconv.ParseInt(*v[1], 10, 64)
		rev.Counts[undoes[string(ops[*v[0]])]] -= n
		return err
	}); err != nil {
		return nil, err
	}
	id := u.t.identity()
	return rev, u.texts(ctx, fmt.Sprintf("SELECT concat_ws(' ', %s), why FROM sluice_skip ORDER BY %s, op LIMIT %d", names(id, ", ", inWords("i%i")), names(id, ", ", "i%i"), mostConflicts), func(v []*string) error {
		rev.Conflicts = append(rev.Conflicts, plan.Problem{File: u.t.Name + " " + *v[0], Why: *v[1]})
		return nil
	})
}
