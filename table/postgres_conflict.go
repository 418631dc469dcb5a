package table

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5"

	"github.com/seed-128c3863/sluice/plan"
)

// Rows in conflict are in sluice_skip: op and identity, as in the journal, and
// why. What a row of it is to the others depends on them: it stays as it is.

// conflicts finds the rows that cannot be taken back, and says what is left.
func (u *postgresUndo) conflicts(ctx context.Context, tx pgx.Tx) (*plan.Reversal, error) {
	u.skipped = 0
	if _, err := tx.Exec(ctx, `CREATE TEMP TABLE sluice_skip (op "char", why text, `+names(u.t.identity(), ", ", "i%i %t")+") ON COMMIT DROP"); err != nil {
		return nil, err
	}
	if _, err := u.skip(ctx, tx, u.moved()); err != nil {
		return nil, err
	}
	for more := true; more; {
		n, err := u.skip(ctx, tx, u.dependent())
		if err != nil {
			return nil, err
		}
		more = n > 0
	}
	return u.reckon(ctx, tx)
}

// skip adds what queries find to sluice_skip, and returns how many rows that is.
func (u *postgresUndo) skip(ctx context.Context, tx pgx.Tx, queries []string) (added int64, err error) {
	ids := names(u.t.identity(), ", ", "i%i")
	for _, sql := range queries {
		n, err := oneOf[int64](ctx, tx, "SELECT count(*) FROM ("+sql+") c")
		if err != nil {
			return 0, err
		}
		if n == 0 {
			continue
		}
		tag, err := tx.Exec(ctx, fmt.Sprintf("INSERT INTO sluice_skip (op, why, %[1]s) SELECT DISTINCT ON (op, %[1]s) op, why, %[1]s FROM (%[2]s) c WHERE NOT EXISTS (SELECT FROM sluice_skip x WHERE x.op = c.op AND %[3]s)",
			ids, sql, equal(u.t.identity(), "x.i%i", "c.i%i")))
		if err != nil {
			return 0, err
		}
		added += tag.RowsAffected()
	}
	u.skipped += added
	return added, nil
}

// stays is the condition that a row of the journal is skipped, of which op and,
// by a pattern for names, the identity are given.
func (u *postgresUndo) stays(op, ids string) string {
	if u.skipped == 0 {
		return "false"
	}
	return "EXISTS (SELECT FROM sluice_skip x WHERE x.op = " + op + " AND " + equal(u.t.identity(), "x.i%i", ids) + ")"
}

// found selects a row j of the journal for sluice_skip.
func (u *postgresUndo) found(why string) string {
	return fmt.Sprintf("SELECT j.op, %s AS why, %s FROM %s j ", quoteText(why), names(u.t.identity(), ", ", "j.i%i"), u.journal)
}

// moved finds the rows that are no longer as the run left them.
func (u *postgresUndo) moved() []string {
	on := u.t.sqlName() + " t ON " + equal(u.t.identity(), "t.%c", "j.i%i")
	queries := []string{
		u.found("it was removed since") + "LEFT JOIN " + on + " WHERE j.op <> 'd' AND t.xmin IS NULL",
		u.found("it was changed since") + fmt.Sprintf("JOIN %s WHERE j.op <> 'd' AND t.xmin::text::bigint <> ALL ('{%s}') AND %s IS DISTINCT FROM j.h", on, u.xids, hash(u.t)),
	}
	for _, c := range u.t.links {
		queries = append(queries, u.found("its "+c.col.Name+" were changed since")+
			fmt.Sprintf("JOIN %s WHERE j.op = 'u' AND %d = ANY (j.mask) AND j.k%d IS DISTINCT FROM %s", on, c.at, c.at, linksNow(c)))
	}
	return queries
}

// dependent finds the rows that cannot be taken back because of others, or of
// rows that are skipped.
func (u *postgresUndo) dependent() (queries []string) {
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
func (u *postgresUndo) again() string {
	id := u.t.identity()
	return u.found("there is such a row again") + fmt.Sprintf("JOIN %s t ON %s WHERE j.op = 'd' AND NOT EXISTS (SELECT FROM %s o WHERE o.op = 'n' AND %s AND NOT %s)",
		u.t.sqlName(), equal(id, "t.%c", "j.i%i"), u.journal, equal(id, "o.i%i", "j.i%i"), u.stays("o.op", "o.i%i"))
}

// referring finds new rows that rows refer to which do not go with them, nor are
// restored to refer to others: rows of any table, and links that somebody else
// made.
func (u *postgresUndo) referring(fk *ForeignKey) string {
	if u.counts[plan.Delete] == 0 {
		return ""
	}
	return u.found("a row of "+fk.Table+" refers to it") + fmt.Sprintf("JOIN %s t ON %s JOIN %s WHERE j.op = 'n'%s",
		u.t.sqlName(), equal(u.t.identity(), "t.%c", "j.i%i"), fk.from("k", "t"), u.staying(fk, fk.Deferrable && fk.OnDelete == NoAction))
}

// followed finds rows whose columns are restored that other rows refer to as they
// are now: these would be left, or would follow.
func (u *postgresUndo) followed(fk *ForeignKey) string {
	if u.counts[plan.Update] == 0 || u.t.loadedOf(fk.RefColumns) == nil {
		return ""
	}
	id, rows := u.t.identity(), u.restored(fk.RefColumns)
	var moves, again []string
	for i, name := range fk.RefColumns {
		c := quoteName(name)
		moves, again = append(moves, fmt.Sprintf("v.%[1]s IS DISTINCT FROM t.%[1]s", c)), append(again, fmt.Sprintf("o.%s = k.%s", c, quoteName(fk.Columns[i])))
	}
	others := u.staying(fk, fk.OnUpdate == NoAction)
	if !fk.follows() { // another row may get what this one gives up
		others += fmt.Sprintf(" AND NOT EXISTS (SELECT FROM (%s) o WHERE %s AND NOT %s)", rows, strings.Join(again, " AND "), u.stays("o.op", "o.sluice_i%i"))
	}
	return fmt.Sprintf("SELECT v.op, %s AS why, %s FROM (%s) v JOIN %s t ON v.op = 'u' AND %s JOIN %s WHERE (%s)%s",
		quoteText("a row of "+fk.Table+" refers to it"), names(id, ", ", "v.sluice_i%i AS i%i"), rows, u.t.sqlName(), equal(id, "t.%c", "v.sluice_i%i"),
		fk.from("k", "t"), strings.Join(moves, " OR "), others)
}

// from is the join of the rows of an alias that refer to those of another.
func (fk *ForeignKey) from(alias, to string) string {
	on := make([]string, len(fk.Columns))
	for i, name := range fk.Columns {
		on[i] = fmt.Sprintf("%s.%s = %s.%s", alias, quoteName(name), to, quoteName(fk.RefColumns[i]))
	}
	return fmt.Sprintf("%s.%s %s ON %s", quoteName(fk.Schema), quoteName(fk.Table), alias, strings.Join(on, " AND "))
}

// staying is the condition, as the end of others, that a row k which refers to
// the target neither goes nor, if that is in time, is restored to refer to
// another.
func (u *postgresUndo) staying(fk *ForeignKey, inTime bool) string {
	switch {
	case fk.Table == u.t.Name && fk.Schema == u.t.Schema:
		elsewhere := []string{"false"}
		for _, name := range fk.Columns {
			if c := u.t.binding(name); c != nil && inTime {
				elsewhere = append(elsewhere, fmt.Sprintf("%s IS DISTINCT FROM k.%s", c.to.back(fmt.Sprintf("o.b%d", c.at)), quoteName(name)))
			}
		}
		return fmt.Sprintf(" AND NOT EXISTS (SELECT FROM %s o WHERE %s AND (o.op = 'n' OR o.op = 'u' AND (%s)) AND NOT %s)",
			u.journal, equal(u.t.identity(), "k.%c", "o.i%i"), strings.Join(elsewhere, " OR "), u.stays("o.op", "o.i%i"))
	case u.t.linked(fk):
		return " AND k.xmin::text::bigint <> ALL ('{" + u.own + "}')"
	}
	return ""
}

// restored selects the rows that are restored or put back, as they will be: op,
// identity and columns. Updated ones are there only if the run has changed one
// of the columns; "": there are none.
func (u *postgresUndo) restored(columns []string) string {
	id, t := u.t.identity(), u.t
	var values, changed, from []string
	for _, name := range columns {
		value := "t." + quoteName(name)
		if c := t.binding(name); c != nil {
			value = c.to.back(fmt.Sprintf("j.b%d", c.at))
			changed = append(changed, fmt.Sprint(c.at))
		}
		values = append(values, value+" AS "+quoteName(name))
	}
	if u.counts[plan.Update] > 0 && changed != nil {
		from = append(from, fmt.Sprintf("SELECT j.op, %s, %s FROM %s j JOIN %s t ON %s WHERE j.op = 'u' AND j.mask && '{%s}'::int[]",
			names(id, ", ", "j.i%i AS sluice_i%i"), strings.Join(values, ", "), u.journal, t.sqlName(), equal(id, "t.%c", "j.i%i"), strings.Join(changed, ",")))
	}
	if put := u.wholes["_d"]; u.counts[plan.New] > 0 && put.has(columns) {
		values = values[:0]
		for _, name := range columns {
			values = append(values, put.of[name]+" AS "+quoteName(name))
		}
		from = append(from, fmt.Sprintf(`SELECT 'd'::"char" AS op, %s, %s FROM %s_d j`, names(id, ", ", "j.%c AS sluice_i%i"), strings.Join(values, ", "), u.journal))
	}
	return strings.Join(from, " UNION ALL ")
}

// changes is the condition that a row o of the journal goes, or changes in one of
// the columns.
func (u *postgresUndo) changes(columns []string) string {
	var loaded []string
	for _, name := range columns {
		if c := u.t.binding(name); c != nil {
			loaded = append(loaded, fmt.Sprint(c.at))
		}
	}
	return fmt.Sprintf("(o.op = 'n' OR o.op = 'u' AND o.mask && '{%s}'::int[]) AND NOT %s", strings.Join(loaded, ","), u.stays("o.op", "o.i%i"))
}

// taken finds the rows whose place is taken: a row that stays has what is to be
// unique.
func (u *postgresUndo) taken(one *Unique) string {
	values, reads, ok := one.values(u.t.Table)
	rows := u.restored(reads)
	if !ok || rows == "" {
		return ""
	}
	where, id := "true", u.t.identity()
	if one.Where != "" {
		where = "(" + one.Where + ")"
	}
	var named, same []string
	for i, v := range values {
		named = append(named, fmt.Sprintf("%s AS u%d", v, i))
		if one.NullsNotDistinct {
			same = append(same, fmt.Sprintf("ARRAY[a.u%d] = ARRAY[b.u%d]", i, i))
		} else {
			same = append(same, fmt.Sprintf("a.u%d = b.u%d", i, i))
		}
	}
	what := "there is a row with the same " + strings.Join(one.shown(), ", ")
	if len(u.t.key) > 0 && sameNames(one.columns(), u.t.keyNames()) {
		what = "there is a row with its key"
	}
	list := strings.Join(named, ", ")
	return fmt.Sprintf(`SELECT a.op, %s AS why, %s FROM (SELECT op, %s, %s FROM (%s) v WHERE %s) a JOIN (SELECT %s, %s FROM %s WHERE %s) b ON %s
		WHERE NOT EXISTS (SELECT FROM %s o WHERE %s AND %s)`,
		quoteText(what), names(id, ", ", "a.sluice_i%i AS i%i"), names(id, ", ", "sluice_i%i"), list, rows, where,
		names(id, ", ", "%c AS sluice_i%i"), list, u.t.sqlName(), where, strings.Join(same, " AND "),
		u.journal, equal(id, "o.i%i", "b.sluice_i%i"), u.changes(reads))
}

// dangling finds the rows that would refer to a row which is not there then.
func (u *postgresUndo) dangling(fk *ForeignKey) string {
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
		kept = fmt.Sprintf(" AND NOT EXISTS (SELECT FROM %s o WHERE %s AND %s)", u.journal, equal(id, "o.i%i", "r.%c"), u.changes(fk.RefColumns))
		if rows := u.restored(fk.RefColumns); rows != "" {
			again = fmt.Sprintf(" AND NOT EXISTS (SELECT FROM (%s) o WHERE %s AND NOT %s)", rows, strings.Join(back, " AND "), u.stays("o.op", "o.sluice_i%i"))
		}
	}
	if len(fk.Columns) == 1 {
		again += u.notRemade(fk.RefSchema, fk.RefTable, fk.RefColumns[0], "v."+quoteName(fk.Columns[0]))
	}
	return fmt.Sprintf("SELECT v.op, %s AS why, %s FROM (%s) v WHERE %s AND NOT EXISTS (SELECT FROM %s.%s r WHERE %s%s)%s",
		quoteText("it refers to a row of "+fk.RefTable+" that is gone"), names(id, ", ", "v.sluice_i%i AS i%i"), rows, strings.Join(given, " AND "),
		quoteName(fk.RefSchema), quoteName(fk.RefTable), strings.Join(there, " AND "), kept, again)
}

// unlinked finds the rows with links that are put back, to a row that is not
// there then.
func (u *postgresUndo) unlinked(c *binding) string {
	behind := fmt.Sprintf("_l%d", c.at)
	if _, there := u.wholes[behind]; !there {
		return ""
	}
	other := c.link.other.back("l." + quoteName(c.link.other.Name))
	return u.found("its "+c.col.Name+" have a row of "+c.lookup.Name+" that is gone") + fmt.Sprintf("JOIN %s%s l ON l.sluice_op = 'd' AND %s WHERE j.op IN ('u', 'd') AND NOT EXISTS (SELECT FROM %s r WHERE r.%s = %s)%s",
		u.journal, behind, equal(u.t.identity(), "l.sluice_i%i", "j.i%i"), c.lookup.sqlName(), quoteName(c.lookup.id.Name), other,
		u.notRemade(c.lookup.Schema, c.lookup.Name, c.lookup.id.Name, other))
}

// linkReferred finds the rows with links that go, to which rows of another table
// refer.
func (u *postgresUndo) linkReferred(c *binding, fk *ForeignKey) []string {
	id, own, other, through := u.t.identity(), quoteName(c.link.own.Name), quoteName(c.link.other.Name), c.link.sqlName()
	found := u.found("a row of " + fk.Table + " refers to its " + c.col.Name)
	return []string{
		found + fmt.Sprintf("JOIN %s t ON %s JOIN %s k ON k.%s = t.%s JOIN %s WHERE j.op = 'n'",
			u.t.sqlName(), equal(id, "t.%c", "j.i%i"), through, own, quoteName(c.link.ownID.Name), fk.from("c", "k")),
		found + fmt.Sprintf("JOIN %[1]s_l%[2]d l ON l.sluice_op = 'n' AND %[3]s JOIN %[4]s k ON k.%[5]s = l.%[5]s AND k.%[6]s = l.%[6]s JOIN %[7]s WHERE j.op = 'u'",
			u.journal, c.at, equal(id, "l.sluice_i%i", "j.i%i"), through, own, other, fk.from("c", "k")),
	}
}

// notRemade is the condition that no row of a table is made again which has a
// value as its ID, as the end of others; "" if none is made.
func (u *postgresUndo) notRemade(schema, table, id, value string) (conditions string) {
	for _, g := range u.t.creates() {
		l, behind := g[0].lookup, fmt.Sprintf("_c%d", g[0].at)
		if put, there := u.wholes[behind]; there && l.Schema == schema && l.Name == table && l.id.Name == id {
			conditions += fmt.Sprintf(" AND NOT EXISTS (SELECT FROM %s%s j WHERE j.sluice_op = 'd' AND %s = %s AND %s)", u.journal, behind, put.of[id], value, l.vacant("j"))
		}
	}
	return conditions
}

// reckon counts what is left to be taken back, and names what is not.
func (u *postgresUndo) reckon(ctx context.Context, tx pgx.Tx) (*plan.Reversal, error) {
	rev := &plan.Reversal{Run: u.of.ID, Restore: []string{}, Remove: []string{}, Counts: maps.Clone(u.counts)}
	if u.skipped == 0 {
		return rev, nil
	}
	rev.Counts[plan.Unchanged] = u.skipped
	rows, err := tx.Query(ctx, "SELECT op::text, count(*) FROM sluice_skip GROUP BY op")
	if err != nil {
		return nil, err
	}
	var op string
	var n int64
	if _, err := pgx.ForEachRow(rows, []any{&op, &n}, func() error {
		rev.Counts[undoes[string(ops[op])]] -= n
		return nil
	}); err != nil {
		return nil, err
	}
	rows, err = tx.Query(ctx, fmt.Sprintf("SELECT concat_ws(' ', %[1]s), why FROM sluice_skip ORDER BY %[1]s, op LIMIT %[2]d", names(u.t.identity(), ", ", "i%i"), mostConflicts))
	if err != nil {
		return nil, err
	}
	var p plan.Problem
	_, err = pgx.ForEachRow(rows, []any{&p.File, &p.Why}, func() error {
		p.File = u.t.Name + " " + p.File
		rev.Conflicts = append(rev.Conflicts, p)
		return nil
	})
	return rev, err
}
