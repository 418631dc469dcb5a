package table

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5"

	"github.com/seed-128c3863/sluice/plan"
	"github.com/seed-128c3863/sluice/row"
)

// The plan of an import, sluice_plan, has a row for each that changes:
//
//	sluice_row   the number of the incoming row
//	op           'n' new, 'u' update
//	x            update: the target row's xmin when it was compared
//	i0 ...       the target row's identity: see target.identity
//	mask         update: the columns that differ, as their numbers in the job

// identity is what tells the rows of the target apart: the primary key, if the
// database gives it or the job does, else the job's key.
func (t *target) identity() []*Column {
	var columns []*Column
	for _, name := range t.PrimaryKey() {
		columns = append(columns, t.Column(name))
	}
	given := func(c *Column) bool {
		return slices.ContainsFunc(t.columns, func(b *binding) bool { return b.to == c })
	}
	missing := slices.ContainsFunc(columns, func(c *Column) bool { return !given(c) })
	if columns == nil || missing && (len(columns) > 1 || columns[0].made() == "") {
		columns = nil
		for _, k := range t.key {
			columns = append(columns, k.to)
		}
	}
	return columns
}

// made is the SQL that the database makes a value of the column by, for a row
// that has none.
func (c *Column) made() string {
	if c.Sequence != "" {
		return "nextval('" + strings.ReplaceAll(c.Sequence, "'", "''") + "')"
	}
	return c.Default
}

// names joins what a pattern gives for each column: %c is its name, quoted, and
// %i its place.
func names(columns []*Column, sep, pattern string) string {
	parts := make([]string, len(columns))
	for i, c := range columns {
		parts[i] = strings.NewReplacer("%c", quoteName(c.Name), "%i", fmt.Sprint(i)).Replace(pattern)
	}
	return strings.Join(parts, sep)
}

// onKey is the condition that an incoming row s is the target's t.
func (t *target) onKey() string {
	parts := make([]string, len(t.key))
	for i, k := range t.key {
		c := quoteName(k.to.Name)
		parts[i] = "t." + c + " = s." + c
		if !k.to.NotNull {
			parts[i] = "(" + parts[i] + " OR t." + c + " IS NULL AND s." + c + " IS NULL)"
		}
	}
	return strings.Join(parts, " AND ")
}

// differs is the condition that a column's values are not the same: by value,
// but texts by their bytes, whatever their collation says is equal.
func differs(c *binding) string {
	name := quoteName(c.to.Name)
	switch {
	case c.to.Collation != "":
		return fmt.Sprintf(`s.%s::text COLLATE "C" IS DISTINCT FROM t.%s::text COLLATE "C"`, name, name)
	case strings.HasPrefix(c.to.Base, "json"):
		return fmt.Sprintf("s.%s::text IS DISTINCT FROM t.%s::text", name, name)
	}
	return fmt.Sprintf("s.%s IS DISTINCT FROM t.%s", name, name)
}

// linksOf is the join of the target's IDs of a link, as a sorted array.
func linksOf(c *binding) string {
	own, other := quoteName(c.link.own.Name), quoteName(c.link.other.Name)
	order := other
	if c.link.other.Type.Kind == row.String {
		order += ` COLLATE "C"`
	}
	return fmt.Sprintf(` LEFT JOIN (SELECT %s AS own, array_agg(%s ORDER BY %s) AS ids FROM %s GROUP BY 1) k%d ON k%d.own = t.%s`,
		own, other, order, c.link.sqlName(), c.at, c.at, quoteName(c.link.ownID.Name))
}

// linkDiffers is the condition that a link's sets are not the same.
func linkDiffers(c *binding) string {
	return fmt.Sprintf("s.l%d IS DISTINCT FROM coalesce(k%d.ids, '{}')", c.at, c.at)
}

// differences are the conditions by which a row differs, and the mask of them.
func (t *target) differences() (differ, mask string) {
	var conditions, bits []string
	for _, c := range t.columns {
		if !slices.Contains(t.key, c) {
			conditions = append(conditions, differs(c))
			bits = append(bits, fmt.Sprintf("CASE WHEN %s THEN %d END", differs(c), c.at))
		}
	}
	for _, c := range t.links {
		conditions = append(conditions, linkDiffers(c))
		bits = append(bits, fmt.Sprintf("CASE WHEN %s THEN %d END", linkDiffers(c), c.at))
	}
	if conditions == nil {
		return "false", "'{}'::int[]"
	}
	return strings.Join(conditions, " OR "), "array_remove(ARRAY[" + strings.Join(bits, ", ") + "]::int[], NULL)"
}

// classify fills sluice_bad and sluice_plan, and returns how many rows there are
// of each state.
func (s *postgresImport) classify(ctx context.Context) (plan.Counts, error) {
	t := s.t
	if _, err := execute(ctx, s.conn, "CREATE TEMP TABLE sluice_bad (sluice_row bigint, col int, why text)"); err != nil {
		return nil, err
	}
	if err := s.check(ctx); err != nil {
		return nil, err
	}
	id := t.identity()
	differ, mask := t.differences()
	from := "sluice_incoming s LEFT JOIN " + t.sqlName() + " t ON " + t.onKey()
	for _, c := range t.links {
		from += linksOf(c)
	}
	found := "t.xmin IS NOT NULL"
	sql := fmt.Sprintf(`CREATE TEMP TABLE sluice_plan AS
		SELECT s.sluice_row, CASE WHEN %s THEN 'u' ELSE 'n' END::"char" AS op, t.xmin::text::bigint AS x, %s,
			CASE WHEN %s THEN %s END AS mask
		FROM %s WHERE NOT (%s) OR %s`, found, names(id, ", ", "t.%c AS i%i"), found, mask, from, found, differ)
	if _, err := execute(ctx, s.conn, sql); err != nil {
		return nil, err
	}
	if _, err := execute(ctx, s.conn, "ANALYSE sluice_plan"); err != nil {
		return nil, err
	}
	var bad, fresh, update, in int64
	err := s.conn.QueryRow(ctx, `SELECT (SELECT count(DISTINCT sluice_row) FROM sluice_bad), (SELECT count(*) FROM sluice_incoming),
		count(*) FILTER (WHERE op = 'n'), count(*) FILTER (WHERE op = 'u') FROM sluice_plan`).Scan(&bad, &in, &fresh, &update)
	return plan.Counts{plan.New: fresh, plan.Update: update, plan.Invalid: s.load.rejects + bad, plan.Unchanged: in - fresh - update}, err
}

// check finds the rows that the database would refuse, notes them in
// sluice_bad, and takes them out of the incoming rows.
func (s *postgresImport) check(ctx context.Context) error {
	checks := []string{s.duplicates()}
	for i, fk := range s.t.ForeignKeys {
		checks = append(checks, s.dangling(i, &fk))
	}
	for _, sql := range checks {
		if sql == "" {
			continue
		}
		if _, err := execute(ctx, s.conn, "INSERT INTO sluice_bad "+sql); err != nil {
			return err
		}
	}
	_, err := execute(ctx, s.conn, "DELETE FROM sluice_incoming s USING sluice_bad b WHERE b.sluice_row = s.sluice_row")
	return err
}

// duplicates finds the rows whose key another row of the files has, too.
func (s *postgresImport) duplicates() string {
	if len(s.t.key) == 0 {
		return ""
	}
	key := each(s.t.key, ", ", "%c")
	return fmt.Sprintf(`SELECT n, %d, 'row ' || (SELECT string_agg(o::text, ', ' ORDER BY o) FROM unnest(d.rows) o WHERE o <> n) || ' has the same key'
		FROM (SELECT array_agg(sluice_row) AS rows FROM sluice_incoming GROUP BY %s HAVING count(*) > 1) d, unnest(d.rows) n`, s.t.key[0].at, key)
}

// dangling finds the rows whose foreign key refers to no row, unless a look-up
// has found that.
func (s *postgresImport) dangling(i int, fk *ForeignKey) string {
	var conditions, given []string
	at := 0
	for j, name := range fk.Columns {
		k := slices.IndexFunc(s.t.columns, func(c *binding) bool { return c.to.Name == name })
		if k < 0 || s.t.columns[k].lookup != nil {
			return ""
		}
		at = s.t.columns[k].at
		conditions = append(conditions, fmt.Sprintf("r.%s = s.%s", quoteName(fk.RefColumns[j]), quoteName(name)))
		given = append(given, fmt.Sprintf("s.%s IS NOT NULL", quoteName(name)))
	}
	ref := quoteName(fk.RefSchema) + "." + quoteName(fk.RefTable)
	return fmt.Sprintf(`SELECT s.sluice_row, %d, 'there is no such row of %s: ' || concat_ws(', ', %s)
		FROM sluice_incoming s LEFT JOIN %s r ON %s WHERE %s AND r.%s IS NULL`,
		at, strings.ReplaceAll(fk.RefTable, "'", "''"), "s."+quoteName(fk.Columns[0]), ref, strings.Join(conditions, " AND "), strings.Join(given, " AND "), quoteName(fk.RefColumns[0]))
}

// rows yields the rows that change, in their order, or all of them. limit 0 is
// none.
func (s *postgresImport) rows(ctx context.Context, limit int, all bool, yield func(*plan.Row) error) error {
	sql := s.changes(all)
	if limit > 0 {
		sql += fmt.Sprintf(" LIMIT %d", limit)
	}
	rows, err := s.conn.Query(ctx, sql)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		r, err := s.change(rows)
		if err != nil {
			return err
		}
		if err := yield(r); err != nil {
			return err
		}
	}
	return rows.Err()
}

// changes selects what changes: the number, op, mask, and the old and the new
// text of each column and link. all selects unchanged rows, too, whose op is empty.
func (s *postgresImport) changes(all bool) string {
	t := s.t
	values, joins, from := []string{"s.sluice_row", "coalesce(p.op::text, '')", "p.mask"}, "", "sluice_plan p JOIN sluice_incoming s"
	if all {
		from = "sluice_incoming s LEFT JOIN sluice_plan p"
	}
	for _, c := range t.columns {
		name := quoteName(c.to.Name)
		if c.lookup == nil {
			values = append(values, "t."+name+"::text", "s."+name+"::text")
			continue
		}
		by, id := quoteName(c.lookup.by.Name), quoteName(c.lookup.id.Name)
		joins += fmt.Sprintf(" LEFT JOIN %[1]s o%[2]d ON o%[2]d.%[3]s = t.%[4]s LEFT JOIN %[1]s n%[2]d ON n%[2]d.%[3]s = s.%[4]s", c.lookup.sqlName(), c.at, id, name)
		values = append(values, fmt.Sprintf("o%d.%s::text, n%d.%s::text", c.at, by, c.at, by))
	}
	for _, c := range t.links {
		by, id := quoteName(c.lookup.by.Name), quoteName(c.lookup.id.Name)
		values = append(values, fmt.Sprintf("(SELECT array_to_json(array_agg(r.%s ORDER BY r.%s))::text FROM %s k JOIN %s r ON r.%s = k.%s WHERE k.%s = t.%s)",
			by, by, c.link.sqlName(), c.lookup.sqlName(), id, quoteName(c.link.other.Name), quoteName(c.link.own.Name), quoteName(c.link.ownID.Name)),
			fmt.Sprintf("(SELECT array_to_json(array_agg(r.%s ORDER BY r.%s))::text FROM %s r WHERE r.%s = ANY (s.l%d))", by, by, c.lookup.sqlName(), id, c.at))
	}
	return "SELECT " + strings.Join(values, ", ") + " FROM " + from + " USING (sluice_row) LEFT JOIN " + t.sqlName() + " t ON " +
		names(t.identity(), " AND ", "t.%c = p.i%i") + joins + " ORDER BY s.sluice_row"
}

// change makes a row's change of what changes selects.
func (s *postgresImport) change(rows pgx.Rows) (*plan.Row, error) {
	var number int64
	var op string
	var mask []int32
	columns := slices.Concat(s.t.columns, s.t.links)
	texts := make([]*string, 2*len(columns))
	into := []any{&number, &op, &mask}
	for i := range texts {
		into = append(into, &texts[i])
	}
	if err := rows.Scan(into...); err != nil {
		return nil, err
	}
	r := &plan.Row{State: map[string]plan.State{"n": plan.New, "u": plan.Update, "": plan.Unchanged}[op]}
	r.File, r.Row = s.load.place(number)
	for i, c := range columns {
		was, is := valueOf(c, texts[2*i]), valueOf(c, texts[2*i+1])
		switch {
		case slices.Contains(s.t.key, c):
			r.Key = append(r.Key, plan.Value{Column: c.col.Name, Value: is})
		case r.State == plan.New || slices.Contains(mask, int32(c.at)):
			r.Values = append(r.Values, plan.Change{Column: c.col.Name, Old: was, New: is})
		}
	}
	return r, nil
}

// valueOf is what a plan shows of a value that the database wrote as text.
func valueOf(c *binding, text *string) any {
	if c.link != nil {
		list := []any{}
		if text != nil {
			_ = json.Unmarshal([]byte(*text), &list) // the database made it
		}
		return list
	}
	if text == nil {
		return nil
	}
	switch k := c.col.Type.Kind; {
	case k == row.Bool:
		return *text == "true"
	case k >= row.Int16 && k <= row.Decimal:
		if json.Valid([]byte(*text)) {
			return json.Number(*text)
		}
	}
	return *text
}

// bad yields what is wrong with the rows in sluice_bad.
func (s *postgresImport) bad(ctx context.Context, yield func(number int64, column, why string) error) error {
	rows, err := s.conn.Query(ctx, "SELECT sluice_row, col, why FROM sluice_bad ORDER BY 1, 2, 3")
	if err != nil {
		return err
	}
	var number int64
	var col int
	var why string
	_, err = pgx.ForEachRow(rows, []any{&number, &col, &why}, func() error {
		return yield(number, s.t.job.Cols[col].Name, why)
	})
	return err
}
