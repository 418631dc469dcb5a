package table

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/seed-128c3863/sluice/plan"
)

// The plan of an import, sluice_plan, has a row for each that changes:
//
//	sluice_row   the number of the incoming row; NULL: the files do not have it
//	op           'n' new, 'u' update, 'd' delete
//	mask         update: the columns that differ, as their numbers in the job, with commas between
//	i0 ...       the target row's identity: see target.identity; new: NULL, as all below
//	b<i>         its loaded columns, by their numbers in the job, as they were when it was compared
//	k<i>         what it was linked to: IDs in order, with commas between

// sameAs is the condition that values of columns are the same, which two patterns
// give: see names. Nulls are, too.
func sameAs(columns []*Column, a, b string) string {
	parts := make([]string, len(columns))
	for i, c := range columns {
		op := " = "
		if !c.NotNull {
			op = " <=> "
		}
		parts[i] = c.named(a+op+b, i)
	}
	return strings.Join(parts, " AND ")
}

// keySame is the condition that an incoming row s is the target's t.
func (t *target) keySame(s, of string) string {
	if len(t.key) == 0 {
		return "false"
	}
	return sameAs(t.keyColumns(), of+".%c", s+".%c")
}

func (t *target) keyColumns() (columns []*Column) {
	for _, k := range t.key {
		columns = append(columns, k.to)
	}
	return columns
}

// isOther is the condition that two values of a column are not the same: by
// value, but texts by their bytes, whatever their collation says is equal.
func (c *Column) isOther(a, b string) string {
	if c.Charset != "" {
		return fmt.Sprintf("NOT (cast(%s AS BINARY) <=> cast(%s AS BINARY))", a, b)
	}
	return fmt.Sprintf("NOT (%s <=> %s)", a, b)
}

// otherwise is isOther for a row s and a row t.
func (b *binding) otherwise(s, t string) string {
	name := quoteName(b.to.Name)
	return b.to.isOther(s+"."+name, t+"."+name)
}

// masked is the condition that a mask has one of the columns.
func masked(mask string, columns []*binding) string {
	parts := []string{"false"}
	for _, c := range columns {
		parts = append(parts, fmt.Sprintf("find_in_set('%d', %s) > 0", c.at, mask))
	}
	return "(" + strings.Join(parts, " OR ") + ")"
}

// linkedNow are the IDs that a row t of the target is linked to, in order.
func linkedNow(c *binding) string {
	return fmt.Sprintf("coalesce((SELECT group_concat(k.%[1]s ORDER BY k.%[1]s SEPARATOR ',') FROM %[2]s k WHERE k.%[3]s = t.%[4]s), '')",
		quoteName(c.link.other.Name), c.link.sqlName(), quoteName(c.link.own.Name), quoteName(c.link.ownID.Name))
}

// classify fills sluice_bad and sluice_plan, and returns how many rows there are
// of each state.
func (s *mysqlImport) classify(ctx context.Context) (plan.Counts, error) {
	if err := s.all(ctx, "CREATE TEMPORARY TABLE sluice_bad (sluice_row bigint NOT NULL, col int, others longtext CHARACTER SET utf8mb4 COLLATE utf8mb4_bin, why longtext CHARACTER SET utf8mb4, KEY (sluice_row)) ENGINE=InnoDB"); err != nil {
		return nil, err
	}
	bad, err := s.before(ctx)
	if err != nil {
		return nil, err
	}
	for _, step := range []func(context.Context) error{
		s.fillMade,
		func(ctx context.Context) error { return s.compare(ctx, bad > 0) },
		s.missing, s.fillLinks, s.check, s.pruneMade, s.fillLook, s.clear, s.guard, s.triggers,
	} {
		if err := step(ctx); err != nil {
			return nil, err
		}
	}
	return s.count(ctx)
}

// planned are the columns of sluice_plan.
func (t *target) planned() string {
	columns := []string{"sluice_row bigint NULL", "op char(1) CHARACTER SET ascii NOT NULL", "mask text CHARACTER SET ascii NULL", names(t.identity(), ", ", "i%i %t")}
	for _, c := range t.columns {
		columns = append(columns, fmt.Sprintf("b%d %s", c.at, c.to.Base))
	}
	for _, c := range t.links {
		columns = append(columns, fmt.Sprintf("k%d longtext CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NULL", c.at))
	}
	columns = append(columns, "KEY (sluice_row)")
	return strings.Join(append(columns, keyOf(t.identity(), "i%i")...), ", ")
}

// compare fills sluice_plan. bad tells that some incoming rows are in sluice_bad.
func (s *mysqlImport) compare(ctx context.Context, bad bool) error {
	t := s.t
	if err := s.all(ctx, "CREATE TEMPORARY TABLE sluice_plan ("+t.planned()+") ENGINE=InnoDB"); err != nil {
		return err
	}
	good := "true"
	if bad {
		good = "NOT EXISTS (SELECT 1 FROM sluice_bad b WHERE b.sluice_row = s.sluice_row)"
	}
	differ, mask := t.differsBy()
	n, err := s.exec(ctx, fmt.Sprintf(`INSERT INTO sluice_plan
		SELECT s.sluice_row, CASE WHEN NOT (%[1]s) THEN 'n' WHEN s.sluice_op = 'd' THEN 'd' ELSE 'u' END, CASE WHEN %[1]s AND s.sluice_op IS NULL THEN %[2]s END, %[3]s
		FROM sluice_incoming s LEFT JOIN %[4]s t ON %[5]s WHERE %[6]s AND (s.sluice_op IS NULL AND (NOT (%[1]s) OR %[7]s) OR s.sluice_op = 'd' AND %[1]s) ORDER BY s.sluice_row`,
		s.there, mask, t.seenAs(s.there), s.target, t.keySame("s", "t"), good, differ))
	if err == nil && n > 0 {
		s.firstNew, err = s.allNew(ctx, n)
	}
	return err
}

// allNew is the number of the first incoming row if the n rows of the plan are new,
// are all incoming rows, and are numbered without a gap; else 0.
func (s *mysqlImport) allNew(ctx context.Context, n int64) (int64, error) {
	others, err := s.number(ctx, "SELECT EXISTS (SELECT 1 FROM sluice_plan WHERE op <> 'n')")
	if err != nil || others == 1 {
		return 0, err
	}
	return s.number(ctx, fmt.Sprintf("SELECT if(count(*) = %[1]d AND max(sluice_row) - min(sluice_row) + 1 = %[1]d, min(sluice_row), 0) FROM sluice_incoming", n))
}

// differsBy are the conditions by which a row differs, and the mask of them.
func (t *target) differsBy() (differ, mask string) {
	var conditions, bits []string
	note := func(condition string, at int) {
		conditions, bits = append(conditions, condition), append(bits, fmt.Sprintf("if(%s, '%d', NULL)", condition, at))
	}
	for _, c := range t.columns {
		if !slices.Contains(t.key, c) {
			note(c.otherwise("s", "t"), c.at)
		}
	}
	for _, c := range t.links {
		note(fmt.Sprintf("s.sluice_l%d <> %s", c.at, linkedNow(c)), c.at)
	}
	if conditions == nil {
		return "false", "''"
	}
	return strings.Join(conditions, " OR "), "concat_ws(',', " + strings.Join(bits, ", ") + ")"
}

// seenAs are the columns of sluice_plan that keep what a row of the target was
// like, if there is one.
func (t *target) seenAs(there string) string {
	list := []string{names(t.identity(), ", ", "t.%c")}
	if len(t.columns) > 0 {
		list = append(list, each(t.columns, ", ", "t.%c"))
	}
	for _, c := range t.links {
		list = append(list, "if("+there+", "+linkedNow(c)+", NULL)")
	}
	return strings.Join(list, ", ")
}

// fillLinks parts the links of the plan's rows.
func (s *mysqlImport) fillLinks(ctx context.Context) error {
	if err := s.all(ctx, "CREATE TEMPORARY TABLE sluice_links (col int NOT NULL, sluice_row bigint NOT NULL, id bigint NOT NULL, PRIMARY KEY (col, sluice_row, id)) ENGINE=InnoDB"); err != nil {
		return err
	}
	for _, c := range s.t.links {
		if _, err := s.exec(ctx, fmt.Sprintf(`INSERT INTO sluice_links SELECT %[1]d, v.sluice_row, g.id FROM
			(SELECT s.sluice_row, s.sluice_l%[1]d AS ids FROM %[2]s s WHERE s.sluice_l%[1]d <> '') v,
			json_table(concat('[', v.ids, ']'), '$[*]' COLUMNS (id bigint PATH '$')) g`, c.at, s.inPlan(c))); err != nil {
			return err
		}
	}
	return nil
}

// triggers notes what may change rows while they are written.
func (s *mysqlImport) triggers(ctx context.Context) error {
	if len(s.t.Triggers) == 0 {
		return nil
	}
	n, err := s.number(ctx, "SELECT EXISTS (SELECT 1 FROM sluice_plan)")
	if err == nil && n > 0 {
		s.load.remark(s.t.meddlers())
	}
	return err
}

// clear leaves only good rows among those that are incoming.
func (s *mysqlImport) clear(ctx context.Context) error {
	bad, err := s.number(ctx, "SELECT EXISTS (SELECT 1 FROM sluice_bad)")
	if err == nil && bad > 0 {
		err = s.keysOfBad(ctx)
	}
	if err != nil || bad == 0 && s.t.verdict < 0 {
		return err
	}
	return s.all(ctx, "DELETE FROM sluice_incoming WHERE sluice_op = 'p'", "DELETE s FROM sluice_incoming s JOIN sluice_bad b ON b.sluice_row = s.sluice_row")
}

func (s *mysqlImport) count(ctx context.Context) (plan.Counts, error) {
	bad, err := s.number(ctx, "SELECT count(DISTINCT sluice_row) FROM sluice_bad")
	if err != nil {
		return nil, err
	}
	in, err := s.number(ctx, "SELECT count(*) FROM sluice_incoming")
	if err != nil {
		return nil, err
	}
	counts, planned, err := s.ops(ctx, "sluice_plan")
	if err == nil {
		counts[plan.Invalid], counts[plan.Unchanged] = s.load.rejects+bad, in-planned
	}
	return counts, err
}

// ops counts the rows of a plan by what is done with them, and those of the files.
func (s *mysqlImport) ops(ctx context.Context, of string) (plan.Counts, int64, error) {
	var fresh, update, gone, planned int64
	err := s.conn.QueryRowContext(ctx, "SELECT coalesce(sum(op = 'n'), 0), coalesce(sum(op = 'u'), 0), coalesce(sum(op = 'd'), 0), count(sluice_row) FROM "+of).Scan(&fresh, &update, &gone, &planned)
	return plan.Counts{plan.New: fresh, plan.Update: update, plan.Delete: gone}, planned, err
}
