package table

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/seed-128c3863/sluice/plan"
	"github.com/seed-128c3863/sluice/row"
)

// The plan of an import, sluice_plan, has a row for each that changes:
//
//	sluice_row   the number of the incoming row; NULL: the files do not have it
//	op           'n' new, 'u' update, 'd' delete
//	mask         update: the columns that differ, as their numbers in the job
//	x            the target row's xmin when it was compared; new: NULL, as all below
//	i0 ...       the target row's identity: see target.identity
//	b<i>         its loaded columns, by their numbers in the job
//	k<i>         what it was linked to

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
	if columns == nil || missing && (len(columns) > 1 || columns[0].made() == "" && columns[0].Identity == NoIdentity) {
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

// names joins what a pattern gives for each column: %c is its name, quoted, %t
// its type and %i its place.
func names(columns []*Column, sep, pattern string) string {
	parts := make([]string, len(columns))
	for i, c := range columns {
		parts[i] = c.named(pattern, i)
	}
	return strings.Join(parts, sep)
}

// named fills a pattern of names for a column at a place.
func (c *Column) named(pattern string, i int) string {
	return strings.NewReplacer("%c", quoteName(c.Name), "%t", c.Base, "%i", fmt.Sprint(i)).Replace(pattern)
}

// equal is the condition that values of columns are the same, which two patterns
// give: see names. Nulls are, too; no index helps there.
func equal(columns []*Column, a, b string) string {
	parts := make([]string, len(columns))
	for i, c := range columns {
		pattern := a + " = " + b
		if !c.NotNull {
			pattern = "ARRAY[(" + a + ")::%t] = ARRAY[(" + b + ")::%t]" // this can be hashed
		}
		parts[i] = c.named(pattern, i)
	}
	return strings.Join(parts, " AND ")
}

// onKey is the condition that an incoming row s is the target's t. Null is null
// there if an incoming key has one: no index helps then.
func (t *target) onKey() string {
	if len(t.key) == 0 {
		return "false"
	}
	parts := make([]string, len(t.key))
	for i, k := range t.key {
		c := quoteName(k.to.Name)
		if parts[i] = "t." + c + " = s." + c; t.nulls && !k.to.NotNull {
			parts[i] = "ARRAY[t." + c + "::" + k.to.Base + "] = ARRAY[s." + c + "]" // this can be hashed
		}
	}
	return strings.Join(parts, " AND ")
}

// nullKeys finds whether an incoming key has a null.
func (s *postgresImport) nullKeys(ctx context.Context) (err error) {
	var nullable []*binding
	for _, k := range s.t.key {
		if !k.to.NotNull {
			nullable = append(nullable, k)
		}
	}
	if s.t.nulls = false; nullable != nil {
		s.t.nulls, err = one[bool](ctx, s.conn, "SELECT EXISTS (SELECT FROM sluice_incoming WHERE "+each(nullable, " OR ", "%c IS NULL")+")")
	}
	return err
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

// linksOf is the join of the target's IDs of a link, as a sorted array: of all
// rows at once, or one by one for a few of them.
func linksOf(c *binding, few bool) string {
	own, other := quoteName(c.link.own.Name), quoteName(c.link.other.Name)
	order := other
	if c.link.other.Type.Kind == row.String {
		order += ` COLLATE "C"`
	}
	id := "t." + quoteName(c.link.ownID.Name)
	if few {
		return fmt.Sprintf(" LEFT JOIN LATERAL (SELECT array_agg(v) AS sluice_ids FROM (SELECT %s AS v FROM %s WHERE %s = %s ORDER BY %s) o) k%d ON true", other, c.link.sqlName(), own, id, order, c.at)
	}
	return fmt.Sprintf(" LEFT JOIN (SELECT sluice_own, array_agg(v) AS sluice_ids FROM (SELECT %s AS sluice_own, %s AS v FROM %s ORDER BY %s, %s) o GROUP BY 1) k%d ON k%d.sluice_own = %s",
		own, other, c.link.sqlName(), own, order, c.at, c.at, id)
}

// linkDiffers is the condition that a link's sets are not the same.
func linkDiffers(c *binding) string {
	return fmt.Sprintf("s.sluice_l%d IS DISTINCT FROM coalesce(k%d.sluice_ids, '{}')", c.at, c.at)
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
	if _, err := execute(ctx, s.conn, "CREATE TEMP TABLE sluice_bad (sluice_row bigint, col int, others bigint[], why text)"); err != nil {
		return nil, err
	}
	if err := s.nullKeys(ctx); err != nil {
		return nil, err
	}
	bad, err := s.before(ctx)
	if err != nil {
		return nil, err
	}
	for _, step := range []func(context.Context) error{
		s.fillMade,
		func(ctx context.Context) error { return s.compare(ctx, bad > 0) },
		s.missing, s.check, s.pruneMade, s.fillLook, s.clear, s.guard, s.triggers,
	} {
		if err := step(ctx); err != nil {
			return nil, err
		}
	}
	return s.count(ctx)
}

// compare fills sluice_plan. bad tells that some incoming rows are in sluice_bad.
func (s *postgresImport) compare(ctx context.Context, bad bool) error {
	t := s.t
	few, err := s.few(ctx)
	if err != nil {
		return err
	}
	differ, mask := t.differences()
	found, good := "t.xmin IS NOT NULL", "true"
	if bad {
		good = "NOT EXISTS (SELECT FROM sluice_bad b WHERE b.sluice_row = s.sluice_row)"
	}
	sql := fmt.Sprintf(`CREATE TEMP TABLE sluice_plan AS
		SELECT s.sluice_row, CASE WHEN NOT (%[1]s) THEN 'n' WHEN s.sluice_op = 'd' THEN 'd' ELSE 'u' END::"char" AS op, CASE WHEN %[1]s AND s.sluice_op IS NULL THEN %[2]s END AS mask, %[3]s
		FROM sluice_incoming s LEFT JOIN %[4]s t ON %[5]s%[6]s WHERE %[7]s AND (s.sluice_op IS NULL AND (NOT (%[1]s) OR %[8]s) OR s.sluice_op = 'd' AND %[1]s)`,
		found, mask, t.seen(), t.sqlName(), t.onKey(), t.joins(few), good, differ)
	if _, err := execute(ctx, s.conn, sql); err != nil {
		return err
	}
	_, err = execute(ctx, s.conn, "ANALYSE sluice_plan")
	return err
}

// few reports whether there are so few incoming rows that the links of each are
// better looked up by themselves.
func (s *postgresImport) few(ctx context.Context) (bool, error) {
	if len(s.t.links) == 0 {
		return false, nil
	}
	return one[bool](ctx, s.conn, "SELECT $1::bigint * 4 < reltuples FROM pg_class WHERE oid = $2::regclass", s.load.rows, s.t.sqlName())
}

func (t *target) joins(few bool) string {
	var joins strings.Builder
	for _, c := range t.links {
		joins.WriteString(linksOf(c, few))
	}
	return joins.String()
}

// seen are the columns of sluice_plan that keep what a row of the target was
// like.
func (t *target) seen() string {
	list := []string{"t.xmin::text::bigint AS x", names(t.identity(), ", ", "t.%c AS i%i")}
	if len(t.columns) > 0 {
		list = append(list, each(t.columns, ", ", "t.%c::%s AS b%i"))
	}
	for _, c := range t.links {
		list = append(list, fmt.Sprintf("CASE WHEN t.xmin IS NOT NULL THEN coalesce(k%d.sluice_ids, '{}') END AS k%d", c.at, c.at))
	}
	return strings.Join(list, ", ")
}

// triggers notes what may change rows while they are written.
func (s *postgresImport) triggers(ctx context.Context) error {
	if len(s.t.Triggers) == 0 {
		return nil
	}
	changes, err := one[bool](ctx, s.conn, "SELECT EXISTS (SELECT FROM sluice_plan)")
	if err == nil && changes {
		s.load.remark(s.t.meddlers())
	}
	return err
}

// meddlers is a remark on the triggers of the table, if it has any.
func (t *Table) meddlers() string {
	var list []string
	for _, g := range t.Triggers {
		list = append(list, g.Name)
	}
	if list == nil {
		return ""
	}
	return fmt.Sprintf("rows may be written otherwise than planned, and others with them: table %s has triggers: %s", t.Name, strings.Join(list, ", "))
}

// otherwise is the error that rows which were given back, or their columns, are
// not as they were: each is named, with what differs.
func (t *Table) otherwise(found []string) error {
	var list []string
	for _, g := range t.Triggers {
		list = append(list, g.Name)
	}
	return fmt.Errorf("%s of table %s would not be as before the run (%s), for a trigger writes otherwise (%s): nothing was changed; revert without it, and set it up again",
		count(int64(len(found)), "row"), t.Name, strings.Join(found[:min(len(found), 3)], "; "), strings.Join(list, ", "))
}

// clear leaves only good rows among those that are incoming.
func (s *postgresImport) clear(ctx context.Context) error {
	bad, err := one[bool](ctx, s.conn, "SELECT EXISTS (SELECT FROM sluice_bad)")
	if err == nil && bad {
		err = s.keysOfBad(ctx)
	}
	if err != nil || !bad && s.t.verdict < 0 {
		return err
	}
	_, err = execute(ctx, s.conn, "DELETE FROM sluice_incoming s WHERE sluice_op = 'p' OR sluice_row IN (SELECT sluice_row FROM sluice_bad)")
	return err
}

func (s *postgresImport) count(ctx context.Context) (plan.Counts, error) {
	var bad, fresh, update, gone, in, planned int64
	err := s.conn.QueryRow(ctx, `SELECT (SELECT count(DISTINCT sluice_row) FROM sluice_bad), (SELECT count(*) FROM sluice_incoming),
		count(*) FILTER (WHERE op = 'n'), count(*) FILTER (WHERE op = 'u'), count(*) FILTER (WHERE op = 'd'), count(sluice_row) FROM sluice_plan`).Scan(&bad, &in, &fresh, &update, &gone, &planned)
	if err != nil {
		return nil, err
	}
	return plan.Counts{plan.New: fresh, plan.Update: update, plan.Delete: gone, plan.Invalid: s.load.rejects + bad, plan.Unchanged: in - planned}, nil
}
